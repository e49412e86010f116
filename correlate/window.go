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
	sums  *sums    // amounts, nil until there is one
	last  *counted // the last count over the whole span, nil until there is one
}

// counted is a count that holds until something new is done or something is
// ten minutes ago: most events do again what was done before.
type counted struct {
	burst detect.Burst
	first int64 // the oldest thing counted
	holds bool
}

// sums are amounts by minute, for what is counted rather than told apart.
type sums struct {
	minute [sumMinutes]int64 // which minute (unix seconds / 60) the column holds
	n      [sumMinutes][amounts]int64

	// The totals asked for last, of the minutes after one up to another, as long as
	// nothing is added: most events add nothing, and many are asked about in a minute.
	last     [amounts]int64
	from, to int64
	holds    bool
}

// sumMinutes are as many as a window is long, and the one that has begun.
const sumMinutes = int(windowSpan/time.Minute) + 1

type amount uint8

const (
	dataRead amount = iota
	dataCopied
	thingsDestroyed
	dataLocked
	modelRuns
	machinesAsked
	clustersAsked
	bytesSent
	amounts
)

// add counts n more of an amount at a time.
func (w *window) add(a amount, at int64, n int64) {
	if w.sums == nil {
		w.sums = &sums{}
	}
	m := at / 60
	i := int(m % int64(sumMinutes))
	if i < 0 {
		return // before 1970: no clock that we know
	}
	switch have := w.sums.minute[i]; {
	case have < m:
		w.sums.minute[i], w.sums.n[i] = m, [amounts]int64{}
	case have > m:
		return // older than the window
	}
	w.sums.n[i][a] += n
	w.sums.holds = false
}

// totals are the amounts within a time before now, in whole minutes.
func (s *sums) totals(now int64, within time.Duration) (n [amounts]int64) {
	from, to := max((now-int64(within/time.Second))/60, -1), now/60
	if s.holds && s.from == from && s.to == to {
		return s.last
	}
	for m := from + 1; m <= to; m++ {
		i := m % int64(sumMinutes)
		if s.minute[i] != m {
			continue
		}
		for a, k := range s.n[i] {
			n[a] += k
		}
	}
	s.last, s.from, s.to, s.holds = n, from, to, true
	return n
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
	askedInside
	askedSelf
	actedIn
	knocked
	askedFactor
	refusedEntry
)

// askedSpan is within how many seconds questions for a proof count as one.
const askedSpan = 5

func hashOf(kind itemKind, a, b string) uint64 {
	return (xxhash.Sum64String(a)*31+xxhash.Sum64String(b))*16 + uint64(kind)
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
	if e.Kind == sekisho.SignIn && e.Outcome == sekisho.Denied {
		w.put(hashOf(refusedEntry, e.ID, ""), item{at: at, kind: refusedEntry})
	}
	if e.Level.Changes() && e.Region != "" {
		w.put(hashOf(actedIn, e.Region, ""), item{at: at, kind: actedIn})
	}
	for i := range e.Tried {
		switch x := &e.Tried[i]; x.Kind {
		case sekisho.ReadSecret:
			w.inside(x, at)
		case sekisho.LaunchCompute:
			w.machines(x, at)
		case sekisho.AskFactor:
			// One question can leave two records, of the push and of the proof.
			w.put(hashOf(askedFactor, "", "")+uint64(at/askedSpan)<<8, item{at: at, kind: askedFactor})
		}
	}
	for i := range e.Effects {
		x := &e.Effects[i]
		switch x.Kind {
		case sekisho.ProbeSelf:
			w.put(hashOf(askedSelf, x.What, e.Name()), item{at: at, kind: askedSelf})
		case sekisho.ReadData:
			if x.What == "copy" {
				w.add(dataCopied, at, 1)
			}
			w.add(dataRead, at, 1)
		case sekisho.Destroy:
			w.add(thingsDestroyed, at, max(x.Count, 1))
		case sekisho.LockData:
			w.add(dataLocked, at, max(x.Count, 1))
		case sekisho.InvokeModel:
			w.add(modelRuns, at, 1)
		case sekisho.LaunchCompute:
			w.machines(x, at)
		case sekisho.AssumeTry:
			w.put(hashOf(triedRole, x.Identity.ARN, x.Identity.Name), item{at: at, kind: triedRole, refused: !e.Succeeded()})
		case sekisho.ReadSecret:
			if w.inside(x, at) {
				continue
			}
			n := max(x.Count, 1)
			for k := range min(n, 20) { // a batch names one set: count what it held
				w.put(hashOf(readSecret, x.Resource, "")+uint64(k)<<8, item{at: at, kind: readSecret})
			}
		}
	}
}

