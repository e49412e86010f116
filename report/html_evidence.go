package report

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
)

const (
	evidenceHigh = 210 // of the plot
	familyWide   = 220 // of a family's bar
)

// htmlEvidence is the score as it rose, and what each family gave to it.
type htmlEvidence struct {
	htmlFrame
	Label        string
	Curve, Area  string
	Levels       []htmlLevel
	Scale        []htmlLevel
	Rises        []htmlRise
	Families     []htmlFamily
	Uncalibrated bool
}

type htmlLevel struct{ Y, TextY, Name, Class string }

type htmlRise struct{ X, Y, Title, Class string }

type htmlFamily struct {
	Name, Meaning, Sum, Cap, W, CapX string
	Full                             bool
}

// meanings of the families, in their order.
var meanings = [sekisho.Families]string{
	sekisho.FamilySource:   "where from, with which program",
	sekisho.FamilyTempo:    "how fast, how broad, how often refused",
	sekisho.FamilyAction:   "what was done",
	sekisho.FamilyLineage:  "who gave what to whom",
	sekisho.FamilyTripwire: "what almost nobody does for a good reason",
}

func evidence(in *sekisho.Incident, a *axis, m correlate.Model) *htmlEvidence {
	e := &htmlEvidence{Uncalibrated: in.Uncalibrated}
	most := max(in.Score, m.Critical).Float() * 1.08
	bottom := float64(flagsHigh + evidenceHigh)
	y := func(n sekisho.Nats) float64 { return bottom - evidenceHigh*n.Float()/most }
	e.htmlFrame = frame(in, a, flagsHigh, bottom)
	for _, l := range []struct {
		name, class string
		at          sekisho.Nats
	}{{"critical", "lv-critical", m.Critical}, {"high", "lv-high", m.High}, {"medium", "lv-medium", m.Medium}} {
		e.Levels = append(e.Levels, htmlLevel{px(y(l.at)), px(y(l.at) + 4), fmt.Sprintf("%s %g", l.name, l.at.Float()), l.class})
	}
	e.Scale = append(e.Scale, htmlLevel{Y: px(bottom), TextY: px(bottom + 4), Name: "0"})
	if top := y(in.Score); y(m.Critical)-top > 14 { // room for its own label
		e.Scale = append(e.Scale, htmlLevel{Y: px(top), TextY: px(top + 4), Name: fmt.Sprintf("score %.1f", in.Score.Float())})
	}

	path := []string{fmt.Sprintf("M%s %s", px(a.x(in.FirstEventAt)), px(bottom))}
	var sum sekisho.Nats
	var families [sekisho.Families]sekisho.Nats
	for i := range in.Findings {
		f := &in.Findings[i]
		families[min(int(f.Family), len(families)-1)] += f.Weight
		if f.Weight == 0 {
			continue
		}
		sum += f.Weight
		path = append(path, fmt.Sprintf("H%sV%s", px(a.x(f.At)), px(y(sum))))
	}
	end := px(a.x(in.LastEventAt))
	path = append(path, "H"+end)
	e.Curve = strings.Join(path, "")
	e.Area = e.Curve + "V" + px(bottom) + "Z"
	for _, r := range in.Raised {
		e.Rises = append(e.Rises, htmlRise{px(a.x(r.At)), px(y(r.Score)),
			fmt.Sprintf("%s: rose to %s at %.1f nats", offset(in, r.At), r.Severity, r.Score.Float()), "lv-" + r.Severity.String()})
	}

	widest := sekisho.Nats(1)
	for f := range families {
		widest = max(widest, families[f], m.Caps[f])
	}
	for f, n := range families {
		x := htmlFamily{Name: sekisho.Family(f).String(), Meaning: meanings[f], Sum: fmt.Sprintf("%.1f", n.Float()), Cap: fmt.Sprintf("%g", m.Caps[f].Float()),
			W: px(familyWide * float64(n) / float64(widest)), CapX: px(familyWide * float64(m.Caps[f]) / float64(widest)), Full: n >= m.Caps[f]}
		e.Families = append(e.Families, x)
	}
	e.Label = fmt.Sprintf("Evidence rising from 0 to %.1f nats against the thresholds medium %g, high %g and critical %g.", in.Score.Float(),
		m.Medium.Float(), m.High.Float(), m.Critical.Float())
	return e
}
