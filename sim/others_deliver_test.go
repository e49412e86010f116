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
)

// TestWriteSurfaces: each system's records are in files of its own, below a folder
// that is its own, flows under their header; each record of each truth is there, and
// equal options give equal bytes.
func TestWriteSurfaces(t *testing.T) {
	write := func() (string, map[string]string) {
		dir := t.TempDir()
		if _, err := wide(t, Measuring, 5).Write(dir, WriteOptions{Days: 3, Campaigns: 6}); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err == nil && strings.HasSuffix(path, ".gz") {
				var z *gzip.Reader
				if z, err = gzip.NewReader(bytes.NewReader(raw)); err == nil {
					raw, err = io.ReadAll(z)
				}
			}
			name, _ := filepath.Rel(dir, path)
			files[name] = string(raw)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return dir, files
	}
	_, files := write()
	_, again := write()
	all := map[string]*strings.Builder{}
	for name, text := range files {
		if again[name] != text {
			t.Errorf("%s differs between two runs", name)
		}
		if !strings.HasPrefix(name, "logs/") {
			continue
		}
		kind := ""
		for part, k := range map[string]string{"/CloudTrail/": "", "/GuardDuty/": KindGuardDuty, "/vpcflowlogs/": KindFlow, "logs/okta/": KindOkta, "logs/github/": KindGitHub} {
			if strings.Contains(name, part) {
				kind = k
			}
		}
		if all[kind] == nil {
			all[kind] = &strings.Builder{}
		}
		all[kind].WriteString(text)
		for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
			if kind == KindFlow {
				if n == 0 != strings.HasPrefix(line, "version ") {
					t.Errorf("%s line %d: %s", name, n+1, line)
				}
			} else if !json.Valid([]byte(line)) {
				t.Errorf("%s line %d is not JSON", name, n+1)
			}
		}
	}
	truths, events := 0, map[string]int{}
	for name, text := range files {
		if !strings.HasPrefix(name, "labels/campaigns/") {
			continue
		}
		truths++
		var truth Truth
		if err := json.Unmarshal([]byte(text), &truth); err != nil {
			t.Fatal(err)
		}
		for _, e := range truth.Events {
			events[e.Kind]++
			if e.Kind != KindFlow && !strings.Contains(all[e.Kind].String(), e.ID) {
				t.Errorf("%s: no record of %s %s", name, e.Kind, e.Name)
			}
		}
	}
	if truths != 6 || len(all) != 5 || events[KindOkta] == 0 || events[KindGitHub] == 0 {
		t.Errorf("%d truths, %d systems, events %v", truths, len(all), events)
	}
}
