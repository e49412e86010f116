package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/engine"
	shippedmodel "github.com/sekisho/sekisho/model"
	"github.com/sekisho/sekisho/sim"
)

// variant is one way to run the detector.
type variant struct {
	name     string
	without  int // family whose evidence does not count, -1 for none
	unjoined bool
	bare     bool // without configuration
	first    bool // day 0: without history
}

// variants are all ways; the first is the one that is held against what is
// wanted.
func variants() []variant {
	list := []variant{{name: "all", without: -1}}
	for f := range int(sekisho.Families) {
		list = append(list, variant{name: "no " + sekisho.Family(f).String(), without: f})
	}
	return append(list, variant{name: "no lineage joins", without: -1, unjoined: true},
		variant{name: "no config", without: -1, bare: true}, variant{name: "day 0", without: -1, first: true})
}

// model is the one that the program ships.
func model() correlate.Model { return shippedmodel.Shipped() }

// engine makes a fresh detector.
func (v *variant) engine(c *config.Config, summaries bool) *engine.Engine {
	m := model()
	if v.without >= 0 {
		m.Without[v.without] = true
	}
	if v.bare {
		c = nil
	}
	return engine.New(engine.Options{Config: c, Model: &m, Unjoined: v.unjoined, Summaries: summaries})
}

// learns names the history that a variant starts with: families that do not
// count change what is judged, not what is learned.
func (v *variant) learns() int {
	switch {
	case v.first:
		return -1
	case v.unjoined:
		return 1
	case v.bare:
		return 2
	}
	return 0
}

// size of a measurement.
type size struct {
	seeds, instances, history, accounts, benign int
	first                                       uint64 // seed of the first organisation
	half                                        string
	surfaces                                    bool // the other systems log too, and campaigns go over them
}

// seeded is what one seed gave.
type seeded struct {
	seed      uint64
	campaigns []string
	crosses   map[string]string // from where to where campaigns go, with surfaces
	outcomes  [][]outcome       // by variant, in the order of instances
	quiet     []quiet           // by variant: the days without a campaign
	labels    []sim.Ordinary
	ended     []correlate.Ended // of the first variant's quiet days
	records   int
	folded    int64 // events
}

// quiet is a stretch without a campaign.
type quiet struct {
	incidents []sekisho.Incident // of at least medium severity
	actions   int
	events    int
	fresh     int // findings that were new evidence
}

// firstDay is a Monday; each seed begins on another day of that week, so that
// the day that is attacked falls on each day of the week.
var firstDay = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// world is the organisation of the n-th seed.
func (s *size) world(n int) (*sim.World, error) {
	seed := s.first + uint64(n)
	return sim.NewWorld(sim.WorldOptions{Seed: seed, Half: sim.Half(s.half), Start: firstDay.AddDate(0, 0, int(seed%7)), Accounts: s.accounts, Surfaces: s.surfaces})
}

// bench is one seed's organisation with what was learned of it.
type bench struct {
	size     *size
	world    *sim.World
	config   *config.Config
	calendar *calendar
	habits   *habits
	learned  [3][]byte // states by variant.learns
	over     []line    // of history's last day, past midnight
	ordinary [][]line  // days after history, by the day they began on
	out      *seeded
}

// prepare makes the organisation and folds its history once for each way of
// learning that the variants have.
func (s *size) prepare(n int, list []variant) (*bench, error) {
	w, err := s.world(n)
	if err != nil {
		return nil, err
	}
	b := &bench{size: s, world: w, calendar: newCalendar(w), habits: newHabits(), out: &seeded{seed: s.first + uint64(n), campaigns: w.Campaigns()}}
	if s.surfaces {
		b.out.campaigns, b.out.crosses = w.Crossings()
	}
	if b.config, err = config.Parse([]byte(w.Declares())); err != nil {
		return nil, fmt.Errorf("declare what the operator knows: %w", err)
	}
	var learners [3]*engine.Engine
	steps := []func(*sekisho.Event){b.habits.note}
	for _, v := range list {
		if i := v.learns(); i >= 0 && learners[i] == nil {
			g := v.engine(b.config, false)
			learners[i] = g
			steps = append(steps, func(e *sekisho.Event) { g.Step(e) })
		}
	}
	for d := range s.history {
		lines, err := b.calendar.next(d)
		if err != nil {
			return nil, err
		}
		b.out.records += len(lines)
		if err := fold(lines, steps...); err != nil {
			return nil, err
		}
	}
	for i, g := range learners {
		if g == nil {
			continue
		}
		b.out.folded += g.Stats().Events
		g.Forget(true)
		var state bytes.Buffer
		if err := g.Save(&state); err != nil {
			return nil, err
		}
		b.learned[i] = state.Bytes()
	}
	b.over = b.calendar.late
	b.calendar.labels = nil // history is not judged
	for d := range s.benign {
		if err := b.extend(d); err != nil {
			return nil, err
		}
	}
	b.out.labels = b.calendar.labels
	return b, nil
}

// extend makes the days after history up to the one given.
func (b *bench) extend(d int) error {
	for len(b.ordinary) <= d {
		lines, err := b.calendar.made(b.size.history + len(b.ordinary))
		if err != nil {
			return err
		}
		b.ordinary = append(b.ordinary, lines)
	}
	return nil
}

