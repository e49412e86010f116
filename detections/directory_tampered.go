package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// DirectoryTampered fires when someone who never administered the directory
// makes users or groups, puts someone into a group or an account, or loosens
// how people sign in.
//
// Making a user is the administrator's plainest work, so without history only
// what concerns everyone fires: the rules of sign-in.
var DirectoryTampered = detect.Detection{
	ID:    "directory-tampered",
	Title: "Directory changed by someone who never did",
	Why: "Who is in the directory comes in by the front door, with a password and a second factor of their own, and survives every key that is disabled. " +
		"The same few people and one synchronisation change it; a loosened rule of sign-in opens it for everyone at once.",
	BlindTo: []string{
		"directories outside the provider, which have their own logs",
		"an administrator, of the directory or of policies, whose credentials are stolen",
	},
	FalsePositives: []string{"a new administrator's first week", "the first run of a synchronisation"},
	Keys:           "the kind of change",
	Phases:         []sekisho.Phase{"persistence", "privilege-escalation", "defense-evasion"},
	Attack:         []string{"T1136.003", "T1098.003", "T1556.006", "T1556.009"},
	Family:         sekisho.FamilyLineage,
	Weight:         2 * sekisho.Nat,
	Origin:         "start value, not yet fitted: 4 for the rules of sign-in, 2 for who may enter an account, 1.5 for users and groups",
	Feed:           detect.FeedManagementWrite,
	Cut:            "put the rule back or take the user out, and disable the credential that changed the directory",
	On:             detect.OnEffect(sekisho.CreateIdentity, sekisho.GrantPower, sekisho.WidenDirectory),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || byProvider(e) {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			change, weight := directoryChange(x)
			if change == "" {
				continue
			}
			times := timesDone(s, e)
			everyone := x.Kind == sekisho.WidenDirectory
			if times >= routineTimes || times > 0 && !everyone || s.Automated() {
				return nil
			}
			// Whoever gives power is no newcomer to the directory, unless it
			// became one a minute ago.
			_, fired := s.Fired("directory-tampered")
			if power, _ := s.Power(refOf(&e.Actor)); power == sekisho.PowerAdmin && !everyone && !fired {
				return nil
			}
			of := x.Identity.Label()
			if everyone {
				of = x.Resource
			}
			h := &detect.Hit{Key: change, Weight: weight, Reason: fmt.Sprintf("%s: %s of %s by %s; it did so in %s before %s", e.Name(), change, of, who(&e.Actor),
				plural(times, "episode"), inHistory(s, e))}
			switch {
			case ticket(s, e) != "":
				h.Weight = sekisho.Nat / 2
			case !s.Known() && !everyone:
				return nil
			case !s.Known() && vouched(s, e) || times > 0:
				h.Weight = weight / 4
			case !s.Known():
				h.Weight = weight / 2
			}
			return h
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a storage key loosens the second factor for everyone", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data identity:UpdateSignIn +widen(directory-1,what=mfa)
		`},
		{Name: "a developer makes a user and puts it into an account", Trace: `
			  D0 09:00:00 role/developer/bob function:ListFunctions x60
			> D3 03:00:00 role/developer/bob identity:CreateUser +create(user/support)
			  D3 03:00:10 role/developer/bob identity:CreateUser +create(user/support2)
			> D3 03:01:00 role/developer/bob identity:AddMember +grant(user/support,unknown,what=group)
			> D3 03:02:00 role/developer/bob identity:AssignAccount +grant(user/support,unknown,what=assignment)
		`},
		{Name: "of someone unknown, the rules of sign-in", Trace: `
			> D0 03:00:00 user/x identity:UpdatePasswordPolicy +widen(directory-1,what=password)
		`},
		{Name: "an administrator's first day, and the second", Trace: `
			D0 09:00:00 human/carol identity:CreateUser +create(user/n1)
			D0 09:05:00 human/carol identity:AddMember +grant(user/n1,unknown,what=group)
			D1 09:00:00 human/carol identity:CreateUser +create(user/n2)
		`},
		{Name: "a synchronisation that does it each night", Trace: `
			D0 02:00:00 fn/sync identity:CreateUser +create(user/a)
			D1 02:00:00 fn/sync identity:CreateUser x5 +create(user/b{n})
		`},
		{Name: "declared automation and a service", Trace: `
			D0 09:00:00 role/terraform-deployer/run identity:UpdatePasswordPolicy +widen(directory-1,what=password)
			D0 09:10:00 service/directory identity:CreateUser +create(user/n1)
		`},
		{Name: "an administrator of policies makes a first user", Trace: `
			D0 09:00:00 user/ops identity:AttachRolePolicy +grant(role/init,admin)
			D1 09:00:00 user/ops identity:ListUsers x60
			D3 09:00:00 user/ops identity:CreateUser +create(user/n1)
		`},
		{Name: "a developer makes a role for a function", Trace: `
			D0 09:00:00 sso/dev/bob function:ListFunctions x60
			D3 09:00:00 sso/dev/bob identity:CreateRole +create(role/report)
			D3 09:01:00 sso/dev/bob identity:AttachPolicy +grant(role/report,limited)
		`},
	},
}

// directoryChange names a change of the directory and what it claims of a known
// identity, "" for what is none. Roles are workloads' and belong to no directory;
// a user's type may say of which directory it is.
func directoryChange(x *sekisho.Effect) (string, sekisho.Nats) {
	switch {
	case x.Kind == sekisho.WidenDirectory:
		return "looser rules of sign-in (" + x.What + ")", 4 * sekisho.Nat
	case x.Kind == sekisho.GrantPower && (x.What == "assignment" || x.What == "entry"):
		return "entry to an account or a cluster", 2 * sekisho.Nat
	case x.Kind == sekisho.GrantPower && x.What == "group":
		return "membership in a group", 3 * sekisho.Nat / 2
	case x.Kind == sekisho.CreateIdentity && (strings.HasSuffix(x.Identity.Type, "user") || strings.HasSuffix(x.Identity.Type, "group")):
		return "creation", 3 * sekisho.Nat / 2
	}
	return "", 0
}
