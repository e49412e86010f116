package live_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/sim"
	"github.com/sekisho/sekisho/store"
)

var begins = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// records are those of a made-up organisation, with an attack on the last day.
func records(t *testing.T, seed uint64, days int) []sim.Record {
	t.Helper()
	w, err := sim.NewWorld(sim.WorldOptions{Seed: seed, Half: sim.Fitting, Start: begins, Accounts: 1})
	if err != nil {
		t.Fatal(err)
	}
	var all []sim.Record
	for d := range days {
		all = sim.Merge(all, w.Day(d))
	}
	attack, _, err := w.Play("key-to-administrator", seed, begins.AddDate(0, 0, days-1).Add(10*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return sim.Merge(all, attack)
}

func options(o live.Options) live.Options {
	o.Formats = everyFormat
	if o.Now == nil {
		o.Now = func() time.Time { return begins.AddDate(0, 0, 30) }
	}
	return o
}

// delivery is a body of records, as one push brings them.
func delivery(lines [][]byte) *live.Delivery {
	b := &ingest.Body{Text: bytes.Join(lines, []byte("\n"))}
	b.Read([]normalize.Format{aws.CloudTrail()})
	return &live.Delivery{Source: "aws-cloudtrail", Body: b}
}

// running is a service that runs until end is called, which returns how it ended.
func running(t *testing.T, db *store.Store, o live.Options) (s *live.Service, end func() error) {
	t.Helper()
	s, err := live.New(db, options(o))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, func() error { cancel(); return <-done }
}

// state is what an engine reports and holds.
func state(t *testing.T, g *engine.Engine) ([]sekisho.Incident, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := g.Checkpoint(&b); err != nil {
		t.Fatal(err)
	}
	return g.Incidents(), b.Bytes()
}

// TestKills: a service that loses power again and again, while records come twice,
// in any order and on two paths, loses none that it acknowledged, judges each once,
// and its state is that of a replay from the beginning.
func TestKills(t *testing.T) {
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { kills(t, seed) })
	}
}

