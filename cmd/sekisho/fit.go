package main

import (
	"fmt"
	"io"

	"github.com/sekisho/sekisho/calibrate"
	"github.com/sekisho/sekisho/correlate"
)

// fitCommand is "sekisho fit".
type fitCommand struct {
	MadeUp   bool     `required:"" help:"Fit on made-up organisations of the fitting half; the shipped model is this."`
	Seeds    []uint64 `help:"Seeds of the organisations; those of the shipped model if none are given."`
	Days     int      `default:"60" help:"Days of ordinary work of each."`
	Accounts int      `default:"4" help:"Accounts of each."`
	Out      string   `required:"" placeholder:"FILE" help:"Where to write the model."`
}

// Run fits and writes the model.
func (c *fitCommand) Run(m *Main) error {
	from := calibrate.Shipped
	if len(c.Seeds) > 0 {
		from.Seeds = c.Seeds
	}
	from.Days, from.Accounts = c.Days, c.Accounts
	v, err := from.Evidence()
	if err != nil {
		return fmt.Errorf("fit: %w", err)
	}
	f := calibrate.Fit(v, &correlate.Start, calibrate.MadeUpBy(from))
	if err := writeFile(c.Out, func(w io.Writer) error { return f.Write(w) }); err != nil {
		return err
	}
	fmt.Fprintf(m.Stdout, "%s: %d behaviours from %d ordinary episodes and %d campaigns\n  act %g: %s\n  alone %g: %s\n  %s\n", c.Out, len(f.Weights), v.Episodes, v.Campaigns,
		f.Thresholds["act"].Nats, f.Thresholds["act"].Origin, f.Thresholds["alone"].Nats, f.Thresholds["alone"].Origin, f.Made.Guarantee)
	return nil
}
