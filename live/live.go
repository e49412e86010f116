// Package live runs the engine over deliveries as they come: durable before they
// are acknowledged, each record once, state that is the fold of the log.
//
// One goroutine owns the state. It takes what waits, drops the records that were
// seen, appends the rest to the log in one synced batch, folds it, and only then
// answers: who was answered knows that it is durable and judged. Nothing is
// decided that is not in the log, so a crash at any point loses nothing that was
// acknowledged and repeats no decision: what comes back is the fold of what is
// there.
package live

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/store"
)

// Bounds of what waits. A source that brings more is told to come again.
const (
	waitingMax = 1024     // deliveries
	groupMax   = 512      // deliveries in one commit
	groupBytes = 16 << 20 // and bytes of text
)

// futureMax is how far a record may be ahead of its receipt, for clocks that
// differ. One that is further ahead is judged at its receipt.
const futureMax = 5 * time.Minute

// ErrBusy says that as much waits as may: come again in a moment.
var ErrBusy = errors.New("as many deliveries wait as may")

// ErrClosed says that the service is ending, or has failed.
var ErrClosed = errors.New("the service is ending")

// Options of a Service.
type Options struct {
	Engine  engine.Options
	Formats []normalize.Format
	Log     *slog.Logger // nil: none
	// Now is the clock of receipts.
	Now func() time.Time
	// Changed is told of incidents that changed, after the commit that changed
	// them, with the seq of the log. It must not block for long.
	Changed func(seq uint64, incidents []sekisho.Incident)
	// ListenEvery is how often silence is looked for; 0 for the usual time.
	ListenEvery time.Duration
	// Silence makes the record of a feed that fell silent, of the format named
	// NoticeSource; nil: silence is not noticed.
	Silence      func(f Feed, at time.Time) ([]byte, error)
	NoticeSource string
	// Feeds is told once a second how the feeds do that brought something. It must
	// not block for long.
	Feeds func([]Feed)
	// CheckpointEvery is after how many records a checkpoint is made; 0 for the
	// usual number.
	CheckpointEvery int64
}

// checkpointEvery is the usual number of records between two checkpoints: what is
// folded again after a crash takes two seconds.
const checkpointEvery = 250_000

// Service is the one owner of the engine's state.
type Service struct {
	o       Options
	store   *store.Store
	engine  *engine.Engine
	expand  []normalize.Expander
	in      chan *Delivery
	stop    chan struct{}
	done    chan struct{}
	failed  error // why it ended, good once done is closed
	ask     chan func()
	since   int64 // records since the last checkpoint
	counts  Counts
	replays int64 // records folded at the start
	feeds   map[feedKey]*heard
	handed  time.Time
	pulses  map[feedKey]*pulse
	began   time.Time
}

// Feed is how one source does for one account and region, since it was handed over
// last.
type Feed struct {
	Source, Account, Region        string
	Records                        int64
	First, LastEvent, LastReceived time.Time
}

// feedsMax bounds the feeds that are told apart: accounts times regions.
const feedsMax = 1 << 14

type feedKey struct{ source, account, region string }

// compare orders feeds by source, account and region.
func (k feedKey) compare(o feedKey) int {
	return cmp.Or(strings.Compare(k.source, o.source), strings.Compare(k.account, o.account), strings.Compare(k.region, o.region))
}

// heard is a feed as it is counted, with its pulse: nil where there is no room for
// one, or the feed has none.
type heard struct {
	Feed
	pulse *pulse
}

// feed notes that a record came.
func (s *Service) feed(source string, e *sekisho.Event, at time.Time) {
	k := feedKey{source, e.Account, e.Region}
	f := s.feeds[k]
	if f == nil {
		if len(s.feeds) >= feedsMax {
			return
		}
		f = &heard{Feed{Source: source, Account: e.Account, Region: e.Region, First: at}, s.pulse(k, at)}
		s.feeds[k] = f
	}
	f.Records++
	f.LastReceived = at
	if f.pulse != nil {
		f.pulse.beat(at)
	}
	if e.Time.After(f.LastEvent) {
		f.LastEvent = e.Time
	}
}

