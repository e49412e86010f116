package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/view"
)

// stolenSession is one attack in three systems: a person's session at the directory is
// used from elsewhere, opens the cloud, and makes an administrator there; the same
// person's name then copies code. Each system logs it in its own way.
var stolenSession = map[string]string{
	"okta/2026-03-02.json": `[
{"uuid":"o1","published":"2026-03-02T09:00:00.000Z","eventType":"user.session.start","actor":{"id":"00uann","type":"User","alternateId":"Ann@example.com"},"client":{"ipAddress":"203.0.113.9","userAgent":{"rawUserAgent":"Mozilla/5.0 (Macintosh)","os":"Mac OS X","browser":"CHROME"}},"outcome":{"result":"SUCCESS"},"authenticationContext":{"externalSessionId":"102ann"}},
{"uuid":"o2","published":"2026-03-02T11:00:00.000Z","eventType":"user.authentication.sso","actor":{"id":"00uann","type":"User","alternateId":"Ann@example.com"},"client":{"ipAddress":"198.51.100.77","userAgent":{"rawUserAgent":"Mozilla/5.0 (X11; Linux)","os":"Linux","browser":"FIREFOX"}},"outcome":{"result":"SUCCESS"},"authenticationContext":{"externalSessionId":"102ann"},"target":[{"id":"0oa1","type":"AppInstance","alternateId":"AWS","displayName":"AWS Account Federation","detailEntry":{"signOnModeType":"SAML_2_0"}},{"id":"0ua1","type":"AppUser","alternateId":"a.ops","displayName":"Ann"}]}]`,
	"aws/trail.json": `{"Records":[
{"eventVersion":"1.08","eventTime":"2026-03-02T11:00:20Z","eventID":"00000000-0000-4000-8000-000000000001","eventSource":"sts.amazonaws.com","eventName":"AssumeRoleWithSAML","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.77","userAgent":"Mozilla/5.0","recipientAccountId":"111122223333","readOnly":true,"userIdentity":{"type":"SAMLUser","principalId":"abc=:a.ops","userName":"a.ops","identityProvider":"abc="},"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/ops","roleSessionName":"a.ops"},"responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLE000000001","expiration":"Mar 2, 2026, 12:00:20 PM"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLE:a.ops","arn":"arn:aws:sts::111122223333:assumed-role/ops/a.ops"},"subject":"a.ops"}},
{"eventVersion":"1.08","eventTime":"2026-03-02T11:02:00Z","eventID":"00000000-0000-4000-8000-000000000002","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.77","userAgent":"aws-cli/2.15 Python/3.11 Linux/6.1","recipientAccountId":"111122223333","readOnly":false,"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:a.ops","arn":"arn:aws:sts::111122223333:assumed-role/ops/a.ops","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE000000001","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/ops","accountId":"111122223333","userName":"ops"}}},"requestParameters":{"userName":"backup2"},"responseElements":{"user":{"userName":"backup2","userId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/backup2"}}},
{"eventVersion":"1.08","eventTime":"2026-03-02T11:02:10Z","eventID":"00000000-0000-4000-8000-000000000003","eventSource":"iam.amazonaws.com","eventName":"AttachUserPolicy","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.77","userAgent":"aws-cli/2.15 Python/3.11 Linux/6.1","recipientAccountId":"111122223333","readOnly":false,"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:a.ops","arn":"arn:aws:sts::111122223333:assumed-role/ops/a.ops","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE000000001","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/ops","accountId":"111122223333","userName":"ops"}}},"requestParameters":{"userName":"backup2","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"},"responseElements":null}]}`,
	"github/audit.json": `{"_document_id":"g1","@timestamp":1772449500000,"action":"repo.access","actor":"ann-dev","actor_id":7,"org":"example","repo":"example/shop","visibility":"public","actor_ip":"198.51.100.77","user_agent":"Mozilla/5.0","external_identity_nameid":"ann@example.com"}` + "\n",
	"network/flow.log": "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n" +
		"2 111122223333 eni-0a 10.0.0.5 192.0.2.8 40000 3333 6 9 9000 1772449600 1772449660 ACCEPT OK\n",
	"guardduty/finding.json": `{"version":"0","id":"e1","detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":{"schemaVersion":"2.0","accountId":"111122223333","region":"us-east-1","id":"f1","type":"Persistence:IAMUser/AnomalousBehavior","severity":8,"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"ASIAEXAMPLE000000001","principalId":"AROAEXAMPLE:a.ops","userType":"AssumedRole","userName":"ops"}},"service":{"serviceName":"guardduty","count":1,"eventFirstSeen":"2026-03-02T11:02:00Z","eventLastSeen":"2026-03-02T11:02:10Z","archived":false},"createdAt":"2026-03-02T11:20:00Z","updatedAt":"2026-03-02T11:20:00Z"}}`,
}

