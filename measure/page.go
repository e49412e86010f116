package main

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
)

// labelled says which hard kind of work an incident's root was at, if any.
func (t *tallied) labelled(in *sekisho.Incident) string {
	if name := t.archetype(in.Root.ID, in.FirstEventAt, in.LastEventAt); name != "" {
		return ", labelled " + name
	}
	return ""
}

// archetype is the labelled work that an identity was at in a span of time, ""
// for none.
func (t *tallied) archetype(identity string, from, to time.Time) string {
	for _, l := range t.labels {
		if (l.Identity == identity || l.Identity == bare(identity)) && !l.From.After(to) && !from.After(l.To) {
			return l.Archetype
		}
	}
	return ""
}

// track is a score over time, to be drawn.
type track struct {
	title    string
	from     time.Time
	noReturn time.Time // zero: there is none
	rises    []rise
}

// How many plots of a kind are drawn: as many as fit a few screens.
const (
	attacksDrawn  = 60
	ordinaryDrawn = 12
)

// attacks are the first instance of each campaign.
func (t *tallied) attacks() []track {
	var out []track
	for i := range t.outcomes[0] {
		o := &t.outcomes[0][i]
		if slices.ContainsFunc(out, func(x track) bool { return x.title == o.campaign }) || len(out) == attacksDrawn {
			continue
		}
		out = append(out, track{o.campaign, o.begins, o.noReturn, o.curve})
	}
	slices.SortFunc(out, func(a, b track) int { return strings.Compare(a.title, b.title) })
	return out
}

// hardest are the ordinary episodes that reached most: first by score alone,
// then the highest of each labelled kind of work.
func (t *tallied) hardest(m *correlate.Model) (byScore, byLabel []track) {
	sorted := slices.Clone(t.ended)
	slices.SortStableFunc(sorted, func(a, b correlate.Ended) int { return cmp.Compare(b.Score, a.Score) })
	seen := map[string]bool{}
	for i := range sorted {
		e := &sorted[i]
		name := t.archetype(e.Root.ID, e.Start, e.End)
		if len(byScore) < ordinaryDrawn && e.Score > 0 {
			title := e.Root.Name
			if name != "" {
				title = name + ": " + title
			}
			byScore = append(byScore, track{title: title, from: e.Start, rises: rises(e, m)})
		}
		if name != "" && !seen[name] {
			seen[name] = true
			byLabel = append(byLabel, track{title: name + ": " + e.Root.Name, from: e.Start, rises: rises(e, m)})
		}
	}
	return byScore, byLabel[:min(len(byLabel), 2*ordinaryDrawn)]
}

// rises are an episode's claims under the caps of their families. A claim that
// was raised is there twice, so the sum ends at what the episode reached.
func rises(e *correlate.Ended, m *correlate.Model) []rise {
	var sums [sekisho.Families]sekisho.Nats
	var out []rise
	for _, c := range e.Claims {
		sums[c.Family] = min(m.Caps[c.Family], sums[c.Family]+c.Weight)
		var all sekisho.Nats
		for _, n := range sums {
			all += n
		}
		out = append(out, rise{c.At, min(all, e.Score).Float()})
	}
	return out
}

// threshold is a line in the plots.
type threshold struct {
	name string
	at   float64
}

