package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// RootUsed fires when the root user of an account acts: with a lasting key,
// without a second factor, or to change something. Looking at bills and at
// what there is, after a sign-in with a second factor, is quiet.
var RootUsed = detect.Detection{
	ID:    "root-used",
	Title: "Root user of an account at work",
	Why: "The root user stands above every policy of its account and belongs to nobody's daily work. Few acts need it; " +
		"a lasting key of root, or a sign-in without a second factor, is what an account should not even have.",
	BlindTo:        []string{"who of several people holds the root user's mail address", "a root user that is used every day"},
	FalsePositives: []string{"a small team that works as root", "one of the few acts that only the root user may do"},
	Keys:           "how it works: by a program, at the console without or with a second factor",
	Phases:         []sekisho.Phase{"initial-access", "privilege-escalation", "persistence"},
	Attack:         []string{"T1078.004"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         "start value, not yet fitted: 4 for a key in a program, 3 without a second factor, 2 for a change with one",
	Feed:           detect.FeedManagementRead,
	Cut:            "disable the root user's keys and change its password and second factor",
	On:             detect.OnList | detect.OnRead | detect.OnWrite | detect.OnSignIn,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if a.Type != sekisho.ActorRoot || a.OnBehalf != "" || e.Topic == sekisho.TopicBilling || e.Outcome == sekisho.Denied && e.Kind == sekisho.SignIn {
			return nil
		}
		// Other topics have their own services; help desks are under none.
		changes := e.Level.Changes() && e.Kind != sekisho.SignIn && e.Topic != sekisho.TopicOther
		h := &detect.Hit{}
		switch {
		case a.LongTerm || e.Kind == sekisho.APICall && !byConsole(e):
			h.Key, h.Weight = "program", 4*sekisho.Nat
		case !a.MFA && (changes || e.Kind == sekisho.SignIn):
			h.Key, h.Weight = "no second factor", 3*sekisho.Nat
		case changes:
			h.Key, h.Weight = "second factor", 2*sekisho.Nat
		default:
			return nil
		}
		switch times := timesDone(s, e); {
		case times >= routineTimes:
			return nil
		case ticket(s, e) != "" || times > 0:
			h.Weight = sekisho.Nat
		}
		with := map[string]string{"program": "by a program, with a key", "no second factor": "without a second factor", "second factor": "with a second factor"}[h.Key]
		h.Reason = fmt.Sprintf("the root user of account %s called %s from %s %s, for the first time %s", a.Account, e.Name(), from(e), with, inHistory(s, e))
		return h
	},
	Examples: []detect.Example{
		{Name: "a key of the root user lists users", Trace: `
			> D0 03:00:00 root/111122223333 identity:ListUsers console=no key=root-key client=cli
		`},
		{Name: "a sign-in with a password alone", Trace: `
			> D0 03:00:00 root/111122223333 identity:SignIn
			  D0 03:01:00 root/111122223333 identity:CreateKey
		`},
		{Name: "a change, with a second factor", Trace: `
			> D0 03:00:00 root/111122223333 identity:UpdateAccountSettings mfa
		`},
		{Name: "the root user looks at the bill", Trace: `
			D0 03:00:00 root/111122223333 billing:GetBill,UpdatePayment mfa
			D0 03:10:00 root/111122223333 storage:ListBuckets mfa
			D0 03:20:00 root/111122223333 other-support:CreateCase mfa
		`},
		{Name: "somebody guesses at its password", Trace: `
			D0 03:00:00 root/111122223333 identity:SignIn outcome=denied ip=192.0.2.77
		`},
		{Name: "administrators who are not root", Trace: `
			D0 09:00:00 human/carol identity:UpdateAccountSettings
			D0 09:10:00 role/admin/carol identity:CreateUser +create(user/x)
			D0 09:20:00 user/admin identity:ListUsers
		`},
	},
}
