package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sekisho/sekisho"
)

func htmlOf(t testing.TB, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// withRecords is the full report with the records of two findings; a third is
// known to lie on standard input.
func withRecords() *Report {
	r := full()
	r.Records = map[string]RawRecord{
		" e-9": {File: "logs/part-1.json.gz", Offset: 4096, JSON: []byte(`{"eventID":"e-9","eventName":"CreateAccessKey","requestParameters":{"userName":"root-ops"},
			"responseElements":{"accessKey":{"accessKeyId":"AKIAEXAMPLE000000005","secretAccessKey":"wJalr<b>"}},"readOnly":false,"n":[1,2.50,null]}`)},
		" e-7": {File: "-", Offset: 17},
	}
	return r
}

// fixed is what differs between reports: all but style and script.
var fixed = regexp.MustCompile(`(?s)(<style>).*?(</style>)|(<script>).*?(</script>)|(sha256-).*?(&#39;)`)

// TestHTML compares with pages that a person has looked at in a browser;
// -update writes them, without style and script.
func TestHTML(t *testing.T) {
	damaged := New(stats(), nil)
	for name, r := range map[string]*Report{
		"full": withRecords(), "damaged": damaged, "empty": New(Stats{Files: 1}, nil),
		"nothing": New(Stats{Files: 1, Records: 1, Events: 1, FirstEventAt: at(0), LastEventAt: at(0)}, nil),
	} {
		t.Run(name, func(t *testing.T) {
			whole := htmlOf(t, r)
			if htmlOf(t, r) != whole {
				t.Error("the same report gives two pages")
			}
			got := fixed.ReplaceAllString(whole, "$1$2$3$4$5$6")
			path := filepath.Join("testdata", "html-"+name+".html")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if head, _, _ := r.headline(); !strings.Contains(got, "<h1>"+head+"</h1>") {
				t.Error("the page without style and script lacks its headline")
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s; if that is right: go test ./report -update", path)
			}
			checkPage(t, whole)
		})
	}
}

// tag is every form of markup that the page may hold; an attribute's value
// holds no quote and no markup.
var tag = regexp.MustCompile(`^<(!doctype html|/?[a-z][a-z0-9]*((?: [a-zA-Z][a-zA-Z0-9-]*(?:="[^"<>]*")?)*)/?)>`)
var attribute = regexp.MustCompile(` ([a-zA-Z][a-zA-Z0-9-]*)(?:="([^"]*)")?`)

// checkPage: nothing is asked of the network, nothing runs but our script, all
// characters show, and every id is there once. It answers the page's tags.
func checkPage(t *testing.T, text string) (tags []string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("not UTF-8")
	}
	for _, r := range text {
		if r != '\n' && r != '\u202f' && !unicode.IsPrint(r) { // \u202f: within our own numbers
			t.Fatalf("%U stands in the page", r)
		}
	}
	if strings.Count(text, "<script") != 1 || strings.Count(text, "<style") != 1 {
		t.Error("more than one script or style")
	}
	policy := html.UnescapeString(regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)[1])
	for _, kind := range []string{"style", "script"} {
		body := regexp.MustCompile(`(?s)<` + kind + `>(.*?)</` + kind + `>`).FindStringSubmatch(text)[1]
		sum := sha256.Sum256([]byte(body))
		if want := kind + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("the policy %q does not name the hash of the %s", policy, kind)
		}
		text = strings.Replace(text, body, "", 1)
	}
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	ids := map[string]bool{}
	var targets []string
	for rest := text; ; {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			break
		}
		m := tag.FindStringSubmatch(rest[i:])
		if m == nil {
			t.Fatalf("no tag of ours: %.80q", rest[i:])
		}
		rest = rest[i+len(m[0]):]
		name, _, _ := strings.Cut(m[1], " ")
		tags = append(tags, name)
		for _, a := range attribute.FindAllStringSubmatch(m[2], -1) {
			switch {
			case strings.HasPrefix(a[1], "on") || a[1] == "style" || a[1] == "src" || a[1] == "srcset" || a[1] == "xmlns":
				t.Errorf("attribute %s in %s", a[1], m[0])
			case a[1] == "href" && name == "a" && !strings.HasPrefix(a[2], "#"), a[1] == "href" && name != "a" && a[2] != "data:,":
				t.Errorf("a link to %s", a[2])
			case a[1] == "href" && name == "a":
				targets = append(targets, a[2][1:])
			case a[1] == "id" && ids[a[2]]:
				t.Errorf("id %s twice", a[2])
			case a[1] == "id":
				ids[a[2]] = true
			}
		}
	}
	for _, to := range targets {
		if !ids[to] {
			t.Errorf("a link leads to #%s, which is nowhere", to)
		}
	}
	return tags
}

