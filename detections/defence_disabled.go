package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// DefenceDisabled fires when recording or detection is stopped, deleted or
// narrowed by someone who is not known automation.
//
// Why: who works by the rules has no need that nobody looks.
var DefenceDisabled = detect.Detection{
	ID:    "defence-disabled",
	Title: "Recording or detection switched off",
	Why: "The audit trail, threat detection and the log of model use are set up once and then left alone. " +
		"Whoever stops or narrows them by hand wants what comes next not to be seen.",
	BlindTo: []string{
		"attempts that come to nothing (see the behaviour about decisive attempts)",
		"what is done after the trail has stopped, where no other feed tells of it",
		"deliveries that fail because their bucket or key was changed",
	},
	FalsePositives: []string{"an account that is closed down by hand", "a trail that is replaced by a better one"},
	Keys:           "the resource that no longer records",
	Phases:         []sekisho.Phase{"defense-evasion"},
	Attack:         []string{"T1562.008", "T1562.001"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Decisive:       true,
	Weight:         7 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "switch the recording on again and disable the credential that stopped it",
	On:             detect.OnEffect(sekisho.DisableDefence),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if a.Type == sekisho.ActorService {
			return nil
		}
		x := e.Find(sekisho.DisableDefence)
		if x == nil || !e.Succeeded() || x.What == silence || ruleLost(e, x) || trailAltered(e, x) {
			return nil // nobody was seen to do it: see feed-silent and feed-rule-removed
		}
		times := timesDone(s, e)
		h := &detect.Hit{Key: x.Resource, Reason: fmt.Sprintf("%s: %s of %s by %s, which did so in %s before %s",
			e.Name(), x.What, x.Resource, who(a), plural(times, "episode"), inHistory(s, e))}
		demote := func(n sekisho.Nats) *detect.Hit {
			h.Demote, h.Weight = true, n
			return h
		}
		// Logs of one network, bucket or program go with what they belong to;
		// the account's trail and its detectors do not.
		core := e.Topic == sekisho.TopicDetection || e.Topic == sekisho.TopicLogging && !programLog(e) ||
			e.Topic == sekisho.TopicModel && strings.Contains(e.Action, "Log") // guard rails of one application are its developers' own
		switch {
		case s.Automated():
			if core && s.New(detect.Action, e.Name()) {
				return demote(2 * sekisho.Nat)
			}
			return nil
		case !core && times > 0:
			return nil
		case !core:
			return demote(2 * sekisho.Nat)
		case times >= routineTimes || ticket(s, e) != "":
			return demote(2 * sekisho.Nat)
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "the trail is stopped", Trace: `
			> D0 03:00:00 user/data logging:StopTrail +blind(trail-1)
		`},
		{Name: "the detector is deleted, after a refusal", Trace: `
			  D0 03:00:00 role/developer/bob detection:DeleteDetector outcome=denied +blind(detector-1,what=delete)
			> D0 03:05:00 role/admin/bob detection:DeleteDetector +blind(detector-1,what=delete)
		`},
		{Name: "the record of model use is removed", Trace: `
			> D0 03:00:00 human/carol model:DeleteLogging +blind(model,what=delete)
		`},
		{Name: "declared automation and a pipeline tear an account down", Trace: `
			D0 03:00:00 role/terraform-deployer/x logging:DeleteTrail +blind(trail-1,what=delete)
			D0 03:05:00 ci/baseline/org detection:DeleteDetector +blind(detector-1,what=delete)
		`},
		{Name: "a function may not write its own log", Trace: `
			D0 03:00:00 fn/report logging:PutEvents x20 outcome=denied target=report-log
			D0 03:05:00 inst/i-1 logging:CreateStream outcome=denied target=report-log
		`},
		{Name: "people look at detectors and alarms", Trace: `
			D0 03:00:00 human/carol detection:ListDetectors,GetFindings,logging:GetTrail
			D0 03:05:00 user/audit logging:DescribeTrails outcome=denied
			D0 03:10:00 service/detection detection:DisableRule +blind(rule-1,what=disable)
		`},
	},
}

// programLog reports whether the event is about what a program writes, rather
// than the trail of who did what. Their names are all that tells them apart.
func programLog(e *sekisho.Event) bool {
	return strings.Contains(e.Action, "LogGroup") || strings.Contains(e.Action, "LogStream") || strings.Contains(e.Action, "Rule") ||
		strings.Contains(e.Action, "Alarm") || strings.Contains(e.Action, "SubscriptionFilter") || strings.Contains(e.Action, "MetricFilter") ||
		strings.Contains(e.Action, "RetentionPolicy") || strings.Contains(e.Action, "Targets")
}