// handFeeds hands over what came, now and then.
func (s *Service) handFeeds(now time.Time) {
	if s.o.Feeds == nil || now.Sub(s.handed) < feedsEvery || len(s.feeds) == 0 {
		return
	}
	s.handed = now
	list := make([]Feed, 0, len(s.feeds))
	for _, f := range s.feeds {
		list = append(list, f.Feed)
	}
	clear(s.feeds)
	slices.SortFunc(list, func(a, b Feed) int {
		return feedKey{a.Source, a.Account, a.Region}.compare(feedKey{b.Source, b.Account, b.Region})
	})
	s.o.Feeds(list)
}

// feedsEvery is how often the health of feeds is handed over.
const feedsEvery = time.Second

// Counts are what became of all that was offered, since the process began.
type Counts struct {
	Deliveries, Records, Accepted, Duplicates, Unreadable, Skipped atomic.Int64
	Late, Future                                                   atomic.Int64
	Findings                                                       atomic.Int64
	Commits, Checkpoints                                           atomic.Int64
	// Age is the sum of how old accepted records were at receipt, in milliseconds;
	// Latest is the newest event time, in Unix seconds.
	Age, Latest atomic.Int64
}

// Delivery is what one source brought at once.
type Delivery struct {
	Source string
	Body   *ingest.Body // read; the service has it until it answers

	drop   []int
	keep   bool
	answer chan Result
}

// Result is what became of a delivery. It is durable and judged when it is given.
type Result struct {
	Seq        uint64 // of the log, 0 if nothing in it was new
	Accepted   int
	Duplicates int
	Unreadable int64
	Err        error
}

// New restores the state from a store, which the service owns from then on, and
// folds what the last checkpoint does not hold.
func New(db *store.Store, o Options) (*Service, error) {
	s, err := restored(db, o, false)
	if err != nil {
		return nil, err
	}
	clear(s.feeds) // they were handed over before
	if o.Now != nil {
		s.began = o.Now()
	}
	// What is on display may be behind what is known now.
	if o.Changed != nil {
		s.engine.Changed()
		if all := s.engine.Incidents(); len(all) > 0 {
			o.Changed(db.Last(), all)
		}
	}
	return s, nil
}

// restored is a service whose state comes of a store: from the newest checkpoint,
// or from the beginning of the log.
func restored(db *store.Store, o Options, fromStart bool) (*Service, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.CheckpointEvery == 0 {
		o.CheckpointEvery = checkpointEvery
	}
	o.Engine.Follow = true
	s := &Service{o: o, store: db, in: make(chan *Delivery, waitingMax), stop: make(chan struct{}), done: make(chan struct{}), ask: make(chan func()), feeds: map[feedKey]*heard{}, pulses: map[feedKey]*pulse{}}
	for i := range o.Formats {
		s.expand = append(s.expand, o.Formats[i].NewExpander())
	}
	return s, s.restore(fromStart)
}

// restore makes the engine out of a checkpoint and the log behind it: the newest
// one that can be read, or the oldest with fromStart.
func (s *Service) restore(fromStart bool) error {
	seq, err := s.store.Restore(fromStart, s.readState, func(seq uint64, err error) {
		s.o.Log.Warn("a checkpoint is not used; the log is folded from an older one", "seq", seq, "error", err)
	})
	if err != nil {
		return err
	}
	if seq == 0 {
		s.engine = engine.New(s.o.Engine)
		clear(s.pulses)
	}
	var body ingest.Body
	return s.store.Read(seq, func(e *store.Entry) (bool, error) {
		s.replays += int64(s.replay(&body, e))
		return true, nil
	})
}

// format is the index of a source's format, -1 if it is not known: nobody may
// deliver what is another source's, and notices are the service's own.
func (s *Service) format(source string) int {
	return slices.IndexFunc(s.o.Formats, func(f normalize.Format) bool { return f.Name == source })
}

// of are the formats that a source's bodies are read by: its own, or none.
func (s *Service) of(source string) []normalize.Format {
	i := s.format(source)
	if i < 0 {
		return nil
	}
	return s.o.Formats[i : i+1]
}

