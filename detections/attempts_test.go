package detections_test

import (
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/engine"
)

// TestAttempts: which attempts in vain say what someone is after, and how much;
// what is tried in vain every day says nothing.
func TestAttempts(t *testing.T) {
	conf, err := config.Parse(detections.ExamplesConfig)
	if err != nil {
		t.Fatal(err)
	}
	const known = `
		D0 09:00:00 user/data storage:ListBuckets x30
		D1 09:00:00 user/data storage:ListBuckets x30
	`
	const at = `D3 02:00:00 user/data `
	const denied, failed = ` outcome=denied `, ` outcome=failed error=Gone `
	for _, c := range []struct {
		name, trace string
		aim         string // words of the reason, "" for no finding
		nats        float64
	}{
		{"the trail, refused", known + at + `logging:StopTrail +blind(t)` + denied, "switch off recording", 3},
		{"the trail, not there", known + at + `logging:StopTrail +blind(t)` + failed, "switch off recording", 1.5},
		{"the trail, by someone unknown", at + `logging:StopTrail +blind(t)` + denied, "switch off recording", 1.5},
		{"one program's log", known + at + `logging:DeleteLogGroup +blind(app,what=delete)` + denied, "", 0},
		{"leaving the organisation", known + at + `organization:Leave +tree(o,what=leave)` + denied, "guard rails", 3},
		{"a new account", known + at + `organization:CreateAccount +tree(o,what=create)` + denied, "", 0},
		{"a boundary", known + at + `identity:DeleteBoundary +unlimit(role/app)` + denied, "remove a limit", 2},
		{"one's own second factor", known + at + `identity:DeactivateMFA +unlimit(user/data,what=mfa)` + denied, "", 0},
		{"another's", known + at + `identity:DeactivateMFA +unlimit(user/bob,what=mfa)` + denied, "remove a limit", 2},
		{"a share with an outsider", known + at + `compute:ModifySnapshot +share(s,with=999988887777)` + denied, "share with outsiders", 3},
		{"a share with our own", known + at + `compute:ModifySnapshot +share(s,with=111122223333)` + denied, "", 0},
		{"a role for an outsider", known + at + `identity:UpdateTrust +trust(role/r,with=999988887777)` + denied, "open a role to outsiders", 3},
		{"a provider", known + at + `identity:CreateProvider +provider(p)` + denied, "another authority", 2},
		{"a provider that exists", known + at + `identity:CreateProvider +provider(p)` + failed, "", 0},
		{"power for oneself", known + at + `identity:AttachUserPolicy +grant(user/data,unknown)` + denied, "give power", 2},
		{"great power for another", known + at + `identity:AttachUserPolicy +grant(user/bob,admin)` + denied, "give power", 2},
		{"small power for another", known + at + `identity:AttachUserPolicy +grant(user/bob,limited)` + denied, "", 0},
		{"a policy that nobody holds", known + at + `identity:CreatePolicy +grant(user/data,admin,what=defined)` + denied, "", 0},
		{"a key for another", known + at + `identity:CreateAccessKey +issue(user/bob)` + denied, "make a key for another", 2},
		{"one's own key", known + at + `identity:CreateAccessKey +issue(user/data)` + denied, "", 0},
		{"a key for another, of which only the message tells", known + at + `identity:CreateAccessKey target=urn:1:user/bob +issue(user/data)` + denied, "make a key for another", 2},
		{"one key too many", known + at + `identity:CreateAccessKey +issue(user/bob)` + failed, "", 0},
		{"a role", known + at + `identity:AssumeRole +issue(role/r,session=s)` + denied, "", 0},
		{"a session under a free name", known + at + `identity:GetFederation level=write +issue(user/guest,what=federation)` + denied, "outlives its key", 2},
		{"another's password", known + at + `identity:UpdateLogin +password(user/bob)` + denied, "set another's password", 2},
		{"the rules of sign-in", known + at + `identity:UpdateSignIn +widen(d)` + denied, "loosen how people sign in", 2},
		{"a command", known + at + `compute:SendCommand +change(i-1,what=command)` + failed, "run a command", 1},
		{"code, as developers do", known + at + `function:UpdateCode +change(function/f)` + denied, "", 0},
		{"a backup", known + at + `storage-backup:Delete +destroy(b,what=backup)` + denied, "destroy", 2},
		{"an object", known + at + `storage:DeleteObject +destroy(b/o)` + denied, "", 0},
		{"a foreign key on data", known + at + `storage:PutObject +lock(b/o)` + denied, "lock data", 2},
		{"a dry run of a snapshot's end", known + at + `compute:DeleteSnapshot outcome=dryrun +destroy(s,what=snapshot)`, "destroy", 2},

		{"a person with a second factor, on the first day: small aims", `D0 09:00:00 human/carol storage-backup:Delete +destroy(b,what=backup)` + denied, "", 0},
		{"and great ones", `D0 09:00:00 human/carol logging:StopTrail +blind(t)` + denied, "switch off recording", 1.5},
		{"declared automation", `D0 09:00:00 role/terraform-deployer/x logging:StopTrail +blind(t)` + denied, "", 0},
		{"a service for the user", known + at + `logging:StopTrail onbehalf=deployer +blind(t)` + denied, "", 0},
		{"what succeeds is watched elsewhere", known + at + `logging:StopTrail +blind(t)`, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, err := detect.ParseTrace(c.trace)
			if err != nil {
				t.Fatal(err)
			}
			g := engine.New(engine.Options{Config: conf})
			var got *sekisho.Finding
			for i := range lines {
				for _, f := range g.Step(&lines[i].Event) {
					if f.Detection == "decisive-attempt" {
						got = &f
					}
				}
			}
			switch {
			case got == nil && c.aim != "":
				t.Errorf("nothing found, want %q", c.aim)
			case got != nil && c.aim == "":
				t.Errorf("found, want nothing: %s", got.Reason)
			case got != nil && (!strings.Contains(got.Reason, c.aim) || got.Claimed.Float() != c.nats):
				t.Errorf("%.2f nats, %q; want %.2f and %q", got.Claimed.Float(), got.Reason, c.nats, c.aim)
			}
		})
	}
}
