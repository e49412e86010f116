package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho/sekisho/sim"
)

// process is a running "sekisho serve".
type process struct {
	cmd *exec.Cmd
	url string
	log *output
}

// output is what a process prints, read while it prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String implements fmt.Stringer.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

const (
	testIngest = "ingest-token-of-a-test"
	testAdmin  = "admin-token-of-a-test"
)

var listening = regexp.MustCompile(`address=(http://\S+)`)

// start starts one and waits until it is ready.
func start(t *testing.T, data string, more ...string) *process {
	t.Helper()
	p := &process{log: &output{}}
	p.cmd = exec.Command(os.Args[0], append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, more...)...)
	p.cmd.Env = append(os.Environ(), "SEKISHO_TEST_PROCESS=1", "SEKISHO_INGEST_TOKEN="+testIngest, "SEKISHO_ADMIN_TOKEN="+testAdmin)
	p.cmd.Stderr = p.log // Wait waits until all of it is there
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	for began := time.Now(); p.url == ""; time.Sleep(10 * time.Millisecond) {
		if m := listening.FindStringSubmatch(p.log.String()); m != nil {
			p.url = m[1]
		}
		if time.Since(began) > 30*time.Second {
			t.Fatalf("not ready after 30 s: %s", p.log)
		}
	}
	for range 400 {
		if res, err := http.Get(p.url + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == 200 {
				return p
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("never ready")
	return nil
}

// push delivers a body and returns how many records were new, -1 where it was not
// answered.
func (p *process) push(body []byte) (accepted int) {
	r, _ := http.NewRequest("POST", p.url+"/v1/ingest/aws-cloudtrail", bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+testIngest)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return -1
	}
	defer res.Body.Close()
	var got ingestedAnswer
	if b, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusAccepted || json.Unmarshal(b, &got) != nil {
		return -1
	}
	return got.Accepted
}

type ingestedAnswer struct{ Accepted, Duplicates, Unreadable int }

// get reads a path as the administrator.
func (p *process) get(t *testing.T, path string) []byte {
	t.Helper()
	r, _ := http.NewRequest("GET", p.url+path, nil)
	r.Header.Set("Authorization", "Bearer "+testAdmin)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%s: %d %s %v", path, res.StatusCode, b, err)
	}
	return b
}

// TestServeKilled: a process that is killed five times while ten thousand records
// come twice and out of order (a hundred times over two hundred thousand in make soak) loses none that it acknowledged and counts each once;
// what it reports in the end is what it reports once more after a restart.
func TestServeKilled(t *testing.T) {
	const seed = 4
	kills, least := 5, 10_000
	if os.Getenv("SEKISHO_SOAK") != "" { // make soak
		kills, least = 100, 200_000
	}
	begins := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -12-least/500)
	w, err := sim.NewWorld(sim.WorldOptions{Seed: seed, Half: sim.Fitting, Start: begins, Accounts: 1})
	if err != nil {
		t.Fatal(err)
	}
	var all []sim.Record
	for d := 0; len(all) < least; d++ {
		all = append(all, w.Day(d)...)
	}
	attack, _, err := w.Play("function-to-administrator", seed, begins.AddDate(0, 0, 5))
	if err != nil {
		t.Fatal(err)
	}
	all = sim.Merge(all, attack)
	r := rand.New(rand.NewPCG(seed, 1))
	var bodies [][]byte
	for range 2 {
		for i := 0; i < len(all); {
			n := min(1+r.IntN(60), len(all)-i)
			var b bytes.Buffer
			for _, x := range all[i : i+n] {
				b.Write(x.Line)
				b.WriteByte('\n')
			}
			bodies = append(bodies, b.Bytes())
			i += n
		}
	}
	for i := range bodies { // some disorder
		j := min(len(bodies)-1, i+r.IntN(12))
		bodies[i], bodies[j] = bodies[j], bodies[i]
	}

	data := filepath.Join(t.TempDir(), "data")
	p := start(t, data)
	done := make([]bool, len(bodies))
	accepted := 0
	var mu sync.Mutex
	for kill := range kills + 1 {
		todo := make(chan int)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i := range todo {
					if n := p.push(bodies[i]); n >= 0 {
						mu.Lock()
						done[i] = true
						accepted += n
						mu.Unlock()
					}
				}
			})
		}
		sent, most := 0, len(bodies)/(kills+1)
		for i := range bodies {
			mu.Lock()
			had := done[i]
			mu.Unlock()
			if had {
				continue
			}
			if sent++; kill < kills && sent > most {
				break
			}
			if kill < kills && sent == most-8 {
				p.cmd.Process.Signal(syscall.SIGKILL) // while some are under way
			}
			todo <- i
		}
		close(todo)
		wg.Wait()
		if kill < kills {
			p.cmd.Wait()
			p = start(t, data)
		}
	}
	for i := range done {
		if !done[i] {
			t.Fatalf("delivery %d was never answered", i)
		}
	}
	// What was durable and not answered counts as a duplicate when it comes again:
	// never may there be more.
	if accepted > len(all) {
		t.Errorf("%d records accepted of %d", accepted, len(all))
	}
	var records int
	var sources struct{ Sources []struct{ Records int } }
	time.Sleep(1500 * time.Millisecond)
	p.push(bodies[0]) // the counts are handed over with the next delivery
	time.Sleep(500 * time.Millisecond)
	before := p.get(t, "/v1/incidents?limit=1000")
	if err := json.Unmarshal(p.get(t, "/v1/sources"), &sources); err != nil {
		t.Fatal(err)
	}
	for _, s := range sources.Sources {
		records += s.Records
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, p.log)
	}
	if !strings.Contains(p.log.String(), "all that was acknowledged is in the log") {
		t.Errorf("it says %s", p.log)
	}
	if strings.Contains(p.log.String(), testIngest) || strings.Contains(p.log.String(), testAdmin) {
		t.Error("a token is in the log")
	}
	p = start(t, data)
	time.Sleep(500 * time.Millisecond)
	after := p.get(t, "/v1/incidents?limit=1000")
	if !bytes.Equal(before, after) {
		t.Errorf("after a restart other incidents are reported: %d and %d bytes", len(before), len(after))
	}
	if !bytes.Contains(after, []byte(`"severity":"critical"`)) {
		t.Error("the attack was not found: the test shows nothing")
	}
	code, out, errs := runMain(t, "replay", "--data", data)
	if code == exitClean {
		t.Errorf("a replay beside the running service: %s%s", out, errs)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
	eachOnce(t, data, all)
	code, out, errs = runMain(t, "replay", "--data", data)
	if code != exitClean || !strings.Contains(out, fmt.Sprintf("%d records", len(all))) || !strings.Contains(out, "the same bits") {
		t.Errorf("replay: status %d, %s%s; %d records were delivered", code, out, errs, len(all))
	}
}

