// Package kafka reads records out of topics of a Kafka cluster, or of anything that
// speaks its protocol.
package kafka

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sekisho/sekisho/ingest"
)

// Bounds of one read.
const (
	waitFor      = 3 * time.Second  // for something to come
	requestFor   = 10 * time.Second // for an answer of the cluster, with all tries
	batchMost    = 2000             // messages
	batchBytes   = 32 << 20         // bytes of messages, unpacked; the message that passes it is the last
	fetchMost    = 8 << 20          // bytes of one fetch, as they are sent
	fetchLeast   = 64 << 10
	answerMost   = 128 << 20 // bytes of one answer: one batch of a producer may be larger than a fetch
	inflatedMost = 256 << 20 // bytes of one batch of a producer, inflated
	cursorMost   = 1 << 20   // bytes of a cursor
	topicsMost   = 100
	failedMost   = 100 // failures told with one batch
	probeEvery   = 30 * time.Second
)

// Topics is an ingest.Source: topics of a cluster, read as a member of a group of
// consumers. It is safe for one goroutine to Read and settle, and for any to Close.
//
// Where reading goes on is the cursor's word, which is durable with the records, and
// not the group's: a data folder that is restored from a backup reads again what it does
// not hold. Where the cursor knows nothing of a partition, what the group committed
// counts, and then the partition's beginning. What is settled is committed to the group,
// so that others can watch how far reading is.
//
// Of a partition that moves to another member, what was fetched and not handed out is
// let go: the other one reads it. When it comes back, reading goes on where the other
// one stopped if that committed anything beyond, and else where this one stopped. So two
// services that share a group share the records too, and neither holds all of them; to
// have all in both, give each a group of its own.
type Topics struct {
	o        Options
	throttle throttle
	broken   error     // for good: the cursor would be too large
	probed   time.Time // when the cluster last answered a probe

	mu     sync.Mutex
	client *kgo.Client
	closed bool
	owned  map[place]bool // partitions assigned to this member
	places places         // where reading goes on, by what was handed out
	said   places         // what the group was last known to say
	head   places         // where the queue ends
	tell   places         // what the group is to be told because the cursor overrode it
	queue  []*kgo.Record  // polled and not handed out yet: at most batchMost
	stuck  map[place]*kgo.ErrDecompressTooLarge
}

// place is a partition of a topic.
type place struct {
	topic string
	part  int32
}

func (p place) String() string { return fmt.Sprintf("%s/%d", p.topic, p.part) }

// places are offsets by partition.
type places map[place]int64

// cursor is places as they are kept: topic to partition to next offset.
type cursor map[string]map[int32]int64

var (
	_ ingest.Source  = (*Topics)(nil)
	_ ingest.Checker = (*Topics)(nil)
)

// New makes one. It makes no call: what is wrong with the cluster, Check and Read say.
func New(o Options) (*Topics, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Topics{o: o, owned: map[place]bool{}, places: places{}, said: places{}, head: places{}, tell: places{}, stuck: map[place]*kgo.ErrDecompressTooLarge{}}, nil
}

// Name implements ingest.Source.
//
// It names brokers, group and topics. Where one of them is changed, the position that was
// kept is no longer found, and reading goes on where the group says.
func (t *Topics) Name() string {
	return "kafka:" + t.o.Group + "/" + strings.Join(t.o.Topics, ",")
}

// Format names what reads the messages.
func (t *Topics) Format() string { return t.o.format() }

// Close leaves the group; after it, Read fails.
func (t *Topics) Close() error {
	t.mu.Lock()
	client := t.client
	t.closed = true
	t.mu.Unlock()
	if client != nil {
		client.CloseAllowingRebalance() // asks for t.mu
	}
	return nil
}

