package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/sim"
)

// lags are by how many seconds a containment may come later than its decision:
// delivery of the record and propagation of the cut.
var lags = []int{0, 5, 30, 60, 300}

// outcome is what a report was worth against the truth of one instance.
type outcome struct {
	campaign string
	seed     uint64 // of the organisation
	number   int    // see instance

	stoppable bool
	own, key  bool // see traits of an attack in world.go
	keyless   bool // somewhere no record holds a key that joins it

	found, before bool
	incidents     int // of at least medium severity that hold events of the attack
	root          bool
	across        bool      // the one incident holds evidence of each system that saw the attack
	spans         bool      // it goes from the first event of the attack to the last
	contained     []bool    // by lag, as in lags
	averted       bool      // contained before the record of the point of no return
	ever          bool      // contained at any time
	principals    float64   // share of them in the one incident
	phases        float64   // share of them recalled
	score         float64   // of the one incident
	curve         []rise    // of its score
	missed        []string  // why, in words
	begins        time.Time // of the attack
	noReturn      time.Time // as the truth has it

	days int // that it ran over

	// false ones beside it
	wrong, wrongActions int
	strangers           []sekisho.Incident
}

// rise is a score at a moment.
type rise struct {
	at    time.Time
	score float64
}

// loud are the incidents that count: at least medium, and standing.
func loud(all []sekisho.Incident) []sekisho.Incident {
	var out []sekisho.Incident
	for _, in := range all {
		if in.Severity >= sekisho.SeverityMedium && in.MergedInto == "" {
			out = append(out, in)
		}
	}
	return out
}

// judge holds the incidents of a run against what really happened.
func judge(all []sekisho.Incident, t *sim.Truth) (outcome, error) {
	o := outcome{stoppable: t.Stoppable, keyless: t.Keyless != "", contained: make([]bool, len(lags))}
	a, err := newAttack(t)
	if err != nil {
		return o, err
	}
	o.begins, o.noReturn = a.begins, a.noReturn
	var one *sekisho.Incident // with the most of the attack's findings
	most := 0
	recalled := map[string]bool{}
	incidents := loud(all)
	for i := range incidents {
		in := &incidents[i]
		mine, first := a.evidence(in)
		if mine == 0 {
			o.wrong++
			o.strangers = append(o.strangers, *in)
			if in.Containment != nil {
				o.wrongActions++
			}
			continue
		}
		if in.Containment != nil && in.Containment.At.Before(a.begins) {
			o.wrongActions++ // it was decided on ordinary work
		}
		o.incidents++
		for _, f := range in.Findings {
			if a.events[f.EventID] {
				for _, p := range f.Phases {
					recalled[string(p)] = true
				}
			}
		}
		if mine > most {
			one, most = in, mine
		}
		if !a.known(in) {
			o.miss("an incident (%s) holds its events, but names none of its identities", in.Severity)
			continue
		}
		o.found = true
		if when := a.noticed(in, first); when.Before(a.noReturn) {
			o.before = true
		}
		o.ever = o.ever || a.ever(in)
		for n, lag := range lags {
			o.contained[n] = o.contained[n] || a.contained(in, time.Duration(lag)*time.Second, true)
		}
		o.averted = o.averted || a.contained(in, 0, false)
	}
	hit := 0
	for _, p := range t.Phases {
		if recalled[p.Phase] {
			hit++
		}
	}
	if len(t.Phases) > 0 {
		o.phases = float64(hit) / float64(len(t.Phases))
	}
	if one == nil {
		o.miss("no incident of at least medium severity holds its events")
		return o, nil
	}
	o.root = a.rooted(one)
	o.across = a.across(one)
	o.spans = !one.FirstEventAt.After(a.begins) && !one.LastEventAt.Before(a.ends)
	o.principals = a.principals(one)
	o.score = one.Score.Float()
	o.curve = curve(one)
	o.explain(one, a)
	return o, nil
}

func (o *outcome) miss(format string, args ...any) {
	o.missed = append(o.missed, fmt.Sprintf(format, args...))
}

// explain puts into words what was missed.
func (o *outcome) explain(one *sekisho.Incident, a *attack) {
	if o.incidents != 1 {
		o.miss("%d incidents instead of one", o.incidents)
	}
	if !o.root {
		o.miss("root is %s %q, not %s", one.Root.ID, one.Root.Name, a.truth.Root.Identity)
	}
	if o.contained[0] {
		return
	}
	switch c := one.Containment; {
	case c == nil:
		o.miss("not contained: score %.1f, no rule met", one.Score.Float())
	case c.At.After(a.noReturn):
		o.miss("contained %.0f s after the point of no return", c.At.Sub(a.noReturn).Seconds())
	case c.At.Before(a.begins):
		o.miss("contained before it began, on ordinary work")
	default:
		o.miss("contained in time, but the cuts touch nobody who was still to act")
	}
}

