package sim

import (
	"fmt"
	"time"
)

// What people look at. A person's own day draws on one of these lists.
var (
	consoleViews = []string{"ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "ec2:DescribeVolumes", "ec2:DescribeSecurityGroups", "monitoring:GetMetricData",
		"monitoring:DescribeAlarms", "lambda:ListFunctions20150331", "lambda:GetFunction20150331v2", "logs:DescribeLogGroups", "logs:FilterLogEvents",
		"s3:ListBuckets", "s3:GetBucketLocation", "rds:DescribeDBInstances", "cloudformation:DescribeStacks", "health:DescribeEventAggregates", "sqs:GetQueueAttributes",
		"dynamodb:DescribeTable", "ec2:DescribeRegions"}
	shellReads = []string{"sts:GetCallerIdentity", "logs:FilterLogEvents", "logs:StartQuery", "ec2:DescribeInstances", "ssm:GetParameter", "lambda:GetFunctionConfiguration20150331v2",
		"s3:ListBuckets", "ecs:DescribeServices", "ecs:ListTasks", "ecr:GetAuthorizationToken", "secretsmanager:GetSecretValue", "cloudformation:DescribeStacks",
		"dynamodb:DescribeTable", "sqs:GetQueueAttributes"}
	dataReads = []string{"athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults", "glue:GetTables", "glue:GetTable", "glue:GetDatabases",
		"s3:ListBuckets", "s3:GetBucketLocation"}
)

// seat is where a person is today.
func (g *organization) seat(r *Rand, office bool, home string) string {
	if office {
		return officeAddress
	}
	if r.Chance(0.3) {
		return officeVPN
	}
	return home
}

// engineer comes in through the directory, clicks around, and works in a shell.
func (g *organization) engineer(r *Rand, p *person, day time.Time, n int) {
	if r.Chance(0.12) { // a day off
		return
	}
	seat := g.seat(r, p.office, p.address)
	at := officeHour(r, day)
	s := g.signIn(r, p, seat, at)
	h := &hand{rec: g.rec, r: r, place: p.home, who: bySession(s), from: origin{ip: seat, agent: p.browser, console: true}, now: at.Add(3 * time.Second), pauseMin: 1, pauseMax: 9}
	login := h.with(p.browser)
	login.from.console = false
	login.call(call{name: "signin:ConsoleLogin", kind: "AwsConsoleSignIn", result: obj("ConsoleLogin", "Success"),
		extra: obj("MobileVersion", "No", "MFAUsed", "No")}) // the directory asked for the second factor, not AWS
	h.now = login.now
	for range r.Between(2, 4) {
		h.some(r.Between(5, 12), 0.03, consoleViews)
		h.now = h.now.Add(time.Duration(r.Between(300, 5400)) * time.Second)
	}
	reads := shellReads
	if n%4 == 3 {
		reads = dataReads
	}
	for range r.Between(1, 3) {
		at := officeHour(r, day)
		s := g.signIn(r, p, seat, at)
		h := &hand{rec: g.rec, r: r, place: p.home, who: bySession(s), from: origin{ip: seat, agent: p.cli}, now: at.Add(2 * time.Second), pauseMin: 2, pauseMax: 60}
		h.some(r.Between(3, 14), 0.05, reads)
	}
}