// hostile puts a word into everything of an incident that a record can fill.
func hostile(word string) *Report {
	in := takeover()
	in.Title, in.ID, in.Root.Name, in.Root.ARN, in.Root.KindEvidence = word, word, word, word, word
	for i := range in.Identities {
		in.Identities[i].Name, in.Identities[i].ARN, in.Identities[i].Account = word, word, word
	}
	for i := range in.Credentials {
		in.Credentials[i].Session, in.Credentials[i].Via, in.Credentials[i].Strength = word, word, word
	}
	in.Credentials[0].ID, in.Credentials[1].IssuedBy = word, word
	records := map[string]RawRecord{}
	for i := range in.Findings {
		f := &in.Findings[i]
		f.Title, f.Reason, f.Cut, f.Feed, f.Attack, f.Atlas = word, word, word, word, []string{word}, []string{word}
		f.Phases = []sekisho.Phase{sekisho.Phase(word)}
		f.Detection = fmt.Sprint(word, i)
		records[f.Record()] = RawRecord{File: word, JSON: []byte(`{"k":` + strconv.Quote("x") + `,"userName":` + string(must(encode(word[:min(len(word), valueMax/4)]))) + `}`)}
	}
	in.NoReturn.Why, in.Containment.Rule = word, word
	for i := range in.Containment.Actions {
		in.Containment.Actions[i].Action, in.Containment.Actions[i].Target, in.Containment.Actions[i].Why = word, word, word
	}
	for i := range in.Interventions {
		in.Interventions[i].Cut, in.Interventions[i].Feed, in.Interventions[i].Phase = word, word, sekisho.Phase(word)
	}
	low := quiet("inc-2")
	low.Title, low.ID, low.Findings[0].Reason = word, word, word
	s := stats()
	s.Unreadable[0].File, s.Unreadable[0].Reason, s.Skipped[0].File, s.Skipped[0].Reason = word, word, word, word
	r := New(s, []sekisho.Incident{in, low})
	r.Records = records
	return r
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}

// hostileWords are names that somebody could give to what he makes.
var hostileWords = []string{
	`<img src=x onerror=alert(1)>`, `</script><script>alert(1)</script>`, `</style><style>*{display:none}`, `</title><h1>All clear</h1>`, `"><svg onload=alert(1)>`,
	`' onmouseover='alert(1)`, "a\u202egnp.exe", "\x1b[31mred\x1b]0;owned\a", "not \xff utf8", "line\nbreak\r\n\u2028", "zero\u200bwidth\ufeff", `{{.Script}}`, `javascript:alert(1)`,
	"z" + strings.Repeat("\u0335", 50), strings.Repeat("long ", 4000), strings.Repeat("x", 20000), `<!--`, `]]>`, `&lt;b&gt;`, "\x00",
}

// TestHTMLHostile: whatever a record says, the page has the same markup, and
// what can be shown is shown.
func TestHTMLHostile(t *testing.T) {
	want := checkPage(t, htmlOf(t, hostile("word")))
	for _, w := range hostileWords {
		text := htmlOf(t, hostile(w))
		if got := checkPage(t, text); !slices.Equal(got, want) {
			t.Errorf("%.40q changes the markup", w)
		}
		if len(text) > 1<<20 {
			t.Errorf("%.40q makes a page of %d bytes", w, len(text))
		}
	}
	if text := htmlOf(t, hostile(hostileWords[0])); !strings.Contains(text, "&lt;img src=x onerror=alert(1)&gt;") {
		t.Error("the name is not shown as text")
	}
	if text := htmlOf(t, hostile("a\u202eb")); !strings.Contains(text, `a\u202eb`) {
		t.Error("the character that turns the order of reading is not named")
	}
}

func FuzzHTML(f *testing.F) {
	for _, w := range hostileWords {
		f.Add(w)
	}
	want := []string(nil)
	f.Fuzz(func(t *testing.T, word string) {
		if want == nil {
			want = checkPage(t, htmlOf(t, hostile("word")))
		}
		if strings.TrimFunc(clean(word, nameMax), unicode.IsSpace) == "" || technical.MatchString(word) {
			return // an empty name has no element of its own; an id or phase of ours sorts elsewhere
		}
		if got := checkPage(t, htmlOf(t, hostile(word))); !slices.Equal(got, want) {
			t.Errorf("%q changes the markup", word)
		}
	})
}

