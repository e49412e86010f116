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
	"github.com/sekisho/sekisho/provider/aws"
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

// days are the events of a made-up organisation, with two attacks.
func days(t *testing.T, seed uint64, n int) []sekisho.Event {
	t.Helper()
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	w, err := sim.NewWorld(sim.WorldOptions{Seed: seed, Half: sim.Fitting, Start: start, Accounts: 2})
	if err != nil {
		t.Fatal(err)
	}
	var records []sim.Record
	for d := range n {
		records = sim.Merge(records, w.Day(d))
	}
	for i, name := range []string{"key-to-administrator", "function-to-administrator"} {
		attack, _, err := w.Play(name, seed, start.AddDate(0, 0, n-3+i).Add(11*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		records = sim.Merge(records, attack)
	}
	format := aws.CloudTrail()
	x := format.NewExpander()
	events := make([]sekisho.Event, len(records))
	for i := range records {
		compact, _, _, _ := format.Compact(nil, records[i].Line)
		var e sekisho.Event
		if err := x.Expand(&e, compact); err != nil {
			t.Fatal(err)
		}
		e.Effects, e.Tried = slices.Clone(e.Effects), slices.Clone(e.Tried)
		events[i] = e
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
