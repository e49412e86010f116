// Package console is the service's HTTP side: deliveries in, incidents out, the
// live feed, health and metrics. openapi.yaml is its contract; a test holds the
// routes against it.
//
// It knows no provider and decides nothing. Whoever may ask what is said by a token
// whose hash alone is kept; an address that others can reach is refused without
// TLS and tokens.
package console

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/view"
)

// OpenAPI is the contract, as it is served.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Role is what a token may do.
type Role string

// The roles: a source may deliver; a viewer may read; a responder may read and
// decide; an administrator may do all.
const (
	RoleIngest    Role = "ingest"
	RoleViewer    Role = "viewer"
	RoleResponder Role = "responder"
	RoleAdmin     Role = "admin"
)

// may reports whether a role may do what another one is needed for.
func (r Role) may(need Role) bool {
	order := []Role{RoleViewer, RoleResponder, RoleAdmin}
	if need == RoleIngest {
		return r == RoleIngest || r == RoleAdmin
	}
	return slices.Contains(order, r) && slices.Index(order, r) >= slices.Index(order, need)
}

// Token is who may come in. The token itself is nowhere kept.
type Token struct {
	Name string
	Role Role
	Hash [sha256.Size]byte
	// Sources are those whose records it may deliver, by their formats' names; empty: all.
	Sources []string
}

// NewToken is a token by its text.
func NewToken(name string, role Role, text string) Token {
	return Token{Name: name, Role: role, Hash: sha256.Sum256([]byte(text))}
}

// TokenFromHash is a token by the hexadecimal digits of its SHA-256.
func TokenFromHash(name string, role Role, digits string) (Token, error) {
	t := Token{Name: name, Role: role}
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != len(t.Hash) {
		return t, fmt.Errorf("token %s: its hash is not 64 hexadecimal digits; make it with: printf %%s TOKEN | sha256sum", name)
	}
	copy(t.Hash[:], b)
	return t, nil
}

// Bounds of what one client may cost.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 2 * time.Minute // of the largest body over a slow line
	idleTimeout   = 2 * time.Minute
	headerMax     = 64 << 10
	connsMax      = 4096
	bodiesMax     = 256 << 20 // bytes of bodies in memory at once
	bodyFirst     = 64 << 10  // bytes of one before its first byte has come
	unprovedMax   = 32 << 20  // bytes of bodies whose signature is not checked yet
	unprovedFor   = 15 * time.Second
	inflatingMax  = 4 // bodies that are inflated at once, each to 64 MiB at most
	limitUsual    = 100
	limitMost     = 1000
	streamsMax    = 64
	changesAtOnce = 200
	heartbeat     = 15 * time.Second

	// Questions and changes of one token, a second; deliveries are bounded by what
	// waits and what is in memory.
	requestRate  = 50
	requestBurst = 100
	// Requests without a good token, of all who send them: beyond that they are told
	// to slow down, which costs less than to look.
	refusedRate  = 50
	refusedBurst = 200

	// Lines of the log on deliveries that are refused for what they hold: a sender that is
	// set up wrong goes on trying. All are counted.
	toldRate  = 1
	toldBurst = 10
)

// Options of a Server.
type Options struct {
	Live    *live.Service
	View    *view.View
	Formats []normalize.Format
	Tokens  []Token
	Log     *slog.Logger
	Ready   func() error // nil when it is
	Metrics http.Handler
	// Say puts a person's word into the log.
	Say func(context.Context, live.Word) live.Result
	// Backup copies log and state under a name, and says where; ErrExists if that is
	// taken.
	Backup func(name string) (path string, err error)
	// Coverage is what each part of the organisation brings; nil if nobody knows.
	Coverage func(context.Context) (any, error)
	// Health is how the sources do that the service reads by itself.
	Health func() []ingest.Health
	// Webhooks may deliver with a signature instead of a token.
	Webhooks []Webhook
	// Challenges are the ways in which senders ask whether an address is ours.
	Challenges []Challenge
}

// Challenge is how a sender asks, before it delivers to an address, whether that is meant:
// by GET, with a value in a header that is to come back as a member of an object.
type Challenge struct{ Header, Answer string }

