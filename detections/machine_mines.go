package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// poolPorts are those on which pools of miners listen, by their own pages: of Stratum in
// plain and in TLS.
var poolPorts = map[int]bool{3333: true, 3334: true, 4444: true, 5555: true, 7777: true, 8333: true, 9999: true, 10128: true, 14433: true, 14444: true, 20128: true, 45560: true, 45700: true}

// notebookPorts are those on which notebooks listen (8888 and those after it where it is
// taken).
var notebookPorts = map[int]bool{8888: true, 8889: true, 8890: true}

// MachineMines fires when a machine turns to a port on which mining pools listen, or
// answers outsiders on one of a notebook, and never did.
var MachineMines = detect.Detection{
	ID:             "machine-mines",
	Title:          "Machine uses the ports of a mining pool or of an open notebook",
	Why:            "What a stolen machine is for shows in its traffic: mining at a pool, on ports of its own, or a notebook that anybody may open. No service of ours listens there.",
	BlindTo:        []string{"pools behind port 443, notebooks behind a tunnel", "records of the way back alone, in which the machine sent nothing"},
	FalsePositives: []string{"a service of the house that listens on such a port, until it was seen there"},
	Keys:           "the port and whether it was asked or answered",
	Phases:         []sekisho.Phase{"impact"},
	Attack:         []string{"T1496.001"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedTraffic,
	Cut:            "stop the machine, and disable who launched it",
	On:             detect.OnEffect(sekisho.Connect),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.Connect)
		if x == nil || !e.Succeeded() || !poolPorts[x.ToPort] && !notebookPorts[x.ToPort] || private(e.IP) {
			return nil
		}
		net := s.Network(e.IP)
		what := ""
		switch {
		case x.What == "out" && poolPorts[x.ToPort] && x.Count > 0 && !s.Usual(detect.Network, net.Key):
			what = "turned to a port of mining pools at"
		case x.What == "in" && notebookPorts[x.ToPort] && !net.Declared:
			what = "answers as a notebook to"
		default:
			return nil
		}
		return &detect.Hit{Key: fmt.Sprint(x.What, " ", x.ToPort), Reason: fmt.Sprintf("%s %s %s, port %d", who(&e.Actor), what, e.IP, x.ToPort)}
	},
	Examples: []detect.Example{
		{Name: "a pool", Trace: `
			> 09:00:00 vm/i-1 network:Flow +connect(192.0.2.55,ports=3333,bytes=900)
		`},
		{Name: "a notebook for everyone", Trace: `
			> 09:00:00 vm/i-1 network:Flow +connect(192.0.2.55,what=in,ports=8888,bytes=900)
		`},
		{Name: "a notebook inside", Trace: `
			09:00:00 vm/i-1 network:Flow +connect(10.0.0.9,what=inside,ports=8888,bytes=900)
		`},
		{Name: "the web", Trace: `
			09:00:10 vm/i-1 network:Flow +connect(192.0.2.55,ports=443,bytes=900)
		`},
		{Name: "one that was refused", Trace: `
			09:00:20 vm/i-1 network:Flow outcome=denied +connect(192.0.2.55,ports=3333)
		`},
	},
}
