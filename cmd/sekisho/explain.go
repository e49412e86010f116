package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/report"
	"github.com/sekisho/sekisho/technique"
)

// version is set when a release is built.
var version string

type versionCommand struct{}

// Run prints the version, and the revision it was built from where known.
func (versionCommand) Run(_ context.Context, m *Main) error {
	v, revision := version, ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if v == "" {
			v = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " (" + s.Value + ")"
			}
		}
	}
	_, err := fmt.Fprintf(m.Stdout, "sekisho %s%s\n", v, revision)
	return err
}

type schemaCommand struct {
	Output string `arg:"" enum:"report" default:"report" help:"Which output: ${enum}."`
}

// Run prints the schema.
func (schemaCommand) Run(_ context.Context, m *Main) error {
	_, err := m.Stdout.Write(report.Schema())
	return err
}

type explainCommand struct {
	Behaviour string `arg:"" optional:"" help:"Id of a behaviour; none lists them all."`
}

// Run lists the behaviours, or explains one.
func (c *explainCommand) Run(_ context.Context, m *Main) error {
	if c.Behaviour == "" {
		for _, d := range detections.All {
			if _, err := fmt.Fprintf(m.Stdout, "%-32s %s\n", d.ID, d.Title); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range detections.All {
		if d := &detections.All[i]; d.ID == c.Behaviour {
			return explain(m.Stdout, d)
		}
	}
	return fmt.Errorf("no behaviour is called %q; \"sekisho explain\" lists them", c.Behaviour)
}

// explain prints a behaviour and what each line of its examples does.
func explain(w io.Writer, d *detect.Detection) error {
	var b strings.Builder
	kind := "evidence"
	if d.Tripwire {
		kind = "tripwire"
	}
	fmt.Fprintf(&b, "%s\n%s\n\n%s, %.1f nats (%s), family %s; seen in %s\n\nWhy: %s\nKeys: %s\nCut: %s\n", d.Title, strings.Repeat("=", len(d.Title)),
		kind, d.Weight.Float(), d.Origin, d.Family, d.Feed, d.Why, d.Keys, d.Cut)
	list(&b, "Blind to", d.BlindTo)
	list(&b, "False positives", d.FalsePositives)
	var ids []string
	for _, id := range d.Attack {
		t, _ := technique.Attack(id)
		ids = append(ids, id+" "+t.Name)
	}
	for _, id := range d.Atlas {
		t, _ := technique.Atlas(id)
		ids = append(ids, id+" "+t.Name)
	}
	list(&b, "Techniques", ids)
	for _, x := range d.Examples {
		if err := play(&b, d, x); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func list(b *strings.Builder, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	for _, s := range items {
		fmt.Fprintf(b, "  - %s\n", s)
	}
}

// play runs one example and prints its lines with what fired on them.
func play(b *strings.Builder, d *detect.Detection, x detect.Example) error {
	lines, err := detect.ParseTrace(x.Trace)
	if err != nil {
		return fmt.Errorf("example %q of %s: %w", x.Name, d.ID, err)
	}
	reasons := map[int]string{}
	declared, err := config.Parse(detections.ExamplesConfig)
	if err != nil {
		return fmt.Errorf("configuration of the examples: %w", err)
	}
	g := engine.New(engine.Options{Config: declared})
	for i := range lines {
		for _, f := range g.Step(&lines[i].Event) {
			if f.Detection == d.ID {
				reasons[lines[i].No] = fmt.Sprintf("fires (+%.1f): %s", f.Claimed.Float(), f.Reason)
			}
		}
	}
	fmt.Fprintf(b, "\nExample: %s\n", x.Name)
	for i, line := range strings.Split(strings.Trim(x.Trace, "\n"), "\n") {
		if text := strings.TrimSpace(line); text != "" {
			fmt.Fprintf(b, "  %s\n", text)
		}
		no := i + 1 + strings.Count(x.Trace[:len(x.Trace)-len(strings.TrimLeft(x.Trace, "\n"))], "\n")
		if why := reasons[no]; why != "" {
			fmt.Fprintf(b, "      %s\n", why)
		}
	}
	return nil
}
