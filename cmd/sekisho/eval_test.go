package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// evalDir is where "make eval" wants the list of disagreements. With it the
// tables go to standard output as they are, else into the test's log.
var evalDir = flag.String("eval", "", "print tables to standard output and write disagreements.md into this `folder`")

// recordings is where labelled public recordings lie beside the project. They
// are not part of it: a test that needs them is skipped where they are absent,
// and fails in CI.
const recordings = "../../../shared/data"

func recording(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(recordings, name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not here, and CI must have it", path)
		}
		t.Skipf("%s is not here; it is no part of the project", path)
	}
	return path
}

// TestRecordings measures the program on labelled recordings, each in its own
// subtest, and gathers where it and the labels disagree. "make eval" runs it.
func TestRecordings(t *testing.T) {
	recording(t, "README.md")
	v := &evaluation{}
	t.Run("SingleTechniques", v.singleTechniques)
	t.Run("LongAttack", v.longAttack)
	t.Run("CloudBreach", v.cloudBreach)
	t.Run("ServiceBackground", v.serviceBackground)
	t.Run("NewAdministrator", v.newAdministrator)
	t.Run("OtherFormats", v.otherFormats)
	t.Run("LabelledEvents", v.labelledEvents)
	v.write(t)
}

// evaluation gathers what the subtests of TestRecordings have to say.
type evaluation struct {
	disagreements []disagreement
}

// disagreement is one place where the labels say one thing and the program
// another.
type disagreement struct {
	set, subject string
	what         string // what the labels say and what the program did
	key          string // under which the reason is on record
	reason       string
}

// disagree notes a disagreement, whose reason is on record in a table under a
// key. One without a reason fails the test: whoever makes the program differ
// from the labels says why.
func (v *evaluation) disagree(t *testing.T, set, subject, what string, reasons map[string]string, key string) {
	t.Helper()
	reason := reasons[key]
	if reason == "" {
		t.Errorf("%s: %s: %s, and no reason is on record: explain it in eval_reasons_test.go under %q, or mend it", set, subject, what, key)
		reason = "**unexplained**"
	}
	v.disagreements = append(v.disagreements, disagreement{set, subject, what, key, reason})
}

// unneeded are the reasons on record for which there is no disagreement: the
// program has learned something, and the reason should go.
func (v *evaluation) unneeded() (out []string) {
	for _, table := range []map[string]string{missedSingles, missedWindows, firedOnSetup, firedOnSamples, quietWhereTheyFire, fireWhereTheyAreQuiet, quietInScenario} {
		for key, reason := range table {
			if !slices.ContainsFunc(v.disagreements, func(d disagreement) bool { return d.key == key && d.reason == reason }) {
				out = append(out, key+": "+reason)
			}
		}
	}
	slices.Sort(out)
	return out
}

// print shows text to whoever runs the evaluation.
func (v *evaluation) print(t *testing.T, text string) {
	t.Helper()
	if *evalDir != "" {
		fmt.Println(text)
		return
	}
	t.Log("\n" + text)
}

// table prints rows under a heading, their columns aligned.
func (v *evaluation) table(t *testing.T, title string, head []string, rows [][]string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", title, strings.Repeat("-", len([]rune(title))))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush()
	v.print(t, trimRight(b.String()))
}

// trimRight takes away the blanks at the ends of lines that aligning leaves.
func trimRight(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

// write puts the disagreements into a page, grouped by recording.
func (v *evaluation) write(t *testing.T) {
	slices.SortStableFunc(v.disagreements, func(a, b disagreement) int {
		return cmp.Or(strings.Compare(a.set, b.set), strings.Compare(a.subject, b.subject))
	})
	var b strings.Builder
	fmt.Fprintf(&b, "# Where sekisho and the labels disagree\n\n%d disagreements, each with its reason. Written by `make eval`.\n", len(v.disagreements))
	set := ""
	for _, d := range v.disagreements {
		if d.set != set {
			set = d.set
			fmt.Fprintf(&b, "\n## %s\n\n| what | labels and program | reason |\n|---|---|---|\n", set)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(d.subject), cell(d.what), cell(d.reason))
	}
	if out := v.unneeded(); len(out) > 0 {
		t.Errorf("reasons on record that explain nothing any more; take them out of eval_reasons_test.go:\n  %s", strings.Join(out, "\n  "))
	}
	if *evalDir == "" {
		return
	}
	path := filepath.Join(*evalDir, "disagreements.md")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	v.print(t, fmt.Sprintf("%d disagreements, each with its reason: %s", len(v.disagreements), filepath.Clean(path)))
}

// readmeSays fails unless the README states a figure just as it was measured.
func readmeSays(t *testing.T, figure string, args ...any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(figure, args...); !strings.Contains(string(raw), want) {
		t.Errorf("README.md does not say %q, which was measured just now: bring it up to date", want)
	}
}

// cell is text as it may stand in a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;").Replace(text)
}

