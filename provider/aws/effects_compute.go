package aws

import (
	"cmp"
	"strings"

	"github.com/sekisho/sekisho"
)

// computeEffects are the calls that ask for machines or change what they run.
var computeEffects = map[call]effectFunc{
	{"ec2", "RunInstances"}:                         runInstances,
	{"ec2", "AttachNetworkInterface"}:               attachInterface,
	{"ec2", "RequestSpotInstances"}:                 requestSpot,
	{"ec2", "RequestSpotFleet"}:                     requestSpotFleet,
	{"ec2", "CreateFleet"}:                          createFleet,
	{"ec2", "CreateLaunchTemplate"}:                 launchTemplate("create", "CreateLaunchTemplateRequest"),
	{"ec2", "CreateLaunchTemplateVersion"}:          launchTemplate("configuration", "CreateLaunchTemplateVersionRequest"),
	{"ec2", "ModifyInstanceAttribute"}:              modifyInstance,
	{"ec2", "AssociateIamInstanceProfile"}:          instanceProfile("AssociateIamInstanceProfile"),
	{"ec2", "ReplaceIamInstanceProfileAssociation"}: instanceProfile("ReplaceIamInstanceProfileAssociation"),
	{"autoscaling", "CreateAutoScalingGroup"}:       autoScalingGroup,
	{"autoscaling", "UpdateAutoScalingGroup"}:       autoScalingGroup,
	{"ecs", "CreateCluster"}:                        clusterOf("clusterName"),
	{"eks", "CreateCluster"}:                        clusterOf("name"),
	{"batch", "CreateComputeEnvironment"}:           batchEnvironment,
	{"lightsail", "CreateInstances"}:                lightsailInstances,
	{"sagemaker", "CreateEndpointConfig"}:           endpointConfig,
	{"autoscaling", "CreateLaunchConfiguration"}:    launchConfiguration,
	{"iam", "AddRoleToInstanceProfile"}:             roleToProfile,

	{"ssm", "SendCommand"}:              sendCommand,
	{"ssm", "StartSession"}:             openShell("target"),
	{"ssm", "ResumeSession"}:            openShell("target"),
	{"ssm", "StartAutomationExecution"}: startAutomation,

	{"ec2-instance-connect", "SendSSHPublicKey"}:              openShell("instanceId"),
	{"ec2-instance-connect", "SendSerialConsoleSSHPublicKey"}: openShell("instanceId"),
}

// acceleratedFamilies are the letters before the generation in the names of EC2
// instance types with GPUs (p, g, gr), training and inference chips (trn, inf,
// dl), video encoders (vt) and FPGAs (f): EC2's category "accelerated computing".
var acceleratedFamilies = map[string]bool{"p": true, "g": true, "gr": true, "trn": true, "inf": true, "dl": true, "vt": true, "f": true}

// accelerated reports whether a machine type holds accelerators: "p4d.24xlarge",
// "ml.g5.xlarge".
func accelerated(machine string) bool {
	machine = strings.TrimPrefix(machine, "ml.")
	if i := strings.IndexAny(machine, "0123456789"); i > 0 {
		return acceleratedFamilies[strings.ToLower(machine[:i])]
	}
	return false
}

func launch(dst []sekisho.Effect, count int64, machine string) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.LaunchCompute, What: machine, Count: max(count, 1), Accelerated: accelerated(machine)})
}

// profileRef is the instance profile of a request. It is not the role, though it
// often has the role's name; Type "profile" says so.
func profileRef(e *sekisho.Event, raw []byte, path string) sekisho.Ref {
	if arn := firstStr(raw, path+".arn", path+".Arn"); arn != "" {
		return arnRef(arn)
	}
	name := firstStr(raw, path+".name", path+".Name", path)
	if strings.HasPrefix(name, "arn:") {
		return arnRef(name)
	}
	if name == "" || name[0] == '{' {
		return sekisho.Ref{}
	}
	return sekisho.Ref{Name: name, Account: e.Account, Type: "profile",
		ARN: "arn:" + partition(e.Region) + ":iam::" + e.Account + ":instance-profile/" + name}
}

