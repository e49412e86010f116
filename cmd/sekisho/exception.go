package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/calibrate"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
)

// exceptionCommand is "sekisho exception".
type exceptionCommand struct {
	Behaviour string    `required:"" help:"The behaviour that is ordinary for someone; sekisho explain lists them."`
	Identity  string    `help:"Whose: a name, or an ARN with * for any text."`
	Account   string    `help:"In which account."`
	Target    string    `help:"On what: a name or ARN with * for any text."`
	Owner     string    `required:"" help:"Who answers for it."`
	Reason    string    `required:"" help:"Why it is ordinary."`
	From      time.Time `format:"2006-01-02" help:"From when on; today, if not given."`
	Until     time.Time `required:"" format:"2006-01-02" help:"Until when; at most a year."`
	History   []string  `required:"" placeholder:"PATH" sep:"none" help:"Logs to show it on: what it would have hidden."`
	Config    string    `placeholder:"FILE" help:"Your configuration."`
	Save      bool      `help:"Append it to --config; without this it is only shown."`
	Memory    size      `default:"384MiB" help:"Budget for records in memory; more spills to the temporary folder."`
}

// shownMost is how many examples of what would be hidden are printed.
const shownMost = 5

// Run shows what the exception would have hidden and which campaigns it would
// blind, and prints it; only --save writes it.
func (c *exceptionCommand) Run(ctx context.Context, m *Main) error {
	if !slices.ContainsFunc(detections.All, func(d detect.Detection) bool { return d.ID == c.Behaviour }) {
		return fmt.Errorf("exception: there is no behaviour %q; sekisho explain lists them", c.Behaviour)
	}
	if c.Save && c.Config == "" {
		return errors.New("exception: --save wants the --config to append it to")
	}
	if c.From.IsZero() {
		c.From = time.Now().UTC().Truncate(24 * time.Hour)
	}
	yaml := c.yaml()
	var was []byte
	if c.Config != "" {
		var err error
		if was, err = os.ReadFile(c.Config); err != nil {
			return fmt.Errorf("exception: %w", err)
		}
	}
	// What would be written is read as it will be.
	if _, err := config.Parse(appended(was, yaml)); err != nil {
		return fmt.Errorf("exception: the configuration with it: %w", err)
	}
	before, err := config.Parse(was)
	if err != nil {
		return fmt.Errorf("exception: %w", err)
	}
	defer before.Close()
	after, err := config.Parse(was)
	if err != nil {
		return fmt.Errorf("exception: %w", err)
	}
	defer after.Close()
	after.Exceptions = append(after.Exceptions, c.exception(config.NewMatcher(c.patterns()...)))

	seen := func(declared *config.Config) ([]sekisho.Incident, error) {
		g := engine.New(engine.Options{Config: declared})
		_, err := (&fold{paths: c.History, memory: int64(c.Memory), stdin: m.Stdin}).run(ctx, func(e *sekisho.Event, _ *ingest.Record) { g.Step(e) })
		return g.Incidents(), err
	}
	old, err := seen(before)
	if err != nil {
		return fmt.Errorf("exception: %w", err)
	}
	now, err := seen(after)
	if err != nil {
		return fmt.Errorf("exception: %w", err)
	}
	c.compare(m, old, now)

	blinded, err := calibrate.Blinds(func(victim string, at time.Time) *config.Config {
		// The account and the target are the tenant's and nobody's there: what is
		// asked is the worst that the exception could hide of the identities that it
		// covers, wherever and on whatever.
		x := c.exception(config.NewMatcher(victim))
		x.Account, x.Target = "", config.NewMatcher()
		if c.Identity == "" {
			x.Identity = config.NewMatcher()
		}
		declared := config.Default()
		declared.Exceptions = []config.Exception{x}
		return declared
	})
	if err != nil {
		return fmt.Errorf("exception: %w", err)
	}
	if len(blinded) == 0 {
		fmt.Fprintln(m.Stdout, "\nNone of the made-up campaigns would be found or acted upon later, "+whom(c.Identity)+" their victim.")
	} else {
		fmt.Fprintln(m.Stdout, "\nOne of these made-up campaigns, "+whom(c.Identity)+" its victim, would be")
		for _, b := range blinded {
			fmt.Fprintf(m.Stdout, "  %-28s %s\n", b.Campaign, b.What)
		}
	}
	fmt.Fprintf(m.Stdout, "\n%s", yaml)
	if !c.Save {
		fmt.Fprintln(m.Stdout, "\nNothing was written. Put it into your configuration, or say --save with --config FILE.")
		return nil
	}
	return c.save(was, yaml)
}

// whom says who is supposed to be the victim.
func whom(identity string) string {
	if identity == "" {
		return "with anyone as"
	}
	return "with the identity as"
}

