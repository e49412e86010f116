package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/calibrate"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/model"
)

// fitCommand is "sekisho fit".
type fitCommand struct {
	Leads    bool     `help:"Write instead, on made-up organisations, how long before the point of no return each behaviour fires."`
	MadeUp   bool     `help:"Fit on made-up organisations of the fitting half; the shipped model is this."`
	Ordinary []string `placeholder:"PATH" help:"Recordings that are taken to be ordinary work: files, folders; the first quarter, or two weeks, is learned from only."`
	Attack   []string `placeholder:"DIR" help:"Labelled attacks: folders with logs/ and labels.json or truth.json, whose events are named by id as {\"events\": [{\"id\": …}]}. Other records beside them are the work around."`
	Config   string   `placeholder:"FILE" help:"What is declared of the recorded organisation (YAML)."`
	Seeds    []uint64 `help:"Seeds of the made-up organisations; those of the shipped model if none are given."`
	Days     int      `default:"60" help:"Days of ordinary work of each."`
	Accounts int      `default:"4" help:"Accounts of each."`
	Memory   size     `default:"384MiB" help:"Budget for records in memory; more spills to the temporary folder."`
	Out      string   `required:"" placeholder:"FILE" help:"Where to write the model."`
}

// Run fits and writes the model.
func (c *fitCommand) Run(ctx context.Context, m *Main) error {
	if c.Leads {
		return writeFile(c.Out, calibrate.LeadsOf.WriteLeads)
	}
	recorded := len(c.Ordinary) > 0 || len(c.Attack) > 0
	if !c.MadeUp && !recorded {
		return errors.New("fit: nothing to fit on; say --made-up, or name recordings with --ordinary PATH and --attack DIR")
	}
	from := calibrate.Shipped
	if len(c.Seeds) > 0 {
		from.Seeds, from.Held = c.Seeds[:(len(c.Seeds)+1)/2], c.Seeds[(len(c.Seeds)+1)/2:]
	}
	from.Days, from.Accounts = c.Days, c.Accounts
	v, made := &calibrate.Evidence{}, model.Made{By: "sekisho fit"}
	if c.MadeUp {
		var err error
		if v, err = from.Evidence(); err != nil {
			return fmt.Errorf("fit: %w", err)
		}
		made = calibrate.MadeUpBy(from)
	}
	if recorded {
		limitMemory(int64(c.Memory))
		start := correlate.Start
		if err := c.recordings(ctx, m, v, &start, true); err != nil {
			return fmt.Errorf("fit: %w", err)
		}
		says := fmt.Sprintf("%d recordings taken to be ordinary and %d labelled attacks", len(c.Ordinary), len(c.Attack))
		if c.MadeUp {
			says += ", beside " + made.From
		}
		made.By, made.From = "sekisho fit", says
	}
	f, err := calibrate.Fit(v, func(deciding *correlate.Model) (*calibrate.Evidence, error) {
		held := &calibrate.Evidence{}
		if c.MadeUp {
			var err error
			if held, err = from.Judge(deciding); err != nil {
				return nil, err
			}
		}
		return held, c.recordings(ctx, m, held, deciding, false)
	}, &correlate.Start, made)
	if err != nil {
		return fmt.Errorf("fit: %w", err)
	}
	if err := writeFile(c.Out, func(w io.Writer) error { return f.Write(w) }); err != nil {
		return err
	}
	fmt.Fprintf(m.Stdout, "%s: %d behaviours from %d ordinary episodes and %d campaigns\n  act %g: %s\n  alone %g: %s\n  %s\n", c.Out, len(f.Weights), f.Made.Episodes, f.Made.Campaigns,
		f.Thresholds["act"].Nats, f.Thresholds["act"].Origin, f.Thresholds["alone"].Nats, f.Thresholds["alone"].Origin, f.Made.Guarantee)
	return nil
}

