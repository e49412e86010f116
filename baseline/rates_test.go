package baseline

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// monday is day 0 of these tests.
var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// shows lets an identity act from a network on a day.
func shows(s *Store, id, name, network string, d int) {
	var p Pending
	e := sekisho.Event{Service: "storage", Action: "List", Account: "1", Time: monday.AddDate(0, 0, d),
		Actor: sekisho.Actor{Type: sekisho.ActorRole, ID: id, Name: name, ARN: "urn:" + id}}
	s.Note(&p, &e, network)
	s.Learn(&p)
}

// asked is the surprise of a network for an identity on a day.
func asked(s *Store, id, name, network string, d int) detect.Surprise {
	return s.Surprise(&sekisho.Event{Account: "1", Time: monday.AddDate(0, 0, d), Actor: sekisho.Actor{Type: sekisho.ActorRole, ID: id, Name: name, ARN: "urn:" + id}}, detect.Network, network)
}

// TestLogarithm: whole numbers alone give the logarithm to two millionths.
func TestLogarithm(t *testing.T) {
	for _, x := range []uint64{1, 2, 3, 7, 10, 255, 65537, 1e9, 1<<32 - 1, 1 << 32, 1<<63 + 12345, math.MaxUint64} {
		if got, want := ln(x).Float(), math.Log(float64(x)); math.Abs(got-want) > 2e-6 {
			t.Errorf("ln(%d) is %v, want %v", x, got, want)
		}
	}
	if surprisal(0, 10) < surprisal(1, 10) || surprisal(10, 10) != 0 || surprisal(11, 10) != 0 {
		t.Error("a surprisal below zero, or one that falls with rarity")
	}
}

// TestFade: half in fourteen days, a quarter in twenty-eight, nothing in a year.
func TestFade(t *testing.T) {
	for _, tt := range []struct{ days, want uint64 }{{0, 1000}, {1, 952}, {7, 707}, {14, 500}, {28, 250}, {365, 0}, {1 << 40, 0}} {
		if got := fade(1000, tt.days); got != tt.want {
			t.Errorf("after %d days %d of 1000, want %d", tt.days, got, tt.want)
		}
	}
}

// TestSurpriseFades by event day: a network of long ago surprises again, one of
// yesterday does not, and nothing but time passed between the two answers.
func TestSurpriseFades(t *testing.T) {
	s := New()
	for d := range 30 {
		shows(s, "a", "reader", "old", d)
	}
	for d := 30; d < 90; d++ {
		shows(s, "a", "reader", "new", d)
	}
	before, after, now := asked(s, "a", "reader", "old", 30), asked(s, "a", "reader", "old", 90), asked(s, "a", "reader", "new", 90)
	if before.Nats > sekisho.Nat || now.Nats > sekisho.Nat || after.Nats < before.Nats+2*sekisho.Nat {
		t.Errorf("old network then %v, sixty days later %v; new one %v", before.Nats, after.Nats, now.Nats)
	}
}

// TestPeersLend: what colleagues do is less of a surprise for one who never did,
// what those of another sort do is more, and what nobody does is most.
func TestPeersLend(t *testing.T) {
	s := New()
	for d := range 20 {
		for i := range 5 {
			shows(s, fmt.Sprint("peer", i), fmt.Sprintf("reader-%d", i), "office", d)
			shows(s, fmt.Sprint("other", i), fmt.Sprintf("writer-%d", i), "plant", d)
		}
		shows(s, "me", "reader-77", "home", d)
	}
	peers, others, nobody := asked(s, "me", "reader-77", "office", 20), asked(s, "me", "reader-77", "plant", 20), asked(s, "me", "reader-77", "moon", 20)
	if !(peers.Nats < others.Nats && others.Nats < nobody.Nats) {
		t.Errorf("colleagues' %v, others' %v, nobody's %v: want them to grow", peers.Nats, others.Nats, nobody.Nats)
	}
	if fresh := asked(s, "new", "reader-99", "office", 20); fresh.Nats > 2*sekisho.Nat || fresh.Days != 0 {
		t.Errorf("a newcomer at the office of its peers: %+v", fresh)
	}
}

