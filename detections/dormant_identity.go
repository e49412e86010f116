package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// DormantIdentity fires when a user's key or a role acts for the first time in an
// account that has been watched for weeks, without anybody having made it since.
var DormantIdentity = detect.Detection{
	ID:    "dormant-identity",
	Title: "Identity acts that lay unused",
	Why: "Old users and roles that nobody uses keep their power, and nobody misses their keys. Whoever steals one has no habits to break with, so what they do looks like " +
		"a first day at work; but who begins work is made on that day, and this one was there all the time.",
	BlindTo: []string{"the first two weeks of an account's history", "an identity that is used now and then", "people of the directory, for whom it vouches"},
	FalsePositives: []string{"a break-glass user, a yearly audit", "an identity made in an account or a region whose trail is not read",
		"an account in which unused identities wake often: that is learned"},
	Keys:   "the identity, once in an episode",
	Phases: []sekisho.Phase{"initial-access"},
	Attack: []string{"T1078.004"},
	Family: sekisho.FamilySource,
	Weight: 2 * sekisho.Nat,
	Origin: originHabits + "; an intrusion begins with such an identity with probability 0.35; two nats more from a network in which nobody of the account " +
		"was seen (four intruders in five work from one, and one owner in ten), half a nat more from a rented one; at most 4",
	Feed: detect.FeedManagementRead,
	Cut:  "deactivate the key, or deny the role's sessions, until somebody says that they use it",
	On:   detect.OnList | detect.OnRead | detect.OnWrite | detect.OnSignIn | detect.OnDenied,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !s.Dormant() || byProvider(e) || s.Automated() || ticket(s, e) != "" {
			return nil
		}
		if ours, anyone, _ := s.Created(refOf(&e.Actor)); ours || anyone {
			return nil
		}
		x, net := s.Arrival(e), s.Network(e.IP)
		place := ""
		surprise := min(x.Nats, 3*sekisho.Nat) // three weeks of an account's history make no more
		if e.IP != "" && e.Endpoint == "" && !private(e.IP) && net.Key != "" && !net.Declared && !s.Others(e.Account, detect.Network, net.Key) {
			surprise += 2 * sekisho.Nat
			place = fmt.Sprintf("; it works from network %s, where nobody of the account was seen", net.Key)
			if net.Kind == "hosting" || net.Kind == "vpn" {
				surprise += sekisho.Nat / 2
				place += ", a " + net.Kind + " network"
			}
		}
		w := likelihood(surprise, likelyStrange, true)
		if w == 0 {
			return nil
		}
		return &detect.Hit{Key: e.Actor.ID, Weight: w, Reason: fmt.Sprintf("%s acts for the first time in %s in which the account was watched, and nobody was seen to make it; such identities appeared on %s of them%s",
			who(&e.Actor), plural(x.Days, "day"), plural(x.Own, "day"), place)}
	},
	Examples: []detect.Example{
		{Name: "an old user's key from a place that nobody knows", Trace: fortnight("human/alice storage:ListBuckets") + `
			> D15 02:00:00 user/old storage:ListBuckets ip=192.0.2.77
			  D15 02:00:10 user/old identity:ListUsers ip=192.0.2.77
		`},
		{Name: "a role that nobody took, in the office", Trace: fortnight("human/alice storage:ListBuckets") + `
			> D15 10:00:00 role/old-admin/s1 storage:ListBuckets
		`},
		{Name: "somebody begins work", Trace: fortnight("human/alice identity:ListUsers") + `
			D15 09:00:00 human/alice identity:CreateUser +create(user/new)
			D15 10:00:00 user/new storage:ListBuckets
		`},
		{Name: "somebody new of the directory", Trace: fortnight("human/alice identity:ListUsers") + `
			D15 10:00:00 sso/dev/bob storage:ListBuckets
		`},
		{Name: "in the first days everyone is new", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D1 09:00:00 human/alice storage:ListBuckets x60
			D3 10:00:00 user/old storage:ListBuckets ip=192.0.2.77
		`},
		{Name: "a new function runs", Trace: fortnight("human/alice identity:ListUsers") + `
			D15 10:00:00 fn/resize storage:GetObject
		`},
	},
}
