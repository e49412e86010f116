package awsapi

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
	providers "github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/self"
	"github.com/sekisho/sekisho/store"
)

// site is an emulated account with a bucket, a queue, and a runner that reads it.
type site struct {
	t      *testing.T
	config sdk.Config
	sqs    *sqs.Client
	s3     *s3.Client
	url    string
	arn    string
	queue  *Queue
	memory memory
	run    *ingest.Runner

	mu       sync.Mutex
	refuse   int // deliveries to refuse
	arrivals []ingest.Arrival
}

// memory is a Memory of a test.
type memory map[string][]byte

func (m memory) Get(name string) ([]byte, error)     { return m[name], nil }
func (m memory) Set(name string, value []byte) error { m[name] = value; return nil }

const bucket = "company-trail"

func newSite(t *testing.T) *site {
	t.Helper()
	c := emulated(t)
	c.Region = "us-east-1" // the emulator's buckets are there
	s := &site{t: t, config: c, sqs: sqs.NewFromConfig(c), s3: s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true }), memory: memory{}}
	q, err := s.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: sdk.String("events")})
	if err != nil {
		t.Fatal(err)
	}
	s.url = *q.QueueUrl
	a, err := s.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: q.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}})
	if err != nil {
		t.Fatal(err)
	}
	s.arn = a.Attributes["QueueArn"]
	must(t)(s.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: sdk.String(bucket)}))
	if s.queue, err = NewQueue(t.Context(), QueueOptions{URL: s.url, Session: Session{Region: c.Region, Endpoint: *c.BaseEndpoint}, Memory: s.memory,
		Buckets: []string{bucket + "/AWSLogs/"}}); err != nil {
		t.Fatal(err)
	}
	steady(s.queue)
	s.run = &ingest.Runner{Source: s.queue, Formats: []normalize.Format{providers.CloudTrail(), self.Notices()}, Log: slog.New(slog.DiscardHandler),
		Deliver: func(_ context.Context, list []ingest.Arrival) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.refuse > 0 {
				s.refuse--
				return errors.New("not durable yet")
			}
			s.arrivals = append(s.arrivals, list...)
			return nil
		}}
	return s
}

// steady makes a queue's own clients fit for a test: they do not wait, and send by whole.
func steady(q *Queue) {
	q.o.Wait = 0
	api := q.api
	queue, store := func(o *sqs.Options) { o.HTTPClient = whole{} }, func(o *s3.Options) { o.HTTPClient = whole{} }
	q.api.receive = func(ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
		return api.receive(ctx, in, queue)
	}
	q.api.remove = func(ctx context.Context, in *sqs.DeleteMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error) {
		return api.remove(ctx, in, queue)
	}
	q.api.object = func(ctx context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
		return api.object(ctx, in, store)
	}
}

func (s *site) send(body string) {
	s.t.Helper()
	must(s.t)(s.sqs.SendMessage(s.t.Context(), &sqs.SendMessageInput{QueueUrl: &s.url, MessageBody: &body}))
}

func (s *site) put(key string, content []byte, meta map[string]string) {
	s.t.Helper()
	must(s.t)(s.s3.PutObject(s.t.Context(), &s3.PutObjectInput{Bucket: sdk.String(bucket), Key: &key, Body: bytes.NewReader(content), Metadata: meta}))
}

// read lets the runner work until nothing more comes.
func (s *site) read() {
	for quiet := 0; quiet < 2; {
		before := s.queue.Stats().Messages.Load()
		s.run.Once(s.t.Context())
		if s.queue.Stats().Messages.Load() == before && len(s.queue.later) == 0 {
			quiet++
		}
	}
}

// left is how many messages are in the queue, also those that are being worked on.
func (s *site) left() int {
	s.t.Helper()
	a, err := s.sqs.GetQueueAttributes(s.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &s.url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		s.t.Fatal(err)
	}
	var n, m int
	fmt.Sscan(a.Attributes["ApproximateNumberOfMessages"], &n)
	fmt.Sscan(a.Attributes["ApproximateNumberOfMessagesNotVisible"], &m)
	return n + m
}

