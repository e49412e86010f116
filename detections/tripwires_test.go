package detections_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
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
		{"power for oneself, by a policy of our own", known + `D2 08:00:00 user/ops identity:CreatePolicy +grant(policy/ours,admin,what=defined)
			D3 02:00:00 user/data identity:AttachUserPolicy +grant(user/data,unknown,policy=ours)`, "admin-granted"},
		{"an old version of a policy, nobody knows what it allows", known + `D3 02:00:00 user/data identity:SetPolicyVersion +grant(policy/ours,unknown,what=version)`, ""},
		{"a shell on a machine that may everything", known + admin + `D3 02:00:00 user/data compute:OpenShell +change(i-1,role=init,what=shell)`, "shell-opened"},
		{"a build that may everything", known + admin + `D3 02:00:00 user/data pipeline:UpdateProject +change(project/p,role=init,what=build)`, "function-changed"},
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
		{"a secret for an outsider", known + `D3 02:00:00 user/data secret:PutPolicy +share(s-1,with=999988887777,what=secret)`, "shared-outside"},
		{"a key for an outsider", known + `D3 02:00:00 user/data secret:PutKeyPolicy +share(k-1,with=999988887777,what=key)`, ""},
		{"a bucket for everyone", known + `D3 02:00:00 user/data storage:PutBucketPolicy +share(b-1,with=*,what=bucket)`, ""},
		{"a snapshot not shared", known + `D3 02:00:00 user/data compute:ModifySnapshot outcome=denied +share(snap-1,with=999988887777)`, ""},

		{"a database goes, then its backup", known + `D3 02:00:00 user/data database:DeleteInstance +destroy(shop,what=database)
			D3 02:00:09 user/data storage-backup:DeleteBackup +destroy(b-1,what=backup)`, "backups-destroyed"},
		{"a backup goes, then its database", known + `D3 02:00:00 user/data storage-backup:DeleteBackup +destroy(b-1,what=backup)
			D3 02:00:09 user/data database:DeleteInstance +destroy(shop,what=database)`, "data-destroyed"},
		{"and another backup: one story, one tripwire", known + `D3 02:00:00 user/data storage-backup:DeleteBackup +destroy(b-1,what=backup)
			D3 02:00:09 user/data database:DeleteInstance +destroy(shop,what=database)
			D3 02:00:19 user/data storage-backup:DeleteBackup +destroy(b-2,what=backup)`, ""},
		{"a database alone", known + `D3 02:00:00 user/data database:DeleteInstance +destroy(shop,what=database)`, ""},
		{"a person takes an environment down", `D0 09:00:00 sso/dev/bob database:DeleteInstance +destroy(test,what=database)
			D0 09:00:09 sso/dev/bob database:DeleteSnapshot +destroy(test-1,what=snapshot)`, ""},
		{"a description is taken down by who works so", known + `D2 09:00:00 user/data compute:DescribeInstances client=terraform
			D3 02:00:00 user/data database:DeleteInstance client=terraform +destroy(shop,what=database)
			D3 02:00:09 user/data database:DeleteSnapshot client=terraform +destroy(s-1,what=snapshot)`, ""},
		{"a key says that it is a description's program, for the first time", known + `D3 02:00:00 user/data database:DeleteInstance client=terraform +destroy(shop,what=database)
			D3 02:00:09 user/data database:DeleteSnapshot client=terraform +destroy(s-1,what=snapshot)`, "backups-destroyed"},
		{"machines go, then an image", known + `D3 02:00:00 user/data compute:TerminateInstances +destroy(i-{n},what=machine) x30
			D3 02:00:39 user/data compute:DeregisterImage +destroy(image-1,what=image)`, ""},
		{"nine hundred objects", known + `D3 02:00:00 user/data storage:DeleteObjects +destroy(b,n=900)`, ""},
		{"a thousand objects", known + `D3 02:00:00 user/data storage:DeleteObjects +destroy(b,n=1000)`, "data-destroyed"},
		{"a thousand objects, on the first day", `D0 02:00:00 user/data storage:DeleteObjects +destroy(b,n=1000)`, ""},
		{"four objects locked", known + `D3 02:00:00 user/data storage:CopyObject +lock(b,n=4)`, ""},
		{"five objects locked", known + `D3 02:00:00 user/data storage:CopyObject +lock(b,n=5)`, "data-locked"},

		{"the sandbox of mail is left in two regions", known + `D3 02:00:00 user/data messaging:PutAccount +mail(a,what=sandbox-exit) region=a
			D3 02:00:01 user/data messaging:PutAccount +mail(a,what=sandbox-exit) region=b`, ""},
		{"in three", known + `D3 02:00:00 user/data messaging:PutAccount +mail(a,what=sandbox-exit) region=a
			D3 02:00:01 user/data messaging:PutAccount +mail(a,what=sandbox-exit) region=b
			D3 02:00:02 user/data messaging:PutAccount +mail(a,what=sandbox-exit) region=c`, "mail-takeover"},
		{"in three, and refused", known + `D3 02:00:00 user/data messaging:PutAccount +mail(a,what=sandbox-exit) region=a outcome=denied
			D3 02:00:01 user/data messaging:PutAccount +mail(a,what=sandbox-exit) region=b outcome=denied
			D3 02:00:02 user/data messaging:PutAccount +mail(a,what=sandbox-exit) region=c outcome=denied`, ""},

		{"a snapshot was taken by an outsider", `D0 02:00:00 service/compute compute:SnapshotCopied record=notice +taken(snap-1,with=999988887777)`, "taken-outside"},
		{"nobody knows by whom", `D0 02:00:00 service/compute compute:SnapshotCopied record=notice +taken(snap-1)`, ""},

		{"the trail stopped", `D0 02:00:00 user/data logging:StopTrail +blind(trail-1)`, "defence-disabled"},
		{"the trail not stopped", `D0 02:00:00 user/data logging:StopTrail outcome=denied +blind(trail-1)`, ""},
		{"one program's log deleted", `D0 02:00:00 user/data logging:DeleteLogGroup +blind(app,what=delete)`, ""},

		{"a shell on an administrator's machine, by a key", known + admin + `D3 02:00:00 user/data compute:OpenShell +change(i-1,role=init,what=shell)`, "shell-opened"},
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

