package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// IdentityImpersonated fires when somebody may act as another, or begins to.
var IdentityImpersonated = detect.Detection{
	ID:    "identity-impersonated",
	Title: "Somebody acts as another person",
	Why: "A directory can let its support or an administrator be another person for a while, without that person's proof. It is for rare cases of support; " +
		"who takes over the supporter, or talks an administrator into it, is everybody.",
	BlindTo:        []string{"an impersonation that the directory does not record"},
	FalsePositives: []string{"a case of support that was agreed on"},
	Keys:           "the person who is impersonated",
	Phases:         []sekisho.Phase{"privilege-escalation", "lateral-movement"},
	Attack:         []string{"T1199", "T1550"},
	Family:         sekisho.FamilyAction,
	Decisive:       true,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedDirectory,
	Cut:            "revoke the grant and end the sessions that rest on it",
	On:             detect.OnEffect(sekisho.Impersonate),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.Impersonate)
		if x == nil || !e.Succeeded() || s.Automated() {
			return nil
		}
		times := timesDone(s, e)
		h := &detect.Hit{Key: x.Identity.Label(), Reason: fmt.Sprintf("%s: %s may act as %s or does; it did so in %s before %s",
			e.Name(), who(&e.Actor), x.Identity.Label(), plural(times, "episode"), inHistory(s, e))}
		switch {
		case times >= routineTimes:
			return nil
		case ticket(s, e) != "" || times > 0:
			h.Weight = sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "support is let in", Trace: `
			  D0 09:00:00 dir/admin identity:SignInCheck x60
			> D3 03:00:00 dir/admin identity:GrantImpersonation +impersonate(user/alice)
		`},
		{Name: "support begins to be somebody", Trace: `
			> D0 03:00:00 app/support identity:StartImpersonation +impersonate(user/alice)
		`},
		{Name: "it was refused", Trace: `
			D0 09:00:00 dir/support identity:StartImpersonation outcome=denied +impersonate(user/alice)
		`},
		{Name: "declared automation", Trace: `
			D0 09:30:00 role/terraform-deployer/x identity:StartImpersonation +impersonate(user/bob)
		`},
		{Name: "a person signs in as themselves", Trace: `
			D0 09:30:00 dir/alice identity:SignInStart key=- +issue(user/alice,key=session-alice,what=session)
		`},
	},
}
