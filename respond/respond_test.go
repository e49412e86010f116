package respond_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/respond"
)

// planned is the plan for a trace as one lineage, in which the events marked
// with ">" are evidence.
func planned(t *testing.T, trace string, known func(cut, target string) bool) []sekisho.Action {
	t.Helper()
	lines, err := detect.ParseTrace(trace)
	if err != nil {
		t.Fatal(err)
	}
	s := correlate.New(correlate.Start, "o")
	ep := s.Touch("root", lines[0].Event.Time)
	issuedBy := map[string]string{}
	for i := range lines {
		e := &lines[i].Event
		a := &e.Actor
		if !ep.Met(e) {
			ep.Meet(e, sekisho.Identity{ID: a.ID, Name: a.Name, ARN: a.ARN, Kind: a.Kind},
				sekisho.Credential{ID: a.Credential, Identity: a.ID, Session: a.Session, IssuedBy: issuedBy[a.Credential]})
		}
		if e.Succeeded() {
			ep.Makes(e)
			if x := e.Find(sekisho.IssueCredential); x != nil {
				issuedBy[x.Credential] = a.Credential
			}
		}
		var hits []sekisho.Finding
		if lines[i].Fires {
			hits = []sekisho.Finding{{Detection: "d", Key: e.ID, EventID: e.ID, At: e.Time, Identity: a.ID, Claimed: 1}}
		}
		s.Add(ep, e, hits, &correlate.Circumstances{})
	}
	return respond.Plan("v", ep.News(), known)
}