// A machine names a profile, not a role: what it may do is what the profile's
// role may, whether the trail showed the two put together or they have one name.
func TestMachineHasItsProfilesRole(t *testing.T) {
	for _, c := range []struct {
		name, trace string
		fires       bool
	}{
		{"put together before", "D0 09:00:00 user/ops identity:AttachRolePolicy +grant(role/web,admin)\n" +
			"D0 09:01:00 user/ops identity:AddRoleToProfile +change(urn:111122223333:profile/p,role=web,what=profile)", true},
		{"of one name", "D0 09:00:00 user/ops identity:AttachRolePolicy +grant(role/p,admin)", true},
		{"of a role that may little", "D0 09:00:00 user/ops identity:CreateRole +create(role/p)", false},
	} {
		lines, err := detect.ParseTrace(c.trace + "\nD3 03:00:00 user/data compute:RunInstances +change(i-9,role=p,what=create)")
		if err != nil {
			t.Fatal(err)
		}
		last := &lines[len(lines)-1].Event
		last.Effects[0].Identity = sekisho.Ref{Name: "p", Account: "111122223333", Type: "profile", ARN: "urn:111122223333:profile/p"}
		g := engine.New(engine.Options{})
		var fired bool
		for i := range lines {
			fired = false
			for _, f := range g.Step(&lines[i].Event) {
				fired = fired || f.Detection == "workload-launched-with-role" && strings.Contains(f.Reason, "administrator")
			}
		}
		if fired != c.fires {
			t.Errorf("%s: fires %t, want %t", c.name, fired, c.fires)
		}
	}
}
