package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/model"
)

// TestFitRecordings: a model from labelled recordings says what it rests on and
// is one that scan takes; what is no recording, or not the one that the labels
// are of, is told.
func TestFitRecordings(t *testing.T) {
	const ransom, mail = "../../examples/object-ransom", "../../examples/mail-takeover"
	out := filepath.Join(t.TempDir(), "model.json")
	code, text, errs := runMain(t, "fit", "--attack", ransom, "--attack", mail, "--out", out)
	if code != exitClean || !strings.Contains(text, "2 campaigns") {
		t.Fatalf("status %d: %s%s", code, errs, text)
	}
	raw, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	f, err := model.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	if f.Made.Campaigns != 2 || f.Made.Calibrated || !strings.Contains(f.Made.From, "2 labelled attacks") || len(f.Weights) == 0 {
		t.Errorf("made %+v, %d behaviours", f.Made, len(f.Weights))
	}
	if code, _, errs := runMain(t, "scan", ransom+"/logs", "--model", out); code != exitIncidents {
		t.Errorf("scan with it: status %d, %s", code, errs)
	}
	wrong := t.TempDir()
	if err := os.Mkdir(filepath.Join(wrong, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(wrong, "labels.json"), []byte(`{"events":[{"id":"none such"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{"nothing to fit on", []string{}},
		{"no such file", []string{"--attack", t.TempDir()}},
		{"none of the 1 labelled events", []string{"--attack", wrong}},
		{"no event", []string{"--ordinary", wrong + "/logs"}},
	} {
		if code, _, errs := runMain(t, append([]string{"fit", "--out", out + "2"}, c.args...)...); code != exitFailure || !strings.Contains(errs, c.says) {
			t.Errorf("%v: status %d, %q, want %q", c.args, code, errs, c.says)
		}
	}
}
