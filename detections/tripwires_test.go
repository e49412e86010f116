package detections_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/engine"
)

// A tripwire by itself makes an incident medium, and two in one episode contain
// it without a person. So what counts is not only that a behaviour speaks but
// whether it does so as a tripwire: these pairs differ in one fact each.
func TestTripwires(t *testing.T) {
	conf, err := config.Parse(detections.ExamplesConfig)
	if err != nil {
		t.Fatal(err)
	}
	const known = `
		D0 09:00:00 user/data storage:ListBuckets x30
		D1 09:00:00 user/data storage:ListBuckets x30
	`
	const admin = `
		D2 08:00:00 user/ops identity:AttachRolePolicy +grant(role/init,admin)
		D2 08:00:10 user/ops identity:AttachUserPolicy +grant(user/boss,admin)
	`
	for _, c := range []struct {
		name, trace string
		want        string // tripwires of the last event, sorted
	}{
		{"code of an administrator's function", known + admin + `D3 02:00:00 user/data function:UpdateCode +change(function/init,role=init)`, "function-changed"},
		{"who may call it", known + admin + `D3 02:00:00 user/data function:AddPermission +change(function/init,role=init,what=policy)`, ""},
		{"a function of unknown power", known + `D3 02:00:00 user/data function:UpdateCode +change(function/f,role=f)`, ""},

		{"a changed function makes a key", known + `D3 02:00:00 user/data function:UpdateCode +change(function/f,role=role-f)
			D3 02:01:00 fn/f identity:CreateAccessKey +issue(user/boss,key=K9)`, "changed-workload-used-power key-for-another"},
		{"a changed function is refused one", known + `D3 02:00:00 user/data function:UpdateCode +change(function/f,role=role-f)
			D3 02:01:00 fn/f identity:CreateAccessKey outcome=denied target=boss`, ""},
		{"a rotation function, changed by its author, rotates for one more", `
			D0 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/a,key=A1)
			D0 09:00:00 user/dev function:UpdateCode +change(function/rotate,role=role-rotate,what=create)
			D1 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/a,key=A2)
			D2 02:30:00 user/dev function:UpdateCode +change(function/rotate,role=role-rotate)
			D2 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/b,key=B1)`, ""},
		{"the same, changed by a stranger", `
			D0 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/a,key=A1)
			D1 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/a,key=A2)
			D2 02:30:00 user/data function:UpdateCode +change(function/rotate,role=role-rotate)
			D2 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/b,key=B1)`, "changed-workload-used-power"},

		{"a key for an existing user", known + `D3 02:00:00 user/data identity:CreateAccessKey +issue(user/bob,key=B1)`, "key-for-another"},
		{"a key for someone who joins", known + `D3 02:00:00 user/data identity:CreateUser +create(user/bob)
			D3 02:00:10 user/data identity:CreateAccessKey +issue(user/bob,key=B1)`, ""},
		{"an administrator with a second factor, on the first day", `D0 09:00:00 human/carol identity:CreateAccessKey +issue(user/bob,key=B1)`, ""},
		{"a password for an existing user", known + `D3 02:00:00 user/data identity:UpdateLogin +password(user/bob)`, "password-for-another"},

		{"power for oneself", known + `D3 02:00:00 user/data identity:AttachUserPolicy +grant(user/data,admin)`, "admin-granted"},
		{"power for someone else", known + `D3 02:00:00 user/data identity:AttachUserPolicy +grant(user/bob,admin)`, ""},
		{"power for what one made", known + `D3 02:00:00 user/data identity:CreateRole +create(role/x)
			D3 02:00:10 user/data identity:AttachRolePolicy +grant(role/x,admin)`, "admin-granted"},
		{"power for a role that one made, on the first day", `D0 02:00:00 user/data identity:CreateRole +create(role/x)
			D0 02:00:10 user/data identity:AttachRolePolicy +grant(role/x,admin)`, ""},
		{"and that an outsider may take", `D0 02:00:00 user/data identity:CreateRole +create(role/x) +trust(role/x,with=999988887777)
			D0 02:00:10 user/data identity:AttachRolePolicy +grant(role/x,admin)`, "admin-granted"},

		{"an administrator's role opened to an outsider", known + admin + `D3 02:00:00 user/data identity:UpdateTrust +trust(role/init,with=999988887777)`, "trust-opened"},
		{"opened to our own account", known + admin + `D3 02:00:00 user/data identity:UpdateTrust +trust(role/init,with=111122223333)`, ""},
		{"a vendor's new role", known + `D3 02:00:00 user/data identity:CreateRole +create(role/v) +trust(role/v,with=999988887777)`, ""},

		{"a snapshot for an outsider", known + `D3 02:00:00 user/data compute:ModifySnapshot +share(snap-1,with=999988887777)`, "shared-outside"},
		{"a bucket for an outsider", known + `D3 02:00:00 user/data storage:PutBucketPolicy +share(b-1,with=999988887777,what=bucket)`, ""},
		{"a snapshot was taken by an outsider", `D0 02:00:00 service/compute compute:SnapshotCopied record=notice +taken(snap-1,with=999988887777)`, "taken-outside"},
		{"nobody knows by whom", `D0 02:00:00 service/compute compute:SnapshotCopied record=notice +taken(snap-1)`, ""},

		{"the trail stopped", `D0 02:00:00 user/data logging:StopTrail +blind(trail-1)`, "defence-disabled"},
		{"the trail not stopped", `D0 02:00:00 user/data logging:StopTrail outcome=denied +blind(trail-1)`, ""},
		{"one program's log deleted", `D0 02:00:00 user/data logging:DeleteLogGroup +blind(app,what=delete)`, ""},

		{"a shell on an administrator's machine, by a key", known + admin + `D3 02:00:00 user/data compute:OpenShell +change(i-1,role=init,what=shell)`, "function-changed"},
		{"by a person of the directory", known + admin + `D3 02:00:00 sso/operator/carol compute:OpenShell +change(i-1,role=init,what=shell)`, ""},
		{"on a machine of unknown power", known + admin + `D3 02:00:00 user/data compute:OpenShell +change(i-1,role=web,what=shell)`, ""},

		{"the provider reports a key", `D0 02:00:00 service/health other:ReportExposure record=notice +exposed(user/data,what=notice)`, "credential-reported-exposed"},
		{"a responder puts its owner under quarantine", `D0 02:00:00 human/carol identity:AttachUserPolicy +exposed(user/data,what=quarantine)`, ""},

		{"a quarantine lifted", `D0 02:00:00 user/data identity:DetachUserPolicy +unlimit(user/data,what=quarantine)`, "limit-removed"},
		{"another's second factor", `D0 02:00:00 user/data identity:DeactivateMFA +unlimit(user/bob,what=mfa)`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, err := detect.ParseTrace(c.trace)
			if err != nil {
				t.Fatal(err)
			}
			g := engine.New(engine.Options{Config: conf})
			var got []string
			for i := range lines {
				got = got[:0]
				for _, f := range g.Step(&lines[i].Event) {
					if f.Tripwire {
						got = append(got, f.Detection)
					}
				}
			}
			slices.Sort(got)
			if have := strings.Join(got, " "); have != c.want {
				t.Errorf("tripwires of the last event: %q, want %q", have, c.want)
			}
		})
	}
}
