package aws

import (
	"cmp"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
)

// pipelineJobs are further services that run code with a role and name both in
// plain fields, as jobs does: builds and deployments, schedules and pipes, and
// the services that the public catalogue of escalation paths has added since.
//
// No record of these calls was at hand, but for their services' published
// examples: the paths are the API's with small first letters, and where a
// service keeps capitals, both helps (see withCapitals).
var pipelineJobs = map[call]job{
	{"codebuild", "UpdateWebhook"}:            {"trigger", p("projectName"), nil, false},
	{"codebuild", "CreateWebhook"}:            {"trigger", p("projectName"), nil, false},
	{"codebuild", "ImportSourceCredentials"}:  {"configuration", p("arn", "serverType"), nil, false},
	{"codepipeline", "PutWebhook"}:            {"trigger", p("webhook.definition.targetPipeline", "webhook.targetPipeline"), nil, false},
	{"codedeploy", "CreateDeploymentGroup"}:   {"create", p("applicationName"), p("serviceRoleArn"), false},
	{"codedeploy", "UpdateDeploymentGroup"}:   {"configuration", p("applicationName"), p("serviceRoleArn"), false},
	{"codedeploy", "CreateDeployment"}:        {"code", p("applicationName"), nil, true},
	{"amplify", "CreateApp"}:                  {"create", p("app.appArn", "name"), p("iamServiceRoleArn", "computeRoleArn"), false},
	{"amplify", "UpdateApp"}:                  {"build", p("app.appArn", "appId"), p("iamServiceRoleArn", "computeRoleArn"), false},
	{"amplify", "StartDeployment"}:            {"code", p("appId"), nil, true},
	{"amplify", "StartJob"}:                   {"", p("appId"), nil, true},
	{"amplify", "CreateWebhook"}:              {"trigger", p("appId"), nil, false},
	{"elasticbeanstalk", "CreateEnvironment"}: {"create", p("environmentName"), p("operationsRole"), true},
	{"elasticbeanstalk", "UpdateEnvironment"}: {"configuration", p("environmentName", "environmentId"), nil, true},
	{"cloudformation", "RegisterType"}:        {"create", p("typeName"), p("executionRoleArn"), false},
	{"cloudformation", "ActivateType"}:        {"create", p("arn", "typeName", "publicTypeArn"), p("executionRoleArn"), false},

	{"imagebuilder", "CreateComponent"}:             {"create", p("componentBuildVersionArn", "name"), nil, false},
	{"imagebuilder", "CreateImageRecipe"}:           {"create", p("imageRecipeArn", "name"), nil, false},
	{"imagebuilder", "CreateImagePipeline"}:         {"create", p("imagePipelineArn", "name"), p("executionRole"), false},
	{"imagebuilder", "UpdateImagePipeline"}:         {"build", p("imagePipelineArn"), p("executionRole"), false},
	{"imagebuilder", "StartImagePipelineExecution"}: {"", p("imagePipelineArn"), nil, true},
	{"imagebuilder", "CreateImage"}:                 {"create", p("imageBuildVersionArn", "imageRecipeArn"), p("executionRole"), true},

	{"ecs", "CreateTaskSet"}:               {"code", p("taskSet.serviceArn", "service"), nil, true},
	{"ecs", "CreateExpressGatewayService"}: {"create", p("service.serviceArn", "serviceName"), p("taskRoleArn", "executionRoleArn"), true},
	{"ecs", "UpdateExpressGatewayService"}: {"code", p("serviceArn"), p("taskRoleArn", "executionRoleArn"), true},
	{"apprunner", "StartDeployment"}:       {"", p("serviceArn"), nil, true},

	{"pipes", "CreatePipe"}: {"create", p("arn", "name"), p("roleArn"), true},
	{"pipes", "UpdatePipe"}: {"configuration", p("arn", "name"), p("roleArn"), true},
	{"pipes", "StartPipe"}:  {"", p("arn", "name"), nil, true},

	{"appsync", "CreateDataSource"}: {"create", p("dataSource.dataSourceArn", "apiId"), p("serviceRoleArn"), false},
	{"appsync", "UpdateDataSource"}: {"configuration", p("dataSource.dataSourceArn", "apiId"), p("serviceRoleArn"), false},
	{"appsync", "UpdateFunction"}:   {"code", p("functionConfiguration.functionArn", "apiId"), nil, false},
	{"appsync", "CreateResolver"}:   {"code", p("resolver.resolverArn", "apiId"), nil, false},
	{"appsync", "UpdateResolver"}:   {"code", p("resolver.resolverArn", "apiId"), nil, false},

	{"glue", "CreateSession"}: {"create", p("session.id", "id"), p("role"), true},
	{"glue", "RunStatement"}:  {"command", p("sessionId"), nil, true},
	{"glue", "UpdateTrigger"}: {"trigger", p("name"), nil, false},
	{"glue", "StartTrigger"}:  {"", p("name"), nil, true},

	{"emr-serverless", "CreateApplication"}:     {"create", p("applicationId", "name"), nil, false},
	{"emr-serverless", "UpdateApplication"}:     {"configuration", p("applicationId"), nil, false},
	{"emr-serverless", "StartJobRun"}:           {"command", p("applicationId"), p("executionRoleArn"), true},
	{"emr-containers", "StartJobRun"}:           {"command", p("virtualClusterId"), p("executionRoleArn"), true},
	{"emr-containers", "CreateManagedEndpoint"}: {"create", p("arn", "name"), p("executionRoleArn"), true},
	{"elasticmapreduce", "CreateStudio"}:        {"create", p("studioId", "name"), p("serviceRole", "userRole"), false},
	{"athena", "StartSession"}:                  {"create", p("sessionId", "workGroup"), p("executionRole"), true},
	{"airflow", "CreateEnvironment"}:            {"create", p("arn", "name"), p("executionRoleArn"), true},
	{"airflow", "UpdateEnvironment"}:            {"configuration", p("arn", "name"), p("executionRoleArn"), true},
	{"airflow", "CreateWebLoginToken"}:          {"shell", p("name"), nil, false},
	{"airflow", "CreateCliToken"}:               {"shell", p("name"), nil, false},
	{"kinesisanalytics", "CreateApplication"}:   {"create", p("applicationDetail.applicationARN", "applicationName"), p("serviceExecutionRole"), false},
	{"kinesisanalytics", "UpdateApplication"}:   {"code", p("applicationDetail.applicationARN", "applicationName"), p("serviceExecutionRoleUpdate"), false},
	{"kinesisanalytics", "StartApplication"}:    {"", p("applicationName"), nil, true},

	{"sagemaker", "UpdateNotebookInstanceLifecycleConfig"}: {"code", p("notebookInstanceLifecycleConfigName"), nil, false},
	{"sagemaker", "CreateStudioLifecycleConfig"}:           {"create", p("studioLifecycleConfigArn", "studioLifecycleConfigName"), nil, false},
	{"sagemaker", "CreatePresignedDomainUrl"}:              {"shell", p("userProfileName", "domainId"), nil, false},
	{"sagemaker", "StartSession"}:                          {"shell", p("resourceIdentifier"), nil, false},
	{"sagemaker", "CreatePipeline"}:                        {"create", p("pipelineArn", "pipelineName"), p("roleArn"), false},
	{"sagemaker", "UpdatePipeline"}:                        {"code", p("pipelineArn", "pipelineName"), p("roleArn"), false},
	{"sagemaker", "StartPipelineExecution"}:                {"", p("pipelineName"), nil, true},
	{"sagemaker", "CreateModel"}:                           {"create", p("modelArn", "modelName"), p("executionRoleArn"), false},
	{"sagemaker", "CreateAutoMLJob"}:                       {"create", p("autoMLJobArn", "autoMLJobName"), p("roleArn"), true},
	{"sagemaker", "CreateHyperParameterTuningJob"}:         {"create", p("hyperParameterTuningJobArn", "hyperParameterTuningJobName"), p("trainingJobDefinition.roleArn"), true},

	{"bedrock", "CreateAgent"}:                         {"create", p("agent.agentArn", "agentName"), p("agentResourceRoleArn"), false},
	{"bedrock", "UpdateAgent"}:                         {"configuration", p("agent.agentArn", "agentId"), p("agentResourceRoleArn"), false},
	{"bedrock", "CreateAgentActionGroup"}:              {"code", p("agentId"), nil, false},
	{"bedrock", "UpdateAgentActionGroup"}:              {"code", p("agentId"), nil, false},
	{"bedrock", "CreateFlow"}:                          {"create", p("arn", "name"), p("executionRoleArn"), false},
	{"bedrock", "UpdateFlow"}:                          {"code", p("arn", "flowIdentifier"), p("executionRoleArn"), false},
	{"bedrock", "CreateKnowledgeBase"}:                 {"create", p("knowledgeBase.knowledgeBaseArn", "name"), p("roleArn"), false},
	{"bedrock", "CreateModelCustomizationJob"}:         {"create", p("jobArn", "jobName"), p("roleArn"), true},
	{"bedrock", "CreateEvaluationJob"}:                 {"create", p("jobArn", "jobName"), p("roleArn"), true},
	{"bedrock", "CreateModelImportJob"}:                {"create", p("jobArn", "jobName"), p("roleArn"), true},
	{"bedrock-agentcore", "CreateBrowser"}:             {"create", p("browserArn", "name"), p("executionRoleArn"), false},
	{"bedrock-agentcore", "StartBrowserSession"}:       {"", p("browserIdentifier"), nil, true},
	{"bedrock-agentcore", "CreateGateway"}:             {"create", p("gatewayArn", "name"), p("roleArn"), false},
	{"bedrock-agentcore", "UpdateGateway"}:             {"configuration", p("gatewayArn", "gatewayIdentifier"), p("roleArn"), false},
	{"bedrock-agentcore", "InvokeAgentRuntimeCommand"}: {"command", p("agentRuntimeArn"), nil, true},

	{"braket", "CreateJob"}:              {"create", p("jobArn", "jobName"), p("roleArn"), true},
	{"omics", "CreateWorkflow"}:          {"create", p("arn", "name"), nil, false},
	{"omics", "StartRun"}:                {"create", p("arn", "workflowId"), p("roleArn"), true},
	{"gamelift", "CreateBuild"}:          {"create", p("build.buildArn", "name"), nil, false},
	{"gamelift", "UpdateScript"}:         {"code", p("script.scriptArn", "scriptId"), nil, false},
	{"gamelift", "CreateFleet"}:          {"create", p("fleetAttributes.fleetArn", "name"), p("instanceRoleArn"), true},
	{"gamelift", "CreateContainerFleet"}: {"create", p("containerFleet.fleetArn"), p("fleetRoleArn"), true},
	{"gamelift", "GetComputeAccess"}:     {"shell", p("computeArn", "fleetId"), nil, false},
	{"cloudshell", "CreateSession"}:      {"shell", p("environmentId"), nil, false},

	{"ssm", "UpdateDocumentDefaultVersion"}:      {"code", p("name"), nil, false},
	{"ssm", "StartChangeRequestExecution"}:       {"command", p("documentName"), nil, true},
	{"ssm", "RegisterTaskWithMaintenanceWindow"}: {"command", p("windowId"), p("serviceRoleArn"), false},
	{"states", "UpdateStateMachineAlias"}:        {"code", p("stateMachineAliasArn"), nil, false},
}

