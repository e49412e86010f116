package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// Machines asked about in ten minutes. An engineer looks into the one machine
// that misbehaves, or into a pair; who wants what they hold asks all of them.
const (
	insideMachines       = 3
	insideMachinesDayOne = 5
)

// MachineSecretsSweep fires when what many machines keep for themselves is asked
// for at once: the text that they were started with, or the password that they
// were given. Whether it was given or refused makes no difference to the aim.
var MachineSecretsSweep = detect.Detection{
	ID:    "machine-secrets-sweep",
	Title: "Secrets of many machines asked for",
	Why: "What a machine was started with holds keys and passwords more often than it should, and its first password opens it whole. " +
		"Nobody needs those of many machines at once, but who looks for a way on.",
	BlindTo: []string{
		"a sweep made from inside each machine, which leaves no record",
		"one machine at a time, minutes apart",
		"an identity whose daily work it is and whose key is stolen",
	},
	FalsePositives: []string{"an inventory or a migration tool on its first day", "an operator who recovers a fleet of machines by hand"},
	Keys:           "the lineage, and each doubling of the number of machines",
	Phases:         []sekisho.Phase{"credential-access", "discovery"},
	Attack:         []string{"T1552.005", "T1552.001", "T1555.006"},
	Family:         sekisho.FamilyAction,
	Weight:         3 * sekisho.Nat,
	Origin:         "start value as for secrets read at once: actions count up to 4 nats before calibration; 3 for want of a measured base rate, half of it for each further doubling",
	Feed:           detect.FeedManagementRead,
	Cut:            "deactivate the credential that asks, and change what the machines that answered hold",
	On:             detect.OnEffect(sekisho.ReadSecret) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !asksInside(e) || byProvider(e) || s.Usual(detect.Action, e.Name()) {
			return nil
		}
		need, weight := insideMachines, 3*sekisho.Nat
		if !s.Known() {
			need, weight = insideMachinesDayOne, 5*sekisho.Nat/2
		}
		n := s.Burst(10 * time.Minute).Inside
		if n < need || partner(s, e) || s.Automated() {
			return nil
		}
		return &detect.Hit{Key: step(n, need), Weight: lessAfter(n, need, weight),
			Reason: fmt.Sprintf("%s asked for what %d machines keep for themselves within 10 min (the last %s), the first such questions %s",
				who(&e.Actor), n, outcomeWords(e), inHistory(s, e))}
	},
	Examples: []detect.Example{
		{Name: "passwords of thirty machines, all refused, by a role nobody knows", Trace: `
			  D0 03:00:00 role/helper/s1 compute:GetPassword x4 outcome=denied every=100ms +secret(i-{n},what=password-data)
			> D0 03:00:01 role/helper/s1 compute:GetPassword outcome=denied +secret(i-5,what=password-data)
			  D0 03:00:02 role/helper/s1 compute:GetPassword x4 outcome=denied every=100ms +secret(i-2{n},what=password-data)
			> D0 03:00:03 role/helper/s1 compute:GetPassword outcome=denied +secret(i-31,what=password-data)
		`},
		{Name: "a storage key reads what three machines were started with", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:00:00 user/app compute:DescribeInstances
			> D3 02:00:01 user/app compute:DescribeUserData x3 +secret(i-{n},what=user-data)
		`},
		{Name: "an engineer looks into two machines", Trace: `
			D0 09:00:00 sso/dev/bob compute:DescribeInstances x60
			D3 09:00:00 sso/dev/bob compute:DescribeUserData x2 +secret(i-{n},what=user-data)
			D3 09:05:00 human/carol compute:GetPassword +secret(i-1,what=password-data)
		`},
		{Name: "a nightly inventory that always does", Trace: `
			D0 02:00:00 fn/inventory compute:DescribeUserData x2 +secret(i-{n},what=user-data)
			D1 02:00:00 fn/inventory compute:DescribeUserData x60 every=1s +secret(i-{n},what=user-data)
		`},
		{Name: "declared infrastructure as code refreshes, and a service for it", Trace: `
			D0 09:00:00 role/terraform-deployer/run compute:DescribeUserData x20 every=100ms +secret(i-{n},what=user-data)
			D0 09:10:00 user/ops compute:DescribeUserData x20 every=100ms onbehalf=recorder +secret(i-{n},what=user-data)
		`},
		{Name: "a partner's posture scanner", Trace: `
			09:00:00 role/reader@777788889999/scan compute:DescribeUserData x20 every=100ms account=111122223333 +secret(i-{n},what=user-data)
		`},
	},
}

// asksInside reports whether a call was after what a machine holds.
func asksInside(e *sekisho.Event) bool {
	after := sought(e)
	for i := range after {
		if after[i].Kind == sekisho.ReadSecret && after[i].What != "" {
			return true
		}
	}
	return false
}
