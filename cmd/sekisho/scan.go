package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/inventory"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/report"
)

// scanCommand is "sekisho scan".
type scanCommand struct {
	Paths     []string `arg:"" name:"path" help:"Files, folders, or - for standard input: records of CloudTrail, VPC flow logs, GuardDuty, Okta and GitHub, mixed as they are; JSON, text, .gz, .zip, .tar.gz, .zst."`
	Format    string   `enum:"text,json,html" default:"text" help:"What to print: ${enum}. The HTML page is one file for a browser, and asks the network for nothing."`
	Out       string   `placeholder:"FILE" help:"Write the report here instead of standard output."`
	Config    string   `placeholder:"FILE" help:"What you declare of your organisation (YAML)."`
	History   []string `placeholder:"PATH" sep:"none" help:"Earlier logs: learned from, not reported. May be repeated."`
	Inventory string   `placeholder:"FILE" help:"Output of: aws iam get-account-authorization-details."`
	Model     string   `placeholder:"FILE" help:"What decides, as written by sekisho calibrate, instead of the shipped model."`
	Verdicts  string   `placeholder:"FILE" help:"What people decided of incidents, as sekisho verdict keeps it."`
	State     string   `placeholder:"DIR" help:"Load what earlier scans learned, and save what this one learns."`
	Memory    size     `default:"384MiB" help:"Budget for records in memory; more spills to the temporary folder."`
}

// Run scans and reports.
func (c *scanCommand) Run(ctx context.Context, m *Main) error {
	began := time.Now()
	limitMemory(int64(c.Memory))
	bar := newProgress(m.Stderr)
	defer bar.done()
	declared := config.Default()
	if c.Config != "" {
		var err error
		if declared, err = loadConfig(c.Config); err != nil {
			return err
		}
	}
	defer declared.Close()

	var g *engine.Engine
	var in folded
	var at places
	days := 0
	// Input that comes in order needs no sorting on disk. Whether it does shows
	// only at its end: when it turns out not to, the fold starts afresh.
	for _, eager := range []bool{true, false} {
		var err error
		if g, err = c.engine(declared); err != nil {
			return err
		}
		days = g.Stats().Days // what an earlier scan left in --state
		if len(c.History) > 0 {
			var more int
			more, err = history(ctx, g, &fold{paths: c.History, memory: int64(c.Memory), stdin: m.Stdin, eager: eager})
			days += more
		}
		if err == nil {
			f := &fold{paths: c.Paths, memory: int64(c.Memory), stdin: m.Stdin, progress: bar.update, eager: eager}
			if c.Format == "html" {
				at = places{}
			}
			in, err = f.run(ctx, func(e *sekisho.Event, r *ingest.Record) {
				if len(g.Step(e)) > 0 {
					at.note(e, r)
				}
			})
		}
		if errors.Is(err, ingest.ErrDisorder) && eager {
			continue
		}
		if err != nil {
			return err
		}
		break
	}
	bar.done()
	incidents := g.Incidents()
	if c.State != "" {
		if err := c.save(g); err != nil {
			return err
		}
	}
	r := report.New(stats(in, days, time.Since(began)), incidents)
	r.Model = g.Model()
	if c.Format == "html" {
		var err error
		if r.Records, err = at.fetch(ctx, r.RecordsWanted(), int64(c.Memory)); err != nil {
			return err
		}
	}
	// A reader that has seen enough (sekisho scan … | head) is no failure, and
	// does not change what was found.
	if err := c.write(m, r); err != nil && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	if len(r.Incidents) > 0 {
		return errIncidents
	}
	if in.events == 0 && len(in.Unreadable) > 0 {
		bad := in.Unreadable[0]
		// Nothing found, by the contract; but nobody should take it for a clean log.
		fmt.Fprintf(m.Stderr, "sekisho: nothing was judged: not one record could be read; first %s, offset %d: %s; name files of records that are read: see sekisho scan --help\n",
			strconv.Quote(bad.File), bad.Offset, strconv.Quote(bad.Reason))
	}
	return nil
}

