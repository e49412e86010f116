package inventory

import (
	"slices"
	"time"

	"github.com/sekisho/sekisho"
)

// partiesMax bounds the roles whose trust, and the resources whose sharing is
// remembered. A trust policy holds 4 KB of names at most.
const partiesMax = 1 << 16

// party is whom something trusts or is shared with, as of a time.
type party struct {
	with []string // sorted, at most sekisho.WithMost
	at   int64    // unix seconds
}

// collected learns an event of Kind Inventory: how things are, as a collector read
// them. It replaces what was known, also where that said more: permissions that
// were taken away show in no other way once a change was not seen. What is older
// than what was collected before is left aside.
func (s *Store) collected(e *sekisho.Event) {
	at := e.Time.Unix()
	for i := range e.Effects {
		x := &e.Effects[i]
		switch x.Kind {
		case sekisho.HoldsPower:
			s.holds(x, at)
		case sekisho.Trusts:
			s.note(s.trusts, x.Identity.ARN, x.With, at)
		case sekisho.RunsAs:
			for _, w := range [...]string{x.Workload, x.Alias} {
				if w != "" && !x.Identity.Zero() {
					s.role(w, x.Identity)
				}
			}
		case sekisho.Shared:
			if len(x.With) == 0 {
				delete(s.shares, x.Resource)
			} else {
				s.note(s.shares, x.Resource, x.With, at)
			}
		case sekisho.Attached:
			s.attach(x)
		case sekisho.Gone:
			s.gone(x, at)
		}
	}
}

// holds notes the power of an identity or policy. Where a document could not be
// read the power is unknown, and what was known of it before stands.
func (s *Store) holds(x *sekisho.Effect, at int64) {
	if x.Policy != "" {
		if x.Power != sekisho.PowerUnknown {
			s.policy(x.Policy, x.Power)
			if x.Resource != "" {
				s.policy(x.Policy+":"+x.Resource, x.Power)
			}
		}
		return
	}
	s.forget(x.Identity) // the same name can be another identity now
	f := s.at(x.Identity)
	if at < f.at {
		return
	}
	f.at = at
	if x.Power != sekisho.PowerUnknown {
		f.power, f.basis = x.Power, sekisho.BasisKnown
	}
}

// note keeps whom a name trusts or is shared with.
func (s *Store) note(m map[string]party, name string, with []string, at int64) {
	old, had := m[name]
	switch {
	case name == "" || had && at < old.at:
	case !had && len(m) >= min(s.max, partiesMax):
		s.dropped++
	default:
		kept := slices.Compact(slices.Sorted(slices.Values(with)))
		if len(kept) > sekisho.WithMost {
			s.dropped += len(kept) - sekisho.WithMost
			kept = slices.Clone(kept[:sekisho.WithMost])
		}
		m[name] = party{kept, at}
	}
}

// gone drops what is no longer there. An identity that was collected later bears
// the name anew.
func (s *Store) gone(x *sekisho.Effect, at int64) {
	if f := s.find(x.Identity); f != nil && !x.Identity.Zero() && f.at <= at {
		s.drop(f)
	}
	if t, ok := s.trusts[x.Identity.ARN]; ok && t.at <= at {
		delete(s.trusts, x.Identity.ARN)
	}
	if t, ok := s.shares[x.Resource]; ok && t.at <= at {
		delete(s.shares, x.Resource)
	}
	delete(s.roles, x.Workload)
	delete(s.roles, x.Alias)
	if x.Policy != "" {
		delete(s.policies, x.Policy)
	}
}

// drop takes a fact from every name that leads to it.
func (s *Store) drop(f *fact) {
	old := s.present(f)
	delete(s.byID, old.ID)
	delete(s.byARN, old.ARN)
	delete(s.byName, nameKey(old))
}

// before reports whether what an event of that time says of an identity is older
// than what a collector read.
func (f *fact) before(t time.Time) bool { return f.at > t.Unix() }

// TrustedBy answers who may assume an identity (a role) by its own word, sorted: identities,
// accounts, "*" for everyone, services, identity providers; at most
// sekisho.WithMost. known is false where no collector has read it. The caller
// must not change the answer.
func (s *Store) TrustedBy(r sekisho.Ref) (with []string, known bool) {
	arn := r.ARN
	if f := s.find(r); f != nil && f.ref.ARN != "" {
		arn = f.ref.ARN
	}
	t, known := s.trusts[arn]
	return t.with, known
}

// SharedTo answers with whom a resource is shared as a collector read it, sorted:
// account ids, or "*" for everyone; at most sekisho.WithMost; nil where it is
// shared with nobody, or nobody has looked. The caller must not change the answer.
func (s *Store) SharedTo(resource string) []string { return s.shares[resource].with }
