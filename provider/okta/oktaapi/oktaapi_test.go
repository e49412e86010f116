package oktaapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/provider/poll"
)

const token = "00planted-secret-of-a-test"

// organization is a small model of the System Log API.
type organization struct {
	mu       sync.Mutex
	events   []event // in the order in which they were stored
	epoch    int     // of cursors: those of an earlier one are no longer known
	refuse   []int   // the next answers
	cut      bool    // the next answer breaks off
	requests int
	wrong    string // what was asked otherwise than the API wants it
}

type event struct {
	id                string
	published, stored time.Time
}

func (o *organization) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests++
	q := r.URL.Query()
	if r.Method != "GET" || r.URL.Path != "/api/v1/logs" || q.Get("sortOrder") != "ASCENDING" || q.Has("until") {
		o.wrong = r.Method + " " + r.URL.String()
	}
	if r.Header.Get("Authorization") != "SSWS "+token {
		fail(w, 401, "E0000011", "Invalid token provided")
		return
	}
	if len(o.refuse) > 0 {
		status := o.refuse[0]
		o.refuse = o.refuse[1:]
		if status == 429 {
			w.Header().Set("X-Rate-Limit-Limit", "60")
			w.Header().Set("X-Rate-Limit-Remaining", "0")
			w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Unix()+1, 10))
		}
		fail(w, status, "E0000047", "API call exceeded rate limit due to too many requests. "+token)
		return
	}
	since, err := time.Parse(time.RFC3339, q.Get("since"))
	limit, err2 := strconv.Atoi(q.Get("limit"))
	if err != nil || err2 != nil || limit < 1 || limit > 1000 {
		fail(w, 400, "E0000001", "Api validation failed: since or limit")
		return
	}
	at := 0
	if after := q.Get("after"); after != "" {
		var epoch int
		if n, _ := fmt.Sscanf(after, "%d_%d", &epoch, &at); n != 2 || epoch != o.epoch {
			fail(w, 400, "E0000031", "Invalid search criteria: after")
			return
		}
	} else {
		for at < len(o.events) && o.events[at].stored.Before(since) {
			at++
		}
	}
	var text strings.Builder
	text.WriteString("[")
	for n := 0; at < len(o.events) && n < limit; n++ {
		if n > 0 {
			text.WriteString(",")
		}
		e := o.events[at]
		fmt.Fprintf(&text, `{"uuid":%q,"published":%q,"eventType":"user.session.start","target":[{"id":"00u1"}]}`, e.id, e.published.Format("2006-01-02T15:04:05.000Z"))
		at++
	}
	text.WriteString("]")
	w.Header().Add("Link", fmt.Sprintf(`<http://%s%s>; rel="self"`, r.Host, r.URL))
	w.Header().Add("Link", fmt.Sprintf(`<http://%s/api/v1/logs?since=%s&limit=%d&after=%d_%d>; rel="next"`, r.Host, q.Get("since"), limit, o.epoch, at))
	out := text.String()
	if o.cut {
		o.cut = false
		out = out[:len(out)/2]
	}
	fmt.Fprint(w, out)
}

func fail(w http.ResponseWriter, status int, code, summary string) {
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"errorCode": code, "errorSummary": summary})
}

// add stores an event that was published a while before.
func (o *organization) add(id string, stored time.Time, late time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, event{id, stored.Add(-late).UTC(), stored.UTC()})
}

