package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// manyMachines is how many machines asked for in ten minutes make their
// protection telling. A start value, not yet fitted: by hand people start a
// few at a time, and larger fleets are not protected one by one.
const manyMachines = 10

// Entrenched fires when someone without that habit makes a machine or a
// resource hard to stop or remove: what the same lineage has just started, or
// by a policy that denies everyone else.
//
// Why: it buys whoever holds it time against those who clean up.
var Entrenched = detect.Detection{
	ID:    "entrenched",
	Title: "Resource made hard to stop by someone who never did so",
	Why: "Protection against termination is for machines that matter for years, and is set by what builds them. " +
		"Set by hand on machines that were started minutes before, it is there to keep the owner of the account from stopping them.",
	BlindTo: []string{
		"machines that are started again as fast as they are stopped",
		"protection that was set by the call that started the machine, where the record does not say so",
	},
	FalsePositives: []string{"an important machine is set up by hand, with all that belongs to it"},
	Keys:           "the kind of protection: however many machines, it counts once an episode",
	Phases:         []sekisho.Phase{"impact", "persistence"},
	Attack:         []string{"T1496.001", "T1578.005"},
	Family:         sekisho.FamilyAction,
	Decisive:       true,
	Weight:         2 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "disable the credential that set it, take the protection off, and stop the machines",
	On:             detect.OnEffect(sekisho.Entrench),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.Entrench)
		if x == nil || !e.Succeeded() || byProvider(e) || s.Automated() {
			return nil
		}
		times := timesDone(s, e)
		c, changed := s.LastChange(x.Resource, e.Time)
		fresh := changed && c.Ours && c.What == "create" || e.Find(sekisho.LaunchCompute) != nil
		machines := s.Burst(10 * time.Minute).Machines
		_, accelerated := s.Fired("gpu-launched")
		mass := machines >= manyMachines || accelerated
		if times >= routineTimes || !mass && (!s.Known() && vouched(s, e) || x.What != "policy" && (times > 0 || !fresh)) {
			return nil
		}
		h := &detect.Hit{Key: x.What, Reason: fmt.Sprintf("%s put a %s on %s; it did so in %s before %s", who(&e.Actor), entrenchWords(x.What),
			x.Resource, plural(times, "episode"), inHistory(s, e))}
		if changed && fresh {
			h.Reason += fmt.Sprintf("; the same lineage started it %s before", ago(c.At, e.Time))
		}
		switch {
		case ticket(s, e) != "":
			h.Weight = sekisho.Nat / 2
		case mass:
			h.Weight = 4 * sekisho.Nat
			h.Reason += fmt.Sprintf("; %d machines were asked for in the last ten minutes", machines)
		case x.What == "policy" && s.Known():
			h.Weight = 3 * sekisho.Nat
		case vouched(s, e) || !s.Known():
			h.Weight = sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a known key starts a machine and protects it", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			  D3 03:00:00 user/data compute:RunInstances +launch(m.large) +change(i-9,role=web,what=create)
			> D3 03:01:00 user/data compute:ModifyInstance +entrench(i-9)
		`},
		{Name: "twenty machines on the first day", Trace: `
			  D0 03:00:00 role/developer/bob compute:RunInstances +launch(c.large,n=20)
			> D0 03:01:00 role/developer/bob compute:ModifyInstance +entrench(i-{n}) x1
			  D0 03:01:10 role/developer/bob compute:ModifyInstance +entrench(i-2)
		`},
		{Name: "accelerated machines that do not stop", Trace: `
			  D0 03:00:00 user/boss compute:RunInstances +launch(gpu.large,gpu) +change(i-9,what=create)
			> D0 03:01:00 user/boss compute:ModifyInstance +entrench(i-9,what=stop-protection)
		`},
		{Name: "an important machine is set up on a first day", Trace: `
			D0 09:00:00 human/carol compute:RunInstances +launch(m.large) +change(i-1,what=create)
			D0 09:01:00 human/carol compute:ModifyInstance +entrench(i-1)
		`},
		{Name: "a machine that has been there for long", Trace: `
			D0 09:00:00 user/ops compute:ListInstances x60
			D9 09:01:00 user/ops compute:ModifyInstance +entrench(i-1)
		`},
		{Name: "declared automation and a pipeline build servers", Trace: `
			D0 09:00:00 role/terraform-deployer/x compute:RunInstances +launch(m.large,n=12)
			D0 09:01:00 role/terraform-deployer/x compute:ModifyInstance +entrench(i-{n}) x12
			D0 09:10:00 ci/deploy/shop database:ModifyDatabase +entrench(db-1,what=deletion-protection)
			D0 09:20:00 service/scaling compute:ModifyInstance +entrench(i-1)
		`},
	},
}

// entrenchWords names a protection.
func entrenchWords(what string) string {
	switch what {
	case "termination-protection":
		return "protection against termination"
	case "stop-protection":
		return "protection against stopping"
	case "policy":
		return "policy that denies others"
	}
	return "protection against deletion"
}
