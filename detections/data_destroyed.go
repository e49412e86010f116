package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// How many things must go within ten minutes. Objects and files go by the
// hundred whenever a folder is cleared; of volumes and tables an engineer clears
// a handful by hand. A database is one thing that matters.
const (
	destroyedObjects = 100
	destroyedThings  = 10
	// destroyedMass is beyond clearing up, whatever it is: a listing's page, and
	// a call's batch, hold a thousand objects, and only who means all fills them.
	destroyedMass = 1000
	// destroyedMore times what is needed says more than that.
	destroyedMore = 10
)

// DataDestroyed fires when an identity that does not do so destroys data: a
// database, or many objects, volumes or tables within minutes.
//
// Why: nothing takes it back, and whoever wants to be paid or to hurt does it
// by program, within seconds of being able to.
var DataDestroyed = detect.Detection{
	ID:    "data-destroyed",
	Title: "Data destroyed in bulk",
	Why: "Extortion and sabotage end with deletion, at the speed of a script, by credentials that used to read and write. Who deletes for a living (a lifecycle, a clean-up job, a deployment) " +
		"has done it before; an AI agent that tidies up wrongly has not, and looks the same.",
	BlindTo: []string{
		"an identity that deletes every day and does so once more, from its usual place, with the wrong list",
		"deletion spread over hours, and expiry rules (see the behaviours about guards)",
		"objects, where no data events are collected",
		"how much there was in a volume, a table or a bucket",
		"a program on its first day that destroys objects, volumes or tables, made by known automation or before the log began",
	},
	FalsePositives: []string{"a test environment taken down by hand, or what a test made an hour before", "someone empties an old bucket for the first time"},
	Keys:           "the sort of thing that was destroyed: however many of them, it counts once, at the most that was claimed",
	Phases:         []sekisho.Phase{"impact"},
	Attack:         []string{"T1485"},
	Atlas:          []string{"AML.T0048.000"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         8 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedData,
	Cut:            "deny the identity every deletion, now; then see what versions, snapshots and copies elsewhere are left",
	On:             detect.OnEffect(sekisho.Destroy),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := destroyedData(e)
		if x == nil || byProvider(e) || itsJob(s, e) || firstDayProgram(s, e) && x.What != "database" || s.Automated() {
			return nil
		}
		need := int64(destroyedThings)
		switch x.What {
		case "database":
			need = 1
		case "object", "file", "bucket":
			// A bucket is emptied before it goes. People clear folders of hundreds
			// with one command.
			if need = destroyedObjects; vouched(s, e) {
				need = destroyedMass
			}
		}
		followed := followsSoon(s, e, "data-destroyed", "backups-destroyed") && x.What != "object"
		// One call that takes a database's automated backups along is a default of
		// the tools; of a program that decides anew, or of a stranger, it is not.
		both := followed || x.What == "database" && destroyedBackup(e) != nil && (isAgent(s, e) || doubtful(s))
		n := s.Burst(soon).Destroyed
		unguarded := false
		if x.What == "object" && timesDone(s, e) == 0 && doubtful(s) {
			need = min(need, destroyedObjects/doubtfulShare)
			// Versions were switched off, and then the objects went.
			_, unguarded = firedSoon(s, e, "guard-removed")
		}
		if n < need && !followed {
			return nil
		}
		h := &detect.Hit{Key: x.What, Reason: fmt.Sprintf("%s destroyed %s %s%s; %s", who(&e.Actor), x.What, short(x.Resource), oneOf(n), never(s, e))}
		if both {
			h.Reason += "; what it could be restored from went with it"
		}
		mass := n >= destroyedMass && s.Known() && timesDone(s, e) == 0
		person := vouched(s, e)
		if (both || mass || unguarded && n >= need) && !person && !fromDescription(s, e) && ticket(s, e) == "" {
			return h
		}
		h.Demote = true
		switch {
		case ticket(s, e) != "":
			h.Weight = sekisho.Nat
		case both || n >= destroyedMore*max(need, destroyedThings):
			h.Weight = 7 * sekisho.Nat / 2
		case isAgent(s, e):
			h.Weight = 3 * sekisho.Nat
		case !s.Known() && !doubtful(s) && x.What != "database":
			h.Weight = 2 * sekisho.Nat
		case !s.Known() && !doubtful(s):
			h.Weight = sekisho.Nat
		default:
			h.Weight = 5 * sekisho.Nat / 2
		}
		if fromDescription(s, e) {
			h.Weight = min(h.Weight, 3*sekisho.Nat/2)
		}
		if person && !both {
			h.Weight = max(h.Weight-sekisho.Nat, sekisho.Nat)
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a leaked key empties the buckets", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets,GetObject x60
			  D1 09:00:00 user/app storage:ListBuckets,GetObject x60
			  D3 02:00:00 user/app storage:DeleteObject +destroy(invoices/{n}) x99 every=20ms
			> D3 02:00:02 user/app storage:DeleteObject +destroy(invoices/100)
			> D3 02:00:03 user/app storage:DeleteObjects +destroy(invoices,n=1000)
			  D3 02:00:04 user/app storage:DeleteObjects +destroy(archive,n=1000) x5
		`},
		{Name: "a key at work elsewhere takes the versions away, and then the objects", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets,GetObject x60
			  D1 09:00:00 user/app storage:ListBuckets,GetObject x60
			  D3 02:00:00 user/app storage:PutVersioning +unguard(invoices,what=versioning) ip=192.0.2.77 client=script
			  D3 02:00:10 user/app storage:DeleteObject +destroy(invoices/{n}) x24 every=200ms ip=192.0.2.77 client=script
			> D3 02:00:20 user/app storage:DeleteObject +destroy(invoices/25) ip=192.0.2.77 client=script
		`},
		{Name: "a coding agent deletes the database, and its backups in the same call", Trace: `
			> D0 09:00:00 agent/coder database:DeleteInstance +destroy(shop-prod,what=database) +destroy(shop-prod-daily,what=backup)
		`},
		{Name: "a coding agent deletes the volume's database in seconds", Trace: `
			  D0 09:00:00 agent/coder database:DescribeInstances x20
			  D0 09:01:00 agent/coder storage-backup:DeleteBackup +destroy(shop-daily,what=backup)
			> D0 09:01:04 agent/coder database:DeleteInstance +destroy(shop-prod,what=database)
		`},
		{Name: "volumes go by the dozen", Trace: `
			  D0 09:00:00 user/ops compute:DescribeInstances x60
			> D3 02:00:00 user/ops compute:DeleteVolume +destroy(vol-{n},what=volume) x10 every=300ms
		`},
		{Name: "a log rotation has deleted each night", Trace: `
			D0 03:00:00 fn/rotate storage:DeleteObjects +destroy(logs,n=1000)
			D1 03:00:00 fn/rotate storage:DeleteObjects +destroy(logs,n=1000)
			D2 03:00:00 fn/rotate storage:DeleteObjects +destroy(logs,n=1000) x20
		`},
		{Name: "a build cleans up what its tests made, and a deployment its stack", Trace: `
			D0 09:00:00 ci/test/shop storage:DeleteObjects +destroy(test-7,n=900) x3
			D0 09:01:00 ci/test/shop database:DeleteInstance +destroy(test-7,what=database)
			D0 09:02:00 role/terraform-deployer/x database:DeleteTable +destroy(t-{n},what=table) x30
			D0 09:05:00 ci/deploy/shop storage:DeleteBucket +destroy(b-{n},what=bucket) x12
		`},
		{Name: "people tidy up by hand", Trace: `
			D0 09:00:00 human/carol storage:ListBuckets x60
			D2 09:00:00 human/carol storage:DeleteObjects +destroy(old,n=600)
			D2 09:05:00 sso/dev/bob compute:DeleteVolume +destroy(vol-{n},what=volume) x3
			D2 09:09:00 user/dev database:DeleteTable +destroy(t-{n},what=table) x4
		`},
		{Name: "a lifecycle rule and a stack's own deletion are the provider's work", Trace: `
			D0 09:00:00 service/storage storage:ExpireObjects +destroy(logs,n=100000)
			D0 09:10:00 sso/dev/bob database:DeleteInstance onbehalf=stacks +destroy(test,what=database)
		`},
	},
}

// destroyedData is the first thing that holds data which an event destroyed, nil
// if there is none.
func destroyedData(e *sekisho.Event) *sekisho.Effect {
	for i := range e.Effects {
		x := &e.Effects[i]
		if x.Kind != sekisho.Destroy {
			continue
		}
		switch x.What {
		case "object", "file", "bucket", "volume", "database", "table":
			return x
		}
	}
	return nil
}

// short is the last part of a resource's name.
func short(resource string) string {
	for i := len(resource) - 1; i >= 0; i-- {
		if resource[i] == ':' {
			return resource[i+1:]
		}
	}
	return resource
}
