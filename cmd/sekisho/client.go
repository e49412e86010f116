package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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

	"github.com/sekisho/sekisho/store"
)

// remote is how a command reaches a running service.
type remote struct {
	URL  string `default:"http://127.0.0.1:8600" env:"SEKISHO_URL" help:"Where the service answers."`
	Data string `default:"sekisho-data" placeholder:"DIR" help:"Its data folder, where the token is if SEKISHO_ADMIN_TOKEN is not set."`
}

// answerMost caps what a service's answer may be.
const answerMost = 1 << 30

// get reads one path of the service into v.
func (r *remote) get(ctx context.Context, path string, v any) error {
	token := os.Getenv("SEKISHO_ADMIN_TOKEN")
	if token == "" {
		b, err := os.ReadFile(filepath.Join(r.Data, "admin.token"))
		if err != nil {
			return fmt.Errorf("find the token: %w; set SEKISHO_ADMIN_TOKEN, or name the service's folder with --data", err)
		}
		token = strings.TrimSpace(string(b))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(r.URL, "/")+path, nil)
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
	body, err := io.ReadAll(io.LimitReader(res.Body, answerMost))
	if err != nil {
		return fmt.Errorf("ask the service: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		var p struct{ Title, Detail string }
		if json.Unmarshal(body, &p) == nil && p.Title != "" {
			return fmt.Errorf("the service says: %s; %s", plain(p.Title), plain(p.Detail))
		}
		return fmt.Errorf("the service answers %s", res.Status)
	}
	if err := json.Unmarshal(body, v); err != nil {
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
	Since    time.Duration `default:"720h" help:"With an event within this time."`
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
	Chain    []string
}

// Run lists.
func (c *listIncidents) Run(ctx context.Context, m *Main) error {
	q := url.Values{"severity": {c.Severity}, "limit": {strconv.Itoa(c.Limit)}, "since": {time.Now().Add(-c.Since).UTC().Format(time.RFC3339)}}
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
		fmt.Fprintf(m.Stdout, "No incident of at least %s severity in the last %s.\n", c.Severity, c.Since)
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
	fmt.Fprintln(w, "\nWhat it rests on:")
	for _, f := range in.Findings {
		fmt.Fprintf(w, "  %s  +%.1f  %-26s %s\n", f.At.UTC().Format(time.DateTime), f.Weight, f.Detection, plain(f.Reason))
	}
	if in.Containment != nil {
		fmt.Fprintf(w, "\nWould be contained at %s, tier %d:\n", in.Containment.At.UTC().Format(time.DateTime), in.Containment.Tier)
		for _, a := range in.Containment.Actions {
			fmt.Fprintf(w, "  %s %s: %s\n", a.Action, plain(a.Target), plain(a.Why))
		}
	}
	if in.NoReturn != nil {
		fmt.Fprintf(w, "\nPoint of no return: %s\n", in.NoReturn.At.UTC().Format(time.DateTime))
	}
	if len(in.Chain) > 0 {
		fmt.Fprintln(w, "\nLineage:")
		for _, l := range in.Chain {
			fmt.Fprintf(w, "  %s\n", plain(l))
		}
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
			Source, Account, Region string
			Records                 int64
			LastEventAt             time.Time `json:"last_event_at"`
			LastReceivedAt          time.Time `json:"last_received_at"`
		}
	}
	if err := c.get(ctx, "/v1/sources", &list); err != nil {
		return err
	}
	if len(list.Sources) == 0 {
		fmt.Fprintln(m.Stdout, "Nothing was delivered yet. POST records to /v1/ingest/aws-cloudtrail, or start serve with --watch DIR.")
		return nil
	}
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "source\taccount\tregion\trecords\tlast event\tlast received\tstate")
	for _, s := range list.Sources {
		state := "live"
		if d := time.Since(s.LastReceivedAt); d > c.Silent {
			state = "silent for " + d.Round(time.Minute).String()
		} else if d := s.LastReceivedAt.Sub(s.LastEventAt); d > 10*time.Minute {
			state = "late by " + d.Round(time.Minute).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", s.Source, s.Account, cmp.Or(s.Region, "-"), s.Records,
			s.LastEventAt.UTC().Format(time.DateTime), s.LastReceivedAt.UTC().Format(time.DateTime), state)
	}
	return w.Flush()
}

// backupCommand is "sekisho backup".
type backupCommand struct {
	Data string `default:"sekisho-data" placeholder:"DIR" help:"Data folder of a service that does not run."`
	To   string `arg:"" help:"Folder to make. To restore, put it in the place of the data folder."`
}

// Run copies the log and the state. Views follow from them, and tokens are not
// copied.
func (c *backupCommand) Run() error {
	if _, err := os.Stat(filepath.Join(c.Data, logFolder)); err != nil {
		return fmt.Errorf("back up: %w; name the service's folder with --data", err)
	}
	if _, err := os.Stat(c.To); err == nil {
		return fmt.Errorf("back up: %s is there already; name a folder that is not", c.To)
	}
	db, err := store.Open(filepath.Join(c.Data, logFolder), store.Options{})
	if err != nil {
		return err
	}
	err = os.MkdirAll(c.To, 0o700)
	if err == nil {
		err = db.Backup(filepath.Join(c.To, logFolder))
	}
	return errors.Join(err, db.Close())
}
