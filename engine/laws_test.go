package engine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/engine"
)

// scripts are the traces of testdata by name.
func scripts(t *testing.T) map[string][]detect.Line {
	t.Helper()
	out := map[string][]detect.Line{}
	paths, _ := filepath.Glob("testdata/*.txt")
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		trace, _, _ := strings.Cut(string(raw), "\n----\n")
		out[filepath.Base(path)] = parse(t, trace)
	}
	return out
}

func parse(t *testing.T, trace string) []detect.Line {
	t.Helper()
	lines, err := detect.ParseTrace(trace)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestPrefix: what was decided on the first n events of a script stands when
// the rest is known, for every n. Only an incident merged into an older one
// stops speaking for itself.
func TestPrefix(t *testing.T) {
	for name, lines := range scripts(t) {
		g := engine.New(engine.Options{})
		var before []sekisho.Incident
		for i := range lines {
			g.Step(&lines[i].Event)
			after := g.Incidents()
			if len(after) < len(before) {
				t.Fatalf("%s: event %d took an incident away", name, i)
			}
			for k, was := range before {
				is := after[k]
				if is.MergedInto != "" {
					continue
				}
				if is.ID != was.ID || is.OpenedBy != was.OpenedBy || is.Severity < was.Severity || is.Score < was.Score {
					t.Errorf("%s: event %d changed the incident of %s", name, i, was.OpenedBy)
				}
				if len(is.Raised) < len(was.Raised) || !slices.Equal(is.Raised[:len(was.Raised)], was.Raised) {
					t.Errorf("%s: event %d changed how severity rose: %v to %v", name, i, was.Raised, is.Raised)
				}
				if was.Containment == nil {
					continue
				}
				c, d := was.Containment, is.Containment
				if c.EventID != d.EventID || c.Rule != d.Rule || !slices.Equal(c.Actions, d.Actions[:len(c.Actions)]) {
					t.Errorf("%s: event %d changed a decision:\n%s", name, i, cmp.Diff(c, d))
				}
				for _, a := range d.Actions[len(c.Actions):] {
					if a.EventID != lines[i].Event.ID {
						t.Errorf("%s: %s %s is new at %s and says %s", name, a.Action, a.Target, lines[i].Event.ID, a.EventID)
					}
				}
			}
			before = after
		}
	}
}

// TestWeightsSumToTheScore in every script, after joins too.
func TestWeightsSumToTheScore(t *testing.T) {
	for name, lines := range scripts(t) {
		g := engine.New(engine.Options{})
		for i := range lines {
			g.Step(&lines[i].Event)
		}
		for _, in := range g.Incidents() {
			var sum sekisho.Nats
			for _, f := range in.Findings {
				sum += f.Weight
			}
			if in.MergedInto == "" && sum != in.Score {
				t.Errorf("%s: weights sum to %d, score %d", name, sum, in.Score)
			}
		}
	}
}

// TestEqualTimes: the act of a session and the call that gave it carry the same
// second; in either order there is one standing incident with equal findings,
// score and cuts.
func TestEqualTimes(t *testing.T) {
	lines := parse(t, `
		D0 09:00:00 user/dev storage:ListBuckets x60
		D1 09:00:00 user/dev storage:ListBuckets x60
		D2 09:00:00 user/dev identity:AssumeRole ip=192.0.2.77 +issue(role/power,session=s1,key=S1)
		D2 09:00:00 role/power/s1 logging:StopLogging key=S1 ip=192.0.2.77 +blind(trail-1,what=stop)
		D2 09:00:05 role/power/s1 identity:UpdateLoginProfile key=S1 ip=192.0.2.77 +password(user/x)`)
	run := func(order ...int) string {
		g := engine.New(engine.Options{})
		for i := range 120 {
			g.Step(&lines[i].Event)
		}
		for _, i := range order {
			g.Step(&lines[i].Event)
		}
		var b strings.Builder
		for _, in := range g.Incidents() {
			if in.MergedInto != "" {
				continue
			}
			fmt.Fprintf(&b, "%s %d root %s\n", in.Severity, in.Score, in.Root.ID)
			var rest []string
			for _, f := range in.Findings {
				rest = append(rest, fmt.Sprintf("finding %s %s %d", f.Detection, f.EventID, f.Weight))
			}
			for _, a := range in.Containment.Actions {
				rest = append(rest, "cut "+a.Action+" "+a.Target)
			}
			slices.Sort(rest)
			b.WriteString(strings.Join(rest, "\n"))
		}
		return b.String()
	}
	one, other := run(120, 121, 122), run(121, 120, 122)
	if diff := cmp.Diff(one, other); diff != "" || !strings.Contains(one, "cut") {
		t.Errorf("-issue first +act first:\n%s\n%s", diff, one)
	}
}

// TestWhatIsLearned: of a medium incident's lineage nothing, of a low one's
// all, as the saved state tells.
func TestWhatIsLearned(t *testing.T) {
	for _, tt := range []struct {
		name, act string
		events    int
	}{
		{"medium", `D2 02:00:00 user/dev logging:StopLogging ip=192.0.2.77 +blind(trail-1,what=stop)`, 120},
		// In doubt, but no warning: learned when a day has brought nothing more.
		{"in doubt", `D2 02:00:00 user/dev storage:ListBuckets ip=192.0.2.77`, 126},
	} {
		g := play(t, `
			D0 09:00:00 user/dev storage:ListBuckets x60
			D1 09:00:00 user/dev storage:ListBuckets x60
			`+tt.act+`
			D2 02:01:00 user/dev storage:ListBuckets x5 ip=192.0.2.77
			D4 08:00:00 user/other storage:ListBuckets`)
		g.Forget(false)
		var saved struct {
			Baseline struct {
				Identities []struct {
					ID     string
					Events int
				}
			}
		}
		if err := json.Unmarshal(state(t, g), &saved); err != nil {
			t.Fatal(err)
		}
		for _, h := range saved.Baseline.Identities {
			if h.ID == "user:dev" && h.Events != tt.events {
				t.Errorf("%s: %d events of dev learned, want %d", tt.name, h.Events, tt.events)
			}
		}
	}
}

func state(t *testing.T, g *engine.Engine) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := g.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSaveAndLoad: after any script the state that was written is read back
// to the same bytes, and an engine that goes on from it says what the first does.
func TestSaveAndLoad(t *testing.T) {
	next := parse(t, `
		D20 02:00:00 user/dev function:UpdateCode ip=192.0.2.99 +change(function/provision,role=role-provision,what=code)
		D20 02:00:10 fn/provision identity:CreateAccessKey +issue(user/frick,key=AK2)`)
	for name, lines := range scripts(t) {
		g := engine.New(engine.Options{})
		for i := range lines {
			g.Step(&lines[i].Event)
		}
		g.Forget(false)
		raw := state(t, g)
		back := engine.New(engine.Options{})
		if err := back.Load(bytes.NewReader(raw)); err != nil {
			t.Fatal(err)
		}
		if again := state(t, back); !bytes.Equal(raw, again) {
			t.Errorf("%s: written again it differs:\n%s", name, cmp.Diff(string(raw), string(again)))
		}
		for i := range next {
			g.Step(&next[i].Event)
			back.Step(&next[i].Event)
		}
		if diff := cmp.Diff(transcript(g.Incidents()), transcript(back.Incidents())); diff != "" {
			t.Errorf("%s: -went on +loaded:\n%s", name, diff)
		}
	}
	for _, bad := range []string{``, `{"version":99}`, `[]`} {
		if err := engine.New(engine.Options{}).Load(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "remove the file") {
			t.Errorf("%q: %v, want an error that says what to do", bad, err)
		}
	}
}

// TestChangeWindow: the takeover happens in a window that was declared for the
// identity whose key is stolen. Its own change of the function weighs less and
// decides nothing; what the function then does was declared by nobody.
func TestChangeWindow(t *testing.T) {
	declared, err := config.Parse([]byte(`
change_windows: [{ticket: CHG-1, account: "111122223333", start: 2026-01-08T00:00:00Z, end: 2026-01-09T00:00:00Z, identities: [dev], purpose: drill}]
`))
	if err != nil {
		t.Fatal(err)
	}
	trace := scripts(t)["takeover_through_function.txt"]
	for _, tt := range []struct {
		name   string
		config *config.Config
		rule   string
		action string // of the event that decided
	}{
		{"undeclared", nil, "tripwire-chain", "UpdateCode"},
		{"declared", declared, "two-tripwires", "CreateAccessKey"},
	} {
		g := engine.New(engine.Options{Config: tt.config})
		actions := map[string]string{}
		for i := range trace {
			g.Step(&trace[i].Event)
			actions[trace[i].Event.ID] = trace[i].Event.Action
		}
		all := g.Incidents()
		c := all[len(all)-1].Containment
		if c == nil || c.Rule != tt.rule || actions[c.EventID] != tt.action {
			t.Errorf("%s: contained %+v, want by %s at %s\n%s", tt.name, c, tt.rule, tt.action, transcript(all))
		}
	}
}
