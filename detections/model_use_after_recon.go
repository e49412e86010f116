package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// suspectBefore are the behaviours that, earlier in the episode, make the first
// use of a model more than a developer's curiosity.
var suspectBefore = []string{"recon-of-models", "scripted-recon", "credential-new-source"}

// ModelUseAfterRecon fires when an identity that never ran a model runs one in
// an episode that already looks like a thief's, and when a lasting key or a
// workload with habits runs its first model ever.
//
// A person's first model in a quiet episode is a person's first model.
var ModelUseAfterRecon = detect.Detection{
	ID:             "model-use-after-recon",
	Title:          "Model run by a suspicious newcomer",
	Why:            "Stolen model access is used at once and resold: who explored a foreign account and then runs a model is spending its owner's money.",
	BlindTo:        []string{"an identity that runs models every day and is taken over", "model use of a workload in its first two days"},
	FalsePositives: []string{"a program that gains its first model feature", "a developer who explored the models by script and then tries one"},
	Keys:           "the identity and the model",
	Phases:         []sekisho.Phase{"impact"},
	Attack:         []string{"T1496.004"},
	Atlas:          []string{"AML.T0040", "AML.T0034"},
	Family:         sekisho.FamilyAction,
	Weight:         5 * sekisho.Nat / 2,
	Origin:         "start value of the behaviour model before calibration: actions count up to 4 nats; 1.5 where only the novelty speaks",
	Feed:           detect.FeedManagementRead,
	Cut:            "deny model use to the identity",
	On:             detect.OnEffect(sekisho.InvokeModel),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		use := e.Find(sekisho.InvokeModel)
		if use == nil || byProvider(e) || s.Usual(detect.Model, use.Resource) {
			return nil
		}
		key := e.Actor.ID + " " + use.Resource
		for _, before := range suspectBefore {
			if at, ok := s.Fired(before); ok {
				return &detect.Hit{Key: key, Reason: fmt.Sprintf("%s ran model %s for the first time, %s after %s in the same episode",
					who(&e.Actor), use.Resource, ago(at, e.Time), before)}
			}
		}
		program := e.Actor.LongTerm || e.Actor.Kind == sekisho.KindWorkload
		if !program || !s.New(detect.Service, e.Service) || s.Automated() {
			return nil
		}
		return &detect.Hit{Key: key, Weight: 3 * sekisho.Nat / 2,
			Reason: fmt.Sprintf("%s ran model %s, its first use of models %s", who(&e.Actor), use.Resource, inHistory(s, e))}
	},
	Examples: []detect.Example{
		{Name: "exploring, then use", Trace: `
			  D0 09:00:00 role/app/s1 storage:ListBuckets x60
			  D3 02:00:00 role/app/s1 model:ListModels,ListAgents,ListProfiles,GetLoggingConfiguration
			> 02:01:00 role/app/s1 model:InvokeModel +model(large)
			  02:01:10 role/app/s1 model:InvokeModel +model(large) x5
			> 02:02:00 role/app/s1 model:InvokeModel +model(larger)
		`},
		{Name: "a storage key runs a model out of the blue", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app model:InvokeModel +model(large)
		`},
		{Name: "a person tries a model", Trace: `
			D0 09:00:00 sso/dev/bob storage:ListBuckets x60
			D3 09:00:00 sso/dev/bob model:InvokeModel +model(large)
		`},
		{Name: "a chat function does its work", Trace: `
			D0 09:00:00 fn/chat model:InvokeModel +model(large) x60
			D3 09:00:00 fn/chat model:InvokeModel +model(large) x60
			09:05:00 fn/chat model:InvokeModel +model(newer)
		`},
		{Name: "a new function's first day", Trace: `
			09:00:00 fn/chat model:InvokeModel +model(large) x20
		`},
		{Name: "an agent that lives on models", Trace: `
			D0 09:00:00 agent/coder model:ListModels,InvokeModel +model(large) x30
			D3 09:00:00 agent/coder model:InvokeModel +model(large)
		`},
	},
}
