package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// CredentialNewSource fires when an identity with habits works from a network
// that it was never seen in, where that means something: with a program it
// never used, from a hosting or VPN network, or with a lasting key.
//
// An address alone never decides. A network that a colleague uses, a private
// endpoint and a workload whose addresses shift are not new places.
var CredentialNewSource = detect.Detection{
	ID:    "credential-new-source",
	Title: "Credential used from a new network",
	Why: "A stolen key works from wherever the thief sits, seldom from where its owner works, and with the thief's own tools. " +
		"The two together are rare for an identity whose habits are known.",
	BlindTo:        []string{"a thief who works through the owner's own machine or network", "an identity without history"},
	FalsePositives: []string{"a key moved to a new server or a new office", "a person who travels and tries a new tool on the way"},
	Keys:           "the identity and the network",
	Phases:         []sekisho.Phase{"initial-access", "defense-evasion"},
	Attack:         []string{"T1078.004"},
	Atlas:          []string{"AML.T0012"},
	Family:         sekisho.FamilySource,
	Weight:         5 * sekisho.Nat / 2,
	Origin: "start value of the behaviour model before calibration: source tokens of its worked chain sum to 4.7 for a new hosting network with a new program; " +
		"2.5 for the network, 1 more for the program, 0.5 more for its kind",
	Feed: detect.FeedManagementRead,
	Cut:  "deactivate the credential, or deny it outside its usual networks",
	On:   detect.OnList | detect.OnRead | detect.OnWrite | detect.OnSignIn | detect.OnDenied,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.IP == "" || e.Endpoint != "" || byProvider(e) || private(e.IP) || refusedEntry(e) {
			return nil
		}
		net := s.Network(e.IP)
		if net.Key == "" || net.Declared || !s.New(detect.Network, net.Key) {
			return nil
		}
		program := e.Client.Family != "" && s.New(detect.Software, softwareOf(&e.Client))
		rented := net.Kind == "hosting" || net.Kind == "vpn"
		switch {
		case e.Actor.WorkloadType != "" && !program:
			return nil // runners, functions and instances change address by themselves
		case !program && s.Others(e.Account, detect.Network, net.Key):
			return nil // a place where others of the account work
		case !program && !rented && (!e.Actor.LongTerm || byConsole(e) || e.Actor.Type == sekisho.ActorDirectory):
			return nil // people move, with the tools they have
		case s.Automated() && !program:
			return nil
		}
		hit := &detect.Hit{Key: e.Actor.ID, Weight: 5 * sekisho.Nat / 2}
		hit.Reason = fmt.Sprintf("%s works from network %s for the first time %s", who(&e.Actor), net.Key, inHistory(s, e))
		if program {
			hit.Weight += sekisho.Nat
			hit.Reason += fmt.Sprintf(", with a program that is new as well (%s)", softwareOf(&e.Client))
		}
		if rented {
			hit.Weight += sekisho.Nat / 2
			hit.Reason += fmt.Sprintf("; it is a %s network", net.Kind)
		}
		return hit
	},
	Examples: []detect.Example{
		{Name: "a lasting key turns up elsewhere", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D1 09:00:00 user/app storage:ListBuckets
			> D3 02:10:00 user/app storage:ListBuckets ip=192.0.2.77
			  02:10:05 user/app storage:GetObject ip=192.0.2.78   # the same network
		`},
		{Name: "a session with new tools from a new place", Trace: `
			  D0 09:00:00 sso/dev/bob storage:ListBuckets x60
			> D3 02:10:00 sso/dev/bob identity:ListUsers ip=192.0.2.77 client=sdk os=linux
		`},
		{Name: "in at last, after a night of wrong passwords from there", Trace: `
			  D0 09:00:00 dir/alice identity:SignInCheck x60
			  D1 09:00:00 dir/alice identity:SignInCheck x60
			  D2 02:00:00 dir/alice identity:SignInStart x9 every=20s outcome=denied ip=192.0.2.77 client=firefox os=linux
			> D2 14:10:00 dir/alice identity:SignInStart ip=192.0.2.77 client=firefox os=linux
		`},
		{Name: "a key's first day", Trace: `
			D0 09:00:00 user/app storage:ListBuckets x5
			D0 09:10:00 user/app storage:ListBuckets ip=192.0.2.77
		`},
		{Name: "a person on a train with the usual laptop", Trace: `
			D0 09:00:00 sso/dev/bob storage:ListBuckets x60
			D3 18:00:00 sso/dev/bob storage:ListBuckets ip=192.0.2.77
		`},
		{Name: "a function after its addresses moved", Trace: `
			D0 09:00:00 fn/resize storage:GetObject x60
			D3 09:00:00 fn/resize storage:GetObject ip=192.0.2.77
		`},
		{Name: "a hosted runner is somewhere else each day", Trace: `
			D0 09:00:00 ci/deploy/repo pipeline:StartDeploy x60
			D3 09:00:00 ci/deploy/repo pipeline:StartDeploy ip=198.51.100.200
		`},
		{Name: "a key moves to the office of its colleagues", Trace: `
			D0 09:00:00 user/app storage:ListBuckets x60 ip=203.0.113.9
			D1 09:00:00 human/alice storage:ListBuckets x60
			D3 09:00:00 user/app storage:ListBuckets ip=198.51.100.44
		`},
		{Name: "a service works for the user", Trace: `
			D0 09:00:00 user/app storage:ListBuckets x60
			D3 09:00:00 user/app storage:ListBuckets onbehalf=deployer
		`},
	},
}
