package poll

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/ingest"
)

const secret = "planted-secret-0123456789"

// options are those of a small invented API at an address.
func options(t *testing.T, address string) Options {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Options{Name: "invented:log", Address: address + "/log", TokenFile: file, Format: "invented", Scheme: "Bearer", SizeKey: "size", Size: 8,
		Query: func(since time.Time) url.Values { return url.Values{"since": {since.Format(time.RFC3339)}} },
		When:  func([]byte) time.Time { return time.Time{} }, Pause: time.Millisecond, PauseMost: time.Millisecond,
		Next: func(*Refusal) string { return "do the next thing" }}
}

func open(t *testing.T, o Options) *Log {
	t.Helper()
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// TestAnswers: what becomes of an answer that holds no records, whatever it is: nothing
// is taken, the next step is told, and the token is nowhere.
func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
		wait   time.Duration
	}{
		{"no list", say(200, `{"records":[]}`), "the answer is no list of records", 0},
		{"a page for people", say(200, "<html>log in</html>"), "the answer is no list of records", 0},
		{"half a list", say(200, `[{"a":1},{"b"`), "the answer is no list of records", 0},
		{"nothing", say(200, ""), "the answer is no list of records", 0},
		{"more than was asked for", say(200, "["+strings.Repeat("1,", 16)+"1]"), "more than 16 records", 0},
		{"refused, with the token in the text", say(401, `{"message":"the token `+secret+` is\nbad"}`), `the answer is 401 Unauthorized, saying "the token [token] is bad"; do the next thing`, 0},
		{"refused, in the other vendor's words", say(403, `{"errorCode":"E7","errorSummary":"no"}`), `403 Forbidden, saying "E7 no"; do the next thing`, 0},
		{"broken", say(502, "<html>"), "502 Bad Gateway; it is tried again", 0},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/log?x=1", http.StatusFound)
		},
			`saying "it is at elsewhere.example/log"; redirections are not followed`, 0},
		{"a link to elsewhere", linked("https://elsewhere.example/log?after=1"), `leads from 127.0.0.1:PORT to "https://elsewhere.example" and is not followed`, 0},
		{"a link without TLS", linked("http://127.0.0.1:1/log?after=1"), "and is not followed", 0},
		{"a link to nowhere", linked("?x=1"), "names no place in the log", 0},
		{"a link that is long", linked("?after=" + strings.Repeat("a", cursorMost)), "names no place in the log", 0},
		{"a link that is none", linked("http://[bad"), "is no address", 0},
		{"too much now", say(429, `{"message":"slow down"}`, "Retry-After", "7"), "429 Too Many Requests", 7 * time.Second},
		{"too much now, until", say(429, "", "X-Rate-Limit-Reset", "1767225630", "Date", "Thu, 01 Jan 2026 00:00:00 GMT"), "429 Too Many Requests", 30 * time.Second},
		{"too much now, until long ago", say(429, "", "X-Rate-Limit-Reset", "1", "Date", "Thu, 01 Jan 2026 00:00:00 GMT"), "429 Too Many Requests", time.Second},
		{"too much now, for ever", say(429, "", "Retry-After", "99999999"), "429 Too Many Requests", time.Hour},
		{"too much now, and no more", say(429, ""), "429 Too Many Requests", time.Minute},
		{"the hour's requests are used up", say(403, "{}", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1767225660", "Date", "Thu, 01 Jan 2026 00:00:00 GMT"), "403 Forbidden", time.Minute},
		{"a second limit", say(403, `{"message":"You have exceeded a secondary rate limit."}`), "403 Forbidden", time.Minute},
		{"closed for a while", say(503, "", "Retry-After", "5"), "503 Service Unavailable", 5 * time.Second},
	} {
		server := httptest.NewServer(tt.answer)
		l := open(t, options(t, server.URL))
		b, err := l.Read(t.Context(), "")
		want := strings.ReplaceAll(tt.want, "127.0.0.1:PORT", strings.TrimPrefix(server.URL, "http://"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "read invented:log: ") || len(b.Parcels) > 0 || b.Next != "" {
			t.Errorf("%s: %v, want in it %q", tt.name, err, want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the token is told: %v", tt.name, err)
		}
		var wait *ingest.Wait
		if errors.As(err, &wait) != (tt.wait > 0) || wait != nil && (wait.For > tt.wait || wait.For < tt.wait-time.Second) {
			t.Errorf("%s: wait %+v, want %s", tt.name, wait, tt.wait)
		}
		if told := l.Check(t.Context()); len(told) != 1 || strings.Contains(told[0], secret) {
			t.Errorf("%s: check says %q", tt.name, told)
		}
		server.Close()
	}
}

// say answers with a status, a text and headers.
func say(status int, text string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

func linked(target string) http.HandlerFunc {
	return say(200, `[{"n":1}]`, "Link", "<"+target+`>; rel="next"`)
}

// TestHeldBack: who is told to wait does not ask meanwhile.
func TestHeldBack(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			say(429, "", "Retry-After", "60")(w, r)
			return
		}
		say(200, `[{"n":1}]`)(w, r)
	}))
	defer server.Close()
	o := options(t, server.URL)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	o.now = func() time.Time { return at }
	l := open(t, o)
	for range 3 {
		var wait *ingest.Wait
		if _, err := l.Read(t.Context(), ""); !errors.As(err, &wait) || asked != 1 {
			t.Fatalf("%v after %d requests", err, asked)
		}
		at = at.Add(15 * time.Second)
	}
	at = at.Add(15 * time.Second)
	if b, err := l.Read(t.Context(), ""); err != nil || len(b.Parcels) != 1 {
		t.Errorf("%v %v", b, err)
	}
}

