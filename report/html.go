package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sekisho/sekisho"
)

// The HTML form is one file that asks the network for nothing: style, script
// and drawings are in it, and its content security policy forbids everything
// else. Every word from a record goes through clean and then through
// html/template, the drawings too, which are plain values in a template; no
// markup is made by joining text. Without its script the page shows the same.
//
// The same report gives the same bytes: the page holds no time at which it was
// made and not how long that took.

//go:embed html.tmpl html.css html.js
var htmlFiles embed.FS

// Bounds of the HTML form, so that a report of any log opens in a browser;
// where one is reached the page says so. JSON holds everything.
const (
	htmlIncidentsMax = 40       // shown whole
	htmlLowMax       = 200      // low ones, and those beyond the bound above, in the table
	htmlRowsMax      = 250      // rows of findings of an incident
	htmlRepeatsMax   = 12       // of the same kind and identity, shown under their first
	htmlLanesMax     = 40       // identities with a lane of their own
	htmlNodesMax     = 80       // credentials drawn
	htmlActionsMax   = 60       // cuts
	htmlFilesMax     = 20       // files unreadable or skipped
	htmlRecordMax    = 16 << 10 // bytes of one raw record
	htmlRecordsMax   = 4 << 20  // bytes of all raw records
)

// RawRecord is the record behind a finding and where it lies. The report
// redacts what looks like a secret and cuts what is long.
type RawRecord struct {
	File   string
	Offset int64  // in the unpacked file
	JSON   []byte // nil if it could not be read again
}

// htmlParts are what does not change from report to report. The policy names
// style and script by their hashes, so that even markup that got through would
// have neither.
var htmlParts = sync.OnceValue(func() (p struct {
	page   *template.Template
	style  template.CSS
	script template.JS
	policy string
}) {
	file := func(name string) string {
		text, err := htmlFiles.ReadFile(name)
		if err != nil {
			panic(err) // it is compiled in
		}
		return string(text)
	}
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	style, script := file("html.css"), file("html.js")
	p.style, p.script = template.CSS(style), template.JS(script)
	p.policy = "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) + "; img-src data:; base-uri 'none'; form-action 'none'"
	p.page = template.Must(template.New("html.tmpl").Parse(file("html.tmpl")))
	return p
})

// htmlReport is what the template shows.
type htmlReport struct {
	Style     template.CSS
	Script    template.JS
	Policy    string
	Title     string
	Headline  string
	Outcome   string
	Mood      string // css class: the worst severity, "calm" or "doubt"
	Counts    []htmlCount
	Facts     []htmlFact
	Bad       []htmlFact
	BadMore   string
	Skipped   []htmlFact
	SkipMore  string
	Contents  []htmlLink
	Incidents iter.Seq[*htmlIncident]
	Low       []htmlLow
	LowMore   string
	LowTitle  string
}

type htmlCount struct {
	Severity string
	N        int
}

type htmlFact struct{ Name, Value string }

type htmlLink struct{ Href, Severity, Text string }

type htmlLow struct{ Severity, When, Title, Reason, Score, ID string }

