package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// BuildTampered fires when someone who never did so changes what an existing
// build or pipeline runs, what sets it off or where it takes its source from,
// and again when what was so changed runs.
//
// Why: a build holds the deployer's role and makes what everyone else runs.
var BuildTampered = detect.Detection{
	ID:    "build-tampered",
	Title: "Build or pipeline changed by someone who never changed it",
	Why: "A build runs with the role that deploys, and what it makes runs everywhere: whoever rewrites its commands, its source or its trigger, or starts it once with other commands, has both. " +
		"Definitions of builds have few authors and mostly come from a repository.",
	BlindTo: []string{
		"commands that are read from the repository itself: their change is a commit, not a call",
		"an attacker who holds the credentials of the build's usual author",
	},
	FalsePositives: []string{"a developer's first start of a build with another branch or variable", "a colleague who takes over the builds of a team"},
	Keys:           "the sort of thing done (definition, trigger, run): however many builds, each counts once an episode",
	Phases:         []sekisho.Phase{"execution", "persistence", "privilege-escalation"},
	Attack:         []string{"T1677", "T1195.002", "T1072"},
	Family:         sekisho.FamilyLineage,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "stop the build, put its definition back, and deny the actor changes of builds",
	On:             detect.OnEffect(sekisho.ChangeWorkload, sekisho.RunWorkload) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Actor.Type == sekisho.ActorService || e.Topic != sekisho.TopicPipeline && !changesBuild(e) {
			return nil
		}
		if s.Automated() || byProvider(e) {
			return nil
		}
		does := sought(e)
		for i := range does {
			x := &does[i]
			var h *detect.Hit
			switch x.Kind {
			case sekisho.ChangeWorkload:
				h = tampered(s, e, x)
			case sekisho.RunWorkload:
				h = ranTampered(s, e, x)
			}
			if h != nil {
				return h
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a leaked key rewrites a build that others maintain, and starts it", Trace: `
			  D0 09:00:00 user/dev pipeline:CreateProject +change(project/shop,role=build,what=create)
			  D0 09:10:00 user/data storage:ListBuckets x60
			  D1 09:00:00 user/dev pipeline:UpdateProject +change(project/shop,role=build,what=build)
			> D3 03:00:00 user/data pipeline:UpdateProject +change(project/shop,role=build,what=build)
			> D3 03:01:00 user/data pipeline:StartBuild +run(project/shop,alias=build/7)
			  D3 03:02:00 user/data pipeline:StartBuild +run(project/shop,alias=build/8)
		`},
		{Name: "a known key gives a pipeline another trigger", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data pipeline:CreateWebhook +change(project/shop,what=trigger)
		`},
		{Name: "one run with other commands", Trace: `
			> D0 03:00:00 role/developer/bob pipeline:StartBuild +change(project/shop,role=build,what=build) +run(project/shop,alias=build/7)
		`},
		{Name: "a refused change of what sets a pipeline off", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data pipeline:PutWebhook outcome=denied +change(pipeline/shop,what=trigger)
		`},
		{Name: "the author of a build works on it, and starts it", Trace: `
			D0 09:00:00 user/dev pipeline:CreateProject +change(project/shop,role=build,what=create)
			D0 09:10:00 user/dev pipeline:UpdateProject +change(project/shop,role=build,what=build)
			D0 09:11:00 user/dev pipeline:StartBuild +run(project/shop,alias=build/1)
			D5 09:10:00 user/dev pipeline:UpdateProject +change(project/shop,role=build,what=build)
			D5 09:11:00 user/dev pipeline:StartBuild +run(project/shop,alias=build/2)
		`},
		{Name: "anyone starts a build as it is", Trace: `
			D0 09:00:00 human/carol pipeline:StartBuild +run(project/shop,alias=build/1)
			D0 09:10:00 fn/nightly pipeline:StartBuild +run(project/shop,alias=build/2)
		`},
		{Name: "declared automation and a pipeline define builds", Trace: `
			D0 09:00:00 role/terraform-deployer/x pipeline:UpdateProject +change(project/shop,role=build,what=build)
			D0 09:10:00 ci/platform/builds pipeline:UpdateProject,StartBuild +change(project/web,role=build,what=build)
			D0 09:20:00 service/pipeline pipeline:StartBuild +run(project/shop,alias=build/3)
		`},
	},
}

// changesBuild reports whether an event changes a build, whatever its service
// is about.
func changesBuild(e *sekisho.Event) bool {
	does := sought(e)
	for i := range does {
		if does[i].Kind == sekisho.ChangeWorkload && does[i].What == "build" {
			return true
		}
	}
	return false
}

// ofBuild reports whether a change is of what a build or pipeline runs, or of
// what sets it off.
func ofBuild(e *sekisho.Event, x *sekisho.Effect) bool {
	return x.What == "build" || x.What == "trigger" && e.Topic == sekisho.TopicPipeline
}

// tampered judges one change of a build.
func tampered(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect) *detect.Hit {
	own, all := s.Changers(x.Workload, e.Actor.ID)
	times := timesDone(s, e)
	if own > 0 || times >= routineTimes || x.Workload != "" && x.Workload == e.Actor.Workload {
		return nil
	}
	if !ofBuild(e, x) {
		return nil // function-changed speaks of it, as of every workload's
	}
	if !e.Succeeded() && e.Outcome != sekisho.Denied {
		return nil // definitions fail for many reasons
	}
	if c, ok := s.LastChange(x.Workload, e.Time); ok && c.Ours && c.What == "create" {
		return nil // what the same lineage made is its own
	}
	power, _ := s.Power(roleFor(s, x))
	h := &detect.Hit{Key: "definition", Reason: fmt.Sprintf("%s changed the %s of %s for the first time %s; %s",
		who(&e.Actor), x.What, e.Target, inHistory(s, e), authors(all))}
	if x.What != "build" {
		h.Key = "trigger"
	}
	switch {
	case !e.Succeeded():
		h.Weight = 2 * sekisho.Nat
		h.Reason = fmt.Sprintf("%s was refused a change of the %s of %s; it never made one %s", who(&e.Actor), x.What, e.Target, inHistory(s, e))
	case ticket(s, e) != "" || canRise(power):
		h.Weight = sekisho.Nat // of a powerful role function-changed speaks
	case times > 0 || !s.Known() && vouched(s, e):
		h.Weight = sekisho.Nat
	case s.Known() && all >= routineTimes && !vouched(s, e):
		h.Weight = 4 * sekisho.Nat
	case !s.Known() || vouched(s, e):
		h.Weight = 2 * sekisho.Nat
	}
	return h
}

// ranTampered judges a run of a build that the same lineage tampered with.
func ranTampered(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect) *detect.Hit {
	if _, fired := s.Fired("build-tampered"); !fired || !e.Succeeded() {
		return nil
	}
	c, ok := s.LastChange(x.Workload, e.Time)
	if !ok || !c.Ours || c.What == "create" {
		return nil
	}
	if own, _ := s.Changers(x.Workload, c.By); own > 0 {
		return nil
	}
	return &detect.Hit{Key: "run", Weight: 2 * sekisho.Nat, Reason: fmt.Sprintf("%s ran %s %s after %s changed its %s",
		who(&e.Actor), x.Workload, ago(c.At, e.Time), c.ByName, c.What)}
}
