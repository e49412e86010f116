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
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// recorded are the records that others test their rules with, beside a checkout.
const recorded = "../../../shared/data/panther-rule-tests/GitHub.Audit.ndjson.gz"

// TestRecorded: every record of the recordings is read and becomes an event. Test suites
// leave out what their rule does not look at: where that is the time, one is put in.
// Without the recordings the test is skipped, but not in CI.
func TestRecorded(t *testing.T) {
	file, err := os.Open(recorded)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v; CI must have the recordings there", err)
		}
		t.Skipf("no recordings: %v", err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	format := Audit()
	expander := format.NewExpander()
	counts, effects := map[string]int{}, map[string]int{}
	for dec := json.NewDecoder(text); ; {
		var line struct{ Event json.RawMessage }
		if err := dec.Decode(&line); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		raw := []byte(line.Event)
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
			continue
		case verdict != normalize.Read:
			t.Errorf("%s: %d %s", raw, verdict, reason)
			continue
		}
		counts["read"]++
		var e sekisho.Event
		if err := expander.Expand(&e, out); err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
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
	}
	if counts["read"] < 50 {
		t.Errorf("only %d records were read", counts["read"])
	}
	for _, m := range []map[string]int{counts, effects} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			t.Logf("%4d %s", m[name], name)
		}
	}
}
