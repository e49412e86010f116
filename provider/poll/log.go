// Package poll reads logs that an API over HTTPS hands out in pages, for the providers
// that have one. A provider says how its API is asked; what all of them need is here: a
// position, pages, pauses, limits and a token that goes nowhere else.
package poll

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/sekisho/sekisho/ingest"
)

// Bounds of one read.
const (
	waitMost   = 5 * time.Second // for the next time to ask
	cursorMost = 8 << 10         // bytes of a cursor
	recentMost = 50_000          // records of a generation that are known again
	aheadMost  = time.Minute     // by which a record's clock may be before the API's
)

// LookBackMost is how far back the first start may read.
const LookBackMost = 90 * 24 * time.Hour

// LookBackUsual is how far back it reads if nothing is said.
const LookBackUsual = 24 * time.Hour

// Options say how one log is read.
type Options struct {
	// What the operator sets.

	Name      string // of the source
	Address   string // of the log, without a question; http to loopback alone
	TokenFile string // read at each request
	CAFile    string // PEM of who signs the certificate; the system's if ""
	// LookBack is how far back the first start reads; LookBackUsual if 0.
	LookBack time.Duration

	// What the provider says of its API.

	Format string            // of the records
	Scheme string            // before the token in Authorization
	Header map[string]string // of each request
	// Query asks for the records since a time, the oldest first. The page's size and the
	// cursor, "after", are added to it.
	Query func(since time.Time) url.Values
	// SizeKey names the size of a page in a question, and Size is the most that there
	// may be.
	SizeKey string
	Size    int
	// Endless says that the last page, too, has a link to the next one.
	Endless bool
	// When is the time of a record by which the log is asked; zero where it has none.
	When func(record []byte) time.Time
	// Overlap is how late a record may come behind others and be found: every Sweep, if
	// that is not 0, and when a cursor expired, reading begins again as much before the
	// place to which all is known.
	Overlap, Sweep time.Duration
	// Pause is the time between requests at the end of the log while something comes;
	// it doubles to PauseMost while nothing does.
	Pause, PauseMost time.Duration
	// Next is what to do about a refusal.
	Next func(*Refusal) string

	now      func() time.Time
	patience time.Duration
}

// Log is an ingest.Source: the log of an API.
//
// The log is read in passes. A pass asks for what there is since a time, page by page,
// and stays at the last page, which it asks for again. Where records may come late,
// behind others, a new pass begins a little before the newest record now and then; what
// a pass brings again is known by its text, and left out.
type Log struct {
	o Options
	c *client

	begins time.Time     // where a log of which nothing is known is read from
	size   int           // of a page; less after an answer that was too large
	at     time.Time     // when to ask again
	pause  time.Duration // between requests, now
	recent recent
	// pass is the one under way: when it began, and how long it took to the log's end.
	pass struct {
		began time.Time
		took  time.Duration
		ended bool
	}
}

var (
	_ ingest.Source  = (*Log)(nil)
	_ ingest.Checker = (*Log)(nil)
	_ ingest.Paced   = (*Log)(nil)
)

// Pace implements ingest.Paced.
func (l *Log) Pace() string {
	text := fmt.Sprintf("asked each %s while something comes, else each %s", l.o.Pause, l.o.PauseMost)
	if l.o.Sweep > 0 {
		text += fmt.Sprintf("; what its API shows late is looked for each %s, up to %s back", l.o.Sweep, l.o.Overlap)
	}
	return text
}

// place is where reading goes on.
type place struct {
	Since time.Time `json:"since"`           // where the pass begins
	After string    `json:"after,omitempty"` // its page, in the API's words
	Mark  time.Time `json:"mark"`            // when it began, by the API's clock
	Seen  time.Time `json:"seen"`            // its newest record
}

// New makes one. It makes no call: what is wrong with the API, Check and Read say.
func New(o Options) (*Log, error) {
	if o.LookBack == 0 {
		o.LookBack = LookBackUsual
	}
	if o.LookBack < 0 || o.LookBack > LookBackMost {
		return nil, fmt.Errorf("read %s: it cannot be read from %s back; say a time up to %s as look_back in service.sources", o.Name, o.LookBack, LookBackMost)
	}
	if o.now == nil {
		o.now = time.Now
	}
	if o.patience == 0 {
		o.patience = answerFor
	}
	c, err := newClient(&o)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", o.Name, err)
	}
	return &Log{o: o, c: c, size: o.Size, pause: o.Pause}, nil
}

// Name implements ingest.Source.
func (l *Log) Name() string { return l.o.Name }