// begin joins the group, once, with the cursor in hand before anything is assigned.
func (t *Topics) begin(after ingest.Cursor) (*kgo.Client, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return nil, errors.New("read kafka: the source is closed")
	case t.client != nil:
		return t.client, nil
	}
	if after != "" {
		known, err := parse(after)
		if err != nil {
			return nil, err
		}
		t.places = known
	}
	options, err := t.o.dial()
	if err != nil {
		return nil, err
	}
	options = append(options,
		kgo.ConsumeTopics(t.o.Topics...), kgo.ConsumerGroup(t.o.Group), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.AdjustFetchOffsetsFn(t.adjust),
		// A rebalance waits while what was polled is queued, which takes no time, so
		// that nothing is queued of a partition that has just gone.
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(t.assigned), kgo.OnPartitionsRevoked(t.dropped), kgo.OnPartitionsLost(t.dropped),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.MaxConcurrentFetches(2), kgo.MaxDecompressBatchBytes(t.o.inflated()),
		kgo.FetchMaxBytes(int32(t.o.fetch())), kgo.FetchMaxPartitionBytes(int32(t.o.fetch())), kgo.BrokerMaxReadBytes(answerMost),
		kgo.WithHooks(&t.throttle),
	)
	if t.client, err = kgo.NewClient(options...); err != nil {
		return nil, fmt.Errorf("read kafka: %w; correct the source in service.sources", err)
	}
	return t.client, nil
}

// parse reads a cursor.
func parse(text ingest.Cursor) (places, error) {
	const next = "; it is damaged: restore the data folder, or remove the source's position to read what the group has not committed"
	if len(text) > cursorMost {
		return nil, fmt.Errorf("read kafka: the kept cursor has %d bytes, more than the %d that are ever written%s", len(text), cursorMost, next)
	}
	var c cursor
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return nil, fmt.Errorf("read kafka: the kept cursor cannot be read: %w%s", err, next)
	}
	out := places{}
	for topic, parts := range c {
		for part, at := range parts {
			if part < 0 || at < 0 { // a negative offset has a meaning of its own, as "the end"
				return nil, fmt.Errorf("read kafka: the kept cursor says offset %d of %s/%d%s", at, topic, part, next)
			}
			out[place{topic, part}] = at
		}
	}
	return out, nil
}

// cursorNow is where reading goes on. A partition that went to another member is in it
// only where the group was not told how far this one came.
func (t *Topics) cursorNow() (ingest.Cursor, error) {
	c := cursor{}
	for p, at := range t.places {
		if said, ok := t.said[p]; ok && !t.owned[p] && said == at {
			continue
		}
		if c[p.topic] == nil {
			c[p.topic] = map[int32]int64{}
		}
		c[p.topic][p.part] = at
	}
	b, err := json.Marshal(c)
	if err == nil && len(b) > cursorMost {
		err = fmt.Errorf("the position in %d partitions takes more than %d bytes; share the topics among several sources", len(t.places), cursorMost)
	}
	return ingest.Cursor(b), err
}

// assigned notes partitions that are this member's from now on.
func (t *Topics) assigned(_ context.Context, _ *kgo.Client, list map[string][]int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for topic, parts := range list {
		for _, part := range parts {
			t.owned[place{topic, part}] = true
		}
	}
}

// adjust says where reading of partitions that were assigned begins.
func (t *Topics) adjust(_ context.Context, group map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for topic, parts := range group {
		for part, offset := range parts {
			p := place{topic, part}
			told := offset.EpochOffset().Offset // negative where the group knows nothing
			at, known := t.places[p]
			before, seen := t.said[p]
			if known && seen && told != before && told > at {
				known = false // another member went on
			}
			delete(t.said, p)
			if told >= 0 {
				t.said[p] = told
			}
			switch {
			case known:
				// Without an epoch: that of the group's word is not of this offset.
				parts[part] = kgo.NewOffset().At(at)
				t.head[p] = at
				if told >= 0 && told != at {
					t.tell[p] = at
				}
			case told >= 0:
				t.places[p], t.head[p] = told, told
			}
		}
	}
	return group, nil
}

// dropped lets go what was fetched of partitions that are another member's now.
func (t *Topics) dropped(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for topic, parts := range gone {
		for _, part := range parts {
			p := place{topic, part}
			delete(t.owned, p)
			delete(t.head, p)
			delete(t.tell, p)
			delete(t.stuck, p)
		}
	}
	kept := t.queue[:0]
	for _, r := range t.queue {
		if t.owned[place{r.Topic, r.Partition}] {
			kept = append(kept, r)
		}
	}
	clear(t.queue[len(kept):])
	t.queue = kept
}

