package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ModelUseUnusual fires when a program that runs models runs one where nobody
// of the account did anything before, or runs one that nobody ran from a place
// or with a program that is new to it.
//
// Why: whoever is after models takes the best that is to be had, in whichever
// region has it; an account's own use keeps to a few of both.
var ModelUseUnusual = detect.Detection{
	ID:    "model-use-unusual",
	Title: "Model run that is strange to identity and account",
	Why: "An identity that may run models is the best find of all for a thief of model access, and runs models every day as it is. " +
		"What gives the thief away is what is run and where: models and regions that neither the identity nor anyone of its account used.",
	BlindTo:        []string{"a thief who runs the usual model in the usual region (see the behaviours about volume and place)", "newcomers, of whom nothing is usual yet"},
	FalsePositives: []string{"a service is opened in a new region", "a program moves to a new model and a new place in one day"},
	Keys:           "the region, or the model",
	Phases:         []sekisho.Phase{"impact"},
	Attack:         []string{"T1496.004", "T1535"},
	Atlas:          []string{"AML.T0040", "AML.T0034"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementRead,
	Cut:            "deny the identity models and regions that its work does not need",
	On:             detect.OnEffect(sekisho.InvokeModel) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.InvokeModel)
		if !e.Succeeded() {
			x = e.FindTried(sekisho.InvokeModel)
		}
		if x == nil || byProvider(e) {
			return nil
		}
		// Who never ran a model, or explored before, is model-use-after-recon's.
		newRegion := e.Region != "" && s.New(detect.Region, e.Region) && !s.Others(e.Account, detect.Region, e.Region)
		newModel := s.New(detect.Model, x.Resource) && !s.Others(e.Account, detect.Model, x.Resource)
		if !newRegion && !newModel || !s.Usual(detect.Service, e.Service) || s.Automated() {
			return nil
		}
		if newModel && e.Succeeded() {
			for _, before := range suspectBefore {
				if _, ok := s.Fired(before); ok {
					return nil
				}
			}
		}
		strange := newPlace(s, e) || e.Client.Family != "" && s.New(detect.Software, softwareOf(&e.Client))
		var h *detect.Hit
		switch {
		case newRegion:
			h = &detect.Hit{Key: e.Region, Weight: 2 * sekisho.Nat, Reason: fmt.Sprintf("%s ran model %s in %s%s, where nobody of account %s was seen %s",
				who(&e.Actor), x.Resource, e.Region, ending(e), e.Account, inHistory(s, e))}
			if newModel {
				h.Weight += sekisho.Nat
				h.Reason += "; the model is new as well"
			}
		case strange:
			h = &detect.Hit{Key: x.Resource, Weight: 2 * sekisho.Nat, Reason: fmt.Sprintf("%s ran model %s%s, which nobody of account %s ran, from a place or with a program new to it %s",
				who(&e.Actor), x.Resource, ending(e), e.Account, inHistory(s, e))}
		default:
			return nil // newer models come out every month
		}
		if ticket(s, e) != "" || vouched(s, e) || !e.Succeeded() {
			h.Weight /= 2
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a chat program's key, in a region where nobody works", Trace: `
			  D0 09:00:00 user/chat model:InvokeModel +model(small) x60
			  D1 09:00:00 user/chat model:InvokeModel +model(small) x60
			> D3 02:00:00 user/chat model:InvokeModel +model(small) region=us-west-2
			  D3 02:00:10 user/chat model:InvokeModel +model(small) region=us-west-2 x20
		`},
		{Name: "it tries one model after another, far away", Trace: `
			  D0 09:00:00 role/chat/s1 model:InvokeModel +model(small) x60
			> D3 02:00:00 role/chat/s1 model:InvokeModel outcome=denied +model(largest) region=us-west-2
			> D3 02:00:05 role/chat/s1 model:InvokeModel +model(large) region=us-west-2
		`},
		{Name: "a strange model with a strange program", Trace: `
			  D0 09:00:00 user/chat model:InvokeModel +model(small) x60
			> D3 02:00:00 user/chat model:InvokeModel +model(largest) client=proxy
		`},
		{Name: "a function moves to a newer model", Trace: `
			D0 09:00:00 fn/chat model:InvokeModel +model(small) x60
			D3 09:00:00 fn/chat model:InvokeModel +model(newer) x60
		`},
		{Name: "a colleague's region", Trace: `
			D0 09:00:00 user/chat model:InvokeModel +model(small) x60
			D1 09:00:00 sso/dev/bob model:InvokeModel +model(small) region=us-west-2
			D3 09:00:00 user/chat model:InvokeModel +model(small) region=us-west-2
		`},
		{Name: "agents and newcomers try models", Trace: `
			D0 09:00:00 agent/coder model:InvokeModel +model(large) x30
			D0 09:10:00 human/carol model:InvokeModel +model(small) region=us-west-2
			D0 09:20:00 user/new model:InvokeModel +model(largest) region=us-east-2
		`},
	},
}
