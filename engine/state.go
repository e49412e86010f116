package engine

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/sekisho/sekisho/baseline"
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
	err := json.NewEncoder(w).Encode(written{stateVersion, g.habits.Snapshot(), g.facts.Snapshot(), g.facts.ledger.Snapshot(), g.graph.Snapshot()})
	if err != nil {
		return fmt.Errorf("write learned state: %w", err)
	}
	return nil
}

// Load takes over what Save wrote. It is called before the first Step.
func (g *Engine) Load(r io.Reader) error {
	var in written
	if err := json.NewDecoder(r).Decode(&in); err != nil {
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
