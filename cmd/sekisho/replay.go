package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/store"
)

// stopped is how a command reaches the data folder of a service that does not run.
type stopped struct {
	Data   string `default:"sekisho-data" env:"SEKISHO_DATA" placeholder:"DIR" help:"Data folder of a service that does not run, or a backup of one that does (${default}, or SEKISHO_DATA)."`
	Config string `placeholder:"FILE" help:"What the service was told of your organisation (YAML)."`
	Keys   string `placeholder:"FILE" help:"Key file that its records are sealed with, if not where the configuration or the data folder has it: a backup holds none."`
}

// encryption is where the keys are.
func (s *stopped) encryption(c *config.Config) config.Encryption {
	e := c.Service.Encryption
	if s.Keys != "" {
		e.KeyFile = s.Keys
	}
	return e
}

// judged is what decided in a service.
type judged struct {
	stopped
	Inventory string `placeholder:"FILE" help:"The inventory file that it was given."`
	Model     string `placeholder:"FILE" help:"The model that it was given."`
}

// open opens the log, to read only, with what decides on it.
func (j *judged) open(ctx context.Context) (*store.Store, live.Options, func() error, error) {
	o, declared, err := serving(j.Config, j.Inventory, j.Model)
	if err != nil {
		return nil, live.Options{}, nil, err
	}
	db, err := openLog(ctx, j.Data, j.encryption(declared), false, true)
	if err != nil {
		return nil, live.Options{}, nil, errors.Join(err, declared.Close())
	}
	if err := j.sameJudge(db); err != nil {
		return nil, live.Options{}, nil, errors.Join(err, db.Close(), declared.Close())
	}
	return db, liveOptions(o, &declared.Service), func() error { return errors.Join(db.Close(), declared.Close()) }, nil
}

// replayCommand is "sekisho replay".
type replayCommand struct {
	judged
	Outcome string `placeholder:"FILE" help:"Also write which incidents and decisions come of it (JSON); - for standard output."`
	Days    int    `default:"30" help:"In the outcome: incidents of so many last days of the log."`
}

// errOtherBits says that a replay came to other state than the service.
var errOtherBits = errors.New("the replay came to other state than the service had: was it given another configuration, model or binary?")

// Run folds the log from its beginning and holds the state against that which the
// service goes on from. It writes nothing to the data folder.
func (c *replayCommand) Run(ctx context.Context, m *Main) (err error) {
	db, options, end, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	seen := &outcome{latest: map[string]*told{}}
	following := options
	following.Effects = seen.note
	whole, records, err := live.Replay(db, following)
	if err != nil {
		return err
	}
	if c.Outcome != "" {
		return c.write(m, seen)
	}
	checkpointed, err := db.Checkpointed()
	if err != nil {
		return err
	}
	resumed, err := live.New(db, options)
	if err != nil {
		return err
	}
	var a, b bytes.Buffer
	if err := errors.Join(whole.Checkpoint(&a), checkpointOf(resumed, &b)); err != nil {
		return err
	}
	n := 0
	for _, in := range whole.Incidents() {
		if in.MergedInto == "" {
			n++
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		if was, err := judgedBy(db); err == nil && was.Since > 1 {
			return fmt.Errorf("%d records of %d deliveries: the service judges by its present configuration, inventory file and model since delivery %d (%s); what came before was judged by others, and cannot be proved by these", records, db.Last(), was.Since, was.At.Format(time.RFC3339))
		}
		return fmt.Errorf("%d records of %d deliveries: %w", records, db.Last(), errOtherBits)
	}
	says := "and the state is the same bits that the service goes on from"
	if !checkpointed {
		says = "twice, to the same bits; there is no checkpoint yet that they could be held against"
	}
	fmt.Fprintf(m.Stdout, "%d records of %d deliveries, folded from the beginning: %d incidents are open or lately closed, %s\n", records, db.Last(), n, says)
	return nil
}

func (c *replayCommand) write(m *Main, seen *outcome) error {
	out := seen.of(time.Duration(c.Days) * 24 * time.Hour)
	if c.Outcome == "-" {
		return printJSON(m.Stdout, out)
	}
	f, err := os.OpenFile(c.Outcome, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the outcome: %w", err)
	}
	return errors.Join(printJSON(f, out), f.Close())
}

// checkpointOf writes the state of a service that does not run.
func checkpointOf(s *live.Service, w io.Writer) (err error) {
	s.Idle(func(g *engine.Engine) { err = g.Checkpoint(w) })
	return err
}

// told is one incident as a replay left it, and its decisions: what an operator would
// have been told, and nothing that is only wording.
type told struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Severity  string    `json:"severity"`
	OpenedAt  time.Time `json:"opened_at"`
	Root      string    `json:"root"`
	Findings  []string  `json:"findings"` // behaviours, sorted, each once
	Decisions []string  `json:"decisions"`
	Actions   []string  `json:"actions"`
	last      time.Time
}

// outcomeFile is what replay writes with --outcome.
type outcomeFile struct {
	Schema    string `json:"schema"`
	Version   string `json:"version"`
	Incidents []told `json:"incidents"`
}

const outcomeSchema = "sekisho.outcome/v1"

// outcome gathers what a replay is told.
type outcome struct {
	latest map[string]*told
	newest time.Time
}

