package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ChangedOffPipeline fires when a tag, a stored package, a task definition, a
// stack, an alias or any other workload that always came from the same hands is
// changed by another's.
//
// Why: what a pipeline delivers is trusted by everything that runs it, and
// nobody looks at it again.
var ChangedOffPipeline = detect.Detection{
	ID:    "changed-off-pipeline",
	Title: "Deployed thing replaced by other than its usual pipeline",
	Why: "An image's tag, a package in a store, a definition of tasks or a stack is written again and again by the one pipeline that it belongs to. " +
		"When someone else writes it, what runs next is theirs, under a name that everyone trusts. Pushing is daily work; pushing what was always another's is not.",
	BlindTo: []string{
		"what has no history yet: the first two deployments are not there to compare with",
		"the pipeline itself when it is taken over (see build-tampered and unknown-build)",
		"packages and tags whose writes the deployment's log does not hold",
	},
	FalsePositives: []string{"an urgent repair past the pipeline", "a new pipeline that takes over, unless it is declared"},
	Keys:           "the kind of thing that was changed: however many, each kind counts once an episode",
	Phases:         []sekisho.Phase{"persistence", "initial-access", "execution"},
	Attack:         []string{"T1525", "T1195.002", "T1554", "T1648"},
	Atlas:          []string{"AML.T0010"},
	Family:         sekisho.FamilyAction,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain + "; a nat where function-changed speaks of the same change",
	Feed:           detect.FeedManagementWrite,
	Cut:            "put the last delivered version back and deny the actor further writes to it",
	On:             detect.OnEffect(sekisho.ChangeWorkload),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || byProvider(e) {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			if x.Kind != sekisho.ChangeWorkload || x.Workload == "" || x.Workload == e.Actor.Workload || passing[x.What] || codeOfBuilds[x.What] {
				continue
			}
			own, all := s.Changers(x.Workload, e.Actor.ID)
			if own < routineTimes && all < routineTimes && !s.Automated() {
				if h := drift(s, e, x); h != nil {
					return h
				}
			}
			if own > 0 || all < routineTimes {
				continue
			}
			if s.Automated() {
				return nil
			}
			if h := offPipeline(s, e, x, all); h != nil {
				return h
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a tag that a pipeline pushes means another image", Trace: `
			  D0 09:00:00 ci/deploy/shop storage-images:PutImage +change(repository/shop:latest,what=image)
			  D0 09:10:00 user/data storage:ListBuckets x60
			  D1 09:00:00 ci/deploy/shop storage-images:PutImage +change(repository/shop:latest,what=image)
			> D3 03:00:00 user/data storage-images:PutImage +change(repository/shop:latest,what=image)
			  D3 03:01:00 user/data storage-images:PutImage +change(repository/shop:latest,what=image)
		`},
		{Name: "a stored package, by a session that nobody knows", Trace: `
			  D0 09:00:00 ci/deploy/shop storage:PutObject +change(releases/shop.zip,what=artefact)
			  D1 09:00:00 ci/deploy/shop storage:PutObject +change(releases/shop.zip,what=artefact)
			> D3 03:00:00 role/developer/bob storage:PutObject +change(releases/shop.zip,what=artefact)
		`},
		{Name: "a definition of tasks is made anew", Trace: `
			  D0 09:00:00 role/terraform-deployer/x compute:RegisterTask +change(task/shop,role=shop,what=create)
			  D1 09:00:00 role/terraform-deployer/x compute:RegisterTask +change(task/shop,role=shop,what=create)
			> D3 03:00:00 user/data compute:RegisterTask +change(task/shop,role=shop,what=create)
		`},
		{Name: "what infrastructure as code made is changed past it, even by the same user", Trace: `
			  D0 09:00:00 user/dev function:Create client=terraform +change(function/report,role=report,what=create)
			> D0 09:01:00 user/dev function:UpdateCode client=sdk +change(function/report,role=report)
			  D0 09:02:00 user/dev function:UpdateCode client=terraform +change(function/report,role=report)
		`},
		{Name: "its own pipelines, old and new", Trace: `
			D0 09:00:00 ci/deploy/shop storage-images:PutImage +change(repository/shop:latest,what=image)
			D1 09:00:00 ci/deploy/shop storage-images:PutImage +change(repository/shop:latest,what=image)
			D2 09:00:00 role/terraform-deployer/x storage-images:PutImage +change(repository/shop:latest,what=image)
			D3 09:00:00 service/pipeline storage-images:PutImage +change(repository/shop:latest,what=image)
		`},
		{Name: "a developer pushes to a repository of their own", Trace: `
			D0 09:00:00 user/dev storage-images:PutImage +change(repository/toy:latest,what=image)
			D1 09:00:00 user/dev storage-images:PutImage +change(repository/toy:latest,what=image)
			D2 09:00:00 user/dev storage-images:PutImage +change(repository/toy:v{n},what=image) x5
		`},
		{Name: "a function writes results that others only read", Trace: `
			D0 09:00:00 fn/export storage:PutObject +change(results/today.zip,what=artefact)
			D1 09:00:00 fn/export storage:PutObject +change(results/today.zip,what=artefact)
			D2 09:00:00 human/carol storage:GetObject +data(results/today.zip)
			D2 09:10:00 human/carol storage:PutObject +change(results/mine.zip,what=artefact)
		`},
	},
}

// drift fires when something made from a description of infrastructure is
// changed past it. It happens in a hurry, so it weighs little; but the next
// run of the description undoes what is done so, as its owner knows.
func drift(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect) *detect.Hit {
	with := s.MadeWith(x.Workload)
	if !describes(with) || describes(e.Client.Family) || e.Client.Family == "" || x.What == "create" || ticket(s, e) != "" || byConsole(e) {
		return nil
	}
	return &detect.Hit{Key: "drift " + x.What, Weight: sekisho.Nat, Reason: fmt.Sprintf("%s changed %s (%s) with %s; it was made with %s",
		who(&e.Actor), x.Workload, x.What, softwareOf(&e.Client), with)}
}

// offPipeline judges one change of what always was another's.
func offPipeline(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect, all int) *detect.Hit {
	a := &e.Actor
	if c, ok := s.LastChange(x.Workload, e.Time); ok && c.Ours && c.What == "create" {
		return nil // the same lineage made it anew
	}
	times := timesDone(s, e)
	h := &detect.Hit{Key: x.What, Reason: fmt.Sprintf("%s changed %s (%s), which others changed in %s and it never did %s",
		who(a), x.Workload, x.What, plural(all, "episode"), inHistory(s, e))}
	switch {
	case ticket(s, e) != "" || !artefacts[x.What] && x.What != "create":
		h.Weight = sekisho.Nat
	case times >= routineTimes:
		h.Weight = sekisho.Nat // who pushes every day, to other things
	case s.Known() && times == 0:
		h.Weight = 4 * sekisho.Nat
	case !s.Known() && vouched(s, e):
		h.Weight = 2 * sekisho.Nat
	}
	return h
}
