package detect

import (
	"time"

	"github.com/sekisho/sekisho"
)

// Feature is one of the ways in which an identity has habits.
type Feature uint8

const (
	Action   Feature = iota // Event.Name()
	Service                 // Event.Service
	Network                 // the network an address belongs to, as Scope.Network gives it
	Software                // Client.Family and OS
	Region
	Touched // Event.Name() and the target: "lambda:UpdateFunctionCode f"
	Assumed // roles asked for
	Model   // models run
	Machine // machine types launched
	Features
)

// Experience is how well an identity is known, from episodes that ended before
// the present one began and were not part of an attack.
type Experience struct {
	Events int // how many events
	Days   int // on how many distinct days
	Since  time.Time
}

// History answers what is usual. Package baseline implements it.
type History interface {
	// Experience of the identity with the id.
	Experience(id string) Experience
	// Seen reports whether the identity was seen with the value.
	Seen(id string, f Feature, value string) bool
	// Times is on how many episodes the identity was seen with the value, up
	// to a small ceiling.
	Times(id string, f Feature, value string) int
	// Others reports whether anyone else of the same account was seen with it.
	Others(account string, f Feature, value string) bool
	// Changers is who changed a workload before, and how often: by this
	// identity, and in all. Given a role's ARN it is who came in to it by
	// federation: a build's or a person's outside name.
	Changers(workload, id string) (own, all int)
}

// Facts answers who may do what, and what belongs to us. Package inventory
// implements it, out of the trail itself, an inventory file and configuration.
type Facts interface {
	// Power of an identity and what the answer rests on.
	Power(r sekisho.Ref) (sekisho.Power, sekisho.Basis)
	// Granted is the power that a GrantPower effect gives: what its policy
	// says, or what is known of the policy or group that it names.
	Granted(x *sekisho.Effect) sekisho.Power
	// RoleOf a workload, zero if unknown.
	RoleOf(workload string) sekisho.Ref
	// Ours reports whether an account is ours: declared, or seen as the home
	// of records in the trail. Trusted: declared as a partner.
	Ours(account string) bool
	Trusted(account string) bool
	// Exists reports whether an identity (an ARN, or a name) has ever been
	// seen to exist; false means unknown.
	Exists(r sekisho.Ref) bool
	// Automation reports whether the identity is known automation, and why.
	Automation(a *sekisho.Actor) (bool, string)
	// Honeytoken reports whether a credential id or resource is a declared decoy.
	Honeytoken(id string) bool
	// ChangeWindow is the ticket of a declared change window that covers the
	// actor's work in the account at the time, "" if there is none.
	ChangeWindow(a *sekisho.Actor, account string, at time.Time) string
	// Network is the network that an address belongs to, as coarse as is
	// known: a declared name, an AS, else the address's prefix.
	Network(ip string) Net
	// Exposed is the last time that a stranger (nobody in particular, or an
	// account that is neither ours nor a partner) read content of the account
	// within the time in which it still counts.
	Exposed(account string, at time.Time) (Exposure, bool)
	// SharedWith is what was opened to an outside account before this event:
	// distinct resources, on how many days, since when.
	SharedWith(account string) (resources, days int, since time.Time)
	// MadeWith is the program (Client.Family) that a workload was made with, ""
	// if its making was not seen.
	MadeWith(workload string) string
	// Lookalike is an older identity or workload of the same sort ("user",
	// "role", "function", "repository", "bucket", …) whose name differs only in
	// what the eye skips: case, separators, a number at the end, words such as
	// "new" or "copy", doubled letters, letters and digits that look alike.
	Lookalike(sort, account, name string) (string, bool)
	// Kind of an identity: declared, else the actor's own, and the evidence.
	Kind(a *sekisho.Actor) (sekisho.IdentityKind, string)
}

// Net describes where an address is.
type Net struct {
	Key      string // the same for addresses of one network
	Name     string // declared name or the AS's organisation, "" if unknown
	Country  string
	Kind     string // "hosting", "vpn", "corporate", …, "" if unknown
	Declared bool   // listed in configuration
}

// Exposure is a stranger's read of an account's content.
type Exposure struct {
	At       time.Time
	EventID  string
	Resource string
	IP       string
	By       string // the outside account, "" for nobody in particular
}

// Change is a change of a workload, as lineage remembers it.
type Change struct {
	At         time.Time
	EventID    string
	By         string // Actor.ID of who changed it
	ByName     string
	What       string // Effect.What
	Network    string // where it was made from, as Net.Key
	Automation bool   // made by known automation
	Ours       bool   // made by the lineage that now acts
}

// Origins answers who stands behind whom. Package lineage implements it.
type Origins interface {
	// LastChange of a workload that someone other than known automation made,
	// within the time in which it still counts.
	LastChange(workload string, at time.Time) (Change, bool)
	// LastReset is when somebody else than the identity, and than known automation, last
	// took its further proofs away or set its password, within the time in which that
	// counts. What is "mfa" or "password".
	LastReset(id string, at time.Time) (Change, bool)
	// Created reports whether the event's own lineage, or anyone within the
	// time that counts (byAnyone), made the identity.
	Created(r sekisho.Ref) (ours, byAnyone bool, at time.Time)
	// Door says through which trust or identity provider the event's actor came
	// in, where somebody other than automation opened it within the time that
	// counts.
	Door() (Door, bool)
	// OfBuild reports whether a build that an identity provider vouches for
	// stands behind the event, whoever changed what it runs, and that provider
	// is not a Door.
	OfBuild() bool
	// Issued says how the actor's credential came to be.
	Issued(credential string) (Issue, bool)
}

