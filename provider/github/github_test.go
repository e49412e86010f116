package github

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// eventOf reads one record, which must be one of this source.
func eventOf(t *testing.T, raw string) *sekisho.Event {
	t.Helper()
	format := Audit()
	compact, _, verdict, reason := format.Compact(nil, []byte(raw))
	if verdict != normalize.Read {
		t.Fatalf("%s: %d %s", raw, verdict, reason)
	}
	e := &sekisho.Event{}
	if err := format.NewExpander().Expand(e, compact); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return e
}

// made is a record of an action with some members, in an organization's repository.
func made(action, members string) string {
	if !strings.Contains(members, `"org":`) {
		members = strings.TrimSuffix(`"org":"acme",`+members, ",")
	}
	return `{"_document_id":"d1","@timestamp":1714979289123,"action":"` + action + `","actor":"alice","actor_id":7,` + members + `}`
}

// TestEvent: each part of an event, from a whole record.
func TestEvent(t *testing.T) {
	e := eventOf(t, `{"@timestamp":1714979289123,"_document_id":"Ab-1==","action":"git.push","actor":"Alice","actor_id":"7","actor_ip":"203.0.113.9",
		"actor_location":{"country_code":"DE"},"business":"acme-inc","org":"acme","repo":"acme/shop","repository":"acme/shop","repository_public":false,
		"external_identity_nameid":"Alice@Example.com","external_identity_username":"","hashed_token":"h4sh=","token_id":12,"user":"","user_id":0,
		"programmatic_access_type":"Personal access token (classic)","transport_protocol_name":"http","user_agent":"git/2.45.1 (linux)"}`)
	want := sekisho.Event{ID: "Ab-1==", Time: time.UnixMilli(1714979289123).UTC(), Source: "github-audit", Class: sekisho.Class{UID: 6003, Activity: 99},
		Account: "acme", Service: "github", Action: "git.push", Level: sekisho.LevelWrite, Topic: sekisho.TopicPipeline, IP: "203.0.113.9", Target: "acme/shop",
		Actor: sekisho.Actor{Type: sekisho.ActorDirectory, Kind: sekisho.KindHuman, KindEvidence: "a person whom the identity provider knows", ID: "github:7", Name: "Alice",
			Account: "acme", Credential: "github-token:h4sh=", LongTerm: true, Subject: "alice@example.com", Provider: "github.com"},
		Client:  sekisho.Client{Family: "git", OS: "linux", Raw: "git/2.45.1 (linux)"},
		Effects: []sekisho.Effect{{Kind: sekisho.ChangeWorkload, What: "source", Workload: "repo:acme/shop"}}}
	want.SetName("github:git.push")
	if got, want := fmt.Sprintf("%+v", *e), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestActors: who acted, with what, and who stands behind it.
func TestActors(t *testing.T) {
	for _, tt := range []struct{ name, members, want string }{
		{"a person in a browser", `"actor":"alice","actor_id":7,"user_agent":"Mozilla/5.0 (Macintosh)"`, "github:7 alice human | console=true"},
		{"no lasting id", `"actor":"Alice"`, "github:alice Alice unknown |"},
		{"a fine-grained token", `"actor":"alice","token_id":"42","programmatic_access_type":"Fine-grained personal access token"`, "github:alice alice unknown | github-token:42 lasts"},
		{"a token with a hash and an id", `"actor":"alice","token_id":42,"hashed_token":"h=","programmatic_access_type":"OAuth access token"`, "github:alice alice unknown | github-token:h= lasts"},
		{"an app in its own name", `"actor":"shop-deployer[bot]","actor_id":9,"hashed_token":"h=","programmatic_access_type":"GitHub App server-to-server token"`, "github:9 shop-deployer[bot] workload | github-token:h="},
		{"an app for a person", `"actor":"alice","actor_id":7,"hashed_token":"h=","programmatic_access_type":"GitHub App user-to-server token"`, "github:7 alice unknown | github-token:h="},
		{"the run's own token", `"actor":"github-actions[bot]","actor_id":41,"actor_is_bot":true,"repo":"acme/shop"`, "github:41 github-actions[bot] workload | workload=repo:acme/shop build"},
		{"a person's run, started by GitHub's app", `"actor":"alice","actor_id":7,"actor_is_bot":false,"programmatic_access_type":"GitHub App server-to-server token"`, "github:7 alice unknown |"},
		{"a bot, in the words of an older record", `"actor":"mirror","actor_is_bot":"True"`, "github:mirror mirror workload |"},
		{"an agent, by the record's word", `"actor":"helper","actor_is_agent":true`, "github:helper helper agent |"},
		{"an agent, by its login", `"actor":"copilot-swe-agent[bot]","actor_id":8`, "github:8 copilot-swe-agent[bot] agent |"},
		{"a person who is called like one", `"actor":"claude","actor_id":3`, "github:3 claude unknown |"},
		{"a deploy key", `"actor":"alice","deploy_key_fingerprint":"SHA256:k1","repo":"acme/shop"`, "github:alice alice workload | github-key:SHA256:k1 lasts"},
		{"known to the identity provider", `"actor":"alice","external_identity_username":"Alice@Example.com"`, "github:alice alice human | subject=alice@example.com"},
		{"a username that is no address", `"actor":"alice","external_identity_username":"alice"`, "github:alice alice unknown |"},
		{"nobody", `"actor":null,"actor_id":0`, "github.com GitHub service |"},
	} {
		e := eventOf(t, `{"_document_id":"d","@timestamp":1714979289123,"action":"repo.rename","org":"acme",`+tt.members+`}`)
		a := e.Actor
		if app := strings.HasSuffix(a.Name, "[bot]") || strings.Contains(tt.members, "actor_is_bot\":\"True"); app != (a.Type == sekisho.ActorApp) {
			t.Errorf("%s: its type is %d", tt.name, a.Type)
		}
		got := []string{a.ID, a.Name, a.Kind.String(), "|"}
		if a.Credential != "" {
			got = append(got, a.Credential)
		}
		if a.LongTerm {
			got = append(got, "lasts")
		}
		if a.FromConsole {
			got = append(got, "console=true")
		}
		if a.Subject != "" {
			got = append(got, "subject="+a.Subject)
		}
		if a.Workload != "" {
			got = append(got, "workload="+a.Workload, a.WorkloadType)
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, text, tt.want)
		}
		if a.Account != "acme" || a.Provider != "github.com" || a.Kind != sekisho.KindUnknown && a.KindEvidence == "" {
			t.Errorf("%s: %+v", tt.name, a)
		}
	}
}

