package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// KeyForAnother fires when an identity makes a lasting key for an existing
// identity other than itself, which is not its job.
//
// Why: the key's maker can act as its owner from then on, with the owner's
// power and under the owner's name.
var KeyForAnother = detect.Detection{
	ID:    "key-for-another",
	Title: "Lasting key made for another identity",
	Why: "A key that someone makes for another existing identity lets the maker become that identity. People make their own keys; " +
		"keys of others are made by few who do so regularly, or for people who join. A workload that does it for the first time is almost always driven by someone else.",
	BlindTo: []string{
		"a key made by an identity whose regular work is to make keys",
		"sessions, which end by themselves: those are asked for as roles",
	},
	FalsePositives: []string{
		"the first keys that a new administrator or a new rotation job makes in the known history",
		"help for a colleague who lost a key",
	},
	Keys:     "the owner of the key",
	Phases:   []sekisho.Phase{"persistence", "privilege-escalation"},
	Attack:   []string{"T1098.001", "T1078.004"},
	Family:   sekisho.FamilyTripwire,
	Tripwire: true,
	Weight:   7 * sekisho.Nat,
	Origin:   originTripwire,
	Feed:     detect.FeedManagementWrite,
	Cut:      "disable the new key and the credential that made it",
	On:       detect.OnEffect(sekisho.IssueCredential),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if inService(&e.Actor) {
			return nil // see the behaviour about standing access
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			if x.Kind == sekisho.IssueCredential && x.Lasting() {
				if h := tookOver(s, e, x.Identity, "a lasting key"); h != nil {
					return h
				}
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a function makes a key for an administrator", Trace: `
			  D0 09:00:00 fn/init compute:ListInstances x20
			  D1 09:00:00 fn/init compute:ListInstances x20
			> D3 02:09:00 fn/init identity:CreateAccessKey +issue(user/boss,key=K9)
		`},
		{Name: "a leaked key makes keys for two others", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x30
			  D1 09:00:00 user/data storage:ListBuckets x30
			> D3 03:00:00 user/data identity:CreateAccessKey +issue(user/models,key=K1)
			> D3 03:00:30 user/data identity:CreateAccessKey +issue(user/directory,key=K2)
		`},
		{Name: "a new function does so after a stranger changed it", Trace: `
			  D0 02:08:00 user/data function:UpdateCode +change(function/init,role=role-init)
			> D0 02:09:00 fn/init identity:CreateAccessKey +issue(user/boss,key=K9)
		`},
		{Name: "a rotation job is noted when it is new, and for each new user whose power nobody knows", Trace: `
			> D0 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/app,key=P1)
			  D7 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/app,key=P2)
			  D14 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/app,key=P3)
			> D14 03:00:10 fn/rotate identity:CreateAccessKey +issue(user/web,key=W1)
		`},
		{Name: "people renew their own keys", Trace: `
			D0 09:00:00 user/alice identity:CreateAccessKey +issue(user/alice,key=A2)
			D0 09:01:00 human/bob identity:CreateAccessKey +issue(user/bob,key=B2)
			D0 09:02:00 role/deploy/s1 identity:AssumeRole +issue(role/reader,session=s2)
		`},
		{Name: "declared automation rotates, and a pipeline", Trace: `
			D0 03:00:00 role/terraform-deployer/nightly identity:CreateAccessKey +issue(user/app,key=P1)
			D0 04:00:00 ci/rotate/keys identity:CreateAccessKey +issue(user/app,key=P2)
			D7 03:00:00 role/terraform-deployer/nightly identity:CreateAccessKey +issue(user/app2,key=P3)
		`},
		{Name: "a job that provisions and then renews the keys of those it provisioned", Trace: `
			D0 08:00:00 fn/join identity:CreateUser +create(user/app)
			D0 08:00:05 ci/setup/apps identity:CreateAccessKey +issue(user/app,key=P1)
			D1 08:00:00 human/carol identity:ListUsers x3
		`},
	},
}

// tookOver judges a key or password that the actor made for an identity; what
// names it. It is shared by the two behaviours about it.
func tookOver(s *detect.Scope, e *sekisho.Event, owner sekisho.Ref, what string) *detect.Hit {
	a := &e.Actor
	if !e.Succeeded() || a.Type == sekisho.ActorService || isSelf(a, owner) || s.Automated() {
		return nil
	}
	if owner.Type == "role" {
		return nil // roles have neither: a record that keeps no end of a session is no key
	}
	power, basis := s.Power(owner)
	times := timesToOthers(s, e)
	before := seenOnTarget(s, e)
	routine := before || times >= routineTimes
	h := &detect.Hit{Key: owner.Label(), Reason: fmt.Sprintf("%s made %s for %s, who has %s; it did so in %s before %s",
		who(a), what, owner.Label(), powerWords(power, basis), plural(times, "episode"), inHistory(s, e))}
	demote := func(n sekisho.Nats) *detect.Hit {
		// What is routine, or vouched for, excuses nobody whose lineage is in doubt.
		if created, _, _ := s.Created(owner); s.Doubted() && !created && power != sekisho.PowerLimited && ticket(s, e) == "" {
			h.Reason += "; its lineage is in doubt"
			return h
		}
		h.Demote, h.Weight = true, n
		return h
	}
	if _, anyone, at := s.Created(owner); anyone {
		// Someone joins: whoever makes an identity also gives it a way in.
		if routine {
			return nil
		}
		h.Reason += fmt.Sprintf("; %s was created %s ago", owner.Label(), ago(at, e.Time))
		return demote(sekisho.Nat)
	}
	switch {
	case before && !s.Doubted():
		return nil
	case before:
		return demote(2 * sekisho.Nat)
	case routine && a.Type == sekisho.ActorRole && power == sekisho.PowerLimited:
		return nil // unknown power is not harmless: two rehearsals are cheap
	case routine:
		// A user's habit may be that of renewing its own: the log need not say whose.
		return demote(2 * sekisho.Nat)
	case ticket(s, e) != "":
		return demote(2 * sekisho.Nat)
	case vouched(s, e) && (!s.Known() || power != sekisho.PowerAdmin && !newPlace(s, e) && !doubtful(s)):
		// An administrator who renews services' keys for the first time that we
		// see, from where that person works.
		return demote(3 * sekisho.Nat)
	case !s.Known() && a.Workload != "" && !changedByStranger(s, e):
		// A rotation job on the first day that we see it. Were this a tripwire
		// the job would never become known, for incidents teach nothing.
		return demote(4 * sekisho.Nat)
	}
	return h
}

// changedByStranger reports whether the actor is a workload that someone who
// is not one of its authors changed within the day.
func changedByStranger(s *detect.Scope, e *sekisho.Event) bool {
	c, ok := s.LastChange(e.Actor.Workload, e.Time)
	if !ok {
		return false
	}
	own, _ := s.Changers(e.Actor.Workload, c.By)
	return own == 0
}