// runInstances asks for machines, each of which becomes a workload: its sessions
// carry its id.
func runInstances(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	profile := profileRef(e, e.Params, "iamInstanceProfile")
	machine := strAt(e.Params, "instanceType")
	var count, asked int64
	eachAt(e.Params, "instancesSet", func(item []byte) {
		n, _ := number(item, "maxCount")
		asked += n
	})
	var machines []string
	var attached []sekisho.Effect
	eachAt(e.Result, "instancesSet", func(item []byte) {
		machine = cmp.Or(machine, strAt(item, "instanceType")) // a launch template hides it in the request
		if count++; len(machines) < effectsMax-1 {
			machines = append(machines, strAt(item, "instanceId"))
		}
		attached = attach(attached, strAt(item, "instanceId"), item)
	})
	dst = launch(dst, cmp.Or(count, asked), machine)
	if isTrue(e.Params, "disableApiTermination") {
		resource := ""
		if len(machines) > 0 {
			resource = machines[0]
		}
		dst = append(dst, sekisho.Effect{Kind: sekisho.Entrench, What: "termination-protection", Resource: resource})
	}
	for _, id := range machines {
		dst = change(dst, "create", id, profile)
	}
	return append(dst, attached[:min(len(attached), max(effectsMax-len(dst), 0))]...)
}

// attach says which interfaces a machine has.
func attach(dst []sekisho.Effect, machine string, item []byte) []sekisho.Effect {
	eachAt(item, "networkInterfaceSet", func(i []byte) {
		x := sekisho.Effect{Kind: sekisho.Attached, Workload: machine, Resource: strAt(i, "networkInterfaceId")}
		if address := strAt(i, "privateIpAddress"); address != "" {
			x.With = []string{address}
		}
		if x.Resource != "" && len(dst) < effectsMax {
			dst = append(dst, x)
		}
	})
	return dst
}

// attachInterface moves an interface to a machine.
func attachInterface(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.Attached, Workload: strAt(e.Params, "instanceId"), Resource: strAt(e.Params, "networkInterfaceId")})
}

// requestSpot asks for machines that come later: until then the request stands
// for them, and holds the profile that they will have.
func requestSpot(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	n, _ := number(e.Params, "instanceCount")
	dst = launch(dst, n, strAt(e.Params, "launchSpecification.instanceType"))
	profile := profileRef(e, e.Params, "launchSpecification.iamInstanceProfile")
	eachAt(e.Result, "spotInstanceRequestSet", func(item []byte) {
		dst = change(dst, "create", strAt(item, "spotInstanceRequestId"), profile)
	})
	return dst
}

func requestSpotFleet(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	n, _ := number(e.Params, "spotFleetRequestConfig.targetCapacity")
	machine := ""
	eachAt(e.Params, "spotFleetRequestConfig.launchSpecifications", func(spec []byte) {
		machine = worse(machine, strAt(spec, "instanceType"))
	})
	return launch(dst, n, machine)
}

func createFleet(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	n, _ := number(e.Params, "CreateFleetRequest.TargetCapacitySpecification.TotalTargetCapacity")
	machine := ""
	eachAt(e.Params, "CreateFleetRequest.LaunchTemplateConfigs", func(config []byte) {
		eachAt(config, "Overrides", func(o []byte) { machine = worse(machine, strAt(o, "InstanceType")) })
	})
	return launch(dst, n, machine)
}

// worse keeps the accelerated one of two machine types, else the first.
func worse(a, b string) string {
	if a == "" || accelerated(b) && !accelerated(a) {
		return b
	}
	return a
}

// launchTemplate changes what machines made from a template will be. Its
// parameters keep the capitals of the request.
func launchTemplate(what, request string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		what := what
		if present(e.Params, request+".LaunchTemplateData.UserData") && what != "create" {
			what = "user-data"
		}
		id := firstStr(e.Result, "CreateLaunchTemplateResponse.launchTemplate.launchTemplateId",
			"CreateLaunchTemplateVersionResponse.launchTemplateVersion.launchTemplateId")
		if id == "" {
			id = firstStr(e.Params, request+".LaunchTemplateId", request+".LaunchTemplateName")
		}
		return change(dst, what, id, profileRef(e, e.Params, request+".LaunchTemplateData.IamInstanceProfile"))
	}
}

// modifyInstance matters where it changes the script that runs at start, or
// makes the machine harder to stop.
func modifyInstance(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	for _, protection := range [...]struct{ key, what string }{{"disableApiTermination", "termination-protection"}, {"disableApiStop", "stop-protection"}} {
		if on := protection.key; isTrue(e.Params, on+".value") || isTrue(e.Params, on) || strAt(e.Params, "attribute") == on && isTrue(e.Params, "value") {
			dst = append(dst, sekisho.Effect{Kind: sekisho.Entrench, What: protection.what, Resource: strAt(e.Params, "instanceId")})
		}
	}
	if !present(e.Params, "userData") && strAt(e.Params, "attribute") != "userData" {
		return dst
	}
	return change(dst, "user-data", strAt(e.Params, "instanceId"), sekisho.Ref{})
}

