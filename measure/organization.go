package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/sim"
)

// quiet is what ordinary work gave by itself.
type quiet struct {
	accountDays     float64
	days            float64 // of an organisation
	medium, actions int
	events, fresh   int64
	maxima          []correlate.Ended
	lines           []string // the false incidents, told
}

func (q *quiet) add(o quiet) {
	q.accountDays += o.accountDays
	q.days += o.days
	q.medium += o.medium
	q.actions += o.actions
	q.events += o.events
	q.fresh += o.fresh
	q.maxima = append(q.maxima, o.maxima...)
	q.lines = append(q.lines, o.lines...)
}

// told guards the output: organisations run side by side.
var told sync.Mutex

// organization measures one: ordinary work alone, then each campaign on it.
func organization(out io.Writer, o *options, i int, kinds []variant) ([]result, *plot, error) {
	seed := uint64(o.first + i)
	const window = 8 // days of ordinary work kept for campaigns
	gr, err := prepare(sim.WorldOptions{Seed: seed, Half: sim.Half(o.half), Start: begins, Accounts: o.accounts}, o.history, max(o.benign, window),
		func() correlate.Model { return correlate.Start })
	if err != nil {
		return nil, nil, err
	}
	names := gr.world.Campaigns()
	turns := max(1, (o.instances+o.seeds*len(names)-1)/(o.seeds*max(len(names), 1)))
	results := make([]result, len(kinds))
	p := &plot{}
	if o.explain == "" {
		for v, kind := range kinds {
			if results[v].quiet, err = gr.ordinary(kind, o, p, v == 0); err != nil {
				return nil, nil, err
			}
		}
	}
	for c, name := range names {
		for turn := range turns {
			instance := seed*100 + uint64(turn)
			if o.explain != "" && o.explain != fmt.Sprintf("%s/%d/%d", name, seed, turn) {
				continue
			}
			// The hour and the day vary with the instance, and with nothing else.
			at := gr.start().AddDate(0, 0, int(instance+uint64(c))%3).Add(time.Duration(instance*7919+uint64(c)*104729) % 86400 * time.Second)
			records, truth, err := gr.world.Play(name, instance, at)
			if err != nil {
				return nil, nil, err
			}
			attack, err := compact(records)
			if err != nil {
				return nil, nil, err
			}
			around := gr.around(records)
			both := merge(around, attack)
			for v, kind := range kinds {
				g, err := gr.engine(kind, correlate.Start)
				if err != nil {
					return nil, nil, err
				}
				var curve []point
				var seen func(*sekisho.Event, []sekisho.Finding)
				if v == 0 {
					seen = curveOf(truth, &curve)
				}
				if err := play(g, both, seen); err != nil {
					return nil, nil, err
				}
				incidents := g.Incidents()
				one := judge(incidents, truth)
				one.campaign, one.seed = name, instance
				results[v].outcomes = append(results[v].outcomes, one)
				if v == 0 {
					p.attack(name, one, curve, truth)
				}
				if o.explain != "" {
					explain(out, truth, incidents, one)
				}
			}
		}
	}
	return results, p, nil
}

// around is the ordinary work of the days that the records touch, cut where the
// attack has long ended: what comes later decides nothing about it.
func (gr *ground) around(records []sim.Record) tape {
	first, last := records[0].At, records[len(records)-1].At
	from := int(first.Sub(gr.start()) / (24 * time.Hour))
	to := min(int(last.Add(time.Hour).Sub(gr.start())/(24*time.Hour)), len(gr.days)-1)
	var out tape
	end := last.Add(time.Hour).UnixNano()
	for d := from; d <= to; d++ {
		for _, r := range gr.days[d] {
			if r.key.Time <= end {
				out = append(out, r)
			}
		}
	}
	out.sort()
	return out
}

// ordinary folds the days without an attack.
func (gr *ground) ordinary(v variant, o *options, p *plot, keep bool) (quiet, error) {
	g, err := gr.engine(v, correlate.Start)
	if err != nil {
		return quiet{}, err
	}
	q := quiet{accountDays: float64(o.benign * o.accounts), days: float64(o.benign)}
	for _, day := range gr.days[:min(o.benign, len(gr.days))] {
		err := play(g, day, func(_ *sekisho.Event, fresh []sekisho.Finding) {
			q.events++
			q.fresh += int64(len(fresh))
		})
		if err != nil {
			return quiet{}, err
		}
	}
	for _, in := range g.Incidents() {
		if in.MergedInto != "" || in.Severity < sekisho.SeverityMedium {
			continue
		}
		q.medium++
		if in.Containment != nil {
			q.actions++
		}
		q.lines = append(q.lines, gr.tell(&in))
	}
	q.maxima = append(g.Ended(), g.Finish()...)
	q.maxima = slices.DeleteFunc(q.maxima, func(e correlate.Ended) bool { return len(e.Claims) == 0 })
	slices.SortStableFunc(q.maxima, func(a, b correlate.Ended) int { return cmp.Compare(b.Score, a.Score) })
	q.maxima = slices.Clip(q.maxima)
	if keep {
		p.ordinary(q.maxima)
	}
	return q, nil
}

