package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// AdminRoleTaken fires when an identity becomes, for the first time, a role that
// is known to have an administrator's power.
//
// Why: it is the shortest way up, one ordinary call, and leaves nothing behind.
var AdminRoleTaken = detect.Detection{
	ID:    "admin-role-taken",
	Title: "Administrator's role assumed for the first time",
	Why: "Whom an administrator's role trusts is a short list, and who uses it a shorter one. A program or a key that works for weeks without it, and then assumes it, " +
		"has found a trust that was left open; so has whoever comes with a key that nobody knows.",
	BlindTo: []string{
		"roles whose power neither an inventory nor the trail tells of: assuming a role is daily work",
		"an identity that uses the role now and then for good reason",
	},
	FalsePositives: []string{"an administrator's first emergency in the known history", "a new job for an old program"},
	Keys:           "the role that was assumed",
	Phases:         []sekisho.Phase{"privilege-escalation", "lateral-movement"},
	Attack:         []string{"T1078.004", "T1548.005", "T1550.001"},
	Family:         sekisho.FamilyLineage,
	Weight:         2 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementRead,
	Cut:            "end the role's sessions and take the identity out of its trust",
	On:             detect.OnEffect(sekisho.IssueCredential),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.IssueCredential)
		a := &e.Actor
		// Who comes in from outside is judged by where from: see unknown-build.
		if x == nil || x.Session == "" || x.Identity.Type != "role" || !e.Succeeded() || byProvider(e) || a.Type != sekisho.ActorUser && a.Type != sekisho.ActorRole {
			return nil
		}
		power, basis := s.Power(x.Identity)
		if power != sekisho.PowerAdmin || basis == sekisho.BasisPresumed || isSelf(a, x.Identity) || s.Usual(detect.Assumed, x.Identity.ARN) {
			return nil
		}
		if had, _ := s.Power(refOf(a)); had == sekisho.PowerAdmin || s.Automated() || partner(s, e) {
			return nil
		}
		others := s.Others(x.Identity.Account, detect.Assumed, x.Identity.ARN) || s.Others(e.Account, detect.Assumed, x.Identity.ARN)
		if vouched(s, e) && (others || !s.Known()) {
			return nil // a colleague of those whose role it is
		}
		h := &detect.Hit{Key: x.Identity.Label(), Reason: fmt.Sprintf("%s became %s, which has %s, for the first time %s", who(a),
			x.Identity.Label(), powerWords(power, basis), inHistory(s, e))}
		switch {
		case ticket(s, e) != "":
			h.Weight = sekisho.Nat / 2
		case !s.Known() || vouched(s, e):
			h.Weight = sekisho.Nat
		case !others:
			h.Weight = 3 * sekisho.Nat
			h.Reason += "; nobody else was seen to"
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a program's key finds that it may", Trace: `
			  D0 08:00:00 user/ops identity:AttachRolePolicy +grant(role/admin,admin)
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:06:00 user/app identity:AssumeRole +issue(role/admin,session=a)
			  D3 02:07:00 user/app identity:AssumeRole +issue(role/admin,session=b)
		`},
		{Name: "a session that nobody knows", Trace: `
			  D0 08:00:00 user/ops identity:AttachRolePolicy +grant(role/admin,admin)
			> D0 09:00:00 role/developer/bob identity:AssumeRole +issue(role/admin,session=bob)
		`},
		{Name: "who does so every day, and a person whose colleagues do", Trace: `
			D0 09:00:00 user/ops identity:AssumeRole +issue(role/admin,session=ops)
			D0 09:10:00 user/boss identity:AttachRolePolicy +grant(role/admin,admin)
			D1 09:00:00 user/ops identity:AssumeRole +issue(role/admin,session=ops)
			D2 09:00:00 human/carol identity:AssumeRole +issue(role/admin,session=carol)
		`},
		{Name: "declared automation, and builds that come in by federation", Trace: `
			D0 09:00:00 role/terraform-deployer/x identity:AttachRolePolicy +grant(role/deploy,admin)
			D0 09:10:00 role/terraform-deployer/x identity:AssumeRole +issue(role/deploy,session=tf)
			D0 09:20:00 ci/hub/shop identity:AssumeRole +issue(role/deploy,session=run1)
		`},
		{Name: "roles with less, and of which nobody knows what they may do", Trace: `
			D0 09:00:00 fn/hub identity:AssumeRole +issue(role/reader-{n},session=hub) x5
			D0 09:10:00 sso/dev/bob identity:AssumeRole +issue(role/test,session=bob)
		`},
	},
}
