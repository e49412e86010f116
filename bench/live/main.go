// Command live measures the service under open load, next to a bare HTTP server
// that does no more than append the same bodies to one file and sync it before it
// answers. Both run in the same run, one after the other, on loopback.
//
// The load is open: a body is due at its time, whatever became of those before it,
// and its latency counts from then. For the service the answer comes when the
// body is durable and judged, so it is the time from send to durable decision.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sekisho/sekisho/sim"
)

const token = "a-token-for-the-benchmark"

func main() {
	binary := flag.String("binary", "bin/sekisho", "the service")
	seconds := flag.Int("seconds", 10, "of each row")
	sustained := flag.Int("sustained", 120, "seconds of the row at 20,000 records a second")
	bare := flag.String("bare", "", "be the bare server that appends to this file")
	only := flag.String("only", "", "only the row with this label")
	flat := flag.Int("flat", 0, "seconds at a steady 5,000 records a second, to see whether memory is flat; no other row")
	flag.Parse()
	if *bare != "" {
		if err := serveBare(*bare); err != nil {
			fmt.Fprintln(os.Stderr, "bare:", err)
			os.Exit(1)
		}
		return
	}
	if *flat > 0 {
		if err := stayFlat(*binary, *flat); err != nil {
			fmt.Fprintln(os.Stderr, "bench-live:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(*binary, *seconds, *sustained, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench-live:", err)
		os.Exit(1)
	}
}

// row is one rate of one size of body.
type row struct {
	label         string
	records, each int // a second, and in one body
	seconds       int
	wanted        float64 // at most this many times the bare server's p99; 0: nothing is
	killed        bool    // and then started again on what it left
}

func run(binary string, seconds, sustained int, only string) error {
	rows := []row{
		{"1 record a body, 1,000/s", 1000, 1, seconds, 0, false},
		{"1 record a body, 2,500/s", 2500, 1, seconds, 0, false},
		{"1 record a body, 5,000/s", 5000, 1, seconds, 0, false},
		{"20 a body, 10,000/s", 10000, 20, seconds, 3, false},
		{"20 a body, 20,000/s", 20000, 20, sustained, 0, true},
	}
	lines, err := corpus()
	if err != nil {
		return err
	}
	fmt.Printf("open load on loopback, client and server on %d cores; latency from when a body is due to its answer\n\n", runtime.GOMAXPROCS(0))
	fmt.Printf("%-28s %-8s %9s %9s %9s %9s %10s %9s\n", "", "server", "p50 ms", "p99 ms", "p99.9 ms", "answered", "CPU-s/Mrec", "peak MiB")
	missed := false
	for _, r := range rows {
		if only != "" && r.label != only {
			continue
		}
		var p99 [2]time.Duration
		for i, start := range []func(string) (*server, error){startBare, func(dir string) (*server, error) { return startService(binary, dir) }} {
			m, err := measure(start, r, lines)
			if err != nil {
				return fmt.Errorf("%s: %w", r.label, err)
			}
			name := [...]string{"bare", "sekisho"}[i]
			fmt.Printf("%-28s %-8s %9s %9s %9s %8.2f%% %10.1f %9d\n", r.label, name, ms(m.at(0.5)), ms(m.at(0.99)), ms(m.at(0.999)),
				100*float64(m.answered)/float64(m.sent), m.cpu.Seconds()/float64(m.answered*r.each)*1e6, m.peak>>20)
			for _, note := range m.notes {
				fmt.Println("    " + note)
			}
			if m.ready > 0 {
				fmt.Printf("    killed after %d records, it was ready again after %.1f s, wanted within %.0f\n", m.answered*r.each, m.ready.Seconds(), readyWithin.Seconds())
				missed = missed || m.ready > readyWithin
			}
			p99[i] = m.at(0.99)
			if m.answered < m.sent {
				missed = true
			}
		}
		verdict := ""
		ratio := float64(p99[1]) / float64(max(p99[0], 1))
		if r.wanted > 0 {
			verdict = fmt.Sprintf(", wanted at most %g: met", r.wanted)
			if ratio > r.wanted {
				verdict, missed = fmt.Sprintf(", wanted at most %g: MISSED", r.wanted), true
			}
		}
		fmt.Printf("    p99 is %.1f times the bare server's%s\n", ratio, verdict)
	}
	if missed {
		return errors.New("a row is not as wanted, or not all of it was answered")
	}
	return nil
}

// flatWithin is by how much resident memory may grow over the second half of a run, or
// the last five minutes of a longer one, for it to count as flat: by the line that fits
// the samples best, as a part of their mean.
const flatWithin = 0.05

// flatLabel is the row that is there for its memory.
const flatLabel = "flat"

// flatOver is the most time of a run's end over which memory is looked at.
const flatOver = 5 * time.Minute

// stayFlat loads the service steadily, with records that are ever new and identities
// that are not, and fails where its memory goes on growing. What the heap holds is told
// and not judged: it goes up and down with each collection.
func stayFlat(binary string, seconds int) error {
	lines, err := corpus()
	if err != nil {
		return err
	}
	m, err := measure(func(dir string) (*server, error) { return startService(binary, dir) }, row{flatLabel, 5000, 20, seconds, 0, false}, lines)
	if err != nil {
		return err
	}
	fmt.Printf("%d records at 5,000 a second, 20 a body, for %d s: %.2f%% answered, p99 %s ms, peak %d MiB\n\n",
		m.sent*20, seconds, 100*float64(m.answered)/float64(m.sent), ms(m.at(0.99)), m.peak>>20)
	fmt.Printf("%8s %13s %9s\n", "second", "resident MiB", "heap MiB")
	next := time.Duration(0)
	for i, x := range m.memory {
		if x.at >= next || i == len(m.memory)-1 {
			fmt.Printf("%8.0f %13d %9d\n", x.at.Seconds(), x.resident>>20, x.heap>>20)
			next = x.at + time.Minute - time.Second
		}
	}
	for _, note := range m.notes {
		fmt.Println(note)
	}
	whole := time.Duration(seconds) * time.Second
	from := whole - min(flatOver, whole/2)
	var last []sample
	for _, x := range m.memory {
		if x.at >= from {
			last = append(last, x)
		}
	}
	if len(last) < 5 {
		return errors.New("too short to say anything: give at least 20 seconds")
	}
	slope, mean := fitted(last, func(x sample) int64 { return x.resident })
	span := (last[len(last)-1].at - last[0].at).Minutes()
	grown := slope * span / mean
	heapSlope, heapMean := fitted(last, func(x sample) int64 { return x.heap })
	fmt.Printf("\nover the last %.1f minutes resident memory goes by %+.2f MiB a minute, %+.1f%% in all (at most %+.0f%%); the heap by %+.2f MiB a minute, %+.1f%%\n",
		span, slope/(1<<20), 100*grown, 100*flatWithin, heapSlope/(1<<20), 100*heapSlope*span/max(heapMean, 1))
	if grown > flatWithin || m.answered < m.sent {
		return errors.New("memory is not flat, or not all was answered")
	}
	return nil
}

// fitted is the slope, in bytes a minute, of the line that has the least squares, and the
// mean.
func fitted(list []sample, of func(sample) int64) (slope, mean float64) {
	var t, y, ty, tt float64
	n := float64(len(list))
	for _, x := range list {
		at, v := x.at.Minutes(), float64(of(x))
		t, y, ty, tt = t+at, y+v, ty+at*v, tt+at*at
	}
	return (n*ty - t*y) / (n*tt - t*t), y / n
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/1e6) }

