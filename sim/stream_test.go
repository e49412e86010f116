package sim

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

// TestStream: the size asked for, in files of the service's own folder and name; each
// record is of its kind; equal options give equal bytes.
func TestStream(t *testing.T) {
	for name, c := range map[string]struct {
		kind, folder, line string // line: what each record holds
		wide               bool
	}{
		"okta":      {KindOkta, "okta/2025/11/03/", `"eventType":`, false},
		"github":    {KindGitHub, "github/2025/11/03/", `"action":`, false},
		"guardduty": {KindGuardDuty, "/GuardDuty/", `:guardduty:`, false},
		"flow":      {KindFlow, "/vpcflowlogs/", " eni-", false},
		"wide":      {KindFlow, "/vpcflowlogs/", " eni-", true},
	} {
		o := StreamOptions{Kind: c.kind, Bytes: 5e6, Identities: 200, Accounts: 2, Seed: 3, Start: corpusMorning, Wide: c.wide}
		write := func() (Stats, map[string][]byte) {
			o.Dir = t.TempDir()
			stats, err := Stream(o)
			if err != nil {
				t.Fatal(err)
			}
			return stats, tree(t, o.Dir)
		}
		stats, files := write()
		if _, again := write(); !maps.EqualFunc(files, again, bytes.Equal) {
			t.Errorf("%s: the same options gave two streams", name)
		}
		records := 0
		for path, b := range files {
			if !strings.Contains(path, c.folder) || !strings.HasSuffix(path, ".gz") {
				t.Errorf("%s: %s is not where the service delivers", name, path)
			}
			lines := strings.Split(strings.TrimSuffix(string(unzip(t, b)), "\n"), "\n")
			fields := 0
			if c.kind == KindFlow {
				fields, lines = len(strings.Fields(lines[0])), lines[1:]
			}
			for _, line := range lines {
				records++
				switch {
				case !strings.Contains(line, c.line),
					fields > 0 && len(strings.Fields(line)) != fields,
					fields == 0 && !json.Valid([]byte(line)):
					t.Fatalf("%s: %s", name, line)
				}
			}
			if c.wide != (fields == 27) {
				t.Errorf("%s: %d fields", name, fields)
			}
		}
		if records != stats.Records || stats.RawBytes < 5e6 || stats.RawBytes > 12e6 {
			t.Errorf("%s: %d records, told %+v", name, records, stats)
		}
	}
}
