package sim

// Campaigns for measuring: nothing is fitted on them. They follow public
// reports where "after" says so; order inside a step, names and what is
// optional are ours.

// eightMinuteChain is the published chain on this world's cast: as recorded, in
// ninety seconds, and over days.
var eightMinuteChain = campaign{
	name: "eight-minute-chain", half: Measuring, paces: []float64{0.19, 1, 1, 120},
	title: "a leaked key of a data user fans out over roles, rewrites a function and becomes administrator",
	after: "Sysdig (2026)",
	play: func(s *stage) {
		m, f, admin := s.someone(mayWrite, "key"), s.someone(mayIssue, "function"), s.someone(mayAnything, "key")
		k := s.seizes(m, false)
		s.main = f.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(7, "iam:ListAttachedUserPolicies", obj("userName", m.name)).tells())
		s.looks(k, 9, 24, append([]string{"s3:GetBucketPolicy", "s3:GetBucketLocation", "ec2:DescribeVpcs", "ec2:DescribeSecurityGroups", "cloudtrail:GetTrailStatus", "bedrock:ListInferenceProfiles"}, reconCalls...)...)
		for _, name := range []string{"admin", "Administrator"} {
			s.plays(k, lateral, do(6, "sts:AssumeRole").denied("arn:aws:iam::"+s.main.id+":role/"+name).tells())
		}
		for i := range 3 {
			in := s.takes(k, 8, s.g.roles[i], s.r.Pick("explore", "test", "s"+itoa(i)), step.tells)
			s.looks(in, 3, 2, "sts:GetCallerIdentity", "ec2:DescribeInstances", "iam:ListRoles")
		}
		s.plays(k, escalation, s.changesCode(70, f).key())
		c := newTimeout(s.r, s.main, f.resource, f.role, 30, s.now)
		s.plays(k, escalation, do(6, c.name, c.params, c.result))
		in := s.invokes(k, 10, f)
		first := s.user("svc-" + s.r.Pick("gh", "ci", "tmp"))
		s.plays(in, discovery, do(1, "iam:ListUsers"))
		if s.r.Chance(0.5) {
			s.mints(in, 2, credentials, first, step.key)
			s.plays(k, escalation, s.changesCode(40, f).key())
			in = s.invokes(k, 10, f)
		}
		taken := &user{admin.user.account, admin.user.name, admin.user.id, s.r.longKey()}
		s.mints(in, 3, credentials, taken, step.last)
		a := signs(taken, s.outside(agentBoto))
		b := s.user(s.newName())
		s.plays(a, persistence, do(80, "sts:GetCallerIdentity"), makesUser(20, b).key(), givesUser(5, b, adminPolicy).key())
		s.mints(a, 6, persistence, b)
		model := invokeModel(s.r, "us-east-1", "us.anthropic.claude-sonnet-4-20250514-v1:0", "us-west-2")
		s.plays(signs(b, s.outside(agentBoto)), impact, many(9, nil, func(int) step { return do(30, model.name, model.params, model.result) })...)
	},
}

// layerSwap puts a layer before a function's own code.
var layerSwap = campaign{
	name: "layer-swap", half: Measuring, paces: []float64{0.3, 1, 12},
	title: "a stolen session adds a layer to a function, whose role then grants power",
	play: func(s *stage) {
		m, f := s.someone(mayWrite, "person", "key"), s.someone(mayIssue, "function")
		k := s.seizes(m, false)
		s.main = f.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(11, "lambda:ListFunctions20150331").tells(), do(14, "lambda:GetFunction20150331v2", obj("functionName", f.resource)).tells(),
			do(10, "iam:ListRolePolicies", obj("roleName", f.role.name)).tells())
		layer := s.main.arn("lambda", "layer:"+s.newName()+":1")
		s.plays(k, escalation, do(40, "lambda:PublishLayerVersion20181031", obj("layerName", layer, "compatibleRuntimes", []string{"python3.12"}), obj("layerVersionArn", layer, "version", 1)).tells(),
			do(9, "lambda:UpdateFunctionConfiguration20150331v2", obj("functionName", f.resource, "layers", []string{layer}), configuration(s.r, s.main, f.resource, f.role, 3, s.now)).key())
		in := s.invokes(k, 15, f)
		u := s.user(s.newName())
		s.plays(in, persistence, makesUser(2, u).key())
		s.plays(in, escalation, givesUser(1, u, adminPolicy).last())
		s.mints(in, 1, persistence, u)
		s.looks(signs(u, k.from), 8, 8, reconCalls...)
	},
}