// HTML writes the report as one page for a browser. It holds one incident's
// page in memory at a time.
func (r *Report) HTML(w io.Writer) error {
	parts := htmlParts()
	full := r.whole()
	p := &htmlReport{Style: parts.style, Script: parts.script, Policy: parts.policy}
	p.Headline, p.Outcome, p.Mood = r.headline()
	p.Title = "Sekisho report: " + p.Headline
	for sev := sekisho.SeverityCritical; ; sev-- {
		n := 0
		for i := range r.Incidents {
			if r.Incidents[i].Severity == sev {
				n++
			}
		}
		p.Counts = append(p.Counts, htmlCount{sev.String(), n})
		if sev == sekisho.SeverityLow {
			break
		}
	}
	p.read(&r.Stats)
	for i := range full {
		in := &r.Incidents[i]
		p.Contents = append(p.Contents, htmlLink{fmt.Sprintf("#incident-%d", i+1), in.Severity.String(), clean(in.Title, sentenceMax)})
	}
	room := htmlRecordsMax
	p.Incidents = func(yield func(*htmlIncident) bool) {
		for i := range full {
			if !yield(r.htmlIncident(i, &room)) {
				return
			}
		}
	}
	p.LowTitle = "Low incidents"
	for i := full; i < len(r.Incidents); i++ {
		if len(p.Low) == htmlLowMax {
			p.LowMore = fmt.Sprintf("and %d more; --format json lists them all", len(r.Incidents)-i)
			break
		}
		in := &r.Incidents[i]
		if in.Severity > sekisho.SeverityLow {
			p.LowTitle = "Further incidents"
		}
		x := htmlLow{Severity: in.Severity.String(), When: in.OpenedAt.UTC().Format(date), Title: clean(in.Title, sentenceMax), Score: fmt.Sprintf("%.1f", in.Score.Float()), ID: clean(in.ID, nameMax)}
		if len(in.Findings) > 0 {
			x.Reason = clean(in.Findings[0].Reason, sentenceMax)
		}
		p.Low = append(p.Low, x)
	}
	if err := parts.page.Execute(w, p); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// whole is how many incidents are shown whole: those above low, within bounds.
func (r *Report) whole() int {
	low := slices.IndexFunc(r.Incidents, func(in sekisho.Incident) bool { return in.Severity == sekisho.SeverityLow })
	if low < 0 {
		low = len(r.Incidents)
	}
	return min(low, htmlIncidentsMax)
}

// RecordsWanted are the ids of the events whose raw records the HTML form
// would show, each once: those of the findings of incidents that it shows
// whole, within its bounds.
func (r *Report) RecordsWanted() []string {
	var out []string
	seen := map[string]bool{}
	for i := range r.Incidents[:r.whole()] {
		rows, _ := htmlRows(&r.Incidents[i])
		for _, row := range rows {
			for _, f := range row {
				if id := f.Record(); !seen[id] {
					seen[id] = true
					out = append(out, id)
				}
			}
		}
	}
	return out
}

// headline is the report in one sentence for somebody who knows none of its
// words, a second one on whether it could have been stopped, and the mood.
func (r *Report) headline() (head, outcome, mood string) {
	if len(r.Incidents) == 0 {
		switch {
		case r.Stats.Events == 0:
			return "Nothing was judged: the input holds no events.", "See below what was read and why it was not used.", "doubt"
		case r.Stats.UnreadableTotal > 0:
			return fmt.Sprintf("No incident in %s.", count(r.Stats.Events, "event")),
				fmt.Sprintf("%s could not be read, and nothing in them was judged.", count(r.Stats.UnreadableTotal, "record")), "doubt"
		}
		return fmt.Sprintf("No incident in %s.", count(r.Stats.Events, "event")),
			"No behaviour that Sekisho knows fired, as far as these records tell.", "calm"
	}
	worst := &r.Incidents[0]
	above, noun := 0, ""
	for i := range r.Incidents {
		in := &r.Incidents[i]
		if in.Severity == sekisho.SeverityLow {
			continue
		}
		above++
		if k := nounOf(in); noun == "" || noun == k {
			noun = k
		} else {
			noun = "incident above low"
		}
	}
	if above == 0 {
		return fmt.Sprintf("%s, nothing urgent.", count(int64(len(r.Incidents)), "low incident")),
			"Each is weak on its own: look at them by day.", "low"
	}
	lead := "One " + noun
	if above > 1 {
		lead = fmt.Sprintf("%d %s; the worst", above, map[string]string{"takeover": "takeovers", "possible takeover": "possible takeovers",
			"attack": "attacks", "warning": "warnings", "incident above low": "incidents above low"}[noun])
	}
	head = fmt.Sprintf("%s: %s with %s", lead, count(int64(len(worst.Identities)), "identity", "identities"), count(int64(len(worst.Credentials)), "credential"))
	if d := worst.LastEventAt.Sub(worst.FirstEventAt); d > 0 {
		head += " in " + span(d)
	}
	if n := worst.NoReturn; n != nil {
		if d := n.At.Sub(worst.FirstEventAt); d > 0 {
			head += fmt.Sprintf(", past the point of no return %s after it began", span(d))
		} else {
			head += ", past the point of no return with its first call"
		}
	}
	return head + ".", htmlOutcome(worst), worst.Severity.String()
}

// nounOf is what an incident may be called: a takeover when it was decided and
// power or harm was done, as package correlate's titles have it.
func nounOf(in *sekisho.Incident) string {
	switch {
	case in.NoReturn != nil && in.Containment != nil:
		return "takeover"
	case in.NoReturn != nil:
		return "possible takeover"
	case in.Containment != nil:
		return "attack"
	}
	return "warning"
}

// htmlOutcome says whether a cut would have come in time, and that no cut was made.
func htmlOutcome(in *sekisho.Incident) string {
	text := outcome(in)
	if in.Containment != nil {
		text += " This is hypothetical: a scan touches nothing, and counts no delay for records to arrive or a cut to take effect."
	}
	return text
}

// read says what was read and what was not.
func (p *htmlReport) read(s *Stats) {
	add := func(name, value string) { p.Facts = append(p.Facts, htmlFact{name, value}) }
	add("Files", number(s.Files))
	add("Records", number(s.Records))
	add("Events judged", number(s.Events))
	add("Duplicates", number(s.Duplicates))
	if s.Late > 0 {
		add("Late", number(s.Late))
	}
	add("Unreadable", number(s.UnreadableTotal))
	if s.Events > 0 {
		add("First event", s.FirstEventAt.UTC().Format(date)+" UTC")
		add("Last event", s.LastEventAt.UTC().Format(date)+" UTC")
	}
	if s.HistoryDays > 0 {
		add("History learned", count(int64(s.HistoryDays), "day"))
	}
	for i, b := range s.Unreadable {
		if i == htmlFilesMax {
			break
		}
		p.Bad = append(p.Bad, htmlFact{fmt.Sprintf("%s at byte %d", clean(b.File, arnMax), b.Offset), clean(b.Reason, sentenceMax)})
	}
	if n := s.UnreadableTotal - int64(len(p.Bad)); n > 0 {
		p.BadMore = fmt.Sprintf("and %d more; --format json lists up to 100 a file", n)
	}
	for i, f := range s.Skipped {
		if i == htmlFilesMax {
			p.SkipMore = fmt.Sprintf("and %d more; --format json lists them all", len(s.Skipped)-i)
			break
		}
		p.Skipped = append(p.Skipped, htmlFact{clean(f.File, arnMax), clean(f.Reason, sentenceMax)})
	}
}

// number groups digits by three with a thin space, as ISO 80000 does.
func number(n int64) string {
	text := fmt.Sprint(n)
	var b strings.Builder
	for i, c := range text {
		if i > 0 && c != '-' && (len(text)-i)%3 == 0 && text[i-1] != '-' {
			b.WriteRune('\u202f')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// stamp is a moment as the page shows it: the clock, and the offset from the
// incident's first event.
type htmlStamp struct{ Clock, Offset string }

func stamp(in *sekisho.Incident, at time.Time) htmlStamp {
	layout := clock
	if in.LastEventAt.Sub(in.FirstEventAt) >= 24*time.Hour || in.FirstEventAt.UTC().YearDay() != in.LastEventAt.UTC().YearDay() {
		layout = "01-02 " + clock
	}
	return htmlStamp{at.UTC().Format(layout), offset(in, at)}
}
