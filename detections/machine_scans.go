package detections

import (
	"fmt"
	"strconv"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// neighboursLeast is how many places inside that are new to a machine it must try within
// ten minutes: a deployment brings a few new peers, a scan hundreds.
const neighboursLeast = 25

// MachineScans fires when a machine tries many places inside that it never tried.
var MachineScans = detect.Detection{
	ID:             "machine-scans",
	Title:          "Machine looks around inside the network",
	Why:            "Who sits on one machine looks for the next: addresses and ports in a row, most of which do not answer. A server knows its peers.",
	BlindTo:        []string{"a look around at one address an hour", "traffic within a subnet that is not recorded"},
	FalsePositives: []string{"a scanner of the house on its first day", "a monitoring server that is given a new subnet"},
	Keys:           "each doubling of the number",
	Phases:         []sekisho.Phase{"discovery", "lateral-movement"},
	Attack:         []string{"T1046"},
	Family:         sekisho.FamilyTempo,
	Weight:         5 * sekisho.Nat / 2,
	Origin:         originPlain + "; half a nat more where most were refused",
	Feed:           detect.FeedTraffic,
	Cut:            "cut the machine off, and end the sessions of its role",
	On:             detect.OnEffect(sekisho.Connect),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.Connect)
		if x == nil {
			x = e.FindTried(sekisho.Connect)
		}
		if x == nil || x.What != "inside" {
			return nil
		}
		b := s.Burst(10 * time.Minute)
		if b.Neighbours < neighboursLeast {
			return nil
		}
		h := &detect.Hit{Key: strconv.Itoa(doublings(b.Neighbours, neighboursLeast)), Weight: lessAfter(b.Neighbours, neighboursLeast, 5*sekisho.Nat/2),
			Reason: fmt.Sprintf("%s tried %d places inside within ten minutes that are new to it, %d of them refused, the last one %s", who(&e.Actor), b.Neighbours, b.Shut, x.Resource)}
		if 2*b.Shut > b.Neighbours {
			h.Weight += sekisho.Nat / 2
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a look at one port of everyone", Trace: `
			> 09:00:00 vm/i-1 network:Flow x25 outcome=denied +connect(10.0.0.{n},what=inside,ports=22)
		`},
		{Name: "many ports of one that answers", Trace: `
			> 09:00:00 vm/i-1 network:Flow x25 +connect(10.0.0.4:{n},what=inside,ports=22)
		`},
		{Name: "a server with its peers", Trace: `
			09:00:00 vm/i-1 network:Flow x24 +connect(10.0.0.{n},what=inside,ports=5432)
		`},
		{Name: "one peer, again and again", Trace: `
			10:00:00 vm/i-1 network:Flow x60 +connect(10.0.1.4,what=inside,ports=5432)
		`},
		{Name: "a monitor that knows them all", Trace: `
			D0 09:00:00 vm/i-1 network:Flow x20 +connect(10.0.0.{n},what=inside,ports=9100)
			D0 09:30:00 vm/i-1 network:Flow x20 +connect(10.0.1.{n},what=inside,ports=9100)
			D1 09:00:00 vm/i-1 network:Flow x20 +connect(10.0.0.{n},what=inside,ports=9100)
			D1 09:01:00 vm/i-1 network:Flow x20 +connect(10.0.1.{n},what=inside,ports=9100)
		`},
	},
}