// Close lets connections go.
func (l *Log) Close() error {
	l.c.http.CloseIdleConnections()
	return nil
}

// Read implements ingest.Source: it asks for one page, as soon as that is due.
func (l *Log) Read(ctx context.Context, after ingest.Cursor) (ingest.Batch, error) {
	p, err := l.place(after)
	if err != nil {
		return ingest.Batch{}, err
	}
	if l.c.why != nil && l.o.now().Before(l.c.until) {
		return ingest.Batch{}, l.explain(l.c.waits())
	}
	if due, err := l.wait(ctx); !due {
		return ingest.Batch{}, err
	}
	asked := l.o.now()
	if p.After == "" || l.pass.began.IsZero() {
		l.pass.began, l.pass.ended = asked, false
	}
	size := l.size
	got, err := l.c.get(ctx, l.question(p, size))
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal) && p.After != "" && slices.Contains(expired, refusal.Status):
		return l.startOver(p, refusal), nil
	case errors.Is(err, errLarge), errors.Is(err, errSlow):
		l.size = max(1, l.size/2)
		return ingest.Batch{}, fmt.Errorf("%w; %d records at a time are asked for next", l.explain(err), l.size)
	case err != nil:
		return ingest.Batch{}, l.explain(err)
	}
	list, err := split(got, 2*l.o.Size)
	if err != nil {
		return ingest.Batch{}, l.explain(err)
	}
	l.size = min(l.o.Size, 2*l.size)
	l.c.unchanged.question, l.c.unchanged.tag = got.question, got.tag
	if p.After == "" {
		p.Mark = got.at.Add(-l.o.now().Sub(asked))
	}
	b := l.batch(&p, got, list)
	l.goOn(&p, got.next, got.next == "" || l.o.Endless && len(list) < size, len(b.Parcels) > 0)
	b.Next, err = p.cursor()
	return b, err
}

// wait waits until the next request is due, for some seconds at most.
func (l *Log) wait(ctx context.Context) (due bool, err error) {
	at := l.at
	if l.c.until.After(at) {
		at = l.c.until
	}
	left := at.Sub(l.o.now())
	if left <= 0 {
		return true, ctx.Err()
	}
	timer := time.NewTimer(min(left, waitMost))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-timer.C:
		return left <= waitMost, nil
	}
}

// place reads a cursor.
func (l *Log) place(after ingest.Cursor) (p place, err error) {
	if after == "" {
		if l.begins.IsZero() {
			l.begins = l.o.now().Add(-l.o.LookBack)
		}
		return place{Since: l.begins}, nil
	}
	if len(after) > cursorMost {
		err = fmt.Errorf("it has %d bytes", len(after))
	} else if err = json.Unmarshal([]byte(after), &p); err == nil && p.Since.IsZero() {
		err = errors.New("it names no time")
	}
	if err != nil {
		return p, fmt.Errorf("read %s: the kept cursor cannot be read: %w; it is damaged: restore the data folder, or remove the source's position to read from %s back", l.o.Name, err, l.o.LookBack)
	}
	return p, nil
}

func (p *place) cursor() (ingest.Cursor, error) {
	b, err := json.Marshal(p)
	return ingest.Cursor(b), err
}

// question asks for a page.
func (l *Log) question(p place, size int) url.Values {
	q := l.o.Query(p.Since.UTC())
	q.Set(l.o.SizeKey, strconv.Itoa(size))
	if p.After != "" {
		q.Set("after", p.After)
	}
	return q
}

// batch is what a page brings that was not here before.
func (l *Log) batch(p *place, got *page, list []json.RawMessage) ingest.Batch {
	origin := p.Since.UTC().Format(time.RFC3339)
	if p.After != "" {
		origin = p.After
	}
	var fresh [][]byte
	var sums []sum
	for _, r := range list {
		// A record whose clock is ahead tells nothing of the others.
		if at := l.o.When(r); at.Before(got.at.Add(aheadMost)) {
			p.Seen = later(p.Seen, at)
		}
		if s := sumOf(r); !l.recent.has(s) {
			fresh, sums = append(fresh, r), append(sums, s)
		}
	}
	if len(fresh) == 0 {
		return ingest.Batch{}
	}
	raw := got.body
	if len(fresh) < len(list) {
		raw = slices.Concat([]byte("["), bytes.Join(fresh, []byte(",")), []byte("]"))
	}
	return ingest.Batch{
		Parcels: []ingest.Parcel{{Format: l.o.Format, Path: ingest.PathPoll, Origin: l.o.Name + " after " + origin, Raw: raw}},
		Settle: func(context.Context) error {
			for _, s := range sums {
				l.recent.add(s)
			}
			return nil
		},
	}
}