// Webhook is who may deliver with a signature: the hexadecimal HMAC-SHA256 of the body
// as it came, with or without "sha256=" before it, in a header.
type Webhook struct {
	Name, Header string
	Secret       []byte
	Sources      []string // whose records it may deliver; empty: all
}

// Server answers requests.
type Server struct {
	o      Options
	mux    *http.ServeMux
	bodies sync.Pool
	held   atomic.Int64 // bytes of bodies in memory
	// unproved are those of bodies whose sender is not known yet.
	unproved atomic.Int64
	streams  atomic.Int64

	inflating chan struct{}
	limits    map[string]*rate.Limiter // by token
	refused   *rate.Limiter            // of those who have none
	told      *rate.Limiter            // lines of the log
}

// New returns a server.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, mux: http.NewServeMux(), inflating: make(chan struct{}, inflatingMax),
		limits: map[string]*rate.Limiter{}, refused: rate.NewLimiter(refusedRate, refusedBurst), told: rate.NewLimiter(toldRate, toldBurst)}
	for _, t := range o.Tokens {
		s.limits[t.Name] = rate.NewLimiter(requestRate, requestBurst)
	}
	s.bodies.New = func() any { return new(ingest.Body) }
	for _, r := range s.Routes() {
		s.mux.HandleFunc(r.Pattern, s.guard(r.Need, r.handle))
	}
	return s
}

// Route is one operation of the contract.
type Route struct {
	Pattern string // method and path
	Need    Role   // "" for anyone
	handle  http.HandlerFunc
}

// Routes are all operations.
func (s *Server) Routes() []Route {
	return []Route{
		{"POST /v1/ingest/{source}", RoleIngest, s.ingest},
		{"GET /v1/ingest/{source}", RoleIngest, s.challenge},
		{"GET /v1/incidents", RoleViewer, s.incidents},
		{"GET /v1/incidents/{id}", RoleViewer, s.incident},
		{"GET /v1/incidents/{id}/decisions", RoleViewer, s.decisions},
		{"POST /v1/incidents/{id}/verdict", RoleResponder, s.verdict},
		{"GET /v1/stream", RoleViewer, s.stream},
		{"GET /v1/sources", RoleViewer, s.sources},
		{"GET /v1/coverage", RoleViewer, s.coverage},
		{"GET /v1/identities", RoleViewer, s.identities},
		{"GET /v1/identities/{id}", RoleViewer, s.identity},
		{"GET /v1/audit", RoleAdmin, s.audit},
		{"POST /v1/backups", RoleAdmin, s.backup},
		{"GET /v1/openapi.yaml", "", s.contract},
		{"GET /healthz", "", s.healthy},
		{"GET /readyz", "", s.ready},
		{"GET /metrics", RoleViewer, s.metrics},
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	_, pattern := s.mux.Handler(r)
	if pattern == "" {
		// The mux's own answers are plain text.
		rec := httptestRecorder{header: http.Header{}}
		s.mux.ServeHTTP(&rec, r)
		if allow := rec.header.Get("Allow"); allow != "" {
			h.Set("Allow", allow)
			problem(w, http.StatusMethodNotAllowed, "this path does not take "+r.Method, "methods: "+allow)
			return
		}
		problem(w, http.StatusNotFound, "there is nothing here", "GET /v1/openapi.yaml lists what there is")
		return
	}
	s.mux.ServeHTTP(w, r)
}

// httptestRecorder takes the headers of an answer and nothing else.
type httptestRecorder struct{ header http.Header }

func (r *httptestRecorder) Header() http.Header         { return r.header }
func (r *httptestRecorder) Write(p []byte) (int, error) { return len(p), nil }
func (r *httptestRecorder) WriteHeader(int)             {}

// Serve answers on a listener until ctx ends, then lets what is under way end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headerMax,
		ErrorLog: slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug), BaseContext: func(net.Listener) context.Context { return ctx }}
	done := make(chan error, 1)
	go func() { done <- server.Serve(&limited{Listener: l, room: make(chan struct{}, connsMax)}) }()
	select {
	case err := <-done:
		return fmt.Errorf("answer requests: %w", err)
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(late); err != nil {
		return server.Close()
	}
	return nil
}