// TestHeirs: who has no habits yet is like who made it, until it has its own.
func TestHeirs(t *testing.T) {
	s := New()
	for d := range 20 {
		shows(s, "maker", "factory", "plant", d)
	}
	var p Pending
	s.Note(&p, &sekisho.Event{Service: "identity", Action: "CreateRole", Level: sekisho.LevelWrite, Account: "1", Time: monday.AddDate(0, 0, 20),
		Actor:   sekisho.Actor{Type: sekisho.ActorRole, ID: "maker", Name: "factory", ARN: "urn:maker"},
		Effects: []sekisho.Effect{{Kind: sekisho.CreateIdentity, Identity: sekisho.Ref{ARN: "urn:made", Type: "role"}}}}, "plant")
	s.Learn(&p)
	made, stranger := asked(s, "made", "product", "plant", 21), asked(s, "other", "product", "plant", 21)
	if made.Nats >= stranger.Nats {
		t.Errorf("of what its maker does: the one made %v, another %v", made.Nats, stranger.Nats)
	}
	again := New()
	if err := again.Restore(s.Snapshot()); err != nil {
		t.Fatal(err)
	}
	if asked(again, "made", "product", "plant", 21) != made {
		t.Error("another answer after restoring")
	}
}

// TestDriftIsSlow bounds what an intruder gains who shows his own network on one
// quiet day after another, beside its owner's ordinary days: the first day takes at
// most three and a half nats off the surprise of it (it is then one day of twenty),
// no other more than one, and a week of them leaves more than one. One nat is what
// a finding needs to be told at all.
func TestDriftIsSlow(t *testing.T) {
	s := New()
	for d := range 60 {
		shows(s, "a", "reader", "office", d)
	}
	last := asked(s, "a", "reader", "elsewhere", 60).Nats
	for k := range 7 {
		shows(s, "a", "reader", "office", 60+k)
		shows(s, "a", "reader", "elsewhere", 60+k)
		now := asked(s, "a", "reader", "elsewhere", 61+k).Nats
		most := sekisho.Nat
		if k == 0 {
			most = 7 * sekisho.Nat / 2
		}
		if last-now > most {
			t.Errorf("day %d took %v nats off at once", k+1, last-now)
		}
		last = now
	}
	if last < sekisho.Nat {
		t.Errorf("after a week of drift %v nats are left, want more than one", last)
	}
	t.Logf("after a week of drift: %v of a nat in millionths", last)
}

// size is what an identity's own habits take, in bytes: words, the practice and
// its strings. Maps and strings' headers add less than a tenth.
func (h *habit) size() int {
	n := 56 + 8*cap(h.words)
	if p := h.practice; p != nil {
		n += 400
		for _, a := range p.amounts {
			n += 2 * cap(a)
		}
		for _, list := range p.traits {
			n += 24 * cap(list)
			for _, t := range list {
				n += len(t.value)
			}
		}
	}
	return n
}

// TestSizeOfAnIdentity: forty actions from five networks for a month fit in less
// than the four kilobytes that are allowed on average.
func TestSizeOfAnIdentity(t *testing.T) {
	s := New()
	for d := range 30 {
		var p Pending
		for i := range 40 {
			e := sekisho.Event{Service: fmt.Sprint("service", i%12), Action: fmt.Sprint("List", i), Account: "1", Region: "eu-west-1", Time: monday.AddDate(0, 0, d).Add(time.Duration(i) * time.Minute),
				Client: sekisho.Client{Family: "sdk", OS: "linux"}, Actor: sekisho.Actor{Type: sekisho.ActorUser, ID: "a"}}
			s.Note(&p, &e, fmt.Sprintf("192.0.%d.0/20", d%5*16))
		}
		s.Learn(&p)
	}
	n := s.identities["a"].size()
	t.Logf("%d bytes", n)
	if n > 4<<10 {
		t.Errorf("%d bytes, want at most 4096", n)
	}
}

// FuzzRestore: no written state makes reading or asking panic.
func FuzzRestore(f *testing.F) {
	s := New()
	shows(s, "a", "reader", "office", 0)
	shows(s, "a", "reader", "office", 1)
	raw, _ := json.Marshal(s.Snapshot())
	f.Add(raw)
	f.Add([]byte(`{"identities":[{"id":"a","practice":{"days":200,"amounts":[[1,2,3]],"traits":[[{"Days":-1}]]}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var from Snapshot
		if json.Unmarshal(raw, &from) != nil {
			return
		}
		s := New()
		if s.Restore(from) != nil {
			return
		}
		asked(s, "a", "reader", "office", 2)
		s.Portrait("a")
		for m := range detect.Measures {
			s.Amount("a", m)
		}
		shows(s, "a", "reader", "office", 3)
	})
}
