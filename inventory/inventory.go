package inventory

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// factsMax bounds each table of what is remembered; identities with something
// to remember are few next to those that act.
const factsMax = 1 << 18

// fact is what is known of one identity.
type fact struct {
	ref   sekisho.Ref
	power sekisho.Power
	basis sekisho.Basis
	at    int64 // unix seconds as of which a collector read it; 0 where none did
}

// Store is what is known of permissions and resources in one organisation. It
// is owned by one goroutine.
//
// It answers as of the event before: Apply comes after the event was judged,
// so that power gained by a call is not power that its caller had.
type Store struct {
	byID     map[string]*fact
	byARN    map[string]*fact
	byName   map[string]*fact       // account/name, where only these are known
	policies map[string]fact        // power seen in a managed policy, by ARN
	roles    map[string]sekisho.Ref // role of a workload
	ours     map[string]bool        // accounts whose own records we have seen, or declared
	trusts   map[string]party       // who may assume a role, by its ARN, as collected
	shares   map[string]party       // with whom a resource is shared, as collected
	machines map[string]string      // which machine a network interface is of
	max      int                    // factsMax, less in tests
	dropped  int
}

// nameKey is the key of byName.
func nameKey(r sekisho.Ref) string { return r.Account + "/" + r.Type + "/" + r.Name }

// New returns a store that knows the entries of an inventory file and the
// accounts that are declared ours.
func New(entries []Entry, ours []string) *Store {
	s := &Store{
		byID: map[string]*fact{}, byARN: map[string]*fact{}, byName: map[string]*fact{},
		policies: map[string]fact{}, roles: map[string]sekisho.Ref{}, ours: map[string]bool{},
		trusts: map[string]party{}, shares: map[string]party{}, machines: map[string]string{},
		max: factsMax,
	}
	for _, a := range ours {
		s.ours[a] = true
	}
	for _, e := range entries {
		f := s.at(e.Identity)
		f.power, f.basis = e.Power, sekisho.BasisKnown
		if e.Identity.Account != "" {
			s.ours[e.Identity.Account] = true
		}
		for _, profile := range e.Profiles {
			s.role(profile, e.Identity)
		}
	}
	return s
}

// find looks an identity up by each of its names, strongest first.
func (s *Store) find(r sekisho.Ref) *fact {
	if r.Type == "profile" {
		// What a machine is given holds a role and is none.
		if r = s.roles[r.ARN]; r.Type == "profile" {
			return nil
		}
	}
	if r.ID != "" {
		if f := s.byID[r.ID]; f != nil {
			return f
		}
	}
	if r.ARN != "" {
		if f := s.byARN[r.ARN]; f != nil && (f.ref.ID == "" || r.ID == "" || f.ref.ID == r.ID) {
			return f
		}
	}
	if r.Name != "" && r.Account != "" && len(s.byName) > 0 {
		if f := s.byName[nameKey(r)]; f != nil && (f.ref.ID == "" || r.ID == "" || f.ref.ID == r.ID) {
			return f
		}
	}
	return nil
}

// at finds or makes the fact of an identity and learns further names for it.
func (s *Store) at(r sekisho.Ref) *fact {
	f := s.find(r)
	if f == nil {
		if max(len(s.byID), len(s.byARN), len(s.byName)) >= s.max {
			s.dropped++
			return &fact{}
		}
		f = &fact{}
	}
	if r.ID != "" && f.ref.ID == "" {
		f.ref.ID = r.ID
		s.byID[r.ID] = f
	}
	if r.ARN != "" && f.ref.ARN == "" {
		f.ref.ARN = r.ARN
		s.byARN[r.ARN] = f
	}
	if r.Name != "" && r.Account != "" && f.ref.Name == "" {
		f.ref.Name, f.ref.Account, f.ref.Type = r.Name, r.Account, r.Type
		s.byName[nameKey(r)] = f
	}
	return f
}