// ids are those of the records that arrived, by path.
func (s *site) ids(path ingest.Path) (out []string) {
	for _, a := range s.arrivals {
		if a.Path != path {
			continue
		}
		for _, p := range a.Body.Records {
			out = append(out, fmt.Sprintf("%016x", p.Key.Lo&0xffff))
		}
	}
	slices.Sort(out)
	return out
}

func event(n int) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/ann","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE","userName":"ann"},"eventTime":"2026-01-05T12:00:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1","userAgent":"x","requestParameters":null,"responseElements":null,"eventID":"00000000-0000-4000-8000-%012x","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`, n)
}

func envelope(n int) string {
	return `{"version":"0","id":"x","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","account":"111122223333","time":"2026-01-05T12:00:00Z","region":"eu-west-1","resources":[],"detail":` + event(n) + `}`
}

func packed(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.Bytes()
}

func file(ns ...int) string {
	var list []string
	for _, n := range ns {
		list = append(list, event(n))
	}
	return `{"Records":[` + strings.Join(list, ",") + `]}`
}

// announce is what a bucket writes into a queue.
func announce(bucket, key string) string {
	return fmt.Sprintf(`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q}}}]}`, bucket, strings.ReplaceAll(strings.ReplaceAll(key, "+", "%2B"), " ", "+"))
}

func wrap(text string) string {
	b, _ := json.Marshal(map[string]string{"Type": "Notification", "MessageId": "x", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:trail", "Message": text})
	return string(b)
}

// TestQueueMessages: whatever a queue carries is told apart by its content; what cannot
// be had is left in the queue, what cannot be understood is kept and counted, and all
// else is settled.
func TestQueueMessages(t *testing.T) {
	s := newSite(t)
	const folder = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05/"
	s.put(folder+"a b+c.json.gz", packed(file(0x11, 0x12)), nil)
	s.put(folder+"plain.json", []byte(file(0x13)), nil)
	s.put(folder+"topic.json.gz", packed(file(0x14)), nil)
	s.put(folder+"trail.json.gz", packed(file(0x15)), nil)
	s.put(folder+"bus.json.gz", packed(file(0x16)), nil)
	s.put(folder+"broken.json.gz", []byte("\x1f\x8b\x08garbage"), nil)
	s.put("elsewhere/secret.json", []byte(file(0x66)), nil)
	bomb := packed(strings.Repeat(" ", ingest.BodyMax+10))
	s.put(folder+"bomb.json.gz", bomb, nil)
	for _, m := range []string{
		envelope(1), envelope(2), wrap(envelope(3)), event(4), file(5, 6),
		announce(bucket, folder+"a b+c.json.gz"), wrap(announce(bucket, folder+"plain.json")), announce(bucket, folder+"topic.json.gz"),
		wrap(fmt.Sprintf(`{"s3Bucket":%q,"s3ObjectKey":[%q]}`, bucket, folder+"trail.json.gz")),
		fmt.Sprintf(`{"version":"0","id":"x","detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":%q},"object":{"key":%q}}}`, bucket, folder+"bus.json.gz"),
		`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"company-trail"}`,
		announce(bucket, "elsewhere/secret.json"),         // not declared: never read
		announce(bucket, "AWSLogs-elsewhere/secret.json"), // nor this
		announce(bucket, folder+"broken.json.gz"),         // kept and counted
		announce(bucket, folder+"bomb.json.gz"),           // kept and counted
		announce(bucket, folder+"gone.json.gz"),           // stays
		"not JSON at all", `{"hello":"world"}`, `[1,2,3]`, // kept and counted
	} {
		s.send(m)
	}
	s.read()
	if got, want := fmt.Sprint(s.ids(ingest.PathEventBridge)), "[0000000000000001 0000000000000002 0000000000000003 0000000000000004 0000000000000005 0000000000000006]"; got != want {
		t.Errorf("events: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(s.ids(ingest.PathS3)), "[0000000000000011 0000000000000012 0000000000000013 0000000000000014 0000000000000015 0000000000000016]"; got != want {
		t.Errorf("objects: %s, want %s", got, want)
	}
	bad := int64(0)
	for _, a := range s.arrivals {
		bad += a.Body.BadTotal
	}
	if bad < 5 {
		t.Errorf("%d records count as unreadable, want the two broken objects and the three messages at least", bad)
	}
	if n := s.left(); n != 1 {
		t.Errorf("%d messages are left, want the one whose object is gone", n)
	}
	if x := s.queue.Stats(); x.Refused.Load() != 2 || x.Objects.Load() != 7 {
		t.Errorf("%d refused, %d objects", x.Refused.Load(), x.Objects.Load())
	}
	if h := s.run.Health(); h.Failed != 3 || h.Name != "sqs:us-east-1/111122223333/events" {
		t.Errorf("%+v", h)
	}
	if p := s.queue.Check(t.Context()); len(p) != 0 {
		t.Errorf("%+v", p)
	}
}

// TestQueueSettles: nothing leaves the queue before it is durable; what fails too often
// goes where the queue sends it.
func TestQueueSettles(t *testing.T) {
	s := newSite(t)
	for n := range 25 {
		s.send(envelope(n))
	}
	s.refuse = 3
	for range 3 {
		if wait := s.run.Once(t.Context()); wait == 0 {
			t.Fatal("a refused delivery is no failure")
		}
		if n := s.left(); n != 25 {
			t.Fatalf("%d of 25 messages are left before anything was durable", n)
		}
	}
	s.read()
	if n, got := s.left(), len(s.ids(ingest.PathEventBridge)); n != 0 || got != 25 {
		t.Errorf("%d left, %d arrived", n, got)
	}
	s.queue.api.remove = func(context.Context, *sqs.DeleteMessageBatchInput, ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error) {
		return nil, errors.New("no line")
	}
	s.send(envelope(99))
	if wait := s.run.Once(t.Context()); wait == 0 || s.run.Health().LastError == "" {
		t.Error("a settlement that fails is no failure")
	}
}

// TestQueueNotified: buckets and topics of the account itself, not messages of ours.
func TestQueueNotified(t *testing.T) {
	for _, topic := range []bool{false, true} {
		t.Run(fmt.Sprintf("topic=%v", topic), func(t *testing.T) {
			s := newSite(t)
			// As in AWS, who sends to a queue or a topic must be let in by its policy.
			must(t)(s.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &s.url, Attributes: map[string]string{"Policy": open(s.arn, "sqs:SendMessage")}}))
			n := &s3types.NotificationConfiguration{}
			if topic {
				api := sns.NewFromConfig(s.config)
				made, err := api.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: sdk.String("trail"),
					Attributes: map[string]string{"Policy": open(strings.Replace(s.arn, ":sqs:", ":sns:", 1)[:len(s.arn)-len("events")]+"trail", "sns:Publish")}})
				if err != nil {
					t.Fatal(err)
				}
				must(t)(api.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: made.TopicArn, Protocol: sdk.String("sqs"), Endpoint: &s.arn}))
				n.TopicConfigurations = []s3types.TopicConfiguration{{TopicArn: made.TopicArn, Events: []s3types.Event{"s3:ObjectCreated:*"}}}
			} else {
				n.QueueConfigurations = []s3types.QueueConfiguration{{QueueArn: &s.arn, Events: []s3types.Event{"s3:ObjectCreated:*"}}}
			}
			must(t)(s.s3.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{Bucket: sdk.String(bucket), NotificationConfiguration: n}))
			s.put("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05/x y+z.json.gz", packed(file(1, 2, 3)), nil)
			s.read()
			if got := s.ids(ingest.PathS3); len(got) != 3 || s.left() != 0 {
				t.Errorf("%v arrived, %d messages are left", got, s.left())
			}
		})
	}
}

// open is a policy that lets services send to a thing.
func open(arn, action string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["s3.amazonaws.com","sns.amazonaws.com"]},"Action":%q,"Resource":%q}]}`, action, arn)
}

