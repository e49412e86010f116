package detections_test

import (
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/engine"
)

// Every example plays through the real engine: a marked line must bring new
// evidence of its behaviour, and no other line may.
func TestExamples(t *testing.T) {
	conf, err := config.Parse(detections.ExamplesConfig)
	if err != nil {
		t.Fatal(err)
	}
	for i := range detections.All {
		d := &detections.All[i]
		t.Run(d.ID, func(t *testing.T) {
			for _, x := range d.Examples {
				lines, err := detect.ParseTrace(x.Trace)
				if err != nil {
					t.Errorf("%s: %v", x.Name, err)
					continue
				}
				play(t, conf, d, x.Name, lines)
			}
		})
	}
}

func play(t *testing.T, conf *config.Config, d *detect.Detection, name string, lines []detect.Line) {
	t.Helper()
	g := engine.New(engine.Options{Config: conf})
	for i := range lines {
		l := &lines[i]
		var hit *sekisho.Finding
		for _, f := range g.Step(&l.Event) {
			if f.Detection == d.ID {
				hit = &f
			}
		}
		switch {
		case hit == nil && l.Fires:
			t.Errorf("%s: line %d (%s) must fire and does not", name, l.No, l.Event.Name())
		case hit != nil && !l.Fires:
			t.Errorf("%s: line %d (%s, event %s) must stay quiet and fires: %s", name, l.No, l.Event.Name(), l.Event.ID, hit.Reason)
		}
		if hit == nil {
			continue
		}
		if len(strings.Fields(hit.Reason)) < 4 || hit.Claimed <= 0 {
			t.Errorf("%s: line %d: a finding needs a reason in words and a weight: %q, %.2f nats", name, l.No, hit.Reason, hit.Claimed.Float())
		}
		limit := 4 * sekisho.Nat // c_max of the behaviour model; twice that for tripwires
		if hit.Tripwire {
			limit *= 2
		}
		if hit.Claimed > limit {
			t.Errorf("%s: line %d claims %.2f nats, more than %.0f", name, l.No, hit.Claimed.Float(), limit.Float())
		}
	}
}