// signIn is the directory giving a person a role's session.
func (g *organization) signIn(r *Rand, p *person, seat string, at time.Time) *session {
	s := &session{role: p.role, name: p.name, key: r.shortKey(), start: at, idc: p.id, idStore: "arn:aws:identitystore::" + g.places[len(g.places)-1].id + ":identitystore/" + g.places[0].store}
	provider := "arn:aws:iam::" + p.home.id + ":saml-provider/" + p.home.ssoHost
	qualifier := NewRand(g.seed, "qualifier", p.home.id).Text(tokenLetter, 27) + "=" // one for each account and provider
	w := bySAML(p.name, qualifier)
	g.rec.add(at, &w, &origin{ip: seat, agent: "aws-internal/3"}, call{name: "sts:AssumeRoleWithSAML",
		params: obj("sAMLAssertionID", "_"+r.UUID(), "roleSessionName", p.name, "durationSeconds", 43200, "roleArn", p.role.arn(), "principalArn", provider),
		result: obj("credentials", issued(r, s.key, at.Add(12*time.Hour)), "assumedRoleUser", obj("assumedRoleId", s.principal(), "arn", s.arn()),
			"subject", p.name, "subjectType", "persistent", "issuer", "https://portal.sso.us-east-1.amazonaws.com/saml/assertion/"+p.home.store,
			"audience", "https://signin.aws.amazon.com/saml", "nameQualifier", qualifier),
		resources: list(obj("accountId", p.home.id, "type", "AWS::IAM::Role", "ARN", p.role.arn()), obj("accountId", p.home.id, "type", "AWS::IAM::SAMLProvider", "ARN", provider)),
	}, p.home.id, p.home.home, "")
	g.rec.notes = append(g.rec.notes, note{at: at, person: p, ip: seat, session: s})
	return s
}

// victimWorks is the owner of the key that the recording's attacker finds: a
// data scientist who looks at buckets, queries and knowledge bases.
func (g *organization) victimWorks(r *Rand, day time.Time) {
	for range r.Between(2, 4) {
		h := &hand{rec: g.rec, r: r, place: g.places[0], who: byKey(g.victim), from: origin{ip: officeAddress, agent: agentBotoMac}, now: officeHour(r, day), pauseMin: 3, pauseMax: 90}
		h.does("sts:GetCallerIdentity")
		h.some(r.Between(3, 8), 0.02, dataReads)
		h.call(call{name: "bedrock:ListKnowledgeBases", params: obj("maxResults", 10)})
	}
}

