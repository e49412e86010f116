package correlate

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
)

// nat is one finding of a family that claims n nats.
func nat(detection string, n int, f sekisho.Family, phase sekisho.Phase) sekisho.Finding {
	return sekisho.Finding{Detection: detection, Family: f, Tripwire: f == sekisho.FamilyTripwire, Claimed: sekisho.Nats(n) * sekisho.Nat,
		Backs:  f == sekisho.FamilySource || f == sekisho.FamilyTempo || f == sekisho.FamilyAction,
		Phases: []sekisho.Phase{phase}}
}

// act lays findings to a lineage at a minute, as one event.
func act(s *State, key string, minute int, c Circumstances, findings ...sekisho.Finding) *Episode {
	e := &sekisho.Event{ID: fmt.Sprintf("%s@%d", key, minute), Time: at(minute), Actor: sekisho.Actor{ID: key, Credential: "key-" + key}}
	ep := s.Touch(key, e.Time)
	if !ep.Met(e) {
		ep.Meet(e, sekisho.Identity{ID: key}, sekisho.Credential{ID: e.Actor.Credential, Identity: key})
	}
	for i := range findings {
		findings[i].EventID, findings[i].At, findings[i].Identity = e.ID, e.Time, key
	}
	c.Plan = func(news News, _ func(cut, target string) bool) (plan []sekisho.Action) {
		for _, x := range news.Suspects {
			plan = append(plan, sekisho.Action{Action: "cut", Target: x.Credential})
		}
		return plan
	}
	s.Add(ep, e, findings, &c)
	return ep
}

// TestLadder: severity and the three conditions of containment, one row each
// (DESIGN.md section 7 and 10). privileged says that a privileged write was seen.
func TestLadder(t *testing.T) {
	// A saturated script: source and tempo 5 each, action 10, over two tactics.
	strong := []sekisho.Finding{
		nat("s", 9, sekisho.FamilySource, "initial-access"), nat("t", 9, sekisho.FamilyTempo, "discovery"), nat("a", 19, sekisho.FamilyAction, "discovery"),
	}
	trip := nat("trip", 7, sekisho.FamilyTripwire, "persistence")
	with := func(list []sekisho.Finding, more ...sekisho.Finding) []sekisho.Finding {
		return append(append([]sekisho.Finding(nil), list...), more...)
	}
	for _, tt := range []struct {
		name       string
		findings   []sekisho.Finding
		privileged bool
		c          Circumstances
		severity   sekisho.Severity
		rule       string
	}{
		{"a weak finding is low", strong[:1], false, Circumstances{}, sekisho.SeverityLow, ""},
		{"h1 is medium", strong[:2], false, Circumstances{}, sekisho.SeverityMedium, ""},
		{"h2 is high, by itself no decision", strong, false, Circumstances{Seasoned: true}, sekisho.SeverityHigh, ""},
		{"score-chain", strong, true, Circumstances{Seasoned: true}, sekisho.SeverityHigh, "score-chain"},
		{"score-chain not without history", strong, true, Circumstances{}, sekisho.SeverityHigh, ""},
		{"score-chain not in a declared window", strong, true, Circumstances{Seasoned: true, Declared: true}, sekisho.SeverityHigh, ""},
		{"a tripwire is medium", []sekisho.Finding{trip}, false, Circumstances{}, sekisho.SeverityMedium, ""},
		{"tripwire-chain from day 0, h3 is critical", with(strong, trip), false, Circumstances{}, sekisho.SeverityCritical, "tripwire-chain"},
		{"tripwire-chain not below h2", with(strong[:2], trip), false, Circumstances{}, sekisho.SeverityMedium, ""},
		{"tripwire-chain not with one tactic", []sekisho.Finding{nat("a", 10, sekisho.FamilyAction, "persistence"),
			nat("l", 8, sekisho.FamilyLineage, "persistence"), trip}, true, Circumstances{}, sekisho.SeverityHigh, ""},
		{"tripwire-chain not in a declared window", with(strong, trip), false, Circumstances{Declared: true}, sekisho.SeverityCritical, ""},
		{"two tripwires, declared or not", []sekisho.Finding{trip, nat("other", 7, sekisho.FamilyTripwire, "persistence")}, false,
			Circumstances{Declared: true}, sekisho.SeverityHigh, "two-tripwires"},
		{"one tripwire twice is one", with([]sekisho.Finding{trip}, trip), false, Circumstances{}, sekisho.SeverityMedium, ""},
		{"power gained makes suspicion critical", []sekisho.Finding{trip}, false,
			Circumstances{NoReturn: &sekisho.NoReturn{Basis: sekisho.BasisKnown}}, sekisho.SeverityCritical, ""},
		{"presumed power does not", []sekisho.Finding{trip}, false,
			Circumstances{NoReturn: &sekisho.NoReturn{Basis: sekisho.BasisPresumed}}, sekisho.SeverityMedium, ""},
		{"nor does power gained in an ordinary day", strong[:1], false,
			Circumstances{NoReturn: &sekisho.NoReturn{Basis: sekisho.BasisKnown}}, sekisho.SeverityLow, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New(Start, "o")
			s.Touch("root", at(0)).privileged = tt.privileged
			act(s, "root", 0, tt.c, tt.findings...)
			in := s.Incidents()[0]
			rule := ""
			if in.Containment != nil {
				rule = in.Containment.Rule
			}
			if in.Severity != tt.severity || rule != tt.rule {
				t.Errorf("%s by rule %q at score %.1f, want %s by %q", in.Severity, rule, in.Score.Float(), tt.severity, tt.rule)
			}
		})
	}
}

