package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// briefSession is what ends before anyone would have disabled the key: an hour.
// The longest are a day and a half, and half a day is what is given unasked.
const briefSession = time.Hour

// FederationToken fires when a user's lasting key, which never did so, makes a
// session out of itself that goes on when the key is disabled.
//
// Why: it is the quiet way to survive the first response. Whoever disables the
// key believes to have ended the attack; the session works for hours more.
//
// A session that ends within the hour, made from where the key always works,
// outlives nothing: that is how a page is shown to somebody.
var FederationToken = detect.Detection{
	ID:    "federation-token",
	Title: "Key turned into a session that outlives it",
	Why: "A session that a key makes of itself under a free name carries the key's power, shows no user's name and ends only when its time is up, " +
		"not when the key is disabled. Portals do this all day; a key that never did has no reason to.",
	BlindTo:        []string{"a portal's key in a thief's hands", "sessions of roles, which are asked for as roles"},
	FalsePositives: []string{"the first day of a portal that signs its users in", "an old tool that asks for a session before each run"},
	Keys:           "the kind of session",
	Phases:         []sekisho.Phase{"persistence", "defense-evasion"},
	Attack:         []string{"T1550.001", "T1078.004", "T1098.001"},
	Family:         sekisho.FamilyLineage,
	Decisive:       true,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "deny the user everything that sessions issued before now ask for, besides disabling the key",
	On:             detect.OnEffect(sekisho.IssueCredential),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if !a.LongTerm || !e.Succeeded() {
			return nil
		}
		x := e.Find(sekisho.IssueCredential)
		if x == nil || x.Session != "" || x.Identity.Type == "role" {
			return nil
		}
		free := x.What == "federation" || x.Identity.Type == "federated"
		again := !x.Lasting() && isSelf(a, x.Identity)
		if !free && !again || s.Usual(detect.Action, e.Name()) || s.Automated() {
			return nil
		}
		newPlace := e.IP != "" && s.New(detect.Network, s.Network(e.IP).Key)
		brief := !x.Expires.IsZero() && x.Expires.Sub(e.Time) <= briefSession
		if (!free || brief) && !newPlace {
			return nil // programs that ask for a second factor do this each morning
		}
		h := &detect.Hit{Key: "federation", Reason: fmt.Sprintf("key %s of %s made a session for %s%s, for the first time %s",
			a.Credential, who(a), x.Identity.Label(), lifetime(e, x), inHistory(s, e))}
		switch {
		case !free:
			h.Key, h.Weight = "session", 3*sekisho.Nat/2
		case ticket(s, e) != "":
			h.Weight = sekisho.Nat
		case !s.Known():
			h.Weight = 3 * sekisho.Nat / 2
		}
		if newPlace {
			h.Reason += ", from a network that is new to it"
			if free {
				h.Weight = 4 * sekisho.Nat
			}
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a leaked key prepares for being disabled", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data identity:GetFederation level=write +issue(user/guest,key=F1,what=federation,expires=D4/15:00:00)
		`},
		{Name: "a key nobody knows does so from the start", Trace: `
			> D0 03:00:00 user/x identity:GetFederation level=write +issue(user/x,key=F1,what=federation,expires=D1/15:00:00)
		`},
		{Name: "a second session of itself, from elsewhere", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data identity:GetSession level=write ip=192.0.2.77 +issue(user/data,key=S1,what=session,expires=D4/15:00:00)
		`},
		{Name: "a tool asks for a session each morning", Trace: `
			D0 09:00:00 user/dev storage:ListBuckets x60
			D1 09:00:00 user/dev identity:GetSession level=write +issue(user/dev,key=S1,what=session,expires=D1/21:00:00)
		`},
		{Name: "a page is shown to somebody", Trace: `
			D0 09:00:00 user/finance storage:GetObject x60
			D3 09:00:00 user/finance identity:GetFederation level=write +issue(user/dashboard,key=F1,what=federation,expires=D3/10:00:00)
		`},
		{Name: "roles are taken, by people and by builds", Trace: `
			D0 09:00:00 human/carol identity:AssumeRole +issue(role/admin,session=carol)
			D0 09:10:00 ci/deploy/shop identity:AssumeRole +issue(role/release,session=r1)
		`},
		{Name: "own keys are renewed", Trace: `
			D0 09:00:00 user/alice identity:CreateAccessKey +issue(user/alice,key=A2)
			D0 09:10:00 fn/rotate identity:CreateAccessKey +issue(user/app,key=P1)
		`},
	},
}

// lifetime says for how long a session is good, if the record does.
func lifetime(e *sekisho.Event, x *sekisho.Effect) string {
	if x.Expires.IsZero() {
		return ""
	}
	return fmt.Sprintf(" that lasts %d h", int(x.Expires.Sub(e.Time).Hours()))
}
