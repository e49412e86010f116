package sim

import (
	"time"
)

// looksAround is 0:00 to 0:06: what may this key do, and what is here? The
// user has read access to everything through a group.
func (a *attack) looksAround() {
	h := a.sits(0, byKey(a.g.victim), "discovery", 3, 6)
	n := a.g.names
	h.does("sts:GetCallerIdentity")
	about := func(name, user string) call { return call{name: name, params: obj("userName", user)} }
	h.call(about("iam:ListAttachedUserPolicies", n.Victim))
	h.call(about("iam:ListGroupsForUser", n.Victim))
	h.call(about("iam:ListUserPolicies", n.Victim))
	h.does("s3:ListBuckets", "s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketAcl",
		"iam:ListUsers", "iam:ListRoles", "iam:ListGroups", "iam:GetAccountSummary", "iam:ListPolicies", "lambda:ListFunctions20150331")
	for _, f := range []string{n.Function, a.main.funcs[0], a.main.funcs[2]} {
		h.call(call{name: "lambda:GetFunction20150331v2", params: obj("functionName", f)})
		h.call(call{name: "lambda:GetPolicy20150331v2", params: obj("functionName", f)})
	}
	h.call(call{name: "iam:ListAttachedRolePolicies", params: obj("roleName", a.g.initRole.name)})
	h.call(call{name: "iam:ListRolePolicies", params: obj("roleName", a.g.initRole.name)})
	h.does("ec2:DescribeRegions", "ec2:DescribeInstances", "ec2:DescribeVpcs", "ec2:DescribeSecurityGroups", "ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeKeyPairs",
		"ec2:DescribeImages")
	for _, name := range []string{"ListFoundationModels", "ListCustomModels", "ListInferenceProfiles", "ListAgents", "ListKnowledgeBases", "GetModelInvocationLoggingConfiguration"} {
		h.call(call{name: "bedrock:" + name})
	}
	h.does("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors", "cloudtrail:LookupEvents", "secretsmanager:ListSecrets",
		"ssm:DescribeParameters", "rds:DescribeDBInstances", "ecs:ListClusters", "kms:ListKeys", "guardduty:ListDetectors")
	h.call(refused(call{name: "organizations:ListAccounts"}, h.who.arn, "*"))
	h.call(refused(call{name: "iam:CreateUser"}, h.who.arn, "arn:aws:iam::"+a.main.id+":user/"+n.Backdoor))
	h.call(refused(call{name: "iam:CreateAccessKey"}, h.who.arn, "arn:aws:iam::"+a.main.id+":user/"+n.FirstAdmin))
}

// fansOut is 0:06: roles with promising names, some of which do not exist.
// Three let the key in (sessions 1 to 3) and turn out to be weak.
func (a *attack) fansOut() {
	n := a.g.names
	h := a.sits(minutes(6, 0), byKey(a.g.victim), "discovery", 1, 3)
	a.triesRole(h, a.main.id, n.Missing[0])
	a.triesRole(h, a.main.id, n.Missing[1])
	for i := range 3 {
		in := a.takes(h, i, 0)
		in.does("sts:GetCallerIdentity")
		in.call(call{name: "iam:ListAttachedRolePolicies", params: obj("roleName", n.Roles[i])})
		in.does([]string{"ec2:DescribeInstances", "ec2:DescribeVpcs", "organizations:DescribeOrganization"}[i])
		in.phase = "privilege-escalation"
		in.call(refused(call{name: "iam:AttachRolePolicy"}, in.who.arn, a.g.roles[i].arn()))
		h.now = in.now
	}
	a.triesRole(h, a.main.id, n.Missing[2])
	a.triesRole(h, a.main.id, n.Missing[3])
}

