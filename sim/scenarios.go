package sim

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// Scenarios are the incidents told by scripts, one file each, in the order in
// which their examples are listed.
var Scenarios = []Scenario{mailTakeover, containerMining, persistentGuest, modelHijack, objectRansom, objectWipe, snapshotTheft, returningVisitor, developerDanger,
	identityProviderHeist, pipelineToken, leakedEnvironment, agentMistake}

// FindScenario returns the scenario of a name.
func FindScenario(name string) (Scenario, bool) {
	i := slices.IndexFunc(Scenarios, func(c Scenario) bool { return c.Name == name })
	if i < 0 {
		return Scenario{}, false
	}
	return Scenarios[i], true
}

// ScenarioOptions choose a variant of a scenario; the zero value of each field
// is the shipped example's.
type ScenarioOptions struct {
	Seed         uint64
	Start        time.Time
	NoBackground bool // the script alone
}

// scenarioSpan puts a scenario's deliveries into few files.
const scenarioSpan = 24 * time.Hour

// Record plays the scenario in its organisation.
func (c Scenario) Record(o ScenarioOptions) (*Recording, *Truth, error) {
	if o.Seed == 0 {
		o.Seed = c.Seed
	}
	if o.Start.IsZero() {
		at, err := time.Parse(time.RFC3339, c.Start)
		if err != nil {
			return nil, nil, fmt.Errorf("play %s: its start: %w", c.Name, err)
		}
		o.Start = at
	}
	o.Start = o.Start.UTC().Truncate(time.Second)
	from := o.Start.Truncate(24*time.Hour).AddDate(0, 0, -c.History)
	rec := newRecording(o.Seed)
	g := newOrganization(OrganizationOptions{Seed: o.Seed, Start: from, Accounts: 2, People: 2}, rec, drawnNames(NewRand(o.Seed, "names")))
	g.small = true
	s := &stage{g: g, main: g.places[0], r: NewRand(o.Seed, "script"), now: o.Start, from: from, days: c.History + max(c.Days, 1), used: map[string]bool{},
		truth: &Truth{Schema: "sekisho.sim.truth/v1", Campaign: fmt.Sprintf("%s-%d", c.Name, o.Seed), Title: c.Title, Harmless: c.Harmless,
			Settings: TruthSettings{Seed: o.Seed, Start: o.Start.Format(time.RFC3339), Background: !o.NoBackground, HistoryDays: c.History}}}
	c.play(s)
	if o.NoBackground {
		rec.entries = slices.DeleteFunc(rec.entries, func(e entry) bool { return e.phase == "" })
	} else {
		g.work(from, s.days)
		rec.cut(from, from.AddDate(0, 0, s.days))
	}
	rec.sort()

	t := s.truth
	t.gather(rec)
	if len(t.Principals) == 0 || s.noReturn == "" {
		return nil, nil, fmt.Errorf("play %s: the script lets nobody act, or marks no point of no return", c.Name)
	}
	t.PointOfNoReturn = t.event(s.noReturn)
	for _, id := range s.decisive {
		t.Decisive = append(t.Decisive, t.event(id))
	}
	for i := range t.Minted {
		t.Minted[i].Used = s.used[t.Minted[i].Credential]
	}
	return rec, t, nil
}

// Write plays the scenario and writes it: the records below dir/logs, the
// truth beside them in dir/truth.json. span 0 is the shipped example's.
func (c Scenario) Write(dir string, span time.Duration, o ScenarioOptions) (Stats, error) {
	rec, truth, err := c.Record(o)
	if err != nil {
		return Stats{}, err
	}
	if span == 0 {
		span = scenarioSpan
	}
	return write(dir, span, rec, truth)
}

// write delivers records and truth, never one among the other.
func write(dir string, span time.Duration, rec *Recording, truth *Truth) (Stats, error) {
	stats, err := rec.WriteS3(filepath.Join(dir, "logs"), span)
	if err != nil {
		return Stats{}, err
	}
	b, err := truth.JSON()
	if err != nil {
		return Stats{}, err
	}
	if err := put(filepath.Join(dir, "truth.json"), b); err != nil {
		return Stats{}, fmt.Errorf("the recording is written, its truth is not: %w", err)
	}
	return stats, nil
}
