package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// manyRegions is in how many regions a lineage must act within ten minutes for
// that to be new evidence: two or three are a replicated service, or a fail-over.
const manyRegions = 5

// RegionNew fires when something is changed in a region in which nobody of the
// account is known to have worked.
//
// It needs an account with a history: on an account's first days every region is new.
var RegionNew = detect.Detection{
	ID:    "region-new",
	Title: "Work in a region that nobody uses",
	Why: "Nobody looks at a region that nobody uses: no dashboards, often no detectors, and limits of its own that are still free. " +
		"That is where machines and models are run on stolen access, in several regions at once.",
	BlindTo: []string{
		"regions that a scanner of ours reads every day, which makes them known",
		"services without regions",
	},
	FalsePositives: []string{"a product that opens in another part of the world", "a test of a fail-over"},
	Keys:           "the lineage; once more where many regions are worked in at once",
	Phases:         []sekisho.Phase{"defense-evasion", "impact"},
	Attack:         []string{"T1535", "T1496.001"},
	Family:         sekisho.FamilyAction,
	Weight:         5 * sekisho.Nat / 2,
	Origin:         "start value, not yet fitted: 2.5 for a known identity, 1 for one that has no history yet or a person's first day, 1 more for five regions at once",
	Feed:           detect.FeedManagementWrite,
	Cut:            "disable the credential, deny the region to the account, and look for what else was made there",
	On:             detect.OnWrite,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Region == "" || s.Others(e.Account, detect.Region, e.Region) {
			return nil
		}
		switch {
		case e.Level == sekisho.LevelTag || e.Kind != sekisho.APICall || byProvider(e):
			return nil
		case e.Topic == sekisho.TopicIdentity || e.Topic == sekisho.TopicBilling || e.Topic == sekisho.TopicOrganize:
			return nil // of the whole account: which region's end point answers says nothing
		}
		known := s.Known()
		if !known && !s.Others(e.Account, detect.Service, e.Service) || s.Usual(detect.Region, e.Region) || s.Automated() || ticket(s, e) != "" {
			return nil
		}
		h := &detect.Hit{Key: "region", Reason: fmt.Sprintf("%s called %s (%s) in region %s, in which nobody of account %s was seen at work; it has worked elsewhere %s",
			who(&e.Actor), e.Name(), outcomeWords(e), e.Region, e.Account, inHistory(s, e))}
		if !known {
			h.Weight = sekisho.Nat
		}
		if n := s.Burst(10 * time.Minute).Regions; n >= manyRegions {
			h.Key, h.Weight = "many regions", 7*sekisho.Nat/2
			h.Reason += fmt.Sprintf("; %d regions within 10 min", n)
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "machines far away", Trace: `
			  D0 09:00:00 user/dev compute:ListInstances x60
			> D3 03:00:00 user/dev compute:RunInstances region=ap-south-9 +launch(m.large,n=20)
			  D3 03:00:10 user/dev compute:RunInstances region=sa-east-9 +launch(m.large,n=20)
		`},
		{Name: "in five regions within minutes, by a role nobody knows", Trace: `
			  D0 09:00:00 human/carol compute:ListInstances x60
			> D3 03:00:00 role/app/s1 compute:RunInstances region=r-1
			  D3 03:00:01 role/app/s1 compute:RunInstances region=r-2
			  D3 03:00:02 role/app/s1 compute:RunInstances region=r-3
			  D3 03:00:03 role/app/s1 compute:RunInstances region=r-4
			> D3 03:00:04 role/app/s1 compute:RunInstances region=r-5
			  D3 03:00:05 role/app/s1 compute:RunInstances region=r-6
		`},
		{Name: "an account's first day", Trace: `
			D0 09:00:00 human/carol compute:RunInstances +launch(m.large)
			D0 09:10:00 human/carol compute:RunInstances region=ap-south-9 +launch(m.large)
			D0 09:20:00 ci/deploy/shop function:Create region=us-west-9 +change(function/f,what=create)
		`},
		{Name: "a region in which a colleague works", Trace: `
			D0 09:00:00 human/carol compute:ListInstances x60 region=ap-south-9
			D0 10:00:00 user/dev compute:ListInstances x60
			D3 09:00:00 user/dev compute:RunInstances region=ap-south-9 +launch(m.large)
		`},
		{Name: "declared automation opens a region, and a service follows", Trace: `
			D0 09:00:00 role/terraform-deployer/run compute:ListInstances x60
			D3 09:00:00 role/terraform-deployer/run compute:CreateNetwork region=ap-south-9
			D3 09:10:00 service/scaling compute:RunInstances region=us-west-9
		`},
		{Name: "looking is not working, and signing in has no place", Trace: `
			D0 09:00:00 user/dev compute:ListInstances x60
			D3 09:00:00 user/dev compute:ListInstances region=ap-south-9
			D3 09:10:00 user/dev identity:AssumeRole region=us-west-9 +issue(role/reader,session=s1)
		`},
	},
}