// pipelineEffects is pipelineJobs as effect functions, and the calls of the same
// services that need more reading.
var pipelineEffects = func() map[call]effectFunc {
	table := map[call]effectFunc{
		{"codebuild", "StartSandbox"}:        sandbox,
		{"cloudformation", "SetStackPolicy"}: stackPolicy,
		{"scheduler", "CreateSchedule"}:      schedule("create"),
		{"scheduler", "UpdateSchedule"}:      schedule("configuration"),
		{"ec2", "ModifyLaunchTemplate"}:      launchTemplate("configuration", "ModifyLaunchTemplateRequest"),

		{"imagebuilder", "CreateInfrastructureConfiguration"}: builderMachines("create"),
		{"imagebuilder", "UpdateInfrastructureConfiguration"}: builderMachines("profile"),

		{"ssm", "CreateDocument"}:    runDocument("create"),
		{"ssm", "UpdateDocument"}:    runDocument("code"),
		{"ssm", "CreateAssociation"}: association,
		{"ssm", "UpdateAssociation"}: association,
		{"ssm", "CreateActivation"}:  activation,
	}
	for name, j := range pipelineJobs {
		j.workload, j.role = withCapitals(j.workload), withCapitals(j.role)
		table[name] = j.effects
	}
	return table
}()

