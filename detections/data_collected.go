package detections

import (
	"fmt"
	"strconv"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// How many objects must be read within ten minutes, and how many disks or
// databases copied. A hundred is more than someone looks at one by one; people
// fetch a folder of hundreds with one command, so of them, and of those of whom
// nothing is known, a listing's page of a thousand is asked for.
const (
	collectedKnown = 100
	collectedOther = 1000
	copiedWhole    = 3
)

// DataCollected fires when an identity reads or copies data in bulk that does
// not do so: objects by the hundred, several disks or databases at once.
//
// Why: what is stolen is collected first, by program; who reads data for a
// living has read it before.
var DataCollected = detect.Detection{
	ID:    "data-collected",
	Title: "Data read or copied in bulk",
	Why: "Before data leaves it is read, exported or copied to where it can be fetched. Volumes alone say nothing, since pipelines read more every hour; " +
		"hundreds of objects within minutes by an identity that never read them, or from a place where it never worked, do.",
	BlindTo: []string{
		"a pipeline that is taken over where it runs, and reads what it always reads",
		"objects read one by one over days",
		"objects, where no data events are collected; queries inside a database",
	},
	FalsePositives: []string{"data moves to another store", "someone analyses old logs for the first time", "disks copied for a move to another region"},
	Keys:           "read or copied, and each doubling of how many",
	Phases:         []sekisho.Phase{"collection", "exfiltration"},
	Attack:         []string{"T1530", "T1119", "T1074.002"},
	Atlas:          []string{"AML.T0035"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         6 * sekisho.Nat,
	Origin:         originTripwire + "; 2.5 where no other sign says that somebody else reads, from a place where the identity never was",
	Feed:           detect.FeedData,
	Cut:            "deny the identity reads of storage, and see from the same records what it has by now",
	On:             detect.OnEffect(sekisho.ReadData),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if a.Type != sekisho.ActorUser && a.Type != sekisho.ActorRole && a.Type != sekisho.ActorRoot || byProvider(e) {
			return nil
		}
		if timesDone(s, e) > 0 && !newPlace(s, e) || firstDayProgram(s, e) || s.Automated() || partner(s, e) {
			return nil
		}
		x := e.Find(sekisho.ReadData)
		need, n, done := int64(collectedKnown), int64(0), "read"
		if !s.Known() || vouched(s, e) {
			need = collectedOther
		}
		b := s.Burst(soon)
		n = b.Read
		if x.What == "copy" {
			n, done = b.Copied, "copied"
			if e.Topic == sekisho.TopicDatabase || e.Topic == sekisho.TopicCompute {
				if need = copiedWhole; !s.Known() || vouched(s, e) {
					need = 10 * copiedWhole
				}
			}
		}
		if n < need && doubtful(s) && x.What != "copy" && timesDone(s, e) == 0 {
			need = collectedKnown / doubtfulShare
		}
		if n < need {
			return nil
		}
		weight := 5 * sekisho.Nat / 2
		switch {
		case ticket(s, e) != "" || vouched(s, e):
			weight = sekisho.Nat
		case !s.Known():
			weight = 2 * sekisho.Nat
		}
		h := &detect.Hit{Demote: true, Key: done + " " + strconv.FormatInt(need<<(doublings(int(n), int(need))-1), 10), Weight: lessAfter(int(n), int(need), weight),
			Reason: fmt.Sprintf("%s %s %d objects in ten minutes, the last one %s; %s", who(a), done, n, short(x.Resource), never(s, e))}
		if newPlace(s, e) {
			h.Reason += "; it works from a new network"
			if s.Doubted() && timesDone(s, e) == 0 && ticket(s, e) == "" {
				h.Key, h.Demote, h.Weight = done+" from elsewhere", false, 6*sekisho.Nat
				h.Reason += ", and its lineage is in doubt"
			}
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a deployment key reads a bucket", Trace: `
			  D0 09:00:00 user/deploy pipeline:StartDeploy x60
			  D3 02:00:00 user/deploy storage:GetObject +data(customers/{n},bytes=4096) x99 every=100ms
			> D3 02:00:10 user/deploy storage:GetObject +data(customers/100)
			  D3 02:00:11 user/deploy storage:GetObject +data(customers/a{n}) x99 every=100ms
			> D3 02:00:21 user/deploy storage:GetObject +data(customers/200)
		`},
		{Name: "a pipeline's key, which reads every day, reads from elsewhere", Trace: `
			  D0 09:00:00 user/etl storage:GetObject +data(in/{n}) x500 every=100ms
			  D1 09:00:00 user/etl storage:GetObject +data(in/{n}) x500 every=100ms
			  D2 09:00:00 user/etl storage:GetObject +data(in/{n}) x500 every=100ms
			> D3 02:00:00 user/etl storage:GetObject +data(in/{n}) x100 every=100ms ip=192.0.2.77
		`},
		{Name: "a known key, from elsewhere and with another program, needs to read fewer", Trace: `
			  D0 09:00:00 user/deploy pipeline:StartDeploy x60
			  D2 09:00:00 user/deploy pipeline:StartDeploy x60
			  D3 02:00:00 user/deploy storage:GetObject +data(customers/{n}) ip=192.0.2.77 client=script x24 every=100ms
			> D3 02:00:10 user/deploy storage:GetObject +data(customers/25) ip=192.0.2.77 client=script
		`},
		{Name: "disks are copied", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app compute:CopySnapshot +data(snap-{n},what=copy) x3
		`},
		{Name: "a key of which nothing is known reads a thousand", Trace: `
			> D0 02:00:00 user/x storage:GetObject +data(customers/{n}) x1000 every=50ms
		`},
		{Name: "a pipeline reads thousands, on its first day and later", Trace: `
			D0 09:00:00 fn/etl storage:GetObject +data(in/{n}) x2000 every=50ms
			D1 09:00:00 fn/etl storage:GetObject +data(in/{n}) x2000 every=50ms
			D2 09:00:00 fn/etl storage:GetObject +data(in/{n}) x4000 every=50ms
		`},
		{Name: "a person fetches a folder", Trace: `
			D0 09:00:00 sso/dev/bob compute:ListInstances x60
			D1 09:00:00 sso/dev/bob storage:GetObject +data(logs/{n}) x600 every=50ms
		`},
		{Name: "a build and declared automation fetch what they deploy", Trace: `
			D0 09:00:00 ci/deploy/shop storage:GetObject +data(site/{n}) x1500 every=50ms
			D0 09:10:00 role/terraform-deployer/x storage:GetObject +data(m/{n}) x1500 every=50ms
		`},
		{Name: "strangers read a public page, the provider copies a disk", Trace: `
			D0 09:00:00 anon storage:GetObject +data(site/{n}) x1500 every=50ms
			D0 09:10:00 service/backup compute:CopySnapshot +data(snap-{n},what=copy) x50
			D0 09:20:00 human/carol compute:CopySnapshot +data(snap-{n},what=copy) x2
		`},
	},
}
