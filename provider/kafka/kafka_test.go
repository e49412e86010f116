package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
)

// cluster is a Kafka of a test: a server of the protocol in this process, or a real
// broker (see TestBroker).
func cluster(t *testing.T, topics ...string) []string {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.ListenAddrs()
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

// TestTopics: each record once, through crashes before and after what was durable was
// told to the group; the cursor's word counts, not the group's.
func TestTopics(t *testing.T) { topics(t, cluster(t, "trail", "more")) }

func topics(t *testing.T, brokers []string) {
	o := Options{Brokers: brokers, Topics: []string{"trail", "more"}, Group: fmt.Sprint("g", time.Now().UnixNano()), Format: "lines"}
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

// TestMessages: garbage counts and hides nothing; a large message comes whole.
func TestMessages(t *testing.T) {
	brokers := cluster(t, "trail")
	large := append([]byte(`{"n":"`), append(bytes.Repeat([]byte("x"), 2<<20), `"}`...)...)
	produce(t, brokers, "trail", kgo.Lz4Compression(), []byte("}{"), []byte(`{"n":1}`), []byte("\x1f\x8bno"), large, nil, []byte(`{"n":2}`))
	x := &reader{seen: map[string]int{}}
	x.read(t, Options{Brokers: brokers, Topics: []string{"trail"}, Group: "g", Format: "lines"}, true, 5)
	if x.seen[`{"n":1}`] != 1 || x.seen[`{"n":2}`] != 1 || x.seen[string(large)] != 1 || x.bad != 2 {
		t.Errorf("%d records, %d unreadable", len(x.seen), x.bad)
	}
}

// TestRebalance: another consumer takes a part over and gives it back; nothing is lost
// and nothing is stuck.
func TestRebalance(t *testing.T) {
	brokers := cluster(t, "trail")
	o := Options{Brokers: brokers, Topics: []string{"trail"}, Group: "g", Format: "lines"}
	produce(t, brokers, "trail", kgo.NoCompression(), numbers(0, 100)...)
	x := &reader{seen: map[string]int{}}
	x.read(t, o, true, 100)
	other := &reader{seen: map[string]int{}}
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	second, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(done)
		defer second.Close()
		(&ingest.Runner{Source: second, Formats: []normalize.Format{lines()}, Deliver: other.deliver, Log: slog.New(slog.DiscardHandler)}).Run(ctx)
	}()
	produce(t, brokers, "trail", kgo.NoCompression(), numbers(100, 200)...)
	time.Sleep(time.Second)
	cancel()
	<-done
	produce(t, brokers, "trail", kgo.NoCompression(), numbers(200, 300)...)
	x.cursor = "" // where the other one went on is the group's word
	x.read(t, o, true, 200)
	for n := range 300 {
		if text := fmt.Sprintf(`{"n":%d}`, n); x.seen[text]+other.seen[text] == 0 {
			t.Fatalf("%s is lost", text)
		}
	}
}

// TestErrors: what is wrong is said with the next step.
func TestErrors(t *testing.T) {
	if _, err := New(Options{Brokers: []string{"127.0.0.1:1"}}); err == nil || !strings.Contains(err.Error(), "service.sources") {
		t.Errorf("without topics: %v", err)
	}
	s, err := New(Options{Brokers: []string{"127.0.0.1:1"}, Topics: []string{"trail"}, Group: "g", Format: "lines"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Read(t.Context(), "{"); err == nil || !strings.Contains(err.Error(), "cursor") {
		t.Errorf("a cursor that is none: %v", err)
	}
	s, _ = New(Options{Brokers: []string{"127.0.0.1:1"}, Topics: []string{"trail"}, Group: "g", Format: "lines"})
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := s.Read(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a cluster that is not there: %v", err)
	}
}
