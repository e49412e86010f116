package sekisho

import "time"

// EffectKind is what a call changed, gave or took. The list is closed: a
// provider translates into it, behaviours and lineage read it, and neither
// knows the other.
type EffectKind uint8

const (
	// IssueCredential: a key or session came into being. Identity is its
	// owner, Credential its id, Session the role session's id, Expires its
	// end. It is set for the owner's own key, for another's, and for roles.
	// What is "key", "certificate", "ssh", "service", "activation" (of a machine)
	// for what lasts, "session", "federation", "console" for sessions of one's
	// own, "" for a role's session.
	IssueCredential EffectKind = iota
	// CreateIdentity: Identity came into being.
	CreateIdentity
	// SetPassword: Identity can now sign in with a password that the actor chose.
	SetPassword
	// GrantPower: Identity (or everyone with Policy) gained permissions. What
	// is "attach", "inline", "version", "group", "entry", or "defined" for a
	// policy or version that nobody holds yet; Power says how far.
	GrantPower
	// RemoveLimit: Identity lost something that held it back. What is
	// "boundary", "mfa", "quarantine", "deny".
	RemoveLimit
	// OpenTrust: With may now assume Identity (a role). What is "trust".
	OpenTrust
	// AddProvider: whoever Resource (an identity provider or trust anchor)
	// vouches for may now come in. What is "oidc", "saml", "anchor", "profile".
	AddProvider
	// ChangeWorkload: Workload will run other code, or run it otherwise, with
	// the permissions of Identity (its role; zero if unknown). What is "code",
	// "layer", "configuration", "role", "trigger", "url", "policy",
	// "user-data", "profile", "command", "shell", "build", "create", "source" (the code
	// that builds run), "runner" (the machine that they run on); "image"
	// for a tag that now means another image, "artefact" for a stored package
	// of code or state that was replaced (Workload is the tag, or the object).
	ChangeWorkload
	// RunWorkload: Workload was made to run now. Alias names the run, where its
	// sessions are known by that.
	RunWorkload
	// Share: With (account ids, or "*" for everyone) may now read or copy
	// Resource. What is "snapshot", "image", "database", "bucket", "object",
	// "key", or, for what others may now use or send to, "topic", "queue",
	// "function", "repository", "secret", "search", "gateway", "network", "source" (code).
	Share
	// Taken: an account in With (or an unknown one) has copied Resource.
	Taken
	// ReadSecret: the value of Resource was read. Count is how many, 0 for one; where the
	// record does not say how many, Resource is empty: all that matched, however many
	// (Event.Target says of what). A count is never guessed. What is ""
	// for a secret store, "password-data" and "user-data" for what a machine
	// holds of them.
	ReadSecret
	// ReadData: the content of Resource was read. Count is bytes if known. What
	// is "copy" where it was written elsewhere at once, With then the account
	// of the destination if it is known to be another; "source" for a copy of code.
	ReadData
	// DisableDefence: Resource no longer records or detects. What is "stop",
	// "delete", "narrow", "disable".
	DisableDefence
	// LaunchCompute: Count machines of type What were asked for; Accelerated
	// says that they hold GPUs or other accelerators. What is "task" for
	// containers, "cluster" for a place to run them, else the type.
	LaunchCompute
	// OpenPorts: Resource (a firewall) now admits With ("*": everyone) to
	// ports FromPort–ToPort.
	OpenPorts
	// InvokeModel: model Resource was run. With is the region that answered, if
	// the call was handed on to another.
	InvokeModel
	// AssumeTry: the actor asked for a session of Identity, whether or not it
	// was given. It stands beside IssueCredential when it was.
	AssumeTry
	// DisableCredential: Credential of Identity can no longer be used.
	DisableCredential
	// ProbeSelf: the actor asked who it is or what it may do. What is "caller",
	// "permissions" or "sending" (how much mail it may send).
	ProbeSelf
	// RemoveGuard: Resource ("" for the whole account) lost what kept it from
	// exposure, loss or misuse. What is "public-block", "versioning", "lock",
	// "retention" (a rule that deletes soon; Count is days), "backup",
	// "deletion-protection", "encryption", "guardrail", "serial-console",
	// "code-signing", "metadata-token", "review" (code may
	// change unreviewed; Count 1 where one change alone did).
	RemoveGuard
	// Destroy: Resource is gone, or will be. What is "object", "bucket",
	// "snapshot", "image", "volume", "database", "table", "backup", "key",
	// "secret", "function", "machine", "identity", "queue", "stack", "file".
	// Count is how many.
	Destroy
	// LockData: Resource was written with a key that its owner does not hold.
	// What is "customer-key" or "outside-key".
	LockData
	// RaiseQuota: a limit of the account was asked to be higher. Resource is
	// the limit, What the service.
	RaiseQuota
	// Entrench: Resource became harder to stop or remove. What is
	// "termination-protection", "stop-protection", "deletion-protection",
	// "policy" (one that denies others).
	Entrench
	// OpenModel: access to model Resource was asked for or agreed to. What is
	// "use-case", "agreement", "entitlement".
	OpenModel
	// UseMail: the account's mail service was made ready to send or was used.
	// What is "identity", "signing", "sandbox-exit", "rule", "policy",
	// "credential", "send". Resource is the address or domain.
	UseMail
	// ChangeOrganization: the tree of accounts changed. What is "leave",
	// "invite", "accept", "remove", "create", "close", "guard-off" (a whole
	// type of guard rail), "delegate", "service-off". With is the account.
	ChangeOrganization
	// ReportExposed: the provider says that Credential (or, if "", some key) of
	// Identity is known to strangers. What is "quarantine" or "notice".
	ReportExposed
	// WidenDirectory: a sign-in setting of the whole directory or account was
	// loosened. What is "mfa", "password", "session", "provider", "policy" (of sign-in),
	// "network" (where from one may come), "origin" (whose pages may speak for one).
	// Resource is the directory.
	WidenDirectory

	// EnrolFactor: Identity can now prove who it is with one more thing. What is
	// "push", "code", "key", "phone", "mail", or "" if it is not said.
	EnrolFactor
	// AskFactor: somebody who signs in as Identity was asked for a further proof. What as
	// in EnrolFactor. It stands in Tried where the proof was refused or not given.
	AskFactor
	// VouchFor: Resource (an application, another cloud) was told who the actor is; With
	// are the names under which it will know it.
	VouchFor
	// Impersonate: the actor now acts as Identity, or may.
	Impersonate
	// Connect: a machine of ours and With (addresses) exchanged packets. What is "out"
	// and "in" by who began it, where one side is outside, and "inside" where none is.
	// FromPort is what was asked for, at the side that was asked; Count is the bytes
	// that left our machine. It stands in Tried where the network refused it.
	Connect
	// Report: the provider's own detection says something of Identity or Workload. What
	// is its name for it, Count how grave it takes it to be, from 1 to 100, Phase the
	// tactic that it takes it for, "" where it names none. Suffered: it was done to the
	// one named, not by it.
	Report

	// The kinds below are facts, and stand in events of Kind Inventory only: how
	// things are as of the event's time, whoever made them so.

	// HoldsPower: Identity holds Power, all told: through its own policies, those of
	// its groups, and within what bounds it. Where Policy is set, whoever holds that
	// policy does; Resource is then the version in force.
	HoldsPower
	// Trusts: With may assume Identity (a role), by its own word: identities,
	// accounts, "*" for everyone, services, identity providers. It is all of them,
	// or the first WithMost.
	Trusts
	// RunsAs: Workload has the permissions of Identity. Alias as in ChangeWorkload.
	RunsAs
	// Shared: With may read, copy or use Resource; nobody else if With is empty.
	// What as in Share.
	Shared
	// Gone: Identity, Workload, Policy or Resource is no longer there.
	Gone
	// Attached: Workload (a machine) has the network interface Resource, with the
	// addresses With. It stands in the call that made it so as well.
	Attached

	EffectKinds // how many kinds there are
)

