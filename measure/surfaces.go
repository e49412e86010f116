package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// What is wanted of attacks that go over several systems: one incident with the
// right root in so many of them, and in ordinary life with more systems at most so
// many times the false incidents of the same life with the provider alone.
const (
	wholeWanted = 0.95
	moreWanted  = 1.1
	quietTimes  = 3
)

// crossings measures campaigns over several systems, and what their ordinary
// records cost in false incidents: the same organisations with them and without.
func (o *options) crossings(w io.Writer) (missed bool, err error) {
	start := time.Now()
	list := variants()[:1]
	// False incidents are few, and most are the same with and without: to tell the two
	// apart takes more organisations than the campaigns do.
	with, without := o.size, o.size
	with.seeds, with.instances = quietTimes*o.seeds, 0
	without.seeds, without.instances, without.surfaces = quietTimes*o.seeds, 0, false
	var parts [3]*tallied
	var crosses map[string]string
	for i, size := range []*size{&o.size, &with, &without} {
		seeds, err := size.all(list)
		if err != nil {
			return false, err
		}
		parts[i] = tally(seeds, list, size)
		if i == 0 {
			crosses = seeds[0].crosses
		}
	}
	t, wide, base := parts[0], parts[1], parts[2]
	missed = t.printCrossings(w, wide, base, crosses)
	if o.falses {
		wide.printFalse(w)
	}
	fmt.Fprintf(w, "\n%d events judged in %.0f s by %d at a time.\n", t.folded+wide.folded+base.folded, time.Since(start).Seconds(), workers())
	return missed, nil
}

// whole reports whether an attack is one incident with the right root.
func whole(o *outcome) bool { return o.incidents == 1 && o.root }

// crossingColumns are what is asked of each campaign.
var crossingColumns = []struct {
	name string
	yes  func(*outcome) bool
}{
	{"one incident, right root", whole},
	{"with evidence of each system", func(o *outcome) bool { return whole(o) && o.across }},
	{"from first to last", func(o *outcome) bool { return whole(o) && o.spans }},
	{"one", func(o *outcome) bool { return o.incidents == 1 }},
	{"root", func(o *outcome) bool { return o.root }},
	{"found", func(o *outcome) bool { return o.found }},
	{"before", func(o *outcome) bool { return o.before }},
	{"contained", func(o *outcome) bool { return o.contained[0] }},
}

// printCrossings writes the tables; wide and base are the same life without campaigns, with
// all systems and with the provider alone. missed says whether a wanted figure was.
func (t *tallied) printCrossings(w io.Writer, wide, base *tallied, crosses map[string]string) (missed bool) {
	fmt.Fprintf(w, "%s half: %d instances of %d campaigns over several systems, in %d made-up organisations of %d accounts, %d days of history, %d days judged without a campaign.\n",
		t.size.half, len(t.outcomes[0]), len(t.names), t.size.seeds, t.size.accounts, t.size.history, t.size.benign)
	if none := unread(); len(none) > 0 {
		fmt.Fprintf(w, "No format reads %s: what those systems log is left out.\n", strings.Join(none, ", "))
	}
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, "from, to\tinstances")
	for _, c := range crossingColumns {
		fmt.Fprintf(tw, "\t%s", c.name)
	}
	fmt.Fprintln(tw)
	row := func(name string, filter func(*outcome) bool) {
		n := 0
		for i := range t.outcomes[0] {
			if filter(&t.outcomes[0][i]) {
				n++
			}
		}
		fmt.Fprintf(tw, "%s\t%d", name, n)
		for _, c := range crossingColumns {
			f := share("", filter, c.yes)
			fmt.Fprintf(tw, "\t%s", f.format(f.of(t, 0), false))
		}
		fmt.Fprintln(tw)
	}
	seen := map[string]bool{}
	for _, name := range t.names {
		kind := crosses[name]
		if seen[kind] {
			continue
		}
		seen[kind] = true
		row(kind, func(o *outcome) bool { return crosses[o.campaign] == kind })
		for _, other := range t.names {
			if crosses[other] == kind {
				row("  "+other, func(o *outcome) bool { return o.campaign == other })
			}
		}
	}
	row("all", everything)
	row("  a key joins each step", func(o *outcome) bool { return !o.keyless })
	row("  no record holds a key somewhere", func(o *outcome) bool { return o.keyless })
	tw.Flush()

	fmt.Fprintln(w)
	f := share("", func(o *outcome) bool { return !o.keyless }, func(o *outcome) bool { return whole(o) && o.spans }).wanted(true, wholeWanted)
	keyed := f.of(t, 0)
	missed = !f.met(keyed)
	fmt.Fprintf(w, "one incident from the first event to the last, with the right root, where a key joins each step:  %s, wanted %s: %s\n", f.format(keyed, true), f.target(), f.verdict(keyed))
	f = share("", everything, func(o *outcome) bool { return whole(o) && o.spans })
	fmt.Fprintf(w, "  of all, with those that no record's key joins (never joined): %s\n", f.format(f.of(t, 0), true))
	with, events := wide.falseRate()
	without, fewer := base.falseRate()
	ratio := figure{unit: "rate"}.wanted(false, moreWanted)
	more := interval{at: times(with.at, without.at)}
	missed = missed || !ratio.met(more)
	rate := figure{unit: "rate"}
	fmt.Fprintf(w, "false incidents per account-day, all systems:      %s, of %d events in %d organisations\n", rate.format(with, true), events, wide.size.seeds)
	fmt.Fprintf(w, "  the same organisations, the provider alone:      %s, of %d events\n", rate.format(without, true), fewer)
	fmt.Fprintf(w, "  so many times as many:                           %.3g, wanted %s: %s\n", more.at, ratio.target(), ratio.verdict(more))
	t.printMissed(w)
	return missed
}

// falseRate is false incidents of at least medium severity per account-day without
// a campaign, and the events of those days.
func (t *tallied) falseRate() (rate interval, events int) {
	n := 0
	for _, q := range t.quiet[0] {
		n += len(q.incidents)
		events += q.events
	}
	return poisson(n, float64(t.size.seeds*t.size.benign*t.size.accounts)), events
}

// times is how many times as much; of nothing, nothing is as much.
func times(with, without float64) float64 {
	if with == without {
		return 1
	}
	return with / without
}
