package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// FeedSilent fires when a feed brings nothing for longer than it ever does.
var FeedSilent = detect.Detection{
	ID:    "feed-silent",
	Title: "Feed of records fell silent",
	Why: "What is not delivered is not seen, and the first thing that a careful intruder takes away is delivery: a rule that is deleted, a topic without its subscriber, " +
		"a bucket that refuses. The call that did it is the last one that comes, if it comes.",
	BlindTo:        []string{"a feed that never brought much: silence is no news of it", "records that are left out of a feed that goes on"},
	FalsePositives: []string{"an account that is closed down", "the provider's own delay", "a night without work in a small account"},
	Keys:           "the feed: its source, account and region",
	Phases:         []sekisho.Phase{"defense-evasion"},
	Attack:         []string{"T1562.008"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         6 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementRead,
	Cut:            "bring the feed back: look at its rule, its queue and the permissions between them",
	On:             detect.OnEffect(sekisho.DisableDefence),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.DisableDefence)
		if x == nil || x.What != silence || e.Kind != sekisho.Notice {
			return nil
		}
		return &detect.Hit{Key: x.Resource, Reason: fmt.Sprintf("nothing came from %s for %s, though it brings records all the time", x.Resource, time.Duration(x.Count)*time.Second)}
	},
	Examples: []detect.Example{
		{Name: "a feed that always brought something", Trace: `
			> D0 03:00:00 service/feed logging:FeedSilent record=notice +blind(eu-west-1,what=silence)
			  D0 03:00:10 service/feed logging:FeedSilent record=notice +blind(eu-west-1,what=silence)   # the same
		`},
		{Name: "two regions", Trace: `
			> D0 03:00:00 service/feed logging:FeedSilent record=notice +blind(eu-west-1,what=silence)
			> D0 03:00:00 service/feed logging:FeedSilent record=notice +blind(us-east-1,what=silence)
		`},
		{Name: "the trail is stopped", Trace: `
			D0 03:00:00 user/data logging:StopTrail +blind(trail-1)
		`},
		{Name: "the provider tells of something else", Trace: `
			D0 03:00:00 service/trail logging:DeliverLogs record=notice
		`},
		{Name: "a function writes its own log no longer", Trace: `
			D0 03:00:00 fn/report logging:DeleteGroup +blind(report-log,what=delete)
		`},
		{Name: "somebody says that a feed is silent", Trace: `
			D0 03:00:00 user/data logging:FeedSilent +blind(eu-west-1,what=silence)
		`},
	},
}

// silence is what a notice says of a feed, where nobody was seen to stop it.
const silence = "silence"