// TestLastRequest: where an answer was the last one for now, the next is asked for when
// there are more, and nothing is told.
func TestLastRequest(t *testing.T) {
	server := httptest.NewServer(say(200, `[]`, "X-Rate-Limit-Remaining", "0", "X-Rate-Limit-Reset", "1767225660", "Date", "Thu, 01 Jan 2026 00:00:00 GMT"))
	defer server.Close()
	o := options(t, server.URL)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	o.now = func() time.Time { return at }
	l := open(t, o)
	if _, err := l.Read(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if due, err := l.wait(ctx); due || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it would ask again: %v %v", due, err)
	}
	at = at.Add(time.Minute)
	if due, err := l.wait(t.Context()); !due || err != nil {
		t.Errorf("it would not ask again: %v %v", due, err)
	}
}

// TestLarge: of a page that is too large, or comes too slowly, less is asked for, until
// it fits.
func TestLarge(t *testing.T) {
	record := `{"x":"` + strings.Repeat("x", 16<<20) + `"}`
	for _, slow := range []bool{false, true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var n int
			fmt.Sscan(r.URL.Query().Get("size"), &n)
			if slow && n > 3 {
				w.Write([]byte("[ "))
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				return
			}
			w.Write([]byte("["))
			for i := range n {
				if i > 0 {
					w.Write([]byte(","))
				}
				if fmt.Fprint(w, record); slow {
					fmt.Fprint(w, " ")
				}
			}
			w.Write([]byte("]"))
		}))
		o := options(t, server.URL)
		if slow {
			record = "{}"
			o.patience = 200 * time.Millisecond
		}
		l := open(t, o)
		for _, want := range []string{"; 4 records at a time", "; 2 records at a time"} {
			if _, err := l.Read(t.Context(), ""); err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("slow %v: %v, want in it %q", slow, err, want)
			}
		}
		if b, err := l.Read(t.Context(), ""); err != nil || len(b.Parcels) != 1 || l.size != 4 {
			t.Errorf("slow %v: %d %v, %d next", slow, len(b.Parcels), err, l.size)
		}
		server.Close()
	}
}

