package main

import "math"

// interval is a figure with its 95% confidence interval.
type interval struct{ at, low, high float64 }

// z is the two-sided 95% quantile of the normal distribution.
const z = 1.959963984540054

// wilson is a share with Wilson's score interval (Wilson 1927), which holds for
// small numbers and for shares near 0 and 1, where the textbook one does not.
// Of no trials nothing is known.
func wilson(hits, trials int) interval {
	if trials == 0 {
		return interval{math.NaN(), 0, 1}
	}
	n, p := float64(trials), float64(hits)/float64(trials)
	middle := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	scale := 1 + z*z/n
	// Rounding must not put the figure outside its own interval.
	return interval{p, min(p, max(0, (middle-half)/scale)), max(p, min(1, (middle+half)/scale))}
}

// mean is the mean of shares of one instance each, with a normal interval: the
// parts of one instance hang together, so instances are what is counted.
func mean(shares []float64) interval {
	n := float64(len(shares))
	if n == 0 {
		return interval{math.NaN(), 0, 1}
	}
	var sum, squares float64
	for _, x := range shares {
		sum += x
	}
	m := sum / n
	for _, x := range shares {
		squares += (x - m) * (x - m)
	}
	if n == 1 {
		return interval{m, 0, 1}
	}
	if squares == 0 {
		// All equal: the spread is not seen, so only what a share of n allows.
		w := wilson(int(math.Round(m*n)), len(shares))
		return interval{m, min(m, w.low), max(m, w.high)}
	}
	half := z * math.Sqrt(squares/(n-1)/n)
	return interval{m, max(0, m-half), min(1, m+half)}
}

// poisson is a rate of events over an exposure, with the exact interval
// (Garwood 1936). For no events the upper bound is the one-sided one that the
// rule of three rounds: -ln 0.05 = 3.0 over the exposure.
func poisson(events int, exposure float64) interval {
	if exposure <= 0 {
		return interval{math.NaN(), 0, math.Inf(1)}
	}
	at := float64(events) / exposure
	if events == 0 {
		return interval{0, 0, -math.Log(0.05) / exposure}
	}
	// The bounds are the rates at which so many events, or more, are met in 2.5%
	// of all cases, and at which so many, or fewer, are.
	low := bisect(func(m float64) bool { return 1-poissonBelow(events-1, m) > 0.025 }, 0, float64(events))
	high := bisect(func(m float64) bool { return poissonBelow(events, m) < 0.025 }, float64(events), float64(events)+10*math.Sqrt(float64(events))+10)
	return interval{at, low / exposure, high / exposure}
}

// poissonBelow is the chance of at most k events where m are expected.
func poissonBelow(k int, m float64) float64 {
	if m == 0 {
		return 1
	}
	var sum float64
	for i := 0; i <= k; i++ {
		g, _ := math.Lgamma(float64(i) + 1)
		sum += math.Exp(float64(i)*math.Log(m) - m - g)
	}
	return min(1, sum)
}

// bisect is the least number between from and to for which yes holds; it must
// hold for all above.
func bisect(yes func(float64) bool, from, to float64) float64 {
	for range 100 { // halved a hundred times, an interval is below a float's grain
		middle := (from + to) / 2
		if yes(middle) {
			to = middle
		} else {
			from = middle
		}
	}
	return to
}