var technical = regexp.MustCompile(`^(T\d|AML|[a-z-]+$)`)

func TestShowRecord(t *testing.T) {
	for _, x := range []struct{ name, raw, want, note string }{
		{"order and repeats", `{"b":1,"a":{"x":[]},"b":2.50}`, "{\n  \"b\": 1,\n  \"a\": {\n    \"x\": []\n  },\n  \"b\": 2.50\n}", ""},
		{"secrets", `{"secretAccessKey":"k","SessionToken":"t","nextToken":"n","masterUserPassword":"p","passwordResetRequired":true,"accessKeyId":"AKIA"}`,
			"{\n  \"secretAccessKey\": \"[redacted]\",\n  \"SessionToken\": \"[redacted]\",\n  \"nextToken\": \"n\",\n  \"masterUserPassword\": \"[redacted]\",\n  \"passwordResetRequired\": true,\n  \"accessKeyId\": \"AKIA\"\n}",
			"3 values redacted."},
		{"names of secrets", `{"secretId":"s","apiKeyName":"a","authorizationType":"NONE","Authorization":"Bearer b"}`,
			"{\n  \"secretId\": \"s\",\n  \"apiKeyName\": \"a\",\n  \"authorizationType\": \"NONE\",\n  \"Authorization\": \"[redacted]\"\n}", "1 value redacted."},
		{"whole object", `{"password":{"a":["b",{"c":"d"}]},"e":[{"token":"f"}]}`, "{\n  \"password\": \"[redacted]\",\n  \"e\": [\n    {\n      \"token\": \"[redacted]\"\n    }\n  ]\n}", "2 values redacted."},
		{"within a string", `{"body":"{\"user\":\"u\",\"password\":\"p\"}"}`, "{\n  \"body\": \"{\\\"user\\\":\\\"u\\\",\\\"password\\\":\\\"[redacted]\\\"}\"\n}", "1 value redacted."},
		{"variables", `{"environment":{"variables":{"DB":"x","MODE":"y"}}}`, "{\n  \"environment\": {\n    \"variables\": {\n      \"DB\": \"[redacted]\",\n      \"MODE\": \"[redacted]\"\n    }\n  }\n}", "2 values redacted."},
		{"a container's variables and command", `{"environment":[{"name":"DB_PASSWORD","value":"x"}],"command":["--token","y"],"image":"shop"}`,
			"{\n  \"environment\": [\n    {\n      \"name\": \"DB_PASSWORD\",\n      \"value\": \"[redacted]\"\n    }\n  ],\n  \"command\": [\n    \"[redacted]\",\n    \"[redacted]\"\n  ],\n  \"image\": \"shop\"\n}",
			"3 values redacted."},
		{"in other text", `{"description":"use AWS_SECRET_ACCESS_KEY=abcdefghij and Authorization: Bearer abcdefghijk","url":"https://u:pa55@host/","digest":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}`,
			"{\n  \"description\": \"use AWS_[redacted] and Authorization: [redacted]\",\n  \"url\": \"https[redacted]host/\",\n  \"digest\": \"da39a3ee5e6b4b0d3255bfef95601890afd80709\"\n}",
			"2 values redacted."},
		{"acts", `{"n":"a\u202eb\u001b[0m"}`, "{\n  \"n\": \"a\\u202eb\\u001b[0m\"\n}", ""},
		{"not JSON", `{"n":01}`, "", "Not shown: it is not strict JSON, so secrets in it could not be recognised. The file holds it."},
	} {
		text, note := showRecord([]byte(x.raw), 1<<14)
		if text != x.want || note != x.note {
			t.Errorf("%s:\n%s\n%q\nwant\n%s\n%q", x.name, text, note, x.want, x.note)
		}
	}
	long := `{"list":[` + strings.Repeat(`"abcdefgh",`, 5000) + `"password"],"password":"p"}`
	if text, note := showRecord([]byte(long), 1000); len(text) > 1010 || !strings.HasSuffix(text, "…") || !strings.Contains(note, "Cut after 1\u202f000 bytes") {
		t.Errorf("%d bytes, %q", len(text), note)
	}
	if text, note := showRecord([]byte(`{"v":"`+strings.Repeat("日", 3000)+`"}`), 1<<14); utf8.RuneCountInString(text) > valueMax+20 || note != "1 long value shortened." {
		t.Errorf("%d characters, %q", utf8.RuneCountInString(text), note)
	}
}

