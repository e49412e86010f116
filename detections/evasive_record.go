package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// EvasiveRecord fires on a record that held the same key twice, or in two
// letter cases, so that parsers disagree on what happened.
//
// It is a sign, not a proof: the weight is small, and counts beside what else
// the identity did.
var EvasiveRecord = detect.Detection{
	ID:    "evasive-record",
	Title: "Record made to be misread",
	Why: "Where a record repeats a key, one reader takes the first value and another the last. Clients do not write such requests by chance; " +
		"who does may want monitoring to see another target than the service did.",
	BlindTo:        []string{"evasions that a provider removes before it writes the record", "values that mislead people but not parsers"},
	FalsePositives: []string{"a faulty exporter that rewrites records on their way", "a client library with a serialisation bug"},
	Keys:           "the identity and the action",
	Phases:         []sekisho.Phase{"defense-evasion"},
	Attack:         []string{"T1562", "T1036"},
	Family:         sekisho.FamilyAction,
	Weight:         3 * sekisho.Nat / 2,
	Origin:         "start value before calibration: as one recon token of the behaviour model, for want of any measured rate",
	Feed:           detect.FeedManagementRead,
	Cut:            "read the raw record before anything else; then treat the credential as its other findings say",
	On:             detect.OnAny,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Flags&sekisho.FlagKeysRepeated == 0 || byProvider(e) {
			return nil
		}
		// Whose records always look like this has a broken exporter in between.
		if s.Known() && s.Usual(detect.Action, e.Name()) {
			return nil
		}
		return &detect.Hit{Key: e.Actor.ID + " " + e.Name(),
			Reason: fmt.Sprintf("the record of %s by %s repeats a key, so readers differ on what it did", e.Name(), who(&e.Actor))}
	},
	Examples: []detect.Example{
		{Name: "a new action with a repeated key", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 09:00:00 user/app identity:AttachPolicy level=permissions repeated
			  09:00:10 user/app identity:AttachPolicy level=permissions repeated
		`},
		{Name: "an unknown session does it twice", Trace: `
			> 09:00:00 role/app/s1 function:UpdateCode repeated
			> 09:00:10 role/app/s1 identity:CreateUser repeated
		`},
		{Name: "a library with a bug, every day", Trace: `
			D0 09:00:00 fn/sync storage:PutTags x60
			D3 09:00:00 fn/sync storage:PutTags repeated
		`},
		{Name: "a service writes oddly", Trace: `
			09:00:00 service/delivery storage:PutObject repeated
		`},
		{Name: "the same action in a plain record", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D3 09:00:00 human/alice identity:AttachPolicy level=permissions
		`},
		{Name: "a service acts for a user", Trace: `
			09:00:00 user/app storage:PutObject onbehalf=backup repeated
		`},
	},
}
