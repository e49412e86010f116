package live_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/github"
	"github.com/sekisho/sekisho/provider/guardduty"
	"github.com/sekisho/sekisho/provider/okta"
	"github.com/sekisho/sekisho/provider/vpcflow"
	"github.com/sekisho/sekisho/sim"
	"github.com/sekisho/sekisho/store"
)

// A simulation drives the service, its store and the real runners of its sources on
// one goroutine: a seed is one history. A made-up organisation's records come by a
// push, by a queue, and once more, late, as files; disks fail, power goes, clocks
// jump, queues throttle and bring garbage, answers get lost, as a plan says. At the end:
//
//   - nothing is lost, and nothing is judged twice, that anyone was told is durable;
//   - nothing is settled that is not durable;
//   - the state is, bit by bit, that of a replay from the beginning;
//   - the attack is one incident with the root that an undisturbed run gives it;
//   - what is held in memory is within its bounds.
var (
	simSeed = flag.Int64("sim.seed", -1, "play only this seed")
	simPlan = flag.String("sim.plan", "", "with this plan instead of the seed's own")
)

// TestSimulated plays them.
func TestSimulated(t *testing.T) {
	first, last := int64(0), int64(simSeeds)
	if *simSeed >= 0 {
		first, last = *simSeed, *simSeed+1
	}
	for seed := first; seed < last; seed++ {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		text := *simPlan
		if text == "" {
			text = makePlan(r)
		}
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			if err := simulate(uint64(seed), text); err != nil {
				t.Errorf("%v\nseen again by: go test ./live -run TestSimulated -sim.seed %d -sim.plan %q", err, seed, text)
			}
		})
	}
}

// TestSimulatedFails: what the checkers are there for they find.
func TestSimulatedFails(t *testing.T) {
	for _, tt := range []struct{ plan, want string }{
		{"commit 3: forget", "judged 0 times"},
		{"commit 3: repeat", "judged 2 times"},
		{"commit 3: twist", "other state"},
		{"queue 3: settle early", "settled before it was durable"},
	} {
		if err := simulate(3, tt.plan); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.plan, err)
		}
	}
	if _, err := parsePlan("commit soon: crash"); err == nil {
		t.Error("a plan that is none is taken")
	}
}

// TestSimulatedTwice: a seed is one history.
func TestSimulatedTwice(t *testing.T) {
	var first uint64
	for i := range 2 {
		w := newSimulation(11, mustPlan(makePlan(rand.New(rand.NewPCG(11, 7)))))
		if err := w.run(); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = w.hash
		} else if w.hash != first {
			t.Errorf("the same seed gives other histories: %x and %x", first, w.hash)
		}
	}
}

// A fault is what goes wrong at the n-th time that something happens.
type fault struct {
	at   string // "commit", "write", "queue", "files", "push"
	n    int
	what string
}

// faults that a plan may name, by what they happen to.
var faults = map[string][]string{
	"commit": {"crash", "crash after", "clock +3h", "clock -2h", "clock +1m", "stop", "forget", "repeat", "twist"},
	"write":  {"fail"},
	"queue":  {"throttle", "fail", "garbage", "settle fails", "settle is lost", "settle early"},
	"files":  {"throttle", "fail", "garbage", "settle fails", "settle is lost"},
	"push":   {"answer is lost", "garbage"},
}

// ownMistakes are faults of the service itself: no plan has them but those that show
// that the checkers see them.
var ownMistakes = []string{"forget", "repeat", "twist", "settle early"}

func parsePlan(text string) ([]fault, error) {
	var out []fault
	for _, line := range strings.Split(text, ";") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		head, what, _ := strings.Cut(line, ": ")
		at, number, _ := strings.Cut(head, " ")
		n, err := strconv.Atoi(number)
		if err != nil || !slices.Contains(faults[at], what) {
			return nil, fmt.Errorf("%q is no fault", line)
		}
		out = append(out, fault{at, n, what})
	}
	return out, nil
}

func mustPlan(text string) []fault {
	p, err := parsePlan(text)
	if err != nil {
		panic(err)
	}
	return p
}

// makePlan draws a plan.
func makePlan(r *rand.Rand) string {
	var lines []string
	places := []string{"commit", "commit", "commit", "write", "queue", "files", "push"}
	for range r.IntN(8) {
		at := places[r.IntN(len(places))]
		what := faults[at][r.IntN(len(faults[at]))]
		if slices.Contains(ownMistakes, what) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s %d: %s", at, 1+r.IntN(40), what))
	}
	return strings.Join(lines, "; ")
}

