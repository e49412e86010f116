package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// BuildOfChangedSource fires when a build comes in to a role after its code or runner was
// changed by someone who does not work on it.
var BuildOfChangedSource = detect.Detection{
	ID:    "build-of-changed-source",
	Title: "Role given to a build whose code a stranger changed",
	Why: "The token that a build shows says which repository it is of, not who wrote what it runs. Where somebody who does not work on the repository has just changed it, " +
		"the build's power is that person's.",
	BlindTo:        []string{"a change that the code host's log does not show, or that its log shows later", "a change by who works on it, from where they work"},
	FalsePositives: []string{"the first deployment of a new colleague"},
	Keys:           "the repository and the role",
	Phases:         []sekisho.Phase{"privilege-escalation", "lateral-movement"},
	Attack:         []string{"T1195.002", "T1550.001"},
	Family:         sekisho.FamilyLineage,
	Weight:         5 * sekisho.Nat / 2,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "end the role's session, and let the role trust no build of the repository until the change was looked at",
	On:             detect.OnEffect(sekisho.AssumeTry),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		x := e.Find(sekisho.AssumeTry)
		if x == nil || a.WorkloadType != "build" || a.Workload == "" || a.Provider == "" || ticket(s, e) != "" {
			return nil
		}
		c, ok := s.LastChange(a.Workload, e.Time)
		if !ok || !c.Ours {
			return nil // what its own people change, and what was changed long ago
		}
		own, all := s.Changers(a.Workload, c.By)
		if all < routineTimes && c.What != "runner" {
			return nil
		}
		if own >= routineTimes { // one of its own people: then only after a change that was odd itself
			at, odd := s.Fired("source-changed-by-stranger")
			odd = odd && !at.After(c.At) && c.At.Sub(at) <= time.Hour
			if !odd && (c.Network == "" || s.Times(c.By, detect.Network, c.Network) > 0) {
				return nil
			}
		}
		return &detect.Hit{Key: a.Workload + " " + x.Identity.Label(), Reason: fmt.Sprintf("a build of %s came in to %s %s after %s changed its %s; who changed it had done so in %s before, all others in %s",
			a.Workload, x.Identity.Label(), ago(c.At, e.Time), c.ByName, c.What, plural(own, "episode"), plural(all-own, "episode"))}
	},
	Examples: []detect.Example{
		{Name: "a stranger's push is deployed", Trace: `
			  D0 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			  D1 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			  D2 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			  D3 09:00:00 dir/mallory pipeline:Push +change(build/deploy,what=source)
			> D3 09:05:00 ci/release/deploy identity:AssumeRole +issue(role/release,session=s1)
		`},
		{Name: "a stranger adds a runner, and a build runs on it", Trace: `
			  D0 09:00:00 dir/alice pipeline:Push x60 +change(build/deploy,what=source)
			  D3 09:00:00 dir/mallory pipeline:RegisterRunner +change(build/deploy,what=runner)
			> D3 09:05:00 ci/release/deploy identity:AssumeRole +issue(role/release,session=s1)
		`},
		{Name: "one of its own people, from a place that is new", Trace: `
			  D0 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			  D1 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			  D2 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			  D3 03:00:00 dir/alice pipeline:Push ip=192.0.2.77 client=git os=linux +change(build/deploy,what=source)
			> D3 03:05:00 ci/release/deploy identity:AssumeRole +issue(role/release,session=s1)
		`},
		{Name: "one repository first and another an hour later, from the place that is new", Trace: `
			  D0 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			  D1 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			  D2 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			  D3 03:00:00 dir/alice pipeline:Push ip=192.0.2.77 client=git os=linux +change(build/docs,what=source)
			  D3 03:20:00 dir/alice pipeline:Browse ip=192.0.2.77 client=git os=linux every=15m x3
			  D3 04:05:00 dir/alice pipeline:Push ip=192.0.2.77 client=git os=linux +change(build/deploy,what=source)
			> D3 04:10:00 ci/release/deploy identity:AssumeRole +issue(role/release,session=s1)
		`},
		{Name: "hours after an odd push elsewhere, from the usual place", Trace: `
			D0 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D1 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D2 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D3 07:00:00 dir/alice pipeline:Push ip=192.0.2.77 client=git os=linux +change(build/docs,what=source)
			D3 07:25:00 dir/alice pipeline:Browse every=20m x5
			D3 09:10:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D3 09:15:00 ci/release/deploy identity:AssumeRole +issue(role/release,session=s1)
		`},
		{Name: "a function after a stranger's push", Trace: `
			D0 09:00:00 dir/alice pipeline:Push x60 +change(build/deploy,what=source)
			D3 09:00:00 dir/mallory pipeline:Push +change(build/deploy,what=source)
			D3 09:05:00 fn/resize identity:AssumeRole +issue(role/release,session=s1)
		`},
		{Name: "a build of something else", Trace: `
			D0 09:00:00 dir/alice pipeline:Push x60 +change(build/deploy,what=source)
			D3 09:00:00 dir/mallory pipeline:Push +change(build/docs,what=source)
			D3 09:05:00 ci/release/deploy identity:AssumeRole +issue(role/release,session=s1)
		`},
		{Name: "a day and more later", Trace: `
			D0 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D1 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D2 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D3 09:00:00 dir/mallory pipeline:Push +change(build/deploy,what=source)
			D5 09:05:00 ci/release/deploy identity:AssumeRole +issue(role/release,session=s1)
		`},
		{Name: "its own people's push is deployed", Trace: `
			D0 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D1 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D2 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D3 09:00:00 dir/alice pipeline:Push +change(build/deploy,what=source)
			D3 09:05:00 ci/release/deploy identity:AssumeRole +issue(role/release,session=s1)
		`},
	},
}
