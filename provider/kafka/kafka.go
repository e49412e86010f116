// Package kafka reads records out of topics of a Kafka cluster, or of anything that
// speaks its protocol.
package kafka

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/sekisho/sekisho/ingest"
)

// Options of Topics.
type Options struct {
	Brokers []string // host:port, some of the cluster's
	Topics  []string
	Group   string // of consumers: what it commits is for others to see how far this is
	Format  string // of the messages
	TLS     bool
	// User and Password are for SCRAM-SHA-512; without a user there is none.
	User, Password string
}

// Bounds of one read.
const (
	waitFor     = 10 * time.Second
	batchMost   = 2000     // messages
	fetchMost   = 32 << 20 // bytes of one fetch, before they are inflated
	messageMost = 16 << 20 // bytes of one message
	cursorMost  = 1 << 20  // bytes of a cursor: a hundred thousand partitions
)

// Topics is an ingest.Source: topics of a cluster, by a group of consumers. Where
// reading goes on is the cursor's word, which is durable with the records, and not the
// group's: a data folder that is restored from a backup reads again what it does not
// hold. Where the cursor knows nothing of a partition, the group's word counts, and
// then its beginning.
type Topics struct {
	o      Options
	client *kgo.Client

	mu     sync.Mutex
	places places // where reading goes on, by what was handed out
}

// places are offsets by topic and partition.
type places map[string]map[int32]int64

var _ ingest.Source = (*Topics)(nil)

// New makes one. It makes no call; what is wrong with the cluster the first Read says.
func New(o Options) (*Topics, error) {
	if len(o.Brokers) == 0 || len(o.Topics) == 0 || o.Group == "" {
		return nil, errors.New("read kafka: brokers, topics and a group are needed; name them in service.sources")
	}
	return &Topics{o: o, places: places{}}, nil
}

// begin joins the group, once, with the cursor in hand before anything is assigned.
func (t *Topics) begin(after ingest.Cursor) error {
	if t.client != nil {
		return nil
	}
	if after != "" {
		if len(after) > cursorMost {
			return fmt.Errorf("read kafka: the cursor has %d bytes", len(after))
		}
		if err := json.Unmarshal([]byte(after), &t.places); err != nil {
			return fmt.Errorf("read kafka: the cursor that was kept cannot be read: %w", err)
		}
	}
	o := &t.o
	options := []kgo.Opt{
		kgo.SeedBrokers(o.Brokers...), kgo.ConsumeTopics(o.Topics...), kgo.ConsumerGroup(o.Group), kgo.ClientID("sekisho"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.AdjustFetchOffsetsFn(t.adjust),
		kgo.FetchMaxBytes(fetchMost), kgo.BrokerMaxReadBytes(2 * fetchMost), kgo.FetchMaxPartitionBytes(messageMost),
		kgo.RetryTimeout(waitFor), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.OnPartitionsRevoked(t.dropped), kgo.OnPartitionsLost(t.dropped),
	}
	if o.TLS {
		options = append(options, kgo.DialTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	if o.User != "" {
		options = append(options, kgo.SASL(scram.Auth{User: o.User, Pass: o.Password}.AsSha512Mechanism()))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return fmt.Errorf("read kafka: %w; correct the source in service.sources", err)
	}
	t.client = client
	return nil
}

// Name implements ingest.Source.
func (t *Topics) Name() string {
	return "kafka:" + strings.Join(t.o.Brokers, ",") + "/" + t.o.Group + "/" + strings.Join(t.o.Topics, ",")
}

// Close leaves the group.
func (t *Topics) Close() error {
	if t.client != nil {
		t.client.Close()
	}
	return nil
}

// adjust says where reading a partition that was assigned begins.
func (t *Topics) adjust(_ context.Context, group map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for topic, parts := range group {
		for part := range parts {
			if at, ok := t.places[topic][part]; ok {
				parts[part] = kgo.NewOffset().At(at)
			}
		}
	}
	return group, nil
}

// dropped forgets what was handed out of partitions that another consumer has now: if
// they come back, reading goes on where the group says.
func (t *Topics) dropped(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for topic, parts := range gone {
		for _, p := range parts {
			delete(t.places[topic], p)
		}
	}
}

// Read implements ingest.Source. Messages are kept apart: garbage in one cannot hide
// another.
func (t *Topics) Read(ctx context.Context, after ingest.Cursor) (ingest.Batch, error) {
	if err := t.begin(after); err != nil {
		return ingest.Batch{}, err
	}
	wait, cancel := context.WithTimeout(ctx, waitFor)
	defer cancel()
	fetched := t.client.PollRecords(wait, batchMost)
	if ctx.Err() != nil {
		return ingest.Batch{}, ctx.Err()
	}
	var b ingest.Batch
	t.mu.Lock()
	fetched.EachRecord(func(r *kgo.Record) {
		parts := t.places[r.Topic]
		if parts == nil {
			parts = map[int32]int64{}
			t.places[r.Topic] = parts
		}
		parts[r.Partition] = r.Offset + 1
		if r.Value == nil { // a tombstone holds no record
			return
		}
		b.Parcels = append(b.Parcels, ingest.Parcel{Format: t.o.Format, Path: ingest.PathKafka, Origin: fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset), Raw: r.Value})
	})
	next, err := json.Marshal(t.places)
	t.mu.Unlock()
	if err != nil {
		return ingest.Batch{}, fmt.Errorf("read kafka: %w", err)
	}
	if fetched.NumRecords() == 0 {
		return ingest.Batch{}, t.failed(fetched)
	}
	for _, e := range fetched.Errors() { // one partition fails while others bring records
		b.Failed = append(b.Failed, ingest.Failure{Origin: fmt.Sprintf("%s/%d", e.Topic, e.Partition), Err: e.Err})
	}
	b.Next = ingest.Cursor(next)
	b.Settle = func(ctx context.Context) error {
		if err := t.client.CommitUncommittedOffsets(ctx); err != nil {
			return fmt.Errorf("tell the group %s how far reading is: %w", t.o.Group, err)
		}
		return nil
	}
	return b, nil
}

// failed is why a poll brought nothing, nil if there was nothing.
func (t *Topics) failed(f kgo.Fetches) error {
	for _, e := range f.Errors() {
		switch {
		case errors.Is(e.Err, context.DeadlineExceeded), errors.Is(e.Err, context.Canceled):
			continue
		case errors.Is(e.Err, kerr.UnknownTopicOrPartition):
			return fmt.Errorf("read the topic %s: %w; create it, or correct topics in service.sources", e.Topic, e.Err)
		case errors.Is(e.Err, kerr.TopicAuthorizationFailed), errors.Is(e.Err, kerr.GroupAuthorizationFailed):
			return fmt.Errorf("read the topic %s: %w; let %q read the topics and the group %s", e.Topic, e.Err, t.o.User, t.o.Group)
		case errors.Is(e.Err, kerr.SaslAuthenticationFailed):
			return fmt.Errorf("read kafka: %w; correct user and password_file in service.sources", e.Err)
		}
		return fmt.Errorf("read the topic %s: %w", e.Topic, e.Err)
	}
	return nil
}
