// Package self is what Sekisho itself has to say as events: that a feed fell silent,
// that a rule which brings records is gone, that files of a trail are not what the trail
// wrote. Such notices go through the log like any record, so a replay sees what the
// service saw, and an incident about a missing feed is an incident like others.
package self

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// Source is the name of the feed of notices. Nobody may deliver to it.
const Source = "sekisho"

// schema is in every notice, and in no other record.
const schema = "sekisho.notice/v1"

// Silence is the notice that a feed has brought nothing for longer than it ever
// does.
type Silence struct {
	Source  string    // the feed
	Account string    // and which part of it
	Region  string    // "" where records name none
	Since   time.Time // of its last record's receipt
	At      time.Time // when that was noticed
}

// What became of a rule that brought records.
const (
	RuleDeleted    = "deleted"
	RuleDisabled   = "disabled"
	RuleNarrowed   = "narrowed"   // it lets less through than it did
	RuleUntargeted = "untargeted" // it no longer sends to where it sent
)

// RuleGone is the notice that a rule by which a feed's records come no longer brings
// them all.
type RuleGone struct {
	Account string
	Region  string
	Rule    string // its name
	What    string // one of the words above
	At      time.Time
}

// What was found of a trail's files.
const (
	LogChanged    = "log-changed"    // its content is not what the trail vouches for
	LogMissing    = "log-missing"    // the trail vouches for it, and it is gone
	DigestChanged = "digest-changed" // the one after vouches for another content
	DigestInvalid = "digest-invalid" // it is not the trail's own word
	DigestMissing = "digest-missing" // the hour after says that it was there
)

// Altered is the notice that files of a trail are not what the trail wrote.
type Altered struct {
	What    string // one of the words above
	Object  string // its address
	Account string
	Region  string
	At      time.Time
}

// JSON is the notice as a record. What is wrong with one object is told once.
func (a *Altered) JSON() ([]byte, error) {
	return json.Marshal(notice{Schema: schema, Kind: kindAltered, Source: Source, Account: a.Account, Region: a.Region, At: a.At.UTC().Truncate(time.Second),
		Object: shortened(a.Object), What: a.What})
}

// objectMost caps an object's address in a notice.
const objectMost = 2 << 10

func shortened(s string) string { return strings.ToValidUTF8(s[:min(len(s), objectMost)], "") }

// notice is a Silence, a RuleGone or an Altered as it is written down.
type notice struct {
	Schema  string    `json:"schema"`
	Kind    string    `json:"kind"`
	Source  string    `json:"source"`
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Since   time.Time `json:"since"`
	At      time.Time `json:"at"`
	Rule    string    `json:"rule,omitempty"`
	What    string    `json:"what,omitempty"`
	Object  string    `json:"object,omitempty"`
}

const (
	kindSilence  = "feed-silent"
	kindRuleGone = "rule-gone"
	kindAltered  = "trail-altered"
)

// JSON is the notice as a record.
func (s *Silence) JSON() ([]byte, error) {
	return json.Marshal(notice{Schema: schema, Kind: kindSilence, Source: s.Source, Account: s.Account, Region: s.Region,
		Since: s.Since.UTC().Truncate(time.Second), At: s.At.UTC().Truncate(time.Second)})
}

// JSON is the notice as a record.
func (r *RuleGone) JSON() ([]byte, error) {
	at := r.At.UTC().Truncate(time.Second)
	return json.Marshal(notice{Schema: schema, Kind: kindRuleGone, Source: Source, Account: r.Account, Region: r.Region, Since: at, At: at, Rule: r.Rule, What: r.What})
}

// recordMax caps a notice: it is some 200 bytes.
const recordMax = 4 << 10

// Notices is the format of what Silence, RuleGone, Altered and Word write.
func Notices() normalize.Format {
	return normalize.Format{Name: Source, Own: true, Compact: compact, NewExpander: func() normalize.Expander { return expander{} }}
}

// compact keeps a notice as it is.
func compact(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
	if !bytes.Contains(raw, []byte("sekisho.")) {
		return dst, normalize.Key{}, normalize.NotMine, ""
	}
	var head struct{ Schema string }
	switch err := json.Unmarshal(raw, &head); {
	case err == nil && head.Schema == wordSchema:
		return compactWord(dst, raw)
	case err != nil || head.Schema != schema:
		return dst, normalize.Key{}, normalize.NotMine, ""
	}
	n, err := read(raw)
	if err != nil {
		return dst, normalize.Key{}, normalize.Unreadable, err.Error()
	}
	sum := n.sum()
	return append(dst, raw...), normalize.Key{Time: n.At.UnixNano(), Hi: binary.BigEndian.Uint64(sum[:8]), Lo: binary.BigEndian.Uint64(sum[8:16])}, normalize.Read, ""
}

