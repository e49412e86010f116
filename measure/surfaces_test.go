package main

import (
	"bytes"
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/sim"
)

// plainFormat reads all records of a kind into events that say next to nothing, for
// whoever tests what feeds them. Their ids are its own.
func plainFormat(kind, id, at string) normalize.Format {
	return normalize.Layout{Name: kind, Fields: []string{id, at}, ID: 0, Time: 1, Clock: func(text []byte) (int64, bool) {
		if ns, ok := normalize.Stamp(text); ok {
			return ns, true
		}
		return normalize.Unix(text)
	},
		Judge:      func(normalize.Values) (normalize.Verdict, string) { return normalize.Read, "" },
		NewMapping: func() func(*sekisho.Event, *normalize.Values) { return func(*sekisho.Event, *normalize.Values) {} },
	}.Format()
}

// lineFormat reads flow records: lines under a header.
func lineFormat() normalize.Format {
	inner := plainFormat(sim.KindFlow, "line", "end")
	inner.Line = func(dst, header, line []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
		if bytes.HasPrefix(line, []byte("version ")) {
			return dst, normalize.Key{}, normalize.Header, ""
		}
		i := slices.Index(strings.Fields(string(header)), "end")
		if i < 0 {
			return dst, normalize.Key{}, normalize.Unreadable, "no header"
		}
		raw, _ := json.Marshal(map[string]string{"line": string(line), "end": strings.Fields(string(line))[i]})
		return inner.Compact(dst, raw)
	}
	return inner
}

// reading lets measure read all kinds for a test.
func reading(t *testing.T) {
	before := formats
	t.Cleanup(func() { formats = before })
	formats = []normalize.Format{aws.CloudTrail(), plainFormat(sim.KindOkta, "uuid", "published"), plainFormat(sim.KindGitHub, "_document_id", "@timestamp"), plainFormat(sim.KindGuardDuty, "id", "updatedAt"), lineFormat()}
}

// TestEachKindIsRead: with a format for each kind every record comes into the one
// stream, in the order of time, and the truth has the ids that the formats give.
func TestEachKindIsRead(t *testing.T) {
	if len(unread())+len(formats) != 5 {
		t.Errorf("of five kinds %d are read, and not %v", len(formats), unread())
	}
	reading(t)
	if none := unread(); len(none) > 0 {
		t.Fatalf("unread: %v", none)
	}
	s := size{seeds: 1, first: 1, instances: 9, history: 2, accounts: 1, benign: 1, half: string(sim.Measuring), surfaces: true}
	b, err := s.prepare(0, variants()[:1])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range b.out.campaigns {
		x, err := b.play(name, 0)
		if err != nil {
			t.Fatal(err)
		}
		ids, sources := map[string]bool{}, map[string]bool{}
		var last time.Time
		if err := fold(x.lines, func(e *sekisho.Event) {
			ids[e.ID], sources[e.Source] = true, true
			if e.Time.Before(last) {
				t.Errorf("%s: %s comes after %s", name, e.Time, last)
			}
			last = e.Time
		}); err != nil {
			t.Fatal(err)
		}
		if len(sources) < 4 {
			t.Errorf("%s: only %v", name, sources)
		}
		for _, e := range x.truth.Events {
			if !ids[e.ID] {
				t.Errorf("%s: no event has the id %s of its %s", name, e.ID, e.Name)
			}
		}
		if !ids[x.truth.PointOfNoReturn.ID] || !ids[x.truth.Telling[0]] {
			t.Errorf("%s: the point of no return has an id of nothing", name)
		}
	}
}

