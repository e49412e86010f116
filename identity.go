package sekisho

import "time"

// IdentityKind is who stands behind an identity.
type IdentityKind uint8

const (
	KindUnknown IdentityKind = iota
	KindHuman
	KindWorkload // a function, instance, task, build or pipeline
	KindAgent    // an AI agent or coding assistant acting with tools
	KindService  // the provider's own service
)

var kindNames = [...]string{"unknown", "human", "workload", "agent", "service"}

// String is the word used in reports and configuration.
func (k IdentityKind) String() string { return kindNames[min(int(k), len(kindNames)-1)] }

// ParseIdentityKind is the inverse of String; false when the word is none.
func ParseIdentityKind(s string) (IdentityKind, bool) {
	for i, n := range kindNames {
		if n == s {
			return IdentityKind(i), true
		}
	}
	return KindUnknown, false
}

// ActorType is how an actor proved who it is.
type ActorType uint8

const (
	ActorUnknown   ActorType = iota
	ActorUser                // a user with lasting credentials
	ActorRole                // a session of a role
	ActorRoot                // the account's root user
	ActorFederated           // a session given to an outside subject
	ActorService             // the provider's own service
	ActorAccount             // another account, its principal perhaps named
	ActorAnonymous           // nobody: an unsigned request
	ActorDirectory           // a user of a directory (single sign-on), or of another service that people sign in to
	ActorApp                 // a program registered with such a service, acting for itself
	ActorMachine             // a machine that is known by its place, not by a credential
)

// Actor is who signed an event and with what.
type Actor struct {
	Type ActorType
	// Kind is the provider's guess from the record alone, and KindEvidence
	// what it rests on, in plain words.
	Kind         IdentityKind
	KindEvidence string

	// ID is the identity's lasting id: the unique id of a user or role (never
	// of a session), the account id for root, the host name for a service, the
	// subject for a federated actor, else the ARN.
	ID      string
	Name    string // user or role name
	ARN     string // of the user or role, not of the session
	Account string // the identity's own account

	// Credential is the access key id; where a record has none,
	// "<session id>@<session start>"; "" for services and anonymous calls.
	Credential string
	LongTerm   bool // the credential does not expire by itself

	Session      string    // session name: an instance id, function name, user name …
	SessionID    string    // "<role id>:<session name>", "" unless a role's session
	SessionStart time.Time // zero if the record does not say
	FromConsole  bool
	MFA          bool
	Bearer       bool // signed with a bearer token instead of a key

	// Workload is the resource that the session was given to: a function's
	// ARN, an instance id, a build or task; "" for others. WorkloadType is
	// "function", "instance", "build", "task", "job", "pod".
	Workload     string
	WorkloadType string

	Subject        string // federated subject: SAML name, OIDC sub, directory user id
	Provider       string // the identity provider that vouched for Subject
	SourceIdentity string // sticky through role chains
	Parent         string // id of the identity that the record says the session came from
	// OnBehalf is the service that made this call for the actor ("" when the
	// actor made it). Such calls carry a fresh key each time.
	OnBehalf string
}

// Ref names an identity as far as a record does. Any field may be empty.
type Ref struct {
	ID      string
	Name    string
	ARN     string
	Account string
	Type    string // "user", "role", "group"
}

// Zero reports whether the reference names nobody.
func (r Ref) Zero() bool { return r.ID == "" && r.Name == "" && r.ARN == "" }

// Label is the shortest text that a person recognises.
func (r Ref) Label() string {
	switch {
	case r.Name != "":
		return r.Name
	case r.ARN != "":
		return r.ARN
	}
	return r.ID
}
