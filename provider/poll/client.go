package poll

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sekisho/sekisho/ingest"
)

// Bounds of one request.
const (
	answerFor  = 2 * time.Minute  // all of an answer
	connectFor = 10 * time.Second // a connection, and its TLS
	headerMost = 64 << 10         // bytes of an answer's headers
	saysMost   = 4 << 10          // bytes of what a refusal says
	tokenMost  = 4 << 10          // bytes of a token's file
	holdMost   = time.Hour        // for which an answer may hold this client back
	holdUsual  = time.Minute      // where it does not say for how long
)

// errLarge and errSlow say that fewer records are to be asked for.
var (
	errLarge = errors.New("the answer is larger than 64 MiB")
	errSlow  = errors.New("the answer took too long")
)

// A Refusal is an answer that holds no records.
type Refusal struct {
	Status int
	Says   string // what the API wrote about it, made fit to be shown; "" if nothing
}

// Error implements error.
func (r *Refusal) Error() string {
	text := fmt.Sprintf("the answer is %d %s", r.Status, http.StatusText(r.Status))
	if r.Says != "" {
		text += fmt.Sprintf(", saying %q", r.Says)
	}
	return text
}

// client asks one address for pages.
type client struct {
	address   *url.URL
	scheme    string
	header    map[string]string
	tokenFile string
	patience  time.Duration
	http      *http.Client
	now       func() time.Time

	// until is when the API lets this client ask again, and why is what it said.
	until time.Time
	why   error
	// unchanged is the question that was asked last, and the tag of its answer.
	unchanged struct{ question, tag string }
}

// page is an answer that holds records.
type page struct {
	body     []byte
	next     string    // cursor of the page behind, "" if there is none
	same     bool      // as the last time: body is empty
	at       time.Time // by the API's clock
	question string
	tag      string
}

func newClient(o *Options) (*client, error) {
	u, err := url.Parse(o.Address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("its address is none; write it as https://HOST in service.sources")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("its address holds more than a host and a path; leave the rest out: secrets do not belong there")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("the token would be sent without TLS; write https")
	case o.TokenFile == "":
		return nil, errors.New("there is no token_file; put the token into a file and name that in service.sources")
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		text, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read who signs its certificate: %w; let this user read the file", err)
		}
		if conf.RootCAs = x509.NewCertPool(); !conf.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s holds no certificate in PEM; name the authority's", o.CAFile)
		}
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: connectFor}).DialContext, TLSClientConfig: conf, TLSHandshakeTimeout: connectFor,
		ForceAttemptHTTP2: true, MaxIdleConns: 1, IdleConnTimeout: 2 * time.Minute, MaxResponseHeaderBytes: headerMost}
	return &client{address: u, scheme: o.Scheme, header: o.Header, tokenFile: o.TokenFile, patience: o.patience, now: o.now,
		// Whoever is redirected carries the token along: nobody is.
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// token is the token as it is now: one that was changed in its file needs no restart.
func (c *client) token() (string, error) {
	f, err := os.Open(c.tokenFile)
	if err != nil {
		return "", fmt.Errorf("read the token: %w; let this user read the file", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, tokenMost+1))
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	text := strings.TrimSpace(string(b))
	if text == "" || len(b) > tokenMost || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", fmt.Errorf("read the token: %s does not hold one token and nothing else; put it there", c.tokenFile)
	}
	return text, nil
}

// get asks for a page.
func (c *client) get(ctx context.Context, query url.Values) (*page, error) {
	token, err := c.token()
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	u := *c.address
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", u.Host, err)
	}
	req.Header.Set("Authorization", c.scheme+" "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "sekisho")
	for k, v := range c.header {
		req.Header.Set(k, v)
	}
	if c.unchanged.tag != "" && c.unchanged.question == u.RawQuery {
		req.Header.Set("If-None-Match", c.unchanged.tag)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	defer res.Body.Close()
	c.hold(res)
	switch {
	case res.StatusCode == http.StatusNotModified && req.Header.Get("If-None-Match") != "":
		return &page{same: true, at: clock(res.Header, c.now()), question: u.RawQuery, tag: c.unchanged.tag}, nil
	case res.StatusCode != http.StatusOK:
		return nil, c.refused(res, token)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, ingest.BodyMax+1))
	switch {
	case err != nil:
		return nil, c.broken(ctx, err)
	case len(body) > ingest.BodyMax:
		return nil, errLarge
	}
	p := &page{body: body, at: clock(res.Header, c.now()), question: u.RawQuery, tag: res.Header.Get("ETag")}
	if link := nextLink(res.Header.Values("Link")); link != "" {
		if p.next, err = c.cursor(link); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// cursor is that of a link to the next page. The link itself is not followed: only what
// it says of the place is taken over, so that no answer leads the token elsewhere.
func (c *client) cursor(link string) (string, error) {
	u, err := c.address.Parse(link)
	if err != nil {
		return "", fmt.Errorf("the link to the next page of %s is no address; see what stands between", c.address.Host)
	}
	if u.Scheme != c.address.Scheme || !strings.EqualFold(u.Host, c.address.Host) {
		return "", fmt.Errorf("the link to the next page leads from %s to %q and is not followed; if that is where the log is, name it in service.sources", c.address.Host, shown(u.Scheme+"://"+u.Host, ""))
	}
	after := u.Query().Get("after")
	if after == "" || len(after) > cursorMost/2 {
		return "", fmt.Errorf("the link to the next page of %s names no place in the log; see what stands between", c.address.Host)
	}
	return after, nil
}

// broken is why there is no whole answer.
func (c *client) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var where *url.Error // it repeats the whole question
	if errors.As(err, &where) {
		err = where.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("ask %s: %w (%s); see whether it can be reached from here", c.address.Host, errSlow, c.patience)
	}
	return fmt.Errorf("ask %s: %w; see whether it can be reached from here", c.address.Host, err)
}

