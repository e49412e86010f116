package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ProviderAdded fires when an identity provider or a trust anchor is added or
// changed by someone who is not known automation.
//
// Why: whoever controls the provider can vouch for anyone.
var ProviderAdded = detect.Detection{
	ID:    "provider-added",
	Title: "Identity provider or trust anchor added or changed",
	Why: "Whoever an identity provider vouches for may come in, without a key of ours. An organisation sets one up a few times in its life; " +
		"an attacker does so to keep a way in that survives every rotation of keys.",
	BlindTo:        []string{"a provider of ours that is itself taken over", "roles that already trust the provider too widely"},
	FalsePositives: []string{"builds or a directory are connected by hand", "the yearly renewal of a signing certificate"},
	Keys:           "the provider or trust anchor",
	Phases:         []sekisho.Phase{"persistence", "privilege-escalation"},
	Attack:         []string{"T1484.002", "T1098.001"},
	Family:         sekisho.FamilyLineage,
	Decisive:       true,
	Weight:         4 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "remove the provider and disable the credential that added it",
	On:             detect.OnEffect(sekisho.AddProvider),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.AddProvider)
		if x == nil || !e.Succeeded() || e.Actor.Type == sekisho.ActorService || s.Automated() || seenOnTarget(s, e) {
			return nil
		}
		h := &detect.Hit{Key: x.Resource, Reason: fmt.Sprintf("%s added or changed the provider %s (%s); it did so in %s before %s",
			who(&e.Actor), x.Resource, x.What, plural(timesDone(s, e), "episode"), inHistory(s, e))}
		switch {
		case ticket(s, e) != "":
			h.Weight = sekisho.Nat
		case s.Usual(detect.Action, e.Name()):
			h.Weight = 2 * sekisho.Nat
		case vouched(s, e):
			h.Weight = 3 * sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a leaked key adds a provider", Trace: `
			> D0 03:00:00 user/data identity:CreateProvider +provider(https://login.example.net)
		`},
		{Name: "a function's role adds a trust anchor", Trace: `
			  D0 09:00:00 fn/init compute:ListInstances x20
			> D1 03:00:00 fn/init identity:CreateAnchor +provider(anchor-1,what=anchor)
		`},
		{Name: "automation connects the builds", Trace: `
			D0 09:00:00 role/terraform-deployer/x identity:CreateProvider +provider(https://builds.example.com)
		`},
		{Name: "a pipeline sets up an account", Trace: `
			D0 09:00:00 ci/baseline/org identity:CreateProvider +provider(https://builds.example.com)
		`},
		{Name: "the provider's own service, and people who only look", Trace: `
			D0 09:00:00 service/directory identity:CreateProvider +provider(directory,what=saml)
			D0 09:10:00 human/carol identity:ListProviders
			D0 09:11:00 user/audit identity:GetProvider
			D0 09:12:00 user/data identity:CreateProvider outcome=denied target=https://login.example.net
		`},
	},
}
