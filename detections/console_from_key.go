package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ConsoleFromKey fires when a console session descends from a key: a program's
// key was exchanged for a session, and the session for a sign-in at the console.
//
// Why: people come to the console with a password or through a directory. A
// thief has a key and no password, and this is the way from one to the other.
var ConsoleFromKey = detect.Detection{
	ID:    "console-from-key",
	Title: "Console opened with a key",
	Why: "A key that was found lets a thief call; a console shows what there is to call. Exchanging the one for the other takes a token that hardly any " +
		"person asks for by hand, and it leaves a console session that outlives the key.",
	BlindTo: []string{
		"keys whose exchange for a session was not recorded",
		"a console that shows itself only under another key, where the token for it was not recorded",
		"the owner's habit of doing so, in a thief's hands",
	},
	FalsePositives: []string{"command-line helpers that open the console for their user", "a portal of our own that signs people in with a service's key"},
	Keys:           "the identity whose console it is",
	Phases:         []sekisho.Phase{"initial-access", "persistence", "lateral-movement"},
	Attack:         []string{"T1078.004", "T1550.001"},
	Family:         sekisho.FamilyLineage,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedSignIn,
	Cut:            "disable the key that the session came from and revoke the session",
	On:             detect.OnSignIn | detect.OnEffect(sekisho.IssueCredential),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if x := e.Find(sekisho.IssueCredential); e.Kind != sekisho.SignIn && (x == nil || x.What != "console") {
			return nil
		}
		switch {
		case !e.Succeeded() || !e.Level.Changes() || a.Type != sekisho.ActorRole && a.Type != sekisho.ActorFederated:
			return nil
		case a.Subject != "" || a.Provider != "" || a.MFA:
			return nil // a directory, or a second factor, has vouched for a person
		}
		issue, ok := s.Issued(a.Credential)
		if !ok || issue.By == "" || s.Usual(detect.Action, e.Name()) {
			return nil
		}
		// A session that a directory gave is a person's, and so is one that such a
		// session asked for.
		if first, ok := s.Issued(issue.By); ok && first.By == "" {
			return nil
		}
		h := &detect.Hit{Key: a.ID, Reason: fmt.Sprintf("%s opened the console from %s with a session that key %s gave %s before, by %s; it did so for the first time %s",
			who(a), from(e), issue.By, ago(issue.At, e.Time), issue.Via, inHistory(s, e))}
		switch {
		case ticket(s, e) != "" || s.Automated():
			h.Weight = sekisho.Nat
		case e.IP != "" && issue.Network != "" && s.Network(e.IP).Key != issue.Network:
			h.Weight = 4 * sekisho.Nat
			h.Reason += "; the key is used from another network"
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a key becomes a session, the session a console", Trace: `
			  D0 03:00:00 user/data identity:AssumeRole +issue(role/admin,session=s1)
			> D0 03:01:00 role/admin/s1 identity:SignIn client=browser
		`},
		{Name: "the console is opened elsewhere", Trace: `
			  D0 03:00:00 user/data identity:AssumeRole +issue(role/admin,session=s1)
			> D0 03:01:00 role/admin/s1 identity:GetToken level=write client=sdk ip=192.0.2.77 +issue(role/admin,session=s1,key=C1,what=console)
			  D0 03:01:10 role/admin/s1 identity:SignIn client=browser ip=192.0.2.77
		`},
		{Name: "people sign in with passwords and through the directory", Trace: `
			D0 09:00:00 human/alice identity:SignIn
			D0 09:10:00 sso/dev/bob identity:SignIn mfa=no
		`},
		{Name: "a person of the directory takes a second role", Trace: `
			D0 09:00:00 sso/dev/bob identity:AssumeRole +issue(role/reader,session=bob)
			D0 09:01:00 role/reader/bob identity:SignIn mfa
		`},
		{Name: "a session of unknown origin, and one with a second factor", Trace: `
			D0 09:00:00 role/admin/s9 identity:SignIn
			D0 09:05:00 user/carol identity:AssumeRole +issue(role/admin,session=carol)
			D0 09:06:00 role/admin/carol identity:SignIn mfa
		`},
		{Name: "a pipeline's session works and signs in nowhere", Trace: `
			D0 09:00:00 ci/deploy/shop identity:AssumeRole +issue(role/release,session=r1)
			D0 09:01:00 role/release/r1 function:UpdateCode
		`},
	},
}