// taskWithPower registers a task with a role that is more than the caller.
var taskWithPower = campaign{
	name: "task-with-power", half: Measuring, paces: []float64{0.3, 1, 6},
	title: "a leaked key runs a container with an administrator's role, which makes a user",
	play: func(s *stage) {
		m, f := s.someone(mayWrite, "key"), s.someone(mayAnything, "instance", "role")
		k := s.seizes(m, false)
		s.main = f.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells())
		s.looks(k, 5, 8, reconCalls...)
		s.plays(k, discovery, do(9, "ecs:ListClusters").tells(), do(6, "iam:GetRole", obj("roleName", f.role.name)).tells())
		family, id := s.newName(), s.r.Hex(32) // a task's session is named by the task's id
		arn := s.main.arn("ecs", "task-definition/"+family+":1")
		s.plays(k, escalation, do(30, "ecs:RegisterTaskDefinition", obj("family", family, "taskRoleArn", f.role.arn(), "networkMode", "awsvpc", "requiresCompatibilities", []string{"FARGATE"}, "cpu", "256", "memory", "512",
			"containerDefinitions", list(obj("name", "main", "image", "public.example/tools:latest", "essential", true))),
			obj("taskDefinition", obj("taskDefinitionArn", arn, "family", family, "revision", 1, "status", "ACTIVE", "taskRoleArn", f.role.arn()))).key(),
			do(8, "ecs:RunTask", obj("cluster", s.main.clusters[0], "taskDefinition", family, "launchType", "FARGATE", "count", 1), obj("tasks", list(obj("taskArn", s.main.arn("ecs", "task/"+s.main.clusters[0]+"/"+id), "taskDefinitionArn", arn, "lastStatus", "PROVISIONING")))).key())
		h, t := given(s.g.rec, s.r, s.main, f.role, "ecs-tasks", id, "", s.now.Add(30_000_000_000))
		s.now = h.now
		in := holds(t, origin{ip: awsAddress(s.r), agent: agentBoto})
		u := s.user(s.newName())
		s.plays(in, persistence, makesUser(5, u).key())
		s.plays(in, escalation, givesUser(2, u, adminPolicy).last())
		s.mints(in, 2, persistence, u)
	},
}

// trustRewritten lets an outside account into an administrator's role.
var trustRewritten = campaign{
	name: "trust-rewritten", half: Measuring, paces: []float64{0.3, 1, 20},
	title: "a leaked provisioning key rewrites the trust of a role with everything",
	play: func(s *stage) {
		m, ro := s.someone(mayIssue, "key"), s.someone(mayAnything, "role")
		k := s.seizes(m, false)
		s.main = ro.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(6, "iam:ListRoles").tells())
		s.looks(k, 6, 5, reconCalls...)
		s.plays(k, discovery, do(10, "iam:ListAttachedRolePolicies", obj("roleName", ro.name)).tells())
		account := s.stranger()
		s.plays(k, escalation, givesRole(20, ro.role, adminPolicy).last())
		s.plays(k, persistence, do(12, "iam:UpdateAssumeRolePolicy", obj("roleName", ro.name, "policyDocument", trusts("AWS", "arn:aws:iam::"+account+":root")), "").key())
		s.pause(15)
		o := s.entersFromOutside(account, "AIDA"+s.r.Text(idLetters, 17), 0, ro.role, "audit", s.outside(agentBoto))
		s.looks(o, 6, 8, reconCalls...)
	},
}

