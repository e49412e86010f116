package main

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.0005 {
		t.Errorf("%s is %.5f, not %.5f", what, got, want)
	}
}

// TestWilson: figures of Newcombe 1998, table I, which prints the bounds for
// these counts.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		hits, trials int
		low, high    float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		w := wilson(c.hits, c.trials)
		near(t, "low", w.low, c.low)
		near(t, "high", w.high, c.high)
	}
	if w := wilson(300, 300); w.at != 1 || w.high != 1 || w.low < 0.98 || w.low >= 1 {
		t.Errorf("all of 300: %v", w)
	}
	if w := wilson(0, 0); !math.IsNaN(w.at) || w.low != 0 || w.high != 1 {
		t.Errorf("of nothing: %v", w)
	}
}

// TestPoisson: Garwood's bounds for 1, 5 and 10 events, and the rule of three.
func TestPoisson(t *testing.T) {
	for _, c := range []struct {
		events    int
		low, high float64
	}{{1, 0.0253, 5.5716}, {5, 1.6235, 11.6683}, {10, 4.7954, 18.3904}, {100, 81.3640, 121.6271}} {
		p := poisson(c.events, 1)
		near(t, "low", p.low, c.low)
		near(t, "high", p.high, c.high)
		if half := poisson(c.events, 2); math.Abs(half.high-p.high/2) > 1e-9 {
			t.Errorf("twice the exposure is not half the rate: %v %v", half, p)
		}
	}
	near(t, "none of 90", poisson(0, 90).high, 2.9957/90)
	if p := poisson(3, 0); !math.IsInf(p.high, 1) {
		t.Errorf("without exposure anything is possible, not %v", p)
	}
}

func TestMean(t *testing.T) {
	m := mean([]float64{0, 1, 0, 1})
	near(t, "mean", m.at, 0.5)
	near(t, "low", m.low, 0) // 0.5 - 1.96 * sqrt(1/3/4) = -0.066
	if m := mean([]float64{0.4, 0.5, 0.6, 0.5}); m.low < 0.41 || m.low > 0.43 || m.high < 0.57 || m.high > 0.59 {
		t.Errorf("mean of four: %v", m)
	}
	// Twenty times 1 is not known to be 1 for good.
	ones := make([]float64, 20)
	for i := range ones {
		ones[i] = 1
	}
	if m := mean(ones); m.at != 1 || m.low > 0.9 {
		t.Errorf("twenty ones: %v", m)
	}
}
