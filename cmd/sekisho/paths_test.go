package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// path is one way from some permission to an administrator's, as the public
// catalogue of such ways (pathfinding.cloud) numbers them.
type path struct {
	id    string
	calls []string // "service:Action params => result", in the order in which they are made
	want  string   // a behaviour that recognises it
	blind string   // or why none does
}

// The role that is passed and the things that exist, of which nobody knows more
// than their names.
const (
	pathRole     = `"arn:aws:iam::111122223333:role/target"`
	pathFunction = `"functionName":"job","functionArn":"arn:aws:lambda:eu-west-1:111122223333:function:job"`
	everything   = `"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"`
	trustSelf    = `"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:user/mallory\"}}]}"`
	adminPolicy  = `"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"`
	ownPolicy    = `"policyArn":"arn:aws:iam::111122223333:policy/ours"`
	session      = `"credentials":{"accessKeyId":"ASIAEXAMPLE000000001","expiration":"Jan 5, 2026, 11:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"AROATARGET:x","arn":"arn:aws:sts::111122223333:assumed-role/target/x"}`
)

var pathAssume = `sts:AssumeRole {"roleArn":` + pathRole + `,"roleSessionName":"x"} => {` + session + `}`

var pathKey = `iam:CreateAccessKey {"userName":"boss"} => {"accessKey":{"accessKeyId":"AKIAEXAMPLE000000009","userName":"boss","status":"Active"}}`

