package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// lockedMany is how many things must be locked within ten minutes for it to be
// more than someone's trial of an option: the least of the 5 to 10 that a
// person would try by hand, since each one more is lost.
const lockedMany = 5

// DataLocked fires when data is written with a key that its owner does not
// hold: one that the caller brought, or that lives in an outside account.
//
// Why: after it the data is there and cannot be read; only who has the key can
// give it back, for money.
var DataLocked = detect.Detection{
	ID:    "data-locked",
	Title: "Data encrypted with a key that is not ours",
	Why: "Storage can encrypt with a key that comes with the call and is kept nowhere. Writing what is already there once more with such a key is ransom without malware: " +
		"the provider cannot undo it. Few programs use such keys, and those that do have always done so.",
	BlindTo: []string{
		"objects, where no data events are collected",
		"data encrypted by a program before it is written",
		"a workload that turns on what it writes every day, from where it runs",
	},
	FalsePositives: []string{"a program that brings its own keys, in its first days", "a partner's key that is not declared"},
	Keys:           "whose key it is: however many things are locked, it counts once, at the most that was claimed",
	Phases:         []sekisho.Phase{"impact"},
	Attack:         []string{"T1486"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Decisive:       true,
	Weight:         8 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedData,
	Cut:            "deny the identity every write, now; then restore older versions while they are there",
	On:             detect.OnEffect(sekisho.LockData),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.LockData)
		if x == nil || byProvider(e) || s.Automated() {
			return nil
		}
		whose := "a key of the caller's own"
		if x.What == "outside-key" {
			if len(x.With) > 0 && len(outsiders(s, x.With)) == 0 {
				return nil // another account of ours, or a partner's, keeps the key
			}
			whose = "a key of an outside account"
		}
		job := itsJob(s, e)
		if firstDayProgram(s, e) || job && e.Actor.WorkloadType != "" && !isAgent(s, e) {
			return nil
		}
		n := s.Burst(soon).Locked
		h := &detect.Hit{Key: x.What, Reason: fmt.Sprintf("%s encrypted %s with %s%s; %s", who(&e.Actor), short(x.Resource), whose, oneOf(n), never(s, e))}
		switch {
		case ticket(s, e) != "":
			h.Demote, h.Weight = true, sekisho.Nat
		case job:
			// Nobody can tell whether what it always writes was always locked.
			h.Demote, h.Weight = true, 3*sekisho.Nat/2
		case n >= lockedMany:
		default:
			h.Demote, h.Weight = true, 2*sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a leaked key writes every object again, with a key of its own", Trace: `
			  D0 09:00:00 user/app storage:GetObject,PutObject x60
			  D1 09:00:00 user/app storage:GetObject,PutObject x60
			> D3 02:00:00 user/app storage:CopyObject +lock(invoices/1)
			  D3 02:00:01 user/app storage:CopyObject +lock(invoices/a{n}) x3 every=100ms
			> D3 02:00:02 user/app storage:CopyObject +lock(invoices/5)
			  D3 02:00:03 user/app storage:CopyObject +lock(invoices/b{n}) x300 every=50ms
		`},
		{Name: "snapshots are copied under an outsider's key", Trace: `
			> D0 02:00:00 role/developer/bob compute:CopySnapshot +lock(snap-1,what=outside-key,with=999988887777)
		`},
		{Name: "a program that always brings its own key", Trace: `
			D0 09:00:00 fn/vault storage:PutObject +lock(v-{n}) x20
			D1 09:00:00 fn/vault storage:PutObject +lock(v-a{n}) x20
			D2 09:00:00 fn/vault storage:PutObject +lock(v-b{n}) x200
		`},
		{Name: "refused nine times, it finds a place where it may", Trace: `
			  D0 02:00:00 user/x storage:PutObject outcome=denied +lock(invoices/{n}) x9
			> D0 02:01:00 user/x storage:PutObject +lock(invoices/1)
		`},
		{Name: "declared automation and a build do so", Trace: `
			D0 09:00:00 role/terraform-deployer/x storage:PutObject +lock(state-{n}) x9
			D0 09:10:00 ci/deploy/shop storage:PutObject +lock(a-{n}) x9
		`},
		{Name: "ordinary writes are encrypted with keys of ours, or kept for us", Trace: `
			D0 08:00:00 user/app compute:CopySnapshot +lock(snap-{n},what=outside-key,with=111122223333) x9
			D0 08:10:00 user/app compute:CopySnapshot +lock(snap-{n},what=outside-key,with=777788889999) x9
			D0 09:00:00 human/carol storage:PutObject x20
			D0 09:10:00 user/app storage:CopyObject +data(a-{n},what=copy) x90
			D0 09:20:00 service/backup storage:PutObject +lock(b-{n}) x20
		`},
	},
}