// Power of an identity and what the answer rests on.
func (s *Store) Power(r sekisho.Ref) (sekisho.Power, sekisho.Basis) {
	f := s.find(r)
	if f == nil {
		return sekisho.PowerUnknown, sekisho.BasisNone
	}
	return f.power, f.basis
}

// RoleOf a workload, zero if unknown.
func (s *Store) RoleOf(workload string) sekisho.Ref { return s.roles[workload] }

// Ours reports whether an account is ours. It also takes the account within an
// ARN. Nobody and an organisation as a whole count as ours: a record that names
// neither an account nor everyone says nothing of outsiders.
func (s *Store) Ours(account string) bool {
	if strings.Contains(account, ":") {
		parts := strings.SplitN(account, ":", 6)
		if len(parts) < 6 {
			return false
		}
		account = parts[4]
	}
	return account == "" || strings.HasPrefix(account, "o-") || s.ours[account]
}

// Machine is the machine that a network interface is of, "" if that is not known.
func (s *Store) Machine(networkInterface string) string { return s.machines[networkInterface] }

// attach notes which machine an interface is of.
func (s *Store) attach(x *sekisho.Effect) {
	if _, had := s.machines[x.Resource]; x.Resource == "" || x.Workload == "" || !had && len(s.machines) >= s.max {
		return
	}
	s.machines[x.Resource] = x.Workload
}

// Exists reports whether an identity has been seen to exist.
func (s *Store) Exists(r sekisho.Ref) bool { return s.find(r) != nil }

// Home notes that an account's own records reach us. It comes before an event
// is judged: an account is ours from its first record on.
func (s *Store) Home(account string) {
	if account != "" && !s.ours[account] {
		s.ours[account] = true
	}
}

// Apply learns what a successful event tells of permissions, and what a collector
// read. A change that is older than what was read says nothing new.
func (s *Store) Apply(e *sekisho.Event) {
	if e.Kind == sekisho.Inventory {
		s.collected(e)
		return
	}
	if e.Actor.Workload != "" && e.Actor.ID != "" && e.Actor.Type == sekisho.ActorRole {
		if s.roles[e.Actor.Workload].ID == "" {
			s.role(e.Actor.Workload, sekisho.Ref{ID: e.Actor.ID, Name: e.Actor.Name, ARN: e.Actor.ARN, Account: e.Actor.Account, Type: "role"})
		}
	}
	if !e.Succeeded() || len(e.Effects) == 0 {
		return
	}
	for i := range e.Effects {
		x := &e.Effects[i]
		switch x.Kind {
		case sekisho.CreateIdentity:
			s.forget(x.Identity) // the same name can be another identity now
			if f := s.at(x.Identity); f.basis == sekisho.BasisNone {
				f.power, f.basis = sekisho.PowerLimited, sekisho.BasisKnown // new: may do nothing yet
			}
		case sekisho.GrantPower:
			s.grant(e, x)
		case sekisho.IssueCredential:
			if x.Lasting() && !x.Identity.Zero() && !self(&e.Actor, x.Identity) {
				s.demonstrate(e, sekisho.PowerIssues)
			}
		case sekisho.SetPassword:
			if !self(&e.Actor, x.Identity) {
				s.demonstrate(e, sekisho.PowerIssues)
			}
		case sekisho.OpenTrust:
			s.demonstrate(e, sekisho.PowerAdmin)
		case sekisho.Attached:
			s.attach(x)
		case sekisho.ChangeWorkload:
			if !x.Identity.Zero() {
				s.role(x.Workload, x.Identity)
				if x.Alias != "" {
					s.role(x.Alias, x.Identity)
				}
			}
		}
	}
}

