package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// OpenedDoorUsed fires when somebody comes in through a role's trust or an
// identity provider that was opened by hand a short while ago.
//
// Why: a door is opened to be used, and whoever holds the other side needs no
// key of ours any more.
var OpenedDoorUsed = detect.Detection{
	ID:    "opened-door-used",
	Title: "Somebody came in through a door opened by hand",
	Why: "A role opened to another account, or an identity provider that was added, outlives every key that is taken away from the one who did it. " +
		"Its first use tells that the other side belongs to somebody who knows of it; a partner's first use looks the same, but its door was opened by someone who does that.",
	BlindTo: []string{
		"doors opened longer ago than a week, or before the log begins",
		"doors that known automation opened",
		"an outsider who comes in through a partner's account",
	},
	FalsePositives: []string{"a new partner's first visit, whose account is not declared yet", "the first sign-ins after a move to another identity provider"},
	Keys:           "the door: a role or a provider, once an episode",
	Phases:         []sekisho.Phase{"initial-access", "persistence"},
	Attack:         []string{"T1199", "T1078.004", "T1484.002"},
	Family:         sekisho.FamilyLineage,
	Decisive:       true,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain + "; a nat more where the role is known to have an administrator's power",
	Feed:           detect.FeedManagementWrite,
	Cut:            "close the door: deny the outside account in the role's trust, or disable the provider; then end the sessions that came through",
	On:             detect.OnEffect(sekisho.AssumeTry),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || e.Actor.Type == sekisho.ActorService {
			return nil
		}
		door, ok := s.Door()
		x := e.Find(sekisho.AssumeTry)
		if !ok || x == nil || e.Actor.Account != "" && !s.Outside(e.Actor.Account) && e.Actor.Provider == "" || ticket(s, e) != "" {
			return nil
		}
		power, basis := s.Power(x.Identity)
		h := &detect.Hit{Key: door.Name, Reason: fmt.Sprintf("%s came in to %s, which %s opened %s before; it has %s",
			outsiderWords(&e.Actor), x.Identity.Label(), door.By, ago(door.At, e.Time), powerWords(power, basis))}
		if power == sekisho.PowerAdmin {
			h.Weight = 4 * sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "an outside account comes in where a stolen key let it in", Trace: `
			  D0 02:00:00 user/data identity:UpdateTrust +trust(role/ops,with=999988887777)
			> D1 05:00:00 account/999988887777 identity:AssumeRole +issue(role/ops,session=s1,key=S1)
			  D1 05:10:00 account/999988887777 identity:AssumeRole +issue(role/ops,session=s2,key=S2)
		`},
		{Name: "the role that it opened gives everything", Trace: `
			  D0 02:00:00 user/ops identity:AttachRolePolicy +grant(role/boss,admin)
			  D0 02:01:00 user/data identity:UpdateTrust +trust(role/boss,with=999988887777)
			> D0 02:09:00 account/999988887777 identity:AssumeRole +issue(role/boss,session=s1,key=S1)
		`},
		{Name: "a role among our own accounts", Trace: `
			D0 09:00:00 user/ops@444455556666 storage:ListBuckets
			D0 09:01:00 user/ops identity:UpdateTrust +trust(role/audit,with=444455556666)
			D0 09:10:00 role/reader@444455556666/r1 identity:AssumeRole +issue(role/audit,session=s1,key=S1)
		`},
		{Name: "a declared partner, and a door that automation opened", Trace: `
			D0 09:00:00 role/terraform-deployer/x identity:UpdateTrust +trust(role/scan,with=999988887777)
			D0 09:10:00 account/999988887777 identity:AssumeRole +issue(role/scan,session=s1,key=S1)
		`},
		{Name: "a person and a build take roles that were always theirs", Trace: `
			D0 09:00:00 sso/dev/bob identity:AssumeRole +issue(role/shop,session=s1,key=S1)
			D0 09:10:00 ci/deploy/shop identity:AssumeRole +issue(role/shop,session=s2,key=S2)
		`},
	},
}

// outsiderWords names who came in from outside.
func outsiderWords(a *sekisho.Actor) string {
	switch {
	case a.Provider != "":
		return who(a) + ", vouched for by " + a.Provider + ","
	case a.Account != "":
		return "account " + a.Account
	}
	return who(a)
}
