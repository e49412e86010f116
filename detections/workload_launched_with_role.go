package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// WorkloadLaunchedWithRole fires when an identity that never did so makes a new
// function, machine, task or job that runs with a role which can give power.
//
// Why: whoever may pass a role to a workload may use the role, by way of code.
var WorkloadLaunchedWithRole = detect.Detection{
	ID:    "workload-launched-with-role",
	Title: "New workload runs with a powerful role",
	Why: "Passing a role to new code is the widest class of ways to more power, and leaves no event of its own: only the workload that it was passed to. " +
		"Workloads with roles that can give power are few, and made by deployments.",
	BlindTo: []string{
		"roles whose power neither an inventory nor the trail tells of, once the actor makes such workloads regularly",
		"services whose calls do not name the role that they pass",
	},
	FalsePositives: []string{
		"a platform engineer who builds the first version of such a workload by hand",
		"the first workload of a newcomer, at the least weight",
	},
	Keys:     "the role that was passed; all roles of unknown power are one",
	Phases:   []sekisho.Phase{"privilege-escalation", "execution"},
	Attack:   []string{"T1648", "T1578.002", "T1098.003"},
	Family:   sekisho.FamilyLineage,
	Decisive: true,
	Weight:   3 * sekisho.Nat,
	Origin:   originPlain,
	Feed:     detect.FeedManagementWrite,
	Cut:      "stop the new workload and deny the actor making others",
	On:       detect.OnEffect(sekisho.ChangeWorkload),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || e.Actor.Type == sekisho.ActorService {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			if x.Kind != sekisho.ChangeWorkload || x.What != "create" {
				continue
			}
			role := roleFor(s, x)
			power, basis := s.Power(role)
			times := timesDone(s, e)
			if role.Zero() || power == sekisho.PowerLimited || times >= routineTimes {
				continue
			}
			if !canRise(power) {
				if h := launchedUnknown(s, e, x, role); h != nil {
					return h
				}
				continue
			}
			if s.Automated() && !s.New(detect.Action, e.Name()) {
				continue
			}
			h := &detect.Hit{Key: role.Label(), Reason: fmt.Sprintf("%s made %s with the role %s, which has %s; it made such in %s before %s",
				who(&e.Actor), x.Workload, role.Label(), powerWords(power, basis), plural(times, "episode"), inHistory(s, e))}
			switch {
			case s.Automated() || ticket(s, e) != "":
				h.Weight = sekisho.Nat
			case s.Known() && times == 0:
				h.Weight = 4 * sekisho.Nat
			}
			return h
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a new function with an administrator's role", Trace: `
			  D0 09:00:00 user/ops identity:AttachRolePolicy +grant(role/init,admin)
			> D3 03:00:00 user/data function:Create +change(function/new,role=init,what=create)
		`},
		{Name: "a machine with a role that can make keys", Trace: `
			  D0 09:00:00 user/ops identity:PutRolePolicy +grant(role/keys,issues,what=inline)
			> D3 03:00:00 role/developer/bob compute:RunInstances +change(i-9,role=keys,what=create) +launch(m.large)
		`},
		{Name: "a known key's first job, with a role of which nobody knows what it may do", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data model:CreateNotebook +change(notebook/n1,role=science,what=create)
			  D3 03:05:00 user/data model:CreateNotebook +change(notebook/n2,role=other,what=create)
		`},
		{Name: "a function with a small role", Trace: `
			D0 08:59:00 user/ops identity:CreateRole +create(role/report)
			D0 09:00:00 user/ops identity:PutRolePolicy +grant(role/report,limited,what=inline)
			D0 09:10:00 user/dev function:Create +change(function/report,role=report,what=create)
			D0 09:20:00 human/carol compute:RunInstances +change(i-1,what=create) +launch(m.large)
		`},
		{Name: "a person's first function, and a machine's first task, with roles that others made", Trace: `
			D0 09:00:00 human/carol function:Create +change(function/f,role=f,what=create)
			D0 09:10:00 inst/i-1 compute:RunTask +change(task-1,role=t,what=create)
		`},
		{Name: "a pipeline deploys a new function", Trace: `
			D0 09:00:00 user/ops identity:AttachRolePolicy +grant(role/init,admin)
			D0 10:00:00 ci/deploy/shop function:Create +change(function/init,role=init,what=create)
		`},
		{Name: "declared automation starts machines", Trace: `
			D0 09:00:00 user/ops identity:AttachRolePolicy +grant(role/init,admin)
			D0 10:00:00 role/terraform-deployer/x compute:RunInstances +change(i-1,role=init,what=create)
			D0 10:10:00 service/scaling compute:RunInstances +change(i-2,role=init,what=create)
		`},
	},
}

// launchedUnknown judges a new workload whose role nobody knows the power of.
// Unknown power is not harmless; but everyone makes their first workload once,
// so that it only counts for who is known and never made such, and little.
func launchedUnknown(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect, role sekisho.Ref) *detect.Hit {
	a := &e.Actor
	if timesDone(s, e) > 0 || s.Automated() || byProvider(e) || ticket(s, e) != "" || !s.Known() && (vouched(s, e) || a.WorkloadType != "") {
		return nil
	}
	h := &detect.Hit{Key: "unknown power", Weight: sekisho.Nat, Reason: fmt.Sprintf("%s made %s with the role %s, of unknown power; it made none such %s",
		who(a), x.Workload, role.Label(), inHistory(s, e))}
	if s.Known() && !s.Others(e.Account, detect.Action, e.Name()) {
		h.Weight = 2 * sekisho.Nat
		h.Reason += ", nor did anyone in account " + e.Account
	}
	return h
}
