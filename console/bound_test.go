package console_test

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/console"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/github"
	"github.com/sekisho/sekisho/provider/guardduty"
	"github.com/sekisho/sekisho/provider/okta"
	"github.com/sekisho/sekisho/provider/vpcflow"
)

const (
	githubToken = "github-token-of-a-test"
	cloudToken  = "cloud-token-of-a-test"
	boundAdmin  = "bound-admin-token-of-a-test"
)

// bound is a service that takes each kind of records, from senders that are each for some.
func bound(t *testing.T, log io.Writer) (url string) {
	t.Helper()
	list := []normalize.Format{aws.CloudTrail(), vpcflow.Format(), okta.SystemLog(), guardduty.Format(), github.Audit()}
	o := setUp(t, func(o *live.Options) { o.Formats = list })
	o.Formats, o.Log = list, slog.New(slog.NewTextHandler(log, nil))
	o.Challenges = []console.Challenge{{Header: "X-Hook-Challenge", Answer: "answer"}}
	for _, x := range []struct {
		name    string
		role    console.Role
		text    string
		sources []string
	}{
		{"code", console.RoleIngest, githubToken, []string{github.Source}},
		{"cloud", console.RoleIngest, cloudToken, []string{"aws-cloudtrail", guardduty.Source, vpcflow.Source}},
		{"bound-boss", console.RoleAdmin, boundAdmin, []string{okta.Source}},
	} {
		token := console.NewToken(x.name, x.role, x.text)
		token.Sources = x.sources
		o.Tokens = append(o.Tokens, token)
	}
	o.Webhooks = []console.Webhook{{Name: "relay", Header: "X-Signature-256", Secret: []byte(secret), Sources: []string{okta.Source}},
		{Name: "free", Header: "X-Free", Secret: []byte("another-secret-of-a-test")}}
	server := httptest.NewServer(console.New(o))
	t.Cleanup(server.Close)
	return server.URL
}

// Records of each source, by a number of their own.
func githubRecord(n int) string {
	return fmt.Sprintf(`{"_document_id":"g%d","@timestamp":1772449500000,"action":"repo.create","actor":"ann-dev","actor_id":7,"org":"example","repo":"example/shop"}`, n)
}

func oktaRecord(n int) string {
	return fmt.Sprintf(`{"uuid":"o%d","published":"2026-03-02T09:00:00.000Z","eventType":"user.session.start","actor":{"id":"00uann","type":"User","alternateId":"ann@example.com"},"outcome":{"result":"SUCCESS"}}`, n)
}

func findingRecord(n int) string {
	return fmt.Sprintf(`{"schemaVersion":"2.0","accountId":"111122223333","region":"us-east-1","id":"f%d","type":"Recon:IAMUser/X","severity":8,"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"ASIAEXAMPLE000000001","principalId":"AROAEXAMPLE:ops","userType":"AssumedRole","userName":"ops"}},"service":{"serviceName":"guardduty","eventFirstSeen":"2026-03-02T11:02:00Z","eventLastSeen":"2026-03-02T11:02:10Z"},"createdAt":"2026-03-02T11:20:00Z","updatedAt":"2026-03-02T11:20:00Z"}`, n)
}

func flowLine(n int) string {
	return fmt.Sprintf("2 111122223333 eni-0a 10.0.0.5 192.0.2.8 %d 3333 6 9 9000 1772449600 1772449660 ACCEPT OK", 40000+n)
}

