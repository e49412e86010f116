package aws

import (
	"strings"
	"time"

	"github.com/sekisho/sekisho"
)

// sessionEffects are the calls that give a session.
var sessionEffects = map[call]effectFunc{
	{"sts", "AssumeRole"}:                assumeRole,
	{"sts", "AssumeRoleWithSAML"}:        assumeVouched("principalArn", ""),
	{"sts", "AssumeRoleWithWebIdentity"}: assumeVouched("", "provider"),
	{"sts", "AssumeRoot"}:                assumeRole,
	{"sts", "GetSessionToken"}:           ownSession("session"),
	{"sts", "GetFederationToken"}:        getFederationToken,
	{"signin", "GetSigninToken"}:         ownSession("console"),
	{"signin", "SwitchRole"}:             switchRole,
	{"rolesanywhere", "CreateSession"}:   anywhereSession,

	{"signin", "PasswordUpdated"}:           signInPassword,
	{"signin", "PasswordRecoveryCompleted"}: signInPassword,
}

// assumes are the calls that ask for a session of someone else; they leave an
// AssumeTry even when refused.
var assumes = map[call]bool{
	{"sts", "AssumeRole"}: true, {"sts", "AssumeRoleWithSAML"}: true, {"sts", "AssumeRoleWithWebIdentity"}: true,
	{"sts", "AssumeRoot"}: true, {"signin", "SwitchRole"}: true, {"rolesanywhere", "CreateSession"}: true,
}

// lambdaCheck begins the session names under which Lambda tries a role when a
// function is created. It is a check, not an execution: nobody ever signs with
// that session.
const lambdaCheck = "awslambda_"

func assumeRole(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if e.Actor.Type == sekisho.ActorService && strings.HasPrefix(strAt(e.Params, "roleSessionName"), lambdaCheck) {
		return dst
	}
	dst = appendTry(e, dst)
	x := sekisho.Effect{
		Kind:       sekisho.IssueCredential,
		Identity:   askedFor(e),
		Credential: strAt(e.Result, "credentials.accessKeyId"),
		// Absent where a service asked for a workload's session.
		Session: strAt(e.Result, "assumedRoleUser.assumedRoleId"),
		Expires: responseTime(strAt(e.Result, "credentials.expiration")),
	}
	if id := before(x.Session, ":"); id != "" {
		x.Identity.ID = id
	}
	if x.Credential == "" && x.Session == "" {
		return dst
	}
	return append(dst, x)
}

// assumeVouched is assumeRole with a provider's word. Who asks is written with the
// provider's name or a hash of it; the call's own parameter or result has its ARN, which is
// what the call that added it and the trust of the role have.
func assumeVouched(param, result string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		arn := ""
		if param != "" {
			arn = strAt(e.Params, param)
		} else {
			arn = strAt(e.Result, result)
		}
		if strings.HasPrefix(arn, "arn:") {
			e.Actor.Provider = arn
		}
		return assumeRole(e, dst)
	}
}

// appendTry appends the attempt to become someone, if the record says whom.
func appendTry(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	r := askedFor(e)
	if r.Zero() {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.AssumeTry, Identity: r})
}

// askedFor is whom the call wanted to become: from the parameters, else, since
// a refused call keeps none, from the error message.
func askedFor(e *sekisho.Event) sekisho.Ref {
	if e.Service == "signin" { // the record of a switch is signed by the role switched to
		if e.Actor.Type == sekisho.ActorRole {
			return self(e)
		}
		return sekisho.Ref{}
	}
	if arn := strAt(e.Params, "roleArn"); arn != "" {
		return arnRef(arn)
	}
	if t := strAt(e.Params, "targetPrincipal"); t != "" { // AssumeRoot names the account
		account := t
		if !isAccount(account) {
			account = arnField(t, 4)
		}
		return sekisho.Ref{ID: account, Name: "root", Account: account, Type: "root",
			ARN: "arn:" + partition(e.Region) + ":iam::" + account + ":root"}
	}
	if arn := refusedResource(e.ErrorMessage); strings.Contains(arn, ":iam::") {
		return arnRef(arn)
	}
	return sekisho.Ref{}
}