// recordings adds what was named to the evidence, as a model judges it: for weights
// the first half of the ordinary work and the attacks, for thresholds the second
// half.
func (c *fitCommand) recordings(ctx context.Context, m *Main, v *calibrate.Evidence, deciding *correlate.Model, weights bool) error {
	declared := config.Default()
	if c.Config != "" {
		var err error
		if declared, err = loadConfig(c.Config); err != nil {
			return err
		}
	}
	defer declared.Close()
	options := engine.Options{Config: declared, Model: deciding, Summaries: true}
	if len(c.Ordinary) > 0 {
		f := &fold{paths: c.Ordinary, memory: int64(c.Memory), stdin: m.Stdin}
		span, err := f.run(ctx, func(*sekisho.Event, *ingest.Record) {})
		if err != nil {
			return err
		}
		if span.events == 0 {
			return errors.New("there is no event in what --ordinary names; name the folder of log files")
		}
		learn := min(span.last.Sub(span.first)/learnShare, learnMost)
		ended, _, err := replay(ctx, f, options, span.first.Add(learn))
		if err != nil {
			return err
		}
		judged := span.last.Sub(span.first) - learn
		for i := range ended {
			if ended[i].End.Before(span.last.Add(-judged/2)) == weights {
				v.Ordinary(&ended[i])
			}
		}
		v.Days += max(1, int(judged/2/(24*time.Hour)))
	}
	if !weights {
		return nil
	}
	for _, dir := range c.Attack {
		labels, err := readLabels(dir)
		if err != nil {
			return err
		}
		f := &fold{paths: []string{filepath.Join(dir, "logs")}, memory: int64(c.Memory), stdin: m.Stdin}
		seen := 0
		g := engine.New(options)
		if _, err := f.run(ctx, func(e *sekisho.Event, _ *ingest.Record) {
			if labels[e.ID] {
				seen++
			}
			g.Step(e)
		}); err != nil {
			return err
		}
		if seen == 0 {
			return fmt.Errorf("%s: none of the %d labelled events is in its logs; is it the recording that the labels are of?", dir, len(labels))
		}
		var findings []sekisho.Finding
		for _, in := range g.Incidents() {
			for _, x := range in.Findings {
				if in.MergedInto == "" && labels[x.EventID] {
					findings = append(findings, x)
				}
			}
		}
		v.Attack(findings)
	}
	return nil
}

// replay folds a history: what came before a time is learned from only, and what
// ended after it is returned.
func replay(ctx context.Context, f *fold, o engine.Options, from time.Time) ([]correlate.Ended, *engine.Engine, error) {
	g := engine.New(o)
	learning := true
	var ended []correlate.Ended
	if _, err := f.run(ctx, func(e *sekisho.Event, _ *ingest.Record) {
		if learning && e.Time.After(from) {
			g.Forget(true)
			g.Ended()
			learning = false
		}
		g.Step(e)
		if !learning {
			ended = append(ended, g.Ended()...)
		}
	}); err != nil {
		return nil, nil, err
	}
	return append(ended, g.Finish()...), g, nil
}

// labelsMax caps a file of labels: a million events of 40 letters.
const labelsMax = 64 << 20

// readLabels reads which events of a recording are the attack.
func readLabels(dir string) (map[string]bool, error) {
	f, err := os.Open(filepath.Join(dir, "labels.json"))
	if errors.Is(err, os.ErrNotExist) {
		f, err = os.Open(filepath.Join(dir, "truth.json"))
	}
	if err != nil {
		return nil, fmt.Errorf("read the labels of %s: %w; put logs/ and labels.json into the folder", dir, err)
	}
	defer f.Close()
	var file struct {
		Events []struct {
			ID      string `json:"id"`
			EventID string `json:"event_id"`
		} `json:"events"`
	}
	if err := json.NewDecoder(io.LimitReader(f, labelsMax)).Decode(&file); err != nil {
		return nil, fmt.Errorf("read the labels %s: %w; it is {\"events\": [{\"id\": \"…\"}]}", f.Name(), err)
	}
	labels := map[string]bool{}
	for _, e := range file.Events {
		if id := cmp.Or(e.ID, e.EventID); id != "" {
			labels[id] = true
		}
	}
	if len(labels) == 0 {
		return nil, fmt.Errorf("read the labels %s: no event is named; it is {\"events\": [{\"id\": \"…\"}]}", f.Name())
	}
	return labels, nil
}
