package console_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/console"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/sim"
	"github.com/sekisho/sekisho/store"
	"github.com/sekisho/sekisho/view"
)

const (
	ingestToken    = "ingest-token-of-a-test"
	viewToken      = "viewer-token-of-a-test"
	responderToken = "responder-token-of-a-test"
	adminToken     = "admin-token-of-a-test"
)

// setUp runs a service until the test ends, and says how it is to be answered for.
func setUp(t *testing.T, more func(*live.Options)) console.Options {
	t.Helper()
	db, err := store.Open("data", store.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	views, err := view.Open(filepath.Join(t.TempDir(), "views.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	list := []normalize.Format{aws.CloudTrail()}
	o := live.Options{Formats: list, Now: time.Now, Effects: views.Effects, Feeds: views.Feeds}
	if more != nil {
		more(&o)
	}
	s, err := live.New(db, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := views.Close(); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	return console.Options{Live: s, View: views, Formats: list, Metrics: console.Metrics(s, db, nil), Tokens: []console.Token{
		console.NewToken("in", console.RoleIngest, ingestToken), console.NewToken("eyes", console.RoleViewer, viewToken),
		console.NewToken("hands", console.RoleResponder, responderToken), console.NewToken("boss", console.RoleAdmin, adminToken)}}
}

// served is a service that answers at an address until the test ends.
func served(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(console.New(setUp(t, nil)))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

func do(t *testing.T, method, url, token string, body []byte) (int, http.Header, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, b
}

// attack is a made-up takeover, one record a line.
func attack(t *testing.T) [][]byte {
	t.Helper()
	begins := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	w, err := sim.NewWorld(sim.WorldOptions{Seed: 5, Half: sim.Fitting, Start: begins, Accounts: 1})
	if err != nil {
		t.Fatal(err)
	}
	all := w.Day(0)
	played, _, err := w.Play("key-to-administrator", 5, begins.AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	for _, r := range sim.Merge(all, played) {
		lines = append(lines, r.Line)
	}
	return lines
}

// TestDeliverAndSee: what is delivered is answered with what became of it, comes a
// second time as a duplicate, and what was decided is seen within a second.
func TestDeliverAndSee(t *testing.T) {
	url := served(t)
	lines := attack(t)
	in := url + "/v1/ingest/aws-cloudtrail"
	status, _, body := do(t, "POST", in, ingestToken, bytes.Join(append(slices.Clone(lines), []byte(`{"no":"record"}`)), []byte("\n")))
	want := fmt.Sprintf(`{"accepted":%d,"duplicates":0,"unreadable":1}`, len(lines))
	if status != 202 || strings.TrimSpace(string(body)) != want {
		t.Fatalf("%d %s, want %s", status, body, want)
	}
	answered := time.Now()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprintf(z, `{"Records":[%s]}`, bytes.Join(lines, []byte(",")))
	z.Close()
	if status, _, body = do(t, "POST", in, ingestToken, packed.Bytes()); status != 202 || !strings.Contains(string(body), fmt.Sprintf(`"accepted":0,"duplicates":%d`, len(lines))) {
		t.Errorf("again, packed: %d %s", status, body)
	}
	var page struct {
		Incidents []struct{ ID, Severity string }
		Next      string
	}
	for {
		status, _, body = do(t, "GET", url+"/v1/incidents?severity=medium", viewToken, nil)
		if err := json.Unmarshal(body, &page); err != nil || status != 200 {
			t.Fatalf("%d %s %v", status, body, err)
		}
		if len(page.Incidents) > 0 {
			break
		}
		if time.Since(answered) > time.Second {
			t.Fatal("a second after the answer the incident is not there")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if status, _, body = do(t, "GET", url+"/v1/incidents/"+page.Incidents[0].ID, viewToken, nil); status != 200 || !bytes.Contains(body, []byte(page.Incidents[0].ID)) {
		t.Errorf("%d %s", status, body)
	}
	// Page by page it is the same as at once.
	all := func(limit int) (ids []string) {
		cursor := ""
		for {
			_, _, body := do(t, "GET", fmt.Sprintf("%s/v1/incidents?limit=%d&cursor=%s", url, limit, cursor), viewToken, nil)
			page.Incidents = nil
			if err := json.Unmarshal(body, &page); err != nil {
				t.Fatalf("%s %v", body, err)
			}
			for _, in := range page.Incidents {
				ids = append(ids, in.ID)
			}
			if cursor = page.Next; cursor == "" {
				return ids
			}
		}
	}
	if one, many := all(1), all(1000); !slices.Equal(one, many) || len(one) < 2 {
		t.Errorf("one by one %v, at once %v", one, many)
	}
	status, _, body = do(t, "GET", url+"/metrics", viewToken, nil)
	if status != 200 || !bytes.Contains(body, []byte(fmt.Sprintf("sekisho_records_accepted_total %d", len(lines)))) || bytes.Contains(body, []byte("arn:")) {
		t.Errorf("metrics %d:\n%s", status, body)
	}
}

// TestStream: who follows sees each incident as it changes, and goes on where the
// connection was lost.
func TestStream(t *testing.T) {
	url := served(t)
	lines := attack(t)
	follow := func(last string) (*bufio.Scanner, func()) {
		r, _ := http.NewRequest("GET", url+"/v1/stream", nil)
		r.Header.Set("Authorization", "Bearer "+viewToken)
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%v %v", res, err)
		}
		in := bufio.NewScanner(res.Body)
		in.Buffer(nil, 1<<20)
		return in, func() { res.Body.Close() }
	}
	next := func(in *bufio.Scanner) (id, data string) {
		for in.Scan() {
			if x, ok := strings.CutPrefix(in.Text(), "id: "); ok {
				id = x
			}
			if x, ok := strings.CutPrefix(in.Text(), "data: "); ok {
				return id, x
			}
		}
		t.Fatalf("the feed ended: %v", in.Err())
		return "", ""
	}
	live, leave := follow("")
	live.Scan() // the greeting: from here on nothing is missed
	if status, _, body := do(t, "POST", url+"/v1/ingest/aws-cloudtrail", ingestToken, bytes.Join(lines, []byte("\n"))); status != 202 {
		t.Fatalf("%d %s", status, body)
	}
	first, data := next(live)
	if !json.Valid([]byte(data)) || first == "" {
		t.Fatalf("id %q data %s", first, data)
	}
	second, _ := next(live)
	leave()
	again, leave := follow(first)
	defer leave()
	if id, _ := next(again); id != second {
		t.Errorf("after %s comes %s, was %s", first, id, second)
	}
}

// TestRefused: each wrong request has its status and says what to do; no request
// is answered with 500.
func TestRefused(t *testing.T) {
	url := served(t)
	record := attack(t)[0]
	bomb := func() []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.Copy(z, io.LimitReader(zeros{}, ingest.BodyMax+2))
		z.Close()
		return b.Bytes()
	}()
	for _, tt := range []struct {
		name, method, path, token string
		body                      []byte
		status                    int
	}{
		{"no token", "POST", "/v1/ingest/aws-cloudtrail", "", record, 401},
		{"a wrong one", "POST", "/v1/ingest/aws-cloudtrail", "x", record, 401},
		{"one that may only look", "POST", "/v1/ingest/aws-cloudtrail", viewToken, record, 403},
		{"one that may only deliver", "GET", "/v1/incidents", ingestToken, nil, 403},
		{"an administrator may both", "POST", "/v1/ingest/aws-cloudtrail", adminToken, record, 202},
		{"no such source", "POST", "/v1/ingest/azure", ingestToken, record, 404},
		{"nothing that parses", "POST", "/v1/ingest/aws-cloudtrail", ingestToken, []byte("hello"), 400},
		{"an empty body", "POST", "/v1/ingest/aws-cloudtrail", ingestToken, nil, 400},
		{"half a gzip", "POST", "/v1/ingest/aws-cloudtrail", ingestToken, bomb[:100], 400},
		{"too large", "POST", "/v1/ingest/aws-cloudtrail", ingestToken, make([]byte, ingest.BodyMax+1), 413},
		{"too large when inflated", "POST", "/v1/ingest/aws-cloudtrail", ingestToken, bomb, 413},
		{"a limit that is none", "GET", "/v1/incidents?limit=0", viewToken, nil, 400},
		{"a limit that is too much", "GET", "/v1/incidents?limit=1001", viewToken, nil, 400},
		{"a time that is none", "GET", "/v1/incidents?since=yesterday", viewToken, nil, 400},
		{"a cursor that is none", "GET", "/v1/incidents?cursor='--", viewToken, nil, 400},
		{"a severity that is none", "GET", "/v1/incidents?severity=dire", viewToken, nil, 400},
		{"no such incident", "GET", "/v1/incidents/inc-0", viewToken, nil, 404},
		{"another method", "DELETE", "/v1/incidents", adminToken, nil, 405},
		{"no such path", "GET", "/v2/incidents", adminToken, nil, 404},
		{"metrics without a token", "GET", "/metrics", "", nil, 401},
		{"health needs none", "GET", "/healthz", "", nil, 200},
	} {
		status, header, body := do(t, tt.method, url+tt.path, tt.token, tt.body)
		if status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, status, body, tt.status)
		}
		if status >= 400 {
			var p struct{ Title, Detail string }
			if err := json.Unmarshal(body, &p); err != nil || p.Title == "" || p.Detail == "" || header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: no problem object: %s", tt.name, body)
			}
		}
		if strings.Contains(string(body), ingestToken) {
			t.Errorf("%s: the answer holds a token", tt.name)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestEventHook: a sender that asks whether it is to deliver here is told so, if it may
// deliver; what it then delivers is in an envelope of its own.
func TestEventHook(t *testing.T) {
	o := setUp(t, nil)
	o.Challenges = []console.Challenge{{Header: "X-Hook-Challenge", Answer: "answer"}}
	o.Webhooks = []console.Webhook{{Name: "relay", Header: "X-Signature-256", Secret: []byte("x")}}
	server := httptest.NewServer(console.New(o))
	defer server.Close()
	for _, tt := range []struct {
		name, path, token, header, value string
		status                           int
		want                             string
	}{
		{"asked", "any", ingestToken, "X-Hook-Challenge", `a"b<c>`, 200, `{"answer":"a\"b<c>"}`},
		{"asked of one kind", "aws-cloudtrail", adminToken, "x-hook-challenge", "v", 200, `{"answer":"v"}`},
		{"asked by a stranger", "any", "", "X-Hook-Challenge", "v", 401, "a token is needed"},
		{"asked with a signature of nothing", "any", "", "X-Signature-256", strings.Repeat("00", 32), 401, "a token is needed"},
		{"asked with a wrong token", "any", "x", "X-Hook-Challenge", "v", 401, "not known"},
		{"asked by one who may only look", "any", viewToken, "X-Hook-Challenge", "v", 403, "may not do this"},
		{"asked for no kind", "azure", ingestToken, "X-Hook-Challenge", "v", 404, "no source of that name"},
		{"asked otherwise", "any", ingestToken, "X-Other-Challenge", "v", 400, "deliver records by POST"},
		{"asked too much", "any", ingestToken, "X-Hook-Challenge", strings.Repeat("v", 1025), 400, "deliver records by POST"},
	} {
		r, _ := http.NewRequest("GET", server.URL+"/v1/ingest/"+tt.path, nil)
		if r.Header.Set(tt.header, tt.value); tt.token != "" {
			r.Header.Set("Authorization", "Bearer "+tt.token)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != tt.status || !strings.Contains(string(body), tt.want) {
			t.Errorf("%s: %d %s", tt.name, res.StatusCode, body)
		}
	}
	lines := attack(t)[:3]
	for _, tt := range []struct{ name, body, want string }{
		{"a hook", `{"eventType":"com.example.event_hook","data":{"events":[` + string(lines[0]) + "," + string(lines[1]) + `]},"eventTime":"x"}`, `{"accepted":2,"duplicates":0,"unreadable":0}`},
		{"a collector", `{"time":1,"event":` + string(lines[1]) + `}{"event":` + string(lines[2]) + "}", `{"accepted":1,"duplicates":1,"unreadable":0}`},
	} {
		if status, _, body := do(t, "POST", server.URL+"/v1/ingest/any", ingestToken, []byte(tt.body)); status != 202 || strings.TrimSpace(string(body)) != tt.want {
			t.Errorf("%s: %d %s", tt.name, status, body)
		}
	}
}

// TestContract: the contract names exactly the operations that there are, and who
// needs a token for them.
func TestContract(t *testing.T) {
	var spec struct {
		Paths map[string]map[string]struct {
			Security  *[]any
			Responses map[string]any
		}
	}
	if err := yaml.Unmarshal(console.OpenAPI, &spec); err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for path, methods := range spec.Paths {
		for method, op := range methods {
			open := op.Security != nil && len(*op.Security) == 0
			said[fmt.Sprint(strings.ToUpper(method), " ", path, " ", !open)] = true
			if _, has := op.Responses["401"]; has == open {
				t.Errorf("%s %s: 401 and security disagree", method, path)
			}
		}
	}
	for _, r := range console.New(console.Options{}).Routes() {
		key := fmt.Sprint(r.Pattern, " ", r.Need != "")
		if !said[key] {
			t.Errorf("the contract does not say %s", key)
		}
		delete(said, key)
	}
	for key := range said {
		t.Errorf("the contract says %s, and there is no such operation", key)
	}
}

// TestCheck: what others can reach needs TLS and tokens.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		address string
		tls     bool
		tokens  int
		ok      bool
	}{
		{"127.0.0.1:8600", false, 0, true}, {"[::1]:8600", false, 2, true}, {"localhost:8600", false, 0, true},
		{"0.0.0.0:8600", false, 2, false}, {":8600", false, 2, false}, {"10.0.0.1:8600", true, 0, false}, {"10.0.0.1:8600", true, 2, true},
		{"127.0.0.1.evil.example:8600", false, 2, false}, {"8600", false, 2, false},
	} {
		if err := console.Check(tt.address, tt.tls, tt.tokens); (err == nil) != tt.ok {
			t.Errorf("%s tls %v tokens %d: %v", tt.address, tt.tls, tt.tokens, err)
		}
	}
}

// TestTokens: hashes are read back, anything else is named; a token is nowhere in
// what is printed of it.
func TestTokens(t *testing.T) {
	a := console.NewToken("x", console.RoleAdmin, "secret-secret-secret")
	if regexp.MustCompile("secret-secret").MatchString(fmt.Sprintf("%+v", a)) {
		t.Error("a token prints itself")
	}
	b, err := console.TokenFromHash("x", console.RoleAdmin, fmt.Sprintf("%x", a.Hash))
	if err != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%v", err)
	}
	if _, err := console.TokenFromHash("x", console.RoleAdmin, "abc"); err == nil {
		t.Error("three letters are no hash")
	}
}

// TestSlow: many clients that send nothing hold up nobody.
func TestSlow(t *testing.T) {
	url := served(t)
	address := strings.TrimPrefix(url, "http://")
	for range 300 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "POST /v1/ingest/aws-cloudtrail HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+ingestToken+"\r\nContent-Length: 1000\r\n\r\n{")
	}
	if status, _, body := do(t, "POST", url+"/v1/ingest/aws-cloudtrail", ingestToken, attack(t)[0]); status != 202 {
		t.Errorf("%d %s", status, body)
	}
}

// TestBombs: many small bodies that inflate to the most that one may hold are
// refused or taken one after another, and the service is there afterwards.
func TestBombs(t *testing.T) {
	url := served(t)
	line := attack(t)[0]
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(line)
	io.Copy(z, io.LimitReader(blanks{}, 40<<20))
	z.Close()
	var busy, taken atomic.Int64
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			switch status, _, body := do(t, "POST", url+"/v1/ingest/aws-cloudtrail", ingestToken, packed.Bytes()); status {
			case 202:
				taken.Add(1)
			case 429:
				busy.Add(1)
			default:
				t.Errorf("%d %s", status, body)
			}
		})
	}
	wg.Wait()
	if taken.Load() == 0 {
		t.Error("none was taken")
	}
	if status, _, body := do(t, "POST", url+"/v1/ingest/aws-cloudtrail", ingestToken, line); status != 202 {
		t.Errorf("afterwards: %d %s", status, body)
	}
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