// goOn moves a place behind a page.
func (l *Log) goOn(p *place, next string, end, brought bool) {
	if next != "" {
		p.After = next
	}
	now := l.o.now()
	switch {
	case !end:
		l.at, l.pause = time.Time{}, l.o.Pause
		return
	case brought:
		l.pause = l.o.Pause
	default:
		l.pause = min(2*l.pause, l.o.PauseMost)
	}
	l.at = now.Add(l.pause)
	if !l.pass.ended {
		l.pass.ended, l.pass.took = true, now.Sub(l.pass.began)
	}
	// Where a pass takes long, the next one is as much later: reading what is new must
	// not wait for it.
	if l.o.Sweep > 0 && now.Sub(l.pass.began) >= max(l.o.Sweep, 4*l.pass.took) {
		l.again(p)
	}
}

// again begins a new pass. What stands before the newest record was read, but for what
// comes late; what came late while a pass was under way may be no younger than the
// overlap before that began. So the new one begins before both.
func (l *Log) again(p *place) {
	known := p.Seen
	if l.o.Sweep > 0 && (known.IsZero() && l.pass.ended || p.Mark.Before(known)) {
		known = p.Mark
	}
	if !known.IsZero() {
		p.Since = later(p.Since, known.Add(-l.o.Overlap))
	}
	*p = place{Since: p.Since}
}

// expired are the answers to a cursor that the API no longer knows.
var expired = []int{http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity}

// startOver leaves a cursor that is no longer known: nothing is lost by it, since
// reading goes on a little before the newest record.
func (l *Log) startOver(p place, r *Refusal) ingest.Batch {
	l.again(&p)
	l.at = l.o.now().Add(l.o.PauseMost) // should every cursor be refused, nobody is in a hurry
	b := ingest.Batch{Failed: []ingest.Failure{{Origin: l.o.Name, Err: fmt.Errorf("the position in the log is no longer known there: %w; it is read again from %s", r, p.Since.UTC().Format(time.RFC3339))}}}
	b.Next, _ = p.cursor()
	return b
}

// explain is an error with what to do about it.
func (l *Log) explain(err error) error {
	var r *Refusal
	var wait *ingest.Wait
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &wait):
		return &ingest.Wait{For: wait.For, Err: fmt.Errorf("read %s: %w", l.o.Name, wait.Err)}
	case errors.As(err, &r):
		return fmt.Errorf("read %s: %w; %s", l.o.Name, err, l.next(r))
	}
	return fmt.Errorf("read %s: %w", l.o.Name, err)
}

func (l *Log) next(r *Refusal) string {
	if r.Status >= 300 && r.Status < 400 {
		return "redirections are not followed: name in service.sources where it is now"
	}
	if r.Status >= 500 {
		return "it is tried again; see the provider's status page if it stays so"
	}
	return l.o.Next(r)
}

// Check implements ingest.Checker: it asks for one record.
func (l *Log) Check(ctx context.Context) []string {
	got, err := l.c.get(ctx, l.question(place{Since: l.o.now().Add(-time.Minute)}, 1))
	if err == nil {
		_, err = split(got, 2*l.o.Size)
	}
	if err != nil {
		return []string{l.explain(err).Error()}
	}
	return nil
}

// split takes the records out of a page, which is an array of them.
func split(got *page, most int) (list []json.RawMessage, err error) {
	if got.same {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(got.body))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, errNoList
	}
	for d.More() {
		var r json.RawMessage
		if d.Decode(&r) != nil {
			return nil, errNoList
		}
		if list = append(list, r); len(list) > most {
			return nil, fmt.Errorf("the answer holds more than %d records, which is more than was asked for; see what stands between", most)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, errNoList
	}
	return list, nil
}

var errNoList = errors.New("the answer is no list of records; see whether a proxy stands between, or the address is another one's")

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// recent are the records that were brought last, by their text: two generations of them.
type recent struct{ young, old map[sum]struct{} }

type sum [16]byte

func sumOf(record []byte) sum {
	whole := sha256.Sum256(record)
	return sum(whole[:16])
}

func (r *recent) has(s sum) bool {
	if _, ok := r.young[s]; ok {
		return true
	}
	_, ok := r.old[s]
	return ok
}

func (r *recent) add(s sum) {
	if r.young == nil || len(r.young) >= recentMost {
		r.young, r.old = map[sum]struct{}{}, r.young
	}
	r.young[s] = struct{}{}
}
