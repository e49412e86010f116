package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBoundToken: a token that the configuration binds to a source is bound in the service,
// also the one that the service was given at its start.
func TestBoundToken(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "c.yaml")
	text := fmt.Sprintf("service: {tokens: [{name: code, role: ingest, sources: [github-audit], sha256: %q}]}\n", fmt.Sprintf("%x", sha256.Sum256([]byte(testIngest))))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, filepath.Join(dir, "data"), "--config", conf)
	for _, tt := range []struct {
		path, body string
		want       int
	}{
		{"/v1/ingest/any", stolenSession["github/audit.json"], 202},
		{"/v1/ingest/any", stolenSession["aws/trail.json"], 403},
		{"/v1/ingest/aws-cloudtrail", stolenSession["aws/trail.json"], 403},
		{"/v1/ingest/any", stolenSession["network/flow.log"], 403},
	} {
		r, _ := http.NewRequest("POST", p.url+tt.path, strings.NewReader(tt.body))
		r.Header.Set("Authorization", "Bearer "+testIngest)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != tt.want {
			t.Errorf("%s %.60s: %d, want %d", tt.path, tt.body, res.StatusCode, tt.want)
		}
	}
	if code, body := p.post(t, "/v1/ingest/any", stolenSession["aws/trail.json"]); code != 202 || !strings.Contains(body, `"accepted":3`) {
		t.Errorf("an administrator, who is not bound: %d %s", code, body)
	}
	if log := p.log.String(); !strings.Contains(log, "token=code") || strings.Contains(log, testIngest) {
		t.Errorf("the log: %s", log)
	}
}

// TestConfigCheckSources: a source that there is none of is refused with those that there
// are, before a service starts and by it; who may deliver all is named.
func TestConfigCheckSources(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.secret": "a-secret-of-a-test", "b.secret": "a-secret-of-a-test"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hash := func(letter string) string { return strings.Repeat(letter, 64) }
	for _, tt := range []struct {
		name, text string
		code       int
		says       []string
	}{
		{"all are bound", "{tokens: [{name: code, role: ingest, sources: [github-audit], sha256: " + hash("a") + "}], webhooks: [{name: relay, secret_file: a.secret, sources: [aws-cloudtrail, aws-vpc-flow, okta-system-log, aws-guardduty]}]}",
			exitClean, []string{"1 tokens, 1 webhooks"}},
		{"none is", "{tokens: [{name: code, role: ingest, sha256: " + hash("a") + "}, {name: eyes, role: viewer, sha256: " + hash("b") + "}], webhooks: [{name: relay, secret_file: a.secret}]}",
			exitClean, []string{"The token code may deliver records of each source", "The webhook relay may"}},
		{"no such source", "{tokens: [{name: code, role: ingest, sources: [github], sha256: " + hash("a") + "}]}",
			exitFailure, []string{`line 1: "github" in sources`, "known are aws-cloudtrail, aws-vpc-flow, okta-system-log, aws-guardduty, github-audit"}},
		{"a mistyped one", "{webhooks: [{name: relay, secret_file: a.secret, sources: [aws-cloudtrial]}]}", exitFailure, []string{`did you mean "aws-cloudtrail"?`}},
		{"one secret for two", "{webhooks: [{name: one, secret_file: a.secret}, {name: two, secret_file: b.secret, sources: [aws-guardduty]}]}", exitFailure, []string{"one and two have the same secret"}},
	} {
		file := filepath.Join(dir, "c.yaml")
		if err := os.WriteFile(file, []byte("service: "+tt.text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := runMain(t, "config", "check", file)
		for _, want := range tt.says {
			if !strings.Contains(out+errs, want) {
				t.Errorf("%s: %s%s, want in it %q", tt.name, out, errs, want)
			}
		}
		if code != tt.code || strings.Contains(out, "eyes") || tt.name == "all are bound" && strings.Contains(out, "each source") || strings.Contains(out+errs, "a-secret") {
			t.Errorf("%s: status %d: %s%s", tt.name, code, out, errs)
		}
		if tt.code == exitClean {
			continue
		}
		if code, _, errs := runMain(t, "serve", "--config", file, "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0"); code != exitFailure || !strings.Contains(errs, tt.says[0]) {
			t.Errorf("%s: serve: status %d: %s", tt.name, code, errs)
		}
	}
}