// TestQueueRedrive: what cannot be brought again and again leaves the queue by the
// queue's own rule, and is not lost from sight: it is where that sends it.
func TestQueueRedrive(t *testing.T) {
	s := newSite(t)
	dead, err := s.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: sdk.String("dead")})
	if err != nil {
		t.Fatal(err)
	}
	must(t)(s.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &s.url, Attributes: map[string]string{
		"VisibilityTimeout": "1", "RedrivePolicy": `{"deadLetterTargetArn":"` + strings.Replace(s.arn, ":events", ":dead", 1) + `","maxReceiveCount":"2"}`}}))
	s.send(announce(bucket, "AWSLogs/111122223333/CloudTrail/eu-west-1/gone.json.gz"))
	for range 8 {
		s.run.Once(t.Context())
		time.Sleep(600 * time.Millisecond)
	}
	s.url = *dead.QueueUrl
	if n := s.left(); n != 1 || s.run.Health().Failed < 2 {
		t.Errorf("%d messages where the queue sends what fails, %d failures", n, s.run.Health().Failed)
	}
}

// TestQueuePermissions: with exactly what is said to be needed a queue is read; without
// one of them it says which.
func TestQueuePermissions(t *testing.T) {
	for i := range append(QueuePermissions[:3:3], "none") {
		name := append(QueuePermissions[:3:3], "none")[i]
		t.Run("without "+name, func(t *testing.T) {
			s := newSite(t)
			const key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05/a.json"
			s.put(key, []byte(file(1)), nil)
			s.send(announce(bucket, key))
			less := slices.DeleteFunc(slices.Clone(QueuePermissions), func(p string) bool { return p == name })
			c := only(t, s.config, fmt.Sprint("reader-", i), less)
			as, secret := mustRetrieve(t, c)
			t.Setenv("AWS_ACCESS_KEY_ID", as)
			t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
			q, err := NewQueue(t.Context(), QueueOptions{URL: s.url, Session: Session{Region: c.Region, Endpoint: *c.BaseEndpoint}, Buckets: []string{bucket}})
			if err != nil {
				t.Fatal(err)
			}
			steady(q)
			s.queue, s.run.Source = q, q
			failed := ""
			s.run.Log = slog.New(slog.NewTextHandler(writer(func(text string) { failed += text }), nil))
			s.run.Once(t.Context())
			switch {
			case name == "none":
				if len(s.ids(ingest.PathS3)) != 1 || s.left() != 0 || failed != "" {
					t.Errorf("%d records, %d messages left: %s", len(s.ids(ingest.PathS3)), s.left(), failed)
				}
			case !strings.Contains(failed, "this identity needs "+name):
				t.Errorf("it does not say so: %s", failed)
			}
		})
	}
}