func read(raw []byte) (*notice, error) {
	var n notice
	if len(raw) > recordMax {
		return nil, fmt.Errorf("a notice longer than %d bytes", recordMax)
	}
	if err := json.Unmarshal(raw, &n); err != nil || n.Schema != schema || n.Source == "" || n.At.IsZero() {
		return nil, fmt.Errorf("no notice of a known kind")
	}
	switch n.Kind {
	case kindSilence:
	case kindRuleGone:
		if n.Rule == "" || !slices.Contains([]string{RuleDeleted, RuleDisabled, RuleNarrowed, RuleUntargeted}, n.What) {
			return nil, fmt.Errorf("a notice of a rule that does not say which or what")
		}
	case kindAltered:
		if n.Object == "" || !slices.Contains([]string{LogChanged, LogMissing, DigestChanged, DigestInvalid, DigestMissing}, n.What) {
			return nil, fmt.Errorf("a notice of a trail that does not say which file or what")
		}
	default:
		return nil, fmt.Errorf("no notice of a known kind")
	}
	return &n, nil
}

// sum makes a notice the same one when it comes again.
func (n *notice) sum() [sha256.Size]byte {
	text := n.Kind + "\x00" + n.Source + "\x00" + n.Account + "\x00" + n.Region + "\x00" + n.Since.UTC().Format(time.RFC3339)
	switch n.Kind {
	case kindRuleGone:
		text += "\x00" + n.Rule + "\x00" + n.What
	case kindAltered:
		text += "\x00" + n.Object + "\x00" + n.What
	}
	return sha256.Sum256([]byte(text))
}

type expander struct{}

// Expand implements normalize.Expander. The actor is the feed, the rule or the trail
// itself: nobody is accused.
func (expander) Expand(e *sekisho.Event, raw []byte) error {
	n, err := read(raw)
	if err != nil {
		return err
	}
	sum := n.sum()
	if n.Kind == kindRuleGone {
		name := "rule " + n.Rule + " of " + n.Account + " in " + n.Region
		*e = sekisho.Event{ID: "sha256:" + hex.EncodeToString(sum[:8]), Time: n.At.UTC(), Source: Source, Kind: sekisho.Notice, Account: n.Account, Region: n.Region,
			Service: "sekisho", Action: "RuleGone", Level: sekisho.LevelWrite, Topic: sekisho.TopicLogging, Target: name,
			Actor:   sekisho.Actor{Kind: sekisho.KindService, KindEvidence: "a rule that brings records", ID: name, Name: name, Account: n.Account},
			Effects: []sekisho.Effect{{Kind: sekisho.DisableDefence, What: "rule-" + n.What, Resource: name}}}
		return nil
	}
	if n.Kind == kindAltered {
		*e = sekisho.Event{ID: "sha256:" + hex.EncodeToString(sum[:8]), Time: n.At.UTC(), Source: Source, Kind: sekisho.Notice, Account: n.Account, Region: n.Region,
			Service: "sekisho", Action: "TrailAltered", Level: sekisho.LevelWrite, Topic: sekisho.TopicLogging, Target: n.Object,
			Actor:   sekisho.Actor{Kind: sekisho.KindService, KindEvidence: "files of a trail", ID: "trail:" + n.Account, Name: "trail of " + n.Account, Account: n.Account},
			Effects: []sekisho.Effect{{Kind: sekisho.DisableDefence, What: n.What, Resource: n.Object}}}
		return nil
	}
	name := n.Source + " of " + n.Account
	if n.Region != "" {
		name += " in " + n.Region
	}
	*e = sekisho.Event{ID: "sha256:" + hex.EncodeToString(sum[:8]), Time: n.At.UTC(), Source: Source, Kind: sekisho.Notice, Account: n.Account, Region: n.Region,
		Service: "sekisho", Action: "FeedSilent", Level: sekisho.LevelWrite, Topic: sekisho.TopicLogging, Target: name,
		Actor: sekisho.Actor{Kind: sekisho.KindService, KindEvidence: "a feed of records", ID: "feed:" + name, Name: name, Account: n.Account},
		Effects: []sekisho.Effect{{Kind: sekisho.DisableDefence, What: "silence", Resource: name,
			Count: int64(n.At.Sub(n.Since) / time.Second)}}}
	return nil
}
