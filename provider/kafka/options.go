package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// Options of Topics.
type Options struct {
	Brokers []string // host:port, some of the cluster's
	Topics  []string // at most 100
	Group   string   // of consumers: what it commits is for others to see how far this is
	Format  string   // of the messages; DefaultFormat if ""

	TLS    bool
	CAFile string // PEM of who signs the brokers' certificates; the system's if ""

	// User logs in by Mechanism; "" logs nobody in. The password stands in PasswordFile,
	// which is read at each login: one that was changed there needs no restart. Without
	// TLS it is sent to loopback alone.
	User, PasswordFile string
	Mechanism          string // MechanismSCRAM512 if ""

	// FetchBytes is the most that one fetch brings, as it is sent: 64 KiB to 64 MiB, 8
	// MiB if 0. One batch of a producer comes whole even where it is larger.
	FetchBytes int

	// Smaller in tests: bytes of a producer's batch, and the time for an answer.
	inflatedMost int
	requestFor   time.Duration
}

// DefaultFormat is the format of messages where none is named.
const DefaultFormat = "aws-cloudtrail"

// The ways to log in, by the names that SASL has for them (RFC 4616, RFC 5802, RFC
// 7677; SCRAM-SHA-512 as Kafka has it).
const (
	MechanismPlain    = "PLAIN"
	MechanismSCRAM256 = "SCRAM-SHA-256"
	MechanismSCRAM512 = "SCRAM-SHA-512"
)

// passwordMost is the most bytes of a password's file that are read.
const passwordMost = 4 << 10

// check says what is missing, or cannot be.
func (o *Options) check() error {
	switch {
	case len(o.Brokers) == 0 || len(o.Topics) == 0 || o.Group == "":
		return errors.New("read kafka: brokers, topics and a group are needed; name them in service.sources")
	case len(o.Topics) > topicsMost:
		return fmt.Errorf("read kafka: %d topics are named, at most %d are read by one source; share them among several", len(o.Topics), topicsMost)
	case slices.Contains(o.Brokers, "") || slices.Contains(o.Topics, ""):
		return errors.New("read kafka: a broker or a topic is empty; correct service.sources")
	case o.FetchBytes != 0 && (o.FetchBytes < fetchLeast || o.FetchBytes > answerMost/2):
		return fmt.Errorf("read kafka: fetches of %d bytes cannot be; say %d to %d, or nothing", o.FetchBytes, fetchLeast, answerMost/2)
	case o.CAFile != "" && !o.TLS:
		return errors.New("read kafka: an authority is named, and TLS is off; switch tls on")
	case o.User == "" && (o.PasswordFile != "" || o.Mechanism != ""):
		return errors.New("read kafka: a password or a mechanism is given for nobody; name the user, or leave them out")
	case o.User == "":
		return nil
	case o.PasswordFile == "":
		return fmt.Errorf("read kafka: the user %s has no password; put it into a file and name that", o.User)
	case !slices.Contains([]string{"", MechanismPlain, MechanismSCRAM256, MechanismSCRAM512}, o.Mechanism):
		return fmt.Errorf("read kafka: there is no mechanism %q here; say %s, %s or %s", o.Mechanism, MechanismPlain, MechanismSCRAM256, MechanismSCRAM512)
	case !o.TLS && slices.ContainsFunc(o.Brokers, func(b string) bool { return !loopback(b) }):
		return errors.New("read kafka: a password would be sent without TLS; switch tls on")
	}
	return nil
}

