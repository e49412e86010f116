package sim

// leakedEnvironment follows Unit 42's "Leaked environment variables allow
// large-scale extortion" (2024): the key stood in a web server's .env file, and
// could make roles though it was nobody's administrator. The chain is the
// write-up's; numbers, names and offsets are ours.
var leakedEnvironment = Scenario{
	Name: "leaked-environment", Seed: 32, Start: "2024-07-02T05:29:57Z", History: 2,
	Title: "a web server's key makes an administrator's role and functions that use it; a bucket is read, emptied and a note left",
	After: "Unit 42 (2024)",
	play: func(s *stage) {
		owner := s.user("web-backend")
		bucket := s.main.buckets[4]
		s.daily(signs(owner, origin{ip: "192.0.2.69", agent: agentBoto}), 7, false, func(day int) []step {
			return append(reads(2, "secretsmanager:GetSecretValue", "sqs:GetQueueAttributes", "ses:GetSendQuota"),
				many(4, nil, func(i int) step {
					return s.onObject(3, "s3:GetObject", bucket, "uploads/"+itoa(100*day+i)+".jpg", 0, 70000)
				})...)
		})
		s.cleansUp(s.main.buckets[7])
		s.roleMaker()

		k := signs(owner, s.outside(agentBoto))
		s.plays(k, discovery,
			do(0, "sts:GetCallerIdentity"),
			do(1, "ses:GetSendQuota"), do(1, "ses:GetAccount"), do(2, "ses:ListIdentities").key(),
			do(3, "iam:ListUsers"), do(2, "s3:ListBuckets"))
		u, ro := s.user("web-admin2"), s.role("edge-worker-exec")
		s.plays(k, escalation,
			do(30, "iam:CreateUser").denied("arn:aws:iam::"+s.main.id+":user/"+u.name),
			makesRole(25, ro, trusts("Service", "lambda.amazonaws.com")).key(),
			givesRole(3, ro, adminPolicy).last())
		// The same function in several Regions, run by a rule.
		for i, region := range []string{"us-east-1", "us-west-2", "eu-west-1"} {
			p := *s.main
			p.home = region
			st := do(20, "lambda:CreateFunction20150331", obj("functionName", "edge-worker", "runtime", "python3.12", "role", ro.arn(), "handler", "main.handler", "code", obj(), "timeout", 900, "memorySize", 1024, "packageType", "Zip"),
				configuration(s.r, &p, "edge-worker", ro, 900, s.now)).in(region)
			if i == 0 {
				st = st.key()
			}
			s.plays(k, execution, st,
				do(3, "events:PutRule", obj("name", "edge-worker", "scheduleExpression", "rate(1 minute)", "state", "ENABLED"), obj("ruleArn", p.arn("events", "rule/edge-worker"))).in(region),
				do(2, "lambda:AddPermission20150331v2", obj("functionName", "edge-worker", "statementId", "rule", "action", "lambda:InvokeFunction", "principal", "events.amazonaws.com"),
					obj("statement", `{"Sid":"rule","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"`+p.function("edge-worker")+`"}`)).in(region),
				do(2, "events:PutTargets", obj("rule", "edge-worker", "targets", list(obj("id", "1", "arn", p.function("edge-worker")))), obj("failedEntryCount", 0, "failedEntries", list())).in(region))
		}
		s.pause(2)
		fn := s.runs("edge-worker", ro)
		s.plays(fn, discovery, do(2, "sts:GetCallerIdentity"), do(1, "s3:ListBuckets"), do(2, "iam:ListUsers"))
		s.plays(fn, persistence, makesUser(3, u).key())
		s.mints(fn, 1, persistence, u, step.key)
		s.plays(fn, escalation, givesUser(1, u, adminPolicy).key())

		n := signs(u, s.outside(agentCLILinux))
		s.pause(25)
		s.plays(n, discovery, do(0, "sts:GetCallerIdentity"), do(4, "s3:ListBuckets"))
		s.plays(n, discovery, many(4, nil, func(i int) step { return s.onBucket(2, "s3:GetBucketLocation", s.main.buckets[i+2], "location", "") })...)
		s.plays(n, collection, s.listsObjects(5, bucket, 52000))
		s.burst(n, exfiltration, 80, many(60, step.key, func(i int) step {
			return s.onObject(0, "s3:GetObject", bucket, "uploads/"+itoa(7000+i)+".jpg", 0, 70000+s.r.IntN(9000))
		})...)
		s.burst(n, impact, 25, many(60, step.key, func(i int) step {
			return s.onObject(0, "s3:DeleteObject", bucket, "uploads/"+itoa(7000+i)+".jpg", 0, 0)
		})...)
		s.plays(n, impact, s.onObject(6, "s3:PutObject", bucket, "!!README.txt", 1100, 0).key())
	},
}

// roleMaker makes a role for a function by hand on the second day.
func (s *stage) roleMaker() {
	dev := signs(s.user("yara.dev"), origin{ip: officeAddress, agent: agentCLIMac})
	s.daily(dev, 16, true, func(day int) []step {
		if day != 1 {
			return []step{do(0, "iam:ListRoles"), do(9, "lambda:ListFunctions20150331")}
		}
		ro := s.role("thumbnails-exec")
		return []step{do(0, "iam:ListRoles"), makesRole(30, ro, trusts("Service", "lambda.amazonaws.com")),
			givesRole(6, ro, "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"), s.makesFunction(25, "thumbnails", ro, s.from)}
	})
}
