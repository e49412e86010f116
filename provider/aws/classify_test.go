package aws

import (
	"regexp"
	"testing"

	"github.com/sekisho/sekisho"
)

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		service, action string
		level           sekisho.Level
		topic           sekisho.Topic
	}{
		{"iam", "ListUsers", sekisho.LevelList, sekisho.TopicIdentity},
		{"iam", "GetUser", sekisho.LevelRead, sekisho.TopicIdentity},
		{"iam", "CreateUser", sekisho.LevelWrite, sekisho.TopicIdentity},
		{"iam", "CreateAccessKey", sekisho.LevelWrite, sekisho.TopicIdentity},
		{"iam", "AttachUserPolicy", sekisho.LevelPermissions, sekisho.TopicIdentity},
		{"iam", "PutRolePolicy", sekisho.LevelPermissions, sekisho.TopicIdentity},
		{"iam", "UpdateAssumeRolePolicy", sekisho.LevelPermissions, sekisho.TopicIdentity},
		{"iam", "DeleteUserPermissionsBoundary", sekisho.LevelPermissions, sekisho.TopicIdentity},
		{"iam", "GetPolicy", sekisho.LevelRead, sekisho.TopicIdentity},
		{"iam", "TagRole", sekisho.LevelTag, sekisho.TopicIdentity},
		{"sts", "AssumeRole", sekisho.LevelWrite, sekisho.TopicIdentity},
		{"sts", "GetCallerIdentity", sekisho.LevelRead, sekisho.TopicIdentity},
		{"signin", "GetSigninToken", sekisho.LevelWrite, sekisho.TopicIdentity},
		{"ec2", "GetPasswordData", sekisho.LevelRead, sekisho.TopicCompute},
		{"ec2", "DescribeInstances", sekisho.LevelList, sekisho.TopicCompute},
		{"ec2", "DescribeVpcs", sekisho.LevelList, sekisho.TopicNetwork},
		{"ec2", "CreateTags", sekisho.LevelTag, sekisho.TopicCompute},
		{"ec2", "ModifySnapshotAttribute", sekisho.LevelPermissions, sekisho.TopicCompute},
		{"ec2", "AuthorizeSecurityGroupIngress", sekisho.LevelWrite, sekisho.TopicNetwork},
		{"ec2", "DeleteFlowLogs", sekisho.LevelWrite, sekisho.TopicLogging},
		{"secretsmanager", "GetSecretValue", sekisho.LevelRead, sekisho.TopicSecret},
		{"secretsmanager", "BatchGetSecretValue", sekisho.LevelRead, sekisho.TopicSecret},
		{"secretsmanager", "PutResourcePolicy", sekisho.LevelPermissions, sekisho.TopicSecret},
		{"ssm", "GetParameter", sekisho.LevelRead, sekisho.TopicSecret},
		{"ssm", "SendCommand", sekisho.LevelWrite, sekisho.TopicCompute},
		{"s3", "GetObject", sekisho.LevelRead, sekisho.TopicStorage},
		{"s3", "ListObjects", sekisho.LevelList, sekisho.TopicStorage},
		{"s3", "PutBucketPolicy", sekisho.LevelPermissions, sekisho.TopicStorage},
		{"s3", "PutBucketAcl", sekisho.LevelPermissions, sekisho.TopicStorage},
		{"s3", "PutBucketTagging", sekisho.LevelTag, sekisho.TopicStorage},
		{"s3", "PutObject", sekisho.LevelWrite, sekisho.TopicStorage},
		{"lambda", "Invoke", sekisho.LevelWrite, sekisho.TopicFunction},
		{"lambda", "AddPermission", sekisho.LevelPermissions, sekisho.TopicFunction},
		{"kms", "Decrypt", sekisho.LevelRead, sekisho.TopicSecret},
		{"kms", "PutKeyPolicy", sekisho.LevelPermissions, sekisho.TopicSecret},
		{"kms", "CreateGrant", sekisho.LevelPermissions, sekisho.TopicSecret},
		{"bedrock", "InvokeModel", sekisho.LevelRead, sekisho.TopicModel},
		{"bedrock", "Converse", sekisho.LevelRead, sekisho.TopicModel},
		{"bedrock-agentcore", "CreateCodeInterpreter", sekisho.LevelWrite, sekisho.TopicModel},
		{"cloudtrail", "StopLogging", sekisho.LevelWrite, sekisho.TopicLogging},
		{"guardduty", "DeleteDetector", sekisho.LevelWrite, sekisho.TopicDetection},
		{"organizations", "LeaveOrganization", sekisho.LevelPermissions, sekisho.TopicOrganize},
		{"servicequotas", "GetServiceQuota", sekisho.LevelRead, sekisho.TopicBilling},
		{"a-new-service", "FrobnicateThing", sekisho.LevelUnknown, sekisho.TopicOther},
		{"", "", sekisho.LevelUnknown, sekisho.TopicOther},
	} {
		level, topic := classify(c.service, c.action)
		if level != c.level || topic != c.topic {
			t.Errorf("%s:%s is %v about %v, want %v about %v", c.service, c.action, level, topic, c.level, c.topic)
		}
	}
}

// Every call with an effect of change is a change, or a behaviour that watches
// changes would miss it.
func TestEffectsAndLevelsAgree(t *testing.T) {
	for name := range effectTable {
		level, topic := classify(name.service, name.action)
		if level == sekisho.LevelUnknown {
			t.Errorf("%s:%s has effects but no level: add it to actionLevels", name.service, name.action)
		}
		if topic == sekisho.TopicOther {
			t.Errorf("%s:%s has effects but no topic: add its service to serviceTopics", name.service, name.action)
		}
		_, data := dataEffects[name]
		_, probe := probeEffects[name]
		_, model := modelEffects[name]
		if !data && !probe && !model && !level.Changes() {
			t.Errorf("%s:%s has effects of change but its level is %v", name.service, name.action, level)
		}
	}
}

// apiVersion ends the names that Lambda records.
var apiVersion = regexp.MustCompile(`\d{8}(v\d)?$`)

func TestEveryRecordedActionHasALevel(t *testing.T) {
	// Names made up by the authors of rule tests, which no service has.
	invented := map[call]bool{{"iam", "NotCreateUser"}: true}
	seen := map[call]bool{}
	eachRecorded(t, func(_ string, e *sekisho.Event) {
		name := call{e.Service, apiVersion.ReplaceAllString(e.Action, "")}
		if seen[name] || invented[name] {
			return
		}
		seen[name] = true
		if level, _ := classify(name.service, name.action); level == sekisho.LevelUnknown {
			t.Errorf("%s:%s has no level", name.service, name.action)
		}
	})
	t.Logf("%d distinct actions", len(seen))
	if len(seen) < 300 {
		t.Errorf("only %d distinct actions read: the recordings hold more than 300", len(seen))
	}
}
