package engine_test

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
)

// TestVerdicts: what a person found harmless is learned, from when that was said,
// and the same again is then no surprise; what was found an attack never is.
func TestVerdicts(t *testing.T) {
	lines := parse(t, `
		D0 09:00:00 user/dev storage:ListBuckets x60
		D1 09:00:00 user/dev storage:ListBuckets x60
		D2 09:00:00 user/dev storage:ListBuckets x60
		D4 02:00:00 user/dev logging:StopLogging ip=192.0.2.77 +blind(trail-1,what=stop)
		D4 02:00:10 user/dev identity:CreateAccessKey ip=192.0.2.77 +issue(user/boss,key=K1)
		D6 09:00:00 user/other storage:ListBuckets x3
		D8 02:00:00 user/dev logging:StopLogging ip=192.0.2.77 +blind(trail-1,what=stop)
		D8 02:00:10 user/dev identity:CreateAccessKey ip=192.0.2.77 +issue(user/boss,key=K2)`)
	run := func(verdicts map[string]sekisho.Verdict) []sekisho.Incident {
		g := engine.New(engine.Options{Verdicts: verdicts})
		for i := range lines {
			g.Step(&lines[i].Event)
		}
		return g.Incidents()
	}
	before := run(nil)
	if len(before) != 1 || before[0].Containment == nil || before[0].Verdict != nil {
		t.Fatalf("without a verdict there are %d incidents, wanted one that is acted upon and goes on", len(before))
	}
	id, opened := before[0].ID, before[0].OpenedAt
	for _, tt := range []struct {
		name    string
		kind    sekisho.VerdictKind
		at      time.Time
		learned bool
	}{
		{"a false alarm", sekisho.VerdictFalse, opened.Add(6 * time.Hour), true},
		{"authorised", sekisho.VerdictAuthorised, opened.Add(6 * time.Hour), true},
		{"an attack", sekisho.VerdictTrue, opened.Add(6 * time.Hour), false},
		{"said after all of it", sekisho.VerdictFalse, opened.AddDate(0, 1, 0), false},
		{"on another incident", sekisho.VerdictNone, opened, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			verdicts := map[string]sekisho.Verdict{id: {Incident: id, Kind: tt.kind, By: "ann", At: tt.at}}
			if tt.kind == sekisho.VerdictNone {
				verdicts = map[string]sekisho.Verdict{"inc-0000000000000000": {Kind: sekisho.VerdictFalse, At: tt.at}}
			}
			after := run(verdicts)
			first := after[0]
			if first.ID != id || first.Containment == nil || first.OpenedBy != before[0].OpenedBy {
				t.Fatalf("a verdict changed what had been decided: %+v", first)
			}
			again := false // whether the second time is told of
			for _, in := range after {
				for _, f := range in.Findings {
					again = again || f.At.After(opened.AddDate(0, 0, 2)) && f.Detection == "credential-new-source"
				}
			}
			if learned := len(after) > 1 && !again; learned != tt.learned {
				t.Errorf("learned %v, want %v: %d incidents, new source again %v\n%s", learned, tt.learned, len(after), again, transcript(after))
			}
		})
	}
}
