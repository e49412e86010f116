package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// placeholderAccounts are account ids that documentation uses all over as
// examples. Nobody who knows the organisation asks for a role in them; a
// language model that fills in an example does.
var placeholderAccounts = map[string]bool{
	"123456789012": true, // the digits in order: the example account of most manuals
	"210987654321": true, // the same backwards: their usual second account
	"000000000000": true, // the account of local emulators
	"012345678901": true, // the digits in order from 0
}

// guessedAtHome is how many refused roles that nobody ever saw make a series
// of guesses in one's own accounts, where a single one is a typing mistake.
const guessedAtHome = 3

// RoleGuessing fires when someone asks for a role that is not there: in an
// account that exists in manuals only, in an account that is nobody's here, or
// for several names in a row that were never seen.
var RoleGuessing = detect.Detection{
	ID:    "role-guessing",
	Title: "Guessed a role or an account",
	Why: "Owners know the names of their roles and accounts. Asking for names that do not exist is guessing, and example account ids out of " +
		"documentation are the mark of a generated script.",
	BlindTo:        []string{"guesses that happen to be right", "one wrong name in the own account"},
	FalsePositives: []string{"a template run before its placeholders were filled in", "a real account of ours that sends no logs and is not declared"},
	Keys:           "the account that was asked, or the lineage for names at home",
	Phases:         []sekisho.Phase{"privilege-escalation", "lateral-movement"},
	Attack:         []string{"T1078.004", "T1087.004"},
	Family:         sekisho.FamilyLineage,
	Weight:         3 * sekisho.Nat,
	Origin: "start value of the behaviour model before calibration: targets of the lineage family count 2 to 4 nats; 4 for an account out of a manual, " +
		"3 for a stranger's, 2 for names at home",
	Feed: detect.FeedManagementRead,
	Cut:  "deactivate the credential that guesses",
	On:   detect.OnEffect(sekisho.AssumeTry),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Succeeded() || e.Outcome == sekisho.DryRun || byProvider(e) {
			return nil
		}
		try := e.Find(sekisho.AssumeTry)
		if try == nil || try.Identity.Zero() {
			return nil
		}
		r := try.Identity
		switch {
		case placeholderAccounts[r.Account] && !s.Ours(r.Account):
			return &detect.Hit{Key: r.Account, Weight: 4 * sekisho.Nat,
				Reason: fmt.Sprintf("%s asked for role %s in account %s, which is an example out of documentation", who(&e.Actor), r.Label(), r.Account)}
		case partner(s, e) || s.Automated():
			return nil
		case r.Account != "" && s.Outside(r.Account) && e.Actor.Account != r.Account:
			return &detect.Hit{Key: r.Account,
				Reason: fmt.Sprintf("%s asked in vain for role %s in account %s, which is neither ours nor a partner's", who(&e.Actor), r.Label(), r.Account)}
		case s.Exists(r) || byConsole(e):
			return nil
		}
		b := s.Burst(10 * time.Minute)
		if b.Refused < guessedAtHome || s.Known() && s.Usual(detect.Action, e.Name()) {
			return nil
		}
		return &detect.Hit{Key: "home", Weight: 2 * sekisho.Nat,
			Reason: fmt.Sprintf("%d roles asked for in vain within %s, the last, %s, never seen to exist; by %s",
				b.Refused, b.Span.Round(time.Second), r.Label(), who(&e.Actor))}
	},
	Examples: []detect.Example{
		{Name: "a role in an example account", Trace: `
			> 09:00:00 user/x identity:AssumeRole +try(role/CrossAccountRole@123456789012) outcome=denied
			  09:00:10 user/x identity:AssumeRole +try(role/AdminRole@123456789012) outcome=denied
			> 09:00:20 user/x identity:AssumeRole +try(role/AdminRole@210987654321) outcome=failed
		`},
		{Name: "a stranger's account", Trace: `
			> 09:00:00 role/app/s1 identity:AssumeRole +try(role/AdminRole@653711000000) outcome=denied
		`},
		{Name: "three names that nobody ever saw", Trace: `
			  09:00:00 user/x identity:AssumeRole +try(role/admin) outcome=denied
			  09:00:10 user/x identity:AssumeRole +try(role/Administrator) outcome=denied
			> 09:00:20 user/x identity:AssumeRole +try(role/AdminRole) outcome=denied
		`},
		{Name: "one typing mistake at home", Trace: `
			09:00:00 sso/dev/bob identity:AssumeRole +try(role/depoly) outcome=denied
			09:00:30 sso/dev/bob identity:AssumeRole +issue(role/deploy,session=bob)
		`},
		{Name: "a partner's role is not ready", Trace: `
			09:00:00 fn/export identity:AssumeRole +try(role/import@777788889999) outcome=denied x5
		`},
		{Name: "a build for accounts to come", Trace: `
			09:00:00 ci/deploy/repo identity:AssumeRole +try(role/deploy-{n}) outcome=denied x6
		`},
		{Name: "a stranger's role that admits us", Trace: `
			09:00:00 user/app identity:AssumeRole +issue(role/shared@653711000000,session=app)
		`},
		{Name: "a service with a broken role", Trace: `
			09:00:00 service/scheduler identity:AssumeRole +try(role/job-{n}) outcome=denied x6
		`},
	},
}
