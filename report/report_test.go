package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
)

var update = flag.Bool("update", false, "write the texts under testdata anew")

// start is when the made-up attack begins.
var start = time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)

func at(offset time.Duration) time.Time { return start.Add(offset) }

// takeover is a made-up critical incident: a key, a function's role, a new key.
func takeover() sekisho.Incident {
	dana := sekisho.Identity{ID: "AIDAEXAMPLE0000000001", Name: "dana", ARN: "arn:aws:iam::444455556666:user/dana",
		Account: "444455556666", Kind: sekisho.KindHuman, KindEvidence: "signs in to the console"}
	role := sekisho.Identity{ID: "AROAEXAMPLE0000000002", Name: "invoice-processor", ARN: "arn:aws:iam::444455556666:role/invoice-processor",
		Account: "444455556666", Kind: sekisho.KindWorkload, KindEvidence: "a function's session"}
	read := func(offset time.Duration, id string, weight sekisho.Nats, reason string) sekisho.Finding {
		return sekisho.Finding{Detection: "scripted-recon", Title: "Broad, fast listing across services", EventID: id, At: at(offset), Identity: dana.ID,
			Reason: reason, Key: id, Family: sekisho.FamilyTempo, Weight: weight, Phases: []sekisho.Phase{"discovery"}, Attack: []string{"T1526", "T1580"}}
	}
	return sekisho.Incident{
		ID: "inc-0001", Title: "Takeover through human dana: a key was made for root-ops through invoice-processor",
		Severity: sekisho.SeverityCritical, Score: 29_250_000, Uncalibrated: true,
		OpenedAt: at(80 * time.Second), OpenedBy: "e-2", FirstEventAt: at(0), LastEventAt: at(11*time.Minute + 4*time.Second),
		Raised: []sekisho.Raise{{Severity: sekisho.SeverityLow, Score: 6_750_000, At: at(80 * time.Second), EventID: "e-2"},
			{Severity: sekisho.SeverityCritical, Score: 29_250_000, At: at(8*time.Minute + 15*time.Second), EventID: "e-9"}},
		Root: dana, Identities: []sekisho.Identity{dana, role},
		Credentials: []sekisho.Credential{
			{ID: "AKIAEXAMPLE000000003", Identity: dana.ID},
			{ID: "ASIAEXAMPLE000000004", Identity: role.ID, Session: "invoice-processor", IssuedBy: "AKIAEXAMPLE000000003",
				IssuedAt: at(6 * time.Minute), Via: "UpdateFunctionCode", Strength: "changed workload"}},
		Chain: []string{"ASIAEXAMPLE000000004 (invoice-processor) ← UpdateFunctionCode by AKIAEXAMPLE000000003 at 2026-03-05T09:06:00Z, joined by changed workload"},
		Findings: []sekisho.Finding{
			{Detection: "key-for-another", Title: "Access key made for another identity", EventID: "e-9", At: at(8*time.Minute + 15*time.Second), Identity: role.ID,
				Reason: "invoice-processor made a key for root-ops, which a function's role never does", Family: sekisho.FamilyTripwire, Tripwire: true, Weight: 16_000_000,
				Phases: []sekisho.Phase{"persistence", "privilege-escalation"}, Attack: []string{"T1098.001"}, Atlas: []string{"AML.T0012"}},
			read(80*time.Second, "e-2", 4_750_001, "31 distinct list and read actions in 60 s, usual 2"),
			read(100*time.Second, "e-3", 249_999, "38 distinct list and read actions in 60 s, usual 2"),
			{Detection: "function-changed", Title: "Code of an existing function replaced", EventID: "e-7", At: at(6*time.Minute + 12*time.Second), Identity: dana.ID,
				Reason: "dana replaced the code of invoices for the first time in 90 days of history", Family: sekisho.FamilyLineage, Tripwire: true, Weight: 8_250_000,
				Phases: []sekisho.Phase{"execution"}, Attack: []string{"T1648"},
				Prior: &sekisho.Prior{At: at(-time.Hour), EventID: "e-0", By: "00uDESK", Name: "desk"}},
		},
		Containment: &sekisho.Containment{Tier: 2, At: at(6*time.Minute + 12*time.Second), EventID: "e-7", Rule: "tripwire-chain", Actions: []sekisho.Action{
			{Action: "aws.deactivate-key", Target: "AKIAEXAMPLE000000003", Reversible: true, Why: "the key that began it", At: at(6*time.Minute + 12*time.Second), EventID: "e-7"},
			{Action: "aws.revoke-sessions", Target: "arn:aws:iam::444455556666:role/invoice-processor", Reversible: true, Why: "its code is no longer yours", At: at(6*time.Minute + 12*time.Second), EventID: "e-7"}}},
		NoReturn: &sekisho.NoReturn{At: at(8*time.Minute + 15*time.Second), EventID: "e-9", Basis: sekisho.BasisKnown, Why: "a key for root-ops, who has AdministratorAccess"},
		Interventions: []sekisho.Intervention{
			{Phase: "discovery", EventID: "e-2", At: at(80 * time.Second), Cut: "deactivate the key", Feed: "management events (read)", InTime: true},
			{Phase: "collection", EventID: "e-2", At: at(80 * time.Second), Cut: "deactivate the key", Feed: "management events (read)", InTime: true},
			{Phase: "persistence", EventID: "e-9", At: at(8*time.Minute + 16*time.Second), Cut: "deactivate the new key", Feed: "management events (write)"}},
		Changes: []sekisho.Change{
			{Identity: dana.ID, Aspect: "network", Before: "198.51.100.0/20 on 88 of 90 days, 203.0.112.0/20 on 3 of 90 days", Now: "192.0.0.0/20", Days: 90, Weight: 1_000_000},
			{Identity: dana.ID, Aspect: "program", Before: "console on macos on 90 of 90 days", Now: "cli on kali\x1b[2J", Days: 90, Weight: 1_000_000}},
		Explanation: sekisho.Explanation{At: at(6*time.Minute + 12*time.Second), Score: 13_250_000,
			Rests: []sekisho.Contribution{
				{Detection: "function-changed", Title: "Code of an existing function replaced", Weight: 8_250_000, Findings: 1, Tripwire: true,
					Reason: "dana replaced the code of invoices for the first time in 90 days of history"},
				{Detection: "scripted-recon", Title: "Broad, fast listing across services", Weight: 5_000_000, Findings: 2,
					Reason: "31 distinct list and read actions in 60 s, usual 2"}},
			WhatIf: []sekisho.WhatIf{
				{Kind: "without", What: "function-changed", Score: 5_000_000, Outcome: "later", At: at(8*time.Minute + 15*time.Second),
					Text: "without function-changed (8.2) the score would be 5.0 then, and containment would come at 09:08:15"},
				{Kind: "declared", What: "automation", Name: "dana", Score: 5_000_000, Outcome: "never",
					Text: "were dana declared as automation, the score would be 5.0, below 20: no containment"}}},
	}
}

