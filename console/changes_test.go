package console_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/console"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/self"
)

const secret = "shared-secret-of-a-test"

// changing is a service that takes changes.
func changing(t *testing.T) string {
	t.Helper()
	o := setUp(t, func(o *live.Options) {
		o.Formats, o.NoticeSource = append(slices.Clone(o.Formats), self.Notices()), self.Source
		o.Read = func(_ string, raw []byte) (live.Word, bool) {
			w, ok := self.ReadWord(raw)
			return live.Word{By: w.By, What: w.What, Target: w.Target, Detail: w.Detail, Note: w.Note, Verdict: w.Verdict()}, ok
		}
	})
	o.Webhooks = []console.Webhook{{Name: "relay", Header: "X-Signature-256", Secret: []byte(secret)}, {Name: "other", Header: "X-Other", Secret: []byte("another-secret-of-a-test")}}
	o.Say = func(ctx context.Context, w live.Word) live.Result {
		raw, err := self.Word{At: w.At, By: w.By, What: w.What, Target: w.Target, Detail: w.Detail, Note: w.Note}.JSON()
		if err != nil {
			return live.Result{Err: err}
		}
		b := &ingest.Body{Text: raw}
		b.Read([]normalize.Format{self.Notices()})
		return o.Live.Deliver(ctx, &live.Delivery{Source: self.Source, Path: ingest.PathSelf, Body: b})
	}
	made := map[string]bool{}
	o.Backup = func(name string) (string, error) {
		if made[name] {
			return "", console.ErrExists
		}
		made[name] = true
		return "backups/" + name, nil
	}
	server := httptest.NewServer(console.New(o))
	t.Cleanup(server.Close)
	return server.URL
}

// TestChanges: who may change what, what is refused, and that each change is in the
// audit with the name of who made it.
func TestChanges(t *testing.T) {
	url := changing(t)
	if code, _, b := do(t, "POST", url+"/v1/ingest/aws-cloudtrail", ingestToken, bytes.Join(attack(t), []byte("\n"))); code != 202 {
		t.Fatalf("%d %s", code, b)
	}
	var page struct {
		Incidents []struct {
			ID      string
			Root    struct{ ID string }
			Verdict *struct{ Verdict string }
		}
	}
	for range 50 {
		_, _, b := do(t, "GET", url+"/v1/incidents?severity=high", viewToken, nil)
		if json.Unmarshal(b, &page); len(page.Incidents) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if len(page.Incidents) == 0 {
		t.Fatal("no incident: the test shows nothing")
	}
	id := page.Incidents[0].ID
	verdict := url + "/v1/incidents/" + id + "/verdict"
	for _, tt := range []struct {
		method, url, token, body string
		want                     int
	}{
		{"POST", verdict, viewToken, `{"verdict":"false"}`, 403},
		{"POST", verdict, ingestToken, `{"verdict":"false"}`, 403},
		{"POST", verdict, "", `{"verdict":"false"}`, 401},
		{"POST", verdict, responderToken, `{"verdict":"perhaps"}`, 400},
		{"POST", verdict, responderToken, `{"verdict":"false","who":"me"}`, 400},
		{"POST", verdict, responderToken, `{"verdict":"false"}{}`, 400},
		{"POST", verdict, responderToken, `not json`, 400},
		{"POST", verdict, responderToken, `{"verdict":"false","note":"` + strings.Repeat("x", 5000) + `"}`, 400},
		{"POST", verdict, responderToken, strings.Repeat("x", 20_000), 413},
		{"POST", url + "/v1/incidents/inc-0000000000000000/verdict", responderToken, `{"verdict":"false"}`, 404},
		{"POST", url + "/v1/backups", responderToken, `{"name":"one"}`, 403},
		{"POST", url + "/v1/backups", adminToken, `{"name":"../one"}`, 400},
		{"POST", url + "/v1/backups", adminToken, `{"name":""}`, 400},
		{"GET", url + "/v1/audit", responderToken, "", 403},
		{"GET", url + "/v1/audit?limit=0", adminToken, "", 400},
		{"GET", url + "/v1/identities?limit=5000", viewToken, "", 400},
		{"GET", url + "/v1/identities/nobody", viewToken, "", 404},
		{"GET", url + "/v1/incidents/inc-0000000000000000/decisions", viewToken, "", 404},
		{"GET", url + "/v1/coverage", viewToken, "", 404}, // nobody told the server
	} {
		code, h, b := do(t, tt.method, tt.url, tt.token, []byte(tt.body))
		if code != tt.want || h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s as %q with %.40q: %d %s", tt.method, tt.url, tt.token, tt.body, code, b)
		}
	}
	var audit struct {
		Audit []struct{ By, What, Target, Detail string }
	}
	_, _, b := do(t, "GET", url+"/v1/audit", adminToken, nil)
	if json.Unmarshal(b, &audit); len(audit.Audit) != 0 {
		t.Errorf("what was refused is in the audit: %s", b)
	}
	if code, _, b := do(t, "POST", verdict, responderToken, []byte(`{"verdict":"authorised","note":"a <drill>"}`)); code != 200 || !bytes.Contains(b, []byte(`"by":"hands"`)) {
		t.Fatalf("%d %s", code, b)
	}
	if _, _, b = do(t, "GET", url+"/v1/incidents/"+id, viewToken, nil); !bytes.Contains(b, []byte(`"verdict":"authorised"`)) {
		t.Errorf("the verdict is not shown at once: %.300s", b)
	}
	if code, _, b := do(t, "POST", url+"/v1/backups", adminToken, []byte(`{"name":"one"}`)); code != 200 {
		t.Errorf("%d %s", code, b)
	}
	if code, _, b := do(t, "POST", url+"/v1/backups", adminToken, []byte(`{"name":"one"}`)); code != 409 {
		t.Errorf("%d %s", code, b)
	}
	_, _, b = do(t, "GET", url+"/v1/audit", adminToken, nil)
	if err := json.Unmarshal(b, &audit); err != nil || len(audit.Audit) != 3 || audit.Audit[2].By != "hands" || audit.Audit[2].What != "verdict" || audit.Audit[2].Target != id ||
		audit.Audit[2].Detail != "authorised: a <drill>" || audit.Audit[0].By != "boss" || audit.Audit[0].What != "backup" {
		t.Errorf("%s", b)
	}
	// Who acted is listed, and can be asked for by name.
	var people struct {
		Identities []struct{ ID, Name string }
		Next       string
	}
	_, _, b = do(t, "GET", url+"/v1/identities?limit=1", viewToken, nil)
	if json.Unmarshal(b, &people); len(people.Identities) != 1 || people.Next == "" {
		t.Fatalf("%s", b)
	}
	first := people.Identities[0]
	_, _, b = do(t, "GET", url+"/v1/identities?limit=1&cursor="+people.Next, viewToken, nil)
	if json.Unmarshal(b, &people); len(people.Identities) != 1 || people.Identities[0].ID == first.ID {
		t.Errorf("the second page: %s", b)
	}
	if _, _, b = do(t, "GET", url+"/v1/identities/"+page.Incidents[0].Root.ID, viewToken, nil); !bytes.Contains(b, []byte(id)) {
		t.Errorf("its incidents: %s", b)
	}
}

