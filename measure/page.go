package main

import (
	"fmt"
	"html"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/sim"
)

// point is the score of an attack's lineage at a moment.
type point struct {
	at    time.Time
	score float64
}

// plot is what one organisation gives to the page.
type plot struct {
	curves []curve
	maxima []correlate.Ended // of ordinary episodes with any evidence
	peaks  []float64         // of campaigns
}

// curve is the score over time of one attack, or of one ordinary episode.
type curve struct {
	name   string
	points []point // seconds since the first
	no     time.Time
	from   time.Time
}

// curveOf sums what the attack's own events bring, as the engine caps it.
func curveOf(t *sim.Truth, into *[]point) func(*sekisho.Event, []sekisho.Finding) {
	attack := map[string]bool{}
	for _, e := range t.Events {
		attack[e.ID] = true
	}
	sum := 0.0
	return func(e *sekisho.Event, fresh []sekisho.Finding) {
		if !attack[e.ID] {
			return
		}
		for _, f := range fresh {
			sum += f.Weight.Float()
		}
		*into = append(*into, point{e.Time, sum})
	}
}

// attack keeps one instance's curve, the first of each campaign.
func (p *plot) attack(name string, o outcome, points []point, t *sim.Truth) {
	p.peaks = append(p.peaks, o.score)
	if len(points) == 0 || slices.ContainsFunc(p.curves, func(c curve) bool { return c.name == name }) {
		return
	}
	no, _ := time.Parse(time.RFC3339, t.PointOfNoReturn.At)
	p.curves = append(p.curves, curve{name: name, points: points, no: no, from: points[0].at})
}

// ordinary keeps the episodes of ordinary work, the highest first.
func (p *plot) ordinary(maxima []correlate.Ended) { p.maxima = append(p.maxima, maxima...) }