// simulation is one history.
type simulation struct {
	r     *rand.Rand
	plan  []fault
	count map[string]int
	hash  uint64

	now     time.Time // the true time
	skew    time.Duration
	records []sim.Record

	fs       *vfs.MemFS
	failing  bool
	db       *store.Store
	service  *live.Service
	runners  []*ingest.Runner
	queue    *fakeQueue
	files    *fakeQueue
	pushes   []*push
	promised map[normalize.Key]bool // durable, somebody was told
	garbage  int
	crashes  int
	early    error
	decided  map[string]live.Decision
	forgets  bool
}

// push is one body that a client sends until it is answered.
type push struct {
	due  time.Time
	body []byte
	done bool
}

func simulate(seed uint64, plan string) error {
	p, err := parsePlan(plan)
	if err != nil {
		return err
	}
	w := newSimulation(seed, p)
	return w.run()
}

// organisations are made once: histories differ in what happens to their records.
var organisations = sync.OnceValue(func() (out [][]sim.Record) {
	for seed := range uint64(4) {
		// Two of the organisations log what all their systems do, in one stream.
		mixed := seed%2 == 1
		w, err := sim.NewWorld(sim.WorldOptions{Seed: seed, Half: sim.Fitting, Start: begins, Accounts: 1, Surfaces: mixed})
		if err != nil {
			panic(err)
		}
		attack, _, err := w.Play("key-to-administrator", seed, begins.Add(10*time.Hour))
		if err != nil {
			panic(err)
		}
		all := slices.DeleteFunc(sim.Merge(w.Day(0), attack), func(x sim.Record) bool { return len(keys(lineOf(&x))) == 0 }) // but what no format wants
		for i := range all {
			all[i].Line = lineOf(&all[i])
		}
		// A part of the day is enough: what is before the attack, and what follows.
		from := slices.IndexFunc(all, func(x sim.Record) bool { return x.ID == attack[0].ID })
		out = append(out, all[max(0, from-150):min(len(all), from+len(attack)+100)])
	}
	return out
})

// everyFormat is what a service reads.
var everyFormat = []normalize.Format{aws.CloudTrail(), vpcflow.Format(), okta.SystemLog(), guardduty.Format(), github.Audit()}

// lineOf is a record as it may stand anywhere: with the line that names its fields, if it
// needs one.
func lineOf(x *sim.Record) []byte {
	if x.Header == "" {
		return x.Line
	}
	return append([]byte(x.Header+"\n"), x.Line...)
}

func newSimulation(seed uint64, plan []fault) *simulation {
	w := &simulation{r: rand.New(rand.NewPCG(seed, 5)), plan: plan, count: map[string]int{}, promised: map[normalize.Key]bool{}, decided: map[string]live.Decision{}, fs: vfs.NewCrashableMem()}
	w.records = organisations()[seed%4]
	w.now = w.records[0].At
	w.queue = &fakeQueue{w: w, name: "queue", path: ingest.PathEventBridge}
	w.files = &fakeQueue{w: w, name: "files", path: ingest.PathS3}
	// Each record comes fast, by the one way or the other, but for a few; and all of them
	// late, as files.
	// A push holds what came within seconds, a file what came within minutes.
	var body []byte
	var began time.Time
	flush := func() {
		if len(body) > 0 {
			w.pushes = append(w.pushes, &push{due: began.Add(time.Duration(15+w.r.IntN(15)) * time.Second), body: body})
		}
		body = nil
	}
	for _, x := range w.records {
		switch n := w.r.IntN(100); {
		case n < 3: // the fast paths miss it
		case n < 50:
			w.queue.put(x.At.Add(time.Duration(1+w.r.IntN(60))*time.Second), x.Line)
		default:
			if x.At.Sub(began) > 15*time.Second {
				flush()
				began = x.At
			}
			body = append(append(body, x.Line...), '\n')
		}
	}
	flush()
	for i := 0; i < len(w.records); {
		n, most := 1, 1+w.r.IntN(40)
		for n < most && i+n < len(w.records) && w.records[i+n].At.Sub(w.records[i].At) < 5*time.Minute {
			n++
		}
		var lines [][]byte
		for _, x := range w.records[i : i+n] {
			lines = append(lines, x.Line)
		}
		text := []byte(`{"Records":[` + string(bytes.Join(lines, []byte(","))) + `]}`)
		if slices.ContainsFunc(w.records[i:i+n], func(x sim.Record) bool { return x.Kind != sim.KindCloudTrail }) {
			text = bytes.Join(lines, []byte("\n"))
		}
		times := 1
		if w.r.IntN(20) == 0 {
			times = 2
		}
		for range times {
			w.files.put(w.records[i].At.Add(time.Duration(300+w.r.IntN(240))*time.Second), text)
		}
		i += n
	}
	return w
}

