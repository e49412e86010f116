package correlate

import (
	"testing"

	"github.com/sekisho/sekisho"
)

// TestExceptionsEndAtATripwire: what is excepted is told and weighs nothing, and
// counts in full where the lineage has a tripwire, whichever comes first.
func TestExceptionsEndAtATripwire(t *testing.T) {
	muted := nat("recon", 4, sekisho.FamilyTempo, "discovery")
	muted.Excepted = true
	trip := nat("wire", 7, sekisho.FamilyTripwire, "persistence")
	other := nat("place", 3, sekisho.FamilySource, "initial-access")
	for name, tt := range map[string]struct {
		minutes [][]sekisho.Finding
		score   int
	}{
		"alone":               {[][]sekisho.Finding{{muted}}, 0},
		"beside a plain one":  {[][]sekisho.Finding{{muted}, {other}}, 3},
		"before the tripwire": {[][]sekisho.Finding{{muted}, {trip}}, 11},
		"after the tripwire":  {[][]sekisho.Finding{{trip}, {muted}}, 11},
		"in one event":        {[][]sekisho.Finding{{muted, trip, other}}, 14},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Start, "o")
			told := 0
			for i, list := range tt.minutes {
				act(s, "root", i, Circumstances{}, append([]sekisho.Finding(nil), list...)...)
				told += len(list)
			}
			in := s.Incidents()[0]
			var sum sekisho.Nats
			for _, f := range in.Findings {
				sum += f.Weight
			}
			if in.Score != sekisho.Nats(tt.score)*sekisho.Nat || sum != in.Score || len(in.Findings) != told {
				t.Errorf("score %v of %v in %d findings, want %d of %d", in.Score.Float(), sum.Float(), len(in.Findings), tt.score, told)
			}
		})
	}
}

// TestExceptionsOfTwoLineages: a tripwire that a join brings ends an exception too.
func TestExceptionsOfTwoLineages(t *testing.T) {
	s := New(Start, "o")
	muted := nat("recon", 4, sekisho.FamilyTempo, "discovery")
	muted.Excepted = true
	act(s, "a", 0, Circumstances{}, muted)
	act(s, "b", 1, Circumstances{}, nat("wire", 7, sekisho.FamilyTripwire, "persistence"))
	s.Join("b", "a", sekisho.Identity{ID: "a"}, func(_, _ *Episode) {}, func(*sekisho.Credential, string) {})
	if got := s.Present("a").Score(); got != 11*sekisho.Nat {
		t.Errorf("joined they weigh %v, want 11", got.Float())
	}
}