// Read implements ingest.Source. Messages are kept apart: garbage in one cannot hide
// another. Only the first call looks at the cursor; from then on the position is known.
func (t *Topics) Read(ctx context.Context, after ingest.Cursor) (ingest.Batch, error) {
	if t.broken != nil {
		return ingest.Batch{}, t.broken
	}
	client, err := t.begin(after)
	if err != nil {
		return ingest.Batch{}, err
	}
	var failed []ingest.Failure
	if t.waiting() == 0 {
		if failed, err = t.poll(ctx, client); err != nil {
			return ingest.Batch{}, err
		}
	}
	if err := t.override(ctx, client); err != nil {
		failed = append(failed, ingest.Failure{Origin: "the group " + t.o.Group, Err: err})
	}
	b, err := t.take(client)
	if err != nil {
		t.broken = fmt.Errorf("read kafka: %w", err)
		return ingest.Batch{}, t.broken
	}
	b.Failed = failed
	if len(b.Parcels) > 0 || len(failed) > 0 || b.Next != "" {
		return b, nil
	}
	// Nothing came. Whether there is nothing, or nobody who could say, is asked: the
	// client itself tries for ever and tells nothing.
	if left := t.throttle.left(); left > 0 {
		return ingest.Batch{}, &ingest.Wait{For: left, Err: fmt.Errorf("read kafka: the cluster holds this client back for %s; raise its quota (consumer_byte_rate)", left.Round(time.Millisecond))}
	}
	if time.Since(t.probed) > probeEvery {
		if err := t.o.probe(ctx, client); err != nil {
			if ctx.Err() != nil {
				return ingest.Batch{}, ctx.Err()
			}
			return ingest.Batch{}, err
		}
		t.probed = time.Now()
	}
	return ingest.Batch{}, nil
}

func (t *Topics) waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.queue)
}

// poll fills the queue, or says why it could not.
func (t *Topics) poll(ctx context.Context, client *kgo.Client) ([]ingest.Failure, error) {
	wait, cancel := context.WithTimeout(ctx, waitFor)
	defer cancel()
	fetched := client.PollRecords(wait, batchMost)
	var failed []ingest.Failure
	tell := func(p place, err error) {
		if len(failed) < failedMost {
			failed = append(failed, ingest.Failure{Origin: p.String(), Err: err})
		}
	}
	var trouble error
	t.mu.Lock()
	behind := maps.Clone(t.stuck) // batches that cannot be inflated, and all before them is here
	fetched.EachPartition(func(f kgo.FetchTopicPartition) {
		p := place{f.Topic, f.Partition}
		delete(behind, p)
		var lost *kgo.ErrDataLoss
		var large *kgo.ErrDecompressTooLarge
		switch err := f.Err; {
		case err == nil, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		case errors.As(err, &lost): // and reading goes on where it is reset to
			tell(p, fmt.Errorf("messages up to offset %d are gone from the cluster, it goes on at %d: %w; see what became of the topic's replicas", lost.ConsumedTo, lost.ResetTo, err))
		case errors.As(err, &large):
			// The error comes with each part of what stands before the batch.
			if before := t.stuck[p]; t.owned[p] && (before == nil || before.Offset != large.Offset) {
				t.stuck[p] = large
				tell(p, fmt.Errorf("the batch of offsets %d to %d inflates to more than %d MiB and is left out; see who writes it", large.Offset, large.NextOffset-1, t.o.inflated()>>20))
			}
		default:
			trouble = t.o.explain(f.Topic, err)
			tell(p, trouble)
		}
		if len(f.Records) == 0 || !t.owned[p] {
			return
		}
		switch head, ok := t.head[p]; {
		case ok && f.Records[0].Offset < head:
			tell(p, fmt.Errorf("it begins again at offset %d, where reading had come to %d: the topic was made anew; see who did so", f.Records[0].Offset, head))
		case ok && f.LogStartOffset > head && f.Records[0].Offset > head:
			tell(p, fmt.Errorf("messages of offsets %d to %d had expired before they could be read; lengthen the topic's retention, and fetch those records from where they are archived", head, f.LogStartOffset-1))
		}
		t.queue = append(t.queue, f.Records...)
		t.head[p] = f.Records[len(f.Records)-1].Offset + 1
	})
	for p, large := range behind {
		delete(t.stuck, p)
		t.head[p] = large.NextOffset
	}
	none := len(t.queue) == 0
	t.mu.Unlock()
	client.AllowRebalance()
	for p, large := range behind {
		client.SetOffsets(map[string]map[int32]kgo.EpochOffset{p.topic: {p.part: {Epoch: large.Epoch, Offset: large.NextOffset}}})
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err() // what was polled stands in the queue
	case none && trouble != nil:
		return nil, trouble
	}
	return failed, nil
}

