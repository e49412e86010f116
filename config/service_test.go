package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestService: what an operator sets of the service is taken as it is meant.
func TestService(t *testing.T) {
	c, err := Parse([]byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	s := &c.Service
	if len(s.Sources) != 2 || s.Sources[1].Buckets[0] != "example-trail/AWSLogs/" || s.Sources[0].Region != "eu-west-1" || len(s.Inventory) != 1 || s.Inventory[0].Rules[0] != "sekisho-cloudtrail" ||
		s.Inventory[0].Every != 15*time.Minute || len(s.Tokens) != 2 || len(s.Tokens[0].Sources) != 0 || !slices.Equal(s.Tokens[1].Sources, []string{"github-audit"}) || s.RetainFor != 90*24*time.Hour || s.RetainBytes != 50<<30 || s.Fresh != time.Minute {
		t.Errorf("%+v", s)
	}
	path := filepath.Join(t.TempDir(), "c.yaml")
	text := "service:\n  sources: [{kafka: [a:9092, b:9092], topics: [x], tls: true, user: u, password_file: secret}, {folder: in}, {okta: \"https://example.okta.com\", token_file: okta.token, look_back: 48h},\n    {github: example, token_file: /etc/t}, {github: example, token_file: t, endpoint: \"http://127.0.0.1:1/api/v3\", ca_file: c}]\n  encryption: {key_file: /etc/keys}\n  webhooks: [{name: r, secret_file: r.secret, sources: [aws-cloudtrail, aws-guardduty]}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err = Load(path); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, dir := &c.Service, filepath.Dir(path)
	if s.Sources[0].PasswordFile != filepath.Join(dir, "secret") || s.Sources[1].Folder != filepath.Join(dir, "in") || s.Encryption.KeyFile != "/etc/keys" ||
		s.Sources[2].Okta != "https://example.okta.com" || s.Sources[2].TokenFile != filepath.Join(dir, "okta.token") || s.Sources[2].LookBack != 48*time.Hour ||
		s.Sources[3].GitHub != "example" || s.Sources[3].TokenFile != "/etc/t" || len(s.Sources) != 5 || s.Sources[4].CAFile != filepath.Join(dir, "c") ||
		s.Webhooks[0].SecretFile != filepath.Join(dir, "r.secret") || s.Webhooks[0].Header != "X-Signature-256" || len(s.Webhooks[0].Sources) != 2 {
		t.Errorf("%+v", s)
	}
	if d := Default().Service; d.Fresh != 0 || d.RetainFor != 0 || len(d.Sources) != 0 {
		t.Errorf("%+v", d)
	}
}

// TestServiceRefusals: each is wrong in one thing, and no message repeats what may be a
// secret.
func TestServiceRefusals(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"service: {sorces: []}", `did you mean "sources"?`},
		{"service: {sources: [{queue: \"https://a/b\", folder: c}]}", "has 2 of queue, kafka, folder, okta and github"},
		{"service: {sources: [{region: eu-west-1}]}", "has 0 of queue, kafka, folder, okta and github"},
		{"service: {sources: [{kafka: [a:1]}]}", "names no topics"},
		{"service: {sources: [{kafka: [a:1], topics: [x], user: u}]}", "no password_file"},
		{"service: {sources: [{kafka: [a:1], topics: [x], user: u, password_file: p}]}", "without TLS"},
		{"service: {sources: [{folder: a}, {folder: a}]}", "stands twice"},
		{"service: {sources: [{okta: \"https://a\", github: a, token_file: t}]}", "has 2 of"},
		{"service: {sources: [{okta: \"https://a\"}]}", "no token_file"},
		{"service: {sources: [{okta: \"https://a\", token: hunter2}]}", "unknown key"},
		{"service: {sources: [{okta: a.okta.com, token_file: t}]}", "is no address"},
		{"service: {sources: [{okta: \"https://a/api\", token_file: t}]}", "more than a host"},
		{"service: {sources: [{okta: \"https://a?token=hunter2\", token_file: t}]}", "more than a host"},
		{"service: {sources: [{okta: \"http://a\", token_file: t}]}", "without TLS"},
		{"service: {sources: [{okta: \"https://a\", endpoint: \"https://b\", token_file: t}]}", "write that address as okta itself"},
		{"service: {sources: [{okta: \"https://a\", region: b, token_file: t}]}", "a region or a role"},
		{"service: {sources: [{okta: \"https://a\", token_file: t, look_back: 91d}]}", "write a time from"},
		{"service: {sources: [{okta: \"https://a\", token_file: t, look_back: 2161h}]}", "write a time from"},
		{"service: {sources: [{okta: \"https://a\", token_file: t}, {okta: \"https://a\", token_file: u}]}", "stands twice"},
		{"service: {sources: [{github: a}]}", "no token_file"},
		{"service: {sources: [{github: a/b, token_file: t}]}", "no organization of GitHub"},
		{"service: {sources: [{github: a, token_file: t, endpoint: \"http://b\"}]}", "without TLS"},
		{"service: {sources: [{github: a, token_file: t}, {github: a, token_file: t}]}", "stands twice"},
		{"service: {sources: [{folder: a, token_file: t}]}", "is not asked with a token"},
		{"service: {sources: [{folder: a, look_back: 24h}]}", "is not asked with a token"},
		{"service: {sources: [{queue: \"ftp://a/b\"}]}", "is no address"},
		{"service: {sources: [{queue: \"https://u:hunter2@a/b\"}]}", "secrets do not belong here"},
		{"service: {sources: [{queue: \"https://a/b\", role: reader}]}", "no ARN of a role"},
		{"service: {inventory: [{account: \"111122223333\"}]}", "has no regions"},
		{"service: {inventory: [{account: \"111122223333\", regions: [a], every: 1s}]}", "write a time from 1m0s"},
		{"service: {tokens: [{name: a, role: boss, sha256: " + strings.Repeat("0", 64) + "}]}", "no role of a token"},
		{"service: {tokens: [{name: a, role: viewer, sha256: hunter2}]}", "sha256sum"},
		{"service: {tokens: [{name: a, role: viewer, sha256: " + strings.Repeat("0", 64) + "}, {name: a, role: admin, sha256: " + strings.Repeat("1", 64) + "}]}", "stands twice"},
		{"service: {tokens: [{name: a, role: ingest, sha256: " + strings.Repeat("a", 64) + "}, {name: b, role: admin, sha256: " + strings.Repeat("A", 64) + "}]}", "are the same one"},
		{"service: {tokens: [{name: a, role: viewer, sha256: " + strings.Repeat("f", 64) + ", sources: [github-audit]}]}", "delivers nothing"},
		{"service: {tokens: [{name: a, role: ingest, sha256: " + strings.Repeat("f", 64) + ", sources: []}]}", "an empty list"},
		{"service: {tokens: [{name: a, role: ingest, sha256: " + strings.Repeat("f", 64) + ", sources: github-audit}]}", "write a list"},
		{"service: {tokens: [{name: a, role: ingest, sha256: " + strings.Repeat("f", 64) + ", sources: [\"\"]}]}", "is empty"},
		{"service: {webhooks: [{name: a}]}", "has no secret_file"},
		{"service: {webhooks: [{name: a, secret_file: b, sources: null}]}", "sources is empty"},
		{"service: {heartbeat: {every: 1m}}", "has no url"},
		{"service: {heartbeat: {url: \"https://a\", every: 1s}}", "write a time from 10s"},
		{"service: {retain: {days: 3}}", "from 8 to"},
		{"service: {retain: {bytes: 50GB}}", "500MiB or 50GiB"},
		{"service: {retain: {bytes: 99999999999TiB}}", "500MiB or 50GiB"},
		{"service: {act_on_facts_younger_than: 2h}", "write a time from 1s to 1h"},
		{"service: {sources: [{kafka: [a:1], topics: [x], tls: perhaps}]}", "true or false"},
	} {
		_, err := Parse([]byte(x.text))
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want in it %q", x.text, err, x.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("a secret is repeated: %v", err)
		}
	}
}