// limited accepts as many connections at a time as it has room for.
type limited struct {
	net.Listener
	room chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	l.room <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	return &limitedConn{Conn: c, leave: sync.OnceFunc(func() { <-l.room })}, nil
}

type limitedConn struct {
	net.Conn
	leave func()
}

func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// tokenKey is where the request's context holds its token.
type tokenKey struct{}

// tokenOf is who sent a request that was let through.
func tokenOf(r *http.Request) *Token { return r.Context().Value(tokenKey{}).(*Token) }

// guard lets a request through whose token may do what is needed.
func (s *Server) guard(need Role, h http.HandlerFunc) http.HandlerFunc {
	if need == "" {
		return h
	}
	return func(w http.ResponseWriter, r *http.Request) {
		given := tokenIn(r)
		if given == "" {
			if need == RoleIngest && s.signed(r) {
				h(w, r) // the body's signature is looked at when it is here
				return
			}
			s.turnAway(w, `Bearer realm="sekisho"`, "a token is needed", "send Authorization: Bearer TOKEN, or X-Api-Key: TOKEN")
			return
		}
		hash := sha256.Sum256([]byte(given))
		var found *Token
		for i := range s.o.Tokens { // all of them, so that the time tells nothing
			if subtle.ConstantTimeCompare(hash[:], s.o.Tokens[i].Hash[:]) == 1 && found == nil {
				found = &s.o.Tokens[i]
			}
		}
		switch {
		case found == nil:
			s.turnAway(w, `Bearer realm="sekisho", error="invalid_token"`, "the token is not known", "ask who runs this service for one")
		case !found.Role.may(need):
			problem(w, http.StatusForbidden, "the token "+found.Name+" may not do this", "it is of the role "+string(found.Role)+"; this needs "+string(need))
		case need != RoleIngest && !s.limits[found.Name].Allow():
			later(w, http.StatusTooManyRequests, "the token "+found.Name+" asks too often")
		default:
			h(w, r.WithContext(context.WithValue(r.Context(), tokenKey{}, found)))
		}
	}
}

// tokenIn is the token that a request brings, "" if it brings none. Buses that can send
// a key in a header of its own, and not in Authorization, send it as X-Api-Key.
func tokenIn(r *http.Request) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token
	}
	return r.Header.Get("X-Api-Key")
}

// turnAway refuses a request that has no good token.
func (s *Server) turnAway(w http.ResponseWriter, challenge, title, detail string) {
	if !s.refused.Allow() {
		later(w, http.StatusTooManyRequests, "too many requests without a good token")
		return
	}
	w.Header().Set("WWW-Authenticate", challenge)
	problem(w, http.StatusUnauthorized, title, detail)
}

// signed reports whether a request carries a header of a webhook.
func (s *Server) signed(r *http.Request) bool {
	return slices.ContainsFunc(s.o.Webhooks, func(x Webhook) bool { return signature(r, &x) != nil })
}

// signature is what a request brings for a webhook, nil if it is not of the right form.
func signature(r *http.Request, x *Webhook) []byte {
	given, err := hex.DecodeString(strings.TrimPrefix(r.Header.Get(x.Header), "sha256="))
	if err != nil || len(given) != sha256.Size {
		return nil
	}
	return given
}

// verified is the webhook that signed a body, nil if none did that the operator declared.
func (s *Server) verified(r *http.Request, raw []byte) (by *sender) {
	for _, x := range s.o.Webhooks { // all of them, so that the time tells nothing
		given := signature(r, &x)
		if given == nil {
			continue
		}
		mac := hmac.New(sha256.New, x.Secret)
		mac.Write(raw)
		if hmac.Equal(given, mac.Sum(nil)) && by == nil {
			by = &sender{"webhook", x.Name, x.Sources}
		}
	}
	return by
}

// Check refuses to be reachable for others without TLS and tokens.
func Check(address string, tls bool, tokens int) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen on %q: %w; write it as HOST:PORT, for example 127.0.0.1:8600", address, err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	if !tls || tokens == 0 {
		return fmt.Errorf("listen on %s: others can reach this address, so it needs TLS and tokens; say --tls-cert and --tls-key and set SEKISHO_INGEST_TOKEN and SEKISHO_ADMIN_TOKEN, or listen on 127.0.0.1", address)
	}
	return nil
}

