package ingest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/normalize"
)

func record(n int) string { return fmt.Sprintf(`{"t":%d,"id":"r%d"}`, n, n) }

// TestBody: records come out of whatever they are wrapped in, what is none is told
// and hides no other, and a Body that is used again holds nothing of before.
func TestBody(t *testing.T) {
	var b Body
	for _, tt := range []struct {
		name         string
		text         string
		records, bad int
	}{
		{"one record", record(1), 1, 0},
		{"lines", record(1) + "\n" + record(2) + "\n", 2, 0},
		{"a delivered file", `{"Records":[` + record(1) + "," + record(2) + "," + record(3) + "]}", 3, 0},
		{"an envelope of an event bus", `{"detail-type":"AWS API Call via CloudTrail","source":"x","detail":` + record(4) + "}", 1, 0},
		{"a bad one among them", `[` + record(1) + `,{"x":1},` + record(2) + "]", 2, 1},
		{"no JSON", "hello\nworld\n", 0, 1},
		{"nothing", "", 0, 0},
		{"an empty list", `{"Records":[]}`, 0, 0},
	} {
		if err := b.Inflate([]byte(tt.text)); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		b.Read([]normalize.Format{fake})
		plain := len(b.Records)
		b.Read([]normalize.Format{fakePrefix})
		if plain != tt.records {
			t.Errorf("%s: %d records by a format that does not find their end, want %d", tt.name, plain, tt.records)
		}
		if len(b.Records) != tt.records || b.BadTotal != int64(tt.bad) || len(b.Bad) != tt.bad {
			t.Errorf("%s: %d records and %d bad (%v), want %d and %d", tt.name, len(b.Records), b.BadTotal, b.Bad, tt.records, tt.bad)
		}
		for i := range b.Records {
			if len(b.Records[i].Compact) == 0 {
				t.Errorf("%s: record %d is empty", tt.name, i)
			}
		}
	}
}

// TestBodyOfTwoKinds: what two formats claim is read as the same one whatever was read
// before it: a log that is folded again holds other bodies in between.
func TestBodyOfTwoKinds(t *testing.T) {
	kind := func(name, key string) normalize.Format {
		return normalize.Format{Name: name, Compact: func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
			if !bytes.Contains(raw, []byte(key)) {
				return dst, normalize.Key{}, normalize.NotMine, ""
			}
			return append(dst, raw...), normalize.Key{}, normalize.Read, ""
		}}
	}
	formats := []normalize.Format{kind("one", `"a"`), kind("two", `"b"`)}
	var b Body
	for _, text := range []string{`{"b":1}`, `{"a":1,"b":1}`, `{"b":1}`, `{"a":1,"b":1}`} {
		b.Text = []byte(text)
		b.Read(formats)
		fresh := Body{Text: b.Text}
		if fresh.Read(formats); len(b.Records) != 1 || b.Records[0].Format != fresh.Records[0].Format {
			t.Errorf("%s: %+v, by itself %+v", text, b.Records, fresh.Records)
		}
	}
}

// TestBodyPacked: gzip is told by its first bytes; what inflates without end is
// refused.
func TestBodyPacked(t *testing.T) {
	pack := func(text string) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		fmt.Fprint(z, text)
		z.Close()
		return out.Bytes()
	}
	var b Body
	if err := b.Inflate(pack(record(1))); err != nil {
		t.Fatal(err)
	}
	if b.Read([]normalize.Format{fakePrefix}); len(b.Records) != 1 || string(b.Text) != record(1) {
		t.Errorf("%d records of %q", len(b.Records), b.Text)
	}
	if err := b.Inflate(pack(strings.Repeat(" ", BodyMax+1))); !errors.Is(err, ErrBodyTooLarge) {
		t.Errorf("a bomb: %v", err)
	}
	if err := b.Inflate(pack(record(1))[:20]); err == nil {
		t.Error("half a gzip was taken")
	}
}

// FuzzBody: no body makes reading panic, and what is read again is the same.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"Records":[` + record(1) + `]}`))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add([]byte(`[{"detail-type":"x","detail":` + record(2) + `}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var b Body
		if b.Inflate(raw) != nil {
			return
		}
		b.Read([]normalize.Format{fakePrefix})
		records, bad := len(b.Records), b.BadTotal
		if b.Read([]normalize.Format{fakePrefix}); len(b.Records) != records || b.BadTotal != bad {
			t.Errorf("%d records and %d bad, again %d and %d", records, bad, len(b.Records), b.BadTotal)
		}
	})
}
