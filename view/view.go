// Package view keeps what people look at in SQL: incidents, their findings,
// identities, lineage and actions, and the health of feeds.
//
// All of it follows from the engine's state and may be thrown away: it is written
// from what changed, behind the decision and never before it. Raw records are not
// in it.
package view

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/report"
)

//go:embed migrations/*.sql
var migrations embed.FS

// lag is for how long changes may wait to be written together: half of the second
// within which a decision is to be seen.
const lag = 100 * time.Millisecond

// pendingMax bounds the incidents that wait to be written: each is the latest form
// of one, so more than there are never wait.
const pendingMax = 1 << 16

// View is the database and what waits to be written to it.
type View struct {
	db *sql.DB

	writing sync.Mutex // one writer at a time
	mu      sync.Mutex
	pending map[string]pending
	feeds   []live.Feed
	rest    []live.Effects // their decisions, words and newcomers; no incidents
	wake    chan struct{}
	written chan struct{} // closed and made anew with each write
	changed int64         // number of the last change
	done    chan struct{}
	stop    context.CancelFunc
	failed  error
}

type pending struct {
	seq      uint64
	incident sekisho.Incident
	order    int
}

// Open opens the database, brings it to the present form, and begins to write what
// Changed is told.
func Open(path string) (*View, error) {
	// What it holds is readable by its owner only; files that the database makes beside it
	// take its mode.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("open the views: %w", err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, fmt.Errorf("open the views %s: %w", path, err)
	}
	db.SetMaxOpenConns(4)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, sub{migrations})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the migrations: %w", err), db.Close())
	}
	if _, err := provider.Up(context.Background()); err != nil {
		return nil, errors.Join(fmt.Errorf("bring the views %s up to date: %w; they can be removed and are made anew", path, err), db.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	v := &View{db: db, pending: map[string]pending{}, wake: make(chan struct{}, 1), written: make(chan struct{}), done: make(chan struct{}), stop: stop}
	if err := db.QueryRow("SELECT coalesce(max(changed), 0) FROM incidents").Scan(&v.changed); err != nil {
		return nil, errors.Join(fmt.Errorf("read the views: %w", err), db.Close())
	}
	go v.run(ctx)
	return v, nil
}

// restMax bounds the effects that wait while the database cannot be written; beyond it
// the oldest are given up, which "sekisho views" makes anew out of the log.
const restMax = 1 << 16

// Effects takes over what a commit changed. It does not wait for the disk.
func (v *View) Effects(x live.Effects) {
	v.mu.Lock()
	for i := range x.Incidents {
		id := x.Incidents[i].ID
		p, had := v.pending[id]
		if !had && len(v.pending) >= pendingMax {
			continue // it comes again with its next change, or at the next start
		}
		if !had {
			p.order = len(v.pending)
		}
		p.seq, p.incident = x.Seq, x.Incidents[i]
		v.pending[id] = p
	}
	if len(x.Decisions)+len(x.Words)+len(x.Identities) > 0 || x.Refolded != nil {
		x.Incidents = nil
		if v.rest = append(v.rest, x); len(v.rest) > restMax {
			v.rest = slices.Delete(v.rest, 0, len(v.rest)-restMax)
		}
	}
	v.mu.Unlock()
	v.poke()
}

// feedsWaiting bounds the feeds that wait to be written.
const feedsWaiting = 1 << 17

// Feeds takes over what feeds brought since it was told last.
func (v *View) Feeds(feeds []live.Feed) {
	v.mu.Lock()
	if len(v.feeds) < feedsWaiting {
		v.feeds = append(v.feeds, feeds...)
	}
	v.mu.Unlock()
	v.poke()
}

// Flush writes what waits and returns when it is written: for whoever brings more than
// the database takes.
func (v *View) Flush() error {
	v.writing.Lock()
	defer v.writing.Unlock()
	return v.write()
}

func (v *View) poke() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

func (v *View) run(ctx context.Context) {
	defer close(v.done)
	for {
		select {
		case <-ctx.Done():
			v.note(v.Flush())
			return
		case <-v.wake:
		}
		v.note(v.Flush())
		select {
		case <-time.After(lag):
		case <-ctx.Done():
		}
	}
}

func (v *View) note(err error) {
	v.mu.Lock()
	v.failed = err
	v.mu.Unlock()
}

// Err is why the last write failed, nil if it did not.
func (v *View) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.failed
}

// Close writes what waits and closes the database.
func (v *View) Close() error {
	v.stop()
	<-v.done
	return errors.Join(v.Err(), v.db.Close())
}

// write writes what waits, in one transaction.
func (v *View) write() error {
	v.mu.Lock()
	todo := make([]pending, len(v.pending))
	for _, p := range v.pending {
		todo[p.order] = p
	}
	clear(v.pending)
	feeds, rest := v.feeds, v.rest
	v.feeds, v.rest = nil, nil
	v.mu.Unlock()
	if len(todo)+len(feeds)+len(rest) == 0 {
		return nil
	}
	err := v.commit(todo, feeds, rest)
	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil {
		// What was not written waits for the next time, behind what came since.
		for _, p := range todo {
			if _, newer := v.pending[p.incident.ID]; !newer {
				p.order = len(v.pending)
				v.pending[p.incident.ID] = p
			}
		}
		v.feeds, v.rest = append(feeds, v.feeds...), append(rest, v.rest...)
		return err
	}
	close(v.written)
	v.written = make(chan struct{})
	return nil
}

