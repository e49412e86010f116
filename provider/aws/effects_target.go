package aws

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// targetKeys are the parameters that name what a call is about, by service, the
// most telling first. Values are names, ids or ARNs, as the caller wrote them.
var targetKeys = map[string][]string{
	"iam": {"userName", "roleName", "groupName", "policyArn", "policyName", "instanceProfileName", "openIDConnectProviderArn",
		"sAMLProviderArn", "name", "url"},
	"sts":            {"roleArn", "targetPrincipal", "name"},
	"ec2":            {"instanceId", "snapshotId", "imageId", "groupId", "groupName", "volumeId", "vpcId", "networkInterfaceId", "keyName"},
	"s3":             {"bucketName"},
	"kms":            {"keyId"},
	"secretsmanager": {"secretId", "name"},
	"ssm":            {"name", "path", "target", "instanceId", "documentName"},
	"rds":            {"dBSnapshotIdentifier", "dBClusterSnapshotIdentifier", "dBInstanceIdentifier", "dBClusterIdentifier", "sourceArn"},
	"dynamodb":       {"tableName", "tableArn"},
	"cloudtrail":     {"name", "trailName", "eventDataStore"},
	"logs":           {"logGroupName"},
	"bedrock":        {"modelId", "guardrailIdentifier", "agentId"},
	"codebuild":      {"projectName", "name"},
	"cloudformation": {"stackName", "stackSetName"},
	"ecs":            {"taskDefinition", "family", "service", "serviceName", "cluster"},
	"eks":            {"principalArn", "name", "clusterName"},
	"guardduty":      {"detectorId"},
	"organizations":  {"targetId", "accountId", "policyId"},
	"rolesanywhere":  {"trustAnchorId", "profileId", "name"},
	"sso":            {"permissionSetArn", "principalId"},
	"servicequotas":  {"quotaCode", "serviceCode"},

	"ec2-instance-connect": {"instanceId"},
}

// otherTargetKeys serve the services without a list of their own.
var otherTargetKeys = []string{"resourceArn", "arn", "name", "id"}

// target is what a call was about, for events whose record does not name a
// resource by itself: calls that change something, and reads of secrets,
// content and models. "" for the rest and where nothing is named. For objects
// in a bucket it is the bucket: keys have no bound.
func target(e *sekisho.Event) string {
	if !e.Succeeded() {
		if arn := refusedResource(e.ErrorMessage); arn != "" {
			return arn
		}
	}
	if len(e.Params) == 0 || !e.Level.Changes() && dataEffects[call{e.Service, e.Action}] == nil {
		return ""
	}
	switch e.Service {
	case "lambda":
		return functionARN(e)
	case "s3":
		return bucketARN(e, str(e.Params, "bucketName"), "")
	}
	keys := targetKeys[e.Service]
	if keys == nil {
		keys = otherTargetKeys
	}
	for _, k := range keys {
		if s := str(e.Params, k); s != "" && !strings.HasPrefix(s, "{") {
			return s
		}
	}
	return ""
}
