package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sekisho/sekisho/normalize"
)

// How long a runner waits after failures: twice as long each time, and up to half
// of that by chance, so that many do not come back at once.
const (
	backoffLeast = 200 * time.Millisecond
	backoffMost  = 30 * time.Second
)

// An Arrival is a parcel that was read, on its way into the log.
type Arrival struct {
	Format string
	Path   Path
	Body   *Body
	// Source and Cursor are where reading goes on once the arrival is durable; Cursor
	// is "" where that does not move with this arrival.
	Source string
	Cursor Cursor
}

// Deliver makes arrivals durable and judges them, all or none: an error means that
// they are to be brought again.
type Deliver func(ctx context.Context, arrivals []Arrival) error

// Health is how a source does, for people and metrics.
type Health struct {
	Name     string    `json:"name"`
	Read     int64     `json:"read"`    // batches that held something
	Parcels  int64     `json:"parcels"` // taken
	Failed   int64     `json:"failed"`  // things that could not be brought, each time that they failed
	Errors   int64     `json:"errors"`  // reads, settlements and deliveries that failed
	LastRead time.Time `json:"last_read"`
	// LastError is the last failure's text, "" once a read has succeeded again.
	LastError string `json:"last_error"`
	// Pace is how late the source is by its nature, "" where it does not know.
	Pace string `json:"pace,omitempty"`
}

// Runner reads one source, for as long as it is told to: cursor, retries with
// backoff, back-pressure, accounting. Nothing is settled that is not durable.
type Runner struct {
	Source  Source
	Formats []normalize.Format
	Deliver Deliver
	Cursor  Cursor // where to begin
	Log     *slog.Logger
	Rand    *rand.Rand       // chance of the backoff; the process's own if nil
	Now     func() time.Time // for Health; time.Now if nil

	failures int    // in a row
	broken   string // what of the last batch could not be brought
	held     *held
	mu       sync.Mutex
	health   Health
}

// held is a batch that was read and could not be delivered or settled yet. It is
// not read again: it may be gone from where it came.
type held struct {
	batch    Batch
	next     int       // of its parcels, to be opened
	arrivals []Arrival // opened, and not delivered yet
}

// sliceMost is how many bytes of inflated text are in hand at once, and one body more:
// what is small when it comes may be large.
const sliceMost = 32 << 20

// Health tells how the source does. Any goroutine may ask.
func (r *Runner) Health() Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.health
	h.Name = r.Source.Name()
	if p, ok := r.Source.(Paced); ok {
		h.Pace = p.Pace()
	}
	return h
}

// Run reads until ctx ends.
func (r *Runner) Run(ctx context.Context) {
	for ctx.Err() == nil {
		wait := r.Once(ctx)
		if wait <= 0 {
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Once does the next thing: read, deliver, settle. It answers how long to wait
// before the next time.
func (r *Runner) Once(ctx context.Context) (wait time.Duration) {
	if r.held == nil {
		b, err := r.Source.Read(ctx, r.Cursor)
		if ctx.Err() != nil {
			return 0
		}
		if err != nil {
			return r.failed("read", err)
		}
		r.took(b)
	}
	if h := r.held; h != nil {
		for h.next < len(h.batch.Parcels) || len(h.arrivals) > 0 {
			r.open(h)
			if err := r.Deliver(ctx, h.arrivals); err != nil {
				return r.failed("deliver", err)
			}
			n := int64(len(h.arrivals))
			r.note(func(s *Health) { s.Parcels += n })
			h.arrivals = nil
		}
		if h.batch.Next != "" {
			r.Cursor = h.batch.Next
		}
		if h.batch.Settle != nil {
			if err := h.batch.Settle(ctx); err != nil {
				// It is durable: what is not settled comes again, and is known then.
				r.held = nil
				return r.failed("settle", err)
			}
		}
		r.held = nil
	}
	r.failures = 0
	r.note(func(s *Health) { s.LastError, s.LastRead = r.broken, r.now() })
	return 0
}

// took takes over what was read.
func (r *Runner) took(b Batch) {
	for _, f := range b.Failed {
		r.Log.Warn("something could not be brought; it is tried again", "source", r.Source.Name(), "what", f.Origin, "error", f.Err)
	}
	r.broken = ""
	if n := len(b.Failed); n > 0 {
		r.broken = fmt.Sprintf("%d could not be brought, the last: %s: %v", n, b.Failed[n-1].Origin, b.Failed[n-1].Err)
	}
	r.note(func(s *Health) {
		s.Failed += int64(len(b.Failed))
		if len(b.Parcels) > 0 {
			s.Read++
		}
	})
	if len(b.Parcels) == 0 && b.Settle == nil && (b.Next == "" || b.Next == r.Cursor) {
		return
	}
	r.held = &held{batch: b}
}

// open reads the next parcels of a batch, as many as may be in hand, unless some wait
// to be delivered.
func (r *Runner) open(h *held) {
	for size := 0; len(h.arrivals) == 0 || size < sliceMost; h.next++ {
		if h.next == len(h.batch.Parcels) {
			return
		}
		p := &h.batch.Parcels[h.next]
		a := r.arrival(p)
		size += len(a.Body.Text)
		if h.next == len(h.batch.Parcels)-1 {
			a.Cursor = h.batch.Next
		}
		p.Raw = nil
		h.arrivals = append(h.arrivals, a)
	}
}

// arrival reads a parcel.
func (r *Runner) arrival(p *Parcel) Arrival {
	a := Arrival{Format: p.Format, Path: p.Path, Body: &Body{}, Source: r.Source.Name()}
	formats, _ := normalize.Select(r.Formats, p.Format)
	switch err := a.Body.Inflate(p.Raw); {
	case err != nil:
		a.Body.Unreadable(p.Raw, err.Error())
	case len(formats) == 0:
		a.Body.Unreadable(a.Body.Text, "no format of the name "+p.Format)
	default:
		a.Body.Read(formats)
	}
	if a.Body.BadTotal > 0 {
		r.Log.Warn("records cannot be read; they are kept and counted", "source", r.Source.Name(), "what", p.Origin, "records", a.Body.BadTotal,
			"first", fmt.Sprintf("at byte %d: %s", a.Body.Bad[0].Offset, a.Body.Bad[0].Reason))
	}
	return a
}

// failed notes a failure and answers how long to wait.
func (r *Runner) failed(doing string, err error) time.Duration {
	r.failures++
	wait := min(backoffMost, backoffLeast<<min(r.failures-1, 20))
	if r.Rand != nil {
		wait += time.Duration(r.Rand.Int64N(int64(wait)/2 + 1))
	} else {
		wait += time.Duration(rand.Int64N(int64(wait)/2 + 1))
	}
	var told *Wait
	if errors.As(err, &told) {
		wait = max(wait, min(told.For, 10*backoffMost))
	}
	r.note(func(s *Health) { s.Errors++; s.LastError = doing + ": " + err.Error() })
	if r.failures == 1 || r.failures%100 == 0 {
		r.Log.Warn("a source fails; it is tried again", "source", r.Source.Name(), "doing", doing, "error", err, "times", r.failures)
	}
	return wait
}

func (r *Runner) note(f func(*Health)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.health)
}

func (r *Runner) now() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}
