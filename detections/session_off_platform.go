package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// SessionOffPlatform fires when the credentials of a function or an instance
// are used by a program that can't be running there: on a desktop system, from
// an interactive command line outside a function's runtime.
//
// A new network together with a program that the workload never used fires as
// evidence only: a move to other subnets with a new release looks the same.
var SessionOffPlatform = detect.Detection{
	ID:    "session-off-platform",
	Title: "Workload's session used elsewhere",
	Why: "The session of a function or an instance is handed to code that runs there and expires by itself. Nobody carries it to a laptop " +
		"except a thief who read it out of the workload.",
	BlindTo: []string{"a thief who works from a Linux machine with a library that the workload uses, in a first day without history",
		"a thief who uses the session on the workload itself", "a client that lies about its system"},
	FalsePositives: []string{"an instance that really is a desktop machine, on its first day", "an engineer who borrows an instance's session to debug from a laptop"},
	Keys:           "the workload and what gave it away",
	Phases:         []sekisho.Phase{"credential-access", "initial-access", "lateral-movement"},
	Attack:         []string{"T1552.005", "T1550.001", "T1078.004"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         7 * sekisho.Nat,
	Origin: "start value of the behaviour model before calibration, which lists workload credentials outside their environment as a tripwire (at most 8); " +
		"less by 1 because a client says what it likes, and by 2 for a command line alone",
	Feed: detect.FeedManagementRead,
	Cut:  "revoke the role's sessions issued before now, and find out how the workload gave them away",
	On:   detect.OnAny,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		function := e.Actor.WorkloadType == "function"
		if !function && e.Actor.WorkloadType != "instance" || byProvider(e) || e.Client.Family == "" {
			return nil
		}
		if h := followedHome(s, e); h != nil {
			return h
		}
		c := &e.Client
		if s.Usual(detect.Software, softwareOf(c)) {
			return nil
		}
		desktop := c.OS == "macos" || c.OS == "windows" && (function || s.Known())
		switch {
		case desktop:
			return &detect.Hit{Key: e.Actor.Workload + " system",
				Reason: fmt.Sprintf("the session of %s %s is used by %s, which that workload was never seen to run; called %s from %s",
					e.Actor.WorkloadType, e.Actor.Workload, softwareOf(c), e.Name(), from(e))}
		case function && c.Runtime == "" && (commandLine(c) || byConsole(e)):
			return &detect.Hit{Key: e.Actor.Workload + " program", Weight: 5 * sekisho.Nat,
				Reason: fmt.Sprintf("the session of function %s is used by %s outside any function runtime; called %s from %s",
					e.Actor.Workload, softwareOf(c), e.Name(), from(e))}
		}
		if e.Endpoint != "" || private(e.IP) || !s.Known() {
			return nil
		}
		net := s.Network(e.IP)
		if net.Key == "" || net.Declared || s.Usual(detect.Network, net.Key) || s.Others(e.Account, detect.Network, net.Key) {
			return nil
		}
		return &detect.Hit{Key: e.Actor.Workload + " network", Weight: 3 * sekisho.Nat, Demote: true,
			Reason: fmt.Sprintf("the session of %s %s is used from network %s and by %s, neither seen for it %s",
				e.Actor.WorkloadType, e.Actor.Workload, net.Key, softwareOf(c), inHistory(s, e))}
	},
	Examples: []detect.Example{
		{Name: "an instance's keys on a laptop, first day", Trace: `
			> 09:00:00 inst/i-1 storage:ListBuckets client=cli os=macos
			  09:00:10 inst/i-1 storage:GetObject client=cli os=macos
		`},
		{Name: "a function's keys in a shell", Trace: `
			  D0 09:00:00 fn/resize storage:GetObject x60
			> D3 02:00:00 fn/resize identity:ListUsers client=cli runtime=- ip=192.0.2.77
		`},
		{Name: "another network and another program", Trace: `
			  D0 09:00:00 inst/i-1 storage:GetObject x60
			> D3 02:00:00 inst/i-1 identity:ListUsers client=script ip=192.0.2.77
		`},
		{Name: "who sent an instance a command works with its session from home", Trace: `
			  D0 09:00:00 inst/i-1 storage:GetObject x60
			  D2 09:00:00 inst/i-1 storage:GetObject
			  D3 02:00:00 user/data compute:SendCommand +change(i-1,what=command)
			> D3 02:00:06 inst/i-1 identity:GetCaller ip=198.51.100.10 client=sdk-two
		`},
		{Name: "an engineer's machine stands in the same network as what it commands", Trace: `
			D0 09:00:00 inst/i-1 storage:GetObject ip=198.51.100.9 x60
			D2 09:00:00 inst/i-1 storage:GetObject ip=198.51.100.9
			D3 09:00:00 sso/dev/bob compute:SendCommand +change(i-1,what=command)
			D3 09:00:06 inst/i-1 storage:GetObject ip=198.51.100.9
		`},
		{Name: "an instance at its work", Trace: `
			D0 09:00:00 inst/i-1 storage:GetObject x60
			D3 09:00:00 inst/i-1 storage:GetObject,ListBuckets
		`},
		{Name: "a script on the instance starts to use the command line", Trace: `
			D0 09:00:00 inst/i-1 storage:GetObject x60
			D3 09:00:00 inst/i-1 storage:GetObject client=cli
		`},
		{Name: "a Windows instance from its first day on", Trace: `
			D0 09:00:00 inst/i-2 storage:GetObject os=windows x60
			D3 09:00:00 inst/i-2 storage:GetObject os=windows ip=192.0.2.77
		`},
		{Name: "a function runs the command line in its runtime", Trace: `
			D0 09:00:00 fn/sync storage:GetObject x60
			D3 09:00:00 fn/sync storage:GetObject client=cli
		`},
		{Name: "an instance moves to a private endpoint with a new release", Trace: `
			D0 09:00:00 inst/i-1 storage:GetObject x60
			D3 09:00:00 inst/i-1 storage:GetObject client=sdk-two ip=10.0.0.7 via=endpoint-1
		`},
		{Name: "a person's laptop is a person's", Trace: `
			09:00:00 sso/dev/bob storage:ListBuckets client=cli os=macos
			09:01:00 user/app storage:ListBuckets client=cli os=macos
		`},
		{Name: "a build is anywhere", Trace: `
			09:00:00 ci/deploy/repo storage:ListBuckets client=cli os=macos ip=192.0.2.99
		`},
	},
}

// followedHome fires when a workload's session comes from the network of who
// changed it or sent it a command a moment before: a thief takes the session
// that he had it print. Machines of one network command each other, so a
// network that is the workload's own says nothing, and without a history it
// says less.
func followedHome(s *detect.Scope, e *sekisho.Event) *detect.Hit {
	change, ok := s.LastChange(e.Actor.Workload, e.Time)
	if !ok || change.Automation || change.Network == "" || e.Endpoint != "" {
		return nil
	}
	if net := s.Network(e.IP); net.Key != change.Network || s.Usual(detect.Network, net.Key) {
		return nil
	}
	return &detect.Hit{Key: e.Actor.Workload + " home", Demote: !s.Known(), Weight: homeWeight(s.Known()),
		Reason: fmt.Sprintf("the session of %s %s is used from the network of %s, who changed it (%s) %s before; called %s from %s",
			e.Actor.WorkloadType, e.Actor.Workload, change.ByName, change.What, ago(change.At, e.Time), e.Name(), from(e))}
}

func homeWeight(known bool) sekisho.Nats {
	if known {
		return 7 * sekisho.Nat
	}
	return 3 * sekisho.Nat
}