// corpus is some days of a made-up organisation's work, one record a line.
func corpus() ([][]byte, error) {
	w, err := sim.NewWorld(sim.WorldOptions{Seed: 3, Half: sim.Fitting, Start: time.Now().UTC().AddDate(0, 0, -1), Accounts: 4})
	if err != nil {
		return nil, err
	}
	var lines [][]byte
	for _, r := range w.Day(0) {
		lines = append(lines, r.Line)
	}
	return lines, nil
}

var eventID = regexp.MustCompile(`"eventID":"([0-9a-f-]{36})"`)
var eventTime = regexp.MustCompile(`"eventTime":"([0-9T:-]{19}Z)"`)

// template is a body whose ids and times are written anew before each send.
type template struct {
	text []byte
	ids  []int // where each begins
	when []int
}

func templates(lines [][]byte, each int) []template {
	var out []template
	for i := 0; i+each <= len(lines) && len(out) < 512; i += each {
		var t template
		for _, l := range lines[i : i+each] {
			base := len(t.text)
			t.text = append(append(t.text, l...), '\n')
			if m := eventID.FindSubmatchIndex(l); m != nil {
				t.ids = append(t.ids, base+m[2])
			}
			if m := eventTime.FindSubmatchIndex(l); m != nil {
				t.when = append(t.when, base+m[2])
			}
		}
		out = append(out, t)
	}
	return out
}

