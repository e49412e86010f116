package sim

// Campaigns for fitting. Goals are those of public reports; every script is our
// own, and none is shared with those for measuring.

// keyToAdministrator: a leaked key that may change identities looks around,
// tries what it can, and attaches the administrator's policy to itself.
var keyToAdministrator = campaign{
	name: "key-to-administrator", half: Fitting, paces: []float64{0.2, 1, 10},
	title: "a leaked key that manages identities makes itself administrator",
	play: func(s *stage) {
		m := s.someone(mayIssue, "key")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells())
		s.looks(k, 4, 8, reconCalls...)
		s.plays(k, discovery, do(20, "iam:ListAttachedUserPolicies", obj("userName", m.name)).tells(), do(15, "iam:ListGroupsForUser", obj("userName", m.name)).tells())
		s.plays(k, escalation, givesUser(30, m.user, adminPolicy).last())
		b := s.user(s.newName())
		s.plays(k, persistence, makesUser(20, b).key(), givesUser(6, b, adminPolicy).key())
		s.mints(k, 5, persistence, b)
	},
}

// functionToAdministrator is the chain of the published takeover in eight
// minutes, told anew: code of a function whose role issues credentials.
var functionToAdministrator = campaign{
	name: "function-to-administrator", half: Fitting, paces: []float64{0.19, 1, 40},
	title: "a key that may change code makes a function mint an administrator's key",
	after: "Sysdig (2026)",
	play: func(s *stage) {
		m, f := s.someone(mayWrite, "key"), s.someone(mayIssue, "function")
		k := s.seizes(m, false)
		s.main = f.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells())
		s.looks(k, 6, 14, reconCalls...)
		s.plays(k, discovery, do(15, "lambda:GetFunction20150331v2", obj("functionName", f.resource)).tells(), do(9, "iam:ListAttachedRolePolicies", obj("roleName", f.role.name)).tells())
		if s.r.Chance(0.5) {
			s.plays(k, lateral, do(8, "sts:AssumeRole").denied("arn:aws:iam::"+s.main.id+":role/"+s.r.Pick("admin", "Administrator", "ops-admin")).tells())
		}
		s.plays(k, escalation, s.changesCode(45, f).key())
		in := s.invokes(k, 12, f)
		admin := s.someone(mayAnything, "key")
		taken := &user{admin.user.account, admin.user.name, admin.user.id, s.r.longKey()}
		s.plays(in, discovery, do(1, "iam:ListUsers"), do(1, "iam:ListAttachedUserPolicies", obj("userName", taken.name)))
		s.mints(in, 2, credentials, taken, step.last)
		a := signs(taken, k.from)
		b := s.user(s.newName())
		s.plays(a, persistence, do(40, "sts:GetCallerIdentity"), makesUser(20, b).key(), givesUser(5, b, adminPolicy).key())
	},
}

// roleToPolicyVersion takes a role and rewrites the policy that it has.
var roleToPolicyVersion = campaign{
	name: "role-to-policy-version", half: Fitting, paces: []float64{0.3, 1, 6},
	title: "a stolen session of a person writes a new default version of the policy that its role has",
	play: func(s *stage) {
		m := s.someone(mayWrite, "person")
		k := s.seizes(m, false)
		arn := "arn:aws:iam::" + s.main.id + ":policy/" + s.r.Pick("team-access", "developer-extra", "platform-tools")
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(20, "iam:ListPolicies"), do(12, "iam:GetPolicy", obj("policyArn", arn)).tells(), do(9, "iam:GetPolicyVersion", obj("policyArn", arn, "versionId", "v1")).tells())
		s.looks(k, 7, 5, reconCalls...)
		s.plays(k, escalation, do(25, "iam:CreatePolicyVersion", obj("policyArn", arn, "setAsDefault", true, "policyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
			obj("policyVersion", obj("versionId", "v2", "isDefaultVersion", true, "createDate", nowText))).last())
		s.looks(k, 7, 5, "secretsmanager:ListSecrets", "rds:DescribeDBInstances", "kms:ListKeys", "ssm:DescribeParameters")
		s.plays(k, credentials, many(6, step.key, func(i int) step {
			return do(3, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[i]))
		})...)
	},
}

