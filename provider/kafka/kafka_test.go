package kafka

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
)

// cluster is a Kafka of a test: a server of the protocol in this process, or a real
// broker (see TestBroker).
type cluster struct {
	brokers []string
	make    func(t *testing.T, topics ...string) // each of three partitions
	fake    *kfake.Cluster                       // nil if it is real
}

func fake(t *testing.T, more ...kfake.Opt) cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "16777216"})}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return cluster{c.ListenAddrs(), func(t *testing.T, topics ...string) {
		t.Helper()
		for _, name := range topics {
			if err := c.CreateTopic(name, 3, nil); err != nil {
				t.Fatal(err)
			}
		}
	}, c}
}

// lines is a format whose records are the texts that begin with "n".
func lines() normalize.Format {
	return normalize.Format{Name: "lines", Compact: func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
		return append(dst, raw...), normalize.Key{Time: 1}, normalize.Read, ""
	}}
}

// produce writes messages.
func produce(t *testing.T, brokers []string, topic string, codec kgo.CompressionCodec, values ...[]byte) {
	t.Helper()
	p, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(codec), kgo.ProducerBatchMaxBytes(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i, v := range values {
		p.Produce(t.Context(), &kgo.Record{Key: fmt.Append(nil, i), Value: v}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func numbers(from, to int) (out [][]byte) {
	for n := from; n < to; n++ {
		out = append(out, fmt.Appendf(nil, `{"n":%d}`, n))
	}
	return out
}

// reader is a service's part: it keeps what arrived, and the cursor with it.
type reader struct {
	seen    map[string]int
	bad     int64
	cursor  ingest.Cursor
	refuse  int
	batches int
}

func (x *reader) deliver(_ context.Context, list []ingest.Arrival) error {
	if x.refuse > 0 {
		x.refuse--
		return errors.New("not durable yet")
	}
	for _, a := range list {
		x.bad += a.Body.BadTotal
		for _, r := range a.Body.Records {
			x.seen[string(r.Compact)]++
		}
		if a.Cursor != "" {
			x.cursor = a.Cursor
		}
	}
	x.batches++
	return nil
}

// read reads until so many records were seen, or nothing more comes.
func (x *reader) read(t *testing.T, o Options, settle bool, want int) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var source ingest.Source = s
	if !settle {
		source = unsettled{s}
	}
	r := &ingest.Runner{Source: source, Formats: []normalize.Format{lines()}, Deliver: x.deliver, Cursor: x.cursor, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for len(x.seen)+int(x.bad) < want && ctx.Err() == nil {
		r.Once(ctx)
	}
	if ctx.Err() != nil {
		t.Fatalf("%d of %d records after a minute: %+v", len(x.seen), want, r.Health())
	}
}

// unsettled is a source whose process ends before it settles.
type unsettled struct{ *Topics }

func (u unsettled) Read(ctx context.Context, after ingest.Cursor) (ingest.Batch, error) {
	b, err := u.Topics.Read(ctx, after)
	b.Settle = nil
	return b, err
}

// table is what holds with any cluster.
func table(t *testing.T, c cluster) {
	for name, test := range map[string]func(*testing.T, cluster){"topics": topics, "messages": messages, "rebalance": rebalance, "codecs": codecs} {
		t.Run(name, func(t *testing.T) { test(t, c) })
	}
}

func TestTable(t *testing.T) { table(t, fake(t)) }

// topics: each record once, through crashes before and after what was durable was told
// to the group; the cursor's word counts, not the group's.
func topics(t *testing.T, c cluster) {
	brokers := c.brokers
	c.make(t, "trail", "more")
	o := Options{Brokers: brokers, Topics: []string{"trail", "more"}, Group: "topics", Format: "lines"}
	produce(t, brokers, "trail", kgo.SnappyCompression(), numbers(0, 500)...)
	x := &reader{seen: map[string]int{}, refuse: 2}
	x.read(t, o, true, 500)
	old := x.cursor
	produce(t, brokers, "more", kgo.ZstdCompression(), numbers(500, 700)...)
	x.read(t, o, false, 700) // it ends before the group is told
	produce(t, brokers, "trail", kgo.GzipCompression(), numbers(700, 900)...)
	x.read(t, o, true, 900)
	for text, n := range x.seen {
		if n != 1 {
			t.Errorf("%s came %d times", text, n)
		}
	}
	// A folder that is restored from an older backup reads again what it does not hold.
	restored := &reader{seen: map[string]int{}, cursor: old}
	restored.read(t, o, true, 400)
	if restored.seen[`{"n":499}`] != 0 || restored.seen[`{"n":500}`] != 1 || restored.seen[`{"n":899}`] != 1 {
		t.Errorf("%d records are read again", len(restored.seen))
	}
	// Without a cursor the group's word counts.
	produce(t, brokers, "trail", kgo.NoCompression(), numbers(900, 910)...)
	fresh := &reader{seen: map[string]int{}}
	fresh.read(t, o, true, 10)
	if len(fresh.seen) != 10 || fresh.seen[`{"n":905}`] != 1 {
		t.Errorf("%d records without a cursor", len(fresh.seen))
	}
}

// messages: garbage counts and hides nothing; a large message comes whole.
func messages(t *testing.T, c cluster) {
	c.make(t, "messages")
	large := append([]byte(`{"n":"`), append(bytes.Repeat([]byte("x"), 2<<20), `"}`...)...)
	produce(t, c.brokers, "messages", kgo.NoCompression(), []byte("}{"), []byte(`{"n":1}`), []byte("\x1f\x8bno"), large, nil, []byte(`{"n":2}`))
	x := &reader{seen: map[string]int{}}
	x.read(t, Options{Brokers: c.brokers, Topics: []string{"messages"}, Group: "messages", Format: "lines"}, true, 5)
	if x.seen[`{"n":1}`] != 1 || x.seen[`{"n":2}`] != 1 || x.seen[string(large)] != 1 || x.bad != 2 {
		t.Errorf("%d records, %d unreadable", len(x.seen), x.bad)
	}
}

// codecs: batches of each packing that the protocol has, and messages that are packed
// themselves.
func codecs(t *testing.T, c cluster) {
	c.make(t, "codecs")
	all := []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()}
	for i, codec := range all {
		produce(t, c.brokers, "codecs", codec, numbers(i*100, i*100+100)...)
	}
	produce(t, c.brokers, "codecs", kgo.NoCompression(), gzipped([]byte(`{"n":500}`)))
	x := &reader{seen: map[string]int{}}
	x.read(t, Options{Brokers: c.brokers, Topics: []string{"codecs"}, Group: "codecs", Format: "lines"}, true, 501)
	for n := range 501 {
		if text := fmt.Sprintf(`{"n":%d}`, n); x.seen[text] != 1 {
			t.Errorf("%s came %d times", text, x.seen[text])
		}
	}
}

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	return b.Bytes()
}

// rebalance: another member takes a part over while both read, and gives it back; nothing
// is lost, nothing is stuck, and a position never goes back.
func rebalance(t *testing.T, c cluster) {
	c.make(t, "shared")
	o := Options{Brokers: c.brokers, Topics: []string{"shared"}, Group: "shared", Format: "lines"}
	var mu sync.Mutex
	seen := map[string]int{}
	var by [2]int
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(seen)
	}
	member := func(who int) (end func()) {
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		highest := cursor{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		r := &ingest.Runner{Source: s, Formats: []normalize.Format{lines()}, Log: slog.New(slog.DiscardHandler), Deliver: func(_ context.Context, list []ingest.Arrival) error {
			mu.Lock()
			defer mu.Unlock()
			for _, a := range list {
				for _, x := range a.Body.Records {
					seen[string(x.Compact)]++
					by[who]++
				}
				var now cursor
				if a.Cursor == "" {
					continue
				}
				if err := json.Unmarshal([]byte(a.Cursor), &now); err != nil {
					t.Error(err)
				}
				for topic, parts := range now {
					if highest[topic] == nil {
						highest[topic] = map[int32]int64{}
					}
					for p, at := range parts {
						if at < highest[topic][p] {
							t.Errorf("partition %d goes back from %d to %d", p, highest[topic][p], at)
						}
						highest[topic][p] = at
					}
				}
			}
			return nil
		}}
		go func() {
			defer close(done)
			r.Run(ctx)
		}()
		return func() { cancel(); <-done; s.Close() }
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		for began := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
			if time.Since(began) > 40*time.Second {
				t.Fatalf("%s: %d records, %v by each", what, count(), by)
			}
		}
	}
	endFirst := member(0)
	defer func() { endFirst() }()
	produce(t, c.brokers, "shared", kgo.NoCompression(), numbers(0, 300)...)
	until("one member", func() bool { return count() == 300 })
	endSecond := member(1)
	sent := 300
	until("two members share", func() bool {
		produce(t, c.brokers, "shared", kgo.NoCompression(), numbers(sent, sent+30)...)
		sent += 30
		mu.Lock()
		defer mu.Unlock()
		return by[1] >= 60
	})
	until("all while two read", func() bool { return count() == sent })
	endSecond()
	produce(t, c.brokers, "shared", kgo.NoCompression(), numbers(sent, sent+300)...)
	sent += 300
	until("one again", func() bool { return count() == sent })
	t.Logf("%d records, %d and %d by each", sent, by[0], by[1])
	if twice := by[0] + by[1] - sent; twice > sent/2 {
		t.Errorf("%d came twice", twice)
	}
}

// TestCursor: which word counts where a partition is assigned.
func TestCursor(t *testing.T) {
	group := func(at int64) map[string]map[int32]kgo.Offset {
		o := kgo.NewOffset().AtStart()
		if at >= 0 {
			o = kgo.NewOffset().At(at)
		}
		return map[string]map[int32]kgo.Offset{"t": {0: o}}
	}
	p := place{"t", 0}
	parts := map[string][]int32{"t": {0}}
	for _, tt := range []struct {
		name            string
		kept            int64 // -1: nothing
		first, again    int64 // the group's word, before and after the partition was elsewhere
		begins, resumes int64
	}{
		{"nobody knows", -1, -1, -1, -2, -2},
		{"the group knows", -1, 70, 70, 70, 70},
		{"the cursor is ahead", 90, 70, 70, 90, 90},
		{"restored, and the group was not told", 10, 70, 70, 10, 10},
		{"restored, and it was", 10, 70, 10, 10, 10},
		{"another one went on", 90, 90, 120, 90, 120},
		{"somebody set the group back", 90, 90, 5, 90, 90},
	} {
		s, err := New(Options{Brokers: []string{"127.0.0.1:1"}, Topics: []string{"t"}, Group: "g"})
		if err != nil {
			t.Fatal(err)
		}
		if tt.kept >= 0 {
			s.places[p] = tt.kept
		}
		for i, want := range []int64{tt.begins, tt.resumes} {
			s.assigned(context.Background(), nil, parts)
			got, err := s.adjust(context.Background(), group([]int64{tt.first, tt.again}[i]))
			if err != nil {
				t.Fatal(err)
			}
			if at := got["t"][0].EpochOffset().Offset; at != want {
				t.Errorf("%s: time %d begins at %d, want %d", tt.name, i+1, at, want)
			}
			s.queue = []*kgo.Record{{Topic: "t"}}
			s.dropped(context.Background(), nil, parts)
			if len(s.queue) > 0 {
				t.Errorf("%s: what was fetched of a lost partition is kept", tt.name)
			}
		}
	}
	for _, text := range []ingest.Cursor{"{", `{"t":{"0":-1}}`, `{"t":{"-1":4}}`, `{"t":{"0":1e99}}`, `[]`, ingest.Cursor(`{"` + strings.Repeat("t", cursorMost) + `":{}}`)} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), "restore the data folder") {
			t.Errorf("%.40s: %v", text, err)
		}
	}
	if got, err := parse("null"); err != nil || got == nil {
		t.Errorf("null: %v %v", got, err)
	}
}

