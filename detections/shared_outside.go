package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// SharedOutside fires when a snapshot, image, database, secret, bucket, key or
// anything else that others may use is shared with an account that is neither
// ours nor a partner's, or with everyone. What was tried in vain is a behaviour
// of its own.
//
// Why: the copy is made by the other account, by its own calls, out of our
// sight and with nothing crossing our network.
var SharedOutside = detect.Detection{
	ID:    "shared-outside",
	Title: "Data shared with outsiders",
	Why: "Sharing a snapshot or an image with an outside account hands over all that is on it in one call, past every control of the network. " +
		"Backups go to the same few accounts every day; a new account, chosen by someone who never shared before, is how data leaves quietly.",
	BlindTo: []string{
		"data read and sent away piece by piece (see the behaviours about secrets and bulk reads)",
		"a partner's account that was taken over",
	},
	FalsePositives: []string{"an account of ours that is not declared", "public images and open data, published on purpose"},
	Keys:           "the resource that was shared; all single objects are one",
	Phases:         []sekisho.Phase{"exfiltration"},
	Attack:         []string{"T1537", "T1578.001"},
	Atlas:          []string{"AML.T0025"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Decisive:       true,
	Weight:         6 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "take the share back and disable the credential that gave it",
	On:             detect.OnEffect(sekisho.Share),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || e.Actor.Type == sekisho.ActorService {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			if x.Kind != sekisho.Share {
				continue
			}
			out := outsiders(s, x.With)
			if len(out) == 0 {
				continue
			}
			if h := shared(s, e, x, out); h != nil {
				return h
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a known key shares for the first time", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x30
			  D1 09:00:00 user/data storage:ListBuckets x30
			> D3 03:00:00 user/data compute:ModifySnapshot +share(snap-1,with=999988887777)
		`},
		{Name: "a database for everyone", Trace: `
			> D0 03:00:00 role/developer/bob database:ModifySnapshot +share(db-1,with=*,what=database)
		`},
		{Name: "a bucket for an outsider counts less", Trace: `
			> D0 03:00:00 human/carol storage:PutBucketPolicy +share(bucket-1,with=999988887777,what=bucket)
		`},
		{Name: "a secret for an outsider, and a queue for everyone", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data secret:PutPolicy +share(db-password,with=999988887777,what=secret)
			> D3 03:00:10 user/data messaging:SetQueuePolicy +share(orders,with=*,what=queue)
		`},
		{Name: "a site's objects are made public one by one", Trace: `
			> D0 09:00:00 user/web storage:PutObjectPolicy +share(site/1,with=*,what=object)
			  D0 09:00:01 user/web storage:PutObjectPolicy +share(site/{n},with=*,what=object) x50
		`},
		{Name: "backups go to our own and to a partner's account", Trace: `
			D0 03:00:00 fn/backup compute:ModifySnapshot x5 +share(snap-{n},with=111122223333)
			D0 04:00:00 user/backup database:ModifySnapshot x5 +share(db-{n},with=777788889999,what=database)
		`},
		{Name: "declared automation and a pipeline publish", Trace: `
			D0 03:00:00 role/terraform-deployer/x storage:PutBucketPolicy +share(site,with=*,what=bucket)
			D0 04:00:00 ci/images/build compute:ModifyImage +share(image-1,with=*,what=image)
		`},
		{Name: "the sharing is refused, or by the provider's service", Trace: `
			D0 03:00:00 human/carol compute:ModifySnapshot outcome=denied target=snap-1
			D0 04:00:00 service/backup compute:ModifySnapshot +share(snap-1,with=999988887777)
		`},
	},
}

// Weights of what is shared by someone who is not known to share. The whole of
// a disk, a database or a secret is shared for one reason. Policies of buckets,
// keys and what else others may use are written for many, and what is for
// everyone there is often a web site, a hook or a topic with conditions.
var sharedWeights = map[string]struct{ outsider, everyone sekisho.Nats }{
	"key":        {4 * sekisho.Nat, 4 * sekisho.Nat},
	"bucket":     {3 * sekisho.Nat, 3 * sekisho.Nat},
	"search":     {3 * sekisho.Nat, 3 * sekisho.Nat},
	"repository": {3 * sekisho.Nat, 2 * sekisho.Nat},
	"function":   {3 * sekisho.Nat, 2 * sekisho.Nat},
	"queue":      {5 * sekisho.Nat / 2, 2 * sekisho.Nat},
	"topic":      {5 * sekisho.Nat / 2, 2 * sekisho.Nat},
	"network":    {5 * sekisho.Nat / 2, 2 * sekisho.Nat},
	"object":     {5 * sekisho.Nat / 2, sekisho.Nat},
	"gateway":    {2 * sekisho.Nat, sekisho.Nat},
}

// shared judges one resource that was opened to outsiders.
func shared(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect, out []string) *detect.Hit {
	times := timesDone(s, e)
	h := &detect.Hit{Key: x.Resource, Reason: fmt.Sprintf("%s shared %s %s with %s; it shared in %s before %s",
		who(&e.Actor), x.What, x.Resource, withWords(out), plural(times, "episode"), inHistory(s, e))}
	if x.What == "object" {
		h.Key = "objects" // a folder is opened one by one
	}
	demote := func(n sekisho.Nats) *detect.Hit {
		h.Demote, h.Weight = true, n
		return h
	}
	weights, part := sharedWeights[x.What]
	weight := weights.outsider
	if everyone(out) {
		weight = weights.everyone
	}
	switch {
	case s.Automated():
		if s.New(detect.Action, e.Name()) {
			return demote(2 * sekisho.Nat)
		}
		return nil
	case seenOnTarget(s, e):
		return nil
	case times >= routineTimes && part && weight < 3*sekisho.Nat:
		return nil // who publishes for a living
	case times >= routineTimes || ticket(s, e) != "":
		return demote(sekisho.Nat)
	case x.What == "source" && (s.Known() || vouched(s, e)) && oddFor(s, e) == "" && !doubtful(s):
		return demote(2 * sekisho.Nat) // organizations publish code on purpose; from an odd place they do not
	case part:
		return demote(weight)
	case s.Known() && times == 0:
		return h
	case everyone(out) && x.What != "image":
		return h
	}
	return demote(4 * sekisho.Nat)
}
