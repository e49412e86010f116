package okta

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
)

// record writes a LogEvent with what a test is about; the rest is as an organization of
// one city has it.
func record(eventType, more string) string {
	return fmt.Sprintf(`{"uuid":"11111111-2222-3333-4444-555555555555","published":"2026-03-04T05:06:07.123Z","eventType":%q,"version":"0","severity":"INFO",
"displayMessage":"made up","client":{"ipAddress":"203.0.113.9","userAgent":{"rawUserAgent":"Mozilla/5.0 (Macintosh)","os":"Mac OS X","browser":"CHROME"},"device":"Computer"}%s}`, eventType, more)
}

const (
	alice   = `,"actor":{"id":"00ualice","type":"User","alternateId":"Alice@Example.com","displayName":"Alice"}`
	ok      = `,"outcome":{"result":"SUCCESS","reason":null}`
	session = `,"authenticationContext":{"externalSessionId":"102sess"}`
	bob     = `{"id":"00ubob","type":"User","alternateId":"bob@example.com","displayName":"Bob"}`
)

// expand reads one record.
func expand(t testing.TB, raw string) sekisho.Event {
	t.Helper()
	f := SystemLog()
	out, _, verdict, reason := f.Compact(nil, []byte(raw))
	if verdict != normalize.Read {
		t.Fatalf("%s: %s", reason, raw)
	}
	var e sekisho.Event
	if err := f.NewExpander().Expand(&e, out); err != nil {
		t.Fatal(err)
	}
	return e
}