// withCapitals adds to each path its form with capital first letters: some
// services' records keep the API's own spelling.
func withCapitals(paths []string) []string {
	out := paths
	for _, path := range paths {
		parts := strings.Split(path, ".")
		for i, part := range parts {
			parts[i] = strings.ToUpper(part[:1]) + part[1:]
		}
		out = append(out[:len(out):len(out)], strings.Join(parts, "."))
	}
	return out
}

// sandbox opens a build's machine, with the build's role, for commands by hand.
func sandbox(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return run(change(dst, "shell", projectARN(e), named(e, "role", strAt(e.Result, "sandbox.serviceRole"))), projectARN(e))
}

// stackPolicy removes the guard where the new policy denies nothing. A policy
// given by an address is not in the record.
func stackPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, ok := parsePolicy(at(e.Params, "stackPolicyBody"))
	for i := range statements {
		if statements[i].Deny || !matchesAny(statements[i].Actions, "update:delete") {
			return dst
		}
	}
	if !ok || len(statements) == 0 {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.RemoveGuard, What: "deletion-protection", Resource: strAt(e.Params, "stackName")})
}

// schedule calls a target with a role, at times; where that is a function, it is
// a trigger of it as well.
func schedule(what string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		arn := firstStr(e.Result, "scheduleArn", "ScheduleArn")
		if name := firstStr(e.Params, "name", "Name"); arn == "" && name != "" {
			arn = regionalARN(e, "scheduler", "schedule/"+cmp.Or(firstStr(e.Params, "groupName", "GroupName"), "default")+"/"+name)
		}
		role := named(e, "role", firstStr(e.Params, "target.roleArn", "target.RoleArn", "Target.RoleArn"))
		dst = change(dst, what, arn, role)
		return change(dst, "trigger", unqualified(firstStr(e.Params, "target.arn", "target.Arn", "Target.Arn")), sekisho.Ref{})
	}
}

