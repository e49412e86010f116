package aws

import (
	"cmp"
	"strings"

	"github.com/sekisho/sekisho"
)

// workloadEffects are the calls that change or run code which has a role of its
// own, but for machines (effects_compute.go) and the services that name role and
// workload in plain fields (effects_jobs.go). Passing a role leaves no event of
// its own: the role is read from the call that uses it.
var workloadEffects = map[call]effectFunc{
	{"lambda", "CreateFunction"}:              createFunction,
	{"lambda", "UpdateFunctionCode"}:          updateFunctionCode,
	{"lambda", "UpdateFunctionConfiguration"}: updateFunctionConfiguration,
	{"lambda", "PublishLayerVersion"}:         publishLayer,
	{"lambda", "UpdateAlias"}:                 functionChange("code"),
	{"lambda", "AddPermission"}:               addPermission,
	{"lambda", "CreateEventSourceMapping"}:    functionChange("trigger"),
	{"lambda", "UpdateEventSourceMapping"}:    functionChange("trigger"),
	{"lambda", "CreateFunctionUrlConfig"}:     functionURL,
	{"lambda", "UpdateFunctionUrlConfig"}:     functionURL,
	{"lambda", "Invoke"}:                      runFunction,
	{"lambda", "InvokeFunction"}:              runFunction, // its name in policies and in some exports
	{"lambda", "InvokeAsync"}:                 runFunction,
	{"lambda", "InvokeWithResponseStream"}:    runFunction,
	{"events", "PutTargets"}:                  putTargets,

	{"ecs", "RegisterTaskDefinition"}: taskDefinition,
	{"ecs", "RunTask"}:                runTask,
	{"ecs", "StartTask"}:              runTask,
	{"ecs", "ExecuteCommand"}:         executeCommand,

	{"codebuild", "CreateProject"}:   project("create"),
	{"codebuild", "UpdateProject"}:   project("build"),
	{"codebuild", "StartBuild"}:      startBuild,
	{"codebuild", "StartBuildBatch"}: startBuild,
}

// functionARN is the unqualified ARN of the function that the call names, by
// name, partial ARN or ARN, with or without a version. Records name the same
// function in all of these ways.
func functionARN(e *sekisho.Event) string {
	name := firstStr(e.Params, "functionName", "fullyQualifiedArn.relativeId.functionName")
	for _, arn := range [...]string{strAt(e.Result, "functionArn"), name} {
		if arn = unqualified(arn); arn != "" {
			return arn
		}
	}
	// "123456789012:function:f" and "f:version" are accepted as well.
	if _, rest, ok := strings.Cut(name, "function:"); ok {
		name = rest
	}
	if name = before(name, ":"); name == "" {
		if !e.Succeeded() {
			return unqualified(refusedResource(e.ErrorMessage))
		}
		return ""
	}
	return regionalARN(e, "lambda", "function:"+name)
}

// unqualified cuts a version or alias off a function's ARN; "" if it is none.
func unqualified(arn string) string {
	const mark = ":function:"
	i := strings.Index(arn, mark)
	if i < 0 || !strings.HasPrefix(arn, "arn:") {
		return ""
	}
	name := i + len(mark)
	if j := strings.IndexByte(arn[name:], ':'); j >= 0 {
		return arn[:name+j]
	}
	return arn
}

// change is a ChangeWorkload, if the record says of what.
func change(dst []sekisho.Effect, what, workload string, role sekisho.Ref) []sekisho.Effect {
	if workload == "" {
		return dst
	}
	x := sekisho.Effect{Kind: sekisho.ChangeWorkload, What: what, Workload: workload, Identity: role}
	if _, name, ok := strings.Cut(workload, ":function:"); ok {
		x.Alias = functionAlias(arnField(workload, 4), name)
	}
	return append(dst, x)
}

// run is a RunWorkload, if the record says of what.
func run(dst []sekisho.Effect, workload string) []sekisho.Effect {
	if workload == "" {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.RunWorkload, Workload: workload})
}

// functionRole is the function's role as the response or the request has it.
func functionRole(e *sekisho.Event) sekisho.Ref {
	return named(e, "role", cmp.Or(strAt(e.Result, "role"), strAt(e.Params, "role")))
}

// functionChange makes the effect of a call that changes how a function runs.
func functionChange(what string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return change(dst, what, functionARN(e), functionRole(e))
	}
}

func createFunction(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return change(dst, "create", functionARN(e), functionRole(e))
}

func updateFunctionCode(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if isTrue(e.Params, "dryRun") {
		return dst
	}
	return change(dst, "code", functionARN(e), functionRole(e))
}

// updateFunctionConfiguration tells a role and layers (which are code) from the
// rest: time limits, memory, environment. Whether the role differs from the one
// before, the record does not say. The response repeats the whole
// configuration, so layers there count only where the request is silent on
// everything but the function's name, as some records are.
func updateFunctionConfiguration(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	arn, role := functionARN(e), functionRole(e)
	givesRole := present(e.Params, "role")
	givesLayers := present(e.Params, "layers")
	if !givesRole && !givesLayers && present(e.Result, "layers") {
		givesLayers = true
		for _, other := range [...]string{"timeout", "memorySize", "handler", "runtime", "environment", "description", "layers", "vpcConfig"} {
			if at(e.Params, other) != nil {
				givesLayers = false
			}
		}
	}
	if givesRole {
		dst = change(dst, "role", arn, role)
	}
	if givesLayers {
		dst = change(dst, "layer", arn, role)
	}
	if !givesRole && !givesLayers {
		dst = change(dst, "configuration", arn, role)
	}
	return dst
}

