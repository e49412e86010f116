package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// takenEnough is how many objects must have been read within ten minutes for
// them to be what was taken: a quarter of what counts as collected by itself,
// as elsewhere where a credential is in doubt.
const takenEnough = collectedKnown / doubtfulShare

// TakenThenDestroyed fires when one lineage destroys or locks data in bulk and
// also reads it in bulk, or takes away what it could be restored from.
//
// Why: each alone has its good reasons; together, by a credential that is not
// where it belongs, they are extortion.
var TakenThenDestroyed = detect.Detection{
	ID:    "taken-then-destroyed",
	Title: "Data taken or unprotected, and destroyed or locked",
	Why: "Extortion takes a copy, takes away versions or shortens how long things are kept, and destroys or locks the rest. Whoever clears up does not read it all first, " +
		"and whoever moves data does not switch off what protects it.",
	BlindTo: []string{
		"a credential that shows no other sign of being in the wrong hands",
		"acts that lie further apart than an episode",
		"objects, where no data events are collected",
	},
	FalsePositives: []string{"a bucket emptied for good from a place where its owner never worked"},
	Keys:           "the lineage, once an episode",
	Phases:         []sekisho.Phase{"impact", "exfiltration"},
	Attack:         []string{"T1485", "T1486", "T1490"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         8 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedData,
	Cut:            "deny the lineage everything in storage, now; then put versions and retention back",
	On:             detect.OnEffect(sekisho.Destroy, sekisho.LockData, sekisho.RemoveGuard),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || byProvider(e) {
			return nil
		}
		harm := ""
		for _, sort := range [...]string{"data-locked", "data-destroyed"} {
			if _, yes := firedSoon(s, e, sort); yes {
				harm = sort[len("data-"):]
			}
		}
		if harm == "" || !doubtful(s) || vouched(s, e) || s.Automated() || ticket(s, e) != "" || fromDescription(s, e) || itsJob(s, e) {
			return nil
		}
		b := s.Burst(soon)
		taken := b.Read - b.Copied // moving is copying and deleting
		_, unguarded := firedSoon(s, e, "guard-removed")
		if x := e.Find(sekisho.RemoveGuard); x != nil {
			unguarded = unguarded || x.What == "versioning" || x.What == "retention" || x.What == "lock" || x.What == "backup"
		}
		switch {
		case taken >= takenEnough:
			return &detect.Hit{Reason: fmt.Sprintf("%s read %d objects and had %s others within ten minutes; its lineage works from where it never did", who(&e.Actor), taken, harm)}
		case unguarded:
			return &detect.Hit{Reason: fmt.Sprintf("%s had data %s within ten minutes and took away what protects it; its lineage works from where it never did", who(&e.Actor), harm)}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "versions off, objects gone", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets,GetObject x60
			  D1 09:00:00 user/app storage:ListBuckets,GetObject x60
			  D3 02:00:00 user/app storage:PutVersioning +unguard(invoices,what=versioning) ip=192.0.2.77 client=script
			  D3 02:00:10 user/app storage:DeleteObject +destroy(invoices/{n}) x25 every=200ms ip=192.0.2.77 client=script
			> D3 02:00:20 user/app storage:DeleteObject +destroy(invoices/26) ip=192.0.2.77 client=script
		`},
		{Name: "objects locked with a foreign key, then set to expire", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets,GetObject x60
			  D1 09:00:00 user/app storage:ListBuckets,GetObject x60
			  D3 02:00:00 user/app storage:CopyObject +lock(invoices/{n}) x20 every=200ms ip=192.0.2.77 client=script
			> D3 02:00:20 user/app storage:PutLifecycle +unguard(invoices,what=retention) ip=192.0.2.77 client=script
		`},
		{Name: "a bucket is moved by its owner", Trace: `
			D0 09:00:00 user/app storage:ListBuckets,GetObject x60
			D2 09:00:00 user/app storage:CopyObject +data(old/{n},what=copy) x60 every=100ms
			D2 09:00:10 user/app storage:DeleteObject +destroy(old/{n}) x60 every=100ms
		`},
		{Name: "a person empties an old bucket for good", Trace: `
			D0 09:00:00 sso/dev/bob storage:ListBuckets x60
			D2 09:00:00 sso/dev/bob storage:PutVersioning +unguard(old,what=versioning)
			D2 09:00:10 sso/dev/bob storage:DeleteObjects +destroy(old,n=1000) x3
		`},
		{Name: "a job reads, works and deletes, from its first day on", Trace: `
			D0 03:00:00 fn/inbox storage:GetObject +data(in/{n}) x200 every=100ms
			D0 03:00:30 fn/inbox storage:DeleteObject +destroy(in/{n}) x200 every=100ms
			D0 03:05:00 role/terraform-deployer/x storage:DeleteBucket +destroy(test,what=bucket)
		`},
	},
}