// attack is a truth, ready to be asked.
type attack struct {
	truth            *sim.Truth
	events           map[string]bool
	kinds            map[string]string // of events' records, "" for the provider's
	identities       map[string]bool   // lasting ids and names
	begins, noReturn time.Time
	ends             time.Time                   // of its last event
	actors           map[string][]sim.TruthActor // by principal id, with each credential
	acts             []act                       // in the order of time
}

type act struct {
	id    string
	at    time.Time
	actor string
}

func newAttack(t *sim.Truth) (*attack, error) {
	a := &attack{truth: t, events: map[string]bool{}, kinds: map[string]string{}, identities: map[string]bool{}, actors: map[string][]sim.TruthActor{}}
	for _, e := range t.Events {
		at, err := time.Parse(time.RFC3339, e.At)
		if err != nil {
			return nil, fmt.Errorf("judge %s: %w", t.Campaign, err)
		}
		a.events[e.ID] = true
		a.kinds[e.ID] = e.Kind
		a.acts = append(a.acts, act{e.ID, at, e.Actor})
		if at.After(a.ends) {
			a.ends = at
		}
		if a.begins.IsZero() || at.Before(a.begins) {
			a.begins = at
		}
	}
	var err error
	if a.noReturn, err = time.Parse(time.RFC3339, t.PointOfNoReturn.At); err != nil {
		return nil, fmt.Errorf("judge %s: its point of no return: %w", t.Campaign, err)
	}
	for _, x := range slices.Concat([]sim.TruthActor{t.Root}, t.Principals, t.Workloads, t.Outside) {
		a.actors[x.ID] = append(a.actors[x.ID], x)
		for _, id := range append([]string{x.Identity, x.ID, x.ARN}, x.Also...) {
			if id != "" {
				a.identities[id] = true
			}
		}
	}
	if t.Root.Name != "" {
		a.identities[t.Root.Name] = true // by which a directory's or code host's subject is known
	}
	return a, nil
}

// evidence is how many of an incident's findings rest on the attack's events,
// and when the first of them came.
func (a *attack) evidence(in *sekisho.Incident) (n int, first time.Time) {
	for _, f := range in.Findings {
		if a.events[f.EventID] {
			n++
			if first.IsZero() || f.At.Before(first) {
				first = f.At
			}
		}
	}
	return n, first
}

// bare is an id without the word for its system that a reader of several systems
// puts before it: "host:17" is 17 there.
func bare(id string) string {
	system, rest, ok := strings.Cut(id, ":")
	if !ok || system == "arn" || strings.Trim(system, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return id
	}
	return rest
}

// known reports whether the incident names somebody of the attack.
func (a *attack) known(in *sekisho.Incident) bool {
	names := func(id string) bool { return a.identities[id] || a.identities[bare(id)] }
	return names(in.Root.ID) || slices.ContainsFunc(in.Identities, func(x sekisho.Identity) bool { return names(x.ID) })
}

// noticed is when the incident was of medium severity and held evidence of the
// attack: an incident on ordinary work that the attack came into later had not
// found it before.
func (a *attack) noticed(in *sekisho.Incident, first time.Time) time.Time {
	for _, r := range in.Raised {
		if r.Severity >= sekisho.SeverityMedium {
			if r.At.After(first) {
				return r.At
			}
			return first
		}
	}
	return in.LastEventAt // of medium severity without having risen to it: as late as can be
}

// rooted reports whether the incident's root is where the attack began.
func (a *attack) rooted(in *sekisho.Incident) bool {
	r := &a.truth.Root
	is := func(id string) bool {
		return id == r.Identity || id == r.Name || id == r.ARN || slices.Contains(r.Also, id)
	}
	return in.Root.ID != "" && (is(in.Root.ID) || is(bare(in.Root.ID)))
}

