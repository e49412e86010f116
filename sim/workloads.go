package sim

import (
	"fmt"
	"time"
)

// services are the provider's own calls: the trail writes its files, the
// configuration recorder looks around.
func (g *organization) services(r *Rand, p *place, day time.Time) {
	cfg := &role{p.id, "AWSServiceRoleForConfig", NewRand(g.seed, "config", p.id).roleID(), "/aws-service-role/config.amazonaws.com/"}
	for hour := range 24 {
		if g.small && hour%6 != 0 {
			continue
		}
		at := day.Add(time.Duration(hour)*time.Hour + time.Duration(r.IntN(3000))*time.Second)
		h := &hand{rec: g.rec, r: r, place: p, who: byService("cloudtrail.amazonaws.com"),
			from: origin{ip: "cloudtrail.amazonaws.com", agent: "cloudtrail.amazonaws.com", service: true}, now: at, pauseMin: 1, pauseMax: 5}
		h.call(call{name: "s3:GetBucketAcl", twin: true, params: obj("bucketName", p.logs, "Host", p.logs+".s3."+p.home+".amazonaws.com", "acl", ""), extra: s3Extra(r, 0, 542),
			resources: list(obj("accountId", p.id, "type", "AWS::S3::Bucket", "ARN", "arn:aws:s3:::"+p.logs))})
		c := p.do(r, "kms:GenerateDataKey")
		c.twin = true
		h.call(c)
		if hour%3 == 0 && !(g.small && hour > 0) {
			h.who = forwarded(&session{role: cfg, name: "AWSConfig-Describe", start: at}, "config.amazonaws.com", "")
			h.from = origin{ip: "config.amazonaws.com", agent: "config.amazonaws.com", service: true}
			h.does("ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "lambda:ListFunctions20150331", "s3:GetBucketPolicy", "iam:ListPolicies")
		}
	}
}

var scanned = []string{"iam:ListUsers", "iam:ListRoles", "iam:ListPolicies", "iam:GetAccountSummary", "iam:GetAccountPasswordPolicy", "iam:GenerateCredentialReport",
	"iam:GetCredentialReport", "iam:ListVirtualMFADevices", "ec2:DescribeRegions", "ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs",
	"ec2:DescribeFlowLogs", "ec2:DescribeSnapshots", "ec2:DescribeImages", "ec2:DescribeVolumes", "ec2:DescribeNetworkAcls", "s3:ListBuckets", "s3:GetBucketAcl",
	"s3:GetBucketPolicy", "s3:GetBucketEncryption", "s3:GetBucketVersioning", "s3:GetBucketLogging", "s3:GetBucketPublicAccessBlock", "lambda:ListFunctions20150331",
	"lambda:GetPolicy20150331v2", "rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "kms:ListKeys", "kms:GetKeyRotationStatus", "kms:GetKeyPolicy",
	"cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors", "guardduty:ListDetectors", "config:DescribeConfigurationRecorders",
	"secretsmanager:ListSecrets", "ssm:DescribeParameters", "ecs:ListClusters", "eks:ListClusters", "sns:ListTopics", "sqs:GetQueueAttributes", "organizations:DescribeOrganization"}

// scanner is a vendor's posture tool: it comes in from the vendor's account
// with an external id and reads everything, in every account, every night.
func (g *organization) scanner(r *Rand, p *place, n int, day time.Time) {
	ro := &role{p.id, "posture-reader", NewRand(g.seed, "posture", p.id).roleID(), "/"}
	at := day.Add(time.Duration(n%12)*20*time.Minute + time.Hour + time.Duration(r.IntN(400))*time.Second)
	s := &session{role: ro, name: "posture-collector", key: r.shortKey(), start: at}
	h := &hand{rec: g.rec, r: r, place: p, who: byAccount(NewRand(g.seed, "vendor").roleID()+":collector", g.vendor),
		from: origin{ip: vendorAddress, agent: agentScanner}, now: at, pauseMin: 0, pauseMax: 1}
	h.call(call{name: "sts:AssumeRole", twin: true,
		params:    obj("roleArn", ro.arn(), "roleSessionName", s.name, "externalId", g.external, "durationSeconds", 3600),
		result:    obj("credentials", issued(r, s.key, at.Add(time.Hour)), "assumedRoleUser", obj("assumedRoleId", s.principal(), "arn", s.arn())),
		resources: list(obj("accountId", p.id, "type", "AWS::IAM::Role", "ARN", ro.arn()))})
	h.who, h.now = bySession(s), at.Add(2*time.Second)
	for i, name := range scanned {
		if g.small && i%2 == 1 {
			continue
		}
		h.does(name)
		if r.Chance(0.3) {
			h.does(name)
		}
	}
}

// machines are instances with a role: fresh credentials from EC2 some times a
// day, the management agent reporting, and the application's calls.
func (g *organization) machines(r *Rand, day time.Time) {
	main := g.places[0]
	count, every := 5, 3
	if g.small {
		count, every = 2, 8
	}
	for i := range count {
		m := main.machines[i]
		for hour := r.IntN(3); hour < 24; hour += every {
			at := day.Add(time.Duration(hour)*time.Hour + time.Duration(r.IntN(3000))*time.Second)
			h, _ := given(g.rec, r, main, g.instance, "ec2", m, "", at)
			h.from = origin{ip: fmt.Sprintf("192.0.2.%d", 100+i), agent: agentSSM}
			c := main.do(r, "ssm:UpdateInstanceInformation")
			c.params = obj("instanceId", m, "agentStatus", "Active", "agentName", "amazon-ssm-agent", "agentVersion", "3.3.1957.0", "platformType", "Linux",
				"platformName", "Amazon Linux", "platformVersion", "2023")
			h.call(c)
			h = h.with(agentJava)
			h.some(r.Between(2, 5), 0, []string{"ssm:GetParametersByPath", "secretsmanager:GetSecretValue", "kms:Decrypt", "sqs:GetQueueAttributes"})
		}
	}
}

// awsAddress is where a function's calls come from: the provider's own
// addresses, a different one for every start of it.
func awsAddress(r *Rand) string { return fmt.Sprintf("192.0.2.%d", r.Between(200, 239)) }

// runs is one cold start of a function: its session and its hand.
func (g *organization) runs(r *Rand, p *place, ro *role, function string, at time.Time) *hand {
	h, _ := given(g.rec, r, p, ro, "lambda", function, p.function(function), at)
	h.from = origin{ip: awsAddress(r), agent: agentLambda}
	return h
}

// functions are the application's own, doing the same few things all day.
func (g *organization) functions(r *Rand, day time.Time) {
	main := g.places[0]
	least, most := 8, 14
	if g.small {
		least, most = 2, 4
	}
	for i := range 4 {
		name := main.funcs[i]
		ro := &role{main.id, name + "-exec", NewRand(g.seed, "exec", name).roleID(), "/service-role/"}
		for range r.Between(least, most) {
			h := g.runs(r, main, ro, name, day.Add(time.Duration(r.IntN(86400-60))*time.Second))
			h.call(call{name: "logs:CreateLogStream", params: obj("logGroupName", "/aws/lambda/"+name, "logStreamName", h.now.Format("2006/01/02")+"/[$LATEST]"+r.Hex(32))})
			h.some(r.Between(1, 4), 0.01, []string{"ssm:GetParameter", "secretsmanager:GetSecretValue", "kms:Decrypt"})
		}
	}
}

// setUp is the function that the recording's attacker rewrites. It labels new
// machines, and at night it rotates the keys of two service users: power over
// identities that its history shows.
func (g *organization) setUp(r *Rand, day time.Time) {
	main := g.places[0]
	gone := func(at time.Time) bool { return !g.replaced.IsZero() && !at.Before(g.replaced) }
	for range r.Between(3, 7) {
		at := day.Add(6*time.Hour + time.Duration(r.IntN(15*3600))*time.Second)
		if gone(at.Add(time.Minute)) { // whose code is no longer its own does none of this
			continue
		}
		h := g.runs(r, main, g.initRole, g.names.Function, at)
		h.does("ec2:DescribeInstances", "ec2:DescribeTags", "ec2:CreateTags")
	}
	night := day.Add(2*time.Hour + 10*time.Minute)
	if !g.demonstrate || gone(night.Add(time.Minute)) {
		return
	}
	h := g.runs(r, main, g.initRole, g.names.Function, night)
	h.pauseMin, h.pauseMax = 1, 3
	for _, name := range []string{"svc-mailer", "svc-reports"} {
		key := func(d time.Time) string { return NewRand(g.seed, "rotated", name, d.Format(time.DateOnly)).longKey() }
		h.call(call{name: "iam:ListAccessKeys", params: obj("userName", name)})
		h.call(call{name: "iam:DeleteAccessKey", params: obj("userName", name, "accessKeyId", key(day.AddDate(0, 0, -2)))})
		h.call(newKey(name, key(day), h.now))
		h.call(call{name: "iam:UpdateAccessKey", params: obj("userName", name, "accessKeyId", key(day.AddDate(0, 0, -1)), "status", "Inactive")})
	}
}

// newKey is CreateAccessKey. IAM writes times in a spelling of its own.
func newKey(name, key string, at time.Time) call {
	return call{name: "iam:CreateAccessKey", params: obj("userName", name),
		result: obj("accessKey", obj("userName", name, "accessKeyId", key, "status", "Active", "createDate", at.UTC().Format("Jan 2, 2006, 3:04:05 PM")))}
}

// newUser is CreateUser.
func newUser(u *user, at time.Time) call {
	return call{name: "iam:CreateUser", params: obj("userName", u.name),
		result: obj("user", obj("path", "/", "userName", u.name, "userId", u.id, "arn", u.arn(), "createDate", at.UTC().Format("Jan 2, 2006, 3:04:05 PM")))}
}

// joiner is the function that makes accounts for new colleagues.
func (g *organization) joiner(r *Rand, day time.Time, d int) {
	if d%2 == 1 {
		return
	}
	main := g.places[0]
	h := g.runs(r, main, g.provision, "user-provisioner", officeHour(r, day))
	h.pauseMin, h.pauseMax = 1, 2
	u := &user{account: main.id, name: firstNames[(d*5+7)%len(firstNames)] + ".new" + fmt.Sprint(d), id: r.userID()}
	h.call(newUser(u, h.now))
	h.call(call{name: "iam:AddUserToGroup", params: obj("userName", u.name, "groupName", "staff")})
	h.call(call{name: "iam:CreateLoginProfile", params: obj("userName", u.name, "passwordResetRequired", true),
		result: obj("loginProfile", obj("userName", u.name, "createDate", h.now.Format("Jan 2, 2006, 3:04:05 PM"), "passwordResetRequired", true))})
	h.call(call{name: "iam:TagUser", params: obj("userName", u.name, "tags", list(obj("key", "team", "value", r.Pick(trades...))))})
}

// backups is the nightly snapshot run.
func (g *organization) backups(r *Rand, day time.Time) {
	h, _ := given(g.rec, r, g.places[0], g.backup, "backup", "AWSBackup-"+r.UUID(), "", day.Add(3*time.Hour+time.Duration(r.IntN(600))*time.Second))
	h.from = origin{ip: "backup.amazonaws.com", agent: "backup.amazonaws.com", service: true}
	volumes := 5
	if g.small {
		volumes = 2
	}
	for range volumes {
		h.does("ec2:CreateSnapshot", "ec2:DescribeSnapshots", "ec2:DeleteSnapshot")
	}
}

// directorySync is the user with which another company's directory looks, every
// two hours, which roles there are.
func (g *organization) directorySync(r *Rand, day time.Time) {
	every := 2
	if g.small {
		every = 8
	}
	for hour := 0; hour < 24; hour += every {
		h := &hand{rec: g.rec, r: r, place: g.places[0], who: byKey(g.sync), from: origin{ip: azureAddress, agent: agentDotnet},
			now: day.Add(time.Duration(hour)*time.Hour + time.Duration(r.IntN(900))*time.Second), pauseMin: 0, pauseMax: 1}
		h.does("iam:ListAccountAliases", "iam:ListRoles")
	}
}

// supportBot is an application that asks a model, more by day than by night.
func (g *organization) supportBot(r *Rand, day time.Time, workday bool) {
	n := 6
	if workday {
		n = 18
	}
	if g.small {
		n /= 3
	}
	for range n {
		h := g.runs(r, g.places[0], g.bot, "support-bot", officeHour(r, day))
		for range r.Between(1, 3) {
			h.call(invokeModel(r, "us-east-1", "anthropic.claude-3-haiku-20240307-v1:0", "us-east-1"))
		}
	}
}

// modelUser is the key with which a batch job asks a model.
func (g *organization) modelUser(r *Rand, day time.Time, workday bool) {
	if !workday {
		return
	}
	h := &hand{rec: g.rec, r: r, place: g.places[0], who: byKey(g.model), from: origin{ip: "192.0.2.60", agent: agentBoto}, now: officeHour(r, day), pauseMin: 4, pauseMax: 25}
	for range r.Between(4, 10) {
		h.call(invokeModel(r, "us-east-1", "amazon.titan-embed-text-v2:0", ""))
	}
}

// workflow is a pipeline's way in: a token of the code host for a role.
func (g *organization) workflow(r *Rand, ro *role, repository string, at time.Time) *hand {
	main := g.places[0]
	host, aud := "token.actions.githubusercontent.com", "sts.amazonaws.com"
	subject := "repo:" + g.github + "/" + repository + ":ref:refs/heads/main"
	s := &session{role: ro, name: "GitHubActions", key: r.shortKey(), start: at}
	ip := fmt.Sprintf("203.0.113.%d", r.Between(50, 120)) // hosted runners: another machine each time
	h := &hand{rec: g.rec, r: r, place: main, who: byOIDC(main.id, host, aud, subject), from: origin{ip: ip, agent: agentActions}, now: at, pauseMin: 1, pauseMax: 4}
	h.call(call{name: "sts:AssumeRoleWithWebIdentity",
		params: obj("roleArn", ro.arn(), "roleSessionName", s.name, "durationSeconds", 3600),
		result: obj("credentials", issued(r, s.key, at.Add(time.Hour)), "subjectFromWebIdentityToken", subject,
			"assumedRoleUser", obj("assumedRoleId", s.principal(), "arn", s.arn()), "provider", "arn:aws:iam::"+main.id+":oidc-provider/"+host, "audience", aud),
		resources: list(obj("accountId", main.id, "type", "AWS::IAM::Role", "ARN", ro.arn()))})
	g.rec.notes = append(g.rec.notes, note{at: at, repository: repository, session: s})
	h.who = bySession(s)
	return h
}

// newCode is UpdateFunctionCode, which never shows the code.
func newCode(r *Rand, p *place, name string, ro *role, timeout int, at time.Time) call {
	return call{name: "lambda:UpdateFunctionCode20150331v2",
		params: obj("functionName", name, "publish", false, "dryRun", false),
		result: configuration(r, p, name, ro, timeout, at)}
}

// newTimeout is UpdateFunctionConfiguration with nothing but a timeout.
func newTimeout(r *Rand, p *place, name string, ro *role, timeout int, at time.Time) call {
	return call{name: "lambda:UpdateFunctionConfiguration20150331v2",
		params: obj("functionName", name, "timeout", timeout),
		result: configuration(r, p, name, ro, timeout, at)}
}

// configuration is what both answer: the whole of the function.
func configuration(r *Rand, p *place, name string, ro *role, timeout int, at time.Time) rawJSON {
	return obj("functionName", name, "functionArn", p.function(name), "runtime", "python3.12", "role", ro.arn(), "handler", "index.handler",
		"codeSize", r.Between(900, 9000), "description", "", "timeout", timeout, "memorySize", 128, "lastModified", at.UTC().Format("2006-01-02T15:04:05.000+0000"),
		"codeSha256", r.Text(tokenLetter, 43)+"=", "version", "$LATEST", "environment", obj(), "tracingConfig", obj("mode", "PassThrough"), "revisionId", r.UUID(),
		"state", "Active", "lastUpdateStatus", "InProgress", "lastUpdateStatusReasonCode", "Creating", "packageType", "Zip", "architectures", []string{"x86_64"},
		"ephemeralStorage", obj("size", 512), "loggingConfig", obj("logFormat", "Text", "logGroup", "/aws/lambda/"+name))
}

// deploys are pipelines that replace the code of the application's functions.
func (g *organization) deploys(r *Rand, day time.Time) {
	main := g.places[0]
	for range r.Between(2, 4) {
		name := main.funcs[r.IntN(4)]
		ro := &role{main.id, name + "-exec", NewRand(g.seed, "exec", name).roleID(), "/service-role/"}
		h := g.workflow(r, g.deployRole, name, officeHour(r, day))
		h.from.agent = agentCLILinux
		h.does("sts:GetCallerIdentity")
		h.call(call{name: "lambda:GetFunction20150331v2", params: obj("functionName", name)})
		h.call(newCode(r, main, name, ro, 15, h.now))
		for range 2 {
			h.call(call{name: "lambda:GetFunctionConfiguration20150331v2", params: obj("functionName", name)})
		}
		version := fmt.Sprint(r.Between(40, 90))
		h.call(call{name: "lambda:PublishVersion20150331", params: obj("functionName", name), result: configuration(r, main, name, ro, 15, h.now)})
		h.call(call{name: "lambda:UpdateAlias20150331", params: obj("functionName", name, "name", "live", "functionVersion", version),
			result: obj("aliasArn", main.function(name)+":live", "name", "live", "functionVersion", version, "description", "", "revisionId", r.UUID())})
	}
}

var refreshed = []string{"ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeNatGateways", "ec2:DescribeInstances",
	"iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion", "s3:GetBucketPolicy", "s3:GetBucketVersioning",
	"s3:GetBucketEncryption", "s3:GetBucketTagging", "s3:GetBucketLogging", "s3:GetBucketLifecycle", "s3:GetBucketReplication", "lambda:GetFunction20150331v2",
	"lambda:ListVersionsByFunction20150331", "lambda:GetPolicy20150331v2", "dynamodb:DescribeTable", "sqs:GetQueueAttributes", "kms:DescribeKey", "kms:GetKeyPolicy",
	"logs:DescribeLogGroups", "rds:DescribeDBInstances", "ssm:GetParameter", "ssm:DescribeParameters", "route53:ListHostedZones"}

// plans are Terraform runs: a pipeline's role takes the deployer's role, reads
// the whole estate, and changes a little of it, identities included.
func (g *organization) plans(r *Rand, day time.Time) {
	main := g.places[0]
	for run := range r.Between(1, 2) {
		ci := g.workflow(r, g.planRole, "infrastructure", officeHour(r, day))
		ci.from.agent = agentTerraform
		h, _ := ci.assume(g.terraform, "terraform", 60, "")
		h.pauseMin, h.pauseMax = 0, 1
		h.does("sts:GetCallerIdentity")
		h.some(r.Between(40, 70), 0.01, refreshed)
		t := trades[r.IntN(len(trades))]
		if run == 0 {
			fresh := &role{main.id, fmt.Sprintf("%s-%s-role", t, r.Hex(4)), r.roleID(), "/"}
			trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
			h.call(call{name: "iam:CreateRole", params: obj("roleName", fresh.name, "path", "/", "assumeRolePolicyDocument", trust, "tags", list(obj("key", "managed-by", "value", "terraform"))),
				result: obj("role", obj("path", "/", "roleName", fresh.name, "roleId", fresh.id, "arn", fresh.arn(), "createDate", h.now.Format("Jan 2, 2006, 3:04:05 PM"),
					"assumeRolePolicyDocument", percent(trust)))})
			h.call(call{name: "iam:PutRolePolicy", params: obj("roleName", fresh.name, "policyName", "table", "policyDocument",
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem"],"Resource":"`+main.arn("dynamodb", "table/"+t)+`"}]}`)})
			h.call(call{name: "iam:AttachRolePolicy", params: obj("roleName", fresh.name, "policyArn", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")})
		}
		group := main.groups[r.IntN(len(main.groups))]
		h.call(openPort(r, main, group, 5432, 5432, "10.20.0.0/16"))
		name := main.funcs[r.IntN(4)]
		h.call(newTimeout(r, main, name, &role{main.id, name + "-exec", "", "/service-role/"}, r.Between(10, 20), h.now))
	}
}

// openPort is AuthorizeSecurityGroupIngress with one rule.
func openPort(r *Rand, p *place, group string, from, to int, cidr string) call {
	return call{name: "ec2:AuthorizeSecurityGroupIngress",
		params: obj("groupId", group, "ipPermissions", items(obj("ipProtocol", "tcp", "fromPort", from, "toPort", to, "groups", obj(),
			"ipRanges", items(obj("cidrIp", cidr)), "ipv6Ranges", obj(), "prefixListIds", obj()))),
		result: obj("requestId", r.UUID(), "_return", true, "securityGroupRuleSet", items(obj("groupOwnerId", p.id, "groupId", group,
			"securityGroupRuleId", "sgr-0"+r.Hex(16), "isEgress", false, "ipProtocol", "tcp", "fromPort", from, "toPort", to, "cidrIpv4", cidr)))}
}

// percent is URL encoding as IAM uses it for policy documents in answers.
func percent(s string) string {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' {
			b = append(b, c)
			continue
		}
		b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
	}
	return string(b)
}
