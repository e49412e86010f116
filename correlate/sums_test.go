package correlate

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// windowOf is a window that saw a trace, and the moment (unix seconds) at which
// the trace ends.
func windowOf(t *testing.T, trace string) (*window, int64) {
	t.Helper()
	lines, err := detect.ParseTrace(trace)
	if err != nil {
		t.Fatal(err)
	}
	w := &window{}
	var end int64
	for i := range lines {
		w.note(&lines[i].Event)
		end = lines[i].Event.Time.Unix()
	}
	return w, end
}

// amountsOf are a burst's amounts without what is counted by kind.
func amountsOf(b detect.Burst) detect.Burst {
	return detect.Burst{Probes: b.Probes, Inside: b.Inside, Regions: b.Regions, Secrets: b.Secrets,
		Read: b.Read, Copied: b.Copied, Destroyed: b.Destroyed, Locked: b.Locked, Runs: b.Runs, Machines: b.Machines, Clusters: b.Clusters}
}

// TestAmounts: what an event adds to which amount, and what it does not.
func TestAmounts(t *testing.T) {
	for _, tt := range []struct {
		name, trace string
		want        detect.Burst
	}{
		{"objects read, the same ones as well", `09:00:00 user/a storage:GetObject x5 +data(b/o,bytes=900)`, detect.Burst{Read: 5}},
		{"copied elsewhere is read too", `09:00:00 user/a storage:CopyObject x3 +data(b/o{n},what=copy)`, detect.Burst{Read: 3, Copied: 3, Regions: 1}},
		{"a call that destroys many", `09:00:00 user/a storage:DeleteObjects x2 +destroy(b/o,n=100)`, detect.Burst{Destroyed: 200, Regions: 1}},
		{"one that does not say how many", `09:00:00 user/a storage:DeleteObject +destroy(b/o)`, detect.Burst{Destroyed: 1, Regions: 1}},
		{"locked", `09:00:00 user/a storage:PutObject x4 +lock(b/o{n})`, detect.Burst{Locked: 4, Regions: 1}},
		{"models run", `09:00:00 user/a model:ReadModel x7 +model(m)`, detect.Burst{Runs: 7}},
		{"machines and clusters, given", `
			09:00:00 user/a compute:RunInstances +launch(m.large,n=5)
			09:00:01 user/a compute:CreateCluster x2 +launch(cluster)`, detect.Burst{Machines: 5, Clusters: 2, Regions: 1}},
		{"and asked for in vain", `
			09:00:00 user/a compute:RunInstances outcome=denied +launch(m.large,n=5)
			09:00:01 user/a compute:RunInstances outcome=dryrun +launch(m.large)
			09:00:02 user/a compute:CreateCluster outcome=failed +launch(cluster)`, detect.Burst{Machines: 6, Clusters: 1, Regions: 1}},
		{"what was destroyed in vain is not gone", `09:00:00 user/a storage:DeleteObjects outcome=denied +destroy(b/o,n=100)`, detect.Burst{Regions: 1}},
		{"a machine's own secrets, given or refused, each once", `
			09:00:00 user/a compute:GetPassword x3 every=10ms outcome=denied +secret(i-{n},what=password-data)
			09:00:01 user/a compute:GetPassword +secret(i-1,what=password-data)
			09:00:02 user/a compute:DescribeUserData +secret(i-1,what=user-data)`, detect.Burst{Inside: 4}},
		{"are no secrets of a store", `09:00:00 user/a secret:GetSecret x2 +secret(s-{n})`, detect.Burst{Secrets: 2}},
		{"questions about oneself, each once", `
			09:00:00 user/a identity:GetCaller x9 +probe(caller)
			09:00:10 user/a messaging:GetQuota +probe(sending)`, detect.Burst{Probes: 2}},
		{"regions in which something was changed", `
			09:00:00 user/a compute:RunInstances region=r-1
			09:00:01 user/a compute:RunInstances region=r-2 outcome=denied
			09:00:02 user/a compute:ListInstances region=r-3`, detect.Burst{Regions: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, end := windowOf(t, tt.trace)
			if diff := cmp.Diff(tt.want, amountsOf(w.burst(end, windowSpan))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestAmountsPass: amounts are forgotten by the minute, in any window asked for,
// however often the ring goes round.
func TestAmountsPass(t *testing.T) {
	const start = int64(1_767_603_600) // a whole minute
	w := &window{}
	for m := range int64(40) { // several times round the ring
		w.add(dataRead, start+m*60+30, 10)
		for _, within := range []time.Duration{time.Minute, 3 * time.Minute, windowSpan} {
			want := 10 * min(m+1, int64(within/time.Minute))
			if got := w.burst(start+m*60+30, within).Read; got != want {
				t.Fatalf("minute %d: %d read within %s, want %d", m, got, within, want)
			}
		}
	}
	end := start + 39*60 + 30
	w.add(dataRead, end-int64(2*windowSpan/time.Second), 1_000_000) // late by more than a window
	if got := w.burst(end, windowSpan).Read; got != 100 {
		t.Errorf("after a late record: %d, want 100", got)
	}
	w.add(dataRead, end-60, 5) // late, but within
	if got := w.burst(end, windowSpan).Read; got != 105 {
		t.Errorf("after a record of a minute ago: %d, want 105", got)
	}
	if got := w.burst(end+int64(windowSpan/time.Second)+60, windowSpan).Read; got != 0 {
		t.Errorf("ten minutes of silence later: %d, want 0", got)
	}
	w.add(dataRead, -1, 5) // a clock that nobody has
	if got := w.burst(end, windowSpan).Read; got != 105 {
		t.Errorf("after a record from before all clocks: %d, want 105", got)
	}
}

// TestAmountsMerge: two lineages that turn out to be one did together what each
// did, whichever takes over the other; within one minute, and where one is ahead.
func TestAmountsMerge(t *testing.T) {
	const start = int64(1_767_603_600)
	const seed = 11
	r := rand.New(rand.NewPCG(seed, 0))
	type act struct {
		a     amount
		at, n int64
	}
	for round := range 300 {
		// All within one window, so that nothing is forgotten on the way.
		acts := make([]act, 1+r.IntN(60))
		end := start + int64(windowSpan/time.Second) - 1
		for i := range acts {
			acts[i] = act{amount(r.IntN(int(amounts))), start + r.Int64N(end-start), 1 + r.Int64N(5)}
		}
		whole, one, other, back := &window{}, &window{}, &window{}, &window{}
		for _, x := range acts {
			whole.add(x.a, x.at, x.n)
			if r.IntN(2) == 0 {
				one.add(x.a, x.at, x.n)
			} else {
				other.add(x.a, x.at, x.n)
			}
		}
		back.merge(other)
		back.merge(one)
		one.merge(other)
		want := whole.burst(end, windowSpan)
		for name, w := range map[string]*window{"one way": one, "the other way": back} {
			if diff := cmp.Diff(want, w.burst(end, windowSpan)); diff != "" {
				t.Fatalf("seed %d round %d, merged %s: -want +got\n%s", seed, round, name, diff)
			}
		}
	}
}

// TestTrafficIsCountedApart: a thousand places knocked at push out nothing that was called,
// and both come along when two lineages turn out to be one.
func TestTrafficIsCountedApart(t *testing.T) {
	at := time.Unix(1_767_603_600, 0)
	flow := func(ep *Episode, n int) {
		for i := range n {
			x := sekisho.Effect{Kind: sekisho.Connect, What: "inside", Resource: ep.Key + strconv.Itoa(i)}
			ep.Sent(&sekisho.Event{Time: at, Outcome: sekisho.Denied}, &x)
		}
		ep.Sent(&sekisho.Event{Time: at}, &sekisho.Effect{Kind: sekisho.Connect, What: "in", Count: 7})
	}
	burst := func(ep *Episode) detect.Burst { return (&View{Episode: ep, Now: at}).Burst(windowSpan) }
	for _, tt := range []struct{ from, into, places int }{{3, 4, 7}, {3, 0, 3}, {0, 4, 4}} {
		s := New(Start, "o")
		a, b := s.Touch("a", at), s.Touch("b", at)
		read := &sekisho.Event{Time: at, Level: sekisho.LevelRead, Service: "storage", Action: "ListBuckets"}
		a.Count(read)
		sent := int64(0)
		for ep, n := range map[*Episode]int{a: tt.from, b: tt.into} {
			if n > 0 {
				flow(ep, n)
				sent += 7
			}
		}
		s.Join("a", "b", sekisho.Identity{ID: "b"}, func(_, _ *Episode) {}, issuedAsBefore)
		if got := burst(b); got.Neighbours != tt.places || got.Shut != tt.places || got.Sent != sent || got.Reads != 1 {
			t.Errorf("%d and %d places: %d, %d shut, %d bytes, %d reads", tt.from, tt.into, got.Neighbours, got.Shut, got.Sent, got.Reads)
		}
	}
	s := New(Start, "o")
	ep := s.Touch("a", at)
	ep.Count(&sekisho.Event{Time: at, Level: sekisho.LevelRead, Service: "storage", Action: "ListBuckets"})
	flow(ep, 4*windowMax)
	if got := burst(ep); got.Reads != 1 || got.Neighbours < windowMax/2 {
		t.Errorf("after a scan of %d places %d reads are left, and %d places", 4*windowMax, got.Reads, got.Neighbours)
	}
}

// TestMergeForgetsWhatPassed: what an old window still holds of long ago does
// not come back with it, nor push out what is of now.
func TestMergeForgetsWhatPassed(t *testing.T) {
	const now = int64(1_767_603_600)
	old, young := &window{}, &window{}
	old.add(modelRuns, now-int64(sumMinutes)*60, 500) // the same column of the ring as now
	young.add(modelRuns, now, 7)
	young.merge(old)
	if got := young.burst(now, windowSpan).Runs; got != 7 {
		t.Errorf("%d runs, want 7", got)
	}
	old.merge(young)
	if got := old.burst(now, windowSpan).Runs; got != 7 {
		t.Errorf("the other way: %d runs, want 7", got)
	}
	empty := &window{}
	empty.merge(&window{})
	if empty.sums != nil {
		t.Error("two windows without amounts need no room for them")
	}
}
