package calibrate

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/model"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/sim"
)

// MadeUp says which made-up organisations a fit rests on. They are of the
// fitting half: nothing of what is measured is in them.
type MadeUp struct {
	Seeds     []uint64 // weights are fitted on these
	Held      []uint64 // and thresholds on these, judged by those weights
	Accounts  int
	History   int // days before anything counts
	Days      int // of ordinary work that counts, for each
	Instances int // of each campaign, for each
}

// Shipped is what the shipped model is fitted on.
var Shipped = MadeUp{Seeds: []uint64{1, 2, 3, 4, 5, 6}, Held: []uint64{7, 8, 9, 10, 11, 12}, Accounts: 4, History: 21, Days: 60, Instances: 2}

// MadeUpBy says in a model file what such a fit rests on.
func MadeUpBy(o MadeUp) model.Made {
	return model.Made{By: "sekisho fit --made-up", Seeds: append(slices.Clone(o.Seeds), o.Held...), Accounts: o.Accounts,
		From: fmt.Sprintf("made-up organisations of the fitting half, weights on the first %d seeds and thresholds on the others: ", len(o.Seeds)) +
			"no figure of it is a false-alarm rate of yours until you calibrate"}
}

// begins is a Monday; nothing depends on which.
var begins = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// Fit makes a model of the organisations alone.
func (o MadeUp) Fit() (*model.File, error) {
	v, err := o.Evidence()
	if err != nil {
		return nil, err
	}
	return Fit(v, o.Judge, &correlate.Start, MadeUpBy(o))
}

// Evidence replays the organisations that weights are fitted on, against a model
// of start values, so that what was fitted before does not feed what is fitted now.
func (o MadeUp) Evidence() (*Evidence, error) {
	start := correlate.Start
	return o.replay(o.Seeds, o.Instances, &start)
}

// Judge replays the ordinary work of the other organisations against a model.
func (o MadeUp) Judge(m *correlate.Model) (*Evidence, error) { return o.replay(o.Held, 0, m) }

func (o MadeUp) replay(seeds []uint64, instances int, m *correlate.Model) (*Evidence, error) {
	v := &Evidence{}
	o.Instances = instances
	for _, seed := range seeds {
		if err := o.add(v, seed, m); err != nil {
			return nil, fmt.Errorf("organisation %d: %w", seed, err)
		}
	}
	return v, nil
}

func (o MadeUp) add(v *Evidence, seed uint64, m *correlate.Model) error {
	v.Days += o.Days
	return o.each(seed, m, v.Ordinary, func(incidents []sekisho.Incident, attack map[string]bool) {
		var findings []sekisho.Finding
		for _, in := range incidents {
			for _, f := range in.Findings {
				if in.MergedInto == "" && attack[f.EventID] {
					findings = append(findings, f)
				}
			}
		}
		v.Attack(findings)
	})
}

// each replays one organisation: ordinary is told of each episode that counts, and
// attack of the incidents of each campaign with the ids of its events.
func (o MadeUp) each(seed uint64, m *correlate.Model, ordinary func(*correlate.Ended), attack func([]sekisho.Incident, map[string]bool)) error {
	w, err := sim.NewWorld(sim.WorldOptions{Seed: seed, Half: sim.Fitting, Start: begins, Accounts: o.Accounts})
	if err != nil {
		return err
	}
	// What an operator would declare is declared: a drill is no ordinary work.
	declared, err := config.Parse([]byte(w.Declares()))
	if err != nil {
		return fmt.Errorf("read the made-up configuration: %w", err)
	}
	g := engine.New(engine.Options{Config: declared, Model: m, Summaries: true})
	var state bytes.Buffer
	var days [][]sim.Record
	for d := range o.History + o.Days {
		day := w.Day(d)
		if d == o.History {
			// Campaigns begin from what is known here.
			g.Forget(true)
			g.Ended()
			if err := g.Save(&state); err != nil {
				return err
			}
		}
		if d >= o.History && len(days) < 8 {
			days = append(days, day)
		}
		if err := feed(g, day); err != nil {
			return err
		}
		if d >= o.History {
			for _, e := range g.Ended() {
				ordinary(&e)
			}
		}
	}
	for _, e := range g.Finish() {
		ordinary(&e)
	}
	for i, name := range w.Campaigns() {
		for n := range o.Instances {
			at := begins.AddDate(0, 0, o.History+n%3).Add(time.Duration(seed*7919+uint64(i*104729+n*1299709)) % 86400 * time.Second)
			records, truth, err := w.Play(name, seed*100+uint64(n), at)
			if err != nil {
				return err
			}
			e := engine.New(engine.Options{Config: declared, Model: m})
			if err := e.Load(bytes.NewReader(state.Bytes())); err != nil {
				return err
			}
			last := records[len(records)-1].At
			around := records
			for _, day := range days {
				if len(day) > 0 && day[0].At.Before(last) {
					around = sim.Merge(around, day)
				}
			}
			if err := feed(e, around); err != nil {
				return err
			}
			events := map[string]bool{}
			for _, x := range truth.Events {
				events[x.ID] = true
			}
			attack(e.Incidents(), events)
		}
	}
	return nil
}

// feed folds records in the order in which scan would.
func feed(g *engine.Engine, records []sim.Record) error {
	format := aws.CloudTrail()
	type line struct {
		key     normalize.Key
		compact []byte
	}
	lines := make([]line, 0, len(records))
	for i := range records {
		c, key, verdict, reason := format.Compact(nil, records[i].Line)
		if verdict != normalize.Read {
			return fmt.Errorf("read a made-up record: %s", reason)
		}
		lines = append(lines, line{key, c})
	}
	slices.SortFunc(lines, func(a, b line) int {
		switch {
		case a.key.Less(b.key):
			return -1
		case b.key.Less(a.key):
			return 1
		}
		return 0
	})
	x := format.NewExpander()
	var e sekisho.Event
	for i := range lines {
		if err := x.Expand(&e, lines[i].compact); err != nil {
			return fmt.Errorf("expand a made-up record: %w", err)
		}
		g.Step(&e)
	}
	return nil
}