// replay folds one entry of the log, and returns how many records it held.
func (s *Service) replay(body *ingest.Body, e *store.Entry) int {
	body.Text = e.Text
	body.Read(s.of(e.Source))
	s.fold(e.Source, body, e.Drop, e.At)
	return len(body.Records) - len(e.Drop)
}

// fold lets the engine judge the records of a body but those dropped.
func (s *Service) fold(source string, body *ingest.Body, drop []int, at time.Time) {
	var e sekisho.Event
	expander := s.expand[max(0, s.format(source))]
	for i := range body.Records {
		if len(drop) > 0 && drop[0] == i {
			drop = drop[1:]
			continue
		}
		p := &body.Records[i]
		if err := expander.Expand(&e, p.Compact); err != nil {
			s.o.Log.Error("a record that was read cannot be expanded; please report it", "error", err)
			continue
		}
		if e.Time.Sub(at) > futureMax {
			e.Time = at
			s.counts.Future.Add(1)
		}
		s.feed(source, &e, at)
		s.counts.Age.Add(max(0, at.Sub(e.Time).Milliseconds()))
		if t := e.Time.Unix(); t > s.counts.Latest.Load() {
			s.counts.Latest.Store(t)
		} else if s.counts.Latest.Load()-t > int64(late/time.Second) {
			s.counts.Late.Add(1)
		}
		s.counts.Findings.Add(int64(len(s.engine.Step(&e))))
	}
}

// late is from how far behind the newest event a record counts as late.
const late = 10 * time.Minute

// Counts are kept up to date while the service runs.
func (s *Service) Counts() *Counts { return &s.counts }

// Replayed is how many records were folded at the start.
func (s *Service) Replayed() int64 { return s.replays }

// Deliver hands a delivery over and waits until it is durable and judged. It
// answers ErrBusy at once where too much waits.
func (s *Service) Deliver(ctx context.Context, d *Delivery) Result {
	d.answer = make(chan Result, 1)
	select {
	case <-s.stop:
		return Result{Err: ErrClosed}
	default:
	}
	select {
	case s.in <- d:
	case <-s.done:
		return Result{Err: ErrClosed}
	default:
		return Result{Err: ErrBusy}
	}
	select {
	case r := <-d.answer:
		return r
	case <-s.done:
		select { // it may have been the last one
		case r := <-d.answer:
			return r
		default:
		}
		if s.failed != nil {
			return Result{Err: fmt.Errorf("%w: %w", ErrClosed, s.failed)}
		}
		return Result{Err: ErrClosed}
	}
}