// writer is an io.Writer.
type writer func(string)

func (w writer) Write(p []byte) (int, error) { w(string(p)); return len(p), nil }

func mustRetrieve(t *testing.T, c sdk.Config) (key, secret string) {
	t.Helper()
	x, err := c.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return x.AccessKeyID, x.SecretAccessKey
}

// signer is a CloudTrail of a test: the emulator signs nothing and knows no public
// keys, so that one operation is the test's own.
type signer struct {
	key   *rsa.PrivateKey
	print string
}

func (x *signer) digest(s *site, name, end string, files map[string]string, previous string, previousText []byte, previousSignature string) (text []byte, signature string) {
	ended, err := time.Parse(time.RFC3339, end)
	if err != nil {
		s.t.Fatal(err)
	}
	d := providers.Digest{Account: "111122223333", Start: ended.Add(-time.Hour), End: end, Bucket: bucket, Object: name, Key: x.print, Algorithm: "SHA256withRSA"}
	if previous != "" {
		sum := sha256.Sum256(previousText)
		d.PreviousBucket, d.PreviousObject, d.PreviousHash, d.PreviousSignature = bucket, previous, hex.EncodeToString(sum[:]), previousSignature
	}
	for key, content := range files {
		sum := sha256.Sum256([]byte(content))
		d.Files = append(d.Files, providers.DigestFile{Bucket: bucket, Object: key, Hash: hex.EncodeToString(sum[:]), Algorithm: "SHA-256"})
	}
	text, _ = json.Marshal(d)
	sum := sha256.Sum256(text)
	before := previousSignature
	if before == "" {
		before = "null"
	}
	signed := sha256.Sum256([]byte(end + "\n" + bucket + "/" + name + "\n" + hex.EncodeToString(sum[:]) + "\n" + before))
	sig, err := rsa.SignPKCS1v15(rand.Reader, x.key, crypto.SHA256, signed[:])
	if err != nil {
		s.t.Fatal(err)
	}
	return text, hex.EncodeToString(sig)
}

