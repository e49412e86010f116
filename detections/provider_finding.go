package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ProviderFinding fires when the provider's own detector, or the directory's, says
// something of an identity or a machine.
var ProviderFinding = detect.Detection{
	ID:    "provider-finding",
	Title: "Provider's detector reports the identity or machine",
	Why: "The provider sees what no log of ours shows: who else an address attacked, what a name server was asked. It also cries often, and never says what one " +
		"finding has to do with the next. So each is a piece of evidence on the lineage that it is about, weighed by how grave the provider takes it to be, and no verdict.",
	BlindTo:        []string{"what the provider's detector is not switched on for", "findings that name nobody: they stand by themselves"},
	FalsePositives: []string{"scans from the internet that come to nothing", "people on a journey", "tests of the detector"},
	Keys:           "the finding's kind, up to what it was seen on",
	Phases:         []sekisho.Phase{"discovery"},
	Attack:         []string{"T1078.004"},
	Family:         sekisho.FamilyAction,
	Weight:         3 * sekisho.Nat / 2,
	Origin:         originPlain + "; half a nat for a low one and for what was done to a machine, 1.5 for a medium one, 2.5 for a high one, 3.5 for a sequence that the provider joined itself",
	Feed:           detect.FeedFindings,
	Cut:            "deny the identity, or cut off the machine, until its owner confirms",
	On:             detect.OnEffect(sekisho.Report),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.Report)
		if x == nil {
			return nil
		}
		kind, _, _ := strings.Cut(x.What, "!")
		h, role := &detect.Hit{Key: kind}, ""
		if x.Phase != "" {
			h.Phases = []sekisho.Phase{x.Phase}
		}
		switch {
		case x.Suffered: // the internet knocks everywhere, and what came of it has a finding of its own
			h.Weight, h.Phases = sekisho.Nat/2, []sekisho.Phase{}
			role = ", as the one it was done to"
		case x.Count >= 90:
			h.Weight = 7 * sekisho.Nat / 2
		case x.Count >= 70:
			h.Weight = 5 * sekisho.Nat / 2
		case x.Count >= 40:
			h.Weight = 3 * sekisho.Nat / 2
		default:
			h.Weight = sekisho.Nat / 2
		}
		h.Why = func() string {
			return fmt.Sprintf("%s says %s of %s, with gravity %d of 100%s", e.Service, x.What, who(&e.Actor), x.Count, role)
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "keys of a machine's role outside", Trace: `
			> 09:00:00 role/web/i-1 detection:Exfiltration record=notice +report(Exfiltration,n=80)
		`},
		{Name: "a scan from the internet is little", Trace: `
			> 09:00:00 vm/i-1 detection:PortProbe record=notice +report(PortProbe,n=20)
			  09:05:00 vm/i-1 detection:PortProbe record=notice +report(PortProbe,n=20)
		`},
		{Name: "an attempt upon a machine is little, however grave", Trace: `
			> 09:00:00 vm/i-1 detection:BruteForce record=notice +report(BruteForce,n=80,role=target)
		`},
		{Name: "the detector is switched on", Trace: `
			09:00:00 human/carol detection:CreateDetector
		`},
		{Name: "a service tells of its own work", Trace: `
			09:00:00 service/detection detection:UpdateRule record=notice
		`},
		{Name: "people read findings", Trace: `
			09:00:00 human/carol detection:GetFindings,ListFindings
		`},
	},
}
