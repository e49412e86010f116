package view

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
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
		at, id, ok := strings.Cut(f.Cursor, "_")
		if _, err := time.Parse(time.RFC3339, at); !ok || err != nil {
			return nil, "", ErrCursor
		}
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
	Account        string `json:"account"`
	Region         string `json:"region"`
	Records        int64  `json:"records"`
	FirstAt        string `json:"first_at"`
	LastEventAt    string `json:"last_event_at"`
	LastReceivedAt string `json:"last_received_at"`
}

// AllFeeds are all feeds that ever brought a record.
func (v *View) AllFeeds(ctx context.Context) ([]Feed, error) {
	rows, err := v.db.QueryContext(ctx, "SELECT source, account, region, records, first_at, last_event_at, last_received_at FROM feeds ORDER BY source, account, region")
	if err != nil {
		return nil, fmt.Errorf("read the feeds: %w", err)
	}
	defer rows.Close()
	out := []Feed{}
	for rows.Next() {
		var f Feed
		if err := rows.Scan(&f.Source, &f.Account, &f.Region, &f.Records, &f.FirstAt, &f.LastEventAt, &f.LastReceivedAt); err != nil {
			return nil, fmt.Errorf("read the feeds: %w", err)
		}
		out = append(out, f)
	}
	return out, rows.Err()
}