const hex = "0123456789abcdef"

// fresh is a copy of the template with ids that nobody has seen, and the present.
func (t *template) fresh(dst []byte, r *rand.Rand, now string) []byte {
	dst = append(dst[:0], t.text...)
	for _, at := range t.ids {
		for i, bits := 0, uint64(0); i < 36; i++ {
			if i%16 == 0 {
				bits = r.Uint64()
			}
			if c := dst[at+i]; c != '-' {
				dst[at+i] = hex[bits&15]
			}
			bits >>= 4
		}
	}
	for _, at := range t.when {
		copy(dst[at:], now)
	}
	return dst
}

type measured struct {
	all            []time.Duration
	sent, answered int
	cpu            time.Duration
	peak           int64
	memory         []sample
	ready          time.Duration // after a kill, 0 if there was none
	notes          []string
}

// sample is what the service's memory was at a time of the run; heap is what its objects
// took, 0 where it did not say.
type sample struct {
	at             time.Duration
	resident, heap int64
}

func (m *measured) at(q float64) time.Duration {
	if len(m.all) == 0 {
		return 0
	}
	return m.all[min(len(m.all)-1, int(q*float64(len(m.all))))]
}

// workers are how many bodies may be under way: more than the latency of any of
// them needs at these rates, so that the load stays open.
const workers = 256

func measure(start func(string) (*server, error), r row, lines [][]byte) (*measured, error) {
	dir, err := os.MkdirTemp("", "sekisho-bench-live-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s, err := start(dir)
	if err != nil {
		return nil, err
	}
	defer s.end()
	bodies := templates(lines, r.each)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers, MaxConnsPerHost: workers, DisableCompression: true}, Timeout: 30 * time.Second}
	m := &measured{}
	rate := float64(r.records) / float64(r.each)
	m.sent = int(rate * float64(r.seconds))
	took := make([]time.Duration, m.sent)
	type job struct {
		n   int
		due time.Time
	}
	jobs := make(chan job, m.sent) // what is due waits here, however long
	var answered atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 1))
			var buf []byte
			for j := range jobs {
				buf = bodies[j.n%len(bodies)].fresh(buf, rnd, j.due.UTC().Format("2006-01-02T15:04:05Z"))
				req, _ := http.NewRequest("POST", s.url, bytes.NewReader(buf))
				req.Header.Set("Authorization", "Bearer "+token)
				res, err := client.Do(req)
				if err == nil {
					_, err = io.Copy(io.Discard, res.Body)
					res.Body.Close()
					if err == nil && res.StatusCode != http.StatusAccepted {
						err = fmt.Errorf("status %s", res.Status)
					}
				}
				if err != nil {
					failed.Store(&err)
					continue
				}
				took[j.n] = time.Since(j.due)
				answered.Add(1)
			}
		})
	}
	begin := time.Now()
	watching := make(chan struct{})
	go func() { // how memory goes over a long row
		defer close(watching)
		for at := r.every(); at <= time.Duration(r.seconds)*time.Second; at += r.every() {
			time.Sleep(time.Until(begin.Add(at)))
			m.memory = append(m.memory, sample{at, s.resident(), s.heap()})
		}
	}()
	for n := range m.sent {
		due := begin.Add(time.Duration(float64(n) / rate * 1e9))
		if d := time.Until(due); d > 0 {
			time.Sleep(d)
		}
		jobs <- job{n, due}
	}
	close(jobs)
	wg.Wait()
	<-watching
	m.answered = int(answered.Load())
	for _, d := range took {
		if d > 0 {
			m.all = append(m.all, d)
		}
	}
	slices.Sort(m.all)
	if err := failed.Load(); err != nil {
		m.notes = append(m.notes, fmt.Sprintf("%d were not answered, the last: %v", m.sent-m.answered, *err))
	}
	if len(m.memory) > 2 && r.label != flatLabel {
		var list []int64
		for _, x := range m.memory {
			list = append(list, x.resident>>20)
		}
		m.notes = append(m.notes, fmt.Sprintf("resident MiB every %s: %v", r.every(), list))
	}
	m.peak = s.peak()
	if r.killed && !s.bare {
		if m.ready, err = s.killAndReturn(start, dir); err != nil {
			return nil, err
		}
	}
	m.cpu = s.end()
	return m, nil
}