func loopback(broker string) bool {
	host, _, err := net.SplitHostPort(broker)
	if err != nil {
		host = broker
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (o *Options) format() string {
	if o.Format == "" {
		return DefaultFormat
	}
	return o.Format
}

func (o *Options) fetch() int {
	if o.FetchBytes == 0 {
		return fetchMost
	}
	return o.FetchBytes
}

func (o *Options) inflated() int {
	if o.inflatedMost == 0 {
		return inflatedMost
	}
	return o.inflatedMost
}

func (o *Options) patience() time.Duration {
	if o.requestFor == 0 {
		return requestFor
	}
	return o.requestFor
}

// secret is the password as it is now.
func (o *Options) secret() (string, error) {
	f, err := os.Open(o.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read the password: %w; let this user read the file", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, passwordMost))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if text := strings.TrimRight(string(b), "\r\n"); text != "" {
		return text, nil
	}
	return "", fmt.Errorf("read the password: %s is empty; put it there", o.PasswordFile)
}

// dial are the options of every client.
func (o *Options) dial() ([]kgo.Opt, error) {
	out := []kgo.Opt{kgo.SeedBrokers(o.Brokers...), kgo.ClientID("sekisho"), kgo.RetryTimeout(o.patience())}
	if o.TLS {
		conf := &tls.Config{MinVersion: tls.VersionTLS12}
		if o.CAFile != "" {
			text, err := os.ReadFile(o.CAFile)
			if err != nil {
				return nil, fmt.Errorf("read who signs the brokers' certificates: %w; let this user read the file", err)
			}
			if conf.RootCAs = x509.NewCertPool(); !conf.RootCAs.AppendCertsFromPEM(text) {
				return nil, fmt.Errorf("read who signs the brokers' certificates: %s holds no certificate in PEM; name the authority's", o.CAFile)
			}
		}
		out = append(out, kgo.DialTLSConfig(conf))
	}
	if o.User == "" {
		return out, nil
	}
	if _, err := o.secret(); err != nil {
		return nil, err
	}
	login := func(context.Context) (scram.Auth, error) {
		text, err := o.secret()
		return scram.Auth{User: o.User, Pass: text}, err
	}
	switch o.Mechanism {
	case MechanismPlain:
		return append(out, kgo.SASL(plain.Plain(func(context.Context) (plain.Auth, error) {
			text, err := o.secret()
			return plain.Auth{User: o.User, Pass: text}, err
		}))), nil
	case MechanismSCRAM256:
		return append(out, kgo.SASL(scram.Sha256(login))), nil
	}
	return append(out, kgo.SASL(scram.Sha512(login))), nil
}

// explain is an error of the cluster, with what to do about it. It names no topic where
// none is known.
func (o *Options) explain(topic string, err error) error {
	what := "read kafka"
	if topic != "" {
		what = "read the topic " + topic
	}
	var session *kgo.ErrGroupSession
	next := "see whether " + strings.Join(o.Brokers, ", ") + " can be reached and are well"
	var network net.Error
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID):
		next = "create it, or correct topics in service.sources"
	case errors.Is(err, kerr.InvalidTopicException):
		next = "no topic can have that name: correct topics in service.sources"
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		next = fmt.Sprintf("let %s DESCRIBE and READ it", o.who())
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		next = fmt.Sprintf("let %s READ the group %s", o.who(), o.Group)
	case errors.Is(err, kerr.ClusterAuthorizationFailed):
		next = fmt.Sprintf("let %s into the cluster", o.who())
	case errors.Is(err, kerr.SaslAuthenticationFailed), errors.Is(err, kerr.UnsupportedSaslMechanism), errors.Is(err, kerr.IllegalSaslState):
		next = "correct user, mechanism and password of the source in service.sources"
	case errors.Is(err, kerr.InconsistentGroupProtocol):
		next = fmt.Sprintf("the group %s is used by something else: name one that is this service's own", o.Group)
	case errors.Is(err, kerr.IllegalGeneration), errors.Is(err, kerr.UnknownMemberID), errors.Is(err, kerr.RebalanceInProgress), errors.Is(err, kerr.FencedInstanceID):
		next = "the group's members share the partitions anew; it is told with the next batch"
	case errors.Is(err, io.EOF) && o.User != "": // some hang up instead of saying so
		next = "the broker hung up: correct user, mechanism and password of the source in service.sources, and see whether it wants TLS"
	case errors.Is(err, io.EOF):
		next = "the broker hung up: see whether it wants TLS or a login, which the source in service.sources then needs"
	case errors.As(err, &network), errors.As(err, &session):
	}
	return fmt.Errorf("%s: %w; %s", what, err, next)
}