// problem answers with an RFC 9457 object.
func problem(w http.ResponseWriter, status int, title, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "status": status, "title": title, "detail": detail})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v)
}

// claimed is the source whose records a body holds, where that is another one than it
// was sent to.
func (s *Server) claimed(text []byte, source string) string {
	formats, _ := normalize.Select(s.o.Formats, normalize.Any)
	b := &ingest.Body{Text: text}
	b.Read(formats)
	for i := range b.Records {
		if name := formats[b.Records[i].Format].Name; name != source {
			return name
		}
	}
	return ""
}

// later answers that it is too much now.
func later(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Retry-After", "1")
	problem(w, status, title, "send it again after the time that Retry-After names")
}

// ingest takes one delivery. It answers when that is durable and judged.
func (s *Server) ingest(w http.ResponseWriter, r *http.Request) {
	source := r.PathValue("source")
	formats, _ := normalize.Select(s.o.Formats, source)
	if len(formats) == 0 {
		problem(w, http.StatusNotFound, "there is no source of that name", "known are "+s.names())
		return
	}
	from := senderOf(r)
	if from != nil && !from.meant(source) {
		s.refuse(w, r, from, []string{source})
		return
	}
	if r.ContentLength > ingest.BodyMax {
		problem(w, http.StatusRequestEntityTooLarge, "the body is larger than 64 MiB", "send it in pieces")
		return
	}
	budget := &s.held
	if from == nil {
		// Nobody knows yet who sends this: such bodies have little room, of their own, and
		// little time.
		budget = &s.unproved
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(unprovedFor))
	}
	raw, done, err := s.readBody(w, r, budget)
	defer done()
	if err != nil {
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			problem(w, http.StatusRequestEntityTooLarge, "the body is larger than 64 MiB", "send it in pieces")
		case errors.Is(err, errFull):
			later(w, http.StatusTooManyRequests, "too many bodies are being read")
		default:
			problem(w, http.StatusBadRequest, "the body could not be read to its end", "send it again")
		}
		return
	}
	if from == nil {
		if from = s.verified(r, raw); from == nil {
			s.turnAway(w, `Bearer realm="sekisho"`, "the signature is not that of the body", "sign the body as it is sent with HMAC-SHA256 and the shared secret, in hexadecimal")
			return
		}
		if !from.meant(source) {
			s.refuse(w, r, from, []string{source})
			return
		}
	}
	b := s.bodies.Get().(*ingest.Body)
	defer s.bodies.Put(b)
	// A small body may inflate to a large one: few do so at a time, and what comes
	// of it counts as held.
	select {
	case s.inflating <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	err = b.Inflate(raw)
	<-s.inflating
	if more := int64(len(b.Text) - len(raw)); err == nil && more > 0 {
		defer s.held.Add(-more)
		if s.held.Add(more) > bodiesMax {
			later(w, http.StatusTooManyRequests, "too many bodies are being read")
			return
		}
	}
	if err != nil {
		if errors.Is(err, ingest.ErrBodyTooLarge) {
			problem(w, http.StatusRequestEntityTooLarge, "the body is larger than 64 MiB when inflated", "send it in pieces")
			return
		}
		problem(w, http.StatusBadRequest, "the body cannot be inflated", "send JSON, or gzip or zstd of it")
		return
	}
	all, _ := normalize.Select(s.o.Formats, normalize.Any)
	if names := from.foreign(b, all); len(names) > 0 {
		s.refuse(w, r, from, names)
		return
	}
	if len(from.sources) == 1 {
		// The log is read again by versions that know more sources: as what it was let in for.
		source = from.sources[0]
		formats, _ = normalize.Select(s.o.Formats, source)
	}
	b.Read(formats)
	if len(b.Records) == 0 && b.Skipped == 0 {
		detail := "send records of " + source + ": as delivered files, single records, lines, arrays, or event bus envelopes"
		if other := s.claimed(b.Text, source); other != "" {
			detail = "these are records of " + other + ": send them there, or to " + normalize.Any
		} else if len(b.Text) == 0 {
			detail = "the body is empty; " + detail
		} else if len(b.Bad) > 0 {
			detail = fmt.Sprintf("at byte %d: %s; %s", b.Bad[0].Offset, b.Bad[0].Reason, detail)
		}
		problem(w, http.StatusBadRequest, "nothing in the body is a record of this source", detail)
		return
	}
	res := s.o.Live.Deliver(r.Context(), &live.Delivery{Source: source, Path: ingest.PathPush, Body: b})
	switch {
	case errors.Is(res.Err, live.ErrBusy):
		later(w, http.StatusTooManyRequests, "as many deliveries wait as may")
	case res.Err != nil:
		later(w, http.StatusServiceUnavailable, "the service is not taking deliveries now")
	default:
		answer(w, http.StatusAccepted, ingested{res.Accepted, res.Duplicates, res.Unreadable})
	}
}