// paths are the ways of the catalogue's classes self-escalation,
// principal-access, new-passrole and existing-passrole.
var paths = []path{
	{"iam-001", []string{`iam:CreatePolicyVersion {` + ownPolicy + `,"setAsDefault":true,"policyDocument":` + everything + `} => {"policyVersion":{"versionId":"v2","isDefaultVersion":true}}`}, "admin-granted", ""},
	{"iam-002", []string{pathKey}, "key-for-another", ""},
	{"iam-003", []string{`iam:DeleteAccessKey {"userName":"boss","accessKeyId":"AKIAEXAMPLE000000008"} => null`, pathKey}, "key-for-another", ""},
	{"iam-004", []string{`iam:CreateLoginProfile {"userName":"boss"} => {"loginProfile":{"userName":"boss"}}`}, "password-for-another", ""},
	{"iam-005", []string{`iam:PutRolePolicy {"roleName":"mallory","policyName":"p","policyDocument":` + everything + `} => null`}, "admin-granted", ""},
	{"iam-006", []string{`iam:UpdateLoginProfile {"userName":"boss"} => null`}, "password-for-another", ""},
	{"iam-007", []string{`iam:PutUserPolicy {"userName":"mallory","policyName":"p","policyDocument":` + everything + `} => null`}, "admin-granted", ""},
	{"iam-008", []string{`iam:AttachUserPolicy {"userName":"mallory",` + adminPolicy + `} => null`}, "admin-granted", ""},
	{"iam-009", []string{`iam:AttachRolePolicy {"roleName":"mallory",` + adminPolicy + `} => null`}, "admin-granted", ""},
	{"iam-010", []string{`iam:AttachGroupPolicy {"groupName":"dev",` + adminPolicy + `} => null`}, "admin-granted", ""},
	{"iam-011", []string{`iam:PutGroupPolicy {"groupName":"dev","policyName":"p","policyDocument":` + everything + `} => null`}, "admin-granted", ""},
	{"iam-012", []string{`iam:UpdateAssumeRolePolicy {"roleName":"target","policyDocument":` + trustSelf + `} => null`, pathAssume}, "trust-opened", ""},
	{"iam-013", []string{`iam:AddUserToGroup {"userName":"mallory","groupName":"ops"} => null`}, "admin-granted", ""},
	{"iam-014", []string{`iam:AttachRolePolicy {"roleName":"target",` + adminPolicy + `} => null`, pathAssume}, "admin-granted", ""},
	{"iam-015", []string{`iam:AttachUserPolicy {"userName":"boss",` + adminPolicy + `} => null`, pathKey}, "key-for-another", ""},
	{"iam-016", []string{`iam:CreatePolicyVersion {` + ownPolicy + `,"setAsDefault":true,"policyDocument":` + everything + `} => {"policyVersion":{"versionId":"v2","isDefaultVersion":true}}`, pathAssume}, "admin-granted", ""},
	{"iam-017", []string{`iam:PutRolePolicy {"roleName":"target","policyName":"p","policyDocument":` + everything + `} => null`, pathAssume}, "admin-granted", ""},
	{"iam-018", []string{`iam:PutUserPolicy {"userName":"boss","policyName":"p","policyDocument":` + everything + `} => null`, pathKey}, "key-for-another", ""},
	{"iam-019", []string{`iam:AttachRolePolicy {"roleName":"target",` + adminPolicy + `} => null`, `iam:UpdateAssumeRolePolicy {"roleName":"target","policyDocument":` + trustSelf + `} => null`}, "trust-opened", ""},
	{"iam-020", []string{`iam:CreatePolicyVersion {` + ownPolicy + `,"setAsDefault":true,"policyDocument":` + everything + `} => {"policyVersion":{"versionId":"v2","isDefaultVersion":true}}`, `iam:UpdateAssumeRolePolicy {"roleName":"target","policyDocument":` + trustSelf + `} => null`}, "trust-opened", ""},
	{"iam-021", []string{`iam:PutRolePolicy {"roleName":"target","policyName":"p","policyDocument":` + everything + `} => null`, `iam:UpdateAssumeRolePolicy {"roleName":"target","policyDocument":` + trustSelf + `} => null`}, "trust-opened", ""},
	{"sts-001", []string{pathAssume}, "", "a role of unknown power is assumed all day; with an inventory, or once the role has shown its power, admin-role-taken speaks"},

	{"apprunner-001", []string{`apprunner:CreateService {"serviceName":"s","instanceConfiguration":{"instanceRoleArn":` + pathRole + `}} => {"service":{"serviceArn":"arn:aws:apprunner:eu-west-1:111122223333:service/s/1"}}`}, "workload-launched-with-role", ""},
	{"bedrock-001", []string{`bedrock-agentcore:CreateCodeInterpreter {"name":"ci","executionRoleArn":` + pathRole + `} => {"codeInterpreterArn":"arn:aws:bedrock-agentcore:eu-west-1:111122223333:code-interpreter/ci"}`}, "workload-launched-with-role", ""},
	{"cloudformation-001", []string{`cloudformation:CreateStack {"stackName":"s","roleARN":` + pathRole + `} => {"stackId":"arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1"}`}, "workload-launched-with-role", ""},
	{"cloudformation-003", []string{`cloudformation:CreateStackSet {"stackSetName":"s","administrationRoleARN":` + pathRole + `} => {"stackSetId":"s:1"}`, `cloudformation:CreateStackInstances {"stackSetName":"s"} => {}`}, "workload-launched-with-role", ""},
	{"cloudformation-004", []string{`cloudformation:UpdateStackSet {"stackSetName":"s","administrationRoleARN":` + pathRole + `} => {}`}, "function-changed", ""},
	{"cloudformation-005", []string{`cloudformation:CreateChangeSet {"stackName":"s","changeSetName":"c"} => {"stackId":"arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1"}`, `cloudformation:ExecuteChangeSet {"stackName":"s","changeSetName":"c"} => null`}, "function-changed", ""},
	{"codebuild-001", []string{`codebuild:CreateProject {"name":"p","serviceRole":` + pathRole + `} => {"project":{"arn":"arn:aws:codebuild:eu-west-1:111122223333:project/p"}}`, `codebuild:StartBuild {"projectName":"p"} => {"build":{"id":"p:1"}}`}, "workload-launched-with-role", ""},
	{"codebuild-004", []string{`codebuild:CreateProject {"name":"p","serviceRole":` + pathRole + `} => {"project":{"arn":"arn:aws:codebuild:eu-west-1:111122223333:project/p"}}`, `codebuild:StartBuildBatch {"projectName":"p"} => {}`}, "workload-launched-with-role", ""},
	{"datapipeline-001", []string{`datapipeline:CreatePipeline {"name":"p"} => {"pipelineId":"df-1"}`, `datapipeline:PutPipelineDefinition {"pipelineId":"df-1"} => {}`, `datapipeline:ActivatePipeline {"pipelineId":"df-1"} => {}`}, "", "the calls name no role in a field of their own: it stands among the objects of the definition, and the pipeline is the caller's own"},
	{"ec2-001", []string{`ec2:RunInstances {"instanceType":"m5.large","iamInstanceProfile":{"name":"target"}} => {"instancesSet":{"items":[{"instanceId":"i-1","instanceType":"m5.large"}]}}`}, "workload-launched-with-role", ""},
	{"ec2-003", []string{`ec2:RequestSpotInstances {"instanceCount":1,"launchSpecification":{"instanceType":"m5.large","iamInstanceProfile":{"name":"target"}}} => {"spotInstanceRequestSet":{"items":[{"spotInstanceRequestId":"sir-1"}]}}`}, "workload-launched-with-role", ""},
	{"ecs-001", []string{`ecs:RegisterTaskDefinition {"family":"t","taskRoleArn":` + pathRole + `} => {"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:eu-west-1:111122223333:task-definition/t:1"}}`, `ecs:CreateService {"serviceName":"s","taskDefinition":"t"} => {"service":{"serviceArn":"arn:aws:ecs:eu-west-1:111122223333:service/c/s"}}`}, "workload-launched-with-role", ""},
	{"ecs-002", []string{`ecs:RegisterTaskDefinition {"family":"t","taskRoleArn":` + pathRole + `} => {"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:eu-west-1:111122223333:task-definition/t:1"}}`, `ecs:RunTask {"taskDefinition":"t"} => {}`}, "workload-launched-with-role", ""},
	{"ecs-003", []string{`ecs:RegisterTaskDefinition {"family":"t","taskRoleArn":` + pathRole + `} => {}`}, "workload-launched-with-role", ""},
	{"ecs-004", []string{`ecs:RegisterTaskDefinition {"family":"t","executionRoleArn":` + pathRole + `} => {}`}, "workload-launched-with-role", ""},
	{"ecs-005", []string{`ecs:RegisterTaskDefinition {"family":"t","taskRoleArn":` + pathRole + `} => {}`, `ecs:StartTask {"taskDefinition":"t"} => {}`}, "workload-launched-with-role", ""},
	{"glue-001", []string{`glue:CreateDevEndpoint {"endpointName":"d","roleArn":` + pathRole + `} => {"endpointName":"d"}`}, "workload-launched-with-role", ""},
	{"glue-003", []string{`glue:CreateJob {"name":"j","role":` + pathRole + `} => {"name":"j"}`, `glue:StartJobRun {"jobName":"j"} => {}`}, "workload-launched-with-role", ""},
	{"glue-004", []string{`glue:CreateJob {"name":"j","role":` + pathRole + `} => {"name":"j"}`, `glue:CreateTrigger {"name":"t"} => {}`}, "workload-launched-with-role", ""},
	{"glue-005", []string{`glue:UpdateJob {"jobName":"j","jobUpdate":{"role":` + pathRole + `}} => {"jobName":"j"}`, `glue:StartJobRun {"jobName":"j"} => {}`}, "function-changed", ""},
	{"glue-006", []string{`glue:UpdateJob {"jobName":"j","jobUpdate":{"role":` + pathRole + `}} => {"jobName":"j"}`, `glue:CreateTrigger {"name":"t"} => {}`}, "function-changed", ""},
	{"lambda-001", []string{`lambda:CreateFunction {` + pathFunction + `,"role":` + pathRole + `} => {` + pathFunction + `,"role":` + pathRole + `}`}, "workload-launched-with-role", ""},
	{"lambda-002", []string{`lambda:CreateFunction {` + pathFunction + `,"role":` + pathRole + `} => {}`, `lambda:CreateEventSourceMapping {"functionName":"job"} => {}`}, "workload-launched-with-role", ""},
	{"lambda-006", []string{`lambda:CreateFunction {` + pathFunction + `,"role":` + pathRole + `} => {}`, `lambda:AddPermission {"functionName":"job","principal":"*"} => {}`}, "workload-launched-with-role", ""},
	{"sagemaker-001", []string{`sagemaker:CreateNotebookInstance {"notebookInstanceName":"n","instanceType":"ml.t3.medium","roleArn":` + pathRole + `} => {}`}, "workload-launched-with-role", ""},
	{"sagemaker-002", []string{`sagemaker:CreateTrainingJob {"trainingJobName":"n","roleArn":` + pathRole + `} => {}`}, "workload-launched-with-role", ""},
	{"sagemaker-003", []string{`sagemaker:CreateProcessingJob {"processingJobName":"n","roleArn":` + pathRole + `} => {}`}, "workload-launched-with-role", ""},

	{"apprunner-002", []string{`apprunner:UpdateService {"serviceArn":"arn:aws:apprunner:eu-west-1:111122223333:service/s/1"} => {}`}, "function-changed", ""},
	{"bedrock-002", []string{`bedrock-agentcore:StartCodeInterpreterSession {"codeInterpreterIdentifier":"ci-1"} => {}`, `bedrock-agentcore:InvokeCodeInterpreter {"codeInterpreterIdentifier":"ci-1"} => {}`}, "function-changed|shell-opened", ""},
	{"cloudformation-002", []string{`cloudformation:UpdateStack {"stackName":"s"} => {"stackId":"arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1"}`}, "function-changed", ""},
	{"codebuild-002", []string{`codebuild:StartBuild {"projectName":"p","buildspecOverride":"x"} => {"build":{"id":"p:1","serviceRole":` + pathRole + `}}`}, "build-tampered", ""},
	{"codebuild-003", []string{`codebuild:StartBuildBatch {"projectName":"p","buildspecOverride":"x"} => {}`}, "build-tampered", ""},
	{"ec2-002", []string{`ec2:StopInstances {"instancesSet":{"items":[{"instanceId":"i-1"}]}} => {}`, `ec2:ModifyInstanceAttribute {"instanceId":"i-1","userData":"x"} => {"_return":true}`, `ec2:StartInstances {"instancesSet":{"items":[{"instanceId":"i-1"}]}} => {}`}, "function-changed", ""},
	{"ec2-004", []string{`ec2:CreateLaunchTemplateVersion {"CreateLaunchTemplateVersionRequest":{"LaunchTemplateId":"lt-1","LaunchTemplateData":{"UserData":"x"}}} => {}`, `ec2:ModifyLaunchTemplate {} => {}`}, "function-changed", ""},
	{"ec2instanceconnect-003", []string{`ec2-instance-connect:SendSSHPublicKey {"instanceId":"i-1","instanceOSUser":"u"} => {"success":true}`}, "function-changed|shell-opened", ""},
	{"glue-002", []string{`glue:UpdateDevEndpoint {"endpointName":"d"} => {}`}, "function-changed", ""},
	{"lambda-003", []string{`lambda:UpdateFunctionCode {"functionName":"job"} => {` + pathFunction + `,"role":` + pathRole + `}`}, "function-changed", ""},
	{"lambda-004", []string{`lambda:UpdateFunctionCode {"functionName":"job"} => {` + pathFunction + `}`, `lambda:Invoke {"functionName":"job"} => null`}, "function-changed", ""},
	{"lambda-005", []string{`lambda:UpdateFunctionCode {"functionName":"job"} => {` + pathFunction + `}`, `lambda:AddPermission {"functionName":"job","principal":"*"} => {}`}, "function-changed", ""},
	{"sagemaker-004", []string{`sagemaker:CreatePresignedNotebookInstanceUrl {"notebookInstanceName":"n"} => {}`}, "function-changed|shell-opened", ""},
	{"sagemaker-005", []string{`sagemaker:CreateNotebookInstanceLifecycleConfig {"notebookInstanceLifecycleConfigName":"l"} => {}`, `sagemaker:StopNotebookInstance {"notebookInstanceName":"n"} => null`, `sagemaker:UpdateNotebookInstance {"notebookInstanceName":"n"} => {}`, `sagemaker:StartNotebookInstance {"notebookInstanceName":"n"} => null`}, "function-changed", ""},
	{"ssm-001", []string{`ssm:StartSession {"target":"i-1"} => {"sessionId":"s"}`}, "function-changed|shell-opened", ""},
	{"ssm-002", []string{`ssm:SendCommand {"instanceIds":["i-1"],"documentName":"AWS-RunShellScript"} => {"command":{"instanceIds":["i-1"]}}`}, "function-changed", ""},
}

