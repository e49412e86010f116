// Package oktaapi reads the System Log of an Okta organization by its API.
package oktaapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/poll"
)

// Format is the name of the format of what is read.
const Format = "okta-system-log"

// An event hook of Okta asks the address that it is to deliver to whether that is meant:
// by GET, with a value in the header ChallengeHeader that is to come back under the name
// ChallengeAnswer.
const (
	ChallengeHeader = "X-Okta-Verification-Challenge"
	ChallengeAnswer = "verification"
)

// Of the System Log API.
const (
	path    = "/api/v1/logs"
	pageMax = 1000
	// pause keeps below the smallest rate limits that organizations have, and below the
	// half of them that one token gets.
	pause     = 10 * time.Second
	pauseMost = 20 * time.Second
	// overlap makes up for clocks of Okta's that disagree, when a cursor expired.
	overlap = 5 * time.Minute
)

// Options of the System Log of one organization.
type Options struct {
	Address   string // https://example.okta.com
	TokenFile string // holds an API token
	CAFile    string // PEM of who signs its certificate; the system's if ""
	// LookBack is how far back the first start reads; a day if 0.
	LookBack time.Duration

	pause time.Duration // shorter in tests
}

// New makes the source. It makes no call.
//
// The log is polled as Okta calls it: the oldest first and without an end, so that it is
// ordered by when a record was stored, and a record that was late to be stored comes
// later, and is not missed.
func New(o Options) (*poll.Log, error) {
	u, err := url.Parse(o.Address)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("read okta: its address is none; write it as https://example.okta.com in service.sources")
	}
	p := poll.Options{
		Name: "okta:" + strings.ToLower(u.Host), Address: strings.TrimRight(o.Address, "/") + path, TokenFile: o.TokenFile, CAFile: o.CAFile, LookBack: o.LookBack,
		Format: Format, Scheme: "SSWS", SizeKey: "limit", Size: pageMax, Endless: true, When: when, Overlap: overlap, Pause: pause, PauseMost: pauseMost,
		Query: func(since time.Time) url.Values {
			return url.Values{"since": {since.Format("2006-01-02T15:04:05.000Z")}, "sortOrder": {"ASCENDING"}}
		},
		Next: func(r *poll.Refusal) string { return next(r, o.TokenFile) },
	}
	if o.pause > 0 {
		p.Pause, p.PauseMost = o.pause, o.pause
	}
	return poll.New(p)
}

// when is the time of a record.
func when(record []byte) time.Time {
	var r struct {
		Published string `json:"published"`
	}
	if json.Unmarshal(record, &r) != nil {
		return time.Time{}
	}
	ns, ok := normalize.Stamp([]byte(r.Published))
	if !ok {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// next is what to do about a refusal.
func next(r *poll.Refusal, tokenFile string) string {
	switch r.Status {
	case http.StatusUnauthorized:
		return "the token is unknown, revoked or expired (one that is not used for 30 days is): make a new one in Security, API, Tokens, and put it into " + tokenFile
	case http.StatusForbidden:
		return "whoever made the token may not read the System Log, or may not from here: make it as a read-only administrator, and see the token's network restrictions"
	case http.StatusNotFound:
		return "there is no System Log at this address: correct okta in service.sources"
	}
	return "see the System Log API's documentation of this answer"
}