// across reports whether the incident holds evidence of each system that an
// observer could tell the attack in. The network and the threat detector watch
// machines together and count as one.
func (a *attack) across(in *sekisho.Incident) bool {
	system := func(kind string) string {
		if kind == sim.KindFlow {
			return sim.KindGuardDuty
		}
		return kind
	}
	found := map[string]bool{}
	for _, f := range in.Findings {
		if a.events[f.EventID] {
			found[system(a.kinds[f.EventID])] = true
		}
	}
	for _, id := range a.truth.Telling {
		if !found[system(a.kinds[id])] {
			return false
		}
	}
	return true
}

// principals is the share of the attack's principals that the incident names,
// with the credential that they used where the truth has one.
func (a *attack) principals(in *sekisho.Incident) float64 {
	identities, credentials := map[string]bool{}, map[string]bool{}
	for _, x := range in.Identities {
		identities[x.ID], identities[bare(x.ID)] = true, true
	}
	for _, x := range in.Credentials {
		credentials[x.ID], credentials[bare(x.ID)] = true, true
	}
	n := 0
	for _, p := range a.truth.Principals {
		if (identities[p.Identity] || identities[p.ARN] || slices.ContainsFunc(p.Also, func(id string) bool { return identities[id] })) && (p.Credential == "" || credentials[p.Credential]) {
			n++
		}
	}
	return float64(n) / float64(max(1, len(a.truth.Principals)))
}

// contained reports whether the incident's containment, effective so long after
// its decision, is not later than the point of no return and cuts somebody of
// the attack who acts from then on until that point: a cut of who has done all
// that he had to do stops nothing. A decision that fell before the attack
// began was made on ordinary work and does not count. With onIt a decision on the
// record of the point of no return itself counts: it is in time for all that comes
// after, and too late for that one call.
func (a *attack) contained(in *sekisho.Incident, lag time.Duration, onIt bool) bool {
	c := in.Containment
	if c == nil || c.At.Before(a.begins) || c.At.Add(lag).After(a.noReturn) {
		return false
	}
	for _, cut := range c.Actions {
		effective := cut.At.Add(lag)
		if effective.After(a.noReturn) {
			continue
		}
		for _, x := range a.acts {
			if x.id == cut.EventID && (!onIt || x.id != a.truth.PointOfNoReturn.ID) {
				continue // it is what the decision was made on
			}
			if !x.at.Before(effective) && !x.at.After(a.noReturn) && a.cuts(cut.Target, x.actor) {
				return true
			}
		}
	}
	return false
}

// ever reports whether the incident's containment, at whatever time, cuts
// somebody of the attack.
func (a *attack) ever(in *sekisho.Incident) bool {
	if in.Containment == nil || in.Containment.At.Before(a.begins) {
		return false
	}
	for _, cut := range in.Containment.Actions {
		for actor := range a.actors {
			if a.cuts(cut.Target, actor) {
				return true
			}
		}
	}
	return false
}

// cuts reports whether an action's target is an actor of the attack: one of its
// credentials, itself by its lasting id or ARN, the role whose session it is, or
// the workload that it runs in.
func (a *attack) cuts(target, actor string) bool {
	if target == "" {
		return false
	}
	for _, x := range a.actors[actor] {
		if short := bare(target); short != target && short != "" && (short == x.Credential || short == x.ID || short == x.Identity || slices.Contains(x.Also, short)) {
			return true
		}
		if target == x.Credential || target == x.ID || target == x.Identity || target == x.ARN || strings.HasPrefix(target, x.ID+"@") || slices.Contains(x.Also, target) {
			return true
		}
		// A session's ARN is …:assumed-role/ROLE/SESSION, its role's …:role/PATH/ROLE.
		if _, rest, ok := strings.Cut(x.ARN, ":assumed-role/"); ok {
			role, _, _ := strings.Cut(rest, "/")
			if strings.Contains(target, ":role/") && strings.HasSuffix(target, "/"+role) && strings.Contains(target, ":"+x.Account+":") {
				return true
			}
			// Sessions of functions and instances carry the workload's name.
			if target == x.Name || strings.HasSuffix(target, ":function:"+x.Name) || strings.HasSuffix(target, "function/"+x.Name) || strings.HasSuffix(target, "instance/"+x.Name) {
				return true
			}
		}
	}
	return false
}

// curve is an incident's score over time.
func curve(in *sekisho.Incident) []rise {
	findings := slices.Clone(in.Findings)
	slices.SortStableFunc(findings, func(x, y sekisho.Finding) int { return x.At.Compare(y.At) })
	var out []rise
	sum := 0.0
	for _, f := range findings {
		sum += f.Weight.Float()
		out = append(out, rise{f.At, sum})
	}
	return out
}
