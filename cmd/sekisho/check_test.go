package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/emulator"
	"github.com/sekisho/sekisho/provider/aws/awsapi"
)

// TestCheckTable: what is printed for people: each command once, below.
func TestCheckTable(t *testing.T) {
	var b bytes.Buffer
	results := []awsapi.CheckResult{
		{Account: "111122223333", Region: "eu-west-1", What: "rule for changes", State: awsapi.CheckOK, Detail: "rule r to q"},
		{Account: "111122223333", Region: "us-east-1", What: "rule for changes", State: awsapi.CheckMissing, Detail: "none\x1b[2J", Mend: "aws events put-rule"},
		{Account: "111122223333", Region: "us-east-1", What: "rule for sign-ins", State: awsapi.CheckMissing, Detail: "none", Mend: "aws events put-rule"},
		{Account: "111122223333", Region: "all", What: "log file validation", State: awsapi.CheckUnknown, Detail: "refused"},
	}
	if err := checkTable(&b, results); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if strings.Count(got, "aws events put-rule") != 1 || strings.Count(got, "(1)") != 3 || strings.Contains(got, "\x1b") || strings.Count(got, "\n") != 7 {
		t.Errorf("%s", got)
	}
}

// TestCheckFailures: what ends a check before it began.
func TestCheckFailures(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	without := filepath.Join(t.TempDir(), "sekisho.yaml")
	if err := os.WriteFile(without, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		want string
		args []string
	}{
		{"add regions, or give --region", []string{"check", "--config", without}},
		{"open configuration", []string{"check", "--config", "not-there.yaml"}},
		{"eu-west-1 can be reached", []string{"check", "--region", "eu-west-1"}},
	} {
		if code, _, errs := runMain(t, tt.args...); code != exitFailure || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: status %d, %s", tt.args, code, errs)
		}
	}
}

// TestCheckEmulated: an account in which nothing is in place.
func TestCheckEmulated(t *testing.T) {
	endpoint := emulator.Test(t).URL
	resp, err := http.Post(endpoint+"/_ministack/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	config := filepath.Join(t.TempDir(), "sekisho.yaml")
	text := fmt.Sprintf("regions: [eu-west-1, us-east-1]\nservice:\n  sources:\n    - {folder: .}\n    - {folder: not-there}\n"+
		"    - {queue: '%[1]s/111122223333/not-there', region: eu-west-1, endpoint: '%[1]s'}\n    - {kafka: ['127.0.0.1:1'], topics: [t]}\n", endpoint)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, said, errs := runMain(t, "check", "--config", config, "--format", "json", "--target", "arn:aws:sqs:eu-west-1:111122223333:q")
	var results []awsapi.CheckResult
	if err := json.Unmarshal([]byte(said), &results); err != nil || code != exitIncidents || errs != "" {
		t.Fatalf("status %d, %v: %s %s", code, err, said, errs)
	}
	if len(results) != 2*4+5+4 {
		t.Fatalf("%d results", len(results))
	}
	for i, want := range []string{"ok: can be read", "missing: look into the folder", "missing: look at the queue not-there", "missing: read kafka"} {
		if r := results[2*4+5+i]; !strings.HasPrefix(string(r.State)+": "+r.Detail, want) {
			t.Errorf("%+v, want %s", r, want)
		}
	}
	results = results[:2*4+5] // below them are the sources
	for _, r := range results {
		if r.State != awsapi.CheckMissing || r.Mend == "" || r.Account != "111122223333" {
			t.Errorf("%+v", r)
		}
	}
	if !strings.Contains(said, "Arn=arn:aws:sqs:eu-west-1:111122223333:q") || !strings.Contains(said, "Arn=ARN_OF_SEKISHOS_QUEUE_IN_us-east-1") {
		t.Errorf("the commands do not name the target: %s", said)
	}
}
