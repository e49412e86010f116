package correlate

import (
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// window is what a lineage did in the last ten minutes, each distinct thing
// once, with the last time it was done. It counts across principals: a chain
// of nineteen quiet identities is one loud one.
type window struct {
	what  []uint64 // hash of a thing
	items []item   // the same index
	turn  int      // next to be replaced when full
}

type item struct {
	at      int64 // unix seconds, last
	service uint64
	topic   sekisho.Topic
	kind    itemKind
	refused bool
}

type itemKind uint8

const (
	didRead itemKind = iota
	wasDenied
	triedRole
	readSecret
)

func hashOf(kind itemKind, a, b string) uint64 {
	return (xxhash.Sum64String(a)*31+xxhash.Sum64String(b))*8 + uint64(kind)
}

// note enters an event.
func (w *window) note(e *sekisho.Event) {
	at := e.Time.Unix()
	if e.Level == sekisho.LevelList || e.Level == sekisho.LevelRead {
		w.put(hashOf(didRead, e.Service, e.Action), item{at: at, kind: didRead, service: xxhash.Sum64String(e.Service), topic: e.Topic})
	}
	if e.Outcome == sekisho.Denied {
		w.put(hashOf(wasDenied, e.Service, e.Action), item{at: at, kind: wasDenied, topic: e.Topic})
	}
	for i := range e.Effects {
		x := &e.Effects[i]
		switch x.Kind {
		case sekisho.AssumeTry:
			w.put(hashOf(triedRole, x.Identity.ARN, x.Identity.Name), item{at: at, kind: triedRole, refused: !e.Succeeded()})
		case sekisho.ReadSecret:
			n := max(x.Count, 1)
			for k := range min(n, 20) { // a batch names one set: count what it held
				w.put(hashOf(readSecret, x.Resource, "")+uint64(k)<<8, item{at: at, kind: readSecret})
			}
		}
	}
}

func (w *window) put(h uint64, it item) {
	for i, x := range w.what {
		if x == h {
			was := &w.items[i]
			it.refused = it.refused && (was.refused || was.at < it.at-int64(windowSpan/time.Second))
			*was = it
			return
		}
	}
	// Re-use a place whose time has passed before growing.
	if n := len(w.what); n > 0 {
		i := w.turn % n
		w.turn++
		if n >= windowMax || w.items[i].at < it.at-int64(windowSpan/time.Second) {
			w.what[i], w.items[i] = h, it
			return
		}
	}
	w.what = append(w.what, h)
	w.items = append(w.items, it)
}

// burst counts what was done within a time before now.
func (w *window) burst(now int64, within time.Duration) detect.Burst {
	var b detect.Burst
	from := now - int64(within/time.Second)
	var services [64]uint64 // distinct services; more than 64 are as good as 64
	first := now
	for i := range w.items {
		it := &w.items[i]
		if it.at <= from || it.at > now {
			continue
		}
		b.Calls++
		first = min(first, it.at)
		switch it.kind {
		case didRead:
			b.Reads++
			b.Topics[it.topic&15] = true
			switch it.topic {
			case sekisho.TopicModel:
				b.Models++
			case sekisho.TopicLogging, sekisho.TopicDetection:
				b.Defence++
			}
			known := false
			for _, s := range services[:b.Services] {
				if s == it.service {
					known = true
					break
				}
			}
			if !known && b.Services < len(services) {
				services[b.Services] = it.service
				b.Services++
			}
		case wasDenied:
			b.Denied++
		case triedRole:
			b.Roles++
			if it.refused {
				b.Refused++
			}
		case readSecret:
			b.Secrets++
		}
	}
	b.Span = time.Duration(now-first) * time.Second
	return b
}

// merge takes over another window.
func (w *window) merge(o *window) {
	for i, h := range o.what {
		w.put(h, o.items[i])
	}
}
