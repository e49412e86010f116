package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// usedSoon is how soon after its creation an identity's first call is telling.
// People who join and programs that are set up begin later in the day; the
// chains on record take minutes.
const usedSoon = time.Hour

// IdentityCreatedThenUsed fires when a user or role works within an hour of the
// call that made it.
//
// Why: who makes an identity to keep a way in tries it at once.
var IdentityCreatedThenUsed = detect.Detection{
	ID:    "identity-created-then-used",
	Title: "New identity used at once",
	Why: "An identity made by hand that acts minutes later with a key is used by its maker, or by whoever the maker works with. By itself it is weak; " +
		"in a chain it shows that a way in was made to be used.",
	BlindTo: []string{
		"an identity that is made and left to sleep",
		"identities made by known automation",
	},
	FalsePositives: []string{"a service account that is made by hand and put to work at once", "a new user of the console who is told the password by phone"},
	Keys:           "the new identity",
	Phases:         []sekisho.Phase{"persistence", "defense-evasion"},
	Attack:         []string{"T1136.003", "T1078.004"},
	Family:         sekisho.FamilyLineage,
	Weight:         2 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "disable the new identity's credentials and those of its maker",
	On:             detect.OnList | detect.OnRead | detect.OnWrite | detect.OnSignIn | detect.OnEffect(sekisho.IssueCredential),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if !e.Succeeded() || a.Workload != "" || a.OnBehalf != "" || s.Automated() {
			return nil
		}
		used := refOf(a)
		switch {
		case a.Type == sekisho.ActorUser:
		case e.Find(sekisho.IssueCredential) != nil && a.Type != sekisho.ActorService:
			// A role is used by asking for a session of it.
			if x := e.Find(sekisho.IssueCredential); x.Session != "" {
				used = x.Identity
			}
		default:
			return nil
		}
		_, anyone, at := s.Created(used)
		if !anyone || e.Time.Sub(at) >= usedSoon {
			return nil
		}
		power, basis := s.Power(used)
		h := &detect.Hit{Key: used.Label(), Reason: fmt.Sprintf("%s was used %s after it was created, with %s", used.Label(), ago(at, e.Time), powerWords(power, basis))}
		network := s.Network(e.IP)
		if issue, ok := s.Issued(a.Credential); ok && issue.Network != "" && network.Key != "" && issue.Network != network.Key {
			h.Reason += ", from another network than its key was made from"
		}
		switch {
		case canRise(power):
			h.Weight = 4 * sekisho.Nat
		case used.Type == "role":
			h.Weight = sekisho.Nat
		case a.FromConsole || e.Kind == sekisho.SignIn:
			// Someone who joins signs in within the hour; what they do then
			// speaks for itself.
			return nil
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a backdoor user is tried", Trace: `
			  D0 02:11:00 user/boss identity:CreateUser +create(user/backdoor)
			  D0 02:11:30 user/boss identity:CreateAccessKey +issue(user/backdoor,key=key-backdoor)
			> D0 02:13:00 user/backdoor identity:GetCaller ip=192.0.2.77
		`},
		{Name: "a role with everything is made and taken", Trace: `
			  D0 02:11:00 role/developer/bob identity:CreateRole +create(role/shadow)
			  D0 02:11:30 role/developer/bob identity:AttachRolePolicy +grant(role/shadow,admin)
			> D0 02:13:00 role/developer/bob identity:AssumeRole +issue(role/shadow,session=s1)
		`},
		{Name: "someone joins and signs in", Trace: `
			D0 09:00:00 human/carol identity:CreateUser +create(user/n1)
			D0 09:01:00 human/carol identity:CreateLogin +password(user/n1)
			D0 09:20:00 human/n1 identity:SignIn ip=192.0.2.99
			D0 09:21:00 human/n1 identity:ListUsers ip=192.0.2.99
		`},
		{Name: "a service account begins its work in the afternoon", Trace: `
			D0 09:00:00 user/ops identity:CreateUser +create(user/app)
			D0 09:01:00 user/ops identity:CreateAccessKey +issue(user/app,key=key-app)
			D0 14:00:00 user/app storage:GetObject x5 ip=192.0.2.99
		`},
		{Name: "a pipeline makes a role for a function that runs at once", Trace: `
			D0 09:00:00 ci/deploy/shop identity:CreateRole +create(role/role-new)
			D0 09:01:00 fn/new storage:GetObject x5
			D0 09:02:00 ci/deploy/shop identity:AssumeRole +issue(role/role-new,session=test)
		`},
	},
}
