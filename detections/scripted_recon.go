package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// Breadth that is more than work. Thirty distinct reads in eight services
// within a minute is the burst of the behaviour model's worked chain; an
// identity with habits is judged from half of it, and only by what it never
// did before.
const (
	reconReads       = 15
	reconServices    = 5
	reconReadsDayOne = 30
	reconServicesOne = 8
)

// ScriptedRecon fires when a lineage lists and reads broadly across services in
// a short time, and not as people at a console or known automation do.
//
// Breadth is counted across all principals of the lineage: nineteen quiet
// identities are one loud one. Each doubling is new evidence.
var ScriptedRecon = detect.Detection{
	ID:    "scripted-recon",
	Title: "Broad, fast listing across services",
	Why: "Who comes by a key does not know what it opens, and asks every service in turn. Its owner knows, and programs ask the same few " +
		"questions every day.",
	BlindTo: []string{"recon spread over hours", "someone who clicks through the web console", "an insider who knows where things are"},
	FalsePositives: []string{"a posture scanner or inventory tool that is not declared", "an engineer's new audit script",
		"the first run of infrastructure as code by an unknown identity"},
	Keys:   "the lineage, and each doubling of the breadth",
	Phases: []sekisho.Phase{"discovery"},
	Attack: []string{"T1580", "T1526", "T1087.004"},
	Family: sekisho.FamilyTempo,
	Weight: 5 * sekisho.Nat / 2,
	Origin: "start value of the behaviour model before calibration: two doublings of breadth fill the tempo family's cap of 5",
	Feed:   detect.FeedManagementRead,
	Cut:    "deactivate the credential that lists",
	On:     detect.OnList | detect.OnRead,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if byProvider(e) || byConsole(e) {
			return nil
		}
		known := s.Known()
		if known && s.Usual(detect.Action, e.Name()) {
			return nil
		}
		reads, services := reconReads, reconServices
		if !known {
			reads, services = reconReadsDayOne, reconServicesOne
		}
		if s.Distinct() < reads {
			return nil
		}
		b := s.Burst(10 * time.Minute)
		if b.Reads < reads || b.Services < services || partner(s, e) || s.Automated() || applied(s, e) {
			return nil
		}
		return &detect.Hit{Key: step(b.Reads, reconReads), Why: func() string {
			return fmt.Sprintf("%d distinct list and read actions in %d services within %s, the last one (%s) the first of %s %s",
				b.Reads, b.Services, b.Span.Round(time.Second), e.Name(), who(&e.Actor), inHistory(s, e))
		}}
	},
	Examples: []detect.Example{
		{Name: "a known key asks everything", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:00:00 user/app identity:ListUsers,ListRoles,ListGroups,ListPolicies,compute:DescribeInstances,DescribeImages,DescribeVolumes,DescribeSnapshots
			> 02:00:20 user/app function:ListFunctions,ListLayers,secret:ListSecrets,ListKeys,database:DescribeClusters,ListTables,ListBackups
			  02:00:40 user/app database:ListExports   # no doubling
		`},
		{Name: "an unknown key asks twice as much", Trace: `
			  09:00:00 user/x identity:ListA,ListB,ListC,ListD,compute:ListA,ListB,ListC,ListD,function:ListA,ListB,ListC,ListD
			  09:01:00 user/x storage:ListA,ListB,ListC,ListD,database:ListA,ListB,ListC,ListD,secret:ListA,ListB,ListC,ListD
			> 09:02:00 user/x logging:ListA,ListB,ListC,model:ListA,ListB,ListC
		`},
		{Name: "many tabs of the console", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D3 09:00:00 human/alice identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC,storage:ListA,ListB,ListC,secret:ListA,ListB,ListC,model:ListA,ListB,ListC
		`},
		{Name: "a partner's posture scanner", Trace: `
			09:00:00 role/reader@777788889999/scan identity:ListA,ListB,ListC,ListD,compute:ListA,ListB,ListC,ListD,function:ListA,ListB,ListC,ListD,storage:ListA,ListB,ListC,ListD account=111122223333
			09:01:00 role/reader@777788889999/scan secret:ListA,ListB,ListC,ListD,model:ListA,ListB,ListC,ListD,database:ListA,ListB,ListC,ListD,logging:ListA,ListB,ListC,ListD account=111122223333
		`},
		{Name: "a nightly inventory that always does this", Trace: `
			D0 02:00:00 fn/inventory identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC,storage:ListA,ListB,ListC,secret:ListA,ListB,ListC x4 every=100ms
			D1 02:00:00 fn/inventory identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC,storage:ListA,ListB,ListC,secret:ListA,ListB,ListC
		`},
		{Name: "declared infrastructure as code plans", Trace: `
			D0 09:00:00 role/terraform-deployer/run storage:ListBuckets x60
			D3 09:00:00 role/terraform-deployer/run identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC,storage:ListA,ListB,ListC,secret:ListA,ListB,ListC,model:ListA
		`},
		{Name: "a service lists for a user", Trace: `
			D0 09:00:00 user/app storage:ListBuckets x60
			D3 09:00:00 user/app identity:ListA,ListB,ListC,compute:ListA,ListB,ListC,function:ListA,ListB,ListC,storage:ListA,ListB,ListC,secret:ListA,ListB,ListC onbehalf=config
		`},
	},
}