// quiet is a low incident, whose name its actor chose to do harm: a terminal
// sequence, a reversed order of reading, a newline, and great length.
func quiet(id string) sekisho.Incident {
	name := "bob\x1b[2J\x1b]0;owned\a\u202egnp.exe\r\nAll clear. No incident." + strings.Repeat("x", 3000)
	bob := sekisho.Identity{ID: name, Name: name, Kind: sekisho.KindUnknown}
	return sekisho.Incident{ID: id, Title: "Burst of refused calls (identity " + name + ")", Severity: sekisho.SeverityLow, Score: 2_500_000,
		OpenedAt: at(time.Hour), OpenedBy: "e-20", FirstEventAt: at(time.Hour), LastEventAt: at(time.Hour), Root: bob, Identities: []sekisho.Identity{bob},
		Findings: []sekisho.Finding{{Detection: "denied-burst", Title: "Burst of refused calls", EventID: "e-20", At: at(time.Hour), Identity: name,
			Reason: "12 calls refused in 60 s by \u009b31m" + name, Weight: 2_500_000, Phases: []sekisho.Phase{"discovery"}}}}
}

func stats() Stats {
	return Stats{Files: 12, Records: 3461, Events: 3400, Duplicates: 55, UnreadableTotal: 6, HistoryDays: 90, FirstEventAt: at(-time.Hour), LastEventAt: at(2 * time.Hour), Seconds: 1.25,
		Unreadable: []ingest.Bad{{File: "logs/part-7.json.gz", Offset: 81920, Reason: "the gzip stream ends too soon"}, {File: "a.zip!\x1b[31mb.json", Offset: 0, Reason: "not JSON"}},
		Skipped:    []ingest.Skip{{File: "logs/digest.json.gz", Reason: "a digest of log files"}}}
}

func full() *Report {
	merged := takeover()
	merged.ID, merged.MergedInto = "inc-0009", "inc-0001"
	return New(stats(), []sekisho.Incident{quiet("inc-0003"), merged, quiet("inc-0002"), takeover()})
}

func TestOrder(t *testing.T) {
	r := full()
	var ids []string
	for _, in := range r.Incidents {
		ids = append(ids, in.ID)
	}
	if got := strings.Join(ids, " "); got != "inc-0001 inc-0002 inc-0003" {
		t.Errorf("incidents in the order %s", got)
	}
	for i := 1; i < len(r.Incidents[0].Findings); i++ {
		if r.Incidents[0].Findings[i].At.Before(r.Incidents[0].Findings[i-1].At) {
			t.Error("findings are not in order of time")
		}
	}
}

