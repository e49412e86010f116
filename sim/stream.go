package sim

import (
	"cmp"
	"compress/gzip"
	"fmt"
	"time"
)

// StreamOptions say what a stream of one kind of record is to be.
type StreamOptions struct {
	Dir        string
	Kind       string // KindOkta and the others, but KindCloudTrail: see Corpus
	Bytes      int64  // before compression
	Identities int    // people, machines or interfaces that take turns
	Accounts   int
	Seed       uint64
	Start      time.Time
	Wide       bool // of flows: a format of its own, of 27 fields, instead of the default
	Level      int  // of gzip; 0 means its default
}

// streamWindow is the time of one delivery.
const streamWindow = 10 * time.Minute

// streamFile is how large a file of records gets, before compression. One of flows is as
// large as what it counts makes it, some megabytes.
const streamFile = 2 << 20

// Stream writes ordinary records of one system, in the files in which it delivers them,
// for measuring. Equal options give equal files.
func Stream(o StreamOptions) (Stats, error) {
	if o.Bytes < 1 || o.Identities < 1 || o.Accounts < 1 {
		return Stats{}, fmt.Errorf("make a stream: bytes %d, identities %d and accounts %d must be at least 1", o.Bytes, o.Identities, o.Accounts)
	}
	o.Level = cmp.Or(o.Level, gzip.DefaultCompression)
	g := &organization{seed: o.Seed, github: "lantern-works"}
	for i := range o.Accounts {
		r := NewRand(o.Seed, "stream", itoa(i))
		g.places = append(g.places, newPlace(r, r.account(), []string{"us-east-1", "eu-west-1", "us-west-2"}[i%3], "unit"+itoa(i)))
	}
	var fill func(doc []byte, p *place, at time.Time) (lines []byte, records int)
	header := ""
	switch o.Kind {
	case KindOkta:
		fill = newSignIns(g, o).file
	case KindGitHub:
		fill = newCodeWork(g, o).file
	case KindGuardDuty:
		fill = newAlarms(g, o).file
	case KindFlow:
		header = flowFields
		if o.Wide {
			header = flowFieldsWide
		}
		fill = newFlows(g, o).file
	default:
		return Stats{}, fmt.Errorf("make a stream: no kind is called %q; there are %s, %s, %s and %s", o.Kind, KindOkta, KindGitHub, KindGuardDuty, KindFlow)
	}
	places := g.places
	if o.Kind == KindOkta || o.Kind == KindGitHub {
		places = places[:1] // they know no accounts
	}

	out, err := newPress(o.Level)
	if err != nil {
		return Stats{}, err
	}
	names := otherWriter{delivery: delivery{dir: o.Dir, rand: NewRand(o.Seed, "stream names")}}
	var written int64
	for at := o.Start.UTC().Truncate(streamWindow); written < o.Bytes && !out.failed(); at = at.Add(streamWindow) {
		for _, p := range places {
			if written >= o.Bytes {
				break
			}
			doc := out.sheet()
			if header != "" {
				doc = append(append(doc, header...), '\n')
			}
			doc, n := fill(doc, p, at)
			written += int64(len(doc))
			out.write(names.path(otherFile{at, o.Kind, p.id, p.home, header}), doc, n)
		}
	}
	return out.finish()
}

// records are those of one file, until it is written.
type records struct {
	rec  *Recording
	rand *Rand
}

func newRecords(o StreamOptions) records {
	return records{newRecording(o.Seed), NewRand(o.Seed, "stream of", o.Kind)}
}

// fill makes records at moments over the window until the file is full, and appends them in
// the order of time.
func (s *records) fill(doc []byte, at time.Time, one func(at time.Time)) ([]byte, int) {
	s.rec.entries = s.rec.entries[:0]
	for size, seen := 0, 0; size < streamFile; {
		one(at.Add(time.Duration(s.rand.IntN(int(streamWindow)))))
		for ; seen < len(s.rec.entries); seen++ {
			size += len(s.rec.entries[seen].line) + 1
		}
	}
	s.rec.sort()
	for i := range s.rec.entries {
		doc = append(append(doc, s.rec.entries[i].line...), '\n')
	}
	return doc, len(s.rec.entries)
}

// crowdOf are the people of a stream.
func crowdOf(g *organization, o StreamOptions) []*person {
	people := make([]*person, o.Identities)
	for i := range people {
		people[i] = &person{name: firstNames[i%len(firstNames)] + "." + trades[i/len(firstNames)%len(trades)] + itoa(i) + "@lantern.example", home: g.places[i%len(g.places)],
			office: i%4 != 3, address: "198.51.100." + itoa(10+i%200), browser: agentBrowser, cli: agentCLIMac}
		if i%2 == 1 {
			people[i].browser, people[i].cli = agentBrowserWin, agentCLILinux
		}
	}
	return people
}
