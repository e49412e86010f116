package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// SessionTakenOver fires when a person's session at a directory or service is used from
// another network than it was opened in, by a program that the person does not use.
var SessionTakenOver = detect.Detection{
	ID:    "session-taken-over",
	Title: "Session used from another place and device than it was opened in",
	Why: "A stolen session needs neither password nor second factor: whoever holds its cookie is the person. But it goes on from elsewhere, in another " +
		"browser, in the middle of its life. People change networks with the device they have; a session does not change its device.",
	BlindTo:        []string{"a thief behind the person's own network, or who copies what the browser says of itself", "sessions whose opening was not seen, unless their person's places are known"},
	FalsePositives: []string{"a browser that updates itself between two networks", "a session that a help desk continues with the person's consent"},
	Keys:           "the session, once in an episode",
	Phases:         []sekisho.Phase{"credential-access", "initial-access"},
	Attack:         []string{"T1539", "T1550.004"},
	Family:         sekisho.FamilySource,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain + "; 1 more where the new network is rented or hides who uses it",
	Feed:           detect.FeedDirectory,
	Cut:            "end the person's sessions, and those that were given on its word",
	On:             detect.OnSignIn | detect.OnWrite | detect.OnRead | detect.OnEffect(sekisho.VouchFor),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if a.Type != sekisho.ActorDirectory || a.Credential == "" || a.LongTerm || e.IP == "" || private(e.IP) || byProvider(e) {
			return nil
		}
		net, program := s.Network(e.IP), softwareOf(&e.Client)
		if net.Key == "" || net.Declared || program == "" {
			return nil
		}
		opened, known := s.Issued(a.Credential)
		known = known && opened.Network != ""
		strange := s.New(detect.Network, net.Key) && s.New(detect.Software, program)
		h := &detect.Hit{Key: a.Credential, Weight: 3 * sekisho.Nat}
		switch {
		case known && (opened.Network == net.Key || opened.Program == program):
			return nil // it was opened here, or went along with its device: see the behaviour about new places
		case known:
			h.Reason = fmt.Sprintf("the session of %s, opened %s ago in %s by %s, is used from %s by %s", who(a), ago(opened.At, e.Time), opened.Network, opened.Program, net.Key, program)
			if strange {
				h.Reason += ", both new to the person " + inHistory(s, e)
			} else if s.Usual(detect.Network, net.Key) || s.Usual(detect.Software, program) {
				h.Weight = 3 * sekisho.Nat / 2 // one of them is the person's
			}
		case strange:
			h.Reason = fmt.Sprintf("a session of %s, whose opening was not seen, is used from %s by %s, both new to the person %s", who(a), net.Key, program, inHistory(s, e))
			h.Weight = 2 * sekisho.Nat
		default:
			return nil
		}
		if net.Kind == "hosting" || net.Kind == "vpn" {
			h.Weight += sekisho.Nat
			h.Reason += "; it is a " + net.Kind + " network"
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a session goes on elsewhere", Trace: `
			  D0 09:00:00 dir/alice identity:SignInCheck x60
			  D1 09:00:00 dir/alice identity:SignInStart key=- +issue(user/alice,key=session-alice,what=session)
			  D1 09:05:00 dir/alice identity:SignInApp +vouch(cloud,with=alice)
			> D1 11:00:00 dir/alice identity:SignInApp ip=192.0.2.77 client=firefox os=linux +vouch(cloud,with=alice)
		`},
		{Name: "one that was opened before the log begins", Trace: `
			  D0 09:00:00 dir/alice identity:SignInCheck x60
			> D1 11:00:00 dir/alice identity:SignInApp ip=192.0.2.77 client=firefox os=linux +vouch(cloud,with=alice)
		`},
		{Name: "on the train with the same laptop", Trace: `
			D0 09:00:00 dir/alice identity:SignInCheck x60
			D1 09:00:00 dir/alice identity:SignInStart key=- +issue(user/alice,key=session-alice,what=session)
			D1 18:00:00 dir/alice identity:SignInApp ip=192.0.2.77 +vouch(cloud,with=alice)
		`},
		{Name: "a program's lasting token on a new server: see the behaviour about new sources", Trace: `
			D0 09:00:00 app/sync identity:ListUsers x60
			D1 09:00:00 app/sync identity:ListUsers ip=192.0.2.77 client=python
		`},
		{Name: "a browser that was updated, at home", Trace: `
			D0 09:00:00 dir/alice identity:SignInCheck x60
			D1 09:00:00 dir/alice identity:SignInStart key=- +issue(user/alice,key=session-alice,what=session)
			D1 11:00:00 dir/alice identity:SignInApp client=firefox os=linux +vouch(cloud,with=alice)
		`},
		{Name: "a new laptop in a hotel signs in by itself", Trace: `
			D0 09:00:00 dir/alice identity:SignInCheck x60
			D1 09:00:00 dir/alice identity:SignInStart key=- ip=192.0.2.77 client=firefox os=linux +issue(user/alice,key=session-alice,what=session)
			D1 09:01:00 dir/alice identity:SignInApp ip=192.0.2.77 client=firefox os=linux +vouch(cloud,with=alice)
		`},
	},
}