// TestHTMLNoSecret: a secret in a record is on no page.
func TestHTMLNoSecret(t *testing.T) {
	text := htmlOf(t, withRecords())
	if strings.Contains(text, "wJalr") {
		t.Error("a secret access key stands in the page")
	}
	for _, want := range []string{"1 value redacted.", "logs/part-1.json.gz, at byte 4096", "it came from standard input"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestHTMLLarge: an incident of very many findings, identities and credentials
// stays a page that a browser opens, and says what it leaves out.
func TestHTMLLarge(t *testing.T) {
	in := takeover()
	raw := []byte(`{"eventID":"x","filler":"` + strings.Repeat("y", 1500) + `"}`)
	records := map[string]RawRecord{}
	for i := range 5000 {
		id := fmt.Sprintf("AROAEXAMPLE%010d", i%300)
		f := sekisho.Finding{Detection: fmt.Sprint("made-up-", i%40), Title: "Made up", EventID: fmt.Sprint("m-", i), At: at(time.Duration(i) * 7 * time.Second), Identity: id,
			Reason: "one of very many", Tripwire: i%3 == 0, Phases: []sekisho.Phase{"impact"}, Attack: []string{"T1496"}}
		in.Findings = append(in.Findings, f)
		records[f.Record()] = RawRecord{File: "f", JSON: raw}
		if i < 300 {
			in.Identities = append(in.Identities, sekisho.Identity{ID: id, Name: fmt.Sprint("made-up-", i)})
			in.Credentials = append(in.Credentials, sekisho.Credential{ID: fmt.Sprint("ASIA", i), Identity: id, IssuedBy: fmt.Sprint("ASIA", i-1), IssuedAt: at(time.Duration(i) * time.Second), Via: "AssumeRole"})
		}
	}
	in.LastEventAt = at(10 * time.Hour)
	r := New(stats(), []sekisho.Incident{in})
	r.Records = records
	text := htmlOf(t, r)
	checkPage(t, text)
	if len(text) > 8<<20 {
		t.Errorf("a page of %d bytes", len(text))
	}
	for _, want := range []string{"findings more, after these", "more credentials are not drawn", "261 others"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	wanted := r.RecordsWanted()
	if len(wanted) > htmlRowsMax*(1+htmlRepeatsMax) || len(wanted) < htmlRowsMax {
		t.Errorf("%d records wanted", len(wanted))
	}
}

// TestHTMLSumsToScore: the curve ends where the score stands.
func TestHTMLSumsToScore(t *testing.T) {
	in := New(Stats{}, []sekisho.Incident{takeover()}).Incidents[0]
	a := newAxis([]time.Time{in.FirstEventAt, in.LastEventAt})
	e := evidence(&in, a, full().Model)
	ends := e.Curve[strings.LastIndexByte(e.Curve, 'V')+1:]
	y, _, _ := strings.Cut(ends, "H")
	most := in.Score.Float() * 1.08
	if want := px(flagsHigh + evidenceHigh - evidenceHigh*in.Score.Float()/most); y != want {
		t.Errorf("the curve ends at %s, the score stands at %s", y, want)
	}
}

func TestAxis(t *testing.T) {
	var times []time.Time
	for _, s := range []int{0, 2, 4, 4, 9, 15, 3600, 3605, 90000} {
		times = append(times, at(time.Duration(s)*time.Second))
	}
	a := newAxis(times)
	for i := 1; i < len(a.at); i++ {
		if a.at[i]-a.at[i-1] < gapLeast-0.001 {
			t.Errorf("moments %d and %d lie at %.1f and %.1f", i-1, i, a.at[i-1], a.at[i])
		}
	}
	if a.width != axisMin || len(a.breaks) != 2 || a.breaks[0].Label != "59 m" || a.breaks[1].Label != "23 h" {
		t.Errorf("width %.0f, breaks %+v", a.width, a.breaks)
	}
	if x := a.x(at(time.Hour / 2)); x <= a.at[4] || x >= a.at[5] {
		t.Errorf("a moment between two lies at %.1f", x)
	}
	if one := newAxis(times[:1]); one.x(at(0)) != axisEdge || one.x(at(time.Hour)) != axisEdge {
		t.Error("a single moment has no place")
	}
	if none := newAxis(nil); none.x(at(0)) != axisEdge || len(none.ticks(func(time.Time) htmlStamp { return htmlStamp{} })) != 0 {
		t.Error("no moment has a place")
	}
}

// TestHTMLContrast: text has at least 4.5, drawings 3, on every ground of
// their scheme (WCAG 2.2, 1.4.3 and 1.4.11).
func TestHTMLContrast(t *testing.T) {
	css, err := htmlFiles.ReadFile("html.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(css), -1)
	if len(blocks) != 3 {
		t.Fatalf("%d colour schemes, want light, dark and paper", len(blocks))
	}
	for n, b := range blocks {
		v := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z]+): #([0-9a-f]+);`).FindAllStringSubmatch(b[1], -1) {
			v[m[1]] = m[2]
		}
		need := func(least float64, names ...string) {
			for _, name := range names {
				for _, ground := range []string{"ground", "card", "odd"} {
					if c := contrast(t, v[name], v[ground]); c < least {
						t.Errorf("scheme %d: %s on %s has %.2f, want %.1f", n, name, ground, c, least)
					}
				}
			}
		}
		need(4.5, "text", "soft", "link", "critical", "high", "medium", "low", "cut", "turn", "in", "look", "power", "stay", "harm", "trip")
		need(3, "curve", "calm")
		if c := contrast(t, v["soft"], v["hatch"]); c < 4.5 {
			t.Errorf("scheme %d: a pause's label has %.2f", n, c)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light := func(hex string) float64 {
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		n, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || len(hex) != 6 {
			t.Fatalf("no colour: %q", hex)
		}
		part := func(shift uint) float64 {
			c := float64(n>>shift&255) / 255
			if c <= 0.04045 {
				return c / 12.92
			}
			return math.Pow((c+0.055)/1.055, 2.4)
		}
		return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestHTMLLineage: credentials that contradict each other, or lack everything,
// are drawn once each.
func TestHTMLLineage(t *testing.T) {
	in := sekisho.Incident{FirstEventAt: at(0), LastEventAt: at(time.Hour), Credentials: []sekisho.Credential{
		{ID: "A", IssuedBy: "B"}, {ID: "B", IssuedBy: "A"}, {ID: "C", IssuedBy: "C"}, {}, {ID: "D", IssuedBy: "unknown", Via: "AssumeRole"}, {ID: "E", IssuedBy: "D"}}}
	g := drawLineage(&in, nil)
	if len(g.Nodes) != 6 || len(g.Edges) != 2 {
		t.Errorf("%d boxes and %d lines", len(g.Nodes), len(g.Edges))
	}
	var n int
	var countTree func([]*htmlTree)
	countTree = func(list []*htmlTree) {
		for _, x := range list {
			n++
			countTree(x.Children)
		}
	}
	countTree(g.Tree)
	if n != 6 {
		t.Errorf("%d in the list", n)
	}
}

func TestHTMLHeadline(t *testing.T) {
	change := func(f func(*sekisho.Incident)) sekisho.Incident {
		in := takeover()
		in.Severity, in.ID = sekisho.SeverityHigh, "inc-2"
		f(&in)
		return in
	}
	attack := change(func(in *sekisho.Incident) { in.NoReturn = nil })
	possible := change(func(in *sekisho.Incident) { in.Containment = nil })
	warning := change(func(in *sekisho.Incident) {
		in.Containment, in.NoReturn, in.LastEventAt = nil, nil, in.FirstEventAt
	})
	at1 := change(func(in *sekisho.Incident) { in.NoReturn.At = in.FirstEventAt })
	const who, gone = "2 identities with 2 credentials", " in 11 m 4 s, past the point of no return 8 m 15 s after it began."
	for want, list := range map[string][]sekisho.Incident{
		"One takeover: " + who + gone:                                                             {takeover(), quiet("x")},
		"2 takeovers; the worst: " + who + gone:                                                   {takeover(), at1},
		"3 incidents above low; the worst: " + who + gone:                                         {takeover(), attack, warning},
		"One attack: " + who + " in 11 m 4 s.":                                                    {attack},
		"One possible takeover: " + who + gone:                                                    {possible},
		"One warning: " + who + ".":                                                               {warning, quiet("x")},
		"One takeover: " + who + " in 11 m 4 s, past the point of no return with its first call.": {at1},
		"1 low incident, nothing urgent.":                                                         {quiet("x")},
	} {
		if got, _, _ := New(Stats{Events: 3}, list).headline(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestHTMLWriteErrorsAreTold(t *testing.T) {
	for _, n := range []int{0, 100, 20000, 40000} {
		if err := withRecords().HTML(&failing{n}); err == nil {
			t.Errorf("nothing was said of a writer that failed after %d bytes", n)
		}
	}
}
