package aws

import (
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// unknownID is the id of an actor whom the record does not name at all.
const unknownID = "unknown"

// actorOf reads userIdentity and what stands beside it. v holds the texts of
// the actor group.
func actorOf(v *[fields]string, client *sekisho.Client) sekisho.Actor {
	a := sekisho.Actor{
		ARN:            v[fARN],
		Account:        v[fAccount],
		Credential:     v[fAccessKey],
		LongTerm:       strings.HasPrefix(v[fAccessKey], "AKIA"),
		FromConsole:    v[fFromConsole] == "true" || client.Family == "console",
		MFA:            v[fMFA] == "true" || v[fMFAUsed] == "Yes",
		Bearer:         v[fBearer] == "true",
		SourceIdentity: v[fSourceIdentity],
	}
	if ns, ok := normalize.Stamp([]byte(v[fCreated])); ok {
		a.SessionStart = time.Unix(0, ns).UTC()
	}
	if v[fInvokedBy] != "" && v[fType] != "AWSService" {
		a.OnBehalf = v[fInvokedBy]
		if a.OnBehalf == "AWS Internal" {
			a.OnBehalf = "internal"
		}
	}
	switch v[fType] {
	case "IAMUser":
		user(&a, v)
	case "AssumedRole", "Role":
		roleSession(&a, v)
	case "Root":
		root(&a, v)
	case "FederatedUser":
		federatedUser(&a, v)
	case "AWSService":
		service(&a, v[fInvokedBy])
	case "AWSAccount":
		otherAccount(&a, v)
	case "SAMLUser", "WebIdentityUser":
		outsideSubject(&a, v)
	case "IdentityCenterUser", "Directory":
		directoryUser(&a, v)
	default:
		if v[fARN] == "" && v[fPrincipal] == "" && v[fInvokedBy] != "" {
			service(&a, v[fInvokedBy]) // service events name only the service
			break
		}
		a.Name = v[fUserName]
		a.ID = first(beforeColon(v[fPrincipal]), v[fARN], v[fUserName])
	}
	if a.ID = first(a.ID, a.ARN, v[fPrincipal], a.Name, a.Account); a.ID == "" {
		a.ID = unknownID
	}
	if a.Credential == "" && v[fCreated] != "" && v[fPrincipal] != "" && a.Type != sekisho.ActorService {
		a.Credential = v[fPrincipal] + "@" + v[fCreated]
	}
	workload(&a, v, client)
	a.Kind, a.KindEvidence = kind(&a, v, client)
	return a
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// beforeColon is the lasting part of a principal id: "AROA…" of "AROA…:session".
func beforeColon(id string) string {
	before, _, _ := strings.Cut(id, ":")
	return before
}

func user(a *sekisho.Actor, v *[fields]string) {
	a.Type = sekisho.ActorUser
	a.ID = v[fPrincipal]
	a.Name = first(v[fUserName], lastPart(v[fARN]))
	if a.ID == "" && v[fARN] == "" && a.Name != "" && a.Account != "" {
		// A failed sign-in as a user that does not exist: a name by itself, often
		// hidden, would be one actor in all accounts.
		a.ID = a.Account + ":" + a.Name
	}
	// A temporary key of a user (GetSessionToken, the console, a service
	// acting for the user) says whose it is, not which key it came from.
	if strings.HasPrefix(v[fAccessKey], "ASIA") && strings.HasPrefix(a.ID, "AIDA") {
		a.Parent = a.ID
	}
}

// roleSession names the role behind a session. Some services' records have no
// sessionIssuer; then role and session are in the session's ARN,
// arn:aws:sts::account:assumed-role/role/session, and in the principal id.
func roleSession(a *sekisho.Actor, v *[fields]string) {
	a.Type = sekisho.ActorRole
	id, session, _ := strings.Cut(v[fPrincipal], ":")
	a.Session = session
	if head, tail, ok := strings.Cut(v[fARN], ":assumed-role/"); ok {
		name, sessionName, _ := strings.Cut(tail, "/")
		a.Name = name
		a.Session = first(a.Session, sessionName)
		a.ARN = strings.Replace(head, ":sts:", ":iam:", 1) + ":role/" + name // its path is not known
	} else if strings.Contains(v[fARN], ":role/") {
		a.Name = lastPart(v[fARN])
	}
	if v[fIssuerType] == "" || v[fIssuerType] == "Role" {
		id = first(v[fIssuerID], id)
		a.Name = first(v[fIssuerName], lastPart(v[fIssuerARN]), a.Name)
		a.ARN = first(v[fIssuerARN], a.ARN)
		a.Account = first(v[fIssuerAccount], a.Account)
	}
	a.ID = id
	if id != "" && a.Session != "" {
		a.SessionID = id + ":" + a.Session
	}
	a.Provider = v[fWebProvider]
	if strings.HasPrefix(a.Name, "AWSReservedSSO_") {
		// A permission set of IAM Identity Center; the session is named for the user. Where
		// that is a mail address, other systems know the person by it.
		a.Subject = first(normalize.Mail(a.Session), v[fDirectoryUser], a.Session)
		a.Provider = first(v[fDirectory], "sso.amazonaws.com")
	} else if v[fDirectoryUser] != "" {
		a.Subject, a.Provider = v[fDirectoryUser], v[fDirectory]
	}
}

func root(a *sekisho.Actor, v *[fields]string) {
	a.Type = sekisho.ActorRoot
	a.Account = first(v[fAccount], arnField(v[fARN], 4), v[fPrincipal])
	a.ID, a.Name = a.Account, "root"
}

// federatedUser is a session of GetFederationToken. Its id is "account:name",
// which STS calls the federated user's id: the bare name is any text that the
// caller chose, and would join users of different accounts.
func federatedUser(a *sekisho.Actor, v *[fields]string) {
	a.Type = sekisho.ActorFederated
	a.ID = v[fPrincipal]
	_, a.Subject, _ = strings.Cut(v[fPrincipal], ":")
	a.Subject = first(a.Subject, lastPart(v[fARN]))
	a.Name = a.Subject
	a.Session = a.Subject
	switch v[fIssuerType] {
	case "IAMUser", "Role":
		a.Parent = v[fIssuerID]
	case "Root":
		a.Parent = v[fIssuerAccount]
	}
}

func service(a *sekisho.Actor, host string) {
	a.Type = sekisho.ActorService
	a.ID, a.Name = host, host
	a.Credential, a.LongTerm, a.OnBehalf = "", false, ""
}

// otherAccount is how a call from another account looks on the side of its
// target: only the unique id and the account are known.
func otherAccount(a *sekisho.Actor, v *[fields]string) {
	switch {
	case anonymous(v[fAccount]), anonymous(v[fPrincipal]),
		v[fAccount] == "" && v[fPrincipal] == "" && v[fARN] == "" && v[fAccessKey] == "" && v[fInvokedBy] == "":
		*a = sekisho.Actor{Type: sekisho.ActorAnonymous, ID: "anonymous", Name: "anonymous"}
		return
	}
	a.Type = sekisho.ActorAccount
	id, session, found := strings.Cut(v[fPrincipal], ":")
	a.ID = id
	a.Name = first(v[fUserName], lastPart(v[fARN]))
	if found && strings.HasPrefix(id, "AROA") {
		a.Session, a.SessionID = session, v[fPrincipal]
	}
	a.ID = first(a.ID, v[fARN], v[fAccount], v[fInvokedBy])
}

// anonymous: S3 writes "anonymous", other services "ANONYMOUS_PRINCIPAL".
func anonymous(t string) bool {
	return t == "ANONYMOUS_PRINCIPAL" || strings.EqualFold(t, "anonymous")
}

// outsideSubject is who asks for a session with a SAML assertion or an OIDC
// token: principalId ends with the user's name as the provider gives it.
func outsideSubject(a *sekisho.Actor, v *[fields]string) {
	a.Type = sekisho.ActorFederated
	a.Subject = v[fUserName]
	if i := strings.LastIndexByte(v[fPrincipal], ':'); a.Subject == "" && i >= 0 {
		a.Subject = v[fPrincipal][i+1:]
	}
	a.Provider = first(v[fProvider], v[fWebProvider])
	a.ID, a.Name = first(a.Subject, v[fPrincipal]), a.Subject
}

func directoryUser(a *sekisho.Actor, v *[fields]string) {
	a.Type = sekisho.ActorDirectory
	a.Subject = first(v[fDirectoryUser], v[fPrincipal])
	a.Provider = v[fDirectory]
	a.Name = v[fUserName]
	a.ID = first(a.Subject, a.Name)
}