// rewritesTheFunction is 0:08: the code of the set-up function three times, its
// time limit raised from 3 to 30 seconds so that the new code can finish.
func (a *attack) rewritesTheFunction() {
	h := a.sits(minutes(8, 0), byKey(a.g.victim), "privilege-escalation", 3, 5)
	name := a.g.names.Function
	a.g.replaced = h.now
	a.changedCode = h.call(newCode(a.r, a.main, name, a.g.initRole, 3, h.now))
	h.call(newTimeout(a.r, a.main, name, a.g.initRole, 30, h.now))
	a.invokes(h, 0)
	h.now = later(h.now, a.at(minutes(8, 50)))
	h.call(newCode(a.r, a.main, name, a.g.initRole, 30, h.now))
	a.invokes(h, 1)
	h.now = later(h.now, a.at(minutes(9, 40)))
	h.call(newCode(a.r, a.main, name, a.g.initRole, 30, h.now))
	a.invokes(h, 2)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// invokes runs the function. The invocation itself is a data event; what the
// code does is signed by the session of the function's role. h's time moves on
// to when the function has ended.
func (a *attack) invokes(h *hand, round int) {
	name := a.g.names.Function
	if a.o.DataEvents {
		arn := a.main.function(name)
		phase := h.phase
		h.phase = "execution"
		h.call(call{name: "lambda:Invoke", data: true, params: obj("functionName", arn, "invocationType", "RequestResponse"), extra: obj("functionVersion", arn+":$LATEST"),
			resources: list(obj("accountId", a.main.id, "type", "AWS::Lambda::Function", "ARN", arn))})
		h.phase = phase
	}
	// New code starts cold: Lambda takes the role anew. One session name, the
	// function's, so all three rounds are one principal.
	in, s := given(a.g.rec, a.r, a.main, a.g.initRole, "lambda", name, a.main.function(name), h.now)
	in.from = origin{ip: awsAddress(a.r), agent: agentLambda}
	in.pauseMin, in.pauseMax, in.phase = 0, 1, "discovery"
	if a.execRole == nil {
		a.execRole = s
		a.truth.Workloads = append(a.truth.Workloads, sessionActor(s))
	}
	in.does("sts:GetCallerIdentity", "iam:ListUsers")
	g := a.g
	mint := func(u *user) string {
		in.now = in.now.Add(time.Second) // a key is made after what was read, in whole seconds too
		in.phase = "credential-access"
		id := a.mints(in, u, u == a.admin)
		in.phase = "discovery"
		return id
	}
	for _, u := range []*user{g.firstAdmin, g.victim, g.admin} {
		in.call(call{name: "iam:ListAccessKeys", params: obj("userName", u.name)})
		if round > 0 {
			in.call(call{name: "iam:ListAttachedUserPolicies", params: obj("userName", u.name)})
			in.call(call{name: "iam:ListGroupsForUser", params: obj("userName", u.name)})
		}
	}
	switch round {
	case 0:
		a.mintedFirst = mint(&user{g.firstAdmin.account, g.firstAdmin.name, g.firstAdmin.id, a.r.longKey()})
	case 1:
		in.call(failed(call{name: "iam:ListAttachedUserPolicies", params: obj("userName", "admin")}, "NoSuchEntityException", "The user with name admin cannot be found."))
	case 2:
		a.mintedAdmin = mint(a.admin)
	}
	in.does("s3:ListBuckets")
	if a.o.DataEvents {
		for _, b := range a.main.buckets[:5] { // the write-up: three keys of each of five buckets
			in.call(call{name: "s3:ListObjectsV2", data: true, params: obj("bucketName", b, "Host", b+".s3."+a.main.home+".amazonaws.com", "list-type", "2", "max-keys", "3"),
				extra: s3Extra(a.r, 0, 1200), resources: list(obj("accountId", a.main.id, "type", "AWS::S3::Bucket", "ARN", "arn:aws:s3:::"+b))})
		}
	}
	h.now = in.now.Add(time.Second)
}

// becomesAdministrator is 0:11: the minted key makes a user of the intruder's own.
func (a *attack) becomesAdministrator() {
	h := a.sits(minutes(11, 0), byKey(a.admin), "discovery", 4, 9)
	h.does("sts:GetCallerIdentity")
	h.call(call{name: "iam:ListAttachedUserPolicies", params: obj("userName", a.admin.name)})
	h.phase = "persistence"
	h.call(newUser(a.backdoor, h.now))
	h.phase = "privilege-escalation"
	h.call(call{name: "iam:AttachUserPolicy", params: obj("userName", a.backdoor.name, "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess")})
	h.phase = "persistence"
	a.mints(h, a.backdoor, true)

	h = a.sits(minutes(12, 30), byKey(a.backdoor), "discovery", 4, 12)
	h.does("sts:GetCallerIdentity", "iam:ListUsers", "iam:ListRoles", "iam:ListAccountAliases", "iam:GetAccountSummary", "iam:GetCredentialReport")
	h.call(call{name: "iam:GetAccountAuthorizationDetails", params: obj("maxItems", 1000)})
	h.does("access-analyzer:ListAnalyzers")
	h.call(call{name: "access-analyzer:ListFindingsV2", params: obj("analyzerArn", a.main.arn("access-analyzer", "analyzer/organization"), "maxResults", 100)})
	h.does("organizations:DescribeOrganization", "organizations:ListAccounts")
}

// triesOtherAccounts: sessions 4 to 7, and roles in the management account and
// in accounts that are not the organisation's at all, two of them the digits
// of every tutorial.
func (a *attack) triesOtherAccounts() {
	n := a.g.names
	h := a.sits(minutes(20, 0), byKey(a.backdoor), "discovery", 3, 10)
	in := a.takes(h, 0, 3)
	in.does("sts:GetCallerIdentity", "iam:ListRoles", "ssm:DescribeInstanceInformation")
	a.triesRole(in, a.main.id, n.Missing[5])
	a.triesRole(in, a.g.places[1].id, n.Missing[5])
	in = a.takes(h, 5, 4)
	in.does("sts:GetCallerIdentity", "organizations:ListAccounts", "cloudformation:ListStacks")
	// The third of the foreign accounts is published with six digits masked.
	for _, account := range []string{"123456789012", "210987654321", "653711" + a.r.Text(digits, 6)} {
		a.triesRole(in, account, n.Missing[6])
		a.triesRole(in, account, n.Missing[7])
	}
	h.now = later(in.now, a.at(minutes(31, 0)))
	in = a.takes(h, 1, 1)
	in.does("sts:GetCallerIdentity", "ec2:DescribeNetworkAcls", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints", "ec2:DescribeFlowLogs")
	in = a.takes(h, 2, 1)
	in.does("sts:GetCallerIdentity", "ce:GetCostAndUsage")
}

// models that were asked, in the published order of names.
var askedModels = []string{
	"us.anthropic.claude-sonnet-4-20250514-v1:0", "us.anthropic.claude-opus-4-20250514-v1:0", "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
	"anthropic.claude-3-haiku-20240307-v1:0", "us.deepseek.r1-v1:0", "us.meta.llama4-scout-17b-instruct-v1:0", "us.amazon.nova-premier-v1:0",
	"amazon.titan-image-generator-v2:0", "cohere.embed-english-v3",
}

// takesTheModels is 0:58 to 1:51: agreements accepted, models looked up, 13
// invocations that other Regions answer. Keys for the model user and the
// directory user are made at 1:00.
func (a *attack) takesTheModels() {
	r := a.r
	h := a.sits(minutes(57, 0), byKey(a.backdoor), "discovery", 3, 9)
	for _, name := range []string{"GetListingView", "SearchAgreements"} {
		h.call(call{name: "aws-marketplace:" + name, params: obj("catalog", "AWSMarketplace")})
	}
	h.phase = "resource-development"
	h.call(call{name: "aws-marketplace:AcceptAgreementRequest", params: obj("agreementRequestId", r.UUID()), result: obj("agreementId", "agmt-"+r.Text(s3Letters, 22))})
	in := a.takes(h, 0, 5) // session 8
	in.phase = "impact"
	ask := func(h *hand, model string) {
		h.call(invokeModel(r, r.Pick("us-east-1", "us-west-2"), model, r.Pick("us-east-1", "us-east-2", "us-west-2")))
	}
	in.now = later(in.now, a.at(minutes(58, 0)))
	ask(in, askedModels[0])
	ask(in, askedModels[3])

	h.now = later(h.now, a.at(minutes(60, 0)))
	h.phase = "persistence"
	a.mints(h, a.model, true)
	a.mints(h, a.sync, true)

	m := a.sits(minutes(61, 30), byKey(a.model), "discovery", 3, 8)
	m.does("sts:GetCallerIdentity")
	for _, name := range []string{"ListFoundationModels", "ListInferenceProfiles", "ListCustomModels", "ListProvisionedModelThroughputs", "ListModelInvocationJobs",
		"GetModelInvocationLoggingConfiguration", "ListAgents", "ListKnowledgeBases"} {
		m.call(call{name: "bedrock:" + name, params: obj("maxResults", 100)})
	}
	m.call(call{name: "bedrock:GetKnowledgeBase", params: obj("knowledgeBaseId", r.Text(s3Letters, 10))})
	for _, name := range []string{"aoss:ListCollections", "aoss:ListAccessPolicies", "sagemaker:ListModels", "sagemaker:ListEndpoints", "sagemaker:ListTrainingJobs"} {
		m.call(call{name: name, params: obj("maxResults", 50)})
	}
	m.phase = "impact"
	for i, model := range []int{1, 2, 4, 5, 6, 7, 8, 0, 1, 2, 0} { // with the two above: 13
		m.now = later(m.now, a.at(minutes(64+4*i, 0)))
		ask(m, askedModels[model])
	}
}

// readsEverything is 1:05 to 1:35, with several identities at once.
func (a *attack) readsEverything() {
	h := a.sits(minutes(65, 0), byKey(a.sync), "discovery", 5, 15)
	h.does("sts:GetCallerIdentity", "secretsmanager:ListSecrets")
	h.phase = "credential-access"
	for _, s := range a.main.secrets[:6] {
		h.call(call{name: "secretsmanager:GetSecretValue", params: obj("secretId", s)})
	}
	h.phase = "discovery"
	h.does("ssm:DescribeParameters")
	h.phase = "credential-access"
	h.does("ssm:GetParametersByPath")
	h.does("ssm:GetParameter", "ssm:GetParameter", "ssm:GetParameter", "ssm:GetParameter")
	h.phase = "discovery"
	h.does("kms:ListKeys", "kms:ListAliases", "kms:DescribeKey", "kms:GetKeyPolicy")

	h = a.sits(minutes(68, 0), byKey(a.admin), "discovery", 6, 18)
	h.does("ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices", "organizations:DescribeOrganization", "organizations:ListAccounts", "rds:DescribeDBInstances",
		"rds:DescribeDBSnapshots", "rds:DescribeDBClusters", "monitoring:ListMetrics", "monitoring:DescribeAlarms", "logs:DescribeLogGroups")
	h.phase = "collection"
	h.does("logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:FilterLogEvents", "cloudtrail:LookupEvents", "cloudtrail:LookupEvents")
	for _, f := range a.main.funcs[:5] {
		h.call(call{name: "lambda:GetFunction20150331v2", params: obj("functionName", f)})
	}
	h.phase = "discovery"
	h.does("s3:ListBuckets", "s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetBucketEncryption")
	if a.o.DataEvents {
		h.phase = "collection"
		h.does("s3:GetObject", "s3:GetObject", "s3:GetObject", "s3:GetObject", "s3:GetObject")
	}
}

// movesOn is 1:21: more roles, sessions 9 to 14.
func (a *attack) movesOn() {
	n := a.g.names
	h := a.sits(minutes(81, 0), byKey(a.admin), "discovery", 4, 12)
	a.triesRole(h, a.main.id, n.Missing[4])
	for _, s := range []struct{ role, name int }{{0, 1}, {3, 2}, {3, 5}, {4, 0}, {4, 2}, {5, 0}} {
		in := a.takes(h, s.role, s.name)
		in.does("sts:GetCallerIdentity")
		switch s.role {
		case 3:
			in.does("lambda:ListFunctions20150331", "ecr:DescribeRepositories", "cloudformation:ListStacks")
		case 4:
			in.does("logs:DescribeLogGroups", "s3:ListBuckets")
			in.call(refused(a.main.do(a.r, "secretsmanager:GetSecretValue"), in.who.arn, a.main.arn("secretsmanager", "secret:"+a.main.secrets[0])))
		default:
			in.does("ec2:DescribeInstances", "ec2:DescribeVolumes", "organizations:ListAccounts")
		}
		h.now = later(h.now, in.now)
	}
}

// launchesMachines is 1:42: the largest machine is not to be had, a smaller one
// is; its ports stand open to the world. Then a disk's copy leaves the account.
func (a *attack) launchesMachines() {
	r, p, n := a.r, a.main, a.g.names
	h := a.sits(minutes(99, 0), byKey(a.backdoor), "discovery", 5, 12)
	h.call(call{name: "ec2:DescribeImages", params: obj("executableBySet", obj(), "imagesSet", obj(), "ownersSet", items(obj("owner", "amazon")),
		"filterSet", items(obj("name", "name", "valueSet", items(obj("value", "*Deep Learning*Ubuntu*")))))})
	h.does("ec2:DescribeKeyPairs", "ec2:DescribeVpcs", "ec2:DescribeSubnets")
	h.phase = "resource-development"
	h.call(call{name: "ec2:CreateKeyPair", params: obj("keyName", n.KeyPair, "keyType", "rsa", "keyFormat", "pem"),
		result: obj("requestId", r.UUID(), "keyName", n.KeyPair, "keyFingerprint", r.Hex(40), "keyPairId", "key-0"+r.Hex(16), "keyMaterial", "<sensitiveDataRemoved>")})
	group := "sg-0" + r.Hex(16)
	h.phase = "defense-evasion"
	h.call(call{name: "ec2:CreateSecurityGroup", params: obj("groupName", n.Machine+"-sg", "groupDescription", "GPU access", "vpcId", p.vpc),
		result: obj("requestId", r.UUID(), "_return", true, "groupId", group)})
	h.call(openPort(r, p, group, 0, 65535, "0.0.0.0/0"))
	h.phase = "impact"
	h.now = later(h.now, a.at(minutes(102, 0)))
	launch := func(kind string) call {
		return call{name: "ec2:RunInstances", params: obj("instancesSet", items(obj("imageId", p.images[0], "minCount", 1, "maxCount", 1, "keyName", n.KeyPair)),
			"groupSet", items(obj("groupId", group)), "userData", "<sensitiveDataRemoved>", "instanceType", kind, "blockDeviceMapping", obj(),
			"subnetId", p.subnets[0], "monitoring", obj("enabled", false), "disableApiTermination", false, "clientToken", r.UUID(),
			"tagSpecificationSet", items(obj("resourceType", "instance", "tags", list(obj("key", "Name", "value", n.Machine)))))}
	}
	for range 5 {
		h.call(failed(launch("p5.48xlarge"), "Server.InsufficientInstanceCapacity", "We currently do not have sufficient p5.48xlarge capacity in the Availability Zone you requested. Our system will be working on provisioning additional capacity."))
	}
	c, machine := launch("p4d.24xlarge"), "i-0"+r.Hex(16)
	c.result = obj("requestId", r.UUID(), "reservationId", "r-0"+r.Hex(16), "ownerId", p.id, "groupSet", obj(), "instancesSet", items(obj("instanceId", machine, "imageId", p.images[0],
		"instanceState", obj("code", 0, "name", "pending"), "keyName", n.KeyPair, "amiLaunchIndex", 0, "instanceType", "p4d.24xlarge",
		"placement", obj("availabilityZone", p.home+"a", "tenancy", "default"), "subnetId", p.subnets[0], "vpcId", p.vpc, "privateIpAddress", "10.20.4.17",
		"groupSet", items(obj("groupId", group, "groupName", n.Machine+"-sg")))))
	h.call(c)

	// A snapshot that another account may copy, and the copy being made.
	h.phase = "exfiltration"
	snapshot, outside := "snap-0"+r.Hex(16), r.account()
	h.call(call{name: "ec2:CreateSnapshot", params: obj("volumeId", p.volumes[0]),
		result: obj("requestId", r.UUID(), "snapshotId", snapshot, "volumeId", p.volumes[0], "status", "pending", "ownerId", p.id, "volumeSize", "100", "encrypted", false)})
	h.call(call{name: "ec2:ModifySnapshotAttribute", params: obj("snapshotId", snapshot, "createVolumePermission", obj("add", items(obj("userId", outside))), "attributeType", "CREATE_VOLUME_PERMISSION"),
		result: obj("requestId", r.UUID(), "_return", true)})
	notice := h.as(byNotice(p.id, "ec2.amazonaws.com"))
	notice.address, notice.from = nil, origin{ip: "ec2.amazonaws.com", agent: "ec2.amazonaws.com", service: true}
	notice.now = notice.now.Add(20 * time.Second)
	notice.call(call{name: "ec2:SharedSnapshotVolumeCreated", kind: "AwsServiceEvent", twin: true, details: obj("snapshotId", snapshot)})

	h.phase = "impact"
	h.now = later(h.now, a.at(minutes(107, 0))) // the machine ended after five minutes
	h.call(call{name: "ec2:TerminateInstances", params: obj("instancesSet", items(obj("instanceId", machine))),
		result: obj("requestId", r.UUID(), "instancesSet", items(obj("instanceId", machine, "currentState", obj("code", 32, "name", "shutting-down"), "previousState", obj("code", 16, "name", "running"))))})
	h.phase = "discovery"
	h.now = later(h.now, a.at(minutes(110, 40)))
	h.does("sts:GetCallerIdentity")
}
