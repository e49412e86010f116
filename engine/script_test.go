package engine_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/engine"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts anew; read the diff before committing")

// TestScripts plays each testdata/*.txt: a trace, a line of dashes, and the
// incidents that it must end in.
func TestScripts(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txt")
	if len(paths) == 0 {
		t.Fatal("no scripts in testdata")
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			trace, want, _ := strings.Cut(string(raw), "\n----\n")
			got := transcript(play(t, trace).Incidents())
			if again := transcript(play(t, trace).Incidents()); again != got {
				t.Fatalf("two runs differ:\n%s", cmp.Diff(got, again))
			}
			if *rewrite {
				if err := os.WriteFile(path, []byte(trace+"\n----\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got; if right, run: go test ./engine -run TestScripts -rewrite\n%s", diff)
			}
		})
	}
}

// play steps a trace through a fresh engine.
func play(t *testing.T, trace string) *engine.Engine {
	t.Helper()
	lines, err := detect.ParseTrace(trace)
	if err != nil {
		t.Fatal(err)
	}
	g := engine.New(engine.Options{})
	for i := range lines {
		g.Step(&lines[i].Event)
	}
	return g
}

// transcript prints incidents for a reader.
func transcript(all []sekisho.Incident) string {
	var b strings.Builder
	for _, in := range all {
		if in.MergedInto != "" {
			fmt.Fprintf(&b, "merged into an older incident: opened at %s\n", in.OpenedAt.Format("15:04:05"))
			continue
		}
		fmt.Fprintf(&b, "%s %.1f, root %s %s: %s\n", in.Severity, in.Score.Float(), in.Root.Kind, in.Root.ID, in.Title)
		for _, f := range in.Findings {
			trip := ""
			if f.Tripwire {
				trip = " tripwire"
			}
			fmt.Fprintf(&b, "  %s %s +%.1f%s by %s: %s\n", f.At.Format("15:04:05"), f.Detection, f.Weight.Float(), trip, f.Identity, f.Reason)
		}
		for _, line := range in.Chain {
			fmt.Fprintf(&b, "  chain %s\n", line)
		}
		if c := in.Containment; c != nil {
			fmt.Fprintf(&b, "  contained %s tier %d by %s\n", c.At.Format("15:04:05"), c.Tier, c.Rule)
			for _, a := range c.Actions {
				fmt.Fprintf(&b, "    %s %s %s\n", a.At.Format("15:04:05"), a.Action, a.Target)
			}
		}
		if p := in.NoReturn; p != nil {
			fmt.Fprintf(&b, "  no return %s %s: %s\n", p.At.Format("15:04:05"), p.Basis, p.Why)
		}
	}
	return b.String()
}
