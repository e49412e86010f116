package calibrate

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/model"
)

// TestShippedModelIsWhatFitWrites: nobody has edited a number in it, and what it
// was fitted on is what it says.
func TestShippedModelIsWhatFitWrites(t *testing.T) {
	if testing.Short() {
		t.Skip("replays two years of made-up work")
	}
	f, err := Shipped.Fit()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../model/model.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Error("model/model.json is not what a fit writes now; run make fit, make eval, and read what changed")
	}
}

// fitted is a model whose weights and thresholds rest on the same evidence.
func fitted(t *testing.T, v *Evidence) *model.File {
	t.Helper()
	f, err := Fit(v, func(*correlate.Model) (*Evidence, error) { return v, nil }, &correlate.Start, model.Made{By: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func nats(n float64) sekisho.Nats { return sekisho.Nats(n * float64(sekisho.Nat)) }

func claims(detection string, start float64, tripwire bool) []correlate.Claim {
	return []correlate.Claim{{Detection: detection, Start: nats(start), Tripwire: tripwire}}
}

// TestWeights: up for what attacks show and work does not, down for the reverse,
// near the start value either way, and as it was where little was seen.
func TestWeights(t *testing.T) {
	v := &Evidence{Days: 100}
	for i := range 1000 {
		e := correlate.Ended{}
		if i < 200 {
			e.Claims = claims("daily", 2, false)
		}
		v.Ordinary(&e)
	}
	for i := range 100 {
		f := []sekisho.Finding{{Detection: "telling", Start: nats(2)}, {Detection: "wire", Start: nats(7), Tripwire: true}}
		for range 8 {
			f = append(f, sekisho.Finding{Detection: "heap", Start: nats(1), Key: "k"})
		}
		if i < 2 {
			f = append(f, sekisho.Finding{Detection: "rare", Start: nats(3)}, sekisho.Finding{Detection: "daily", Start: nats(2)})
		}
		v.Attack(f)
	}
	f := fitted(t, v)
	got := map[string]model.Grade{}
	for _, w := range f.Weights {
		got[w.Behaviour] = w.Grades[0]
	}
	for name, want := range map[string]float64{"telling": 3, "wire": 7.2, "daily": 1, "rare": 3, "heap": 0.9} {
		if got[name].Weight != want {
			t.Errorf("%s weighs %v, want %v (%s)", name, got[name].Weight, want, got[name].Origin)
		}
	}
	if !strings.Contains(got["rare"].Origin, "start value") || !strings.Contains(got["heap"].Origin, "shared by 8.0 tokens") {
		t.Errorf("origins: %q, %q", got["rare"].Origin, got["heap"].Origin)
	}
	if got["daily"].Benign != [2]int{200, 1000} || got["daily"].Attack != [2]int{2, 100} {
		t.Errorf("counts %v %v", got["daily"].Attack, got["daily"].Benign)
	}
}

// TestThresholds: what counts is what ordinary episodes reached that met the rest
// of the condition, and would be acted upon; a high score without it moves nothing.
func TestThresholds(t *testing.T) {
	v := &Evidence{Days: 30}
	for _, e := range []correlate.Ended{
		{Claims: claims("x", 2, false), Score: nats(40)},
		{Claims: claims("x", 2, false), Score: nats(19.9), Chain: true, Tripwires: 1},
		{Claims: claims("x", 2, false), Score: nats(13.2), Chain: true, Tripwires: 1, Backed: true},
		{Claims: claims("x", 2, false), Score: nats(9), Chain: true, Seasoned: true, Backed: true},
	} {
		v.Ordinary(&e)
	}
	f := fitted(t, v)
	if act, alone := f.Thresholds["act"].Nats, f.Thresholds["alone"].Nats; act != 14.2 || alone != aloneLeast {
		t.Errorf("act %v, alone %v, want 14.2 and %v", act, alone, aloneLeast)
	}
	v.Ordinary(&correlate.Ended{Claims: claims("x", 2, false), Score: nats(30), Chain: true, Tripwires: 1})
	if act := fitted(t, v).Thresholds["act"].Nats; act != 31 {
		t.Errorf("an ordinary episode that would be acted upon by its score alone: act %v, want 31", act)
	}
	v.tripwired, v.Episodes = v.tripwired[:1], v.Episodes-1
	if !strings.Contains(f.Made.Guarantee, "1 in 5") || !strings.Contains(f.Made.Guarantee, "fewer than 0.1 a day") {
		t.Errorf("guarantee: %s", f.Made.Guarantee)
	}
	base := model.ShippedFile()
	own := Tenant(v, base, "a test")
	if !own.Made.Calibrated || own.Thresholds["act"].Nats != 14.2 || own.Thresholds["alone"].Nats != base.Thresholds["alone"].Nats {
		t.Errorf("a tenant's: %+v", own.Thresholds)
	}
	if calm := Tenant(&Evidence{Days: 30}, base, "a test"); calm.Thresholds["act"].Nats != base.Thresholds["act"].Nats {
		t.Error("quiet history lowered a threshold")
	}
}

// TestDeny: a cut refuses from when it was made, within its lease, whom it names.
func TestDeny(t *testing.T) {
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	s := &Shadow{}
	s.Act(&sekisho.Incident{ID: "inc-1", Root: sekisho.Identity{ID: "a"}, Containment: &sekisho.Containment{At: at, Rule: "r",
		Actions: []sekisho.Action{{Action: "cut", Target: "KEY", At: at}, {Action: "cut", Target: "urn:role/late", At: at.Add(time.Hour)}}}}, "")
	call := func(minutes int, credential, arn string, outcome sekisho.Outcome) {
		s.Deny(&sekisho.Event{Time: at.Add(time.Duration(minutes) * time.Minute), Outcome: outcome, Actor: sekisho.Actor{ID: "id " + credential + arn, Credential: credential, ARN: arn}})
	}
	call(-1, "KEY", "", sekisho.OK)            // before
	call(1, "KEY", "", sekisho.OK)             // refused
	call(2, "KEY", "", sekisho.Denied)         // was refused anyway
	call(3, "OTHER", "", sekisho.OK)           // another's
	call(30, "S", "urn:role/late", sekisho.OK) // not cut yet
	call(90, "S", "urn:role/late", sekisho.OK) // refused
	call(5*60, "KEY", "", sekisho.OK)          // the lease is over
	call(3*60, "KEY", "", sekisho.OK)          // refused
	if d := s.Actions[0].Denied; len(d) != 2 || d[0].Calls != 2 || d[1].Calls != 1 || s.Unmarked != 1 {
		t.Errorf("denied %+v, unmarked %d", d, s.Unmarked)
	}
	var b strings.Builder
	s.Actions[0].Title = "a\x1b[31mb"
	if err := s.Text(&b, model.ShippedFile()); err != nil || strings.Contains(b.String(), "\x1b") || !strings.Contains(b.String(), "would have refused 2 calls of") {
		t.Errorf("%v:\n%s", err, b.String())
	}
}

// TestReweigh: what a tenant's own work shows often counts less there, what it
// never shows counts more, each by a nat from the start value at most; little
// history says nothing; an incident marked true counts as an attack.
func TestReweigh(t *testing.T) {
	base := []model.Weights{
		{Behaviour: "frequent here", Grades: []model.Grade{{Start: 2, Weight: 2.5, Attack: [2]int{40, 200}, Benign: [2]int{10, 10000}}}},
		{Behaviour: "never here", Grades: []model.Grade{{Start: 2, Weight: 1.5, Attack: [2]int{40, 200}, Benign: [2]int{2000, 10000}}}},
		{Behaviour: "marked", Grades: []model.Grade{{Start: 3, Weight: 2.5, Attack: [2]int{1, 200}, Benign: [2]int{10, 10000}}}},
		{Behaviour: "unseen by anyone", Grades: []model.Grade{{Start: 2, Weight: 2}}},
	}
	v := &Evidence{Days: 60}
	for i := range 1000 {
		e := correlate.Ended{}
		if i%5 == 0 {
			e.Claims = claims("frequent here", 2, false)
		}
		if i%1000 == 0 {
			e.Claims = append(e.Claims, claims("marked", 3, false)...)
		}
		v.Ordinary(&e)
	}
	for range 20 {
		v.Attack([]sekisho.Finding{{Detection: "marked", Start: nats(3)}})
	}
	got := v.reweigh(base)
	for i, want := range []float64{1, 3, 4, 2} {
		if x := got[i].Grades[0]; x.Weight != want {
			t.Errorf("%s weighs %v, want %v (%s)", got[i].Behaviour, x.Weight, want, x.Origin)
		}
	}
	if base[0].Grades[0].Weight != 2.5 {
		t.Error("the base model was written to")
	}
	short := &Evidence{Days: 1}
	for range reweighLeast - 1 {
		short.Ordinary(&correlate.Ended{Claims: claims("frequent here", 2, false)})
	}
	if x := short.reweigh(base)[0].Grades[0].Weight; x != 2.5 {
		t.Errorf("a day of history moved a weight to %v", x)
	}
}

// TestLeads: the shipped table is what it says that it rests on: sekisho fit --leads
// writes the same bytes.
func TestLeads(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("one goroutine, and fifteen times as long with the race detector: make test runs it without")
	}
	shipped, err := os.ReadFile("../detections/lead.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := LeadsOf.WriteLeads(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), shipped) {
		t.Errorf("detections/lead.tsv is not what this build measures; look at the difference, then run: make lead\n%s", b.String())
	}
}