// adminWorks is an administrator's ordinary day: console with a second factor,
// and policies attached for colleagues.
func (g *organization) adminWorks(r *Rand, day time.Time, d int) {
	main, at := g.places[0], officeHour(r, day)
	in := signingIn(g.admin)
	g.rec.add(at, &in, &origin{ip: officeAddress, agent: agentBrowserWin}, call{name: "signin:ConsoleLogin", kind: "AwsConsoleSignIn",
		result: obj("ConsoleLogin", "Success"), extra: obj("LoginTo", "https://console.aws.amazon.com/console/home", "MobileVersion", "No", "MFAUsed", "Yes",
			"MFAIdentifier", "arn:aws:iam::"+main.id+":mfa/"+g.admin.name)}, main.id, main.home, "")
	h := &hand{rec: g.rec, r: r, place: main, who: atConsole(g.admin, r.shortKey(), at, true), from: origin{ip: officeAddress, agent: agentBrowserWin, console: true},
		now: at.Add(4 * time.Second), pauseMin: 2, pauseMax: 20}
	h.does("iam:GetAccountSummary", "iam:ListUsers", "iam:ListRoles", "iam:ListAccountAliases")
	h.some(r.Between(4, 10), 0, []string{"iam:GetRole", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:ListPolicies", "iam:ListGroups", "cloudtrail:DescribeTrails"})
	h.call(call{name: "iam:AttachRolePolicy", params: obj("roleName", trades[d%len(trades)]+"-role", "policyArn", "arn:aws:iam::"+main.id+":policy/"+trades[(d+3)%len(trades)]+"-access")})

	h = &hand{rec: g.rec, r: r, place: main, who: byKey(g.admin), from: origin{ip: officeAddress, agent: agentCLILinux}, now: officeHour(r, day), pauseMin: 4, pauseMax: 70}
	h.does("sts:GetCallerIdentity", "iam:ListGroups")
	name := g.operators[d%len(g.operators)].name
	h.call(call{name: "iam:ListAttachedUserPolicies", params: obj("userName", name)})
	h.call(call{name: "iam:AttachUserPolicy", params: obj("userName", name, "policyArn", "arn:aws:iam::"+main.id+":policy/"+trades[d%len(trades)]+"-access")})
	h.call(call{name: "iam:AddUserToGroup", params: obj("userName", name, "groupName", "operators")})
	if d%2 == 0 {
		h.call(call{name: "iam:PutRolePolicy", params: obj("roleName", trades[(d+5)%len(trades)]+"-role", "policyName", "queue-read",
			"policyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:DeleteMessage"],"Resource":"`+main.arn("sqs", main.queues[0])+`"}]}`)})
	}
}

// operatorsWork is the ordinary use of the shared roles: a few people take
// them with their own keys, with their own names as session names.
func (g *organization) operatorsWork(r *Rand, day time.Time) {
	main := g.places[0]
	uses := []struct {
		who, role int
		reads     []string
	}{
		{0, 0, []string{"ec2:DescribeInstances", "ssm:DescribeInstanceInformation", "ec2:DescribeVolumes", "ec2:DescribeSnapshots", "rds:DescribeDBInstances"}},
		{1, 1, []string{"ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeNetworkAcls", "ec2:DescribeSecurityGroups", "route53:ListHostedZones"}},
		{2, 2, []string{"ce:GetCostAndUsage", "organizations:ListAccounts"}},
		{3, 3, shellReads},
		{0, 5, []string{"organizations:ListAccounts", "organizations:DescribeOrganization", "iam:ListRoles", "cloudformation:ListStacks"}},
	}
	for _, u := range uses {
		for range r.Between(1, 2) {
			op := g.operators[u.who]
			h := &hand{rec: g.rec, r: r, place: main, who: byKey(op), from: origin{ip: officeAddress, agent: agentCLILinux}, now: officeHour(r, day), pauseMin: 2, pauseMax: 40}
			in, _ := h.assume(g.roles[u.role], op.name, 60, "")
			in.some(r.Between(3, 9), 0.03, u.reads)
		}
	}
}

// contractor comes from a partner's account through the role meant for it.
func (g *organization) contractor(r *Rand, day time.Time) {
	main := g.places[0]
	caller := &role{g.partner, "field-support", NewRand(g.seed, "partner").roleID(), "/"}
	h := &hand{rec: g.rec, r: r, place: main, who: byAccount(caller.id+":support", g.partner), from: origin{ip: partnerAddress, agent: agentCLIMac}, now: officeHour(r, day), pauseMin: 3, pauseMax: 30}
	s := &session{role: g.roles[4], name: "support", key: r.shortKey(), start: h.now}
	h.call(call{name: "sts:AssumeRole", twin: true,
		params:    obj("roleArn", s.role.arn(), "roleSessionName", s.name, "externalId", "lantern-support", "durationSeconds", 3600),
		result:    obj("credentials", issued(r, s.key, h.now.Add(time.Hour)), "assumedRoleUser", obj("assumedRoleId", s.principal(), "arn", s.arn())),
		resources: list(obj("accountId", main.id, "type", "AWS::IAM::Role", "ARN", s.role.arn()))})
	h.as(bySession(s)).some(r.Between(4, 10), 0.08, []string{"logs:FilterLogEvents", "logs:DescribeLogGroups", "monitoring:GetMetricData", "rds:DescribeDBInstances"})
}

// onCall is a night in which somebody is woken: at home, tired, and fast.
func (g *organization) onCall(r *Rand, day time.Time) {
	p := g.people[r.IntN(len(g.people))]
	at := day.Add(2*time.Hour + time.Duration(r.IntN(7200))*time.Second)
	s := g.signIn(r, p, p.address, at)
	h := &hand{rec: g.rec, r: r, place: p.home, who: bySession(s), from: origin{ip: p.address, agent: p.cli}, now: at.Add(5 * time.Second), pauseMin: 1, pauseMax: 15}
	h.some(r.Between(15, 30), 0.06, append([]string{"monitoring:DescribeAlarms", "ecs:ListServices", "autoscaling:DescribeAutoScalingGroups"}, shellReads...))
	m := p.home.machines[r.IntN(len(p.home.machines))]
	h.call(call{name: "ec2:RebootInstances", params: obj("instancesSet", items(obj("instanceId", m))), result: obj("requestId", r.UUID(), "_return", true)})
	h.some(4, 0, []string{"ec2:DescribeInstanceStatus", "monitoring:DescribeAlarms"})
}

// codingAssistant is a developer's assistant with a role of its own: quick,
// broad, mostly reading, and not allowed everything that it tries.
func (g *organization) codingAssistant(r *Rand, day time.Time) {
	main := g.places[0]
	op := g.operators[3]
	most := 2
	if g.small {
		most = 1
	}
	for range r.Between(1, most) {
		h := &hand{rec: g.rec, r: r, place: main, who: byKey(op), from: origin{ip: officeAddress, agent: agentAssistant}, now: officeHour(r, day), pauseMin: 0, pauseMax: 3}
		in, _ := h.assume(g.assistant, "assistant-"+op.name, 60, "")
		in.some(r.Between(12, 26), 0.04, append([]string{"cloudformation:ListStackResources", "iam:GetRole", "lambda:GetPolicy20150331v2"}, shellReads...))
		c := main.do(r, "iam:ListPolicies")
		in.call(refused(c, in.who.arn, "policy path /"))
	}
}

// codeHost is the user with which an older GitHub integration pulls images.
func (g *organization) codeHost(r *Rand, day time.Time) {
	for range r.Between(1, 3) {
		h := &hand{rec: g.rec, r: r, place: g.places[0], who: byKey(g.firstAdmin), from: origin{ip: fmt.Sprintf("203.0.113.%d", r.Between(10, 40)), agent: agentBoto}, now: officeHour(r, day), pauseMin: 0, pauseMax: 2}
		h.does("sts:GetCallerIdentity", "ecr:GetAuthorizationToken", "ecr:DescribeImages")
	}
}

// dashboards is an older way of showing colleagues a console page: a federated
// session made from a user's key.
func (g *organization) dashboards(r *Rand, day time.Time) {
	op := g.operators[2]
	h := &hand{rec: g.rec, r: r, place: g.places[0], who: byKey(op), from: origin{ip: officeAddress, agent: agentBotoMac}, now: officeHour(r, day), pauseMin: 2, pauseMax: 10}
	key, start := r.shortKey(), h.now
	arn := "arn:aws:sts::" + op.account + ":federated-user/dashboard"
	h.call(call{name: "sts:GetFederationToken", params: obj("name", "dashboard", "durationSeconds", 3600, "policyArns", list(obj("arn", "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"))),
		result: obj("credentials", issued(r, key, start.Add(time.Hour)), "federatedUser", obj("federatedUserId", op.account+":dashboard", "arn", arn), "packedPolicySize", 4)})
	h.as(byFederated(op, "dashboard", key, start)).some(r.Between(3, 6), 0, []string{"monitoring:GetDashboard", "monitoring:GetMetricData", "monitoring:DescribeAlarms"})
}

// owner is the account's root user, who looks at the bill now and then.
func (g *organization) owner(r *Rand, day time.Time) {
	p, at := g.places[len(g.places)-1], officeHour(r, day)
	in := byRoot(p.id, "", at)
	h := &hand{rec: g.rec, r: r, place: p, who: in, from: origin{ip: officeAddress, agent: agentBrowser}, now: at, pauseMin: 2, pauseMax: 20}
	h.call(call{name: "signin:ConsoleLogin", kind: "AwsConsoleSignIn", result: obj("ConsoleLogin", "Success"),
		extra: obj("LoginTo", "https://console.aws.amazon.com/billing/home", "MobileVersion", "No", "MFAUsed", "Yes", "MFAIdentifier", "arn:aws:iam::"+p.id+":mfa/root-account-mfa-device")})
	h.who, h.from.console = byRoot(p.id, r.shortKey(), at), true
	h.does("ce:GetCostAndUsage", "iam:GetAccountSummary", "ce:GetCostAndUsage")
}
