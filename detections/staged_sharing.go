package detections

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// From how many resources on an outside account's share counts as one of a
// series: three, on as many days; or five on one day, which no single task asks
// for.
const (
	stagedResources = 3
	stagedDays      = 3
	stagedAtOnce    = 5
)

// StagedSharing fires when the same outside account is given one resource after
// another, over days or all at once.
//
// Why: each share may be explained; that they all go to one stranger tells what
// they are for.
var StagedSharing = detect.Detection{
	ID:    "staged-sharing",
	Title: "One outside account is given one resource after another",
	Why: "Slow theft shares a snapshot today, a bucket on Thursday and opens a role next week, each below what anyone looks at. " +
		"The account that receives is the same, and no organisation has many strangers that get a growing number of its things.",
	BlindTo: []string{
		"a different outside account each time",
		"what is shared with everyone",
		"resources of which nobody recorded the sharing",
	},
	FalsePositives: []string{"a vendor or an account of ours that is not declared: the reason names it, and declaring it ends this"},
	Keys:           "the outside account and each doubling of what it has",
	Phases:         []sekisho.Phase{"exfiltration"},
	Attack:         []string{"T1537", "T1030"},
	Atlas:          []string{"AML.T0025"},
	Family:         sekisho.FamilyLineage,
	Weight:         4 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "take all shares with the account back, and ask who it is",
	On:             detect.OnEffect(sekisho.Share, sekisho.OpenTrust),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || e.Actor.Type == sekisho.ActorService {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			if x.Kind != sekisho.Share && x.Kind != sekisho.OpenTrust {
				continue
			}
			for _, account := range outsiders(s, x.With) {
				if account == "*" {
					continue
				}
				if h := stagedWith(s, e, account); h != nil {
					return h
				}
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a snapshot, a bucket, an image", Trace: `
			  D0 09:00:00 user/data compute:ModifySnapshot +share(snap-1,with=999988887777)
			  D2 09:00:00 user/app storage:PutBucketPolicy +share(invoices,with=999988887777,what=bucket)
			> D5 09:00:00 user/data compute:ModifyImage +share(image-1,with=999988887777,what=image)
			  D6 09:00:00 user/data compute:ModifyImage +share(image-2,with=999988887777,what=image)
			> D7 09:00:00 user/data compute:ModifyImage +share(image-3,with=999988887777,what=image)
		`},
		{Name: "many at once", Trace: `
			  D0 09:00:00 role/developer/bob compute:ModifySnapshot +share(snap-{n},with=999988887777) x4
			> D0 09:00:05 role/developer/bob compute:ModifySnapshot +share(snap-5,with=999988887777)
			  D0 09:00:06 role/developer/bob compute:ModifySnapshot +share(snap-a{n},with=999988887777) x3
		`},
		{Name: "the last of them is a role", Trace: `
			  D0 09:00:00 user/data compute:ModifySnapshot +share(snap-1,with=999988887777)
			  D1 09:00:00 user/data compute:ModifySnapshot +share(snap-2,with=999988887777)
			> D2 09:00:00 user/boss identity:UpdateTrust +trust(role/reader,with=999988887777)
		`},
		{Name: "a partner gets a snapshot each day", Trace: `
			D0 03:00:00 fn/backup compute:ModifySnapshot +share(snap-1,with=777788889999)
			D1 03:00:00 fn/backup compute:ModifySnapshot +share(snap-2,with=777788889999)
			D2 03:00:00 fn/backup compute:ModifySnapshot +share(snap-3,with=777788889999)
			D3 03:00:00 user/data compute:ModifySnapshot +share(snap-4,with=777788889999)
		`},
		{Name: "one bucket's policy is written again and again", Trace: `
			D0 09:00:00 human/carol storage:PutBucketPolicy +share(exchange,with=999988887777,what=bucket)
			D2 09:00:00 human/carol storage:PutBucketPolicy +share(exchange,with=999988887777,what=bucket)
			D4 09:00:00 human/carol storage:PutBucketPolicy +share(exchange,with=999988887777,what=bucket) x6
		`},
		{Name: "declared automation and a build deliver to a customer", Trace: `
			D0 09:00:00 role/terraform-deployer/x storage:PutBucketPolicy +share(out-{n},with=999988887777,what=bucket) x6
			D2 09:00:00 ci/images/shop compute:ModifyImage +share(image-1,with=999988887777,what=image)
			D4 09:00:00 ci/images/shop compute:ModifyImage +share(image-2,with=999988887777,what=image)
		`},
	},
}

// stagedWith judges one more resource for an outside account.
func stagedWith(s *detect.Scope, e *sekisho.Event, account string) *detect.Hit {
	resources, days, since := s.SharedWith(account)
	if resources == 0 || s.Automated() || seenOnTarget(s, e) {
		return nil
	}
	// Each doubling is said once: a standing relation would else be told of
	// every day. The present one is counted as new to the account.
	now := resources + 1
	age := e.Time.Sub(since)
	slow := days >= stagedDays-1 && age >= (stagedDays-1)*24*time.Hour-time.Hour
	quick := days == 1 && age < 24*time.Hour && now >= stagedAtOnce
	first := stagedResources
	if quick {
		first = stagedAtOnce
	}
	if !slow && !quick || !slices.Contains([]int{first, 2*first - 1, 4*first - 3, 8*first - 7}, now) {
		return nil
	}
	h := &detect.Hit{Key: account + " " + strconv.Itoa(bits.Len(uint(now))), Reason: fmt.Sprintf("%s gave account %s, which is neither ours nor a partner's, resource number %d; the first was %s before, on %s so far",
		who(&e.Actor), account, now, ago(since, e.Time), plural(days, "day"))}
	switch {
	case ticket(s, e) != "":
		h.Weight = sekisho.Nat
	case quick || timesDone(s, e) >= routineTimes:
		h.Weight = 3 * sekisho.Nat
	}
	return h
}
