package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// GpuLaunched fires when machines with accelerators are asked for by someone
// who never ran that type, in an account where nobody did.
//
// Why: they are the most that stolen access can be turned into in an hour.
var GpuLaunched = detect.Detection{
	ID:    "gpu-launched",
	Title: "Machines with accelerators asked for",
	Why: "Accelerated machines cost tens of dollars an hour and are what stolen access is sold for. An account either works with them or does not; " +
		"the first request of a type, even one that is refused for want of capacity, says what someone came for.",
	BlindTo: []string{
		"mining on ordinary machines",
		"models run through a service (see the behaviours about models)",
		"refused requests whose record does not say what was asked for",
	},
	FalsePositives: []string{"a team that begins with machine learning", "a new generation of machines in an account that used the last one"},
	Keys:           "the type of machine",
	Phases:         []sekisho.Phase{"impact"},
	Attack:         []string{"T1496.001", "T1578.002"},
	Atlas:          []string{"AML.T0008.000"},
	Family:         sekisho.FamilyAction,
	Decisive:       true,
	Weight:         4 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "end the machines and disable the credential that asked for them",
	On:             detect.OnEffect(sekisho.LaunchCompute) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Actor.Type == sekisho.ActorService {
			return nil
		}
		asked := sought(e)
		for i := range asked {
			x := &asked[i]
			if x.Kind != sekisho.LaunchCompute || !x.Accelerated || s.Usual(detect.Machine, x.What) {
				continue
			}
			others := s.Others(e.Account, detect.Machine, x.What)
			if others && (s.Automated() || s.Usual(detect.Action, e.Name())) {
				continue
			}
			h := &detect.Hit{Key: x.What, Reason: fmt.Sprintf("%s asked for %d × %s (%s); first of that type for it %s", who(&e.Actor), max(x.Count, 1), x.What,
				outcomeWords(e), inHistory(s, e))}
			switch {
			case ticket(s, e) != "" || others:
				h.Weight = sekisho.Nat
			case s.Automated() || s.Usual(detect.Action, e.Name()):
				h.Weight = 2 * sekisho.Nat
			}
			return h
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "five of the largest, for which there is no room", Trace: `
			> D0 03:00:00 user/boss compute:RunInstances outcome=failed error=NoCapacity +launch(gpu.48xlarge,n=5,gpu)
			> D0 03:02:00 user/boss compute:RunInstances +launch(gpu.24xlarge,n=1,gpu)
		`},
		{Name: "a machine's role tries whether it may", Trace: `
			> D0 03:00:00 inst/i-1 compute:RunInstances outcome=dryrun +launch(gpu.xlarge,n=1,gpu)
		`},
		{Name: "ordinary machines", Trace: `
			D0 09:00:00 user/dev compute:RunInstances +launch(m.large,n=3)
			D0 09:10:00 human/carol compute:RunInstances +launch(c.large,n=1)
			D0 09:20:00 ci/scale/web compute:RunInstances +launch(m.large,n=30)
		`},
		{Name: "the provider's own scaling", Trace: `
			D0 09:00:00 service/scaling compute:RunInstances +launch(gpu.xlarge,n=8,gpu)
			D0 09:10:00 agent/coder compute:ListInstances
		`},
		{Name: "capacity is looked at, not asked for", Trace: `
			D0 09:00:00 user/ml compute:DescribeCapacity,ListInstances
			D0 09:10:00 human/carol billing:GetQuota
			D0 09:20:00 fn/report compute:ListInstances
		`},
	},
}

// outcomeWords says how a request ended.
func outcomeWords(e *sekisho.Event) string {
	switch e.Outcome {
	case sekisho.OK:
		return "given"
	case sekisho.Denied:
		return "refused"
	case sekisho.DryRun:
		return "tried whether it may"
	}
	return "failed: " + e.Error
}
