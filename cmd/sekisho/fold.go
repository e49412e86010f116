package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/github"
	"github.com/sekisho/sekisho/provider/guardduty"
	"github.com/sekisho/sekisho/provider/okta"
	"github.com/sekisho/sekisho/provider/vpcflow"
)

// formats are the kinds of records that are read, the most frequent first: a stream's first
// record is offered to them in this order.
func formats() []normalize.Format {
	return []normalize.Format{aws.CloudTrail(), vpcflow.Format(), okta.SystemLog(), guardduty.Format(), github.Audit()}
}

// sourceNames are the names of the formats, by which senders are bound to them.
func sourceNames() (names []string) {
	for _, f := range formats() {
		names = append(names, f.Name)
	}
	return names
}

// fileTime is when a file was delivered, where its name tells: files of several accounts
// then come in order of time, and need no sorting on disk.
func fileTime(name string) (int64, bool) {
	if at, ok := aws.FileTime(name); ok {
		return at, true
	}
	return vpcflow.FileTime(name)
}

// fold is the input of one run of the engine.
type fold struct {
	paths    []string
	memory   int64
	stdin    io.Reader
	progress func(done, total int64)
	eager    bool
}

// folded is what a fold saw.
type folded struct {
	ingest.Stats
	first, last time.Time
	events      int64
}

// run hands all events of the paths to step, in order, each with the record
// that it was read from, which is good during the call. Reading, inflating and
// decoding go on in parallel; what must happen one by one is small.
func (f *fold) run(ctx context.Context, step func(*sekisho.Event, *ingest.Record)) (out folded, err error) {
	kinds := formats()
	in, err := ingest.Open(ctx, f.paths, ingest.Options{Formats: kinds, Memory: f.memory, Stdin: f.stdin, Progress: f.progress,
		SkipFile: aws.SkipFile, FileTime: fileTime, Eager: f.eager})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	expanders := make([]normalize.Expander, len(kinds))
	for i := range kinds {
		expanders[i] = kinds[i].NewExpander()
	}
	var e sekisho.Event
	for {
		r, ok, err := in.Next()
		if err != nil {
			return out, err
		}
		if !ok {
			break
		}
		if err := expanders[r.Format].Expand(&e, r.Compact); err != nil {
			return out, fmt.Errorf("%s: offset %d: a record that was read cannot be expanded: %w; this is a defect, please report it", r.File, r.Offset, err)
		}
		if out.events == 0 {
			out.first = e.Time
		}
		out.last = e.Time
		out.events++
		step(&e, &r)
	}
	// An interrupt can look like the end of a file to whoever was reading it:
	// what was read by then is not all, and says nothing.
	if err := ctx.Err(); err != nil {
		return out, err
	}
	out.Stats = in.Stats()
	return out, nil
}

// history folds earlier logs: what they teach stays, what they show is not
// reported.
func history(ctx context.Context, g *engine.Engine, f *fold) (days int, err error) {
	out, err := f.run(ctx, func(e *sekisho.Event, _ *ingest.Record) { g.Step(e) })
	if err != nil {
		return 0, fmt.Errorf("history: %w", err)
	}
	g.Forget(true)
	if out.events == 0 {
		return 0, nil
	}
	return int(out.last.Sub(out.first)/(24*time.Hour)) + 1, nil
}