// told writes effects on one line.
func told(list []sekisho.Effect) string {
	var out []string
	for _, x := range list {
		s := x.Kind.String()
		for _, part := range []string{x.What, x.Identity.Type, x.Identity.ID, x.Identity.Name, x.Credential, x.Resource, x.Policy, strings.Join(x.With, "|")} {
			if part != "" {
				s += " " + part
			}
		}
		if x.Power != 0 {
			s += fmt.Sprintf(" power=%d", x.Power)
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// TestGolden: what records mean.
func TestGolden(t *testing.T) {
	for _, tt := range []struct {
		eventType, more string
		class           sekisho.Class
		outcome         sekisho.Outcome
		target, effects string
	}{
		{"user.session.start", alice + ok + session, class(3002, 1), 0, "", "IssueCredential session user 00ualice Alice@Example.com okta-session:102sess"},
		{"user.session.start", alice + `,"outcome":{"result":"FAILURE","reason":"INVALID_CREDENTIALS"},"authenticationContext":{"externalSessionId":"unknown"}`, class(3002, 1), sekisho.Denied, "", ""},
		{"user.authentication.sso", alice + ok + session + `,"target":[{"id":"0oa1","type":"AppInstance","alternateId":"AWS Production","displayName":"AWS IAM Identity Center","detailEntry":{"signOnModeType":"SAML_2_0"}},{"id":"0ua1","type":"AppUser","alternateId":"Alice.Ops","displayName":"Alice"}]`,
			class(3002, 1), 0, "AWS Production", "VouchFor AWS Production alice.ops|alice@example.com"},
		{"user.authentication.sso", alice + ok + session + `,"debugContext":{"debugData":{"signOnMode":"OPENID_CONNECT"}},"target":[{"id":"0oa1","type":"AppInstance","alternateId":"AWS Production","displayName":"AWS IAM Identity Center"},{"id":"0ua1","type":"AppUser","alternateId":"Alice.Ops","displayName":"Alice"}]`,
			class(3002, 1), 0, "AWS Production", "VouchFor AWS Production alice.ops|alice@example.com"},
		{"user.authentication.sso", alice + ok + session + `,"target":[{"id":"0oa1","type":"AppInstance","alternateId":"AWS Production","displayName":"AWS IAM Identity Center","detailEntry":{"signOnModeType":"SECURE_PASSWORD_STORE"}},{"id":"0ua1","type":"AppUser","alternateId":"Alice.Ops","displayName":"Alice"}]`,
			class(3002, 1), 0, "AWS Production", "VouchFor AWS Production alice@example.com"},
		{"user.authentication.auth_via_mfa", alice + ok + session + `,"debugContext":{"debugData":{"factor":"OKTA_VERIFY_PUSH"}}`, class(3002, 1), 0, "", "AskFactor push user 00ualice Alice@Example.com"},
		{"user.authentication.auth_via_mfa", alice + `,"outcome":{"result":"FAILURE","reason":"User rejected Okta push verify"}` + session, class(3002, 1), sekisho.Denied, "", "AskFactor push user 00ualice Alice@Example.com"},
		{"policy.evaluate_sign_on", alice + `,"outcome":{"result":"CHALLENGE"}` + session, class(3002, 99), sekisho.Failed, "", ""},
		{"policy.evaluate_sign_on", alice + `,"outcome":{"result":"ALLOW"}` + session, class(3002, 99), sekisho.OK, "", ""},
		{"user.authentication.auth_via_mfa", alice + `,"outcome":{"result":"CHALLENGE"}` + session + `,"debugContext":{"debugData":{"factor":"OKTA_VERIFY_PUSH"}}`, class(3002, 1), sekisho.Failed, "", ""},
		{"user.mfa.okta_verify.deny_push", alice + ok + session, class(3002, 1), sekisho.Denied, "", "AskFactor push user 00ualice Alice@Example.com"},
		{"user.mfa.factor.activate", alice + ok + session + `,"target":[` + bob + `],"debugContext":{"debugData":{"factor":"FIDO_WEBAUTHN"}}`, class(3001, 10), 0, "bob@example.com", "EnrolFactor key user 00ubob bob@example.com"},
		{"user.mfa.factor.reset_all", alice + ok + session + `,"target":[` + bob + `]`, class(3001, 11), 0, "bob@example.com", "RemoveLimit mfa user 00ubob bob@example.com"},
		{"user.account.privilege.grant", alice + ok + session + `,"target":[` + bob + `],"debugContext":{"debugData":{"privilegeGranted":"Super administrator"}}`, class(3005, 1), 0, "bob@example.com",
			"GrantPower attach user 00ubob bob@example.com Super administrator power=3"},
		{"user.account.privilege.grant", alice + ok + session + `,"target":[` + bob + `],"debugContext":{"debugData":{"privilegeGranted":"Read-only administrator"}}`, class(3005, 1), 0, "bob@example.com",
			"GrantPower attach user 00ubob bob@example.com Read-only administrator power=1"},
		{"group.privilege.grant", alice + ok + session + `,"target":[{"id":"00g1","type":"UserGroup","alternateId":"unknown","displayName":"Helpers"}],"debugContext":{"debugData":{"privilegeGranted":"Organization administrator"}}`, class(3006, 1), 0, "Helpers",
			"GrantPower attach group 00g1 Helpers Organization administrator power=3"},
		{"group.user_membership.add", alice + ok + session + `,"target":[` + bob + `,{"id":"00g1","type":"UserGroup","displayName":"Helpers"}]`, class(3006, 3), 0, "bob@example.com", "GrantPower group user 00ubob bob@example.com Helpers"},
		{"system.api_token.create", alice + ok + session + `,"target":[{"id":"00T1","type":"Token","alternateId":"unknown","displayName":"sync"}]`, class(6003, 1), 0, "sync", "IssueCredential key user 00ualice Alice@Example.com okta-token:00T1"},
		{"policy.rule.update", alice + ok + session + `,"target":[{"id":"0pr1","type":"PolicyRule","displayName":"Ask always"}]`, class(3004, 3), 0, "Ask always", "WidenDirectory policy Ask always"},
		{"policy.lifecycle.create", alice + ok + session + `,"target":[{"id":"00p1","type":"PolicyEntity","displayName":"New"}]`, class(3004, 1), 0, "New", ""},
		{"zone.update", alice + ok + session + `,"target":[{"id":"nz1","type":"NetworkZone","displayName":"Office"}]`, class(3004, 3), 0, "Office", "WidenDirectory network Office"},
		{"security.trusted_origin.create", alice + ok + session + `,"target":[{"id":"to1","type":"TrustedOrigin","displayName":"https://x.example.net"}]`, class(3004, 1), 0, "https://x.example.net", "WidenDirectory origin https://x.example.net"},
		{"system.idp.lifecycle.create", alice + ok + session + `,"target":[{"id":"0oaidp","type":"IdentityProvider","displayName":"partner"}]`, class(3004, 1), 0, "partner", "AddProvider saml 0oaidp"},
		{"system.log_stream.lifecycle.deactivate", alice + ok + session + `,"target":[{"id":"ls1","type":"LogStream","displayName":"to the lake"}]`, class(3004, 99), 0, "to the lake", "DisableDefence disable to the lake"},
		{"user.session.impersonation.grant", alice + ok + session + `,"target":[` + bob + `]`, class(3002, 1), 0, "bob@example.com", "Impersonate user 00ubob bob@example.com"},
		{"user.account.lock", alice + ok, class(3001, 9), 0, "", ""},
		{"user.lifecycle.create", alice + ok + session + `,"target":[` + bob + `]`, class(3001, 1), 0, "bob@example.com", "CreateIdentity user 00ubob bob@example.com"},
		{"security.threat.detected", `,"actor":{"id":"okta","type":"SystemPrincipal"},"outcome":{"result":"DENY"}`, class(2004, 1), sekisho.Denied, "", "Report security.threat.detected user system.okta okta"},
		{"something.new.here", alice + ok, class(6003, 99), 0, "", ""},
	} {
		e := expand(t, record(tt.eventType, tt.more))
		got := told(e.Effects)
		if e.Outcome != sekisho.OK {
			got = told(e.Tried)
		}
		if got != tt.effects || e.Target != tt.target || e.Outcome != tt.outcome || e.Class != tt.class {
			t.Errorf("%s:\n got %q target %q outcome %d %v\nwant %q target %q outcome %d %v", tt.eventType, got, e.Target, e.Outcome, e.Class, tt.effects, tt.target, tt.outcome, tt.class)
		}
		if e.Source != Source || e.Service != "okta" || e.IP != "203.0.113.9" || e.Client.Family != "chrome" || e.Client.OS != "macos" {
			t.Errorf("%s: %+v", tt.eventType, e)
		}
	}
}

// TestActor: who records name.
func TestActor(t *testing.T) {
	for _, tt := range []struct{ more, want string }{
		{alice + ok + session, "directory 00ualice Alice@Example.com subject=alice@example.com credential=okta-session:102sess human mfa"},
		{alice + ok + `,"transaction":{"detail":{"requestApiTokenId":"00T1"}}`, "directory 00ualice Alice@Example.com subject=alice@example.com credential=okta-token:00T1 unknown long"},
		{`,"actor":{"id":"0oa7","type":"PublicClientApp","alternateId":"unknown","displayName":"sync"}` + ok, "app 0oa7 unknown workload"},
		{`,"actor":{"id":"x","type":"SystemPrincipal","alternateId":"system@okta.com"}` + ok, "service system.okta okta service"},
		{`,"actor":{"id":"00u9","type":"User","alternateId":"svc-backup"}` + ok, "directory 00u9 svc-backup human"},
		{`,"actor":{"id":"unknown","type":"User","alternateId":"nobody@example.com"},"outcome":{"result":"FAILURE"}`, "directory nobody@example.com nobody@example.com subject=nobody@example.com human"},
	} {
		a := expand(t, record("user.account.update_profile", tt.more)).Actor
		got := map[sekisho.ActorType]string{sekisho.ActorDirectory: "directory", sekisho.ActorApp: "app", sekisho.ActorService: "service"}[a.Type] + " " + a.ID + " " + a.Name
		if a.Subject != "" {
			got += " subject=" + a.Subject
		}
		if a.Credential != "" {
			got += " credential=" + a.Credential
		}
		got += " " + a.Kind.String()
		if a.MFA {
			got += " mfa"
		}
		if a.LongTerm {
			got += " long"
		}
		if got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// TestNotMine: no other format claims these records, and none of theirs is claimed here.
func TestNotMine(t *testing.T) {
	mine := []byte(record("user.session.start", alice+ok))
	if _, _, verdict, _ := aws.CloudTrail().Compact(nil, mine); verdict != normalize.NotMine {
		t.Errorf("CloudTrail says %d", verdict)
	}
	for _, raw := range []string{
		`{"eventVersion":"1.08","eventSource":"iam.amazonaws.com","eventName":"ListUsers","eventType":"AwsApiCall","eventTime":"2026-03-04T05:06:07Z","eventID":"1"}`,
		`{"action":"repo.create","actor":"alice","@timestamp":1772600767123,"org":"example","_document_id":"x"}`,
		`{"schemaVersion":"2.0","accountId":"111122223333","type":"Recon:EC2/Portscan","service":{"serviceName":"guardduty"}}`,
		`{"eventType":"AwsConsoleSignIn"}`, `{}`,
	} {
		if _, _, verdict, _ := SystemLog().Compact(nil, []byte(raw)); verdict != normalize.NotMine {
			t.Errorf("%s: %d", raw, verdict)
		}
	}
}

// FuzzSystemLog: whatever comes is read or refused with a reason, and what is read is an
// event that says who and what.
func FuzzSystemLog(f *testing.F) {
	f.Add([]byte(record("user.authentication.sso", alice+ok+session+`,"target":[{"type":"AppInstance","alternateId":"x"},{"type":"AppUser","alternateId":null}]`)))
	f.Add([]byte(record("system.log_stream.lifecycle.delete", alice+`,"target":{"a":1}`)))
	f.Add([]byte(record("event_hook", alice)))
	format := SystemLog()
	x := format.NewExpander()
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, _, verdict, reason := format.Compact(nil, raw)
		if verdict != normalize.Read {
			if reason == "" {
				t.Fatal("refused without a reason")
			}
			return
		}
		var e sekisho.Event
		if err := x.Expand(&e, out); err != nil {
			t.Fatal(err)
		}
		if e.ID == "" || e.Action == "" || e.Actor.ID == "" || e.Class.UID == 0 {
			t.Fatalf("%+v", e)
		}
	})
}

const dataDir = "../../../shared/data"

// TestPublicRecords reads records of others: each that has a type and a time is an event,
// and its class is the one that the authors of OCSF give it.
func TestPublicRecords(t *testing.T) {
	if _, err := os.Stat(dataDir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the recordings beside the project are not here")
		}
		t.Skip("no recordings beside the project")
	}
	files, _ := filepath.Glob(dataDir + "/format-samples/okta-system-log-*")
	files = append(files, dataDir+"/panther-rule-tests/Okta.SystemLog.ndjson.gz")
	read, unread := 0, map[string]int{}
	for _, name := range files {
		lines(t, name, func(raw []byte) {
			raw = inner(raw)
			_, _, verdict, reason := SystemLog().Compact(nil, raw)
			if verdict != normalize.Read {
				unread[reason]++
				return
			}
			read++
			if e := expand(t, string(raw)); e.Actor.ID == "" || e.Class.UID == 0 {
				t.Errorf("%s: %s", name, raw)
			}
		})
	}
	t.Logf("%d events; not read: %v", read, unread)
	if read < 40 {
		t.Errorf("%d events", read)
	}
	pairs, _ := filepath.Glob(dataDir + "/format-samples/ocsf-pairs/Okta/*/System_Logs/*/samples/*.raw")
	for _, name := range pairs {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var want struct {
			Class    uint16 `json:"class_uid"`
			Activity uint8  `json:"activity_id"`
		}
		mapped, _ := os.ReadFile(strings.TrimSuffix(name, ".raw") + ".ocsf")
		if json.Unmarshal(mapped, &want) != nil {
			continue
		}
		if _, _, verdict, reason := SystemLog().Compact(nil, raw); verdict != normalize.Read {
			t.Logf("%s: %s", filepath.Base(name), reason)
			continue
		}
		if e := expand(t, string(raw)); e.Class != class(want.Class, want.Activity) {
			t.Errorf("%s (%s): %v, want %v", filepath.Base(name), e.Action, e.Class, want)
		}
	}
}

// inner is the record in a test case of others.
func inner(raw []byte) []byte {
	var wrapped struct {
		Event json.RawMessage `json:"event"`
		Log   json.RawMessage `json:"log"`
	}
	if json.Unmarshal(raw, &wrapped) == nil {
		if len(wrapped.Event) > 2 {
			return wrapped.Event
		}
		if len(wrapped.Log) > 2 {
			return wrapped.Log
		}
	}
	return raw
}

func lines(t *testing.T, name string, each func(raw []byte)) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		in = bufio.NewReader(z)
	}
	s := bufio.NewScanner(in)
	s.Buffer(nil, 8<<20)
	for s.Scan() {
		if len(s.Bytes()) > 0 {
			each(s.Bytes())
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
}
