package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
)

// Sizes of the timeline, which html.css repeats for the names beside it.
const (
	flagsHigh = 44 // above: what the two upright lines mean
	bandHigh  = 18 // a stage
	bandsGap  = 28 // with the labels of pauses
	laneHigh  = 30 // an identity
	axisHigh  = 40
	together  = 11 // marks of one stage and lane nearer than this are one, with a number
)

// htmlTimeline is the drawing of lanes by identity.
type htmlTimeline struct {
	htmlFrame
	Label  string // for who cannot see it
	Longer string // which pauses are shortened
	Bands  []htmlBand
	Lanes  []htmlLane
	Marks  []htmlMark
	Links  []htmlPath
}

type htmlBand struct {
	htmlStage
	Y     string
	Spans []htmlSpan
}

// htmlSpan is a time in which a stage was seen.
type htmlSpan struct{ X, Y, W string }

type htmlLane struct {
	Name, Detail string
	Root         bool
	Y, H, Middle string
	Odd          bool
}

type htmlMark struct {
	Stage       htmlStage
	X, Y        string
	Href, Title string
	Ring        bool
	N, NX, NY   string
}

type htmlPath struct{ D, Title string }

// htmlFlag is an upright line and its words.
type htmlFlag struct {
	Class, X, TextX, TextY, Anchor, Text string
	Shape                                string
}

func timeline(in *sekisho.Incident, a *axis, names map[string]string, anchors map[*sekisho.Finding]string) *htmlTimeline {
	lanes, order := laneOrder(in)
	t := &htmlTimeline{Longer: span(a.longer)}

	top := float64(flagsHigh)
	present := map[int]bool{}
	for i := range in.Findings {
		present[stage(&in.Findings[i])] = true
	}
	for s := range stages {
		if !present[s] {
			continue
		}
		b := htmlBand{htmlStage: stages[s], Y: px(top)}
		b.Spans = spans(in, a, s, top)
		t.Bands = append(t.Bands, b)
		top += bandHigh
	}
	top += bandsGap
	identities := map[string]sekisho.Identity{}
	for _, id := range in.Identities {
		identities[id.ID] = id
	}
	middle := func(lane int) float64 { return top + float64(lane)*laneHigh + laneHigh/2 }
	for i, id := range order {
		l := htmlLane{Name: who(names, id), Root: id == in.Root.ID, Y: px(top + float64(i)*laneHigh), H: px(laneHigh), Middle: px(middle(i)), Odd: i%2 == 1}
		if x, ok := identities[id]; ok && x.Kind != sekisho.KindUnknown && x.Kind != sekisho.KindService { // a service's name says so
			l.Detail = x.Kind.String()
		}
		if x, ok := identities[id]; ok && x.System != "" && systems(in) > 1 { // which lane is of which system, where the name may be cut
			l.Name, l.Detail = label(x), strings.TrimSpace(clean(x.System, nameMax)+" "+l.Detail)
		}
		if i == htmlLanesMax {
			l.Name, l.Root, l.Detail = fmt.Sprintf("%d others", len(lanes)-htmlLanesMax), false, ""
		}
		t.Lanes = append(t.Lanes, l)
	}
	t.htmlFrame = frame(in, a, top, top+float64(len(order))*laneHigh)
	t.Links = issues(in, a, lanes, middle)
	t.Marks = marks(in, a, lanes, middle, names, anchors)
	t.Label = fmt.Sprintf("Timeline: %s of %s from %s to %s UTC. The table of findings below says the same in words.",
		count(int64(len(in.Findings)), "finding"), count(int64(len(in.Identities)), "identity", "identities"),
		in.FirstEventAt.UTC().Format(date), in.LastEventAt.UTC().Format(date))
	return t
}

// laneOrder gives each identity its lane, in the order in which the lineage
// met them; those beyond the bound share the last one.
func laneOrder(in *sekisho.Incident) (lanes map[string]int, order []string) {
	lanes = map[string]int{}
	add := func(id string) {
		if _, ok := lanes[id]; ok {
			return
		}
		n := min(len(order), htmlLanesMax)
		lanes[id] = n
		if n == len(order) {
			order = append(order, id)
		}
	}
	for _, id := range in.Identities {
		add(id.ID)
	}
	for i := range in.Findings {
		add(in.Findings[i].Identity)
	}
	return lanes, order
}

// spans joins the findings of a stage that are near each other into bars.
func spans(in *sekisho.Incident, a *axis, s int, y float64) []htmlSpan {
	const half, near = 4, 46 // a single finding is a bar of 8; bars nearer than a long pause are one
	var out []htmlSpan
	from, to := math.Inf(-1), math.Inf(-1)
	flush := func() {
		if !math.IsInf(from, -1) {
			out = append(out, htmlSpan{px(from - half), px(y + 4), px(to - from + 2*half)})
		}
	}
	for i := range in.Findings {
		if stage(&in.Findings[i]) != s {
			continue
		}
		x := a.x(in.Findings[i].At)
		if x-to > near {
			flush()
			from = x
		}
		to = x
	}
	flush()
	return out
}

