package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ShellOpened fires when someone to whom that is new opens a shell on a machine
// or in a container, or switches on the serial consoles of a whole account.
//
// A shell on a machine whose role can give power is that role in hand: of it
// function-changed speaks, as of commands that are sent to machines.
var ShellOpened = detect.Detection{
	ID:    "shell-opened",
	Title: "Shell opened on a machine by a newcomer",
	Why: "Whoever is inside a machine has its role, its files and its neighbours, and what is done there leaves no record in the account. " +
		"The same few operators open shells; a key that never did has no business inside.",
	BlindTo: []string{
		"shells over the network, which the provider does not see",
		"an operator whose credentials are stolen",
		"what is typed in the shell, and what it does to the machine",
	},
	FalsePositives: []string{"an engineer's first night on call", "a new tool that connects to machines for people"},
	Keys:           "the kind of access: a shell on a machine, or the serial consoles",
	Phases:         []sekisho.Phase{"lateral-movement", "execution", "privilege-escalation"},
	Attack:         []string{"T1021.008", "T1651", "T1021.007"},
	Family:         sekisho.FamilyLineage,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "end the session, deny the actor opening others, and revoke the sessions of the machine's role",
	On:             detect.OnEffect(sekisho.ChangeWorkload, sekisho.RemoveGuard),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || byProvider(e) {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			switch {
			case x.Kind == sekisho.ChangeWorkload && x.What == "shell" && x.Workload != e.Actor.Workload,
				x.Kind == sekisho.RemoveGuard && x.What == "serial-console":
				if timesDone(s, e) > 0 || s.Automated() {
					return nil
				}
				return shellOn(s, e, x)
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a leaked key opens a shell on a machine", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 02:00:00 user/data compute:OpenShell +change(i-1,role=web,what=shell)
		`},
		{Name: "keys are pushed to three machines of which nothing is known", Trace: `
			> D0 02:00:00 user/x compute:PushKey +change(i-1,what=shell)
			  D0 02:00:01 user/x compute:PushKey x2 +change(i-{n}0,what=shell)
		`},
		{Name: "serial consoles are switched on for the account", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 02:00:00 user/data compute:EnableSerial +unguard(account,what=serial-console)
		`},
		{Name: "people who came through the directory open shells", Trace: `
			D0 09:00:00 sso/operator/carol compute:OpenShell +change(i-1,what=shell)
			D1 09:00:00 sso/operator/carol compute:OpenShell x3 +change(i-{n},what=shell)
			D2 09:00:00 human/dan compute:OpenShell +change(i-1,what=shell)
		`},
		{Name: "on an administrator's machine, of which function-changed speaks", Trace: `
			D0 08:00:00 user/ops identity:AttachRolePolicy +grant(role/init,admin)
			D3 02:00:00 user/data compute:OpenShell +change(i-1,role=init,what=shell)
		`},
		{Name: "a service and declared automation", Trace: `
			D0 09:00:00 service/patching compute:OpenShell +change(i-1,what=shell)
			D0 09:10:00 role/terraform-deployer/run compute:EnableSerial +unguard(account,what=serial-console)
		`},
		{Name: "a job that sends commands is watched elsewhere, and a refusal too", Trace: `
			D0 09:00:00 fn/patch compute:SendCommand x5 +change(i-{n},what=command)
			D0 09:10:00 user/dev compute:OpenShell outcome=denied +change(i-1,what=shell)
		`},
	},
}

// shellOn judges the first shell of an identity.
func shellOn(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect) *detect.Hit {
	h := &detect.Hit{Key: "shell", Reason: fmt.Sprintf("%s opened a shell on %s for the first time %s", who(&e.Actor), x.Workload, inHistory(s, e))}
	if x.Kind == sekisho.RemoveGuard {
		h.Key = x.What
		h.Reason = fmt.Sprintf("%s switched on the serial consoles of account %s, for the first time %s", who(&e.Actor), e.Account, inHistory(s, e))
	} else {
		role := x.Identity
		if role.Zero() {
			role = s.RoleOf(x.Workload)
		}
		if power, _ := s.Power(role); canRise(power) || vouched(s, e) {
			return nil // another behaviour's tripwire; and opening shells is people's work
		}
	}
	switch {
	case ticket(s, e) != "":
		h.Weight = sekisho.Nat
	case !s.Known():
		h.Weight = 3 * sekisho.Nat / 2
	}
	return h
}
