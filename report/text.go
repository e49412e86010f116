package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/technique"
)

// Bounds of what the text form shows; JSON holds everything. They keep an
// incident to a few screens, and one hostile name to a line or two.
const (
	nameMax     = 64  // characters of a name or id
	arnMax      = 160 // characters of an ARN, a target or a file
	sentenceMax = 400 // characters of a title or reason
	findingsMax = 40  // findings of an incident
	chainMax    = 25  // credentials of an incident: the nineteen principals of the model case fit
	actionsMax  = 10  // cuts
	lowMax      = 20  // low incidents
	lowTextMax  = 120 // characters of the title and of the reason of a low one
	filesMax    = 5   // unreadable records and skipped files
	clock       = "15:04:05"
	date        = "2006-01-02 15:04:05"
)

// Text writes the report for a person: what there is in one sentence, then
// each incident, the low ones in a line, then what was read.
func (r *Report) Text(w io.Writer, t Terminal) error {
	p := newPage(t)
	r.verdict(p)
	flush := func() error { // an incident at a time, so that memory does not grow with their number
		_, err := io.WriteString(w, p.String())
		p.Reset()
		return err
	}

	low := slices.IndexFunc(r.Incidents, func(in sekisho.Incident) bool { return in.Severity == sekisho.SeverityLow })
	if low < 0 {
		low = len(r.Incidents)
	}
	for i := range r.Incidents[:low] {
		r.incident(p, &r.Incidents[i])
		if err := flush(); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	lowOnes(p, r.Incidents[low:])
	r.Stats.text(p)
	if err := flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// verdict is the first sentence: what there is, and how the worst went.
func (r *Report) verdict(p *page) {
	if len(r.Incidents) == 0 {
		s := plain
		text := fmt.Sprintf("No incident in %s.", count(r.Stats.Events, "event"))
		switch {
		case r.Stats.Events == 0 && r.Stats.UnreadableTotal > 0:
			text, s = fmt.Sprintf("Nothing was judged: none of %s could be read; see below.", count(r.Stats.UnreadableTotal, "record")), yellow
		case r.Stats.UnreadableTotal > 0:
			text += fmt.Sprintf(" %s could not be read; see below.", count(r.Stats.UnreadableTotal, "record"))
			s = yellow
		case r.Stats.Events == 0:
			text, s = "Nothing was judged: the input holds no events; see below.", yellow
		default:
			s = green
		}
		p.para(0, s, text)
		return
	}

	var parts []string
	for sev := sekisho.SeverityCritical; ; sev-- {
		n := 0
		for i := range r.Incidents {
			if r.Incidents[i].Severity == sev {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, sev))
		}
		if sev == sekisho.SeverityLow {
			break
		}
	}
	noun := "incidents"
	if len(r.Incidents) == 1 {
		noun = "incident"
	}
	worst := &r.Incidents[0]
	text := and(parts) + " " + noun
	if worst.Severity > sekisho.SeverityLow {
		text += ": " + clean(worst.Title, sentenceMax)
	}
	p.para(0, severityStyle(worst.Severity), stop(text))
	if worst.Severity > sekisho.SeverityLow {
		p.para(0, plain, outcome(worst))
	}
}

// outcome says in one sentence whether a cut would have come in time.
func outcome(in *sekisho.Incident) string {
	m, both := margin(in)
	switch {
	case both && m > 0:
		return fmt.Sprintf("It would have been contained at %s, %s before the point of no return.", in.Containment.At.UTC().Format(clock), span(m))
	case both && m == 0:
		return fmt.Sprintf("It would have been contained at %s, at the point of no return itself.", in.Containment.At.UTC().Format(clock))
	case both:
		return fmt.Sprintf("It would have been contained at %s, %s after the point of no return: too late.", in.Containment.At.UTC().Format(clock), span(-m))
	case in.Containment != nil:
		return fmt.Sprintf("It would have been contained at %s; no point of no return was seen.", in.Containment.At.UTC().Format(clock))
	case in.NoReturn != nil:
		return fmt.Sprintf("No containment would have been decided; the point of no return was at %s.", in.NoReturn.At.UTC().Format(clock))
	}
	return "No containment would have been decided, and no point of no return was seen."
}

// incident writes one incident whole.
func (r *Report) incident(p *page, in *sekisho.Incident) {
	names := namesOf(in)
	sev := in.Severity
	p.WriteByte('\n')
	p.hang(0, strings.ToUpper(sev.String()), severityStyle(sev), 10, bold, clean(in.Title, sentenceMax))
	p.label("id", plain, clean(in.ID, nameMax))
	p.label("score", plain, r.score(in))
	if v := in.Verdict; v != nil {
		text := map[sekisho.VerdictKind]string{sekisho.VerdictTrue: "an attack", sekisho.VerdictFalse: "a false alarm", sekisho.VerdictAuthorised: "authorised"}[v.Kind] +
			", says " + v.By
		if v.Note != "" {
			text += ": " + v.Note
		}
		p.label("verdict", plain, clean(text, nameMax))
	}
	when := in.FirstEventAt.UTC().Format(date) + " to "
	if in.FirstEventAt.UTC().YearDay() == in.LastEventAt.UTC().YearDay() && in.LastEventAt.Sub(in.FirstEventAt) < 24*time.Hour {
		when += in.LastEventAt.UTC().Format(clock)
	} else {
		when += in.LastEventAt.UTC().Format(date)
	}
	p.label("when", plain, when+" UTC ("+span(in.LastEventAt.Sub(in.FirstEventAt))+")")
	p.label("root", bold, fmt.Sprintf("%s, %s", label(in.Root), kind(in.Root)))
	if id := in.Root.ID; id != "" && id != in.Root.Name && id != in.Root.ARN {
		p.more(dim, clean(id, arnMax))
	}
	if in.Root.ARN != "" {
		p.more(dim, clean(in.Root.ARN, arnMax))
	}
	if n := len(in.Identities); n > 1 {
		p.label("parties", plain, fmt.Sprintf("%s, %s", count(int64(n), "identity", "identities"), count(int64(len(in.Credentials)), "credential")))
	}

	// What to do comes first: who reads this at night may not read on.
	p.turning(in)
	p.explanation(in)
	p.changes(in, names)
	p.timeline(in, names)
	p.cuts(in)
	p.chain(in)
	p.techniques(in)
}

// namesOf are the identities by the text that people know them by; where they are of
// several systems, with the system.
func namesOf(in *sekisho.Incident) map[string]string {
	names := map[string]string{}
	several := systems(in) > 1
	for _, id := range in.Identities {
		names[id.ID] = label(id)
		if several && id.System != "" {
			names[id.ID] += " (" + clean(id.System, nameMax) + ")"
		}
	}
	return names
}

// systems is in how many systems an incident has identities.
func systems(in *sekisho.Incident) int {
	var seen []string
	for _, id := range in.Identities {
		if id.System != "" && !slices.Contains(seen, id.System) {
			seen = append(seen, id.System)
		}
	}
	return len(seen)
}

// score is set against the thresholds that decide the severity.
func (r *Report) score(in *sekisho.Incident) string {
	text := fmt.Sprintf("%.1f nats (medium from %g, high from %g, critical from %g", in.Score.Float(),
		r.Model.Medium.Float(), r.Model.High.Float(), r.Model.Critical.Float())
	if in.Uncalibrated {
		text += "; uncalibrated: these are the shipped thresholds"
	}
	return text + ")"
}

// chain shows where the credentials came from.
func (p *page) chain(in *sekisho.Incident) {
	if len(in.Chain) == 0 {
		return
	}
	p.heading("Where the credentials came from")
	for i, line := range in.Chain {
		if i == chainMax {
			p.para(4, dim, fmt.Sprintf("and %d more; --format json lists them all", len(in.Chain)-i))
			break
		}
		p.hang(4, "", plain, 4, plain, clean(line, sentenceMax))
	}
}

// timeline shows the findings, with the time since the first event. What one
// identity repeats is told at its first occurrence, but for tripwires.
func (p *page) timeline(in *sekisho.Incident, names map[string]string) {
	if len(in.Findings) == 0 {
		return
	}
	p.heading("What happened")
	groups := group(in.Findings)
	for i, g := range groups {
		if i == findingsMax {
			p.para(4, dim, fmt.Sprintf("and %d more; --format json lists them all", len(groups)-i))
			break
		}
		f := g.first
		s := plain
		if f.Tripwire {
			s = yellow
		}
		text := clean(f.Title, sentenceMax)
		if f.Reason != "" {
			text += ": " + clean(f.Reason, sentenceMax)
		}
		p.hang(4, offset(in, f.At), bold, offsetColumn, s, text)

		var notes []string
		if len(f.Phases) > 0 {
			notes = append(notes, clean(string(f.Phases[0]), nameMax))
		}
		who := names[f.Identity]
		if who == "" {
			who = clean(f.Identity, nameMax)
		}
		notes = append(notes, "by "+who)
		if f.Tripwire {
			notes = append(notes, "tripwire")
		}
		notes = append(notes, fmt.Sprintf("%+.1f nats", g.weight.Float()))
		if g.more > 0 {
			notes = append(notes, fmt.Sprintf("with %d more like it until %s", g.more, offset(in, g.last)))
		}
		p.para(offsetColumn, dim, strings.Join(notes, ", "))
	}
	if in.Excess > 0 {
		p.para(4, dim, fmt.Sprintf("%s beyond the bound of an episode were counted, not kept", count(int64(in.Excess), "finding")))
	}
}

// offsetColumn is where text beside an offset begins: behind an indent of
// four, the longest usual offset, "+3:59:59", and a space.
const offsetColumn = 13

// findings are what one identity did of one kind.
type findings struct {
	first  *sekisho.Finding
	more   int // how many followed
	last   time.Time
	weight sekisho.Nats // of all
}

// group puts findings that repeat an earlier one under it.
func group(list []sekisho.Finding) []*findings {
	type same struct{ detection, identity string }
	var out []*findings
	seen := map[same]*findings{}
	for i := range list {
		f := &list[i]
		k := same{f.Detection, f.Identity}
		if g := seen[k]; g != nil && !f.Tripwire {
			g.more++
			g.last = f.At
			g.weight += f.Weight
			continue
		}
		g := &findings{first: f, weight: f.Weight}
		out = append(out, g)
		if !f.Tripwire {
			seen[k] = g
		}
	}
	return out
}

// turning shows the point of no return, the containment and the margin.
func (p *page) turning(in *sekisho.Incident) {
	p.heading("How far it got, and what would have stopped it")
	if n := in.NoReturn; n != nil {
		text := moments(in, n.At) + ", " + n.Basis.String() + ": " + clean(n.Why, sentenceMax)
		p.label("no return", red, text)
	} else {
		p.label("no return", plain, "not reached, as far as these records tell")
	}
	c := in.Containment
	if c == nil {
		p.label("cut", plain, "none would have been made automatically")
		return
	}
	text := moments(in, c.At) + fmt.Sprintf(", tier %d", c.Tier)
	if c.Rule != "" {
		text += ", by the rule " + clean(c.Rule, nameMax)
	}
	p.label("cut", green, text)
	for i, a := range c.Actions {
		if i == actionsMax {
			p.more(dim, fmt.Sprintf("and %d more; --format json lists them all", len(c.Actions)-i))
			break
		}
		line := offset(in, a.At) + " " + clean(a.Action, nameMax) + " " + clean(a.Target, arnMax)
		if a.Why != "" {
			line += ": " + clean(a.Why, sentenceMax)
		}
		if !a.Reversible {
			line += " (cannot be undone)"
		}
		p.more(plain, line)
	}
	if m, ok := margin(in); ok {
		s, text := green, span(m)+" to spare"
		switch {
		case m == 0:
			text = "none: the same moment"
		case m < 0:
			s, text = red, "too late by "+span(-m)
		}
		p.label("margin", s, text+" (hypothetical: a scan enforces nothing and counts no delay for the delivery of records or the effect of a cut)")
	}
}

// cuts shows where the chain could have been broken, phase by phase; phases
// that the same cut would have broken share an entry.
func (p *page) cuts(in *sekisho.Incident) {
	if len(in.Interventions) == 0 {
		return
	}
	p.heading("Where it could have been broken")
	for i := 0; i < len(in.Interventions); {
		x := in.Interventions[i]
		names := []string{}
		for i < len(in.Interventions) && in.Interventions[i].EventID == x.EventID && in.Interventions[i].Cut == x.Cut {
			names = append(names, clean(string(in.Interventions[i].Phase), nameMax))
			i++
		}
		text := strings.Join(names, ", ") + ": " + clean(x.Cut, sentenceMax)
		if x.Feed != "" {
			text += " (seen in " + clean(x.Feed, nameMax) + ")"
		}
		s := plain
		if !x.InTime {
			s, text = dim, text+"; after the point of no return"
		}
		p.hang(4, offset(in, x.At), bold, offsetColumn, s, text)
	}
}

func (p *page) techniques(in *sekisho.Incident) {
	var named []string
	for _, id := range techniques(in, attack) {
		t, _ := technique.Attack(id)
		named = append(named, strings.TrimSpace(clean(id, nameMax)+" "+t.Name))
	}
	for _, id := range techniques(in, atlas) {
		t, _ := technique.Atlas(id)
		named = append(named, strings.TrimSpace(clean(id, nameMax)+" "+t.Name))
	}
	if len(named) > 0 {
		p.heading("Techniques (MITRE ATT&CK, ATLAS)")
		p.para(4, dim, strings.Join(named, " · "))
	}
}

// lowOnes lists low incidents: worth a look by day, not by night.
func lowOnes(p *page, list []sekisho.Incident) {
	if len(list) == 0 {
		return
	}
	p.WriteByte('\n')
	p.hang(0, "LOW", severityStyle(sekisho.SeverityLow), 10, dim, "weak on their own; look at them by day")
	for i := range list {
		if i == lowMax {
			p.para(2, dim, fmt.Sprintf("and %d more; --format json lists them all", len(list)-i))
			break
		}
		in := &list[i]
		text := clean(in.Title, lowTextMax)
		if len(in.Findings) > 0 && in.Findings[0].Reason != "" {
			text += ": " + clean(in.Findings[0].Reason, lowTextMax)
		}
		text += fmt.Sprintf(" (%.1f nats)", in.Score.Float())
		if p.narrow() {
			p.para(2, dim, in.OpenedAt.UTC().Format(date))
			p.para(4, plain, text)
		} else {
			p.hang(2, in.OpenedAt.UTC().Format(date), dim, 23, plain, text)
		}
	}
}

// text says what was read, and what was not.
func (s *Stats) text(p *page) {
	p.WriteByte('\n')
	text := fmt.Sprintf("Read %s in %s: %s, %s", count(s.Records, "record"), count(s.Files, "file"), count(s.Events, "event"), count(s.Duplicates, "duplicate"))
	if s.Late > 0 {
		text += fmt.Sprintf(", %d late", s.Late)
	}
	text += fmt.Sprintf(", %d unreadable; in %.1f s.", s.UnreadableTotal, s.Seconds)
	p.para(0, plain, text)
	if s.Events > 0 {
		p.para(0, plain, fmt.Sprintf("Events from %s to %s UTC.", s.FirstEventAt.UTC().Format(date), s.LastEventAt.UTC().Format(date)))
	}
	if s.HistoryDays > 0 {
		p.para(0, plain, fmt.Sprintf("What is usual was learned from %s of history as well.", count(int64(s.HistoryDays), "day")))
	}
	if s.UnreadableTotal > 0 {
		p.WriteByte('\n')
		p.para(0, yellow, fmt.Sprintf("%s could not be read, and nothing in them was judged:", count(s.UnreadableTotal, "record")))
		for i, b := range s.Unreadable {
			if i == filesMax {
				p.para(2, dim, fmt.Sprintf("and %d more; --format json lists up to 100 a file", s.UnreadableTotal-int64(i)))
				break
			}
			p.para(2, plain, fmt.Sprintf("%s at byte %d: %s", clean(b.File, arnMax), b.Offset, clean(b.Reason, sentenceMax)))
		}
		p.para(2, dim, "If they should hold logs, fetch them again from their source and scan again; offsets are in the unpacked file.")
	}
	if len(s.Skipped) > 0 {
		p.WriteByte('\n')
		p.para(0, plain, fmt.Sprintf("%s skipped:", count(int64(len(s.Skipped)), "file")))
		for i, f := range s.Skipped {
			if i == filesMax {
				p.para(2, dim, fmt.Sprintf("and %d more; --format json lists them all", len(s.Skipped)-i))
				break
			}
			p.para(2, plain, fmt.Sprintf("%s: %s", clean(f.File, arnMax), clean(f.Reason, sentenceMax)))
		}
	}
}

func severityStyle(s sekisho.Severity) style {
	switch s {
	case sekisho.SeverityCritical, sekisho.SeverityHigh:
		return red
	case sekisho.SeverityMedium:
		return yellow
	}
	return dim
}

// label is the shortest text by which a person knows an identity.
func label(x sekisho.Identity) string {
	return clean((sekisho.Ref{ID: x.ID, Name: x.Name, ARN: x.ARN}).Label(), nameMax)
}

// kind says who an identity is and where.
func kind(x sekisho.Identity) string {
	text := x.Kind.String()
	if x.Kind == sekisho.KindUnknown {
		text = "of unknown kind"
	}
	if x.KindEvidence != "" {
		text += " (" + clean(x.KindEvidence, sentenceMax) + ")"
	}
	if x.Account != "" {
		text += ", account " + clean(x.Account, nameMax)
	}
	return text
}

// moments is a time of day with the offset from the incident's first event.
func moments(in *sekisho.Incident, at time.Time) string {
	return at.UTC().Format(clock) + " (" + offset(in, at) + ")"
}

// offset is the time since the incident's first event: +6:12, +1:02:03, or
// +2d03:04 from a day on.
func offset(in *sekisho.Incident, at time.Time) string {
	d := at.Sub(in.FirstEventAt)
	sign := "+"
	if d < 0 {
		sign, d = "-", -d
	}
	s := int64(d / time.Second)
	switch {
	case s >= 86400:
		return fmt.Sprintf("%s%dd%02d:%02d", sign, s/86400, s/3600%24, s/60%60)
	case s >= 3600:
		return fmt.Sprintf("%s%d:%02d:%02d", sign, s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%s%d:%02d", sign, s/60, s%60)
}

// span is a duration in its two largest units: "2 m 3 s".
func span(d time.Duration) string {
	s := int64(d / time.Second)
	switch {
	case s >= 86400:
		return fmt.Sprintf("%d d %d h", s/86400, s/3600%24)
	case s >= 3600:
		return fmt.Sprintf("%d h %d m", s/3600, s/60%60)
	case s >= 60:
		return fmt.Sprintf("%d m %d s", s/60, s%60)
	case d > 0 && s == 0:
		return "less than a second"
	}
	return fmt.Sprintf("%d s", s)
}

// count is a number and its noun; the plural only where it is irregular.
func count(n int64, noun string, plural ...string) string {
	if n == 1 {
		return "1 " + noun
	}
	if len(plural) > 0 {
		return fmt.Sprintf("%d %s", n, plural[0])
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// and joins words as a sentence does.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// stop ends a sentence that has no end.
func stop(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}
