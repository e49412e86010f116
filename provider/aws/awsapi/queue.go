package awsapi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/klauspost/compress/gzip"

	"github.com/sekisho/sekisho/ingest"
	providers "github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/self"
)

// Bounds of one read.
const (
	waitFor     = 20 * time.Second // a long poll, the longest that SQS has
	atOnce      = 10               // messages of one call, the most that SQS gives
	callsAtOnce = 4                // calls side by side, once the first brought a full one
	fetchAtOnce = 4                // objects side by side
	objectsMost = 64               // of one message: CloudTrail announces one, S3 a few
	laterMost   = 32               // reads for which a message is kept for want of room, until it is left to the queue
	batchMost   = 64 << 20         // bytes of objects of one read; what is beyond comes again
)

// QueuePermissions are exactly those that a Queue uses: on the queue, on the objects that
// it announces (with kms:Decrypt on their key, if they have one), and, where digests are
// validated, on CloudTrail and on the bucket, without which what is gone looks like what
// may not be read. A Queue that carries events alone needs the first two.
var QueuePermissions = []string{"sqs:DeleteMessage", "sqs:ReceiveMessage", "s3:GetObject", "cloudtrail:ListPublicKeys", "s3:ListBucket"}

// QueueOptions say what a Queue reads.
type QueueOptions struct {
	URL string
	Session
	// Buckets are the places that objects may be read from: BUCKET or BUCKET/PREFIX. Of
	// what is announced elsewhere nothing is read: who can send to the queue could else
	// have any object read that this identity may, or one of his own.
	Buckets []string
	// Format names what reads the records; CloudTrail's own if "".
	Format string
	// Memory keeps what was ingested, for the validation of digests; nil: they are not
	// validated.
	Memory ingest.Memory
	// Wait is how long a call waits for messages; 0 for the longest.
	Wait time.Duration
}

