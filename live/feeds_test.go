package live_test

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/sim"
	"github.com/sekisho/sekisho/store"
)

// TestDecisions: a decision is made once for each tier that is reached, with the time at
// which it was known; no action may rest on one whose facts were old when they came.
func TestDecisions(t *testing.T) {
	all := records(t, 1, 2)
	for _, tt := range []struct {
		name  string
		late  time.Duration
		fresh time.Duration
		want  bool
	}{{"within seconds", 3 * time.Second, 0, true}, {"after an outage", 2 * time.Hour, 0, false}, {"a minute and a second", 61 * time.Second, 0, false},
		{"as late as declared", 5 * time.Minute, 6 * time.Minute, true}} {
		t.Run(tt.name, func(t *testing.T) {
			db, err := store.Open("data", store.Options{FS: vfs.NewMem()})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var now time.Time
			var made []live.Decision
			s, err := live.New(db, options(live.Options{Now: func() time.Time { return now }, Fresh: tt.fresh,
				Effects: func(x live.Effects) { made = append(made, x.Decisions...) }}))
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range all {
				now = x.At.Add(tt.late)
				d := delivery([][]byte{x.Line})
				d.Path = ingest.PathPush
				if _, err := s.Drive([]*live.Delivery{d}); err != nil {
					t.Fatal(err)
				}
			}
			if len(made) == 0 {
				t.Fatal("nothing was decided: the test shows nothing")
			}
			tiers := map[string]int{}
			for _, d := range made {
				if d.Tier <= tiers[d.Incident] {
					t.Errorf("tier %d of %s is decided after tier %d", d.Tier, d.Incident, tiers[d.Incident])
				}
				tiers[d.Incident] = d.Tier
				if d.Fresh != tt.want || d.ReceivedAt.Before(d.EventAt) {
					t.Errorf("%+v", d)
				}
			}
			// A replay decides the same, then.
			var again []live.Decision
			if _, _, err := live.Replay(db, options(live.Options{Fresh: tt.fresh, Effects: func(x live.Effects) { again = append(again, x.Decisions...) }})); err != nil {
				t.Fatal(err)
			}
			if len(again) != len(made) {
				t.Fatalf("a replay decides %d times, the service did %d times", len(again), len(made))
			}
			for i := range again {
				if again[i] != made[i] {
					t.Errorf("%+v, replayed %+v", made[i], again[i])
				}
			}
		})
	}
}

// TestGaps: what the slow path brings first, where a fast one brings the rest, is a gap;
// without a fast path there is none.
func TestGaps(t *testing.T) {
	all := records(t, 1, 1)[:200]
	for _, tt := range []struct {
		name   string
		path   ingest.Path
		missed int // of so many, the fast path misses one
		want   func(gaps, missed int64) bool
	}{
		{"a fast path that misses some", ingest.PathEventBridge, 10, func(gaps, missed int64) bool { return gaps == missed }},
		{"a fast path that misses none", ingest.PathPush, 1000, func(gaps, _ int64) bool { return gaps == 0 }},
		{"files alone", ingest.PathFolder, 10, func(gaps, _ int64) bool { return gaps == 0 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db, err := store.Open("data", store.Options{FS: vfs.NewMem()})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var now time.Time
			var feeds []live.Feed
			s, err := live.New(db, options(live.Options{Now: func() time.Time { return now }, Feeds: func(l []live.Feed) { feeds = append(feeds, l...) }}))
			if err != nil {
				t.Fatal(err)
			}
			missed := int64(0)
			bring := func(x sim.Record, path ingest.Path, late time.Duration) int {
				now = x.At.Add(late)
				d := delivery([][]byte{x.Line})
				d.Path = path
				r, err := s.Drive([]*live.Delivery{d})
				if err != nil {
					t.Fatal(err)
				}
				return r[0].Accepted
			}
			seen := map[string]bool{}
			for i, x := range all {
				place := x.Account + x.Region
				if i%tt.missed == tt.missed-1 && seen[place] {
					missed++
					continue
				}
				seen[place] = true
				bring(x, tt.path, 2*time.Second)
			}
			filled := int64(0)
			for _, x := range all {
				filled += int64(bring(x, ingest.PathS3, 6*time.Minute))
			}
			gaps := s.Counts().Gaps.Load()
			if filled != missed || !tt.want(gaps, missed) {
				t.Errorf("%d missed, %d filled, %d gaps", missed, filled, gaps)
			}
			var told, counted int64
			for _, f := range feeds {
				told += f.Gaps
				for _, n := range f.Ages {
					counted += n
				}
				if got, ok := f.Ages.Quantile(0.9); f.Path == tt.path && (!ok || got != 2*time.Second) {
					t.Errorf("nine in ten by %s came within %s", f.Path, got)
				}
			}
			if told != gaps || counted == 0 {
				t.Errorf("feeds tell of %d gaps, there are %d; %d ages", told, gaps, counted)
			}
		})
	}
}
