package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// Questions about defences. Logs alone are read by many for their work, so
// they need more of them than logs and detectors together.
const (
	reconDefences     = 3
	reconDefencesLogs = 6
)

// ReconOfDefences fires when an identity that never did so asks what records
// and detects: trails, log settings, detectors, their findings.
var ReconOfDefences = detect.Detection{
	ID:    "recon-of-defences",
	Title: "Logging and detection explored by a newcomer",
	Why:   "Before what must not be seen, an intruder looks at who watches: which trails run, whether detectors are on, what they have found.",
	BlindTo: []string{"someone who switches a trail off without looking first", "security staff and tools, whose work this is",
		"questions spread over more than ten minutes"},
	FalsePositives: []string{"an auditor's first day with a script", "a new compliance check"},
	Keys:           "the lineage's episode: a lineage that asks in five accounts asks once",
	Phases:         []sekisho.Phase{"discovery"},
	Attack:         []string{"T1518.001", "T1654"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         "start value of the behaviour model before calibration: recon tokens count from 1.5 nats each; several at once are a little more than one",
	Feed:           detect.FeedManagementRead,
	Cut:            "deactivate the credential that asks",
	On:             detect.OnList | detect.OnRead,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Topic != sekisho.TopicLogging && e.Topic != sekisho.TopicDetection || byProvider(e) || byConsole(e) {
			return nil
		}
		if !newcomer(s, e) {
			return nil
		}
		b := s.Burst(10 * time.Minute)
		need := reconDefencesLogs
		if b.Topics[sekisho.TopicLogging] && b.Topics[sekisho.TopicDetection] {
			need = reconDefences
		}
		if b.Defence < need || partner(s, e) || s.Automated() {
			return nil
		}
		return &detect.Hit{Reason: fmt.Sprintf("%d distinct questions about logging and detection within %s by %s, the first %s",
			b.Defence, b.Span.Round(time.Second), who(&e.Actor), inHistory(s, e))}
	},
	Examples: []detect.Example{
		{Name: "a storage key looks at who watches", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app logging:DescribeTrails,GetTrailStatus,detection:ListDetectors
			  02:00:10 user/app detection:ListFindings
		`},
		{Name: "many questions about the trail alone", Trace: `
			  D0 09:00:00 role/app/s1 storage:ListBuckets x60
			> D3 02:00:00 role/app/s1 logging:DescribeTrails,GetTrailStatus,GetSelectors,ListStores,GetInsight,ListTrails
		`},
		{Name: "a developer reads logs", Trace: `
			D0 09:00:00 sso/dev/bob function:ListFunctions x60
			D3 09:00:00 sso/dev/bob logging:DescribeLogGroups,ListStreams,GetLogEvents
		`},
		{Name: "security staff at the console", Trace: `
			D0 09:00:00 human/sam storage:ListBuckets x60
			D3 09:00:00 human/sam logging:DescribeTrails,GetTrailStatus,detection:ListDetectors,ListFindings,GetFinding
		`},
		{Name: "a partner's posture scanner reads both", Trace: `
			09:00:00 role/reader@777788889999/scan logging:DescribeTrails,GetTrailStatus,detection:ListDetectors,ListFindings account=111122223333
		`},
		{Name: "a function that does it daily", Trace: `
			D0 09:00:00 fn/check logging:DescribeTrails,detection:ListDetectors x30
			D3 09:00:00 fn/check logging:DescribeTrails,GetTrailStatus,detection:ListDetectors,ListFindings
		`},
	},
}
