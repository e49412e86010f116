// Command sekisho-gen writes made-up audit logs: the shipped example, and
// corpora of any size for measuring. It is a tool of the project, not a part of
// the product; see package sim for what it makes.
package main

import (
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sekisho/sekisho/sim"
)

const usage = `usage:
  sekisho-gen example eight-minutes --out DIR [--seed N] [--start TIME] [--pace DURATION] [--history-days N]
              [--no-background] [--random-names] [--not-demonstrated] [--data-events] [--span DURATION]
      the recording of a takeover: DIR/logs and, apart from them, DIR/truth.json
  sekisho-gen example NAME --out DIR [--seed N] [--start TIME] [--no-background] [--span DURATION]
      another incident, told by a script; without NAME: their names
  sekisho-gen corpus --out DIR --gb X [--identities N] [--accounts N] [--seed N] [--mix FILE.ndjson[.gz]]…
      ordinary work of X GB before compression; every --mix is added in files of its own
      (--gb 0 with --mix: nothing but the mix)
  sekisho-gen stream KIND --out DIR --gb X [--identities N] [--accounts N] [--seed N] [--wide]
      ordinary records of another system, as it delivers them: okta-system-log, github-audit, aws-guardduty,
      aws-vpc-flow (--wide: in a format of its own, of 27 fields)
  sekisho-gen organization --out DIR --days N [--people N] [--accounts N] [--seed N]
      ordinary work of an organisation, every actor with habits, for counting false alarms
  sekisho-gen verify REPORT.json TRUTH.json
      hold a report of "sekisho scan --format json" against what really happened
`

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(os.Stderr, usage)
			os.Exit(2)
		}
		fmt.Fprintln(os.Stderr, "sekisho-gen:", err)
		os.Exit(1)
	}
}

// run is the program without its process, so that a test can start it.
func run(args []string, out io.Writer) error {
	switch {
	case len(args) >= 2 && args[0] == "example" && args[1] == "eight-minutes":
		return example(args[2:], out)
	case len(args) >= 2 && args[0] == "example":
		return scenario(args[1], args[2:], out)
	case len(args) == 1 && args[0] == "example":
		return scenarios(out)
	case len(args) >= 1 && args[0] == "corpus":
		return corpus(args[1:], out)
	case len(args) >= 2 && args[0] == "stream":
		return stream(args[1], args[2:], out)
	case len(args) >= 1 && args[0] == "organization":
		return organization(args[1:], out)
	case len(args) == 3 && args[0] == "verify":
		return verify(out, args[1], args[2])
	}
	return flag.ErrHelp
}

func flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f
}

// parse turns the flag package's errors into ones that name the next step.
func parse(f *flag.FlagSet, args []string, folder *string) error {
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%s: %w; run sekisho-gen without arguments for the options", f.Name(), err)
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%s: %q is not an option; run sekisho-gen without arguments for the options", f.Name(), f.Arg(0))
	}
	if *folder == "" {
		return fmt.Errorf("%s: say where to with --out DIR", f.Name())
	}
	// Files of an earlier run would mix with the new ones and nobody would see.
	if old, err := os.ReadDir(*folder); err == nil && len(old) > 0 {
		for _, e := range old {
			if e.Name() == "AWSLogs" || e.Name() == "logs" {
				return fmt.Errorf("%s: %s already holds %s; remove it or choose another folder", f.Name(), *folder, e.Name())
			}
		}
	}
	return nil
}

func example(args []string, out io.Writer) error {
	f := flags("example eight-minutes")
	folder := f.String("out", "", "")
	seed := f.Uint64("seed", sim.ExampleSeed, "")
	start := f.String("start", sim.ExampleStart, "")
	pace := f.Duration("pace", 0, "")
	history := f.Int("history-days", sim.ExampleHistoryDays, "")
	bare := f.Bool("no-background", false, "")
	random := f.Bool("random-names", false, "")
	hidden := f.Bool("not-demonstrated", false, "")
	data := f.Bool("data-events", false, "")
	span := f.Duration("span", sim.ExampleSpan, "")
	if err := parse(f, args, folder); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, *start)
	if err != nil {
		return fmt.Errorf("example: --start %q is not a time like %s", *start, sim.ExampleStart)
	}
	if *span < time.Minute {
		return fmt.Errorf("example: --span %s is too short; a trail delivers every 5m or so", *span)
	}
	stats, err := sim.WriteEightMinutes(*folder, *span, sim.EightMinutesOptions{Seed: *seed, Start: at, Pace: *pace, HistoryDays: *history,
		NoBackground: *bare, RandomNames: *random, NotDemonstrated: *hidden, DataEvents: *data})
	if err != nil {
		return err
	}
	tell(out, *folder, stats)
	return nil
}

