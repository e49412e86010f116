package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/technique"
)

var update = flag.Bool("update", false, "write the generated pages anew")

// TestGeneratedPages holds the pages that are written from what the program
// does to what it does now. "make docs" writes them anew.
func TestGeneratedPages(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	for _, page := range []struct {
		path  string
		write func(*testing.T) string
	}{
		{answeredFile, answeredTable}, // first: the pages below read it
		{filepath.Join(docs, "behaviours.md"), behaviourPage},
		{filepath.Join(docs, "escalation-paths.md"), escalationPage},
		{filepath.Join(docs, "attack-layer.json"), attackLayer},
		{filepath.Join(docs, "atlas-layer.json"), atlasLayer},
	} {
		t.Run(filepath.Base(page.path), func(t *testing.T) {
			text := page.write(t)
			if *update { // also where something failed: what failed is said, and the page shows it
				if err := os.WriteFile(page.path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if old, err := os.ReadFile(page.path); err != nil || string(old) != text {
				t.Errorf("%s is not what the program does now (%v): run make docs, and read what changed", page.path, err)
			}
		})
	}
}

// proof is what shows that a behaviour does what it says: its examples that
// held just now, and the labelled recordings that it answered for.
type proof struct {
	fire, quiet int // examples
	recordings  int
}

// proofs plays all examples of all behaviours. An example that does not hold is
// an error, and proves nothing.
func proofs(t *testing.T) map[string]proof {
	t.Helper()
	answered := readAnswered(t)
	out := map[string]proof{}
	for i := range detections.All {
		d := &detections.All[i]
		p := proof{recordings: answered[d.ID]}
		for _, x := range d.Examples {
			played, err := play(d, x)
			switch {
			case err != nil:
				t.Error(err)
			case !played.holds():
				t.Errorf("%s: example %q does not hold: sekisho explain %s shows where", d.ID, x.Name, d.ID)
			case x.Positive():
				p.fire++
			default:
				p.quiet++
			}
		}
		out[d.ID] = p
	}
	return out
}

// behaviourPage lists all behaviours under their main phase.
func behaviourPage(t *testing.T) string {
	proved := proofs(t)
	var b strings.Builder
	fmt.Fprintf(&b, `# Behaviours

Written by `+"`make docs`"+` from the behaviours themselves: do not edit.

What sekisho looks for: %d behaviours, under the phase of an attack that each is mainly about. A *tripwire* alone makes an incident medium; other evidence adds up.
`+"`sekisho explain ID`"+` plays a behaviour's examples and says on which line it fires and why. Recordings are labelled public ones ("make eval") of whose technique it was a finding.

| behaviour | what | main phase | kind | nats | examples: fire, quiet | recordings |
|---|---|---|---|---|---|---|
`, len(detections.All))
	each := func(write func(phase string, d *detect.Detection)) {
		for _, phase := range technique.Tactics() {
			for i := range detections.All {
				if d := &detections.All[i]; string(d.Phases[0]) == phase {
					write(phase, d)
				}
			}
		}
	}
	listed := 0
	each(func(phase string, d *detect.Detection) {
		listed++
		p := proved[d.ID]
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %.1f | %d, %d | %s |\n", d.ID, d.ID, cell(d.Title), phase, kindOf(d), d.Weight.Float(), p.fire, p.quiet, dash(p.recordings))
	})
	if listed != len(detections.All) {
		t.Errorf("%d of %d behaviours are under a phase", listed, len(detections.All))
	}
	last := ""
	each(func(phase string, d *detect.Detection) {
		if phase != last {
			fmt.Fprintf(&b, "\n## %s\n", phase)
			last = phase
		}
		phases := make([]string, len(d.Phases))
		for i, p := range d.Phases {
			phases[i] = string(p)
		}
		p := proved[d.ID]
		fmt.Fprintf(&b, "\n### %s\n\n**%s.** %s\n\n", d.ID, d.Title, d.Why)
		fmt.Fprintf(&b, "- **Techniques:** %s\n", strings.Join(techniques(d), ", "))
		fmt.Fprintf(&b, "- **Phases:** %s\n", strings.Join(phases, ", "))
		fmt.Fprintf(&b, "- **Weight:** %s of up to %.1f nats, family %s; %s\n", kindOf(d), d.Weight.Float(), d.Family, d.Origin)
		fmt.Fprintf(&b, "- **The shipped model counts:** %s\n", weighs(d.ID))
		fmt.Fprintf(&b, "- **Needs:** %s\n- **Counts once:** %s\n- **Cut:** %s\n", d.Feed, d.Keys, d.Cut)
		if lead, known := detections.Lead(d.ID); known {
			fmt.Fprintf(&b, "- **In time:** %s\n", leadWords(lead))
		}
		fmt.Fprintf(&b, "- **Examples:** %d that fire, %d that stay quiet\n", p.fire, p.quiet)
		b.WriteString("\nBlind to:\n\n")
		for _, s := range d.BlindTo {
			fmt.Fprintf(&b, "- %s\n", s)
		}
		b.WriteString("\nFalse positives:\n\n")
		for _, s := range d.FalsePositives {
			fmt.Fprintf(&b, "- %s\n", s)
		}
	})
	return b.String()
}

func kindOf(d *detect.Detection) string {
	if d.Tripwire {
		return "tripwire"
	}
	return "evidence"
}

// answeredFile keeps how many labelled recordings each behaviour answered for,
// so that the pages are the same where the recordings are absent. It is written
// by the test where they are there.
var answeredFile = filepath.Join("testdata", "answered-recordings.tsv")

// answeredTable counts, for each behaviour, the recordings of single techniques
// and the windows of the long attack on whose own events it fired under an
// ATT&CK id of the technique that was recorded.
func answeredTable(t *testing.T) string {
	count := map[string]int{}
	for _, r := range attackRecordings(t) {
		for _, name := range namesOf(r.match) {
			count[name]++
		}
	}
	var b strings.Builder
	for i := range detections.All {
		if id := detections.All[i].ID; count[id] > 0 {
			fmt.Fprintf(&b, "%s\t%d\n", id, count[id])
		}
	}
	return b.String()
}

func readAnswered(t *testing.T) map[string]int {
	t.Helper()
	raw, err := os.ReadFile(answeredFile)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for line := range strings.Lines(string(raw)) {
		var id string
		var n int
		if _, err := fmt.Sscanf(line, "%s\t%d\n", &id, &n); err != nil {
			t.Fatalf("%s: %q: %v; run make docs", answeredFile, line, err)
		}
		out[id] = n
	}
	return out
}

// namesOf behaviours that fired, sorted.
func namesOf(findings []scannedFinding) []string {
	out := names(findings)
	slices.Sort(out)
	return out
}
