package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/technique"
)

// htmlIncident is one incident as the template shows it.
type htmlIncident struct {
	Anchor, ID, Title, Severity string
	Summary                     []htmlFact
	Root                        htmlFact
	RootDetail                  []string
	Figures                     []htmlFigure
	Margin                      []string
	Cuts, CutsLater             []htmlCut // decided at once, and as the chain went on
	CutsMore                    string
	Rule                        string
	RestsOn, Changed            string // headings
	Rests                       []htmlFact
	WhatIf                      []string
	Compared                    []htmlComparison
	Places                      []htmlPlace
	Timeline                    *htmlTimeline
	Evidence                    *htmlEvidence
	Lineage                     *htmlLineage
	Rows                        []htmlRow
	RowsMore                    []string
	Techniques                  []htmlPhase
	Atlas                       []htmlTechnique
	Stages                      []htmlStage
}

// htmlFigure is one of the three numbers that tell how it went.
type htmlFigure struct{ Name, Value, Detail, Class string }

// htmlComparison is one identity before and now.
type htmlComparison struct {
	Who, Before string
	Rows        []sekisho.Change
}

type htmlCut struct {
	htmlStamp
	Action, Target, Why, Undo string
	Before, At, Known         bool // before the point of no return, or at it; Known: there was one
}

type htmlPlace struct {
	htmlStamp
	Phases, Cut, Feed string
	InTime, Known     bool // Known: there was a point of no return to be in time for
}

type htmlTechnique struct {
	ID, Name string
	N        int
}

type htmlPhase struct {
	Stage      htmlStage
	Phase      string
	Techniques []htmlTechnique
}

// htmlStage is a part of an attack: fourteen tactics are too many colours to
// tell apart, and five are not. Each has a shape too, for who sees no colours.
type htmlStage struct {
	Class, Name, Tactics string
	Shape                string // path of a mark around 0,0
}

// stages in the order of an attack. The shapes are about 11 pixels across.
var stages = [...]htmlStage{
	{"st-in", "Getting in", "reconnaissance, resource development, initial access", "M0 -5.5A5.5 5.5 0 1 1 0 5.5A5.5 5.5 0 1 1 0 -5.5Z"},
	{"st-look", "Looking around", "discovery", "M-4.6 -4.6H4.6V4.6H-4.6Z"},
	{"st-power", "Gaining power", "execution, privilege escalation, credential access, lateral movement", "M0 -6.4L6 4.8H-6Z"},
	{"st-stay", "Staying, hiding", "persistence, defence evasion, command and control", "M0 -6.4L6.2 0L0 6.4L-6.2 0Z"},
	{"st-harm", "Doing harm", "collection, exfiltration, impact", "M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z"},
}

// stageOf is the part of an attack to which a tactic belongs; an unknown one
// is taken for looking around.
func stageOf(p sekisho.Phase) int {
	switch p {
	case "reconnaissance", "resource-development", "initial-access":
		return 0
	case "execution", "privilege-escalation", "credential-access", "lateral-movement":
		return 2
	case "persistence", "defense-evasion", "command-and-control":
		return 3
	case "collection", "exfiltration", "impact":
		return 4
	}
	return 1
}

// stage of a finding is that of its first phase, which is what it is most.
func stage(f *sekisho.Finding) int {
	if len(f.Phases) == 0 {
		return 1
	}
	return stageOf(f.Phases[0])
}

