package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// How many workloads must go within ten minutes: an engineer ends a handful by
// hand, and a person with one command what a filter lists.
const (
	endedKnown = 10
	endedOther = 30
)

// WorkloadsDestroyed fires when an identity that does not do so ends machines,
// functions, queues, secrets or whole stacks by the dozen within minutes.
//
// Why: what runs can be made again, but until then nothing runs.
var WorkloadsDestroyed = detect.Detection{
	ID:    "workloads-destroyed",
	Title: "Machines, functions or stacks ended in bulk",
	Why: "Sabotage, and the last step of who covers their tracks, stop a service by removing what it runs on. " +
		"Rollouts and scaling do the same all day, by the same programs; a newcomer that does so by the dozen is either a clean-up or an attack.",
	BlindTo:        []string{"what is stopped instead of removed", "a deployment's own identity", "a stack whose removal the provider carries out"},
	FalsePositives: []string{"a lab is cleared by hand", "an old service is switched off for good"},
	Keys:           "the sort of workload: however many of them, it counts once",
	Phases:         []sekisho.Phase{"impact"},
	Attack:         []string{"T1489", "T1578.003"},
	Family:         sekisho.FamilyAction,
	Weight:         5 * sekisho.Nat / 2,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "deny the identity every deletion and start the services from their descriptions",
	On:             detect.OnEffect(sekisho.Destroy),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.Destroy)
		if x == nil {
			return nil
		}
		switch x.What {
		case "machine", "function", "queue", "secret", "stack":
		default:
			return nil
		}
		if byProvider(e) || itsJob(s, e) || firstDayProgram(s, e) || fromDescription(s, e) || s.Automated() {
			return nil
		}
		need, weight := int64(endedKnown), 5*sekisho.Nat/2
		if !s.Known() || vouched(s, e) {
			need, weight = endedOther, 3*sekisho.Nat/2
		}
		if ticket(s, e) != "" {
			weight = sekisho.Nat
		}
		n := s.Burst(soon).Destroyed
		if n < need {
			return nil
		}
		return &detect.Hit{Key: x.What, Weight: weight,
			Reason: fmt.Sprintf("%s ended %s %s%s; %s", who(&e.Actor), x.What, short(x.Resource), oneOf(n), never(s, e))}
	},
	Examples: []detect.Example{
		{Name: "machines are ended by the dozen", Trace: `
			  D0 09:00:00 user/ops compute:DescribeInstances x60
			> D3 02:00:00 user/ops compute:TerminateInstances +destroy(web-{n},what=machine) x10 every=300ms
			  D3 02:00:05 user/ops compute:TerminateInstances +destroy(db-{n},what=machine) x40 every=300ms
		`},
		{Name: "a stranger removes all functions", Trace: `
			> D0 02:00:00 role/app/s1 function:DeleteFunction +destroy(f-{n},what=function) x30 every=300ms
		`},
		{Name: "machines come and go by scaling, and by a batch system", Trace: `
			D0 09:00:00 service/scaling compute:TerminateInstances +destroy(i-{n},what=machine) x60
			D0 09:10:00 inst/batch compute:TerminateInstances +destroy(j-{n},what=machine) x60
			D1 09:10:00 inst/batch compute:TerminateInstances +destroy(k-{n},what=machine) x60
		`},
		{Name: "a build clears its tests, a description is taken down", Trace: `
			D0 09:00:00 ci/test/shop pipeline:DeleteStack +destroy(test-{n},what=stack) x12
			D0 09:10:00 user/dev secret:DeleteSecret client=terraform +destroy(s-{n},what=secret) x40
		`},
		{Name: "people tidy up", Trace: `
			D0 09:00:00 sso/dev/bob compute:TerminateInstances +destroy(i-{n},what=machine) x12
			D0 09:30:00 human/carol function:DeleteFunction +destroy(f-{n},what=function) x5
		`},
	},
}