// TestSeasoned: 14 days or 2,000 events.
func TestSeasoned(t *testing.T) {
	for _, tt := range []struct {
		days, events int
		want         bool
	}{{13, 1999, false}, {14, 0, true}, {0, 2000, true}} {
		if got := Seasoned(tt.days, tt.events); got != tt.want {
			t.Errorf("%d days, %d events: %v", tt.days, tt.events, got)
		}
	}
}

// TestCircumstancesOfOtherEvents: what surrounds an event that is no evidence
// is not gathered, so it must not count.
func TestCircumstancesOfOtherEvents(t *testing.T) {
	s := New(Start, "o")
	ep := act(s, "root", 0, Circumstances{Seasoned: true})
	if ep.seasoned || !ep.declared {
		t.Errorf("an event without findings made the episode seasoned %v, declared %v", ep.seasoned, ep.declared)
	}
}

// TestEpisodesEnd: after a silence of more than 30 minutes, and at 4 hours.
func TestEpisodesEnd(t *testing.T) {
	s := New(Start, "o")
	first := s.Touch("root", at(0))
	if s.Touch("root", at(30)) != first {
		t.Error("30 minutes of silence ended the episode")
	}
	if s.Touch("root", at(61)) == first {
		t.Error("31 minutes of silence did not end the episode")
	}
	if c := s.Closed(); len(c) != 1 || c[0] != first || !s.Learnable(first) {
		t.Errorf("closed %v, want the first episode, to be learned", c)
	}
	second := s.Present("root")
	for m := 61; m <= 61+240; m += 20 {
		if s.Touch("root", at(m)) != second {
			t.Fatalf("cut after %d minutes", m-61)
		}
	}
	if s.Touch("root", at(61+241)) == second {
		t.Error("not cut at 4 hours")
	}
	if s.Touch("other", at(61+300)); s.Present("root") != nil {
		t.Error("a silent lineage's episode waits for its own next event")
	}
}

// TestIncidentsHoldEpisodes: from medium on an episode goes on through any
// pause; a low one ends, and is learned. It ends a week after its last
// evidence, however busy it or others are; one that called for containment a
// week after its last event, and that is never learned.
func TestIncidentsHoldEpisodes(t *testing.T) {
	const day = 24 * 60
	s := New(Start, "o")
	trip := func(key string) sekisho.Finding {
		f := nat("trip", 7, sekisho.FamilyTripwire, "impact")
		f.Key = key
		return f
	}
	low := act(s, "low", 0, Circumstances{}, nat("a", 3, sekisho.FamilyAction, "discovery"))
	fresh := act(s, "fresh", 0, Circumstances{}, trip("one"))
	stale := act(s, "stale", 1, Circumstances{}, trip("one"))
	attack := act(s, "attack", 2, Circumstances{}, trip("one"), nat("other", 7, sekisho.FamilyTripwire, "persistence"))
	if s.Touch("stale", at(2*day)) != stale || s.Touch("stale", at(6*day)) != stale {
		t.Error("a pause ended a medium incident's episode")
	}
	act(s, "fresh", 6*day, Circumstances{}, trip("two"))
	s.Touch("attack", at(6*day))
	if s.Present("low") != nil || !s.Learnable(low) {
		t.Error("a low incident's episode must end and be learned")
	}
	s.Expire(at(7*day + 2))
	if s.Present("stale") != nil || !s.Learnable(stale) {
		t.Error("a week without new evidence must end a warning, and what it held is learned")
	}
	if s.Present("fresh") != fresh || s.Present("attack") != attack {
		t.Error("those with new evidence, or an attack that goes on, ended with it")
	}
	s.Expire(at(14*day + 2))
	if s.Present("attack") != nil || s.Learnable(attack) {
		t.Error("an attack must end a week after its last event, and never be learned")
	}
}