// marks are the findings; those of one stage that would lie on each other are
// one mark with their number.
func marks(in *sekisho.Incident, a *axis, lanes map[string]int, middle func(int) float64, names map[string]string, anchors map[*sekisho.Finding]string) []htmlMark {
	type place struct{ lane, stage int }
	type pile struct {
		first *sekisho.Finding
		x     float64
		n     int
		ring  bool
		lane  int
		row   int // 0 on the lane's line, 1 below, 2 above
	}
	last := map[place]*pile{}
	ends := map[[2]int]float64{} // of each lane's rows, where the last mark stands
	var piles []*pile
	for i := range in.Findings {
		f := &in.Findings[i]
		p := place{lanes[f.Identity], stage(f)}
		x := a.x(f.At)
		if l := last[p]; l != nil && x-l.x < together && l.ring == f.Tripwire {
			l.n++
			continue
		}
		l := &pile{f, x, 1, f.Tripwire, p.lane, 0}
		for row := range 3 { // marks of other stages on the same spot stand beside each other
			if end, taken := ends[[2]int{p.lane, row}]; !taken || x-end >= together || row == 2 {
				l.row = row
				break
			}
		}
		ends[[2]int{p.lane, l.row}] = x
		last[p] = l
		piles = append(piles, l)
	}
	var out []htmlMark
	for _, l := range piles {
		f, y := l.first, middle(l.lane)+[...]float64{0, 9, -9}[l.row]
		m := htmlMark{Stage: stages[stage(f)], X: px(l.x), Y: px(y), Ring: l.ring}
		m.Title = fmt.Sprintf("%s %s, %s: %s", offset(in, f.At), who(names, f.Identity), stages[stage(f)].Name, clean(f.Title, sentenceMax))
		if l.ring {
			m.Title += ", tripwire"
		}
		if l.n > 1 {
			m.N, m.NX, m.NY = fmt.Sprint(l.n), px(l.x+6.5), px(y-5)
			m.Title += fmt.Sprintf(", and %d more close by", l.n-1)
		}
		if id := anchors[f]; id != "" {
			m.Href = "#" + id
		}
		out = append(out, m)
	}
	return out
}

// issues are the credentials that passed from lane to lane.
func issues(in *sekisho.Incident, a *axis, lanes map[string]int, middle func(int) float64) []htmlPath {
	owner := map[string]string{}
	for i := range in.Credentials {
		owner[in.Credentials[i].ID] = in.Credentials[i].Identity
	}
	var out []htmlPath
	for i := range in.Credentials {
		c := &in.Credentials[i]
		by, ok := owner[c.IssuedBy]
		if !ok || c.IssuedBy == "" || i >= htmlNodesMax {
			continue
		}
		from, to := middle(lanes[by]), middle(lanes[c.Identity])
		if from == to {
			continue
		}
		x, arrow := a.x(c.IssuedAt), 4.0
		if to < from {
			arrow = -4
		}
		end := to - 2*arrow
		out = append(out, htmlPath{D: fmt.Sprintf("M%s %sV%sM%s %sL%s %sL%s %s", px(x), px(from), px(end),
			px(x-3), px(end-arrow), px(x), px(end+arrow/2), px(x+3), px(end-arrow)),
			Title: offset(in, c.IssuedAt) + " " + clean(c.Via, nameMax) + " gave " + clean(c.ID, nameMax)})
	}
	return out
}

// flags are the two moments that count. The earlier one's words stand on its
// left where there is room, so that two moments close together can be read.
func flags(in *sekisho.Incident, a *axis) []htmlFlag {
	var out []htmlFlag
	if c := in.Containment; c != nil {
		out = append(out, upright(a, c.At, "flag-cut", "cut would be decided "+stamp(in, c.At).Clock, 0))
	}
	if n := in.NoReturn; n != nil {
		out = append(out, upright(a, n.At, "flag-turn", "point of no return "+stamp(in, n.At).Clock, 1))
	}
	return out
}

func upright(a *axis, at time.Time, class, text string, row int) htmlFlag {
	const letter = 6.6 // width of a character of the label at most
	x := a.x(at)
	y := 13 + float64(row)*16
	f := htmlFlag{Class: class, X: px(x), TextY: px(y), TextX: px(x + 6), Anchor: "start", Text: text}
	room := a.width - x - 10
	if need := letter * float64(len([]rune(text))); room < need || row == 0 && x > need+10 {
		f.TextX, f.Anchor = px(x-6), "end"
	}
	// A flag of its own shape, so that colour is not the only difference.
	if row == 0 {
		f.Shape = fmt.Sprintf("M%s %sh10v8h-10z", px(x-5), px(flagsHigh-12))
	} else {
		f.Shape = fmt.Sprintf("M%s %sl6 9h-12z", px(x), px(flagsHigh-13))
	}
	return f
}
