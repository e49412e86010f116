package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/normalize"
)

// labelledEvent is one event for which someone's rule says whether it should
// fire.
type labelledEvent struct {
	kind            *recordType
	set, rule, name string
	fire            bool
	mocked          bool // the rule looks at more than the event: no fair question
	event           json.RawMessage
}

// recordType is a type of record that the rule tests of others hold and scan
// reads.
type recordType struct {
	name    string
	panther string            // as one set calls it, and a file of it
	folder  string            // a folder of the other set, with files of it
	prefix  string            // of those files
	given   string            // the members that a record must have and no rule looks at, its time first
	keys    map[string]string // keys that a database gave back in small letters, as the source writes them
}

// recordTypes are all of them, in the order of the tables.
var recordTypes = []*recordType{
	{name: "CloudTrail", panther: "AWS.CloudTrail", folder: "cloud*", prefix: "cloudtrail_", given: `"eventTime":"2024-05-06T07:08:09Z"`},
	{name: "Okta", panther: "Okta.SystemLog", given: `"published":"2024-05-06T07:08:09.123Z"`, keys: map[string]string{
		"eventtype": "eventType", "displaymessage": "displayMessage", "legacyeventtype": "legacyEventType",
		"authenticationcontext": "authenticationContext", "debugcontext": "debugContext", "securitycontext": "securityContext"}},
	{name: "GitHub", panther: "GitHub.Audit", folder: "github", given: `"@timestamp":1714979289123`},
	{name: "GuardDuty", panther: "AWS.GuardDuty", folder: "guardduty", given: `"updatedAt":"2024-05-06T07:08:09.123Z"`},
	{name: "VPC flow", panther: "AWS.VPCFlow", given: `"start":1714979289,"end":1714979349,"action":"ACCEPT"`},
}

// pantherType is the type that a set calls so, nil if scan does not read it.
func pantherType(name string) *recordType {
	for _, k := range recordTypes {
		if k.panther == name {
			return k
		}
	}
	return nil
}

// completed gives a record what it lacks of the least that every record of its
// type has: test suites leave out what their rule does not look at. Whether
// nothing else is missing shows when it is read.
func (k *recordType) completed(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	var given, record map[string]json.RawMessage
	if err := json.Unmarshal([]byte("{"+k.given+"}"), &given); err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(raw, &record) != nil || len(record) == 0 {
		return raw
	}
	for key, value := range record {
		if name, ok := k.keys[key]; ok {
			delete(record, key)
			record[name] = value
		}
	}
	for key, value := range given {
		if record[key] == nil {
			record[key] = value
		}
	}
	whole, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// skipped reports whether a record is one that is left aside on purpose, as a
// finding that was made to try things out.
func skipped(raw json.RawMessage) bool {
	for _, f := range formats() {
		if _, _, verdict, _ := f.Compact(nil, raw); verdict == normalize.Skipped {
			return true
		}
	}
	return false
}

// ruleTests are the sets that labelledEvents asks about.
const (
	panther     = "panther-rule-tests"
	streamalert = "streamalert-rule-tests"
)

// pantherEvents are the events of that set's rule tests. A rule for several
// vendors is tested in the file of each, with the same events of all: each is
// taken once, where it belongs to, and those of vendors that are not read are
// left out.
func pantherEvents(t *testing.T) (out []labelledEvent) {
	t.Helper()
	seen := map[string]bool{}
	for _, kind := range recordTypes {
		eachLine(t, recording(t, panther+"/"+kind.panther+".ndjson.gz"), func(line []byte) {
			var x struct {
				Rule     string `json:"rule_id"`
				Name     string `json:"test_name"`
				Expected bool
				Mock     bool `json:"needs_mock"`
				Event    json.RawMessage
			}
			var of struct {
				Kind string `json:"p_log_type"`
			}
			if err := json.Unmarshal(line, &x); err != nil {
				t.Fatal(err)
			}
			_ = json.Unmarshal(x.Event, &of) // few events say what they are
			k := kind
			if of.Kind != "" {
				k = pantherType(of.Kind)
			}
			if key := x.Rule + "/" + x.Name + "/" + string(x.Event); k != nil && !seen[key] {
				seen[key] = true
				out = append(out, labelledEvent{k, panther, x.Rule, x.Name, x.Expected, x.Mock, x.Event})
			}
		})
	}
	return out
}

// eachLine calls f with every line of a packed file.
func eachLine(t *testing.T, path string, f func(line []byte)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for in := bufio.NewReader(z); ; {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			f(line)
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// streamalertEvents are the events of that project's rule tests: the file's
// name stands for the rule, since an event that must stay quiet names none.
func streamalertEvents(t *testing.T) (out []labelledEvent) {
	t.Helper()
	for _, kind := range recordTypes {
		if kind.folder == "" {
			continue
		}
		paths, err := filepath.Glob(filepath.Join(recording(t, streamalert), kind.folder, kind.prefix+"*.json"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no %s rule tests: %v", kind.name, err)
		}
		for _, path := range paths {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var tests []struct {
				Data        json.RawMessage
				Description string
				Rules       []string `json:"trigger_rules"`
			}
			if err := json.Unmarshal(raw, &tests); err != nil {
				t.Fatal(err)
			}
			for _, x := range tests {
				out = append(out, labelledEvent{kind: kind, set: streamalert, rule: strings.TrimSuffix(filepath.Base(path), ".json"), name: x.Description,
					fire: len(x.Rules) > 0, event: unwrapped(x.Data)})
			}
		}
	}
	return out
}

// unwrapped is the record that a server of its own wrote to syslog, as a
// collector has it; or the record itself.
func unwrapped(raw json.RawMessage) json.RawMessage {
	var line struct{ Program, Message string }
	if json.Unmarshal(raw, &line) != nil || line.Program == "" {
		return raw
	}
	_, record, found := strings.Cut(line.Message, line.Program+": ")
	if !found || !json.Valid([]byte(record)) {
		return raw
	}
	return json.RawMessage(record)
}
