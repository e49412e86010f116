package main

import (
	"fmt"
	"strings"
	"sync"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/engine"
)

// played is an example after it went through the engine.
type played struct {
	lines []playedLine
}

// playedLine is a line of an example's trace and what came of its events.
type playedLine struct {
	text   string // without its mark
	marked bool   // the last of its events must fire
	fires  []string
	wrong  string // what does not hold, "" if all does
}

// examplesConfig is the configuration under which all examples play.
var examplesConfig = sync.OnceValues(func() (*config.Config, error) {
	c, err := config.Parse(detections.ExamplesConfig)
	if err != nil {
		return nil, fmt.Errorf("configuration of the examples: %w", err)
	}
	return c, nil
})

// play runs an example of a behaviour through an engine that has seen nothing
// else, with all behaviours, as scan would.
func play(d *detect.Detection, x detect.Example) (*played, error) {
	trace, err := detect.ParseTrace(x.Trace)
	if err != nil {
		return nil, fmt.Errorf("example %q of %s: %w", x.Name, d.ID, err)
	}
	declared, err := examplesConfig()
	if err != nil {
		return nil, err
	}
	p := &played{}
	byNo := map[int]int{}
	for i, text := range strings.Split(x.Trace, "\n") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		rest, marked := strings.CutPrefix(text, ">")
		byNo[i+1] = len(p.lines)
		p.lines = append(p.lines, playedLine{text: strings.TrimSpace(rest), marked: marked})
	}
	g := engine.New(engine.Options{Config: declared, Detections: behaviours(d)})
	for i := range trace {
		l := &p.lines[byNo[trace[i].No]]
		fired := false
		for _, f := range g.Step(&trace[i].Event) {
			if f.Detection == d.ID {
				fired = true
				l.fires = append(l.fires, fmt.Sprintf("fires (+%.1f): %s", f.Claimed.Float(), f.Reason))
			}
		}
		switch {
		case fired && !trace[i].Fires:
			l.wrong = "must stay quiet"
		case !fired && trace[i].Fires:
			l.wrong = "must fire, and stays quiet"
		}
	}
	return p, nil
}

// behaviours are the built-in ones, nil, unless the one played is none of them.
func behaviours(d *detect.Detection) []detect.Detection {
	for i := range detections.All {
		if detections.All[i].ID == d.ID {
			return nil
		}
	}
	return []detect.Detection{*d}
}

// holds reports whether the marked lines fired and no other event did.
func (p *played) holds() bool {
	for _, l := range p.lines {
		if l.wrong != "" {
			return false
		}
	}
	return true
}

// print writes the lines, and below each what fired on it and what is wrong.
func (p *played) print(b *strings.Builder) {
	for _, l := range p.lines {
		mark := " "
		if l.marked {
			mark = ">"
		}
		fmt.Fprintf(b, "  %s %s\n", mark, l.text)
		for _, why := range l.fires {
			b.WriteString(wrap(why, "        ", "          "))
		}
		if l.wrong != "" {
			fmt.Fprintf(b, "     !! %s\n", l.wrong)
		}
	}
}
