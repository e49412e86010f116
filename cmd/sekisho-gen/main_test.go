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
		{"example eight-minutes --out DIR/z --start yesterday", "is not a time"},
		{"corpus --out DIR/b --gb 0.002 --identities 10 --mix DIR/more.ndjson", "more.ndjson: 1 records in 1 files"},
		{"corpus --out DIR/c --gb 0 --mix DIR/none", "open the records to mix in"},
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
