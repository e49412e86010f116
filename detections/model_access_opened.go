package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ModelAccessOpened fires when an identity that never did so asks for access to
// a model or agrees to its terms.
//
// Why: it is done once for a model, by whoever is responsible for the account;
// a program or a key that does it prepares to spend someone else's money.
var ModelAccessOpened = detect.Detection{
	ID:    "model-access-opened",
	Title: "Access to models asked for or agreed to",
	Why: "Before a model answers, someone fills in what it is for, agrees to its terms and switches it on. People do that in the console; " +
		"thieves of model access script the three calls, for every model there is.",
	BlindTo:        []string{"models that need no agreement", "an account in which all models are open already"},
	FalsePositives: []string{"a team that begins with a model and sets it up by script", "a provider's new model is switched on"},
	Keys:           "one an episode: form, agreement and entitlement are one chain",
	Phases:         []sekisho.Phase{"resource-development", "impact"},
	Attack:         []string{"T1496.004", "T1588.007"},
	Atlas:          []string{"AML.T0040"},
	Family:         sekisho.FamilyAction,
	Decisive:       true,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "deny the identity model use, and withdraw the agreement",
	On:             detect.OnEffect(sekisho.OpenModel) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.OpenModel)
		if !e.Succeeded() {
			x = e.FindTried(sekisho.OpenModel)
		}
		if x == nil || byProvider(e) || s.Automated() || timesDone(s, e) > 0 {
			return nil
		}
		// Terms are agreed to on a market that sells much else; there they are a
		// model's if models were what the lineage looked at.
		if e.Topic != sekisho.TopicModel && s.Burst(soon).Models == 0 {
			if _, again := s.Fired("model-access-opened"); !again {
				return nil
			}
		}
		what := x.What
		if what == "use-case" {
			what = "form on what models are for"
		}
		h := &detect.Hit{Reason: fmt.Sprintf("%s sent the %s of %s%s; %s", who(&e.Actor), what, modelName(x.Resource), ending(e), never(s, e))}
		switch {
		case vouched(s, e):
			if s.Usual(detect.Service, e.Service) || !e.Succeeded() || !s.Known() {
				return nil // a person who works with models, or begins to
			}
			h.Weight = sekisho.Nat
		case ticket(s, e) != "":
			h.Weight = sekisho.Nat
		case !e.Succeeded():
			h.Weight = 3 * sekisho.Nat / 2
		case !s.Known():
			h.Weight = 2 * sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a storage key goes through all three calls", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app model:PutUseCase +agree(all,what=use-case)
			> D3 02:00:03 user/app model:CreateAgreement +agree(large,what=agreement)   # a tripwire, now that novelty has put the lineage in doubt
			  D3 02:00:06 user/app model:PutEntitlement +agree(large,what=entitlement)
		`},
		{Name: "a machine's role is refused", Trace: `
			> D0 02:00:00 inst/i-1 model:CreateAgreement outcome=denied +agree(large)
		`},
		{Name: "terms are agreed to on a market, after a look at the models", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:00:00 user/app model:ListModels
			> D3 02:00:10 user/app billing:AcceptAgreement +agree(offer-1)
		`},
		{Name: "something else is bought on a market", Trace: `
			D0 09:00:00 user/app storage:ListBuckets x60
			D3 09:00:00 user/app billing:Subscribe +agree(firewall)
		`},
		{Name: "a developer sets a model up", Trace: `
			D0 09:00:00 sso/dev/bob model:ListModels,PutUseCase +agree(all,what=use-case)
			D0 09:01:00 human/carol model:CreateAgreement +agree(large)
		`},
		{Name: "declared automation and a build switch models on", Trace: `
			D0 09:00:00 role/terraform-deployer/x model:PutEntitlement +agree(large,what=entitlement)
			D0 09:10:00 ci/platform/models model:CreateAgreement +agree(large)
		`},
		{Name: "access is looked at, not asked for", Trace: `
			D0 09:00:00 user/app model:GetUseCase,ListAgreements
			D0 09:10:00 agent/coder model:InvokeModel +model(large) x10
		`},
	},
}

// modelName is a model in a sentence.
func modelName(resource string) string {
	if resource == "" {
		return "all models"
	}
	return resource
}
