package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// soonDays is how soon stored things must be set to end for that to be a way of
// destroying them: a week, which is what the extortions on record leave their
// victims. Longer rules are housekeeping.
const soonDays = 7

// GuardRemoved fires when someone without that habit takes away what keeps data
// from being exposed, lost or forged: the block of public access, versions,
// locks, backups, encryption, signatures.
//
// Why: it is what comes the minute before exposure or destruction.
var GuardRemoved = detect.Detection{
	ID:    "guard-removed",
	Title: "Guard against exposure or loss taken away",
	Why: "Versions, locks, backups and blocks of public access are set once, and cost nobody anything while nothing is wrong. " +
		"Who destroys or publishes data has to take them away first, and often takes away several in a row.",
	BlindTo: []string{
		"what never had a guard",
		"a guard that is loosened in its conditions and stays in name",
	},
	FalsePositives: []string{"a website is published on purpose", "a database is taken down by hand", "a clean-up of old stores by someone who never did it before"},
	Keys:           "the kind of guard: however many resources lose it, it counts once an episode, and more when it was not the first",
	Phases:         []sekisho.Phase{"defense-evasion", "impact"},
	Attack:         []string{"T1562.001", "T1490", "T1485"},
	Family:         sekisho.FamilyAction,
	Decisive:       true,
	Weight:         2 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "put the guard back and disable the credential that removed it",
	On:             detect.OnEffect(sekisho.RemoveGuard) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Actor.Type == sekisho.ActorService || e.Outcome == sekisho.Failed {
			return nil // what fails for other reasons than permission is mostly a slip
		}
		gone := sought(e)
		for i := range gone {
			if x := &gone[i]; x.Kind == sekisho.RemoveGuard {
				if h := unguarded(s, e, x); h != nil {
					return h
				}
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "versions are stopped and everything set to end tomorrow", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data storage:PutVersioning +unguard(records,what=versioning)
			> D3 03:00:10 user/data storage:PutLifecycle +unguard(records,what=retention,n=1)
		`},
		{Name: "the whole account's block of public access", Trace: `
			> D0 03:00:00 role/developer/bob storage:DeletePublicBlock +unguard(account,what=public-block)
		`},
		{Name: "the backups are out of reach", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data storage-backup:DeleteLock outcome=denied +unguard(vault,what=lock)
		`},
		{Name: "one who cleans up for a living, and rules that leave time", Trace: `
			D0 09:00:00 user/ops storage:PutLifecycle +unguard(cache,what=retention,n=30)
			D0 09:10:00 human/carol storage:PutLifecycle +unguard(reports,what=retention,n=90)
		`},
		{Name: "declared automation and a pipeline publish a site and tear a database down", Trace: `
			D0 09:00:00 role/terraform-deployer/x storage:DeletePublicBlock +unguard(site,what=public-block)
			D0 09:10:00 ci/shop/teardown database:ModifyDatabase +unguard(db-test,what=deletion-protection)
			D0 09:20:00 service/database database:ModifyDatabase +unguard(db-1,what=backup)
		`},
		{Name: "a person with a second factor takes a database down on a first day", Trace: `
			D0 09:00:00 human/carol database:ModifyDatabase +unguard(db-test,what=deletion-protection)
			D0 09:01:00 sso/dev/bob storage:DeletePublicBlock +unguard(site,what=public-block)
		`},
	},
}

// guardWorth is what each kind of guard claims when someone who is known takes
// it away for the first time. What only delays its owner is worth least. Kinds
// that are not here have behaviours of their own.
var guardWorth = map[string]sekisho.Nats{
	"public-block": 2 * sekisho.Nat, "versioning": 3 * sekisho.Nat, "retention": 3 * sekisho.Nat, "lock": 3 * sekisho.Nat,
	"backup": 3 * sekisho.Nat, "deletion-protection": sekisho.Nat, "encryption": 2 * sekisho.Nat, "code-signing": 3 * sekisho.Nat,
	"metadata-token": sekisho.Nat,
}

// unguarded judges one guard that was taken away, or tried to.
func unguarded(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect) *detect.Hit {
	worth := guardWorth[x.What]
	times := timesDone(s, e)
	switch {
	case worth == 0 || times >= routineTimes || x.What == "retention" && x.Count > soonDays:
		return nil
	case s.Automated():
		return nil
	}
	h := &detect.Hit{Key: x.What, Weight: worth}
	did := "took"
	if !e.Succeeded() {
		did = "tried to take"
	}
	of := x.Resource
	if of == "" {
		of = "the whole account " + e.Account
	}
	h.Reason = fmt.Sprintf("%s %s the %s off %s; it did so in %s before %s", who(&e.Actor), did, guardWords(x), of, plural(times, "episode"), inHistory(s, e))
	if !e.Succeeded() {
		h.Reason += "; it was refused (" + e.Error + ")"
	}
	since, again := s.Fired("guard-removed")
	switch {
	case ticket(s, e) != "":
		h.Weight = sekisho.Nat / 2
		return h
	case !s.Known() && vouched(s, e) && !again:
		if worth < 3*sekisho.Nat {
			return nil
		}
		h.Weight = sekisho.Nat
		return h
	case !s.Known() || times > 0 || vouched(s, e):
		h.Weight = max(worth-sekisho.Nat, sekisho.Nat)
	}
	if x.Resource == "" || logStore(e, x) {
		h.Weight += sekisho.Nat // all at once, or the record of what was done
		if x.Resource != "" {
			h.Reason += "; it holds logs"
		}
	}
	if again {
		h.Weight += sekisho.Nat
		h.Reason += fmt.Sprintf("; another guard fell %s before", ago(since, e.Time))
	}
	if !e.Succeeded() {
		h.Weight = max(h.Weight-sekisho.Nat, sekisho.Nat)
	}
	h.Weight = min(h.Weight, 4*sekisho.Nat)
	return h
}

// guardWords names a guard.
func guardWords(x *sekisho.Effect) string {
	switch x.What {
	case "public-block":
		return "block of public access"
	case "retention":
		if x.Count > 0 {
			return fmt.Sprintf("time to live (now %s)", plural(int(x.Count), "day"))
		}
		return "time to live"
	case "lock":
		return "lock against deletion"
	case "deletion-protection":
		return "protection against deletion"
	case "code-signing":
		return "demand for signed code"
	case "metadata-token":
		return "demand for a token at the metadata address"
	}
	return x.What
}

// logStore reports whether a resource holds logs, by its service, or by its
// name, which is all that tells a bucket of logs from another.
func logStore(e *sekisho.Event, x *sekisho.Effect) bool {
	if e.Topic == sekisho.TopicLogging {
		return true
	}
	words := strings.FieldsFunc(strings.ToLower(x.Resource), func(r rune) bool { return strings.ContainsRune("-_./: ", r) })
	for _, w := range words {
		if w == "log" || w == "logs" || w == "logging" || w == "audit" || strings.HasSuffix(w, "trail") || strings.HasSuffix(w, "trails") {
			return true
		}
	}
	return false
}
