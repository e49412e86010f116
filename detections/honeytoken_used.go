package detections

import (
	"fmt"
	"slices"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// takesOrTries are the effects that lay a hand on a decoy. Making, changing and
// disabling one is its owner's work.
var takesOrTries = []sekisho.EffectKind{sekisho.ReadSecret, sekisho.ReadData, sekisho.Share, sekisho.Taken, sekisho.AssumeTry}

// HoneytokenUsed fires when a declared decoy credential signs anything, even a
// refused call, and when a declared decoy resource is read, shared or asked
// for.
//
// Automation that sweeps over everything, such as a backup, meets decoy
// resources without knowing: then it is evidence, but no tripwire.
var HoneytokenUsed = detect.Detection{
	ID:             "honeytoken-used",
	Title:          "A decoy was used",
	Why:            "A decoy has no use but to be stolen: nobody has a reason to sign with its key or to read what it holds.",
	BlindTo:        []string{"decoys that are not declared", "an intruder who recognises the decoy"},
	FalsePositives: []string{"its owner testing whether the decoy works", "an inventory or backup tool that reads every resource"},
	Keys:           "the decoy and the identity that used it",
	Phases:         []sekisho.Phase{"initial-access", "credential-access"},
	Attack:         []string{"T1078.004", "T1552.001"},
	Atlas:          []string{"AML.T0012"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         8 * sekisho.Nat,
	Origin:         "the behaviour model's most for a tripwire: its benign rate is that of tests by its owner",
	Feed:           detect.FeedManagementRead,
	Cut:            "deactivate every other credential found beside the decoy, and cut off the identity that used it",
	On:             detect.OnAny,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if s.Honeytoken(e.Actor.Credential) {
			return &detect.Hit{Key: e.Actor.Credential,
				Reason: fmt.Sprintf("the decoy credential %s signed %s from %s", e.Actor.Credential, e.Name(), from(e))}
		}
		decoy := decoyTouched(s, e)
		if decoy == "" || e.Actor.Type == sekisho.ActorService {
			return nil
		}
		return &detect.Hit{Key: decoy + " " + e.Actor.ID, Demote: e.Actor.OnBehalf != "" || s.Automated() || partner(s, e),
			Reason: fmt.Sprintf("%s reached for the decoy %s with %s from %s", who(&e.Actor), decoy, e.Name(), from(e))}
	},
	Examples: []detect.Example{
		{Name: "the decoy key signs a refused call", Trace: `
			> 09:00:00 user/decoy identity:GetCallerIdentity key=decoy-key outcome=denied
			  09:00:05 user/decoy storage:ListBuckets key=decoy-key outcome=denied
		`},
		{Name: "a decoy secret is read", Trace: `
			  D0 09:00:00 user/app secret:GetSecretValue +secret(db) x60
			> D3 09:00:00 user/app secret:GetSecretValue +secret(decoy-secret)
		`},
		{Name: "a decoy role is asked for in vain", Trace: `
			> 09:00:00 role/app/s1 identity:AssumeRole +try(role/decoy-role) outcome=denied
		`},
		{Name: "its owner makes and retires the decoy", Trace: `
			09:00:00 human/alice identity:CreateAccessKey +issue(user/decoy,key=decoy-key)
			09:01:00 human/alice secret:CreateSecret target=decoy-secret
			09:02:00 human/alice identity:DeleteAccessKey +disable(decoy-key,of=user/decoy)
		`},
		{Name: "an inventory lists everything, decoys too", Trace: `
			09:00:00 fn/inventory secret:ListSecrets,DescribeSecret target=decoy-secret
		`},
		{Name: "a service backs up the decoy", Trace: `
			09:00:00 service/backup storage:GetObject +data(decoy-bucket,bytes=100)
		`},
		{Name: "another key of the same user", Trace: `
			09:00:00 user/decoy storage:ListBuckets
		`},
	},
}

// decoyTouched is the decoy that the event laid a hand on, "" if none. A refused
// call names it as its target.
func decoyTouched(s *detect.Scope, e *sekisho.Event) string {
	for i := range e.Effects {
		x := &e.Effects[i]
		if !slices.Contains(takesOrTries, x.Kind) {
			continue
		}
		for _, id := range []string{x.Resource, x.Identity.ARN, x.Identity.Name, x.Identity.ID} {
			if s.Honeytoken(id) {
				return id
			}
		}
	}
	if e.Outcome == sekisho.Denied && s.Honeytoken(e.Target) {
		return e.Target
	}
	return ""
}

// from is where a call came from, in words.
func from(e *sekisho.Event) string {
	if e.IP == "" {
		return "inside the provider"
	}
	return e.IP
}
