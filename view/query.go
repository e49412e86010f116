package view

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho/live"
)

// sub is the folder of migrations as goose wants it.
type sub struct{ fs.FS }

func (s sub) Open(name string) (fs.File, error) {
	if name == "." {
		return s.FS.Open("migrations")
	}
	return s.FS.Open("migrations/" + name)
}

// ErrNone says that there is no such thing.
var ErrNone = errors.New("there is none of that id")

// ErrCursor says that a cursor is none of ours.
var ErrCursor = errors.New("the cursor is not one that this service gave")

// Filter is which incidents are asked for.
type Filter struct {
	Since    time.Time // that had an event at or after, if not zero
	Severity int       // at least
	Identity string    // that hold it, if not empty
	Merged   bool      // those too that another one took in
	Limit    int
	Cursor   string // where the page before ended
}

// cursorForm is that of a page's end: the time at which its last incident opened, and
// its id. The contract says the same.
var cursorForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z_inc-[0-9a-f]{16}$`)

// Incidents are the objects of the report, the newest first, and the cursor of the
// next page, "" at the end.
func (v *View) Incidents(ctx context.Context, f Filter) (objects []json.RawMessage, next string, err error) {
	where, args := []string{"severity >= ?"}, []any{f.Severity}
	if !f.Merged {
		where = append(where, "merged_into IS NULL")
	}
	if !f.Since.IsZero() {
		where, args = append(where, "last_event_at >= ?"), append(args, stamp(f.Since))
	}
	if f.Identity != "" {
		where, args = append(where, "id IN (SELECT incident FROM identities WHERE identities.id = ?)"), append(args, f.Identity)
	}
	if f.Cursor != "" {
		// It is compared as text: a time that is none is a place between times.
		if !cursorForm.MatchString(f.Cursor) {
			return nil, "", ErrCursor
		}
		at, id, _ := strings.Cut(f.Cursor, "_")
		where, args = append(where, "(opened_at, id) < (?, ?)"), append(args, at, id)
	}
	rows, err := v.db.QueryContext(ctx, "SELECT id, opened_at, json FROM incidents WHERE "+strings.Join(where, " AND ")+
		" ORDER BY opened_at DESC, id DESC LIMIT "+strconv.Itoa(f.Limit+1), args...)
	if err != nil {
		return nil, "", fmt.Errorf("read the incidents: %w", err)
	}
	defer rows.Close()
	objects = []json.RawMessage{}
	var id, at string
	for rows.Next() {
		if len(objects) == f.Limit {
			return objects, at + "_" + id, nil
		}
		var text []byte
		if err := rows.Scan(&id, &at, &text); err != nil {
			return nil, "", fmt.Errorf("read the incidents: %w", err)
		}
		objects = append(objects, text)
	}
	return objects, "", rows.Err()
}

// Incident is one object of the report.
func (v *View) Incident(ctx context.Context, id string) (json.RawMessage, error) {
	var text []byte
	err := v.db.QueryRowContext(ctx, "SELECT json FROM incidents WHERE id = ?", id).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNone
	}
	return text, err
}

// Change is one incident as it stood when it changed last.
type Change struct {
	N    int64 // rises with each change
	ID   string
	JSON json.RawMessage
}

// Changes are the incidents that changed after a number, in order; each once, with
// its last change. more is closed when there is something newer.
func (v *View) Changes(ctx context.Context, after int64, most int) (list []Change, more <-chan struct{}, err error) {
	v.mu.Lock()
	more = v.written
	v.mu.Unlock()
	rows, err := v.db.QueryContext(ctx, "SELECT changed, id, json FROM incidents WHERE changed > ? ORDER BY changed LIMIT ?", after, most)
	if err != nil {
		return nil, more, fmt.Errorf("read the changes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c Change
		var text []byte
		if err := rows.Scan(&c.N, &c.ID, &text); err != nil {
			return nil, more, fmt.Errorf("read the changes: %w", err)
		}
		c.JSON = text
		list = append(list, c)
	}
	return list, more, rows.Err()
}

// LastChange is the number of the newest change.
func (v *View) LastChange(ctx context.Context) (n int64, err error) {
	err = v.db.QueryRowContext(ctx, "SELECT coalesce(max(changed), 0) FROM incidents").Scan(&n)
	return n, err
}

// Feed is how one feed does.
type Feed struct {
	Source         string `json:"source"`
	Path           string `json:"path"`
	Account        string `json:"account"`
	Region         string `json:"region"`
	Records        int64  `json:"records"`
	Gaps           int64  `json:"gaps"` // records that a fast path had missed
	FirstAt        string `json:"first_at"`
	LastEventAt    string `json:"last_event_at"`
	LastReceivedAt string `json:"last_received_at"`
	// AgeP50 and AgeP90 are how old half and nine in ten of the last days' records
	// were at most when they came, in seconds; null beyond an hour.
	AgeP50 *float64 `json:"age_p50_seconds"`
	AgeP90 *float64 `json:"age_p90_seconds"`
}

// AllFeeds are all feeds that ever brought a record.
func (v *View) AllFeeds(ctx context.Context) ([]Feed, error) {
	rows, err := v.db.QueryContext(ctx, `SELECT source, path, account, region, records, gaps, first_at, last_event_at, last_received_at, ages
		FROM feeds ORDER BY source, account, region, path`)
	if err != nil {
		return nil, fmt.Errorf("read the feeds: %w", err)
	}
	defer rows.Close()
	out := []Feed{}
	for rows.Next() {
		var f Feed
		var text string
		if err := rows.Scan(&f.Source, &f.Path, &f.Account, &f.Region, &f.Records, &f.Gaps, &f.FirstAt, &f.LastEventAt, &f.LastReceivedAt, &text); err != nil {
			return nil, fmt.Errorf("read the feeds: %w", err)
		}
		var ages live.Ages
		if err := json.Unmarshal([]byte(text), &ages); err != nil {
			return nil, fmt.Errorf("read the feeds: %w", err)
		}
		f.AgeP50, f.AgeP90 = seconds(ages.Quantile(0.5)), seconds(ages.Quantile(0.9))
		out = append(out, f)
	}
	return out, rows.Err()
}

func seconds(d time.Duration, ok bool) *float64 {
	if !ok {
		return nil
	}
	x := d.Seconds()
	return &x
}

// Decision is that an incident called for containment, and when that was known.
type Decision struct {
	Incident   string `json:"incident"`
	Tier       int    `json:"tier"`
	EventID    string `json:"event_id"`
	EventAt    string `json:"event_at"`
	ReceivedAt string `json:"received_at"`
	// Fresh reports whether what it rests on was young enough for an action.
	Fresh bool `json:"fresh"`
}

// Decisions are those on an incident, by tier.
func (v *View) Decisions(ctx context.Context, incident string) ([]Decision, error) {
	rows, err := v.db.QueryContext(ctx, "SELECT incident, tier, event_id, event_at, received_at, fresh FROM decisions WHERE incident = ? ORDER BY tier", incident)
	if err != nil {
		return nil, fmt.Errorf("read the decisions: %w", err)
	}
	defer rows.Close()
	out := []Decision{}
	for rows.Next() {
		var d Decision
		if err := rows.Scan(&d.Incident, &d.Tier, &d.EventID, &d.EventAt, &d.ReceivedAt, &d.Fresh); err != nil {
			return nil, fmt.Errorf("read the decisions: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// Audited is what a person said or changed.
type Audited struct {
	Seq    int64  `json:"seq"`
	At     string `json:"at"`
	By     string `json:"by"`
	What   string `json:"what"`
	Target string `json:"target"`
	Detail string `json:"detail"`
}

// Audit is what people said and changed before a number of the log (0: all of it),
// the newest first.
func (v *View) Audit(ctx context.Context, before int64, limit int) ([]Audited, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	rows, err := v.db.QueryContext(ctx, "SELECT seq, at, by, what, target, detail FROM audit WHERE seq < ? ORDER BY seq DESC, n LIMIT ?", before, limit)
	if err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	defer rows.Close()
	out := []Audited{}
	for rows.Next() {
		var a Audited
		if err := rows.Scan(&a.Seq, &a.At, &a.By, &a.What, &a.Target, &a.Detail); err != nil {
			return nil, fmt.Errorf("read the audit: %w", err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// Identity is one who was seen to act.
type Identity struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	ARN          string   `json:"arn"`
	Account      string   `json:"account"`
	Kind         string   `json:"kind"`
	KindEvidence string   `json:"kind_evidence"`
	Incidents    []string `json:"incidents"` // that hold it, the newest first; at most 100
}

// Identities are those of an id, a name or an ARN, or of all; the ids after one, in
// their order.
func (v *View) Identities(ctx context.Context, match, after string, limit int) ([]Identity, error) {
	where, args := "id > ?", []any{after}
	if match != "" {
		where, args = where+" AND (id = ? OR name = ? COLLATE NOCASE OR arn = ?)", append(args, match, match, match)
	}
	rows, err := v.db.QueryContext(ctx, "SELECT id, name, arn, account, kind, kind_evidence FROM roster WHERE "+where+" ORDER BY id LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read the identities: %w", err)
	}
	defer rows.Close()
	out := []Identity{}
	for rows.Next() {
		n := Identity{Incidents: []string{}}
		if err := rows.Scan(&n.ID, &n.Name, &n.ARN, &n.Account, &n.Kind, &n.KindEvidence); err != nil {
			return nil, fmt.Errorf("read the identities: %w", err)
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// Identity is one of them by its id, with its incidents.
func (v *View) Identity(ctx context.Context, id string) (*Identity, error) {
	n := &Identity{ID: id, Incidents: []string{}}
	err := v.db.QueryRowContext(ctx, "SELECT name, arn, account, kind, kind_evidence FROM roster WHERE id = ?", id).Scan(&n.Name, &n.ARN, &n.Account, &n.Kind, &n.KindEvidence)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("read the identity: %w", err)
	}
	rows, err := v.db.QueryContext(ctx, `SELECT incidents.id FROM identities JOIN incidents ON incidents.id = identities.incident
		WHERE identities.id = ? AND merged_into IS NULL ORDER BY opened_at DESC LIMIT 100`, id)
	if err != nil {
		return nil, fmt.Errorf("read the identity: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var in string
		if err := rows.Scan(&in); err != nil {
			return nil, fmt.Errorf("read the identity: %w", err)
		}
		n.Incidents = append(n.Incidents, in)
	}
	return n, rows.Err()
}
