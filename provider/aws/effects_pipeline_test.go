package aws

import (
	"strings"
	"testing"
	"time"
)

// One row for each row of the job table: what changes, of which workload,
// whether with the role of the request, and whether it runs at once.
func TestPipelineJobs(t *testing.T) {
	rows := []struct {
		name, params, result, what, workload string
		role, runs                           bool
	}{
		{"codebuild:CreateWebhook", `{"projectName":"p"}`, `{}`, "trigger", "p", false, false},
		{"codebuild:UpdateWebhook", `{"projectName":"p","filterGroups":[]}`, `{}`, "trigger", "p", false, false},
		{"codebuild:ImportSourceCredentials", `{"serverType":"GITHUB","authType":"PERSONAL_ACCESS_TOKEN"}`, `{"arn":"arn:token"}`, "configuration", "arn:token", false, false},
		{"codepipeline:PutWebhook", `{"webhook":{"targetPipeline":"p"}}`, `{}`, "trigger", "p", false, false},
		{"codedeploy:CreateDeploymentGroup", `{"applicationName":"a","deploymentGroupName":"g","serviceRoleArn":"ROLE"}`, `{}`, "create", "a", true, false},
		{"codedeploy:UpdateDeploymentGroup", `{"applicationName":"a","serviceRoleArn":"ROLE"}`, `{}`, "configuration", "a", true, false},
		{"codedeploy:CreateDeployment", `{"applicationName":"a","revision":{}}`, `{"deploymentId":"d-1"}`, "code", "a", false, true},
		{"amplify:CreateApp", `{"name":"site","iamServiceRoleArn":"ROLE"}`, `{"app":{"appArn":"arn:app"}}`, "create", "arn:app", true, false},
		{"amplify:UpdateApp", `{"appId":"d1","buildSpec":"x","iamServiceRoleArn":"ROLE"}`, `{}`, "build", "d1", true, false},
		{"amplify:StartDeployment", `{"appId":"d1","sourceUrl":"https://x"}`, `{}`, "code", "d1", false, true},
		{"amplify:StartJob", `{"appId":"d1"}`, `{}`, "", "d1", false, true},
		{"amplify:CreateWebhook", `{"appId":"d1","branchName":"main"}`, `{}`, "trigger", "d1", false, false},
		{"elasticbeanstalk:CreateEnvironment", `{"environmentName":"e","operationsRole":"ROLE"}`, `{}`, "create", "e", true, true},
		{"elasticbeanstalk:UpdateEnvironment", `{"environmentName":"e","versionLabel":"v2"}`, `{}`, "configuration", "e", false, true},
		{"cloudformation:RegisterType", `{"typeName":"My::Own::Type","executionRoleArn":"ROLE"}`, `{}`, "create", "My::Own::Type", true, false},
		{"cloudformation:ActivateType", `{"typeName":"My::Own::Type","executionRoleArn":"ROLE"}`, `{}`, "create", "My::Own::Type", true, false},
		{"imagebuilder:CreateComponent", `{"name":"c"}`, `{"componentBuildVersionArn":"arn:c"}`, "create", "arn:c", false, false},
		{"imagebuilder:CreateImageRecipe", `{"name":"r"}`, `{}`, "create", "r", false, false},
		{"imagebuilder:CreateImagePipeline", `{"name":"i","executionRole":"ROLE"}`, `{}`, "create", "i", true, false},
		{"imagebuilder:UpdateImagePipeline", `{"imagePipelineArn":"arn:i","executionRole":"ROLE"}`, `{}`, "build", "arn:i", true, false},
		{"imagebuilder:StartImagePipelineExecution", `{"imagePipelineArn":"arn:i"}`, `{}`, "", "arn:i", false, true},
		{"imagebuilder:CreateImage", `{"imageRecipeArn":"arn:r","executionRole":"ROLE"}`, `{}`, "create", "arn:r", true, true},
		{"ecs:CreateTaskSet", `{"service":"arn:s","taskDefinition":"f:2"}`, `{}`, "code", "arn:s", false, true},
		{"ecs:CreateExpressGatewayService", `{"serviceName":"s","taskRoleArn":"ROLE"}`, `{}`, "create", "s", true, true},
		{"ecs:UpdateExpressGatewayService", `{"serviceArn":"arn:s","taskRoleArn":"ROLE"}`, `{}`, "code", "arn:s", true, true},
		{"apprunner:StartDeployment", `{"serviceArn":"arn:s"}`, `{}`, "", "arn:s", false, true},
		{"pipes:CreatePipe", `{"name":"x","roleArn":"ROLE"}`, `{"arn":"arn:x"}`, "create", "arn:x", true, true},
		{"pipes:UpdatePipe", `{"Name":"x","RoleArn":"ROLE"}`, `{}`, "configuration", "x", true, true},
		{"pipes:StartPipe", `{"name":"x"}`, `{}`, "", "x", false, true},
		{"appsync:CreateDataSource", `{"apiId":"a","serviceRoleArn":"ROLE"}`, `{}`, "create", "a", true, false},
		{"appsync:UpdateDataSource", `{"apiId":"a","serviceRoleArn":"ROLE"}`, `{}`, "configuration", "a", true, false},
		{"appsync:UpdateFunction", `{"apiId":"a"}`, `{}`, "code", "a", false, false},
		{"appsync:CreateResolver", `{"apiId":"a"}`, `{}`, "code", "a", false, false},
		{"appsync:UpdateResolver", `{"apiId":"a"}`, `{"resolver":{"resolverArn":"arn:r"}}`, "code", "arn:r", false, false},
		{"glue:CreateSession", `{"id":"s","role":"ROLE"}`, `{}`, "create", "s", true, true},
		{"glue:RunStatement", `{"sessionId":"s","code":"x"}`, `{}`, "command", "s", false, true},
		{"glue:UpdateTrigger", `{"name":"t"}`, `{}`, "trigger", "t", false, false},
		{"glue:StartTrigger", `{"name":"t"}`, `{}`, "", "t", false, true},
		{"emr-serverless:CreateApplication", `{"name":"a"}`, `{"applicationId":"00a"}`, "create", "00a", false, false},
		{"emr-serverless:UpdateApplication", `{"applicationId":"00a"}`, `{}`, "configuration", "00a", false, false},
		{"emr-serverless:StartJobRun", `{"applicationId":"00a","executionRoleArn":"ROLE"}`, `{}`, "command", "00a", true, true},
		{"emr-containers:StartJobRun", `{"virtualClusterId":"v","executionRoleArn":"ROLE"}`, `{}`, "command", "v", true, true},
		{"emr-containers:CreateManagedEndpoint", `{"name":"m","executionRoleArn":"ROLE"}`, `{}`, "create", "m", true, true},
		{"elasticmapreduce:CreateStudio", `{"name":"m","serviceRole":"ROLE"}`, `{}`, "create", "m", true, false},
		{"athena:StartSession", `{"workGroup":"w","executionRole":"ROLE"}`, `{"sessionId":"s"}`, "create", "s", true, true},
		{"airflow:CreateEnvironment", `{"name":"f","executionRoleArn":"ROLE"}`, `{}`, "create", "f", true, true},
		{"airflow:UpdateEnvironment", `{"name":"f","executionRoleArn":"ROLE"}`, `{}`, "configuration", "f", true, true},
		{"airflow:CreateWebLoginToken", `{"name":"f"}`, `{}`, "shell", "f", false, false},
		{"airflow:CreateCliToken", `{"name":"f"}`, `{}`, "shell", "f", false, false},
		{"kinesisanalytics:CreateApplication", `{"applicationName":"k","serviceExecutionRole":"ROLE"}`, `{}`, "create", "k", true, false},
		{"kinesisanalytics:UpdateApplication", `{"applicationName":"k","serviceExecutionRoleUpdate":"ROLE"}`, `{}`, "code", "k", true, false},
		{"kinesisanalytics:StartApplication", `{"applicationName":"k"}`, `{}`, "", "k", false, true},
		{"sagemaker:UpdateNotebookInstanceLifecycleConfig", `{"notebookInstanceLifecycleConfigName":"l"}`, `{}`, "code", "l", false, false},
		{"sagemaker:CreateStudioLifecycleConfig", `{"studioLifecycleConfigName":"l"}`, `{}`, "create", "l", false, false},
		{"sagemaker:CreatePresignedDomainUrl", `{"domainId":"d-1","userProfileName":"ana"}`, `{}`, "shell", "ana", false, false},
		{"sagemaker:StartSession", `{"resourceIdentifier":"arn:space"}`, `{}`, "shell", "arn:space", false, false},
		{"sagemaker:CreatePipeline", `{"pipelineName":"p","roleArn":"ROLE"}`, `{"pipelineArn":"arn:p"}`, "create", "arn:p", true, false},
		{"sagemaker:UpdatePipeline", `{"pipelineName":"p","roleArn":"ROLE"}`, `{"pipelineArn":"arn:p"}`, "code", "arn:p", true, false},
		{"sagemaker:StartPipelineExecution", `{"pipelineName":"p"}`, `{}`, "", "p", false, true},
		{"sagemaker:CreateModel", `{"modelName":"m","executionRoleArn":"ROLE"}`, `{"modelArn":"arn:m"}`, "create", "arn:m", true, false},
		{"sagemaker:CreateAutoMLJob", `{"autoMLJobName":"m","roleArn":"ROLE"}`, `{}`, "create", "m", true, true},
		{"sagemaker:CreateHyperParameterTuningJob", `{"hyperParameterTuningJobName":"m","trainingJobDefinition":{"roleArn":"ROLE"}}`, `{}`, "create", "m", true, true},
		{"bedrock:CreateAgent", `{"agentName":"a","agentResourceRoleArn":"ROLE"}`, `{"agent":{"agentArn":"arn:a"}}`, "create", "arn:a", true, false},
		{"bedrock:UpdateAgent", `{"agentId":"a","agentResourceRoleArn":"ROLE"}`, `{}`, "configuration", "a", true, false},
		{"bedrock:CreateAgentActionGroup", `{"agentId":"a"}`, `{}`, "code", "a", false, false},
		{"bedrock:UpdateAgentActionGroup", `{"agentId":"a"}`, `{}`, "code", "a", false, false},
		{"bedrock:CreateFlow", `{"name":"f","executionRoleArn":"ROLE"}`, `{"arn":"arn:f"}`, "create", "arn:f", true, false},
		{"bedrock:UpdateFlow", `{"flowIdentifier":"f","executionRoleArn":"ROLE"}`, `{}`, "code", "f", true, false},
		{"bedrock:CreateKnowledgeBase", `{"name":"k","roleArn":"ROLE"}`, `{}`, "create", "k", true, false},
		{"bedrock:CreateModelCustomizationJob", `{"jobName":"j","roleArn":"ROLE"}`, `{"jobArn":"arn:j"}`, "create", "arn:j", true, true},
		{"bedrock:CreateEvaluationJob", `{"jobName":"j","roleArn":"ROLE"}`, `{"jobArn":"arn:j"}`, "create", "arn:j", true, true},
		{"bedrock:CreateModelImportJob", `{"jobName":"j","roleArn":"ROLE"}`, `{"jobArn":"arn:j"}`, "create", "arn:j", true, true},
		{"bedrock-agentcore:CreateBrowser", `{"name":"b","executionRoleArn":"ROLE"}`, `{"browserArn":"arn:b"}`, "create", "arn:b", true, false},
		{"bedrock-agentcore:StartBrowserSession", `{"browserIdentifier":"b"}`, `{}`, "", "b", false, true},
		{"bedrock-agentcore:CreateGateway", `{"name":"g","roleArn":"ROLE"}`, `{"gatewayArn":"arn:g"}`, "create", "arn:g", true, false},
		{"bedrock-agentcore:UpdateGateway", `{"gatewayIdentifier":"g","roleArn":"ROLE"}`, `{}`, "configuration", "g", true, false},
		{"bedrock-agentcore:InvokeAgentRuntimeCommand", `{"agentRuntimeArn":"arn:r"}`, `{}`, "command", "arn:r", false, true},
		{"braket:CreateJob", `{"jobName":"q","roleArn":"ROLE"}`, `{"jobArn":"arn:q"}`, "create", "arn:q", true, true},
		{"omics:CreateWorkflow", `{"name":"w"}`, `{}`, "create", "w", false, false},
		{"omics:StartRun", `{"workflowId":"w","roleArn":"ROLE"}`, `{"arn":"arn:run"}`, "create", "arn:run", true, true},
		{"gamelift:CreateBuild", `{"name":"b"}`, `{}`, "create", "b", false, false},
		{"gamelift:UpdateScript", `{"scriptId":"s"}`, `{}`, "code", "s", false, false},
		{"gamelift:CreateFleet", `{"name":"f","instanceRoleArn":"ROLE"}`, `{"fleetAttributes":{"fleetArn":"arn:f"}}`, "create", "arn:f", true, true},
		{"gamelift:CreateContainerFleet", `{"fleetRoleArn":"ROLE"}`, `{"containerFleet":{"fleetArn":"arn:f"}}`, "create", "arn:f", true, true},
		{"gamelift:GetComputeAccess", `{"fleetId":"f"}`, `{}`, "shell", "f", false, false},
		{"cloudshell:CreateSession", `{"environmentId":"e"}`, `{}`, "shell", "e", false, false},
		{"ssm:UpdateDocumentDefaultVersion", `{"name":"doc","documentVersion":"2"}`, `{}`, "code", "doc", false, false},
		{"ssm:StartChangeRequestExecution", `{"documentName":"doc"}`, `{}`, "command", "doc", false, true},
		{"ssm:RegisterTaskWithMaintenanceWindow", `{"windowId":"mw-1","serviceRoleArn":"ROLE"}`, `{}`, "command", "mw-1", true, false},
		{"states:UpdateStateMachineAlias", `{"stateMachineAliasArn":"arn:a"}`, `{}`, "code", "arn:a", false, false},
	}
	const role = "arn:aws:iam::444455556666:role/deployer"
	seen := map[call]bool{}
	for _, r := range rows {
		service, action, _ := strings.Cut(r.name, ":")
		seen[call{service, action}] = true
		var want []string
		if r.what != "" {
			with := ""
			if r.role {
				with = deployer + " "
			}
			want = one("ChangeWorkload what=" + r.what + " " + with + "workload=" + r.workload)
		}
		if r.runs {
			want = append(want, "RunWorkload workload="+r.workload)
		}
		check(t, as(r.name, strings.ReplaceAll(r.params, "ROLE", role), r.result), want)
	}
	for name := range pipelineJobs {
		if !seen[name] {
			t.Errorf("%s:%s has no row here", name.service, name.action)
		}
	}
}

