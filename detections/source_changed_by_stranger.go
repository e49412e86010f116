package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// SourceChangedByStranger fires when code that builds run, or a machine that they run on,
// is added or changed by someone who does not work on it.
var SourceChangedByStranger = detect.Detection{
	ID:    "source-changed-by-stranger",
	Title: "Code or runner of builds changed by someone who does not work on it",
	Why: "A build may do in the cloud what no developer may, and does what its repository says. Who can push there, or make it run on a machine of his own, " +
		"has the build's power. Repositories have their people; a name that never worked on one seldom begins with its builds.",
	BlindTo:        []string{"an intruder in the account of somebody who works on the repository, from where that person works", "code that comes in with a library"},
	FalsePositives: []string{"a new colleague's first change", "a mending of the same file in many repositories"},
	Keys:           "who changed it, and whether code or a runner",
	Phases:         []sekisho.Phase{"persistence", "privilege-escalation"},
	Attack:         []string{"T1195.002", "T1677"},
	Family:         sekisho.FamilyAction,
	Weight:         sekisho.Nat / 2,
	Origin:         originPlain + "; 1.5 more from a place that is new to who did it, 1.5 more for a runner, 1 more in doubt",
	Feed:           detect.FeedSource,
	Cut:            "revert the change, stop its runs, and end the sessions of who made it",
	On:             detect.OnEffect(sekisho.ChangeWorkload),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if !inService(a) || !e.Succeeded() || s.Automated() || ticket(s, e) != "" {
			return nil
		}
		x := e.Find(sekisho.ChangeWorkload)
		if x == nil {
			return nil
		}
		own, all := s.Changers(x.Workload, a.ID)
		odd := oddFor(s, e)
		if own >= routineTimes && x.What == "source" {
			odd = oddWithin(s, e, time.Hour)
		}
		if !s.Known() && odd == "" || own > 0 && odd == "" || own >= routineTimes && x.What == "source" && odd == "" {
			return nil
		}
		runner := x.What == "runner"
		if all < routineTimes && odd == "" && !runner {
			return nil // a repository of which little is known has no strangers yet
		}
		h := &detect.Hit{Key: x.What + " by " + a.ID, Weight: sekisho.Nat / 2, Reason: fmt.Sprintf("%s changed %s of %s; it did so in %s before, all others in %s", who(a), x.What, x.Workload,
			plural(own, "episode"), plural(all-own, "episode"))}
		if runner {
			h.Weight += 3 * sekisho.Nat / 2
		}
		if odd != "" {
			h.Weight += 3 * sekisho.Nat / 2
			h.Reason += "; " + odd
		}
		if own > 0 {
			h.Weight -= sekisho.Nat / 2
		}
		if s.Doubted() {
			h.Weight += sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a stranger pushes to the repository of the deployment", Trace: `
			  D0 09:00:00 dir/alice pipeline:Push +change(repo:example/deploy,what=source)
			  D0 09:10:00 dir/mallory pipeline:Push x60 +change(repo:example/docs,what=source)
			  D1 09:00:00 dir/alice pipeline:Push +change(repo:example/deploy,what=source)
			  D2 09:00:00 dir/alice pipeline:Push +change(repo:example/deploy,what=source)
			> D3 09:00:00 dir/mallory pipeline:Push +change(repo:example/deploy,what=source)
		`},
		{Name: "who works on it does so from a stolen session", Trace: `
			  D0 09:00:00 dir/alice pipeline:Push +change(repo:example/deploy,what=source)
			  D1 09:00:00 dir/alice pipeline:Push +change(repo:example/deploy,what=source)
			> D3 03:00:00 dir/alice pipeline:Push ip=192.0.2.77 client=git os=linux +change(repo:example/deploy,what=source)
		`},
		{Name: "a runner is added", Trace: `
			  D0 09:00:00 dir/bob pipeline:Push x60 +change(repo:example/docs,what=source)
			> D1 09:00:00 dir/bob pipeline:RegisterRunner +change(repo:example/deploy,what=runner)
		`},
		{Name: "a repository that is new", Trace: `
			D0 09:00:00 dir/bob pipeline:Push x60 +change(repo:example/docs,what=source)
			D1 10:00:00 dir/bob pipeline:Push +change(repo:example/fresh,what=source)
		`},
		{Name: "declared automation updates everywhere", Trace: `
			D0 09:00:00 role/terraform-deployer/x pipeline:Push +change(repo:example/deploy,what=source)
		`},
		{Name: "people at their work", Trace: `
			D0 09:00:00 dir/alice pipeline:Push +change(repo:example/shop,what=source)
			D1 09:00:00 dir/bob pipeline:Push +change(repo:example/shop,what=source)
			D2 09:00:00 dir/alice pipeline:Push +change(repo:example/shop,what=source)
			D2 10:00:00 dir/alice pipeline:Push +change(repo:example/new,what=source)
		`},
	},
}
