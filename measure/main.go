// Command measure says how good the detector is, on campaigns and ordinary work
// that nothing was fitted on: the measuring half of package sim.
//
//	measure            at least 300 campaigns over 10 organisations
//	measure -long      60 accounts for 90 days without any attack
//
// Every share is printed with its 95% interval, beside what was wanted of it.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/sim"
)

// begins is the first day of every organisation; a Monday.
var begins = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

type options struct {
	seeds, first, instances, history, accounts, benign int
	half                                               string
	long, quick, check, falses                         bool
	explain, page                                      string
}

func main() {
	var o options
	flag.IntVar(&o.seeds, "seeds", 10, "organisations")
	flag.IntVar(&o.first, "first", 1001, "the first organisation's seed")
	flag.IntVar(&o.instances, "instances", 300, "campaigns at least, over all organisations")
	flag.IntVar(&o.history, "history", 21, "days of history before")
	flag.IntVar(&o.accounts, "accounts", 4, "accounts of each organisation")
	flag.IntVar(&o.benign, "benign", 14, "days without an attack after the history, of each organisation")
	flag.StringVar(&o.half, "half", string(sim.Measuring), "measuring, or fitting to look at what a fit sees")
	flag.BoolVar(&o.long, "long", false, "60 accounts for 90 days without any attack, and nothing else")
	flag.BoolVar(&o.quick, "quick", false, "two organisations, one instance of each campaign, the shipped variant only")
	flag.BoolVar(&o.check, "check", false, "fail if a wanted figure is missed")
	flag.BoolVar(&o.falses, "falses", false, "print each false incident with its findings")
	flag.StringVar(&o.explain, "explain", "", "print what is seen of one `campaign/seed/instance`")
	flag.StringVar(&o.page, "page", "", "write a page with plots to this `file`")
	flag.Parse()
	if o.quick {
		o.seeds, o.instances = 2, 1
	}
	run := measure
	if o.long {
		run = long
	}
	missed, err := run(os.Stdout, &o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
	if missed > 0 && o.check {
		fmt.Fprintf(os.Stderr, "measure: %d figures are missed\n", missed)
		os.Exit(1)
	}
}

// result is what one organisation gave for one variant.
type result struct {
	outcomes []outcome
	quiet    quiet
}

// measure runs all organisations, two at a time, and prints the tables.
func measure(out io.Writer, o *options) (missed int, err error) {
	kinds := variants
	if o.quick || o.explain != "" || o.falses {
		kinds = variants[:1]
	}
	results := make([][]result, o.seeds) // by organisation, then variant
	faults := make([]error, o.seeds)
	plots := make([]*plot, o.seeds)
	var group sync.WaitGroup
	free := make(chan struct{}, runtime.NumCPU())
	for i := range o.seeds {
		group.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			results[i], plots[i], faults[i] = organization(out, o, i, kinds)
		})
	}
	group.Wait()
	for _, err := range faults {
		if err != nil {
			return 0, err
		}
	}
	if o.explain != "" {
		return 0, nil
	}
	all := make([]result, len(kinds))
	for i := range results {
		for v := range kinds {
			all[v].outcomes = append(all[v].outcomes, results[i][v].outcomes...)
			all[v].quiet.add(results[i][v].quiet)
		}
	}
	if o.page != "" {
		if err := writePage(o.page, plots, correlate.Start); err != nil {
			return 0, err
		}
	}
	return print(out, o, kinds, all), nil
}