// TestBounded: a batch holds so many bytes, however they are packed.
func TestBounded(t *testing.T) {
	c := fake(t)
	c.make(t, "bounded")
	var list [][]byte
	for n := range 30 {
		list = append(list, append(fmt.Appendf(nil, `{"n":%d,"x":"`, n), append(bytes.Repeat([]byte("x"), 3<<20), `"}`...)...))
	}
	for n := range 6 {
		list = append(list, gzipped(append(fmt.Appendf(nil, `{"n":%d,"x":"`, 100+n), append(bytes.Repeat([]byte("x"), 60<<20), `"}`...)...)))
	}
	produce(t, c.brokers, "bounded", kgo.NoCompression(), list...)
	s, err := New(Options{Brokers: c.brokers, Topics: []string{"bounded"}, Group: "g", FetchBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, batches := 0, 0
	for began := time.Now(); got < len(list) && time.Since(began) < time.Minute; {
		b, err := s.Read(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		size, last := 0, 0
		for _, p := range b.Parcels {
			last = len(p.Raw)
			size += last
		}
		if size-last >= batchBytes {
			t.Errorf("a batch of %d MiB", size>>20)
		}
		got += len(b.Parcels)
		batches++
	}
	if got != len(list) || batches < 7 {
		t.Errorf("%d of %d messages in %d batches", got, len(list), batches)
	}
}

// ended is a context that has ended, and whose end nobody who waits for it hears of: as
// if it had ended in the moment in which messages came.
type ended struct{ context.Context }

func (ended) Err() error            { return context.Canceled }
func (ended) Done() <-chan struct{} { return nil }

// TestReadEnded: what was fetched when a read was ended comes with the next.
func TestReadEnded(t *testing.T) {
	c := fake(t)
	c.make(t, "ended")
	produce(t, c.brokers, "ended", kgo.NoCompression(), numbers(0, 9)...)
	s, err := New(Options{Brokers: c.brokers, Topics: []string{"ended"}, Group: "g"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Read(ended{t.Context()}, ""); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if s.waiting() == 0 {
		t.Fatal("nothing was fetched: the test shows nothing")
	}
	got := 0
	for began := time.Now(); got < 9 && time.Since(began) < 20*time.Second; {
		b, err := s.Read(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		got += len(b.Parcels)
	}
	if got != 9 {
		t.Errorf("%d messages of 9", got)
	}
}

// told reads until a failure is told that says the text, and counts the messages.
func told(t *testing.T, s *Topics, after ingest.Cursor, text string, messages int) {
	t.Helper()
	said, got := "", 0
	for began := time.Now(); (!strings.Contains(said, text) || got < messages) && time.Since(began) < 30*time.Second; {
		b, err := s.Read(t.Context(), after)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range b.Failed {
			said += f.Origin + ": " + f.Err.Error() + "\n"
		}
		got += len(b.Parcels)
		if b.Settle != nil {
			if err := b.Settle(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	if strings.Count(said, text) != 1 || got != messages {
		t.Errorf("%d messages of %d; it says %q, want once %q", got, messages, said, text)
	}
}

// TestGaps: what nobody can read any more is told, and what comes after is read.
func TestGaps(t *testing.T) {
	c := fake(t)
	put := func(topic string, from, to int) { // all into one partition
		t.Helper()
		p, err := kgo.NewClient(kgo.SeedBrokers(c.brokers...), kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(8<<20))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		for _, v := range numbers(from, to) {
			if err := p.ProduceSync(t.Context(), &kgo.Record{Value: v}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	source := func(topic string) *Topics {
		s, err := New(Options{Brokers: c.brokers, Topics: []string{topic}, Group: topic, inflatedMost: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	t.Run("expired", func(t *testing.T) {
		c.make(t, "expired")
		put("expired", 0, 20)
		if err := c.fake.DeleteRecords("expired", 0, 15); err != nil {
			t.Fatal(err)
		}
		told(t, source("expired"), `{"expired":{"0":4}}`, "expired/0: messages of offsets 4 to 14 had expired", 5)
	})
	t.Run("made anew", func(t *testing.T) {
		c.make(t, "anew")
		put("anew", 0, 5)
		told(t, source("anew"), `{"anew":{"0":400}}`, "begins again at offset 0, where reading had come to 400", 5)
	})
	t.Run("a batch that cannot be inflated", func(t *testing.T) {
		c.make(t, "bomb")
		put("bomb", 0, 2500) // more than a poll takes
		p, err := kgo.NewClient(kgo.SeedBrokers(c.brokers...), kgo.DefaultProduceTopic("bomb"), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(8<<20), kgo.ProducerBatchCompression(kgo.GzipCompression()))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := p.ProduceSync(t.Context(), &kgo.Record{Value: bytes.Repeat([]byte(" "), 3<<20)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		put("bomb", 2500, 2510)
		told(t, source("bomb"), "", "bomb/0: the batch of offsets 2500 to 2500 inflates to more than 1 MiB", 2510)
	})
}

// TestRestart: the cluster goes away and comes back; meanwhile that is told, and then
// each message has come once.
func TestRestart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir := t.TempDir()
	start := func() cluster { return fake(t, kfake.Ports(port), kfake.DataDir(dir)) }
	c := start()
	c.make(t, "trail")
	produce(t, c.brokers, "trail", kgo.NoCompression(), numbers(0, 100)...)
	s, err := New(Options{Brokers: c.brokers, Topics: []string{"trail"}, Group: "g", Format: "lines", requestFor: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	x := &reader{seen: map[string]int{}}
	r := &ingest.Runner{Source: s, Formats: []normalize.Format{lines()}, Deliver: x.deliver, Log: slog.New(slog.DiscardHandler)}
	until := func(what string, ok func() bool) {
		t.Helper()
		for began := time.Now(); !ok(); {
			time.Sleep(min(r.Once(t.Context()), 100*time.Millisecond))
			if time.Since(began) > 50*time.Second {
				t.Fatalf("%s: %d records, %+v", what, len(x.seen), r.Health())
			}
		}
	}
	until("at first", func() bool { return len(x.seen) == 100 })
	c.fake.Close()
	s.probed = time.Time{} // or it takes half a minute
	until("it is told", func() bool { return strings.Contains(r.Health().LastError, c.brokers[0]) })
	c = start()
	produce(t, c.brokers, "trail", kgo.NoCompression(), numbers(100, 200)...)
	until("afterwards", func() bool { return len(x.seen) == 200 })
	for text, n := range x.seen {
		if n != 1 {
			t.Errorf("%s came %d times", text, n)
		}
	}
}

// TestLogin: by each mechanism, by TLS; a wrong password is told, and one that is put
// right needs no restart.
func TestLogin(t *testing.T) {
	for _, how := range []string{MechanismPlain, MechanismSCRAM256, MechanismSCRAM512} {
		c := fake(t, kfake.EnableSASL(), kfake.Superuser(how, "ann", "right"), kfake.SeedTopics(1, "trail"))
		file := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(file, []byte("wrong\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := New(Options{Brokers: c.brokers, Topics: []string{"trail"}, Group: "g", User: "ann", PasswordFile: file, Mechanism: how, requestFor: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if said := s.Check(t.Context()); len(said) == 0 || !strings.Contains(said[0], "correct user, mechanism and password") || strings.Contains(fmt.Sprint(said), "wrong") {
			t.Errorf("%s, a wrong password: %q", how, said)
		}
		for began := time.Now(); how == MechanismPlain; { // it takes ten seconds
			if _, err = s.Read(t.Context(), ""); err != nil || time.Since(began) > 20*time.Second {
				break
			}
		}
		if how == MechanismPlain && (err == nil || !strings.Contains(err.Error(), "correct user, mechanism and password")) {
			t.Errorf("%s, reading with a wrong password: %v", how, err)
		}
		if err := os.WriteFile(file, []byte("right\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if said := s.Check(t.Context()); len(said) > 0 {
			t.Errorf("%s: %q", how, said)
		}
		for began := time.Now(); ; {
			if _, err = s.Read(t.Context(), ""); err == nil || time.Since(began) > 20*time.Second {
				break
			}
		}
		if err != nil {
			t.Errorf("%s, reading after the password was put right: %v", how, err)
		}
	}
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	c := fake(t, kfake.TLS(&tls.Config{Certificates: server.TLS.Certificates}), kfake.SeedTopics(1, "trail"))
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Brokers: c.brokers, Topics: []string{"trail"}, Group: "g", TLS: true, CAFile: authority, requestFor: time.Second}
	s, _ := New(o)
	if said := s.Check(t.Context()); len(said) > 0 {
		t.Errorf("TLS: %q", said)
	}
	o.CAFile = ""
	if s, _ = New(o); len(s.Check(t.Context())) == 0 {
		t.Error("a certificate of an unknown authority is taken")
	}
}

// TestErrors: what is wrong is said with the next step.
func TestErrors(t *testing.T) {
	with := func(f func(*Options)) Options {
		o := Options{Brokers: []string{"127.0.0.1:1"}, Topics: []string{"trail"}, Group: "g", Format: "lines", requestFor: time.Second}
		f(&o)
		return o
	}
	for says, o := range map[string]Options{
		"service.sources":     {Brokers: []string{"127.0.0.1:1"}},
		"share them among":    with(func(o *Options) { o.Topics = make([]string, 101) }),
		"is empty":            with(func(o *Options) { o.Topics = []string{""} }),
		"fetches of 5 bytes":  with(func(o *Options) { o.FetchBytes = 5 }),
		"switch tls on":       with(func(o *Options) { o.CAFile = "x" }),
		"for nobody":          with(func(o *Options) { o.PasswordFile = "x" }),
		"has no password":     with(func(o *Options) { o.User = "x" }),
		"there is no mechan":  with(func(o *Options) { o.User, o.PasswordFile, o.Mechanism = "x", "x", "GSSAPI" }),
		"be sent without TLS": with(func(o *Options) { o.User, o.PasswordFile, o.Brokers = "x", "x", []string{"kafka.example:9092"} }),
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
	nobody := with(func(*Options) {})
	s, err := New(nobody)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), "{"); err == nil || !strings.Contains(err.Error(), "cursor") {
		t.Errorf("a cursor that is none: %v", err)
	}
	began := time.Now()
	if _, err := s.Read(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "see whether 127.0.0.1:1 can be reached") || time.Since(began) > waitFor+2*time.Second {
		t.Errorf("a cluster that is not there: %v after %s", err, time.Since(began))
	}
	if said := s.Check(t.Context()); len(said) != 1 || !strings.Contains(said[0], "can be reached") {
		t.Errorf("a cluster that is not there: %q", said)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Read(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("told to end: %v", err)
	}
	s.Close()
	if _, err := s.Read(t.Context(), ""); err == nil {
		t.Error("it is read after it was closed")
	}

	c := fake(t)
	c.make(t, "trail")
	for _, tt := range []struct {
		says  string
		topic string
		fault *kfake.Fault
	}{
		{"read the topic none: UNKNOWN_TOPIC_OR_PARTITION", "none", nil},
		{"let the anonymous user DESCRIBE and READ it", "trail", &kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "trail", Err: kerr.TopicAuthorizationFailed, Count: -1}},
		{"let the anonymous user READ the group g", "trail", &kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup, kmsg.OffsetFetch}, Err: kerr.GroupAuthorizationFailed, Count: -1, Group: "g"}},
	} {
		var f *kfake.FaultHandle
		if tt.fault != nil {
			f = c.fake.Fault(*tt.fault)
			produce(t, c.brokers, "trail", kgo.NoCompression(), numbers(0, 3)...)
		}
		s, err := New(Options{Brokers: c.brokers, Topics: []string{tt.topic}, Group: "g"})
		if err != nil {
			t.Fatal(err)
		}
		if said := s.Check(t.Context()); !strings.Contains(strings.Join(said, "\n"), tt.says) {
			t.Errorf("Check says %q, want %s", said, tt.says)
		}
		var said error
		for range 4 {
			if _, said = s.Read(t.Context(), ""); said != nil {
				break
			}
		}
		if said == nil || !strings.Contains(said.Error(), tt.says) {
			t.Errorf("Read says %v, want %s", said, tt.says)
		}
		s.Close()
		if f != nil {
			f.Remove()
		}
	}
	// Who is held back is told for how long.
	s, err = New(Options{Brokers: c.brokers, Topics: []string{"trail"}, Group: "g2"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for n := 0; n < 3; {
		b, err := s.Read(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		n += len(b.Parcels)
	}
	s.throttle.OnBrokerThrottle(kgo.BrokerMetadata{}, time.Minute, true)
	var wait *ingest.Wait
	if _, err := s.Read(t.Context(), ""); !errors.As(err, &wait) || wait.For < 50*time.Second || !strings.Contains(err.Error(), "quota") {
		t.Errorf("held back: %v", err)
	}
}
