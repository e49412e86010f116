package correlate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
)

// at is a moment of a made-up day.
func at(minute int) time.Time {
	return time.Date(2026, time.January, 5, 9, minute, 0, 0, time.UTC)
}

// tokens makes evidence in which behaviours, keys, families and claims repeat
// and differ: what arrives twice, demoted, or stronger the second time.
func tokens(r *rand.Rand) []sekisho.Finding {
	out := make([]sekisho.Finding, 1+r.IntN(40))
	for i := range out {
		f := sekisho.Family(r.IntN(int(sekisho.Families)))
		behaviour := r.IntN(6) // its phases are its own and do not change
		out[i] = sekisho.Finding{
			Detection: fmt.Sprintf("behaviour-%d", behaviour), Key: fmt.Sprintf("key-%d", r.IntN(3)), EventID: fmt.Sprint(i), At: at(i),
			Family: f, Tripwire: f == sekisho.FamilyTripwire, Claimed: sekisho.Nats(r.Int64N(9)-1) * sekisho.Nat / 2,
			Phases: []sekisho.Phase{[]sekisho.Phase{"discovery", "persistence", "impact"}[behaviour%3]},
		}
	}
	return out
}

// laid is an episode that took the tokens in their order.
func laid(all []sekisho.Finding) *Episode {
	m := Start
	ep := &Episode{}
	for i := range all {
		f := all[i]
		ep.take(&m, &f)
	}
	return ep
}

// TestEvidenceIsASet: in whatever order tokens come, and however often, the
// score, the tactics and the tripwires are the same; the weights shown sum to
// the score; no family weighs more than its cap; the score only grows.
func TestEvidenceIsASet(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, 0))
	for round := range 500 {
		all := tokens(r)
		first := laid(all)

		var sum, before sekisho.Nats
		var family [sekisho.Families]sekisho.Nats
		for i, f := range first.findings {
			sum += f.Weight
			family[f.Family] += f.Weight
			if now := laid(all[:i]).Score(); now < before {
				t.Fatalf("seed %d round %d: the score fell from %d to %d", seed, round, before, now)
			} else {
				before = now
			}
		}
		if sum != first.Score() {
			t.Fatalf("seed %d round %d: weights sum to %d, score %d", seed, round, sum, first.Score())
		}
		for f, n := range family {
			if n > Start.Caps[f] {
				t.Fatalf("seed %d round %d: %s weighs %d, more than its cap", seed, round, sekisho.Family(f), n)
			}
		}

		again := append(slices.Clone(all), all[:len(all)/2]...)
		r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		other := laid(again)
		if other.Score() != first.Score() || len(other.tactics) != len(first.tactics) || len(other.tripwires) != len(first.tripwires) {
			t.Fatalf("seed %d round %d: another order scores %d with %d tactics and %d tripwires, the first %d with %d and %d", seed, round,
				other.Score(), len(other.tactics), len(other.tripwires), first.Score(), len(first.tactics), len(first.tripwires))
		}
	}
}

// TestADemotedHitHidesNoTripwire: a behaviour that was first excused for a
// reason still trips when the reason is gone, on the same key.
func TestADemotedHitHidesNoTripwire(t *testing.T) {
	ep := laid([]sekisho.Finding{
		{Detection: "function-changed", Key: "f", Family: sekisho.FamilyLineage, Claimed: sekisho.Nat},
		{Detection: "function-changed", Key: "f", Family: sekisho.FamilyTripwire, Tripwire: true, Claimed: 7 * sekisho.Nat},
	})
	if len(ep.tripwires) != 1 || ep.Score() != 8*sekisho.Nat {
		t.Errorf("%d tripwires, score %d; want 1 and 8 nats", len(ep.tripwires), ep.Score())
	}
}

// TestTokensAreBounded: beyond the bound findings are counted, not kept.
func TestTokensAreBounded(t *testing.T) {
	var all []sekisho.Finding
	for i := range tokensMax + 3 {
		all = append(all, sekisho.Finding{Detection: "d", Key: fmt.Sprint(i), Claimed: 1})
	}
	if ep := laid(all); len(ep.findings) != tokensMax || ep.excess != 3 {
		t.Errorf("%d kept, %d counted; want %d and 3", len(ep.findings), ep.excess, tokensMax)
	}
}
