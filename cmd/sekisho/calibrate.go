package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/calibrate"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/model"
)

// calibrateCommand is "sekisho calibrate".
type calibrateCommand struct {
	Paths     []string `arg:"" name:"path" help:"Your own history: files, folders; 30 days or more, 90 for a guarantee worth the name."`
	Config    string   `placeholder:"FILE" help:"What you declare of your organisation (YAML)."`
	Inventory string   `placeholder:"FILE" help:"Output of: aws iam get-account-authorization-details."`
	Model     string   `placeholder:"FILE" help:"The model to start from, instead of the shipped one."`
	Verdicts  string   `placeholder:"FILE" help:"What people decided of incidents, as sekisho verdict keeps it."`
	Out       string   `placeholder:"FILE" help:"Where to write the calibrated model, for scan --model."`
	Report    string   `placeholder:"FILE" help:"Where to write the shadow report, instead of standard output."`
	Format    string   `enum:"text,json" default:"text" help:"Of the shadow report: ${enum}."`
	Memory    size     `default:"384MiB" help:"Budget for records in memory; more spills to the temporary folder."`
}

// learnMost and learnShare are how much of a history is learned from before any
// of it is judged: two weeks, or a quarter of what is shorter.
const (
	learnMost  = 14 * 24 * time.Hour
	learnShare = 4
)

// Run replays the history in shadow.
func (c *calibrateCommand) Run(ctx context.Context, m *Main) error {
	limitMemory(int64(c.Memory))
	declared := config.Default()
	if c.Config != "" {
		var err error
		if declared, err = loadConfig(c.Config); err != nil {
			return err
		}
	}
	defer declared.Close()
	base, err := loadModel(c.Model)
	if err != nil {
		return err
	}
	o := engine.Options{Config: declared, Summaries: true}
	deciding := base.Model()
	o.Model = &deciding
	if c.Inventory != "" {
		if o.Inventory, err = readInventory(c.Inventory); err != nil {
			return err
		}
	}
	if o.Verdicts, err = readVerdicts(c.Verdicts); err != nil {
		return err
	}
	f := &fold{paths: c.Paths, memory: int64(c.Memory), stdin: m.Stdin, eager: false}

	// What there is: the span says where learning ends.
	span, err := f.run(ctx, func(*sekisho.Event, *ingest.Record) {})
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	if span.events == 0 {
		return errors.New("calibrate: there is no event in what was named; name the folder of your log files")
	}
	learn := min(span.last.Sub(span.first)/learnShare, learnMost)
	judgedFrom := span.first.Add(learn)

	// Weights on the first half of what is judged, thresholds on all of it as the
	// new weights judge it; what is promised counts the second half alone.
	half := judgedFrom.Add(span.last.Sub(judgedFrom) / 2)
	ended, g, err := replay(ctx, f, o, judgedFrom)
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	first := &calibrate.Evidence{Days: max(1, int(half.Sub(judgedFrom)/(24*time.Hour)))}
	acted := wouldAct(g, o.Verdicts)
	for i := range ended {
		if x := &ended[i]; x.End.Before(half) && !acted[x.Incident] && o.Verdicts[x.Incident].Kind != sekisho.VerdictTrue {
			first.Ordinary(x)
		}
	}
	for _, in := range g.Incidents() {
		if in.MergedInto == "" && o.Verdicts[in.ID].Kind == sekisho.VerdictTrue {
			first.Attack(in.Findings)
		}
	}
	base = calibrate.Reweighed(first, base)
	deciding = base.Model()
	if ended, g, err = replay(ctx, f, o, judgedFrom); err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}

	days := max(1, int(span.last.Sub(judgedFrom)/(24*time.Hour)))
	s := &calibrate.Shadow{Schema: "sekisho.shadow/v1", From: judgedFrom, To: span.last, Days: days, Learned: int(learn / (24 * time.Hour)), Episodes: len(ended), Actions: []calibrate.Acted{}}
	acted = wouldAct(g, o.Verdicts)
	for _, in := range g.Incidents() {
		switch {
		case in.MergedInto != "" || in.Severity < sekisho.SeverityMedium:
		case in.Containment != nil:
			// Marks are of the whole history: here the verdict counts whenever given.
			s.Act(&in, o.Verdicts[in.ID].Kind.String())
		default:
			s.Warned++
		}
	}
	v := &calibrate.Evidence{Days: days, FreshDays: max(1, int(span.last.Sub(half)/(24*time.Hour)))}
	var open []correlate.Ended
	for i := range ended {
		x := &ended[i]
		if acted[x.Incident] || o.Verdicts[x.Incident].Kind == sekisho.VerdictTrue {
			// An attack that was only warned of is no ordinary work either.
			if o.Verdicts[x.Incident].Kind != sekisho.VerdictTrue {
				open = append(open, *x)
			}
			continue
		}
		v.Ordinary(x)
		if !x.End.Before(half) {
			v.Fresh++
		}
	}
	fitted := calibrate.Tenant(v, base, fmt.Sprintf("%d days of your own history, taken to be ordinary work but for %d episodes that would have been acted upon and have no verdict that says otherwise", days, len(acted)))
	if len(open) > 0 {
		s.IfFalse = calibrate.Rehearse(v, open, base.Thresholds["act"].Nats)
		fitted.Made.Guarantee = calibrate.Unpromised(v, len(open))
	}
	// Who would have been refused: the history once more, against the cuts.
	if len(s.Actions) > 0 {
		if _, err := f.run(ctx, func(e *sekisho.Event, _ *ingest.Record) { s.Deny(e) }); err != nil {
			return fmt.Errorf("calibrate: %w", err)
		}
	}
	if c.Out != "" {
		if err := writeFile(c.Out, func(w io.Writer) error { return fitted.Write(w) }); err != nil {
			return err
		}
	}
	write := func(w io.Writer) error {
		if c.Format == "json" {
			e := json.NewEncoder(w)
			e.SetIndent("", " ")
			return e.Encode(s)
		}
		return s.Text(w, fitted)
	}
	if c.Report != "" {
		return writeFile(c.Report, write)
	}
	return write(m.Stdout)
}

// wouldAct are the incidents that would be acted upon and that nobody found
// harmless.
func wouldAct(g *engine.Engine, verdicts map[string]sekisho.Verdict) map[string]bool {
	out := map[string]bool{}
	for _, in := range g.Incidents() {
		if in.MergedInto == "" && in.Severity >= sekisho.SeverityMedium && in.Containment != nil && !verdicts[in.ID].Kind.Harmless() {
			out[in.ID] = true
		}
	}
	return out
}

// loadModel reads a model file, or the shipped one.
func loadModel(path string) (*model.File, error) {
	if path == "" {
		return model.ShippedFile(), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the model: %w; write one with sekisho calibrate --out", err)
	}
	defer f.Close()
	out, err := model.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}
