// Package githubapi reads the audit log of a GitHub organization or enterprise by the
// REST API.
package githubapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/poll"
)

// Format is the name of the format of what is read.
const Format = "github-audit"

// Of the audit log's API, which grants 1,750 questions an hour to one user and address.
const (
	usual   = "https://api.github.com"
	version = "2022-11-28"
	pageMax = 100
	// pause and pauseMost are four questions a minute while something comes, one while
	// nothing does.
	pause     = 15 * time.Second
	pauseMost = time.Minute
	// Events of some kinds are there some minutes after others that are newer: what is
	// that much older is asked for again.
	overlap = 10 * time.Minute
	sweep   = 2 * time.Minute
)

// Options of one audit log.
type Options struct {
	// Owner is an organization's name, or "enterprises/" and an enterprise's.
	Owner     string
	Endpoint  string // of the API; "" for GitHub's own, https://HOST/api/v3 of a server
	TokenFile string // holds a token that may read the audit log
	CAFile    string // PEM of who signs the certificate; the system's if ""
	// LookBack is how far back the first start reads; a day if 0. Of events of Git
	// GitHub keeps seven days.
	LookBack time.Duration

	pause, sweep time.Duration // shorter in tests
}

var slug = regexp.MustCompile(`^(enterprises/)?[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// Owner reports whether a text can be one that has an audit log.
func Owner(text string) bool { return slug.MatchString(text) }

// New makes the source. It makes no call.
func New(o Options) (*poll.Log, error) {
	if !Owner(o.Owner) {
		return nil, fmt.Errorf("read github: %q is no organization; write its name, or enterprises/NAME, in service.sources", o.Owner)
	}
	owner := o.Owner
	if !strings.HasPrefix(owner, "enterprises/") {
		owner = "orgs/" + owner
	}
	endpoint := strings.TrimRight(cmp.Or(o.Endpoint, usual), "/")
	name := "github:" + strings.ToLower(owner)
	if u, err := url.Parse(endpoint); err == nil && endpoint != usual {
		name += "@" + strings.ToLower(u.Host) // the same name may be another's on a server
	}
	p := poll.Options{
		Name: name, Address: endpoint + "/" + owner + "/audit-log", TokenFile: o.TokenFile, CAFile: o.CAFile, LookBack: o.LookBack,
		Format: Format, Scheme: "Bearer", Header: map[string]string{"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": version},
		SizeKey: "per_page", Size: pageMax, When: when, Overlap: overlap, Sweep: sweep, Pause: pause, PauseMost: pauseMost,
		Query: func(since time.Time) url.Values {
			return url.Values{"include": {"all"}, "order": {"asc"}, "phrase": {"created:>=" + since.Format("2006-01-02T15:04:05Z")}}
		},
		Next: func(r *poll.Refusal) string { return next(r, &o) },
	}
	if o.pause > 0 {
		p.Pause, p.PauseMost, p.Sweep = o.pause, o.pause, o.sweep
	}
	return poll.New(p)
}

// when is the time of a record by which the log is in order: created_at may be older, and
// events of Git have none.
func when(record []byte) time.Time {
	var r struct {
		At      json.RawMessage `json:"@timestamp"`
		Created json.RawMessage `json:"created_at"`
	}
	if json.Unmarshal(record, &r) != nil {
		return time.Time{}
	}
	for _, text := range [][]byte{r.At, r.Created} {
		if ns, ok := normalize.Unix(bytes.Trim(text, `"`)); ok {
			return time.Unix(0, ns).UTC()
		}
	}
	return time.Time{}
}

// next is what to do about a refusal.
func next(r *poll.Refusal, o *Options) string {
	switch r.Status {
	case http.StatusUnauthorized:
		return "the token is unknown, revoked or expired: put a new one into " + o.TokenFile
	case http.StatusForbidden:
		return "the token may not read the audit log: it must be an owner's with the scope read:audit_log (or a fine-grained one with read access to administration), and be authorised for single sign-on where the organization has it"
	case http.StatusNotFound:
		return fmt.Sprintf("%s is not there, has no audit log (it needs GitHub Enterprise), or the token is not an owner's: correct github in service.sources, or the token in %s", o.Owner, o.TokenFile)
	}
	return "see the documentation of the audit log's API about this answer"
}
