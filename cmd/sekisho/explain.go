package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/model"
	"github.com/sekisho/sekisho/report"
	"github.com/sekisho/sekisho/technique"
)

// version is set when a release is built.
var version string

type versionCommand struct{}

// Run prints the version, and the revision it was built from where known.
func (versionCommand) Run(_ context.Context, m *Main) error {
	_, err := fmt.Fprintln(m.Stdout, versionText())
	return err
}

// versionText is "sekisho" with the version.
func versionText() string {
	v, revision := version, ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if v == "" {
			v = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " (" + s.Value + ")"
			}
		}
	}
	return fmt.Sprintf("sekisho %s%s", v, revision)
}

type schemaCommand struct {
	Output string `arg:"" enum:"report" default:"report" help:"Which output: ${enum}."`
}

// Run prints the schema.
func (schemaCommand) Run(_ context.Context, m *Main) error {
	_, err := m.Stdout.Write(report.Schema())
	return err
}

type explainCommand struct {
	Behaviour string `arg:"" optional:"" help:"Id of a behaviour; none lists them all."`
}

// Run lists the behaviours, or explains one.
func (c *explainCommand) Run(_ context.Context, m *Main) error {
	if c.Behaviour == "" {
		return list(m.Stdout, detections.All)
	}
	for i := range detections.All {
		if d := &detections.All[i]; d.ID == c.Behaviour {
			return explain(m.Stdout, d)
		}
	}
	hint := ""
	if like := near(c.Behaviour, detections.All); len(like) > 0 {
		hint = fmt.Sprintf("; did you mean %s?", strings.Join(like, " or "))
	}
	return fmt.Errorf("no behaviour is called %q%s \"sekisho explain\" lists them", c.Behaviour, cmp.Or(hint, ";"))
}

// weighs says what the shipped model counts for a behaviour's claims, and why.
func weighs(id string) string {
	for _, w := range model.ShippedFile().Weights {
		if w.Behaviour != id {
			continue
		}
		var parts []string
		for _, g := range w.Grades {
			kind := ""
			if g.Tripwire {
				kind = " as a tripwire"
			}
			parts = append(parts, fmt.Sprintf("%g nats where it claims %g%s (seen in %d of %d attacks and %d of %d ordinary episodes: %s)",
				g.Weight, g.Start, kind, g.Attack[0], g.Attack[1], g.Benign[0], g.Benign[1], g.Origin))
		}
		return strings.Join(parts, "; ")
	}
	return "what it claims: it was seen nowhere in what the model was fitted on"
}

// list prints the behaviours under their main phase, in the order in which an
// attack goes.
func list(w io.Writer, all []detect.Detection) error {
	var b strings.Builder
	width := 0
	for i := range all {
		width = max(width, len(all[i].ID))
	}
	for _, phase := range technique.Tactics() {
		title := phase + "\n"
		for i := range all {
			if d := &all[i]; string(d.Phases[0]) == phase {
				fmt.Fprintf(&b, "%s  %-*s  %s\n", title, width, d.ID, d.Title)
				title = ""
			}
		}
		if title == "" {
			b.WriteString("\n")
		}
	}
	fmt.Fprintf(&b, "%d behaviours. \"sekisho explain ID\" says what one looks for, and plays its examples.\n", len(all))
	_, err := io.WriteString(w, b.String())
	return err
}

// explain prints a behaviour and plays its examples. It fails when one of them
// does not hold.
func explain(w io.Writer, d *detect.Detection) error {
	var b strings.Builder
	kind := "evidence"
	if d.Tripwire {
		kind = "tripwire"
	}
	fmt.Fprintf(&b, "%s\n%s\n", d.Title, strings.Repeat("=", len([]rune(d.Title))))
	fmt.Fprintf(&b, "%s: %s of up to %.1f nats, family %s, seen in %s\n", d.ID, kind, d.Weight.Float(), d.Family, d.Feed)
	for _, part := range []struct{ title, text string }{
		{"Why", d.Why}, {"What to cut", d.Cut}, {"What counts once", d.Keys}, {"Where the weight comes from", d.Origin}, {"What the shipped model makes of it", weighs(d.ID)},
	} {
		fmt.Fprintf(&b, "\n%s:\n%s", part.title, wrap(part.text, "  ", "  "))
	}
	if lead, known := detections.Lead(d.ID); known {
		fmt.Fprintf(&b, "%s\n", leadWords(lead))
	}
	items(&b, "Blind to", d.BlindTo)
	items(&b, "False positives", d.FalsePositives)
	items(&b, "Techniques", techniques(d))

	failed, fires := 0, 0
	for i, x := range d.Examples {
		p, err := play(d, x)
		if err != nil {
			return err
		}
		what := "fires"
		if !x.Positive() {
			what = "stays quiet"
		} else {
			fires++
		}
		fmt.Fprintf(&b, "\nExample %d of %d, %s: %s\n", i+1, len(d.Examples), what, x.Name)
		p.print(&b)
		if !p.holds() {
			failed++
		}
	}
	if failed == 0 {
		fmt.Fprintf(&b, "\nAll %d examples hold: %d fire where they must, %d stay quiet.\n", len(d.Examples), fires, len(d.Examples)-fires)
	} else {
		fmt.Fprintf(&b, "\n%d of %d examples do not hold; the lines marked !! say where.\n", failed, len(d.Examples))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d examples of %s do not hold; mend its Match or the examples in detections/%s.go",
			failed, len(d.Examples), d.ID, strings.ReplaceAll(d.ID, "-", "_"))
	}
	return nil
}

// techniques of a behaviour, each with its name.
func techniques(d *detect.Detection) (out []string) {
	for _, id := range d.Attack {
		t, _ := technique.Attack(id)
		out = append(out, id+" "+t.Name)
	}
	for _, id := range d.Atlas {
		t, _ := technique.Atlas(id)
		out = append(out, id+" "+t.Name)
	}
	return out
}

func items(b *strings.Builder, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	for _, s := range items {
		b.WriteString(wrap(s, "  - ", "    "))
	}
}

// lineWidth is how wide text is set: what a terminal of the usual size, and a
// page with some margin, shows without breaking lines itself.
const lineWidth = 100

// wrap sets text in lines, the first after one indentation, the others after
// another.
func wrap(text, first, rest string) string {
	var b strings.Builder
	line := first
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > lineWidth {
			b.WriteString(line + "\n")
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	return b.String() + line + "\n"
}

// near are the behaviours whose ids resemble a word, the likest first, at most
// three: ids that hold it, or that differ in few letters.
func near(word string, all []detect.Detection) []string {
	type candidate struct {
		id   string
		cost int
	}
	var found []candidate
	for i := range all {
		id := all[i].ID
		cost := distance(word, id)
		switch {
		case len(word) >= 3 && strings.Contains(id, strings.ToLower(word)):
			cost = 0
		case cost > len(id)/3: // a third of the letters wrong is another word
			continue
		}
		found = append(found, candidate{id, cost})
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.cost, b.cost), strings.Compare(a.id, b.id)) })
	var out []string
	for _, c := range found[:min(len(found), 3)] {
		out = append(out, c.id)
	}
	return out
}

// distance is how many letters must be put in, left out or changed to make one
// word of the other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// leadWords say what a lead is worth.
func leadWords(lead time.Duration) string {
	if lead < time.Second {
		return "Usually fires at the point of no return itself, in made-up attacks: no record comes soon enough for it alone."
	}
	return fmt.Sprintf("Usually fires %s before the point of no return, in made-up attacks at their own pace: records that come later than that after the act come too late for it alone.", lead)
}
