package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// The least that counts as an amount within ten minutes: below these any
// program's ordinary day has as much.
const (
	objectsLeast = 200
	runsLeast    = 100
	secretsLeast = 4
)

// UnusualAmount fires when an identity that reads data or secrets, or runs
// models, does so in ten minutes at least twice as often as on its busiest day.
var UnusualAmount = detect.Detection{
	ID:    "unusual-amount",
	Title: "Far more taken than on any day before",
	Why: "Whoever may read or run a thing does so in its own measure. A thief takes what is there, and the measure breaks though every call is " +
		"one that the identity always makes.",
	BlindTo:        []string{"theft at the owner's pace: nothing is more than usual", "identities without a history, or with days as busy"},
	FalsePositives: []string{"a backfill or migration that nobody announced", "a service that becomes popular in a day"},
	Keys:           "what is taken: objects, secrets or runs",
	Phases:         []sekisho.Phase{"collection"},
	Attack:         []string{"T1530", "T1555.006", "T1496.004"},
	Atlas:          []string{"AML.T0034"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         originHabits + "; the highest of n+1 days with probability 1/(n+1), halved by each doubling beyond; an intruder's with probability 0.4",
	Feed:           detect.FeedData,
	Cut:            "deny the identity what it takes until its owner confirms",
	On:             detect.OnEffect(sekisho.ReadData, sekisho.ReadSecret, sekisho.InvokeModel),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		yes, seasoned := practised(s, e)
		if !yes {
			return nil
		}
		what, measure, least := "", detect.Objects, int64(0)
		switch e.Effects[0].Kind {
		case sekisho.ReadData:
			what, measure, least = "objects read", detect.Objects, objectsLeast
		case sekisho.ReadSecret:
			what, measure, least = "secrets read", detect.Secrets, secretsLeast
		case sekisho.InvokeModel:
			what, measure, least = "model runs", detect.Runs, runsLeast
		default:
			return nil
		}
		b := s.Burst(10 * time.Minute)
		now := map[detect.Measure]int64{detect.Objects: b.Read, detect.Secrets: int64(b.Secrets), detect.Runs: b.Runs}[measure]
		if now < least {
			return nil
		}
		a := s.Amount(e.Actor.ID, measure)
		w := min(likelihood(beyond(a, now, least), likelyMore, seasoned), 3*sekisho.Nat)
		if w == 0 || a.Highest == 0 && measure != detect.Secrets || ordinaryWork(s, e) {
			return nil // who never did it is told by what it does, not by how much
		}
		return &detect.Hit{Key: what, Weight: w, Why: func() string {
			return fmt.Sprintf("%d %s within 10 min by %s and what it holds; its busiest of %s had %d, usual %d",
				now, what, who(&e.Actor), plural(a.Days, "day"), a.Highest, a.Usual)
		}}
	},
	Examples: []detect.Example{
		{Name: "a program's key empties its bucket", Trace: `
			  D0 09:00:00 user/app storage:GetObject x20 +data(bucket/{n})
			  D1 09:00:00 user/app storage:GetObject x20 +data(bucket/{n})
			  D2 09:00:00 user/app storage:GetObject x20 +data(bucket/{n})
			> D4 09:00:00 user/app storage:GetObject x200 every=100ms +data(bucket/{n})
		`},
		{Name: "a chat function's role runs for strangers", Trace: `
			  D0 09:00:00 fn/chat model:InvokeModel x10 +model(small)
			  D1 09:00:00 fn/chat model:InvokeModel x10 +model(small)
			  D2 09:00:00 fn/chat model:InvokeModel x10 +model(small)
			> D4 09:00:00 fn/chat model:InvokeModel x100 every=500ms +model(small)
		`},
		{Name: "a day twice as busy as usual", Trace: `
			D0 09:00:00 user/app storage:GetObject x150 +data(bucket/{n})
			D1 09:00:00 user/app storage:GetObject x150 +data(bucket/{n})
			D2 09:00:00 user/app storage:GetObject x150 +data(bucket/{n})
			D4 09:00:00 user/app storage:GetObject x299 every=100ms +data(bucket/{n})
		`},
		{Name: "a function's few secrets", Trace: `
			D0 09:00:00 fn/web secret:GetSecretValue +secret(db)
			D1 09:00:00 fn/web secret:GetSecretValue +secret(db)
			D2 09:00:00 fn/web secret:GetSecretValue +secret(db)
			D4 09:00:00 fn/web secret:GetSecretValue x3 +secret(db-{n})
		`},
		{Name: "a person who never read any", Trace: `
			D0 09:00:00 sso/data/bob storage:ListBuckets x60
			D1 09:00:00 sso/data/bob storage:ListBuckets x60
			D2 09:00:00 sso/data/bob storage:ListBuckets x60
			D4 09:00:00 sso/data/bob storage:GetObject x300 every=100ms +data(bucket/{n})
		`},
	},
}