// TestWhatItIs: kind, outcome, account, target and class of records of all sorts.
func TestWhatItIs(t *testing.T) {
	names := [...]string{"call", "sign-in", "notice"}
	outcomes := [...]string{"ok", "denied", "failed"}
	for _, tt := range []struct{ action, members, want string }{
		{"team.add_member", `"team":"acme/payments","user":"bob"`, "call ok permissions identity 3006/3 acme acme/payments"},
		{"user.create", `"user":"bob","business":"acme-inc"`, "call ok write identity 3001/1 acme bob"},
		{"org.create", `"user":""`, "call ok write organization 3004/1 acme acme"},
		{"git.clone", `"repo":"acme/shop"`, "call ok read pipeline 6003/2 acme acme/shop"},
		{"org.sso_response", `"user":"alice","issuer":"https://idp.example.com"`, "sign-in ok write identity 3002/1 acme alice"},
		{"business.sso_response", `"error":"no such user"`, "sign-in denied write identity 3002/1 acme acme"},
		{"user.failed_login", `"user":"alice"`, "sign-in denied write identity 3002/1 acme alice"},
		{"user.logout", `"user":"alice"`, "call ok write identity 3002/2 acme alice"},
		{"org.recovery_code_failed", `"reason":"wrong"`, "sign-in denied write identity 3002/1 acme acme"},
		{"org.recovery_codes_viewed", ``, "call ok read identity 6003/2 acme acme"},
		{"repo.access", `"repo":"acme/shop","visibility":"private"`, "call ok permissions pipeline 3004/3 acme acme/shop"},
		{"repo.add_member", `"repo":"acme/shop","user":"bob"`, "call ok permissions identity 3005/1 acme acme/shop"},
		{"org.remove_member", `"user":"bob"`, "call ok permissions identity 3005/2 acme bob"},
		{"protected_branch.rejected_ref_update", `"repo":"acme/shop","branch":"main"`, "call denied permissions pipeline 3004/99 acme acme/shop"},
		{"repository_ruleset.update", `"ruleset_name":"main only"`, "call ok permissions pipeline 3004/3 acme main only"},
		{"secret_scanning_alert.create", `"repo":"acme/shop"`, "notice ok read detection 6003/1 acme acme/shop"},
		{"audit_log_streaming.destroy", ``, "call ok write logging 3004/4 acme acme"},
		{"repo.create_actions_secret", `"repo":"acme/shop","key":"TOKEN"`, "call ok write secret 3004/1 acme acme/shop"},
		{"repo.add_topic", `"repo":"acme/shop"`, "call ok tag pipeline 3004/1 acme acme/shop"},
		{"api.request", `"request_method":"GET","url_path":"/orgs/acme","status_code":403`, "call denied read other 6003/2 acme /orgs/acme"},
		{"api.request", `"request_method":"DELETE","url_path":"/orgs/acme","status_code":"500"`, "call failed write other 6003/4 acme /orgs/acme"},
		{"workflows.created_workflow_run", `"repo":"acme/shop"`, "call ok write pipeline 6003/1 acme acme/shop"},
		{"something_new.enabled_later", ``, "call ok write other 3004/3 acme acme"},
		{"secret_scanning_next.disabled", ``, "call ok write detection 3004/3 acme acme"},
		{"repo.destroy", `"org":null,"repo":"solo/tools"`, "call ok write pipeline 3004/4 solo solo/tools"},
		{"business.add_admin", `"org":null,"business":"acme-inc","user":"bob"`, "call ok permissions identity 3005/1 acme-inc bob"},
		{"user.suspend", `"org":["acme","zeta"],"user":"bob"`, "call ok write identity 3001/5 acme bob"},
	} {
		e := eventOf(t, made(tt.action, tt.members))
		got := fmt.Sprintf("%s %s %s %s %d/%d %s %s", names[e.Kind], outcomes[e.Outcome], e.Level, e.Topic, e.Class.UID, e.Class.Activity, e.Account, e.Target)
		if got != tt.want {
			t.Errorf("%s %s:\n got %s\nwant %s", tt.action, tt.members, got, tt.want)
		}
		if (e.Outcome == sekisho.OK) != (e.Error == "") {
			t.Errorf("%s: outcome %d, error %q", tt.action, e.Outcome, e.Error)
		}
	}
}