// every is how often memory is looked at: each twenty seconds, and more often in a short
// row that is for nothing else.
func (r *row) every() time.Duration {
	if r.label != flatLabel {
		return 20 * time.Second
	}
	return min(20*time.Second, max(time.Second, time.Duration(r.seconds)*time.Second/20))
}

// killAndReturn kills the service, starts it again on what it left, and says after how
// long it is ready.
func (s *server) killAndReturn(start func(string) (*server, error), dir string) (time.Duration, error) {
	s.once.Do(func() {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		if st := s.cmd.ProcessState; st != nil {
			s.cpu = st.UserTime() + st.SystemTime()
		}
	})
	began := time.Now()
	again, err := start(dir)
	if err != nil {
		return 0, err
	}
	defer again.end()
	for url := strings.Replace(again.url, "/v1/ingest/aws-cloudtrail", "/readyz", 1); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if res, err := http.Get(url); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(began), nil
			}
		}
	}
	return 0, errors.New("it was not ready a minute after it was killed")
}

// readyWithin is how soon after a kill the service must be ready again.
const readyWithin = 10 * time.Second

// server is a process under load.
type server struct {
	cmd  *exec.Cmd
	url  string
	once sync.Once
	cpu  time.Duration
	bare bool
}

// end ends the process and returns the CPU time that it took.
func (s *server) end() time.Duration {
	s.once.Do(func() {
		s.cmd.Process.Signal(syscall.SIGTERM)
		s.cmd.Wait()
		if st := s.cmd.ProcessState; st != nil {
			s.cpu = st.UserTime() + st.SystemTime()
		}
	})
	return s.cpu
}

func (s *server) status(key string) int64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}

var heapInUse = regexp.MustCompile(`(?m)^go_memstats_heap_inuse_bytes (\S+)$`)

// heap is what the service says of its heap, 0 where it says nothing.
func (s *server) heap() int64 {
	if s.bare {
		return 0
	}
	r, err := http.NewRequest("GET", strings.Replace(s.url, "/v1/ingest/aws-cloudtrail", "/metrics", 1), nil)
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+token+"-admin")
	res, err := (&http.Client{Timeout: 5 * time.Second}).Do(r)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if found := heapInUse.FindSubmatch(text); found != nil {
		n, _ := strconv.ParseFloat(string(found[1]), 64)
		return int64(n)
	}
	return 0
}

func (s *server) resident() int64 { return s.status("VmRSS") }
func (s *server) peak() int64     { return s.status("VmHWM") }

var address = regexp.MustCompile(`address=(http://\S+)`)

// launch starts a process and waits for the address that it prints.
func launch(cmd *exec.Cmd, path string) (*server, error) {
	out, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	found := make(chan string, 1)
	go func() {
		var seen []byte
		buf := make([]byte, 4096)
		told := false
		for {
			n, err := out.Read(buf)
			if !told {
				seen = append(seen, buf[:n]...)
				if m := address.FindSubmatch(seen); m != nil {
					found <- string(m[1])
					told = true
				}
			}
			if err != nil {
				return
			}
		}
	}()
	select {
	case url := <-found:
		return &server{cmd: cmd, url: url + path}, nil
	case <-time.After(20 * time.Second):
		cmd.Process.Kill()
		return nil, errors.New("the server did not say where it listens")
	}
}

func startService(binary, dir string) (*server, error) {
	cmd := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
	cmd.Env = append(os.Environ(), "SEKISHO_INGEST_TOKEN="+token, "SEKISHO_ADMIN_TOKEN="+token+"-admin")
	return launch(cmd, "/v1/ingest/aws-cloudtrail")
}

func startBare(dir string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	x, err := launch(exec.Command(self, "-bare", filepath.Join(dir, "bodies")), "/")
	if x != nil {
		x.bare = true
	}
	return x, err
}

// serveBare appends bodies to a file and answers when they are synced; those that
// wait together are synced together.
func serveBare(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	type write struct {
		body []byte
		done chan error
	}
	in := make(chan write, 1024)
	go func() {
		for first := range in {
			group := []write{first}
		more:
			for len(group) < 512 {
				select {
				case w := <-in:
					group = append(group, w)
				default:
					break more
				}
			}
			var all []byte
			for _, w := range group {
				all = append(all, w.body...)
			}
			_, err := f.Write(all)
			if err == nil {
				err = f.Sync()
			}
			for _, w := range group {
				w.done <- err
			}
		}
	}()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "address=http://%s\n", l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			x := write{body, make(chan error, 1)}
			in <- x
			err = <-x.done
		}
		if err != nil {
			w.WriteHeader(500)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}))
}
