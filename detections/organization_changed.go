package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// OrganizationChanged fires when someone who never did so takes an account out
// of its organisation, into another, or takes the organisation's rules and
// services off its accounts.
//
// Why: above the account there is nothing but the organisation.
var OrganizationChanged = detect.Detection{
	ID:    "organization-changed",
	Title: "Account or its rules taken out of the organisation's hands",
	Why: "An account that leaves its organisation leaves the guard rails, the central trail and the hands of those who could stop it. " +
		"The tree of accounts changes a few times a year, by the same one or two people or by a machine for new accounts.",
	BlindTo: []string{
		"attempts that come to nothing (see the behaviour about decisive attempts)",
		"rules of the organisation that are rewritten to allow more, while they stay attached",
		"what happens in the management account of another organisation, whose log is not ours",
	},
	FalsePositives: []string{"a part of the company is sold or bought", "the first accounts of a new organisation, made by hand"},
	Keys:           "what was done to the tree (leave, accept, remove, …)",
	Phases:         []sekisho.Phase{"defense-evasion", "impact"},
	Attack:         []string{"T1666", "T1562.001"},
	Family:         sekisho.FamilyAction,
	Decisive:       true,
	Weight:         4 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "disable the credential that did it, and take the account back in before it is used",
	On:             detect.OnEffect(sekisho.ChangeOrganization),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.ChangeOrganization)
		if x == nil || !e.Succeeded() || e.Actor.Type == sekisho.ActorService {
			return nil
		}
		stake := atStake(x.What)
		times := timesDone(s, e)
		if stake == 0 || times >= routineTimes {
			return nil
		}
		h := &detect.Hit{Key: x.What, Weight: stake, Reason: fmt.Sprintf("%s %s in account %s; it did so in %s before %s",
			who(&e.Actor), treeWords(x), e.Account, plural(times, "episode"), inHistory(s, e))}
		if w := outsiders(s, x.With); len(w) > 0 {
			h.Reason += "; " + withWords(w) + " is none of ours"
		}
		switch {
		case s.Automated():
			if stake < 4*sekisho.Nat || !s.New(detect.Action, e.Name()) {
				return nil
			}
			h.Weight = 2 * sekisho.Nat
		case ticket(s, e) != "":
			h.Weight = sekisho.Nat
		case times > 0 || !s.Known() && vouched(s, e):
			h.Weight = stake / 2
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "an account leaves its organisation and accepts another's invitation", Trace: `
			> D0 03:00:00 role/admin/bob organization:LeaveOrganization +tree(o-1,what=leave)
			> D0 03:10:00 role/admin/bob organization:AcceptHandshake +tree(o-2,what=accept)
		`},
		{Name: "a whole type of guard rail is switched off", Trace: `
			  D0 09:00:00 user/ops identity:ListRoles x60
			> D3 03:00:00 user/ops organization:DisablePolicyType +tree(r-1,what=guard-off)
		`},
		{Name: "declared automation and a pipeline make accounts", Trace: `
			D0 09:00:00 role/terraform-deployer/x organization:CreateAccount +tree(o-1,what=create,with=222233334444)
			D0 09:10:00 ci/platform/accounts organization:InviteAccount +tree(o-1,what=invite,with=222233334444)
		`},
		{Name: "someone whose work it is to give out accounts", Trace: `
			D0 09:00:00 fn/vending organization:CreateAccount outcome=failed +tree(o-1,what=create)
			D0 09:10:00 role/terraform-deployer/x organization:RemoveAccount +tree(o-1,what=remove,with=222233334444)
		`},
		{Name: "the provider's own service moves accounts, and people look at the tree", Trace: `
			D0 09:00:00 service/organization organization:CreateAccount +tree(o-1,what=create,with=222233334444)
			D0 09:10:00 human/carol organization:ListAccounts,DescribeOrganization
			D0 09:20:00 user/audit organization:ListPolicies outcome=denied
		`},
	},
}

// atStake is what a change of the tree claims. What frees an account of all
// rules at once is worth most; a new account of ours is ordinary growth.
func atStake(what string) sekisho.Nats {
	switch what {
	case "leave", "guard-off":
		return 4 * sekisho.Nat
	case "accept", "remove", "close", "delegate", "service-off":
		return 3 * sekisho.Nat
	case "invite":
		return 2 * sekisho.Nat
	case "create":
		return sekisho.Nat
	}
	return 0
}

// treeWords say what was done to the tree of accounts.
func treeWords(x *sekisho.Effect) string {
	of := "an account"
	if len(x.With) > 0 {
		of = "account " + strings.Join(x.With[:min(len(x.With), 3)], ", ")
	}
	switch x.What {
	case "leave":
		return "took its account out of the organisation"
	case "guard-off":
		return "switched a whole type of guard rail off (" + x.Resource + ")"
	case "accept":
		return "accepted an organisation's invitation (" + x.Resource + ")"
	case "remove":
		return "removed " + of + " from the organisation"
	case "close":
		return "closed " + of
	case "delegate":
		return "made " + of + " an administrator of a service for all accounts"
	case "service-off":
		return "cut a service off all accounts (" + x.Resource + ")"
	case "invite":
		return "invited " + of
	}
	return "made " + of
}