// challengeMost is the longest value of a challenge.
const challengeMost = 1 << 10

// challenge answers a sender that asks whether it is to deliver here.
func (s *Server) challenge(w http.ResponseWriter, r *http.Request) {
	source := r.PathValue("source")
	if formats, _ := normalize.Select(s.o.Formats, source); len(formats) == 0 {
		problem(w, http.StatusNotFound, "there is no source of that name", "known are "+s.names())
		return
	}
	from := senderOf(r)
	if from == nil { // a signature is of a body, and there is none
		s.turnAway(w, `Bearer realm="sekisho"`, "a token is needed", "send Authorization: Bearer TOKEN, or X-Api-Key: TOKEN")
		return
	}
	if !from.meant(source) {
		s.refuse(w, r, from, []string{source})
		return
	}
	for _, c := range s.o.Challenges {
		if value := r.Header.Get(c.Header); value != "" && len(value) <= challengeMost {
			answer(w, http.StatusOK, map[string]string{c.Answer: value})
			return
		}
	}
	problem(w, http.StatusBadRequest, "there is nothing to read here", "deliver records by POST")
}

type ingested struct {
	Accepted   int   `json:"accepted"`
	Duplicates int   `json:"duplicates"`
	Unreadable int64 `json:"unreadable"`
}

// errFull says that as many bytes of bodies are in memory as may.
var errFull = errors.New("too many bodies are being read")

// readBody reads a body. What it takes of a budget it takes as bytes come, whatever the
// request says of its length; done gives it back.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, budget *atomic.Int64) (raw []byte, done func(), err error) {
	most := int64(bodiesMax)
	if budget == &s.unproved {
		most = unprovedMax
	}
	var taken int64
	done = func() { budget.Add(-taken) }
	take := func(n int64) error {
		taken += n
		if budget.Add(n) > most {
			return errFull
		}
		return nil
	}
	in := http.MaxBytesReader(w, r.Body, ingest.BodyMax)
	size := int64(bodyFirst)
	if n := r.ContentLength; n >= 0 && n < size {
		size = n + 1 // room to see its end
	}
	if err := take(size); err != nil {
		return nil, done, err
	}
	raw = make([]byte, 0, size)
	for {
		if len(raw) == cap(raw) {
			more := int64(cap(raw))
			if n := r.ContentLength - int64(cap(raw)) + 1; r.ContentLength >= 0 && n > 0 && n < more {
				more = n
			}
			if err := take(more); err != nil {
				return nil, done, err
			}
			raw = append(make([]byte, 0, int64(cap(raw))+more), raw...)
		}
		n, err := in.Read(raw[len(raw):cap(raw)])
		raw = raw[:len(raw)+n]
		if err == io.EOF {
			if r.ContentLength >= 0 && int64(len(raw)) < r.ContentLength {
				return nil, done, io.ErrUnexpectedEOF
			}
			return raw, done, nil
		}
		if err != nil {
			return nil, done, err
		}
	}
}

func (s *Server) names() string {
	out := normalize.Any
	for i := range s.o.Formats {
		out += ", " + s.o.Formats[i].Name
	}
	return out
}

