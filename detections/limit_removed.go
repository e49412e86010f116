package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// LimitRemoved fires when something that held an identity back is taken away: a
// quarantine, a boundary, a second factor, a deny.
//
// Why: a limit was put there by someone who feared what now becomes possible.
var LimitRemoved = detect.Detection{
	ID:    "limit-removed",
	Title: "Limit on an identity removed",
	Why: "A quarantine is put on an identity whose key has leaked, and only the leak's finder has a reason to lift it unseen. " +
		"Boundaries, denies and second factors are seldom removed, and by the same few people.",
	BlindTo: []string{
		"attempts that come to nothing (see the behaviour about decisive attempts)",
		"limits that are rewritten to allow more instead of being removed",
		"denies in policies of our own whose text the log never held",
	},
	FalsePositives: []string{"the quarantine is lifted once the leaked key is gone", "someone has a new phone"},
	Keys:           "the identity that was held back, and by what",
	Phases:         []sekisho.Phase{"defense-evasion", "privilege-escalation", "persistence"},
	Attack:         []string{"T1098.003", "T1556.006", "T1562.001"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Decisive:       true,
	Weight:         7 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "put the limit back and disable the credential that removed it",
	On:             detect.OnEffect(sekisho.RemoveLimit),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.RemoveLimit)
		a := &e.Actor
		switch {
		case a.Type == sekisho.ActorService, a.Type == sekisho.ActorDirectory && x != nil && x.What == "mfa":
			return nil // a directory's help desk does so daily: see the behaviour about replaced factors
		case x == nil || !e.Succeeded():
			return nil
		}
		self := isSelf(a, x.Identity)
		times := timesDone(s, e)
		of := x.Identity.Label()
		if self {
			of = "itself"
		}
		h := &detect.Hit{Key: x.What + " " + x.Identity.Label(), Reason: fmt.Sprintf("%s took the %s off %s; it did so in %s before %s",
			who(a), limitWords(x.What), of, plural(times, "episode"), inHistory(s, e))}
		demote := func(n sekisho.Nats) *detect.Hit {
			h.Demote, h.Weight = true, n
			return h
		}
		switch {
		case s.Automated():
			if x.What == "quarantine" {
				return demote(2 * sekisho.Nat)
			}
			return nil
		case ticket(s, e) != "":
			return demote(2 * sekisho.Nat)
		case x.What == "quarantine":
			return h
		case x.What == "mfa" && self:
			// A new phone begins with the old one being taken off.
			return nil
		case times >= routineTimes:
			return nil
		case x.What == "boundary" && self:
			return h
		case x.What == "mfa" || !s.Known() && vouched(s, e):
			return demote(3 * sekisho.Nat)
		}
		return demote(4 * sekisho.Nat)
	},
	Examples: []detect.Example{
		{Name: "a quarantine is lifted", Trace: `
			> D0 03:00:00 user/data identity:DetachUserPolicy +unlimit(user/data,what=quarantine)
		`},
		{Name: "a developer's role loses its boundary, by its own hand", Trace: `
			> D0 03:00:00 role/developer/bob identity:DeleteBoundary +unlimit(role/developer,what=boundary)
		`},
		{Name: "a second factor is taken off someone else", Trace: `
			> D0 03:00:00 user/data identity:DeactivateMFA +unlimit(user/boss,what=mfa)
		`},
		{Name: "someone has a new phone", Trace: `
			D0 09:00:00 human/alice identity:DeactivateMFA +unlimit(user/alice,what=mfa)
			D0 09:01:00 human/alice identity:EnableMFA
		`},
		{Name: "declared automation and a pipeline change boundaries", Trace: `
			D0 09:00:00 role/terraform-deployer/x identity:DeleteBoundary +unlimit(role/app,what=boundary)
			D0 09:10:00 ci/baseline/org organization:DetachPolicy +unlimit(role/app,what=deny)
		`},
		{Name: "it was refused, or the provider's service does it", Trace: `
			D0 09:00:00 user/data identity:DeleteBoundary outcome=denied target=user/data
			D0 09:10:00 service/directory identity:DeactivateMFA +unlimit(user/n1,what=mfa)
		`},
	},
}

// limitWords names a limit.
func limitWords(what string) string {
	switch what {
	case "mfa":
		return "second factor"
	case "boundary":
		return "permissions boundary"
	}
	return what
}