// TestDigests: what CloudTrail vouches for is what was ingested, or it is told.
func TestDigests(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	x := &signer{key, "print"}
	const folder = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05/"
	const digests = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/01/05/"
	for _, tt := range []struct {
		name   string
		change func(s *site) // between the ingestion and the digest
		forge  bool          // somebody else signs the digest
		print  string        // the key that the digest names, if it is not CloudTrail's
		chain  string        // what the second digest says of the first: "right", "wrong"
		want   string        // what is told, "" for nothing
		filled int64
	}{
		{name: "all is right", chain: "right"},
		{name: "a file is rewritten before it is read", change: func(s *site) {
			s.put(folder+"unannounced.json.gz", packed(file(0x77)), nil)
		}, want: self.LogChanged, filled: 1},
		{name: "a file that was never announced", filled: 1},
		{name: "a file is removed", change: func(s *site) {
			must(t)(s.s3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: sdk.String(bucket), Key: sdk.String(folder + "unannounced.json.gz")}))
		}, want: self.LogMissing},
		{name: "a file was other when it was ingested", change: func(s *site) {
			o := object{bucket, folder + "a.json.gz"}
			s.memory[objectMemory(o)] = make([]byte, 32)
		}, want: self.LogChanged},
		{name: "a file is exchanged, read, and put back", change: func(s *site) {
			s.put(folder+"a.json.gz", packed(file(0x55)), nil)
			s.send(announce(bucket, folder+"a.json.gz"))
			s.read()
			s.put(folder+"a.json.gz", packed(file(1, 2)), nil)
			s.send(announce(bucket, folder+"a.json.gz"))
			s.read()
		}, want: self.LogChanged},
		{name: "the digest before never came, and is there", chain: "late"},
		{name: "the digest before never came, and is gone", chain: "gone", want: self.DigestMissing},
		{name: "a digest that somebody else signed", forge: true, want: self.DigestInvalid},
		{name: "a digest of a key that nobody has", forge: true, print: "made up", want: self.DigestInvalid},
		{name: "the digest before was exchanged", chain: "wrong", want: self.DigestChanged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.queue.api.keys = func(_ context.Context, _ *cloudtrail.ListPublicKeysInput, options ...func(*cloudtrail.Options)) (*cloudtrail.ListPublicKeysOutput, error) {
				o := cloudtrail.Options{Region: "us-east-1"} // the queue's, not the digest's
				for _, f := range options {
					f(&o)
				}
				if o.Region != "eu-west-1" {
					return &cloudtrail.ListPublicKeysOutput{}, nil // each region lists its own keys alone
				}
				return &cloudtrail.ListPublicKeysOutput{PublicKeyList: []cttypes.PublicKey{{Fingerprint: sdk.String("print"), Value: x509.MarshalPKCS1PublicKey(&key.PublicKey)}}}, nil
			}
			s.put(folder+"a.json.gz", packed(file(1, 2)), nil)
			s.send(announce(bucket, folder+"a.json.gz"))
			s.read()
			files := map[string]string{folder + "a.json.gz": file(1, 2)}
			if tt.filled > 0 || tt.want == self.LogMissing {
				files[folder+"unannounced.json.gz"] = file(3)
				s.put(folder+"unannounced.json.gz", packed(file(3)), nil)
			}
			if tt.change != nil {
				tt.change(s)
			}
			by := x
			if tt.forge {
				other, err := rsa.GenerateKey(rand.Reader, 2048)
				if err != nil {
					t.Fatal(err)
				}
				by = &signer{other, cmp.Or(tt.print, "print")}
			}
			text, sig := by.digest(s, digests+"main_13.json.gz", "2026-01-05T13:00:00Z", files, "", nil, "")
			s.put(digests+"main_13.json.gz", packed(string(text)), map[string]string{"signature": sig, "signature-algorithm": "SHA256withRSA"})
			s.send(announce(bucket, digests+"main_13.json.gz"))
			s.read()
			if tt.chain == "late" || tt.chain == "gone" {
				// Digests two and three come; two was not announced.
				two, twoSig := x.digest(s, digests+"main_14.json.gz", "2026-01-05T14:00:00Z", nil, digests+"main_13.json.gz", text, sig)
				if tt.chain == "late" {
					s.put(digests+"main_14.json.gz", packed(string(two)), map[string]string{"signature": twoSig})
				}
				three, threeSig := x.digest(s, digests+"main_15.json.gz", "2026-01-05T15:00:00Z", nil, digests+"main_14.json.gz", two, twoSig)
				s.put(digests+"main_15.json.gz", packed(string(three)), map[string]string{"signature": threeSig})
				s.send(announce(bucket, digests+"main_15.json.gz"))
				s.read()
			} else if tt.chain != "" {
				before := text
				if tt.chain == "wrong" {
					before = []byte("{}")
				}
				next, nextSig := x.digest(s, digests+"main_14.json.gz", "2026-01-05T14:00:00Z", nil, digests+"main_13.json.gz", before, sig)
				s.put(digests+"main_14.json.gz", packed(string(next)), map[string]string{"signature": nextSig})
				s.send(announce(bucket, digests+"main_14.json.gz"))
				s.read()
			}
			var told []string
			for _, a := range s.arrivals {
				if a.Format == self.Source {
					var n struct{ What, Object, Account, Region string }
					if err := json.Unmarshal(a.Body.Text, &n); err != nil || len(a.Body.Records) != 1 || n.Account != "111122223333" || n.Region != "eu-west-1" || !strings.HasPrefix(n.Object, "s3://"+bucket) {
						t.Errorf("%s: %+v, %d records, %v", a.Body.Text, n, len(a.Body.Records), err)
					}
					told = append(told, n.What)
				}
			}
			if got := strings.Join(told, " "); got != tt.want {
				t.Errorf("told %q, want %q", got, tt.want)
			}
			if n := s.queue.Stats().Filled.Load(); n != tt.filled {
				t.Errorf("%d gaps filled, want %d", n, tt.filled)
			}
			if n := s.left(); n != 0 {
				t.Errorf("%d messages are left", n)
			}
		})
	}
}