// operations are those of AWS that a Queue needs: its whole set of permissions.
type operations struct {
	receive func(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	remove  func(context.Context, *sqs.DeleteMessageBatchInput, ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error)
	about   func(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	object  func(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	keys    func(context.Context, *cloudtrail.ListPublicKeysInput, ...func(*cloudtrail.Options)) (*cloudtrail.ListPublicKeysOutput, error)
}

// Queue is an ingest.Source: an SQS queue. What a message is its content tells: an
// event of a bus, or the announcement of objects by a bucket, by a topic in front of
// one, by a trail, or by a bus.
//
// How long a message that was not settled stays unseen is the queue's own setting: half a
// minute, as queues are made, is enough. A message is settled once all that it brought is durable. Of an object that cannot
// be had the message is left, and goes where the queue sends what fails too often.
type Queue struct {
	o     QueueOptions
	api   operations
	full  bool // the last call brought as much as it may
	later []received
	most  int64 // batchMost; less in a test
	stats QueueStats

	digests digests
}

// QueueStats count what came, since the process began.
type QueueStats struct {
	Messages, Events, Objects, Unknown, Refused atomic.Int64
	// DigestsValid and DigestsInvalid are digests; Filled are objects that only their
	// digest told of.
	DigestsValid, DigestsInvalid, Filled atomic.Int64
}

var (
	_ ingest.Source  = (*Queue)(nil)
	_ ingest.Checker = (*Queue)(nil)
)

// NewQueue makes one. It makes no call.
func NewQueue(ctx context.Context, o QueueOptions) (*Queue, error) {
	c, err := o.Config(ctx)
	if err != nil {
		return nil, fmt.Errorf("queue %s: %w", queueName(o.URL), err)
	}
	o.Region = c.Region
	o.Format = cmp.Or(o.Format, providers.CloudTrail().Name)
	if o.Wait == 0 || o.Wait > waitFor {
		o.Wait = waitFor
	}
	queue := sqs.NewFromConfig(c, func(x *sqs.Options) {
		// The queue is where its URL says, also where it is no address of AWS.
		if u, err := url.Parse(o.URL); err == nil && o.emulated() {
			x.BaseEndpoint = aws.String(u.Scheme + "://" + u.Host)
		}
	})
	store := s3.NewFromConfig(c, func(x *s3.Options) { x.UsePathStyle, x.DisableLogOutputChecksumValidationSkipped = o.emulated(), true })
	trail := cloudtrail.NewFromConfig(c)
	q := &Queue{o: o, most: batchMost, api: operations{receive: queue.ReceiveMessage, remove: queue.DeleteMessageBatch, about: queue.GetQueueAttributes,
		object: store.GetObject, keys: trail.ListPublicKeys}}
	q.digests.q = q
	return q, nil
}

func queueName(address string) string { return path.Base(address) }

// Name implements ingest.Source: a queue's name is unique in its account and region.
func (q *Queue) Name() string {
	account := path.Base(path.Dir(q.o.URL))
	return "sqs:" + q.o.Region + "/" + account + "/" + queueName(q.o.URL)
}

// Format names what reads the records.
func (q *Queue) Format() string { return q.o.Format }

// Stats are kept up to date while the queue is read.
func (q *Queue) Stats() *QueueStats { return &q.stats }

// received is a message, and for how many reads there was no room for what it names. It
// is kept, and not received again: each time that it is counts towards the queue's
// redrive, and it would go there for no fault of its own.
type received struct {
	types.Message
	reads int
}

// taken is a message on its way.
type taken struct {
	later   bool // there was no room for all that it names
	handle  *string
	id      string
	parcels []ingest.Parcel
	after   []func() error   // once its parcels are durable
	failed  []ingest.Failure // it comes again
	told    []ingest.Failure // it does not: it would be the same
	inHand  *atomic.Int64    // bytes of objects of this read, of all its messages
}

// Read implements ingest.Source.
func (q *Queue) Read(ctx context.Context, _ ingest.Cursor) (ingest.Batch, error) {
	messages := q.later
	if q.later = nil; len(messages) == 0 {
		fresh, err := q.receive(ctx)
		if err != nil || len(fresh) == 0 {
			return ingest.Batch{}, err
		}
		for _, m := range fresh {
			messages = append(messages, received{Message: m})
		}
	}
	list := make([]taken, len(messages))
	var bytes atomic.Int64
	room := make(chan struct{}, fetchAtOnce)
	var wg sync.WaitGroup
	for i := range messages {
		list[i] = taken{handle: messages[i].ReceiptHandle, id: aws.ToString(messages[i].MessageId)}
		n := classify([]byte(aws.ToString(messages[i].Body)))
		if len(n.objects) == 0 {
			q.plain(&list[i], n)
			continue
		}
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			list[i].inHand = &bytes
			q.announced(ctx, &list[i], n.objects)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return ingest.Batch{}, ctx.Err()
	}
	var b ingest.Batch
	var done []taken
	var after []func() error
	for i := range list {
		t := &list[i]
		after = append(after, t.after...)
		b.Parcels = append(b.Parcels, t.parcels...)
		b.Failed = append(append(b.Failed, t.failed...), t.told...)
		switch m := messages[i]; {
		case t.later && m.reads < laterMost:
			m.reads++
			q.later = append(q.later, m)
		case t.later:
			b.Failed = append(b.Failed, ingest.Failure{Origin: "message " + t.id, Err: errors.New("it names more than can be read; it comes again, and goes where the queue sends what fails")})
		case len(t.failed) == 0:
			done = append(done, *t)
		}
	}
	b.Settle = func(ctx context.Context) error { return q.settle(ctx, done, after) }
	return b, nil
}

// receive takes messages: by one call while the queue is quiet, by several side by
// side while it is full.
func (q *Queue) receive(ctx context.Context) ([]types.Message, error) {
	n := 1
	if q.full {
		n = callsAtOnce
	}
	out := make([][]types.Message, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			in := &sqs.ReceiveMessageInput{QueueUrl: &q.o.URL, MaxNumberOfMessages: atOnce, WaitTimeSeconds: int32(q.o.Wait / time.Second)}
			if q.full {
				in.WaitTimeSeconds = 0
			}
			res, err := q.api.receive(ctx, in)
			if err != nil {
				errs[i] = err
				return
			}
			out[i] = res.Messages
		})
	}
	wg.Wait()
	all := slices.Concat(out...)
	q.full = len(all) >= atOnce
	q.stats.Messages.Add(int64(len(all)))
	if len(all) > 0 {
		return all, nil // what one call missed the next one brings
	}
	if err := errors.Join(errs...); err != nil {
		return nil, explain(fmt.Errorf("receive from the queue %s: %w", queueName(q.o.URL), err), "sqs:ReceiveMessage")
	}
	return nil, nil
}

// settle deletes messages.
func (q *Queue) settle(ctx context.Context, done []taken, after []func() error) error {
	var errs []error
	for _, f := range after { // also of messages that come again: what was brought is durable
		errs = append(errs, f())
	}
	parts := slices.Collect(slices.Chunk(done, atOnce))
	failed := make([]error, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		wg.Go(func() { failed[i] = q.remove(ctx, part) })
	}
	wg.Wait()
	errs = append(errs, failed...)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("settle messages of the queue %s: %w", queueName(q.o.URL), err)
	}
	return nil
}

