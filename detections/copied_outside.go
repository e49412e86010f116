package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// CopiedOutside fires when an identity that does not do so writes a copy of
// data straight into an account that is neither ours nor a partner's.
//
// Why: nobody has to fetch it any more; the call that copies is the theft.
var CopiedOutside = detect.Detection{
	ID:    "copied-outside",
	Title: "Data copied into an outside account",
	Why: "A copy, an export or a replica whose destination belongs to someone else needs no download and crosses no network of ours. " +
		"Organisations send data to the same few accounts, by the same few programs; a first time, to an account that nobody knows, is how data leaves.",
	BlindTo:        []string{"destinations whose owner the record does not name", "data that is downloaded and sent on from there", "who copies to that place every day"},
	FalsePositives: []string{"a customer's or a vendor's bucket that is not declared", "an account of ours that is not declared"},
	Keys:           "the outside account; all refused attempts are one",
	Phases:         []sekisho.Phase{"exfiltration"},
	Attack:         []string{"T1537"},
	Atlas:          []string{"AML.T0025"},
	Family:         sekisho.FamilyLineage,
	Weight:         4 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedData,
	Cut:            "deny the identity access to resources outside the organisation; what was copied is known to others",
	On:             detect.OnEffect(sekisho.ReadData) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		all := sought(e)
		for i := range all {
			x := &all[i]
			if x.Kind != sekisho.ReadData || x.What != "copy" || len(x.With) == 0 {
				continue
			}
			out := outsiders(s, x.With)
			if len(out) == 0 || byProvider(e) {
				continue
			}
			if s.Automated() || itsJob(s, e) && seenOnTarget(s, e) {
				return nil
			}
			h := &detect.Hit{Key: strings.Join(out, " "), Reason: fmt.Sprintf("%s copied %s into %s; %s", who(&e.Actor), short(x.Resource), withWords(out), never(s, e))}
			switch {
			case !e.Succeeded():
				h.Key, h.Weight = "refused", 3*sekisho.Nat/2
				h.Reason = fmt.Sprintf("%s tried to copy %s into %s%s", who(&e.Actor), short(x.Resource), withWords(out), ending(e))
			case itsJob(s, e) || ticket(s, e) != "":
				h.Weight = sekisho.Nat
			case !s.Known() && (vouched(s, e) || e.Actor.WorkloadType != ""):
				h.Weight = 2 * sekisho.Nat
			case !s.Known():
				h.Weight = 3 * sekisho.Nat
			}
			return h
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a storage key copies to a stranger's bucket", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app storage:CopyObject +data(invoices/1,what=copy,with=999988887777)
			  D3 02:00:01 user/app storage:CopyObject +data(invoices/{n},what=copy,with=999988887777) x40 every=100ms
		`},
		{Name: "the copy is refused", Trace: `
			> D0 02:00:00 role/developer/bob compute:CopyImage outcome=denied +data(image-1,what=copy,with=999988887777)
		`},
		{Name: "copies within the organisation and to a partner", Trace: `
			D0 09:00:00 user/app storage:CopyObject +data(a,what=copy,with=111122223333)
			D0 09:10:00 user/app storage:CopyObject +data(b,what=copy,with=777788889999)
			D0 09:20:00 sso/dev/bob storage:CopyObject +data(c,what=copy)
		`},
		{Name: "declared automation and a build deliver to a customer", Trace: `
			D0 09:00:00 role/terraform-deployer/x storage:CopyObject +data(a,what=copy,with=999988887777)
			D0 09:10:00 ci/deploy/shop storage:CopyObject +data(b,what=copy,with=999988887777)
		`},
		{Name: "replication is the provider's work", Trace: `
			D0 09:00:00 service/replication storage:ReplicateObject +data(a,what=copy,with=999988887777)
			D0 09:10:00 human/carol storage:GetObject +data(b)
		`},
	},
}
