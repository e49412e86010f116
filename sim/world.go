package sim

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Half is one of the two parts into which everything random is split by name:
// what a model is fitted on, and what it is measured on. No archetype and no
// campaign is in both.
type Half string

const (
	Fitting   Half = "fitting"
	Measuring Half = "measuring"
)

// WorldOptions say how large a made-up organisation is. Equal options give
// equal bytes.
type WorldOptions struct {
	Seed     uint64
	Half     Half
	Start    time.Time // midnight UTC of the first day
	Accounts int       // at least 1; the first is where most of the work happens
	// Only names the archetypes that take part; empty means all of the half.
	Only []string
	// Surfaces adds what the directory, the code host, the network and the threat
	// detector log of the same life. What there is of CloudTrail without them stays
	// as it is, byte for byte; machines' launches come to it.
	Surfaces bool
}

// World is a made-up organisation: many accounts, and archetypes that work in
// them day by day. Days are made one at a time, so that months fit in memory,
// and in any order: what happens on a day depends on the seed and the day.
type World struct {
	o        WorldOptions
	g        *organization
	crews    []crew
	cast     []member
	ordinary []Ordinary
	drill    string // who attacks on order, on drillDay; the operator declares it
	people   []*person
	surfaces *surfaces // nil: CloudTrail is all there is
}

// archetype is a way of ordinary work: a kind of person, program or service.
type archetype struct {
	name string // in kebab case, unique; it decides nothing but its half
	half Half
	// everywhere says that each account has it; else it is in the first only.
	everywhere bool
	// hard marks work that looks like an attack: its episodes are labelled, so
	// that a measurement can show the hardest of them.
	hard  bool
	about string // one sentence: what it does and why that is hard or usual
	// join sets the archetype up in an account, enrols those whose credentials
	// campaigns may take, and returns its day. It is called once, before any
	// day; chance is r alone.
	join func(w *World, p *place, r *Rand) routine
}

// routine is one day's work; d counts days since the first. It writes through
// w.g.rec, which is that day's recording. r is that day's alone.
type routine func(r *Rand, day time.Time, d int)

type crew struct {
	archetype
	place *place
	day   routine
}

// member is somebody or something whose credential a campaign may begin with or
// pass through.
type member struct {
	// kind: "key" (a user's long-term key), "sleeper" (the same, unused), "person" (of the directory),
	// "function", "instance", "pipeline", "role" (taken by users), "agent",
	// "vendor" (comes in from another account).
	kind  string
	name  string
	place *place
	user  *user   // of a "key"
	who   *person // of a "person"
	role  *role   // of all but a "key"
	from  origin  // where and with what it usually works; a function's is another each time
	may   power   // what its permissions allow
	busy  bool    // works every day, for hours
	// resource is the function's, instance's or repository's name.
	resource string
	// calls are what it usually does, as names that place.do knows.
	calls []string
}

// power is what a member's permissions allow, in rising order.
type power int

const (
	mayRead     power = iota
	mayWrite          // and change resources: code, data, configuration
	mayIssue          // and make or change identities and credentials
	mayAnything       // administrator
)

// Record is one audit record.
type Record struct {
	Kind            string // KindCloudTrail or another
	At              time.Time
	Account, Region string // "" where a system has none
	ID              string // that the system gave it; for flows, which have none, one of ours
	Line            []byte // one JSON object or line of text, without a newline
	Header          string // of a line of text: the line that begins its file
}

// Ordinary is a stretch of labelled ordinary work: a hard negative.
type Ordinary struct {
	Archetype string    `json:"archetype"`
	Account   string    `json:"account"`
	Identity  string    `json:"identity"` // lasting id: the user's, or the role's
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Records   int       `json:"records"`
}

