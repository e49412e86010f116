package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommands(t *testing.T) {
	dir := t.TempDir()
	mixed := filepath.Join(dir, "more.ndjson")
	if err := os.WriteFile(mixed, []byte(`{"eventTime":"2025-01-02T03:04:05Z","awsRegion":"eu-west-1","recipientAccountId":"111122223333"}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		says string // in the output, or in the error
	}{
		{"example eight-minutes --out DIR/a --history-days 0 --random-names --seed 5", "records in"},
		{"example eight-minutes --out DIR/a", "already holds logs"},
		{"example mail-takeover --out DIR/f --seed 5 --no-background", "records in"},
		{"example mail-takeover --out DIR/y --start yesterday", "is not a time"},
		{"example mail-takeover --out DIR/y --span 1s", "too short"},
		{"example nothing --out DIR/y", "no scenario is called"},
		{"example", "mail-takeover"},
		{"example eight-minutes --out DIR/z --start yesterday", "is not a time"},
		{"corpus --out DIR/b --gb 0.002 --identities 10 --mix DIR/more.ndjson", "more.ndjson: 1 records in 1 files"},
		{"corpus --out DIR/c --gb 0 --mix DIR/none", "open the records to mix in"},
		{"stream aws-vpc-flow --out DIR/g --gb 0.002 --wide", "records in"},
		{"stream okta-system-log --out DIR/h --gb 0.001 --identities 10", "records in"},
		{"stream syslog --out DIR/y --gb 0.001", "no kind is called"},
		{"stream github-audit --out DIR/y --gb 0", "must be at least 1"},
		{"corpus --gb 1", "--out DIR"},
		{"corpus --out DIR/d --bytes 4", "run sekisho-gen without arguments"},
		{"organization --out DIR/e --days 1 --people 3", "records in"},
	} {
		var out bytes.Buffer
		err := run(strings.Fields(strings.ReplaceAll(c.args, "DIR", dir)), &out)
		said := out.String()
		if err != nil {
			said += err.Error()
		}
		if !strings.Contains(said, c.says) {
			t.Errorf("%s: said %q, wanted %q", c.args, said, c.says)
		}
	}
	for _, want := range []string{"a/truth.json", "a/logs/AWSLogs", "b/AWSLogs/111122223333", "e/AWSLogs"} {
		if _, err := os.Stat(filepath.Join(dir, want)); err != nil {
			t.Error(err)
		}
	}
}

// TestVerifyCanFail: a report that shows nothing must not pass, nor one that
// shows another root.
func TestVerifyCanFail(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	truth := write("truth.json", `{"root":{"identity":"U1"},"principals":[{"identity":"U1","credential":"K1"}],
		"point_of_no_return":{"at":"2026-01-05T00:10:00Z"},"events":[{"event_id":"e1"}]}`)
	report := func(root, severity, contained string) string {
		return `{"incidents":[{"severity":"` + severity + `","root":{"id":"` + root + `"},"identities":[{"id":"U1"}],"credentials":[{"id":"K1"}],
			"findings":[{"event_id":"e1"}],"containment":{"at":"` + contained + `"},"point_of_no_return":{"at":"2026-01-05T00:10:00Z"},"margin_seconds":60}]}`
	}
	for name, c := range map[string]struct {
		report string
		fails  bool
	}{
		"true":    {report("U1", "critical", "2026-01-05T00:09:00Z"), false},
		"nothing": {`{"incidents":[]}`, true},
		"root":    {report("U2", "critical", "2026-01-05T00:09:00Z"), true},
		"low":     {report("U1", "low", "2026-01-05T00:09:00Z"), true},
		"late":    {report("U1", "critical", "2026-01-05T00:11:00Z"), true},
		"garbage": {`{`, true},
	} {
		var out bytes.Buffer
		if err := run([]string{"verify", write(name+".json", c.report), truth}, &out); (err != nil) != c.fails {
			t.Errorf("%s: error %v, want failure %v\n%s", name, err, c.fails, out.String())
		}
	}
}