// override tells the group where the cursor stands of partitions for which the group
// said something else: should they move on, the next member goes on from there.
func (t *Topics) override(ctx context.Context, client *kgo.Client) error {
	t.mu.Lock()
	tell := t.tell
	t.tell = places{}
	t.mu.Unlock()
	if len(tell) == 0 {
		return nil
	}
	return t.commit(ctx, client, tell)
}

// take hands out the front of the queue.
func (t *Topics) take(client *kgo.Client) (ingest.Batch, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b ingest.Batch
	if len(t.queue) == 0 {
		return b, nil
	}
	done := places{}
	n, size := 0, 0
	for ; n < len(t.queue) && n < batchMost && size < batchBytes; n++ {
		r := t.queue[n]
		t.queue[n] = nil
		p := place{r.Topic, r.Partition}
		done[p] = r.Offset + 1
		t.places[p] = r.Offset + 1
		if len(r.Value) == 0 { // a tombstone holds no record
			continue
		}
		raw, most := unpacked(r.Value)
		size += most
		b.Parcels = append(b.Parcels, ingest.Parcel{Format: t.o.format(), Path: ingest.PathKafka, Origin: fmt.Sprintf("%s@%d", p, r.Offset), Raw: raw})
	}
	t.queue = t.queue[n:]
	if len(t.queue) == 0 {
		t.queue = nil
	}
	var err error
	if b.Next, err = t.cursorNow(); err != nil {
		return ingest.Batch{}, err
	}
	b.Settle = func(ctx context.Context) error { return t.commit(ctx, client, done) }
	return b, nil
}

// unpacked is a message without its packing, and how much of memory it takes. Small
// messages may inflate to the most that one may hold, so those of a batch are counted as
// they come out. What cannot be inflated goes on as it came, to be kept so.
func unpacked(value []byte) (raw []byte, size int) {
	if !packed(value) {
		return value, len(value)
	}
	var b ingest.Body
	if err := b.Inflate(value); err != nil {
		return value, len(value)
	}
	if packed(b.Text) { // packed twice is no form of a record: it is inflated once
		return value, len(b.Text)
	}
	return b.Text, len(b.Text)
}

// packed reports whether a text begins as gzip (RFC 1952) or zstd (RFC 8878) does.
func packed(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\x1f\x8b")) || bytes.HasPrefix(text, []byte("\x28\xb5\x2f\xfd"))
}

// commit tells the group how far reading is, of what is still this member's.
func (t *Topics) commit(ctx context.Context, client *kgo.Client, done places) error {
	offsets := map[string]map[int32]kgo.EpochOffset{}
	t.mu.Lock()
	for p, at := range done {
		if !t.owned[p] { // another one's word counts now
			continue
		}
		if offsets[p.topic] == nil {
			offsets[p.topic] = map[int32]kgo.EpochOffset{}
		}
		offsets[p.topic][p.part] = kgo.EpochOffset{Epoch: -1, Offset: at}
	}
	t.mu.Unlock()
	if len(offsets) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, t.o.patience())
	defer cancel()
	var failed error
	client.CommitOffsetsSync(limited, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, res *kmsg.OffsetCommitResponse, err error) {
		if failed = err; err != nil || res == nil {
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, topic := range res.Topics {
			for _, part := range topic.Partitions {
				if err := kerr.ErrorForCode(part.ErrorCode); err != nil {
					failed = err
					continue
				}
				t.said[place{topic.Topic, part.Partition}] = offsets[topic.Topic][part.Partition].Offset
			}
		}
	})
	if failed != nil {
		return fmt.Errorf("tell the group how far reading is: %w", t.o.explain("", failed))
	}
	return nil
}

// throttle is for how long the cluster holds this client back.
type throttle struct {
	mu    sync.Mutex
	until time.Time
}

// OnBrokerThrottle implements kgo.HookBrokerThrottle.
func (h *throttle) OnBrokerThrottle(_ kgo.BrokerMetadata, interval time.Duration, afterAnswer bool) {
	if !afterAnswer {
		return // it is over
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until = time.Now().Add(interval)
}

func (h *throttle) left() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.until)
}
