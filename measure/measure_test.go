package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/sim"
)

// TestQuick runs all of it small, with one worker and with more: what is
// measured does not depend on who was done first.
func TestQuick(t *testing.T) {
	for _, half := range []sim.Half{sim.Fitting, sim.Measuring} {
		var printed [2]string
		for i, n := range []int{1, 4} {
			before := runtime.GOMAXPROCS(n)
			o := options{size: size{first: 1, half: string(half)}, quick: true, given: map[string]bool{}}
			o.page = filepath.Join(t.TempDir(), "page.html")
			var out bytes.Buffer
			_, err := o.run(&out)
			runtime.GOMAXPROCS(before)
			if err != nil {
				t.Fatal(err)
			}
			printed[i], _, _ = strings.Cut(out.String(), " events judged")
		}
		if printed[0] != printed[1] {
			t.Errorf("%s: two runs differ:\n%s\n%s", half, printed[0], printed[1])
		}
	}
	o := options{size: size{seeds: 1, first: 1, half: string(sim.Measuring)}, quick: true, long: true, given: map[string]bool{}}
	var out bytes.Buffer
	if _, err := o.run(&out); err != nil || !strings.Contains(out.String(), "false actions per organisation-month") {
		t.Errorf("the long run: %v\n%s", err, out.String())
	}
}

// TestDaysRunOn: a day handed out is of that day alone, and no record is lost or
// out of order where work runs past midnight.
func TestDaysRunOn(t *testing.T) {
	s := size{first: 1, accounts: 2, half: string(sim.Fitting)}
	w, err := s.world(0)
	if err != nil {
		t.Fatal(err)
	}
	c, n, made := newCalendar(w), 0, 0
	const days = 8
	for d := range days {
		lines, err := c.next(d)
		if err != nil {
			t.Fatal(err)
		}
		n += len(lines)
		from := w.Start().AddDate(0, 0, d)
		for i, l := range lines {
			at := time.Unix(0, l.key.Time)
			if at.Before(from) || !at.Before(from.AddDate(0, 0, 1)) || i > 0 && l.key.Less(lines[i-1].key) {
				t.Fatalf("day %d: a record of %s", d, at)
			}
		}
		made += len(w.Day(d))
	}
	if n+len(c.late) != made || made == 0 {
		t.Errorf("%d handed out, %d to come, %d made", n, len(c.late), made)
	}
}

// TestHistoryIsLearned: an engine that has a history does not know what one on
// day 0 does not.
func TestHistoryIsLearned(t *testing.T) {
	s := size{seeds: 1, instances: 1, history: 3, accounts: 1, benign: 1, first: 1, half: string(sim.Fitting)}
	b, err := s.prepare(0, variants())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variants() {
		g, err := b.ready(&v, false)
		if err != nil {
			t.Fatal(err)
		}
		if known := g.Stats().Identities > 0; known == v.first {
			t.Errorf("%s: %d identities are known", v.name, g.Stats().Identities)
		}
	}
}

// TestTraits: who sits in the victim's own network with the victim's client, and
// who comes through a key that was not there.
func TestTraits(t *testing.T) {
	h := newHabits()
	at := func(day int, ip, client, key string) *sekisho.Event {
		return &sekisho.Event{ID: "x", Time: time.Unix(int64(day)*86400, 0), IP: ip, Client: sekisho.Client{Family: client},
			Actor: sekisho.Actor{Type: sekisho.ActorUser, ID: "AIDA", Credential: key, LongTerm: true}}
	}
	for day := range 10 {
		h.note(at(day, "192.0.2.7", "boto3", "AKIAOLD"))
	}
	truth := &sim.Truth{Root: sim.TruthActor{Identity: "AIDA"}, Events: []sim.TruthEvent{{ID: "x"}}}
	for _, c := range []struct {
		name     string
		event    *sekisho.Event
		days     int
		own, key bool
	}{
		{"own network, client and key", at(11, "192.0.2.99", "boto3", "AKIAOLD"), 14, true, false},
		{"another network", at(11, "198.18.0.1", "boto3", "AKIAOLD"), 14, false, false},
		{"another client", at(11, "192.0.2.99", "aws-cli", "AKIAOLD"), 14, false, false},
		{"too rarely there to be busy", at(11, "192.0.2.99", "boto3", "AKIAOLD"), 40, false, false},
		{"a new key", at(11, "198.18.0.1", "boto3", "AKIANEW"), 14, false, true},
	} {
		own, key := h.told(truth, c.days, func(step func(*sekisho.Event)) { step(c.event) })
		if own != c.own || key != c.key {
			t.Errorf("%s: own %v, new key %v", c.name, own, key)
		}
	}
}

// TestPage: the page is whole and asks for nothing outside.
func TestPage(t *testing.T) {
	o := options{size: size{first: 1, half: string(sim.Fitting), seeds: 1, instances: 2, history: 2, accounts: 1, benign: 1}}
	list := variants()[:1]
	all, err := o.all(list)
	if err != nil {
		t.Fatal(err)
	}
	page := string(tally(all, list, &o.size).plot())
	for _, bad := range []string{"http:", "https:", "src=", "@import", "NaN", "Inf"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, svg := range strings.Split(page, "<svg")[1:] {
		svg, _, _ = strings.Cut(svg, "</svg>")
		d := xml.NewDecoder(strings.NewReader("<svg" + svg + "</svg>"))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("a plot is not well formed: %v", err)
			}
		}
	}
}

// TestExplain prints one instance, and says what is wrong with a name that is
// none.
func TestExplain(t *testing.T) {
	s := size{first: 1, half: string(sim.Fitting), history: 2, accounts: 1, benign: 1, seeds: 1}
	w, err := s.world(0)
	if err != nil {
		t.Fatal(err)
	}
	name := w.Campaigns()[0]
	for _, c := range []struct{ explain, variant, want string }{
		{name + "/1/0", "all", "What was reported:"},
		{name + "/3/2", "day 0", "What was reported:"},
		{name + "/1", "all", "write it as"},
		{name + "/0/0", "all", "the seed begins at"},
		{name + "/1/1000", "all", "instances at 0"},
		{"nobody/1/0", "all", "there is no such campaign"},
		{name + "/1/0", "everything", "--variant everything"},
	} {
		o := options{size: s, explain: c.explain, variant: c.variant, given: map[string]bool{}}
		var out bytes.Buffer
		_, err := o.run(&out)
		text := out.String()
		if err != nil {
			text = err.Error()
		}
		if !strings.Contains(text, c.want) {
			t.Errorf("%s of %s: %s", c.explain, c.variant, text)
		}
	}
}
