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

	"github.com/cespare/xxhash/v2"

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
	// Effects is told what a commit changed, after it. It must not block for long.
	Effects func(Effects)
	// Read tells what a record of the service's own is, of the format named
	// NoticeSource: a person's word, which is no event. Nil: there are none.
	Read func(source string, compact []byte) (Word, bool)
	// Changed is told of each event that changed who may do what, what runs as whom, or
	// who may reach something, when it is judged and not when it is replayed: what was
	// collected before is behind. It must not block. The event is borrowed.
	Changed func(*sekisho.Event)
	// Document names the document that a record is, of what was collected: its latest
	// form is kept. "": it is none. gone: there is none of that name any more.
	Document func(source string, compact []byte) (name string, gone bool)
	// ListenEvery is how often silence is looked for; 0 for the usual time.
	ListenEvery time.Duration
	// Silence makes the record of a feed that fell silent, of the format named
	// NoticeSource; nil: silence is not noticed.
	Silence      func(f Feed, at time.Time) ([]byte, error)
	NoticeSource string
	// Settled is asked before a checkpoint: what was told until then must be durable where
	// it is kept, for it is not told again.
	Settled func() error
	// Feeds is told once a second how the feeds do that brought something. It must
	// not block for long.
	Feeds func([]Feed)
	// Fresh is how old a fact may be, at its receipt, for an action to rest on it; 0
	// for FreshFor.
	Fresh time.Duration
	// RetainFor and RetainMost are how long deliveries are kept and how many bytes of
	// them; 0 for the usual ones.
	RetainFor  time.Duration
	RetainMost uint64
	// CheckpointEvery is after how many records a checkpoint is made; 0 for the
	// usual number.
	CheckpointEvery int64
}

// checkpointEvery is the usual number of records between two checkpoints: what is
// folded again after a crash takes two seconds.
const checkpointEvery = 250_000

// FreshFor is how old a fact may be for an action to rest on it, unless declared
// otherwise: what was decided on a backlog after an outage is told, and a person
// acts.
const FreshFor = time.Minute

// Effects are what one commit changed.
type Effects struct {
	Seq        uint64 // of the log
	At         time.Time
	Incidents  []sekisho.Incident
	Decisions  []Decision
	Words      []Word             // of people
	Identities []sekisho.Identity // that were not seen to act since the process began
	Refolded   *Refolded          // at a start
}

// Refolded says which incidents a start found in the deliveries after the checkpoint that
// it went on from. What was shown of those deliveries and is not among them is there no
// longer: the configuration or the model is another.
type Refolded struct {
	After     uint64
	Incidents map[string]bool
}

// Decision is that an incident called for containment, at some tier, with the time of
// receipt at which it did. Decisions are made once and never changed: what comes
// later is another one, of a higher tier.
type Decision struct {
	Incident   string
	Tier       int
	EventID    string    // of the latest fact that it rests on
	EventAt    time.Time // of that
	ReceivedAt time.Time
	// Fresh reports whether that fact was young enough at its receipt for an action to
	// rest on it.
	Fresh bool
}

// Word is what a person said or did by the service: a verdict, or a change.
type Word struct {
	Seq     uint64
	At      time.Time
	By      string // the token's name
	What    string // "verdict", "backup", …
	Target  string
	Detail  string // of a verdict: its kind
	Note    string
	Verdict *sekisho.Verdict // of a verdict
}

// Service is the one owner of the engine's state.
type Service struct {
	o       Options
	store   *store.Store
	engine  *engine.Engine
	expand  []normalize.Expander // of each format
	spaces  []uint64             // of each format, for the ids of its records
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
	decided map[string]int // highest tier by incident
	words   []Word
	roster  map[string]struct{} // ids of those in met, now or before
	met     []sekisho.Identity
	meters  *Meters

	replaying bool      // the log, whose records were heard when they came
	refolded  *Refolded // while it is restored
	looked    time.Time // when what is old was dropped last
	steady    int       // looks since the clock last jumped
}

// Counts are what became of all that was offered, since the process began.
type Counts struct {
	Deliveries, Records, Accepted, Duplicates, Unreadable, Skipped atomic.Int64
	// Gaps are records that a slow path brought first though a fast one brings from
	// the same place.
	Late, Future, Gaps atomic.Int64
	Findings           atomic.Int64
	// Refused are deliveries of senders that may not bring such records. They are none of
	// Deliveries.
	Refused              atomic.Int64
	Commits, Checkpoints atomic.Int64
	Latest               atomic.Int64 // newest event time, in Unix seconds
	// What the engine holds, as of a second ago.
	Identities, Episodes, Incidents, Edges atomic.Int64
}