// pipelineToTrust: a build's role is used from a branch of the intruder's, and
// opens an administrator's role to an outside account.
var pipelineToTrust = campaign{
	name: "pipeline-to-trust", half: Fitting, paces: []float64{0.5, 1, 20},
	title: "a stolen build token opens a role with everything to an outside account",
	play: func(s *stage) {
		m := s.someone(mayAnything, "pipeline")
		s.main = m.place
		in := s.workflowOf(m, "ref:refs/heads/fix-"+s.r.Hex(3))
		s.plays(in, discovery, do(3, "sts:GetCallerIdentity").tells(), do(5, "iam:ListRoles").tells(), do(9, "s3:ListBuckets"), do(4, "iam:ListUsers").tells())
		ro, account := s.role(s.newName()), s.stranger()
		s.plays(in, persistence, makesRole(30, ro, trusts("AWS", "arn:aws:iam::"+account+":root")).key())
		s.plays(in, escalation, givesRole(5, ro, adminPolicy).last())
		s.pause(40)
		o := s.entersFromOutside(account, "AIDA"+s.r.Text(idLetters, 17), 0, ro, "support", s.outside(agentBoto))
		s.looks(o, 5, 6, reconCalls...)
		s.mints(o, 30, persistence, s.user("svc-mailer"))
	},
}

// instanceToSecrets: an instance's credentials, used elsewhere, read what it
// never read and share a snapshot.
var instanceToSecrets = campaign{
	name: "instance-to-secrets", half: Fitting, paces: []float64{0.3, 1, 8},
	title: "stolen instance credentials read secrets from outside and give a snapshot away",
	play: func(s *stage) {
		m := s.someone(mayWrite, "instance")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells())
		s.looks(k, 5, 6, "secretsmanager:ListSecrets", "rds:DescribeDBInstances", "s3:ListBuckets", "ec2:DescribeSnapshots", "ec2:DescribeVolumes", "iam:ListRoles")
		s.plays(k, credentials, many(8, step.tells, func(i int) step {
			return do(4, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[i]))
		})...)
		snap := "snap-0" + s.r.Hex(16)
		s.plays(k, collection, do(20, "ec2:CreateSnapshot", obj("volumeId", s.main.volumes[3]), obj("snapshotId", snap, "volumeId", s.main.volumes[3], "status", "pending")).tells())
		s.plays(k, exfiltration, do(60, "ec2:ModifySnapshotAttribute", obj("snapshotId", snap, "createVolumePermission", obj("add", items(obj("userId", s.stranger()))), "attributeType", "CREATE_VOLUME_PERMISSION"), obj("_return", true)).last())
	},
}

// agentTurned: an AI agent does what none of its tools do, from where it always
// runs.
var agentTurned = campaign{
	name: "agent-turned", half: Fitting, paces: []float64{0.5, 1, 5},
	title: "a hijacked agent lists identities and makes itself a way back",
	play: func(s *stage) {
		m := s.someone(mayWrite, "agent")
		k := s.seizes(m, true)
		s.plays(k, discovery, do(1, "sts:GetCallerIdentity").tells(), do(3, "iam:ListRoles").tells(), do(2, "iam:ListUsers").tells(), do(2, "secretsmanager:ListSecrets").tells())
		s.plays(k, credentials, many(5, nil, func(i int) step { return do(2, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[i])) })...)
		b := s.user(s.newName())
		s.plays(k, persistence, makesUser(14, b).key())
		s.plays(k, escalation, givesUser(3, b, adminPolicy).last())
		s.mints(k, 2, persistence, b)
	},
}

// quietOwner: a busy identity, from its own machine: only its goals change.
var quietOwner = campaign{
	name: "quiet-owner", half: Fitting, paces: []float64{0.5, 1, 4},
	title: "a busy key, used from its owner's own machine, makes an administrator of a colleague",
	play: func(s *stage) {
		m := s.someone(mayIssue, "key")
		k := s.seizes(m, true)
		s.looks(k, 8, 3, m.calls...)
		s.plays(k, discovery, do(20, "iam:ListAttachedUserPolicies", obj("userName", m.name)).tells(), do(9, "iam:ListEntitiesForPolicy", obj("policyArn", adminPolicy)).tells(), do(15, "cloudtrail:DescribeTrails").tells())
		b := s.user(s.newName())
		s.plays(k, escalation, givesUser(40, b, adminPolicy).last())
		s.plays(k, persistence, setsPassword(10, "UpdateLoginProfile", b).key())
	},
}

