package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// fatigueLeast is how many proofs must have been refused within ten minutes: one is a
// slip, two a phone in a pocket.
const fatigueLeast = 3

// FactorFatigue fires when a person is asked for a further proof again and again, and
// more so when it is given in the end.
var FactorFatigue = detect.Detection{
	ID:    "factor-fatigue",
	Title: "Person asked for a proof again and again",
	Why: "Who has a password and no phone asks the phone until somebody presses yes, out of weariness or by mistake. The questions come in a row that " +
		"nobody makes who signs in himself, and the one that is answered opens the door.",
	BlindTo:        []string{"questions spread over days", "a caller who talks the person into the first one"},
	FalsePositives: []string{"a phone without a network", "a device that retries with an old password"},
	Keys:           "the person, and whether a proof was given in the end",
	Phases:         []sekisho.Phase{"credential-access", "initial-access"},
	Attack:         []string{"T1621"},
	Family:         sekisho.FamilySource,
	Weight:         2 * sekisho.Nat,
	Origin:         originPlain + "; twice as much once a proof was given after them",
	Feed:           detect.FeedDirectory,
	Cut:            "end the person's sessions and let them choose a new password",
	On:             detect.OnEffect(sekisho.AskFactor) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		given := e.Find(sekisho.AskFactor)
		if e.Actor.Type != sekisho.ActorDirectory || given == nil && e.FindTried(sekisho.AskFactor) == nil {
			return nil
		}
		n := s.Burst(10 * time.Minute).Factors
		if n < fatigueLeast {
			return nil
		}
		h := &detect.Hit{Key: "asked", Weight: 2 * sekisho.Nat, Reason: fmt.Sprintf("%s was asked for a further proof and did not give it %d times within ten minutes", who(&e.Actor), n)}
		if given != nil {
			h.Key, h.Weight = "given", 4*sekisho.Nat
			h.Reason += ", and then gave it"
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "the fourth question is answered", Trace: `
			  02:00:00 dir/alice identity:SignInFactor x2 every=40s outcome=denied +ask(user/alice)
			> 02:02:00 dir/alice identity:SignInFactor outcome=denied +ask(user/alice)
			> 02:03:00 dir/alice identity:SignInFactor +ask(user/alice)
		`},
		{Name: "a person who says no to all of them", Trace: `
			  02:00:00 dir/bob identity:SignInFactor x2 every=100s outcome=denied +ask(user/bob)
			> 02:04:00 dir/bob identity:SignInFactor outcome=denied +ask(user/bob)
		`},
		{Name: "answered at once, all day long", Trace: `
			09:00:00 dir/alice identity:SignInFactor x9 every=30s +ask(user/alice)
		`},
		{Name: "a program whose token has run out", Trace: `
			09:00:00 app/sync identity:SignInFactor x5 every=20s outcome=denied +ask(user/sync)
		`},
		{Name: "a slip and a second try", Trace: `
			09:00:00 dir/alice identity:SignInFactor x2 every=20s outcome=denied +ask(user/alice)
			09:01:00 dir/alice identity:SignInFactor +ask(user/alice)
		`},
		{Name: "two questions that leave two records each", Trace: `
			09:00:00 dir/alice identity:SignInFactor x2 every=1s outcome=denied +ask(user/alice)
			09:03:00 dir/alice identity:SignInFactor x2 every=1s outcome=denied +ask(user/alice)
		`},
		{Name: "three in an hour", Trace: `
			09:00:00 dir/alice identity:SignInFactor x3 every=15m outcome=denied +ask(user/alice)
			09:50:00 dir/alice identity:SignInFactor +ask(user/alice)
		`},
	},
}
