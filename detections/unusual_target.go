package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// UnusualTarget fires when an identity changes or runs a workload, or takes a
// role, that others work with and it never did, where that gives power.
var UnusualTarget = detect.Detection{
	ID:    "unusual-target",
	Title: "Privileged resource touched by a stranger to it",
	Why: "A powerful workload or role has few who work with it, always the same. An intruder goes where the power is, through an identity " +
		"that has nothing to do there.",
	BlindTo:        []string{"resources of less than three days of history", "an intruder in one of the identities that work with it"},
	FalsePositives: []string{"a colleague stands in for another", "a team takes over a service"},
	Keys:           "the workload, or the role",
	Phases:         []sekisho.Phase{"privilege-escalation"},
	Attack:         []string{"T1078.004", "T1648"},
	Family:         sekisho.FamilyLineage,
	Weight:         2 * sekisho.Nat,
	Origin:         originHabits + "; an intruder meets a strange privileged resource with probability 0.4",
	Feed:           detect.FeedManagementWrite,
	Cut:            "deny the identity that resource",
	On:             detect.OnEffect(sekisho.ChangeWorkload, sekisho.AssumeTry) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		yes, seasoned := practised(s, e)
		if !yes || e.Actor.Provider != "" {
			return nil // who comes in by federation is the directory's to judge
		}
		for _, list := range [...][]sekisho.Effect{e.Effects, e.Tried} {
			for i := range list {
				x := &list[i]
				subject, feature, verb := "", detect.Touched, "changed"
				role := x.Identity
				switch x.Kind {
				case sekisho.ChangeWorkload:
					subject = x.Workload
					if role.Zero() {
						role = s.RoleOf(subject)
					}
				case sekisho.AssumeTry:
					subject, feature, verb = x.Identity.ARN, detect.Assumed, "took"
				}
				if subject == "" || role.Zero() {
					continue
				}
				power, basis := s.Power(role)
				if !canRise(power) {
					continue
				}
				of := s.SurpriseOf(subject, feature, e.Actor.ID)
				if of.Days < practisedDays || of.Own > 0 || ordinaryWork(s, e) {
					continue
				}
				w := likelihood(of.Nats, likelyStrange, seasoned)
				if !e.Succeeded() {
					w = likelihood(w/2, 0, seasoned)
				}
				if w > 0 {
					return &detect.Hit{Key: subject, Weight: w, Reason: fmt.Sprintf("%s %s %s%s, which has %s and was worked with by others on %s, by it on none",
						who(&e.Actor), verb, subject, ending(e), powerWords(power, basis), plural(of.Days, "day"))}
				}
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a stranger changes a powerful function", Trace: `
			  D0 08:00:00 human/root2 identity:AttachPolicy +grant(role/provision,admin,what=attach)
			  D0 09:00:00 user/dev storage:ListBuckets x60
			  D0 10:00:00 user/ops function:UpdateCode +change(function/provision,role=provision,what=code)
			  D1 09:00:00 user/dev storage:ListBuckets x60
			  D1 10:00:00 user/ops function:UpdateCode +change(function/provision,role=provision,what=code)
			  D2 09:00:00 user/dev storage:ListBuckets x60
			  D2 10:00:00 user/ops function:UpdateCode +change(function/provision,role=provision,what=code)
			  D3 09:00:00 user/dev storage:ListBuckets x60
			> D20 09:00:00 user/dev function:UpdateCode +change(function/provision,role=provision,what=code)
		`},
		{Name: "a program's key takes the administrators' role", Trace: `
			  D0 08:00:00 human/root2 identity:AttachPolicy +grant(role/admin,admin,what=attach)
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D0 10:00:00 user/ops identity:AssumeRole +try(role/admin)
			  D1 09:00:00 user/app storage:ListBuckets x60
			  D1 10:00:00 user/ops identity:AssumeRole +try(role/admin)
			  D2 09:00:00 user/app storage:ListBuckets x60
			  D2 10:00:00 user/ops identity:AssumeRole +try(role/admin)
			> D20 09:00:00 user/app identity:AssumeRole +try(role/admin)
		`},
		{Name: "whoever always does", Trace: `
			D0 08:00:00 human/root2 identity:AttachPolicy +grant(role/admin,admin,what=attach)
			D0 10:00:00 user/ops identity:AssumeRole +try(role/admin)
			D1 10:00:00 user/ops identity:AssumeRole +try(role/admin)
			D2 10:00:00 user/ops identity:AssumeRole +try(role/admin)
			D3 10:00:00 user/ops identity:AssumeRole +try(role/admin)
		`},
		{Name: "a role without power", Trace: `
			D0 09:00:00 sso/dev/bob storage:ListBuckets x60
			D0 10:00:00 user/ops identity:AssumeRole +try(role/reader)
			D1 09:00:00 sso/dev/bob storage:ListBuckets x60
			D1 10:00:00 user/ops identity:AssumeRole +try(role/reader)
			D2 09:00:00 sso/dev/bob storage:ListBuckets x60
			D2 10:00:00 user/ops identity:AssumeRole +try(role/reader)
			D4 09:00:00 sso/dev/bob identity:AssumeRole +try(role/reader)
		`},
		{Name: "a function that never was anyone's", Trace: `
			D0 09:00:00 fn/deployer storage:GetObject x60
			D1 09:00:00 fn/deployer storage:GetObject x60
			D2 09:00:00 fn/deployer storage:GetObject x60
			D4 09:00:00 fn/deployer function:CreateFunction +change(function/new,role=admin,what=create)
		`},
	},
}
