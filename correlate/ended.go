package correlate

import (
	"time"

	"github.com/sekisho/sekisho"
)

// Ended is what a finished episode leaves behind for fitting and calibration:
// the unit that is exchangeable is the whole episode, never an event in it.
type Ended struct {
	Root       sekisho.Identity
	Account    string
	Start, End time.Time
	Events     int
	Score      sekisho.Nats // the most that it reached: evidence only grows
	Claims     []Claim      // one for each token, in order of time
	Tripwires  int          // distinct behaviours
	// Chain says whether the predicate of DESIGN.md section 7 was met: two
	// tactics, and a privileged write or a tripwire, outside a declared window.
	Chain bool
	// Backed says whether evidence of who acts and how stands beside a tripwire.
	Backed   bool
	Seasoned bool
	Rule     string // which condition called for containment, "" for none
	Incident string // id, "" for none
	Held     bool   // belonged to an incident of at least medium severity
}

// Claim is one token of an episode, by the behaviour that claimed it.
type Claim struct {
	Detection string
	Family    sekisho.Family
	Tripwire  bool
	Start     sekisho.Nats // what the behaviour claims by itself
	Weight    sekisho.Nats // what the model made of it, before caps
	At        time.Time
}

// Summary of an episode as it stands.
func (s *State) Summary(ep *Episode) Ended {
	out := Ended{Start: ep.start, End: ep.last, Events: ep.events, Score: ep.Score(), Tripwires: len(ep.tripwires), Chain: ep.chain(),
		Backed: ep.backed(), Seasoned: ep.seasoned, Rule: ep.rule(&s.Model), Held: ep.held}
	if ep.incident != nil {
		out.Root, out.Incident = ep.incident.Root, ep.incident.ID
		out.Account = out.Root.Account
	} else if len(ep.actors) > 0 {
		out.Root = ep.actors[0].identity
		out.Account = out.Root.Account
	}
	for i := range ep.findings {
		f := &ep.findings[i]
		out.Claims = append(out.Claims, Claim{f.Detection, f.Family, f.Tripwire, f.Start, f.Claimed, f.At})
	}
	return out
}
