package baseline

import (
	"fmt"
	"testing"

	"github.com/sekisho/sekisho/detect"
)

// TestArrival: who never acted is new to an account for as long as it has been
// watched, unless it was seen to be made; the more such identities wake there, the
// less it says; and a snapshot keeps that.
func TestArrival(t *testing.T) {
	calm, lively := New(), New()
	for day := range 30 {
		for _, s := range []*Store{calm, lively} {
			s.Learn(noted(t, s, fmt.Sprintf(`D%d 09:00:00 user/a storage:ListBuckets x5`, day)))
		}
		if day%3 == 0 {
			lively.Learn(noted(t, lively, fmt.Sprintf(`D%d 10:00:00 user/old-%d storage:ListBuckets`, day, day)))
		}
	}
	lines, err := detect.ParseTrace(`D30 09:00:00 user/old storage:ListBuckets`)
	if err != nil {
		t.Fatal(err)
	}
	e := &lines[0].Event
	quiet, busy := calm.Arrival(e), lively.Arrival(e)
	if calm.Unmade(e) != 30 || quiet.Own != 0 || busy.Own < 5 {
		t.Errorf("watched %d days; %+v and %+v", calm.Unmade(e), quiet, busy)
	}
	if quiet.Nats.Float() < 3 || busy.Nats.Float() > 1.5 {
		t.Errorf("where nobody wakes it is worth %.1f nats, where somebody does every third day %.1f", quiet.Nats.Float(), busy.Nats.Float())
	}
	back := New()
	if err := back.Restore(lively.Snapshot()); err != nil {
		t.Fatal(err)
	}
	if again := back.Arrival(e); again != busy {
		t.Errorf("read back: %+v, was %+v", again, busy)
	}
	calm.Learn(noted(t, calm, `D30 08:00:00 user/a identity:CreateUser +create(user/old)`))
	if calm.Unmade(e) != 0 || calm.Arrival(e).Nats != 0 {
		t.Error("who was seen to be made is taken for one that lay unused")
	}
	if lines, err = detect.ParseTrace(`D30 09:00:00 user/a storage:ListBuckets`); err != nil || calm.Unmade(&lines[0].Event) != 0 {
		t.Errorf("who acts every day is new (%v)", err)
	}
}