func (v *View) commit(todo []pending, feeds []live.Feed, rest []live.Effects) error {
	tx, err := v.db.Begin()
	if err != nil {
		return fmt.Errorf("write the views: %w", err)
	}
	defer tx.Rollback()
	changed := v.changed
	for i := range todo {
		changed++
		if err := put(tx, &todo[i], changed); err != nil {
			return fmt.Errorf("write the views: incident %s: %w", todo[i].incident.ID, err)
		}
	}
	for i := range feeds {
		if err := putFeed(tx, &feeds[i]); err != nil {
			return fmt.Errorf("write the views: feed %s: %w", feeds[i].Source, err)
		}
	}
	for i := range rest {
		if err := putRest(tx, &rest[i]); err != nil {
			return fmt.Errorf("write the views: delivery %d: %w", rest[i].Seq, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write the views: %w", err)
	}
	v.changed = changed
	return nil
}

// stamp is a time as the views hold it: text that sorts.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// putFeed adds what a feed brought. Ages are halved with each day, so that they tell
// of the last few.
func putFeed(tx *sql.Tx, f *live.Feed) error {
	ages, today := f.Ages, f.LastReceived.UTC().Format(time.DateOnly)
	var text, on string
	err := tx.QueryRow("SELECT ages, aged_on FROM feeds WHERE source = ? AND path = ? AND account = ? AND region = ?", f.Source, f.Path, f.Account, f.Region).Scan(&text, &on)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var old live.Ages
	if err == nil && json.Unmarshal([]byte(text), &old) == nil {
		for i := range ages {
			if on != today {
				old[i] /= 2
			}
			ages[i] += old[i]
		}
	}
	b, err := json.Marshal(ages)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO feeds VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET records = records + excluded.records, gaps = gaps + excluded.gaps,
		last_event_at = max(last_event_at, excluded.last_event_at), last_received_at = excluded.last_received_at, ages = excluded.ages, aged_on = excluded.aged_on`,
		f.Source, f.Path, f.Account, f.Region, f.Records, f.Gaps, stamp(f.First), stamp(f.LastEvent), stamp(f.LastReceived), string(b), today)
	return err
}

// putRest writes what a commit changed beside incidents. It may be told twice.
func putRest(tx *sql.Tx, x *live.Effects) (err error) {
	run := func(query string, args ...any) {
		if err == nil {
			_, err = tx.Exec(query, args...)
		}
	}
	if x.Refolded != nil {
		// What the fold gives no longer, under another configuration, is not there.
		rows, err := tx.Query("SELECT id FROM incidents WHERE seq > ?", int64(x.Refolded.After))
		if err != nil {
			return err
		}
		var gone []string
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return errors.Join(err, rows.Close())
			}
			if !x.Refolded.Incidents[id] {
				gone = append(gone, id)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		for _, id := range gone {
			run("DELETE FROM incidents WHERE id = ?", id)
			for _, table := range [...]string{"findings", "identities", "credentials", "actions", "decisions"} {
				run("DELETE FROM "+table+" WHERE incident = ?", id)
			}
		}
	}
	for _, d := range x.Decisions {
		run("INSERT OR IGNORE INTO decisions VALUES (?,?,?,?,?,?)", d.Incident, d.Tier, d.EventID, stamp(d.EventAt), stamp(d.ReceivedAt), d.Fresh)
	}
	for i, w := range x.Words {
		run("INSERT OR IGNORE INTO audit VALUES (?,?,?,?,?,?,?)", int64(w.Seq), i, stamp(w.At), w.By, w.What, w.Target, strings.TrimSuffix(w.Detail+": "+w.Note, ": "))
	}
	for _, n := range x.Identities {
		run("INSERT OR REPLACE INTO roster VALUES (?,?,?,?,?,?)", n.ID, n.Name, n.ARN, n.Account, n.Kind.String(), n.KindEvidence)
	}
	return err
}

// put replaces one incident and all that hangs on it.
func put(tx *sql.Tx, p *pending, changed int64) error {
	in := &p.incident
	text, err := report.IncidentJSON(in)
	if err != nil {
		return err
	}
	var contained any
	if in.Containment != nil {
		contained = stamp(in.Containment.At)
	}
	var merged any
	if in.MergedInto != "" {
		merged = in.MergedInto
	}
	run := func(query string, args ...any) {
		if err == nil {
			_, err = tx.Exec(query, args...)
		}
	}
	run(`INSERT OR REPLACE INTO incidents VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`, in.ID, changed, int64(p.seq), int(in.Severity), in.Score.Float(), in.Title, in.Root.ID,
		stamp(in.OpenedAt), stamp(in.LastEventAt), contained, merged, text)
	for _, table := range [...]string{"findings", "identities", "credentials", "actions"} {
		run("DELETE FROM "+table+" WHERE incident = ?", in.ID)
	}
	for i := range in.Findings {
		f := &in.Findings[i]
		run(`INSERT INTO findings VALUES (?,?,?,?,?,?,?,?,?)`, in.ID, i, f.Detection, f.EventID, stamp(f.At), f.Identity, f.Weight.Float(), f.Tripwire, f.Reason)
	}
	for _, x := range in.Identities {
		run(`INSERT OR IGNORE INTO identities VALUES (?,?,?,?,?,?)`, in.ID, x.ID, x.Name, x.ARN, x.Account, x.Kind.String())
	}
	for _, c := range in.Credentials {
		run(`INSERT OR IGNORE INTO credentials VALUES (?,?,?,?,?,?,?,?)`, in.ID, c.ID, c.Identity, c.Session, c.IssuedBy, stampOrNull(c.IssuedAt), c.Via, c.Strength)
	}
	if in.Containment != nil {
		for i, a := range in.Containment.Actions {
			run(`INSERT INTO actions VALUES (?,?,?,?,?,?,?)`, in.ID, i, a.Action, a.Target, stamp(a.At), a.EventID, a.Why)
		}
	}
	return err
}
