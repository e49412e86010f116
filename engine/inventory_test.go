package engine_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
)

// TestInventoryIsNobodysDeed: what a collector read makes no finding, no episode and
// no baseline, and is in the state that is written down.
func TestInventoryIsNobodysDeed(t *testing.T) {
	g := engine.New(engine.Options{})
	bob := sekisho.Ref{ID: "AIDABOB", Name: "bob", ARN: "urn:user/bob", Account: "111122223333", Type: "user"}
	e := sekisho.Event{ID: "1", Kind: sekisho.Inventory, Time: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC), Source: "x-inventory", Account: "111122223333",
		Level: sekisho.LevelRead, Effects: []sekisho.Effect{{Kind: sekisho.HoldsPower, Identity: bob, Power: sekisho.PowerAdmin},
			{Kind: sekisho.Shared, What: "snapshot", Resource: "snap-1", With: []string{"999988887777"}}}}
	if got := g.Step(&e); len(got) > 0 {
		t.Errorf("findings: %+v", got)
	}
	if s := g.Stats(); len(g.Incidents()) > 0 || s.Identities > 0 || s.Events != 1 || len(g.Finish()) > 0 {
		t.Errorf("%d incidents, %d open episodes, %+v", len(g.Incidents()), len(g.Finish()), s)
	}
	var first, second bytes.Buffer
	if err := g.Checkpoint(&first); err != nil {
		t.Fatal(err)
	}
	again := engine.New(engine.Options{})
	if err := again.Resume(bytes.NewReader(first.Bytes())); err != nil {
		t.Fatal(err)
	}
	if err := again.Checkpoint(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) || !bytes.Contains(first.Bytes(), []byte(`"snap-1"`)) {
		t.Errorf("written %s\nthen    %s", first.Bytes(), second.Bytes())
	}
}
