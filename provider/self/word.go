package self

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// wordSchema is in every word, and in no other record.
const wordSchema = "sekisho.word/v1"

// Word is what a person said or did by the service: a verdict on an incident, or a
// change of the service's own. It goes through the log, so that a replay hears it at
// the same place, and the log is the audit.
type Word struct {
	Schema string    `json:"schema"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`     // name of the token
	What   string    `json:"what"`   // "verdict", "backup"
	Target string    `json:"target"` // the incident, the folder
	Detail string    `json:"detail"` // of a verdict: its word
	Note   string    `json:"note,omitempty"`
}

// wordMax caps a word: a note of some sentences.
const wordMax = 16 << 10

// JSON is the word as a record.
func (w Word) JSON() ([]byte, error) {
	w.Schema = wordSchema
	raw, err := json.Marshal(w)
	if err == nil && len(raw) > wordMax {
		err = fmt.Errorf("it is longer than %d bytes", wordMax)
	}
	return raw, err
}

// ReadWord reads what JSON wrote; false for any other record.
func ReadWord(raw []byte) (w Word, ok bool) {
	if len(raw) > wordMax || json.Unmarshal(raw, &w) != nil || w.Schema != wordSchema || w.By == "" || w.What == "" || w.At.IsZero() {
		return Word{}, false
	}
	return w, true
}

// Verdict is what a word says of an incident, nil if it is no verdict.
func (w *Word) Verdict() *sekisho.Verdict {
	if w.What != "verdict" {
		return nil
	}
	for _, k := range []sekisho.VerdictKind{sekisho.VerdictTrue, sekisho.VerdictFalse, sekisho.VerdictAuthorised} {
		if w.Detail == k.String() {
			return &sekisho.Verdict{Incident: w.Target, Kind: k, By: w.By, At: w.At.UTC().Truncate(time.Second), Note: w.Note}
		}
	}
	return nil
}

func compactWord(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
	w, ok := ReadWord(raw)
	if !ok {
		return dst, normalize.Key{}, normalize.Unreadable, "no word of a person"
	}
	sum := sha256.Sum256(raw)
	return append(dst, raw...), normalize.Key{Time: w.At.UnixNano(), Hi: binary.BigEndian.Uint64(sum[:8]), Lo: binary.BigEndian.Uint64(sum[8:16])}, normalize.Read, ""
}
