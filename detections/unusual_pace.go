package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// paceLeast is the breadth in ten minutes below which nothing is a pace: half of
// what a script of discovery shows.
const paceLeast = 8

// UnusualPace fires when a lineage does more different things in ten minutes
// than the identity ever did in an episode.
var UnusualPace = detect.Detection{
	ID:    "unusual-pace",
	Title: "Far more at once than ever before",
	Why: "Each identity has its breadth: a program asks the same few questions, a person works through a few. Who must learn what " +
		"an identity can do asks more than it ever asked, long before that is much for everyone.",
	BlindTo:        []string{"an intruder who keeps to the owner's pace", "identities whose work is broad", "the console, whose pages ask much at once"},
	FalsePositives: []string{"an engineer's new script", "the first migration of an identity that did small things"},
	Keys:           "the lineage, once in an episode; more counts as the difference",
	Phases:         []sekisho.Phase{"discovery"},
	Attack:         []string{"T1580"},
	Family:         sekisho.FamilyTempo,
	Weight:         2 * sekisho.Nat,
	Origin:         originHabits + "; the highest of n+1 days with probability 1/(n+1), halved by each doubling beyond; an intruder's with probability 0.4",
	Feed:           detect.FeedManagementRead,
	Cut:            "deactivate the credential that lists",
	On:             detect.OnList | detect.OnRead | detect.OnDenied,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if s.Distinct() < paceLeast || byConsole(e) || s.Usual(detect.Action, e.Name()) {
			return nil
		}
		yes, seasoned := practised(s, e)
		if !yes {
			return nil
		}
		b := s.Burst(10 * time.Minute)
		if b.Reads < paceLeast || ordinaryWork(s, e) || applied(s, e) {
			return nil
		}
		a := s.Amount(e.Actor.ID, detect.Breadth)
		w := min(likelihood(beyond(a, int64(b.Reads), paceLeast), likelyMore, seasoned), 3*sekisho.Nat)
		if w == 0 {
			return nil
		}
		return &detect.Hit{Weight: w, Why: func() string {
			return fmt.Sprintf("%d distinct list and read actions in %d services within %s; %s never did more than %d distinct actions in an episode, usual %d, %s",
				b.Reads, b.Services, b.Span.Round(time.Second), who(&e.Actor), a.Highest, a.Usual, inHistory(s, e))
		}}
	},
	Examples: []detect.Example{
		{Name: "a program's key looks around slowly", Trace: `
			  D0 09:00:00 user/app storage:GetObject x60
			  D1 09:00:00 user/app storage:GetObject x60
			  D2 09:00:00 user/app storage:GetObject x60
			> D4 09:00:00 user/app storage:ListBuckets,GetPolicy,GetLogging,database:ListTables,GetItem,compute:DescribeInstances,DescribeImages,DescribeVolumes every=20s
		`},
		{Name: "a role of one question", Trace: `
			  D0 09:00:00 role/report/s1 database:ListTables x60
			  D1 09:00:00 role/report/s1 database:ListTables x60
			  D2 09:00:00 role/report/s1 database:ListTables x60
			> D4 09:00:00 role/report/s1 identity:ListUsers,ListRoles,ListGroups,GetUser,GetRole,secret:ListSecrets,storage:ListBuckets,ListObjects
		`},
		{Name: "a broad week, and a broad day", Trace: `
			D0 09:00:00 user/audit storage:ListA,ListB,ListC,ListD,compute:ListA,ListB,ListC,ListD
			D1 09:00:00 user/audit storage:ListA,ListB,ListC,ListD,compute:ListA,ListB,ListC,ListD
			D2 09:00:00 user/audit storage:ListA,ListB,ListC,ListD,compute:ListA,ListB,ListC,ListD
			D4 09:00:00 user/audit database:ListA,ListB,ListC,ListD,function:ListA,ListB,ListC,ListD,ListE
		`},
		{Name: "a person opens a dashboard", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D1 09:00:00 human/alice storage:ListBuckets x60
			D2 09:00:00 human/alice storage:ListBuckets x60
			D4 09:00:00 human/alice identity:ListUsers,ListRoles,ListGroups,GetUser,GetRole,secret:ListSecrets,storage:ListBuckets,ListObjects,GetPolicy
		`},
		{Name: "a newcomer's second day", Trace: `
			D0 09:00:00 sso/dev/eve storage:ListBuckets x60
			D1 09:00:00 sso/dev/eve identity:ListUsers,ListRoles,ListGroups,GetUser,GetRole,secret:ListSecrets,storage:ListBuckets,ListObjects,GetPolicy
		`},
		{Name: "a service looks for it", Trace: `
			D0 09:00:00 fn/audit storage:GetObject x60
			D1 09:00:00 fn/audit storage:GetObject x60
			D2 09:00:00 fn/audit storage:GetObject x60
			D4 09:00:00 fn/audit identity:ListUsers,ListRoles,ListGroups,GetUser,GetRole,secret:ListSecrets,storage:ListBuckets,ListObjects,GetPolicy onbehalf=config
		`},
	},
}
