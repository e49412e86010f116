package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// refusalsLeast is how many different actions must be refused: a program whose
// permissions changed meets two or three.
const refusalsLeast = 4

// UnusualRefusals fires when an identity that is hardly ever refused is refused
// several different things it never did.
var UnusualRefusals = detect.Detection{
	ID:             "unusual-refusals",
	Title:          "Refused more than ever before",
	Why:            "An identity that does its work is refused the same few things, or none. Refusals of new kinds mean that somebody does not know what it may do.",
	BlindTo:        []string{"an identity that is refused every day", "a stolen key that may do everything"},
	FalsePositives: []string{"the day on which permissions were cut", "a new program with too few permissions"},
	Keys:           "the lineage, once in an episode; more counts as the difference",
	Phases:         []sekisho.Phase{"discovery"},
	Attack:         []string{"T1580", "T1069.003"},
	Family:         sekisho.FamilyTempo,
	Weight:         3 * sekisho.Nat / 2,
	Origin:         originHabits + "; the highest of n+1 days with probability 1/(n+1), halved by each doubling beyond; an intruder's with probability 0.4",
	Feed:           detect.FeedManagementRead,
	Cut:            "deactivate the credential that is refused",
	On:             detect.OnDenied,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Outcome != sekisho.Denied || s.Distinct() < refusalsLeast || e.Kind == sekisho.SignIn || byConsole(e) || s.Usual(detect.Action, e.Name()) {
			return nil
		}
		yes, seasoned := practised(s, e)
		if !yes {
			return nil
		}
		b := s.Burst(10 * time.Minute)
		if b.Denied < refusalsLeast || ordinaryWork(s, e) {
			return nil
		}
		a := s.Amount(e.Actor.ID, detect.Refusals)
		w := min(likelihood(beyond(a, int64(b.Denied), refusalsLeast), likelyMore, seasoned), 2*sekisho.Nat)
		if w == 0 {
			return nil
		}
		return &detect.Hit{Weight: w, Why: func() string {
			return fmt.Sprintf("%d distinct actions refused within %s; %s never had more than %d calls refused in an episode, usual %d, %s",
				b.Denied, b.Span.Round(time.Second), who(&e.Actor), a.Highest, a.Usual, inHistory(s, e))
		}}
	},
	Examples: []detect.Example{
		{Name: "a key that was never refused", Trace: `
			  D0 09:00:00 user/app storage:GetObject x60
			  D1 09:00:00 user/app storage:GetObject x60
			  D2 09:00:00 user/app storage:GetObject x60
			> D4 09:00:00 user/app identity:ListUsers,ListRoles,secret:ListSecrets,compute:DescribeInstances outcome=denied
		`},
		{Name: "a role in other hands", Trace: `
			  D0 09:00:00 role/report/s1 database:ListTables x60
			  D1 09:00:00 role/report/s1 database:ListTables x60
			  D2 09:00:00 role/report/s1 database:ListTables x60
			> D4 09:00:00 role/report/s1 storage:ListBuckets,PutObject,identity:CreateUser,secret:GetSecretValue outcome=denied
		`},
		{Name: "a program that is refused every day", Trace: `
			D0 09:00:00 fn/scan storage:GetA,GetB,GetC outcome=denied
			D1 09:00:00 fn/scan storage:GetA,GetB,GetC outcome=denied
			D2 09:00:00 fn/scan storage:GetA,GetB,GetC outcome=denied
			D4 09:00:00 fn/scan storage:GetA,GetB,GetC,GetD,GetE outcome=denied
		`},
		{Name: "a person clicks about", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D1 09:00:00 human/alice storage:ListBuckets x60
			D2 09:00:00 human/alice storage:ListBuckets x60
			D4 09:00:00 human/alice identity:ListUsers,ListRoles,secret:ListSecrets,compute:DescribeInstances outcome=denied
		`},
		{Name: "a deploy stops at two", Trace: `
			D0 09:00:00 user/deployer pipeline:StartDeploy x60
			D1 09:00:00 user/deployer pipeline:StartDeploy x60
			D2 09:00:00 user/deployer pipeline:StartDeploy x60
			D4 09:00:00 user/deployer function:CreateFunction,identity:CreateRole outcome=denied
		`},
	},
}
