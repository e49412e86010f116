package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// FactorReplaced fires when a person's further proof is taken away by another, or a new
// one is added, from where the person never was.
var FactorReplaced = detect.Detection{
	ID:    "factor-replaced",
	Title: "Further proof of a person added or replaced in odd circumstances",
	Why: "A thief with a password cannot pass the second factor, so he has it reset by a help desk that believes him, or adds his own from a stolen session. " +
		"From then on he signs in as the person whenever he likes.",
	BlindTo:        []string{"a thief in the person's own network with the person's own browser"},
	FalsePositives: []string{"a new phone that is set up on the first day of a journey", "a help desk that resets for many after an outage"},
	Keys:           "the person whose proof it is, and what was done to it",
	Phases:         []sekisho.Phase{"persistence", "credential-access"},
	Attack:         []string{"T1556.006", "T1098.005"},
	Family:         sekisho.FamilyLineage,
	Weight:         5 * sekisho.Nat / 2,
	Origin:         originPlain + "; less where the network is new and the program is not",
	Feed:           detect.FeedDirectory,
	Cut:            "remove the new factor, end the person's sessions, and ask the person by another way",
	On:             detect.OnEffect(sekisho.EnrolFactor, sekisho.RemoveLimit),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if !e.Succeeded() || a.Type != sekisho.ActorDirectory && a.Type != sekisho.ActorApp || byProvider(e) {
			return nil
		}
		x := e.Find(sekisho.EnrolFactor)
		if x == nil {
			return resetByAnother(s, e)
		}
		net := s.Network(e.IP)
		place := e.IP != "" && net.Key != "" && !net.Declared && s.Known() && s.New(detect.Network, net.Key)
		program := softwareOf(&e.Client)
		device := program != "" && s.Known() && s.New(detect.Software, program)
		_, asked := s.Fired("factor-fatigue")
		_, reset := s.Fired("factor-replaced")
		last, made := s.LastReset(x.Identity.ID, e.Time)
		h := &detect.Hit{Key: "added " + x.Identity.Label(), Weight: 5 * sekisho.Nat / 2, Reason: fmt.Sprintf("a further proof (%s) of %s was added", orUnnamed(x.What), x.Identity.Label())}
		switch {
		case asked:
			h.Reason += " after the person was asked again and again"
			h.Weight += sekisho.Nat / 2
		case place && device:
			h.Reason += fmt.Sprintf(" from %s by %s, both new to the person %s", net.Key, program, inHistory(s, e))
		case place && reset:
			h.Reason += fmt.Sprintf(" from %s, which is new to the person %s, after the old one was reset", net.Key, inHistory(s, e))
		case place:
			h.Reason += fmt.Sprintf(" from %s, which is new to the person %s", net.Key, inHistory(s, e))
			h.Weight = sekisho.Nat
		default:
			return nil
		}
		if made {
			h.Weight += sekisho.Nat / 2
			h.Reason += fmt.Sprintf(", %s after %s took away what the person had", ago(last.At, e.Time), orID(last.ByName, last.By))
			h.Prior = &sekisho.Prior{At: last.At, EventID: last.EventID, By: last.By, Name: last.ByName}
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a stolen session adds a phone of its own", Trace: `
			  D0 09:00:00 dir/alice identity:SignInCheck x60
			> D1 11:00:00 dir/alice identity:EnrolFactor ip=192.0.2.77 client=firefox os=linux +enrol(user/alice,what=push)
		`},
		{Name: "a stranger's own proof, after the help desk took the person's away for him", Trace: `
			  D0 09:00:00 dir/desk identity:ResetFactors x3 +unlimit(user/bob,what=mfa)
			  D1 09:00:00 dir/desk identity:ResetFactors +unlimit(user/carol,what=mfa)
			  D1 09:00:00 dir/alice identity:SignInCheck x60
			  D2 09:00:00 dir/desk identity:ResetFactors +unlimit(user/alice,what=mfa)
			> D2 09:02:00 dir/alice identity:EnrolFactor ip=192.0.2.77 client=firefox os=linux +enrol(user/alice,what=push)
		`},
		{Name: "a new phone, after the help desk took the old one away", Trace: `
			D0 09:00:00 dir/alice identity:SignInCheck x60
			D2 09:00:00 dir/desk identity:ResetFactors +unlimit(user/alice,what=mfa)
			D2 09:02:00 dir/alice identity:EnrolFactor +enrol(user/alice,what=push)
		`},
		{Name: "someone resets the factors of another for the first time, from elsewhere", Trace: `
			  D0 09:00:00 dir/bob identity:SignInCheck x60
			> D1 11:00:00 dir/bob identity:ResetFactors ip=192.0.2.77 +unlimit(user/alice,what=mfa)
		`},
		{Name: "a new phone at the office", Trace: `
			D0 09:00:00 dir/alice identity:SignInCheck x60
			D1 09:00:00 dir/alice identity:EnrolFactor +enrol(user/alice,what=push)
		`},
		{Name: "an administrator helps a colleague once, and people remove their own", Trace: `
			D0 09:00:00 dir/admin identity:SignInCheck x5
			D0 10:00:00 dir/admin identity:ResetFactors +unlimit(user/alice,what=mfa)
			D0 11:00:00 dir/bob identity:ResetFactors +unlimit(user/bob,what=mfa)
		`},
		{Name: "a cloud's own user replaces a factor: see the behaviour about limits", Trace: `
			D0 11:00:00 human/bob identity:DeactivateFactor +unlimit(user/bob,what=mfa)
		`},
		{Name: "the help desk at its work", Trace: `
			D0 09:00:00 dir/desk identity:ResetFactors x3 +unlimit(user/bob,what=mfa)
			D1 09:00:00 dir/desk identity:ResetFactors +unlimit(user/carol,what=mfa)
			D2 09:00:00 dir/desk identity:ResetFactors +unlimit(user/alice,what=mfa)
		`},
	},
}

func orID(name, id string) string {
	if name == "" {
		return id
	}
	return name
}

func orUnnamed(what string) string {
	if what == "" {
		return "of a kind that is not said"
	}
	return what
}

// resetByAnother tells of factors that were taken from somebody else, by who does not do
// so for a living or not from there.
func resetByAnother(s *detect.Scope, e *sekisho.Event) *detect.Hit {
	x := e.Find(sekisho.RemoveLimit)
	if x == nil || x.What != "mfa" || isSelf(&e.Actor, x.Identity) || ticket(s, e) != "" {
		return nil
	}
	times := timesDone(s, e)
	net := s.Network(e.IP)
	place := e.IP != "" && net.Key != "" && !net.Declared && s.Known() && s.New(detect.Network, net.Key)
	if !place && (times > 0 || !s.Known()) {
		return nil
	}
	h := &detect.Hit{Key: "reset " + x.Identity.Label(), Weight: sekisho.Nat,
		Reason: fmt.Sprintf("%s took the further proofs of %s away; it did so in %s before %s", who(&e.Actor), x.Identity.Label(), plural(times, "episode"), inHistory(s, e))}
	if place {
		h.Weight = 5 * sekisho.Nat / 2
		h.Reason += ", never from " + net.Key
	}
	return h
}
