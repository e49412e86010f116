package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// FeedRuleRemoved fires when a rule that brings records is gone, off, narrower, or
// sends to somebody else.
var FeedRuleRemoved = detect.Detection{
	ID:    "feed-rule-removed",
	Title: "Rule that brings records no longer does",
	Why: "Records come within seconds only by a rule in each region. It is one small thing that few look at, and whoever takes it away, or sends it elsewhere, " +
		"works unseen for the minutes that files take to come. The call that did it may be the last one that it brings, or not come at all.",
	BlindTo: []string{"a queue or a permission behind the rule that is taken away: see feed-silent", "a rule that was never good, unless it is declared",
		"a further condition on a rule that has some by design"},
	FalsePositives: []string{"a rule that is replaced by another name", "an account or a region that is given up"},
	Keys:           "the rule: its name, account and region",
	Phases:         []sekisho.Phase{"defense-evasion"},
	Attack:         []string{"T1562.008"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         7 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "put the rule back with its state and its target, and look in the files of the trail for who took it away",
	On:             detect.OnEffect(sekisho.DisableDefence),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.DisableDefence)
		if x == nil || !ruleLost(e, x) {
			return nil
		}
		return &detect.Hit{Key: x.Resource, Reason: fmt.Sprintf("%s brought records and was found %s", x.Resource, strings.TrimPrefix(x.What, rulePrefix))}
	},
	Examples: []detect.Example{
		{Name: "a rule is deleted", Trace: `
			> D0 03:00:00 service/rule logging:RuleGone record=notice +blind(rule-1,what=rule-deleted)
			  D0 03:01:00 service/rule logging:RuleGone record=notice +blind(rule-1,what=rule-deleted)   # the same
		`},
		{Name: "a rule is off here, and sends elsewhere there", Trace: `
			> D0 03:00:00 service/rule logging:RuleGone record=notice +blind(rule-1,what=rule-disabled)
			> D0 03:00:00 service/rule logging:RuleGone record=notice +blind(rule-2,what=rule-untargeted)
		`},
		{Name: "a feed fell silent", Trace: `
			D0 03:00:00 service/feed logging:FeedSilent record=notice +blind(eu-west-1,what=silence)
		`},
		{Name: "somebody stops the trail", Trace: `
			D0 03:00:00 user/data logging:StopTrail +blind(trail-1)
		`},
		{Name: "the provider tells of something else", Trace: `
			D0 03:00:00 service/trail logging:DeliverLogs record=notice
		`},
		{Name: "somebody says that a rule is gone", Trace: `
			D0 03:00:00 user/data logging:RuleGone +blind(rule-1,what=rule-deleted)
		`},
		{Name: "a rule of an application is deleted", Trace: `
			D0 03:00:00 fn/report messaging:DeleteRule
		`},
	},
}

// rulePrefix begins what a notice says of a rule that brings records.
const rulePrefix = "rule-"

// ruleLost reports whether an event is such a notice, where nobody was seen to do
// it.
func ruleLost(e *sekisho.Event, x *sekisho.Effect) bool {
	return e.Kind == sekisho.Notice && strings.HasPrefix(x.What, rulePrefix)
}
