package main

import (
	"fmt"
	"math"
)

// share is a count of yes out of n.
type share struct{ yes, n int }

func (s *share) add(yes bool) {
	s.n++
	if yes {
		s.yes++
	}
}

// value is the share itself.
func (s share) value() float64 { return float64(s.yes) / float64(max(s.n, 1)) }

// interval is Wilson's, at 95%: it is honest for few and for shares near one.
func (s share) interval() (low, high float64) {
	if s.n == 0 {
		return 0, 1
	}
	const z = 1.959964
	n, p := float64(s.n), s.value()
	center := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, center-half), min(1, center+half)
}

func (s share) String() string {
	if s.n == 0 {
		return "-"
	}
	low, high := s.interval()
	return fmt.Sprintf("%.1f%% (%.1f-%.1f)", 100*s.value(), 100*low, 100*high)
}

// rate is a count over an exposure, such as account-days.
type rate struct {
	count    int
	exposure float64
}

func (r rate) value() float64 { return float64(r.count) / math.Max(r.exposure, 1e-9) }

// interval is exact for a Poisson count, at 95%: with none seen its upper end is
// 3.69 over the exposure, and the rule of three is its one-sided form.
func (r rate) interval() (low, high float64) {
	if r.count > 0 {
		low = solve(func(m float64) float64 { return 1 - poisson(r.count-1, m) }, 0.025)
	}
	high = solve(func(m float64) float64 { return 1 - poisson(r.count, m) }, 0.975)
	return low / r.exposure, high / r.exposure
}

func (r rate) String() string {
	low, high := r.interval()
	return fmt.Sprintf("%.3g (%.3g-%.3g)", r.value(), low, high)
}

// poisson is the probability of at most k at mean m.
func poisson(k int, m float64) float64 {
	term, sum := math.Exp(-m), 0.0
	for i := 0; i <= k; i++ {
		sum += term
		term *= m / float64(i+1)
	}
	return sum
}

// solve finds where a rising function reaches a value.
func solve(f func(float64) float64, want float64) float64 {
	low, high := 0.0, 1.0
	for f(high) < want && high < 1e6 {
		high *= 2
	}
	for range 60 {
		if mid := (low + high) / 2; f(mid) < want {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}
