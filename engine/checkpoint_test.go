package engine_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/github"
	"github.com/sekisho/sekisho/provider/guardduty"
	"github.com/sekisho/sekisho/provider/okta"
	"github.com/sekisho/sekisho/provider/vpcflow"
	"github.com/sekisho/sekisho/sim"
)

// TestCheckpoint: an engine that goes on from what another one wrote, stopped at
// any event, reports the same and writes the same bytes in the end. Played are
// the scripts of testdata, each stopped before every event.
func TestCheckpoint(t *testing.T) {
	for name, lines := range scripts(t) {
		whole := engine.New(engine.Options{})
		for i := range lines {
			whole.Step(&lines[i].Event)
		}
		want := whole.Incidents()
		end := written(t, whole)
		for cut := range lines {
			g := engine.New(engine.Options{})
			for i := range lines[:cut] {
				g.Step(&lines[i].Event)
			}
			g = resumed(t, g)
			for i := range lines[cut:] {
				g.Step(&lines[cut+i].Event)
			}
			if diff := cmp.Diff(want, g.Incidents(), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s, stopped before event %d: %s", name, cut, diff)
			}
			if !bytes.Equal(end, written(t, g)) {
				t.Fatalf("%s, stopped before event %d: other state in the end", name, cut)
			}
		}
	}
}

// TestCheckpointOfDays is the same over days of made-up work, out of order as it
// is delivered, with attacks among it, stopped at chance.
func TestCheckpointOfDays(t *testing.T) {
	const seed = 11
	events := days(t, seed, 9)
	r := rand.New(rand.NewPCG(seed, 1))
	// Records come late and out of order.
	order := make([]int, len(events))
	due := make([]time.Time, len(events))
	for i := range events {
		order[i], due[i] = i, events[i].Time.Add(time.Duration(r.IntN(400))*time.Second)
	}
	slices.SortStableFunc(order, func(a, b int) int { return due[a].Compare(due[b]) })
	whole := engine.New(engine.Options{})
	for _, i := range order {
		whole.Step(&events[i])
	}
	want, end := whole.Incidents(), written(t, whole)
	stopped := engine.New(engine.Options{})
	stops := 0
	for _, i := range order {
		if r.IntN(len(events)/12) == 0 {
			stopped = resumed(t, stopped)
			stops++
		}
		stopped.Step(&events[i])
	}
	if diff := cmp.Diff(want, stopped.Incidents(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("stopped %d times: %s", stops, diff)
	}
	if !bytes.Equal(end, written(t, stopped)) {
		t.Errorf("stopped %d times: other state in the end", stops)
	}
	if contained := slices.ContainsFunc(want, func(in sekisho.Incident) bool { return in.Containment != nil }); !contained || stops < 5 {
		t.Errorf("nothing decided (%v) or too few stops (%d): the test shows nothing", contained, stops)
	}
}

// days are the events of a made-up organisation in all its systems, with four attacks.
func days(t *testing.T, seed uint64, n int) []sekisho.Event {
	t.Helper()
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	w, err := sim.NewWorld(sim.WorldOptions{Seed: seed, Half: sim.Fitting, Start: start, Accounts: 2, Surfaces: true})
	if err != nil {
		t.Fatal(err)
	}
	var records []sim.Record
	for d := range n {
		records = sim.Merge(records, w.Day(d))
	}
	for i, name := range []string{"key-to-administrator", "workflow-planted", "exploited-node", "asked-until-yes"} {
		attack, _, err := w.Play(name, seed, start.AddDate(0, 0, n-5+i).Add(11*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		records = sim.Merge(records, attack)
	}
	formats := []normalize.Format{aws.CloudTrail(), okta.SystemLog(), github.Audit(), guardduty.Format(), vpcflow.Format()}
	expanders := map[string]normalize.Expander{}
	kinds := map[sekisho.Kind]int{}
	var events []sekisho.Event
	for i := range records {
		r := &records[i]
		f, _ := normalize.Select(formats, r.Kind)
		if expanders[r.Kind] == nil {
			expanders[r.Kind] = f[0].NewExpander()
		}
		read := f[0].Compact
		if r.Header != "" {
			read = func(dst, line []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
				return f[0].Line(dst, []byte(r.Header), line)
			}
		}
		compact, _, verdict, _ := read(nil, r.Line)
		if verdict != normalize.Read {
			continue
		}
		var e sekisho.Event
		if err := expanders[r.Kind].Expand(&e, compact); err != nil {
			t.Fatal(err)
		}
		e.Effects, e.Tried = slices.Clone(e.Effects), slices.Clone(e.Tried)
		e.Params, e.Result = slices.Clone(e.Params), slices.Clone(e.Result)
		kinds[e.Kind]++
		events = append(events, e)
	}
	for _, kind := range []sekisho.Kind{sekisho.APICall, sekisho.SignIn, sekisho.Notice, sekisho.Traffic} {
		if kinds[kind] == 0 {
			t.Errorf("there are no events of kind %d: the test shows less than it says", kind)
		}
	}
	return events
}

func written(t *testing.T, g *engine.Engine) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := g.Checkpoint(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// resumed is a new engine that goes on from what another one wrote, and writes
// what that one did.
func resumed(t *testing.T, g *engine.Engine) *engine.Engine {
	t.Helper()
	b := written(t, g)
	next := engine.New(engine.Options{})
	if err := next.Resume(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	if again := written(t, next); !bytes.Equal(b, again) {
		at := 0
		for at < min(len(b), len(again)) && b[at] == again[at] {
			at++
		}
		t.Fatalf("what was read back is written otherwise:\n%.200s\n%.200s", b[max(0, at-60):], again[max(0, at-60):])
	}
	return next
}