// tell is a false incident in a few lines, with the archetype whose work it was
// where that is labelled.
func (gr *ground) tell(in *sekisho.Incident) string {
	var b strings.Builder
	whose := map[string]bool{}
	for _, day := range gr.hard {
		for _, h := range day {
			for _, id := range in.Identities {
				if id.ID == h.Identity && !in.LastEventAt.Before(h.From) && !in.OpenedAt.After(h.To) {
					whose[h.Archetype] = true
				}
			}
		}
	}
	var names []string
	for n := range whose {
		names = append(names, n)
	}
	slices.Sort(names)
	fmt.Fprintf(&b, "%s %s %.1f by %s (%s): %s\n", in.OpenedAt.Format("01-02 15:04"), in.Severity, in.Score.Float(), in.Root.Name, strings.Join(names, ", "), in.Title)
	findings(&b, in)
	return b.String()
}

func findings(b io.Writer, in *sekisho.Incident) {
	for _, f := range in.Findings {
		trip := ""
		if f.Tripwire {
			trip = " TRIPWIRE"
		}
		fmt.Fprintf(b, "    %s %s +%.1f%s %s\n", f.At.Format("01-02 15:04:05"), f.Detection, f.Weight.Float(), trip, f.Reason)
	}
	if in.Containment != nil {
		fmt.Fprintf(b, "    CONTAINED %s by %s\n", in.Containment.At.Format("01-02 15:04:05"), in.Containment.Rule)
	}
}

// explain prints all that is seen of one instance.
func explain(out io.Writer, t *sim.Truth, incidents []sekisho.Incident, o outcome) {
	told.Lock()
	defer told.Unlock()
	telling := map[string]bool{}
	for _, id := range t.Telling {
		telling[id] = true
	}
	decisive := map[string]bool{}
	for _, e := range t.Decisive {
		decisive[e.ID] = true
	}
	fmt.Fprintf(out, "%s: %s\nroot %s %s; stoppable %v; %+v\n", t.Campaign, t.Title, t.Root.Kind, t.Root.Name, t.Stoppable, o)
	ids := map[string]bool{}
	for _, e := range t.Events {
		ids[e.ID] = true
		mark := " "
		switch {
		case e.ID == t.PointOfNoReturn.ID:
			mark = "!"
		case decisive[e.ID]:
			mark = "*"
		case telling[e.ID]:
			mark = "+"
		}
		fmt.Fprintf(out, "  %s %s %-18s %-40s %s\n", mark, e.At, e.Phase, e.Name, e.Actor)
	}
	for i := range incidents {
		in := &incidents[i]
		if in.MergedInto == "" && (in.Severity >= sekisho.SeverityMedium || slices.ContainsFunc(in.Findings, func(f sekisho.Finding) bool { return ids[f.EventID] })) {
			fmt.Fprintf(out, "%s %.1f root %s: %s\n", in.Severity, in.Score.Float(), in.Root.Name, in.Title)
			findings(out, in)
		}
	}
}

// long is ordinary work alone, at size.
func long(out io.Writer, o *options) (missed int, err error) {
	const accounts, days, history = 60, 90, 21
	w, err := sim.NewWorld(sim.WorldOptions{Seed: uint64(o.first), Half: sim.Half(o.half), Start: begins, Accounts: accounts})
	if err != nil {
		return 0, err
	}
	gr := &ground{world: w}
	if gr.declared, err = declare(w); err != nil {
		return 0, err
	}
	g := gr.fresh(variants[0], correlate.Start)
	q := quiet{accountDays: accounts * days, days: days}
	for d := range history + days {
		t, err := compact(w.Day(d))
		if err != nil {
			return 0, err
		}
		gr.hard = append(gr.hard, w.Ordinary())
		if err := play(g, t, func(_ *sekisho.Event, fresh []sekisho.Finding) {
			if d >= history {
				q.events++
				q.fresh += int64(len(fresh))
			}
		}); err != nil {
			return 0, err
		}
		if d == history-1 {
			g.Forget(true)
		}
		g.Ended()
	}
	for _, in := range g.Incidents() {
		if in.MergedInto == "" && in.Severity >= sekisho.SeverityMedium {
			q.medium++
			if in.Containment != nil {
				q.actions++
			}
			q.lines = append(q.lines, gr.tell(&in))
		}
	}
	fmt.Fprintf(out, "%d accounts, %d days after %d of history, %d events of ordinary work\n", accounts, days, history, q.events)
	if o.falses {
		for _, l := range q.lines {
			fmt.Fprint(out, l)
		}
	}
	return q.print(out), nil
}