// loginForAnother gives an administrator a password and walks in.
var loginForAnother = campaign{
	name: "login-for-another", half: Measuring, paces: []float64{0.4, 1, 10},
	title: "a function's stolen session changes an administrator's password and the console is entered",
	play: func(s *stage) {
		f, a := s.someone(mayIssue, "function"), s.someone(mayAnything, "key")
		k := s.seizes(f, false)
		s.main = a.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(5, "iam:ListUsers").tells(), do(9, "iam:ListAttachedUserPolicies", obj("userName", a.name)).tells(), do(4, "iam:GetLoginProfile", obj("userName", a.name)).tells())
		s.plays(k, escalation, setsPassword(20, "UpdateLoginProfile", a.user).last())
		in := s.passwordConsole(a.user, 40, s.outside(agentBrowserWin))
		s.looks(in, 7, 6, "iam:ListUsers", "iam:ListRoles", "ec2:DescribeInstances", "s3:ListBuckets")
		s.mints(in, 30, persistence, s.user("svc-reports"))
	},
}

// groupOfOwners joins a group that has everything.
var groupOfOwners = campaign{
	name: "group-of-owners", half: Measuring, paces: []float64{0.4, 1, 10},
	title: "a leaked provisioning key gives its own group the administrator's policy",
	play: func(s *stage) {
		m := s.someone(mayIssue, "key")
		k := s.seizes(m, false)
		g := s.r.Pick("owners", "cloud-admins", "break-glass-users")
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(4, "iam:ListGroupsForUser", obj("userName", m.name)).tells(), do(6, "iam:ListGroups"), do(6, "iam:ListAttachedGroupPolicies", obj("groupName", g)).tells())
		s.looks(k, 5, 4, reconCalls...)
		s.plays(k, persistence, do(20, "iam:AddUserToGroup", obj("userName", m.name, "groupName", g), "").key())
		s.plays(k, escalation, do(12, "iam:AttachGroupPolicy", obj("groupName", g, "policyArn", adminPolicy), "").last())
		b := s.user(s.newName())
		s.plays(k, persistence, makesUser(30, b).key())
		s.mints(k, 5, persistence, b)
	},
}

