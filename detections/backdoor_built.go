package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// backdoorWithin is within what time making, credential and power belong to one
// act: by hand it takes minutes, by program seconds.
const backdoorWithin = time.Hour

// BackdoorBuilt fires when the identity that a lineage has just made has both a
// lasting way in and an administrator's power.
//
// Why: each of the three calls is ordinary where people join; all three within
// minutes, by a credential that is not where it belongs, are a way back in.
var BackdoorBuilt = detect.Detection{
	ID:    "backdoor-built",
	Title: "New identity given a way in and an administrator's power",
	Why: "The first thing that is done with stolen power is to make it outlast the theft: an identity of one's own, with a key or a password, that may everything. " +
		"Companies give that to a colleague a few times a year, from their own network, by someone who does so.",
	BlindTo: []string{
		"power given through groups and policies of which nothing is known",
		"identities that existed before (see key-for-another), and roles (see trust-opened)",
	},
	FalsePositives: []string{"a founder who sets up a second administrator from a new place"},
	Keys:           "the identity that was made",
	Phases:         []sekisho.Phase{"persistence", "privilege-escalation"},
	Attack:         []string{"T1136.003", "T1098.001", "T1098.003"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         7 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "quarantine the new identity and disable the credential that made it",
	On:             detect.OnEffect(sekisho.GrantPower, sekisho.IssueCredential, sekisho.SetPassword),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || byProvider(e) {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			if !completes(s, x) || x.Identity.Type == "role" || isSelf(&e.Actor, x.Identity) {
				continue
			}
			ours, _, at := s.Created(x.Identity)
			if !ours || e.Time.Sub(at) > backdoorWithin || s.Automated() || ticket(s, e) != "" {
				continue
			}
			times := timesDone(s, e)
			h := &detect.Hit{Key: x.Identity.Label(), Reason: fmt.Sprintf("%s, made %s ago, has a lasting way in and an administrator's power; %s did the like in %s before %s",
				x.Identity.Label(), ago(at, e.Time), who(&e.Actor), plural(times, "episode"), inHistory(s, e))}
			if !doubtful(s) || times > 0 || vouched(s, e) {
				h.Demote, h.Weight = true, sekisho.Nat
			} else {
				h.Reason += "; its lineage works from where it never did"
			}
			return h
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a key at work elsewhere makes an administrator of its own", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			  D2 09:00:00 user/data storage:ListBuckets
			  D3 02:00:00 user/data storage:ListBuckets ip=192.0.2.77
			  D3 02:11:00 user/data identity:CreateUser +create(user/backup) ip=192.0.2.77
			  D3 02:11:04 user/data identity:CreateAccessKey +issue(user/backup,key=K2) ip=192.0.2.77
			> D3 02:11:09 user/data identity:AttachUserPolicy +grant(user/backup,admin) ip=192.0.2.77
		`},
		{Name: "power first, then the password", Trace: `
			  D0 02:11:00 user/data identity:CreateUser +create(user/backup)
			  D0 02:11:04 user/data identity:AttachUserPolicy +grant(user/backup,admin)
			> D0 02:11:09 user/data identity:CreateLoginProfile +password(user/backup)
		`},
		{Name: "someone joins, with little power", Trace: `
			D0 09:00:00 human/carol identity:CreateUser +create(user/new)
			D0 09:00:30 human/carol identity:CreateLoginProfile +password(user/new)
			D0 09:01:00 human/carol identity:AddUserToGroup +grant(user/new,limited,what=group)
		`},
		{Name: "declared automation makes an administrator", Trace: `
			D0 09:00:00 role/terraform-deployer/x identity:CreateUser +create(user/boss)
			D0 09:00:02 role/terraform-deployer/x identity:CreateAccessKey +issue(user/boss,key=K2)
			D0 09:00:04 role/terraform-deployer/x identity:AttachUserPolicy +grant(user/boss,admin)
		`},
		{Name: "a machine user for a program, and a role for a function", Trace: `
			D0 09:00:00 user/ops identity:CreateUser +create(user/mailer)
			D0 09:00:05 user/ops identity:CreateAccessKey +issue(user/mailer,key=K2)
			D0 09:10:00 ci/deploy/shop identity:CreateRole +create(role/init)
			D0 09:10:05 ci/deploy/shop identity:AttachRolePolicy +grant(role/init,admin)
		`},
	},
}

// completes reports whether an effect can be the last of the three: power for
// who has a way in, or a way in for who has power.
func completes(s *detect.Scope, x *sekisho.Effect) bool {
	switch x.Kind {
	case sekisho.GrantPower:
		_, key := s.Fired("key-for-another")
		_, password := s.Fired("password-for-another")
		return (key || password) && s.Granted(x) == sekisho.PowerAdmin
	case sekisho.IssueCredential, sekisho.SetPassword:
		power, _ := s.Power(x.Identity)
		return power == sekisho.PowerAdmin && (x.Kind == sekisho.SetPassword || x.Lasting())
	}
	return false
}
