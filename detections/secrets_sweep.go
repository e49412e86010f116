package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// Distinct secrets read in ten minutes. A program reads the one or two that it
// was built for, or at its start a dozen parameters of its own.
const (
	sweepSecrets       = 5
	sweepSecretsDayOne = 10
)

// SecretsSweep fires when an identity that never read secrets reads many
// different ones in a short time; a batch read counts for what it held.
//
// Without history only identities that are not workloads fire it: programs do
// read their configuration at their first start.
var SecretsSweep = detect.Detection{
	ID:             "secrets-sweep",
	Title:          "Many secrets read at once",
	Why:            "A secret store is a list of doors. A program opens its own; an intruder reads all it can reach, for the next step.",
	BlindTo:        []string{"an identity that reads secrets every day and is taken over", "one well-chosen secret"},
	FalsePositives: []string{"a migration of secrets to another store", "a new operator's backup script"},
	Keys:           "the lineage, and each doubling of the number of secrets",
	Phases:         []sekisho.Phase{"credential-access", "collection"},
	Attack:         []string{"T1555.006"},
	Atlas:          []string{"AML.T0055"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         6 * sekisho.Nat,
	Origin: "start value of the behaviour model before calibration: actions count up to 4 nats; less for want of a measured base rate, and half of it for each further doubling; " +
		"a tripwire where somebody else is at work by other signs and reads from a place where the identity never was",
	Feed: detect.FeedManagementRead,
	Cut:  "deactivate the credential that reads, and change the secrets that it read",
	On:   detect.OnEffect(sekisho.ReadSecret),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || byProvider(e) || e.Find(sekisho.ReadSecret) == nil {
			return nil
		}
		need := sweepSecrets
		switch {
		case s.Known():
			if s.Usual(detect.Action, e.Name()) {
				return nil
			}
		case e.Actor.WorkloadType != "" || e.Actor.Kind == sekisho.KindWorkload:
			return nil
		default:
			need = sweepSecretsDayOne
		}
		b := s.Burst(10 * time.Minute)
		if s.Automated() {
			return nil
		}
		if b.Secrets < need && e.Find(sekisho.ReadSecret).Resource == "" {
			return &detect.Hit{Key: "filter", Demote: true, Weight: 2 * sekisho.Nat,
				Reason: fmt.Sprintf("%s asked for the values of all secrets that match a filter, however many; the first such reads %s", who(&e.Actor), inHistory(s, e))}
		}
		if b.Secrets < need {
			return nil
		}
		h := &detect.Hit{Key: step(b.Secrets, sweepSecrets), Demote: true, Weight: lessAfter(b.Secrets, need, 3*sekisho.Nat),
			Reason: fmt.Sprintf("%d different secrets read within %s by %s, the first such reads %s",
				b.Secrets, b.Span.Round(time.Second), who(&e.Actor), inHistory(s, e))}
		if s.Doubted() && (newPlace(s, e) || s.Dormant()) && ticket(s, e) == "" {
			h.Key, h.Demote, h.Weight = "from elsewhere", false, 6*sekisho.Nat
			h.Reason += "; they are read from a place where it never was, and its lineage is in doubt"
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a storage key reads the secret store", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app secret:GetSecretValue +secret(db-{n}) x5
			  02:00:30 user/app secret:GetSecretValue +secret(api)
		`},
		{Name: "a person's session from elsewhere, with other tools, reads the secret store", Trace: `
			  D0 09:00:00 sso/dev/bob storage:ListBuckets x60
			  D1 09:00:00 sso/dev/bob storage:ListBuckets x60
			  D3 02:00:00 sso/dev/bob storage:ListBuckets ip=192.0.2.77 client=script
			> D3 02:00:10 sso/dev/bob secret:GetSecretValue +secret(db-{n}) x5 ip=192.0.2.77 client=script
			  D3 02:00:20 sso/dev/bob secret:GetSecretValue +secret(more-{n}) x9 ip=192.0.2.77 client=script   # the same, once
		`},
		{Name: "whatever matches a filter is read, page after page", Trace: `
			> D0 02:00:00 user/app secret:BatchGetSecretValue +secret(-)
			  D0 02:00:01 user/app secret:BatchGetSecretValue +secret(-) x4
		`},
		{Name: "one batch holds them all", Trace: `
			  D0 09:00:00 role/app/s1 storage:ListBuckets x60
			> D3 02:00:00 role/app/s1 secret:BatchGetSecretValue +secret(all,n=12)
		`},
		{Name: "an unknown key reads ten", Trace: `
			> 09:00:00 user/x secret:GetSecretValue +secret(db-{n}) x10
		`},
		{Name: "a function reads its configuration at its first start", Trace: `
			09:00:00 fn/api secret:GetParameters +secret(conf-{n}) x12
		`},
		{Name: "a program that reads secrets each morning", Trace: `
			D0 09:00:00 user/app secret:GetSecretValue +secret(db) x60
			D3 09:00:00 user/app secret:GetSecretValue +secret(new-{n}) x20
		`},
		{Name: "one secret again and again", Trace: `
			D0 09:00:00 inst/i-1 storage:ListBuckets x60
			D3 09:00:00 inst/i-1 secret:GetSecretValue +secret(db) x50
		`},
		{Name: "a build reads what it deploys", Trace: `
			D0 09:00:00 ci/deploy/repo pipeline:StartDeploy x60
			D3 09:00:00 ci/deploy/repo secret:GetParameters +secret(conf-{n}) x12
		`},
		{Name: "a person is refused ten", Trace: `
			09:00:00 sso/dev/bob secret:GetSecretValue target=db-{n} outcome=denied x10
		`},
	},
}