// remove deletes as many messages as one call may.
func (q *Queue) remove(ctx context.Context, part []taken) error {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &q.o.URL}
	for i, t := range part {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: t.handle})
	}
	res, err := q.api.remove(ctx, in)
	if err != nil {
		return explain(err, "sqs:DeleteMessage")
	}
	var errs []error
	for _, f := range res.Failed {
		errs = append(errs, fmt.Errorf("%s: %s", aws.ToString(f.Code), aws.ToString(f.Message)))
	}
	return errors.Join(errs...)
}

// explain adds what to do to an error of AWS, and says when to come again.
func explain(err error, permission string) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	code := api.ErrorCode()
	switch {
	case strings.Contains(code, "AccessDenied") || strings.Contains(code, "Unauthorized") || code == "AccessDeniedException" || strings.Contains(code, "KMS.AccessDenied"):
		return fmt.Errorf("%w; this identity needs %s", err, permission)
	case strings.Contains(code, "Throttl") || code == "RequestLimitExceeded" || code == "SlowDown" || code == "TooManyRequestsException":
		return &ingest.Wait{For: time.Second, Err: err}
	case strings.Contains(code, "NonExistentQueue") || code == "QueueDoesNotExist":
		return fmt.Errorf("%w; correct the queue's URL and region in service.sources", err)
	}
	return err
}

// plain is a message that brings its record with it.
func (q *Queue) plain(t *taken, n notice) {
	switch {
	case n.test:
	case n.event != nil:
		q.stats.Events.Add(1)
		t.parcels = []ingest.Parcel{{Format: q.o.Format, Path: ingest.PathEventBridge, Origin: "message " + t.id, Raw: n.event}}
	default: // records without an envelope, or what nobody can read: it is kept, and counted
		q.stats.Unknown.Add(1)
		t.parcels = []ingest.Parcel{{Format: q.o.Format, Path: ingest.PathEventBridge, Origin: "message " + t.id, Raw: n.raw}}
	}
}

// announced is a message that names objects.
func (q *Queue) announced(ctx context.Context, t *taken, objects []object) {
	if len(objects) > objectsMost {
		t.failed = append(t.failed, ingest.Failure{Origin: "message " + t.id, Err: fmt.Errorf("it names %d objects; at most %d are read of one", len(objects), objectsMost)})
		return
	}
	for i, o := range objects {
		if slices.Contains(objects[:i], o) {
			continue
		}
		switch err := q.bring(ctx, t, o); {
		case errors.Is(err, errEnough):
			t.later = true
			return
		case err != nil:
			t.failed = append(t.failed, ingest.Failure{Origin: o.String(), Err: err})
		}
	}
}

// bring reads one object, or a digest and what it tells of.
func (q *Queue) bring(ctx context.Context, t *taken, o object) error {
	if isDigest(o.key) {
		return q.digests.bring(ctx, t, o, 0)
	}
	if providers.SkipFile(o.key) != "" {
		return nil
	}
	if !q.allowed(o) {
		q.stats.Refused.Add(1)
		t.told = append(t.told, ingest.Failure{Origin: o.String(), Err: errors.New("it is in none of the declared buckets, and is not read; if it should be, add its bucket to service.sources")})
		return nil
	}
	raw, _, err := q.fetch(ctx, t, o)
	if err != nil {
		return err
	}
	return q.parcel(t, o, raw)
}

// parcel adds an object that was read, and notes its content once it is durable. An object
// that was there before with another content was exchanged: CloudTrail writes each once.
func (q *Queue) parcel(t *taken, o object, raw []byte) error {
	q.stats.Objects.Add(1)
	t.parcels = append(t.parcels, ingest.Parcel{Format: q.o.Format, Path: ingest.PathS3, Origin: o.String(), Raw: raw})
	if q.o.Memory == nil {
		return nil
	}
	sum, err := contentSum(raw)
	if err != nil {
		return nil // it is told as unreadable
	}
	switch was, err := q.o.Memory.Get(objectMemory(o)); {
	case err != nil:
		return err
	case was == nil:
		t.after = append(t.after, func() error { return q.o.Memory.Set(objectMemory(o), sum) })
	case !bytes.Equal(was, sum):
		return notify(t, &self.Altered{What: self.LogChanged, Object: o.String(), Account: trailAccount(o.key), Region: regionOf(o.key)})
	}
	return nil
}

// allowed reports whether an object is where the operator said that objects are.
func (q *Queue) allowed(o object) bool {
	return slices.ContainsFunc(q.o.Buckets, func(place string) bool {
		bucket, prefix, _ := strings.Cut(place, "/")
		if prefix = strings.TrimSuffix(prefix, "/"); prefix != "" {
			prefix += "/"
		}
		return o.bucket == bucket && strings.HasPrefix(o.key, prefix)
	})
}

// errEnough leaves what one read cannot hold for the next.
var errEnough = errors.New("enough was read at once; the rest is read next")