// Do runs a function between two commits, on the goroutine that owns the state.
func (s *Service) Do(ctx context.Context, f func(*engine.Engine)) error {
	ran := make(chan struct{})
	select {
	case s.ask <- func() { f(s.engine); close(ran) }:
		<-ran
		return nil
	case <-s.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Idle runs a function on the state of a service that does not run.
func (s *Service) Idle(f func(*engine.Engine)) { f(s.engine) }

// Run works until ctx ends, then makes a last checkpoint. It returns why it ended
// where that was a failure: then nothing that was not answered may be taken to be
// durable.
func (s *Service) Run(ctx context.Context) error {
	err := s.run(ctx)
	s.failed = err
	close(s.done)
	return err
}

func (s *Service) run(ctx context.Context) error {
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	listen := time.NewTicker(cmp.Or(s.o.ListenEvery, listenEvery))
	defer listen.Stop()
	var group []*Delivery
	for {
		group = group[:0]
		select {
		case <-ctx.Done():
			close(s.stop)
			return s.finish()
		case f := <-s.ask:
			f()
			continue
		case <-tick.C:
			if err := s.store.Retain(s.o.Now(), s.o.Now().Add(-retainFor), retainMost); err != nil {
				return err
			}
			continue
		case <-listen.C:
			if group = s.silent(group, s.o.Now()); len(group) == 0 {
				continue
			}
		case d := <-s.in:
			group = append(group, d)
		}
		size := len(group[0].Body.Text)
	more:
		for len(group) < groupMax && size < groupBytes {
			select {
			case d := <-s.in:
				group = append(group, d)
				size += len(d.Body.Text)
			default:
				break more
			}
		}
		if err := s.commit(group); err != nil {
			return err
		}
		if s.since >= s.o.CheckpointEvery {
			if err := s.checkpoint(); err != nil {
				return err
			}
		}
	}
}

// How long deliveries are kept, how many bytes of them, and how often that is
// seen to.
const (
	retainFor   = 90 * 24 * time.Hour
	retainMost  = 50 << 30
	retainEvery = 10 * time.Minute
)

// finish answers what waits still and makes a last checkpoint.
func (s *Service) finish() error {
	for {
		select {
		case d := <-s.in:
			if err := s.commit([]*Delivery{d}); err != nil {
				return err
			}
			continue
		default:
		}
		break
	}
	if s.since == 0 {
		return nil
	}
	return s.checkpoint()
}

func (s *Service) checkpoint() error {
	s.since = 0
	s.counts.Checkpoints.Add(1)
	return s.store.Checkpoint(s.store.Last(), s.writeState)
}

// commit makes a group durable, judges it and answers.
func (s *Service) commit(group []*Delivery) error {
	at := s.o.Now().UTC()
	results := make([]Result, len(group))
	b := s.store.Begin()
	for i, d := range group {
		if err := s.admit(b, d, &results[i], at); err != nil {
			b.Abandon()
			return err
		}
	}
	if err := b.Commit(at); err != nil {
		return err
	}
	s.counts.Commits.Add(1)
	for _, d := range group {
		if d.keep {
			s.fold(d.Source, d.Body, d.drop, at)
		}
	}
	if changed := s.engine.Changed(); len(changed) > 0 && s.o.Changed != nil {
		s.o.Changed(s.store.Last(), changed)
	}
	s.handFeeds(at)
	for i, d := range group {
		s.since += int64(results[i].Accepted)
		d.answer <- results[i]
	}
	return nil
}

// admit drops what was seen and appends the rest of a delivery to the log.
func (s *Service) admit(b *store.Batch, d *Delivery, r *Result, at time.Time) error {
	d.drop, d.keep = nil, false
	for i := range d.Body.Records {
		id := idOf(&d.Body.Records[i])
		seen, err := b.Seen(id, at)
		if err != nil {
			return err
		}
		if seen {
			d.drop = append(d.drop, i)
			continue
		}
		b.See(id)
	}
	r.Duplicates = len(d.drop)
	r.Accepted = len(d.Body.Records) - r.Duplicates
	r.Unreadable = d.Body.BadTotal
	s.counts.Deliveries.Add(1)
	s.counts.Records.Add(int64(len(d.Body.Records)) + r.Unreadable)
	s.counts.Accepted.Add(int64(r.Accepted))
	s.counts.Duplicates.Add(int64(r.Duplicates))
	s.counts.Unreadable.Add(r.Unreadable)
	s.counts.Skipped.Add(d.Body.Skipped)
	if r.Accepted == 0 && r.Unreadable == 0 {
		return nil // all of it was here before
	}
	d.keep = true
	seq, err := b.Append(&store.Entry{At: at, Source: d.Source, Text: d.Body.Text, Drop: d.drop})
	r.Seq = seq
	return err
}

// idOf is what makes a record the same one when it comes again, by another way:
// the id that its source gave it.
func idOf(p *ingest.Piece) (id store.ID) {
	binary.BigEndian.PutUint64(id[:8], p.Key.Hi)
	binary.BigEndian.PutUint64(id[8:], p.Key.Lo)
	return id
}

// Replay folds the log from its beginning into a fresh engine, and returns that and
// how many records there were. Nothing is written.
func Replay(db *store.Store, o Options) (*engine.Engine, int64, error) {
	s, err := restored(db, o, true)
	if err != nil {
		return nil, 0, fmt.Errorf("replay: %w", err)
	}
	return s.engine, s.replays, nil
}
