package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/sekisho/sekisho"
)

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                           "plain",
		"\x1b[31mred\x1b[0m":              `\x1b[31mred\x1b[0m`,
		"two\r\nlines\ttab":               `two\x0d\x0alines\x09tab`,
		"\u009b2J":                        `\u009b2J`,
		"a\u202egnp.exe":                  `a\u202egnp.exe`,
		"zero\u200bwidth\ufeff":           `zero\u200bwidth\ufeff`,
		"tag\U000e0041":                   `tag\U000e0041`,
		"line\u2028separator":             `line\u2028separator`,
		"not \xff utf8":                   `not \xff utf8`,
		"no\u00a0break":                   "no break",
		"e\u0301":                         "e\u0301",
		"\u0301alone":                     "alone",
		"z" + strings.Repeat("\u0335", 9): "z\u0335\u0335",
		"日本":                              "日本",
		strings.Repeat("x", 20):           "xxxxxxxxxxxxxxx" + "xxx…",
		"":                                "",
	} {
		longest := 64
		if strings.HasPrefix(want, "xxx") {
			longest = 18
		}
		if got := clean(text, longest); got != want {
			t.Errorf("clean(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, x := range []struct {
		text        string
		first, rest int
		want        string
	}{
		{"a quick brown fox", 7, 9, "a quick|brown fox"},
		{"arn:aws:iam::1:role/x", 8, 8, "arn:aws:|iam::1:r|ole/x"},
		{"in arn:aws:iam::1:role/x", 12, 12, "in arn:aws:i|am::1:role/x"},
		{"日本語", 4, 4, "日本|語"},
		{"", 5, 5, ""},
		{"   ", 5, 5, ""},
	} {
		if got := strings.Join(wrap(x.text, x.first, x.rest), "|"); got != x.want {
			t.Errorf("wrap(%q) = %q, want %q", x.text, got, x.want)
		}
	}
}

func TestColored(t *testing.T) {
	for _, x := range []struct {
		noColor, term string
		want          bool
	}{{"", "xterm-256color", true}, {"1", "xterm-256color", false}, {"", "dumb", false}, {"", "", false}} {
		env := func(k string) string { return map[string]string{"NO_COLOR": x.noColor, "TERM": x.term}[k] }
		if got := colored(env); got != x.want {
			t.Errorf("NO_COLOR=%q TERM=%q: %v", x.noColor, x.term, got)
		}
	}
	if got := TerminalOf(&bytes.Buffer{}); got != Plain {
		t.Errorf("a buffer is taken for a terminal: %+v", got)
	}
}

// FuzzClean: whatever a record holds, what is printed is one line of printable
// characters, no longer than asked for, and cleaning it again changes nothing.
func FuzzClean(f *testing.F) {
	f.Add("\x1b]8;;http://x\x1b\\click\x1b]8;;\x1b\\", 20)
	f.Add("a\u202eb\u2066c\u2069\r\n\xff\u0301\u0301\u0301", 64)
	f.Fuzz(func(t *testing.T, text string, longest int) {
		longest = 1 + max(0, longest%1000)
		got := clean(text, longest)
		if !utf8.ValidString(got) {
			t.Fatalf("%q is not UTF-8", got)
		}
		shown := 0
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%U in %q", r, got)
			}
			if !unicode.In(r, unicode.Mn, unicode.Me) {
				shown++
			}
		}
		if shown > longest+1 { // the ellipsis
			t.Errorf("%d characters, want at most %d", shown, longest)
		}
		if again := clean(got, longest+1); again != got {
			t.Errorf("%q becomes %q the second time", got, again)
		}
	})
}

// FuzzText puts hostile words everywhere in an incident: no line may be wider
// than the terminal or hold anything but printable characters, and JSON must
// stay within its own bounds.
func FuzzText(f *testing.F) {
	f.Add("\x1b[2J\u202e\n", 40)
	f.Add(strings.Repeat("日", 300), 41)
	f.Fuzz(func(t *testing.T, word string, width int) {
		in := takeover()
		in.Title, in.ID, in.Root.Name, in.Root.ARN, in.Root.KindEvidence = word, word, word, word, word
		in.Identities[0].Name = word
		in.Chain = []string{word, word}
		in.Findings[0].Reason, in.Findings[1].Identity, in.Findings[2].Phases = word, word, []sekisho.Phase{sekisho.Phase(word)}
		in.Findings[3].Attack = []string{word}
		in.Containment.Rule, in.Containment.Actions[0].Target, in.NoReturn.Why = word, word, word
		in.Interventions[0].Cut = word
		s := stats()
		s.Unreadable[0].File, s.Skipped[0].Reason = word, word
		r := New(s, []sekisho.Incident{in, quiet(word)})

		term := Terminal{Width: 40 + max(0, width%100)}
		var text bytes.Buffer
		if err := r.Text(&text, term); err != nil {
			t.Fatal(err)
		}
		checkLines(t, text.String(), term)
		var out bytes.Buffer
		if err := r.JSON(&out); err != nil {
			t.Fatal(err)
		}
		for _, c := range out.String() {
			if c != '\n' && acts(c) || c < ' ' && c != '\n' {
				t.Errorf("%U in JSON", c)
			}
		}
	})
}
