package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerdictFile: a verdict is kept, read back, shown by scan and counted by
// calibrate; the file is its owner's alone.
func TestVerdictFile(t *testing.T) {
	const logs = "../../examples/eight-minutes/logs"
	file := filepath.Join(t.TempDir(), "verdicts.jsonl")
	_, out, _ := runMain(t, "calibrate", logs)
	_, rest, _ := strings.Cut(out, "inc-")
	id := "inc-" + rest[:16]
	for _, kind := range []string{"authorised", "true"} {
		if code, said, errs := runMain(t, "verdict", id, kind, "--by", "ann", "--file", file, "--note", "drill"); code != exitClean || !strings.Contains(said, kind) {
			t.Fatalf("status %d: %s%s", code, said, errs)
		}
	}
	if s, err := os.Stat(file); err != nil || s.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", s, err)
	}
	if _, out, errs := runMain(t, "calibrate", logs, "--verdicts", file); !strings.Contains(out, "; true\n") || strings.Contains(out, "have no verdict and") {
		t.Errorf("calibrate does not know the verdict: %s%.400s", errs, out)
	}
	for _, tt := range []struct {
		want string
		args []string
	}{
		{"no incident's id", []string{"verdict", "inc-1", "true", "--by", "ann", "--file", file}},
		{"who decided", []string{"verdict", id, "true", "--by", "", "--file", file}},
		{"must be one of", []string{"verdict", id, "maybe", "--by", "ann", "--file", file}},
		{"sekisho verdict writes them", []string{"scan", logs, "--verdicts", file + ".not"}},
	} {
		if code, _, errs := runMain(t, tt.args...); code != exitFailure || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: status %d, %q; want %q", tt.args, code, errs, tt.want)
		}
	}
}

// TestParseVerdicts is strict, line by line; the last of several counts.
func TestParseVerdicts(t *testing.T) {
	const good = `{"schema":"sekisho.verdict/v1","incident":"inc-0123456789abcdef","verdict":"true","by":"ann","at":"2026-01-05T09:00:00Z"}`
	later := strings.Replace(strings.Replace(good, "true", "false", 1), "09:00", "10:00", 1)
	for _, text := range []string{good + "\n\n" + later, later + "\n" + good} {
		v, err := parseVerdicts(strings.NewReader(text), "f")
		if err != nil || v["inc-0123456789abcdef"].Kind.String() != "false" {
			t.Errorf("%v, %v", v, err)
		}
	}
	for _, bad := range []string{"{", strings.Replace(good, "ann", "", 1), strings.Replace(good, `"by"`, `"who"`, 1), strings.Replace(good, "verdict/v1", "verdict/v9", 1), strings.Replace(good, `,"at":"2026-01-05T09:00:00Z"`, "", 1)} {
		if _, err := parseVerdicts(strings.NewReader(good+"\n"+bad), "f"); err == nil || !strings.Contains(err.Error(), "f line 2") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