// compare prints what the exception would have changed in the history.
func (c *exceptionCommand) compare(m *Main, old, now []sekisho.Incident) {
	hidden, kept := 0, 0
	var examples []string
	for _, in := range now {
		tripwire := slices.ContainsFunc(in.Findings, func(f sekisho.Finding) bool { return f.Tripwire })
		for _, f := range in.Findings {
			switch {
			case f.Detection != c.Behaviour || !f.Excepted:
			case tripwire:
				kept++
			default:
				hidden++
				if len(examples) < shownMost {
					reason, _, _ := strings.Cut(f.Reason, " (excepted until")
					examples = append(examples, f.At.UTC().Format(time.DateTime)+" "+reason)
				}
			}
		}
	}
	fmt.Fprintf(m.Stdout, "In the history named it would have taken the weight of %d findings; %d more would have counted all the same, because their lineage has a tripwire.\n", hidden, kept)
	for _, e := range examples {
		fmt.Fprintf(m.Stdout, "  %s\n", plain(e))
	}
	byID := map[string]*sekisho.Incident{}
	for i := range now {
		byID[now[i].ID] = &now[i]
	}
	for i := range old {
		a := &old[i]
		b := byID[a.ID]
		if b == nil || a.MergedInto != "" {
			continue
		}
		if a.Severity != b.Severity || (a.Containment == nil) != (b.Containment == nil) {
			fmt.Fprintf(m.Stdout, "  incident %s (%s): %s %.1f would have been %s %.1f%s\n", a.ID, plain(a.Title), a.Severity, a.Score.Float(), b.Severity, b.Score.Float(),
				map[bool]string{true: ", and not acted upon"}[a.Containment != nil && b.Containment == nil])
		}
	}
}

// loadConfig reads a configuration, and sees that what it excepts exists.
func loadConfig(path string) (*config.Config, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	if err := c.Service.CheckSources(sourceNames()); err != nil {
		return nil, errors.Join(fmt.Errorf("configuration %s: %w", path, err), c.Close())
	}
	for _, x := range c.Exceptions {
		if !slices.ContainsFunc(detections.All, func(d detect.Detection) bool { return d.ID == x.Behaviour }) {
			return nil, errors.Join(fmt.Errorf("%s: an exception is for behaviour %q, which does not exist; sekisho explain lists them", path, x.Behaviour), c.Close())
		}
	}
	return c, nil
}

// plain is text from records without what a terminal would obey.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '·'
		}
		return r
	}, s)
}

func (c *exceptionCommand) patterns() []string {
	if c.Identity == "" {
		return nil
	}
	return []string{c.Identity}
}

// exception is what is asked for, for all time: it is shown on what has been.
func (c *exceptionCommand) exception(who config.Matcher) config.Exception {
	x := config.Exception{Behaviour: c.Behaviour, Identity: who, Account: c.Account, Owner: c.Owner, Reason: c.Reason, Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	if c.Target != "" {
		x.Target = config.NewMatcher(c.Target)
	}
	return x
}

// yaml is the entry as the configuration holds it.
func (c *exceptionCommand) yaml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - behaviour: %s\n", c.Behaviour)
	for _, x := range [...][2]string{{"identity", c.Identity}, {"account", c.Account}, {"target", c.Target}, {"owner", c.Owner}, {"reason", c.Reason}} {
		if x[1] != "" {
			fmt.Fprintf(&b, "    %s: %s\n", x[0], strconv.Quote(x[1]))
		}
	}
	fmt.Fprintf(&b, "    from: %s\n    until: %s\n", c.From.UTC().Format(time.RFC3339), c.Until.UTC().Format(time.RFC3339))
	return "exceptions:\n" + b.String()
}

// appended is a configuration with one more exception. A list that ends the file
// grows; else the entry goes below its heading.
func appended(was []byte, yaml string) []byte {
	entry := strings.TrimPrefix(yaml, "exceptions:\n")
	lines := strings.SplitAfter(string(was), "\n")
	for i, l := range lines {
		if strings.TrimRight(l, " \r\n") == "exceptions:" {
			return []byte(strings.Join(lines[:i+1], "") + entry + strings.Join(lines[i+1:], ""))
		}
	}
	out := bytes.TrimRight(was, "\n")
	if len(out) > 0 {
		out = append(slices.Clone(out), "\n\n"...)
	}
	return append(out, yaml...)
}

func (c *exceptionCommand) save(was []byte, yaml string) error {
	s, err := os.Stat(c.Config)
	if err != nil {
		return fmt.Errorf("save the exception: %w", err)
	}
	if err := os.WriteFile(c.Config, appended(was, yaml), s.Mode().Perm()); err != nil {
		return fmt.Errorf("save the exception: %w; the configuration may be write-protected", err)
	}
	return nil
}
