package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// labelledEvents asks about single events, each in a world of its own, without
// a past: the unit tests of other people's rules. They say what their authors
// want to be told; we differ on purpose in many places, and say where and why.
func (v *evaluation) labelledEvents(t *testing.T) {
	all := append(pantherEvents(t), streamalertEvents(t)...)
	types := map[*recordType]map[string]*tally{}
	for i := range all {
		x := &all[i]
		rules := types[x.kind]
		if rules == nil {
			rules = map[string]*tally{}
			types[x.kind] = rules
		}
		if rules[x.rule] == nil {
			rules[x.rule] = &tally{set: x.set}
		}
		rules[x.rule].ask(t, x)
	}
	known := map[string]bool{}
	var sum tally
	var rows [][]string
	var figures []string
	for _, kind := range recordTypes {
		var table [][]string
		var of tally
		for _, rule := range slices.Sorted(maps.Keys(types[kind])) {
			r := types[kind][rule]
			known[rule] = true
			of.add(r)
			table = append(table, append([]string{rule}, append(r.cells(), strings.Join(r.by, ", "))...))
			if len(r.missed) > 0 {
				v.disagree(t, r.set, rule, "should fire, quiet: "+strings.Join(r.missed, "; "), quietWhereTheyFire, rule)
			}
			if len(r.extra) > 0 {
				v.disagree(t, r.set, rule, "should be quiet, fires: "+strings.Join(r.extra, "; "), fireWhereTheyAreQuiet, rule)
			}
		}
		if of.agreed()+of.differed() == 0 {
			t.Errorf("%s: no event was judged", kind.name)
		}
		sum.add(&of)
		table = append(table, append([]string{"all"}, of.cells()...))
		rows = append(rows, append([]string{kind.name}, of.cells()...))
		figures = append(figures, fmt.Sprintf("%s %d and %d", kind.name, of.agreed(), of.differed()))
		v.table(t, fmt.Sprintf("Single %s events of other people's rules (panther-rule-tests, streamalert-rule-tests), each without a past", kind.name),
			append([]string{"rule"}, append(slices.Clone(tallyHead), "behaviours")...), table)
	}
	v.table(t, "Single events of other people's rules, by the type of record",
		append([]string{"type"}, tallyHead...), append(rows, append([]string{"all"}, sum.cells()...)))
	v.print(t, fmt.Sprintf("%d events: agree on %d, differ on %d; of those asked, %d lacked only a time (a flow also its action) or had their keys in small letters, and were completed; "+
		"%d need state that their rule's test makes up, %d are no whole record\n",
		len(all), sum.agreed(), sum.differed(), sum.mended, sum.mocked, sum.unread))
	readmeSays(t, "single events of two public rule sets, each without a past (%d) | agree on %d, differ on %d", len(all), sum.agreed(), sum.differed())
	readmeSays(t, "%s; %d lacked only", strings.Join(figures, ", "), sum.mended)
	for _, table := range []map[string]string{quietWhereTheyFire, fireWhereTheyAreQuiet} {
		for _, rule := range slices.Sorted(maps.Keys(table)) {
			if !known[rule] {
				t.Errorf("a reason is on record for %q, and no such rule is in the recordings", rule)
			}
		}
	}
}

// tally counts how the program and one rule, or many, agree.
type tally struct {
	set            string
	fired, quiet   int // agreed, both ways
	missed, extra  []string
	mocked, unread int
	mended         int // of those asked, how many the test completed
	by             []string
}

// ask gives one event to a new program and notes what comes of it.
func (r *tally) ask(t *testing.T, x *labelledEvent) {
	t.Helper()
	if x.mocked {
		r.mocked++
		return
	}
	got := scanWith(t, bytes.NewReader(x.event), "-")
	if got.Stats.Events == 0 {
		got = scanWith(t, bytes.NewReader(x.kind.completed(t, x.event)), "-")
		switch {
		case got.Stats.Events > 0:
			r.mended++
		case !skipped(x.event): // what is left aside on purpose is read, and quiet
			r.unread++
			return
		}
	}
	fired := names(got.findings())
	for _, name := range fired {
		if !slices.Contains(r.by, name) {
			r.by = append(r.by, name)
			slices.Sort(r.by)
		}
	}
	switch {
	case x.fire && len(fired) > 0:
		r.fired++
	case !x.fire && len(fired) == 0:
		r.quiet++
	case x.fire:
		r.missed = append(r.missed, x.name)
	default:
		r.extra = append(r.extra, x.name+": "+strings.Join(fired, ", "))
	}
}

// add takes another tally in.
func (r *tally) add(o *tally) {
	r.fired, r.quiet, r.mocked, r.unread, r.mended = r.fired+o.fired, r.quiet+o.quiet, r.mocked+o.mocked, r.unread+o.unread, r.mended+o.mended
	r.missed, r.extra = append(r.missed, o.missed...), append(r.extra, o.extra...)
}

func (r *tally) agreed() int   { return r.fired + r.quiet }
func (r *tally) differed() int { return len(r.missed) + len(r.extra) }

var tallyHead = []string{"both fire", "both quiet", "we are quiet", "we fire", "needs a mock", "no whole record", "completed"}

// cells are the columns that tallyHead names.
func (r *tally) cells() (out []string) {
	for _, n := range []int{r.fired, r.quiet, len(r.missed), len(r.extra), r.mocked, r.unread, r.mended} {
		out = append(out, dash(n))
	}
	return out
}

func dash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
