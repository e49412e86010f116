// Package correlate joins findings into episodes of a lineage, and episodes
// into incidents and decisions.
//
// Evidence is a set: a token counts once in an episode, each family of tokens
// is capped, weights are never negative. The score is therefore the same in
// whatever order the tokens came, and grows only.
package correlate

import (
	"time"

	"github.com/sekisho/sekisho"
)

// Model is what turns evidence into severity and decisions.
type Model struct {
	Low, Medium, High, Critical sekisho.Nats // h0 … h3
	// Act is the score at which one tripwire and the chain predicate call for
	// containment, and Alone the score at which the predicate does without one
	// (DESIGN.md section 7, conditions b and c). They are apart from High: what
	// benign episodes reach that meet the condition is another number than what
	// all of them reach, and that number is what a false action depends on.
	Act, Alone sekisho.Nats
	Caps       [sekisho.Families]sekisho.Nats
	Calibrated bool
	// Weights are what was fitted for the behaviours, by id; one that is not
	// there claims what it claims by itself.
	Weights map[string][]Grade
	// Without are families whose evidence does not count, for measuring what
	// each is worth.
	Without [sekisho.Families]bool
}

// Grade is the fitted weight of what a behaviour claims in one degree.
type Grade struct {
	Start    sekisho.Nats // what the behaviour claims by itself
	Tripwire bool         // and whether as a tripwire
	Weight   sekisho.Nats
}

// Weigh is what a behaviour's claim counts: the fitted weight of its grade, or
// of the nearest grade below it; else what it claims.
func (m *Model) Weigh(f *sekisho.Finding) sekisho.Nats {
	weight, best := f.Start, sekisho.Nats(-1)
	for _, g := range m.Weights[f.Detection] {
		if g.Tripwire == f.Tripwire && g.Start <= f.Start && g.Start > best {
			best, weight = g.Start, g.Weight
		}
	}
	return weight
}

// Start is the model before any calibration. Its thresholds and caps are the
// start values of DESIGN.md section 7: h0 6, h1 10, h2 20, h3 26; source 5,
// tempo 5, action 10, lineage 8, tripwires 16. With these caps a benign but
// novel script saturates below h2, and only lineage or tripwire evidence on
// top of it reaches a decision.
var Start = Model{
	Low: 6 * sekisho.Nat, Medium: 10 * sekisho.Nat, High: 20 * sekisho.Nat, Critical: 26 * sekisho.Nat,
	Act: 20 * sekisho.Nat, Alone: 20 * sekisho.Nat,
	Caps: [sekisho.Families]sekisho.Nats{
		sekisho.FamilySource:   5 * sekisho.Nat,
		sekisho.FamilyTempo:    5 * sekisho.Nat,
		sekisho.FamilyAction:   10 * sekisho.Nat,
		sekisho.FamilyLineage:  8 * sekisho.Nat,
		sekisho.FamilyTripwire: 16 * sekisho.Nat,
	},
}

// Bounds of an episode (DESIGN.md section 3) and of what it keeps.
const (
	gap     = 30 * time.Minute // a longer silence ends it
	length  = 4 * time.Hour    // and so does this age
	heldFor = 7 * 24 * time.Hour
	// doubtFor is for how long an episode in doubt that is no warning yet goes on:
	// an intruder who rests an hour between two steps is the same intruder, and
	// what he looked at must not be usual for his victim when he comes back.
	doubtFor    = 24 * time.Hour
	tokensMax   = 512
	actorsMax   = 512
	madeMax     = 512
	windowMax   = 512
	windowSpan  = 10 * time.Minute
	seasoned    = 14   // days of history after which novelty alone may decide
	seasonedEvs = 2000 // or so many events
)
