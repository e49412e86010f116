// Package self is what Sekisho itself has to say as events: that a feed fell
// silent. Such notices go through the log like any record, so a replay sees what
// the service saw, and an incident about a missing feed is an incident like others.
package self

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
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

// notice is a Silence as it is written down.
type notice struct {
	Schema  string    `json:"schema"`
	Kind    string    `json:"kind"`
	Source  string    `json:"source"`
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Since   time.Time `json:"since"`
	At      time.Time `json:"at"`
}

const kindSilence = "feed-silent"

// JSON is the notice as a record.
func (s *Silence) JSON() ([]byte, error) {
	return json.Marshal(notice{schema, kindSilence, s.Source, s.Account, s.Region, s.Since.UTC().Truncate(time.Second), s.At.UTC().Truncate(time.Second)})
}

// recordMax caps a notice: it is some 200 bytes.
const recordMax = 4 << 10

// Notices is the format of what Silence writes.
func Notices() normalize.Format {
	return normalize.Format{Name: Source, Compact: compact, NewExpander: func() normalize.Expander { return expander{} }}
}

// compact keeps a notice as it is.
func compact(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
	if bytes.Contains(raw, []byte(wordSchema)) {
		return compactWord(dst, raw)
	}
	if !bytes.Contains(raw, []byte(schema)) {
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
	if err := json.Unmarshal(raw, &n); err != nil || n.Schema != schema || n.Kind != kindSilence || n.Source == "" || n.At.IsZero() {
		return nil, fmt.Errorf("no notice of a known kind")
	}
	return &n, nil
}

// sum makes a notice the same one when it comes again.
func (n *notice) sum() [sha256.Size]byte {
	return sha256.Sum256([]byte(n.Kind + "\x00" + n.Source + "\x00" + n.Account + "\x00" + n.Region + "\x00" + n.Since.UTC().Format(time.RFC3339)))
}

type expander struct{}

// Expand implements normalize.Expander. The actor is the feed itself: nobody is
// accused.
func (expander) Expand(e *sekisho.Event, raw []byte) error {
	n, err := read(raw)
	if err != nil {
		return err
	}
	sum := n.sum()
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