// TestBound: who is for some sources delivers these, alone or mixed, and no others', however
// they are addressed, wrapped, packed or disguised; of what is refused nothing is kept.
func TestBound(t *testing.T) {
	var log bytes.Buffer
	url := bound(t, &log)
	trail := func(n int) string { return one(n) }
	quote := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	packed := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, s)
		z.Close()
		return b.String()
	}
	// Claimed by the format of each: as the code host's it would be let through.
	both := func(n int) string {
		return strings.Replace(trail(n), "{", strings.TrimSuffix(githubRecord(n), "}")+",", 1)
	}
	before := counted(t, url)
	for _, tt := range []struct {
		name, token, path, body string
		status                  int
		says                    string // of 403: the sources that it names
	}{
		{"its own", githubToken, "github-audit", githubRecord(1), 202, ""},
		{"its own, told by content", githubToken, "any", githubRecord(2), 202, ""},
		{"its own, with what nobody reads", githubToken, "any", githubRecord(3) + "\n{\"x\":1}", 202, ""},
		{"its own, with what looks like others' inside", githubToken, "any", strings.TrimSuffix(githubRecord(4), "}") + `,"config":{"Records":[` + trail(1) + `]},"name":` + quote(trail(2)) + "}", 202, ""},
		{"nothing that is read", githubToken, "any", "hello", 400, "send records of github-audit"},
		{"nothing", githubToken, "any", "", 400, ""},
		{"no such source", githubToken, "azure", githubRecord(5), 404, ""},
		{"by another's path", githubToken, "aws-cloudtrail", trail(3), 403, "aws-cloudtrail"},
		{"its own by another's path", githubToken, "aws-cloudtrail", githubRecord(5), 403, "aws-cloudtrail"},
		{"another's by its own path", githubToken, "github-audit", trail(3), 403, "aws-cloudtrail"},
		{"another's, told by content", githubToken, "any", trail(3), 403, "aws-cloudtrail"},
		{"a directory's", githubToken, "any", oktaRecord(5), 403, "okta-system-log"},
		{"a finding in an envelope", githubToken, "any", `{"detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":` + findingRecord(5) + "}", 403, "aws-guardduty"},
		{"lines of a network", githubToken, "any", flowLine(5), 403, "aws-vpc-flow"},
		{"lines behind its own", githubToken, "any", githubRecord(5) + "\n" + flowLine(5), 403, "aws-vpc-flow"},
		{"mixed", githubToken, "any", githubRecord(5) + "\n" + trail(3), 403, "aws-cloudtrail"},
		{"mixed by its own path", githubToken, "github-audit", githubRecord(5) + "\n" + trail(3) + "\n" + githubRecord(6), 403, "aws-cloudtrail"},
		{"mixed with several", githubToken, "any", "[" + trail(3) + "," + githubRecord(5) + "," + oktaRecord(5) + "," + trail(4) + "]", 403, "aws-cloudtrail, okta-system-log"},
		{"packed", githubToken, "any", packed(githubRecord(5) + "\n" + trail(3)), 403, "aws-cloudtrail"},
		{"as a file of the cloud", githubToken, "any", `{"Records":[` + trail(3) + "]}", 403, "aws-cloudtrail"},
		{"as a hook's", githubToken, "any", `{"data":{"events":[` + githubRecord(5) + "," + trail(3) + "]}}", 403, "aws-cloudtrail"},
		{"as a text in what was looked up", githubToken, "any", `{"Events":[{"CloudTrailEvent":` + quote(trail(3)) + "}]}", 403, "aws-cloudtrail"},
		{"as two at once", githubToken, "any", both(3), 403, "aws-cloudtrail"},
		{"as two at once, behind its own", githubToken, "any", githubRecord(5) + "\n" + both(3), 403, "aws-cloudtrail"},
		{"as two at once by its own path", githubToken, "github-audit", both(3), 403, "aws-cloudtrail"},
		{"several sources", cloudToken, "any", trail(5) + "\n" + findingRecord(1) + "\n" + flowLine(1), 202, ""},
		{"several, and one that it is not for", cloudToken, "any", trail(6) + "\n" + findingRecord(2) + "\n" + githubRecord(5), 403, "github-audit"},
		{"an administrator who is bound", boundAdmin, "any", trail(6), 403, "aws-cloudtrail"},
		{"what he is for", boundAdmin, "okta-system-log", oktaRecord(1), 202, ""},
		{"who is for all", ingestToken, "any", trail(7) + "\n" + githubRecord(7) + "\n" + oktaRecord(7), 202, ""},
		{"a signature", "relay", "any", oktaRecord(8), 202, ""},
		{"a signature by another's path", "relay", "aws-cloudtrail", trail(8), 403, "aws-cloudtrail"},
		{"a signature over another's", "relay", "any", oktaRecord(9) + "\n" + trail(8), 403, "aws-cloudtrail"},
		{"a signature that is for all", "free", "any", oktaRecord(9) + "\n" + trail(8), 202, ""},
		{"what was refused before is new", ingestToken, "any", trail(3) + "\n" + trail(4) + "\n" + githubRecord(5) + "\n" + oktaRecord(5) + "\n" + flowLine(5) + "\n" + findingRecord(5), 202, ""},
	} {
		r, _ := http.NewRequest("POST", url+"/v1/ingest/"+tt.path, strings.NewReader(tt.body))
		switch tt.token {
		case "relay", "free":
			key, header := secret, "X-Signature-256"
			if tt.token == "free" {
				key, header = "another-secret-of-a-test", "X-Free"
			}
			mac := hmac.New(sha256.New, []byte(key))
			io.WriteString(mac, tt.body)
			r.Header.Set(header, hex.EncodeToString(mac.Sum(nil)))
		default:
			r.Header.Set("Authorization", "Bearer "+tt.token)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, res.StatusCode, body, tt.status)
			continue
		}
		now := counted(t, url)
		taken, turned := now[0]-before[0], now[1]-before[1]
		before = now
		if want := map[bool]int{true: 1}[tt.status == 202]; taken != want {
			t.Errorf("%s: %d deliveries were taken", tt.name, taken)
		}
		if want := map[bool]int{true: 1}[tt.status == 403]; turned != want {
			t.Errorf("%s: %d deliveries were counted as refused", tt.name, turned)
		}
		if tt.status == 202 && (bytes.Contains(body, []byte(`"accepted":0`)) || !bytes.Contains(body, []byte(`"duplicates":0`))) {
			t.Errorf("%s: %s", tt.name, body)
		}
		if tt.status != 403 {
			if !strings.Contains(string(body), tt.says) {
				t.Errorf("%s: %s, want in it %q", tt.name, body, tt.says)
			}
			continue
		}
		var p struct{ Title, Detail string }
		if err := json.Unmarshal(body, &p); err != nil || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: no problem object: %s", tt.name, body)
		}
		who := map[string]string{githubToken: "token code", cloudToken: "token cloud", boundAdmin: "token bound-boss", "relay": "webhook relay"}[tt.token]
		if p.Title != "the "+who+" is not for records of "+tt.says || !strings.Contains(p.Detail, "add them to its sources in service."+strings.Fields(who)[0]+"s") {
			t.Errorf("%s: %s: %s", tt.name, p.Title, p.Detail)
		}
	}
	text := log.String()
	if !strings.Contains(text, "a delivery was refused whole") || !strings.Contains(text, "token=code records=[aws-cloudtrail]") || !strings.Contains(text, "its secret is in other hands") {
		t.Errorf("the operator is not told: %s", text)
	}
	if n := strings.Count(text, "a delivery was refused"); n > 15 {
		t.Errorf("the operator is told %d times", n)
	}
	for _, s := range []string{githubToken, cloudToken, boundAdmin, secret, ingestToken} {
		if strings.Contains(text, s) {
			t.Error("the log holds a secret")
		}
	}
}

// TestBoundChallenge: a sender is not told that it is meant where it would be refused.
func TestBoundChallenge(t *testing.T) {
	url := bound(t, io.Discard)
	for path, want := range map[string]int{"any": 200, "github-audit": 200, "okta-system-log": 403, "azure": 404} {
		r, _ := http.NewRequest("GET", url+"/v1/ingest/"+path, nil)
		r.Header.Set("Authorization", "Bearer "+githubToken)
		r.Header.Set("X-Hook-Challenge", "v")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
}

// counted is how many deliveries were taken, and how many refused for what they hold.
func counted(t *testing.T, url string) (n [2]int) {
	t.Helper()
	code, _, body := do(t, "GET", url+"/metrics", viewToken, nil)
	for i, name := range []string{"sekisho_deliveries_total", "sekisho_deliveries_refused_total"} {
		_, text, ok := strings.Cut(string(body), "\n"+name+" ")
		if _, err := fmt.Sscan(text, &n[i]); !ok || err != nil {
			t.Fatalf("there is no metric %s: %d", name, code)
		}
	}
	return n
}
