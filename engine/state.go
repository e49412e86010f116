package engine

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"github.com/sekisho/sekisho/baseline"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/inventory"
	"github.com/sekisho/sekisho/lineage"
)

// stateVersion is raised when the written form changes in a way that an older
// binary would misread.
const stateVersion = 2

// written is what Save writes: what was learned, and no incident.
type written struct {
	Version   int                `json:"version"`
	Baseline  baseline.Snapshot  `json:"baseline"`
	Inventory inventory.Snapshot `json:"inventory"`
	// Ledger is empty in what was written before there was one.
	Ledger  inventory.LedgerSnapshot `json:"ledger"`
	Lineage lineage.Snapshot         `json:"lineage"`
}

// Save writes what the engine has learned, as one JSON object. Equal engines
// write equal bytes. Open episodes are not in it: call Forget first to learn
// what they brought.
func (g *Engine) Save(w io.Writer) error {
	err := json.MarshalWrite(w, &written{stateVersion, g.habits.Snapshot(), g.facts.Snapshot(), g.facts.ledger.Snapshot(), g.graph.Snapshot()}, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write learned state: %w", err)
	}
	return nil
}

// Load takes over what Save wrote. It is called before the first Step.
func (g *Engine) Load(r io.Reader) error {
	var in written
	if err := json.UnmarshalRead(r, &in); err != nil {
		return fmt.Errorf("read learned state: %w; remove the file to start afresh", err)
	}
	if in.Version != stateVersion {
		return fmt.Errorf("read learned state: written in version %d, this binary reads version %d; remove the file to start afresh", in.Version, stateVersion)
	}
	if err := g.habits.Restore(in.Baseline); err != nil {
		return fmt.Errorf("read learned state: %w; remove the file to start afresh", err)
	}
	g.facts.Restore(in.Inventory)
	g.facts.ledger.Restore(in.Ledger)
	g.graph.Restore(in.Lineage)
	return nil
}

// checkpoint is what Checkpoint writes: all that the engine holds.
type checkpoint struct {
	written
	Live    correlate.Snapshot         `json:"live"`
	Pending []baseline.PendingSnapshot `json:"pending"` // of the episodes of Live, by their order; none for what has nothing to teach
	Users   map[string]string          `json:"users"`
	Events  int64                      `json:"events"`
}

// Checkpoint writes the whole state, open episodes and incidents too: an engine
// that continues from it gives the same bits as one that never stopped. Equal
// engines write equal bytes.
func (g *Engine) Checkpoint(w io.Writer) error {
	live := g.corr.Snapshot()
	c := checkpoint{written: written{stateVersion, g.habits.Snapshot(), g.facts.Snapshot(), g.facts.ledger.Snapshot(), g.graph.Checkpoint()},
		Live: live, Users: g.users, Events: g.events, Pending: make([]baseline.PendingSnapshot, len(live.Episodes))}
	for i := range live.Episodes {
		if p, _ := live.Episodes[i].Carry.(*baseline.Pending); p != nil {
			c.Pending[i] = p.Snapshot()
		}
	}
	if err := json.MarshalWrite(w, &c, json.Deterministic(true)); err != nil {
		return fmt.Errorf("write the engine's state: %w", err)
	}
	return nil
}

// Resume takes over what Checkpoint wrote. It is called before the first Step.
// What it cannot read is an error: whoever calls replays the log instead.
func (g *Engine) Resume(r io.Reader) error {
	var in checkpoint
	if err := json.UnmarshalRead(r, &in); err != nil {
		return fmt.Errorf("read the engine's state: %w", err)
	}
	if in.Version != stateVersion {
		return fmt.Errorf("read the engine's state: written in version %d, this binary reads version %d", in.Version, stateVersion)
	}
	if len(in.Pending) != len(in.Live.Episodes) {
		return fmt.Errorf("read the engine's state: %d episodes, and what %d of them teach", len(in.Live.Episodes), len(in.Pending))
	}
	if err := g.habits.Restore(in.Baseline); err != nil {
		return fmt.Errorf("read the engine's state: %w", err)
	}
	g.facts.Restore(in.Inventory)
	g.facts.ledger.Restore(in.Ledger)
	g.graph.Restore(in.Lineage)
	if in.Users != nil {
		g.users = in.Users
	}
	g.events = in.Events
	err := g.corr.Restore(&in.Live, func(i int) any {
		if len(in.Pending[i].Learners) == 0 && in.Pending[i].Excess == 0 {
			return nil
		}
		return g.habits.Pending(&in.Pending[i])
	})
	if err != nil {
		return fmt.Errorf("read the engine's state: %w", err)
	}
	return nil
}
