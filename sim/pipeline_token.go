package sim

import "time"

// pipelineToken follows Google's account of UNC6426 (2026), after the s1ngularity
// packages of August 2025: a stolen token of the code host starts a workflow whose
// role may make stacks, and a stack may make roles. That the stack is how the
// administrator's role came about is one digest's word; order, names, offsets are
// ours, and less than 72 hours here are two days.
var pipelineToken = Scenario{
	Name: "pipeline-token", Seed: 31, Start: "2025-08-28T02:51:14Z", History: 2, Days: 2,
	Title: "a stolen code-host token runs a pipeline's role, whose stack makes an administrator; data leaves, machines and databases end",
	After: "Google, by way of digests (2026)",
	play: func(s *stage) {
		ro, admin := s.role("github-cloudformation"), s.role("web-shop-Maintenance-"+s.r.Text(s3Letters, 12))
		stack := func(name string) string { return s.main.arn("cloudformation", "stack/"+name+"/"+s.r.UUID()) }
		s.pipeline(ro, "web-shop", 10,
			do(0, "cloudformation:DescribeStacks", obj("stackName", "web-shop")),
			do(3, "cloudformation:CreateChangeSet", obj("stackName", "web-shop", "changeSetName", "release", "changeSetType", "UPDATE", "capabilities", []string{"CAPABILITY_IAM"}),
				obj("id", s.main.arn("cloudformation", "changeSet/release/"+s.r.UUID()), "stackId", stack("web-shop"))),
			do(20, "cloudformation:ExecuteChangeSet", obj("stackName", "web-shop", "changeSetName", "release"), ""),
			do(30, "cloudformation:DescribeStacks", obj("stackName", "web-shop")))
		s.shopKeeper()

		in := s.runsWorkflow(ro, "web-shop", "ref:refs/heads/patch-1")
		s.plays(in, discovery,
			do(2, "sts:GetCallerIdentity"), do(4, "cloudformation:ListStacks"), do(3, "iam:ListRoles"),
			do(2, "iam:ListUsers").denied("arn:aws:iam::"+s.main.id+":user/"),
			do(3, "s3:ListBuckets"))
		name := "web-shop-maintenance"
		s.plays(in, escalation, do(35, "cloudformation:CreateStack", obj("stackName", name, "capabilities", []string{"CAPABILITY_NAMED_IAM", "CAPABILITY_IAM"}, "disableRollback", true),
			obj("stackId", stack(name))).key())
		// The stack's own calls are the session's, by way of the service, with a
		// key that the service was given for it.
		via := *in
		via.who = forwarded(in.session, "cloudformation.amazonaws.com", s.r.shortKey())
		via.from = origin{ip: "cloudformation.amazonaws.com", agent: "cloudformation.amazonaws.com", service: true}
		account := s.r.account()
		s.plays(&via, escalation,
			makesRole(6, admin, trusts("AWS", "arn:aws:iam::"+account+":root")).key(),
			givesRole(3, admin, adminPolicy).last())
		s.plays(in, discovery, do(25, "cloudformation:DescribeStacks", obj("stackName", name)))

		// From here on nobody needs the pipeline.
		s.pause(180)
		stranger := "AIDA" + s.r.Text(idLetters, 17)
		m := s.entersFromOutside(account, stranger, 0, admin, "maintenance", s.outside(agentBoto))
		s.plays(m, discovery, reads(3, "sts:GetCallerIdentity", "iam:ListUsers", "s3:ListBuckets", "ec2:DescribeInstances", "rds:DescribeDBInstances", "secretsmanager:ListSecrets")...)
		s.plays(m, collection, s.listsObjects(20, s.main.buckets[5], 90000))
		s.burst(m, exfiltration, 150, many(70, step.key, func(i int) step {
			return s.onObject(0, "s3:GetObject", s.main.buckets[5], "customers/part-"+itoa(i)+".parquet", 0, 900000+s.r.IntN(200000))
		})...)
		s.pause(19 * 60)
		m = s.entersFromOutside(account, stranger, 0, admin, "maintenance", s.outside(agentBoto))
		s.plays(m, impact, s.terminates(30, s.main.machines[2:8]...).key())
		s.plays(m, impact, many(3, step.key, func(i int) step {
			return do(4, "rds:DeleteDBInstance", obj("dBInstanceIdentifier", s.main.dbs[i], "skipFinalSnapshot", true, "deleteAutomatedBackups", true),
				obj("dBInstanceIdentifier", s.main.dbs[i], "dBInstanceStatus", "deleting", "engine", "postgres"))
		})...)
	},
}

// runsWorkflow is a workflow's way in, on a branch that the intruder chose.
func (s *stage) runsWorkflow(ro *role, repository, ref string) *actor {
	key := s.r.shortKey()
	return s.runsWorkflowAt(ro, repository, ref, key, "203.0.113."+itoa(s.r.Between(50, 120))) // the code host's runner: the right network
}

// runsWorkflowAt is the same on a runner at an address.
func (s *stage) runsWorkflowAt(ro *role, repository, ref, key, ip string) *actor {
	host, aud := "token.actions.githubusercontent.com", "sts.amazonaws.com"
	subject := "repo:" + s.g.github + "/" + repository + ":" + ref
	t := &session{role: ro, name: "GitHubActions", key: key, start: s.now}
	w := byOIDC(s.main.id, host, aud, subject)
	from := origin{ip: ip, agent: agentActions}
	token := &actor{who: w, from: from, outside: true, truth: TruthActor{Kind: "oidc", ID: w.id, Name: subject, ARN: w.arn, Account: s.main.id, Identity: w.id}}
	s.plays(token, initialAccess, do(0, "sts:AssumeRoleWithWebIdentity", obj("roleArn", ro.arn(), "roleSessionName", t.name, "durationSeconds", 3600),
		obj("credentials", issued(s.r, t.key, s.now.Add(time.Hour)), "subjectFromWebIdentityToken", subject,
			"assumedRoleUser", obj("assumedRoleId", t.principal(), "arn", t.arn()), "provider", "arn:aws:iam::"+s.main.id+":oidc-provider/"+host, "audience", aud)).
		touches(list(obj("accountId", s.main.id, "type", "AWS::IAM::Role", "ARN", ro.arn()))).key())
	s.now = s.now.Add(time.Second)
	from.agent = agentCLILinux
	return holds(t, from)
}

// shopKeeper ends a machine and an old database by hand, as people do.
func (s *stage) shopKeeper() {
	ops := signs(s.user("peter.shop"), origin{ip: officeAddress, agent: agentCLILinux})
	s.daily(ops, 15, true, func(day int) []step {
		steps := []step{do(0, "ec2:DescribeInstances"), do(20, "rds:DescribeDBInstances")}
		if day == 1 {
			steps = append(steps, s.terminates(40, "i-0"+s.r.Hex(16)))
		}
		return steps
	})
}