// TestEscalationPaths: each way up is recognised by a behaviour when a key that
// nobody knows takes it, against a role of which nothing is known: the hardest
// case. What is not recognised says why.
func TestEscalationPaths(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range paths {
		if seen[p.id] {
			t.Errorf("%s stands there twice", p.id)
		}
		seen[p.id] = true
		t.Run(p.id, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "trail.json")
			if err := os.WriteFile(file, []byte(trail(t, p)), 0o600); err != nil {
				t.Fatal(err)
			}
			var fired []string
			for _, in := range scanJSON(t, file).Incidents {
				for _, f := range in.Findings {
					fired = append(fired, f.Detection)
				}
			}
			if p.blind != "" {
				if len(fired) > 0 {
					t.Errorf("listed as a blind spot, but %v fires: say so in the table", fired)
				}
				return
			}
			if !slices.ContainsFunc(strings.Split(p.want, "|"), func(d string) bool { return slices.Contains(fired, d) }) {
				t.Errorf("%s must recognise it; fired: %v", p.want, fired)
			}
		})
	}
}

// trail writes the calls of a path as a trail would, a second apart. The ways
// that need a role to act on itself are taken by a session of that role.
func trail(t *testing.T, p path) string {
	t.Helper()
	var b strings.Builder
	actor := `{"type":"IAMUser","principalId":"AIDAMALLORY","arn":"arn:aws:iam::111122223333:user/mallory","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE000000001","userName":"mallory"}`
	if strings.Contains(strings.Join(p.calls, ""), `"roleName":"mallory"`) {
		actor = `{"type":"AssumedRole","principalId":"AROAMALLORY:x","arn":"arn:aws:sts::111122223333:assumed-role/mallory/x","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE000000002",` +
			`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAMALLORY","arn":"arn:aws:iam::111122223333:role/mallory","accountId":"111122223333","userName":"mallory"},"attributes":{"creationDate":"2026-01-05T08:59:00Z","mfaAuthenticated":"false"}}}`
	}
	for i, call := range p.calls {
		name, rest, ok1 := strings.Cut(call, " ")
		params, result, ok2 := strings.Cut(rest, " => ")
		service, action, ok3 := strings.Cut(name, ":")
		if !ok1 || !ok2 || !ok3 {
			t.Fatalf("%s: %q: want \"service:Action params => result\"", p.id, call)
		}
		fmt.Fprintf(&b, `{"eventVersion":"1.09","userIdentity":%s,"eventTime":"2026-01-05T09:00:%02dZ","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"eu-west-1",`+
			`"sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.15.0","requestParameters":%s,"responseElements":%s,"eventID":"%s-%d","readOnly":false,"eventType":"AwsApiCall",`+
			`"managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`+"\n", actor, i, service, action, params, result, p.id, i)
	}
	return b.String()
}
