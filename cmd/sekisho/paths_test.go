package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/detections"
)

// escalation is one way from one identity's power to another's, as a story in
// CloudTrail calls. The file testdata/escalation-paths.txt says its language.
type escalation struct {
	id, class, how, blind string
	needs                 []string // permissions
	calls                 []pathCall
	line                  int
}

// pathCall is one call of an escalation.
type pathCall struct {
	before, decides  bool
	actor            string
	service, event   string
	params, response json.RawMessage
}

// name is "service:Call" without the version that some services put behind it.
func (c *pathCall) name() string { return c.service + ":" + eventVersion.ReplaceAllString(c.event, "") }

// eventVersion is what Lambda, for one, puts behind the names of its events.
var eventVersion = regexp.MustCompile(`2\d{7}(v\d+)?$`)

// byName is the class of paths of which nothing but the id was at hand.
const byName = "by-name"

// pathAccount and pathRegion are where the escalations happen.
const (
	pathAccount = "111122223333"
	pathRegion  = "eu-west-1"
)

// jsonText is a document as the JSON string that records hold.
func jsonText(doc string) string {
	b, _ := json.Marshal(doc)
	return string(b)
}

// macros of the language.
var macros = strings.NewReplacer(
	"$acct", pathAccount,
	"$at", pathRegion+":"+pathAccount,
	"$boss", "arn:aws:iam::"+pathAccount+":role/boss",
	"$admin", "arn:aws:iam::aws:policy/AdministratorAccess",
	"$all", jsonText(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	"$trust", jsonText(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+pathAccount+`:user/mallory"},"Action":"sts:AssumeRole"}]}`),
)

// readEscalations reads the world, the escalations, and the ids known by name.
func readEscalations(t *testing.T) (world []pathCall, all []*escalation, names []string) {
	t.Helper()
	file := filepath.Join("testdata", "escalation-paths.txt")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var now *escalation
	in := bufio.NewScanner(bytes.NewReader(raw))
	for n := 1; in.Scan(); n++ {
		line := in.Text()
		word, rest, _ := strings.Cut(line, " ")
		fail := func(format string, args ...any) { t.Fatalf("%s:%d: %s", file, n, fmt.Sprintf(format, args...)) }
		switch word {
		case "#":
		case "world":
			now = nil
		case "names":
			names = strings.Fields(rest)
		case "path":
			now = &escalation{id: rest, line: n}
			all = append(all, now)
		case "class", "needs", "how", "blind":
			if now == nil {
				fail("%s stands before any path", word)
			}
			switch word {
			case "class":
				now.class = rest
			case "needs":
				now.needs = strings.Fields(rest)
			case "how":
				now.how = rest
			case "blind":
				now.blind = rest
			}
		case "-", ">", "":
			if strings.TrimSpace(line) == "" {
				continue
			}
			c, err := readCall(strings.TrimSpace(rest))
			if err != nil {
				fail("%v", err)
			}
			c.before, c.decides = word == "-", word == ">"
			if now == nil {
				if !c.before {
					fail("the world is what was there before: begin the call with -")
				}
				world = append(world, c)
			} else {
				now.calls = append(now.calls, c)
			}
		default:
			if !strings.HasPrefix(line, "#") {
				fail("%q: want path, class, needs, how, blind, names, a call, or # for a comment", word)
			}
		}
	}
	return world, all, names
}

// readCall reads "ACTOR SERVICE:EVENT PARAMETERS [RESPONSE]".
func readCall(text string) (c pathCall, err error) {
	actor, rest, _ := strings.Cut(text, " ")
	name, documents, _ := strings.Cut(strings.TrimSpace(rest), " ")
	service, event, ok := strings.Cut(name, ":")
	if actor == "" || !ok || service == "" || event == "" {
		return c, fmt.Errorf("%q: want ACTOR SERVICE:EVENT PARAMETERS [RESPONSE]", text)
	}
	c.actor, c.service, c.event = actor, service, event
	d := json.NewDecoder(strings.NewReader(macros.Replace(documents)))
	for _, to := range []*json.RawMessage{&c.params, &c.response} {
		if err := d.Decode(to); err == io.EOF {
			*to = json.RawMessage("null")
		} else if err != nil {
			return c, fmt.Errorf("%s: %w", name, err)
		}
	}
	if bytes.Contains(c.params, []byte(`$`)) || bytes.Contains(c.response, []byte(`$`)) || d.More() {
		return c, fmt.Errorf("%s: an unknown word after $, or more than two documents", name)
	}
	return c, nil
}

// record is the call as CloudTrail would write it.
func (c *pathCall) record(n int, at time.Time) []byte {
	identity := map[string]any{"accountId": pathAccount}
	if role, ok := strings.CutPrefix(c.actor, "role/"); ok {
		role, session, _ := strings.Cut(role, "/")
		id := uniqueID("AROA", role)
		identity["type"], identity["principalId"] = "AssumedRole", id+":"+session
		identity["arn"] = "arn:aws:sts::" + pathAccount + ":assumed-role/" + role + "/" + session
		identity["accessKeyId"] = uniqueID("ASIA", role+at.Format("0102"))
		identity["sessionContext"] = map[string]any{
			"sessionIssuer": map[string]any{"type": "Role", "principalId": id, "arn": "arn:aws:iam::" + pathAccount + ":role/" + role, "accountId": pathAccount, "userName": role},
			"attributes":    map[string]any{"creationDate": at.Truncate(time.Hour).Format(time.RFC3339), "mfaAuthenticated": "false"},
		}
	} else {
		identity["type"], identity["principalId"], identity["userName"] = "IAMUser", uniqueID("AIDA", c.actor), c.actor
		identity["arn"] = "arn:aws:iam::" + pathAccount + ":user/" + c.actor
		identity["accessKeyId"] = uniqueID("AKIA", c.actor)
	}
	line, _ := json.Marshal(map[string]any{
		"eventVersion": "1.09", "userIdentity": identity, "eventTime": at.Format(time.RFC3339), "eventSource": c.service + ".amazonaws.com",
		"eventName": c.event, "awsRegion": pathRegion, "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15.0 md/awscrt#0.19.19 ua/2.0 os/linux",
		"requestParameters": c.params, "responseElements": c.response, "requestID": eventID(n), "eventID": eventID(n),
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": pathAccount, "eventCategory": "Management",
	})
	return append(line, '\n')
}

// uniqueID is an id of IAM's form: a prefix of four letters and sixteen more.
func uniqueID(prefix, name string) string {
	return (prefix + strings.ToUpper(strings.NewReplacer("-", "", "/", "").Replace(name)) + strings.Repeat("0", 16))[:20]
}

func eventID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// everyday is what mallory and the role dev do on any day: enough for a habit,
// and nothing that a path uses.
var everyday = []string{
	`mallory s3:ListBuckets null`, `mallory cloudwatch:DescribeAlarms {"maxRecords":50}`, `mallory logs:DescribeLogGroups {}`,
	`role/dev/mallory s3:ListBuckets null`, `role/dev/mallory sqs:ListQueues {}`,
}

// past is a week of what the world holds, what was there before the path, and
// everyday work, one record a line.
func past(t *testing.T, world []pathCall, e *escalation, monday time.Time) []byte {
	t.Helper()
	var out []byte
	n := 1_000_000 // apart from the ids of the path itself
	add := func(c pathCall, at time.Time) {
		n++
		out = append(out, c.record(n, at)...)
	}
	for i, c := range world {
		add(c, monday.Add(8*time.Hour+time.Duration(i)*time.Second))
	}
	day := 24 * time.Hour
	for d := range 7 {
		for i, text := range everyday {
			c, err := readCall(text)
			if err != nil {
				t.Fatal(err)
			}
			add(c, monday.Add(time.Duration(d)*day+9*time.Hour+time.Duration(i)*time.Minute))
		}
		if d == 1 {
			for i, c := range e.calls {
				if c.before {
					add(c, monday.Add(day+11*time.Hour+time.Duration(i)*time.Minute))
				}
			}
		}
	}
	return out
}

// verdict is what came of playing a path.
type verdict struct {
	fired    []recognition
	severity string // of the worst incident, "" if there is none
}

// recognition is what fired on a call that decides.
type recognition struct {
	behaviour, call string
	names           bool // it is about the gain of power, not only about someone who acts unusually
}

// gain are the ATT&CK tactics that an escalation is a case of. A behaviour of
// another tactic that fires on the way (services never used before, a new
// network) says that someone acts unusually, not that power is gained.
var gain = []string{"privilege-escalation", "persistence", "execution", "credential-access", "lateral-movement"}

// recognise plays the path, with further arguments for scan.
func (e *escalation) recognise(t *testing.T, args ...string) (out verdict) {
	t.Helper()
	at := time.Date(2026, time.February, 9, 9, 30, 0, 0, time.UTC) // a Monday, a week after the past begins
	var in bytes.Buffer
	decides := map[string]string{}
	for i := range e.calls {
		c := &e.calls[i]
		if c.before {
			continue
		}
		in.Write(c.record(i+1, at.Add(time.Duration(i)*20*time.Second)))
		if c.decides {
			decides[eventID(i+1)] = c.name()
		}
	}
	r := scanWith(t, &in, append(args, "-")...)
	if r.Stats.Events == 0 {
		t.Fatalf("%s: no event was read", e.id)
	}
	for _, f := range r.findings() {
		call, ok := decides[f.EventID]
		if !ok {
			continue
		}
		x := recognition{behaviour: f.Detection, call: call}
		for i := range detections.All {
			if d := &detections.All[i]; d.ID == f.Detection {
				for _, p := range d.Phases {
					x.names = x.names || slices.Contains(gain, string(p))
				}
			}
		}
		if !slices.Contains(out.fired, x) {
			out.fired = append(out.fired, x)
		}
	}
	worst, _, _ := strings.Cut(r.severities(), ",") // "1 critical, 2 low": the worst first
	_, out.severity, _ = strings.Cut(worst, " ")
	return out
}

// named reports whether any of them is about the gain of power.
func (v verdict) named() bool {
	return slices.ContainsFunc(v.fired, func(x recognition) bool { return x.names })
}

// String is a table's cell.
func (v verdict) String() string {
	var by, also []string
	for _, x := range v.fired {
		if x.names {
			by = append(by, fmt.Sprintf("`%s` at %s", x.behaviour, x.call))
		} else {
			also = append(also, fmt.Sprintf("`%s`", x.behaviour))
		}
	}
	text := strings.Join(by, "; ")
	if len(by) == 0 {
		text = "–"
	}
	if len(also) > 0 {
		text += " (also " + strings.Join(also, ", ") + ")"
	}
	if v.severity != "" {
		text += ": " + v.severity
	}
	return text
}

// escalationPage plays every path and says what recognised it.
func escalationPage(t *testing.T) string {
	world, all, names := readEscalations(t)
	week := time.Date(2026, time.February, 2, 0, 0, 0, 0, time.UTC)
	history := filepath.Join(t.TempDir(), "history.jsonl")
	type row struct {
		e *escalation
		// on a first day, on one with an inventory file, and after a week
		cold, told, known verdict
	}
	var rows []row
	inventory := filepath.Join("testdata", "escalation-inventory.json")
	seen, cold, told, presumed, catalogued := 0, 0, 0, 0, 0
	for _, e := range all {
		e.check(t)
		if err := os.WriteFile(history, past(t, world, e, week), 0o600); err != nil {
			t.Fatal(err)
		}
		r := row{e, e.recognise(t), e.recognise(t, "--inventory", inventory), e.recognise(t, "--history", history)}
		rows = append(rows, r)
		ever := r.cold.named() || r.told.named() || r.known.named()
		if e.class == byName {
			if ever {
				presumed++
			}
			continue
		}
		if r.cold.named() {
			cold++
		}
		if r.told.named() {
			told++
		}
		switch {
		case ever:
			seen++
			if e.blind != "" {
				t.Errorf("%s: it is recognised now: take out why it was a blind spot (testdata/escalation-paths.txt:%d, blind)", e.id, e.line)
			}
		case e.blind == "":
			t.Errorf("%s: nothing recognises it, and no reason is on record: write one (testdata/escalation-paths.txt:%d, blind), or a behaviour", e.id, e.line)
		}
		catalogued++
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Escalation paths

Written by `+"`make docs`"+` from what happens when each path is played: do not edit.

Each published way in which one identity of an AWS account takes the power of another, and the behaviour that recognises it at a call that decides.
Every path is played three times through `+"`sekisho scan`"+`: on a *first day*, when nothing is known of anyone; on a first day *with an inventory* file, which says who has which power;
and *after a week* of log, without that file, in which the account was built and the actor did other work. Ids and permissions are those of the public catalogue [pathfinding.cloud](https://pathfinding.cloud) (snapshot of 2025-12-17); the calls are ours:
`+"`cmd/sekisho/testdata/escalation-paths.txt`"+`.

**%d of %d paths are recognised: %d on a first day, %d on one with an inventory; %d are blind spots.** Recognised means that a behaviour about gained power fired; the last word of a cell is the severity of the incident that the path
opens by itself, without what led to it and what follows. A behaviour in brackets says only that someone acts unusually. Passing a role leaves no event: it is read from the call that uses the role.
`, seen, catalogued, cold, told, catalogued-seen)
	class := ""
	for _, r := range rows {
		e := r.e
		if e.class != class {
			class = e.class
			fmt.Fprintf(&b, "\n## %s\n\n", classTitles[class])
			if class == byName {
				fmt.Fprintf(&b, `Ids of the catalogue's newer layout, of which only the names were at hand. The calls are those that we take the names to stand for: %d of the %d are recognised.
Known by name only, and not played: %s.

`, presumed, len(all)-catalogued, strings.Join(names, ", "))
			}
			b.WriteString("| path | needs | what happens | on a first day | with an inventory | after a week |\n|---|---|---|---|---|---|\n")
		}
		needs := strings.Join(e.needs, ", ")
		if class == byName {
			needs = "?"
		}
		known := r.known.String()
		if !r.cold.named() && !r.told.named() && !r.known.named() {
			why := e.blind
			if why == "" {
				why = "what these calls change, and with which role, is not read yet"
			}
			known += "<br>**blind spot**: " + cell(why)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", e.id, needs, cell(e.how), r.cold, r.told, known)
	}
	return b.String()
}

var classTitles = map[string]string{
	"self-escalation":   "Self-escalation",
	"principal-access":  "Access to another principal",
	"new-passrole":      "A role passed to something new",
	"existing-passrole": "A role that something existing has already",
	byName:              "Paths known by name",
}

// check holds a path to the language: it needs what it calls.
func (e *escalation) check(t *testing.T) {
	t.Helper()
	where := fmt.Sprintf("testdata/escalation-paths.txt:%d: %s", e.line, e.id)
	if classTitles[e.class] == "" || e.how == "" || (len(e.needs) == 0) != (e.class == byName) {
		t.Errorf("%s: class %q, %d permissions, how %q: each must be there", where, e.class, len(e.needs), e.how)
	}
	decided := false
	made := map[string]bool{"iam:PassRole": true} // leaves no event of its own
	for i := range e.calls {
		c := &e.calls[i]
		decided = decided || c.decides
		if !c.before {
			made[c.name()] = true
		}
	}
	if made["lambda:Invoke"] { // the permission and the event have two names
		made["lambda:InvokeFunction"] = true
	}
	if !decided {
		t.Errorf("%s: no call decides (>)", where)
	}
	for _, p := range e.needs {
		if !made[p] {
			t.Errorf("%s: it needs %s, and no call makes use of it", where, p)
		}
	}
}

// TestEscalationsAreTheCatalogue: the ids and permissions are those of the
// public catalogue, all of them and no other.
func TestEscalationsAreTheCatalogue(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(recordings, "..", "knowledge", "attack-paths.md"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must have the list of paths: %v", err)
		}
		t.Skipf("the list of paths is not here; it is no part of the project: %v", err)
	}
	want := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^- `([a-z0-9-]+)` — (.*?)\\. Pre:").FindAllStringSubmatch(string(raw), -1) {
		want[m[1]] = strings.ReplaceAll(m[2], " + ", " ")
	}
	if len(want) != 65 { // the catalogue's own count of its snapshot
		t.Fatalf("%d paths in the list, want 65", len(want))
	}
	_, all, _ := readEscalations(t)
	for _, e := range all {
		if e.class == byName {
			continue
		}
		if got := strings.Join(e.needs, " "); got != want[e.id] {
			t.Errorf("%s needs %q, the catalogue says %q", e.id, got, want[e.id])
		}
		delete(want, e.id)
	}
	for id := range want {
		t.Errorf("%s is missing", id)
	}
}