// instanceProfile gives a running machine another identity.
func instanceProfile(name string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		id := firstStr(e.Result, name+"Response.iamInstanceProfileAssociation.instanceId", "iamInstanceProfileAssociation.instanceId")
		if id == "" {
			id = firstStr(e.Params, name+"Request.InstanceId", "instanceId")
		}
		profile := profileRef(e, e.Params, name+"Request.IamInstanceProfile")
		if profile.Zero() {
			profile = profileRef(e, e.Params, "iamInstanceProfile")
		}
		return change(dst, "profile", id, profile)
	}
}

// autoScalingGroup asks for as many machines as it may grow to: what it wants
// at first can be raised by nobody's call.
func autoScalingGroup(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	desired, has := number(e.Params, "desiredCapacity")
	most, can := number(e.Params, "maxSize")
	if !has && !can {
		return dst // an update of something else
	}
	n := max(desired, most)
	machine := ""
	eachAt(e.Params, "mixedInstancesPolicy.launchTemplate.overrides", func(o []byte) {
		machine = worse(machine, strAt(o, "instanceType"))
	})
	return launch(dst, n, machine)
}

func clusterOf(key string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.LaunchCompute, What: "cluster", Count: 1, Resource: strAt(e.Params, key)})
	}
}

// vcpusOfMachine is how many processors count as one machine where a call
// gives only their sum: those of the common "xlarge" size.
const vcpusOfMachine = 4

func batchEnvironment(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	n, _ := number(e.Params, "computeResources.maxvCpus")
	machine := ""
	for _, m := range texts(e.Params, "computeResources.instanceTypes") {
		machine = worse(machine, m)
	}
	return launch(dst, n/vcpusOfMachine, machine)
}

func lightsailInstances(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return launch(dst, int64(len(texts(e.Params, "instanceNames"))), cmp.Or(strAt(e.Params, "bundleId"), "lightsail"))
}

// endpointConfig says on which machines a model will answer.
func endpointConfig(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	eachAt(e.Params, "productionVariants", func(v []byte) {
		n, _ := number(v, "initialInstanceCount")
		if machine := strAt(v, "instanceType"); machine != "" {
			dst = launch(dst, n, machine)
		}
	})
	return dst
}

func launchConfiguration(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return change(dst, "create", strAt(e.Params, "launchConfigurationName"), profileRef(e, e.Params, "iamInstanceProfile"))
}

// roleToProfile gives every machine with the profile another role.
func roleToProfile(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	name := strAt(e.Params, "instanceProfileName")
	if name == "" {
		return dst
	}
	return change(dst, "profile", "arn:"+partition(e.Region)+":iam::"+e.Account+":instance-profile/"+name,
		named(e, "role", strAt(e.Params, "roleName")))
}

// sendCommand runs a document on machines. Machines chosen by tag are known only
// where the response lists them.
func sendCommand(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	ids := append(texts(e.Params, "instanceIds"), texts(e.Result, "command.instanceIds")...)
	eachAt(e.Params, "targets", func(target []byte) {
		if strings.EqualFold(strAt(target, "key"), "InstanceIds") {
			ids = append(ids, texts(target, "values")...)
		}
	})
	for _, id := range sortedSet(ids) {
		dst = change(dst, "command", id, sekisho.Ref{})
	}
	return dst
}

// openShell makes the effect of a call that opens a shell on the machine named in
// a parameter.
func openShell(key string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		// "ecs:cluster_task_container" is how a session names a task.
		id := strAt(e.Params, key)
		if parts := strings.Split(id, "_"); strings.HasPrefix(id, "ecs:") && len(parts) >= 2 {
			id = parts[len(parts)-2]
		}
		return change(dst, "shell", id, sekisho.Ref{})
	}
}

// startAutomation runs a document, often with a role of its own.
func startAutomation(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	role := ""
	if roles := texts(e.Params, "parameters.AutomationAssumeRole"); len(roles) > 0 {
		role = roles[0]
	}
	return change(dst, "command", strAt(e.Params, "documentName"), named(e, "role", role))
}
