package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/sekisho/sekisho"
)

// describe prints an incident; findings on an event of the attack have a star.
func describe(w io.Writer, in *sekisho.Incident, attack map[string]bool) {
	fmt.Fprintf(w, "  %s %s %.1f %s\n    root %s %s %q; opened %s, events from %s to %s\n", in.ID, in.Severity, in.Score.Float(), plain(in.Title), in.Root.Kind, plain(in.Root.ID), plain(in.Root.Name), in.OpenedAt.Format(time.RFC3339), in.FirstEventAt.Format(time.RFC3339), in.LastEventAt.Format(time.RFC3339))
	for _, f := range in.Findings {
		mark, trip := " ", ""
		if attack[f.EventID] {
			mark = "*"
		}
		if f.Tripwire {
			trip = ", tripwire"
		}
		fmt.Fprintf(w, "   %s %s %-30s +%.1f (%.1f, %s%s) %s: %s\n", mark, f.At.Format(time.RFC3339), f.Detection, f.Weight.Float(), f.Claimed.Float(), f.Family, trip, plain(f.Identity), plain(f.Reason))
	}
	if c := in.Containment; c != nil {
		fmt.Fprintf(w, "    contained %s tier %d by %s\n", c.At.Format(time.RFC3339), c.Tier, c.Rule)
		for _, a := range c.Actions {
			fmt.Fprintf(w, "      %s %s %s: %s\n", a.At.Format(time.RFC3339), a.Action, plain(a.Target), plain(a.Why))
		}
	}
	if p := in.NoReturn; p != nil {
		fmt.Fprintf(w, "    no return %s %s: %s\n", p.At.Format(time.RFC3339), p.Basis, plain(p.Why))
	}
}

// plain is text that a terminal prints as it is.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '.'
		}
		return r
	}, s)
}