// TestText compares with texts that a person has read; -update writes them.
func TestText(t *testing.T) {
	reports := map[string]*Report{
		"full":    full(),
		"nothing": New(Stats{Files: 1, Records: 1, Events: 1, FirstEventAt: at(0), LastEventAt: at(0)}, nil),
		"empty":   New(Stats{Files: 1}, nil),
		"damaged": New(stats(), nil),
	}
	for name, r := range reports {
		for _, term := range []Terminal{{Width: 40}, {Width: 80}, {Width: 120}, {Width: 80, Color: true}} {
			file := fmt.Sprintf("%s-%d.txt", name, term.Width)
			if term.Color {
				file = fmt.Sprintf("%s-%d-color.txt", name, term.Width)
			}
			t.Run(file, func(t *testing.T) {
				var got bytes.Buffer
				if err := r.Text(&got, term); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join("testdata", file)
				if *update {
					if err := os.MkdirAll("testdata", 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if got.String() != string(want) {
					t.Errorf("differs from %s; if that is right: go test ./report -update\n%s", path, got.String())
				}
				checkLines(t, got.String(), term)
			})
		}
	}
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// checkLines: no line is wider than the terminal, none ends in a space, and
// nothing but our own colours acts on it.
func checkLines(t *testing.T, text string, term Terminal) {
	t.Helper()
	if term.Color {
		text = sgr.ReplaceAllString(text, "")
	}
	for line := range strings.SplitSeq(text, "\n") {
		if w := textWidth(line); w > max(term.Width, widthMin) {
			t.Errorf("%d columns in a terminal of %d: %q", w, term.Width, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("spaces at the end of %q", line)
		}
		for _, r := range line {
			if !unicode.IsPrint(r) {
				t.Errorf("%U in %q", r, line)
			}
		}
	}
}

func TestVerdict(t *testing.T) {
	for _, x := range []struct {
		name   string
		change func(*sekisho.Incident)
		want   string
	}{
		{"in time", func(*sekisho.Incident) {}, "It would have been contained at 09:06:12, 2 m 3 s before the point of no return."},
		{"same moment", func(in *sekisho.Incident) { in.Containment.At = in.NoReturn.At }, "at the point of no return itself"},
		{"late", func(in *sekisho.Incident) { in.Containment.At = in.NoReturn.At.Add(61 * time.Second) }, "1 m 1 s after the point of no return: too late"},
		{"no point", func(in *sekisho.Incident) { in.NoReturn = nil }, "no point of no return was seen"},
		{"no cut", func(in *sekisho.Incident) { in.Containment = nil }, "No containment would have been decided; the point of no return was at 09:08:15."},
		{"neither", func(in *sekisho.Incident) { in.Containment, in.NoReturn = nil, nil }, "No containment would have been decided, and no point"},
	} {
		t.Run(x.name, func(t *testing.T) {
			in := takeover()
			x.change(&in)
			var got bytes.Buffer
			if err := New(Stats{Events: 9}, []sekisho.Incident{in}).Text(&got, Terminal{Width: 120}); err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(got.String(), "\n\n")
			if !strings.HasPrefix(first, "1 critical incident: Takeover") || !strings.Contains(strings.ReplaceAll(first, "\n", " "), x.want) {
				t.Errorf("begins\n%s\nwant in it %q", first, x.want)
			}
		})
	}
}

func TestOffsetsAndSpans(t *testing.T) {
	in := sekisho.Incident{FirstEventAt: start}
	for d, want := range map[time.Duration][2]string{
		0:                               {"+0:00", "0 s"},
		300 * time.Millisecond:          {"+0:00", "less than a second"},
		59 * time.Second:                {"+0:59", "59 s"},
		372 * time.Second:               {"+6:12", "6 m 12 s"},
		3723 * time.Second:              {"+1:02:03", "1 h 2 m"},
		51*time.Hour + 4*time.Minute:    {"+2d03:04", "2 d 3 h"},
		24*time.Hour - time.Second:      {"+23:59:59", "23 h 59 m"},
		-(time.Minute + 30*time.Second): {"-1:30", ""},
	} {
		if got := offset(&in, at(d)); got != want[0] {
			t.Errorf("offset of %s is %s, want %s", d, got, want[0])
		}
		if got := span(d); d >= 0 && got != want[1] {
			t.Errorf("span of %s is %s, want %s", d, got, want[1])
		}
	}
}

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func jsonOf(t *testing.T, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.JSON(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestJSONKeepsTheSchema(t *testing.T) {
	s := compiled(t)
	bare := sekisho.Incident{ID: "inc-1", OpenedAt: at(0), FirstEventAt: at(0), LastEventAt: at(0)}
	for name, r := range map[string]*Report{
		"full": full(), "empty": New(Stats{}, nil), "bare": New(Stats{}, []sekisho.Incident{bare}),
	} {
		if err := validate(t, s, jsonOf(t, r)); err != nil {
			t.Errorf("%s: %#v", name, err)
		}
	}
	// The schema must notice drift in both directions.
	good := string(jsonOf(t, full()))
	for _, x := range [][2]string{
		{`"severity":"critical"`, `"severity":"fatal"`},
		{`"margin_seconds":123`, `"margin_second":123`},
		{`"basis":"known"`, `"basis":"guess"`},
		{`"findings":[`, `"extra":1,"findings":[`},
		{`"2026-03-05T09:00:00Z"`, `"2026-03-05 09:00:00"`},
		{`"T1648"`, `"T16"`},
		{`"chain":`, `"chains":`},
		{`"outcome":"later"`, `"outcome":"sooner"`},
		{`"aspect":"program"`, `"aspect":"mood"`},
	} {
		if !strings.Contains(good, x[0]) {
			t.Fatalf("the report holds no %s", x[0])
		}
		if validate(t, s, []byte(strings.Replace(good, x[0], x[1], 1))) == nil {
			t.Errorf("the schema accepts %s", x[1])
		}
	}
}

func TestJSONContract(t *testing.T) {
	text := jsonOf(t, full())
	var r struct {
		Schema    string
		Incidents []struct {
			ID       string
			Score    json.Number
			Phases   []string
			Attack   []string
			Findings []struct{ Weight json.Number }
			Margin   *float64 `json:"margin_seconds"`
			Basis    struct {
				Delivery     float64 `json:"delivery_seconds"`
				Hypothetical bool
			} `json:"margin_basis"`
			Containment *struct{ Actions []any }
		}
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	in := r.Incidents[0]
	if r.Schema != "sekisho.report/v1" || in.ID != "inc-0001" || in.Margin == nil || *in.Margin != 123 || !in.Basis.Hypothetical || in.Basis.Delivery != 0 {
		t.Errorf("got %+v", in)
	}
	if got := strings.Join(in.Phases, " "); got != "discovery execution persistence privilege-escalation" {
		t.Errorf("phases %s", got)
	}
	if got := strings.Join(in.Attack, " "); got != "T1098.001 T1526 T1580 T1648" {
		t.Errorf("attack %s", got)
	}
	if in.Score != "29.25" || in.Findings[0].Weight != "4.750001" {
		t.Errorf("score %s, first weight %s", in.Score, in.Findings[0].Weight)
	}
	low := r.Incidents[1]
	if low.Margin != nil || low.Containment != nil || low.Attack == nil {
		t.Errorf("a low incident has margin %v, containment %v, attack %v", low.Margin, low.Containment, low.Attack)
	}
	// Arrays are never null, and the three fields that may be null are.
	if n := bytes.Count(text, []byte("null")); n != 2*3 {
		t.Errorf("%d nulls for two incidents without containment, point of no return and margin", n)
	}
}

func TestJSONHoldsNothingThatActs(t *testing.T) {
	text := jsonOf(t, full())
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%U stands in the report", r)
		}
		text = text[size:]
	}
	in := sekisho.Incident{Title: "<b>\u2028\u2029\U000e0041\u009b\x7f\xff"}
	got, err := IncidentJSON(&in)
	if err != nil {
		t.Fatal(err)
	}
	want := `"title":"\u003cb\u003e\u2028\u2029\udb40\udc41\u009b\u007f\ufffd"`
	if !strings.Contains(string(got), want) {
		t.Errorf("got %s, want in it %s", got, want)
	}
	var back struct{ Title string }
	if err := json.Unmarshal(got, &back); err != nil || back.Title != "<b>\u2028\u2029\U000e0041\u009b\x7f\ufffd" {
		t.Errorf("reads back as %q, %v", back.Title, err)
	}
}

// failing refuses to be written to after some bytes.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, os.ErrClosed
	}
	return len(p), nil
}

func TestWriteErrorsAreTold(t *testing.T) {
	r := full()
	for _, n := range []int{0, 100, 2000, 5000} {
		if err := r.JSON(&failing{n}); err == nil {
			t.Errorf("JSON said nothing of a writer that failed after %d bytes", n)
		}
		if err := r.Text(&failing{n}, Plain); err == nil && n < 5000 {
			t.Errorf("Text said nothing of a writer that failed after %d bytes", n)
		}
	}
}
