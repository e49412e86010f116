package kafka

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestBroker is TestTable against a real broker, out of the jars in $SEKISHO_KAFKA: see
// "make kafka". It also says how fast messages are read.
func TestBroker(t *testing.T) {
	jars := os.Getenv("SEKISHO_KAFKA")
	if jars == "" {
		t.Skip("a real broker is tried by: make kafka")
	}
	dir := t.TempDir()
	port := func() int {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().(*net.TCPAddr).Port
	}
	client, control := port(), port()
	conf := filepath.Join(dir, "server.properties")
	if err := os.WriteFile(conf, fmt.Appendf(nil, `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%[2]d
listeners=PLAINTEXT://127.0.0.1:%[1]d,CONTROLLER://127.0.0.1:%[2]d
advertised.listeners=PLAINTEXT://127.0.0.1:%[1]d
controller.listener.names=CONTROLLER
log.dirs=%[3]s/log
num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
message.max.bytes=16777216
`, client, control, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	java := func(args ...string) *exec.Cmd {
		return exec.Command("java", append([]string{"-Xmx512m", "-cp", filepath.Join(jars, "*")}, args...)...)
	}
	if out, err := java("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", conf).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log, err := os.Create(filepath.Join(dir, "broker.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	broker := java("kafka.Kafka", conf)
	broker.Stdout, broker.Stderr = log, log
	if err := broker.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { broker.Process.Kill(); broker.Wait() }()
	address := fmt.Sprintf("127.0.0.1:%d", client)
	for began := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			break
		}
		if time.Since(began) > time.Minute {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("the broker does not answer: %s", text[max(0, len(text)-3000):])
		}
	}
	c := cluster{brokers: []string{address}, make: func(t *testing.T, names ...string) { makeTopics(t, address, names...) }}
	table(t, c)
	c.make(t, "fast")

	const n = 100_000
	produce(t, []string{address}, "fast", kgo.SnappyCompression(), numbers(0, n)...)
	x := &reader{seen: map[string]int{}}
	began := time.Now()
	x.read(t, Options{Brokers: []string{address}, Topics: []string{"fast"}, Group: "fast", Format: "lines"}, true, n)
	t.Logf("%d messages in %s: %.0f a second, in %d batches", n, time.Since(began).Round(time.Millisecond), n/time.Since(began).Seconds(), x.batches)
}

// makeTopics makes topics by their first message.
func makeTopics(t *testing.T, address string, names ...string) {
	t.Helper()
	p, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(20))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, name := range names {
		// A tombstone holds no record.
		if err := p.ProduceSync(t.Context(), &kgo.Record{Topic: name, Key: []byte("made")}).FirstErr(); err != nil {
			t.Fatalf("make the topic %s: %v", name, err)
		}
	}
}
