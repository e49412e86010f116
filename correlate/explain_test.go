package correlate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho"
)

// texts of what would have changed an incident, with kind and outcome.
func texts(in sekisho.Incident) string {
	var b strings.Builder
	for _, w := range in.Explanation.WhatIf {
		b.WriteString(w.Kind + "/" + w.Outcome + ": " + w.Text + "\n")
	}
	return b.String()
}

// TestWhatWouldHaveChangedIt: what is said of an incident is what the rules say
// of the changed evidence.
func TestWhatWouldHaveChangedIt(t *testing.T) {
	source := nat("place", 5, sekisho.FamilySource, "initial-access")
	tempo := nat("recon", 5, sekisho.FamilyTempo, "discovery")
	action := nat("tried", 6, sekisho.FamilyAction, "discovery")
	trip := nat("changed", 7, sekisho.FamilyTripwire, "persistence")
	late := nat("key", 6, sekisho.FamilyTripwire, "persistence")
	declared := trip
	declared.Supposed = []sekisho.Supposed{{Fact: sekisho.FactAutomation, Name: "deployer"},
		{Fact: sekisho.FactChangeWindow, Name: "deployer", Claimed: 2 * sekisho.Nat, Family: sekisho.FamilyLineage}}
	for _, tt := range []struct {
		name     string
		c        Circumstances
		write    bool
		minutes  [][]sekisho.Finding
		decided  bool
		want     string
		heaviest string
	}{
		{"each alone carried it", Circumstances{}, false, [][]sekisho.Finding{{source}, {tempo, action}, {trip}}, true, strings.Join([]string{
			"without/never: without changed (7.0) the score would be 16.0, below 20: no containment",
			"without/never: without tried (6.0) the score would be 17.0, below 20: no containment",
			"without/never: without place (5.0) the score would be 18.0, below 20: no containment",
			"without/never: without recon (5.0) the score would be 18.0, below 20: no containment",
			"declared/never: had a change window been declared for it, only two tripwires would decide within the window: no containment\n"}, "\n"), "changed"},
		{"what came after would have decided later", Circumstances{}, false, [][]sekisho.Finding{{source}, {tempo, action}, {declared}, {late}}, true, strings.Join([]string{
			"without/later: without changed (7.0) the score would be 16.0 then, and containment would come at 09:03:00",
			"without/later: without tried (6.0) the score would be 17.0 then, and containment would come at 09:03:00",
			"without/later: without place (5.0) the score would be 18.0 then, and containment would come at 09:03:00",
			"without/later: without recon (5.0) the score would be 18.0 then, and containment would come at 09:03:00",
			"declared/later: were deployer declared as automation, the score would be 16.0 then, and containment would come at 09:03:00",
			"declared/never: had a change window been declared for it, only two tripwires would decide within the window: no containment\n"}, "\n"), "changed"},
		{"none alone, two together", Circumstances{Seasoned: true}, true, [][]sekisho.Finding{{source, tempo, nat("acts", 10, sekisho.FamilyAction, "discovery"),
			nat("power", 8, sekisho.FamilyLineage, "persistence"), trip}}, true, strings.Join([]string{
			"without/never: without acts and power (18.0) the score would be 17.0, below 20: no containment",
			"declared/never: had a change window been declared for it, only two tripwires would decide within the window: no containment\n"}, "\n"), "acts"},
		{"a tripwire and a score away", Circumstances{}, false, [][]sekisho.Finding{{source, tempo, action}}, false, strings.Join([]string{
			"more/contained: with a tripwire and 4.0 nats more containment would have been decided", ""}, "\n"), "tried"},
		{"one more of any", Circumstances{}, false, [][]sekisho.Finding{{source, tempo, trip}}, false, strings.Join([]string{
			"more/contained: with another tripwire containment would have been decided",
			"more/contained: with 3.0 nats more containment would have been decided", ""}, "\n"), "changed"},
		{"only one tactic", Circumstances{Seasoned: true}, true, [][]sekisho.Finding{{nat("a", 10, sekisho.FamilyAction, "discovery"), nat("l", 8, sekisho.FamilyLineage, "discovery"), nat("t", 5, sekisho.FamilyTempo, "discovery")}}, false,
			"more/contained: with evidence of another tactic containment would have been decided\n", "a"},
		{"in a declared window", Circumstances{Declared: true}, false, [][]sekisho.Finding{{source, tempo, action, trip}}, false,
			"more/contained: with another tripwire containment would have been decided\n", "changed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New(Start, "o")
			for i, list := range tt.minutes {
				if tt.write {
					s.Touch("root", at(i)).privileged = true
				}
				act(s, "root", i, tt.c, append([]sekisho.Finding(nil), list...)...)
			}
			in := s.Incidents()[0]
			if (in.Containment != nil) != tt.decided || in.Explanation.Rests[0].Detection != tt.heaviest {
				t.Errorf("contained: %t, heaviest %+v", in.Containment != nil, in.Explanation.Rests[0])
			}
			if diff := cmp.Diff(tt.want, texts(in)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestChanges: an incident shows each aspect of an identity once, as far apart
// as it was seen.
func TestChanges(t *testing.T) {
	change := func(aspect, now string, weight sekisho.Nats) sekisho.Change {
		return sekisho.Change{Identity: "root", Aspect: aspect, Before: "office", Now: now, Days: 20, Weight: weight}
	}
	first, second := nat("control", 1, sekisho.FamilySource, "initial-access"), nat("control", 2, sekisho.FamilySource, "initial-access")
	first.Changes = []sekisho.Change{change("network", "a", 2), change("hours", "02:00", 1)}
	second.Changes = []sekisho.Change{change("network", "b", 1), change("hours", "03:00", 2), change("program", "cli", 1)}
	s := New(Start, "o")
	act(s, "root", 0, Circumstances{}, first)
	act(s, "root", 1, Circumstances{}, second)
	want := []sekisho.Change{change("network", "a", 2), change("hours", "03:00", 2), change("program", "cli", 1)}
	if diff := cmp.Diff(want, s.Incidents()[0].Changes); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
