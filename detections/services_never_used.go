package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// servicesAtOnce is how many services must be read within ten minutes before a
// new one among them counts: one new service is a new task, five at once are a
// look around. Before servicesDays of history everything is still new.
const (
	servicesAtOnce = 5
	servicesDays   = 3
)

// ServicesNeverUsed fires for each service that a known identity turns to for
// the first time while it looks at several at once.
var ServicesNeverUsed = detect.Detection{
	ID:    "services-never-used",
	Title: "Services read that the identity never used",
	Why: "Work keeps to its services; someone who has a stranger's key does not know which those are and tries them all. " +
		"Each new service says a little, and they add up.",
	BlindTo: []string{"identities without a history", "an intruder who keeps to the services that the key was used with",
		"calls from the console, whose pages ask many services at once"},
	FalsePositives: []string{"an engineer's new inventory script", "the first run of a posture tool under an existing identity"},
	Keys:           "the identity and the service, once in the lineage's episode",
	Phases:         []sekisho.Phase{"discovery"},
	Attack:         []string{"T1526", "T1580"},
	Family:         sekisho.FamilyAction,
	Weight:         sekisho.Nat,
	Origin: "start value of the behaviour model before calibration: its worked chain gives 8 to 10 nats to the first listing of services new to a key, " +
		"about ten of them; the family's cap bounds the sum",
	Feed: detect.FeedManagementRead,
	Cut:  "deactivate the credential that looks around",
	On:   detect.OnList | detect.OnRead,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if byProvider(e) || byConsole(e) || !s.New(detect.Service, e.Service) {
			return nil
		}
		if s.Experience(e.Actor.ID).Days < servicesDays {
			return nil
		}
		if s.Distinct() < servicesAtOnce {
			return nil
		}
		b := s.Burst(10 * time.Minute)
		if b.Services < servicesAtOnce || s.Automated() || partner(s, e) || applied(s, e) {
			return nil
		}
		return &detect.Hit{Key: e.Actor.ID + " " + e.Service, Reason: fmt.Sprintf("%s read %s for the first time %s, one of %d services within %s",
			who(&e.Actor), e.Service, inHistory(s, e), b.Services, b.Span.Round(time.Second))}
	},
	Examples: []detect.Example{
		{Name: "a storage key looks around", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets
			  D1 09:00:00 user/app storage:ListBuckets
			  D2 09:00:00 user/app storage:ListBuckets
			  D3 02:00:00 user/app identity:ListUsers,compute:DescribeInstances,function:ListFunctions,network:DescribeVpcs
			> 02:00:04 user/app database:DescribeInstances
			> 02:00:05 user/app model:ListModels
			  02:00:06 user/app model:ListAgents
		`},
		{Name: "a function's session does", Trace: `
			  D0 09:00:00 fn/resize storage:GetObject
			  D1 09:00:00 fn/resize storage:GetObject
			  D2 09:00:00 fn/resize storage:GetObject
			  D3 02:00:00 fn/resize identity:ListUsers,compute:DescribeInstances,function:ListFunctions,network:DescribeVpcs
			> 02:00:10 fn/resize secret:ListSecrets
		`},
		{Name: "a person opens many pages of the console", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D3 09:00:00 human/alice identity:ListUsers,compute:DescribeInstances,function:ListFunctions,database:DescribeInstances,model:ListModels
		`},
		{Name: "a new task touches one new service", Trace: `
			D0 09:00:00 sso/dev/bob storage:ListBuckets x60
			D3 09:00:00 sso/dev/bob database:DescribeInstances,DescribeClusters,DescribeSnapshots
		`},
		{Name: "nobody knows the scanner yet", Trace: `
			D0 09:00:00 role/scanner/run identity:ListUsers,compute:DescribeInstances,function:ListFunctions,database:DescribeInstances,model:ListModels
		`},
		{Name: "the third day of someone new", Trace: `
			D0 09:00:00 sso/dev/eve storage:ListBuckets x60
			D2 09:00:00 sso/dev/eve identity:ListUsers,compute:DescribeInstances,function:ListFunctions,database:DescribeInstances,model:ListModels
		`},
		{Name: "a pipeline's program checks what it will change", Trace: `
			D0 09:00:00 ci/deploy/repo storage:ListBuckets x60
			D3 09:00:00 ci/deploy/repo identity:ListRoles,compute:DescribeInstances,function:ListFunctions,database:DescribeInstances
		`},
	},
}
