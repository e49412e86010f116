package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ModelGuardRemoved fires when a guardrail of models is removed or loosened by
// an identity that does not look after them.
//
// Why: a guardrail is in the way of who sells what a model may not say, and of
// nobody else in a hurry.
var ModelGuardRemoved = detect.Detection{
	ID:    "model-guard-removed",
	Title: "Guardrail of models removed",
	Why: "Guardrails are written with a product and change with it, by those who deploy it. Stolen model access is sold for what no provider would serve, " +
		"so the guardrail goes first.",
	BlindTo:        []string{"runs that leave the guardrail out where nothing enforces it", "a guardrail whose text is rewritten to allow more, where the record does not tell"},
	FalsePositives: []string{"an old guardrail is cleared away", "a developer experiments with guardrails of their own"},
	Keys:           "the guardrail; all refused attempts are one",
	Phases:         []sekisho.Phase{"defense-evasion", "impact"},
	Attack:         []string{"T1562.001"},
	Atlas:          []string{"AML.T0054"},
	Family:         sekisho.FamilyAction,
	Decisive:       true,
	Weight:         5 * sekisho.Nat / 2,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "put the guardrail back and deny the identity model use",
	On:             detect.OnEffect(sekisho.RemoveGuard) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		all := sought(e)
		for i := range all {
			x := &all[i]
			if x.Kind != sekisho.RemoveGuard || x.What != "guardrail" {
				continue
			}
			if byProvider(e) || s.Automated() || timesDone(s, e) > 0 || firstDayProgram(s, e) {
				return nil
			}
			h := &detect.Hit{Key: x.Resource, Reason: fmt.Sprintf("%s removed guardrail %s%s; %s", who(&e.Actor), short(x.Resource), ending(e), never(s, e))}
			switch {
			case !e.Succeeded():
				h.Key, h.Weight = "refused", sekisho.Nat
			case ticket(s, e) != "" || vouched(s, e):
				h.Weight = sekisho.Nat
			case !s.Known():
				h.Weight = 2 * sekisho.Nat
			}
			return h
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a key that runs models takes their guardrail away", Trace: `
			  D0 09:00:00 user/chat model:InvokeModel +model(large) x60
			> D3 02:00:00 user/chat model:DeleteGuardrail +unguard(g-1,what=guardrail)
		`},
		{Name: "an unknown session is refused", Trace: `
			> D0 02:00:00 role/app/s1 model:UpdateGuardrail outcome=denied +unguard(g-1,what=guardrail)
			  D0 02:00:10 role/app/s1 model:DeleteGuardrail outcome=denied +unguard(g-2,what=guardrail)
		`},
		{Name: "those who deploy the product change it", Trace: `
			D0 09:00:00 ci/deploy/chat model:UpdateGuardrail +unguard(g-1,what=guardrail)
			D0 09:10:00 role/terraform-deployer/x model:DeleteGuardrail +unguard(g-2,what=guardrail)
		`},
		{Name: "guardrails are made and looked at", Trace: `
			D0 09:00:00 human/carol model:CreateGuardrail,GetGuardrail
			D0 09:10:00 sso/dev/bob model:ListGuardrails
		`},
		{Name: "other guards are other behaviours' matter", Trace: `
			D0 09:00:00 user/app storage:PutVersioning +unguard(b-1,what=versioning)
		`},
	},
}
