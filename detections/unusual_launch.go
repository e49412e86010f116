package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// UnusualLaunch fires when a program with habits, or someone with a lasting
// key, that never launched machines asks for one of a type which nobody of the
// account used.
//
// Why: what a thief launches suits the thief and not the account; whether it
// was given, refused or only tried for, the request says as much.
var UnusualLaunch = detect.Detection{
	ID:    "unusual-launch",
	Title: "Machine type that nobody used, asked for by a program that never launched",
	Why: "An account keeps to some types of machines and a few programs launch them. A key or a workload that never launched anything and asks for a type that was never seen, " +
		"if only to learn whether it may, is no operation of its owner's.",
	BlindTo: []string{"a type that the account uses", "an identity without history, and who launches every day", "people signed in with a second factor: they try new types daily"},
	FalsePositives: []string{
		"a developer's lasting key, used for a first test machine",
		"a workload whose new version launches machines",
	},
	Keys:   "the type of machine",
	Phases: []sekisho.Phase{"impact", "defense-evasion"},
	Attack: []string{"T1578.002", "T1496.001"},
	Family: sekisho.FamilyAction,
	Weight: 2 * sekisho.Nat,
	Origin: originPlain,
	Feed:   detect.FeedManagementWrite,
	Cut:    "end the machine and deny the identity further launches",
	On:     detect.OnEffect(sekisho.LaunchCompute) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		all := sought(e)
		for i := range all {
			x := &all[i]
			// Accelerated types have a behaviour of their own; containers and
			// clusters have no type.
			if x.Kind != sekisho.LaunchCompute || x.Accelerated || x.What == "" || x.What == "task" || x.What == "cluster" {
				continue
			}
			program := e.Actor.LongTerm || e.Actor.WorkloadType != ""
			if !program || byProvider(e) || !s.Known() || s.Usual(detect.Action, e.Name()) ||
				s.Usual(detect.Machine, x.What) || s.Others(e.Account, detect.Machine, x.What) || s.Automated() || vouched(s, e) {
				return nil
			}
			h := &detect.Hit{Key: x.What, Reason: fmt.Sprintf("%s asked for %d × %s (%s), a type that nobody of account %s used; it launched nothing %s",
				who(&e.Actor), max(x.Count, 1), x.What, outcomeWords(e), e.Account, inHistory(s, e))}
			if ticket(s, e) != "" {
				h.Weight = sekisho.Nat / 2
			}
			return h
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a storage key launches a large machine", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app compute:RunInstances +launch(c.16xlarge)
		`},
		{Name: "a function asks whether it may", Trace: `
			  D0 09:00:00 fn/resize storage:GetObject x60
			> D3 02:00:00 fn/resize compute:RunInstances outcome=dryrun +launch(m.large)
		`},
		{Name: "a type that a colleague used", Trace: `
			D0 09:00:00 user/app storage:ListBuckets x60
			D1 09:00:00 user/ops compute:RunInstances +launch(m.large)
			D3 09:00:00 user/app compute:RunInstances +launch(m.large)
		`},
		{Name: "people try new types, builds launch them", Trace: `
			D0 09:00:00 sso/dev/bob storage:ListBuckets x60
			D3 09:00:00 sso/dev/bob compute:RunInstances +launch(r.large)
			D3 09:10:00 ci/scale/shop compute:RunInstances +launch(x.large)
			D3 09:20:00 user/new compute:RunInstances +launch(t.micro)
		`},
		{Name: "a batch system picks from what there is", Trace: `
			D0 09:00:00 inst/batch compute:RunInstances +launch(c.large) x60
			D3 09:00:00 inst/batch compute:RunInstances +launch(c.2xlarge)
		`},
	},
}
