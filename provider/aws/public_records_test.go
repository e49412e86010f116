package aws

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dataDir is where public recordings lie beside a checkout; see publicRecords.
const dataDir = "../../../shared/data"

// publicRecords gives every CloudTrail record of the public recordings, with where
// it came from. Without the recordings the test is skipped, but not in CI.
func publicRecords(tb testing.TB, f func(where string, raw []byte)) {
	tb.Helper()
	if _, err := os.Stat(dataDir); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("%s is missing; CI must have the public recordings there", dataDir)
		}
		tb.Skipf("no public recordings at %s", dataDir)
	}
	n := 0
	for _, pattern := range []string{"invictus-aws-2023/neutral.ndjson.gz", "stratus-detonation-2024/neutral/*.json",
		"otrf-cloud-breach-s3/*.json", "sans504-service-background/cloudtrail.ndjson.gz", "format-samples/aws-cloudtrail-*",
		"format-samples/traildiscover/*.json", "panther-rule-tests/AWS.CloudTrail.ndjson.gz", "streamalert-rule-tests/cloudtrail/*.json"} {
		files, _ := filepath.Glob(filepath.Join(dataDir, pattern))
		if len(files) == 0 {
			tb.Errorf("no file matches %s", pattern)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "LABELS.json") {
				continue
			}
			readRecords(tb, file, func(raw []byte) { n++; f(filepath.Base(file), raw) })
		}
	}
	if n < 20000 {
		tb.Errorf("only %d records found", n)
	}
}

// readRecords reads lines, arrays and concatenations of records and of the
// envelopes in which test suites keep them.
func readRecords(tb testing.TB, file string, f func(raw []byte)) {
	tb.Helper()
	in, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer in.Close()
	r := io.Reader(bufio.NewReader(in))
	if strings.HasSuffix(file, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			tb.Fatal(err)
		}
	}
	dec := json.NewDecoder(r)
	for {
		var raw json.RawMessage
		if err := dec.Decode(&raw); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			tb.Logf("%s is not JSON from some point on: %v", file, err)
			return
		}
		unwrap(raw, f)
	}
}

func unwrap(raw json.RawMessage, f func(raw []byte)) {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '[' {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil {
			for _, r := range list {
				unwrap(r, f)
			}
		}
		return
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return
	}
	for _, key := range []string{"Records", "event", "CloudTrailEvent", "data", "detail", "log"} {
		inner, ok := m[key]
		if !ok || m["eventVersion"] != nil {
			continue
		}
		var text string
		if json.Unmarshal(inner, &text) == nil {
			inner = json.RawMessage(text)
		}
		unwrap(inner, f)
		return
	}
	f(raw)
}
