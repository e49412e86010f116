package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestException: it shows what would be hidden and blinded, writes nothing unless
// told to, and what it writes is a configuration that scan takes.
func TestException(t *testing.T) {
	const logs = "../../examples/object-ransom/logs"
	file := filepath.Join(t.TempDir(), "sekisho.yaml")
	if err := os.WriteFile(file, []byte("regions: [eu-west-1]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(more ...string) (int, string, string) {
		return runMain(t, append([]string{"exception", "--behaviour", "credential-new-source", "--identity", "svc-media-export", "--owner", "ann", "--reason", "a new \"site\"",
			"--from", "2026-01-01", "--until", "2026-06-01", "--history", logs, "--config", file}, more...)...)
	}
	code, out, errs := ask()
	if code != exitClean || !strings.Contains(out, "1 more would have counted all the same") || !strings.Contains(out, "with the identity as its victim, would be") || !strings.Contains(out, "Nothing was written") {
		t.Fatalf("status %d: %s%s", code, errs, out)
	}
	// The account and the target are the tenant's: the made-up victims have others,
	// and would be blinded all the same.
	if _, narrow, _ := ask("--account", "111122223333", "--target", "bucket-of-ours"); !strings.Contains(narrow, "with the identity as its victim, would be") {
		t.Errorf("with an account and a target: %s", narrow)
	}
	if raw, _ := os.ReadFile(file); string(raw) != "regions: [eu-west-1]\n" {
		t.Errorf("something was written: %s", raw)
	}
	for range 2 { // a second one joins the list
		if code, _, errs := ask("--save"); code != exitClean {
			t.Fatalf("status %d: %s", code, errs)
		}
	}
	raw, _ := os.ReadFile(file)
	if strings.Count(string(raw), "- behaviour: credential-new-source") != 2 || strings.Count(string(raw), "exceptions:") != 1 {
		t.Errorf("written:\n%s", raw)
	}
	if code, _, errs := runMain(t, "scan", logs, "--config", file); code != exitIncidents {
		t.Errorf("scan with it: status %d, %s", code, errs)
	}
	bad := strings.Replace(string(raw), "credential-new-source", "credential-knew-source", 1)
	if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := runMain(t, "scan", logs, "--config", file); code != exitFailure || !strings.Contains(errs, "knew") || !strings.Contains(errs, "sekisho explain") {
		t.Errorf("an exception for what does not exist: status %d, %s", code, errs)
	}
	if code, _, errs := runMain(t, "exception", "--behaviour", "x", "--owner", "a", "--reason", "b", "--until", "2026-06-01", "--history", logs); code != exitFailure || !strings.Contains(errs, "no behaviour") {
		t.Errorf("status %d, %s", code, errs)
	}
}
