package detections

import (
	"fmt"
	"strconv"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// sentLeast is how many MiB within ten minutes are worth a look.
const sentLeast = 256

// MachineSendsMore fires when a machine sends at least twice as much outside within ten
// minutes as on its busiest day.
var MachineSendsMore = detect.Detection{
	ID:             "machine-sends-more",
	Title:          "Machine sends far more outside than on any day before",
	Why:            "Data that leaves through a machine shows in nothing that the cloud's own log records. It shows in the bytes.",
	BlindTo:        []string{"theft at the pace of an ordinary day", "what leaves by a way that the records do not show, as endpoints of the cloud's own services"},
	FalsePositives: []string{"a migration or a first backup elsewhere that nobody announced"},
	Keys:           "each doubling of the amount",
	Phases:         []sekisho.Phase{"exfiltration"},
	Attack:         []string{"T1048", "T1567"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         originHabits + "; the highest of n+1 days with probability 1/(n+1), halved by each doubling beyond",
	Feed:           detect.FeedTraffic,
	Cut:            "close the machine's way out",
	On:             detect.OnEffect(sekisho.Connect),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.Connect)
		if x == nil || x.What == "inside" || x.Count == 0 {
			return nil
		}
		yes, seasoned := practised(s, e)
		if !yes {
			return nil
		}
		now := s.Burst(10*time.Minute).Sent >> 20
		if now < sentLeast {
			return nil
		}
		a := s.Amount(e.Actor.ID, detect.Sent)
		w := min(likelihood(beyond(a, now, sentLeast), likelyMore, seasoned), 3*sekisho.Nat)
		if w == 0 || ordinaryWork(s, e) {
			return nil
		}
		return &detect.Hit{Key: strconv.Itoa(doublings(int(now), sentLeast)), Weight: w, Why: func() string {
			return fmt.Sprintf("%s sent %d MiB outside within ten minutes, the last to %s; its busiest of %s had %d MiB, usual %d", who(&e.Actor), now, e.IP, plural(a.Days, "day"), a.Highest, a.Usual)
		}}
	},
	Examples: []detect.Example{
		{Name: "a database leaves", Trace: `
			  D0 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,ports=443,bytes=9000000)
			  D1 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,ports=443,bytes=9000000)
			  D2 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,ports=443,bytes=9000000)
			  D3 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,ports=443,bytes=9000000)
			> D4 09:00:00 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=9000000000)
		`},
		{Name: "in many pieces", Trace: `
			  D0 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,ports=443,bytes=9000000)
			  D1 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,ports=443,bytes=9000000)
			  D2 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,ports=443,bytes=9000000)
			  D3 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,ports=443,bytes=9000000)
			  D4 09:00:00 vm/i-1 network:Flow x2 +connect(203.0.113.200,ports=443,bytes=100000000)
			> D4 09:00:10 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=900000000)
		`},
		{Name: "to one who comes and fetches it", Trace: `
			  D0 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,what=in,ports=443,bytes=9000000)
			  D1 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,what=in,ports=443,bytes=9000000)
			  D2 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,what=in,ports=443,bytes=9000000)
			  D3 09:00:00 vm/i-1 network:Flow x9 +connect(203.0.113.200,what=in,ports=443,bytes=9000000)
			> D4 09:00:00 vm/i-1 network:Flow +connect(192.0.2.55,what=in,ports=443,bytes=9000000000)
		`},
		{Name: "a machine without habits", Trace: `
			D0 09:00:00 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=9000000000)
		`},
		{Name: "as much inside", Trace: `
			D0 09:00:00 vm/i-1 network:Flow x9 +connect(10.0.0.9,what=inside,ports=443,bytes=9000000)
			D1 09:00:00 vm/i-1 network:Flow x9 +connect(10.0.0.9,what=inside,ports=443,bytes=9000000)
			D2 09:00:00 vm/i-1 network:Flow x9 +connect(10.0.0.9,what=inside,ports=443,bytes=9000000)
			D3 09:00:00 vm/i-1 network:Flow +connect(10.0.0.9,what=inside,ports=443,bytes=9000000000)
		`},
		{Name: "a server that sends as much each night", Trace: `
			D0 09:00:00 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=9000000000)
			D1 09:00:00 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=9000000000)
			D2 09:00:00 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=9000000000)
			D3 09:00:00 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=9000000000)
			D4 09:00:00 vm/i-1 network:Flow +connect(203.0.113.200,ports=443,bytes=9000000000)
		`},
	},
}
