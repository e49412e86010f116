package sim

import (
	"cmp"
	"slices"
	"time"
)

// Recording is a set of records in memory. Use [Corpus] for what does not fit.
type Recording struct {
	entries []entry
	ids     map[string]bool
	rand    *Rand  // for event ids and request ids
	notes   []note // what other systems than the provider see of it too
}

// entry is one record and what the truth file needs to know of it.
type entry struct {
	kind    string // "" is CloudTrail; see KindOkta and the others
	header  string // of a text line: the line that begins its file
	at      time.Time
	order   int // tie-break: the order in which it was made
	account string
	region  string
	id      string
	line    []byte
	phase   string // ATT&CK tactic of an attack's record; "" for ordinary work
	who     *who
	name    string
	failed  bool
}

func newRecording(seed uint64) *Recording {
	return &Recording{ids: map[string]bool{}, rand: NewRand(seed, "records")}
}

// Len is how many records there are.
func (r *Recording) Len() int { return len(r.entries) }

// Each calls f with every record in the order of time. The line is one JSON
// object without a newline; it belongs to the recording.
func (r *Recording) Each(f func(at time.Time, account, region, eventID string, line []byte)) {
	for i := range r.entries {
		e := &r.entries[i]
		f(e.at, e.account, e.region, e.id, e.line)
	}
}

// add makes a record and keeps it. It returns the event's id.
func (r *Recording) add(t time.Time, w *who, o *origin, c call, account, home, phase string) string {
	t = t.UTC().Truncate(time.Second)
	id := r.rand.UUID()
	for r.ids[id] {
		id = r.rand.UUID()
	}
	r.ids[id] = true
	region := c.region
	if region == "" {
		if region = home; global(serviceOf(c.name)) {
			region = "us-east-1"
		}
	}
	r.entries = append(r.entries, entry{
		at: t, order: len(r.entries), account: account, region: region, id: id, phase: phase, who: w, name: c.name, failed: c.code != "",
		line: appendRecord(make([]byte, 0, 1400), r.rand, t, w, o, &c, account, home, id),
	})
	return id
}

// keep takes in a record of another kind than CloudTrail's.
func (r *Recording) keep(e entry) string {
	e.order = len(r.entries)
	r.entries = append(r.entries, e)
	return e.id
}

func serviceOf(name string) string {
	for i := range name {
		if name[i] == ':' {
			return name[:i]
		}
	}
	return name
}

// sort puts the records in the order of time.
func (r *Recording) sort() {
	slices.SortFunc(r.entries, func(a, b entry) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return cmp.Compare(a.order, b.order)
	})
}

// cut drops what lies outside [from, to): background that ran over its days.
func (r *Recording) cut(from, to time.Time) {
	r.entries = slices.DeleteFunc(r.entries, func(e entry) bool {
		return e.phase == "" && (e.at.Before(from) || !e.at.Before(to))
	})
}
