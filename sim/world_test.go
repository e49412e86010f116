package sim

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"
)

func world(t *testing.T, half Half, seed uint64) *World {
	t.Helper()
	w, err := NewWorld(WorldOptions{Seed: seed, Half: half, Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Accounts: 2})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func lines(records []Record) []byte {
	var all []byte
	for _, r := range records {
		all = append(append(all, r.Line...), '\n')
	}
	return all
}

// TestWorldIsItsSeed: equal options give equal days and campaigns, in whatever
// order they are made; another seed gives others.
func TestWorldIsItsSeed(t *testing.T) {
	for _, half := range []Half{Fitting, Measuring} {
		a, b, c := world(t, half, 1), world(t, half, 1), world(t, half, 2)
		b.Day(5)
		day := lines(a.Day(3))
		if !bytes.Equal(day, lines(b.Day(3))) || bytes.Equal(day, lines(c.Day(3))) || len(day) == 0 {
			t.Errorf("%s: a day is not a matter of its seed alone", half)
		}
		for _, name := range a.Campaigns() {
			at := a.Start().AddDate(0, 0, 9).Add(10 * time.Hour)
			x, truth, err := a.Play(name, 7, at)
			if err != nil {
				t.Fatal(err)
			}
			y, _, err := b.Play(name, 7, at)
			if err != nil || !bytes.Equal(lines(x), lines(y)) {
				t.Errorf("%s: an instance is not a matter of its seed alone (%v)", name, err)
			}
			if z, _, err := a.Play(name, 8, at); err != nil || bytes.Equal(lines(x), lines(z)) {
				t.Errorf("%s: the seed varies nothing (%v)", name, err)
			}
			if len(truth.Telling) == 0 || len(truth.Events)+truth.Background != len(x) {
				t.Errorf("%s: %d telling events, %d events of %d records", name, len(truth.Telling), len(truth.Events), len(x))
			}
		}
		for _, r := range a.Day(3) {
			if !json.Valid(r.Line) {
				t.Fatalf("not JSON: %s", r.Line)
			}
		}
	}
}

// TestHalvesShareNothing: archetypes and campaigns are split in two by name, and
// what a world of one half is made of is of that half.
func TestHalvesShareNothing(t *testing.T) {
	names := map[string]Half{}
	split := func(name string, half Half) {
		if _, twice := names[name]; twice || half != Fitting && half != Measuring || name == "" {
			t.Errorf("%q: its name is not its own, or its half %q is neither", name, half)
		}
		names[name] = half
	}
	for _, a := range archetypes {
		split(a.name, a.half)
	}
	for _, c := range campaigns {
		split(c.name, c.half)
	}
	for _, half := range []Half{Fitting, Measuring} {
		w := world(t, half, 3)
		for _, c := range w.crews {
			if names[c.name] != half {
				t.Errorf("%s works in a world of the %s half", c.name, half)
			}
		}
		for _, name := range w.Campaigns() {
			if names[name] != half {
				t.Errorf("%s is played in a world of the %s half", name, half)
			}
		}
	}
	if !slices.IsSortedFunc(archetypes, func(a, b archetype) int { return bytes.Compare([]byte(a.name), []byte(b.name)) }) {
		t.Error("archetypes are not in the order of their names")
	}
	if !slices.IsSortedFunc(campaigns, func(a, b campaign) int { return bytes.Compare([]byte(a.name), []byte(b.name)) }) {
		t.Error("campaigns are not in the order of their names")
	}
}
