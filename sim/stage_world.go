package sim

import "time"

// What campaigns do with the cast of a world.

// seizes is the intruder with a member's credential: from the member's own
// network and client, or from outside. From now on the script is about the
// account that the member works in.
func (s *stage) seizes(m member, own bool) *actor {
	s.main = m.place
	outside := s.outside(s.r.Pick(agentBoto, agentCLILinux, agentBotoMac))
	pick := func(usual origin) origin {
		if own {
			return usual
		}
		return outside
	}
	switch m.kind {
	case "key", "sleeper":
		return signs(m.user, pick(m.from))
	case "person":
		// The owner signs in; the session is taken from the browser or the shell.
		s.now = s.now.Add(-time.Duration(s.r.Between(300, 1500)) * time.Second)
		t := s.g.signIn(s.r, m.who, m.from.ip, s.now)
		s.now = s.now.Add(time.Duration(s.r.Between(300, 1500)) * time.Second)
		in := holds(t, pick(m.from))
		if s.w.surfaces != nil { // who knows the directory knows whose session it is
			in.truth.Also = []string{m.name, login(m.who), s.g.oktaUser(m.who)}
		}
		return in
	case "pipeline":
		in := s.workflowOf(m, s.r.Pick("ref:refs/heads/main", "ref:refs/heads/hotfix-"+s.r.Hex(2)))
		if !own {
			in.from = outside
		}
		return in
	case "instance":
		h, t := given(s.g.rec, s.r, m.place, m.role, "ec2", m.resource, "", s.now.Add(-40*time.Minute))
		_ = h
		return holds(t, pick(m.from))
	case "role":
		t := &session{role: m.role, name: s.r.Pick("session", "work", "cli-"+s.r.Hex(4)), key: s.r.shortKey(), start: s.now}
		return holds(t, pick(m.from))
	}
	// Functions and agents: code that runs in their place.
	h, t := given(s.g.rec, s.r, m.place, m.role, "lambda", m.resource, m.place.function(m.resource), s.now)
	s.now = h.now
	in := holds(t, origin{ip: awsAddress(s.r), agent: agentLambda})
	if !own {
		in.from = outside
	}
	return in
}

// workflowOf is a build's way in with a member's role.
func (s *stage) workflowOf(m member, ref string) *actor {
	main := s.main
	s.main = m.place
	defer func() { s.main = main }()
	return s.runsWorkflow(m.role, m.resource, ref)
}

// takes is AssumeRole by an actor, and the session's holder.
func (s *stage) takes(by *actor, wait int, ro *role, name string, how ...func(step) step) *actor {
	s.now = s.now.Add(s.paced(wait))
	t := &session{role: ro, name: name, key: s.r.shortKey(), start: s.now}
	st := do(0, "sts:AssumeRole", obj("roleArn", ro.arn(), "roleSessionName", name, "durationSeconds", 3600),
		obj("credentials", issued(s.r, t.key, s.now.Add(time.Hour)), "assumedRoleUser", obj("assumedRoleId", t.principal(), "arn", t.arn()))).
		touches(list(obj("accountId", ro.account, "type", "AWS::IAM::Role", "ARN", ro.arn())))
	for _, change := range how {
		st = change(st)
	}
	s.plays(by, lateral, st)
	s.now = s.now.Add(time.Second)
	return holds(t, by.from)
}

// crosses is AssumeRole into another account of the organisation: each of the
// two accounts has its own record of it, with one shared id.
func (s *stage) crosses(by *actor, wait int, to *place, ro *role, name string) *actor {
	s.now = s.now.Add(s.paced(wait))
	t := &session{role: ro, name: name, key: s.r.shortKey(), start: s.now}
	shared := s.r.UUID()
	st := do(0, "sts:AssumeRole", obj("roleArn", ro.arn(), "roleSessionName", name, "durationSeconds", 3600),
		obj("credentials", issued(s.r, t.key, s.now.Add(time.Hour)), "assumedRoleUser", obj("assumedRoleId", t.principal(), "arn", t.arn()))).
		touches(list(obj("accountId", ro.account, "type", "AWS::IAM::Role", "ARN", ro.arn()))).key()
	st.call.shared = shared
	s.plays(by, lateral, st)
	// The other account's record knows the caller by principal and account only.
	w := byAccount(by.truth.ID, by.truth.Account)
	twin := *by
	twin.who = w
	twin.outside = true
	twin.truth = TruthActor{Kind: "outside", ID: w.id, Name: w.name, ARN: w.arn, Account: by.truth.Account, Identity: w.id}
	from := s.main
	s.main = to
	s.now = s.now.Add(-time.Second)
	s.plays(&twin, lateral, st)
	_ = from
	s.now = s.now.Add(time.Second)
	return holds(t, by.from)
}

// changesCode is UpdateFunctionCode of a member that is a function.
func (s *stage) changesCode(wait int, f member) step {
	c := newCode(s.r, f.place, f.resource, f.role, 3, s.now)
	return do(wait, c.name, c.params, c.result)
}

// invokes is a data event that only some trails have, and the session that the
// function then gets.
func (s *stage) invokes(by *actor, wait int, f member) *actor {
	s.now = s.now.Add(s.paced(wait))
	arn := f.place.function(f.resource)
	if s.r.Chance(0.3) {
		s.plays(by, execution, do(0, "lambda:Invoke", obj("functionName", arn, "invocationType", "RequestResponse")).asData().
			touches(list(obj("accountId", f.place.id, "type", "AWS::Lambda::Function", "ARN", arn))))
	}
	return s.runs(f.resource, f.role)
}

// looks is some recon, shuffled: n calls out of those given.
func (s *stage) looks(by *actor, wait, n int, names ...string) {
	steps := s.shuffled(reads(wait, names...))
	s.plays(by, discovery, steps[:min(n, len(steps))]...)
}

// stranger is an account that is nobody's here.
func (s *stage) stranger() string { return s.r.account() }

// newName is a name of the intruder's making.
func (s *stage) newName() string {
	return s.r.Pick("svc", "ops", "sync", "audit", "deploy", "support") + "-" + s.r.Pick("agent", "monitor", "helper", "worker", "backup") + s.r.Pick("", "-"+s.r.Hex(2), "2")
}

// reconCalls are what intruders list first, by the public reports.
var reconCalls = []string{"iam:ListUsers", "iam:ListRoles", "iam:GetAccountSummary", "iam:ListPolicies", "s3:ListBuckets", "ec2:DescribeInstances", "lambda:ListFunctions20150331",
	"secretsmanager:ListSecrets", "rds:DescribeDBInstances", "ec2:DescribeRegions", "cloudtrail:DescribeTrails", "ssm:DescribeParameters", "bedrock:ListFoundationModels",
	"organizations:DescribeOrganization", "kms:ListKeys", "ecs:ListClusters", "iam:ListAccountAliases", "guardduty:ListDetectors"}
