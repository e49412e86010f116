package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// StandingAccessMade fires when a token, deploy key or application with lasting access to
// a directory or to code is made by someone who does not make such.
var StandingAccessMade = detect.Detection{
	ID:    "standing-access-made",
	Title: "Token, key or application with lasting access made",
	Why: "A session ends; a token does not, needs no second factor, and is often never looked at again. Who has taken over a person makes one to stay, or " +
		"consents to an application that reads everything.",
	BlindTo:        []string{"a token made before anybody watched", "applications that were given little and are given more elsewhere"},
	FalsePositives: []string{"a developer sets up a new tool", "the yearly renewal of a token by hand"},
	Keys:           "the credential that was made",
	Phases:         []sekisho.Phase{"persistence", "credential-access"},
	Attack:         []string{"T1098.001", "T1528"},
	Family:         sekisho.FamilyLineage,
	Decisive:       true,
	Weight:         sekisho.Nat,
	Origin:         originPlain + "; 1.5 more for wide access, 1 more from a place that is new to its maker, half of that without wide access",
	Feed:           detect.FeedDirectory,
	Cut:            "revoke the token, key or grant and end the sessions of who made it",
	On:             detect.OnEffect(sekisho.IssueCredential),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		x := e.Find(sekisho.IssueCredential)
		if !inService(a) || x == nil || !x.Lasting() || s.Automated() || ticket(s, e) != "" {
			return nil
		}
		times := timesDone(s, e)
		wide := canRise(x.Power)
		if power, _ := s.Power(refOf(a)); x.Power == sekisho.PowerUnknown && canRise(power) {
			wide = true // it has what its maker has
		}
		odd := oddFor(s, e)
		if times >= routineTimes && odd == "" || !wide && odd == "" && (times > 0 || !s.Known()) {
			return nil
		}
		h := &detect.Hit{Key: x.Credential, Weight: sekisho.Nat, Reason: fmt.Sprintf("%s made the lasting credential %s (%s); it made one in %s before %s", who(a), x.Credential,
			orUnnamed(x.What), plural(times, "episode"), inHistory(s, e))}
		if wide {
			h.Weight += 3 * sekisho.Nat / 2
			h.Reason += "; its access is wide"
		}
		switch {
		case odd != "" && wide:
			h.Weight += sekisho.Nat
			h.Reason += "; " + odd
		case odd != "":
			h.Weight += sekisho.Nat / 2
			h.Reason += "; " + odd
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a stolen session makes a token", Trace: `
			  D0 09:00:00 dir/admin identity:SignInCheck x60
			> D1 11:00:00 dir/admin identity:CreateToken ip=192.0.2.77 client=firefox os=linux +issue(user/admin,key=T9,what=key)
		`},
		{Name: "an application with wide access", Trace: `
			  D0 09:00:00 dir/alice pipeline:GetRepository x60
			> D1 09:00:00 dir/alice pipeline:AuthorizeApp +issue(user/alice,key=app-7,what=service)
		`},
		{Name: "somebody's first token on a first day", Trace: `
			09:00:00 dir/alice pipeline:CreateToken +issue(user/alice,key=T1,what=key)
		`},
		{Name: "declared automation", Trace: `
			D0 09:00:00 role/terraform-deployer/x identity:CreateToken +issue(user/a,key=T1,what=key)
		`},
		{Name: "one who makes them for a living, and a session", Trace: `
			D0 09:00:00 app/rotate identity:CreateToken +issue(user/a,key=T1,what=key)
			D1 09:00:00 app/rotate identity:CreateToken +issue(user/a,key=T2,what=key)
			D2 09:00:00 app/rotate identity:CreateToken +issue(user/a,key=T3,what=key)
			D3 09:00:00 app/rotate identity:CreateToken +issue(user/a,key=T4,what=key)
			D3 09:10:00 dir/alice identity:SignInStart key=- +issue(user/alice,key=session-alice,what=session)
		`},
	},
}
