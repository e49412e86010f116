package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// commonPorts are those of the web, names, time and mail: what is asked there goes to new
// networks every day.
var commonPorts = map[int]bool{25: true, 53: true, 80: true, 123: true, 443: true, 465: true, 587: true, 853: true}

// MachineNewOutside fires when a machine with habits turns to a network outside that it
// never turned to, and that is rented or is asked on a port that is not everyone's.
var MachineNewOutside = detect.Detection{
	ID:             "machine-new-outside",
	Title:          "Machine talks to a strange network that it never talked to",
	Why:            "Servers talk to the same few places for years. Who has got into one needs a way back to himself, and that is mostly a machine rented by the hour.",
	BlindTo:        []string{"a way back through services that the machine uses anyway, or through addresses of which nothing is known", "machines of less than three days"},
	FalsePositives: []string{"a partner moves to another provider", "an update fetched from a new mirror"},
	Keys:           "the network that is new",
	Phases:         []sekisho.Phase{"command-and-control"},
	Attack:         []string{"T1071", "T1571"},
	Family:         sekisho.FamilySource,
	Weight:         2 * sekisho.Nat,
	Origin:         originPlain + "; half of it where other machines of the account talk to it, or where nothing is known of the network",
	Feed:           detect.FeedTraffic,
	Cut:            "close the machine's way out, and end the sessions of its role",
	On:             detect.OnEffect(sekisho.Connect),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.Connect)
		if x == nil || x.What != "out" || !e.Succeeded() {
			return nil
		}
		if yes, _ := practised(s, e); !yes || private(e.IP) {
			return nil
		}
		net := s.Network(e.IP)
		rented := net.Kind == "hosting" || net.Kind == "vpn"
		if net.Declared || net.Key == "" || !rented && (net.Kind != "" || commonPorts[x.ToPort]) || !s.New(detect.Network, net.Key) {
			return nil
		}
		h := &detect.Hit{Key: net.Key, Weight: 2 * sekisho.Nat,
			Reason: fmt.Sprintf("%s turned to %s port %d in %s (%s), a network that is new to it %s", who(&e.Actor), e.IP, x.ToPort, net.Key, orUnnamed(net.Kind), inHistory(s, e))}
		if !rented || s.Others(e.Account, detect.Network, net.Key) {
			h.Weight = sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "on the port of a shell", Trace: `
			  D0 09:00:00 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=900)
			  D1 09:00:00 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=900)
			  D2 09:00:00 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=900)
			> D4 09:00:00 vm/i-1 network:Flow +connect(192.0.2.55,ports=1337,bytes=90)
		`},
		{Name: "a server calls a strange machine", Trace: `
			  D0 09:00:00 vm/i-1 network:Flow x5 +connect(203.0.113.200,ports=443,bytes=900)
			  D1 09:00:00 vm/i-1 network:Flow x5 +connect(203.0.113.200,ports=443,bytes=900)
			  D2 09:00:00 vm/i-1 network:Flow x5 +connect(203.0.113.200,ports=443,bytes=900)
			> D4 09:00:00 vm/i-1 network:Flow +connect(198.18.0.9,ports=4444,bytes=900)
		`},
		{Name: "let through after days of being refused", Trace: `
			  D0 09:00:00 vm/i-1 network:Flow x5 +connect(203.0.113.200,ports=443,bytes=900)
			  D1 09:00:00 vm/i-1 network:Flow x5 +connect(203.0.113.200,ports=443,bytes=900)
			  D2 09:00:00 vm/i-1 network:Flow x5 +connect(203.0.113.200,ports=443,bytes=900)
			  D3 09:00:00 vm/i-1 network:Flow x5 outcome=denied +connect(198.18.0.9,ports=4444,bytes=900)
			> D4 09:00:00 vm/i-1 network:Flow +connect(198.18.0.9,ports=4444,bytes=900)
		`},
		{Name: "its usual place", Trace: `
			D0 09:00:00 vm/i-1 network:Flow x5 +connect(198.18.0.9,ports=4444,bytes=900)
			D1 09:00:00 vm/i-1 network:Flow x5 +connect(198.18.0.9,ports=4444,bytes=900)
			D2 09:00:00 vm/i-1 network:Flow x5 +connect(198.18.0.9,ports=4444,bytes=900)
			D4 09:00:00 vm/i-1 network:Flow +connect(198.18.0.9,ports=4444,bytes=900)
		`},
		{Name: "a young machine", Trace: `
			D4 09:02:00 vm/i-2 network:Flow +connect(198.18.0.9,ports=4444,bytes=900)
		`},
		{Name: "the web, of which nothing is known", Trace: `
			D0 09:00:00 vm/i-1 network:Flow x5 +connect(203.0.113.200,ports=443,bytes=900)
			D1 09:00:00 vm/i-1 network:Flow x5 +connect(203.0.113.200,ports=443,bytes=900)
			D2 09:00:00 vm/i-1 network:Flow x5 +connect(203.0.113.200,ports=443,bytes=900)
			D4 09:01:00 vm/i-1 network:Flow +connect(192.0.2.55,ports=443,bytes=900)
		`},
	},
}