// TestFifty: fifty megabytes are taken as they are, each record once.
func TestFifty(t *testing.T) {
	var text strings.Builder
	for i := range 5 {
		fmt.Fprintf(&text, `%c{"n":%d,"x":"%s"}`, "[,,,,"[i], i, strings.Repeat("x", 10<<20))
	}
	text.WriteString("]")
	server := httptest.NewServer(say(200, text.String()))
	defer server.Close()
	l := open(t, options(t, server.URL))
	b, err := l.Read(t.Context(), "")
	if err != nil || len(b.Parcels) != 1 || string(b.Parcels[0].Raw) != text.String() || b.Parcels[0].Path != ingest.PathPoll {
		t.Fatalf("%d parcels, %v", len(b.Parcels), err)
	}
	again, err := l.Read(t.Context(), b.Next)
	if err != nil || len(again.Parcels) != 1 {
		t.Fatalf("what was not settled does not come again: %v", err)
	}
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, err = l.Read(t.Context(), b.Next); err != nil || len(again.Parcels) != 0 || again.Settle != nil {
		t.Errorf("what is settled comes again: %v", err)
	}
}

// TestUnchanged: where nothing changed the API need not say all of it again.
func TestUnchanged(t *testing.T) {
	tags := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tag := r.Header.Get("If-None-Match")
		tags += "<" + tag + ">"
		if w.Header().Set("ETag", `"t1"`); tag == `"t1"` {
			w.WriteHeader(304)
			return
		}
		fmt.Fprint(w, `[{"n":1}]`)
	}))
	defer server.Close()
	l := open(t, options(t, server.URL))
	b, err := l.Read(t.Context(), "")
	if err != nil || len(b.Parcels) != 1 {
		t.Fatal(err)
	}
	for range 2 {
		again, err := l.Read(t.Context(), b.Next)
		if err != nil || len(again.Parcels) != 0 || again.Next == "" {
			t.Fatalf("%+v %v", again, err)
		}
	}
	if tags != `<><"t1"><"t1">` {
		t.Error(tags)
	}
}

// TestRefusedSettings: what cannot be read is refused before anything is sent.
func TestRefusedSettings(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*Options)
		want string
	}{
		{"no TLS", func(o *Options) { o.Address = "http://log.example.com/log" }, "without TLS"},
		{"a host that begins as loopback does", func(o *Options) { o.Address = "http://127.0.0.1.example.com/log" }, "without TLS"},
		{"another scheme", func(o *Options) { o.Address = "ftp://log.example.com" }, "write it as https://HOST"},
		{"no host", func(o *Options) { o.Address = "https:///log" }, "write it as https://HOST"},
		{"a password", func(o *Options) { o.Address = "https://u:" + secret + "@log.example.com" }, "secrets do not belong there"},
		{"a question", func(o *Options) { o.Address = "https://log.example.com?token=" + secret }, "secrets do not belong there"},
		{"no token", func(o *Options) { o.TokenFile = "" }, "put the token into a file"},
		{"too far back", func(o *Options) { o.LookBack = 91 * 24 * time.Hour }, "say a time up to"},
		{"an authority that is not there", func(o *Options) { o.CAFile = "not-there.pem" }, "let this user read the file"},
		{"an authority that is none", func(o *Options) { o.CAFile = o.TokenFile }, "holds no certificate"},
	} {
		o := options(t, "https://log.example.com")
		tt.set(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want in it %q", tt.name, err, tt.want)
		}
	}
}

// TestToken: a token's file holds one token; it is read anew each time, and what is in it
// is never told.
func TestToken(t *testing.T) {
	var given string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given = r.Header.Get("Authorization")
		fmt.Fprint(w, "[]")
	}))
	defer server.Close()
	o := options(t, server.URL)
	l := open(t, o)
	for _, tt := range []struct{ file, want string }{
		{secret, "Bearer " + secret}, {"another\r\n", "Bearer another"},
		{"", ""}, {secret + "\nX-Header: x", ""}, {"two words", ""}, {"ä" + secret, ""}, {strings.Repeat("x", tokenMost+1), ""},
	} {
		given = ""
		if err := os.WriteFile(o.TokenFile, []byte(tt.file), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := l.Read(t.Context(), "")
		if given != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%.40q: sent %q, %v", tt.file, given, err)
		}
		if err != nil && (strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), o.TokenFile)) {
			t.Errorf("%.40q: %v", tt.file, err)
		}
	}
	os.Remove(o.TokenFile)
	if told := l.Check(t.Context()); len(told) != 1 || !strings.Contains(told[0], "let this user read the file") {
		t.Errorf("%q", told)
	}
}