// htmlIncident makes the page's form of the incident; room is how many bytes
// of raw records may still be shown.
func (r *Report) htmlIncident(index int, room *int) *htmlIncident {
	in := &r.Incidents[index]
	names := namesOf(in)
	x := &htmlIncident{Anchor: fmt.Sprintf("incident-%d", index+1), ID: clean(in.ID, nameMax), Title: clean(in.Title, sentenceMax),
		Severity: in.Severity.String(), Stages: stages[:]}
	add := func(name, value string) { x.Summary = append(x.Summary, htmlFact{name, value}) }
	add("When", in.FirstEventAt.UTC().Format(date)+" to "+in.LastEventAt.UTC().Format(date)+" UTC ("+span(in.LastEventAt.Sub(in.FirstEventAt))+")")
	add("Who", count(int64(len(in.Identities)), "identity", "identities")+", "+count(int64(len(in.Credentials)), "credential"))
	add("Evidence", r.score(in))
	add("Incident", x.ID)
	x.Root = htmlFact{label(in.Root), kind(in.Root)}
	for _, id := range []string{in.Root.ID, in.Root.ARN} {
		if id != "" && id != in.Root.Name {
			x.RootDetail = append(x.RootDetail, clean(id, arnMax))
		}
	}

	x.turning(in, r.Model)
	x.RestsOn, x.Changed = decided(in)
	for i := range in.Explanation.Rests {
		c := &in.Explanation.Rests[i]
		x.Rests = append(x.Rests, htmlFact{fmt.Sprintf("%+.1f", c.Weight.Float()), contribution(c)})
	}
	x.WhatIf = whatIfs(in)
	for _, c := range comparisons(in, names) {
		x.Compared = append(x.Compared, htmlComparison{c.who, "Before (" + count(int64(c.days), "day") + ")", c.rows})
	}
	x.places(in)
	rows, more := htmlRows(in)
	anchors := x.findings(in, r.Records, names, rows, room)
	x.RowsMore = more
	times := []time.Time{in.FirstEventAt, in.LastEventAt}
	for i := range in.Findings {
		times = append(times, in.Findings[i].At)
	}
	if in.Containment != nil {
		times = append(times, in.Containment.At)
	}
	if in.NoReturn != nil {
		times = append(times, in.NoReturn.At)
	}
	for i := range in.Credentials {
		if at := in.Credentials[i].IssuedAt; at.After(in.FirstEventAt) && at.Before(in.LastEventAt) && i < htmlNodesMax {
			times = append(times, at)
		}
	}
	a := newAxis(times)
	x.Timeline = timeline(in, a, names, anchors)
	x.Evidence = evidence(in, a, r.Model)
	x.Lineage = drawLineage(in, names)
	x.techniques(in)
	return x
}

// turning is how far it got and what would have stopped it.
func (x *htmlIncident) turning(in *sekisho.Incident, m correlate.Model) {
	fig := func(name string, at time.Time, class, detail string) {
		s := stamp(in, at)
		x.Figures = append(x.Figures, htmlFigure{name, s.Clock, s.Offset + detail, class})
	}
	c, n := in.Containment, in.NoReturn
	if c != nil {
		fig("Cut would be decided", c.At, "fig-cut", fmt.Sprintf(" after the first event, tier %d", c.Tier))
	} else {
		x.Figures = append(x.Figures, htmlFigure{"Cut would be decided", "never", "the evidence did not reach a decision", "fig-bad"})
	}
	if n != nil {
		fig("Point of no return", n.At, "fig-turn", ", "+n.Basis.String()+": "+clean(n.Why, sentenceMax))
	} else {
		x.Figures = append(x.Figures, htmlFigure{"Point of no return", "not reached", "as far as these records tell", "fig-cut"})
	}
	if gap, ok := margin(in); ok {
		f := htmlFigure{"Margin, hypothetical", span(gap), "to spare", "fig-cut"}
		switch {
		case gap == 0:
			f = htmlFigure{"Margin, hypothetical", "none", "the same moment", "fig-bad"}
		case gap < 0:
			f = htmlFigure{"Margin, hypothetical", span(-gap), "too late", "fig-bad"}
		}
		x.Figures = append(x.Figures, f)
		text := "Hypothetical: a scan reads logs and touches nothing. The margin counts 0 s for the delivery of records and 0 s for a cut to take effect; what either takes in your organisation comes off it"
		if gap > 0 {
			text += ", and more than " + span(gap) + " together would have used it up"
		}
		x.Margin = append(x.Margin, text+".")
	} else if c != nil {
		x.Margin = append(x.Margin, "Hypothetical: a scan reads logs and touches nothing; no delay is counted for the delivery of records or for a cut to take effect.")
	}
	if c == nil {
		return
	}
	later := 0
	for i := range in.Credentials {
		if in.Credentials[i].IssuedAt.After(c.At) {
			later++
		}
	}
	if later > 0 {
		x.Margin = append(x.Margin, fmt.Sprintf("%d of %s came into being after the cut would have been decided.", later, count(int64(len(in.Credentials)), "credential")))
	}
	x.Rule = rule(c, m)
	for i, a := range c.Actions {
		if i == htmlActionsMax {
			x.CutsMore = fmt.Sprintf("and %d more; --format json lists them all", len(c.Actions)-i)
			break
		}
		cut := htmlCut{htmlStamp: stamp(in, a.At), Action: clean(a.Action, nameMax), Target: clean(a.Target, arnMax), Why: clean(a.Why, sentenceMax),
			Undo: "yes", Before: n != nil && a.At.Before(n.At), At: n != nil && a.At.Equal(n.At), Known: n != nil}
		if !a.Reversible {
			cut.Undo = "no"
		}
		if a.At.After(c.At) {
			x.CutsLater = append(x.CutsLater, cut)
		} else {
			x.Cuts = append(x.Cuts, cut)
		}
	}
}

