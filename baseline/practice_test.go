package baseline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// day lets an identity read n objects on a day at nine, from a network, in an
// episode that is learned.
func day(s *Store, id string, d, n int, network string) {
	var p Pending
	at := time.Date(2026, 1, 5+d, 9, 0, 0, 0, time.UTC)
	for i := range n {
		s.Note(&p, &sekisho.Event{Time: at.Add(time.Duration(i) * time.Second), Service: "storage", Action: "GetObject", Account: "1", Actor: sekisho.Actor{ID: id},
			Client: sekisho.Client{Family: "sdk"}, Effects: []sekisho.Effect{{Kind: sekisho.ReadData}}}, network)
	}
	s.Learn(&p)
}

// TestAmounts: by active day, of the last fortnight of them; a busy day long ago
// no longer excuses one now.
func TestAmounts(t *testing.T) {
	s := New()
	day(s, "a", -1, 10, "n")
	day(s, "a", 0, 500, "n")
	for d := 1; d <= practiceDays; d++ {
		if d == 3 {
			if got, want := s.Amount("a", detect.Objects), (detect.Amount{Days: 4, Usual: 20, Highest: 500}); got != want {
				t.Errorf("after four days %+v, want %+v", got, want)
			}
		}
		day(s, "a", d, 10, "n")
		day(s, "a", d, 10, "n") // two episodes of one day add up
	}
	if got, want := s.Amount("a", detect.Objects), (detect.Amount{Days: practiceDays, Usual: 20, Highest: 20}); got != want {
		t.Errorf("after a fortnight more %+v, want %+v", got, want)
	}
	if got := s.Amount("a", detect.PerMinute); got.Highest != 10 {
		t.Errorf("the most of an episode's minutes is %d, want 10: episodes of a day do not add up", got.Highest)
	}
	if got := s.Amount("nobody", detect.Objects); got != (detect.Amount{}) {
		t.Errorf("of nobody: %+v", got)
	}
}

// TestSurprise: what one does daily is no surprise, what only others do is some,
// what nobody does is most.
func TestSurprise(t *testing.T) {
	s := New()
	for d := range 14 {
		day(s, "a", d, 5, "n")
		day(s, "b", d, 5, "m")
	}
	e := &sekisho.Event{Account: "1", Time: time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC), Actor: sekisho.Actor{ID: "a"}}
	own, others, nobody := s.Surprise(e, detect.Network, "n"), s.Surprise(e, detect.Network, "m"), s.Surprise(e, detect.Network, "x")
	if own.Own != 14 || own.Nats > sekisho.Nat || others.Own != 0 || others.Peers != 1 || nobody.Peers != 0 {
		t.Errorf("own %+v, others %+v, nobody %+v", own, others, nobody)
	}
	if own.Nats >= others.Nats || others.Nats+sekisho.Nat > nobody.Nats {
		t.Errorf("surprise of %d, %d and %d does not grow", own.Nats, others.Nats, nobody.Nats)
	}
}

// TestPortrait: the most usual first, and the same after a snapshot was read.
func TestPortrait(t *testing.T) {
	s := New()
	for d := range 5 {
		network := "office"
		if d == 3 {
			network = "home"
		}
		day(s, "a", d, 3, network)
	}
	p, ok := s.Portrait("a")
	if !ok || p.Days != 5 || p.Hours[9] != 5 || len(p.Networks) != 2 || p.Networks[0].Value != "office" || p.Networks[0].Days != 4 || p.Software[0].Value != "sdk" {
		t.Errorf("got %+v", p)
	}
	again := New()
	if err := again.Restore(s.Snapshot()); err != nil {
		t.Fatal(err)
	}
	q, _ := again.Portrait("a")
	if diff := cmp.Diff(p, q); diff != "" {
		t.Errorf("-before +after a snapshot\n%s", diff)
	}
	if diff := cmp.Diff(s.Snapshot(), again.Snapshot()); diff != "" {
		t.Errorf("-written +written again\n%s", diff)
	}
}
