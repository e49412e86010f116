package guardduty

import (
	"strings"
	"time"

	"github.com/sekisho/sekisho"
)

// credentials are who holds an access key, as far as a finding says.
type credentials struct {
	key       string // access key id
	principal string // "AIDA…", "AROA…:session", an account, "account:name"
	kind      string // as userIdentity.type has it
	name      string // of the user or role
	account   string
	issuer    string // ARN of the role, where it is said
	created   time.Time
	mfa       bool
	agent     string // the program that used them
}

// zero reports whether they name nobody.
func (c *credentials) zero() bool { return c.key == "" && c.principal == "" && c.name == "" }

// actor is whom they belong to. It must come out as the trail's records of the same
// principal do (ids, session, credential), for that is what joins the finding to its
// lineage.
func (c *credentials) actor() sekisho.Actor {
	a := sekisho.Actor{Name: c.name, Account: c.account, Credential: c.key, LongTerm: strings.HasPrefix(c.key, "AKIA"), SessionStart: c.created, MFA: c.mfa}
	id, session, split := strings.Cut(c.principal, ":")
	a.ID = id
	switch {
	case strings.EqualFold(c.principal, "anonymous_principal"), strings.EqualFold(c.principal, "anonymous"), strings.EqualFold(c.name, "anonymous_principal"):
		return sekisho.Actor{Type: sekisho.ActorAnonymous, ID: "anonymous", Name: "anonymous"}
	case c.kind == "Root":
		a.Type, a.ID, a.Name = sekisho.ActorRoot, first(c.account, c.principal), "root"
	case c.kind == "FederatedUser":
		a.Type, a.ID = sekisho.ActorFederated, c.principal
		a.Subject = first(session, c.name)
		a.Name, a.Session = a.Subject, a.Subject
	case c.kind == "AWSService":
		a = sekisho.Actor{Type: sekisho.ActorService, ID: first(c.name, c.principal), Name: first(c.name, c.principal)}
	case c.kind == "AWSAccount":
		a.Type = sekisho.ActorAccount
		if split && strings.HasPrefix(id, "AROA") {
			a.Session, a.SessionID = session, c.principal
		}
	case c.kind == "AssumedRole", c.kind == "Role", strings.HasPrefix(id, "AROA"):
		a.Type, a.Session = sekisho.ActorRole, session
		if id != "" && session != "" {
			a.SessionID = c.principal
		}
		if strings.Contains(c.issuer, ":role/") {
			a.ARN = c.issuer
		}
		workload(&a, c.agent)
	case c.kind == "IAMUser", strings.HasPrefix(id, "AIDA"):
		a.Type = sekisho.ActorUser
		if a.ID == "" && a.Name != "" && a.Account != "" {
			a.ID = a.Account + ":" + a.Name
		}
		if strings.HasPrefix(a.Credential, "ASIA") && strings.HasPrefix(a.ID, "AIDA") {
			a.Parent = a.ID
		}
	}
	a.ID = first(a.ID, a.ARN, a.Name, a.Credential)
	a.Kind, a.KindEvidence = kindOf(&a)
	return a
}

// workload finds the resource that a role's session was given to by the session's name,
// as far as a name says it: services name sessions after the instance, the task or the
// pod. agent is the program that made the call.
func workload(a *sekisho.Actor, agent string) {
	switch s := a.Session; {
	case strings.HasPrefix(s, "i-") && (len(s) == 10 || len(s) == 19) && hexadecimal(s[2:]):
		a.Workload, a.WorkloadType = s, "instance"
	case strings.HasPrefix(s, "AWSCodeBuild-"):
		a.Workload, a.WorkloadType = s, "build"
	case len(s) == 32 && hexadecimal(s):
		a.Workload, a.WorkloadType = s, "task"
	case strings.HasPrefix(s, "eks-") && strings.Count(s, "-") >= 3:
		a.Workload, a.WorkloadType = s, "pod"
	case s == "GlueJobRunnerSession", s == "SageMaker":
		a.Workload, a.WorkloadType = s+":"+a.Name, "job" // one name for all jobs, so told apart by role
	case s == "AWSCloudFormation":
		a.Workload, a.WorkloadType = s+":"+a.Name, "stack"
	case strings.Contains(strings.ToLower(agent), "exec-env/aws_lambda") && s != "":
		a.Workload, a.WorkloadType = a.Account+"/function:"+s, "function" // all that is known of it
	case strings.HasPrefix(a.Name, "AWSReservedSSO_"): // a permission set; its sessions are named for people
		a.Subject, a.Provider = s, "sso.amazonaws.com"
	}
}

func hexadecimal(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func kindOf(a *sekisho.Actor) (sekisho.IdentityKind, string) {
	switch {
	case a.Type == sekisho.ActorService:
		return sekisho.KindService, "the finding names a service"
	case a.Type == sekisho.ActorRole && strings.HasPrefix(a.Name, "AWSServiceRoleFor"):
		return sekisho.KindService, "a service-linked role"
	case a.WorkloadType != "":
		return sekisho.KindWorkload, "the session of a workload: " + a.WorkloadType
	case a.Subject != "" && a.Provider != "":
		return sekisho.KindHuman, "signed in through IAM Identity Center"
	case a.MFA:
		return sekisho.KindHuman, "used a second factor"
	case a.Type == sekisho.ActorRole && strings.Contains(a.Session, "@"):
		return sekisho.KindHuman, "the session is named by a mail address"
	case a.Type == sekisho.ActorRoot:
		return sekisho.KindHuman, "the root user"
	case a.Type == sekisho.ActorUser && a.LongTerm:
		return sekisho.KindUnknown, "a user with a long-term key"
	}
	return sekisho.KindUnknown, ""
}

// machine is an actor that is known by what it is, and proves nothing.
func machine(id, kind, account string) sekisho.Actor {
	return sekisho.Actor{
		Type: sekisho.ActorMachine, Kind: sekisho.KindWorkload, KindEvidence: "the finding names a workload: " + kind,
		ID: id, Name: lastPart(id), Account: account, Workload: id, WorkloadType: kind,
	}
}

// nobody stands for a finding that is about no identity and no machine.
func nobody() sekisho.Actor {
	const host = "guardduty.amazonaws.com"
	return sekisho.Actor{Type: sekisho.ActorService, Kind: sekisho.KindService, KindEvidence: "the finding names nobody", ID: host, Name: host}
}

// ref is an actor as what a finding says something of.
func ref(a *sekisho.Actor) sekisho.Ref {
	r := sekisho.Ref{ID: a.ID, Name: a.Name, ARN: a.ARN, Account: a.Account}
	switch a.Type {
	case sekisho.ActorUser:
		r.Type = "user"
	case sekisho.ActorRole:
		r.Type = "role"
	}
	return r
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// lastPart is what follows the last slash or colon.
func lastPart(s string) string { return s[strings.LastIndexAny(s, "/:")+1:] }

// unqualified is a function's ARN without a version or alias.
func unqualified(arn string) string {
	if parts := strings.SplitN(arn, ":", 8); len(parts) == 8 && parts[5] == "function" {
		return strings.Join(parts[:7], ":")
	}
	return arn
}
