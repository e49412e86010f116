package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/calibrate"
)

// runMain runs the program and returns its status and what it printed.
func runMain(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e strings.Builder
	code = (&Main{Args: args, Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e}).Run(t.Context())
	return code, o.String(), e.String()
}

// TestCalibrate: a tenant's history in shadow tells of the one takeover in it,
// whom the cuts would have refused, and gives a model that scan takes and says
// to be calibrated. The takeover has no verdict: it raised no threshold.
func TestCalibrate(t *testing.T) {
	const logs = "../../examples/eight-minutes/logs"
	dir := t.TempDir()
	fitted, report := filepath.Join(dir, "model.json"), filepath.Join(dir, "shadow.json")
	code, _, errs := runMain(t, "calibrate", logs, "--out", fitted, "--report", report, "--format", "json")
	if code != exitClean {
		t.Fatalf("status %d: %s", code, errs)
	}
	raw, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var s calibrate.Shadow
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Actions) != 1 || s.Unmarked != 1 || s.IfFalse < 20 || s.Days < 1 {
		t.Fatalf("%d actions, %d unmarked, act would be %v, %d days", len(s.Actions), s.Unmarked, s.IfFalse, s.Days)
	}
	a := s.Actions[0]
	if a.Root != "compromised_user" || len(a.Reasons) == 0 || len(a.Cuts) == 0 || len(a.Denied) < 2 || a.Until.Sub(a.At) != calibrate.Lease {
		t.Errorf("told as %+v", a)
	}
	code, out, errs := runMain(t, "scan", logs, "--model", fitted, "--format", "json")
	out = strings.ReplaceAll(out, ": ", ":")
	if code != exitIncidents || !strings.Contains(out, `"uncalibrated":false`) || strings.Contains(out, `"uncalibrated":true`) {
		t.Errorf("scan with the tenant's model: status %d, %s", code, errs)
	}
	if code, out, _ := runMain(t, "calibrate", logs); code != exitClean || !strings.Contains(out, "Sekisho would have acted 1 times") || !strings.Contains(out, "Nothing was touched") {
		t.Errorf("status %d, text: %.300s", code, out)
	}
}

// TestModelErrors name the file, what is wrong and the next step.
func TestModelErrors(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "m.json")
	if err := os.WriteFile(bad, []byte(`{"schema":"other"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		want string
		args []string
	}{
		{"m.json", []string{"scan", "../../examples/eight-minutes/logs", "--model", bad}},
		{"sekisho calibrate", []string{"scan", "../../examples/eight-minutes/logs", "--model", bad}},
		{"sekisho calibrate --out", []string{"scan", "../../examples/eight-minutes/logs", "--model", "nowhere.json"}},
		{"name the folder", []string{"calibrate", t.TempDir()}},
		{"at least one day", []string{"sim", "--days", "0", "--out", t.TempDir()}},
		{"at least one account", []string{"sim", "--accounts", "0", "--out", t.TempDir()}},
	} {
		if code, _, errs := runMain(t, tt.args...); code != exitFailure || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: status %d, %q; want a failure that says %q", tt.args, code, errs, tt.want)
		}
	}
}

// TestSimIsScanned: what sim writes is read whole, each duplicate counted.
func TestSimIsScanned(t *testing.T) {
	dir := t.TempDir()
	code, said, errs := runMain(t, "sim", "--seed", "4", "--days", "3", "--accounts", "2", "--campaigns", "1", "--out", dir)
	if code != exitClean || !strings.Contains(said, "1 campaigns") {
		t.Fatalf("status %d: %s%s", code, said, errs)
	}
	_, out, _ := runMain(t, "scan", filepath.Join(dir, "logs"), "--format", "json")
	var r struct {
		Stats struct {
			Records, Events, Duplicates int
			UnreadableTotal             int `json:"unreadable_total"`
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Stats.Records == 0 || r.Stats.Duplicates == 0 || r.Stats.UnreadableTotal != 0 || r.Stats.Records != r.Stats.Events+r.Stats.Duplicates {
		t.Errorf("%+v", r.Stats)
	}
}
