package detections

import (
	"fmt"
	"math"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// OwnCredentialAdded fires when an identity gives itself one more lasting
// credential (a key, a certificate, a password for a service) in circumstances
// that are not those of renewing one: from a network new to it, or after its
// lineage has been exploring.
//
// Renewing a key looks the same but for the circumstances, and is everyday work.
var OwnCredentialAdded = detect.Detection{
	ID:    "own-credential-added",
	Title: "Second lasting credential in odd circumstances",
	Why: "Who holds a stolen key makes a second one of the same owner at once: the first will be noticed and disabled, " +
		"the second stays. Owners do so too, but from where they always work, and not in the middle of a search.",
	BlindTo: []string{
		"a thief who works from the owner's network with the owner's tools",
		"an identity without history, unless its lineage has been exploring",
	},
	FalsePositives: []string{"a person who travels and renews a key on the way"},
	Keys:           "the identity, once an episode",
	Phases:         []sekisho.Phase{"persistence"},
	Attack:         []string{"T1098.001"},
	Family:         sekisho.FamilyLineage,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "disable the new credential and the one that made it",
	On:             detect.OnEffect(sekisho.IssueCredential),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || byProvider(e) || inService(&e.Actor) {
			return nil
		}
		x := e.Find(sekisho.IssueCredential)
		if x == nil || x.Kind != sekisho.IssueCredential || !x.Lasting() || !isSelf(&e.Actor, x.Identity) || s.Automated() || ticket(s, e) != "" {
			return nil
		}
		odd := oddFor(s, e)
		if odd == "" {
			return nil
		}
		h := &detect.Hit{Key: e.Actor.ID, Reason: fmt.Sprintf("%s made itself credential %s %s; it made one in %s before %s", who(&e.Actor), x.Credential, odd,
			plural(timesDone(s, e), "episode"), inHistory(s, e))}
		if timesDone(s, e) > 0 {
			h.Weight = 3 * sekisho.Nat / 2
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a stolen key makes its successor", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data identity:CreateAccessKey ip=192.0.2.77 +issue(user/data,key=D2)
		`},
		{Name: "in the middle of a search, by a key nobody knows", Trace: `
			  09:00:00 user/x identity:ListA,ListB,ListC,ListD,compute:ListA,ListB,ListC,ListD,function:ListA,ListB,ListC,ListD
			  09:01:00 user/x storage:ListA,ListB,ListC,ListD,database:ListA,ListB,ListC,ListD,secret:ListA,ListB,ListC,ListD
			  09:02:00 user/x logging:ListA,ListB,ListC,model:ListA,ListB,ListC
			> 09:03:00 user/x identity:UploadCertificate +issue(user/x,key=cert-1)
		`},
		{Name: "people renew their keys", Trace: `
			D0 09:00:00 user/alice storage:ListBuckets x60
			D1 09:00:00 user/alice identity:CreateAccessKey +issue(user/alice,key=A2)
			D1 09:05:00 user/alice identity:UpdateAccessKey +disable(key-alice)
			D1 09:10:00 human/bob identity:CreateAccessKey +issue(user/bob,key=B2)
		`},
		{Name: "a program rotates its own key from its own network", Trace: `
			D0 09:00:00 user/app storage:ListBuckets x60 client=sdk
			D30 09:00:00 user/app identity:CreateAccessKey client=sdk +issue(user/app,key=P2)
		`},
		{Name: "keys of others are watched elsewhere, and sessions", Trace: `
			D0 09:00:00 fn/rotate identity:CreateAccessKey +issue(user/app,key=P1)
			D0 09:10:00 role/deploy/s1 identity:AssumeRole +issue(role/reader,session=s2)
		`},
	},
}

// exploring are the behaviours after which an identity's own new key is no
// renewal.
var exploring = [...]string{"scripted-recon", "probe-then-enumeration", "denied-burst", "credential-new-source", "secrets-sweep"}

// oddFor says in which way the circumstances of an event are not its actor's
// usual ones, "" if in none.
func oddFor(s *detect.Scope, e *sekisho.Event) string {
	return oddWithin(s, e, math.MaxInt64)
}

// oddWithin is oddFor where signs of the lineage count for so long. What an identity does
// by habit is no evidence because of a sign of hours ago, perhaps in another system: people
// travel, and work on.
func oddWithin(s *detect.Scope, e *sekisho.Event, signs time.Duration) string {
	if e.IP != "" && !private(e.IP) && e.Endpoint == "" {
		if net := s.Network(e.IP); net.Key != "" && !net.Declared && s.New(detect.Network, net.Key) && !s.Others(e.Account, detect.Network, net.Key) {
			return "from a network that is new to it (" + net.Key + ")"
		}
	}
	for _, id := range exploring {
		if at, ok := s.Fired(id); ok && e.Time.Sub(at) <= signs {
			return ago(at, e.Time) + " after its lineage showed " + id
		}
	}
	return ""
}
