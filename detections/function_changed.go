package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// FunctionChanged fires when an identity that never did so before changes what
// an existing function, machine, build or task runs, or with which role.
//
// Why: whoever changes the code of a workload gets the workload's role, without
// ever asking for it; the next call of that role is made by someone else's code.
var FunctionChanged = detect.Detection{
	ID:    "function-changed",
	Title: "Existing workload changed by someone who never changed it",
	Why: "Replacing the code, a layer, the settings, the role or the trigger of an existing workload is a way to its role's power that leaves no trace in identity logs. " +
		"A workload has few authors and they stay the same; a new one, on a workload whose role can give power, is the step in which a leaked key becomes an administrator.",
	BlindTo: []string{
		"code replaced where the log does not look: in the repository that the workload is built from (of images and stored packages see changed-off-pipeline)",
		"an attacker who holds the credentials of the workload's usual author, or of its deployment",
		"the power of roles that neither an inventory nor the trail tells of: the change then weighs less",
	},
	FalsePositives: []string{
		"a colleague who takes over a workload, or repairs one at night",
		"a deployment tool on the first day that it is seen, unless it is declared as automation",
	},
	Keys:     "the workload: however often one lineage changes it, it counts once an episode; for machines without a powerful role, the kind of change",
	Phases:   []sekisho.Phase{"privilege-escalation", "execution", "persistence"},
	Attack:   []string{"T1648", "T1546", "T1098.003", "T1651"},
	Family:   sekisho.FamilyTripwire,
	Tripwire: true,
	Decisive: true,
	Weight:   7 * sekisho.Nat,
	Origin:   originTripwire,
	Feed:     detect.FeedManagementWrite,
	Cut:      "deny the actor further changes of workloads and stop the workload from running until its code is restored",
	On:       detect.OnEffect(sekisho.ChangeWorkload),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || s.Automated() || e.Actor.Type == sekisho.ActorService {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			if x.Kind != sekisho.ChangeWorkload || x.What == "create" || x.What == "shell" || artefacts[x.What] || codeOfBuilds[x.What] || x.Workload == "" || x.Workload == e.Actor.Workload {
				continue
			}
			if h := changedBy(s, e, x); h != nil {
				return h
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a leaked key replaces the code of an administrator's function", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x30
			  D1 09:00:00 user/data storage:ListBuckets x30
			  D2 08:00:00 user/ops identity:AttachPolicy +grant(role/init,admin)
			  D3 02:06:00 user/data function:ListFunctions
			> D3 02:08:00 user/data function:UpdateCode +change(function/init,role=init)
		`},
		{Name: "the same on the first day, with nothing known of the actor", Trace: `
			  D0 02:00:00 user/ops identity:AttachPolicy +grant(role/init,issues)
			  D0 02:06:00 user/data function:ListFunctions
			> D0 02:08:00 user/data function:UpdateSettings +change(function/init,role=init,what=configuration)
		`},
		{Name: "a role whose power nobody knows still counts a little", Trace: `
			> D0 09:00:00 role/developer/bob function:UpdateCode +change(function/report,role=report)
		`},
		{Name: "a developer works on a function of their own", Trace: `
			D0 09:00:00 user/dev function:Create +change(function/report,role=report,what=create)
			D0 09:05:00 user/dev function:UpdateCode +change(function/report,role=report)
			D0 09:06:00 user/dev function:UpdateSettings +change(function/report,role=report,what=configuration)
			D1 09:00:00 user/dev function:UpdateCode x3 +change(function/report,role=report)
			D8 09:00:00 user/dev function:UpdateCode +change(function/report,role=report)
		`},
		{Name: "a pipeline deploys", Trace: `
			D0 09:00:00 user/ops identity:AttachPolicy +grant(role/init,admin)
			D0 10:00:00 ci/deploy/shop function:UpdateCode +change(function/init,role=init)
			D1 10:00:00 ci/deploy/shop function:UpdateCode,UpdateSettings +change(function/init,role=init)
		`},
		{Name: "infrastructure as code at its daily work", Trace: `
			D0 09:00:00 role/platform/apply identity:ListRoles x60 client=terraform
			D0 09:02:00 role/platform/apply identity:AttachPolicy client=terraform +grant(role/web,limited,what=attach)
			D1 09:00:00 role/platform/apply identity:ListRoles x60 client=terraform
			D1 09:02:00 role/platform/apply identity:AttachPolicy client=terraform +grant(role/web,limited,what=attach)
			D2 09:00:00 role/platform/apply identity:ListRoles x60 client=terraform
			D2 09:02:00 role/platform/apply identity:AttachPolicy client=terraform +grant(role/web,limited,what=attach)
			D3 08:00:00 user/ops identity:AttachPolicy +grant(role/init,admin)
			D3 09:00:00 role/platform/apply function:UpdateSettings client=terraform +change(function/init,role=init,what=configuration)
		`},
		{Name: "a machine is set up by hand", Trace: `
			D0 09:00:00 human/carol identity:CreateRole +create(role/web)
			D0 09:00:10 human/carol identity:AttachRolePolicy +grant(role/web,limited)
			D0 09:00:20 human/carol identity:AddRoleToProfile +change(profile/web,role=web,what=profile)
		`},
		{Name: "an operator who opens shells on machines that come and go is known after the first", Trace: `
			> D0 09:00:00 sso/operator/carol compute:OpenShell +change(i-1,what=command)
			  D1 09:00:00 sso/operator/carol compute:OpenShell +change(i-2,what=command)
			  D2 09:00:00 sso/operator/carol compute:OpenShell +change(i-3,what=command)
		`},
	},
}

// opensOnly are the changes that let others run or read a workload but leave
// what it runs, and as whom, as it was.
var opensOnly = map[string]bool{"policy": true, "url": true}

// passing are the changes of machines and builds, which are replaced so often
// that the habit worth knowing is the action, not its target.
var passing = map[string]bool{"command": true, "shell": true, "build": true, "user-data": true, "profile": true}

// changedBy judges one change of one workload.
func changedBy(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect) *detect.Hit {
	own, all := s.Changers(x.Workload, e.Actor.ID)
	if own > 0 || passing[x.What] && timesDone(s, e) > 0 {
		return nil
	}
	// What the same lineage made, or has been changing today without this
	// behaviour having had a word to say, is its own.
	if c, ok := s.LastChange(x.Workload, e.Time); ok && (c.Ours || c.By == e.Actor.ID) {
		if _, fired := s.Fired("function-changed"); c.What == "create" || !fired {
			return nil
		}
	}
	role := roleFor(s, x)
	power, basis := s.Power(role)
	if ofBuild(e, x) && !canRise(power) {
		return nil // build-tampered speaks of it; here only what the role makes decisive
	}
	if ours, _, _ := s.Created(role); ours && passing[x.What] && !canRise(power) {
		return nil // a machine is set up: role, profile, then the one put on the other
	}
	if s.OfBuild() && !canRise(power) && timesDone(s, e) > 0 && !misused(s, e) {
		return nil // a deployment that has changed others before: the next one is its work
	}
	h := &detect.Hit{Key: x.Workload, Reason: fmt.Sprintf("%s changed %s of %s for the first time %s; %s",
		who(&e.Actor), x.What, x.Workload, inHistory(s, e), authors(all))}
	if !role.Zero() {
		h.Reason += fmt.Sprintf("; its role %s has %s", role.Label(), powerWords(power, basis))
	}
	if passing[x.What] && !canRise(power) {
		h.Key = x.What // a command goes to a hundred machines at once
	}
	switch {
	case ticket(s, e) != "":
		h.Demote, h.Weight = true, sekisho.Nat
		h.Reason += "; in change window " + ticket(s, e)
	case canRise(power) && !opensOnly[x.What]:
	case canRise(power):
		h.Demote, h.Weight = true, 4*sekisho.Nat
	case opensOnly[x.What] || power == sekisho.PowerLimited || !s.Known():
		h.Demote, h.Weight = true, 2*sekisho.Nat
	default:
		h.Demote, h.Weight = true, 3*sekisho.Nat+sekisho.Nat/2
	}
	return h
}

// misused reports whether a deployment is in other hands: it builds what a stranger just
// changed, or works from where it never did.
func misused(s *detect.Scope, e *sekisho.Event) bool {
	if _, changed := s.Fired("build-of-changed-source"); changed {
		return true
	}
	net := s.Network(e.IP)
	return e.IP != "" && net.Key != "" && !net.Declared && s.New(detect.Network, net.Key)
}

// authors says who else changed a workload before.
func authors(all int) string {
	if all == 0 {
		return "no change of it is on record before"
	}
	return "others changed it in " + plural(all, "episode")
}