// newKeyForOld: an existing user acts through a key that was just made.
var newKeyForOld = campaign{
	name: "new-key-for-old", half: Fitting, paces: []float64{0.5, 1, 30},
	title: "a stolen provisioning key makes a key for an administrator, who then acts from elsewhere",
	play: func(s *stage) {
		m, a := s.someone(mayIssue, "key"), s.someone(mayAnything, "key")
		k := s.seizes(m, s.r.Chance(0.3))
		s.main = a.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(6, "iam:ListUsers"), do(8, "iam:ListAccessKeys", obj("userName", a.name)).tells(), do(5, "iam:ListAttachedUserPolicies", obj("userName", a.name)).tells())
		taken := &user{a.user.account, a.user.name, a.user.id, s.r.longKey()}
		s.mints(k, 25, credentials, taken, step.last)
		n := signs(taken, s.outside(agentBoto))
		s.plays(n, discovery, do(60, "sts:GetCallerIdentity"), do(4, "iam:GetAccountAuthorizationDetails", obj("maxItems", 1000)))
		ro := s.role(s.newName())
		s.plays(n, persistence, makesRole(20, ro, trusts("AWS", "arn:aws:iam::"+s.stranger()+":root")).key(), givesRole(4, ro, adminPolicy).key())
	},
}

// passRole launches a function with a role that is more than the launcher.
var passRole = campaign{
	name: "pass-role", half: Fitting, paces: []float64{0.3, 1, 10},
	title: "a leaked key makes a function with an administrator's role and has it grant power",
	play: func(s *stage) {
		m, f := s.someone(mayWrite, "key"), s.someone(mayAnything, "function")
		k := s.seizes(m, false)
		s.main = f.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells())
		s.looks(k, 5, 9, reconCalls...)
		s.plays(k, discovery, do(9, "iam:GetRole", obj("roleName", f.role.name)).tells(), do(5, "iam:ListAttachedRolePolicies", obj("roleName", f.role.name)).tells())
		name := s.newName()
		s.plays(k, escalation, s.makesFunction(30, name, f.role, s.now).key())
		x := f
		x.resource = name
		in := s.invokes(k, 8, x)
		s.plays(in, escalation, givesUser(2, m.user, adminPolicy).last())
		s.looks(k, 20, 6, reconCalls...)
	},
}

// modelThief opens models and uses them as fast as it can.
var modelThief = campaign{
	name: "model-thief", half: Fitting, paces: []float64{0.5, 1, 3},
	title: "a leaked key opens models and runs them in several regions",
	play: func(s *stage) {
		m := s.someone(mayWrite, "key")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(4, "bedrock:ListFoundationModels").tells(), do(3, "bedrock:GetModelInvocationLoggingConfiguration", "").tells())
		s.plays(k, resources, do(15, "bedrock:PutUseCaseForModelAccess", obj("formData", "HIDDEN_DUE_TO_SECURITY_REASONS")).key(),
			do(8, "bedrock:CreateFoundationModelAgreement", obj("modelId", "anthropic.claude-opus-4-20250514-v1:0", "offerToken", "HIDDEN_DUE_TO_SECURITY_REASONS"), "").key())
		model := invokeModel(s.r, "us-west-2", "anthropic.claude-opus-4-20250514-v1:0", "us-west-2")
		run := func(i int) step {
			st := do(0, model.name, model.params, model.result).in([]string{"us-west-2", "us-east-1", "eu-central-1"}[i%3])
			return st
		}
		s.plays(k, impact, run(0).last())
		s.burst(k, impact, 300, many(s.r.Between(60, 120), nil, run)...)
	},
}