// engine makes an engine with all that was declared and learned before.
func (c *scanCommand) engine(declared *config.Config) (*engine.Engine, error) {
	o := engine.Options{Config: declared}
	if c.Inventory != "" {
		entries, err := readInventory(c.Inventory)
		if err != nil {
			return nil, err
		}
		o.Inventory = entries
	}
	if c.Model != "" {
		f, err := loadModel(c.Model)
		if err != nil {
			return nil, err
		}
		m := f.Model()
		o.Model = &m
	}
	verdicts, err := readVerdicts(c.Verdicts)
	if err != nil {
		return nil, err
	}
	o.Verdicts = verdicts
	g := engine.New(o)
	if c.State == "" {
		return g, nil
	}
	f, err := os.Open(c.statePath())
	if errors.Is(err, os.ErrNotExist) {
		return g, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load state: %w", err)
	}
	defer f.Close()
	if err := g.Load(bufio.NewReaderSize(f, 1<<20)); err != nil {
		return nil, fmt.Errorf("%s: %w", c.statePath(), err)
	}
	return g, nil
}

func readInventory(path string) ([]inventory.Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the inventory: %w", err)
	}
	defer f.Close()
	entries, err := aws.ReadInventory(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return entries, nil
}

func (c *scanCommand) statePath() string { return filepath.Join(c.State, "learned.json") }

// save writes what was learned. Episodes that are still open are learned as if
// they had ended, unless they belong to an incident.
func (c *scanCommand) save(g *engine.Engine) error {
	g.Forget(false)
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return fmt.Errorf("save state: %w; name another folder with --state", err)
	}
	return writeFile(c.statePath(), g.Save)
}

// write prints the report, or puts it into the file asked for.
func (c *scanCommand) write(m *Main, r *report.Report) error {
	if c.Out != "" {
		return writeFile(c.Out, func(w io.Writer) error { return c.print(w, r, report.Plain) })
	}
	w := bufio.NewWriterSize(m.Stdout, 64<<10)
	if err := c.print(w, r, report.TerminalOf(m.Stdout)); err != nil {
		return err
	}
	return w.Flush()
}

func (c *scanCommand) print(w io.Writer, r *report.Report, t report.Terminal) error {
	switch c.Format {
	case "json":
		return r.JSON(w)
	case "html":
		return r.HTML(w)
	}
	return r.Text(w, t)
}

// writeFile writes a file whole or not at all, readable by its owner only: a
// report holds names and addresses, learned state habits.
func writeFile(path string, fill func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".sekisho-*")
	if err != nil {
		return fmt.Errorf("write %s: %w; name a folder that exists and is writable", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err = fill(w); err != nil {
		return err
	}
	if err = w.Flush(); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// stats is the report's account of what was read.
func stats(in folded, historyDays int, took time.Duration) report.Stats {
	s := report.Stats{Files: in.Files, Records: in.Records, Events: in.events, Duplicates: in.Duplicates, Late: in.Late,
		Unreadable: in.Unreadable, UnreadableTotal: in.UnreadableTotal, Skipped: in.Skipped, HistoryDays: historyDays, Seconds: took.Seconds()}
	if in.events > 0 {
		s.FirstEventAt, s.LastEventAt = in.first, in.last
	}
	return s
}

// limitMemory keeps garbage from piling up while there is room: up to twice the
// budget, or 960 MiB, the collector works as usual, and beyond that harder. It
// is not the bound on records in memory (that is the budget); a tighter one
// would make the collector run all the time where many identities are known.
func limitMemory(budget int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(2*budget, 960<<20))
	}
}

// size is a number of bytes: 64MiB, 1GiB, 384M.
type size int64

// UnmarshalText reads a size.
func (s *size) UnmarshalText(text []byte) error {
	t := strings.ToUpper(strings.TrimSpace(string(text)))
	t = strings.TrimSuffix(strings.TrimSuffix(t, "B"), "I")
	shift := 0
	for i, unit := range []string{"K", "M", "G", "T"} {
		if rest, ok := strings.CutSuffix(t, unit); ok {
			t, shift = rest, 10*(i+1)
		}
	}
	n, err := strconv.ParseFloat(t, 64)
	if err != nil || n <= 0 || n*float64(int64(1)<<shift) > 1<<46 {
		return fmt.Errorf("%q is not a size; write for example 384MiB or 1GiB", text)
	}
	*s = size(n * float64(int64(1)<<shift))
	if *s < 16<<20 {
		return fmt.Errorf("%q is too little to sort with; 16MiB is the least", text)
	}
	return nil
}
