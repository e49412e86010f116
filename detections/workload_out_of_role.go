package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// WorkloadOutOfRole fires when a function's, container's or machine's role turns
// to a service that none of its sessions ever used.
var WorkloadOutOfRole = detect.Detection{
	ID:    "workload-out-of-role",
	Title: "Workload does what its role never did",
	Why: "A program says the same few sentences all its life. When its role says a new one, the program was changed, or somebody else speaks " +
		"with its credentials.",
	BlindTo:        []string{"an intruder who uses only the services that the workload uses", "workloads of less than three days, and builds"},
	FalsePositives: []string{"a release that uses a new service", "a rare branch of the program, such as its yearly report"},
	Keys:           "the role and the service",
	Phases:         []sekisho.Phase{"execution"},
	Attack:         []string{"T1078.004", "T1648"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         originHabits + "; an intruder in a workload turns to any one service with probability 0.4; reads of what is no secret at most 1.5",
	Feed:           detect.FeedManagementRead,
	Cut:            "deny the role what it never used, and look at what the workload runs",
	On:             detect.OnList | detect.OnRead | detect.OnWrite | detect.OnDenied,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if a.Workload == "" || a.WorkloadType == "build" || !s.New(detect.Service, e.Service) || isAgent(s, e) {
			return nil
		}
		return outOfGrammar(s, e, "the role of "+who(a))
	},
	Examples: []detect.Example{
		{Name: "a function that shrinks pictures asks for users", Trace: `
			  D0 09:00:00 fn/resize storage:GetObject x60
			  D1 09:00:00 fn/resize storage:GetObject x60
			  D2 09:00:00 fn/resize storage:GetObject x60
			> D4 09:00:00 fn/resize identity:ListUsers
			  D4 09:00:10 fn/resize identity:ListRoles   # the same service
		`},
		{Name: "a machine's role reads secrets", Trace: `
			  D0 09:00:00 inst/i-1 storage:GetObject x60
			  D1 09:00:00 inst/i-1 storage:GetObject x60
			  D2 09:00:00 inst/i-1 storage:GetObject x60
			> D4 09:00:00 inst/i-1 secret:GetSecretValue +secret(db-password)
		`},
		{Name: "a new version uses more of the same service", Trace: `
			D0 09:00:00 fn/resize storage:GetObject x60
			D1 09:00:00 fn/resize storage:GetObject x60
			D2 09:00:00 fn/resize storage:GetObject x60
			D4 09:00:00 fn/resize storage:PutObject,DeleteObject
		`},
		{Name: "a build deploys a new kind of thing", Trace: `
			D0 09:00:00 ci/deploy/repo storage:PutObject x60
			D1 09:00:00 ci/deploy/repo storage:PutObject x60
			D2 09:00:00 ci/deploy/repo storage:PutObject x60
			D4 09:00:00 ci/deploy/repo database:CreateTable
		`},
		{Name: "a person learns something new", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D1 09:00:00 human/alice storage:ListBuckets x60
			D2 09:00:00 human/alice storage:ListBuckets x60
			D4 09:00:00 human/alice database:ListTables
		`},
		{Name: "a new function's second day", Trace: `
			D0 09:00:00 fn/new storage:GetObject x60
			D1 09:00:00 fn/new identity:ListUsers
		`},
	},
}

// outOfGrammar weighs a service that the actor never used.
func outOfGrammar(s *detect.Scope, e *sekisho.Event, actor string) *detect.Hit {
	yes, seasoned := practised(s, e)
	if !yes || ordinaryWork(s, e) {
		return nil
	}
	x := s.Surprise(e, detect.Service, e.Service)
	w := likelihood(x.Nats, likelyStrange, seasoned)
	if !grave(aims(e)) {
		w = min(w, 3*sekisho.Nat/2) // releases bring such reads and writes
	}
	if w == 0 {
		return nil
	}
	return &detect.Hit{Key: e.Actor.ID + " " + e.Service, Weight: w,
		Reason: fmt.Sprintf("%s turned to %s (%s)%s, which it did %s", actor, e.Service, e.Name(), ending(e), habitWords(x))}
}
