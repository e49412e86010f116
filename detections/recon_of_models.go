package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// reconModels is how many distinct questions about models are more than a
// program's start, which asks whether its one model is there.
const reconModels = 4

// ReconOfModels fires when an identity that never asked about models lists and
// reads what there is of them: models, agents, profiles, their logging.
//
// An identity without history fires it only inside a broad burst, or the first
// day of every data scientist would.
var ReconOfModels = detect.Detection{
	ID:    "recon-of-models",
	Title: "Model services explored by a newcomer",
	Why: "Model access is resold, so thieves look for it in every account: which models are enabled, at what quota, and whether prompts are logged. " +
		"Programs that use models know theirs.",
	BlindTo:        []string{"someone who invokes a well-known model without asking first", "identities that explore models as their work"},
	FalsePositives: []string{"a developer who looks at models for the first time from a command line", "a new dashboard over model usage"},
	Keys:           "the lineage's episode: a lineage that asks in five accounts asks once",
	Phases:         []sekisho.Phase{"discovery"},
	Attack:         []string{"T1526"},
	Atlas:          []string{"AML.T0007"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         "start value of the behaviour model before calibration: recon tokens count from 1.5 nats each; four at once are a little more than one",
	Feed:           detect.FeedManagementRead,
	Cut:            "deactivate the credential; deny model use to the identity",
	On:             detect.OnList | detect.OnRead,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Topic != sekisho.TopicModel || byProvider(e) || byConsole(e) {
			return nil
		}
		if !newcomer(s, e) {
			return nil
		}
		b := s.Burst(10 * time.Minute)
		if b.Models < reconModels || partner(s, e) || s.Automated() {
			return nil
		}
		return &detect.Hit{Reason: fmt.Sprintf("%d distinct questions about models within %s by %s, the first %s",
			b.Models, b.Span.Round(time.Second), who(&e.Actor), inHistory(s, e))}
	},
	Examples: []detect.Example{
		{Name: "a storage key asks about models", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:00:00 user/app model:ListModels,ListAgents,ListProfiles
			> 02:00:10 user/app model:GetLoggingConfiguration
			  02:00:20 user/app model:ListJobs
		`},
		{Name: "inside the burst of an unknown key", Trace: `
			  09:00:00 user/x identity:ListA,ListB,ListC,ListD,compute:ListA,ListB,ListC,ListD,function:ListA,ListB,ListC,ListD
			  09:01:00 user/x storage:ListA,ListB,ListC,ListD,database:ListA,ListB,ListC,ListD,secret:ListA,ListB,ListC,ListD
			  09:02:00 user/x logging:ListA,ListB,ListC,billing:ListA,ListB,ListC
			> 09:03:00 user/x model:ListModels,ListAgents,ListProfiles,ListJobs
		`},
		{Name: "a data scientist's first day", Trace: `
			09:00:00 sso/science/eve model:ListModels,ListAgents,ListProfiles,ListJobs,GetModel
		`},
		{Name: "a person looks round in the console", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D3 09:00:00 human/alice model:ListModels,ListAgents,ListProfiles,ListJobs,GetModel
		`},
		{Name: "an agent that works with models", Trace: `
			D0 09:00:00 agent/coder model:ListModels x60
			D3 09:00:00 agent/coder model:ListModels,ListAgents,ListProfiles,GetModel
		`},
		{Name: "a function checks its one model", Trace: `
			D0 09:00:00 fn/chat storage:GetObject x60
			D3 09:00:00 fn/chat model:GetModel,GetProfile
		`},
	},
}

// newcomer reports whether the actor never used the event's service before;
// one without history counts as new only when its lineage is already suspected
// of scripted recon.
func newcomer(s *detect.Scope, e *sekisho.Event) bool {
	if s.Known() {
		return !s.Usual(detect.Service, e.Service)
	}
	_, recon := s.Fired("scripted-recon")
	return recon
}
