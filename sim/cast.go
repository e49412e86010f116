package sim

import (
	"strings"
	"time"
)

// What several scripts need: people, roles and keys, and the calls that make
// them. Identities come from the seed and their name alone.

const adminPolicy = "arn:aws:iam::aws:policy/AdministratorAccess"

// user is one of the account's own, or one that the script makes later.
func (s *stage) user(name string) *user {
	r := NewRand(s.g.seed, "user", name)
	return &user{s.main.id, name, r.userID(), r.longKey()}
}

func (s *stage) role(name string) *role {
	return &role{s.main.id, name, NewRand(s.g.seed, "role", name).roleID(), "/"}
}

// signs is a user with its key.
func signs(u *user, from origin) *actor {
	return &actor{who: byKey(u), from: from, truth: userActor(u)}
}

// holds is a role's session.
func holds(t *session, from origin) *actor {
	return &actor{who: bySession(t), from: from, truth: sessionActor(t), session: t}
}

// runs is a function at work, with a session that Lambda gave it just now; it
// acts for the intruder without being counted as a principal.
func (s *stage) runs(name string, ro *role) *actor {
	h, t := given(s.g.rec, s.r, s.main, ro, "lambda", name, s.main.function(name), s.now)
	s.now = h.now
	return &actor{who: h.who, from: origin{ip: awsAddress(s.r), agent: agentLambda}, truth: sessionActor(t), workload: true}
}

// works is a function of the organisation's that does the same all day.
func (s *stage) works(name string, hours []int, steps ...step) {
	ro := &role{s.main.id, name + "-exec", NewRand(s.g.seed, "exec", name).roleID(), "/service-role/"}
	for d := range s.days {
		for _, hour := range hours {
			h := s.g.runs(s.r, s.main, ro, name, s.from.AddDate(0, 0, d).Add(time.Duration(hour)*time.Hour+time.Duration(s.r.IntN(3000))*time.Second))
			a := &actor{who: h.who, from: h.from}
			for i, st := range steps {
				s.record(a, "", st, h.now.Add(time.Duration(2*i)*time.Second))
			}
		}
	}
}

// pipeline is a day's run of a workflow at the code host with a role.
func (s *stage) pipeline(ro *role, repository string, hour int, steps ...step) {
	for d := range s.days {
		h := s.g.workflow(s.r, ro, repository, s.from.AddDate(0, 0, d).Add(time.Duration(hour)*time.Hour+time.Duration(s.r.IntN(3000))*time.Second))
		a := &actor{who: h.who, from: origin{ip: h.from.ip, agent: agentCLILinux}}
		at := h.now
		for _, st := range steps {
			at = at.Add(time.Duration(st.wait) * time.Second)
			s.record(a, "", st, at)
		}
	}
}

