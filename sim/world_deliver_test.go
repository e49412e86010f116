package sim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWriteWorld: the logs hold each event of each truth, the labels are apart,
// what came twice and late is as counted, and equal options give equal bytes.
func TestWriteWorld(t *testing.T) {
	read := func(dir string) (files map[string][]byte, ids map[string]int, late int) {
		files, ids = map[string][]byte{}, map[string]int{}
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, _ := filepath.Rel(dir, path)
			files[name] = raw
			if !strings.HasPrefix(name, "logs/") {
				return nil
			}
			z, err := gzip.NewReader(bytes.NewReader(raw))
			if err != nil {
				return err
			}
			doc, err := io.ReadAll(z)
			if err != nil {
				return err
			}
			var f struct {
				Records []struct {
					EventID   string    `json:"eventID"`
					EventTime time.Time `json:"eventTime"`
				}
			}
			if err := json.Unmarshal(doc, &f); err != nil {
				return err
			}
			if bytes.Contains(doc, []byte("telling")) {
				t.Errorf("%s holds labels", name)
			}
			stamp, err := time.Parse("20060102T1504Z", strings.Split(filepath.Base(name), "_")[3])
			if err != nil {
				return err
			}
			for _, r := range f.Records {
				if ids[r.EventID]++; ids[r.EventID] == 1 && stamp.Sub(r.EventTime) > window {
					late++
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return files, ids, late
	}
	write := func() (string, WorldStats) {
		dir := t.TempDir()
		stats, err := world(t, Fitting, 5).Write(dir, WriteOptions{Days: 4, Campaigns: 3})
		if err != nil {
			t.Fatal(err)
		}
		return dir, stats
	}
	dir, stats := write()
	files, ids, late := read(dir)
	if total := len(ids) + stats.Twice; total != stats.Records || stats.Twice == 0 {
		t.Errorf("%d records, %d different and %d twice", stats.Records, len(ids), stats.Twice)
	}
	if stats.Late == 0 || late < stats.Late/2 || late > stats.Late {
		t.Errorf("%d late by their files' names, %d counted", late, stats.Late)
	}
	truths := 0
	for name, raw := range files {
		if !strings.HasPrefix(name, "labels/campaigns/") {
			continue
		}
		truths++
		var truth Truth
		if err := json.Unmarshal(raw, &truth); err != nil {
			t.Fatal(err)
		}
		for _, e := range truth.Events {
			if ids[e.ID] == 0 {
				t.Errorf("%s: event %s is in no log", name, e.ID)
			}
		}
	}
	var ordinary []Ordinary
	if err := json.Unmarshal(files["labels/ordinary.json"], &ordinary); err != nil || len(ordinary) == 0 || truths != 3 || stats.Campaigns != 3 {
		t.Errorf("%d labelled stretches (%v), %d truths", len(ordinary), err, truths)
	}
	again, _ := write()
	other, _, _ := read(again)
	if len(other) != len(files) {
		t.Fatalf("%d files, then %d", len(files), len(other))
	}
	for name, raw := range files {
		if !bytes.Equal(raw, other[name]) {
			t.Errorf("%s differs between two runs", name)
		}
	}
	if _, err := world(t, Fitting, 5).Write(t.TempDir(), WriteOptions{}); err == nil {
		t.Error("no days were taken for some")
	}
}