// note folds a visible step into the history's hash.
func (w *simulation) note(text string) {
	for _, b := range []byte(text) {
		w.hash = (w.hash ^ uint64(b)) * 1099511628211
	}
}

// hit counts that something happens, and names what goes wrong with it.
func (w *simulation) hit(at string) string {
	w.count[at]++
	for _, f := range w.plan {
		if f.at == at && f.n == w.count[at] {
			w.note(fmt.Sprint(f))
			return f.what
		}
	}
	return ""
}

func (w *simulation) clock() time.Time { return w.now.Add(w.skew) }

// MaybeError implements errorfs.Injector: the log's file cannot be written.
func (w *simulation) MaybeError(op errorfs.Op) error {
	if op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".log") && w.failing {
		return errors.New("the disk gave an error")
	}
	return nil
}

// String implements errorfs.Injector.
func (w *simulation) String() string { return "simulated" }

// begin opens store and service, as a process does when it starts.
func (w *simulation) begin() error {
	db, err := store.Open("data", store.Options{FS: errorfs.Wrap(w.fs, w)})
	if err != nil {
		return err
	}
	w.db = db
	if w.service, err = live.New(db, options(live.Options{Now: w.clock, CheckpointEvery: 60 + int64(w.r.IntN(200)), Effects: w.decide})); err != nil {
		return err
	}
	w.runners = nil
	for _, q := range []*fakeQueue{w.queue, w.files} {
		cursor, err := live.Cursor(db, q.Name())
		if err != nil {
			return err
		}
		w.runners = append(w.runners, &ingest.Runner{Source: q, Formats: everyFormat, Log: slog.New(slog.DiscardHandler),
			Cursor: cursor, Rand: w.r, Now: w.clock, Deliver: w.take})
	}
	return nil
}

// decide keeps what was decided. A start may tell what was decided before, as it was.
func (w *simulation) decide(x live.Effects) {
	for _, d := range x.Decisions {
		key := fmt.Sprint(d.Incident, " ", d.Tier)
		if was, had := w.decided[key]; had && was != d {
			w.early = fmt.Errorf("decided %+v, and then %+v", was, d)
		}
		w.decided[key] = d
	}
}

// errCrash ends what was under way when the power went.
var errCrash = errors.New("the power went")

// crash loses what was not synced, some of it or all, and starts anew.
func (w *simulation) crash() error {
	w.crashes++
	lost := w.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: w.r.IntN(101), RNG: w.r})
	w.failing = false
	w.db.Close()
	w.fs = lost
	w.note("crash")
	return w.begin()
}

// drive commits a group, with what the plan says of it.
func (w *simulation) drive(group []*live.Delivery) ([]live.Result, error) {
	what := w.hit("commit")
	switch {
	case what == "crash":
		return nil, errors.Join(errCrash, w.crash())
	case strings.HasPrefix(what, "clock "):
		d, err := time.ParseDuration(what[len("clock "):])
		if err != nil {
			return nil, err
		}
		w.skew += d
	case what == "forget" || w.forgets: // acknowledged and lost, from now on
		w.forgets = true
		for _, d := range group {
			w.promise(d.Body)
		}
		return make([]live.Result, len(group)), nil
	case what == "repeat":
		// As if it had not been seen: the store's own word is not asked.
		b := w.db.Begin()
		for _, d := range group {
			if _, err := b.Append(&store.Entry{At: w.clock(), Source: d.Source, Path: string(d.Path), Text: d.Body.Text}); err != nil {
				return nil, err
			}
		}
		if err := b.Commit(w.clock()); err != nil {
			return nil, err
		}
	case what == "twist":
		w.service.Idle(func(g *engine.Engine) {
			g.Verdict(sekisho.Verdict{Incident: "inc-0000000000000000", Kind: sekisho.VerdictFalse, By: "nobody"})
		})
	case w.hit("write") == "fail":
		w.failing = true
	}
	results, err := w.service.Drive(group)
	if err != nil {
		// It must not go on: nobody knows what the disk holds.
		return nil, errors.Join(errCrash, w.crash())
	}
	for i, d := range group {
		w.note(fmt.Sprint(results[i].Accepted, results[i].Duplicates, results[i].Unreadable))
		w.promise(d.Body)
	}
	switch what {
	case "crash after":
		return nil, errors.Join(errCrash, w.crash())
	case "stop":
		return nil, errors.Join(errCrash, w.crash())
	}
	return results, nil
}

