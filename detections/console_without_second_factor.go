package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ConsoleWithoutSecondFactor fires when a user signs in at the console with a
// password alone and did not do so before. The root user has a behaviour of its own.
//
// By itself it is a weak sign: many organisations still have such users. It is
// a strong one where the password was set by the same lineage minutes ago.
var ConsoleWithoutSecondFactor = detect.Detection{
	ID:    "console-without-second-factor",
	Title: "Console sign-in with a password alone",
	Why: "A password can be guessed, found, or set by whoever has taken over another identity; a second factor can't. " +
		"People sign in with one; a user that was made for a program signs in with neither.",
	BlindTo: []string{
		"users who always sign in with a password alone",
		"sign-in through a directory, whose second factor its own log tells of",
	},
	FalsePositives: []string{"a person's first sign-in, before the second factor is set up", "a shared user for a break-glass drill"},
	Keys:           "the user who signed in",
	Phases:         []sekisho.Phase{"initial-access", "persistence"},
	Attack:         []string{"T1078.004"},
	Atlas:          []string{"AML.T0012"},
	Family:         sekisho.FamilySource,
	Weight:         sekisho.Nat,
	Origin: "start value, not yet fitted: 1 for what many accounts have; 1.5 more for a user whose habits are those of a program, " +
		"2.5 more where the same lineage set the password, 0.5 more for a client that is no browser",
	Feed: detect.FeedSignIn,
	Cut:  "end the user's console sessions and take its password away",
	On:   detect.OnSignIn,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		switch {
		case e.Kind != sekisho.SignIn || a.Type != sekisho.ActorUser || a.MFA || !e.Succeeded():
			return nil
		case !e.Level.Changes() || len(e.Effects) > 0 || e.Topic != sekisho.TopicIdentity:
			return nil // a step of a sign-in, or a session that is handed on
		case s.Usual(detect.Action, e.Name()) || s.Automated() || ticket(s, e) != "":
			return nil
		}
		h := &detect.Hit{Key: a.ID, Weight: sekisho.Nat, Reason: fmt.Sprintf("%s signed in at the console without a second factor from %s, the first time %s",
			who(a), from(e), inHistory(s, e))}
		if f := e.Client.Family; f != "" && f != "browser" && f != "console" {
			h.Weight += sekisho.Nat / 2
			h.Reason += fmt.Sprintf("; by a program (%s), not a browser", softwareOf(&e.Client))
		}
		_, set := s.Fired("password-for-another")
		switch {
		case set:
			h.Weight = max(h.Weight, 7*sekisho.Nat/2)
			h.Reason += "; the same lineage set a password that was not its own"
		case s.Known():
			h.Weight = max(h.Weight, 5*sekisho.Nat/2)
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a single sign-in of which nothing else is known", Trace: `
			> D0 09:00:00 user/alice identity:SignIn mfa=no client=sdk
		`},
		{Name: "a program's user opens the console", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app identity:SignIn client=browser ip=192.0.2.77
		`},
		{Name: "the thief sets a password and uses it", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			  D3 02:00:00 user/data identity:CreateLogin +password(user/boss)
			> D3 02:05:00 user/boss identity:SignIn client=browser
		`},
		{Name: "people sign in with a second factor", Trace: `
			D0 09:00:00 human/alice identity:SignIn
			D1 09:00:00 human/alice identity:SignIn
		`},
		{Name: "the directory asked for it", Trace: `
			D0 09:00:00 sso/dev/bob identity:SignIn mfa=no
			D1 09:00:00 sso/dev/bob identity:SignIn mfa=no ip=192.0.2.77
		`},
		{Name: "a wrong password, and the root user, whom another behaviour watches", Trace: `
			D0 09:00:00 user/alice identity:SignIn outcome=denied
			D0 09:10:00 root/111122223333 identity:SignIn
		`},
	},
}
