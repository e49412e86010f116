package report

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/sekisho/sekisho"
)

// Sizes of drawings in CSS pixels.
const (
	axisMin   = 912  // width of the plot on a page of usual width
	axisTight = 1.9  // a plot that is less than this too wide is drawn closer instead of scrolled
	axisMax   = 2600 // of an incident with very many moments, which scrolls
	axisEdge  = 26   // free at both ends, for marks and labels
	gapLeast  = 4    // between two moments, so that marks can be told apart
	gapMost   = 28   // of a pause, however long
	gapUsual  = 12   // of a pause of the usual length
	gapLabel  = 32   // width of a strip's label
	tickEvery = 74   // between labels, which are eight digits wide
)

// axis places moments from left to right: true to scale within bursts, pauses
// shortened, as an attack is minutes of work and hours of waiting.
type axis struct {
	times  []time.Time
	at     []float64
	width  float64
	longer time.Duration // pauses longer than this are shortened
	breaks []axisBreak
}

// axisBreak is a place where time was left out.
type axisBreak struct {
	X, W, Middle string
	Label, DY    string // above the strip, in one of two rows
}

func newAxis(times []time.Time) *axis {
	times = slices.Clone(times)
	slices.SortFunc(times, time.Time.Compare)
	times = slices.CompactFunc(times, time.Time.Equal)
	a := &axis{times: times}
	if len(times) == 0 {
		a.width = axisMin
		return a
	}
	gaps := make([]time.Duration, 0, len(times))
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, times[i].Sub(times[i-1]))
	}
	sorted := slices.Clone(gaps)
	slices.Sort(sorted)
	usual := time.Second
	if len(sorted) > 0 {
		usual = max(usual, sorted[len(sorted)*3/5]) // three in five pauses are no longer
	}
	a.longer = usual * gapMost / gapUsual
	a.at = make([]float64, len(times))
	for i, g := range gaps {
		w := gapUsual * float64(g) / float64(usual)
		a.at[i+1] = a.at[i] + min(max(w, gapLeast), gapMost)
	}
	// Few moments are spread over the page, very many drawn closer together.
	last := a.at[len(times)-1]
	a.width = min(max(last+2*axisEdge, axisMin), axisMax)
	if a.width < axisMin*axisTight {
		a.width = axisMin
	}
	stretch := 1.0
	if last > 0 {
		stretch = (a.width - 2*axisEdge) / last
	}
	for i := range a.at {
		a.at[i] = axisEdge + a.at[i]*stretch
	}
	labelled := math.Inf(-1) // where the last strip began
	for i, g := range gaps {
		if g < 2*a.longer {
			continue
		}
		b := axisBreak{X: px(a.at[i]), W: px(a.at[i+1] - a.at[i]), Middle: px((a.at[i] + a.at[i+1]) / 2)}
		b.Label, b.DY = brief(g), "-3"
		if n := len(a.breaks); n > 0 && a.breaks[n-1].DY == "-3" && a.at[i] < labelled+gapLabel {
			b.DY = "-14"
		}
		labelled = a.at[i]
		a.breaks = append(a.breaks, b)
	}
	return a
}

// x is where a moment stands; between two known ones in proportion.
func (a *axis) x(t time.Time) float64 {
	n := len(a.times)
	if n == 0 {
		return axisEdge
	}
	i := sort.Search(n, func(i int) bool { return !a.times[i].Before(t) })
	switch {
	case i == n:
		return a.at[n-1]
	case i == 0 || a.times[i].Equal(t):
		return a.at[i]
	}
	whole, part := a.times[i].Sub(a.times[i-1]), t.Sub(a.times[i-1])
	return a.at[i-1] + (a.at[i]-a.at[i-1])*float64(part)/float64(whole)
}

// axisTick is a label of the axis.
type axisTick struct {
	X string
	htmlStamp
}

// ticks are labels at moments, far enough apart to be read.
func (a *axis) ticks(label func(time.Time) htmlStamp) []axisTick {
	var out []axisTick
	next := 0.0
	for i, t := range a.times {
		if a.at[i] >= next {
			out = append(out, axisTick{px(a.at[i]), label(t)})
			next = a.at[i] + tickEvery
		}
	}
	return out
}

// px is a length in a drawing: a tenth of a pixel is as fine as anyone sees,
// and keeps the text the same wherever it is computed.
func px(v float64) string { return fmt.Sprintf("%.1f", v) }

// brief is a duration in its largest unit: "9 min".
func brief(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d m", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// htmlFrame is the upright room of a drawing over an axis.
type htmlFrame struct {
	Width, Height  string
	Top, Bottom    string // of the upright lines
	LanesTop, Span string // of the strips where time was left out
	TickY, TickY2  string
	Breaks         []axisBreak
	Ticks          []axisTick
	Flags          []htmlFlag
}

// frame of a drawing of an incident whose plot is between top and bottom.
func frame(in *sekisho.Incident, a *axis, top, bottom float64) htmlFrame {
	return htmlFrame{Width: px(a.width), Height: px(bottom + axisHigh), Top: px(flagsHigh - 10), Bottom: px(bottom), LanesTop: px(top), Span: px(bottom - top),
		TickY: px(bottom + 17), TickY2: px(bottom + 31), Breaks: a.breaks,
		Ticks: a.ticks(func(at time.Time) htmlStamp { return stamp(in, at) }), Flags: flags(in, a)}
}
