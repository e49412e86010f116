package detections

import (
	"fmt"
	"strconv"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// How many machines or containers must be asked for within ten minutes. Ten is
// more than one does by hand for a trial; who launches every day is asked for
// ten times as many, of a sort that it never launched. Clusters are made one
// at a time.
const (
	massMachines = 10
	massUsual    = 100
	massClusters = 4
	massRegions  = 3
	// These times what is needed is what no first request of a team is: 500
	// machines are the growth of years, 40 clusters more than most companies run.
	massBeyondMachines = 50
	massBeyondClusters = 10
)

// MassCompute fires when machines, containers or clusters are asked for in
// numbers that are far above the habits of whoever asks.
//
// Why: stolen access is turned into money by computing at its owner's cost, in
// as many places at once as it can before someone sees the bill.
var MassCompute = detect.Detection{
	ID:    "mass-compute",
	Title: "Machines or clusters asked for in great numbers",
	Why: "Miners ask for hundreds of machines, dozens of clusters and scaling groups of their largest size within minutes and in every region that answers, " +
		"whether or not they are given. Growth of one's own comes from the same few programs, and from rules that the provider carries out itself.",
	BlindTo: []string{
		"a group that grows by the provider's own scaling after its size was set within what is usual",
		"who launches in great numbers every day",
		"few machines for a long time",
	},
	FalsePositives: []string{"a load test by hand", "a new batch system's first run", "a lab for a course"},
	Keys:           "machines or clusters, and each doubling of how many",
	Phases:         []sekisho.Phase{"impact", "defense-evasion"},
	Attack:         []string{"T1496.001", "T1578.002", "T1535"},
	Atlas:          []string{"AML.T0008"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Decisive:       true,
	Weight:         7 * sekisho.Nat,
	Origin:         originTripwire + "; 3 below the numbers that no first request of a team reaches",
	Feed:           detect.FeedManagementWrite,
	Cut:            "deny the identity further launches in all regions, then end what was launched, protection against ending first",
	On:             detect.OnEffect(sekisho.LaunchCompute) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		all := sought(e)
		var x *sekisho.Effect
		for i := range all {
			if all[i].Kind == sekisho.LaunchCompute {
				x = &all[i]
				break
			}
		}
		if x == nil || byProvider(e) || s.Automated() || firstDayProgram(s, e) {
			return nil
		}
		b := s.Burst(soon)
		n, need, noun := b.Machines, int64(massMachines), "machine"
		beyond := int64(massBeyondMachines * massMachines)
		switch job := itsJob(s, e); {
		case job && s.Usual(detect.Machine, x.What):
			return nil
		case job:
			need = massUsual
		case !s.Known() || vouched(s, e):
			need = 2 * massMachines
		}
		if x.What == "cluster" {
			n, noun = b.Clusters, "cluster"
			need = need / massMachines * massClusters
			beyond = massBeyondClusters * massClusters
		}
		if n < need {
			return nil
		}
		weight := 3 * sekisho.Nat
		switch {
		case ticket(s, e) != "":
			weight = sekisho.Nat
		case !s.Known() || vouched(s, e):
			weight = 2 * sekisho.Nat
		}
		h := &detect.Hit{Key: noun + " " + strconv.FormatInt(need<<(doublings(int(n), int(need))-1), 10), Weight: lessAfter(int(n), int(need), weight),
			Reason: fmt.Sprintf("%s asked for %s in ten minutes, the last of type %s (%s); %s", who(&e.Actor), plural(int(n), noun), x.What, outcomeWords(e), never(s, e))}
		// Machines by the hundred, by a known identity that never asked for one.
		h.Demote = !(n >= beyond && e.Succeeded() && s.Known() && timesDone(s, e) == 0 && !vouched(s, e) && ticket(s, e) == "" && !fromDescription(s, e))
		if !h.Demote {
			h.Key, h.Weight = noun, 7*sekisho.Nat
		}
		if b.Regions >= massRegions {
			h.Reason += fmt.Sprintf("; it changed things in %d regions meanwhile", b.Regions)
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a leaked key fills an account", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:00:00 user/app compute:RunInstances +launch(c.16xlarge,n=9)
			> D3 02:00:05 user/app compute:RunInstances +launch(c.16xlarge,n=5)
			> D3 02:00:10 user/app compute:CreateScalingGroup +launch(c.16xlarge,n=900)
		`},
		{Name: "clusters by the dozen", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app compute-containers:CreateCluster +launch(cluster) x4
			  D3 02:00:05 user/app compute-containers:CreateCluster +launch(cluster) x3
			> D3 02:00:10 user/app compute-containers:CreateCluster +launch(cluster)
		`},
		{Name: "what is asked for is refused, region after region", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:00:00 user/app compute:RunInstances outcome=failed +launch(c.16xlarge,n=5) region=eu-west-1
			> D3 02:00:05 user/app compute:RunInstances outcome=failed +launch(c.16xlarge,n=5) region=eu-west-2
		`},
		{Name: "a batch system grows as it does every day", Trace: `
			D0 09:00:00 inst/batch compute:RunInstances +launch(c.large,n=50)
			D1 09:00:00 inst/batch compute:RunInstances +launch(c.large,n=80)
			D2 09:00:00 inst/batch compute:RunInstances +launch(c.large,n=400)
		`},
		{Name: "scaling is the provider's work, rollout a build's", Trace: `
			D0 09:00:00 service/scaling compute:RunInstances +launch(m.large,n=300)
			D0 09:10:00 ci/deploy/shop compute:RunTask +launch(task,n=40) x5
			D0 09:20:00 role/terraform-deployer/x compute-containers:CreateCluster +launch(cluster) x12
		`},
		{Name: "developers try things", Trace: `
			D0 09:00:00 sso/dev/bob compute:RunInstances +launch(m.large,n=12)
			D0 09:30:00 human/carol compute-containers:CreateCluster +launch(cluster) x2
			D0 09:40:00 user/dev compute:RunTask +launch(task,n=8)
		`},
	},
}
