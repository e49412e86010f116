package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// Distinct actions refused in ten minutes. A program with a missing permission
// repeats one; a deploy with several fails on two or three before it stops.
const (
	deniedActions       = 5
	deniedActionsDayOne = 10
)

// DeniedBurst fires when a lineage is refused many different things in a short
// time: it does not know what it may do.
//
// The same action refused again and again counts once: that is a broken
// program, not a search.
var DeniedBurst = detect.Detection{
	ID:             "denied-burst",
	Title:          "Many different actions refused",
	Why:            "An owner knows what a key may do; a thief finds out by trying. Refusals of many kinds within minutes are a search for what works.",
	BlindTo:        []string{"a stolen key that may do everything", "a search that asks for its own permissions first and stays inside them"},
	FalsePositives: []string{"a new script run with too few permissions", "an identity on the day that its permissions were cut"},
	Keys:           "the lineage, and each doubling of the number of actions",
	Phases:         []sekisho.Phase{"discovery"},
	Attack:         []string{"T1580", "T1069.003"},
	Family:         sekisho.FamilyTempo,
	Weight:         3 * sekisho.Nat / 2,
	Origin:         "start value of the behaviour model before calibration; with scripted recon it fills the tempo family's cap of 5",
	Feed:           detect.FeedManagementRead,
	Cut:            "deactivate the credential that is refused",
	On:             detect.OnDenied,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Outcome != sekisho.Denied || e.Kind == sekisho.SignIn || byProvider(e) || byConsole(e) {
			return nil
		}
		need := deniedActions
		if s.Known() {
			if s.Usual(detect.Action, e.Name()) {
				return nil
			}
		} else {
			need = deniedActionsDayOne
		}
		b := s.Burst(10 * time.Minute)
		if b.Denied < need || partner(s, e) || s.Automated() {
			return nil
		}
		return &detect.Hit{Key: step(b.Denied, deniedActions),
			Reason: fmt.Sprintf("%d distinct actions refused within %s to %s and what it holds", b.Denied, b.Span.Round(time.Second), who(&e.Actor))}
	},
	Examples: []detect.Example{
		{Name: "a known key tries what it never did", Trace: `
			  D0 09:00:00 user/app storage:GetObject x60
			> D3 02:00:00 user/app identity:ListUsers,ListRoles,compute:DescribeInstances,function:ListFunctions,secret:ListSecrets outcome=denied
			  02:00:10 user/app secret:ListSecrets x10 outcome=denied
		`},
		{Name: "an unknown key is refused everywhere", Trace: `
			> 09:00:00 role/app/s1 identity:ListUsers,ListRoles,CreateUser,compute:DescribeInstances,RunInstances,function:ListFunctions,secret:ListSecrets,GetSecret,storage:ListBuckets,model:ListModels outcome=denied
		`},
		{Name: "a broken program repeats itself", Trace: `
			D0 09:00:00 fn/resize storage:GetObject x60
			D3 09:00:00 fn/resize storage:PutObject x100 outcome=denied
		`},
		{Name: "a service is refused all night", Trace: `
			09:00:00 service/delivery storage:PutObject x200 outcome=denied
			09:10:00 service/delivery storage:A,B,C,D,E,F,G,H,I,J,K outcome=denied
		`},
		{Name: "a restricted person opens the console", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D3 09:00:00 human/alice identity:ListUsers,compute:DescribeInstances,function:ListFunctions,secret:ListSecrets,model:ListModels,billing:GetCost outcome=denied
		`},
		{Name: "a deploy stops at a missing permission", Trace: `
			D0 09:00:00 user/deployer pipeline:StartDeploy x60
			D3 09:00:00 user/deployer function:CreateFunction,identity:CreateRole,storage:CreateBucket outcome=denied
		`},
		{Name: "a build whose permissions were cut", Trace: `
			D0 09:00:00 ci/deploy/repo pipeline:StartDeploy x60
			D3 09:00:00 ci/deploy/repo function:A,B,C,storage:A,B,C outcome=denied
		`},
	},
}
