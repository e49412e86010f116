package main

import (
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/sim"
)

// outcome is one instance of a campaign held against what was decided.
type outcome struct {
	campaign  string
	seed      uint64
	stoppable bool

	found       bool // an incident of at least medium rests on the attack's events
	foundBefore bool // and was one before the point of no return
	contained   bool // decided by the point of no return, against something of the attack's
	ever        bool // decided at all
	// lead is from the decision to the point of no return.
	lead       time.Duration
	incidents  int // of at least medium that rest on the attack
	root       bool
	principals int // of the truth, in the first incident
	of         int
	phases     int // of the truth's phases, named by the incident
	phasesOf   int

	falseMedium, falseActions int // incidents that rest on nothing of the attack's
	score                     float64
	why                       string // of a miss
}

// lags of a delivery, in seconds, that a decision must survive.
var lags = []int{5, 30, 60, 300}

// judge holds incidents against the truth. Nothing of the detector's own view of
// the point of no return counts: the truth says when that was.
func judge(incidents []sekisho.Incident, t *sim.Truth) outcome {
	o := outcome{campaign: t.Campaign, stoppable: t.Stoppable, of: len(t.Principals), phasesOf: len(t.Phases)}
	attack := map[string]bool{}
	for _, e := range t.Events {
		attack[e.ID] = true
	}
	no, _ := time.Parse(time.RFC3339, t.PointOfNoReturn.At)
	ours := targets(t)
	var first *sekisho.Incident
	for i := range incidents {
		in := &incidents[i]
		if in.MergedInto != "" || in.Severity < sekisho.SeverityMedium {
			continue
		}
		if !slices.ContainsFunc(in.Findings, func(f sekisho.Finding) bool { return attack[f.EventID] }) {
			o.falseMedium++
			if in.Containment != nil {
				o.falseActions++
			}
			continue
		}
		o.incidents++
		if first == nil || in.Score > first.Score {
			first = in
		}
	}
	if first == nil {
		o.why = "not found"
		return o
	}
	o.found, o.score = true, first.Score.Float()
	for _, r := range first.Raised {
		if r.Severity >= sekisho.SeverityMedium && !r.At.After(no) {
			o.foundBefore = true
		}
	}
	o.root = first.Root.ID == t.Root.Identity || first.Root.ID == t.Root.Name && first.Root.ID != ""
	for _, p := range t.Principals {
		if slices.ContainsFunc(first.Identities, func(id sekisho.Identity) bool { return id.ID == p.Identity || id.ID == p.Name && p.Name != "" }) {
			o.principals++
		}
	}
	for _, p := range t.Phases {
		if slices.ContainsFunc(first.Findings, func(f sekisho.Finding) bool { return slices.Contains(f.Phases, sekisho.Phase(p.Phase)) }) {
			o.phases++
		}
	}
	c := first.Containment
	if c == nil {
		o.why = "no containment"
		return o
	}
	hits := slices.ContainsFunc(c.Actions, func(a sekisho.Action) bool { return !a.At.After(no) && ours[a.Target] })
	if !hits {
		hits = slices.ContainsFunc(c.Actions, func(a sekisho.Action) bool { return ours[a.Target] })
		if hits {
			o.why = "contained late"
		} else {
			o.why = "contained nothing of the attack's"
		}
	}
	o.ever = hits
	o.lead = no.Sub(c.At)
	o.contained = hits && o.lead >= 0
	if hits && !o.contained {
		o.why = "contained late"
	}
	return o
}

// targets are what a cut of the attack may be aimed at.
func targets(t *sim.Truth) map[string]bool {
	ours := map[string]bool{}
	for _, list := range [][]sim.TruthActor{{t.Root}, t.Principals, t.Workloads, t.Outside} {
		for _, a := range list {
			for _, id := range []string{a.ID, a.ARN, a.Credential, a.Identity, a.Name} {
				if id != "" {
					ours[id] = true
				}
			}
			// A session is cut through its role.
			if _, rest, ok := strings.Cut(a.ARN, ":assumed-role/"); ok {
				name, _, _ := strings.Cut(rest, "/")
				for _, path := range []string{"", "service-role/", "aws-reserved/sso.amazonaws.com/"} {
					ours["arn:aws:iam::"+a.Account+":role/"+path+name] = true
				}
			}
		}
	}
	for _, k := range t.Minted {
		ours[k.Credential] = true
	}
	return ours
}
