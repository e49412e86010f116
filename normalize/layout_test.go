package normalize

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
)

// These are the fields of a small invented source.
const (
	fID = iota
	fAt
	fWho
	fWhat
	fList
)

// invented is such a source, in a dozen lines.
func invented() Format {
	return Layout{
		Name: "invented", Fields: []string{fID: "id", fAt: "at", fWho: "who.name", fWhat: "what", fList: "list"}, ID: fID, Time: fAt,
		Judge: func(v Values) (Verdict, string) {
			if !v.Has(fWhat) {
				return NotMine, "not a record of the invented source"
			}
			return Read, ""
		},
		NewMapping: func() func(*sekisho.Event, *Values) {
			return func(e *sekisho.Event, v *Values) {
				e.Action, e.Actor.Name, e.Target = v.Text(fWhat), v.Text(fWho), string(v.Raw(fList))
				v.Add(sekisho.Effect{Kind: sekisho.Report})
			}
		},
	}.Format()
}

// TestLayout: what becomes of records, the good and the odd.
func TestLayout(t *testing.T) {
	long := strings.Repeat("ä", fieldMax)
	for _, tt := range []struct {
		name, raw, want string
		verdict         Verdict
	}{
		{"a record", `{"at":"2026-01-02T03:04:05Z","id":"7","who":{"name":"alice","x":[{}]},"what":"open","list":[1, 2]}`, "7 03:04:05 alice open [1, 2] 0", Read},
		{"escapes", `{"id":"7","at":"2026-01-02T03:04:05Z","who":{"n\u0061me":"\u0061\"b"},"what":"\u0041"}`, `7 03:04:05 a"b A  0`, Read},
		{"a number and null", `{"id":7,"at":"2026-01-02T03:04:05Z","who":null,"what":true}`, "7 03:04:05  true  0", Read},
		{"a key twice", `{"id":"7","at":"2026-01-02T03:04:05Z","what":"a","what":"b"}`, "7 03:04:05  a  1", Read},
		{"a key in another case", `{"id":"7","at":"2026-01-02T03:04:05Z","what":"a","WHAT":"b"}`, "7 03:04:05  a  1", Read},
		{"another shape", `{"id":"7","at":"2026-01-02T03:04:05Z","what":"a","who":"alice"}`, "7 03:04:05  a  0", Read},
		{"no id", `{"at":"2026-01-02T03:04:05Z","what":"a"}`, "sha256:218eeae732627b57 03:04:05  a  0", Read},
		{"no id, written otherwise", `{"what" : "a", "at":"2026-01-02T03:04:05Z"}`, "sha256:218eeae732627b57 03:04:05  a  0", Read},
		{"a long text", `{"id":"7","at":"2026-01-02T03:04:05Z","what":"` + long + `"}`, "7 03:04:05  " + long[:fieldMax] + "  4", Read},
		{"another's", `{"id":"7","at":"2026-01-02T03:04:05Z"}`, "not a record of the invented source", NotMine},
		{"no time", `{"id":"7","what":"a"}`, "no at", Unreadable},
		{"a time that is none", `{"id":"7","what":"a","at":"noon"}`, "at is not a time", Unreadable},
		{"damaged", `{"id":"7","what":"a"`, "not a complete JSON object", Unreadable},
		{"no object", `"x"`, "not a complete JSON object", Unreadable},
		{"deep", `{"id":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "}", "not a complete JSON object", Unreadable},
	} {
		f := invented()
		out, key, verdict, reason := f.Compact([]byte("x"), []byte(tt.raw))
		if got := reason; verdict != Read {
			if verdict != tt.verdict || got != tt.want || string(out) != "x" {
				t.Errorf("%s: %d %s", tt.name, verdict, got)
			}
			continue
		}
		after := tt.raw + ` ,{"id":"8"}`
		if form, n, k := f.Prefix([]byte("x"), []byte(after)); n != len(tt.raw) || k != key || !bytes.Equal(form, out) {
			t.Errorf("%s: as the beginning of a text it ends at %d of %d, or reads otherwise", tt.name, n, len(tt.raw))
		}
		var e sekisho.Event
		if err := f.NewExpander().Expand(&e, out[1:]); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := strings.Join([]string{e.ID, e.Time.Format(time.TimeOnly), e.Actor.Name, e.Action, e.Target, string('0' + rune(e.Flags))}, " ")
		if got != tt.want || len(e.Effects) != 1 || key.Time != e.Time.UnixNano() {
			t.Errorf("%s:\n got %.200s\nwant %.200s", tt.name, got, tt.want)
		}
	}
}

// FuzzAddress: an address has the one spelling that package netip gives it, from the
// first time on.
func FuzzAddress(f *testing.F) {
	for _, text := range []string{"192.0.2.1", "0.0.0.0", "255.255.255.255", "1.2.3", "1.2.3.4.5", "1..2.3", "01.2.3.4", "1.2.3.00", "256.1.1.1", "::ffff:192.0.2.1", "2001:DB8::1", "fe80::1%eth0", "x", ""} {
		f.Add([]byte(text))
	}
	v := Values{memory: &memory{strings: NewInterner(8), addresses: NewCache[string](8)}}
	f.Fuzz(func(t *testing.T, text []byte) {
		want := ""
		if a, err := netip.ParseAddr(string(text)); err == nil {
			want = a.WithZone("").Unmap().String()
		}
		v.at[0] = text
		for range 2 {
			if got := v.Address(0); got != want {
				t.Fatalf("%q: %q, want %q", text, got, want)
			}
		}
	})
}

// FuzzLayout: any text is read or refused; what is read can be expanded, and is JSON.
func FuzzLayout(f *testing.F) {
	f.Add([]byte(`{"at":"2026-01-02T03:04:05Z","id":"7","who":{"name":"alice"},"what":"open","list":[1,2]}`))
	format := invented()
	expander := format.NewExpander()
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, key, verdict, reason := format.Compact(nil, raw)
		form, length, k := format.Prefix(nil, raw)
		if verdict == Read && (k != key || !bytes.Equal(form, out)) || length > 0 && !json.Valid(raw[:length]) {
			t.Fatalf("as the beginning of a text it reads otherwise, to %d: %q", length, raw)
		}
		if verdict != Read {
			if reason == "" || len(out) > 0 {
				t.Fatalf("%d without a reason", verdict)
			}
			return
		}
		if !json.Valid(raw) {
			// The one leniency: bad UTF-8 in strings, and halves of surrogates, are valid there too.
			t.Fatalf("no JSON was read: %q", raw)
		}
		var e sekisho.Event
		if err := expander.Expand(&e, out); err != nil {
			t.Fatal(err)
		}
		for cut := range out { // no part of a form is one
			if cut > 300 {
				break
			}
			if expander.Expand(&e, bytes.Clone(out[:cut])) == nil && cut < len(out) {
				t.Fatalf("a form cut at %d of %d was expanded", cut, len(out))
			}
		}
	})
}

// TestTimes: the spellings of times.
func TestTimes(t *testing.T) {
	for text, want := range map[string]int64{"1630619088": 1630619088e9, "1630619088123": 1630619088123e6, "": -1, "x": -1, "99999999999999": -1} {
		if ns, ok := Unix([]byte(text)); ok != (want >= 0) || ok && ns != want {
			t.Errorf("%q: %d %v", text, ns, ok)
		}
	}
	for text, ok := range map[string]bool{"2026-01-02T03:04:05.123Z": true, "2026-01-02T03:04:05+02:00": true, "2026-01-02": false, "1500-01-02T03:04:05Z": false} {
		if _, got := Stamp([]byte(text)); got != ok {
			t.Errorf("%q: %v", text, got)
		}
	}
	for _, text := range []string{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.6Z", "2026-12-31T23:59:59.675Z", "2024-02-29T00:00:00.000000001Z", "1969-12-31T23:59:59.25Z"} {
		want, err := time.Parse(time.RFC3339Nano, text)
		if ns, ok := Stamp([]byte(text)); err != nil || !ok || ns != want.UnixNano() {
			t.Errorf("%q: %d %v instead of %d", text, ns, ok, want.UnixNano())
		}
	}
}
