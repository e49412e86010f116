package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/sim"
)

// tallied is what all seeds gave together.
type tallied struct {
	size     *size
	variants []variant
	outcomes [][]outcome // by variant
	quiet    [][]quiet   // by variant
	labels   []sim.Ordinary
	ended    []correlate.Ended
	records  int
	folded   int64
	names    []string // of the campaigns
}

func tally(all []*seeded, list []variant, s *size) *tallied {
	t := &tallied{size: s, variants: list, outcomes: make([][]outcome, len(list)), quiet: make([][]quiet, len(list))}
	for _, one := range all {
		for i := range list {
			t.outcomes[i] = append(t.outcomes[i], one.outcomes[i]...)
			t.quiet[i] = append(t.quiet[i], one.quiet[i])
		}
		t.labels = append(t.labels, one.labels...)
		t.ended = append(t.ended, one.ended...)
		t.records += one.records
		t.folded += one.folded
		t.names = one.campaigns
	}
	return t
}

// figure is one line of the table.
type figure struct {
	name  string
	unit  string // "share" or "rate"
	of    func(t *tallied, variant int) interval
	want  float64
	least bool // want is a floor; else a ceiling
	none  bool // nothing is wanted of it
}

// share is a figure of the instances that pass a filter.
func share(name string, filter, yes func(*outcome) bool) figure {
	return figure{name: name, unit: "share", none: true, of: func(t *tallied, v int) interval {
		hits, n := 0, 0
		for i := range t.outcomes[v] {
			if o := &t.outcomes[v][i]; filter(o) {
				n++
				if yes(o) {
					hits++
				}
			}
		}
		return wilson(hits, n)
	}}
}

func average(name string, of func(*outcome) float64) figure {
	return figure{name: name, unit: "share", none: true, of: func(t *tallied, v int) interval {
		var all []float64
		for i := range t.outcomes[v] {
			all = append(all, of(&t.outcomes[v][i]))
		}
		return mean(all)
	}}
}

// wanted sets what a figure is held against.
func (f figure) wanted(least bool, want float64) figure {
	f.want, f.least, f.none = want, least, false
	return f
}

// month is a month for rates: 30 days.
const month = 30

func everything(*outcome) bool  { return true }
func stoppable(o *outcome) bool { return o.stoppable }

// figures are the lines of the table. What is wanted is what the project set
// itself: 98% found, 95% of the stoppable contained, one incident in 95%, root
// right in 95%, at most 0.1 false incidents per account-day, at most one false
// action per organisation-month, new findings for at most 10% of events.
func figures() []figure {
	list := []figure{
		share("found", everything, func(o *outcome) bool { return o.found }).wanted(true, 0.98),
		share("found before the point of no return", everything, func(o *outcome) bool { return o.before }),
		share("stoppable, as labelled", everything, stoppable),
	}
	for n, lag := range lags {
		f := share(late("contained, of the stoppable", lag), stoppable, func(o *outcome) bool { return o.contained[n] })
		if lag == 0 {
			f = f.wanted(true, 0.95)
		}
		list = append(list, f)
	}
	list = append(list, share("  before the record of that point", stoppable, func(o *outcome) bool { return o.averted }))
	for n, lag := range lags {
		list = append(list, share(late("contained, of all", lag), everything, func(o *outcome) bool { return o.contained[n] }))
	}
	return append(list,
		share("contained at any time, of all", everything, func(o *outcome) bool { return o.ever }),
		average("principals in the one incident", func(o *outcome) float64 { return o.principals }),
		share("exactly one incident", everything, func(o *outcome) bool { return o.incidents == 1 }).wanted(true, 0.95),
		figure{name: "incidents per campaign", unit: "rate", none: true, of: func(t *tallied, v int) interval {
			n := 0
			for i := range t.outcomes[v] {
				n += t.outcomes[v][i].incidents
			}
			return poisson(n, float64(len(t.outcomes[v])))
		}},
		share("root right", everything, func(o *outcome) bool { return o.root }).wanted(true, 0.95),
		average("phases recalled", func(o *outcome) float64 { return o.phases }),
		figure{name: "false incidents per account-day", unit: "rate", of: func(t *tallied, v int) interval {
			n, days := 0, 0
			for _, q := range t.quiet[v] {
				n += len(q.incidents)
				days += t.size.benign * t.size.accounts
			}
			return poisson(n, float64(days))
		}}.wanted(false, 0.1),
		figure{name: "  beside campaigns (same days repeated)", unit: "rate", none: true, of: func(t *tallied, v int) interval {
			n, days := 0, 0
			for i := range t.outcomes[v] {
				n += t.outcomes[v][i].wrong
				days += t.outcomes[v][i].days * t.size.accounts
			}
			return poisson(n, float64(days))
		}},
		figure{name: "false actions per organisation-month (of this size)", unit: "rate", of: func(t *tallied, v int) interval {
			n, days := 0, 0
			for _, q := range t.quiet[v] {
				n += q.actions
				days += t.size.benign
			}
			return poisson(n, float64(days)/month)
		}}.wanted(false, 1),
		figure{name: "  beside campaigns (same days repeated)", unit: "rate", none: true, of: func(t *tallied, v int) interval {
			n, days := 0, 0
			for i := range t.outcomes[v] {
				n += t.outcomes[v][i].wrongActions
				days += t.outcomes[v][i].days
			}
			return poisson(n, float64(days)/month)
		}},
		figure{name: "new findings an event", unit: "rate", of: func(t *tallied, v int) interval {
			n, events := 0, 0
			for _, q := range t.quiet[v] {
				n += q.fresh
				events += q.events
			}
			return poisson(n, float64(events))
		}}.wanted(false, 0.1),
	)
}

