package aws

import (
	"cmp"
	"strings"

	"github.com/sekisho/sekisho"
)

// job says where a call names a workload and its role. Paths are dotted; of
// several, the first that holds text counts.
type job struct {
	what     string // for ChangeWorkload; "" for a call that only runs
	workload []string
	role     []string
	runs     bool
}

// jobs are the calls of services that run code with a role and name both in
// plain fields: the classes new-passrole and existing-passrole of the public
// catalogue of escalation paths, beside functions, machines, tasks and builds.
// Response first: it holds the ARN.
var jobs = map[call]job{
	{"glue", "CreateDevEndpoint"}: {"create", p("endpointName"), p("roleArn"), false},
	{"glue", "UpdateDevEndpoint"}: {"command", p("endpointName"), nil, false},
	{"glue", "CreateJob"}:         {"create", p("name"), p("role"), false},
	{"glue", "UpdateJob"}:         {"code", p("jobName"), p("jobUpdate.role"), false},
	{"glue", "StartJobRun"}:       {"", p("jobName"), nil, true},
	{"glue", "CreateTrigger"}:     {"trigger", p("name"), nil, false},

	{"sagemaker", "CreateNotebookInstance"}:                {"create", p("notebookInstanceArn", "notebookInstanceName"), p("roleArn"), false},
	{"sagemaker", "UpdateNotebookInstance"}:                {"configuration", p("notebookInstanceName"), p("roleArn"), false},
	{"sagemaker", "CreateNotebookInstanceLifecycleConfig"}: {"code", p("notebookInstanceLifecycleConfigName"), nil, false},
	{"sagemaker", "CreatePresignedNotebookInstanceUrl"}:    {"command", p("notebookInstanceName"), nil, false},
	{"sagemaker", "CreateTrainingJob"}:                     {"create", p("trainingJobArn", "trainingJobName"), p("roleArn"), true},
	{"sagemaker", "CreateProcessingJob"}:                   {"create", p("processingJobArn", "processingJobName"), p("roleArn"), true},
	{"sagemaker", "StartNotebookInstance"}:                 {"", p("notebookInstanceName"), nil, true},

	{"cloudformation", "CreateStack"}:          {"create", p("stackId", "stackName"), p("roleARN"), true},
	{"cloudformation", "UpdateStack"}:          {"configuration", p("stackId", "stackName"), p("roleARN"), true},
	{"cloudformation", "CreateChangeSet"}:      {"configuration", p("stackId", "stackName"), p("roleARN"), false},
	{"cloudformation", "ExecuteChangeSet"}:     {"", p("stackName"), nil, true},
	{"cloudformation", "CreateStackSet"}:       {"create", p("stackSetId", "stackSetName"), p("administrationRoleARN"), false},
	{"cloudformation", "UpdateStackSet"}:       {"configuration", p("stackSetName"), p("administrationRoleARN"), true},
	{"cloudformation", "CreateStackInstances"}: {"", p("stackSetName"), nil, true},

	{"datapipeline", "CreatePipeline"}:   {"create", p("pipelineId", "name"), nil, false},
	{"datapipeline", "ActivatePipeline"}: {"", p("pipelineId"), nil, true},

	{"apprunner", "CreateService"}: {"create", p("service.serviceArn", "serviceName"), p("instanceConfiguration.instanceRoleArn"), true},
	{"apprunner", "UpdateService"}: {"code", p("serviceArn"), p("instanceConfiguration.instanceRoleArn"), true},

	{"bedrock-agentcore", "CreateCodeInterpreter"}:       {"create", p("codeInterpreterArn", "name"), p("executionRoleArn"), false},
	{"bedrock-agentcore", "StartCodeInterpreterSession"}: {"", p("codeInterpreterIdentifier"), nil, true},
	{"bedrock-agentcore", "InvokeCodeInterpreter"}:       {"command", p("codeInterpreterIdentifier"), nil, false},
	{"bedrock-agentcore", "CreateAgentRuntime"}:          {"create", p("agentRuntimeArn", "agentRuntimeName"), p("roleArn"), false},
	{"bedrock-agentcore", "UpdateAgentRuntime"}:          {"code", p("agentRuntimeArn", "agentRuntimeId"), p("roleArn"), false},
	{"bedrock-agentcore", "InvokeAgentRuntime"}:          {"", p("agentRuntimeArn"), nil, true},

	{"states", "CreateStateMachine"}: {"create", p("stateMachineArn", "name"), p("roleArn"), false},
	{"states", "UpdateStateMachine"}: {"code", p("stateMachineArn"), p("roleArn"), false},
	{"states", "StartExecution"}:     {"", p("stateMachineArn"), nil, true},

	{"codepipeline", "CreatePipeline"}:         {"create", p("pipeline.name"), p("pipeline.roleArn"), false},
	{"codepipeline", "UpdatePipeline"}:         {"build", p("pipeline.name"), p("pipeline.roleArn"), false},
	{"codepipeline", "StartPipelineExecution"}: {"", p("name"), nil, true},

	{"batch", "RegisterJobDefinition"}: {"create", p("jobDefinitionArn", "jobDefinitionName"), p("containerProperties.jobRoleArn"), false},
	{"batch", "SubmitJob"}:             {"", p("jobDefinition"), nil, true},

	{"elasticmapreduce", "RunJobFlow"}:      {"create", p("jobFlowId", "name"), p("jobFlowRole", "serviceRole"), true},
	{"elasticmapreduce", "AddJobFlowSteps"}: {"command", p("jobFlowId"), nil, true},

	{"ecs", "CreateService"}: {"create", p("service.serviceArn", "serviceName"), nil, true},
	{"ecs", "UpdateService"}: {"configuration", p("service.serviceArn", "service"), nil, true},

	{"eks", "CreatePodIdentityAssociation"}: {"role", p("association.associationArn", "clusterName"), p("roleArn"), false},
}