// ready is a detector that has learned.
func (b *bench) ready(v *variant, summaries bool) (*engine.Engine, error) {
	g := v.engine(b.config, summaries)
	if i := v.learns(); i >= 0 && b.size.history > 0 {
		if err := g.Load(bytes.NewReader(b.learned[i])); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// rest runs the days without a campaign.
func (b *bench) rest(v *variant, keep bool) (quiet, error) {
	g, err := b.ready(v, keep)
	if err != nil {
		return quiet{}, err
	}
	lines := ordered(append([][]line{b.over}, b.ordinary[:b.size.benign]...)...)
	lines, _ = split(lines, b.world.Start().AddDate(0, 0, b.size.history+b.size.benign))
	q := quiet{events: len(lines)}
	if err := fold(lines, func(e *sekisho.Event) { q.fresh += len(g.Step(e)) }); err != nil {
		return quiet{}, err
	}
	b.out.folded += int64(len(lines))
	q.incidents = loud(g.Incidents())
	for _, in := range q.incidents {
		if in.Containment != nil {
			q.actions++
		}
	}
	if keep {
		b.out.ended = append(g.Ended(), g.Finish()...)
	}
	return q, nil
}

// instance is one campaign as played in one organisation.
type instance struct {
	name   string
	number int // of the instances of a campaign in one organisation
	truth  *sim.Truth
	lines  []line // the campaign's and the ordinary work's, in order
	days   int    // that it runs over
	own    bool
	key    bool
}

// longest is how many days a campaign may take: what is slower is not measured
// with histories of weeks.
const longest = 60

// instancesMost is how many instances of one campaign an organisation may have,
// so that no two have one seed.
const instancesMost = 1000

// play makes the n-th instance of a campaign.
func (b *bench) play(name string, n int) (*instance, error) {
	x := &instance{name: name, number: n}
	seed := b.out.seed*instancesMost + uint64(n)
	day := b.world.Start().AddDate(0, 0, b.size.history)
	// When it begins is the attacker's choice and no habit of the organisation's.
	at := day.Add(time.Duration(sim.NewRand(seed, "measure", name).IntN(86400)) * time.Second)
	records, truth, err := b.world.Play(name, seed, at)
	if err != nil {
		return nil, err
	}
	x.truth = truth
	if err := renamed(truth, records); err != nil {
		return nil, fmt.Errorf("play %s: %w", name, err)
	}
	attack, err := compacted(records)
	if err != nil {
		return nil, err
	}
	last := records[len(records)-1].At
	x.days = int(last.Sub(day)/(24*time.Hour)) + 1
	if x.days > longest {
		return nil, fmt.Errorf("play %s: it takes %d days, more than %d", name, x.days, longest)
	}
	if err := b.extend(x.days - 1); err != nil {
		return nil, err
	}
	x.lines, _ = split(ordered(append([][]line{b.over, attack}, b.ordinary[:x.days]...)...), day.AddDate(0, 0, x.days))
	x.own, x.key, err = b.habits.traits(attack, truth, b.size.history)
	return x, err
}

// run lets a detector see an instance.
func (b *bench) run(v *variant, x *instance) (outcome, []sekisho.Incident, error) {
	g, err := b.ready(v, false)
	if err != nil {
		return outcome{}, nil, err
	}
	if err := fold(x.lines, func(e *sekisho.Event) { g.Step(e) }); err != nil {
		return outcome{}, nil, err
	}
	b.out.folded += int64(len(x.lines))
	all := g.Incidents()
	o, err := judge(all, x.truth)
	o.campaign, o.seed, o.number, o.own, o.key, o.days = x.name, b.out.seed, x.number, x.own, x.key, x.days
	return o, all, err
}

// measure runs all of a seed: instances first to last, of each campaign in
// turn, so that every campaign has as many as any other, or one more.
func (s *size) measure(n int, list []variant) (*seeded, error) {
	b, err := s.prepare(n, list)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", s.first+uint64(n), err)
	}
	b.out.outcomes = make([][]outcome, len(list))
	for i := range s.share(n) {
		if len(b.out.campaigns) == 0 {
			break
		}
		// Where there are fewer instances than campaigns, seeds go on where others ended.
		k := n*s.instances/s.seeds + i
		x, err := b.play(b.out.campaigns[k%len(b.out.campaigns)], k/len(b.out.campaigns))
		if err != nil {
			return nil, fmt.Errorf("seed %d: %w", b.out.seed, err)
		}
		for j := range list {
			o, _, err := b.run(&list[j], x)
			if err != nil {
				return nil, fmt.Errorf("seed %d: %s: %w", b.out.seed, x.name, err)
			}
			if j > 0 {
				o.strangers = nil // they are printed of the first only
			}
			b.out.outcomes[j] = append(b.out.outcomes[j], o)
		}
	}
	for j := range list {
		q, err := b.rest(&list[j], j == 0)
		if err != nil {
			return nil, fmt.Errorf("seed %d: %w", b.out.seed, err)
		}
		b.out.quiet = append(b.out.quiet, q)
	}
	return b.out, nil
}

// share is how many of all instances fall to a seed.
func (s *size) share(n int) int { return (n+1)*s.instances/s.seeds - n*s.instances/s.seeds }
