package detections

import (
	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// AgentOutOfTools fires when an AI agent turns to a service that is not among
// the tools it was seen with.
var AgentOutOfTools = detect.Detection{
	ID:    "agent-out-of-tools",
	Title: "AI agent uses what is none of its tools",
	Why: "An agent is given a set of tools and works with those. An instruction hidden in what it reads, or a thief of its credentials, makes " +
		"it reach for others.",
	BlindTo:        []string{"misuse of the tools that it has", "agents of less than three days, and agents that nobody told from programs"},
	FalsePositives: []string{"a tool was added to the agent", "an agent for everything, such as a coding assistant with a person's own access"},
	Keys:           "the agent and the service",
	Phases:         []sekisho.Phase{"execution"},
	Attack:         []string{"T1078.004"},
	Atlas:          []string{"AML.T0053"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         originHabits + "; a misled agent turns to any one service with probability 0.4; reads of what is no secret at most 1.5",
	Feed:           detect.FeedManagementRead,
	Cut:            "deny the agent's role what is none of its tools",
	On:             detect.OnList | detect.OnRead | detect.OnWrite | detect.OnDenied,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !isAgent(s, e) || !s.New(detect.Service, e.Service) {
			return nil
		}
		return outOfGrammar(s, e, "agent "+who(&e.Actor))
	},
	Examples: []detect.Example{
		{Name: "a support agent reaches for identities", Trace: `
			  D0 09:00:00 agent/support database:GetItem x60
			  D1 09:00:00 agent/support database:GetItem x60
			  D2 09:00:00 agent/support database:GetItem x60
			> D4 09:00:00 agent/support identity:ListUsers
			> D4 09:00:10 agent/support secret:GetSecretValue +secret(db-password)
		`},
		{Name: "it is refused what it was made to ask", Trace: `
			  D0 09:00:00 agent/coder pipeline:StartBuild x60
			  D1 09:00:00 agent/coder pipeline:StartBuild x60
			  D2 09:00:00 agent/coder pipeline:StartBuild x60
			> D4 09:00:00 agent/coder storage:GetObject outcome=denied
		`},
		{Name: "another use of a tool that it has", Trace: `
			D0 09:00:00 agent/support database:GetItem x60
			D1 09:00:00 agent/support database:GetItem x60
			D2 09:00:00 agent/support database:GetItem x60
			D4 09:00:00 agent/support database:PutItem,Query
		`},
		{Name: "an agent's first days", Trace: `
			D0 09:00:00 agent/new database:GetItem x60
			D1 09:00:00 agent/new storage:GetObject,secret:GetSecretValue
		`},
		{Name: "people and programs are not agents", Trace: `
			D0 09:00:00 human/alice database:GetItem x60
			D0 10:00:00 fn/web database:GetItem x60
			D1 09:00:00 human/alice database:GetItem x60
			D1 10:00:00 fn/web database:GetItem x60
			D2 09:00:00 human/alice database:GetItem x60
			D2 10:00:00 fn/web database:GetItem x60
			D4 09:00:00 human/alice storage:GetObject
			D4 10:00:00 fn/web storage:GetObject
		`},
	},
}