// refused is what an answer without records says.
func (c *client) refused(res *http.Response, token string) error {
	text, _ := io.ReadAll(io.LimitReader(res.Body, saysMost))
	var said struct{ Message, ErrorCode, ErrorSummary string }
	json.Unmarshal(text, &said) // what is no JSON is a page for people: its status tells enough
	r := &Refusal{Status: res.StatusCode, Says: shown(strings.TrimSpace(said.ErrorCode+" "+said.ErrorSummary+said.Message), token)}
	if u, err := res.Location(); err == nil {
		r.Says = "it is at " + shown(u.Host+u.Path, token)
	}
	wait, ok := held(r, res.Header, c.now())
	if !ok {
		return r
	}
	c.until, c.why = c.now().Add(wait), r
	return c.waits()
}

// waits is the error of a client that is held back.
func (c *client) waits() error {
	left := max(0, c.until.Sub(c.now()))
	return &ingest.Wait{For: left, Err: fmt.Errorf("%w; it is asked again in %s", c.why, left.Round(time.Second))}
}

// hold notes that an answer was the last one for now.
func (c *client) hold(res *http.Response) {
	c.until, c.why = time.Time{}, nil
	if first(res.Header, remaining) != "0" {
		return
	}
	if wait, ok := untilReset(res.Header, c.now()); ok {
		c.until = c.now().Add(wait)
	}
}

// The headers that say how many requests are left, and when there are more: with a
// hyphen or without, by vendor.
var (
	remaining = []string{"X-Rate-Limit-Remaining", "X-RateLimit-Remaining"}
	reset     = []string{"X-Rate-Limit-Reset", "X-RateLimit-Reset"}
)

func first(h http.Header, names []string) string {
	for _, name := range names {
		if text := h.Get(name); text != "" {
			return text
		}
	}
	return ""
}

// held reports whether a refusal means only that it is too much now, and for how long.
func held(r *Refusal, h http.Header, now time.Time) (time.Duration, bool) {
	if r.Status != http.StatusTooManyRequests && r.Status != http.StatusForbidden && r.Status != http.StatusServiceUnavailable {
		return 0, false
	}
	if n, err := strconv.ParseInt(h.Get("Retry-After"), 10, 32); err == nil && n >= 0 {
		return bounded(time.Duration(n) * time.Second), true
	}
	if r.Status == http.StatusTooManyRequests || first(h, remaining) == "0" {
		if wait, ok := untilReset(h, now); ok {
			return wait, true
		}
	}
	return holdUsual, r.Status == http.StatusTooManyRequests || r.Status == http.StatusForbidden && strings.Contains(strings.ToLower(r.Says), "rate limit")
}

// untilReset is how long it takes until there are more requests, by the clock of whoever
// says so.
func untilReset(h http.Header, now time.Time) (time.Duration, bool) {
	at, err := strconv.ParseInt(first(h, reset), 10, 64)
	if err != nil || at <= 0 {
		return 0, false
	}
	return bounded(time.Duration(min(max(at-clock(h, now).Unix(), 0), int64(holdMost/time.Second))) * time.Second), true
}

// clock is the time by whoever answers; now if that does not say.
func clock(h http.Header, now time.Time) time.Time {
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		return theirs
	}
	return now
}

func bounded(d time.Duration) time.Duration { return min(max(d, time.Second), holdMost) }

// shown is a text of the API's as it may stand in a log: short, printable, and without
// the token, should the API repeat it.
func shown(text, token string) string {
	if token != "" {
		text = strings.ReplaceAll(text, token, "[token]")
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	const most = 200
	for i := range text {
		if i >= most {
			return text[:i] + "…"
		}
	}
	return text
}
