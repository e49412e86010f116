package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// guessesLeast is how many sign-ins must have been refused within ten minutes: a person who
// has forgotten a password tries five times before asking for help.
const guessesLeast = 6

// SignInGuessed fires when a sign-in succeeds after many that were refused, from where the
// person never was.
var SignInGuessed = detect.Detection{
	ID:    "sign-in-guessed",
	Title: "Sign-in after many refused ones, from a new place",
	Why: "Lists of stolen passwords are tried until one fits. The attempts before it are refused in a row that no person makes, and the one that is let in comes from " +
		"a place that the person has never worked from.",
	BlindTo:        []string{"one guess a day at each of many people", "a right password at the first try"},
	FalsePositives: []string{"a person on a journey with an old password in the browser"},
	Keys:           "the person who was signed in",
	Phases:         []sekisho.Phase{"credential-access", "initial-access"},
	Attack:         []string{"T1110.003", "T1110.004"},
	Family:         sekisho.FamilySource,
	Weight:         5 * sekisho.Nat / 2,
	Origin:         originPlain,
	Feed:           detect.FeedDirectory,
	Cut:            "end the person's sessions and let them choose a new password",
	On:             detect.OnSignIn,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Kind != sekisho.SignIn || !e.Succeeded() || e.Actor.Type != sekisho.ActorDirectory && e.Actor.Type != sekisho.ActorUser || e.IP == "" {
			return nil
		}
		n := s.Burst(10 * time.Minute).Refusals
		net := s.Network(e.IP)
		if n < guessesLeast || net.Key == "" || net.Declared || s.Usual(detect.Network, net.Key) || s.Others(e.Account, detect.Network, net.Key) {
			return nil
		}
		return &detect.Hit{Key: e.Actor.ID, Reason: fmt.Sprintf("%s was let in from %s, where it was never seen %s, after %d refused sign-ins within ten minutes", who(&e.Actor), net.Key, inHistory(s, e), n)}
	},
	Examples: []detect.Example{
		{Name: "a list of passwords", Trace: `
			  02:00:00 dir/alice identity:SignInStart x6 every=5s outcome=denied key=- ip=192.0.2.77
			> 02:01:00 dir/alice identity:SignInStart key=- ip=192.0.2.77 +issue(user/alice,key=session-alice,what=session)
		`},
		{Name: "from many addresses at the console", Trace: `
			  02:00:00 human/bob identity:SignIn x6 every=20s outcome=denied ip=192.0.2.{n}
			> 02:05:00 human/bob identity:SignIn ip=192.0.2.77
		`},
		{Name: "a forgotten password at the office", Trace: `
			D0 09:00:00 dir/alice identity:SignInCheck x60
			D1 09:00:00 dir/alice identity:SignInStart x8 every=5s outcome=denied key=-
			D1 09:01:00 dir/alice identity:SignInStart key=-
		`},
		{Name: "three slips on a journey", Trace: `
			09:00:00 human/bob identity:SignIn x3 every=20s outcome=denied ip=192.0.2.77
			09:05:00 human/bob identity:SignIn ip=192.0.2.77
		`},
		{Name: "a program with an old password", Trace: `
			09:00:00 user/app identity:SignIn x9 every=20s outcome=denied
		`},
	},
}