// scanned is what the tests read of a JSON report.
type scanned struct {
	Stats struct {
		Records, Events, Duplicates int
		UnreadableTotal             int       `json:"unreadable_total"`
		FirstEventAt                time.Time `json:"first_event_at"`
	}
	Incidents []struct {
		Severity   string
		Score      float64
		Title      string
		Root       struct{ ID, Kind, Name string }
		Identities []struct{ ID, Name string }
		Findings   []scannedFinding
	}
}

type scannedFinding struct {
	Detection string
	EventID   string `json:"event_id"`
	At        time.Time
	Identity  string
	Reason    string
	Attack    []string
}

// findings are those of all incidents, in order of time.
func (r *scanned) findings() (all []scannedFinding) {
	for _, in := range r.Incidents {
		all = append(all, in.Findings...)
	}
	slices.SortStableFunc(all, func(a, b scannedFinding) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Detection, b.Detection))
	})
	return all
}

// severities counts the incidents: "1 critical, 2 low".
func (r *scanned) severities() string {
	var parts []string
	for _, s := range []string{"critical", "high", "medium", "low"} {
		n := 0
		for _, in := range r.Incidents {
			if in.Severity == s {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "none")
}

// scanJSON runs the program on a path as a user would.
func scanJSON(t *testing.T, path string) scanned {
	t.Helper()
	return scanWith(t, strings.NewReader(""), path)
}

// scanWith runs "sekisho scan" with the arguments and standard input.
func scanWith(t *testing.T, stdin io.Reader, args ...string) (r scanned) {
	t.Helper()
	var out, errs bytes.Buffer
	m := &Main{Args: append([]string{"scan", "--format", "json"}, args...), Stdin: stdin, Stdout: &out, Stderr: &errs}
	code := m.Run(context.Background())
	if code != exitClean && code != exitIncidents {
		t.Fatalf("scan %s: exit status %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		// An empty report has "" where there is no first event.
		var empty struct {
			Stats     struct{ Records, Events int }
			Incidents []any
		}
		if json.Unmarshal(out.Bytes(), &empty) != nil || empty.Stats.Events > 0 || len(empty.Incidents) > 0 {
			t.Fatal(err)
		}
		r = scanned{}
		r.Stats.Records = empty.Stats.Records
	}
	if (len(r.Incidents) > 0) != (code == exitIncidents) {
		t.Errorf("scan %s: %d incidents and exit status %d", strings.Join(args, " "), len(r.Incidents), code)
	}
	return r
}

// labels reads the truth beside a recording.
func labels(t *testing.T, name string) (out truth) {
	t.Helper()
	raw, err := os.ReadFile(recording(t, name+"/LABELS.json"))
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// truth is what the labels beside a recording say.
type truth struct {
	Incidents []struct {
		Identity string
		Events   []string `json:"eventIDs"`
	}
	Benign  []string `json:"benign_identities"`
	Windows []struct {
		Technique   string
		First, Last time.Time
		Events      int
		Identities  []string
	}
	Files []struct {
		File string
		Kind string `json:"log_type"`
	}
}

// after is how long after a moment another one came.
func after(from, at time.Time) string {
	return "+" + at.Sub(from).Round(time.Second).String()
}

// names of behaviours that fired, each once, in order.
func names(findings []scannedFinding) (out []string) {
	for _, f := range findings {
		if !slices.Contains(out, f.Detection) {
			out = append(out, f.Detection)
		}
	}
	return out
}

// related reports whether a behaviour's techniques hold one of those wanted,
// or one of the same parent: T1098.001 answers for T1098 and T1098.003.
func related(have, want []string) bool {
	parent := func(id string) string { p, _, _ := strings.Cut(id, "."); return p }
	for _, h := range have {
		for _, w := range want {
			if parent(h) == parent(w) {
				return true
			}
		}
	}
	return false
}
