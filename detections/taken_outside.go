package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// TakenOutside fires when the provider reports that an account which is neither
// ours nor a partner's has copied a resource.
//
// Why: it is the moment at which data has left; nothing takes it back.
var TakenOutside = detect.Detection{
	ID:    "taken-outside",
	Title: "Shared data was copied by outsiders",
	Why: "The provider tells the owner when another account makes a copy of a shared snapshot. Where that account is not ours nor a partner's, " +
		"or the share itself was a finding, the data is gone.",
	BlindTo:        []string{"copies that the provider does not report to the owner", "the account that copied, where the report leaves it out and the share was not seen"},
	FalsePositives: []string{"an account of ours that is not declared", "an image or data set that is public on purpose"},
	Keys:           "the resource that was copied",
	Phases:         []sekisho.Phase{"exfiltration"},
	Attack:         []string{"T1537"},
	Atlas:          []string{"AML.T0025"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         8 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedNotice,
	Cut:            "take the share back; the copy is beyond reach, so treat what was on it as known to others",
	On:             detect.OnEffect(sekisho.Taken),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.Taken)
		if x == nil || !e.Succeeded() {
			return nil
		}
		out := outsiders(s, x.With)
		if len(out) > 0 {
			return &detect.Hit{Key: x.Resource, Reason: fmt.Sprintf("%s was copied by %s, which is neither ours nor a partner's", x.Resource, withWords(out))}
		}
		// Reports that leave the account out also come when we use what others
		// share with us; only one on the lineage of a share to outsiders tells.
		if at, shared := s.Fired("shared-outside"); shared && len(x.With) == 0 {
			return &detect.Hit{Key: x.Resource, Reason: fmt.Sprintf("%s was copied by another account, %s after data was shared with outsiders",
				x.Resource, ago(at, e.Time))}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "an outsider copies a shared snapshot", Trace: `
			  D0 03:00:00 user/data compute:ModifySnapshot +share(snap-1,with=999988887777)
			> D0 03:20:00 service/compute compute:SnapshotCopied record=notice +taken(snap-1,with=999988887777)
		`},
		{Name: "the report does not say who copied what went to outsiders", Trace: `
			  D0 03:00:00 user/data compute:ModifySnapshot +share(snap-1,with=999988887777)
			> D0 03:20:00 service/compute compute:SnapshotCopied record=notice +taken(snap-1)
		`},
		{Name: "we start a machine from an image that others share with us", Trace: `
			D0 03:00:00 human/carol compute:RunInstances +launch(m.large)
			D0 03:00:02 service/compute compute:SnapshotCopied record=notice +taken(snap-9)
		`},
		{Name: "our own account copies", Trace: `
			D0 03:00:00 fn/backup compute:ModifySnapshot +share(snap-1,with=111122223333)
			D0 03:20:00 service/compute compute:SnapshotCopied record=notice +taken(snap-1,with=111122223333)
		`},
		{Name: "a partner copies", Trace: `
			D0 03:00:00 user/backup compute:ModifySnapshot +share(snap-1,with=777788889999)
			D0 03:20:00 service/compute compute:SnapshotCopied record=notice +taken(snap-1,with=777788889999)
		`},
		{Name: "shared, and not copied", Trace: `
			D0 03:00:00 human/carol compute:ModifySnapshot +share(snap-1,with=777788889999)
			D0 03:20:00 service/compute compute:SnapshotDone record=notice
		`},
	},
}