// TestClients: user agents are sorted by what they call themselves.
func TestClients(t *testing.T) {
	for raw, want := range map[string]string{
		"git/2.45.1":                                  "git",
		"git/2.45.1 (github-actions-checkout)":        "actions",
		"GitHub CLI 2.40.1":                           "gh",
		"octokit-core.js/5.0 Node.js/20 (linux; x64)": "octokit linux",
		"Mozilla/5.0 (Windows NT 10.0)":               "browser windows",
		"launch/production":                           "actions",
		"NPM/10.2.4 NODE/V18 LINUX X64":               "npm linux",
		"":                                            "",
		"-":                                           "-",
	} {
		c := clientOf(raw)
		if got := strings.TrimSpace(c.Family + " " + c.OS); got != want || c.Raw != raw {
			t.Errorf("%q: %q, not %q", raw, got, want)
		}
	}
}

// TestTimes: the spellings of the time, and which of the two fields counts.
func TestTimes(t *testing.T) {
	for members, want := range map[string]string{
		`"@timestamp":1714979289123,"created_at":1`:    "2024-05-06T07:08:09.123Z",
		`"created_at":1714979289123`:                   "2024-05-06T07:08:09.123Z",
		`"created_at":"1714979289123"`:                 "2024-05-06T07:08:09.123Z",
		`"@timestamp":null,"created_at":1714979289`:    "2024-05-06T07:08:09Z",
		`"created_at":"2024-05-06T09:08:09.5+02:00"`:   "2024-05-06T07:08:09.5Z",
		`"created_at":"2024-05-06 07:08:09.048000000"`: "2024-05-06T07:08:09.048Z",
		`"@timestamp":"2024-05-06 07:08:09"`:           "2024-05-06T07:08:09Z",
	} {
		e := eventOf(t, `{"_document_id":"d","action":"repo.rename","actor":"alice","repo":"acme/shop",`+members+`}`)
		if got := e.Time.Format(time.RFC3339Nano); got != want {
			t.Errorf("%s: %s, not %s", members, got, want)
		}
	}
	format := Audit()
	for members, want := range map[string]string{`"created_at":"noon"`: "created_at is not a time", `"@timestamp":"2024-05-06 noon"`: "@timestamp is not a time", `"org":"acme"`: "no created_at"} {
		dst := []byte("before")
		out, _, verdict, reason := format.Compact(dst, []byte(`{"action":"repo.rename","actor":"alice","repo":"acme/shop",`+members+`}`))
		if verdict != normalize.Unreadable || reason != want || string(out) != "before" {
			t.Errorf("%s: %d %q %q", members, verdict, reason, out)
		}
	}
}

// TestTables: the tables name what exists, and classify is total.
func TestTables(t *testing.T) {
	var actions []string
	for _, table := range []map[string]effect{effectsOf, guardEffects} {
		for a, f := range table {
			actions = append(actions, a)
			if f == nil {
				t.Errorf("%s has no effect", a)
			}
		}
	}
	for _, s := range []map[string]bool{signIns, notices} {
		for a := range s {
			actions = append(actions, a)
		}
	}
	for a := range failures {
		actions = append(actions, a)
	}
	for a := range accountActivities {
		actions = append(actions, a)
	}
	for c := range topics {
		actions = append(actions, c+".create", c+".x", c+".disable")
	}
	slices.Sort(actions)
	for _, a := range actions {
		level, topic, class := classify(a)
		if level == sekisho.LevelUnknown || class.UID == 0 || class.Activity == 0 {
			t.Errorf("%s: %v %v %v", a, level, topic, class)
		}
		if !dotted([]byte(a)) {
			t.Errorf("%s is not the form of an action", a)
		}
		if _, known := topics[category(a)]; !known && !strings.Contains(a, "secret_scanning") {
			t.Errorf("%s: its category is not known", a)
		}
	}
	for a := range guardEffects {
		if !isGuard([]byte(a)) {
			t.Errorf("%s stands in the wrong table", a)
		}
	}
	for a := range effectsOf {
		if isGuard([]byte(a)) {
			t.Errorf("%s stands in the wrong table", a)
		}
	}
}
