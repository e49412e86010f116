package ingest

import (
	"context"
	"time"
)

// Path is the way by which records came: the same record comes by several, and the
// first one wins.
type Path string

// The paths. What is pushed, taken from an event bus or a log of messages comes
// within seconds; files come minutes later, and are complete.
const (
	PathPush        Path = "push"        // HTTPS: a webhook, an API destination
	PathEventBridge Path = "eventbridge" // events of a bus, through a queue
	PathKafka       Path = "kafka"
	PathPoll        Path = "poll"   // a log that is asked for what is new, some times a minute
	PathS3          Path = "s3"     // objects that a queue announces
	PathFolder      Path = "folder" // files of a watched folder
	PathSelf        Path = "self"   // the service's own notices and what it collects
)

// Slow reports whether records of the path come minutes late and complete: what
// such a path brings first, a fast one has missed.
func (p Path) Slow() bool { return p == PathS3 || p == PathFolder }

// Cursor is a place in a source. It is opaque to all but that source; "" is the
// beginning.
type Cursor string

// A Source brings raw records from outside. It does not retry, keeps no state but
// what it can find again, and starts nothing that outlives a Read: Runner does
// what every source needs alike. One goroutine calls it.
type Source interface {
	// Name is the source's own, unique among those of a service and the same in each
	// run: cursors are kept under it. It names no secret.
	Name() string

	// Read waits for what comes after the cursor and returns it. It returns with an
	// empty batch after some seconds in which nothing came, and with ctx's error when
	// that ends. An error means that nothing of this call needs to be settled: it is
	// read again. An error that knows when to come again is a *Wait.
	Read(ctx context.Context, after Cursor) (Batch, error)
}

// Checker is a Source that can be tried out.
type Checker interface {
	// Check tries whether the source can be read, without taking anything from it, and
	// answers one text for each thing that is wrong, with what to do about it.
	Check(ctx context.Context) []string
}

// Paced is a Source that knows how late it is by its nature, when nothing is wrong.
type Paced interface {
	// Pace says so to an operator, in a phrase.
	Pace() string
}

// A Batch is what one Read brought.
type Batch struct {
	Parcels []Parcel
	// Next is the cursor behind the parcels. It is committed with them, so that what
	// comes twice after a crash is only what was not durable. Where it is not moved,
	// the source has another way to know what was taken: Settle.
	Next Cursor
	// Settle is called once all parcels are durable and judged; nil if there is
	// nothing to settle. What it could not settle comes again, and is known then.
	Settle func(ctx context.Context) error
	// Failed are things that could not be brought. They are told and counted, and
	// are not settled: they come again, or go where the queue sends what fails.
	Failed []Failure
}

// A Parcel is one piece of raw text: an object, a message, a file.
type Parcel struct {
	Format string // name of the normalize.Format that reads it
	Path   Path
	Origin string // what an operator would look for: an object's name, a message id
	Raw    []byte // JSON, or gzip or zstd of it; the runner's to keep
}

// A Failure is one thing that a source could not bring.
type Failure struct {
	Origin string
	Err    error // says what to do next
}

// Wait is an error of a source that knows when to come again.
type Wait struct {
	For time.Duration
	Err error
}

// Error implements error.
func (w *Wait) Error() string { return w.Err.Error() }

// Unwrap is the cause.
func (w *Wait) Unwrap() error { return w.Err }
