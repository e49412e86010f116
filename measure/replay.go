package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/sim"
)

// tape is records in their compact form, in the order in which they are folded.
type tape []compacted

type compacted struct {
	key  normalize.Key
	data []byte
}

var format = aws.CloudTrail()

// compact reads records as ingest does, without the files. A record that cannot
// be read is a defect of the generator, and stops the measurement.
func compact(records []sim.Record) (tape, error) {
	out := make(tape, 0, len(records))
	for i := range records {
		data, key, verdict, reason := format.Compact(nil, records[i].Line)
		switch verdict {
		case normalize.Read:
			out = append(out, compacted{key, data})
		case normalize.Unreadable, normalize.NotMine:
			return nil, fmt.Errorf("read record %s: %s; the generator wrote what is no record: %s", records[i].ID, reason, records[i].Line)
		}
	}
	out.sort()
	return out, nil
}

func (t tape) sort() {
	slices.SortFunc(t, func(a, b compacted) int {
		return cmp.Or(cmp.Compare(a.key.Time, b.key.Time), cmp.Compare(a.key.Hi, b.key.Hi), cmp.Compare(a.key.Lo, b.key.Lo))
	})
}

// merge is two tapes as one.
func merge(a, b tape) tape {
	out := append(slices.Clone(a), b...)
	out.sort()
	return out
}

// play folds a tape; seen, if set, is told what each event brought.
func play(g *engine.Engine, t tape, seen func(e *sekisho.Event, fresh []sekisho.Finding)) error {
	x := format.NewExpander()
	var e sekisho.Event
	for i := range t {
		if err := x.Expand(&e, t[i].data); err != nil {
			return fmt.Errorf("expand a record: %w", err)
		}
		fresh := g.Step(&e)
		if seen != nil {
			seen(&e, fresh)
		}
	}
	return nil
}

// variant is a way of running the detector.
type variant struct {
	name     string
	unjoined bool
	undeclared,
	dayZero bool
	without int // family, -1 for none
}

// variants are the run itself and what it would be without each of its parts.
var variants = []variant{
	{name: "as shipped", without: -1},
	{name: "no source tokens", without: int(sekisho.FamilySource)},
	{name: "no tempo tokens", without: int(sekisho.FamilyTempo)},
	{name: "no action tokens", without: int(sekisho.FamilyAction)},
	{name: "no lineage tokens", without: int(sekisho.FamilyLineage)},
	{name: "no tripwires", without: int(sekisho.FamilyTripwire)},
	{name: "lineage off", unjoined: true, without: -1},
	{name: "no configuration", undeclared: true, without: -1},
	{name: "day 0, no history", dayZero: true, without: -1},
}

// ground is one seed's organisation, and what was learned of it before.
type ground struct {
	world    *sim.World
	declared *config.Config
	// learned is the engine's state after the history, with and without the
	// configuration.
	learned map[bool][]byte
	history int
	days    []tape // of ordinary work after the history
	hard    [][]sim.Ordinary
}

// prepare makes an organisation and folds its history. Days after the history
// are kept for as long as any campaign runs.
func prepare(o sim.WorldOptions, history, after int, models func() correlate.Model) (*ground, error) {
	w, err := sim.NewWorld(o)
	if err != nil {
		return nil, err
	}
	gr := &ground{world: w, history: history, learned: map[bool][]byte{}}
	if gr.declared, err = declare(w); err != nil {
		return nil, err
	}
	for _, undeclared := range []bool{false, true} {
		g := gr.fresh(variant{undeclared: undeclared, dayZero: true, without: -1}, models())
		for d := range history {
			t, err := compact(w.Day(d))
			if err != nil {
				return nil, err
			}
			if err := play(g, t, nil); err != nil {
				return nil, err
			}
		}
		g.Forget(true)
		var b bytes.Buffer
		if err := g.Save(&b); err != nil {
			return nil, err
		}
		gr.learned[undeclared] = b.Bytes()
	}
	for d := range after {
		t, err := compact(w.Day(history + d))
		if err != nil {
			return nil, err
		}
		gr.days = append(gr.days, t)
		gr.hard = append(gr.hard, w.Ordinary())
	}
	return gr, nil
}

// declare is the operator's configuration, read as any other.
func declare(w *sim.World) (*config.Config, error) {
	dir, err := os.MkdirTemp("", "sekisho-measure-")
	if err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sekisho.yaml")
	if err := os.WriteFile(path, []byte(w.Declares()), 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	return config.Load(path)
}

// fresh is an engine before any event; load gives it what was learned.
func (gr *ground) fresh(v variant, m correlate.Model) *engine.Engine {
	if v.without >= 0 {
		m.Without[v.without] = true
	}
	o := engine.Options{Config: gr.declared, Model: &m, Unjoined: v.unjoined, Summaries: true}
	if v.undeclared {
		o.Config = nil
	}
	return engine.New(o)
}

// engine is one that knows the history, unless the variant has none.
func (gr *ground) engine(v variant, m correlate.Model) (*engine.Engine, error) {
	g := gr.fresh(v, m)
	if v.dayZero {
		return g, nil
	}
	return g, g.Load(bytes.NewReader(gr.learned[v.undeclared]))
}

// start is when the campaigns' days begin.
func (gr *ground) start() time.Time { return gr.world.Start().AddDate(0, 0, gr.history) }
