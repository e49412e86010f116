//go:build unix

package console_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho/sekisho/console"
)

// narrow is a listener whose connections hold little of what their clients do not read.
type narrow struct{ net.Listener }

func (l narrow) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(4 << 10)
	}
	return c, err
}

// heap is how many bytes of live objects there are, before garbage is collected.
func heap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}

// growth is by how much the heap exceeds what it was, at most, until stop is called.
func growth() (stop func() int64) {
	runtime.GC()
	base, most := heap(), int64(0)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			most = max(most, heap()-base)
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() int64 { close(done); <-ended; return most }
}

// TestGzipBombs: bodies that inflate to more than one may hold are refused over a real
// connection, twenty at once, and cost no more than the few that are inflated at a time.
func TestGzipBombs(t *testing.T) {
	if raceEnabled {
		t.Skip("a bound of memory: make test runs it without the race detector")
	}
	address := reachable(t)
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if _, err := io.Copy(z, io.LimitReader(blanks{}, 1<<30)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(512 << 20)) // as the service does
	stop := growth()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if code, _, body := do(t, "POST", "http://"+address+"/v1/ingest/aws-cloudtrail", ingestToken, packed.Bytes()); code != 413 && code != 429 {
				t.Errorf("%d %s", code, body)
			}
		})
	}
	wg.Wait()
	if most := stop(); most > 1<<30 {
		t.Errorf("twenty of %d KiB took %d MiB", packed.Len()>>10, most>>20)
	} else {
		t.Logf("twenty of %d KiB that inflate to 1 GiB each took %d MiB", packed.Len()>>10, most>>20)
	}
	quick(t, address)
}

// TestSlowHeads: who sends half a head is cut off within the time that a head may take.
func TestSlowHeads(t *testing.T) {
	t.Parallel()
	address := reachable(t)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "POST /v1/ingest/aws-cloudtrail HTTP/1.1\r\n")
	began := time.Now()
	go func() { // a letter a second keeps nobody
		for range 30 {
			if _, err := io.WriteString(c, "X"); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}()
	c.SetReadDeadline(began.Add(14 * time.Second))
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after %s it is still connected", time.Since(began).Round(time.Second))
	}
}

// TestStalledFeeds: clients that stop reading the live feed are let go, so that their
// places are free again, and who reads misses nothing meanwhile.
func TestStalledFeeds(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	answered := make(chan error, 1)
	server := console.New(setUp(t, nil))
	go func() { answered <- server.Serve(ctx, narrow{l}) }()
	defer func() {
		cancel()
		if err := <-answered; err != nil {
			t.Error(err)
		}
	}()
	address := l.Addr().String()
	const most = 64 // feeds at once
	request := "GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + adminToken + "\r\n\r\n"
	// Before it connects, or the system has promised the server more room by then.
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10) })
	}}
	for range most - 1 {
		c, err := dialer.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, request)
	}
	r, _ := http.NewRequest("GET", "http://"+address+"/v1/stream", nil)
	r.Header.Set("Authorization", "Bearer "+adminToken)
	res, err := http.DefaultClient.Do(r)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%v %v", res, err)
	}
	defer res.Body.Close()
	events := make(chan [2]int, 1000) // changes, bytes
	go func() {
		defer close(events)
		in := bufio.NewScanner(res.Body)
		in.Buffer(nil, 8<<20)
		for in.Scan() {
			if text, ok := strings.CutPrefix(in.Text(), "data: "); ok {
				events <- [2]int{1, len(text)}
			}
		}
	}()
	// The places are taken once each of them has its answer.
	full := func() bool {
		return status(t, address) == http.StatusTooManyRequests
	}
	for began := time.Now(); !full(); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 5*time.Second {
			t.Fatal("there is still a place")
		}
	}
	seen, size, at := 0, 0, 0
	lines := attack(t)
	for began := time.Now(); full(); {
		if time.Since(began) > 40*time.Second {
			t.Fatalf("there is no place again; %d changes of %d KiB were seen", seen, size>>10)
		}
		if at < len(lines) { // as long as there are any, each may change an incident
			code, _, body := do(t, "POST", "http://"+address+"/v1/ingest/aws-cloudtrail", ingestToken, bytes.Join(lines[at:min(at+20, len(lines))], []byte("\n")))
			if code != 202 {
				t.Fatalf("%d %s", code, body)
			}
			at += 20
		}
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatal("who reads was let go")
			}
			seen, size = seen+e[0], size+e[1]
		case <-time.After(100 * time.Millisecond):
		}
	}
	if seen == 0 {
		t.Error("who reads saw nothing")
	}
	t.Logf("%d changes of %d KiB were seen; of %d feeds that nobody reads some were let go", seen, size>>10, most-1)
}

// status asks for the feed and leaves it at once.
func status(t *testing.T, address string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", "http://"+address+"/v1/stream", nil)
	r.Header.Set("Authorization", "Bearer "+viewToken)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// TestPromisedBodies: who promises large bodies and does not send them takes no room from
// others. (Of who has no token, TestUnproved says so.)
func TestPromisedBodies(t *testing.T) {
	address := reachable(t)
	for range 100 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST /v1/ingest/aws-cloudtrail HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n{", ingestToken, 64<<20)
	}
	time.Sleep(300 * time.Millisecond)
	if code, _, body := do(t, "POST", "http://"+address+"/v1/ingest/aws-cloudtrail", ingestToken, []byte(one(1))); code != 202 {
		t.Errorf("a delivery meanwhile: %d %s", code, body)
	}
}

// TestChunkedBodies: bodies that do not say how long they are count with what came of
// them: all together they take no more than bodies may.
func TestChunkedBodies(t *testing.T) {
	if raceEnabled {
		t.Skip("a bound of memory: make test runs it without the race detector")
	}
	address := reachable(t)
	chunk := []byte(fmt.Sprintf("%x\r\n%s\r\n", 1<<20, strings.Repeat(" ", 1<<20)))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(512 << 20)) // as the service does
	stop := growth()
	var wg sync.WaitGroup
	for range 16 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		wg.Go(func() {
			c.SetWriteDeadline(time.Now().Add(10 * time.Second))
			io.WriteString(c, "POST /v1/ingest/aws-cloudtrail HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+ingestToken+"\r\nTransfer-Encoding: chunked\r\n\r\n")
			for range 48 {
				if _, err := c.Write(chunk); err != nil {
					return // it was refused
				}
			}
		})
	}
	wg.Wait()
	time.Sleep(300 * time.Millisecond)
	// Twice what may be held: a buffer that grows is there twice while it does.
	if most := stop(); most > 512<<20 {
		t.Errorf("sixteen unfinished bodies of 48 MiB take %d MiB", most>>20)
	}
	quick(t, address)
}