// refusedOn stands before the resource in the message of a refusal.
const refusedOn = "on resource: "

// refusedResource is the resource that an error message says was out of reach:
// "User: … is not authorized to perform: … on resource: ARN because …". "" if
// it names none or "*".
func refusedResource(message string) string {
	_, rest, ok := strings.Cut(message, refusedOn)
	if !ok {
		return ""
	}
	// IAM also writes "user bob".
	if kind, name, ok := strings.Cut(rest, " "); ok {
		switch kind {
		case "user", "role", "group", "policy":
			rest = name
		}
	}
	if i := strings.IndexAny(rest, " \t\n"); i >= 0 {
		rest = rest[:i]
	}
	rest = strings.TrimRight(rest, ".,;")
	if rest == "*" {
		return ""
	}
	return rest
}

// ownSession makes the effect of a call that gives the actor a second credential
// of its own: What is "session" for a program, "console" for a browser. A refused
// call gave none, but says that one was asked for.
func ownSession(what string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		key := strAt(e.Result, "credentials.accessKeyId")
		if key == "" && e.Succeeded() {
			return dst
		}
		return append(dst, sekisho.Effect{
			Kind:       sekisho.IssueCredential,
			What:       what,
			Identity:   self(e),
			Credential: key,
			Session:    e.Actor.SessionID, // a role's console session stays the same session
			Expires:    sessionEnd(e),
		})
	}
}

// sessionLongest is the longest life that STS gives to a session that a user
// asks for: 36 hours.
const sessionLongest = 36 * time.Hour

// sessionEnd is the end of a temporary credential. The records of sign-in
// tokens, and of refused calls, hold none; without one the credential would pass
// for a lasting key.
func sessionEnd(e *sekisho.Event) time.Time {
	if end := responseTime(strAt(e.Result, "credentials.expiration")); !end.IsZero() || e.Time.IsZero() {
		return end
	}
	return e.Time.Add(sessionLongest)
}

// getFederationToken gives a session to an outside name with at most the
// caller's permissions.
func getFederationToken(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	key := strAt(e.Result, "credentials.accessKeyId")
	if key == "" && e.Succeeded() {
		return dst
	}
	arn := strAt(e.Result, "federatedUser.arn")
	return append(dst, sekisho.Effect{
		Kind: sekisho.IssueCredential,
		What: "federation",
		Identity: sekisho.Ref{
			ID:      strAt(e.Result, "federatedUser.federatedUserId"),
			Name:    strAt(e.Params, "name"),
			ARN:     arn,
			Account: arnField(arn, 4),
			Type:    "federated",
		},
		Credential: key,
		Expires:    sessionEnd(e),
	})
}

// signInPassword is a password changed on the sign-in pages themselves, which
// is how the root user does it.
func signInPassword(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.SetPassword, Identity: self(e)})
}

// switchRole records a change of role in the console. The record carries no
// key: the new session shows itself by its own calls.
func switchRole(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if strings.EqualFold(strAt(e.Result, "SwitchRole"), "Failure") {
		return dst
	}
	return appendTry(e, dst)
}

// anywhereSession gives a role's session to the holder of a certificate.
func anywhereSession(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	dst = appendTry(e, dst)
	eachAt(e.Result, "credentialSet", func(set []byte) {
		session := strAt(set, "assumedRoleUser.assumedRoleId")
		who := askedFor(e)
		who.ID = before(session, ":")
		dst = append(dst, sekisho.Effect{Kind: sekisho.IssueCredential, Identity: who, Session: session,
			Credential: strAt(set, "credentials.accessKeyId"), Expires: responseTime(strAt(set, "credentials.expiration"))})
	})
	return dst
}