// promise notes what is durable by the service's word.
func (w *simulation) promise(b *ingest.Body) {
	for i := range b.Records {
		w.promised[b.Records[i].Key] = true
	}
}

// take is what the runners deliver to.
func (w *simulation) take(_ context.Context, arrivals []ingest.Arrival) error {
	var group []*live.Delivery
	for i := range arrivals {
		a := &arrivals[i]
		d := &live.Delivery{Source: a.Format, Path: a.Path, Body: a.Body}
		if a.Cursor != "" {
			d.Name, d.Cursor = a.Source, a.Cursor
		}
		group = append(group, d)
	}
	_, err := w.drive(group)
	return err
}

// run plays the history to its end and checks it.
func (w *simulation) run() error {
	if err := w.begin(); err != nil {
		return err
	}
	defer func() { w.db.Close() }()
	for step := 0; !w.over(); step++ {
		if step > 20_000 {
			return errors.New("it never ends: something is brought again and again")
		}
		runners := w.runners
		var err error
		switch n := w.r.IntN(10); {
		case n < 3:
			err = w.pushNext()
		case n < 6:
			w.pause(runners[0].Once(context.Background()))
		case n < 8:
			w.pause(runners[1].Once(context.Background()))
		default:
			w.now = w.now.Add(w.passes())
		}
		if err != nil && !errors.Is(err, errCrash) {
			return err
		}
		if w.early != nil {
			return w.early
		}
	}
	return w.check()
}

// passes is how much time does: seconds while something is due, so that nothing comes
// later than its path brings it, else until something may be.
func (w *simulation) passes() time.Duration {
	due := func(at time.Time) bool { return !at.After(w.now) }
	if slices.ContainsFunc(w.pushes, func(p *push) bool { return !p.done && due(p.due) }) ||
		slices.ContainsFunc(slices.Concat(w.queue.messages, w.files.messages), func(m *message) bool { return !m.gone && due(m.due) }) {
		return time.Duration(1+w.r.IntN(5)) * time.Second
	}
	return time.Duration(1+w.r.IntN(240)) * time.Second
}

// pause lets the time pass that a runner waits.
func (w *simulation) pause(d time.Duration) { w.now = w.now.Add(d / 8) } // others work meanwhile

// pushNext sends the next body that is due.
func (w *simulation) pushNext() error {
	for _, p := range w.pushes {
		if p.done || p.due.After(w.now) {
			continue
		}
		what := w.hit("push")
		text := p.body
		if what == "garbage" {
			w.garbage++
			text = append([]byte("}{ nonsense \x00\n"), text...)
		}
		b := &ingest.Body{Text: text}
		b.Read(everyFormat)
		if _, err := w.drive([]*live.Delivery{{Source: normalize.Any, Path: ingest.PathPush, Body: b}}); err != nil {
			return err // it is sent again
		}
		p.done = what != "answer is lost"
		return nil
	}
	return nil
}

// over reports whether all that there is was taken by somebody who says so.
func (w *simulation) over() bool {
	return w.queue.empty() && w.files.empty() && !slices.ContainsFunc(w.pushes, func(p *push) bool { return !p.done })
}

// keys are those of a text's records.
func keys(text []byte) (out []normalize.Key) {
	b := ingest.Body{Text: text}
	b.Read(everyFormat)
	for i := range b.Records {
		out = append(out, b.Records[i].Key)
	}
	return out
}

