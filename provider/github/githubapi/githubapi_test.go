package githubapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/provider/poll"
)

const token = "ghp_planted-secret-of-a-test"

// organization is a small model of the audit log's API.
type organization struct {
	mu       sync.Mutex
	events   []event   // in the order of the log, which is that of their times
	now      time.Time // by its clock
	epoch    int       // of cursors: those of an earlier one are no longer known
	refuse   []int
	requests int
	wrong    string
}

type event struct {
	at int64 // milliseconds
	id string
}

func (e event) compare(o event) int { return cmp.Or(cmp.Compare(e.at, o.at), cmp.Compare(e.id, o.id)) }

func (o *organization) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests++
	w.Header().Set("Date", o.now.UTC().Format(http.TimeFormat))
	q := r.URL.Query()
	if r.Method != "GET" || r.URL.Path != "/orgs/example/audit-log" || q.Get("order") != "asc" || q.Get("include") != "all" || r.Header.Get("X-GitHub-Api-Version") != "2022-11-28" {
		o.wrong = r.Method + " " + r.URL.String()
	}
	if r.Header.Get("Authorization") != "Bearer "+token {
		fail(w, 401, "Bad credentials")
		return
	}
	if len(o.refuse) > 0 {
		status := o.refuse[0]
		o.refuse = o.refuse[1:]
		if status == 429 {
			w.Header().Set("Retry-After", "1")
		}
		fail(w, status, "no, "+token)
		return
	}
	phrase, ok := strings.CutPrefix(q.Get("phrase"), "created:>=")
	since, err := time.Parse("2006-01-02T15:04:05Z", phrase)
	size, err2 := strconv.Atoi(q.Get("per_page"))
	if !ok || err != nil || err2 != nil || size < 1 || size > 100 {
		fail(w, 422, "Validation failed")
		return
	}
	begin := event{at: since.UnixMilli()}
	if after := q.Get("after"); after != "" {
		var epoch int
		if n, _ := fmt.Sscanf(after, "%d|%d|%s", &epoch, &begin.at, &begin.id); n != 3 || epoch != o.epoch {
			fail(w, 422, "The cursor is invalid")
			return
		}
		begin.id += "\x00" // behind it
	}
	i, _ := slices.BinarySearchFunc(o.events, begin, event.compare)
	list := o.events[i:]
	more := len(list) > size
	list = list[:min(size, len(list))]
	if more {
		last := list[len(list)-1]
		// The link is under another path than the question, as GitHub has it.
		w.Header().Set("Link", fmt.Sprintf(`<http://%s/organizations/7/audit-log?per_page=%d&after=%s>; rel="next", <http://%[1]s/x>; rel="first"`, r.Host, size,
			url.QueryEscape(fmt.Sprintf("%d|%d|%s", o.epoch, last.at, last.id))))
	}
	out := []map[string]any{}
	for _, e := range list {
		out = append(out, map[string]any{"@timestamp": e.at, "created_at": e.at - 1000, "_document_id": e.id, "action": "hook.create", "events": []string{"push"}})
	}
	json.NewEncoder(w).Encode(out)
}

func fail(w http.ResponseWriter, status int, message string) {
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"message": message})
}

// add puts an event into the log at its time.
func (o *organization) add(id string, at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := event{at.UnixMilli(), id}
	i, _ := slices.BinarySearchFunc(o.events, e, event.compare)
	o.events = slices.Insert(o.events, i, e)
}

func source(t *testing.T, address, token string) *poll.Log {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := New(Options{Owner: "example", Endpoint: address, TokenFile: file, pause: time.Microsecond, sweep: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func ids(t *testing.T, b ingest.Batch) (out []string) {
	t.Helper()
	for _, p := range b.Parcels {
		var list []struct {
			ID string `json:"_document_id"`
		}
		if err := json.Unmarshal(p.Raw, &list); err != nil || p.Format != Format || p.Path != ingest.PathPoll {
			t.Fatalf("%+v: %v", p, err)
		}
		for _, r := range list {
			out = append(out, r.ID)
		}
	}
	return out
}

// TestNothingLost: events that come late behind others, restarts, crashes, expired
// cursors and refusals at random: each event comes, and twice only what came again
// after a restart.
func TestNothingLost(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 9))
		var o organization
		server := httptest.NewServer(&o)
		l := source(t, server.URL, token)
		at := time.Now().Add(-10 * time.Hour)
		seen := map[string]int{}
		var cursor ingest.Cursor
		made, restarts, twice := 0, 0, 0
		for step := 0; step < 500 || len(seen) < made; step++ {
			if step > 5000 {
				t.Fatalf("seed %d: %d of %d came", seed, len(seen), made)
			}
			if step < 500 {
				for range rng.IntN(12) {
					o.now = at
					late := time.Duration(0)
					if rng.IntN(5) == 0 {
						late = time.Duration(rng.IntN(8)) * time.Minute
					}
					o.add(fmt.Sprint(made), at.Add(-late))
					made++
					at = at.Add(time.Duration(rng.IntN(3000)) * time.Millisecond)
				}
			}
			switch rng.IntN(40) {
			case 0:
				l = source(t, server.URL, token)
				restarts++
			case 1:
				o.epoch++
			case 2:
				o.refuse = []int{502}
			}
			b, err := l.Read(t.Context(), cursor)
			if err != nil {
				if strings.Contains(err.Error(), token) {
					t.Fatal(err)
				}
				continue
			}
			if rng.IntN(20) == 0 { // what was read is lost in a crash
				l = source(t, server.URL, token)
				restarts++
				continue
			}
			for _, id := range ids(t, b) {
				if seen[id]++; seen[id] > 1 {
					twice++
				}
			}
			if cursor = b.Next; b.Settle != nil {
				b.Settle(t.Context())
			}
		}
		// In ten minutes there are some two thousand events at most.
		if twice > restarts*2000 || o.wrong != "" || made == 0 {
			t.Errorf("seed %d: %d came twice after %d restarts; %s", seed, twice, restarts, o.wrong)
		}
		server.Close()
	}
}