// publishLayer makes code that functions can include; Workload is the layer.
func publishLayer(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	arn := strAt(e.Result, "layerArn")
	if name := strAt(e.Params, "layerName"); arn == "" && name != "" {
		if arn = name; !strings.HasPrefix(name, "arn:") {
			arn = regionalARN(e, "lambda", "layer:"+name)
		}
	}
	return change(dst, "layer", arn, sekisho.Ref{})
}

// functionURL gives a function an address on the internet; without a check of who
// calls, everyone may.
func functionURL(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	arn := functionARN(e)
	dst = change(dst, "url", arn, functionRole(e))
	if strings.EqualFold(strAt(e.Params, "authType"), "NONE") {
		dst = share(e, dst, "function", arn, []string{"*"})
	}
	return dst
}

// addPermission lets someone else run the function: With is an account, "*" or
// the service that does it. A service acts as a trigger; an account or everyone
// is a share as well.
func addPermission(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	who := strAt(e.Params, "principal")
	what := "policy"
	if strings.Contains(who, ".amazonaws.com") {
		what = "trigger"
	} else {
		who = cmp.Or(principalAccount(who), who)
	}
	n := len(dst)
	if dst = change(dst, what, functionARN(e), functionRole(e)); len(dst) > n && who != "" {
		dst[n].With = []string{who}
	}
	if what == "policy" {
		return functionShare(e, dst, functionARN(e))
	}
	return dst
}

func runFunction(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if strings.EqualFold(strAt(e.Params, "invocationType"), "DryRun") {
		return dst
	}
	return run(dst, functionARN(e))
}

// putTargets points a rule of the event bus at functions, or at something that
// the bus starts with a role: a task, a build, a state machine, a command. Then
// the rule itself is the workload.
func putTargets(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	rule := strAt(e.Params, "rule")
	if bus := lastPart(strAt(e.Params, "eventBusName")); rule != "" && bus != "" && bus != "default" {
		rule = bus + "/" + rule
	}
	eachAt(e.Params, "targets", func(target []byte) {
		if f := unqualified(strAt(target, "arn")); f != "" {
			dst = change(dst, "trigger", f, sekisho.Ref{})
		} else if role := strAt(target, "roleArn"); role != "" && rule != "" {
			dst = change(dst, "trigger", regionalARN(e, "events", "rule/"+rule), named(e, "role", role))
		}
	})
	return dst
}

// taskDefinition defines what tasks of a family run and as whom.
func taskDefinition(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	role := cmp.Or(strAt(e.Params, "taskRoleArn"), strAt(e.Params, "executionRoleArn"))
	arn := strAt(e.Result, "taskDefinition.taskDefinitionArn")
	if family := strAt(e.Params, "family"); arn == "" && family != "" {
		arn = regionalARN(e, "ecs", "task-definition/"+family)
	}
	return change(dst, "create", arn, named(e, "role", role))
}

// runTask starts tasks. A task's sessions are named after its id, so each one is
// a workload that came into being; with overrides it runs something else than
// its definition says, or as someone else.
func runTask(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	role := named(e, "role", strAt(e.Params, "overrides.taskRoleArn"))
	what := "create"
	if present(e.Params, "overrides.containerOverrides") {
		what = "command"
	}
	dst = run(dst, strAt(e.Params, "taskDefinition"))
	eachAt(e.Result, "tasks", func(task []byte) {
		dst = change(dst, what, lastPart(strAt(task, "taskArn")), role)
	})
	return dst
}

func executeCommand(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return change(dst, "shell", lastPart(cmp.Or(strAt(e.Result, "taskArn"), strAt(e.Params, "task"))), sekisho.Ref{})
}

// projectARN is the ARN of the build project that the call names.
func projectARN(e *sekisho.Event) string {
	if arn := strAt(e.Result, "project.arn"); arn != "" {
		return arn
	}
	switch name := firstStr(e.Params, "projectName", "name"); {
	case name == "", strings.HasPrefix(name, "arn:"):
		return name
	default:
		return regionalARN(e, "codebuild", "project/"+name)
	}
}

func project(what string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		role := cmp.Or(strAt(e.Result, "project.serviceRole"), strAt(e.Params, "serviceRole"))
		return change(dst, what, projectARN(e), named(e, "role", role))
	}
}

// startBuild runs a project, and changes what it runs where the call overrides
// the source, the build commands, the image, the variables or the role. The
// build's own id names its sessions, so it is a workload as well.
func startBuild(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	role := named(e, "role", cmp.Or(strAt(e.Params, "serviceRoleOverride"), strAt(e.Result, "build.serviceRole")))
	for _, override := range [...]string{"buildspecOverride", "sourceLocationOverride", "sourceTypeOverride", "sourceVersion",
		"imageOverride", "environmentVariablesOverride", "serviceRoleOverride"} {
		if present(e.Params, override) {
			dst = change(dst, "build", projectARN(e), role)
			if _, build, ok := strings.Cut(strAt(e.Result, "build.id"), ":"); ok { // "project:uuid"
				dst = change(dst, "build", "AWSCodeBuild-"+build, role) // the name of the build's session
			}
			break
		}
	}
	dst = run(dst, projectARN(e))
	if _, build, ok := strings.Cut(strAt(e.Result, "build.id"), ":"); ok && len(dst) > 0 {
		// What was changed in the project acts under this build's name.
		dst[len(dst)-1].Alias = "AWSCodeBuild-" + build
	}
	return dst
}