// mixedFolder writes the attack as a folder of all systems' files.
func mixedFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range stolenSession {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "network") { // as the service delivers them
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write([]byte(text))
			z.Close()
			path, text = path+".gz", b.String()
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// surfaceReport is what is asked of a report.
type surfaceReport struct {
	Stats struct {
		Records, Events int64
		UnreadableTotal int64 `json:"unreadable_total"`
		Skipped         []any
	}
	Incidents []surfaceIncident
}

type surfaceIncident struct {
	Severity    string
	Root        struct{ ID, System string }
	Identities  []struct{ ID, System string }
	Credentials []struct {
		ID, IssuedBy, Via string
		JoinedBy          string `json:"joined_by"`
	}
	Findings    []struct{ Detection, Identity string }
	Containment *struct {
		Actions []struct{ Action, Target string }
	}
}

// TestMixedFolder: a folder of all systems' logs is read with no option, and what one
// person's stolen session did in three of them is one incident with that person at its
// root, its cuts each in the system in which they are.
func TestMixedFolder(t *testing.T) {
	code, out, errs := runMain(t, "scan", "--format", "json", mixedFolder(t))
	if code != exitIncidents {
		t.Fatalf("status %d: %s", code, errs)
	}
	var r surfaceReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Stats.Records != 8 || r.Stats.Events != 8 || r.Stats.UnreadableTotal != 0 {
		t.Errorf("%+v", r.Stats)
	}
	checkSurfaces(t, r.Incidents)
	// People see which name is of which system.
	_, text, _ := runMain(t, "scan", mixedFolder(t))
	for _, want := range []string{"(okta)", "(github)", "(aws)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %s:\n%s", want, text)
		}
	}
}

func checkSurfaces(t *testing.T, incidents []surfaceIncident) {
	t.Helper()
	i := slices.IndexFunc(incidents, func(x surfaceIncident) bool { return x.Root.ID == "00uann" })
	if i < 0 {
		t.Fatalf("no incident has the person as its root: %+v", incidents)
	}
	in := incidents[i]
	if in.Severity != "critical" || in.Root.System != "okta" {
		t.Errorf("%s, root %+v", in.Severity, in.Root)
	}
	var systems, found, joined []string
	for _, x := range in.Identities {
		if !slices.Contains(systems, x.System) {
			systems = append(systems, x.System)
		}
	}
	for _, x := range in.Findings {
		found = append(found, x.Detection)
	}
	for _, x := range in.Credentials {
		joined = append(joined, x.JoinedBy)
	}
	slices.Sort(systems)
	if strings.Join(systems, " ") != "aws github okta" {
		t.Errorf("identities of %v", systems)
	}
	for _, want := range []string{"session-taken-over", "admin-granted", "shared-outside", "provider-finding"} {
		if !slices.Contains(found, want) {
			t.Errorf("%s is not among %v", want, found)
		}
	}
	if !slices.Contains(joined, "credential id, sign-on") {
		t.Errorf("joined by %v", joined)
	}
	if in.Containment == nil {
		t.Fatal("it is not contained")
	}
	var cuts []string
	for _, a := range in.Containment.Actions {
		cuts = append(cuts, a.Action)
	}
	for _, want := range []string{"okta.end-sessions", "aws.deny-session", "aws.quarantine-user"} {
		if !slices.Contains(cuts, want) {
			t.Errorf("%s is not among %v", want, cuts)
		}
	}
	for _, x := range incidents {
		if x.Root.ID == "eni-0a" && len(x.Identities) > 1 {
			t.Errorf("the machine, which no key joins, is with others: %+v", x.Identities)
		}
	}
}

// TestMixedFeeds: the same, pushed to a service that runs: each to its own source, and
// all to any.
func TestMixedFeeds(t *testing.T) {
	p := start(t, t.TempDir())
	for _, name := range []string{"okta/2026-03-02.json", "aws/trail.json", "github/audit.json", "network/flow.log", "guardduty/finding.json"} {
		if code, body := p.post(t, "/v1/ingest/any", stolenSession[name]); code != 202 {
			t.Fatalf("%s: %d %s", name, code, body)
		}
	}
	for source, name := range map[string]string{"okta-system-log": "okta/2026-03-02.json", "aws-vpc-flow": "network/flow.log", "github-audit": "github/audit.json", "aws-guardduty": "guardduty/finding.json"} {
		code, body := p.post(t, "/v1/ingest/"+source, stolenSession[name])
		var answer struct{ Accepted, Duplicates int }
		if json.Unmarshal([]byte(body), &answer); code != 202 || answer.Accepted != 0 || answer.Duplicates == 0 {
			t.Errorf("the same once more by its own name: %s: %d %s", source, code, body)
		}
	}
	if code, _ := p.post(t, "/v1/ingest/okta-system-log", stolenSession["aws/trail.json"]); code != 400 {
		t.Errorf("another source's records: %d", code)
	}
	var page struct{ Incidents []surfaceIncident }
	eventually(t, "incidents are shown", 10*time.Second, func() bool {
		return json.Unmarshal(p.get(t, "/v1/incidents?limit=100"), &page) == nil && len(page.Incidents) > 0
	})
	checkSurfaces(t, page.Incidents)
	var cover coverage
	eventually(t, "the feeds are counted", 10*time.Second, func() bool {
		return json.Unmarshal(p.get(t, "/v1/coverage"), &cover) == nil && len(cover.Cells) >= 6
	})
	var feeds []string
	for _, c := range cover.Cells {
		if c.State != "missing" {
			feeds = append(feeds, c.Feed)
		}
	}
	slices.Sort(feeds)
	if got := strings.Join(slices.Compact(feeds), " "); got != "aws-guardduty aws-vpc-flow fast github-audit okta-system-log" {
		t.Errorf("feeds %s", got)
	}
}

