package detections

import (
	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// PasswordForAnother fires when an identity sets the password of an existing
// identity other than itself, which is not its job.
//
// Why: the password's setter can sign in as its owner, at the console, where a
// leaked key cannot go.
var PasswordForAnother = detect.Detection{
	ID:    "password-for-another",
	Title: "Password set for another identity",
	Why: "A password that someone sets for an existing identity lets them sign in as that identity. Help desks do it every day and are known by it; " +
		"a workload, or a key that never did, wants to come in by another door.",
	BlindTo: []string{
		"a stolen help desk account, whose work this is",
		"passwords of a directory outside this log",
	},
	FalsePositives: []string{"the first reset by a new administrator in the known history"},
	Keys:           "the owner of the password",
	Phases:         []sekisho.Phase{"persistence", "privilege-escalation"},
	Attack:         []string{"T1098.001", "T1078.004"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         6 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "remove the password, end the owner's console sessions, and disable the credential that set it",
	On:             detect.OnEffect(sekisho.SetPassword),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if x := e.Find(sekisho.SetPassword); x != nil {
			return tookOver(s, e, x.Identity, "a password")
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a leaked key opens the console for itself in another's name", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x30
			  D1 09:00:00 user/data storage:ListBuckets x30
			> D3 03:00:00 user/data identity:UpdateLogin +password(user/boss)
		`},
		{Name: "a machine's role sets a password", Trace: `
			> D0 03:00:00 inst/i-1 identity:CreateLogin +password(user/boss)
		`},
		{Name: "people change their own", Trace: `
			D0 09:00:00 human/alice identity:ChangePassword +password(user/alice)
			D0 09:10:00 user/bob identity:ChangePassword +password(user/bob)
		`},
		{Name: "a pipeline and declared automation", Trace: `
			D0 09:00:00 ci/people/hr identity:CreateLogin +password(user/n1)
			D0 09:10:00 role/terraform-deployer/x identity:CreateLogin +password(user/n2)
		`},
		{Name: "a help desk function renews what it set before", Trace: `
			D0 09:00:00 ci/desk/hr identity:UpdateLogin +password(user/n1)
			D1 09:00:00 service/directory identity:UpdateLogin +password(user/n1)
			D1 09:10:00 human/n1 identity:ChangePassword +password(user/n1)
		`},
	},
}