// fetch reads an object, one byte more than a body may hold at most.
func (q *Queue) fetch(ctx context.Context, t *taken, o object) (raw []byte, meta map[string]string, err error) {
	if t.inHand.Load() > q.most {
		return nil, nil, errEnough
	}
	res, err := q.api.object(ctx, &s3.GetObjectInput{Bucket: &o.bucket, Key: &o.key})
	if err != nil {
		var none *s3types.NoSuchKey
		if errors.As(err, &none) {
			return nil, nil, fmt.Errorf("read an object: %w; it was announced and is gone: who removed it?", err)
		}
		return nil, nil, explain(fmt.Errorf("read an object: %w", err), "s3:GetObject on it, s3:ListBucket on its bucket, and kms:Decrypt on its key if it has one")
	}
	defer res.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(res.Body, ingest.BodyMax+1))
	t.inHand.Add(int64(len(raw)))
	if err != nil {
		return nil, nil, fmt.Errorf("read an object: %w", err)
	}
	return raw, res.Metadata, nil
}

// contentSum is the SHA-256 of an object's content as CloudTrail's digests have it:
// inflated.
func contentSum(raw []byte) ([]byte, error) {
	in := io.Reader(bytes.NewReader(raw))
	if len(raw) > 1 && raw[0] == 0x1f && raw[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = z
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(in, ingest.BodyMax+1)); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

func objectMemory(o object) string {
	sum := sha256.Sum256([]byte(o.String()))
	return "object/" + hex.EncodeToString(sum[:16])
}

// object is one in a bucket.
type object struct{ bucket, key string }

// String is its address.
func (o object) String() string { return "s3://" + o.bucket + "/" + o.key }

// notice is what a message says.
type notice struct {
	event   []byte   // an event of a bus, with its envelope
	objects []object // that it announces
	test    bool     // says only that announcements are set up
	raw     []byte   // none of these
}

// message is the union of what queues carry, as far as it tells which it is.
type message struct {
	// A topic's wrapper.
	Type    string `json:"Type"`
	Message string `json:"Message"`
	// A bucket's announcement; its keys are escaped as in a query.
	Event   string `json:"Event"` // "s3:TestEvent"
	Records []struct {
		EventName string `json:"eventName"`
		S3        struct {
			Bucket struct{ Name string }
			Object struct{ Key string }
		} `json:"s3"`
	} `json:"Records"`
	// A trail's own.
	Bucket string   `json:"s3Bucket"`
	Keys   []string `json:"s3ObjectKey"`
	// A bus's.
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Detail     json.RawMessage `json:"detail"`
}

// classify tells what a message is by what is in it.
func classify(text []byte) notice {
	var m message
	if json.Unmarshal(text, &m) != nil {
		return notice{raw: text}
	}
	if m.Type == "Notification" && m.Message != "" {
		text, m = []byte(m.Message), message{}
		if json.Unmarshal(text, &m) != nil {
			return notice{raw: text}
		}
	}
	switch {
	case m.Event == "s3:TestEvent":
		return notice{test: true}
	case m.Bucket != "" && len(m.Keys) > 0:
		var n notice
		for _, k := range m.Keys {
			n.objects = append(n.objects, object{m.Bucket, k})
		}
		return n
	case m.Source == "aws.s3" && m.DetailType == "Object Created":
		var d struct {
			Bucket struct{ Name string }
			Object struct{ Key string }
		}
		if json.Unmarshal(m.Detail, &d) != nil || d.Bucket.Name == "" || d.Object.Key == "" {
			return notice{raw: text}
		}
		return notice{objects: []object{{d.Bucket.Name, d.Object.Key}}}
	case m.DetailType != "" && len(m.Detail) > 0:
		return notice{event: text}
	}
	var n notice
	for _, r := range m.Records {
		if r.S3.Bucket.Name == "" || r.S3.Object.Key == "" {
			return notice{raw: text} // records of a trail, by a way that is none
		}
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil {
			return notice{raw: text}
		}
		if !strings.HasPrefix(r.EventName, "ObjectRemoved") {
			n.objects = append(n.objects, object{r.S3.Bucket.Name, key})
		}
	}
	if len(m.Records) == 0 {
		return notice{raw: text}
	}
	n.test = len(n.objects) == 0 // it tells of removals alone
	return n
}

// Check implements ingest.Checker: it asks for what can be asked without taking a
// message.
func (q *Queue) Check(ctx context.Context) []string {
	_, err := q.api.about(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &q.o.URL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err == nil {
		return nil
	}
	return []string{fmt.Sprintf("look at the queue %s: %v; try it with: aws sqs get-queue-attributes --attribute-names All --queue-url %s", queueName(q.o.URL), explain(err, "sqs:GetQueueAttributes"), q.o.URL)}
}
