package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// Breadth after a question about oneself. Every program asks who it is when it
// starts; what follows is then what it was made for: one service, or two. Half
// of what scripted recon asks for without such a question.
const (
	probeReads          = 8
	probeServices       = 3
	probeReadsDayOne    = 15
	probeServicesDayOne = 5
)

// ProbeThenEnumeration fires when a lineage first asks who it is or what it may
// do, and then looks around in several services, with a network or a program
// that is new to it, or as a lasting key without any history.
//
// The question alone is nothing: command lines and infrastructure as code ask it
// at each start. It is the first line of every script that tries found keys too.
var ProbeThenEnumeration = detect.Detection{
	ID:    "probe-then-enumeration",
	Title: "Key tried out, then what it opens",
	Why: "A found key is first asked whose it is and whether it still works, then what it opens. Its owner knows both. " +
		"From a new place, or by an identity that nobody has seen, the two together are how found keys are tried.",
	BlindTo: []string{
		"a thief who asks from the owner's network with the owner's program",
		"a session without history, such as one that a found key asked for",
		"keys that are only checked now and used later: the check alone is everyday",
		"questions spread over more than ten minutes",
		"one key that is checked from many networks at once: of a burst, networks are not counted",
	},
	FalsePositives: []string{"an engineer's new laptop and a new script on the same day", "the first plan of infrastructure as code by an unknown identity"},
	Keys:           "the lineage, once an episode",
	Phases:         []sekisho.Phase{"discovery", "initial-access"},
	Attack:         []string{"T1087.004", "T1580", "T1526"},
	Family:         sekisho.FamilyTempo,
	Weight:         2 * sekisho.Nat,
	Origin:         "start value, not yet fitted: less than a burst of recon, with which it shares the tempo family's cap of 5; 1.5 without history",
	Feed:           detect.FeedManagementRead,
	Cut:            "deactivate the credential that asks",
	On:             detect.OnList | detect.OnRead,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if byProvider(e) || byConsole(e) || s.Usual(detect.Action, e.Name()) {
			return nil
		}
		known := s.Known()
		reads, services, weight := probeReads, probeServices, 2*sekisho.Nat
		sign := ""
		if known {
			if sign = newPlaceOrProgram(s, e); sign == "" {
				return nil
			}
		} else {
			// Builds, agents and people of the directory have a first day, which is
			// broad; what is found and tried out is a lasting key.
			if !e.Actor.LongTerm {
				return nil
			}
			reads, services, weight = probeReadsDayOne, probeServicesDayOne, 3*sekisho.Nat/2
			sign = "of whom nothing is known"
		}
		if s.Distinct() < reads/3 {
			return nil
		}
		b := s.Burst(10 * time.Minute)
		if b.Probes > 1 && known {
			reads, services = reads/3, 2 // who sells keys asks two things of each, and goes on to the next
		}
		if b.Probes == 0 || b.Reads < reads || b.Services < services || partner(s, e) || s.Automated() {
			return nil
		}
		if b.Probes > 1 {
			weight += sekisho.Nat / 2 // who it is, and what it may do or send: programs ask one of them
		}
		return &detect.Hit{Weight: weight, Why: func() string {
			return fmt.Sprintf("%s, %s, put %s about itself and then asked %d distinct things of %d services within %s, %s for the first time %s",
				who(&e.Actor), sign, plural(b.Probes, "question"), b.Reads, b.Services, b.Span.Round(time.Second), e.Name(), inHistory(s, e))
		}}
	},
	Examples: []detect.Example{
		{Name: "a known key from elsewhere", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:00:00 user/app identity:GetCaller ip=192.0.2.77 +probe(caller)
			> D3 02:00:05 user/app identity:ListUsers,ListRoles,compute:ListInstances,ListImages,function:ListFunctions,secret:ListSecrets,ListKeys ip=192.0.2.77
			  D3 02:00:20 user/app database:ListTables ip=192.0.2.77
		`},
		{Name: "a key nobody knows asks who it is, what it may and what it may send", Trace: `
			  D0 02:00:00 user/x identity:GetCaller +probe(caller)
			  D0 02:00:01 user/x messaging:GetQuota +probe(sending)
			> D0 02:00:05 user/x identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC,model:ListA,ListB,secret:ListA,ListB
			  D0 02:00:30 user/x secret:ListC
		`},
		{Name: "command lines ask at each start, and then do their work", Trace: `
			D0 09:00:00 user/dev identity:GetCaller +probe(caller)
			D0 09:00:05 user/dev compute:ListInstances,function:ListFunctions,storage:ListBuckets
			D0 10:00:00 user/dev identity:GetCaller x60 +probe(caller)
			D3 09:00:00 user/dev identity:GetCaller +probe(caller) ip=192.0.2.77
			D3 09:00:05 user/dev compute:ListInstances,function:ListFunctions,storage:ListBuckets ip=192.0.2.77
		`},
		{Name: "infrastructure as code plans, from its own network", Trace: `
			D0 09:00:00 user/platform storage:GetState x60 client=terraform
			D3 09:00:00 user/platform identity:GetCaller client=terraform +probe(caller)
			D3 09:00:05 user/platform identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,secret:ListA,ListB client=terraform
		`},
		{Name: "a session in new hands", Trace: `
			  D0 09:00:00 role/app/s1 storage:ListBuckets x60
			  D3 02:00:00 role/app/s1 identity:GetCaller ip=192.0.2.77 client=script +probe(caller)
			> D3 02:00:05 role/app/s1 identity:ListUsers,ListRoles,compute:ListInstances,ListImages,function:ListFunctions,secret:ListSecrets,ListKeys ip=192.0.2.77 client=script
		`},
		{Name: "a person who knows the console opens a shell, where they always sit", Trace: `
			D0 09:00:00 sso/dev/bob compute:ListInstances x60 client=console console
			D3 09:00:00 sso/dev/bob identity:GetCaller +probe(caller)
			D3 09:00:05 sso/dev/bob identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC
		`},
		{Name: "an agent's first day", Trace: `
			D0 09:00:00 agent/coder identity:GetCaller +probe(caller)
			D0 09:00:05 agent/coder identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC,model:ListA,ListB,ListC,secret:ListA,ListB,ListC
		`},
		{Name: "a person's first day in a shell", Trace: `
			D0 09:00:00 sso/dev/bob identity:GetCaller +probe(caller)
			D0 09:00:05 sso/dev/bob identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC,model:ListA,ListB,ListC,secret:ListA,ListB,ListC
		`},
		{Name: "a build and a function on their first day", Trace: `
			D0 09:00:00 ci/deploy/shop identity:GetCaller +probe(caller)
			D0 09:00:05 ci/deploy/shop identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC,model:ListA,ListB,ListC,secret:ListA,ListB,ListC
			D0 09:10:00 fn/inventory identity:GetCaller,ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC,model:ListA,ListB,ListC,secret:ListA,ListB,ListC +probe(caller)
		`},
	},
}

// newPlaceOrProgram says in which way a known identity's place or program is new
// to it, "" if in none. For a session both must be: people open a shell for the
// first time where they always sit, and travel with the tools they have.
func newPlaceOrProgram(s *detect.Scope, e *sekisho.Event) string {
	program := e.Client.Family != "" && s.New(detect.Software, softwareOf(&e.Client))
	if !program && !e.Actor.LongTerm {
		return ""
	}
	place := ""
	if e.IP != "" && !private(e.IP) && e.Endpoint == "" && e.Actor.WorkloadType == "" {
		if net := s.Network(e.IP); net.Key != "" && !net.Declared && s.New(detect.Network, net.Key) && !s.Others(e.Account, detect.Network, net.Key) {
			place = net.Key
		}
	}
	switch {
	case program && (place != "" || e.Actor.LongTerm):
		return "with a program that is new to it (" + softwareOf(&e.Client) + ")"
	case place != "" && e.Actor.LongTerm:
		return "from a network that is new to it (" + place + ")"
	}
	return ""
}