// p is a list of paths.
func p(paths ...string) []string { return paths }

// jobEffects is jobs as effect functions.
var jobEffects = func() map[call]effectFunc {
	table := make(map[call]effectFunc, len(jobs))
	for name, j := range jobs {
		table[name] = j.effects
	}
	table[call{"datapipeline", "PutPipelineDefinition"}] = pipelineDefinition
	return table
}()

// pipelineDefinition holds the roles in its objects: that of the pipeline, and
// that of the machines which it starts. Of two, the machines' is the one that
// runs the code. A pipeline is empty until it has a definition, so this is its
// making.
func pipelineDefinition(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	var role, machine string
	eachAt(e.Params, "pipelineObjects", func(object []byte) {
		eachAt(object, "fields", func(field []byte) {
			switch strAt(field, "key") {
			case "role":
				role = cmp.Or(role, strAt(field, "stringValue"))
			case "resourceRole":
				machine = cmp.Or(machine, strAt(field, "stringValue"))
			}
		})
	})
	return change(dst, "create", strAt(e.Params, "pipelineId"), named(e, "role", cmp.Or(machine, role)))
}

func (j job) effects(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	workload := firstStr(e.Result, j.workload...)
	if workload == "" {
		workload = firstStr(e.Params, j.workload...)
	}
	role := firstStr(e.Params, j.role...)
	if j.what != "" {
		before := len(dst)
		dst = change(dst, j.what, workload, named(e, "role", role))
		if len(dst) > before {
			dst[before].Alias = jobAlias(e.Service, dst[before].Identity.Name)
		}
	}
	if j.runs {
		dst = run(dst, workload)
	}
	// A container service asks for as many tasks as it wants to keep running.
	if n, ok := number(e.Params, "desiredCount"); ok && n > 0 && e.Service == "ecs" {
		dst = append(dst, sekisho.Effect{Kind: sekisho.LaunchCompute, What: "task", Count: n, Resource: workload})
	}
	// Notebooks and training jobs are rented machines too.
	if machine := firstStr(e.Params, "instanceType", "resourceConfig.instanceType", "processingResources.clusterConfig.instanceType"); strings.HasPrefix(machine, "ml.") && j.what == "create" {
		n, ok := number(e.Params, "resourceConfig.instanceCount")
		if !ok {
			n = 1
		}
		dst = launch(dst, n, machine)
	}
	return dst
}

// jobAlias is how the sessions of a service's jobs are known: they all have one
// name, and are told apart by their role alone. "" for services whose sessions
// are not seen under such a name.
func jobAlias(service, role string) string {
	switch {
	case role == "":
		return ""
	case service == "glue":
		return "GlueJobRunnerSession:" + role
	case service == "sagemaker":
		return "SageMaker:" + role
	case service == "cloudformation":
		return "AWSCloudFormation:" + role
	}
	return ""
}