// plot writes the page: one file that asks the network for nothing.
func (t *tallied) plot() []byte {
	m := model()
	lines := []threshold{{"medium", m.Medium.Float()}, {"act", m.Act.Float()}, {"critical", m.Critical.Float()}}
	top := 0.0 // of the scale: the most that the caps allow
	for _, c := range m.Caps {
		top += c.Float()
	}
	var ordinary, peaks []float64
	for i := range t.ended {
		if t.ended[i].Events > 0 {
			ordinary = append(ordinary, t.ended[i].Score.Float())
		}
	}
	for i := range t.outcomes[0] {
		peaks = append(peaks, t.outcomes[0][i].score)
	}
	byScore, byLabel := t.hardest(&m)
	var b strings.Builder
	b.WriteString(head)
	fmt.Fprintf(&b, "<p>%s half of the generator: %d instances of %d campaigns and %d ordinary episodes over %d organisations of %d accounts, after %d days of history. Scores are in nats.</p>\n",
		html.EscapeString(t.size.half), len(peaks), len(t.names), len(ordinary), t.size.seeds, t.size.accounts, t.size.history)
	fmt.Fprintf(&b, "<h2>Episode maxima against the thresholds</h2><p>The share of episodes that reach at least a score, on a logarithmic scale: <b class=\"o\">ordinary</b> episodes, and the incidents of <b class=\"c\">campaigns</b> (0 where none was found). From the line at %.3g on, a tripwire and a chain call for containment.</p>\n", m.Act.Float())
	survival(&b, ordinary, peaks, lines, top)
	grid(&b, "Score over time of attacks", "The first instance of each campaign, from its first call. The line marks the point of no return.", "c", t.attacks(), lines, top)
	grid(&b, "The hardest ordinary episodes by score", "Those that reached most, on days without a campaign.", "o", byScore, lines, top)
	grid(&b, "The hardest labelled ordinary work", "The highest episode of each kind of work that is labelled as hard, by score.", "o", byLabel, lines, top)
	b.WriteString("</main></html>\n")
	return []byte(b.String())
}

const head = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>How far attacks and ordinary work are apart</title>
<style>
:root{color-scheme:light dark;--ink:#1d2530;--soft:#5d6875;--line:#c9d0d8;--o:#1f6feb;--c:#b3261e;--page:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--soft:#98a3b0;--line:#3a444f;--o:#6cb0ff;--c:#ff8a80;--page:#12161c}}
body{font:15px/1.5 system-ui,sans-serif;margin:0;color:var(--ink);background:var(--page)}main{max-width:72rem;margin:0 auto;padding:1.5rem 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin:2rem 0 .2rem}p{max-width:46rem;margin:.2rem 0 .8rem;color:var(--soft)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1rem}figure{margin:0}figcaption{font-size:.85rem;overflow-wrap:anywhere}
svg{display:block;width:100%;height:auto}text{font:10px system-ui,sans-serif;fill:var(--soft)}
.axis{stroke:var(--line);fill:none}.limit{stroke:var(--soft);stroke-dasharray:3 3;opacity:.6}.o{stroke:var(--o);color:var(--o)}.c{stroke:var(--c);color:var(--c)}path{fill:none;stroke-width:1.7}.no{stroke:var(--ink);stroke-width:1.5}
</style><main><h1>How far attacks and ordinary work are apart</h1>
`

// box is a plot's size and the room around it for the scales, in pixels.
type box struct{ width, height, left, bottom, top, right float64 }

func (x box) x(share float64) float64 { return x.left + share*(x.width-x.left-x.right) }
func (x box) y(share float64) float64 {
	return x.height - x.bottom - share*(x.height-x.bottom-x.top)
}

func (x box) open(b *strings.Builder, label string) {
	fmt.Fprintf(b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s"><path class="axis" d="M%g %gV%gH%g"/>`, x.width, x.height, html.EscapeString(label), x.left, x.y(1), x.y(0), x.x(1))
}