// builderMachines says with which profile the machines run that build images.
func builderMachines(what string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		workload := firstStr(e.Result, "infrastructureConfigurationArn")
		return change(dst, what, cmp.Or(workload, firstStr(e.Params, "infrastructureConfigurationArn", "name")),
			profileRef(e, e.Params, "instanceProfileName"))
	}
}

// runDocument makes the effect of a call that writes a document: what commands,
// associations and automations run. One of them holds the settings of shells,
// among them where what is typed is written: without a place it is written
// nowhere. Settings that cannot be read were still changed.
func runDocument(what string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		name := strAt(e.Params, "name")
		if name != sessionPreferences {
			return change(dst, what, name, sekisho.Ref{})
		}
		content := []byte(strAt(e.Params, "content"))
		if len(content) > 0 && content[0] == '{' {
			if firstStr(content, "inputs.s3BucketName", "inputs.cloudWatchLogGroupName") != "" {
				return dst
			}
		} else if what == "create" {
			return dst
		}
		return append(dst, sekisho.Effect{Kind: sekisho.DisableDefence, What: "narrow", Resource: name})
	}
}

// association runs a document again and again, on machines or, for automations,
// with a role.
func association(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	role := firstStr(e.Params, "associationDispatchAssumeRole")
	if roles := texts(e.Params, "parameters.AutomationAssumeRole"); role == "" && len(roles) > 0 {
		role = roles[0]
	}
	ids := texts(e.Params, "instanceId")
	eachAt(e.Params, "targets", func(target []byte) {
		if strings.EqualFold(strAt(target, "key"), "InstanceIds") {
			ids = append(ids, texts(target, "values")...)
		}
	})
	if len(ids) == 0 || role != "" { // chosen by tag, or no machine at all
		ids = append(ids, cmp.Or(strAt(e.Result, "associationDescription.associationId"), firstStr(e.Params, "associationId", "name")))
	}
	for _, id := range sortedSet(ids) {
		dst = change(dst, "command", id, named(e, "role", role))
	}
	return dst
}

// activationLife is how long an activation lasts that names no end: a day.
const activationLife = 24 * time.Hour

// activation is a code with which any machine outside becomes a managed one and
// gets sessions of a role: a credential of that role.
func activation(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	ends := responseTime(strAt(e.Params, "expirationDate"))
	if ends.IsZero() && !e.Time.IsZero() {
		ends = e.Time.Add(activationLife)
	}
	return append(dst, sekisho.Effect{Kind: sekisho.IssueCredential, What: "activation", Identity: named(e, "role", lastPart(strAt(e.Params, "iamRole"))),
		Credential: strAt(e.Result, "activationId"), Expires: ends})
}
