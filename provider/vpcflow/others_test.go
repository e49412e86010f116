package vpcflow

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
)

// TestOthers: of other people's rule tests, flows are read or refused with a reason, and
// nothing else is claimed.
func TestOthers(t *testing.T) {
	files, _ := filepath.Glob(dataDir + "panther-rule-tests/*.ndjson.gz")
	if len(files) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI must have the public recordings at " + dataDir)
		}
		t.Skip("no public recordings")
	}
	f := Format()
	flows, rest := map[string]int{}, 0
	for _, file := range files {
		for _, raw := range events(t, file) {
			_, _, verdict, reason := f.Compact(nil, raw)
			switch {
			case bytes.Contains(raw, []byte(`"flowDirection"`)) && strings.HasSuffix(file, "AWS.VPCFlow.ndjson.gz"):
				flows[reason]++
			case verdict != normalize.NotMine:
				t.Errorf("%s: %s: %.300s", file, reason, raw)
			default:
				rest++
			}
		}
	}
	// They were cut down to what a rule looks at: none has a time.
	if flows["a flow without start: the flow log's format must have it"] < 3 || flows["a flow's address is none"] != 1 || len(flows) != 2 || rest < 500 {
		t.Errorf("%v, and %d others", flows, rest)
	}
}

// events are the records of a file of rule tests.
func events(t *testing.T, file string) (list []json.RawMessage) {
	t.Helper()
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var m struct {
			Event json.RawMessage `json:"event"`
		}
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		list = append(list, m.Event)
	}
	return list
}

// TestLogGroup: flows that come through a log group are messages in an envelope.
func TestLogGroup(t *testing.T) {
	text := `{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"flows","logEvents":[` +
		`{"id":"1","timestamp":1770000000000,"message":"2 111122223333 eni-0a1 10.0.0.5 203.0.113.9 49152 443 6 10 8400 1770000000 1770000060 ACCEPT OK"},` +
		`{"id":"2","timestamp":1770000000000,"message":"2 111122223333 eni-0a1 - - - - - - - 1770000000 1770000060 - NODATA"},` +
		`{"id":"3","timestamp":1770000000000,"message":"2 111122223333 eni-0a1 203.0.113.9 10.0.0.5 50123 22 6 3 180 1770000000 1770000060 REJECT OK"}]}`
	var b ingest.Body
	if err := b.Inflate([]byte(text)); err != nil {
		t.Fatal(err)
	}
	b.Read([]normalize.Format{Format()})
	if len(b.Records) != 2 || b.Skipped != 1 || b.BadTotal != 0 {
		t.Errorf("%d records, %d skipped, %d bad: %v", len(b.Records), b.Skipped, b.BadTotal, b.Bad)
	}
}

// FuzzObject: any object is read or refused, and what is read can be expanded.
func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"srcAddr":"10.0.0.5","dstAddr":"203.0.113.9","srcPort":40000,"dstPort":443,"action":"ACCEPT","start":1770000000,"flowDirection":"egress"}`))
	f.Add([]byte(`{"srcaddr":"-","dstaddr":"-","log-status":"NODATA","start":"2026-02-02 02:40:00.000"}`))
	format := Format()
	x := format.NewExpander()
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, key, verdict, reason := format.Compact(nil, raw)
		if verdict != normalize.Read {
			if reason == "" || len(out) > 0 {
				t.Fatalf("%d without a reason", verdict)
			}
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("no JSON was read: %q", raw)
		}
		var e sekisho.Event
		if err := x.Expand(&e, out); err != nil {
			t.Fatal(err)
		}
		if e.Time.UnixNano() != key.Time || e.Actor.ID == "" || len(e.Effects)+len(e.Tried) != 1 {
			t.Fatalf("%+v", e)
		}
	})
}
