package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// Roles asked for in ten minutes by one lineage, and how many of them refused.
// The takeover that this project began with tried five, two of them in vain.
// Whoever assumes roles as its work meets a refusal now and then.
const (
	fanRoles          = 4
	fanRefused        = 1
	fanRefusedRoutine = 4
)

// RoleFanOut fires when a lineage asks for many different roles in a short
// time and some refuse it.
var RoleFanOut = detect.Detection{
	ID:    "role-fan-out",
	Title: "Many roles tried one after another",
	Why: "An identity holds a few roles and knows them. Trying one after another, with refusals among them, is looking for the one that opens more. " +
		"Each role is a new principal, so this is seen only along the lineage.",
	BlindTo:        []string{"a chain of roles that all admit the caller", "tries spread over more than ten minutes"},
	FalsePositives: []string{"a new hub tool whose role is missing in some accounts", "a person who looks for the right profile after a reorganisation"},
	Keys:           "the lineage, and each doubling of the number of roles",
	Phases:         []sekisho.Phase{"privilege-escalation", "lateral-movement"},
	Attack:         []string{"T1078.004", "T1548.005", "T1550.001"},
	Family:         sekisho.FamilyLineage,
	Weight:         3 * sekisho.Nat,
	Origin:         "start value of the behaviour model before calibration: targets of the lineage family count 2 to 4 nats in its worked chain; half of it for each further doubling",
	Feed:           detect.FeedManagementRead,
	Cut:            "deny the lineage's credentials any further role, and end the sessions that it got",
	On:             detect.OnEffect(sekisho.AssumeTry),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		try := e.Find(sekisho.AssumeTry)
		if try == nil || byProvider(e) {
			return nil
		}
		b := s.Burst(10 * time.Minute)
		refused := fanRefused
		if s.Known() && s.Usual(detect.Action, e.Name()) {
			refused = fanRefusedRoutine
		}
		if b.Roles < fanRoles || b.Refused < refused || s.Usual(detect.Assumed, try.Identity.ARN) || partner(s, e) || s.Automated() {
			return nil
		}
		return &detect.Hit{Key: step(b.Roles, fanRoles), Weight: lessAfter(b.Roles, fanRoles, 3*sekisho.Nat),
			Reason: fmt.Sprintf("%d different roles asked for within %s, %d of them refused, now %s by %s",
				b.Roles, b.Span.Round(time.Second), b.Refused, try.Identity.Label(), who(&e.Actor))}
	},
	Examples: []detect.Example{
		{Name: "a key looks for a role that opens", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:06:00 user/app identity:AssumeRole +try(role/admin) outcome=denied
			  02:06:05 user/app identity:AssumeRole +issue(role/sysadmin,session=a)
			  02:06:10 user/app identity:AssumeRole +issue(role/netadmin,session=b)
			> 02:06:15 user/app identity:AssumeRole +try(role/account) outcome=denied
			  02:06:15 user/app identity:AssumeRole +try(role/account) outcome=denied
		`},
		{Name: "an unknown session tries eight", Trace: `
			  09:00:00 role/app/s1 identity:AssumeRole +try(role/r-{n}) outcome=denied x3
			> 09:00:10 role/app/s1 identity:AssumeRole +try(role/x) outcome=denied
			  09:00:20 role/app/s1 identity:AssumeRole +try(role/y-{n}) outcome=denied x3
			> 09:00:30 role/app/s1 identity:AssumeRole +try(role/z) outcome=denied   # twice as many
		`},
		{Name: "a hub tool, one account not ready", Trace: `
			D0 09:00:00 fn/hub identity:AssumeRole +issue(role/reader-{n},session=hub) x60
			D3 09:00:00 fn/hub identity:AssumeRole +issue(role/reader-{n},session=hub) x20
			09:01:00 fn/hub identity:AssumeRole +try(role/new) outcome=denied
		`},
		{Name: "a person with three profiles", Trace: `
			09:00:00 user/alice identity:AssumeRole +issue(role/dev,session=a)
			09:00:30 user/alice identity:AssumeRole +try(role/admin) outcome=denied
			09:01:00 user/alice identity:AssumeRole +issue(role/test,session=a)
		`},
		{Name: "a declared deployer fans out", Trace: `
			09:00:00 role/terraform-deployer/run identity:AssumeRole +issue(role/deploy-{n},session=tf) x8
			09:01:00 role/terraform-deployer/run identity:AssumeRole +try(role/deploy-new) outcome=denied
		`},
		{Name: "a build with many targets", Trace: `
			09:00:00 ci/deploy/repo identity:AssumeRole +try(role/deploy-{n}) outcome=denied x6
		`},
		{Name: "many roles that all admit", Trace: `
			09:00:00 sso/ops/bob identity:AssumeRole +issue(role/ops-{n},session=bob) x6
		`},
	},
}
