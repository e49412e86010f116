package github

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// recorded are the records that others test their rules with, beside a checkout, and ours
// is the file of them that is of this source.
const (
	recorded = "../../../shared/data/panther-rule-tests/"
	oursOf   = recorded + "GitHub.Audit.ndjson.gz"
)

// eachRecorded calls f with every record of a file.
func eachRecorded(t *testing.T, path string, f func(raw []byte)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(text); ; {
		var line struct{ Event json.RawMessage }
		if err := dec.Decode(&line); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		f(line.Event)
	}
}

// needRecorded skips the test without the recordings, but fails it in CI.
func needRecorded(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(oursOf); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v; CI must have the recordings there", err)
		}
		t.Skipf("no recordings: %v", err)
	}
}

// TestOthersRecorded: of what other sources record, nothing is claimed.
func TestOthersRecorded(t *testing.T) {
	needRecorded(t)
	files, _ := filepath.Glob(recorded + "*.ndjson.gz")
	format, n := Audit(), 0
	for _, path := range files {
		if path == oursOf {
			continue
		}
		eachRecorded(t, path, func(raw []byte) {
			if bytes.Contains(raw, []byte(`"GitHub.Audit"`)) {
				return // rules for several sources are tried with records of all
			}
			n++
			if _, _, verdict, _ := format.Compact(nil, raw); verdict != normalize.NotMine {
				t.Errorf("%s: %d: %.300s", filepath.Base(path), verdict, raw)
			}
		})
	}
	if n < 500 {
		t.Errorf("only %d records of others", n)
	}
}

// TestRecorded: every record of the recordings is read and becomes an event. Test suites
// leave out what their rule does not look at: where that is the time, one is put in.
func TestRecorded(t *testing.T) {
	needRecorded(t)
	format := Audit()
	expander := format.NewExpander()
	counts, effects := map[string]int{}, map[string]int{}
	eachRecorded(t, oursOf, func(raw []byte) {
		var plain struct {
			Action  string
			Actor   any
			Time    any `json:"@timestamp"`
			Created any `json:"created_at"`
		}
		_ = json.Unmarshal(raw, &plain) // what does not fit is another's
		out, _, verdict, reason := format.Compact(nil, raw)
		if verdict == normalize.Unreadable && plain.Time == nil && plain.Created == nil {
			counts["read, with a time put in"]++
			raw = append([]byte(`{"@timestamp":1714979289123,`), bytes.TrimSpace(raw)[1:]...)
			out, _, verdict, reason = format.Compact(nil, raw)
		}
		category, _, dots := strings.Cut(plain.Action, ".")
		switch {
		case verdict == normalize.NotMine && (!dots || category == "unknown"):
			counts["another's, or an invented action"]++
			return
		case verdict != normalize.Read:
			t.Errorf("%s: %d %s", raw, verdict, reason)
			return
		}
		counts["read"]++
		var e sekisho.Event
		if err := expander.Expand(&e, out); err != nil {
			t.Errorf("%s: %v", raw, err)
			return
		}
		if login, ok := plain.Actor.(string); ok && e.Actor.Name != login || e.Action != plain.Action || e.Level == sekisho.LevelUnknown {
			t.Errorf("%s became %+v", raw, e)
		}
		if len(e.Effects) == 0 {
			effects["(none)"]++
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			effects[strings.TrimSuffix(fmt.Sprint(x.Kind, "/", x.What), "/")]++
		}
	})
	if counts["read"] < 50 {
		t.Errorf("only %d records were read", counts["read"])
	}
	for _, m := range []map[string]int{counts, effects} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			t.Logf("%4d %s", m[name], name)
		}
	}
}
