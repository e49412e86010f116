package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// PortsOpened fires when a firewall admits everyone to ports that give a shell,
// a notebook, a database or all of a machine.
//
// Why: it is how machines made with stolen access are reached, and how existing
// ones are given away.
var PortsOpened = detect.Detection{
	ID:    "ports-opened",
	Title: "Remote access opened to everyone",
	Why: "A rule that lets everyone reach remote access, a notebook or all ports makes the machine behind it as good as public. " +
		"Web servers need two ports and no more.",
	BlindTo:        []string{"rules for an address of the attacker's own instead of everyone", "services put on the ports of the web"},
	FalsePositives: []string{"a developer who wants to reach a test machine from home"},
	Keys:           "the firewall that was opened",
	Phases:         []sekisho.Phase{"defense-evasion", "persistence"},
	Attack:         []string{"T1562.007", "T1133"},
	Family:         sekisho.FamilyAction,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "take the rule back and disable the credential that wrote it",
	On:             detect.OnEffect(sekisho.OpenPorts),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || e.Actor.Type == sekisho.ActorService || s.Automated() || seenOnTarget(s, e) {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			if x.Kind != sekisho.OpenPorts || !everyone(x.With) {
				continue
			}
			what, weight := reach(x.FromPort, x.ToPort)
			if what == "" {
				continue
			}
			if ticket(s, e) != "" || timesDone(s, e) >= routineTimes {
				weight = sekisho.Nat
			}
			return &detect.Hit{Key: x.Resource, Weight: weight,
				Reason: fmt.Sprintf("%s opened %s to everyone: ports %d to %d, %s", who(&e.Actor), x.Resource, x.FromPort, x.ToPort, what)}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "all ports of a machine for a notebook", Trace: `
			> D0 03:00:00 user/boss network:AddRule +open(fw-1,with=*,ports=0-65535)
		`},
		{Name: "remote desktop and a notebook's port", Trace: `
			> D0 03:00:00 role/developer/bob network:AddRule +open(fw-1,with=*,ports=3389)
			> D0 03:05:00 human/carol network:AddRule +open(fw-2,with=*,ports=8888)
		`},
		{Name: "a web server", Trace: `
			D0 03:00:00 user/dev network:AddRule +open(fw-1,with=*,ports=443)
			D0 03:05:00 human/carol network:AddRule +open(fw-1,with=*,ports=80)
		`},
		{Name: "remote access from the office only", Trace: `
			D0 03:00:00 user/dev network:AddRule +open(fw-1,with=198.51.100.0/24,ports=22)
			D0 03:05:00 sso/operator/carol network:AddRule +open(fw-2,with=10.0.0.0/8,ports=0-65535)
		`},
		{Name: "declared automation and a pipeline", Trace: `
			D0 03:00:00 role/terraform-deployer/x network:AddRule +open(fw-1,with=*,ports=22)
			D0 03:05:00 ci/deploy/shop network:AddRule +open(fw-2,with=*,ports=1-65535)
		`},
	},
}

// doors are ports behind which there is a shell, a desktop, a program's own
// console or data, and what is there; by the services registry and the defaults
// of the programs named.
var doors = []struct {
	port int
	what string
}{
	{22, "secure shell"}, {23, "telnet"}, {445, "file shares"}, {1433, "a database"}, {2375, "a container engine"}, {2376, "a container engine"},
	{3306, "a database"}, {3389, "remote desktop"}, {5432, "a database"}, {5900, "remote desktop"}, {5985, "remote management"},
	{5986, "remote management"}, {6379, "a database"}, {6443, "a cluster's control plane"}, {8888, "a notebook"}, {8889, "a notebook"},
	{9200, "a search engine"}, {10250, "a cluster's node"}, {27017, "a database"},
}

// wide is from how many ports on a range is taken for all of a machine: ranges
// that programs really need (passive file transfer, media) are smaller.
const wide = 10_000

// reach says what lies behind a range of ports, "" if nothing of note, and what
// that weighs. A rule without ports is one for all.
func reach(from, to int) (string, sekisho.Nats) {
	if from <= 0 && to <= 0 || to-from >= wide {
		return "as good as all", 3*sekisho.Nat + sekisho.Nat/2
	}
	for _, d := range doors {
		if from <= d.port && d.port <= to {
			if d.port == 8888 || d.port == 8889 || d.port == 2375 {
				return d.what, 3 * sekisho.Nat // these ask for no password by themselves
			}
			return d.what, 2 * sekisho.Nat
		}
	}
	return "", 0
}