// TestCursors: a damaged cursor is told, and nothing is asked.
func TestCursors(t *testing.T) {
	l := open(t, options(t, "https://127.0.0.1:1"))
	for _, c := range []string{"x", "{}", `{"since":7}`, "[]", strings.Repeat(" ", cursorMost) + `{"since":"2026-01-01T00:00:00Z"}`} {
		if _, err := l.Read(t.Context(), ingest.Cursor(c)); err == nil || !strings.Contains(err.Error(), "cursor cannot be read") {
			t.Errorf("%.30q: %v", c, err)
		}
	}
	if _, err := l.Read(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "see whether it can be reached") || strings.Contains(err.Error(), "since=") {
		t.Errorf("nobody answers: %v", err)
	}
}

// TestNextLink: the link to the next page among others, as RFC 8288 writes them.
func TestNextLink(t *testing.T) {
	for _, tt := range []struct {
		headers []string
		want    string
	}{
		{nil, ""},
		{[]string{`<https://a/1>; rel="self"`, `<https://a/2>; rel="next"`}, "https://a/2"},
		{[]string{`<https://a/1>; rel="first", <https://a/2?x=1,2>; rel="next"`}, "https://a/2?x=1,2"},
		{[]string{`<https://a/1>; title="a, <b>; rel=\"next\""; rel=prev, <https://a/2>;REL=next`}, "https://a/2"},
		{[]string{`<https://a/1>; rel="prev next"`}, "https://a/1"},
		{[]string{`<https://a/1>; rel="nextish"`, `<https://a/2`, `https://a/3; rel=next`, ">", "<>", `<a`}, ""},
	} {
		if got := nextLink(tt.headers); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.headers, got, tt.want)
		}
	}
}

// FuzzNextLink: any header gives a target that is in it, or none.
func FuzzNextLink(f *testing.F) {
	f.Add(`<https://a/1>; rel="first", <https://a/2?x=1,2>; rel="next"`)
	f.Add(`<a>;rel=next;x="`)
	f.Fuzz(func(t *testing.T, header string) {
		if got := nextLink([]string{header}); got != "" && !strings.Contains(header, "<"+got+">") {
			t.Errorf("%q is not in %q", got, header)
		}
	})
}

// TestRecent: what is known again is bounded.
func TestRecent(t *testing.T) {
	var r recent
	for i := range 3 * recentMost {
		r.add(sumOf(fmt.Append(nil, i)))
	}
	if n := len(r.young) + len(r.old); n > 2*recentMost || !r.has(sumOf(fmt.Append(nil, 3*recentMost-1))) || r.has(sumOf([]byte("0"))) {
		t.Errorf("%d are known", n)
	}
}

// TestPace: an hour of a log in which nothing happens, by a clock of the test's own: few
// requests, though the log's end is several pages behind where late records are looked for.
func TestPace(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		i := 0
		fmt.Sscan(r.URL.Query().Get("after"), &i)
		if i < 2 {
			w.Header().Set("Link", fmt.Sprintf(`<?after=%d>; rel="next"`, i+1))
		}
		fmt.Fprintf(w, `[{"n":%d}]`, i)
	}))
	defer server.Close()
	o := options(t, server.URL)
	o.now = func() time.Time { return at }
	o.When = func([]byte) time.Time { return time.Date(2026, 1, 2, 2, 0, 0, 0, time.UTC) }
	o.Pause, o.PauseMost, o.Sweep, o.Overlap = 15*time.Second, time.Minute, 2*time.Minute, 10*time.Minute
	l := open(t, o)
	var cursor ingest.Cursor
	brought := 0
	for end := at.Add(time.Hour); at.Before(end); {
		if at.Before(l.at) {
			at = l.at
		}
		b, err := l.Read(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		brought += len(b.Parcels)
		if cursor = b.Next; b.Settle != nil {
			b.Settle(t.Context())
		}
	}
	if brought != 3 || asked < 100 || asked > 140 {
		t.Errorf("%d parcels by %d requests", brought, asked)
	}
}
