package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
)

// TestDecisionsOnAPrefix: nothing that happens later changes what was decided
// before. The incidents of the first n events are the beginnings of the
// incidents of them all.
func TestDecisionsOnAPrefix(t *testing.T) {
	const logs = "../../examples/eight-minutes/logs"
	after := func(most int64) []sekisho.Incident {
		g := engine.New(engine.Options{})
		n := int64(0)
		_, err := (&fold{paths: []string{logs}, memory: 64 << 20}).run(t.Context(), func(e *sekisho.Event, _ *ingest.Record) {
			if n++; n <= most {
				g.Step(e)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return g.Incidents()
	}
	whole := map[string]sekisho.Incident{}
	for _, in := range after(1 << 40) {
		whole[in.ID] = in
	}
	if len(whole) == 0 {
		t.Fatal("the example holds no incident")
	}
	compared := 0
	for n := int64(300); n < 6359; n += 307 {
		for _, early := range after(n) {
			late, ok := whole[early.ID]
			if !ok {
				t.Errorf("after %d events there is an incident %s that later is not there: %s", n, early.ID, early.Title)
				continue
			}
			compared++
			if !early.OpenedAt.Equal(late.OpenedAt) || early.OpenedBy != late.OpenedBy || early.Root.ID != late.Root.ID {
				t.Errorf("after %d events: opened %s by %s of %s, in the end %s by %s of %s", n, early.OpenedAt, early.OpenedBy, early.Root.ID,
					late.OpenedAt, late.OpenedBy, late.Root.ID)
			}
			if diff := cmp.Diff(early.Raised, late.Raised[:min(len(early.Raised), len(late.Raised))]); diff != "" {
				t.Errorf("after %d events, raised: %s", n, diff)
			}
			if diff := cmp.Diff(early.Findings, late.Findings[:min(len(early.Findings), len(late.Findings))]); diff != "" {
				t.Errorf("after %d events, findings: %s", n, diff)
			}
			if early.Containment == nil {
				continue
			}
			if late.Containment == nil || late.Containment.EventID != early.Containment.EventID {
				t.Errorf("after %d events: contained at %s, in the end %+v", n, early.Containment.EventID, late.Containment)
				continue
			}
			if diff := cmp.Diff(early.Containment.Actions, late.Containment.Actions[:min(len(early.Containment.Actions), len(late.Containment.Actions))]); diff != "" {
				t.Errorf("after %d events, actions: %s", n, diff)
			}
		}
	}
	if compared < 20 {
		t.Errorf("only %d incidents were compared", compared)
	}
}
