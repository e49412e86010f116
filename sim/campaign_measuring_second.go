package sim

import "time"

// The second set of campaigns for measuring. It was written after the detector's
// behaviours were, and takes ways in and through that the first set has not.

// ghostAdministrator is an administrator's key that lay unused.
var ghostAdministrator = campaign{
	name: "ghost-administrator", half: Measuring, paces: []float64{0.4, 1, 20},
	title: "a former administrator's key, unused for weeks, opens a role to an outside account",
	play: func(s *stage) {
		k := s.seizes(s.someone(mayAnything, "sleeper"), false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(11, "iam:GetUser").tells(), do(14, "iam:ListRoles").tells())
		s.looks(k, 9, s.r.Between(0, 4), reconCalls...)
		account, ro := s.stranger(), s.role(s.newName())
		s.plays(k, persistence, makesRole(40, ro, trusts("AWS", "arn:aws:iam::"+account+":root")).key())
		s.plays(k, escalation, givesRole(9, ro, adminPolicy).last())
		s.pause(5)
		o := s.entersFromOutside(account, "AROA"+s.r.Text(idLetters, 17)+":main", 0, ro, "main", s.outside(agentBoto))
		s.looks(o, 6, 6, reconCalls...)
	},
}

// notebookRole runs a notebook with an administrator's role.
var notebookRole = campaign{
	name: "notebook-role", half: Measuring, paces: []float64{0.5, 1, 5},
	title: "a leaked key starts a notebook with an administrator's role and works in its browser",
	play: func(s *stage) {
		m, f := s.someone(mayWrite, "key"), s.someone(mayAnything, "role", "instance")
		k := s.seizes(m, false)
		s.main = f.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(8, "sagemaker:ListNotebookInstances", "").tells(), do(9, "iam:ListRoles").tells(), do(7, "iam:GetRole", obj("roleName", f.role.name)).tells())
		name := s.newName()
		arn := s.main.arn("sagemaker", "notebook-instance/"+name)
		s.plays(k, escalation, do(25, "sagemaker:CreateNotebookInstance", obj("notebookInstanceName", name, "instanceType", "ml.t3.medium", "roleArn", f.role.arn(), "directInternetAccess", "Enabled"), obj("notebookInstanceArn", arn)).key())
		s.pause(4)
		s.plays(k, escalation, do(20, "sagemaker:CreatePresignedNotebookInstanceUrl", obj("notebookInstanceName", name, "sessionExpirationDurationInSeconds", 43200), "").key())
		h, t := given(s.g.rec, s.r, s.main, f.role, "sagemaker", "SageMaker", "", s.now.Add(20*time.Second))
		s.now = h.now
		in := holds(t, origin{ip: awsAddress(s.r), agent: agentBoto})
		u := s.user(s.newName())
		s.plays(in, discovery, do(15, "sts:GetCallerIdentity"), do(9, "iam:ListUsers"))
		s.plays(in, persistence, makesUser(20, u).key())
		s.plays(in, escalation, givesUser(6, u, adminPolicy).last())
		s.mints(in, 5, persistence, u)
	},
}

// stackByProxy lets CloudFormation act with a role that is more than the caller.
var stackByProxy = campaign{
	name: "stack-by-proxy", half: Measuring, paces: []float64{0.5, 1, 8},
	title: "an engineer's stolen session has CloudFormation make an administrator, with CloudFormation's own role",
	play: func(s *stage) {
		m, f := s.someone(mayWrite, "person", "key"), s.someone(mayAnything, "role")
		k := s.seizes(m, false)
		s.main = f.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(6, "cloudformation:ListStacks").tells(), do(9, "iam:ListRoles").tells(), do(12, "iam:GetRole", obj("roleName", f.role.name)).tells())
		name := s.newName()
		stack := s.main.arn("cloudformation", "stack/"+name+"/"+s.r.UUID())
		s.plays(k, escalation, do(30, "cloudformation:CreateStack", obj("stackName", name, "roleARN", f.role.arn(), "capabilities", []string{"CAPABILITY_NAMED_IAM"}), obj("stackId", stack)).key())
		t := &session{role: f.role, name: "AWSCloudFormation", key: s.r.shortKey(), start: s.now}
		via := holds(t, origin{ip: "cloudformation.amazonaws.com", agent: "cloudformation.amazonaws.com", service: true})
		via.who, via.workload = forwarded(t, "cloudformation.amazonaws.com", t.key), true
		u := s.user(name + "-user")
		s.plays(via, persistence, makesUser(7, u).key())
		s.plays(via, escalation, givesUser(2, u, adminPolicy).last())
		s.mints(via, 3, persistence, u)
		s.plays(k, credentials, do(40, "cloudformation:DescribeStacks", obj("stackName", name)))
		s.looks(signs(u, k.from), 8, 6, reconCalls...)
	},
}