func kills(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
	all := records(t, seed, 4)
	// Two paths carry the same records in bodies of their own; late ones come late.
	type body struct {
		lines [][]byte
		first int
	}
	var todo []body
	for range 2 {
		for i := 0; i < len(all); {
			n := min(1+r.IntN(40), len(all)-i)
			b := body{first: i}
			for _, x := range all[i : i+n] {
				b.lines = append(b.lines, x.Line)
			}
			todo = append(todo, b)
			i += n
		}
	}
	r.Shuffle(len(todo), func(i, j int) {
		if d := todo[i].first - todo[j].first; d > -400 && d < 400 { // disorder of some minutes, and the paths apart
			todo[i], todo[j] = todo[j], todo[i]
		}
	})

	fs := vfs.NewCrashableMem()
	acknowledged := map[int]bool{}
	crashes := 0
	for len(acknowledged) < len(todo) {
		db, err := store.Open("data", store.Options{FS: fs})
		if err != nil {
			t.Fatal(err)
		}
		s, end := running(t, db, live.Options{CheckpointEvery: 700})
		budget := 1 + r.IntN(len(todo)/6)
		var mu sync.Mutex
		var wg sync.WaitGroup
		next := make(chan int)
		for range 3 { // deliveries wait together
			wg.Go(func() {
				for i := range next {
					res := s.Deliver(context.Background(), delivery(todo[i].lines))
					if res.Err != nil {
						t.Errorf("delivery %d: %v", i, res.Err)
						continue
					}
					mu.Lock()
					acknowledged[i] = true
					mu.Unlock()
				}
			})
		}
		for i := range todo {
			mu.Lock()
			had := acknowledged[i]
			mu.Unlock()
			if had && r.IntN(9) > 0 {
				continue // now and then what was answered comes again
			}
			if budget--; budget < 0 {
				break
			}
			next <- i
		}
		close(next)
		wg.Wait()
		// The power goes: what was not synced may be lost, the rest must be there.
		lost := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
		if err := end(); err != nil {
			t.Fatal(err)
		}
		db.Close()
		fs = lost
		crashes++
	}
	db, err := store.Open("data", store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()

	// Each record is in the log once.
	times := map[normalize.Key]int{}
	if err := db.Read(0, func(e *store.Entry) (bool, error) {
		b := ingest.Body{Text: e.Text}
		b.Read([]normalize.Format{aws.CloudTrail()})
		drop := map[int]bool{}
		for _, i := range e.Drop {
			drop[i] = true
		}
		for i := range b.Records {
			if !drop[i] {
				times[b.Records[i].Key]++
			}
		}
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
	want := map[normalize.Key]bool{}
	whole := ingest.Body{}
	for _, x := range all {
		whole.Text = x.Line
		whole.Read([]normalize.Format{aws.CloudTrail()})
		want[whole.Records[0].Key] = true
	}
	for k := range want {
		if times[k] != 1 {
			t.Errorf("a record was judged %d times", times[k])
		}
	}
	if len(times) != len(want) {
		t.Errorf("%d records in the log, %d were delivered", len(times), len(want))
	}

	// The state of the service is that of a replay.
	s, end := running(t, db, live.Options{})
	var got []sekisho.Incident
	var bits []byte
	if err := s.Do(context.Background(), func(g *engine.Engine) { got, bits = state(t, g) }); err != nil {
		t.Fatal(err)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	g, n, err := live.Replay(db, options(live.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	again, more := state(t, g)
	if diff := cmp.Diff(got, again, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("a replay of %d records after %d crashes reports otherwise: %s", n, crashes, diff)
	}
	if !bytes.Equal(bits, more) {
		t.Errorf("a replay of %d records after %d crashes has other state", n, crashes)
	}
	if n != int64(len(want)) || crashes < 3 {
		t.Errorf("%d records replayed of %d, %d crashes", n, len(want), crashes)
	}
	if len(got) == 0 {
		t.Error("nothing was found: the test shows nothing")
	}
}

// TestFull: what cannot be made durable is not acknowledged, and the service ends
// and says why, rather than going on without a log.
func TestFull(t *testing.T) {
	fs := &full{FS: vfs.NewMem()}
	db, err := store.Open("data", store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	s, end := running(t, db, live.Options{})
	all := records(t, 1, 1)
	if res := s.Deliver(context.Background(), delivery([][]byte{all[0].Line})); res.Err != nil || res.Accepted != 1 {
		t.Fatalf("%+v", res)
	}
	fs.full.Store(true)
	res := s.Deliver(context.Background(), delivery([][]byte{all[1].Line}))
	if res.Err == nil {
		t.Error("acknowledged on a full disk")
	}
	if err := end(); err == nil || !errors.Is(err, errFull) {
		t.Errorf("ended with %v", err)
	}
}

// TestBusy: beyond the bound who comes is told to come again, and nobody is lost.
func TestBusy(t *testing.T) {
	db, err := store.Open("data", store.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := live.New(db, options(live.Options{})) // it does not run yet
	if err != nil {
		t.Fatal(err)
	}
	all := records(t, 1, 1)
	results := make(chan live.Result, 2000)
	for i := range 1200 {
		go func() { results <- s.Deliver(context.Background(), delivery([][]byte{all[i%len(all)].Line})) }()
	}
	busy := 0
	for busy < 1200-1024 {
		if r := <-results; errors.Is(r.Err, live.ErrBusy) {
			busy++
		} else {
			t.Fatalf("%+v before anything ran", r)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for range 1024 {
		if r := <-results; r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if r := s.Deliver(context.Background(), delivery([][]byte{all[0].Line})); !errors.Is(r.Err, live.ErrClosed) {
		t.Errorf("after the end: %+v", r)
	}
}

// TestTake: what a source brings at once may be more than waits at a time: it waits for
// room, and is all there when Take answers.
func TestTake(t *testing.T) {
	db, err := store.Open("data", store.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, end := running(t, db, live.Options{})
	var list []ingest.Arrival
	all := records(t, 1, 12)
	for i := range 3000 {
		b := &ingest.Body{Text: all[i%len(all)].Line}
		b.Read([]normalize.Format{aws.CloudTrail()})
		list = append(list, ingest.Arrival{Format: "aws-cloudtrail", Path: ingest.PathKafka, Body: b, Source: "kafka:x"})
	}
	list[len(list)-1].Cursor = "behind"
	if err := s.Take(context.Background(), list); err != nil {
		t.Fatal(err)
	}
	if n := s.Counts().Accepted.Load() + s.Counts().Duplicates.Load(); n != 3000 {
		t.Errorf("%d of 3000 were judged", n)
	}
	if c, err := live.Cursor(db, "kafka:x"); err != nil || c != "behind" {
		t.Errorf("cursor %q, %v", c, err)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	if err := s.Take(context.Background(), list[:1]); !errors.Is(err, live.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}