// TestPlan: what would be cut, by what acted and what it left behind.
func TestPlan(t *testing.T) {
	for _, tt := range []struct {
		name, trace string
		want        []string // cut and target
	}{
		{"a lasting key", `> 09:00:00 user/a storage:ListBuckets`, []string{"deactivate-access-key key-a"}},
		{"a role's session", `> 09:00:00 role/r/s1 storage:ListBuckets key=S1`, []string{"deny-session S1"}},
		{"a session whose record names no key", `> 09:00:00 role/r/s1 storage:ListBuckets key=-`, []string{"deny-session role:r:s1"}},
		{"neither key nor session", `> 09:00:00 user/a storage:ListBuckets key=-`, []string{"quarantine-user urn:111122223333:user/a"}},
		{"a function", `> 09:00:00 fn/f identity:ListUsers`, []string{"function-concurrency-zero function/f", "deny-session key-role-f-f"}},
		{"an instance", `> 09:00:00 inst/i-1 identity:ListUsers`, []string{"deny-instance-session i-1"}},
		{"a provider's service is not the attacker", `> 09:00:00 service/backup storage:ListBuckets`, nil},
		{"a created user and its key", `
			> 09:00:00 user/a identity:CreateUser +create(user/new)
			  09:01:00 user/a identity:CreateAccessKey +issue(user/new,key=K2)`,
			[]string{"deactivate-access-key key-a", "quarantine-user urn:111122223333:user/new", "deactivate-access-key K2"}},
		{"a created role", `> 09:00:00 user/a identity:CreateRole +create(role/new)`,
			[]string{"deactivate-access-key key-a", "deny-sessions-before urn:111122223333:role/new"}},
		{"a password", `> 09:00:00 user/a identity:UpdateLoginProfile +password(user/b)`,
			[]string{"deactivate-access-key key-a", "quarantine-user urn:111122223333:user/b"}},
		{"a share", `> 09:00:00 user/a compute:ModifySnapshot +share(snap-1,with=*)`, []string{"deactivate-access-key key-a", "unshare snap-1"}},
		{"a trust", `> 09:00:00 user/a identity:UpdateTrust +trust(role/r,with=999988887777)`,
			[]string{"deactivate-access-key key-a", "fence-trust urn:111122223333:role/r"}},
		{"a provider", `> 09:00:00 user/a identity:AddProvider +provider(oidc-1)`, []string{"deactivate-access-key key-a", "fence-provider oidc-1"}},
		{"a changed function, and another workload", `
			> 09:00:00 user/a function:UpdateCode +change(function/f,what=code)
			  09:01:00 user/a pipeline:UpdateProject +change(project/p,what=build)`,
			[]string{"deactivate-access-key key-a", "function-concurrency-zero function/f", "isolate-workload project/p"}},
		{"ports, machines, logging", `
			> 09:00:00 user/a network:Authorize +open(sg-1,with=*,ports=22)
			  09:01:00 user/a compute:Run target=i-9 +launch(g5.xlarge,gpu)
			  09:02:00 user/a logging:Stop +blind(trail-1,what=stop)`,
			[]string{"deactivate-access-key key-a", "revoke-ingress sg-1", "restore-logging trail-1"}},
		{"power given", `> 09:00:00 user/a identity:Attach +grant(user/b,admin)`,
			[]string{"deactivate-access-key key-a", "quarantine-user urn:111122223333:user/b"}},
		{"a function whose sessions know it by a shorter name", `
			> 09:00:00 user/a function:UpdateCode +change(urn:111122223333:function:f,what=code,alias=function/f)
			> 09:01:00 fn/f identity:ListUsers`,
			[]string{"deactivate-access-key key-a", "function-concurrency-zero urn:111122223333:function:f", "deny-session key-role-f-f"}},
		{"power given to a group, and written into a policy", `
			> 09:00:00 user/a identity:Attach +grant(group/g,admin)
			  09:01:00 user/a identity:Version +grant(policy/urn:111122223333:policy/p,admin,what=version)`,
			[]string{"deactivate-access-key key-a", "restore-policy urn:111122223333:group/g", "restore-policy urn:111122223333:policy/p"}},
		{"guards, protections, keys that wait to be deleted", `
			> 09:00:00 user/a storage:PutVersioning +unguard(bucket-1,what=versioning)
			  09:01:00 user/a compute:Modify +entrench(i-1,what=termination-protection)
			  09:02:00 user/a secret:ScheduleKeyDeletion +destroy(key-1,what=key)
			  09:03:00 user/a storage:DeleteObject +destroy(bucket-1/o)`,
			[]string{"deactivate-access-key key-a", "restore-guard bucket-1", "lift-protection i-1", "cancel-deletion key-1"}},
		{"a little power is no cut", `> 09:00:00 user/a identity:Attach +grant(user/b,limited)`, []string{"deactivate-access-key key-a"}},
		{"what was refused left nothing", `> 09:00:00 user/a identity:CreateUser outcome=denied +create(user/new)`, []string{"deactivate-access-key key-a"}},
		{"who gave the credential, and what it gave", `
			  09:00:00 user/a identity:AssumeRole +issue(role/r,session=s1,key=S1)
			> 09:01:00 role/r/s1 identity:AssumeRole key=S1 +issue(role/q,session=s2,key=S2)
			  09:02:00 role/q/s2 storage:ListBuckets key=S2
			  09:03:00 user/bystander storage:ListBuckets`,
			[]string{"deactivate-access-key key-a", "deny-session S1", "deny-session S2"}},
		{"in a directory", `
			  09:00:00 dir/alice identity:EnrolFactor +enrol(user/alice,what=push)
			  09:01:00 dir/alice identity:CreateToken +issue(user/alice,key=T1,what=key)
			  09:02:00 dir/alice identity:GrantRole +grant(user/x,admin)
			> 09:03:00 dir/alice identity:UpdatePolicy +widen(everyone,what=policy)`,
			[]string{"end-sessions user:alice", "remove-factor urn:111122223333:user/alice", "revoke-token T1", "revoke-power urn:111122223333:user/x", "restore-policy everyone"}},
		{"a token in a code host", `
			> 09:00:00 app/sync pipeline:Push +change(repo:example/deploy,what=source)`,
			[]string{"revoke-token token-sync", "hold-builds repo:example/deploy"}},
		{"a machine", `
			> 09:00:00 vm/i-1 network:Flow record=call +connect(192.0.2.9,ports=3333)`,
			[]string{"isolate-workload i-1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, a := range planned(t, tt.trace, func(_, _ string) bool { return false }) {
				got = append(got, strings.TrimPrefix(a.Action, "trace.")+" "+a.Target)
				if !a.Reversible || a.Why == "" || !strings.HasPrefix(a.Action, "trace.") {
					t.Errorf("%+v: every cut is reversible, has a reason and carries its vendor", a)
				}
				if strings.Contains(a.Action, "delete") || strings.Contains(a.Action, "terminate") {
					t.Errorf("%s destroys", a.Action)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("planned %q, want %q", got, tt.want)
			}
		})
	}
}

// TestPlanLeavesOutWhatIsKnown: a plan is asked for again as an incident grows.
func TestPlanLeavesOutWhatIsKnown(t *testing.T) {
	plan := planned(t, `> 09:00:00 user/a identity:CreateUser +create(user/new)`,
		func(cut, target string) bool { return cut == respond.DeactivateKey && target == "key-a" })
	if len(plan) != 1 || plan[0].Action != "trace."+respond.QuarantineUser {
		t.Errorf("planned %+v, want the quarantine alone", plan)
	}
}