// directoryDoor adds an identity provider and comes back through it.
var directoryDoor = campaign{
	name: "directory-door", half: Measuring, paces: []float64{0.5, 1, 8},
	title: "an administrator's leaked key adds an identity provider and a role that trusts it",
	play: func(s *stage) {
		m := s.someone(mayAnything, "key")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(9, "iam:ListSAMLProviders", "").tells(), do(6, "iam:ListOpenIDConnectProviders", "").tells(), do(15, "iam:ListRoles"))
		name := s.r.Pick("corp-sso", "okta-prod", "backup-idp")
		arn := "arn:aws:iam::" + s.main.id + ":saml-provider/" + name
		s.plays(k, persistence, do(30, "iam:CreateSAMLProvider", obj("name", name, "sAMLMetadataDocument", "<EntityDescriptor/>"), obj("sAMLProviderArn", arn)).key())
		ro := s.role(s.newName())
		s.plays(k, persistence, makesRole(12, ro, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"`+arn+`"},"Action":"sts:AssumeRoleWithSAML"}]}`).key())
		s.plays(k, escalation, givesRole(6, ro, adminPolicy).last())
	},
}

// buildFromBranch is a stolen pipeline token with CloudFormation.
var buildFromBranch = campaign{
	name: "build-from-branch", half: Measuring, paces: []float64{0.4, 1, 30},
	title: "a build's token, from a branch nobody knows, makes an administrator's role by a stack",
	after: "Google (2026)",
	play: func(s *stage) {
		m := s.someone(mayAnything, "pipeline")
		s.main = m.place
		in := s.workflowOf(m, "ref:refs/heads/patch-"+itoa(1+s.r.IntN(20)))
		s.plays(in, discovery, do(2, "sts:GetCallerIdentity").tells(), do(6, "cloudformation:ListStacks").tells(), do(5, "iam:ListRoles").tells(), do(4, "s3:ListBuckets"))
		stack := s.main.arn("cloudformation", "stack/"+s.newName()+"/"+s.r.UUID())
		s.plays(in, escalation, do(25, "cloudformation:CreateStack", obj("stackName", s.newName(), "capabilities", []string{"CAPABILITY_NAMED_IAM"}), obj("stackId", stack)).key())
		via := *in
		via.who = forwarded(in.session, "cloudformation.amazonaws.com", s.r.shortKey())
		via.from = origin{ip: "cloudformation.amazonaws.com", agent: "cloudformation.amazonaws.com", service: true}
		ro, account := s.role(s.newName()), s.stranger()
		s.plays(&via, escalation, makesRole(6, ro, trusts("AWS", "arn:aws:iam::"+account+":root")).key(), givesRole(3, ro, adminPolicy).last())
		s.pause(60)
		o := s.entersFromOutside(account, "AIDA"+s.r.Text(idLetters, 17), 0, ro, "build", s.outside(agentBoto))
		s.looks(o, 5, 7, reconCalls...)
	},
}

// platformMetadata: an instance's credentials, used from outside, escalate.
var platformMetadata = campaign{
	name: "platform-metadata", half: Measuring, paces: []float64{0.3, 1, 10},
	title: "stolen credentials of a machine with far too much power make a user from outside",
	play: func(s *stage) {
		m := s.someone(mayAnything, "instance")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells())
		s.looks(k, 5, 7, reconCalls...)
		b := s.user(s.newName())
		s.plays(k, persistence, makesUser(20, b).key())
		s.plays(k, escalation, givesUser(4, b, adminPolicy).last())
		s.mints(k, 3, persistence, b)
		s.looks(signs(b, k.from), 8, 6, reconCalls...)
	},
}

// insideJob is the same from inside the machine: only what it does is new.
var insideJob = campaign{
	name: "inside-job", half: Measuring, paces: []float64{0.5, 1, 6},
	title: "code in a machine of the organisation uses its role as it never was used",
	play: func(s *stage) {
		m := s.someone(mayAnything, "instance")
		k := s.seizes(m, true)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(6, "iam:ListRoles").tells(), do(4, "iam:ListUsers").tells(), do(7, "secretsmanager:ListSecrets").tells())
		s.plays(k, credentials, many(4, nil, func(i int) step { return do(5, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[i])) })...)
		u := s.user("svc-reports")
		b := s.user(s.newName())
		s.plays(k, persistence, makesUser(25, b).key())
		s.mints(k, 5, credentials, u, step.key)
		s.plays(k, escalation, givesUser(6, b, adminPolicy).last())
	},
}

// agentMisled: an agent with a narrow set of tools is talked into others.
var agentMisled = campaign{
	name: "agent-misled", half: Measuring, paces: []float64{0.5, 1, 6},
	title: "an injected prompt turns an agent to secrets, functions and keys",
	play: func(s *stage) {
		m := s.someone(mayWrite, "agent")
		k := s.seizes(m, true)
		s.plays(k, discovery, do(1, "sts:GetCallerIdentity").tells(), do(4, "secretsmanager:ListSecrets").tells(), do(3, "lambda:ListFunctions20150331").tells(), do(3, "iam:ListAttachedRolePolicies", obj("roleName", m.role.name)).tells())
		s.plays(k, credentials, many(6, step.tells, func(i int) step { return do(2, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[i])) })...)
		ro := s.role(s.newName())
		s.plays(k, persistence, makesRole(15, ro, trusts("AWS", "arn:aws:iam::"+s.stranger()+":root")).key())
		s.plays(k, escalation, givesRole(3, ro, adminPolicy).last())
	},
}

// ownMachine: a busy identity from its own network and client.
var ownMachine = campaign{
	name: "own-machine", half: Measuring, paces: []float64{0.5, 1, 6},
	title: "somebody at a provisioner's own laptop gives it everything",
	play: func(s *stage) {
		m := s.someone(mayIssue, "key")
		k := s.seizes(m, true)
		s.looks(k, 9, 3, m.calls...)
		s.plays(k, discovery, do(15, "iam:ListAttachedUserPolicies", obj("userName", m.name)).tells(), do(8, "organizations:DescribeOrganization").tells(), do(7, "secretsmanager:ListSecrets").tells(), do(12, "guardduty:ListDetectors").tells())
		s.plays(k, escalation, givesUser(40, m.user, adminPolicy).last())
		s.mints(k, 25, persistence, s.user("svc-reports"))
	},
}

// secondKey: an existing user through a new key.
var secondKey = campaign{
	name: "second-key", half: Measuring, paces: []float64{0.5, 1, 40},
	title: "an administrator acts through a key that a stolen provisioner made",
	play: func(s *stage) {
		m, a := s.someone(mayIssue, "key", "function"), s.someone(mayAnything, "key")
		k := s.seizes(m, m.kind == "key" && s.r.Chance(0.5))
		s.main = a.place
		s.plays(k, discovery, do(2, "iam:ListUsers"), do(6, "iam:GetUser", obj("userName", a.name)).tells(), do(5, "iam:ListAccessKeys", obj("userName", a.name)).tells(), do(7, "iam:ListAttachedUserPolicies", obj("userName", a.name)).tells())
		taken := &user{a.user.account, a.user.name, a.user.id, s.r.longKey()}
		s.mints(k, 20, credentials, taken, step.last)
		s.pause(s.r.Between(1, 20))
		n := signs(taken, s.outside(s.r.Pick(agentBoto, agentCLILinux)))
		s.looks(n, 5, 8, reconCalls...)
		b := s.user(s.newName())
		s.plays(n, persistence, makesUser(15, b).key(), givesUser(4, b, adminPolicy).key())
		s.plays(n, evasion, do(30, "cloudtrail:StopLogging", obj("name", s.main.trail), "").key())
	},
}

// farAccount crosses from one account of the organisation into another.
var farAccount = campaign{
	name: "far-account", half: Measuring, paces: []float64{0.4, 1, 12},
	title: "a leaked key crosses into another account and makes a user there",
	play: func(s *stage) {
		m := s.someone(mayWrite, "key")
		k := s.seizes(m, false)
		to := s.g.places[(1+s.r.IntN(len(s.g.places)))%len(s.g.places)]
		if to == s.main {
			to = s.g.places[len(s.g.places)-1]
		}
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells())
		s.looks(k, 5, 6, reconCalls...)
		s.plays(k, discovery, do(9, "organizations:ListAccounts").tells())
		s.plays(k, lateral, do(8, "sts:AssumeRole").denied("arn:aws:iam::"+to.id+":role/"+s.r.Pick("admin", "Deploy", "ops")).tells())
		in := s.crosses(k, 15, to, &role{to.id, "landing-admin", NewRand(s.g.seed, "landing", to.id).roleID(), "/"}, "session")
		s.looks(in, 5, 5, reconCalls...)
		b := &user{to.id, s.newName(), s.r.userID(), s.r.longKey()}
		s.plays(in, persistence, makesUser(20, b).key())
		s.plays(in, escalation, givesUser(4, b, adminPolicy).last())
		s.mints(in, 4, persistence, b)
	},
}

// ransomWithKeys re-encrypts objects with keys of the intruder's.
var ransomWithKeys = campaign{
	name: "ransom-with-keys", half: Measuring, paces: []float64{0.5, 1, 3},
	title: "a leaked key locks a bucket's objects with keys of its own",
	after: "Halcyon (2025)",
	play: func(s *stage) {
		m := s.someone(mayWrite, "key")
		k := s.seizes(m, false)
		b := s.main.buckets[s.r.IntN(len(s.main.buckets))]
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(6, "s3:ListBuckets"), s.onBucket(9, "s3:GetBucketVersioning", b, "versioning", "").tells(), s.onBucket(7, "s3:GetBucketLifecycle", b, "lifecycle", "").tells(), s.onBucket(6, "s3:GetBucketReplication", b, "replication", "").tells(), s.listsObjects(12, b, 40000))
		lock := func(i int) step {
			return s.onObject(0, "s3:CopyObject", b, "data/part-"+itoa(i)+".parquet", 0, 400, "x-amz-copy-source", b+"/data/part-"+itoa(i)+".parquet", "x-amz-server-side-encryption-customer-algorithm", "AES256")
		}
		s.plays(k, impact, lock(0).last())
		s.burst(k, impact, 200, many(s.r.Between(80, 160), nil, func(i int) step { return lock(i + 1) })...)
		s.plays(k, impact, s.onBucket(10, "s3:PutBucketLifecycle", b, "lifecycle", "", "LifecycleConfiguration", obj("Rule", obj("Status", "Enabled", "Expiration", obj("Days", 7), "ID", "x"))).key())
	},
}

// miners fill the account with containers and machines.
var miners = campaign{
	name: "miners", half: Measuring, paces: []float64{0.5, 1, 2},
	title: "an administrator's leaked key launches machines for mining",
	after: "AWS (2025)",
	play: func(s *stage) {
		m := s.someone(mayAnything, "key")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(3, "servicequotas:GetServiceQuota", obj("serviceCode", "ec2", "quotaCode", "L-1216C47A")).tells(), do(4, "ec2:DescribeRegions").tells())
		var makes []step
		for range s.r.Between(25, 60) {
			name := s.r.Text(lowerHex, 10)
			makes = append(makes, do(0, "ecs:CreateCluster", obj("clusterName", name), obj("cluster", obj("clusterArn", s.main.arn("ecs", "cluster/"+name), "clusterName", name, "status", "ACTIVE"))).tells())
		}
		s.burst(k, resources, 60, makes...)
		for i := range s.r.Between(4, 9) {
			id := "i-0" + s.r.Hex(16)
			st := s.launches(12, s.r.Pick("g5.12xlarge", "p4d.24xlarge", "c7a.48xlarge"), id, "k")
			if i == 0 {
				st = st.last()
			}
			s.plays(k, impact, st)
			s.plays(k, evasion, do(3, "ec2:ModifyInstanceAttribute", obj("instanceId", id, "disableApiTermination", obj("value", true)), obj("requestId", s.r.UUID(), "_return", true)).key())
		}
	},
}

// mailThief moves mail out of the sandbox and prepares to send.
var mailThief = campaign{
	name: "mail-thief", half: Measuring, paces: []float64{0.5, 1, 4},
	title: "a leaked key opens mail in every region and makes itself a sender and a user",
	after: "Wiz (2025)",
	play: func(s *stage) {
		m := s.someone(mayIssue, "key")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(4, "ses:GetSendQuota", "").tells(), do(3, "ses:GetAccount", "").tells())
		var out []step
		for _, region := range []string{"us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1", "ap-northeast-1", "sa-east-1"} {
			out = append(out, do(0, "ses:PutAccountDetails", obj("mailType", "MARKETING", "websiteURL", "https://shop.example", "useCaseDescription", "HIDDEN_DUE_TO_SECURITY_REASONS", "productionAccessEnabled", true), "").in(region).key())
		}
		s.burst(k, resources, 10, out...)
		s.plays(k, resources, do(30, "ses:CreateEmailIdentity", obj("emailIdentity", "billing-"+s.r.Hex(3)+".example"), obj("identityType", "DOMAIN", "verifiedForSendingStatus", false)).key())
		b := s.user(s.newName())
		s.plays(k, persistence, makesUser(30, b).key())
		s.plays(k, escalation, givesUser(5, b, adminPolicy).last())
		s.mints(k, 4, persistence, b)
	},
}

// federatedGuest stays after the key is gone.
var federatedGuest = campaign{
	name: "federated-guest", half: Measuring, paces: []float64{0.5, 1, 5},
	title: "a leaked key turns into a federated session and a console, and makes a user there",
	after: "Datadog (2025)",
	play: func(s *stage) {
		m := s.someone(mayIssue, "key")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(8, "iam:ListAttachedUserPolicies", obj("userName", m.name)).tells())
		f := s.federates(k, 20, m.user, s.r.Pick("guest", "it-support", "sync"))
		c := s.opensConsole(f, 15, m.user, f.truth.Name)
		s.looks(c, 7, 4, "iam:ListUsers", "iam:ListRoles", "ec2:DescribeInstances")
		b := s.user(s.newName())
		s.plays(c, persistence, makesUser(30, b).key())
		s.plays(c, escalation, givesUser(8, b, adminPolicy).last())
		s.plays(c, persistence, setsPassword(9, "CreateLoginProfile", b).key())
	},
}

// daysOfSnapshots is slow theft from a victim's own place.
var daysOfSnapshots = campaign{
	name: "days-of-snapshots", half: Measuring, paces: []float64{1},
	title: "copies of volumes go to an outside account, one a day, from the victim's own network",
	play: func(s *stage) {
		m := s.someone(mayWrite, "key")
		k := s.seizes(m, true)
		account := s.stranger()
		s.plays(k, discovery, do(0, "ec2:DescribeVolumes").tells(), do(120, "ec2:DescribeSnapshots").tells())
		for i := range s.r.Between(3, 5) {
			snap := "snap-0" + s.r.Hex(16)
			st := do(300, "ec2:ModifySnapshotAttribute", obj("snapshotId", snap, "createVolumePermission", obj("add", items(obj("userId", account))), "attributeType", "CREATE_VOLUME_PERMISSION"), obj("_return", true)).key()
			if i == 0 {
				st = st.last()
			}
			s.plays(k, exfiltration, do(30, "ec2:CreateSnapshot", obj("volumeId", s.main.volumes[i]), obj("snapshotId", snap, "volumeId", s.main.volumes[i], "status", "pending")).tells(), st)
			s.pause(s.r.Between(20*60, 25*60))
		}
	},
}

// replicaOutside copies a bucket to another account by replication.
var replicaOutside = campaign{
	name: "replica-outside", half: Measuring, paces: []float64{0.5, 1, 10},
	title: "an administrator's stolen role replicates a bucket into a stranger's",
	play: func(s *stage) {
		m := s.someone(mayAnything, "role", "key")
		k := s.seizes(m, false)
		b := s.main.buckets[s.r.IntN(len(s.main.buckets))]
		account := s.stranger()
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(7, "s3:ListBuckets"), s.onBucket(8, "s3:GetBucketReplication", b, "replication", "").tells(), s.onBucket(8, "s3:GetBucketVersioning", b, "versioning", "").tells())
		ro := s.role(s.newName())
		s.plays(k, persistence, makesRole(20, ro, trusts("Service", "s3.amazonaws.com")).key())
		s.plays(k, exfiltration, s.onBucket(9, "s3:PutBucketReplication", b, "replication", "", "ReplicationConfiguration", obj("Role", ro.arn(), "Rule", obj("Status", "Enabled", "ID", "all", "Priority", 1,
			"DeleteMarkerReplication", obj("Status", "Disabled"), "Destination", obj("Bucket", "arn:aws:s3:::"+s.newName()+"-"+s.r.Hex(6), "Account", account, "AccessControlTranslation", obj("Owner", "Destination"))))).last())
	},
}

// policyRewritten is a person's stolen session that makes a policy its own.
var policyRewritten = campaign{
	name: "policy-rewritten", half: Measuring, paces: []float64{0.4, 1, 8},
	title: "a person's stolen session writes an inline policy with everything on a role and takes it",
	play: func(s *stage) {
		m, ro := s.someone(mayWrite, "person"), s.someone(mayWrite, "role")
		k := s.seizes(m, false)
		s.main = ro.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(9, "iam:ListRoles").tells(), do(12, "iam:ListRolePolicies", obj("roleName", ro.name)).tells())
		s.looks(k, 6, 6, reconCalls...)
		s.plays(k, escalation, do(25, "iam:PutRolePolicy", obj("roleName", ro.name, "policyName", s.newName(), "policyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"]}]}`), "").last())
		in := s.takes(k, 15, ro.role, "work", step.key)
		s.looks(in, 5, 8, reconCalls...)
		s.mints(in, 20, persistence, s.user("svc-reports"))
	},
}

// modelsAtLeisure abuses models at the pace of normal use.
var modelsAtLeisure = campaign{
	name: "models-at-leisure", half: Measuring, paces: []float64{0.5, 1, 2},
	title: "a leaked key opens a model nobody uses and asks it now and then for hours",
	play: func(s *stage) {
		m := s.someone(mayWrite, "key")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(9, "bedrock:ListFoundationModels").tells(), do(7, "bedrock:GetModelInvocationLoggingConfiguration", "").tells())
		s.plays(k, evasion, do(40, "bedrock:DeleteModelInvocationLoggingConfiguration", "", "").key())
		s.plays(k, resources, do(30, "bedrock:CreateFoundationModelAgreement", obj("modelId", "anthropic.claude-opus-4-20250514-v1:0", "offerToken", "HIDDEN_DUE_TO_SECURITY_REASONS"), "").last())
		model := invokeModel(s.r, "us-west-2", "anthropic.claude-opus-4-20250514-v1:0", "us-west-2")
		s.plays(k, impact, many(s.r.Between(20, 40), nil, func(int) step {
			return do(s.r.Between(60, 400), model.name, model.params, model.result).in("us-west-2")
		})...)
	},
}
