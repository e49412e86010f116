package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// CredentialReportedExposed fires when the provider says that a key is known to
// strangers: by a notice, or by putting its owner under quarantine.
//
// A quarantine that one of our own puts on somebody is a response and counts less.
var CredentialReportedExposed = detect.Detection{
	ID:    "credential-reported-exposed",
	Title: "Provider reports a key as exposed",
	Why: "The provider searches public places for keys and reports one only when it has seen it there. From then on anyone may hold it; " +
		"what the key does next is a stranger's until shown otherwise.",
	BlindTo:        []string{"keys that leaked where the provider does not look, such as a public bucket or a chat"},
	FalsePositives: []string{"a responder who puts the provider's quarantine on an identity by hand", "a decoy key that was published on purpose"},
	Keys:           "the identity whose key it is",
	Phases:         []sekisho.Phase{"credential-access", "initial-access"},
	Attack:         []string{"T1552.001", "T1078.004"},
	Atlas:          []string{"AML.T0055"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         7 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedNotice,
	Cut:            "disable the reported key and every session that was issued with it",
	On:             detect.OnEffect(sekisho.ReportExposed),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.ReportExposed)
		if x == nil || !e.Succeeded() {
			return nil
		}
		a := &e.Actor
		of := x.Identity.Label()
		key := "a key"
		if x.Credential != "" {
			key = "key " + x.Credential
		}
		// The provider speaks as itself, or in the name of the identity that it
		// binds. Anyone else who does so is one of us, at work on the case.
		if e.Kind == sekisho.Notice || a.Type == sekisho.ActorService || a.OnBehalf != "" || !x.Identity.Zero() && isSelf(a, x.Identity) {
			return &detect.Hit{Key: of, Reason: fmt.Sprintf("the provider reports that %s of %s is known to strangers (%s)", key, of, x.What)}
		}
		h := &detect.Hit{Key: of, Demote: true, Weight: 2 * sekisho.Nat,
			Reason: fmt.Sprintf("%s put %s under the provider's %s for exposed keys", who(a), of, x.What)}
		if ticket(s, e) != "" {
			h.Weight = sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "the provider sends a notice", Trace: `
			> D0 03:00:00 service/health other:ReportExposure record=notice +exposed(user/data,what=notice,key=key-data)
			  D0 03:10:00 service/health other:ReportExposure record=notice +exposed(user/data,what=notice,key=key-data)
		`},
		{Name: "the quarantine comes in the user's own name", Trace: `
			> D0 03:00:00 user/data identity:AttachUserPolicy +exposed(user/data,what=quarantine)
		`},
		{Name: "a responder puts someone under quarantine", Trace: `
			> D0 03:00:00 human/carol identity:AttachUserPolicy +exposed(user/data,what=quarantine)
		`},
		{Name: "keys are disabled and renewed", Trace: `
			D0 09:00:00 human/alice identity:UpdateAccessKey +disable(key-alice)
			D0 09:10:00 user/bob identity:CreateAccessKey +issue(user/bob,key=B2)
		`},
		{Name: "a quarantine that did not take effect", Trace: `
			D0 09:00:00 role/responder/s1 identity:AttachUserPolicy outcome=denied +exposed(user/data,what=quarantine)
		`},
		{Name: "a service's other notices", Trace: `
			D0 03:00:00 service/health other:ReportMaintenance record=notice
			D0 03:10:00 service/keys secret:RotateKey record=notice
		`},
	},
}
