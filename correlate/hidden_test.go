package correlate

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
)

// TestThresholdHolds: what a calibration found ordinary work to reach is not acted
// upon below it, with and without evidence of somebody else at work.
func TestThresholdHolds(t *testing.T) {
	m := Start
	m.Act, m.Alone = 35*sekisho.Nat, 35*sekisho.Nat
	for _, backs := range []bool{true, false} {
		for _, tripwire := range []bool{true, false} {
			findings := []sekisho.Finding{nat("a", 10, sekisho.FamilyAction, "persistence"), nat("l", 8, sekisho.FamilyLineage, "discovery"),
				nat("s", 5, sekisho.FamilySource, "initial-access")}
			if tripwire {
				findings = append(findings, nat("trip", 7, sekisho.FamilyTripwire, "persistence"))
			}
			for i := range findings {
				findings[i].Backs = backs && findings[i].Backs
			}
			s := New(m, "o")
			ep := act(s, "x", 0, Circumstances{Seasoned: true}, findings...)
			ep.write(at(0))
			s.decide(ep)
			if ep.incident.Containment != nil || ep.Score() < m.High {
				t.Errorf("backed %v, tripwire %v: %s at %s, and the threshold is 35", backs, tripwire, ep.incident.Containment.Rule, fmt.Sprint(ep.Score().Float()))
			}
		}
	}
}

// TestTripwireHasRoom: no heap of cheap evidence hides a tripwire behind the bound
// of what an episode keeps.
func TestTripwireHasRoom(t *testing.T) {
	s := New(Start, "o")
	for i := range tokensMax + 20 {
		f := nat("cheap", 1, sekisho.FamilyAction, "discovery")
		f.Key = fmt.Sprint(i)
		act(s, "x", i/60, Circumstances{}, f)
	}
	ep := act(s, "x", 20, Circumstances{}, nat("one", 7, sekisho.FamilyTripwire, "persistence"))
	if ep.excess != 20 || ep.incident.Severity != sekisho.SeverityMedium {
		t.Fatalf("%d in excess, severity %s after a tripwire", ep.excess, ep.incident.Severity)
	}
	act(s, "x", 21, Circumstances{}, nat("two", 7, sekisho.FamilyTripwire, "persistence"))
	if ep.incident.Containment == nil || ep.incident.Containment.Rule != "two-tripwires" {
		t.Error("two tripwires behind a heap decided nothing")
	}
}

// TestVerdictCoversWhatWasSeen: a verdict is on the evidence that a person could
// see; what comes later in the same episode is covered by nothing.
func TestVerdictCoversWhatWasSeen(t *testing.T) {
	s := New(Start, "o")
	ep := act(s, "x", 0, Circumstances{}, nat("bait", 7, sekisho.FamilyTripwire, "discovery"))
	s.Verdicts = map[string]sekisho.Verdict{ep.incident.ID: {Incident: ep.incident.ID, Kind: sekisho.VerdictFalse, At: at(5)}}
	act(s, "x", 6, Circumstances{})
	if !s.Harmless(ep) || !s.Learnable(ep) {
		t.Error("the verdict does not count")
	}
	act(s, "x", 10, Circumstances{}, nat("other", 7, sekisho.FamilyTripwire, "persistence"), nat("a", 9, sekisho.FamilyAction, "impact"))
	if ep.incident.Containment == nil {
		t.Fatal("two tripwires decided nothing")
	}
	if s.Harmless(ep) || s.Learnable(ep) {
		t.Error("a verdict on the bait covers what came after it")
	}
	if end := s.until(ep); end.Before(ep.last.Add(24 * time.Hour)) {
		t.Errorf("an attack under an old verdict ends at %s", end)
	}
}
