package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho/sekisho/console"
)

// reachable is a service behind its own listener, with its own limits: what
// httptest.Server would not have.
func reachable(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	answered := make(chan error, 1)
	o := setUp(t, nil)
	o.Webhooks = []console.Webhook{{Name: "relay", Header: "X-Signature-256", Secret: []byte(secret)}}
	server := console.New(o)
	go func() { answered <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-answered; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// one is a record of its own id.
func one(n int) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/ann","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE","userName":"ann"},"eventTime":%q,"eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1","userAgent":"x","requestParameters":null,"responseElements":null,"eventID":"00000000-0000-4000-8000-%012d","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`,
		time.Now().UTC().Format(time.RFC3339), n)
}

// quick asks whether the service answers others within a second.
func quick(t *testing.T, address string) {
	t.Helper()
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + address + "/healthz")
	if err != nil {
		t.Fatalf("others are not answered within a second: %v", err)
	}
	res.Body.Close()
	if res.StatusCode != 200 {
		t.Fatalf("others are answered %d", res.StatusCode)
	}
}

// TestLargeBody: fifty megabytes of records are taken, within a bounded part of memory;
// one that is too large is refused.
func TestLargeBody(t *testing.T) {
	if raceEnabled {
		t.Skip("a bound of memory: make test runs it without the race detector")
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(512 << 20)) // as the service does
	address := reachable(t)
	var b bytes.Buffer
	n := 0
	for ; b.Len() < 50<<20; n++ {
		b.WriteString(one(n))
		b.WriteByte('\n')
	}
	var most atomic.Uint64
	done := make(chan struct{})
	go func() {
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse))
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	code, _, body := do(t, "POST", "http://"+address+"/v1/ingest/aws-cloudtrail", ingestToken, b.Bytes())
	close(done)
	var got struct{ Accepted, Unreadable int }
	if json.Unmarshal(body, &got); code != 202 || got.Accepted != n || got.Unreadable != 0 {
		t.Errorf("%d %s, sent %d", code, body, n)
	}
	if most.Load() > 1<<30 {
		t.Errorf("the heap grew to %d MiB", most.Load()>>20)
	}
	t.Logf("%d records in %d MiB, heap at most %d MiB", n, b.Len()>>20, most.Load()>>20)
	if code, _, body := do(t, "POST", "http://"+address+"/v1/ingest/aws-cloudtrail", ingestToken, bytes.Repeat([]byte(" "), 65<<20)); code != 413 {
		t.Errorf("65 MiB: %d %s", code, body)
	}
	quick(t, address)
}

// TestSlowClients: those who send slowly, or nothing, or never read, hold nobody up.
func TestSlowClients(t *testing.T) {
	address := reachable(t)
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	dial := func(text string) net.Conn {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		io.WriteString(c, text)
		return c
	}
	head := "Host: x\r\nAuthorization: Bearer " + ingestToken + "\r\n"
	for range 50 {
		dial("POST /v1/ingest/aws-cloudtrail HTTP/1.1\r\nHost:")                                                    // half a head
		dial("POST /v1/ingest/aws-cloudtrail HTTP/1.1\r\n" + head + "Content-Length: 100000\r\n\r\n{")              // a byte of a body
		dial("GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + adminToken + "\r\n\r\n")              // never reads
		dial("POST /v1/ingest/aws-cloudtrail HTTP/1.1\r\n" + head + "Transfer-Encoding: chunked\r\n\r\nffffff\r\n") // a chunk that does not come
	}
	for n := range 20 {
		quick(t, address)
		began := time.Now()
		code, _, body := do(t, "POST", "http://"+address+"/v1/ingest/aws-cloudtrail", ingestToken, []byte(one(n)))
		if code != 202 || time.Since(began) > time.Second {
			t.Fatalf("a delivery meanwhile: %d %s after %s", code, body, time.Since(began))
		}
	}
}

// TestJunk: what is no request, or lies about itself, is refused or cut off, and the
// service goes on.
func TestJunk(t *testing.T) {
	address := reachable(t)
	head := "POST /v1/ingest/aws-cloudtrail HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + ingestToken + "\r\n"
	for _, text := range []string{
		"\x00\x01\x02\x03\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", strings.Repeat("A", 1<<20), "GET /" + strings.Repeat("a", 1<<17) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		head + "Content-Length: 10\r\nContent-Length: 20\r\n\r\n0123456789", head + "Content-Length: -1\r\n\r\n", head + "Content-Length: 99999999999999\r\n\r\nx",
		head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", head + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
		head + "Content-Length: 100\r\n\r\nshort", // and the end
		head + "Content-Length: 2\r\n\r\n{}GET /v1/audit HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01junk",
	} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, text)
		c.(*net.TCPConn).CloseWrite()
		c.SetReadDeadline(time.Now().Add(3 * time.Second))
		answer, _ := io.ReadAll(io.LimitReader(c, 1<<20))
		c.Close()
		for line := range strings.Lines(string(answer)) {
			if strings.HasPrefix(line, "HTTP/1.1 5") && !strings.HasPrefix(line, "HTTP/1.1 505") {
				t.Errorf("%.60q is answered %s", text, line)
			}
			if strings.HasPrefix(line, "HTTP/1.1 2") {
				t.Errorf("%.60q is answered %s", text, line)
			}
		}
	}
	quick(t, address)
}

// TestManyConnections: a thousand at once are each answered, nothing of what was
// acknowledged is lost, and what was refused says when to come again.
func TestManyConnections(t *testing.T) {
	address := reachable(t)
	const n = 1000
	var accepted, duplicates, refused atomic.Int64
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
			<-begin
			// Each record is sent by two of them.
			r, _ := http.NewRequest("POST", "http://"+address+"/v1/ingest/aws-cloudtrail", strings.NewReader(one(i/2)))
			r.Header.Set("Authorization", "Bearer "+ingestToken)
			res, err := client.Do(r)
			if err != nil {
				t.Errorf("connection %d: %v", i, err)
				return
			}
			defer res.Body.Close()
			var got struct{ Accepted, Duplicates int64 }
			switch body, _ := io.ReadAll(res.Body); {
			case res.StatusCode == 202 && json.Unmarshal(body, &got) == nil:
				accepted.Add(got.Accepted)
				duplicates.Add(got.Duplicates)
			case (res.StatusCode == 429 || res.StatusCode == 503) && res.Header.Get("Retry-After") != "":
				refused.Add(1)
			default:
				t.Errorf("connection %d: %d %s", i, res.StatusCode, body)
			}
		})
	}
	close(begin)
	wg.Wait()
	if accepted.Load()+duplicates.Load()+refused.Load() != n || accepted.Load() > n/2 || accepted.Load() == 0 {
		t.Errorf("%d accepted, %d duplicates, %d refused of %d", accepted.Load(), duplicates.Load(), refused.Load(), n)
	}
	_, _, metrics := do(t, "GET", "http://"+address+"/metrics", adminToken, nil)
	if want := fmt.Sprintf("sekisho_records_accepted_total %d\n", accepted.Load()); !bytes.Contains(metrics, []byte(want)) {
		t.Errorf("%d were acknowledged as new, and it counts otherwise", accepted.Load())
	}
	t.Logf("%d accepted, %d duplicates, %d refused", accepted.Load(), duplicates.Load(), refused.Load())
}

// TestUnproved: who has no token, and only claims a signature, has little room and holds
// up nobody who has one.
func TestUnproved(t *testing.T) {
	address := reachable(t)
	head := "POST /v1/ingest/aws-cloudtrail HTTP/1.1\r\nHost: x\r\nX-Signature-256: " + strings.Repeat("0", 64) + "\r\n"
	for range 40 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, head+"Content-Length: 67108864\r\n\r\n{")
	}
	var refused, took atomic.Int64
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			r, _ := http.NewRequest("POST", "http://"+address+"/v1/ingest/aws-cloudtrail", struct{ io.Reader }{io.LimitReader(blanks{}, 40<<20)}) // chunked
			r.Header.Set("X-Signature-256", strings.Repeat("0", 64))
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				refused.Add(1) // cut off
				return
			}
			res.Body.Close()
			if res.StatusCode == 429 || res.StatusCode == 401 {
				refused.Add(1)
			} else {
				took.Add(1)
			}
		})
	}
	for n := range 20 {
		if code, _, body := do(t, "POST", "http://"+address+"/v1/ingest/aws-cloudtrail", ingestToken, []byte(one(n))); code != 202 {
			t.Errorf("a delivery with a token meanwhile: %d %s", code, body)
		}
		quick(t, address)
	}
	wg.Wait()
	if refused.Load() != 12 || took.Load() != 0 {
		t.Errorf("%d refused, %d taken", refused.Load(), took.Load())
	}
}
