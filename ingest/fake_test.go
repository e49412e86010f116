package ingest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/sekisho/sekisho/normalize"
)

// fake is a format small enough to read in a test:
//
//	{"t":3,"id":"a"}     an event at 3 with the id a
//	{"digest":true}      a record of a kind that is not wanted
//	{"other":…}          another format's record
//
// Its compact form is the raw record with white space removed.
var fake = normalize.Format{
	Name: "fake",
	Compact: func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
		var r struct {
			T      *int64
			ID     string
			Digest bool
			Other  any
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			return dst, normalize.Key{}, normalize.Unreadable, "damaged"
		}
		switch {
		case r.Digest:
			return dst, normalize.Key{}, normalize.Skipped, "a digest, not events"
		case r.Other != nil:
			return dst, normalize.Key{}, normalize.NotMine, ""
		case r.T == nil:
			return dst, normalize.Key{}, normalize.Unreadable, "no time"
		}
		var id [16]byte
		copy(id[:], r.ID)
		return append(dst, raw...), normalize.Key{
			Time: *r.T,
			Hi:   binary.BigEndian.Uint64(id[:8]),
			Lo:   binary.BigEndian.Uint64(id[8:]),
		}, normalize.Read, ""
	},
}

// fakePrefix is fake, and finds a record's end by itself.
var fakePrefix = normalize.Format{
	Name:    fake.Name,
	Compact: fake.Compact,
	Prefix: func(dst, text []byte) ([]byte, int, normalize.Key) {
		d := json.NewDecoder(bytes.NewReader(text))
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return dst, 0, normalize.Key{}
		}
		n := int(d.InputOffset())
		out, key, verdict, _ := fake.Compact(dst, text[:n])
		if verdict != normalize.Read {
			return dst, 0, normalize.Key{}
		}
		return out, n, key
	},
}

// rec writes a fake record.
func rec(t int, id string) string { return fmt.Sprintf(`{"t":%d,"id":%q}`, t, id) }

// short writes what became of a fake record: "3a".
func short(compact []byte) string {
	var r struct {
		T  int64
		ID string
	}
	if err := json.Unmarshal(compact, &r); err != nil {
		return "?"
	}
	return fmt.Sprintf("%d%s", r.T, r.ID)
}