func late(what string, lag int) string {
	if lag == 0 {
		return what
	}
	return fmt.Sprintf("  with %d s of lag", lag)
}

// format prints a figure; "-" where nothing was tried.
func (f *figure) format(x interval, whole bool) string {
	if math.IsNaN(x.at) {
		return "-"
	}
	if f.unit == "share" {
		if !whole {
			return fmt.Sprintf("%.1f%%", 100*x.at)
		}
		return fmt.Sprintf("%.1f%% (%.1f to %.1f)", 100*x.at, 100*x.low, 100*x.high)
	}
	if !whole {
		return fmt.Sprintf("%.3g", x.at)
	}
	return fmt.Sprintf("%.3g (%.3g to %.3g)", x.at, x.low, x.high)
}

// met reports whether the figure itself, not its interval, is as wanted. What
// was not measured is not met.
func (f *figure) met(x interval) bool {
	if f.least {
		return x.at >= f.want
	}
	return x.at <= f.want
}

func (f *figure) verdict(x interval) string {
	switch {
	case f.none:
		return ""
	case f.met(x):
		return "met"
	}
	return "missed"
}

func (f *figure) target() string {
	switch {
	case f.none:
		return ""
	case f.least:
		return fmt.Sprintf("at least %.0f%%", 100*f.want)
	}
	return fmt.Sprintf("at most %g", f.want)
}

// print writes all tables; missed says whether a wanted figure was missed.
func (t *tallied) print(w io.Writer) (missed bool) {
	fmt.Fprintf(w, "%s half: %d instances of %d campaigns over %d made-up organisations of %d accounts, %d days of history, %d days judged without a campaign.\n",
		t.size.half, len(t.outcomes[0]), len(t.names), t.size.seeds, t.size.accounts, t.size.history, t.size.benign)
	fmt.Fprint(w, "Intervals are 95%: Wilson's for shares, exact Poisson for rates, normal over instances for means. Instances of one campaign are alike, so\nthe true uncertainty is larger. Recall is of phases: the truth has no techniques.\n\n")
	list := figures()
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\tfigure, with everything\twanted\t")
	for i := range list {
		f := &list[i]
		x := f.of(t, 0)
		verdict := f.verdict(x)
		missed = missed || verdict == "missed"
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", f.name, f.format(x, true), f.target(), verdict)
	}
	tw.Flush()
	if len(t.variants) > 1 {
		t.printVariants(w, list)
	}
	t.printCampaigns(w)
	t.printMissed(w)
	return missed
}