// TestCrossingsQuick: the tables are there, whichever kinds are read, and two runs
// with other numbers of workers are equal.
func TestCrossingsQuick(t *testing.T) {
	reading(t)
	every := formats
	for _, all := range []bool{false, true} {
		formats = every[:1]
		if all {
			formats = every
		}
		var printed [2]string
		for i, n := range []int{1, 3} {
			before := runtime.GOMAXPROCS(n)
			o := options{size: size{first: 1, seeds: 2, half: string(sim.Fitting), surfaces: true}, quick: true, given: map[string]bool{"seeds": true}}
			var out bytes.Buffer
			_, err := o.run(&out)
			runtime.GOMAXPROCS(before)
			if err != nil {
				t.Fatal(err)
			}
			printed[i], _, _ = strings.Cut(out.String(), " events judged")
		}
		if printed[0] != printed[1] {
			t.Errorf("two runs differ:\n%s\n%s", printed[0], printed[1])
		}
		for _, want := range []string{"SaaS to AWS", "CI to AWS", "AWS to SaaS", "workload to AWS", "one incident from the first event to the last, with the right root, where a key joins each step", "so many times as many"} {
			if !strings.Contains(printed[0], want) {
				t.Errorf("no %q in\n%s", want, printed[0])
			}
		}
		if strings.Contains(printed[0], "No format reads") == all {
			t.Errorf("what is left out is not said right:\n%s", printed[0])
		}
	}
}

// TestBare: which ids have the word for a system before them.
func TestBare(t *testing.T) {
	for id, want := range map[string]string{"host:17": "17", "some-session:ab:c": "ab:c", "arn:aws:iam::1:role/x": "arn:aws:iam::1:role/x", "AROA1:worker": "AROA1:worker", "AIDA1": "AIDA1", "": ""} {
		if got := bare(id); got != want {
			t.Errorf("%q: %q", id, got)
		}
	}
	truth := handmade()
	a, err := newAttack(truth)
	if err != nil {
		t.Fatal(err)
	}
	in := good()
	in.Root.ID = "cloud:AIDAROOT"
	for i := range in.Identities {
		in.Identities[i].ID = "cloud:" + in.Identities[i].ID
	}
	for i := range in.Credentials {
		in.Credentials[i].ID = "cloud-key:" + in.Credentials[i].ID
	}
	if !a.rooted(&in) || !a.known(&in) || a.principals(&in) != 1 || !a.cuts("cloud-key:AKIAROOT", "AIDAROOT") || a.cuts("cloud-key:AKIAOTHER", "AIDAROOT") {
		t.Errorf("ids with a system before them: root %v, known %v, principals %.1f", a.rooted(&in), a.known(&in), a.principals(&in))
	}
}

// TestAcross: what an incident over two systems must hold.
func TestAcross(t *testing.T) {
	truth := handmade()
	truth.Root.Also = []string{"alice@example.com"}
	truth.Events[0].Kind, truth.Events[1].Kind = sim.KindOkta, sim.KindFlow
	truth.Telling = []string{"a1", "a4"}
	for _, tt := range []struct {
		name          string
		spoil         func(*sekisho.Incident)
		across, right bool
	}{
		{"both systems", func(in *sekisho.Incident) {}, true, true},
		{"a root by its name elsewhere", func(in *sekisho.Incident) { in.Root.ID = "alice@example.com" }, true, true},
		{"a stranger's root", func(in *sekisho.Incident) { in.Root.ID = "bob@example.com" }, true, false},
		{"nothing of the first", func(in *sekisho.Incident) { in.Findings = in.Findings[1:] }, false, true},
		{"nothing of the second", func(in *sekisho.Incident) { in.Findings = in.Findings[:2] }, false, true},
	} {
		in := good()
		tt.spoil(&in)
		o, err := judge([]sekisho.Incident{in}, truth)
		if err != nil {
			t.Fatal(err)
		}
		if o.across != tt.across || o.root != tt.right || o.spans {
			t.Errorf("%s: across %v, root %v, spans %v", tt.name, o.across, o.root, o.spans)
		}
		in.FirstEventAt, in.LastEventAt = second(100), second(500)
		if o, _ := judge([]sekisho.Incident{in}, truth); !o.spans {
			t.Errorf("%s: it goes from the first event to the last", tt.name)
		}
	}
}