// federates is GetFederationToken by a user's key, and the federated session.
func (s *stage) federates(by *actor, wait int, u *user, name string) *actor {
	s.now = s.now.Add(s.paced(wait))
	key, start := s.r.shortKey(), s.now
	w := byFederated(u, name, key, start)
	s.plays(by, persistence, do(0, "sts:GetFederationToken", obj("name", name, "durationSeconds", 43200, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
		obj("credentials", issued(s.r, key, start.Add(12*time.Hour)), "federatedUser", obj("federatedUserId", u.account+":"+name, "arn", w.arn), "packedPolicySize", 6)).key())
	return &actor{who: w, from: by.from, truth: TruthActor{Kind: "federated", ID: w.id, Name: name, ARN: w.arn, Account: u.account, Credential: key, Identity: w.id}}
}

// opensConsole turns a federated session into one in the browser.
func (s *stage) opensConsole(by *actor, wait int, u *user, name string) *actor {
	s.now = s.now.Add(s.paced(wait))
	key, start := s.r.shortKey(), s.now
	s.plays(by, persistence, do(0, "signin:GetSigninToken", "",
		obj("credentials", obj("accessKeyId", key), "GetSigninToken", "Success")).with(obj("MobileVersion", "No", "MFAUsed", "No")).key())
	w := byFederated(u, name, key, start)
	in := &actor{who: w, from: origin{ip: by.from.ip, agent: agentBrowserWin}, truth: by.truth}
	in.truth.Credential = key
	s.signsIn(in, 4)
	in.from.console = true
	return in
}

// passwordConsole is a user's sign-in with a password and without a second
// factor, and the session in the browser.
func (s *stage) passwordConsole(u *user, wait int, from origin) *actor {
	from.console = false
	truth := userActor(u)
	truth.Credential = "" // signing in takes no key
	in := &actor{who: signingIn(u), from: from, truth: truth}
	s.signsIn(in, wait)
	t := *in
	t.truth.Credential = s.r.shortKey()
	t.who, t.from.console = atConsole(u, t.truth.Credential, s.now.Add(-time.Second), false), true
	return &t
}

func (s *stage) signsIn(by *actor, wait int) {
	st := do(wait, "signin:ConsoleLogin", "", obj("ConsoleLogin", "Success")).
		with(obj("LoginTo", "https://console.aws.amazon.com/console/home", "MobileVersion", "No", "MFAUsed", "No"))
	st.call.kind = "AwsConsoleSignIn"
	if by.truth.Credential == "" { // nobody to list yet: the session that follows is
		s.now = s.now.Add(s.paced(wait))
		s.record(by, initialAccess, st, s.now)
		s.now = s.now.Add(2 * time.Second)
		return
	}
	s.plays(by, initialAccess, st)
}

// makesUser is CreateUser.
func makesUser(wait int, u *user) step {
	return do(wait, "iam:CreateUser", obj("userName", u.name),
		obj("user", obj("path", "/", "userName", u.name, "userId", u.id, "arn", u.arn(), "createDate", nowText)))
}

// givesUser and givesRole attach a managed policy.
func givesUser(wait int, u *user, policy string) step {
	return do(wait, "iam:AttachUserPolicy", obj("userName", u.name, "policyArn", policy), "")
}

func givesRole(wait int, ro *role, policy string) step {
	return do(wait, "iam:AttachRolePolicy", obj("roleName", ro.name, "policyArn", policy), "")
}

// setsPassword is CreateLoginProfile or UpdateLoginProfile.
func setsPassword(wait int, name string, u *user) step {
	st := do(wait, "iam:"+name, obj("userName", u.name, "passwordResetRequired", false), "")
	if name == "CreateLoginProfile" {
		st.call.result = obj("loginProfile", obj("userName", u.name, "createDate", nowText, "passwordResetRequired", false))
	}
	return st
}

// trusts is who a role lets in.
func trusts(kind, who string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"` + kind + `":"` + who + `"},"Action":"sts:AssumeRole"}]}`
}

func makesRole(wait int, ro *role, trust string) step {
	return do(wait, "iam:CreateRole", obj("roleName", ro.name, "path", ro.path, "assumeRolePolicyDocument", trust, "maxSessionDuration", 3600),
		obj("role", obj("path", ro.path, "roleName", ro.name, "roleId", ro.id, "arn", ro.arn(), "createDate", nowText, "assumeRolePolicyDocument", percent(trust))))
}

// mints is CreateAccessKey for somebody; the truth file lists the key.
func (s *stage) mints(by *actor, wait int, phase string, u *user, how ...func(step) step) {
	st := do(wait, "iam:CreateAccessKey", obj("userName", u.name),
		obj("accessKey", obj("userName", u.name, "accessKeyId", u.key, "status", "Active", "createDate", nowText)))
	for _, change := range how {
		st = change(st)
	}
	s.plays(by, phase, st)
	s.truth.Minted = append(s.truth.Minted, TruthKey{Credential: u.key, Owner: u.id, EventID: s.lastID})
}

// makesFunction is CreateFunction with code from a bucket of the account's.
func (s *stage) makesFunction(wait int, name string, ro *role, at time.Time) step {
	return do(wait, "lambda:CreateFunction20150331", obj("functionName", name, "runtime", "python3.12", "role", ro.arn(), "handler", "index.handler",
		"code", obj(), "description", "", "timeout", 60, "memorySize", 256, "publish", false, "packageType", "Zip"),
		configuration(s.r, s.main, name, ro, 60, at))
}

// bucket is the list of resources of a call about a bucket.
func (s *stage) bucket(name string) rawJSON {
	return list(obj("accountId", s.main.id, "type", "AWS::S3::Bucket", "ARN", "arn:aws:s3:::"+name))
}

// onObject is a data event about one object.
func (s *stage) onObject(wait int, name, bucket, key string, in, out int, more ...any) step {
	about := append([]any{"bucketName", bucket, "Host", bucket + ".s3." + s.main.home + ".amazonaws.com", "key", key}, more...)
	return do(wait, name, obj(about...)).with(s3Extra(s.r, in, out)).asData().
		touches(list(obj("type", "AWS::S3::Object", "ARN", "arn:aws:s3:::"+bucket+"/"+key), obj("accountId", s.main.id, "type", "AWS::S3::Bucket", "ARN", "arn:aws:s3:::"+bucket)))
}

// onBucket is a management event about a bucket.
func (s *stage) onBucket(wait int, name, bucket string, more ...any) step {
	about := append([]any{"bucketName", bucket, "Host", bucket + ".s3." + s.main.home + ".amazonaws.com"}, more...)
	return do(wait, name, obj(about...)).with(s3Extra(s.r, 0, 400)).touches(s.bucket(bucket))
}

// listsObjects is a data event too, about the bucket as a whole.
func (s *stage) listsObjects(wait int, bucket string, out int) step {
	return do(wait, "s3:ListObjects", obj("list-type", "2", "bucketName", bucket, "encoding-type", "url", "prefix", "", "Host", bucket+".s3."+s.main.home+".amazonaws.com")).
		with(s3Extra(s.r, 0, out)).asData().touches(s.bucket(bucket))
}

// entersFromOutside is AssumeRole by a principal of another account, as this
// account's trail has it, and the session's holder.
func (s *stage) entersFromOutside(account, principal string, wait int, ro *role, name string, from origin) *actor {
	w := byAccount(principal, account)
	out := &actor{who: w, from: from, outside: true, truth: TruthActor{Kind: "outside", ID: principal, Name: principal, ARN: "arn:aws:iam::" + account + ":root", Account: account, Identity: principal}}
	s.now = s.now.Add(s.paced(wait))
	t := &session{role: ro, name: name, key: s.r.shortKey(), start: s.now}
	st := do(0, "sts:AssumeRole", obj("roleArn", ro.arn(), "roleSessionName", name, "durationSeconds", 3600),
		obj("credentials", issued(s.r, t.key, s.now.Add(time.Hour)), "assumedRoleUser", obj("assumedRoleId", t.principal(), "arn", t.arn()))).
		touches(list(obj("accountId", s.main.id, "type", "AWS::IAM::Role", "ARN", ro.arn()))).key()
	st.call.twin = true
	s.plays(out, initialAccess, st)
	s.now = s.now.Add(time.Second)
	return holds(t, from)
}

// signsInAs is the directory giving the intruder a person's session.
func (s *stage) signsInAs(p *person, from origin) *actor {
	t := s.g.signIn(s.r, p, from.ip, s.now)
	// The record is part of the script, not of the ordinary work around it.
	last := &s.g.rec.entries[len(s.g.rec.entries)-1]
	last.phase = initialAccess
	subject := last.who
	s.lists(&actor{who: *subject, outside: true, truth: TruthActor{Kind: "saml", ID: subject.id, Name: p.name, ARN: subject.arn, Account: s.main.id, Identity: subject.id}})
	s.now = s.now.Add(2 * time.Second)
	in := holds(t, from)
	in.from.console = false
	s.signsIn(in, 0)
	in.from = from
	in.from.console = true
	return in
}

// sends is a message handed to the mail service, a data event.
func (s *stage) sends(wait int, from string) step {
	return do(wait, "ses:SendEmail", obj("fromEmailAddress", from, "destination", obj("toAddresses", []string{"HIDDEN_DUE_TO_SECURITY_REASONS"}),
		"content", "HIDDEN_DUE_TO_SECURITY_REASONS"), obj("messageId", s.r.Hex(16)+"-"+s.r.UUID()+"-000000")).asData().
		touches(list(obj("accountId", s.main.id, "type", "AWS::SES::EmailIdentity", "ARN", s.main.arn("ses", "identity/"+from))))
}

// launches is RunInstances of one machine.
func (s *stage) launches(wait int, kind, machine string, key string) step {
	return do(wait, "ec2:RunInstances", obj("instancesSet", items(obj("imageId", s.main.images[0], "minCount", 1, "maxCount", 1, "keyName", key)), "instanceType", kind,
		"blockDeviceMapping", obj(), "monitoring", obj("enabled", false), "disableApiTermination", false, "subnetId", s.main.subnets[0], "clientToken", s.r.UUID()),
		s.launched(kind, machine))
}

// terminates is TerminateInstances.
func (s *stage) terminates(wait int, machines ...string) step {
	var asked, told []any
	for _, m := range machines {
		asked = append(asked, obj("instanceId", m))
		told = append(told, obj("instanceId", m, "currentState", obj("code", 32, "name", "shutting-down"), "previousState", obj("code", 16, "name", "running")))
	}
	return do(wait, "ec2:TerminateInstances", obj("instancesSet", items(asked...)), obj("requestId", s.r.UUID(), "instancesSet", items(told...)))
}

// importsKey is ImportKeyPair.
func (s *stage) importsKey(wait int, name string) step {
	return do(wait, "ec2:ImportKeyPair", obj("keyName", name, "publicKeyMaterial", s.r.Text(tokenLetter, 60)),
		obj("requestId", s.r.UUID(), "keyName", name, "keyFingerprint", s.r.Hex(40), "keyPairId", "key-0"+s.r.Hex(16)))
}

// snapshotOf is CreateDBSnapshot.
func (s *stage) snapshotOf(wait int, db, name string) step {
	return do(wait, "rds:CreateDBSnapshot", obj("dBInstanceIdentifier", db, "dBSnapshotIdentifier", name),
		obj("dBSnapshotIdentifier", name, "dBInstanceIdentifier", db, "dBSnapshotArn", s.main.arn("rds", "snapshot:"+name), "engine", "postgres", "status", "creating",
			"snapshotType", "manual", "encrypted", false, "percentProgress", 0, "allocatedStorage", 100))
}

// switchesInto is a change of role in the console by a user of another account,
// which the role's own session signs, and the session in the browser. No record
// gives that session's key.
func (s *stage) switchesInto(account, userName string, wait int, ro *role, name string, from origin) *actor {
	s.now = s.now.Add(s.paced(wait))
	t := &session{role: ro, name: name, key: s.r.shortKey(), start: s.now}
	w := bySession(&session{role: ro, name: name, start: s.now})
	w.json = rawJSON(strings.Replace(string(w.json), `"accessKeyId":"",`, "", 1))
	in := holds(t, from)
	st := do(0, "signin:SwitchRole", "", obj("SwitchRole", "Success")).
		with(obj("SwitchFrom", "arn:aws:iam::"+account+":user/"+userName, "RedirectTo", "https://console.aws.amazon.com/ses/home"))
	st.call.kind = "AwsConsoleSignIn"
	door := *in
	door.who, door.from.console = w, false
	s.plays(&door, initialAccess, st)
	s.now = s.now.Add(time.Second)
	return in
}
