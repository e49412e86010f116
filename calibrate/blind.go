package calibrate

import (
	"bytes"
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/sim"
)

// Blinded is a made-up campaign that one configuration sees less of than another.
type Blinded struct {
	Campaign string
	What     string // "no longer found", "no longer acted upon", "acted upon 40 s later"
}

// Blinds plays each campaign of the fitting half once under two configurations,
// and says which of them the second would blind. applies makes an exception of
// the tenant's cover the made-up victim: the identity is whoever the campaign
// takes, for the exception's identity is nobody there.
func Blinds(with func(victim string, at time.Time) *config.Config) ([]Blinded, error) {
	const history = 21
	w, err := sim.NewWorld(sim.WorldOptions{Seed: Shipped.Seeds[0], Half: sim.Fitting, Start: begins, Accounts: 2})
	if err != nil {
		return nil, err
	}
	g := engine.New(engine.Options{})
	for d := range history {
		if err := feed(g, w.Day(d)); err != nil {
			return nil, err
		}
	}
	g.Forget(true)
	var state bytes.Buffer
	if err := g.Save(&state); err != nil {
		return nil, err
	}
	at := begins.AddDate(0, 0, history).Add(14 * time.Hour)
	var out []Blinded
	for _, name := range w.Campaigns() {
		records, truth, err := w.Play(name, 1, at)
		if err != nil {
			return nil, err
		}
		run := func(c *config.Config) (found, acted bool, when time.Time, err error) {
			g := engine.New(engine.Options{Config: c})
			if err := g.Load(bytes.NewReader(state.Bytes())); err != nil {
				return false, false, when, err
			}
			if err := feed(g, records); err != nil {
				return false, false, when, err
			}
			for _, in := range g.Incidents() {
				if in.MergedInto != "" || in.Severity < sekisho.SeverityMedium {
					continue
				}
				found = true
				if in.Containment != nil && (!acted || in.Containment.At.Before(when)) {
					acted, when = true, in.Containment.At
				}
			}
			return found, acted, when, nil
		}
		found, acted, when, err := run(nil)
		if err != nil {
			return nil, err
		}
		foundWith, actedWith, whenWith, err := run(with(truth.Root.Name, at))
		if err != nil {
			return nil, err
		}
		switch {
		case found && !foundWith:
			out = append(out, Blinded{name, "no longer found"})
		case acted && !actedWith:
			out = append(out, Blinded{name, "found, and no longer acted upon"})
		case acted && whenWith.After(when):
			out = append(out, Blinded{name, fmt.Sprintf("acted upon %s later", whenWith.Sub(when))})
		}
	}
	return out, nil
}
