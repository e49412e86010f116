package github

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/lineage"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/guardduty"
	"github.com/sekisho/sekisho/provider/okta"
	"github.com/sekisho/sekisho/provider/self"
	"github.com/sekisho/sekisho/provider/vpcflow"
)

// foreignRecords are records of others, and things of the same vendor that are no records
// of an audit log.
var foreignRecords = map[string]string{
	"CloudTrail": `{"eventVersion":"1.11","eventTime":"2024-05-06T07:08:09Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1",
		"eventID":"e1","recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSER","userName":"ann","accountId":"111122223333"},"requestParameters":{"action":"repo.create"}}`,
	"a directory's log":                    `{"uuid":"u1","published":"2024-05-06T07:08:09.123Z","eventType":"user.session.start","actor":{"id":"00u1","alternateId":"alice@example.com"},"outcome":{"result":"SUCCESS"}}`,
	"a finding":                            `{"schemaVersion":"2.0","accountId":"111122223333","region":"us-east-1","id":"f1","type":"Recon:EC2/PortProbe","service":{"serviceName":"guardduty","action":{"actionType":"PORT_PROBE"}},"severity":2}`,
	"a flow":                               `{"version":2,"account_id":"111122223333","interface_id":"eni-1","action":"ACCEPT","start":1714979289,"end":1714979349}`,
	"a webhook":                            `{"action":"opened","repository":{"full_name":"acme/shop"},"sender":{"login":"alice"}}`,
	"a webhook with dots":                  `{"action":"repo.created","repository":{"full_name":"acme/shop"},"org":"acme"}`,
	"another's dotted word":                `{"action":"deployment.created","actor":{"name":"alice"},"org":"acme","created_at":1714979289123}`,
	"no category":                          `{"action":"update","actor":"alice","org":"acme","created_at":1714979289123}`,
	"capitals":                             `{"action":"Repo.Create","actor":"alice","org":"acme","created_at":1714979289123}`,
	"an unknown category and nothing else": `{"action":"widget.create","actor":"alice","created_at":1714979289123}`,
	"dots without words":                   `{"action":"repo..create","actor":"alice","org":"acme","created_at":1714979289123}`,
	"an action inside":                     `{"x":{"action":"repo.create"},"org":"acme","created_at":1714979289123}`,
	"an action that is an object":          `{"action":{"type":"repo.create"},"org":"acme","created_at":1714979289123}`,
}

// TestForeign: this format claims no record of another, and leaves what it was given.
func TestForeign(t *testing.T) {
	format := Audit()
	for name, raw := range foreignRecords {
		if !json.Valid([]byte(raw)) {
			t.Errorf("%s is no JSON", name)
		}
		out, _, verdict, reason := format.Compact([]byte("before"), []byte(raw))
		if verdict != normalize.NotMine || reason == "" || string(out) != "before" {
			t.Errorf("%s: %d %q %q", name, verdict, reason, out)
		}
	}
}

// TestForeignFormats: other formats claim none of ours.
func TestForeignFormats(t *testing.T) {
	for _, format := range []normalize.Format{aws.CloudTrail(), aws.Inventory(), okta.SystemLog(), guardduty.Format(), vpcflow.Format(), self.Notices()} {
		for _, raw := range []string{made("repo.access", shop), made("git.push", shop), made("workflows.created_workflow_run", shop+`,"event":"push","head_branch":"main"`),
			made("org.sso_response", `"user":"alice"`), made("protected_branch.destroy", shop)} {
			if out, _, verdict, _ := format.Compact(nil, []byte(raw)); verdict == normalize.Read || len(out) > 0 {
				t.Errorf("%s claims %s: %d", format.Name, raw, verdict)
			}
			if format.Prefix == nil {
				continue
			}
			if out, length, _ := format.Prefix(nil, []byte(raw)); length > 0 {
				t.Errorf("%s claims the prefix of %s: %q", format.Name, raw, out)
			}
		}
	}
}

// TestDamaged: what is no JSON is refused with a reason, and a form cut short is not
// expanded.
func TestDamaged(t *testing.T) {
	format := Audit()
	raw := []byte(made("git.push", shop))
	if _, _, verdict, reason := format.Compact(nil, raw[:len(raw)-3]); verdict != normalize.Unreadable || reason == "" {
		t.Errorf("a record cut short: %d %q", verdict, reason)
	}
	form, _, _, _ := format.Compact(nil, raw)
	expander := format.NewExpander()
	for n := range form {
		var e sekisho.Event
		if expander.Expand(&e, bytes.Clone(form[:n])) == nil {
			t.Errorf("a form cut at %d of %d was expanded", n, len(form))
		}
	}
	if expander.Expand(&sekisho.Event{}, append([]byte{9}, form[1:]...)) == nil {
		t.Error("a form of an unknown layout was expanded")
	}
}

