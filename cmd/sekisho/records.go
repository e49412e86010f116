package main

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/report"
)

// A scan keeps of a record only what an event needs, so a report that shows
// whole records must fetch them again. It notes where the records of findings
// lie while it folds, and afterwards reads those files once more that hold
// records which the report shows; what came from standard input, or a file
// that has changed, cannot be fetched, and the report says so.

// placesMax bounds the places noted, at about 150 bytes each. A report shows
// far fewer; findings of an attack are noted long before it is reached unless
// a log holds a finding in every other record.
const placesMax = 200_000

// place is where a record lies.
type place struct {
	file   string // members as a.zip!b.json
	offset int64
	key    normalize.Key
}

// places are the records of findings, by feed and event id: see sekisho.Finding.Record.
// The nil map notes nothing.
type places map[string]place

func (p places) note(e *sekisho.Event, r *ingest.Record) {
	if p != nil && len(p) < placesMax {
		f := sekisho.Finding{Source: e.Source, EventID: e.ID}
		p[f.Record()] = place{r.File, r.Offset, r.Key}
	}
}

// fetch reads the records of the events again, as far as they can be.
func (p places) fetch(ctx context.Context, events []string, memory int64) (map[string]report.RawRecord, error) {
	out := map[string]report.RawRecord{}
	want := map[normalize.Key]string{}
	files := map[string]bool{}
	for _, id := range events {
		at, ok := p[id]
		if !ok {
			continue
		}
		out[id] = report.RawRecord{File: at.file, Offset: at.offset}
		if name := onDisk(at.file); name != "" {
			want[at.key] = id
			files[name] = true
		}
	}
	if len(files) == 0 {
		return out, nil
	}
	var mu sync.Mutex // files are read by several workers
	kinds := formats()
	for i := range kinds {
		compact := kinds[i].Compact
		kinds[i].Prefix = nil // the record's end must be known
		kinds[i].Compact = func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
			_, key, verdict, reason := compact(dst, raw)
			if verdict != normalize.Read {
				return dst, key, verdict, reason
			}
			mu.Lock()
			defer mu.Unlock()
			if id, ok := want[key]; ok {
				if r := out[id]; r.JSON == nil {
					r.JSON = slices.Clone(raw)
					out[id] = r
				}
			}
			return dst, key, normalize.Skipped, "" // nothing is to be sorted
		}
	}
	in, err := ingest.Open(ctx, slices.Sorted(maps.Keys(files)), ingest.Options{Formats: kinds, Memory: memory, SkipFile: aws.SkipFile})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return out, nil // a file is gone; the report tells which records are not at hand
	}
	return out, in.Close()
}

// onDisk is the file that holds a stream: itself, or the archive of which it
// is a member; "" if there is none to be read again. A name may hold the mark
// of members itself.
func onDisk(name string) string {
	for {
		if info, err := os.Stat(name); err == nil {
			if !info.Mode().IsRegular() {
				return "" // a pipe gives what it held once
			}
			return name
		}
		i := strings.LastIndexByte(name, '!')
		if i < 0 {
			return ""
		}
		name = name[:i]
	}
}