func (o *Options) who() string {
	if o.User == "" {
		return "the anonymous user"
	}
	return "the user " + o.User
}

// metadata asks what the cluster knows of the topics, and answers what is wrong with each.
func (o *Options) metadata(ctx context.Context, client *kgo.Client) (wrong []error, err error) {
	req := kmsg.NewPtrMetadataRequest()
	req.AllowAutoTopicCreation = false
	for _, name := range o.Topics {
		topic := kmsg.NewMetadataRequestTopic()
		topic.Topic = kmsg.StringPtr(name)
		req.Topics = append(req.Topics, topic)
	}
	limited, cancel := context.WithTimeout(ctx, o.patience())
	defer cancel()
	res, err := req.RequestWith(limited, client)
	if err != nil {
		return nil, o.explain("", err)
	}
	for _, topic := range res.Topics {
		name := ""
		if topic.Topic != nil {
			name = *topic.Topic
		}
		if err := kerr.ErrorForCode(topic.ErrorCode); err != nil {
			wrong = append(wrong, o.explain(name, err))
			continue
		}
		for _, part := range topic.Partitions {
			if part.Leader < 0 {
				wrong = append(wrong, fmt.Errorf("read the topic %s: partition %d has no leader; see which of the brokers is down", name, part.Partition))
				break
			}
		}
	}
	return wrong, nil
}

// probe is the first thing that is wrong with the cluster or the topics, nil if nothing
// is.
func (o *Options) probe(ctx context.Context, client *kgo.Client) error {
	wrong, err := o.metadata(ctx, client)
	if err == nil && len(wrong) > 0 {
		err = wrong[0]
	}
	return err
}

// Check implements ingest.Checker: it tries out whether the cluster answers and lets the user in, whether the topics
// are there with a leader of each partition, and whether they and the group's position
// may be read. It joins no group and takes no message from anybody; it ends within some
// ten seconds.
func (t *Topics) Check(ctx context.Context) []string {
	options, err := t.o.dial()
	if err != nil {
		return []string{err.Error()}
	}
	client, err := kgo.NewClient(append(options, kgo.ConsumeTopics(t.o.Topics...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxBytes(fetchLeast), kgo.FetchMaxPartitionBytes(fetchLeast), kgo.BrokerMaxReadBytes(answerMost), kgo.MaxDecompressBatchBytes(t.o.inflated()))...)
	if err != nil {
		return []string{fmt.Sprintf("read kafka: %v; correct the source in service.sources", err)}
	}
	defer client.Close()
	wrong, err := t.o.metadata(ctx, client)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	tell := func(err error) {
		if text := err.Error(); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	for _, err := range wrong {
		tell(err)
	}
	limited, cancel := context.WithTimeout(ctx, waitFor)
	defer cancel()
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Group = t.o.Group
	group := kmsg.NewOffsetFetchRequestGroup()
	group.Group = t.o.Group
	req.Groups = append(req.Groups, group)
	if res, err := req.RequestWith(limited, client); err != nil {
		tell(t.o.explain("", err))
	} else {
		err := kerr.ErrorForCode(res.ErrorCode)
		for _, g := range res.Groups {
			if err == nil {
				err = kerr.ErrorForCode(g.ErrorCode)
			}
		}
		// A group that nobody has joined yet is none that is wrong.
		if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
			tell(t.o.explain("", err))
		}
	}
	// What may not be read says so with the first fetch; a topic that is empty says
	// nothing at all.
	for _, e := range client.PollRecords(limited, 1).Errors() {
		if !errors.Is(e.Err, context.DeadlineExceeded) && !errors.Is(e.Err, context.Canceled) {
			tell(t.o.explain(e.Topic, e.Err))
		}
	}
	return out
}