// TestIdle: a log in which nothing happens brings nothing again, and what then happens
// comes, also behind what is there.
func TestIdle(t *testing.T) {
	o := organization{now: time.Now()}
	server := httptest.NewServer(&o)
	defer server.Close()
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	for i := range 250 {
		o.add(fmt.Sprint(i), at.Add(time.Duration(i)*time.Second))
	}
	o.add("future", time.Now().Add(24*time.Hour)) // a clock that is ahead moves nothing
	l := source(t, server.URL, token)
	var got []string
	var cursor ingest.Cursor
	for i := range 60 {
		if i == 30 {
			if len(got) != 251 {
				t.Fatalf("%d came", len(got))
			}
			o.add("late", at.Add(200*time.Second))
			o.add("new", time.Now())
		}
		b, err := l.Read(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ids(t, b)...)
		if cursor = b.Next; b.Settle != nil {
			b.Settle(t.Context())
		}
		time.Sleep(time.Millisecond)
	}
	slices.Sort(got)
	if n := len(slices.Compact(slices.Clone(got))); n != 253 || len(got) != 253 {
		t.Errorf("%d came, %d of them different", len(got), n)
	}
}

// TestRefusals: each says what to do, and none repeats the token.
func TestRefusals(t *testing.T) {
	var o organization
	server := httptest.NewServer(&o)
	defer server.Close()
	if told := source(t, server.URL, token).Check(t.Context()); told != nil {
		t.Errorf("%q", told)
	}
	if told := source(t, server.URL, "another").Check(t.Context()); len(told) != 1 || !strings.Contains(told[0], `"Bad credentials"; the token is unknown`) {
		t.Errorf("%q", told)
	}
	for status, want := range map[int]string{403: "read:audit_log", 404: "GitHub Enterprise", 422: "see the documentation", 429: "asked again in"} {
		o.refuse = []int{status}
		if told := source(t, server.URL, token).Check(t.Context()); len(told) != 1 || !strings.Contains(told[0], want) || strings.Contains(told[0], token) {
			t.Errorf("%d: %q", status, told)
		}
	}
}

// TestNames: what has an audit log, and how each is named.
func TestNames(t *testing.T) {
	for _, tt := range []struct{ owner, endpoint, want string }{
		{"Example", "", "github:orgs/example"},
		{"enterprises/example", "", "github:enterprises/example"},
		{"example", "https://git.example.com/api/v3/", "github:orgs/example@git.example.com"},
		{"", "", ""}, {"a/b", "", ""}, {"../x", "", ""}, {"a?b", "", ""}, {"enterprises/", "", ""}, {"a b", "", ""},
		{"example", "http://git.example.com", ""}, {"example", "git.example.com", ""},
	} {
		l, err := New(Options{Owner: tt.owner, Endpoint: tt.endpoint, TokenFile: "x"})
		if (err == nil) != (tt.want != "") || err == nil && l.Name() != tt.want {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// TestWhen: the time by which the log is in order.
func TestWhen(t *testing.T) {
	want := time.UnixMilli(1767225600123)
	for record, ok := range map[string]bool{
		`{"@timestamp":1767225600123,"created_at":1}`: true, `{"created_at":1767225600123}`: true, `{"@timestamp":"1767225600123"}`: true, `{"@timestamp":null,"created_at":1767225600123}`: true,
		`{}`: false, `7`: false, `{"@timestamp":{}}`: false, `{"@timestamp":-1}`: false,
	} {
		if got := when([]byte(record)); got.Equal(want) != ok || !ok && !got.IsZero() {
			t.Errorf("%s: %s", record, got)
		}
	}
}