// remoteCommand has a machine's agent run a command with the machine's role.
var remoteCommand = campaign{
	name: "remote-command", half: Measuring, paces: []float64{0.4, 1, 8},
	title: "a leaked key sends a command to a machine, whose role then makes a key for an administrator",
	play: func(s *stage) {
		m, f, a := s.someone(mayWrite, "key"), s.someone(mayAnything, "instance"), s.someone(mayAnything, "key")
		k := s.seizes(m, false)
		s.main = f.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(9, "ec2:DescribeInstances").tells(), do(6, "ssm:DescribeInstanceInformation", "").tells(), do(8, "ec2:DescribeIamInstanceProfileAssociations", "").tells())
		for i := range s.r.Between(1, 3) {
			st := do(20, "ssm:SendCommand", obj("instanceIds", []string{f.resource}, "documentName", "AWS-RunShellScript", "interactive", false, "parameters", "HIDDEN_DUE_TO_SECURITY_REASONS"),
				obj("command", obj("commandId", s.r.UUID(), "documentName", "AWS-RunShellScript", "instanceIds", []string{f.resource}, "status", "Pending")))
			if i == 0 {
				st = st.key()
			}
			s.plays(k, execution, st)
		}
		h, t := given(s.g.rec, s.r, s.main, f.role, "ec2", f.resource, "", s.now.Add(-20*time.Minute))
		_ = h
		in := holds(t, f.from)
		s.plays(in, discovery, do(6, "sts:GetCallerIdentity"), do(4, "iam:ListUsers").tells())
		taken := &user{a.user.account, a.user.name, a.user.id, s.r.longKey()}
		s.mints(in, 9, credentials, taken, step.last)
		s.looks(signs(taken, s.outside(agentBoto)), 40, 7, reconCalls...)
	},
}

// providerRekeyed gives an existing identity provider a second signing key.
var providerRekeyed = campaign{
	name: "provider-rekeyed", half: Measuring, paces: []float64{0.5, 1, 8},
	title: "an administrator's leaked key replaces the directory's signing key and comes in as anyone",
	play: func(s *stage) {
		m := s.someone(mayAnything, "key")
		k := s.seizes(m, false)
		arn := "arn:aws:iam::" + s.main.id + ":saml-provider/" + s.main.ssoHost
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(8, "iam:ListSAMLProviders").tells(), do(12, "iam:GetSAMLProvider", obj("sAMLProviderArn", arn)).tells(), do(9, "iam:ListRoles"))
		s.plays(k, persistence, do(35, "iam:UpdateSAMLProvider", obj("sAMLProviderArn", arn, "sAMLMetadataDocument", "<EntityDescriptor/>"), obj("sAMLProviderArn", arn)).last())
	},
}

// buildRewritten changes what a build project runs, and with which role.
var buildRewritten = campaign{
	name: "build-rewritten", half: Measuring, paces: []float64{0.4, 1, 8},
	title: "an engineer's stolen session gives a build project new commands and an owner's role, and starts it",
	play: func(s *stage) {
		m, f := s.someone(mayWrite, "person", "key"), s.someone(mayAnything, "role", "pipeline")
		k := s.seizes(m, false)
		s.main = f.place
		id := s.r.UUID() // of the build, and in its session's name
		project := "site-" + s.r.Pick("build", "release", "checks")
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(7, "codebuild:ListProjects", "").tells(), do(9, "codebuild:BatchGetProjects", obj("names", []string{project})).tells(), do(8, "iam:ListRoles"))
		s.plays(k, escalation, do(40, "codebuild:UpdateProject", obj("name", project, "serviceRole", f.role.arn(), "source", obj("type", "NO_SOURCE", "buildspec", "version: 0.2")),
			obj("project", obj("name", project, "arn", s.main.arn("codebuild", "project/"+project), "serviceRole", f.role.arn()))).key(),
			do(12, "codebuild:StartBuild", obj("projectName", project), obj("build", obj("id", project+":"+id, "projectName", project, "buildStatus", "IN_PROGRESS"))).key())
		h, t := given(s.g.rec, s.r, s.main, f.role, "codebuild", "AWSCodeBuild-"+id, "", s.now.Add(30*time.Second))
		s.now = h.now
		in := holds(t, origin{ip: awsAddress(s.r), agent: agentCLILinux})
		u := s.user(s.newName())
		s.plays(in, persistence, makesUser(8, u).key())
		s.plays(in, escalation, givesUser(2, u, adminPolicy).last())
		s.mints(in, 2, persistence, u)
	},
}

