// Package calibrate turns labelled or ordinary history into a model: the
// weights of behaviours, and the thresholds with what they promise.
package calibrate

import (
	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
)

// grade is one degree of a behaviour's claim.
type grade struct {
	detection string
	start     sekisho.Nats
	tripwire  bool
}

// Evidence is what a fit rests on: the ordinary episodes of an organisation, and
// what each campaign showed. Add to it with Ordinary and Attack; the zero value
// is ready.
type Evidence struct {
	Days      int // of ordinary work
	Episodes  int // that ended, with or without evidence
	Campaigns int
	// Fresh are the episodes of the days on which no weight was fitted, where the
	// others are there as well; FreshDays is how many days.
	Fresh, FreshDays int

	benign, attack map[grade]int // episodes and campaigns that showed it
	tokens         map[grade]int // how many tokens of the behaviour those campaigns showed
	// The scores of ordinary episodes that met a condition for action but for its
	// score: with a tripwire, and without.
	tripwired, alone []sekisho.Nats
	maxima           []sekisho.Nats // of all with any evidence
}

// Ordinary adds an episode that is taken to be ordinary work.
func (v *Evidence) Ordinary(e *correlate.Ended) {
	v.Episodes++
	if len(e.Claims) == 0 {
		return
	}
	if v.benign == nil {
		v.benign = map[grade]int{}
	}
	for g := range strongest(e.Claims) {
		v.benign[g]++
	}
	v.maxima = append(v.maxima, e.Score)
	// Without evidence of somebody else at work, less than High is never acted
	// upon, whatever the threshold is.
	switch {
	case !e.Chain || !e.Backed && e.Score < correlate.Start.High:
	case e.Tripwires > 0:
		v.tripwired = append(v.tripwired, e.Score)
	case e.Seasoned:
		v.alone = append(v.alone, e.Score)
	}
}

// Attack adds a campaign by the findings that rest on its events.
func (v *Evidence) Attack(findings []sekisho.Finding) {
	v.Campaigns++
	if v.attack == nil {
		v.attack, v.tokens = map[grade]int{}, map[grade]int{}
	}
	var claims []correlate.Claim
	for _, f := range findings {
		claims = append(claims, correlate.Claim{Detection: f.Detection, Tripwire: f.Tripwire, Start: f.Start})
	}
	for g := range strongest(claims) {
		v.attack[g]++
		for _, c := range claims {
			if c.Detection == g.detection && c.Tripwire == g.tripwire {
				v.tokens[g]++
			}
		}
	}
}

// strongest is, for each behaviour, as a tripwire and as none, the most that it
// claimed: a behaviour that fired ten times in an episode is one piece of
// evidence of how strong it was.
func strongest(claims []correlate.Claim) map[grade]bool {
	type key struct {
		detection string
		tripwire  bool
	}
	most := map[key]sekisho.Nats{}
	for _, c := range claims {
		k := key{c.Detection, c.Tripwire}
		most[k] = max(most[k], c.Start)
	}
	out := map[grade]bool{}
	for k, start := range most {
		out[grade{k.detection, start, k.tripwire}] = true
	}
	return out
}
