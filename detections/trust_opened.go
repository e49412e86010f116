package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// TrustOpened fires when a role's trust is opened to an account that is neither
// ours nor a partner's, to everyone, or, on an administrator's role, to anyone.
//
// Why: a trust outlives every key; whoever it names comes back after the leak
// is closed.
var TrustOpened = detect.Detection{
	ID:    "trust-opened",
	Title: "Role opened to outsiders",
	Why: "A role that trusts an outside account can be taken from there, with credentials that we neither see nor can disable. " +
		"Vendors are let in that way too, but to roles made for them and seldom to one that exists and has power.",
	BlindTo: []string{
		"a condition in the trust that closes it again: the trust is read as open",
		"accounts of ours that are neither declared nor in the trail, which look like outsiders",
	},
	FalsePositives: []string{"a vendor's connector is set up by hand", "an account of ours that is not declared"},
	Keys:           "the role that was opened",
	Phases:         []sekisho.Phase{"persistence", "privilege-escalation"},
	Attack:         []string{"T1098.003", "T1199", "T1484.002"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         7 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "deny the outsider in the role's trust, end its sessions, and disable the credential that opened it",
	On:             detect.OnEffect(sekisho.OpenTrust),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.OpenTrust)
		if x == nil || !e.Succeeded() || e.Actor.Type == sekisho.ActorService {
			return nil
		}
		out := outsiders(s, x.With)
		power, basis := s.Power(x.Identity)
		h := &detect.Hit{Key: x.Identity.Label(), Reason: fmt.Sprintf("%s let %s assume %s, which has %s", who(&e.Actor), withWords(out),
			x.Identity.Label(), powerWords(power, basis))}
		demote := func(n sekisho.Nats) *detect.Hit {
			if len(out) > 0 && s.Doubted() && power != sekisho.PowerLimited && ticket(s, e) == "" {
				h.Reason += "; its lineage is in doubt"
				return h
			}
			h.Demote, h.Weight = true, n
			return h
		}
		before := seenOnTarget(s, e)
		switch {
		case s.Automated():
			// Its definition is in a repository; what is new to it still counts.
			if len(out) > 0 && s.New(detect.Action, e.Name()) {
				return demote(2 * sekisho.Nat)
			}
			return nil
		case len(out) == 0:
			if power == sekisho.PowerLimited || before || s.Usual(detect.Action, e.Name()) {
				return nil
			}
			if ours, _, _ := s.Created(x.Identity); ours || e.Find(sekisho.CreateIdentity) != nil {
				return nil
			}
			unknown := !canRise(power)
			if unknown && (!opensAtHome(s, e, x.With) || !s.Known() && vouched(s, e) || ticket(s, e) != "") {
				return nil
			}
			h.Reason = fmt.Sprintf("%s changed who may assume %s, which has %s, for the first time %s", who(&e.Actor), x.Identity.Label(),
				powerWords(power, basis), inHistory(s, e))
			switch {
			case !unknown:
				return demote(3 * sekisho.Nat)
			case s.Known():
				return demote(2 * sekisho.Nat)
			}
			return demote(sekisho.Nat)
		case ticket(s, e) != "":
			return demote(2 * sekisho.Nat)
		case canRise(power):
			return h
		case everyone(out) && power != sekisho.PowerLimited:
			return h
		case before || timesDone(s, e) >= routineTimes && power == sekisho.PowerLimited:
			return demote(sekisho.Nat)
		case power == sekisho.PowerLimited || e.Find(sekisho.CreateIdentity) != nil:
			return demote(3 * sekisho.Nat)
		}
		return demote(4 * sekisho.Nat)
	},
	Examples: []detect.Example{
		{Name: "an administrator's role lets an outsider in", Trace: `
			  D0 09:00:00 user/ops identity:AttachRolePolicy +grant(role/admin,admin)
			> D3 03:00:00 user/data identity:UpdateTrust +trust(role/admin,with=999988887777)
		`},
		{Name: "a role for everyone", Trace: `
			> D0 03:00:00 role/developer/bob identity:UpdateTrust +trust(role/data,with=*)
		`},
		{Name: "a new role for an outsider", Trace: `
			> D0 03:00:00 user/data identity:CreateRole +create(role/support) +trust(role/support,with=999988887777)
		`},
		{Name: "a key lets itself into a role of which nobody knows what it may do", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data identity:UpdateTrust +trust(role/batch,with=111122223333)
		`},
		{Name: "a role for our own account and for a partner's", Trace: `
			D0 09:00:00 user/ops identity:CreateRole +create(role/app) +trust(role/app,with=111122223333)
			D0 09:10:00 human/carol identity:UpdateTrust +trust(role/scanner,with=777788889999)
		`},
		{Name: "a role for a build's identity provider", Trace: `
			D0 09:00:00 human/carol identity:UpdateTrust +trust(role/deploy,with=builds.example.com)
		`},
		{Name: "declared automation and a pipeline connect a vendor", Trace: `
			D0 09:00:00 role/terraform-deployer/x identity:CreateRole +create(role/vendor) +trust(role/vendor,with=999988887777)
			D0 09:10:00 ci/baseline/org identity:UpdateTrust +trust(role/vendor,with=999988887777)
		`},
	},
}

// opensAtHome reports whether a trust lets identities of the role's own account
// in, and not only the provider's services: what lets someone rise who is in
// already.
func opensAtHome(s *detect.Scope, e *sekisho.Event, with []string) bool {
	for _, w := range with {
		if w == e.Account || w == "*" || w != "" && strings.Trim(w, "0123456789") == "" && !s.Trusted(w) {
			return true
		}
	}
	return false
}