// blindThenBurn stops the trail first, then destroys.
var blindThenBurn = campaign{
	name: "blind-then-burn", half: Fitting, paces: []float64{0.4, 1, 5},
	title: "an administrator's leaked key stops the trail and deletes databases with their copies",
	play: func(s *stage) {
		m := s.someone(mayAnything, "key")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(9, "cloudtrail:DescribeTrails").tells(), do(5, "guardduty:ListDetectors").tells(), do(12, "rds:DescribeDBInstances"))
		s.plays(k, evasion, do(25, "cloudtrail:StopLogging", obj("name", s.main.trail), "").key())
		s.plays(k, impact, do(30, "rds:DeleteDBInstance", obj("dBInstanceIdentifier", s.main.dbs[0], "skipFinalSnapshot", true, "deleteAutomatedBackups", true),
			obj("dBInstanceIdentifier", s.main.dbs[0], "dBInstanceStatus", "deleting", "engine", "postgres")).last())
		s.plays(k, impact, many(4, step.key, func(i int) step {
			return do(3, "rds:DeleteDBInstance", obj("dBInstanceIdentifier", s.main.dbs[i+1], "skipFinalSnapshot", true, "deleteAutomatedBackups", true),
				obj("dBInstanceIdentifier", s.main.dbs[i+1], "dBInstanceStatus", "deleting", "engine", "postgres"))
		})...)
	},
}

// acrossAccounts goes from a person's session to a role in another account.
var acrossAccounts = campaign{
	name: "across-accounts", half: Fitting, paces: []float64{0.4, 1, 10},
	title: "a stolen session crosses into another account and opens it to strangers",
	play: func(s *stage) {
		m := s.someone(mayWrite, "person")
		k := s.seizes(m, false)
		to := s.g.places[len(s.g.places)-1]
		if to == s.main {
			to = s.g.places[0]
		}
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(8, "organizations:ListAccounts").tells(), do(9, "iam:ListRoles").tells())
		hub := &role{to.id, s.r.Pick("OrganizationAccountAccessRole", "admin-access"), NewRand(s.g.seed, "hub", to.id).roleID(), "/"}
		in := s.crosses(k, 30, to, hub, s.r.Pick("ops", "session", m.name[:3]))
		s.looks(in, 6, 5, reconCalls...)
		ro := s.role(s.newName())
		s.plays(in, persistence, makesRole(25, ro, trusts("AWS", "arn:aws:iam::"+s.stranger()+":root")).key())
		s.plays(in, escalation, givesRole(4, ro, adminPolicy).last())
	},
}

// slowCopy gives a snapshot a day to an outside account, from a quiet key.
var slowCopy = campaign{
	name: "slow-copy", half: Fitting, paces: []float64{1},
	title: "a key shares one snapshot a day with an outside account",
	play: func(s *stage) {
		m := s.someone(mayWrite, "key")
		k := s.seizes(m, s.r.Chance(0.5))
		account := s.stranger()
		s.plays(k, discovery, do(0, "ec2:DescribeSnapshots").tells(), do(60, "rds:DescribeDBSnapshots").tells(), do(20, "ec2:DescribeVolumes").tells())
		for i := range s.r.Between(2, 4) {
			s.pause(s.r.Between(18*60, 26*60))
			snap := "snap-0" + s.r.Hex(16)
			st := do(90, "ec2:ModifySnapshotAttribute", obj("snapshotId", snap, "createVolumePermission", obj("add", items(obj("userId", account))), "attributeType", "CREATE_VOLUME_PERMISSION"), obj("_return", true)).key()
			if i == 0 {
				st = st.last()
			}
			s.plays(k, exfiltration, do(0, "ec2:CreateSnapshot", obj("volumeId", s.main.volumes[i]), obj("snapshotId", snap, "volumeId", s.main.volumes[i], "status", "pending")).tells(), st)
		}
	},
}

// passwordAndConsole gives a dormant user a password and enters the console.
var passwordAndConsole = campaign{
	name: "password-and-console", half: Fitting, paces: []float64{0.4, 1, 8},
	title: "a leaked provisioning key sets an administrator's password and enters the console",
	play: func(s *stage) {
		m, a := s.someone(mayIssue, "key", "function"), s.someone(mayAnything, "key")
		k := s.seizes(m, false)
		s.main = a.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells())
		s.looks(k, 6, 6, reconCalls...)
		s.plays(k, discovery, do(9, "iam:GetLoginProfile", obj("userName", a.name)).tells(), do(5, "iam:ListMFADevices", obj("userName", a.name)).tells())
		s.plays(k, escalation, setsPassword(20, "CreateLoginProfile", a.user).last())
		in := s.passwordConsole(a.user, 60, s.outside(agentBrowserWin))
		s.looks(in, 6, 5, "iam:ListUsers", "ec2:DescribeInstances", "s3:ListBuckets", "rds:DescribeDBInstances", "iam:ListRoles")
	},
}
