package aws

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// TestFieldNames holds the switches to the table of names, and the table to
// the sets that are one word wide.
func TestFieldNames(t *testing.T) {
	if fields > 64 {
		t.Fatalf("%d fields do not fit into a fieldSet", fields)
	}
	for lv := levelTop; lv < levels; lv++ {
		for f := firstField[lv]; f < firstField[lv+1]; f++ {
			if names[f] == "" || len(names[f]) > 63 {
				t.Errorf("field %d has no name, or one too long for nameLengths", f)
			}
			if got := fieldOf(lv, []byte(names[f])); got != f {
				t.Errorf("%q at level %d is field %d, want %d", names[f], lv, got, f)
			}
			if got := variantOf(lv, []byte(strings.ToUpper(names[f])), true); got != f {
				t.Errorf("%q in capitals at level %d is field %d, want %d", names[f], lv, got, f)
			}
		}
	}
}

// oracle reads a record by the token walk of another decoder.
type oracle struct {
	values   map[string]string // by the level and name of a field; absent if not a scalar
	raw      map[string]string // object and array fields, as they stand
	repeated bool
	depth    int
	text     []byte
	dec      *jsontext.Decoder
}

func path(f field) string {
	for lv := levelTop; lv < levels; lv++ {
		if firstField[lv] <= f && f < firstField[lv+1] {
			return fmt.Sprint(lv, names[f])
		}
	}
	return ""
}

func readOracle(text []byte) (*oracle, error) {
	o := &oracle{values: map[string]string{}, raw: map[string]string{}, text: text}
	o.dec = jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if o.dec.PeekKind() != '{' {
		return nil, fmt.Errorf("not an object")
	}
	if err := o.object(levelTop); err != nil {
		return nil, err
	}
	if _, err := o.dec.ReadToken(); err != io.EOF {
		return nil, fmt.Errorf("more follows")
	}
	return o, nil
}

func (o *oracle) object(lv level) error {
	if _, err := o.dec.ReadToken(); err != nil {
		return err
	}
	seen := map[string]bool{}
	folded := map[string]bool{}
	for o.dec.PeekKind() != '}' {
		tok, err := o.dec.ReadToken()
		if err != nil {
			return err
		}
		key := tok.String()
		f := fieldNone
		fold := fieldNone
		for g := firstField[lv]; g < firstField[lv+1]; g++ {
			if names[g] == key {
				f = g
			}
			if strings.EqualFold(names[g], key) {
				fold = g
			}
		}
		if fold != fieldNone {
			o.repeated = o.repeated || folded[names[fold]]
			folded[names[fold]] = true
		}
		first := f != fieldNone && !seen[key]
		seen[key] = true
		if first && inside[f] != levelNone && o.dec.PeekKind() == '{' {
			o.depth = max(o.depth, o.dec.StackDepth()+1)
			if err := o.object(inside[f]); err != nil {
				return err
			}
			continue
		}
		if err := o.value(f, first); err != nil {
			return err
		}
	}
	o.depth = max(o.depth, o.dec.StackDepth())
	_, err := o.dec.ReadToken()
	return err
}

func (o *oracle) value(f field, keep bool) error {
	depth := o.dec.StackDepth()
	switch kind := o.dec.PeekKind(); kind {
	case '{', '[':
		o.dec.PeekKind()
		for {
			if _, err := o.dec.ReadToken(); err != nil {
				return err
			}
			o.depth = max(o.depth, o.dec.StackDepth())
			if o.dec.StackDepth() == depth {
				break
			}
		}
		return nil
	default:
		tok, err := o.dec.ReadToken()
		if err == nil && keep && kind != 'n' {
			o.values[path(f)] = tok.String()
		}
		return err
	}
}