// TestCoverageOfSurfaces: what somebody would miss.
func TestCoverageOfSurfaces(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	one := 1.0
	at := now.Add(-time.Minute).Format(time.RFC3339)
	feeds := []view.Feed{
		{Source: trail, Path: "eventbridge", Account: "111122223333", Region: "eu-west-1", LastReceivedAt: at, AgeP90: &one},
		{Source: trail, Path: "eventbridge", Account: "444455556666", Region: "eu-west-1", LastReceivedAt: at, AgeP90: &one},
		{Source: "aws-guardduty", Path: "eventbridge", Account: "111122223333", Region: "eu-west-1", LastReceivedAt: at, AgeP90: &one},
		{Source: "okta-system-log", Path: "poll", Account: "okta", LastReceivedAt: at, AgeP90: &one},
	}
	declared := config.Default()
	declared.GitHub = []string{"example"}
	var got []string
	for _, c := range cells(feeds, declared, now) {
		if c.Feed != "fast" && c.Feed != "complete" {
			got = append(got, c.Feed+" "+c.Account+" "+c.Region+" "+c.State)
		} else if c.Account == "okta" {
			t.Errorf("a trail is missed of the directory: %+v", c)
		}
	}
	want := []string{"aws-guardduty 111122223333 eu-west-1 live", "aws-guardduty 444455556666 eu-west-1 missing", "github-audit example  missing", "okta-system-log okta  live"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, b := range timely(feeds) {
		if b.Behaviour == "session-taken-over" && (len(b.Paths) != 1 || b.Paths[0].Path != "poll") {
			t.Errorf("%+v", b)
		}
	}
}

// TestNoRecordIsTwoSources: of what one format reads all others say that it is not
// theirs, so their order says nothing but how fast one is found.
func TestNoRecordIsTwoSources(t *testing.T) {
	kinds := logged()
	ask := func(raw []byte, line bool) (claimed []string) {
		for i := range kinds {
			read := kinds[i].Compact
			if line {
				if kinds[i].Line == nil {
					continue
				}
				read = func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
					return kinds[i].Line(dst, nil, raw)
				}
			}
			if _, _, verdict, _ := read(nil, raw); verdict != normalize.NotMine {
				claimed = append(claimed, kinds[i].Name)
			}
		}
		return claimed
	}
	for name, text := range stolenSession {
		records := []json.RawMessage{json.RawMessage(text)}
		switch {
		case strings.HasPrefix(name, "okta"):
			json.Unmarshal([]byte(text), &records)
		case strings.HasPrefix(name, "aws"):
			var file struct{ Records []json.RawMessage }
			json.Unmarshal([]byte(text), &file)
			records = file.Records
		case strings.HasPrefix(name, "guardduty"):
			var event struct{ Detail json.RawMessage }
			json.Unmarshal([]byte(text), &event)
			records = []json.RawMessage{event.Detail}
		case strings.HasPrefix(name, "network"):
			for line := range strings.Lines(text) {
				if got := ask([]byte(strings.TrimSpace(line)), true); len(got) != 1 {
					t.Errorf("%s: %v", line, got)
				}
			}
			continue
		}
		for _, raw := range records {
			if got := ask(bytes.TrimSpace(raw), false); len(got) != 1 {
				t.Errorf("%s is claimed by %v", raw, got)
			}
		}
	}
}

// TestContractNamesEachSource: the API's contract lists what the service takes.
func TestContractNamesEachSource(t *testing.T) {
	text, err := os.ReadFile("../../console/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{normalize.Any}
	for _, f := range formats() {
		names = append(names, f.Name)
	}
	want := "enum: [" + strings.Join(names, ", ") + "]"
	if n := bytes.Count(text, []byte(want)); n != 2 {
		t.Errorf("%s stands %d times in console/openapi.yaml, want twice", want, n)
	}
}

// TestSameIdInTwoFeeds: two feeds may give the same id to different records; the page
// shows each finding with its own.
func TestSameIdInTwoFeeds(t *testing.T) {
	dir := mixedFolder(t)
	path := filepath.Join(dir, "github/audit.json")
	text := strings.Replace(stolenSession["github/audit.json"], `"g1"`, `"00000000-0000-4000-8000-000000000003"`, 1) // an id of the trail's
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "x.html")
	if code, _, errs := runMain(t, "scan", "--format", "html", "--out", out, dir); code != exitIncidents {
		t.Fatalf("status %d: %s", code, errs)
	}
	page, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"aws/trail.json, at byte", "github/audit.json, at byte 0"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page does not show the record in %s", want)
		}
	}
}