// rule says in words which condition decided; see package correlate.
func rule(c *sekisho.Containment, m correlate.Model) string {
	text := map[string]string{
		"two-tripwires":  "two different tripwires fell in one episode",
		"tripwire-chain": fmt.Sprintf("a tripwire, a chain of phases with a privileged change, and a score of at least %g", m.Act.Float()),
		"score-chain":    fmt.Sprintf("a chain of phases with a privileged change, and a score of at least %g, by an identity with enough history", m.Alone.Float()),
	}[c.Rule]
	if text == "" {
		return clean(c.Rule, nameMax)
	}
	return text + " (" + c.Rule + ")"
}

// places is where the chain could have been broken; phases that one cut would
// have broken share an entry.
func (x *htmlIncident) places(in *sekisho.Incident) {
	for i := 0; i < len(in.Interventions); {
		v := in.Interventions[i]
		var phases []string
		for i < len(in.Interventions) && in.Interventions[i].EventID == v.EventID && in.Interventions[i].Cut == v.Cut {
			phases = append(phases, words(in.Interventions[i].Phase))
			i++
		}
		x.Places = append(x.Places, htmlPlace{htmlStamp: stamp(in, v.At), Phases: strings.Join(phases, ", "), Cut: clean(v.Cut, sentenceMax),
			Feed: clean(v.Feed, nameMax), InTime: v.InTime, Known: in.NoReturn != nil})
	}
}

// words is a tactic as people write it.
func words(p sekisho.Phase) string { return strings.ReplaceAll(clean(string(p), nameMax), "-", " ") }

// techniques lists the techniques under the phase in which they were used.
func (x *htmlIncident) techniques(in *sekisho.Incident) {
	type key struct {
		phase sekisho.Phase
		id    string
	}
	n, at := map[key]int{}, map[string]int{}
	for i := range in.Findings {
		f := &in.Findings[i]
		for _, id := range f.Attack {
			n[key{phaseOf(f, id), id}]++
		}
		for _, id := range f.Atlas {
			at[id]++
		}
	}
	var order []sekisho.Phase
	for _, t := range technique.Tactics() {
		order = append(order, sekisho.Phase(t))
	}
	for i := range in.Findings { // what is no tactic comes last
		for _, id := range in.Findings[i].Attack {
			if p := phaseOf(&in.Findings[i], id); !slices.Contains(order, p) {
				order = append(order, p)
			}
		}
	}
	ids := techniques(in, attack)
	for _, p := range order {
		ph := htmlPhase{Stage: stages[stageOf(p)], Phase: words(p)}
		for _, id := range ids {
			if k := n[key{p, id}]; k > 0 {
				ph.Techniques = append(ph.Techniques, htmlTechnique{clean(id, nameMax), attackName(id), k})
			}
		}
		if len(ph.Techniques) > 0 {
			x.Techniques = append(x.Techniques, ph)
		}
	}
	for _, id := range techniques(in, atlas) {
		x.Atlas = append(x.Atlas, htmlTechnique{clean(id, nameMax), atlasName(id), at[id]})
	}
}

// phaseOf is the finding's phase that the technique serves: the first that
// ATT&CK lists for it, else the finding's first.
func phaseOf(f *sekisho.Finding, id string) sekisho.Phase {
	t, _ := technique.Attack(id)
	for _, p := range f.Phases {
		if slices.Contains(t.Tactics, string(p)) {
			return p
		}
	}
	if len(f.Phases) > 0 {
		return f.Phases[0]
	}
	return "no phase"
}

// attackName is a technique's name, a sub-technique's behind its parent's.
func attackName(id string) string {
	t, _ := technique.Attack(id)
	if parent, _, sub := strings.Cut(id, "."); sub {
		if p, ok := technique.Attack(parent); ok {
			return p.Name + ": " + t.Name
		}
	}
	return t.Name
}

func atlasName(id string) string {
	t, _ := technique.Atlas(id)
	if i := strings.LastIndexByte(id, '.'); i > len("AML") {
		if p, ok := technique.Atlas(id[:i]); ok {
			return p.Name + ": " + t.Name
		}
	}
	return t.Name
}