func (o *outcome) note(x live.Effects) {
	for i := range x.Incidents {
		in := &x.Incidents[i]
		if in.MergedInto != "" {
			delete(o.latest, in.ID)
			continue
		}
		t := o.at(in.ID)
		t.Title, t.Severity, t.OpenedAt, t.Root, t.last = in.Title, in.Severity.String(), in.OpenedAt, in.Root.ID, in.LastEventAt
		t.Findings, t.Actions = fired(in), actions(in)
		if in.LastEventAt.After(o.newest) {
			o.newest = in.LastEventAt
		}
	}
	for _, d := range x.Decisions {
		t := o.at(d.Incident)
		t.Decisions = append(t.Decisions, fmt.Sprintf("tier %d at %s by %s", d.Tier, d.EventAt.UTC().Format(time.RFC3339), d.EventID))
	}
}

func (o *outcome) at(id string) *told {
	if o.latest[id] == nil {
		o.latest[id] = &told{ID: id}
	}
	return o.latest[id]
}

func fired(in *sekisho.Incident) []string {
	var out []string
	for i := range in.Findings {
		out = append(out, in.Findings[i].Detection)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func actions(in *sekisho.Incident) []string {
	var out []string
	if in.Containment != nil {
		for _, a := range in.Containment.Actions {
			out = append(out, a.Action+" "+a.Target)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// of is what happened within some time before the newest event.
func (o *outcome) of(last time.Duration) outcomeFile {
	out := outcomeFile{Schema: outcomeSchema, Version: versionText(), Incidents: []told{}}
	for _, t := range o.latest {
		if o.newest.Sub(t.last) <= last {
			out.Incidents = append(out.Incidents, *t)
		}
	}
	slices.SortFunc(out.Incidents, func(a, b told) int { return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), strings.Compare(a.ID, b.ID)) })
	return out
}

// upgradeCommand is "sekisho upgrade".
type upgradeCommand struct {
	Check upgradeCheck `cmd:"" help:"Say which incidents and decisions of the last days another version would have made otherwise. Exit status: 0 none, 10 some."`
}

type upgradeCheck struct {
	judged
	New  string `arg:"" help:"The other version's program."`
	Days int    `default:"30" help:"Incidents of so many last days of the log."`
}

// Run replays the log with this program and with the other one, and compares.
func (c *upgradeCheck) Run(ctx context.Context, m *Main) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	before, err := c.outcome(ctx, self)
	if err != nil {
		return err
	}
	after, err := c.outcome(ctx, c.New)
	if err != nil {
		return err
	}
	changes := compare(before, after)
	fmt.Fprintf(m.Stdout, "%s: %d incidents in the last %d days of the log; %s: %d\n", before.Version, len(before.Incidents), c.Days, after.Version, len(after.Incidents))
	for _, line := range changes {
		fmt.Fprintln(m.Stdout, line)
	}
	if len(changes) == 0 {
		fmt.Fprintln(m.Stdout, "No incident and no decision changes.")
		return nil
	}
	return errIncidents
}

// outcomeMax caps what another program may answer.
const outcomeMax = 256 << 20

// outcome runs a program over the log.
func (c *upgradeCheck) outcome(ctx context.Context, program string) (*outcomeFile, error) {
	args := []string{"replay", "--data", c.Data, "--outcome", "-", "--days", fmt.Sprint(c.Days)}
	for _, x := range [][2]string{{"--config", c.Config}, {"--keys", c.Keys}, {"--inventory", c.Inventory}, {"--model", c.Model}} {
		if x[1] != "" {
			args = append(args, x[0], x[1])
		}
	}
	cmd := exec.CommandContext(ctx, program, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w; name the other version's program", program, err)
	}
	text, err := io.ReadAll(io.LimitReader(pipe, outcomeMax))
	if failed := cmd.Wait(); failed != nil {
		return nil, fmt.Errorf("replay with %s: %w: %s", program, failed, plain(strings.TrimSpace(errs.String())))
	}
	var out outcomeFile
	if err = errors.Join(err, json.Unmarshal(text, &out)); err != nil || out.Schema != outcomeSchema {
		return nil, fmt.Errorf("replay with %s: its answer is not an outcome of the form %s (%v); it may be too old to be compared", program, outcomeSchema, err)
	}
	return &out, nil
}

// compare says in lines what is otherwise.
func compare(before, after *outcomeFile) (lines []string) {
	was := map[string]*told{}
	for i := range before.Incidents {
		was[before.Incidents[i].ID] = &before.Incidents[i]
	}
	for i := range after.Incidents {
		b := &after.Incidents[i]
		a := was[b.ID]
		delete(was, b.ID)
		if a == nil {
			lines = append(lines, fmt.Sprintf("+ %s %s %s: %s", b.ID, b.Severity, b.OpenedAt.UTC().Format(time.RFC3339), plain(b.Title)))
			continue
		}
		for _, x := range []struct{ what, a, b string }{{"severity", a.Severity, b.Severity}, {"root", a.Root, b.Root},
			{"behaviours", strings.Join(a.Findings, ", "), strings.Join(b.Findings, ", ")},
			{"decisions", strings.Join(a.Decisions, "; "), strings.Join(b.Decisions, "; ")},
			{"actions", strings.Join(a.Actions, ", "), strings.Join(b.Actions, ", ")}} {
			if x.a != x.b {
				lines = append(lines, fmt.Sprintf("~ %s %s: %s -> %s", b.ID, x.what, plain(cmp.Or(x.a, "none")), plain(cmp.Or(x.b, "none"))))
			}
		}
	}
	for i := range before.Incidents {
		if a := was[before.Incidents[i].ID]; a != nil {
			lines = append(lines, fmt.Sprintf("- %s %s %s: %s", a.ID, a.Severity, a.OpenedAt.UTC().Format(time.RFC3339), plain(a.Title)))
		}
	}
	return lines
}