// NewWorld sets an organisation up.
func NewWorld(o WorldOptions) (*World, error) {
	if o.Accounts < 1 {
		return nil, fmt.Errorf("make an organisation: it needs at least one account, not %d", o.Accounts)
	}
	if o.Half != Fitting && o.Half != Measuring {
		return nil, fmt.Errorf("make an organisation: half %q is neither %q nor %q", o.Half, Fitting, Measuring)
	}
	o.Start = o.Start.UTC().Truncate(24 * time.Hour)
	w := &World{o: o}
	people := 6 + 2*o.Accounts
	w.g = newOrganization(OrganizationOptions{Seed: o.Seed, Start: o.Start, Accounts: o.Accounts, People: people}, newRecording(o.Seed), drawnNames(NewRand(o.Seed, "names")))
	w.g.small = true // the provider's own calls, in each of many accounts
	for _, a := range archetypes {
		if a.half != o.Half || len(o.Only) > 0 && !slices.Contains(o.Only, a.name) {
			continue
		}
		for i, p := range w.g.places {
			if i > 0 && !a.everywhere {
				break
			}
			w.crews = append(w.crews, crew{a, p, a.join(w, p, NewRand(o.Seed, "join", a.name, p.id))})
		}
	}
	if o.Surfaces {
		w.surfaces = newSurfaces(w)
	}
	return w, nil
}

// enrol makes a member known to campaigns.
func (w *World) enrol(m member) { w.cast = append(w.cast, m) }

// Start is midnight of the first day.
func (w *World) Start() time.Time { return w.o.Start }

// Accounts are the ids of the organisation's accounts, the first one first.
func (w *World) Accounts() []string {
	var ids []string
	for _, p := range w.g.places {
		ids = append(ids, p.id)
	}
	return ids
}

// Day makes one day of ordinary work (d counts from 0), in the order of time.
// Work that runs past midnight is part of the day that it began on.
func (w *World) Day(d int) []Record {
	day := w.o.Start.AddDate(0, 0, d)
	date := day.Format(time.DateOnly)
	rec := newRecording(NewRand(w.o.Seed, "day", date).Uint64())
	w.g.rec = rec
	w.ordinary = w.ordinary[:0]
	for i := range w.crews {
		c := &w.crews[i]
		before := len(rec.entries)
		c.day(NewRand(w.o.Seed, "work", c.name, c.place.id, date), day, d)
		if c.hard {
			w.label(c.name, rec.entries[before:])
		}
	}
	if w.surfaces != nil {
		w.surfaces.day(rec, day, d)
	}
	return rec.records()
}

// Ordinary are the labelled stretches of the day made last.
func (w *World) Ordinary() []Ordinary { return slices.Clone(w.ordinary) }

// label notes who did work that looks like an attack, and when.
func (w *World) label(name string, made []entry) {
	first := len(w.ordinary)
	for i := range made {
		e := &made[i]
		if e.who.kind == "service" || e.who.id == "" {
			continue
		}
		n := slices.IndexFunc(w.ordinary[first:], func(o Ordinary) bool { return o.Identity == lasting(e.who.id) })
		if n < 0 {
			w.ordinary = append(w.ordinary, Ordinary{Archetype: name, Account: e.account, Identity: lasting(e.who.id), From: e.at, To: e.at})
			n = len(w.ordinary) - 1 - first
		}
		o := &w.ordinary[first+n]
		o.Records++
		if e.at.Before(o.From) {
			o.From = e.at
		}
		if e.at.After(o.To) {
			o.To = e.at
		}
	}
}

// lasting is the id behind a principal's: a session's role id.
func lasting(id string) string {
	for i := range id {
		if id[i] == ':' {
			return id[:i]
		}
	}
	return id
}

// records hands the recording over in the order of time.
func (r *Recording) records() []Record {
	r.sort()
	out := make([]Record, len(r.entries))
	for i := range r.entries {
		e := &r.entries[i]
		out[i] = Record{cmp.Or(e.kind, KindCloudTrail), e.at, e.account, e.region, e.id, e.line, e.header}
	}
	return out
}

// Merge puts lists of records, each in order, into one in the order of time;
// records of one time stay in the order of the lists.
func Merge(lists ...[]Record) []Record {
	var all []Record
	for _, l := range lists {
		all = append(all, l...)
	}
	slices.SortStableFunc(all, func(a, b Record) int { return cmp.Compare(a.At.Unix(), b.At.Unix()) })
	return all
}