// TestDigestChain: a digest that should have come and did not is read and held like one
// that came; one that was removed is told, once; one from before the beginning is not
// missed, in whatever order they come and of however many trails.
func TestDigestChain(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	x := &signer{key, "print"}
	const folder = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05/"
	name := func(trail string, n int) string {
		at := time.Date(2026, 1, 5, n, 0, 0, 0, time.UTC)
		return fmt.Sprintf("AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/%s/111122223333_CloudTrail-Digest_eu-west-1_%s_eu-west-1_%s.json.gz", at.Format("2006/01/02"), trail, at.Format("20060102T150405Z"))
	}
	const last = chainMost + 6 // hours of digests in the bucket
	for _, tt := range []struct {
		name     string
		announce []int // digests, by the hour at which they end; of another trail, if below zero
		remove   int
		want     string
		filled   string // records that only digests told of
	}{
		{name: "all come", announce: []int{3, 4, 5}, filled: "[3 4 5]"},
		{name: "one is never announced", announce: []int{3, 5}, filled: "[3 4 5]"},
		{name: "two are never announced", announce: []int{3, 6}, filled: "[3 4 5 6]"},
		{name: "one is removed", announce: []int{3, 5, 6}, remove: 4, want: self.DigestMissing, filled: "[3 5 6]"},
		{name: "the service begins amid them", announce: []int{last}, filled: fmt.Sprint([]int{last})},
		{name: "an older one comes after the first", announce: []int{last, last - 1}, filled: fmt.Sprint([]int{last - 1, last})},
		{name: "the older one before that is gone", announce: []int{5, 4}, remove: 3, filled: "[4 5]"},
		{name: "another trail comes after the first", announce: []int{4, -last}, filled: fmt.Sprint([]int{4, last})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.queue.api.keys = func(context.Context, *cloudtrail.ListPublicKeysInput, ...func(*cloudtrail.Options)) (*cloudtrail.ListPublicKeysOutput, error) {
				return &cloudtrail.ListPublicKeysOutput{PublicKeyList: []cttypes.PublicKey{{Fingerprint: sdk.String("print"), Value: x509.MarshalPKCS1PublicKey(&key.PublicKey)}}}, nil
			}
			for _, trail := range []string{"main", "other"} {
				var text []byte
				previous, sig := "", ""
				for hour := 2; hour <= last; hour++ {
					log := fmt.Sprintf("%slog-%d.json.gz", folder, hour)
					s.put(log, packed(file(hour)), nil)
					end := time.Date(2026, 1, 5, hour, 0, 0, 0, time.UTC).Format(time.RFC3339)
					text, sig = x.digest(s, name(trail, hour), end, map[string]string{log: file(hour)}, previous, text, sig)
					s.put(name(trail, hour), packed(string(text)), map[string]string{"signature": sig})
					previous = name(trail, hour)
				}
			}
			if tt.remove > 0 {
				must(t)(s.s3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: sdk.String(bucket), Key: sdk.String(name("main", tt.remove))}))
			}
			for _, hour := range tt.announce {
				trail := "main"
				if hour < 0 {
					trail, hour = "other", -hour
				}
				s.send(announce(bucket, name(trail, hour)))
				s.read()
			}
			told, filled := "", []int{}
			for _, a := range s.arrivals {
				switch {
				case a.Format == self.Source:
					var n struct{ What, Object string }
					if err := json.Unmarshal(a.Body.Text, &n); err != nil || n.Object != "s3://"+bucket+"/"+name("main", tt.remove) {
						t.Errorf("%s: %v", a.Body.Text, err)
					}
					told += n.What
				case len(a.Body.Records) == 1:
					filled = append(filled, int(a.Body.Records[0].Key.Lo&0xffff))
				}
			}
			slices.Sort(filled)
			if told != tt.want || fmt.Sprint(filled) != tt.filled || s.left() != 0 {
				t.Errorf("told %q, want %q; filled %v, want %s; %d left; %+v", told, tt.want, filled, tt.filled, s.left(), s.run.Health())
			}
		})
	}
}