// TestCheckSources: who is bound to a source that is none is named by line, with those that
// there are.
func TestCheckSources(t *testing.T) {
	known := []string{"aws-cloudtrail", "github-audit"}
	hash := strings.Repeat("f", 64)
	for _, tt := range []struct {
		text string
		want []string // nil: it is right
	}{
		{"service: {tokens: [{name: a, role: ingest, sha256: " + hash + "}]}", nil},
		{"service: {tokens: [{name: a, role: ingest, sha256: " + hash + ", sources: [aws-cloudtrail, github-audit]}]}", nil},
		{"service:\n  tokens:\n    - {name: a, role: admin, sha256: " + hash + ", sources: [github-audit, github-adit]}\n  webhooks:\n    - {name: b, secret_file: c, sources: [vault]}",
			[]string{`line 3: "github-adit" in sources is no source of records; did you mean "github-audit"? known are aws-cloudtrail, github-audit`, `line 5: "vault"`}},
		{"service: {webhooks: [{name: b, secret_file: c, sources: [any]}]}", []string{"leave sources out for all"}},
	} {
		c, err := Parse([]byte(tt.text))
		if err != nil {
			t.Fatalf("%s: %v", tt.text, err)
		}
		err = c.Service.CheckSources(known)
		if (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v", tt.text, err)
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want in it %q", tt.text, err, want)
			}
		}
	}
}