// Delivery is what one source brought at once.
type Delivery struct {
	Source string // the format's name
	Path   ingest.Path
	Body   *ingest.Body // read; the service has it until it answers
	// Cursor is where reading goes on after this delivery, kept under Name; it is
	// committed with it. Name is "" where nothing is kept.
	Name   string
	Cursor ingest.Cursor

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
	s.since = s.replays
	if o.Now != nil {
		s.began = o.Now()
	}
	// What is on display may be behind what is known now.
	s.engine.Changed()
	all := s.engine.Incidents()
	if o.Effects != nil {
		for i := range all {
			s.refolded.Incidents[all[i].ID] = true
		}
		o.Effects(Effects{Seq: db.Last(), At: s.began, Incidents: all, Refolded: s.refolded})
		s.refolded = nil
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
	o.Fresh, o.RetainFor, o.RetainMost = cmp.Or(o.Fresh, FreshFor), cmp.Or(o.RetainFor, retainFor), cmp.Or(o.RetainMost, retainMost)
	o.Engine.Follow = true
	s := &Service{o: o, store: db, in: make(chan *Delivery, waitingMax), stop: make(chan struct{}), done: make(chan struct{}), ask: make(chan func()),
		feeds: map[feedKey]*heard{}, pulses: map[feedKey]*pulse{}, decided: map[string]int{}, roster: map[string]struct{}{}, meters: newMeters()}
	for i := range o.Formats {
		s.expand = append(s.expand, o.Formats[i].NewExpander())
		// The ids of one format are apart from those of another: nobody who may deliver the
		// one can make a record of the other one that was seen before.
		s.spaces = append(s.spaces, max(1, xxhash.Sum64String(o.Formats[i].Name)))
	}
	if len(s.spaces) > 0 {
		s.spaces[0] = 0 // as layout 1 had them
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
	for _, in := range s.engine.Incidents() {
		if in.Containment != nil {
			s.decided[in.ID] = in.Containment.Tier
		}
	}
	s.refolded = &Refolded{seq, map[string]bool{}}
	var body ingest.Body
	changed := s.o.Changed
	s.o.Changed, s.replaying = nil, true
	defer func() { s.o.Changed, s.replaying = changed, false }()
	return s.store.Read(seq, func(e *store.Entry) (bool, error) {
		s.replays += int64(s.replay(&body, e))
		// What was decided on the way is an effect as it was when it was made.
		s.release(e.Seq, e.At)
		return true, nil
	})
}

// replay folds one entry of the log, and returns how many records it held.
func (s *Service) replay(body *ingest.Body, e *store.Entry) int {
	body.Text = e.Text
	formats, _ := normalize.Select(s.o.Formats, e.Source)
	body.Read(formats)
	s.fold(e.Source, ingest.Path(e.Path), body, e.Drop, e.At)
	return len(body.Records) - len(e.Drop)
}

// fold lets the engine judge the records of a body but those dropped.
func (s *Service) fold(source string, path ingest.Path, body *ingest.Body, drop []int, at time.Time) {
	var e sekisho.Event
	feed := feedCursor{path: path}
	_, first := normalize.Select(s.o.Formats, source)
	for i := range body.Records {
		p := &body.Records[i]
		expander := s.expand[first+p.Format]
		feed.source = s.o.Formats[first+p.Format].Name
		if len(drop) > 0 && drop[0] == i {
			drop = drop[1:]
			if !s.replaying && expander.Expand(&e, p.Compact) == nil {
				s.hear(&feed, &e, at)
			}
			continue
		}
		if s.o.Read != nil && source == s.o.NoticeSource {
			if w, ok := s.o.Read(source, p.Compact); ok {
				if w.Verdict != nil {
					s.engine.Verdict(*w.Verdict)
				}
				s.words = append(s.words, w)
				continue
			}
		}
		if err := expander.Expand(&e, p.Compact); err != nil {
			s.o.Log.Error("a record that was read cannot be expanded; please report it", "error", err)
			continue
		}
		if e.Time.Sub(at) > futureMax {
			e.Time = at
			s.counts.Future.Add(1)
		}
		s.feed(&feed, &e, at)
		s.meet(&e)
		if s.o.Changed != nil && e.Succeeded() && len(e.Effects) > 0 && e.Level.Changes() {
			s.o.Changed(&e)
		}
		if t := e.Time.Unix(); t > s.counts.Latest.Load() {
			s.counts.Latest.Store(t)
		} else if s.counts.Latest.Load()-t > int64(late/time.Second) {
			s.counts.Late.Add(1)
		}
		s.counts.Findings.Add(int64(len(s.engine.Step(&e))))
	}
}

// again notes that records came which were here before, all of a delivery: their path
// is alive, though it brings nothing new.
func (s *Service) again(source string, path ingest.Path, body *ingest.Body, drop []int, at time.Time) {
	var e sekisho.Event
	feed := feedCursor{path: path}
	_, first := normalize.Select(s.o.Formats, source)
	for _, i := range drop {
		p := &body.Records[i]
		feed.source = s.o.Formats[first+p.Format].Name
		if s.expand[first+p.Format].Expand(&e, p.Compact) == nil {
			s.hear(&feed, &e, at)
		}
	}
}

// rosterMax bounds the identities that are told apart as known; one beyond is not
// listed, and judged like all others.
const rosterMax = 1 << 20

// meet notes who acts for the first time.
func (s *Service) meet(e *sekisho.Event) {
	if _, had := s.roster[e.Actor.ID]; had || e.Actor.ID == "" || len(s.roster) >= rosterMax || s.o.Effects == nil {
		return
	}
	s.roster[strings.Clone(e.Actor.ID)] = struct{}{}
	s.met = append(s.met, s.engine.Identify(e))
}

// late is from how far behind the newest event a record counts as late.
const late = 10 * time.Minute

// Counts are kept up to date while the service runs.
func (s *Service) Counts() *Counts { return &s.counts }

// Waiting is how many deliveries wait to be judged.
func (s *Service) Waiting() int { return len(s.in) }

// Replayed is how many records were folded at the start.
func (s *Service) Replayed() int64 { return s.replays }

// Deliver hands a delivery over and waits until it is durable and judged. It
// answers ErrBusy at once where too much waits.
func (s *Service) Deliver(ctx context.Context, d *Delivery) Result {
	if err := s.enqueue(d); err != nil {
		return Result{Err: err}
	}
	return s.result(d)
}

// Take is Deliver for what a source's runner brings: all of it is durable and judged
// when it answers nil. It waits for room instead of being refused.
func (s *Service) Take(ctx context.Context, arrivals []ingest.Arrival) error {
	list := make([]*Delivery, 0, len(arrivals))
	var failed error
	for i := range arrivals {
		a := &arrivals[i]
		d := &Delivery{Source: a.Format, Path: a.Path, Body: a.Body}
		if a.Cursor != "" {
			d.Name, d.Cursor = a.Source, a.Cursor
		}
		if failed = s.wait(ctx, d); failed != nil {
			break // the rest comes again with it: what is durable by then is known
		}
		list = append(list, d)
	}
	for _, d := range list {
		if r := s.result(d); r.Err != nil {
			failed = r.Err
		}
	}
	return failed
}

// wait hands a delivery over as soon as there is room.
func (s *Service) wait(ctx context.Context, d *Delivery) error {
	d.answer = make(chan Result, 1)
	select {
	case <-s.stop:
		return ErrClosed
	default:
	}
	select {
	case s.in <- d:
		return nil
	case <-s.stop:
		return ErrClosed
	case <-s.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enqueue hands a delivery over if there is room.
func (s *Service) enqueue(d *Delivery) error {
	d.answer = make(chan Result, 1)
	select {
	case <-s.stop:
		return ErrClosed
	default:
	}
	select {
	case s.in <- d:
		return nil
	case <-s.done:
		return ErrClosed
	default:
		return ErrBusy
	}
}

func (s *Service) result(d *Delivery) Result {
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
			if err := s.retain(); err != nil {
				return err
			}
			continue
		case <-listen.C:
			s.handFeeds(s.o.Now())
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
	}
}

// A clock that jumped must not drop what is young: nothing is dropped before it has gone
// on steadily, look by look, for an hour.
const (
	jumpMost  = 6 * retainEvery
	steadyFor = 6 // looks
)

func (s *Service) retain() error {
	now := s.o.Now()
	if d := now.Sub(s.looked); d < 0 || d > jumpMost {
		s.steady = 0
	}
	s.looked = now
	if s.steady++; s.steady <= steadyFor {
		return nil
	}
	return s.store.Retain(now, now.Add(-s.o.RetainFor), s.o.RetainMost)
}

// Drive does by hand, on the caller's goroutine, what Run does by itself, for a
// simulation that owns time and order: it makes deliveries durable, judges them, and
// looks for silence and for what is old. It must not be used beside Run.
func (s *Service) Drive(group []*Delivery) ([]Result, error) {
	for _, d := range group {
		d.answer = make(chan Result, 1)
	}
	if all := s.silent(slices.Clone(group), s.o.Now()); len(all) > 0 {
		if err := s.commit(all); err != nil {
			return nil, err
		}
	}
	results := make([]Result, len(group))
	for i, d := range group {
		results[i] = <-d.answer
	}
	return results, s.retain()
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
	if s.o.Feeds != nil {
		s.handAll()
	}
	if s.since == 0 {
		return nil
	}
	return s.checkpoint()
}

func (s *Service) checkpoint() error {
	s.since = 0
	if s.o.Settled != nil {
		if err := s.o.Settled(); err != nil {
			// What is shown can be made anew; the log goes on.
			s.o.Log.Error("what is shown is behind; make it anew with sekisho views", "error", err)
		}
	}
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
	// Each delivery's effects are its own, however many are committed together: a replay,
	// which knows nothing of groups, decides the same.
	for i, d := range group {
		if d.keep {
			s.fold(d.Source, d.Path, d.Body, d.drop, at)
			s.release(results[i].Seq, at)
		} else {
			s.again(d.Source, d.Path, d.Body, d.drop, at)
		}
	}
	s.handFeeds(at)
	for i, d := range group {
		s.since += int64(results[i].Accepted)
		d.answer <- results[i]
	}
	s.meters.Commit.Observe(s.o.Now().Sub(at).Seconds())
	if s.since >= s.o.CheckpointEvery {
		return s.checkpoint()
	}
	return nil
}

// release hands over what a commit changed.
func (s *Service) release(seq uint64, at time.Time) {
	words, met := s.words, s.met
	s.words, s.met = nil, nil
	if s.o.Effects == nil {
		return
	}
	changed := s.engine.Changed()
	if len(changed)+len(words)+len(met) == 0 {
		return
	}
	if s.refolded != nil {
		for i := range changed {
			s.refolded.Incidents[changed[i].ID] = true
		}
	}
	x := Effects{Seq: seq, At: at, Incidents: changed, Words: words, Identities: met}
	for i := range words {
		words[i].Seq, words[i].At = seq, at
	}
	for i := range changed {
		c := changed[i].Containment
		if c == nil || c.Tier <= s.decided[changed[i].ID] || changed[i].MergedInto != "" {
			continue
		}
		d := Decision{Incident: changed[i].ID, Tier: c.Tier, EventID: c.EventID, EventAt: c.At, ReceivedAt: at}
		for _, a := range c.Actions {
			if a.At.After(d.EventAt) {
				d.EventID, d.EventAt = a.EventID, a.At
			}
		}
		d.Fresh = at.Sub(d.EventAt) <= s.o.Fresh
		if len(s.decided) < decidedMax {
			s.decided[changed[i].ID] = c.Tier
		}
		x.Decisions = append(x.Decisions, d)
	}
	s.o.Effects(x)
}

// decidedMax bounds the incidents whose decisions are remembered; one beyond is told
// again with each of its changes, which whoever keeps them tells apart.
const decidedMax = 1 << 16

// admit drops what was seen and appends the rest of a delivery to the log.
func (s *Service) admit(b *store.Batch, d *Delivery, r *Result, at time.Time) error {
	d.drop, d.keep = nil, false
	_, first := normalize.Select(s.o.Formats, d.Source)
	for i := range d.Body.Records {
		id := idOf(s.spaces[first+d.Body.Records[i].Format], &d.Body.Records[i])
		seen, err := b.Seen(id, at)
		if err != nil {
			return err
		}
		if seen {
			d.drop = append(d.drop, i)
			continue
		}
		b.See(id)
		if s.o.Document != nil {
			if err := s.document(b, s.o.Formats[first+d.Body.Records[i].Format].Name, d.Body.Records[i].Compact); err != nil {
				return err
			}
		}
	}
	if d.Name != "" {
		if err := b.Remember(cursorName(d.Name), []byte(d.Cursor)); err != nil {
			return err
		}
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
	seq, err := b.Append(&store.Entry{At: at, Source: d.Source, Path: string(d.Path), Text: d.Body.Text, Drop: d.drop})
	r.Seq = seq
	return err
}

// document keeps the latest form of what a record describes.
func (s *Service) document(b *store.Batch, source string, compact []byte) error {
	name, gone := s.o.Document(source, compact)
	switch {
	case name == "":
		return nil
	case gone:
		return b.Keep(name, nil)
	}
	return b.Keep(name, compact)
}

func cursorName(source string) string { return "cursor/" + source }

// Cursor is where reading a source goes on, "" for its beginning.
func Cursor(db *store.Store, source string) (ingest.Cursor, error) {
	v, err := db.Get(cursorName(source))
	return ingest.Cursor(v), err
}

// idOf is what makes a record the same one when it comes again, by another way:
// the id that its source gave it.
func idOf(space uint64, p *ingest.Piece) store.ID {
	id := store.ID{Space: space}
	binary.BigEndian.PutUint64(id.Key[:8], p.Key.Hi)
	binary.BigEndian.PutUint64(id.Key[8:], p.Key.Lo)
	return id
}

// Replay folds the log from its beginning into a fresh engine, and returns that and
// how many records there were. Nothing is written; Effects is told what each
// delivery changed, as it was told then.
func Replay(db *store.Store, o Options) (*engine.Engine, int64, error) {
	s, err := restored(db, o, true)
	if err != nil {
		return nil, 0, fmt.Errorf("replay: %w", err)
	}
	if o.Feeds != nil {
		s.handAll()
	}
	return s.engine, s.replays, nil
}