// newFunction makes a function with a role that is more than the caller.
var newFunction = campaign{
	name: "new-function", half: Measuring, paces: []float64{0.3, 1, 10},
	title: "a leaked key makes a function with a provisioner's role and a public address, and calls it",
	play: func(s *stage) {
		m, f := s.someone(mayWrite, "key"), s.someone(mayIssue, "function")
		k := s.seizes(m, false)
		s.main = f.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(6, "iam:ListRoles").tells(), do(8, "iam:ListAttachedRolePolicies", obj("roleName", f.role.name)).tells())
		s.looks(k, 5, 3, reconCalls...)
		name := s.newName()
		s.plays(k, escalation, s.makesFunction(30, name, f.role, s.now).key(),
			do(6, "lambda:CreateFunctionUrlConfig", obj("functionName", name, "authType", "NONE"), obj("functionUrl", "https://"+s.r.Text(lowerHex, 20)+".lambda-url.us-east-1.on.aws/", "authType", "NONE")).tells(),
			do(4, "lambda:AddPermission20150331v2", obj("functionName", name, "statementId", "url", "action", "lambda:InvokeFunctionUrl", "principal", "*", "functionUrlAuthType", "NONE"), obj("statement", "{}")).tells())
		s.now = s.now.Add(s.paced(15))
		in := s.runs(name, f.role)
		u := s.user(s.newName())
		s.plays(in, persistence, makesUser(2, u).key())
		s.plays(in, escalation, givesUser(1, u, adminPolicy).last())
		s.mints(in, 1, persistence, u)
		s.looks(signs(u, k.from), 10, 6, reconCalls...)
	},
}

// secretsRun takes all secrets and is gone.
var secretsRun = campaign{
	name: "secrets-run", half: Measuring, paces: []float64{0.3, 1, 6},
	title: "a person's stolen session reads one secret after another from elsewhere; the tenth is one too many",
	play: func(s *stage) {
		k := s.seizes(s.someone(mayWrite, "person"), false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(9, "secretsmanager:ListSecrets").tells(), do(5, "ssm:DescribeParameters").tells())
		for i := range 24 {
			st := do(4, "secretsmanager:GetSecretValue", obj("secretId", s.main.arn("secretsmanager", "secret:service-"+itoa(i)+"-"+s.r.Text(lowerHex, 6))))
			switch {
			case i == 9:
				st = st.last()
			case i < 3:
				st = st.tells()
			}
			s.plays(k, credentials, st)
		}
	},
}

// bootScript changes what a machine runs when it starts.
var bootScript = campaign{
	name: "boot-script", half: Measuring, paces: []float64{0.5, 1, 4},
	title: "a leaked key stops a machine, gives it other start-up commands and starts it; its role does the rest",
	play: func(s *stage) {
		m, f := s.someone(mayWrite, "key"), s.someone(mayAnything, "instance")
		k := s.seizes(m, false)
		s.main = f.place
		one := items(obj("instanceId", f.resource))
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(7, "ec2:DescribeInstances").tells(), do(6, "ec2:DescribeInstanceAttribute", obj("instanceId", f.resource, "attribute", "userData")).tells())
		s.plays(k, escalation, do(30, "ec2:StopInstances", obj("instancesSet", one, "force", false), obj("instancesSet", one)).key())
		s.pause(1)
		s.plays(k, escalation, do(10, "ec2:ModifyInstanceAttribute", obj("instanceId", f.resource, "userData", "<sensitiveDataRemoved>"), obj("_return", true)).key(),
			do(5, "ec2:StartInstances", obj("instancesSet", one), obj("instancesSet", one)).key())
		h, t := given(s.g.rec, s.r, s.main, f.role, "ec2", f.resource, "", s.now.Add(s.paced(45)))
		s.now = h.now
		in := holds(t, f.from)
		u := s.user(s.newName())
		s.plays(in, persistence, makesUser(10, u).key())
		s.plays(in, escalation, givesUser(2, u, adminPolicy).last())
		s.mints(in, 2, persistence, u)
	},
}
