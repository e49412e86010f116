package main

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho/sim"
)

// simCommand is "sekisho sim".
type simCommand struct {
	Seed      uint64    `default:"1" help:"Equal seeds give equal bytes."`
	Days      int       `default:"30" help:"Days of ordinary work."`
	Accounts  int       `default:"4" help:"Accounts of the organisation."`
	Out       string    `required:"" placeholder:"DIR" help:"Where to write: DIR/logs as a trail and other systems deliver them, and the labels apart in DIR/labels."`
	Half      string    `enum:"fitting,measuring" default:"fitting" help:"Which half of the archetypes and campaigns: ${enum}. Nothing is in both."`
	Surfaces  bool      `help:"Other systems log too: the directory, the code host, the network, the threat detector; and attacks go over them."`
	Campaigns int       `help:"How many attacks, in the last third of the days."`
	Start     time.Time `format:"2006-01-02" default:"2026-01-05" help:"The first day."`
}

// Run writes the organisation.
func (c *simCommand) Run(m *Main) error {
	w, err := sim.NewWorld(sim.WorldOptions{Seed: c.Seed, Half: sim.Half(c.Half), Start: c.Start, Accounts: c.Accounts, Surfaces: c.Surfaces})
	if err != nil {
		return err
	}
	stats, err := w.Write(c.Out, sim.WriteOptions{Days: c.Days, Campaigns: c.Campaigns})
	if err != nil {
		return err
	}
	fmt.Fprintf(m.Stdout, "%s: %d records in %d files, %d of them twice and %d late; %d campaigns, labels apart in labels/\n", c.Out, stats.Records, stats.Files, stats.Twice, stats.Late, stats.Campaigns)
	return nil
}
