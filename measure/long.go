package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
)

// stretch judges large organisations for months without any campaign, one after
// another: how many false actions there are, and how many there could be.
func (o *options) stretch(w io.Writer) (missed bool, err error) {
	var incidents []sekisho.Incident
	for n := range o.seeds {
		more, err := o.stretchOne(w, n)
		if err != nil {
			return false, err
		}
		incidents = append(incidents, more...)
	}
	months, accountDays := float64(o.seeds*o.benign)/month, float64(o.seeds*o.benign*o.accounts)
	actions, perDay := poisson(acted(incidents), months), poisson(len(incidents), accountDays)
	fmt.Fprintf(w, "\n%d organisations of %d accounts, %d days of history, %d days judged.\n", o.seeds, o.accounts, o.history, o.benign)
	fa := figure{unit: "rate"}.wanted(false, 1)
	fi := figure{unit: "rate"}.wanted(false, 0.1)
	fmt.Fprintf(w, "false actions per organisation-month: %s, wanted %s: %s\n", fa.format(actions, true), fa.target(), fa.verdict(actions))
	fmt.Fprintf(w, "false incidents per account-day:      %s, wanted %s: %s\n", fi.format(perDay, true), fi.target(), fi.verdict(perDay))
	if !fa.met(interval{at: actions.high}) {
		fmt.Fprintln(w, "The upper bound of the actions is above what is wanted: so many days cannot prove it.")
	}
	if o.falses {
		for i := range incidents {
			describe(w, &incidents[i], nil)
		}
	}
	return !fa.met(actions) || !fi.met(perDay), nil
}

// stretchOne judges one organisation day by day, so that only one day is in
// memory, and returns the false incidents.
func (o *options) stretchOne(w io.Writer, n int) ([]sekisho.Incident, error) {
	world, err := o.world(n)
	if err != nil {
		return nil, err
	}
	c, err := config.Parse([]byte(world.Declares()))
	if err != nil {
		return nil, fmt.Errorf("declare what the operator knows: %w", err)
	}
	v := variants()[0]
	g := v.engine(c, false)
	days := newCalendar(world)
	step := func(e *sekisho.Event) { g.Step(e) }
	var events int64
	for d := range o.history + o.benign {
		if d == o.history {
			g.Forget(true)
		}
		lines, err := days.next(d)
		if err != nil {
			return nil, err
		}
		if err := fold(lines, step); err != nil {
			return nil, err
		}
		events += int64(len(lines))
		days.labels = nil
		if (d+1)%progress == 0 || d+1 == o.history+o.benign {
			what := "judged"
			if d < o.history {
				what = "history"
			}
			fmt.Fprintf(w, "seed %d, day %3d (%s): %9d events, %4d false incidents, %3d false actions, %d identities, %s\n", o.first+uint64(n), d+1, what, events,
				len(loud(g.Incidents())), acted(loud(g.Incidents())), g.Stats().Identities, memory())
		}
	}
	return loud(g.Incidents()), nil
}

// progress is how many days lie between two lines of progress.
const progress = 37

func acted(incidents []sekisho.Incident) int {
	n := 0
	for _, in := range incidents {
		if in.Containment != nil {
			n++
		}
	}
	return n
}

// memory is what the process holds now, and the most that it held.
func memory() string {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	out := fmt.Sprintf("heap %d MiB", m.HeapAlloc>>20)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return out // not Linux
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			if kib, err := strconv.Atoi(strings.Fields(rest)[0]); err == nil {
				return out + fmt.Sprintf(", process at most %d MiB", kib>>10)
			}
		}
	}
	return out
}