// TestWebhooks: a signature over the body lets a delivery in, and nothing else does.
func TestWebhooks(t *testing.T) {
	url := changing(t)
	body := attack(t)[0]
	sign := func(key string, text []byte) string {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write(text)
		return hex.EncodeToString(mac.Sum(nil))
	}
	for _, tt := range []struct {
		name, header, value, path string
		want                      int
	}{
		{"signed", "X-Signature-256", "sha256=" + sign(secret, body), "/v1/ingest/aws-cloudtrail", 202},
		{"without the prefix", "X-Signature-256", sign(secret, body), "/v1/ingest/aws-cloudtrail", 202},
		{"another's header", "X-Other", sign("another-secret-of-a-test", body), "/v1/ingest/aws-cloudtrail", 202},
		{"by another's secret", "X-Signature-256", sign("another-secret-of-a-test", body), "/v1/ingest/aws-cloudtrail", 401},
		{"over another body", "X-Signature-256", sign(secret, body[1:]), "/v1/ingest/aws-cloudtrail", 401},
		{"no signature", "X-Signature-256", "", "/v1/ingest/aws-cloudtrail", 401},
		{"garbage", "X-Signature-256", "sha256=zz", "/v1/ingest/aws-cloudtrail", 401},
		{"a key in its own header", "X-Api-Key", ingestToken, "/v1/ingest/aws-cloudtrail", 202},
		{"a key that is none", "X-Api-Key", "something", "/v1/ingest/aws-cloudtrail", 401},
		{"a key that may not read", "X-Api-Key", ingestToken, "/v1/incidents", 403},
		{"to read", "X-Signature-256", sign(secret, nil), "/v1/incidents", 401},
	} {
		method := "POST"
		if tt.path == "/v1/incidents" {
			method = "GET"
		}
		r, _ := http.NewRequest(method, url+tt.path, bytes.NewReader(body))
		r.Header.Set(tt.header, tt.value)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, res.StatusCode, tt.want)
		}
	}
}

// TestLimits: one token that asks too often is told to wait, another one is not, and
// deliveries go on; who has no token is slowed down.
func TestLimits(t *testing.T) {
	url := changing(t)
	codes := func(token string, n int) map[int]int {
		out := map[int]int{}
		for range n {
			code, h, _ := do(t, "GET", url+"/v1/sources", token, nil)
			out[code]++
			if code == 429 && h.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
		}
		return out
	}
	if got := codes(viewToken, 400); got[200] < 100 || got[429] == 0 || got[200]+got[429] != 400 {
		t.Errorf("a token that asks 400 times: %v", got)
	}
	if got := codes(adminToken, 20); got[200] != 20 {
		t.Errorf("another one meanwhile: %v", got)
	}
	if code, _, b := do(t, "POST", url+"/v1/ingest/aws-cloudtrail", ingestToken, attack(t)[0]); code != 202 {
		t.Errorf("a delivery meanwhile: %d %s", code, b)
	}
	if got := codes("a-token-that-is-none", 600); got[401] < 200 || got[429] == 0 {
		t.Errorf("without a good token: %v", got)
	}
	if got := codes(adminToken, 20); got[200] != 20 {
		t.Errorf("a good one meanwhile: %v", got)
	}
}