// TestServeWatches: files that appear in a folder are read, once they are whole.
func TestServeWatches(t *testing.T) {
	folder := t.TempDir()
	p := start(t, filepath.Join(t.TempDir(), "data"), "--watch", folder)
	raw, err := os.ReadFile(firstFile(t, "../../examples/object-ransom/logs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "x.json.gz"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if bytes.Contains(p.get(t, "/metrics"), []byte("sekisho_deliveries_total 1")) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("not read after ten seconds: %s", p.log)
}

func firstFile(t *testing.T, dir string) (path string) {
	t.Helper()
	filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path == "" {
			path = p
		}
		return err
	})
	if path == "" {
		t.Fatalf("no file in %s", dir)
	}
	return path
}

// TestServeRefuses: what is not safe is not started, and says why.
func TestServeRefuses(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, tt := range []struct {
		says string
		args []string
	}{
		{"needs TLS and tokens", []string{"--listen", "0.0.0.0:0"}},
		{"write it as HOST:PORT", []string{"--listen", "8600"}},
		{"PEM files that belong together", []string{"--listen", "127.0.0.1:0", "--tls-cert", "/dev/null", "--tls-key", "/dev/null"}},
	} {
		if code, _, errs := runMain(t, append([]string{"serve", "--data", data}, tt.args...)...); code != exitFailure || !strings.Contains(errs, tt.says) {
			t.Errorf("%v: status %d, %s", tt.args, code, errs)
		}
	}
	if code, _, errs := runMain(t, "replay", "--data", filepath.Join(data, "none")); code != exitFailure || !strings.Contains(errs, "--data") {
		t.Errorf("a replay of nothing: status %d, %s", code, errs)
	}
	t.Setenv("SEKISHO_INGEST_TOKEN", "short")
	if code, _, errs := runMain(t, "serve", "--data", data, "--listen", "127.0.0.1:0"); code != exitFailure || !strings.Contains(errs, "at least 16") || strings.Contains(errs, `"short"`) {
		t.Errorf("a short token: status %d, %s", code, errs)
	}
}

// TestServeHeartbeat: an outside watcher hears from the service while it is well, and
// no longer when it is gone.
func TestServeHeartbeat(t *testing.T) {
	beats := make(chan string, 100)
	watcher := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { beats <- r.URL.Path + r.Header.Get("Authorization") }))
	defer watcher.Close()
	dir := t.TempDir()
	conf := filepath.Join(dir, "c.yaml")
	if err := os.WriteFile(conf, []byte("service: {heartbeat: {url: \""+watcher.URL+"/ping\", every: 10s}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, filepath.Join(dir, "data"), "--config", conf)
	select {
	case got := <-beats:
		if got != "/ping" {
			t.Errorf("asked for %s", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("nobody was told: %s", p.log)
	}
	p.cmd.Process.Signal(syscall.SIGKILL)
	p.cmd.Wait()
	for len(beats) > 0 {
		<-beats
	}
	select {
	case <-beats:
		t.Error("it is heard of after its end")
	case <-time.After(200 * time.Millisecond):
	}
}