// check holds the end of a history against what must be so.
func (w *simulation) check() error {
	times := map[normalize.Key]int{}
	if err := w.db.Read(0, func(e *store.Entry) (bool, error) {
		for i, k := range keys(e.Text) {
			if !slices.Contains(e.Drop, i) {
				times[k]++
			}
		}
		return true, nil
	}); err != nil {
		return err
	}
	for _, x := range w.records {
		k := keys(x.Line)[0]
		if times[k] != 1 {
			return fmt.Errorf("a record of %s was judged %d times", x.At.Format(time.TimeOnly), times[k])
		}
		if !w.promised[k] {
			return fmt.Errorf("a record of %s is there and nobody was told", x.At.Format(time.TimeOnly))
		}
	}
	if len(times) != len(w.records) {
		return fmt.Errorf("%d records in the log, there are %d", len(times), len(w.records))
	}
	var got []sekisho.Incident
	var bits bytes.Buffer
	var err error
	w.service.Idle(func(g *engine.Engine) { got, err = g.Incidents(), g.Checkpoint(&bits) })
	if err != nil {
		return err
	}
	replayed := 0
	again, n, err := live.Replay(w.db, options(live.Options{Effects: func(x live.Effects) {
		for _, d := range x.Decisions {
			if w.decided[fmt.Sprint(d.Incident, " ", d.Tier)] == d {
				replayed++
			}
		}
	}}))
	if err != nil {
		return err
	}
	var more bytes.Buffer
	if err := again.Checkpoint(&more); err != nil {
		return err
	}
	if !bytes.Equal(bits.Bytes(), more.Bytes()) {
		return fmt.Errorf("a replay of %d records after %d crashes comes to other state", n, w.crashes)
	}
	if replayed != len(w.decided) {
		return fmt.Errorf("%d decisions were made, a replay makes %d of them", len(w.decided), replayed)
	}
	want := undisturbed(w.records)
	for i := range got {
		if got[i].Severity >= sekisho.SeverityHigh && got[i].MergedInto == "" && got[i].Root.ID == want {
			return nil
		}
	}
	var have []string
	for _, in := range got {
		if in.MergedInto == "" {
			have = append(have, fmt.Sprintf("%s %.1f of %s", in.Severity, in.Score.Float(), in.Root.Name))
		}
	}
	return fmt.Errorf("the attack of %s is no incident of high severity; there are: %s", want, strings.Join(have, ", "))
}

// undisturbed is the root of the worst incident when the records come once and in order.
func undisturbed(records []sim.Record) string {
	g := engine.New(engine.Options{})
	var expanders []normalize.Expander
	for _, f := range everyFormat {
		expanders = append(expanders, f.NewExpander())
	}
	var e sekisho.Event
	for _, x := range records {
		b := ingest.Body{Text: x.Line}
		b.Read(everyFormat)
		if err := expanders[b.Records[0].Format].Expand(&e, b.Records[0].Compact); err != nil {
			panic(err)
		}
		g.Step(&e)
	}
	worst := sekisho.Incident{}
	for _, in := range g.Incidents() {
		if in.Severity > worst.Severity {
			worst = in
		}
	}
	return worst.Root.ID
}

// fakeQueue brings messages at least once, in no order, and again where they were not
// settled; with what the plan says.
type fakeQueue struct {
	w        *simulation
	name     string
	path     ingest.Path
	messages []*message
	left     int
	hasty    bool // settles what it has only read
}

type message struct {
	due  time.Time // when it can be seen next
	body []byte
	gone bool
}

func (q *fakeQueue) put(due time.Time, body []byte) {
	q.messages = append(q.messages, &message{due: due, body: bytes.Clone(body)})
	q.left++
}

func (q *fakeQueue) empty() bool { return q.left == 0 }

// Name implements ingest.Source.
func (q *fakeQueue) Name() string { return q.name }

// visibility is for how long a message is not seen again once it was read.
const visibility = 30 * time.Second

// Read implements ingest.Source.
func (q *fakeQueue) Read(context.Context, ingest.Cursor) (ingest.Batch, error) {
	w := q.w
	what := w.hit(q.name)
	switch what {
	case "throttle":
		return ingest.Batch{}, &ingest.Wait{For: time.Minute, Err: errors.New("too many requests")}
	case "fail":
		return ingest.Batch{}, errors.New("no answer")
	}
	var b ingest.Batch
	var taken []*message
	if what == "garbage" {
		w.garbage++
		b.Parcels = append(b.Parcels, ingest.Parcel{Format: normalize.Any, Path: q.path, Raw: []byte("\x1f\x8bnot gzip")}, ingest.Parcel{Format: "unheard-of", Raw: []byte("{}")})
	}
	for range 3 * len(q.messages) {
		m := q.messages[w.r.IntN(len(q.messages))]
		if m.gone || m.due.After(w.now) {
			continue
		}
		m.due = w.now.Add(visibility)
		taken = append(taken, m)
		b.Parcels = append(b.Parcels, ingest.Parcel{Format: normalize.Any, Path: q.path, Raw: m.body})
		if len(taken) == 10 {
			break
		}
	}
	remove := func() {
		for _, m := range taken {
			for _, k := range keys(m.body) {
				if !w.promised[k] {
					w.early = fmt.Errorf("%s: a message was settled before it was durable", q.name)
				}
			}
			if !m.gone {
				m.gone = true
				q.left--
			}
		}
	}
	if what == "settle early" || q.hasty {
		q.hasty = true
		remove()
		return b, nil
	}
	b.Settle = func(context.Context) error {
		switch what {
		case "settle fails":
			return errors.New("no answer")
		case "settle is lost": // it took effect
			remove()
			return errors.New("no answer")
		}
		remove()
		return nil
	}
	return b, nil
}
