package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sekisho/sekisho/ingest"
)

// remote is how a command reaches a running service.
type remote struct {
	URL  string `default:"http://127.0.0.1:8600" env:"SEKISHO_URL" help:"Where the service answers."`
	Data string `default:"sekisho-data" env:"SEKISHO_DATA" placeholder:"DIR" help:"Its data folder, where the token is if SEKISHO_ADMIN_TOKEN is not set (${default}, or SEKISHO_DATA)."`
}

// answerMost caps what a service's answer may be.
const answerMost = 1 << 30

// get reads one path of the service into v.
func (r *remote) get(ctx context.Context, path string, v any) error {
	return r.send(ctx, http.MethodGet, path, nil, v)
}

// send asks the service, with a body if there is one, and reads its answer into v.
func (r *remote) send(ctx context.Context, method, path string, body, v any) error {
	if !strings.Contains(r.URL, "://") {
		r.URL = "http://" + r.URL
	}
	token := os.Getenv("SEKISHO_ADMIN_TOKEN")
	if token == "" {
		b, err := os.ReadFile(filepath.Join(r.Data, "admin.token"))
		if err != nil {
			return fmt.Errorf("find the token: %w; set SEKISHO_ADMIN_TOKEN, or name the service's folder with --data", err)
		}
		token = strings.TrimSpace(string(b))
	}
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("ask %s: %w", r.URL, err)
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.URL, "/")+path, text)
	if err != nil {
		return fmt.Errorf("ask %s: %w", r.URL, err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	client := &http.Client{Timeout: time.Minute}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the service: %w; does it run? start it with: sekisho serve", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerMost))
	if err != nil {
		return fmt.Errorf("ask the service: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		var p struct{ Title, Detail string }
		if json.Unmarshal(answer, &p) == nil && p.Title != "" {
			return fmt.Errorf("the service says: %s; %s", plain(p.Title), plain(p.Detail))
		}
		return fmt.Errorf("the service answers %s", res.Status)
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return fmt.Errorf("read the service's answer: %w; is %s a sekisho of this version?", err, r.URL)
	}
	return nil
}

// incidentsCommand is "sekisho incidents".
type incidentsCommand struct {
	List listIncidents `cmd:"" default:"withargs" help:"List the incidents of a running service, the newest first."`
	Show showIncident  `cmd:"" help:"Show one incident."`
}

type listIncidents struct {
	remote
	Severity string        `enum:"low,medium,high,critical" default:"medium" help:"At least: ${enum}."`
	Since    time.Duration `default:"0" help:"Only with an event within this time, such as 24h; all if it is not given."`
	Limit    int           `default:"50" help:"At most so many, up to 1000."`
	Format   string        `enum:"text,json" default:"text" help:"What to print: ${enum}."`
}

// shown is what a person is told of an incident.
type shown struct {
	ID, Title, Severity string
	Score               float64
	OpenedAt            time.Time `json:"opened_at"`
	LastEventAt         time.Time `json:"last_event_at"`
	Root                struct{ ID, Name, Kind string }
	Findings            []struct {
		Detection, Reason string
		At                time.Time
		Weight            float64
	}
	Containment *struct {
		Tier    int
		At      time.Time
		Actions []struct{ Action, Target, Why string }
	}
	NoReturn *struct{ At time.Time } `json:"point_of_no_return"`
	Verdict  *struct {
		Verdict, By string
		At          time.Time
	}
	Chain []string
}

// Run lists.
func (c *listIncidents) Run(ctx context.Context, m *Main) error {
	q := url.Values{"severity": {c.Severity}, "limit": {strconv.Itoa(c.Limit)}}
	if c.Since > 0 {
		q.Set("since", time.Now().Add(-c.Since).UTC().Format(time.RFC3339))
	}
	var page struct {
		Incidents []json.RawMessage
		Next      string
	}
	if err := c.get(ctx, "/v1/incidents?"+q.Encode(), &page); err != nil {
		return err
	}
	if c.Format == "json" {
		e := json.NewEncoder(m.Stdout)
		e.SetIndent("", " ")
		return e.Encode(map[string]any{"incidents": page.Incidents, "next": page.Next})
	}
	if len(page.Incidents) == 0 {
		fmt.Fprintf(m.Stdout, "No incident of at least %s severity%s; --severity low shows all.\n", c.Severity, map[bool]string{true: " with an event in the last " + c.Since.String()}[c.Since > 0])
		return nil
	}
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	for _, raw := range page.Incidents {
		var in shown
		if err := json.Unmarshal(raw, &in); err != nil {
			return fmt.Errorf("read an incident: %w", err)
		}
		state := ""
		if in.Containment != nil {
			state = "would be contained"
		}
		if in.Verdict != nil {
			state += " [" + in.Verdict.Verdict + ", says " + plain(in.Verdict.By) + "]"
		}
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%s\t%s\t%s\n", in.ID, in.Severity, in.Score, in.OpenedAt.UTC().Format(time.DateTime), plain(in.Title), state)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if page.Next != "" {
		fmt.Fprintf(m.Stdout, "There are more; --limit up to 1000 shows them, --since narrows.\n")
	}
	return nil
}

type showIncident struct {
	remote
	ID     string `arg:"" help:"Its id, as the list prints it."`
	Format string `enum:"text,json" default:"text" help:"What to print: ${enum}."`
}

// Run shows one.
func (c *showIncident) Run(ctx context.Context, m *Main) error {
	var raw json.RawMessage
	if err := c.get(ctx, "/v1/incidents/"+url.PathEscape(c.ID), &raw); err != nil {
		return err
	}
	if c.Format == "json" {
		e := json.NewEncoder(m.Stdout)
		e.SetIndent("", " ")
		return e.Encode(raw)
	}
	var in shown
	if err := json.Unmarshal(raw, &in); err != nil {
		return fmt.Errorf("read the incident: %w", err)
	}
	w := m.Stdout
	fmt.Fprintf(w, "%s  %s %.1f\n%s\nroot: %s %s (%s)\nfrom %s to %s\n", in.ID, in.Severity, in.Score, plain(in.Title), in.Root.Kind, plain(cmp.Or(in.Root.Name, in.Root.ID)), plain(in.Root.ID),
		in.OpenedAt.UTC().Format(time.DateTime), in.LastEventAt.UTC().Format(time.DateTime))
	if in.Containment != nil {
		fmt.Fprintf(w, "\nNothing was cut. What to cut, in order of time, as of %s, tier %d:\n", in.Containment.At.UTC().Format(time.DateTime), in.Containment.Tier)
		for _, a := range in.Containment.Actions {
			fmt.Fprintf(w, "  %s %s: %s\n", a.Action, plain(a.Target), plain(a.Why))
		}
	}
	fmt.Fprintln(w, "\nWhat it rests on:")
	repeated := 0
	for _, f := range in.Findings {
		if f.Weight == 0 {
			repeated++
			continue
		}
		fmt.Fprintf(w, "  %s  +%.1f  %-26s %s\n", f.At.UTC().Format(time.DateTime), f.Weight, f.Detection, plain(f.Reason))
	}
	if repeated > 0 {
		fmt.Fprintf(w, "  and %d that add nothing to it; --format json has them\n", repeated)
	}
	if in.NoReturn != nil {
		fmt.Fprintf(w, "\nPoint of no return: %s\n", in.NoReturn.At.UTC().Format(time.DateTime))
	}
	if err := c.decisions(ctx, w); err != nil {
		return err
	}
	if v := in.Verdict; v != nil {
		fmt.Fprintf(w, "\nVerdict: %s, by %s; it covers what had happened by %s\n", v.Verdict, plain(v.By), v.At.UTC().Format(time.DateTime))
	}
	if len(in.Chain) > 0 {
		fmt.Fprintln(w, "\nLineage:")
		for _, l := range in.Chain {
			fmt.Fprintf(w, "  %s\n", plain(l))
		}
	}
	return nil
}

// decisions says when containment was called for, and whether that came in time to act.
func (c *showIncident) decisions(ctx context.Context, w io.Writer) error {
	var list struct {
		Decisions []struct {
			Tier       int
			EventAt    time.Time `json:"event_at"`
			ReceivedAt time.Time `json:"received_at"`
			Fresh      bool
		}
	}
	if err := c.get(ctx, "/v1/incidents/"+url.PathEscape(c.ID)+"/decisions", &list); err != nil {
		return err
	}
	for _, d := range list.Decisions {
		late := d.ReceivedAt.Sub(d.EventAt).Round(time.Second)
		act := "an action could rest on it"
		if !d.Fresh {
			act = "too old for an action: a person must act"
		}
		fmt.Fprintf(w, "\nTier %d was decided at %s, %s after what it rests on: %s.\n", d.Tier, d.ReceivedAt.UTC().Format(time.DateTime), late, act)
	}
	return nil
}

// sourcesCommand is "sekisho sources".
type sourcesCommand struct {
	remote
	Silent time.Duration `default:"15m" help:"A feed that has brought nothing for this long is silent."`
}

// Run says how each feed does.
func (c *sourcesCommand) Run(ctx context.Context, m *Main) error {
	var list struct {
		Sources []struct {
			Source, Path, Account, Region string
			Records, Gaps                 int64
			LastEventAt                   time.Time `json:"last_event_at"`
			LastReceivedAt                time.Time `json:"last_received_at"`
			AgeP50                        *float64  `json:"age_p50_seconds"`
			AgeP90                        *float64  `json:"age_p90_seconds"`
		}
		Readers []ingest.Health
	}
	if err := c.get(ctx, "/v1/sources", &list); err != nil {
		return err
	}
	if len(list.Sources)+len(list.Readers) == 0 {
		fmt.Fprintln(m.Stdout, "Nothing was delivered yet. POST records to /v1/ingest/any, or start serve with --watch DIR.")
		return nil
	}
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "source\tby\taccount\tregion\trecords\tgaps filled\thalf within\t90% within\tlast received\tstate")
	for _, s := range list.Sources {
		state := "live"
		if d := time.Since(s.LastReceivedAt); d > c.Silent {
			state = "silent for " + d.Round(time.Minute).String()
		} else if d := s.LastReceivedAt.Sub(s.LastEventAt); d > 10*time.Minute {
			state = "late by " + d.Round(time.Minute).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", plain(s.Source), cmp.Or(s.Path, "-"), plain(s.Account), cmp.Or(plain(s.Region), "-"), s.Records, s.Gaps,
			age(s.AgeP50, true), age(s.AgeP90, true), s.LastReceivedAt.UTC().Format(time.DateTime), state)
	}
	if err := w.Flush(); err != nil || len(list.Readers) == 0 {
		return err
	}
	fmt.Fprintln(m.Stdout)
	fmt.Fprintln(w, "read by the service\ttaken\tfailed\terrors\tlast read\tlast error\thow late by nature")
	for _, r := range list.Readers {
		last := "never"
		if !r.LastRead.IsZero() {
			last = r.LastRead.UTC().Format(time.DateTime)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%s\t%s\n", plain(r.Name), r.Parcels, r.Failed, r.Errors, last, cmp.Or(plain(r.LastError), "-"), cmp.Or(plain(r.Pace), "-"))
	}
	return w.Flush()
}