// incidents answers a page.
func (s *Server) incidents(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f := view.Filter{Limit: limitUsual, Cursor: q.Get("cursor"), Identity: q.Get("identity")}
	var err error
	if text := q.Get("limit"); q.Has("limit") {
		if f.Limit, err = strconv.Atoi(text); err != nil || f.Limit < 1 || f.Limit > limitMost {
			problem(w, http.StatusBadRequest, "limit is not a number from 1 to 1000", "leave it out for 100")
			return
		}
	}
	if text := q.Get("since"); q.Has("since") {
		if f.Since, err = time.Parse(time.RFC3339, text); err != nil {
			problem(w, http.StatusBadRequest, "since is not a time", "write it as 2026-01-31T09:00:00Z")
			return
		}
	}
	if text := q.Get("severity"); q.Has("severity") {
		if f.Severity = slices.Index([]string{"low", "medium", "high", "critical"}, text); f.Severity < 0 {
			problem(w, http.StatusBadRequest, "there is no such severity", "low, medium, high or critical")
			return
		}
	}
	list, next, err := s.o.View.Incidents(r.Context(), f)
	switch {
	case errors.Is(err, view.ErrCursor):
		problem(w, http.StatusBadRequest, err.Error(), "begin without a cursor")
	case err != nil:
		s.broken(w, r, err)
	default:
		answer(w, http.StatusOK, map[string]any{"incidents": list, "next": next})
	}
}

// broken tells the operator what went wrong, and the client that something did.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client has gone
	}
	s.o.Log.Error("a request could not be answered", "path", r.URL.Path, "error", err)
	later(w, http.StatusServiceUnavailable, "this cannot be answered now")
}

func (s *Server) incident(w http.ResponseWriter, r *http.Request) {
	object, err := s.o.View.Incident(r.Context(), r.PathValue("id"))
	if err != nil {
		s.noIncident(w, r, err)
		return
	}
	answer(w, http.StatusOK, object)
}

func (s *Server) sources(w http.ResponseWriter, r *http.Request) {
	feeds, err := s.o.View.AllFeeds(r.Context())
	if err != nil {
		s.broken(w, r, err)
		return
	}
	health := []ingest.Health{}
	if s.o.Health != nil {
		health = append(health, s.o.Health()...)
	}
	answer(w, http.StatusOK, map[string]any{"sources": feeds, "readers": health})
}

func (s *Server) contract(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	w.Write(OpenAPI)
}

func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.o.Ready != nil {
		if err := s.o.Ready(); err != nil {
			later(w, http.StatusServiceUnavailable, err.Error())
			return
		}
	}
	answer(w, http.StatusOK, map[string]string{"status": "ready"})
}

func (s *Server) metrics(w http.ResponseWriter, r *http.Request) { s.o.Metrics.ServeHTTP(w, r) }

// stream is the live feed: each incident as it changes, as server-sent events. The
// id of an event is where a client that lost its connection goes on.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	if s.streams.Add(1) > streamsMax {
		s.streams.Add(-1)
		later(w, http.StatusTooManyRequests, "as many live feeds are open as may")
		return
	}
	defer s.streams.Add(-1)
	after, err := s.o.View.LastChange(r.Context())
	if err != nil {
		s.broken(w, r, err)
		return
	}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		if after, err = strconv.ParseInt(last, 10, 64); err != nil || after < 0 {
			problem(w, http.StatusBadRequest, "Last-Event-ID is not one that this feed gave", "leave it out to begin with what comes next")
			return
		}
	}
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	fmt.Fprint(w, ": the live feed of incidents\n\n")
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		// Who does not read is let go, and comes back with where it was.
		out.SetWriteDeadline(time.Now().Add(heartbeat))
		list, more, err := s.o.View.Changes(r.Context(), after, changesAtOnce)
		if err != nil {
			return
		}
		for _, c := range list {
			if _, err := fmt.Fprintf(w, "id: %d\nevent: incident\ndata: %s\n\n", c.N, c.JSON); err != nil {
				return
			}
			after = c.N
		}
		if err := out.Flush(); err != nil {
			return
		}
		if len(list) == changesAtOnce {
			continue
		}
		select {
		case <-more:
		case <-beat.C:
			if _, err := fmt.Fprint(w, ": \n\n"); err != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}