// writePage draws everything in one file that asks the network for nothing.
func writePage(path string, plots []*plot, m correlate.Model) error {
	var all plot
	for _, p := range plots {
		if p == nil {
			continue
		}
		all.maxima = append(all.maxima, p.maxima...)
		all.peaks = append(all.peaks, p.peaks...)
	}
	if len(plots) > 0 && plots[0] != nil {
		all.curves = plots[0].curves
	}
	slices.SortStableFunc(all.maxima, func(a, b correlate.Ended) int { return int(b.Score - a.Score) })
	slices.Sort(all.peaks)
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>How far attack and ordinary work are apart</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2733;background:#fff}
svg{width:100%;height:auto}text{font:11px system-ui,sans-serif;fill:currentColor}.a{stroke:#b3261e;fill:none;stroke-width:1.2;opacity:.55}.b{stroke:#1f6feb;fill:none;stroke-width:1.6}
.t{stroke:#8a8f98;stroke-dasharray:4 4}.ax{stroke:#8a8f98}.no{fill:#b3261e}
@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#12161c}.b{stroke:#6cb0ff}.a{stroke:#ff8a80}}</style>
<h1>How far attack and ordinary work are apart</h1>`)
	fmt.Fprintf(&b, "<p>%d instances of campaigns, %d ordinary episodes with any evidence. Scores in nats.</p>", len(all.peaks), len(all.maxima))
	b.WriteString("<h2>Episode maxima against the thresholds</h2><p>How many of all reach at least a score; the campaigns in red, ordinary episodes in blue. The dashed lines are medium, the score at which one tripwire and a chain call for containment, high and critical.</p>")
	survival(&b, &all, m)
	b.WriteString("<h2>Score over time of an attack</h2><p>One instance of each campaign of the first organisation, time on a logarithmic scale from its first event; the dot is the point of no return.</p>")
	overTime(&b, all.curves, m)
	b.WriteString("<h2>Score over time of the hardest ordinary episodes</h2><p>The eight that reached most.</p>")
	var hard []curve
	for i, e := range all.maxima {
		if i == 8 {
			break
		}
		c := curve{name: e.Root.Name, from: e.Start}
		sum := 0.0
		for _, k := range e.Claims {
			sum += k.Weight.Float()
			c.points = append(c.points, point{k.At, math.Min(sum, e.Score.Float())})
		}
		hard = append(hard, c)
	}
	overTime(&b, hard, m)
	b.WriteString("</html>\n")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("write the page: %w; name a folder that exists", err)
	}
	return nil
}

const (
	width, height        = 900.0, 360.0
	left, bottom, margin = 42.0, 30.0, 12.0
)

// frame draws axes, thresholds and the scale of scores, up to top nats.
func frame(b *strings.Builder, m correlate.Model, top float64, horizontal bool) {
	fmt.Fprintf(b, `<svg viewBox="0 0 %g %g" role="img"><line class="ax" x1="%g" y1="%g" x2="%g" y2="%g"/><line class="ax" x1="%g" y1="%g" x2="%g" y2="%g"/>`,
		width, height, left, height-bottom, width-margin, height-bottom, left, margin, left, height-bottom)
	for _, t := range []struct {
		name string
		at   float64
	}{{"medium", m.Medium.Float()}, {"act", m.Act.Float()}, {"high", m.High.Float()}, {"critical", m.Critical.Float()}} {
		if horizontal {
			y := yOf(t.at, top)
			fmt.Fprintf(b, `<line class="t" x1="%g" y1="%.1f" x2="%g" y2="%.1f"/><text x="%g" y="%.1f" text-anchor="end">%s %.3g</text>`, left, y, width-margin, y, width-margin, y-3, t.name, t.at)
		} else {
			x := left + t.at/top*(width-left-margin)
			fmt.Fprintf(b, `<line class="t" x1="%.1f" y1="%g" x2="%.1f" y2="%g"/><text x="%.1f" y="%g">%s</text>`, x, margin, x, height-bottom, x+3, margin+9, t.name)
		}
	}
}

func yOf(score, top float64) float64 {
	return height - bottom - math.Min(score, top)/top*(height-bottom-margin)
}

// survival is the share of episodes that reach a score, on a logarithmic scale.
func survival(b *strings.Builder, p *plot, m correlate.Model) {
	const top = 46.0
	frame(b, m, top, false)
	least := -1.0
	for n := len(p.maxima) + len(p.peaks); n > 1; n /= 10 {
		least--
	}
	line := func(class string, scores []float64) {
		if len(scores) == 0 {
			return
		}
		slices.Sort(scores)
		fmt.Fprintf(b, `<path class="%s" style="opacity:1" d="M%g %g`, class, left, margin)
		for i, s := range scores {
			x := left + math.Min(s, top)/top*(width-left-margin)
			share := math.Log10(float64(len(scores)-i) / float64(len(scores)))
			fmt.Fprintf(b, "L%.1f %.1f", x, margin+share/least*(height-bottom-margin))
		}
		b.WriteString(`"/>`)
	}
	var ordinary []float64
	for _, e := range p.maxima {
		ordinary = append(ordinary, e.Score.Float())
	}
	line("b", ordinary)
	line("a", slices.Clone(p.peaks))
	for d := 0.0; d >= least; d-- {
		fmt.Fprintf(b, `<text x="4" y="%.1f">1e%g</text>`, margin+d/least*(height-bottom-margin)+4, d)
	}
	for s := 0.0; s <= top; s += 10 {
		fmt.Fprintf(b, `<text x="%.1f" y="%g">%g nats</text>`, left+s/top*(width-left-margin), height-8, s)
	}
	b.WriteString("</svg>")
}

// overTime draws scores over the logarithm of time.
func overTime(b *strings.Builder, curves []curve, m correlate.Model) {
	const top = 46.0
	longest := 60.0
	for _, c := range curves {
		if n := len(c.points); n > 0 {
			longest = math.Max(longest, c.points[n-1].at.Sub(c.from).Seconds())
		}
	}
	x := func(at, from time.Time) float64 {
		return left + math.Log1p(math.Max(0, at.Sub(from).Seconds()))/math.Log1p(longest)*(width-left-margin)
	}
	frame(b, m, top, true)
	for _, c := range curves {
		fmt.Fprintf(b, `<path class="a" d="M%g %g`, left, height-bottom)
		last := 0.0
		for _, p := range c.points {
			fmt.Fprintf(b, "L%.1f %.1fL%.1f %.1f", x(p.at, c.from), yOf(last, top), x(p.at, c.from), yOf(p.score, top))
			last = p.score
		}
		fmt.Fprintf(b, `"><title>%s</title></path>`, html.EscapeString(c.name))
		if !c.no.IsZero() {
			at := 0.0
			for _, p := range c.points {
				if !p.at.After(c.no) {
					at = p.score
				}
			}
			fmt.Fprintf(b, `<circle class="no" cx="%.1f" cy="%.1f" r="3"><title>%s</title></circle>`, x(c.no, c.from), yOf(at, top), html.EscapeString(c.name))
		}
	}
	for _, t := range []struct {
		name string
		s    float64
	}{{"1 s", 1}, {"10 s", 10}, {"1 min", 60}, {"10 min", 600}, {"1 h", 3600}, {"1 d", 86400}} {
		if t.s <= longest {
			fmt.Fprintf(b, `<text x="%.1f" y="%g">%s</text>`, left+math.Log1p(t.s)/math.Log1p(longest)*(width-left-margin), height-8, t.name)
		}
	}
	for s := 0.0; s <= top; s += 10 {
		fmt.Fprintf(b, `<text x="4" y="%.1f">%g</text>`, yOf(s, top)+4, s)
	}
	b.WriteString("</svg>")
}