// peeking tells the most bytes that one read of a source brought.
type peeking struct {
	ingest.Source
	peak int
}

func (p *peeking) Read(ctx context.Context, after ingest.Cursor) (ingest.Batch, error) {
	b, err := p.Source.Read(ctx, after)
	n := 0
	for i := range b.Parcels {
		n += len(b.Parcels[i].Raw)
	}
	p.peak = max(p.peak, n)
	return b, err
}

// TestQueueRoom: one read holds what it may, and the rest is read next, of messages and of
// a digest alike, without being received again and without a failure.
func TestQueueRoom(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const n, each, most = 24, 256 << 10, 512 << 10
	const folder = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05/"
	for _, digest := range []bool{false, true} {
		t.Run(fmt.Sprintf("digest=%v", digest), func(t *testing.T) {
			s := newSite(t)
			s.queue.most = most
			p := &peeking{Source: s.queue}
			s.run.Source = p
			s.queue.api.keys = func(context.Context, *cloudtrail.ListPublicKeysInput, ...func(*cloudtrail.Options)) (*cloudtrail.ListPublicKeysOutput, error) {
				return &cloudtrail.ListPublicKeysOutput{PublicKeyList: []cttypes.PublicKey{{Fingerprint: sdk.String("print"), Value: x509.MarshalPKCS1PublicKey(&key.PublicKey)}}}, nil
			}
			files := map[string]string{}
			for i := range n {
				name := fmt.Sprintf("%s%d.json", folder, i)
				files[name] = strings.Repeat(" ", each) + file(i)
				s.put(name, []byte(files[name]), nil)
				if !digest {
					s.send(announce(bucket, name))
				}
			}
			if digest {
				const name = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/01/05/one.json.gz"
				text, sig := (&signer{key, "print"}).digest(s, name, "2026-01-05T13:00:00Z", files, "", nil, "")
				s.put(name, packed(string(text)), map[string]string{"signature": sig})
				s.send(announce(bucket, name))
			}
			s.read()
			got := s.ids(ingest.PathS3)
			if len(got) != n || len(slices.Compact(got)) != n || s.left() != 0 || s.run.Health().Failed != 0 {
				t.Errorf("%v arrived, %d messages are left; %+v", got, s.left(), s.run.Health())
			}
			if p.peak > most+(fetchAtOnce+1)*(each+4096) { // one each that was begun before there was no room
				t.Errorf("%d KiB were held at once", p.peak>>10)
			}
			if m := s.queue.Stats().Messages.Load(); digest && m != 1 || !digest && m != n {
				t.Errorf("%d messages were received", m)
			}
		})
	}
}

