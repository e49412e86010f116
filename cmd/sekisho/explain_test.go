package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
)

// TestExplainFires: what explain plays is what the behaviours' own tests play,
// so each marked line shows why it fires, and all examples hold.
func TestExplainFires(t *testing.T) {
	for i := range detections.All {
		d := &detections.All[i]
		var out bytes.Buffer
		if err := explain(&out, d); err != nil {
			t.Errorf("%s: %v\n%s", d.ID, err, &out)
			continue
		}
		marked := 0
		for _, x := range d.Examples {
			lines, err := detect.ParseTrace(x.Trace)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[int]bool{} // several events may stand on one line
			for _, l := range lines {
				if l.Fires && !seen[l.No] {
					seen[l.No] = true
					marked++
				}
			}
		}
		if got := strings.Count(out.String(), "fires (+"); got != marked {
			t.Errorf("%s: explain shows %d firings, its examples mark %d lines", d.ID, got, marked)
		}
	}
}

// TestExplainFails: an example that does not hold is shown where it does not,
// and is a failure.
func TestExplainFails(t *testing.T) {
	d := detect.Detection{ID: "made-up", Title: "Made up for this test", Phases: []sekisho.Phase{"discovery"}, Weight: sekisho.Nat,
		On: detect.OnList, Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
			return &detect.Hit{Key: e.ID, Reason: "it lists something"}
		},
		Examples: []detect.Example{
			{Name: "holds", Trace: "\n> D0 09:00:00 user/a identity:ListUsers\n"},
			{Name: "too quiet", Trace: "\n  # a comment stays\n> D0 09:00:00 user/a identity:GetUser\n"},
			{Name: "too loud", Trace: "\n  D0 09:00:00 user/a identity:ListUsers\n"},
		}}
	var out bytes.Buffer
	err := explain(&out, &d)
	if err == nil || !strings.Contains(err.Error(), "2 of 3 examples of made-up") || !strings.Contains(err.Error(), "detections/made_up.go") {
		t.Errorf("error is %v", err)
	}
	for _, want := range []string{"must fire, and stays quiet", "must stay quiet", "2 of 3 examples do not hold", "# a comment stays"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	if err := explain(&bytes.Buffer{}, &detect.Detection{ID: "made-up", Examples: []detect.Example{{Name: "x", Trace: "nonsense"}}}); err == nil {
		t.Error("a trace that cannot be read is no failure")
	}
}

func TestNear(t *testing.T) {
	all := []detect.Detection{{ID: "key-for-another"}, {ID: "password-for-another"}, {ID: "secrets-sweep"}, {ID: "trust-opened"}}
	for word, want := range map[string][]string{
		"key-for-anohter": {"key-for-another"},
		"secret-sweep":    {"secrets-sweep"},
		"another":         {"key-for-another", "password-for-another"},
		"TRUST":           {"trust-opened"},
		"zebra":           nil,
		"":                nil,
	} {
		if got := near(word, all); !slices.Equal(got, want) {
			t.Errorf("near %q are %v, want %v", word, got, want)
		}
	}
	for _, x := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}} {
		if got := distance(x.a, x.b); got != x.want {
			t.Errorf("distance of %q and %q is %d, want %d", x.a, x.b, got, x.want)
		}
	}
}

func TestWrap(t *testing.T) {
	text := wrap(strings.Repeat("word ", 60), "  - ", "    ")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "  - word") || !strings.HasPrefix(lines[1], "    word") {
		t.Errorf("%q", lines)
	}
	for _, l := range lines {
		if len(l) > lineWidth {
			t.Errorf("%d columns: %q", len(l), l)
		}
	}
	long := strings.Repeat("x", 2*lineWidth)
	if got := wrap(long, "  ", "  "); got != "  "+long+"\n" {
		t.Errorf("a word without blanks is broken: %q", got)
	}
}