// scenarios lists what "example" can make.
func scenarios(out io.Writer) error {
	_, err := fmt.Fprintf(out, "%-24s %s\n", "eight-minutes", "a key found in a bucket becomes the administrator's, through a function, in eight minutes")
	for _, c := range sim.Scenarios {
		_, e := fmt.Fprintf(out, "%-24s %s\n", c.Name, c.Title)
		err = errors.Join(err, e)
	}
	return err
}

// scenario makes an example that a script tells.
func scenario(name string, args []string, out io.Writer) error {
	c, ok := sim.FindScenario(name)
	if !ok {
		return fmt.Errorf("example: no scenario is called %q; run sekisho-gen example for their names", name)
	}
	f := flags("example " + name)
	folder := f.String("out", "", "")
	seed := f.Uint64("seed", c.Seed, "")
	start := f.String("start", c.Start, "")
	bare := f.Bool("no-background", false, "")
	span := f.Duration("span", 0, "")
	if err := parse(f, args, folder); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, *start)
	if err != nil {
		return fmt.Errorf("example: --start %q is not a time like %s", *start, c.Start)
	}
	if *span != 0 && *span < time.Minute {
		return fmt.Errorf("example: --span %s is too short; a trail delivers every 5m or so", *span)
	}
	stats, err := c.Write(*folder, *span, sim.ScenarioOptions{Seed: *seed, Start: at, NoBackground: *bare})
	if err != nil {
		return err
	}
	tell(out, *folder, stats)
	return nil
}

func organization(args []string, out io.Writer) error {
	f := flags("organization")
	folder := f.String("out", "", "")
	seed := f.Uint64("seed", 1, "")
	days := f.Int("days", 1, "")
	people := f.Int("people", 20, "")
	accounts := f.Int("accounts", 3, "")
	if err := parse(f, args, folder); err != nil {
		return err
	}
	rec, err := sim.Organization(sim.OrganizationOptions{Seed: *seed, Start: corpusStart, Days: *days, Accounts: *accounts, People: *people})
	if err != nil {
		return err
	}
	stats, err := rec.WriteS3(*folder, sim.ExampleSpan)
	if err != nil {
		return err
	}
	tell(out, *folder, stats)
	return nil
}

// corpusStart is a working morning, so that the first gigabyte has the busy hours' file sizes.
var corpusStart = time.Date(2025, 11, 3, 8, 0, 0, 0, time.UTC)

type paths []string

func (p *paths) String() string     { return strings.Join(*p, ",") }
func (p *paths) Set(s string) error { *p = append(*p, s); return nil }

func corpus(args []string, out io.Writer) error {
	f := flags("corpus")
	folder := f.String("out", "", "")
	gb := f.Float64("gb", 1, "")
	identities := f.Int("identities", 1000, "")
	accounts := f.Int("accounts", 20, "")
	seed := f.Uint64("seed", 1, "")
	var mixes paths
	f.Var(&mixes, "mix", "")
	if err := parse(f, args, folder); err != nil {
		return err
	}
	stats, err := sim.Corpus(sim.CorpusOptions{Dir: *folder, Bytes: int64(*gb * 1e9), Identities: *identities, Accounts: *accounts, Seed: *seed, Start: corpusStart})
	if err != nil {
		return err
	}
	tell(out, *folder, stats)
	for _, path := range mixes {
		stats, err := mix(*folder, path, *seed)
		if err != nil {
			return err
		}
		tell(out, filepath.Base(path), stats)
	}
	return nil
}

func stream(kind string, args []string, out io.Writer) error {
	f := flags("stream " + kind)
	folder := f.String("out", "", "")
	gb := f.Float64("gb", 1, "")
	identities := f.Int("identities", 2000, "")
	accounts := f.Int("accounts", 4, "")
	seed := f.Uint64("seed", 1, "")
	wide := f.Bool("wide", false, "")
	if err := parse(f, args, folder); err != nil {
		return err
	}
	stats, err := sim.Stream(sim.StreamOptions{Dir: *folder, Kind: kind, Bytes: int64(*gb * 1e9), Identities: *identities, Accounts: *accounts, Seed: *seed, Start: corpusStart, Wide: *wide})
	if err != nil {
		return err
	}
	tell(out, *folder, stats)
	return nil
}

func mix(folder, path string, seed uint64) (sim.Stats, error) {
	file, err := os.Open(path)
	if err != nil {
		return sim.Stats{}, fmt.Errorf("open the records to mix in: %w", err)
	}
	defer file.Close()
	var in io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(file)
		if err != nil {
			return sim.Stats{}, fmt.Errorf("open %s as gzip: %w", path, err)
		}
		in = z
	}
	return sim.Mix(folder, filepath.Base(path), in, seed)
}

func tell(out io.Writer, name string, s sim.Stats) {
	fmt.Fprintf(out, "%s: %d records in %d files, %.1f MB raw, %.1f MB compressed\n", name, s.Records, s.Files, float64(s.RawBytes)/1e6, float64(s.GzBytes)/1e6)
}