// source reads an organization.
func source(t *testing.T, address, token string) *poll.Log {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := New(Options{Address: address, TokenFile: file, pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// ids are those of a batch.
func ids(t *testing.T, b ingest.Batch) (out []string) {
	t.Helper()
	for _, p := range b.Parcels {
		var list []struct{ UUID string }
		if err := json.Unmarshal(p.Raw, &list); err != nil || p.Format != Format || p.Path != ingest.PathPoll {
			t.Fatalf("%+v: %v", p, err)
		}
		for _, r := range list {
			out = append(out, r.UUID)
		}
	}
	return out
}

// TestRead: pages to the end, each event once and in order; what comes later comes too,
// also where it was late to be stored; the one before the look-back does not.
func TestRead(t *testing.T) {
	var o organization
	server := httptest.NewServer(&o)
	defer server.Close()
	now := time.Now()
	o.add("old", now.Add(-25*time.Hour), 0)
	for i := range 2500 {
		o.add(fmt.Sprint(i), now.Add(-time.Hour), 0)
	}
	l := source(t, server.URL, token)
	var got []string
	var cursor ingest.Cursor
	read := func() {
		t.Helper()
		b, err := l.Read(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ids(t, b)...)
		if cursor = b.Next; b.Settle != nil {
			b.Settle(t.Context())
		}
	}
	for range 4 {
		read()
	}
	if o.requests != 4 || len(got) != 2500 {
		t.Fatalf("%d events by %d requests", len(got), o.requests)
	}
	o.add("2500", now, 30*time.Minute)
	l = source(t, server.URL, token) // a restart
	read()
	for i, id := range got {
		if id != fmt.Sprint(i) {
			t.Fatalf("%d. is %s", i, id)
		}
	}
	if len(got) != 2501 || o.wrong != "" {
		t.Errorf("%d events; %s", len(got), o.wrong)
	}
}

// TestNothingLost: with restarts, expired cursors, limits and broken answers at random,
// each event comes, and twice only what was not durable or stood before an expired cursor.
func TestNothingLost(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 7))
		var o organization
		server := httptest.NewServer(&o)
		l := source(t, server.URL, token)
		at := time.Now().Add(-2 * time.Hour)
		seen := map[string]int{}
		var cursor ingest.Cursor
		made, excused := 0, 0
		limited := seed > 0 // it takes a second
		for step := 0; step < 300 || len(seen) < made; step++ {
			if step > 3000 {
				t.Fatalf("seed %d: %d of %d came", seed, len(seen), made)
			}
			if step < 300 {
				for range rng.IntN(30) {
					o.add(fmt.Sprint(made), at, time.Duration(rng.IntN(600))*time.Second)
					made++
					at = at.Add(time.Duration(rng.IntN(1000)) * time.Millisecond)
				}
			}
			switch rng.IntN(40) {
			case 0:
				l = source(t, server.URL, token)
			case 1:
				o.epoch++
				excused += 5000
			case 2:
				o.cut = true
			case 3:
				o.refuse = []int{500}
			case 4:
				if !limited {
					limited, o.refuse = true, []int{429}
				}
			}
			b, err := l.Read(t.Context(), cursor)
			if err != nil {
				var wait *ingest.Wait
				if errors.As(err, &wait) {
					time.Sleep(wait.For)
				}
				if strings.Contains(err.Error(), token) {
					t.Fatal(err)
				}
				continue
			}
			if rng.IntN(20) == 0 { // what was read is lost in a crash
				l = source(t, server.URL, token)
				continue
			}
			for _, id := range ids(t, b) {
				if seen[id]++; seen[id] > 1 {
					excused--
				}
			}
			if cursor = b.Next; b.Settle != nil {
				b.Settle(t.Context())
			}
		}
		if excused < 0 || o.wrong != "" || made == 0 {
			t.Errorf("seed %d: %d came twice; %s", seed, -excused, o.wrong)
		}
		server.Close()
	}
}

// TestExpired: a cursor that is no longer known is told, and reading goes on before the
// newest event.
func TestExpired(t *testing.T) {
	var o organization
	server := httptest.NewServer(&o)
	defer server.Close()
	now := time.Now()
	o.add("a", now.Add(-time.Hour), 0)
	o.add("b", now.Add(-time.Minute), 0)
	l := source(t, server.URL, token)
	first, err := l.Read(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	o.epoch++
	o.add("c", now, 0)
	l = source(t, server.URL, token)
	told, err := l.Read(t.Context(), first.Next)
	if err != nil || len(told.Failed) != 1 || !strings.Contains(told.Failed[0].Err.Error(), "no longer known") || len(told.Parcels) != 0 {
		t.Fatalf("%+v %v", told, err)
	}
	again, err := l.Read(t.Context(), told.Next)
	if got := fmt.Sprint(ids(t, again)); err != nil || got != "[b c]" {
		t.Errorf("%s %v", got, err)
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
	if told := source(t, server.URL, "another").Check(t.Context()); len(told) != 1 || !strings.Contains(told[0], `"E0000011 Invalid token provided"; the token is unknown`) {
		t.Errorf("%q", told)
	}
	for status, want := range map[int]string{400: "see the System Log API", 404: "correct okta", 429: "asked again in"} {
		o.refuse = []int{status}
		if told := source(t, server.URL, token).Check(t.Context()); len(told) != 1 || !strings.Contains(told[0], want) || strings.Contains(told[0], token) {
			t.Errorf("%d: %q", status, told)
		}
	}
	if text := next(&poll.Refusal{Status: 403}, "f"); !strings.Contains(text, "read-only administrator") {
		t.Error(text)
	}
	for _, address := range []string{"example.okta.com", "https://", "https://example.okta.com/api", "http://example.okta.com"} {
		if _, err := New(Options{Address: address, TokenFile: "x"}); err == nil {
			t.Errorf("%s is taken", address)
		}
	}
	l, err := New(Options{Address: "https://Example.okta.com/", TokenFile: "x"})
	if err != nil || l.Name() != "okta:example.okta.com" {
		t.Errorf("%v %v", l, err)
	}
}