// sent enters what the network saw of a machine of the lineage. Whichever side began:
// who fetches and who is sent to has it in the end.
func (w *window) sent(e *sekisho.Event, x *sekisho.Effect) {
	at := e.Time.Unix()
	if x.What == "inside" {
		w.put(hashOf(knocked, x.Resource, ""), item{at: at, kind: knocked, refused: !e.Succeeded()})
	} else if e.Succeeded() && x.Count > 0 {
		w.add(bytesSent, at, x.Count)
	}
}

// inside notes that a machine's own secrets were asked for, and reports whether
// the effect is about those.
func (w *window) inside(x *sekisho.Effect, at int64) bool {
	if x.What == "" {
		return false
	}
	w.put(hashOf(askedInside, x.Resource, x.What), item{at: at, kind: askedInside})
	return true
}

func (w *window) machines(x *sekisho.Effect, at int64) {
	if x.What == "cluster" {
		w.add(clustersAsked, at, max(x.Count, 1))
		return
	}
	w.add(machinesAsked, at, max(x.Count, 1))
}

func (w *window) put(h uint64, it item) {
	for i, x := range w.what {
		if x == h {
			was := &w.items[i]
			if c := w.last; c != nil && (was.at == c.first || was.at <= it.at-int64(windowSpan/time.Second) || was.refused != it.refused) {
				c.holds = false
			}
			it.refused = it.refused && (was.refused || was.at < it.at-int64(windowSpan/time.Second))
			*was = it
			return
		}
	}
	if w.last != nil {
		w.last.holds = false
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
	whole := within == windowSpan
	if c := w.last; whole && c != nil && c.holds && now < c.first+int64(windowSpan/time.Second) {
		c.burst.Span = time.Duration(now-c.first) * time.Second
		w.amounts(&c.burst, now, within)
		return c.burst
	}
	b, first, ahead := w.count(now, within)
	if whole {
		if w.last == nil {
			w.last = &counted{}
		}
		*w.last = counted{b, first, !ahead}
	}
	w.amounts(&b, now, within)
	return b
}

// count counts the distinct things, says when the first was done, and whether
// some lie ahead of now.
func (w *window) count(now int64, within time.Duration) (b detect.Burst, first int64, ahead bool) {
	from := now - int64(within/time.Second)
	var services [64]uint64 // distinct services; more than 64 are as good as 64
	first = now
	for i := range w.items {
		it := &w.items[i]
		ahead = ahead || it.at > now
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
		case askedInside:
			b.Inside++
		case askedSelf:
			b.Probes++
		case actedIn:
			b.Regions++
		case knocked:
			b.Neighbours++
			if it.refused {
				b.Shut++
			}
		case askedFactor:
			b.Factors++
		case refusedEntry:
			b.Refusals++
		}
	}
	b.Span = time.Duration(now-first) * time.Second
	return b, first, ahead
}

// amounts fills in what is counted by the minute.
func (w *window) amounts(b *detect.Burst, now int64, within time.Duration) {
	if s := w.sums; s != nil {
		n := s.totals(now, within)
		b.Read, b.Copied, b.Destroyed, b.Locked = n[dataRead], n[dataCopied], n[thingsDestroyed], n[dataLocked]
		b.Runs, b.Machines, b.Clusters, b.Sent = n[modelRuns], n[machinesAsked], n[clustersAsked], n[bytesSent]
	}
}

// merge takes over another window.
func (w *window) merge(o *window) {
	for i, h := range o.what {
		w.put(h, o.items[i])
	}
	if o.sums == nil {
		return
	}
	for i, m := range o.sums.minute {
		for a, n := range o.sums.n[i] {
			if n > 0 {
				w.add(amount(a), m*60, n)
			}
		}
	}
}
