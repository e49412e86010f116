package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// destroyedSnapshots is how many snapshots or images must go within ten minutes:
// old ones are cleared by hand now and then, a handful at a time.
const destroyedSnapshots = 10

// BackupsDestroyed fires when an identity that does not do so destroys what
// others are restored from: backups, many snapshots or images, a key; all the
// more when the data went just before.
//
// Why: who deletes data and then its backups wants it gone.
var BackupsDestroyed = detect.Detection{
	ID:    "backups-destroyed",
	Title: "Backups, snapshots or keys destroyed",
	Why: "Backups are what an extortioner has to remove before data is worth a ransom. They age out by rules and by one or two programs; " +
		"deletion by hand is rare, deletion next to that of the data itself is hardly ever meant well, and an agent that does both has lost its way.",
	BlindTo: []string{
		"backups that a rule lets expire sooner (see the behaviours about guards)",
		"who clears snapshots every day and now clears the last ones",
		"backups kept in another organisation's account",
	},
	FalsePositives: []string{"old snapshots are cleared for the first time", "an environment is taken down for good", "a key is retired"},
	Keys:           "the sort of thing that was destroyed: however many of them, it counts once, at the most that was claimed",
	Phases:         []sekisho.Phase{"impact"},
	Attack:         []string{"T1490", "T1485"},
	Atlas:          []string{"AML.T0048.000"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         8 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "deny the identity every deletion, cancel the deletion of keys while their waiting time runs, and copy what is left to an account it cannot reach",
	On:             detect.OnEffect(sekisho.Destroy),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := destroyedBackup(e)
		if x == nil || destroyedData(e) != nil || byProvider(e) || itsJob(s, e) || s.Automated() {
			return nil
		}
		n := s.Burst(soon).Destroyed
		followed := followsSoon(s, e, "backups-destroyed", "data-destroyed")
		if firstDayProgram(s, e) && !followed {
			return nil
		}
		if (x.What == "snapshot" || x.What == "image") && n < destroyedSnapshots && !followed {
			return nil
		}
		h := &detect.Hit{Key: x.What, Reason: fmt.Sprintf("%s destroyed %s %s%s; %s", who(&e.Actor), x.What, short(x.Resource), oneOf(n), never(s, e))}
		if followed {
			h.Reason += "; data went just before"
			if !vouched(s, e) && !fromDescription(s, e) && ticket(s, e) == "" {
				return h
			}
		}
		h.Demote = true
		switch {
		case ticket(s, e) != "":
			h.Weight = sekisho.Nat
		case followed || n >= destroyedMore*destroyedSnapshots:
			h.Weight = 7 * sekisho.Nat / 2
		case isAgent(s, e):
			h.Weight = 3 * sekisho.Nat
		case !s.Known():
			h.Weight = 3 * sekisho.Nat / 2
		default:
			h.Weight = 5 * sekisho.Nat / 2
		}
		if fromDescription(s, e) {
			h.Weight = min(h.Weight, 3*sekisho.Nat/2)
		}
		if vouched(s, e) && !followed {
			h.Weight = max(h.Weight-sekisho.Nat, sekisho.Nat)
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "first the data, then what it is restored from", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:00:00 user/app database:DeleteInstance +destroy(shop,what=database)
			> D3 02:00:05 user/app database:DeleteSnapshot +destroy(shop-monday,what=snapshot)
			  D3 02:00:06 user/app database:DeleteSnapshot +destroy(shop-{n},what=snapshot) x20 every=100ms
		`},
		{Name: "a vault is emptied", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app storage-backup:DeleteBackup +destroy(b-1,what=backup)
			  D3 02:00:01 user/app storage-backup:DeleteBackup +destroy(b-{n},what=backup) x40 every=100ms
		`},
		{Name: "snapshots by the dozen, and a key", Trace: `
			  D0 09:00:00 user/ops compute:ListSnapshots x60
			> D3 02:00:00 user/ops compute:DeleteSnapshot +destroy(snap-{n},what=snapshot) x10 every=200ms
			> D3 02:00:10 user/ops secret:ScheduleKeyDeletion +destroy(key-1,what=key)
		`},
		{Name: "the backup function keeps seven days", Trace: `
			D0 03:00:00 fn/backup compute:DeleteSnapshot +destroy(snap-{n},what=snapshot) x30
			D1 03:00:00 fn/backup compute:DeleteSnapshot +destroy(snap-a{n},what=snapshot) x30
			D2 03:00:00 fn/backup compute:DeleteSnapshot +destroy(snap-b{n},what=snapshot) x30
		`},
		{Name: "declared automation and a build clear old images", Trace: `
			D0 03:00:00 role/terraform-deployer/x secret:ScheduleKeyDeletion +destroy(key-{n},what=key) x4
			D0 03:10:00 ci/images/shop compute:DeregisterImage +destroy(image-{n},what=image) x40
		`},
		{Name: "an operator clears a few snapshots, one of them in use", Trace: `
			D0 09:00:00 human/carol compute:DeleteSnapshot +destroy(snap-{n},what=snapshot) x6
			D0 09:01:00 human/carol compute:DeleteSnapshot outcome=failed +destroy(snap-9,what=snapshot)
			D0 09:02:00 user/dev storage:DeleteObject +destroy(o-{n}) x40
			D0 09:03:00 user/dev pipeline-images:DeleteImages +destroy(shop,what=image,n=100)
		`},
		{Name: "an environment is taken down from its description: no tripwire, but said", Trace: `
			  D0 09:00:00 user/dev database:DeleteInstance client=terraform +destroy(test,what=database) +destroy(test-auto,what=backup)
			> D0 09:00:04 user/dev storage-backup:DeleteBackup client=terraform +destroy(test-daily,what=backup)
		`},
		{Name: "retention is the provider's work", Trace: `
			D0 03:00:00 service/backup storage-backup:DeleteBackup +destroy(b-{n},what=backup) x50
			D0 09:00:00 agent/coder storage-backup:ListBackups x20
		`},
	},
}

// destroyedBackup is the first thing that others are restored from which an
// event destroyed, nil if there is none. A key counts: what it locked cannot be
// read without it. Images that a build makes do not: it makes them again.
func destroyedBackup(e *sekisho.Event) *sekisho.Effect {
	for i := range e.Effects {
		x := &e.Effects[i]
		if x.Kind != sekisho.Destroy {
			continue
		}
		switch x.What {
		case "snapshot", "backup", "key":
			return x
		case "image":
			if e.Topic != sekisho.TopicPipeline {
				return x
			}
		}
	}
	return nil
}