// Door is a trust that was opened, or an identity provider that was added.
type Door struct {
	At   time.Time // when it was opened
	By   string    // name of who opened it
	Name string    // of the role, or the provider
}

// Issue is how a credential came to be.
type Issue struct {
	At      time.Time
	By      string // credential that issued it
	ByActor string // Actor.ID of the issuer
	Via     string // event name
	Owner   string // Actor.ID of the owner, if known
	Network string // Net.Key that the issuer called from
	Program string // of its client, as the feature Software has it
}

// Burst is what one lineage did in a short while, counted across all its
// principals.
type Burst struct {
	Calls    int // all calls
	Reads    int // distinct list and read actions
	Services int // distinct services read
	Topics   [16]bool
	Denied   int // distinct actions refused
	Roles    int // distinct roles asked for
	Refused  int // of them, refused
	Secrets  int // distinct secrets read
	Models   int // distinct list and read actions of model services
	Defence  int // distinct list and read actions of logging and detection services
	Span     time.Duration
	// Probes are the distinct questions about oneself (ProbeSelf), Inside the
	// distinct machines whose own secrets were asked for (user data, passwords),
	// whether or not they were given, Regions the distinct regions acted in.
	Probes  int
	Inside  int
	Regions int
	// What follows counts amounts, not distinct things: objects read, copied
	// elsewhere, destroyed and locked, model runs, machines, clusters asked for.
	Read, Copied, Destroyed, Locked, Runs, Machines, Clusters int64
	// Sent is how many bytes the lineage's machines sent outside. Neighbours are the
	// distinct places inside (address and port) that they tried to reach, Shut how many of
	// those did not answer or were forbidden. Factors are the distinct times at which
	// somebody was asked for a further proof and did not give it, Refusals the sign-ins
	// that were refused.
	Sent                                int64
	Neighbours, Shut, Factors, Refusals int
}

// TopicCount is how many topics were touched.
func (b Burst) TopicCount() int {
	n := 0
	for _, t := range b.Topics {
		if t {
			n++
		}
	}
	return n
}

// Tempo answers how fast and how broadly a lineage acts. Package correlate
// implements it.
type Tempo interface {
	// Burst of the event's lineage in the time before and including it; within
	// is at most ten minutes.
	Burst(within time.Duration) Burst
	// Distinct is the most that a Burst could count of distinct things: cheap,
	// so that whoever needs many asks this first.
	Distinct() int
	// Doubted reports whether the lineage has shown in this episode, by who acts,
	// how and after what, that somebody else may be at work: evidence of source,
	// tempo and action on events that used no power. What is routine for an
	// identity excuses nobody then.
	Doubted() bool
	// Fired reports whether a behaviour has fired in the lineage's present
	// episode, and when first.
	Fired(detection string) (time.Time, bool)
}

// Scope is all that a behaviour may know beside the event. It is valid during
// one Match only.
type Scope struct {
	History
	Habits
	Facts
	Origins
	Tempo
	Event *sekisho.Event
}

// Known reports whether the actor has enough history for "never before" to
// mean something: two days, or 50 events (the same floor that DESIGN's cold
// start takes for a first habit; the score of novelty stays low until 14 days).
func (s *Scope) Known() bool {
	x := s.Experience(s.Event.Actor.ID)
	return x.Days >= 2 || x.Events >= 50
}

// arrivalDays is how long an account must have been watched before an identity
// that turns up in it was there all the time, unused (DESIGN.md section 7, cold
// start).
const arrivalDays = 14

// Dormant reports whether the actor has never acted, in an account that has been
// watched for long, and nobody was seen to make it or to hand it its credential:
// it lay there unused. What it does is no routine of a day that we missed. A role
// that somebody known takes for the first time is that person's work.
func (s *Scope) Dormant() bool {
	a := &s.Event.Actor
	if a.Type != sekisho.ActorUser && a.Type != sekisho.ActorRole || a.WorkloadType != "" || a.Subject != "" || s.Experience(a.ID).Events > 0 {
		return false
	}
	if s.Unmade(s.Event) < arrivalDays {
		return false
	}
	by, ok := s.Issued(a.Credential)
	return !ok || s.Experience(by.ByActor).Events == 0
}

// New reports whether the actor is known and was never seen with the value.
func (s *Scope) New(f Feature, value string) bool {
	return s.Known() && !s.Seen(s.Event.Actor.ID, f, value)
}

// Usual reports whether the actor was seen with the value before.
func (s *Scope) Usual(f Feature, value string) bool {
	return s.Seen(s.Event.Actor.ID, f, value)
}

// Automated reports whether the actor is known automation.
func (s *Scope) Automated() bool {
	yes, _ := s.Automation(&s.Event.Actor)
	return yes
}

// Outside reports whether an account is neither ours nor a declared partner.
func (s *Scope) Outside(account string) bool {
	return !s.Ours(account) && !s.Trusted(account)
}
