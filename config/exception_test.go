package config

import (
	"strings"
	"testing"
	"time"
)

// TestExceptions: what an exception must have, and whom it then covers.
func TestExceptions(t *testing.T) {
	entry := func(lines ...string) string {
		return "exceptions:\n  - behaviour: scripted-recon\n    " + strings.Join(lines, "\n    ") + "\n"
	}
	good := []string{"identity: inventory", "owner: ann", "reason: nightly", "from: 2026-01-01T00:00:00Z", "until: 2026-07-01T00:00:00Z"}
	for name, tt := range map[string]struct{ text, want string }{
		"no expiry":        {entry(good[:4]...), "until"},
		"no owner":         {entry(good[0], good[2], good[3], good[4]), "owner"},
		"no reason":        {entry(good[0], good[1], good[3], good[4]), "reason"},
		"too long":         {entry(good[0], good[1], good[2], good[3], "until: 2027-06-01T00:00:00Z"), "longer than 366 days"},
		"backwards":        {entry(good[0], good[1], good[2], good[3], "until: 2025-07-01T00:00:00Z"), "ends before it starts"},
		"for everyone":     {entry(good[1:]...), "for everyone"},
		"a key that is no": {entry(append(good, "severity: low")...), "severity"},
	} {
		if _, err := Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "line 2") && !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v, want a line and %q", name, err, tt.want)
		}
	}
	c, err := Parse([]byte(entry(append(good, `account: "111122223333"`, "target: bucket-*")...)))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		behaviour, name, account, target string
		at                               time.Time
		covered                          bool
	}{
		{"scripted-recon", "inventory", "111122223333", "bucket-1", at, true},
		{"denied-burst", "inventory", "111122223333", "bucket-1", at, false},
		{"scripted-recon", "other", "111122223333", "bucket-1", at, false},
		{"scripted-recon", "inventory", "444455556666", "bucket-1", at, false},
		{"scripted-recon", "inventory", "111122223333", "table-1", at, false},
		{"scripted-recon", "inventory", "111122223333", "bucket-1", at.AddDate(0, 4, 0), false}, // until is not in it
		{"scripted-recon", "inventory", "111122223333", "bucket-1", at.AddDate(-1, 0, 0), false},
	} {
		if x := c.Exception(tt.behaviour, tt.name, "", tt.account, tt.target, tt.at); (x != nil) != tt.covered {
			t.Errorf("%+v: covered %v", tt, x != nil)
		}
	}
}