// grant notes power that was given, and that the giver could give it.
func (s *Store) grant(e *sekisho.Event, x *sekisho.Effect) {
	if x.Identity.Zero() && x.Policy != "" {
		s.define(x)
		if x.What != "defined" { // writing a policy that nobody holds shows no power
			s.demonstrate(e, sekisho.PowerAdmin)
		}
		return
	}
	power := s.Granted(x)
	f := s.at(x.Identity)
	// A small policy on an identity of unknown power says nothing of the rest.
	if !f.before(e.Time) && power >= f.power && (power > sekisho.PowerLimited || f.basis != sekisho.BasisNone) {
		f.power, f.basis = power, sekisho.BasisKnown
	}
	s.demonstrate(e, sekisho.PowerAdmin)
}

// define notes what a policy, or a version of it, allows. A version that
// becomes the default brings what was known of it.
func (s *Store) define(x *sekisho.Effect) {
	power := x.Power
	if v, ok := s.policies[x.Policy+":"+x.Resource]; ok && power == sekisho.PowerUnknown {
		power = v.power
	}
	if power == sekisho.PowerUnknown {
		return
	}
	s.policy(x.Policy, power)
	// Under its version too, so that a later one can be taken back. A version
	// that is not in force comes under that name already.
	if v := ":" + x.Resource; v != ":" && !strings.HasSuffix(x.Policy, v) {
		s.policy(x.Policy+v, power)
	}
}

func (s *Store) policy(name string, power sekisho.Power) {
	if _, had := s.policies[name]; !had && len(s.policies) >= s.max {
		s.dropped++
		return
	}
	s.policies[name] = fact{power: power, basis: sekisho.BasisKnown}
}

// Granted is the power that a GrantPower effect gives: what its policy says,
// or what is known of the policy or group that it names.
func (s *Store) Granted(x *sekisho.Effect) sekisho.Power {
	power := x.Power
	if x.What == "version" { // what it replaces counts no longer
		if v, ok := s.policies[x.Policy+":"+x.Resource]; ok && power == sekisho.PowerUnknown {
			power = v.power
		}
		if power != sekisho.PowerUnknown {
			return power
		}
	}
	if p, ok := s.policies[x.Policy]; ok && p.power > power {
		power = p.power
	}
	if x.What == "group" {
		group := sekisho.Ref{Name: first(x.Policy, x.Resource), Account: x.Identity.Account, Type: "group"}
		if f := s.find(group); f != nil && f.power > power {
			power = f.power
		}
	}
	return power
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// demonstrate notes that the actor has itself succeeded in a privileged
// identity write: who can write policies or trust can have everything, who can
// make keys or passwords for others can become them.
func (s *Store) demonstrate(e *sekisho.Event, power sekisho.Power) {
	a := &e.Actor
	if a.Type != sekisho.ActorUser && a.Type != sekisho.ActorRole {
		return
	}
	f := s.at(sekisho.Ref{ID: a.ID, Name: a.Name, ARN: a.ARN, Account: a.Account, Type: actorType(a)})
	if f.before(e.Time) || f.basis == sekisho.BasisKnown && f.power >= power {
		return
	}
	if power > f.power || f.basis < sekisho.BasisDemonstrated {
		f.power, f.basis = max(power, f.power), sekisho.BasisDemonstrated
	}
}

func actorType(a *sekisho.Actor) string {
	if a.Type == sekisho.ActorRole {
		return "role"
	}
	return "user"
}

func self(a *sekisho.Actor, r sekisho.Ref) bool {
	return r.ID != "" && r.ID == a.ID || r.ARN != "" && r.ARN == a.ARN || r.ID == "" && r.ARN == "" && r.Name == a.Name
}

func (s *Store) role(workload string, r sekisho.Ref) {
	old, had := s.roles[workload]
	switch {
	case had && old.ID != "" && old.ARN == r.ARN:
	case !had && len(s.roles) >= s.max:
		s.dropped++
	default:
		s.roles[workload] = r
	}
}

// forget drops what was known of an earlier identity of the same name.
func (s *Store) forget(r sekisho.Ref) {
	f := s.find(r)
	if f == nil || r.ID == "" || f.ref.ID == r.ID {
		return
	}
	s.drop(f)
}

// Dropped is how many facts were not kept for want of room.
func (s *Store) Dropped() int { return s.dropped }