// FuzzScan: for every text, the scanner and the other decoder agree on whether
// it is one JSON object, on every scalar field, and on whether keys repeat;
// both read bad UTF-8 as U+FFFD. Only what nests deeper than rawjson.MaxDepth is
// refused by the scanner alone.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		`{"eventName":"a","eventSource":"b.amazonaws.com","eventTime":"2024-01-02T03:04:05Z"}`,
		`{"eventName":"a","eventName":"b","EventName":"c"}`, `{"eventname":1.50,"eventName":true}`,
		`{"userIdentity":{"type":"x","Type":"y","sessionContext":{"attributes":{"mfaAuthenticated":"true"},"sessionIssuer":[]}}}`,
		`{"userIdentity":null,"userIdentity":{"type":"x"}}`, `{"event\u004eame":"\ud83d\ude00\ud83dx\udead\n"}`,
		"{\"userAgent\":\"\xff\xe2\x82 \x80\", \"event\xc5\xbfource\":1,\"eventSource\":2}", `{"a":01}`, `{"a":1.}`, `{"a":-}`, `{"a":1e+}`,
		`{"a":[1,2,{"b":[]},[[[]]]],}`, `{"a":"` + "\x01" + `"}`, `{"a":tru}`, ` {} `, `{}{}`, `[]`, `{"a" : -0.5E-3 , "b":[ ] , "c":{ } }`,
		`{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, `{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
		`{"additionalEventData":{"MFAUsed":"Yes","bytesTransferredOut":1.0,"x-amz-id-2":"` + strings.Repeat("z", 100) + `"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r record
		ok := r.scan(text)
		o, err := readOracle(text)
		if err != nil {
			if ok {
				t.Fatalf("accepted what is not JSON: %v", err)
			}
			return
		}
		if !ok {
			if o.depth > rawjson.MaxDepth {
				return
			}
			t.Fatalf("refused JSON of depth %d", o.depth)
		}
		if o.depth > rawjson.MaxDepth {
			t.Fatalf("accepted depth %d", o.depth)
		}
		if r.repeated != o.repeated {
			t.Errorf("repeated is %v, want %v", r.repeated, o.repeated)
		}
		for f := fieldNone + 1; f < fields; f++ {
			got, plain := r.scalar(f)
			if !plain {
				got = rawjson.AppendUnescaped(nil, got)
			}
			if string(got) != o.values[path(f)] {
				t.Errorf("%s is %q, want %q", path(f), got, o.values[path(f)])
			}
		}
	})
}

// FuzzCompact: whatever the text, Compact and Expand neither panic nor fail,
// and what is read has a key that fits the event.
func FuzzCompact(f *testing.F) {
	f.Add([]byte(`{"eventName":"AssumeRole","eventSource":"sts.amazonaws.com","eventTime":"2024-01-02T03:04:05Z","resources":[{"ARN":"arn:x"}],
		"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/r"},"userIdentity":{"type":"AssumedRole","principalId":"AROAX:s","arn":"arn:aws:sts::111122223333:assumed-role/r/s"}}`))
	f.Add([]byte(`{"eventName":"\u0000","@timestamp":"2024-01-02T03:04:05.5+01:00","userIdentity":{"type":"Root"},"resources":"ARN"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		prefix := []byte("before")
		c, key, verdict, reason := compact(prefix, text)
		if !bytes.HasPrefix(c, prefix) || (verdict == 0) != (reason == "") {
			t.Fatalf("verdict %d, reason %q, prefix %q", verdict, reason, c[:6])
		}
		if verdict != 0 {
			if len(c) != len(prefix) {
				t.Fatal("appended though nothing was read")
			}
			return
		}
		e := expandOnce(t, c[len(prefix):])
		if e.Time.UnixNano() != key.Time || e.ID == "" || e.Actor.ID == "" {
			t.Errorf("event %+v for key %v", e, key)
		}
	})
}

// FuzzExpand: a damaged compact form gives an error or an event, never a panic.
func FuzzExpand(f *testing.F) {
	c, _, _, _ := compact(nil, []byte(`{"eventName":"GetUser","eventSource":"iam.amazonaws.com","eventTime":"2024-01-02T03:04:05Z","userIdentity":{"type":"IAMUser"}}`))
	f.Add(c)
	f.Fuzz(func(t *testing.T, c []byte) {
		e := eventZero
		_ = newExpander().Expand(&e, c)
	})
}
