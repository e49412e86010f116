package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ShellOpened fires when someone to whom that is new opens a shell on a machine
// or in a container, or switches on the serial consoles of a whole account.
//
// A shell on a machine whose role can give power is the machine's role in hand;
// opened by a credential behind which no person is proven, it is a tripwire.
// Commands that are sent to machines are changes of what they run: see there.
var ShellOpened = detect.Detection{
	ID:    "shell-opened",
	Title: "Shell opened on a machine by a newcomer",
	Why: "Whoever is inside a machine has its role, its files and its neighbours, and what is done there leaves no record in the account. " +
		"The same few operators open shells; a key that never did has no business inside.",
	BlindTo: []string{
		"shells over the network, which the provider does not see",
		"an operator whose credentials are stolen",
		"the power of roles that neither an inventory nor the trail tells of: the shell then weighs less",
	},
	FalsePositives: []string{"an engineer's first night on call", "a new tool that connects to machines for people"},
	Keys:           "the machine, if its role can give power; else the kind of access",
	Phases:         []sekisho.Phase{"lateral-movement", "execution", "privilege-escalation"},
	Attack:         []string{"T1021.008", "T1651", "T1021.007"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         6 * sekisho.Nat,
	Origin:         originTripwire,
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
		{Name: "a leaked key opens a shell on an administrator's machine", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x30
			  D1 09:00:00 user/data storage:ListBuckets x30
			  D2 08:00:00 user/ops identity:AttachRolePolicy +grant(role/init,admin)
			> D3 02:00:00 user/data compute:OpenShell +change(i-1,role=init,what=shell)
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
	if x.Kind == sekisho.RemoveGuard {
		h := &detect.Hit{Key: x.What, Demote: true, Weight: 3 * sekisho.Nat, Reason: fmt.Sprintf("%s switched on the serial consoles of account %s, for the first time %s",
			who(&e.Actor), e.Account, inHistory(s, e))}
		if !s.Known() || ticket(s, e) != "" {
			h.Weight = sekisho.Nat
		}
		return h
	}
	role := x.Identity
	if role.Zero() {
		role = s.RoleOf(x.Workload)
	}
	power, basis := s.Power(role)
	h := &detect.Hit{Key: "shell", Demote: true, Reason: fmt.Sprintf("%s opened a shell on %s for the first time %s", who(&e.Actor), x.Workload, inHistory(s, e))}
	if canRise(power) {
		h.Key = x.Workload
		h.Reason += fmt.Sprintf("; its role %s has %s", role.Label(), powerWords(power, basis))
	}
	person := vouched(s, e)
	switch {
	case ticket(s, e) != "":
		h.Weight = sekisho.Nat
	case canRise(power) && s.Known() && !person:
		h.Demote = false
	case canRise(power):
		h.Weight = 3 * sekisho.Nat
	case person:
		return nil // opening shells is people's work; what they find there is not
	case s.Known():
		h.Weight = 3 * sekisho.Nat
	default:
		h.Weight = 3 * sekisho.Nat / 2
	}
	return h
}