// TestSubject: a run is known by the name that the cloud has for whom its token is for, so
// that who pushed stands behind the session of a role.
func TestSubject(t *testing.T) {
	const subject = "repo:acme/shop:ref:refs/heads/main"
	compact, _, verdict, reason := aws.CloudTrail().Compact(nil, []byte(`{"eventVersion":"1.11","eventTime":"2024-05-06T07:10:00Z","eventSource":"sts.amazonaws.com",
		"eventName":"AssumeRoleWithWebIdentity","awsRegion":"us-east-1","eventID":"e1","recipientAccountId":"111122223333","eventType":"AwsApiCall",
		"userIdentity":{"type":"WebIdentityUser","principalId":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:`+subject+`",
		"userName":"`+subject+`","identityProvider":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}}`))
	if verdict != normalize.Read {
		t.Fatal(verdict, reason)
	}
	var assumed sekisho.Event
	if err := aws.CloudTrail().NewExpander().Expand(&assumed, compact); err != nil {
		t.Fatal(err)
	}
	run := eventOf(t, made("workflows.created_workflow_run", shop+`,"event":"workflow_dispatch","head_branch":"main","org_id":1,"repo_id":2`))
	if x := run.Find(sekisho.RunWorkload); x.Alias != assumed.Actor.Subject || x.Workload != assumed.Actor.Workload || assumed.Actor.WorkloadType != "build" {
		t.Errorf("the run is %+v, the cloud's actor %+v", x, assumed.Actor)
	}
	for _, tt := range []struct{ name, workload, want string }{
		{"the repository", assumed.Actor.Workload, "github:7 true"},
		{"the repository by its ids", "repo:acme@1/shop@2", "github:7 true"},
		{"the run", subject, "github:7 true"},
		{"the run by its ids", "repo:acme@1/shop@2:ref:refs/heads/main", "github:7 true"},
		{"another repository", "repo:acme/other", "subject:repo:acme/other:ref:refs/heads/main false"},
	} {
		graph := lineage.New()
		graph.Observe(eventOf(t, made("git.push", shop+`,"org_id":1,"repository_id":2`)), lineage.Options{})
		ran := *run
		ran.ID, ran.Actor.ID, ran.Actor.Name = "d2", "github:9", "bob"
		// It is everyday work of whoever starts it: what was changed is what runs.
		graph.Observe(&ran, lineage.Options{Ordinary: func(string) bool { return true }})
		party := lineage.PartyOf(&assumed)
		party.Workload = tt.workload
		if tt.workload == "repo:acme/other" {
			party.Subject = "repo:acme/other:ref:refs/heads/main"
		}
		root := graph.Up(party)
		if got := fmt.Sprint(root.Key, " ", root.Tainted); got != tt.want {
			t.Errorf("%s: behind it stands %s, not %s", tt.name, got, tt.want)
		}
	}
}

// FuzzAudit: any text is read or refused with a reason; what is read expands, whatever its
// action, with an actor and a level.
func FuzzAudit(f *testing.F) {
	for _, raw := range foreignRecords {
		f.Add([]byte(raw))
	}
	for table, members := range map[string]string{"o": shop + `,"user":"bob","permission":"admin","token_scopes":"repo,admin:org","permissions":{"secrets":"write"},"head_branch":"main"`,
		"g": shop + `,"name":"main","admin_enforced":false,"ruleset_rules_deleted":[1]`} {
		actions := effectsOf
		if table == "g" {
			actions = guardEffects
		}
		for action := range actions {
			f.Add([]byte(made(action, members)))
		}
	}
	format := Audit()
	expander := format.NewExpander()
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, key, verdict, reason := format.Compact(nil, raw)
		if verdict != normalize.Read {
			if reason == "" || len(out) > 0 {
				t.Fatalf("%d without a reason", verdict)
			}
			return
		}
		var e sekisho.Event
		if err := expander.Expand(&e, out); err != nil {
			t.Fatal(err)
		}
		if e.Actor.ID == "" || e.Level == sekisho.LevelUnknown || e.Class.UID == 0 || e.Time.UnixNano() != key.Time || e.Source != Source {
			t.Fatalf("%+v", e)
		}
		if e.Outcome != sekisho.OK && len(e.Effects) > 0 {
			t.Fatalf("what failed had effects: %+v", e)
		}
	})
}