// TestDecisionsKeepTheirEvent: an action carries the event at which it was
// first known, and later events only append.
func TestDecisionsKeepTheirEvent(t *testing.T) {
	s := New(Start, "o")
	act(s, "root", 0, Circumstances{}, nat("one", 7, sekisho.FamilyTripwire, "persistence"), nat("two", 7, sekisho.FamilyTripwire, "persistence"))
	before := s.Incidents()[0]
	// A second credential of the lineage acts and is evidence.
	e := &sekisho.Event{ID: "later", Time: at(5), Actor: sekisho.Actor{ID: "child", Credential: "key-child"}}
	ep := s.Touch("root", e.Time)
	ep.Meet(e, sekisho.Identity{ID: "child"}, sekisho.Credential{ID: "key-child", Identity: "child"})
	act(s, "root", 6, Circumstances{}, nat("three", 3, sekisho.FamilyAction, "impact"))
	act(s, "root", 7, Circumstances{})
	ep.actors[1].suspect = true
	ep.suspected++
	act(s, "root", 8, Circumstances{}, nat("four", 1, sekisho.FamilyAction, "impact"))
	after := s.Incidents()[0]
	if len(before.Containment.Actions) != 1 || len(after.Containment.Actions) != 2 {
		t.Fatalf("%d actions, then %d; want 1 and 2", len(before.Containment.Actions), len(after.Containment.Actions))
	}
	if after.Containment.Actions[0] != before.Containment.Actions[0] || after.Containment.Actions[1].EventID != "root@8" {
		t.Errorf("actions %+v", after.Containment.Actions)
	}
	if after.Containment.EventID != before.Containment.EventID || after.ID != before.ID {
		t.Error("the decision moved")
	}
}

// TestJoinMerges: the older incident survives with the union of the evidence
// under one cap, decided on at once, and the younger says where it went.
func TestJoinMerges(t *testing.T) {
	for _, tt := range []struct {
		name         string
		first, then  string // who acts first
		older, young string
	}{
		{"the session's is older", "session", "root", "session", "root"},
		{"the root's is older", "root", "session", "root", "session"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New(Start, "o")
			act(s, tt.first, 0, Circumstances{}, nat("one", 9, sekisho.FamilyTripwire, "persistence"))
			act(s, tt.then, 1, Circumstances{}, nat("two", 9, sekisho.FamilyTripwire, "impact"))
			carried := ""
			s.Join("session", "root", sekisho.Identity{ID: "root"}, func(from, into *Episode) { carried = from.Key + " " + into.Key }, issuedAsBefore)
			if carried != "session root" || s.Present("session") != nil {
				t.Errorf("adopted %q", carried)
			}
			all := s.Incidents()
			old, young := all[0], all[1]
			if old.MergedInto != "" || young.MergedInto != old.ID || old.OpenedBy != tt.older+"@0" {
				t.Errorf("merged %q into %q; opened by %s", young.MergedInto, old.MergedInto, old.OpenedBy)
			}
			var sum sekisho.Nats
			for _, f := range old.Findings {
				sum += f.Weight
			}
			if old.Score != 16*sekisho.Nat || sum != old.Score || len(young.Findings) != 0 {
				t.Errorf("score %.1f, weights %.1f, want the cap of 16; the younger keeps %d findings", old.Score.Float(), sum.Float(), len(young.Findings))
			}
			if old.Containment == nil || old.Containment.Rule != "two-tripwires" || old.Severity != sekisho.SeverityHigh {
				t.Errorf("%s, containment %v: two lineages with a tripwire each are one with two", old.Severity, old.Containment)
			}
		})
	}
}

// TestJoinOfAnInnocentRoot: evidence that only the session gathered moves to
// the root, and the episode stays held.
func TestJoinOfAnInnocentRoot(t *testing.T) {
	s := New(Start, "o")
	act(s, "session", 0, Circumstances{}, nat("one", 9, sekisho.FamilyTripwire, "persistence"))
	act(s, "root", 1, Circumstances{})
	s.Join("session", "root", sekisho.Identity{ID: "root"}, func(_, _ *Episode) {}, issuedAsBefore)
	all := s.Incidents()
	if len(all) != 1 || all[0].Root.ID != "root" || all[0].OpenedBy != "session@0" {
		t.Fatalf("incidents %+v", all)
	}
	if !s.Present("root").Held() {
		t.Error("the episode is not held")
	}
}

// TestWindowIsBounded: a lineage that does ever new things costs no more.
func TestWindowIsBounded(t *testing.T) {
	var w window
	for i := range 3 * windowMax {
		w.note(&sekisho.Event{Time: at(0), Service: "s", Action: fmt.Sprint("List", i), Level: sekisho.LevelList})
	}
	if len(w.what) != windowMax || len(w.items) != windowMax {
		t.Errorf("%d things kept, want %d", len(w.what), windowMax)
	}
	if b := w.burst(at(11).Unix(), 10*time.Minute); b.Calls != 0 {
		t.Errorf("%d calls counted after the window passed", b.Calls)
	}
}

// issuedAsBefore is a graph that knows nothing new of any credential.
func issuedAsBefore(*sekisho.Credential, string) {}
