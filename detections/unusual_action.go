package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// UnusualAction fires for an act that gives power, opens a door, reads secrets
// or removes a guard, of a kind that the identity and those like it seldom do.
var UnusualAction = detect.Detection{
	ID:    "unusual-action",
	Title: "Privileged act out of habit",
	Why: "What an identity may do is far more than what it does. Who takes it over uses the rest, and begins with what gives power or secrets. " +
		"How telling that is depends on who else does it, which is learned.",
	BlindTo:        []string{"an intruder who does only what the owner does", "identities with less than three days of history"},
	FalsePositives: []string{"the first task of a new duty", "a yearly job that history does not reach back to"},
	Keys:           "the kind of act; all kinds together for a person with a second factor at the usual place",
	Phases:         []sekisho.Phase{"privilege-escalation"},
	Attack:         []string{"T1078.004", "T1098"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         originHabits + "; an intruder's day shows the kind with probability 0.2",
	Feed:           detect.FeedManagementWrite,
	Cut:            "deny the identity the acts that it has not used",
	On:             onAims,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		aim := aims(e)
		if !grave(aim) || s.Usual(detect.Action, e.Name()) {
			return nil
		}
		yes, seasoned := practised(s, e)
		if !yes || ordinaryWork(s, e) || applied(s, e) {
			return nil
		}
		x := s.Surprise(e, detect.Action, e.Name())
		w := likelihood(x.Nats, likelyPrivileged, seasoned)
		kind := aim
		if vouched(s, e) && !newPlace(s, e) && !doubtful(s) {
			// A person known to be there takes up a new duty, and that takes acts of
			// many kinds: together they are one piece of news.
			kind, w = "a new duty", min(w/2, sekisho.Nat)
		}
		if !e.Succeeded() || isSelf(&e.Actor, identityOf(e)) && aim == "credentials" {
			w = likelihood(w/2, 0, seasoned) // attempts, and people's own keys
		}
		if w == 0 {
			return nil
		}
		return &detect.Hit{Key: kind, Weight: w, Reason: fmt.Sprintf("%s did %s (%s)%s, which it did %s", who(&e.Actor), e.Name(), aim, ending(e), habitWords(x))}
	},
	Examples: []detect.Example{
		{Name: "a program's key gives permissions", Trace: `
			  D0 09:00:00 user/app storage:GetObject x60
			  D1 09:00:00 user/app storage:GetObject x60
			  D2 09:00:00 user/app storage:GetObject x60
			> D4 09:00:00 user/app identity:AttachPolicy +grant(user/app2,limited,what=attach)
			  D4 09:00:10 user/app identity:AttachPolicy +grant(user/app3,limited,what=attach)   # the same kind
		`},
		{Name: "a role that never read secrets reads one", Trace: `
			  D0 09:00:00 role/report/s1 database:ListTables x60
			  D1 09:00:00 role/report/s1 database:ListTables x60
			  D2 09:00:00 role/report/s1 database:ListTables x60
			> D4 09:00:00 role/report/s1 secret:GetSecretValue +secret(db-password)
		`},
		{Name: "its weekly duty", Trace: `
			D0 09:00:00 user/app storage:GetObject x60
			D1 09:00:00 user/app identity:AttachPolicy +grant(user/app2,limited,what=attach)
			D2 09:00:00 user/app storage:GetObject x60
			D4 09:00:00 user/app identity:AttachPolicy +grant(user/app3,limited,what=attach)
		`},
		{Name: "a build does something new", Trace: `
			D0 09:00:00 ci/deploy/repo storage:ListBuckets x60
			D1 09:00:00 ci/deploy/repo storage:ListBuckets x60
			D2 09:00:00 ci/deploy/repo storage:ListBuckets x60
			D3 09:00:00 ci/deploy/repo storage:ListBuckets x60
			D4 09:00:00 ci/deploy/repo identity:AttachPolicy +grant(role/app,limited,what=attach)
		`},
		{Name: "someone new at work", Trace: `
			D0 09:00:00 human/carol storage:ListBuckets x60
			D1 09:00:00 human/carol identity:AttachPolicy +grant(user/app2,limited,what=attach)
		`},
		{Name: "a function reads more data", Trace: `
			D0 09:00:00 fn/resize storage:GetObject x60
			D1 09:00:00 fn/resize storage:GetObject x60
			D2 09:00:00 fn/resize storage:GetObject x60
			D4 09:00:00 fn/resize storage:GetObjectVersion +data(bucket/key)
		`},
	},
}

// identityOf is whom the event's first effect is about.
func identityOf(e *sekisho.Event) sekisho.Ref {
	if list := sought(e); len(list) > 0 {
		return list[0].Identity
	}
	return sekisho.Ref{}
}
