// Package normalize says what a format of raw records is: how one record
// becomes a compact form that can be sorted and spilled, and how that becomes
// an Event. It never fails: what it cannot read it keeps, counts and names.
package normalize

import "github.com/sekisho/sekisho"

// Key orders compact records: by time, then by id.
type Key struct {
	Time int64  // nanoseconds since 1970, UTC
	Hi   uint64 // the first 16 bytes of the event id in an order that keeps
	Lo   uint64 // equal ids equal and is the same on every run
}

// Less orders keys.
func (k Key) Less(o Key) bool {
	if k.Time != o.Time {
		return k.Time < o.Time
	}
	if k.Hi != o.Hi {
		return k.Hi < o.Hi
	}
	return k.Lo < o.Lo
}

// Verdict is what became of a raw record.
type Verdict uint8

const (
	Read       Verdict = iota // a compact record was appended
	Unreadable                // not an event; the reason says why
	Skipped                   // a record of a kind that is not wanted, such as a digest
	NotMine                   // another format's record
	Header                    // a line that says how the lines after it are to be read
)

// Any is the name of no format: what comes under it may be a record of each.
const Any = "any"

// A Format knows one kind of raw record. Its functions are pure and may be
// called at the same time from many goroutines, but for an Expander, which
// belongs to one.
type Format struct {
	Name string // as in /v1/ingest/{source}: "aws-cloudtrail"
	// Own says that only the service itself makes such records: no part of Any. In a
	// list of formats those stand last.
	Own bool

	// Compact reads one raw JSON object and appends its compact form to dst.
	// It keeps neither slice. For Unreadable and Skipped the reason is one
	// short phrase for the operator and dst comes back unchanged.
	Compact func(dst, raw []byte) (compact []byte, key Key, verdict Verdict, reason string)

	// Prefix, if set, is Compact for a record that begins text and whose end is
	// not known yet: it finds the end itself, so that the text is walked once.
	// length is that of the record; 0 means anything but a record read whole,
	// and then the caller frames it and asks Compact.
	Prefix func(dst, text []byte) (compact []byte, length int, key Key)

	// Line, if set, reads one line of a stream of text that is no JSON, and is Compact
	// otherwise. For Header the line is kept and handed in with those that follow it in
	// its stream; header is nil before that.
	Line func(dst, header, line []byte) (compact []byte, key Key, verdict Verdict, reason string)

	// NewExpander makes an Expander.
	NewExpander func() Expander
}

// An Expander turns compact records back into events. Strings of the event are
// the caller's to keep; Params and Result point into compact; Effects is the
// expander's and lives until the next call.
type Expander interface {
	Expand(e *sekisho.Event, compact []byte) error
}

// Select is the part of a list of formats that a name stands for: the one of that name,
// all that are not the service's own for Any, none otherwise. first is where it begins in
// the list.
func Select(list []Format, name string) (selected []Format, first int) {
	if name == Any {
		n := 0
		for n < len(list) && !list[n].Own {
			n++
		}
		return list[:n], 0
	}
	for i := range list {
		if list[i].Name == name {
			return list[i : i+1], i
		}
	}
	return nil, 0
}