// TestKeyWrapper: keys at rest are wrapped by a key of the account, and nothing else
// opens them.
func TestKeyWrapper(t *testing.T) {
	c := emulated(t)
	made, err := kms.NewFromConfig(c).CreateKey(t.Context(), &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := KeyWrapper(t.Context(), Session{Region: "eu-west-1", Endpoint: *c.BaseEndpoint}, *made.KeyMetadata.Arn)
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/keys"
	if _, err := store.LoadKeys(t.Context(), path, w); err != nil {
		t.Fatal(err)
	}
	if _, err := store.LoadKeys(t.Context(), path, w); err != nil {
		t.Errorf("again: %v", err)
	}
	if _, err := store.LoadKeys(t.Context(), path, nil); err == nil {
		t.Error("a wrapped key is read without its wrapper")
	}
}

// FuzzClassify: no message makes it panic, and it is one thing.
func FuzzClassify(f *testing.F) {
	for _, s := range []string{envelope(1), wrap(envelope(1)), announce("b", "k"), `{"s3Bucket":"b","s3ObjectKey":["k"]}`, `{"Event":"s3:TestEvent"}`, `{"Records":[{}]}`, "[]", `{"Records":[{"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n := classify(text)
		is := 0
		for _, x := range []bool{n.event != nil, len(n.objects) > 0, n.test, n.raw != nil} {
			if x {
				is++
			}
		}
		if is != 1 && len(text) > 0 {
			t.Errorf("%q is %d things", text, is)
		}
	})
}