// printVariants shows what each part is worth.
func (t *tallied) printVariants(w io.Writer, list []figure) {
	fmt.Fprint(w, "\nWith parts taken away:\n\n")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range t.variants {
		fmt.Fprintf(tw, "\t%s", v.name)
	}
	fmt.Fprintln(tw)
	for i := range list {
		fmt.Fprint(tw, list[i].name)
		for v := range t.variants {
			fmt.Fprintf(tw, "\t%s", list[i].format(list[i].of(t, v), false))
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	fmt.Fprint(w, "\nThe same with intervals, where something is wanted:\n\n")
	tw = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range list {
		if list[i].none {
			continue
		}
		for v := 1; v < len(t.variants); v++ {
			x := list[i].of(t, v)
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", list[i].name, t.variants[v].name, list[i].format(x, true), list[i].verdict(x))
		}
	}
	tw.Flush()
}

// printCampaigns shows where it is weak.
func (t *tallied) printCampaigns(w io.Writer) {
	fmt.Fprint(w, "\nBy campaign, with everything:\n\n")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "campaign\tinstances\tstoppable\tfound\tbefore\tcontained\tof stoppable\tone\troot\tprincipals\tphases")
	row := func(name string, filter func(*outcome) bool) {
		n, stop := 0, 0
		for i := range t.outcomes[0] {
			if o := &t.outcomes[0][i]; filter(o) {
				n++
				if o.stoppable {
					stop++
				}
			}
		}
		if n == 0 {
			fmt.Fprintf(tw, "%s\t0\n", name)
			return
		}
		part := func(filter, yes func(*outcome) bool) string {
			f := share("", filter, yes)
			return f.format(f.of(t, 0), false)
		}
		avg := func(of func(*outcome) float64) float64 {
			var all []float64
			for i := range t.outcomes[0] {
				if filter(&t.outcomes[0][i]) {
					all = append(all, of(&t.outcomes[0][i]))
				}
			}
			return mean(all).at
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%.2f\n", name, n, stop,
			part(filter, func(o *outcome) bool { return o.found }), part(filter, func(o *outcome) bool { return o.before }),
			part(filter, func(o *outcome) bool { return o.contained[0] }),
			part(func(o *outcome) bool { return filter(o) && o.stoppable }, func(o *outcome) bool { return o.contained[0] }),
			part(filter, func(o *outcome) bool { return o.incidents == 1 }), part(filter, func(o *outcome) bool { return o.root }),
			avg(func(o *outcome) float64 { return o.principals }), avg(func(o *outcome) float64 { return o.phases }))
	}
	for _, name := range t.names {
		row(name, func(o *outcome) bool { return o.campaign == name })
	}
	row("busy identity, own network and client", func(o *outcome) bool { return o.own })
	row("existing user, new key", func(o *outcome) bool { return o.key })
	row("the others", func(o *outcome) bool { return !o.own && !o.key })
	tw.Flush()
}

// missedShown is how many of the reasons why something was missed are printed.
const missedShown = 60

// printMissed names instances for --explain, those of the most reasons first.
func (t *tallied) printMissed(w io.Writer) {
	type reason struct {
		what    string
		n       int
		example string
	}
	var all []reason
	for i := range t.outcomes[0] {
		o := &t.outcomes[0][i]
		if o.found && o.incidents == 1 && o.root && (o.contained[0] || !o.stoppable) {
			continue
		}
		what := o.campaign + ": " + strings.Join(o.missed, "; ")
		// Ids and numbers differ from seed to seed and say nothing here.
		key := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, o.campaign+kinds(o))
		n := slices.IndexFunc(all, func(r reason) bool { return strings.HasPrefix(r.what, key+"\x00") })
		if n < 0 {
			all = append(all, reason{what: key + "\x00" + what, example: fmt.Sprintf("%s/%d/%d", o.campaign, o.seed, o.number)})
			n = len(all) - 1
		}
		all[n].n++
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b reason) int { return cmp.Compare(b.n, a.n) })
	fmt.Fprint(w, "\nMissed (how often, an instance for --explain, and why there):\n\n")
	for i, r := range all {
		if i == missedShown {
			fmt.Fprintf(w, "  and %d more kinds\n", len(all)-i)
			break
		}
		_, what, _ := strings.Cut(r.what, "\x00")
		_, why, _ := strings.Cut(what, ": ")
		fmt.Fprintf(w, "  %4d  %s  %s\n", r.n, r.example, plain(why))
	}
}

// kinds is which figures an instance missed.
func kinds(o *outcome) string {
	return fmt.Sprint(" found:", o.found, " one:", o.incidents == 1, " root:", o.root, " contained:", o.contained[0])
}

// printFalse lists the false incidents of the days without a campaign, and
// those of ordinary work beside campaigns, each of them once.
func (t *tallied) printFalse(w io.Writer) {
	fmt.Fprint(w, "\nFalse incidents of at least medium severity, on days without a campaign:\n")
	for n, q := range t.quiet[0] {
		for i := range q.incidents {
			in := &q.incidents[i]
			fmt.Fprintf(w, "\n  seed %d%s\n", t.size.first+uint64(n), t.labelled(in))
			describe(w, in, nil)
		}
	}
	fmt.Fprint(w, "\nThe same, beside campaigns:\n")
	seen := map[string]bool{}
	for i := range t.outcomes[0] {
		o := &t.outcomes[0][i]
		for j := range o.strangers {
			in := &o.strangers[j]
			if !seen[in.ID] { // the same day is judged beside many campaigns
				seen[in.ID] = true
				fmt.Fprintf(w, "\n  %s/%d/%d%s\n", o.campaign, o.seed, o.number, t.labelled(in))
				describe(w, in, nil)
			}
		}
	}
}
