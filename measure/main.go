// Command measure plays the campaigns of the measuring half of package sim
// against made-up organisations, lets the detector see them, and holds what it
// reports against what really happened: tables with 95% intervals, and a page
// with plots.
//
// Campaigns and ordinary work of the measuring half were used for fitting
// nothing. The detector never sees a truth.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sekisho/sekisho/sim"
)

func main() {
	var o options
	flag.IntVar(&o.seeds, "seeds", 10, "how many organisations")
	flag.Uint64Var(&o.first, "first", 1001, "seed of the first organisation; the others follow")
	flag.IntVar(&o.instances, "instances", 300, "how many campaign instances over all of them")
	flag.IntVar(&o.history, "history", 21, "days of ordinary work that are learned before")
	flag.IntVar(&o.accounts, "accounts", 4, "accounts of an organisation (with --long: 60)")
	flag.IntVar(&o.benign, "benign", 14, "days without a campaign that are judged (with --long: 90)")
	flag.BoolVar(&o.quick, "quick", false, "a small run, to see that everything works")
	flag.BoolVar(&o.long, "long", false, "one large organisation without campaigns instead")
	flag.BoolVar(&o.surfaces, "surfaces", false, "campaigns that go over several systems instead, in organisations that have them; and the same organisations without")
	flag.BoolVar(&o.check, "check", false, "end with status 1 if anything that is wanted is missed")
	flag.StringVar(&o.half, "half", string(sim.Measuring), "measuring, or fitting: to look for weak spots without spoiling the measurement")
	flag.StringVar(&o.explain, "explain", "", "`CAMPAIGN/SEED/INSTANCE`: print the incidents of one instance, and what was missed")
	flag.StringVar(&o.variant, "variant", variants()[0].name, "with --explain: what is taken away, by the name that heads its column")
	flag.BoolVar(&o.falses, "falses", false, "print the false incidents of at least medium severity")
	flag.BoolVar(&o.baseOnly, "base", false, "only the run with everything, none with parts taken away")
	flag.StringVar(&o.page, "page", "", "write the page with plots to this `file`")
	flag.Parse()
	o.given = map[string]bool{}
	flag.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	missed, err := o.run(os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
	if o.check && missed {
		os.Exit(1)
	}
}

type options struct {
	size
	quick, long, check, falses, baseOnly bool
	explain, variant, page               string
	given                                map[string]bool // flags that were given
}

// fallback sets a number that was not given.
func (o *options) fallback(name string, to *int, value int) {
	if !o.given[name] {
		*to = value
	}
}

// run does what the options ask for; missed says whether a wanted figure was.
func (o *options) run(w io.Writer) (missed bool, err error) {
	switch {
	case o.long && o.quick:
		o.fallback("accounts", &o.accounts, 4)
		o.fallback("benign", &o.benign, 3)
		o.fallback("history", &o.history, 3)
		o.fallback("seeds", &o.seeds, 1)
	case o.long:
		o.fallback("seeds", &o.seeds, 3)
		o.fallback("accounts", &o.accounts, 60)
		o.fallback("benign", &o.benign, 90)
	case o.quick && o.surfaces:
		o.fallback("seeds", &o.seeds, 1)
		o.fallback("instances", &o.instances, 9)
		o.fallback("history", &o.history, 4)
		o.fallback("accounts", &o.accounts, 2)
		o.fallback("benign", &o.benign, 2)
	case o.surfaces:
		o.fallback("seeds", &o.seeds, 40) // false incidents are few, and two rates are compared
		o.fallback("instances", &o.instances, 360)
	case o.quick:
		o.fallback("seeds", &o.seeds, 2)
		o.fallback("instances", &o.instances, 6)
		o.fallback("history", &o.history, 4)
		o.fallback("accounts", &o.accounts, 2)
		o.fallback("benign", &o.benign, 2)
	}
	if o.seeds < 1 || o.instances < 0 || o.history < 0 || o.accounts < 1 || o.benign < 1 {
		return false, errors.New("at least one seed, one account and one benign day are needed, and nothing may be negative")
	}
	switch {
	case o.explain != "":
		return false, o.explainOne(w)
	case o.long:
		return o.stretch(w)
	case o.surfaces:
		return o.crossings(w)
	}
	list := variants()
	if o.baseOnly {
		list = list[:1]
	}
	start := time.Now()
	all, err := o.all(list)
	if err != nil {
		return false, err
	}
	t := tally(all, list, &o.size)
	missed = t.print(w)
	if o.falses {
		t.printFalse(w)
	}
	fmt.Fprintf(w, "\n%d events judged in %.0f s by %d at a time.\n", t.folded, time.Since(start).Seconds(), workers())
	if o.page != "" {
		if err := os.MkdirAll(filepath.Dir(o.page), 0o755); err != nil {
			return missed, fmt.Errorf("make a folder for the page: %w", err)
		}
		if err := os.WriteFile(o.page, t.plot(), 0o644); err != nil {
			return missed, fmt.Errorf("write the page: %w", err)
		}
		fmt.Fprintf(w, "Plots: %s\n", o.page)
	}
	return missed, nil
}

// workers is how many organisations are measured at the same time; each holds
// its days in memory.
func workers() int { return runtime.GOMAXPROCS(0) }

// all measures every seed. What is returned does not depend on which was done
// first.
func (s *size) all(list []variant) ([]*seeded, error) {
	out := make([]*seeded, s.seeds)
	errs := make([]error, s.seeds)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(workers(), s.seeds) {
		wg.Go(func() {
			for n := range next {
				out[n], errs[n] = s.measure(n, list)
			}
		})
	}
	for n := range s.seeds {
		next <- n
	}
	close(next)
	wg.Wait()
	return out, errors.Join(errs...)
}

// explainOne plays one instance and prints what came of it.
func (o *options) explainOne(w io.Writer) error {
	parts := strings.Split(o.explain, "/")
	if len(parts) != 3 {
		return fmt.Errorf("--explain %s: write it as CAMPAIGN/SEED/INSTANCE, as the table of what was missed does", o.explain)
	}
	name := parts[0]
	seed, err := strconv.ParseUint(parts[1], 10, 64)
	number, err2 := strconv.Atoi(parts[2])
	if err := errors.Join(err, err2); err != nil || seed < o.first || number < 0 || number >= instancesMost {
		return fmt.Errorf("--explain %s: the seed begins at --first (%d), instances at 0", o.explain, o.first)
	}
	b, err := o.prepare(int(seed-o.first), variants())
	if err != nil {
		return fmt.Errorf("--explain %s: %w", o.explain, err)
	}
	x, err := b.play(name, number)
	if err != nil {
		return fmt.Errorf("--explain %s: %w", o.explain, err)
	}
	which := max(0, slices.IndexFunc(variants(), func(v variant) bool { return v.name == o.variant }))
	v := variants()[which]
	if v.name != o.variant {
		return fmt.Errorf("--variant %s: there is none of that name; see the columns of the table", o.variant)
	}
	got, all, err := b.run(&v, x)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %s\nbegins at %s, point of no return %s, stoppable %v, own network and client %v, new key %v\n", x.truth.Campaign, x.truth.Title,
		x.truth.Events[0].At, x.truth.PointOfNoReturn.At, x.truth.Stoppable, x.own, x.key)
	fmt.Fprintf(w, "root: %s %s %s\n\nWhat happened:\n", x.truth.Root.Kind, x.truth.Root.Identity, x.truth.Root.Name)
	telling := map[string]bool{}
	for _, id := range x.truth.Telling {
		telling[id] = true
	}
	attack := map[string]bool{}
	for _, e := range x.truth.Events {
		attack[e.ID] = true
		mark := "  "
		if telling[e.ID] {
			mark = "* "
		}
		if e.ID == x.truth.PointOfNoReturn.ID {
			mark = "! "
		}
		failed := ""
		if e.Failed {
			failed = " (refused)"
		}
		fmt.Fprintf(w, "  %s%s %-22s %-40s %s%s\n", mark, e.At, e.Phase, e.Name, e.Actor, failed)
	}
	fmt.Fprintf(w, "\nWhat was reported:\n")
	for i := range all {
		if all[i].MergedInto == "" {
			describe(w, &all[i], attack)
		}
	}
	fmt.Fprintf(w, "\nfound %v, before the point of no return %v, contained %v with lags of %v s, %d incident(s), root right %v, principals %.2f, phases %.2f\n",
		got.found, got.before, got.contained, lags, got.incidents, got.root, got.principals, got.phases)
	for _, m := range got.missed {
		fmt.Fprintf(w, "missed: %s\n", m)
	}
	return nil
}