// survival draws the share of episodes that reach at least a score.
func survival(b *strings.Builder, ordinary, campaigns []float64, lines []threshold, top float64) {
	x := box{width: 960, height: 330, left: 52, bottom: 34, top: 16, right: 14}
	decades := math.Ceil(math.Log10(float64(max(10, len(ordinary), len(campaigns)))))
	x.open(b, "share of episodes that reach at least a score")
	for d := 0.0; d <= decades; d++ {
		fmt.Fprintf(b, `<text x="%g" y="%.1f" text-anchor="end">%s</text>`, x.left-6, x.y(1-d/decades)+3, percent(d))
	}
	for s := 0.0; s <= top; s += 5 {
		fmt.Fprintf(b, `<text x="%.1f" y="%g" text-anchor="middle">%g</text>`, x.x(s/top), x.height-18, s)
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%g" text-anchor="middle">score, nats</text>`, x.x(0.5), x.height-4)
	for _, l := range lines {
		fmt.Fprintf(b, `<path class="limit" d="M%.1f %.1fV%.1f"/><text x="%.1f" y="%.1f">%s %.3g</text>`, x.x(l.at/top), x.y(0), x.y(1), x.x(l.at/top)+3, x.y(1)-4, l.name, l.at)
	}
	for _, set := range []struct {
		class  string
		scores []float64
	}{{"o", ordinary}, {"c", campaigns}} {
		scores := slices.Sorted(slices.Values(set.scores))
		if len(scores) == 0 {
			continue
		}
		fmt.Fprintf(b, `<path class="%s" d="M%.1f %.1f`, set.class, x.x(0), x.y(1))
		for i, s := range scores {
			// So many reach s; past it, one fewer.
			fmt.Fprintf(b, "H%.1f", x.x(min(s, top)/top))
			if rest := len(scores) - i - 1; rest > 0 {
				fmt.Fprintf(b, "V%.1f", x.y(1+math.Log10(float64(rest)/float64(len(scores)))/decades))
			} else {
				fmt.Fprintf(b, "V%.1f", x.y(0))
			}
		}
		b.WriteString(`"/>`)
	}
	b.WriteString("</svg>\n")
}

// percent is ten to the minus d as a share.
func percent(d float64) string { return fmt.Sprintf("%g%%", math.Pow(10, 2-d)) }

// grid draws scores over the logarithm of time, one plot each.
func grid(b *strings.Builder, title, about, class string, tracks []track, lines []threshold, top float64) {
	fmt.Fprintf(b, "<h2>%s</h2><p>%s</p>\n<div class=\"grid\">\n", title, about)
	if len(tracks) == 0 {
		b.WriteString("<p>None.</p>")
	}
	for _, t := range tracks {
		x := box{width: 300, height: 150, left: 24, bottom: 18, top: 10, right: 16}
		fmt.Fprintf(b, "<figure><figcaption>%s</figcaption>", html.EscapeString(t.title))
		longest := 60.0
		for _, r := range t.rises {
			longest = max(longest, r.at.Sub(t.from).Seconds())
		}
		if !t.noReturn.IsZero() {
			longest = max(longest, t.noReturn.Sub(t.from).Seconds())
		}
		at := func(when time.Time) float64 {
			return x.x(math.Log1p(max(0, when.Sub(t.from).Seconds())) / math.Log1p(longest))
		}
		x.open(b, "score over time of "+t.title)
		for _, l := range lines {
			fmt.Fprintf(b, `<path class="limit" d="M%g %.1fH%.1f"/><text x="%g" y="%.1f" text-anchor="end">%.3g</text>`, x.left, x.y(l.at/top), x.x(1), x.left-3, x.y(l.at/top)+3, l.at)
		}
		for _, tick := range []struct {
			name    string
			seconds float64
		}{{"1 s", 1}, {"10 s", 10}, {"1 min", 60}, {"10 min", 600}, {"1 h", 3600}, {"6 h", 6 * 3600}, {"2 d", 48 * 3600}, {"2 w", 14 * 86400}} {
			if tick.seconds <= longest {
				fmt.Fprintf(b, `<text x="%.1f" y="%g" text-anchor="middle">%s</text>`, x.x(math.Log1p(tick.seconds)/math.Log1p(longest)), x.height-5, tick.name)
			}
		}
		if !t.noReturn.IsZero() {
			fmt.Fprintf(b, `<path class="no" d="M%.1f %.1fV%.1f"/>`, at(t.noReturn), x.y(0), x.y(1))
		}
		fmt.Fprintf(b, `<path class="%s" d="M%.1f %.1f`, class, x.x(0), x.y(0))
		for _, r := range t.rises {
			fmt.Fprintf(b, "H%.1fV%.1f", at(r.at), x.y(min(r.score, top)/top))
		}
		fmt.Fprintf(b, "H%.1f\"/></svg></figure>\n", x.x(1))
	}
	b.WriteString("</div>\n")
}