var effectNames = [EffectKinds]string{"IssueCredential", "CreateIdentity", "SetPassword", "GrantPower", "RemoveLimit", "OpenTrust",
	"AddProvider", "ChangeWorkload", "RunWorkload", "Share", "Taken", "ReadSecret", "ReadData", "DisableDefence", "LaunchCompute", "OpenPorts",
	"InvokeModel", "AssumeTry", "DisableCredential", "ProbeSelf", "RemoveGuard", "Destroy", "LockData", "RaiseQuota", "Entrench", "OpenModel",
	"UseMail", "ChangeOrganization", "ReportExposed", "WidenDirectory", "EnrolFactor", "AskFactor", "VouchFor", "Impersonate", "Connect", "Report",
	"HoldsPower", "Trusts", "RunsAs", "Shared", "Gone", "Attached"}

// String names the kind as this file does.
func (k EffectKind) String() string { return effectNames[min(k, EffectKinds-1)] }

// WithMost bounds With in facts (Trusts, Shared): a policy document can name
// hundreds, and who would know one of so many asks for the document.
const WithMost = 64

// Power is how far a permission reaches.
type Power uint8

const (
	PowerUnknown Power = iota
	PowerLimited       // neither of the next two
	// PowerIssues: can give itself or others more, for example by making keys,
	// passing roles or writing policies.
	PowerIssues
	PowerAdmin // everything, or enough identity permissions to get everything
)

// Basis is what a claim about permissions rests on, strongest first.
type Basis uint8

const (
	BasisNone         Basis = iota
	BasisPresumed           // given by a workload to another identity; its power unknown
	BasisDemonstrated       // that principal has itself succeeded in privileged identity writes
	BasisKnown              // an inventory file, or a policy seen attached or written
)

// String is the word used in reports.
func (b Basis) String() string {
	return [...]string{"", "presumed", "demonstrated", "known"}[min(int(b), 3)]
}

// Effect is one consequence of a call. Which fields are set depends on Kind.
type Effect struct {
	Kind        EffectKind
	What        string
	Identity    Ref
	Credential  string
	Session     string
	Workload    string
	Alias       string // of Workload, as sessions that do not know its full name call it
	Resource    string
	Policy      string
	With        []string
	Power       Power
	Accelerated bool
	Suffered    bool
	Phase       Phase
	FromPort    int
	ToPort      int
	Count       int64
	Expires     time.Time
}

// Lasting reports whether an issued credential is a key that does not end by
// itself, rather than a session. A refused call does not say when what it asked
// for would have ended, but its kind does.
func (x *Effect) Lasting() bool {
	switch x.What {
	case "session", "federation", "console":
		return false
	}
	return x.Session == "" && x.Expires.IsZero() && x.Identity.Type != "role" && x.Identity.Type != "federated"
}

// FindTried returns the first effect of a kind that the event's refused or
// failed call would have had, nil if there is none.
func (e *Event) FindTried(kind EffectKind) *Effect {
	for i := range e.Tried {
		if e.Tried[i].Kind == kind {
			return &e.Tried[i]
		}
	}
	return nil
}

// Find returns the event's first effect of a kind, nil if there is none.
func (e *Event) Find(kind EffectKind) *Effect {
	for i := range e.Effects {
		if e.Effects[i].Kind == kind {
			return &e.Effects[i]
		}
	}
	return nil
}
