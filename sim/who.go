package sim

import "time"

// timeFormat is CloudTrail's: UTC, whole seconds.
const timeFormat = "2006-01-02T15:04:05Z"

// user is an IAM user with at most one access key in use.
type user struct {
	account, name, id, key string
}

func (u *user) arn() string { return "arn:aws:iam::" + u.account + ":user/" + u.name }

// role is an IAM role; path has its slashes, "/" for most.
type role struct {
	account, name, id, path string
}

func (r *role) arn() string { return "arn:aws:iam::" + r.account + ":role" + r.path + r.name }

// session is a set of temporary credentials of a role.
type session struct {
	role    *role
	name    string // the role session name
	key     string
	start   time.Time
	mfa     bool
	source  string // source identity, sticky through chains
	scope   string // ARN of the function that got the credentials
	version string // ":$LATEST" or a number, for functions
	imds    string // "2.0" when an instance's metadata service gave it
	idc     string // Identity Center user id
	idStore string // and the ARN of its identity store
}

func (s *session) arn() string {
	return "arn:aws:sts::" + s.role.account + ":assumed-role/" + s.role.name + "/" + s.name
}

func (s *session) principal() string { return s.role.id + ":" + s.name }

// who is the userIdentity of a record, rendered once for all the records that
// it signs.
type who struct {
	account string // whose account the identity is in; "" for services
	arn     string // for error messages
	// name and id identify the principal in the truth file.
	name, id, kind string
	json           rawJSON
}

// byKey is an IAM user signing with a long-term key: no session context.
func byKey(u *user) who {
	return who{u.account, u.arn(), u.name, u.id, "user", obj("type", "IAMUser", "principalId", u.id, "arn", u.arn(),
		"accountId", u.account, "accessKeyId", u.key, "userName", u.name)}
}

// atConsole is an IAM user in the console, or in a session made from the
// user's key: a short-lived key and a session context without issuer.
func atConsole(u *user, key string, start time.Time, mfa bool) who {
	return who{u.account, u.arn(), u.name, u.id, "user", obj("type", "IAMUser", "principalId", u.id, "arn", u.arn(),
		"accountId", u.account, "accessKeyId", opt(key), "userName", u.name,
		"sessionContext", obj("attributes", attributes(start, mfa)))}
}

// signingIn is the identity of a ConsoleLogin record: no key yet.
func signingIn(u *user) who {
	return who{u.account, u.arn(), u.name, u.id, "user", obj("type", "IAMUser", "principalId", u.id, "arn", u.arn(),
		"accountId", u.account, "userName", u.name)}
}

// byRoot is the account's root user at the console.
// It has no key while signing in.
func byRoot(account, key string, start time.Time) who {
	arn := "arn:aws:iam::" + account + ":root"
	if key == "" {
		return who{account, arn, "root", account, "root", obj("type", "Root", "principalId", account, "arn", arn, "accountId", account, "accessKeyId", "")}
	}
	return who{account, arn, "root", account, "root", obj("type", "Root", "principalId", account, "arn", arn, "accountId", account,
		"accessKeyId", key, "sessionContext", obj("attributes", attributes(start, true)))}
}

// bySession is an assumed role.
func bySession(s *session) who {
	var scope, behalf any
	if s.scope != "" {
		scope = obj("issuerType", "AWS::Lambda::Function", "credentialsIssuedTo", s.scope,
			"credentialsIssuedToVersion", s.scope+s.version)
	}
	if s.idc != "" {
		behalf = obj("userId", s.idc, "identityStoreArn", s.idStore)
	}
	return who{s.role.account, s.arn(), s.name, s.principal(), "session", obj("type", "AssumedRole", "principalId", s.principal(), "arn", s.arn(),
		"accountId", s.role.account, "accessKeyId", s.key,
		"sessionContext", obj(
			"sessionIssuer", obj("type", "Role", "principalId", s.role.id, "arn", s.role.arn(), "accountId", s.role.account, "userName", s.role.name),
			"attributes", attributes(s.start, s.mfa),
			"sourceIdentity", opt(s.source),
			"ec2RoleDelivery", opt(s.imds)),
		"onBehalfOf", behalf,
		"inScopeOf", scope)}
}

// forwarded is a call that a service made in a role's name: the role's session
// and invokedBy. key is that of a caller's forwarded session; service-linked
// roles show none.
func forwarded(s *session, service, key string) who {
	return who{s.role.account, s.arn(), s.name, s.principal(), "session", obj("type", "AssumedRole", "principalId", s.principal(), "arn", s.arn(),
		"accountId", s.role.account, "accessKeyId", opt(key),
		"sessionContext", obj(
			"sessionIssuer", obj("type", "Role", "principalId", s.role.id, "arn", s.role.arn(), "accountId", s.role.account, "userName", s.role.name),
			"attributes", attributes(s.start, s.mfa)),
		"invokedBy", service)}
}

// byService is a service acting for itself.
func byService(host string) who {
	return who{"", host, host, host, "service", obj("type", "AWSService", "invokedBy", host)}
}

// byNotice is the identity of an AwsServiceEvent: an account and no type.
func byNotice(account, host string) who {
	return who{account, host, host, host, "service", obj("accountId", account, "invokedBy", host)}
}

// byAccount is a principal of another account as the target account sees it.
func byAccount(principal, account string) who {
	return who{account, principal, principal, principal, "account", obj("type", "AWSAccount", "principalId", principal, "accountId", account)}
}

// bySAML is the subject of AssumeRoleWithSAML.
func bySAML(subject, provider string) who {
	return who{"", subject, subject, provider + ":" + subject, "saml", obj("type", "SAMLUser", "principalId", provider+":"+subject, "userName", subject, "identityProvider", provider)}
}

// byOIDC is the subject of AssumeRoleWithWebIdentity.
func byOIDC(account, host, audience, subject string) who {
	arn := "arn:aws:iam::" + account + ":oidc-provider/" + host
	id := arn + ":" + audience + ":" + subject
	return who{"", id, subject, id, "oidc", obj("type", "WebIdentityUser", "principalId", id, "userName", subject, "identityProvider", arn)}
}

// byFederated is a GetFederationToken session of a user.
func byFederated(u *user, name, key string, start time.Time) who {
	arn := "arn:aws:sts::" + u.account + ":federated-user/" + name
	return who{u.account, arn, name, u.account + ":" + name, "federated", obj("type", "FederatedUser", "principalId", u.account+":"+name, "arn", arn,
		"accountId", u.account, "accessKeyId", key,
		"sessionContext", obj(
			"sessionIssuer", obj("type", "IAMUser", "principalId", u.id, "arn", u.arn(), "accountId", u.account, "userName", u.name),
			"attributes", attributes(start, false)))}
}

// attributes are those of a session context; mfaAuthenticated is a string there.
func attributes(start time.Time, mfa bool) rawJSON {
	said := "false"
	if mfa {
		said = "true"
	}
	return obj("creationDate", start.UTC().Format(timeFormat), "mfaAuthenticated", said)
}