func TestPipelineEffects(t *testing.T) {
	const project = "arn:aws:codebuild:eu-west-1:444455556666:project/p"
	const plan = "arn:aws:scheduler:eu-west-1:444455556666:schedule/default/nightly"
	const profile = "type=profile name=web arn=arn:aws:iam::444455556666:instance-profile/web"
	checkRows(t, []effectRow{
		{"codebuild:StartSandbox", `{"projectName":"p"}`, `{"sandbox":{"serviceRole":"arn:aws:iam::444455556666:role/deployer"}}`,
			[]string{"ChangeWorkload what=shell " + deployer + " workload=" + project, "RunWorkload workload=" + project}},
		{"ecr:PutImage", `{"repositoryName":"app","imageTag":"latest","imageManifest":"{}"}`, `{}`, one("ChangeWorkload what=image workload=arn:aws:ecr:eu-west-1:444455556666:repository/app:latest")},
		{"ecr:PutImage", `{"repositoryName":"app","imageDigest":"sha256:1"}`, `{}`, nil},
		{"cloudformation:SetStackPolicy", `{"stackName":"s","stackPolicyBody":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"Update:*\",\"Principal\":\"*\",\"Resource\":\"*\"}]}"}`, `null`, one("RemoveGuard what=deletion-protection resource=s")},
		{"cloudformation:SetStackPolicy", `{"stackName":"s","stackPolicyBody":"{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"Update:*\",\"Principal\":\"*\",\"Resource\":\"*\"}]}"}`, `null`, nil},
		{"cloudformation:SetStackPolicy", `{"stackName":"s","stackPolicyURL":"https://x"}`, `null`, nil},
		{"scheduler:CreateSchedule", `{"name":"nightly","target":{"arn":"` + fn + `:live","roleArn":"arn:aws:iam::444455556666:role/deployer"}}`, `{}`,
			[]string{"ChangeWorkload what=create " + deployer + " workload=" + plan, "ChangeWorkload what=trigger workload=" + fn}},
		{"scheduler:UpdateSchedule", `{"Name":"nightly","Target":{"Arn":"arn:aws:states:x","RoleArn":"arn:aws:iam::444455556666:role/deployer"}}`, `{}`, one("ChangeWorkload what=configuration " + deployer + " workload=" + plan)},
		{"ec2:ModifyLaunchTemplate", `{"ModifyLaunchTemplateRequest":{"LaunchTemplateId":"lt-1","SetDefaultVersion":"2"}}`, `{}`, one("ChangeWorkload what=configuration workload=lt-1")},
		{"imagebuilder:CreateInfrastructureConfiguration", `{"name":"i","instanceProfileName":"web"}`, `{}`, one("ChangeWorkload what=create " + profile + " workload=i")},
		{"imagebuilder:UpdateInfrastructureConfiguration", `{"infrastructureConfigurationArn":"arn:i","instanceProfileName":"web"}`, `{}`, one("ChangeWorkload what=profile " + profile + " workload=arn:i")},

		{"ssm:CreateDocument", `{"name":"doc"}`, `{}`, one("ChangeWorkload what=create workload=doc")},
		{"ssm:UpdateDocument", `{"name":"doc"}`, `{}`, one("ChangeWorkload what=code workload=doc")},
		{"ssm:UpdateDocument", `{"name":"SSM-SessionManagerRunShell","content":"{\"inputs\":{\"s3BucketName\":\"\",\"cloudWatchLogGroupName\":\"\"}}"}`, `{}`, one("DisableDefence what=narrow resource=SSM-SessionManagerRunShell")},
		{"ssm:UpdateDocument", `{"name":"SSM-SessionManagerRunShell"}`, `{}`, one("DisableDefence what=narrow resource=SSM-SessionManagerRunShell")},
		{"ssm:UpdateDocument", `{"name":"SSM-SessionManagerRunShell","content":"{\"inputs\":{\"s3BucketName\":\"shells\"}}"}`, `{}`, nil},
		{"ssm:CreateDocument", `{"name":"SSM-SessionManagerRunShell"}`, `{}`, nil},
		{"ssm:CreateAssociation", `{"name":"doc","targets":[{"key":"InstanceIds","values":["i-2","i-1"]}]}`, `{}`, []string{"ChangeWorkload what=command workload=i-1", "ChangeWorkload what=command workload=i-2"}},
		{"ssm:CreateAssociation", `{"name":"auto","parameters":{"AutomationAssumeRole":["arn:aws:iam::444455556666:role/deployer"]}}`, `{"associationDescription":{"associationId":"a-1"}}`, one("ChangeWorkload what=command " + deployer + " workload=a-1")},
		{"ssm:UpdateAssociation", `{"associationId":"a-1","targets":[{"key":"tag:env","values":["prod"]}]}`, `{}`, one("ChangeWorkload what=command workload=a-1")},
		{"ssm:CreateActivation", `{"iamRole":"service-role/deployer"}`, `{"activationId":"act-1","activationCode":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, one("IssueCredential what=activation " + deployer + " key=act-1")},

		{"events:PutTargets", `{"rule":"r","targets":[{"id":"1","arn":"arn:aws:states:eu-west-1:444455556666:stateMachine:m","roleArn":"arn:aws:iam::444455556666:role/deployer"}]}`, `{}`,
			one("ChangeWorkload what=trigger " + deployer + " workload=arn:aws:events:eu-west-1:444455556666:rule/r")},
		{"events:PutTargets", `{"rule":"r","targets":[{"id":"1","arn":"arn:aws:sqs:eu-west-1:444455556666:q"}]}`, `{}`, nil},
		{"ssm:ResumeSession", `{"target":"i-1"}`, `{}`, one("ChangeWorkload what=shell workload=i-1")},
		{"ec2-instance-connect:SendSerialConsoleSSHPublicKey", `{"instanceId":"i-1"}`, `{}`, one("ChangeWorkload what=shell workload=i-1")},
		{"ecs:ExecuteCommand", `{"task":"arn:aws:ecs:eu-west-1:444455556666:task/c/0abc","interactive":true}`, `{}`, one("ChangeWorkload what=shell workload=0abc")},
	})
}

// An activation without an end of its own lasts a day.
func TestActivationEnds(t *testing.T) {
	e := as("ssm:CreateActivation", `{"iamRole":"deployer"}`, `{"activationId":"act-1"}`)
	e.Time = time.Date(2024, 7, 1, 10, 0, 0, 0, time.UTC)
	if got := effects(e, nil); len(got) != 1 || !got[0].Expires.Equal(e.Time.Add(24*time.Hour)) {
		t.Errorf("%v", got)
	}
}

func TestRefusedFunctionCalls(t *testing.T) {
	checkTried(t, "lambda:UpdateFunctionCode", "User: x is not authorized to perform: lambda:UpdateFunctionCode on resource: "+fn+" because", one("ChangeWorkload what=code workload="+fn))
}
