package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// AdminGranted fires when an identity gives itself, what it made, or someone
// else the power of an administrator.
//
// Why: it is the point of no return; after it there is nothing that cannot be
// undone by the other side.
var AdminGranted = detect.Detection{
	ID:    "admin-granted",
	Title: "Administrator's power given",
	Why: "Nobody with a good reason needs to give power to themselves: who may do so has it already. And few ever make an identity and give it everything in one sitting: " +
		"administrators come through a directory or a deployment.",
	BlindTo: []string{
		"a policy that gives everything by way of a name alone, whose text the log never held",
		"membership in groups whose power neither an inventory nor the trail tells of",
		"power given through what trusts the identity, not through its own policies (see trust-opened)",
	},
	FalsePositives: []string{
		"the first administrators of a new account",
		"break-glass exercises, unless they are declared as a change window",
	},
	Keys:     "the identity or policy that gained the power",
	Phases:   []sekisho.Phase{"privilege-escalation", "persistence"},
	Attack:   []string{"T1098.003", "T1098.001"},
	Family:   sekisho.FamilyTripwire,
	Tripwire: true,
	Weight:   7 * sekisho.Nat,
	Origin:   originTripwire,
	Feed:     detect.FeedManagementWrite,
	Cut:      "take the policy back and disable the credential that gave it",
	On:       detect.OnEffect(sekisho.GrantPower),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || e.Actor.Type == sekisho.ActorService || s.Automated() {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			if x.Kind != sekisho.GrantPower || x.What == "defined" {
				continue // what nobody holds gives nothing yet
			}
			if h := granted(s, e, x); h != nil {
				return h
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a leaked key attaches everything to itself", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x30
			  D1 09:00:00 user/data storage:ListBuckets x30
			> D3 03:00:00 user/data identity:AttachUserPolicy +grant(user/data,admin)
		`},
		{Name: "a new user and everything for it", Trace: `
			  D0 02:11:00 user/boss identity:CreateUser +create(user/backdoor)
			> D0 02:11:20 user/boss identity:AttachUserPolicy +grant(user/backdoor,admin)
		`},
		{Name: "a new version of a policy that the caller holds", Trace: `
			> D0 03:00:00 role/developer/bob identity:CreatePolicyVersion +grant(policy/dev,admin,what=version)
		`},
		{Name: "a policy of our own that gives everything, by its name alone", Trace: `
			  D0 09:00:00 user/ops identity:CreatePolicy +grant(policy/ours,admin,what=defined)
			  D0 09:10:00 user/data storage:ListBuckets x30
			  D1 09:00:00 user/data storage:ListBuckets x30
			> D3 03:00:00 user/data identity:AttachUserPolicy +grant(user/data,unknown,policy=ours)
		`},
		{Name: "an old version of a policy is put in force again", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data identity:SetPolicyVersion +grant(policy/ours,unknown,what=version)
		`},
		{Name: "small rights for joiners, and a policy that nobody holds yet", Trace: `
			D0 09:00:00 human/carol identity:CreateUser +create(user/n1)
			D0 09:01:00 human/carol identity:AttachUserPolicy +grant(user/n1,limited)
			D0 09:02:00 human/carol identity:CreatePolicy +grant(policy/all,admin,what=defined)
		`},
		{Name: "a pipeline and declared automation set up an account", Trace: `
			D0 09:00:00 ci/baseline/org identity:CreateRole +create(role/admin)
			D0 09:00:10 ci/baseline/org identity:AttachRolePolicy +grant(role/admin,admin)
			D0 09:30:00 role/terraform-deployer/x identity:AttachRolePolicy +grant(role/ops,admin)
		`},
		{Name: "the provider's own service makes its role", Trace: `
			D0 09:00:00 service/deploy identity:AttachRolePolicy +grant(role/service,admin)
			D0 09:01:00 user/dev identity:PutRolePolicy +grant(role/app,limited,what=inline)
		`},
	},
}

// granted judges one grant.
func granted(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect) *detect.Hit {
	a := &e.Actor
	power := s.Granted(x)
	if x.What == "group" && !canRise(power) {
		// Calls may leave out whose account the member is in.
		power, _ = s.Power(sekisho.Ref{Name: x.Resource, Account: e.Account, Type: "group"})
	}
	// A version with nobody named may be the caller's own policy: it is how one
	// rises without touching an identity.
	shared := x.Identity.Zero()
	self := !shared && isSelf(a, x.Identity)
	to := x.Identity.Label()
	if shared {
		to = "all who hold " + x.Policy
	}
	if !canRise(power) && !self {
		return broughtBack(s, e, x, power, to)
	}
	had, basis := s.Power(refOf(a))
	usual := s.Usual(detect.Action, e.Name())
	h := &detect.Hit{Key: to, Reason: fmt.Sprintf("%s gave %s to %s; it had %s, and did so in %s before %s", who(a), gift(power), to,
		powerWords(had, basis), plural(timesDone(s, e), "episode"), inHistory(s, e))}
	demote := func(n sekisho.Nats) *detect.Hit {
		if power == sekisho.PowerAdmin && s.Doubted() && ticket(s, e) == "" && !applied(s, e) {
			h.Reason += "; its lineage is in doubt"
			return h
		}
		h.Demote, h.Weight = true, n
		return h
	}
	ours, _, at := s.Created(x.Identity)
	if ours {
		h.Reason += fmt.Sprintf("; it had made %s %s before", to, ago(at, e.Time))
	}
	switch {
	case ticket(s, e) != "":
		return demote(2 * sekisho.Nat)
	case self && power == sekisho.PowerAdmin && !(had == sekisho.PowerAdmin && basis == sekisho.BasisKnown):
		return h
	case self && power == sekisho.PowerLimited:
		return demote(sekisho.Nat)
	case self:
		return demote(4 * sekisho.Nat)
	case power == sekisho.PowerIssues:
		if usual {
			return nil
		}
		return demote(2 * sekisho.Nat)
	case usual:
		return demote(2 * sekisho.Nat)
	case applied(s, e):
		return demote(2 * sekisho.Nat)
	case !s.Known() && vouched(s, e):
		return demote(3 * sekisho.Nat)
	case shared:
		return h
	case ours && x.Identity.Type == "role" && !s.Known():
		// On a first day a tool that makes roles looks like this, unless the
		// role was also opened to an outsider.
		if _, opened := s.Fired("trust-opened"); opened {
			return h
		}
		return demote(4 * sekisho.Nat)
	case ours:
		return h
	}
	return demote(4 * sekisho.Nat)
}

// broughtBack judges a version of a policy that is put in force again, whose
// text the log never held: an old one may allow what was since taken away. Who
// writes a version says what it allows; who only picks one does not.
func broughtBack(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect, power sekisho.Power, to string) *detect.Hit {
	if x.What != "version" || power != sekisho.PowerUnknown || s.Usual(detect.Action, e.Name()) || ticket(s, e) != "" || !s.Known() && vouched(s, e) {
		return nil
	}
	h := &detect.Hit{Key: to, Demote: true, Weight: sekisho.Nat, Reason: fmt.Sprintf("%s gave version %s of a policy to %s; what it allows is not on record, and it did so in %s before %s",
		who(&e.Actor), x.Resource, to, plural(timesDone(s, e), "episode"), inHistory(s, e))}
	if s.Known() {
		h.Weight = 3 * sekisho.Nat
	}
	return h
}

// gift names a power that is given.
func gift(p sekisho.Power) string {
	switch p {
	case sekisho.PowerAdmin:
		return "administrator's power"
	case sekisho.PowerIssues:
		return "power to give power"
	case sekisho.PowerLimited:
		return "more permissions"
	}
	return "permissions of unknown reach"
}
