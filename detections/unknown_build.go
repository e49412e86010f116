package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// UnknownBuild fires when a role that builds come in to is entered by a build of
// a repository, or from a place in it, that never came in; or by one of an
// organisation that is not ours, where ours are declared.
//
// Why: a trust that names too much is found by whoever can start a build.
var UnknownBuild = detect.Detection{
	ID:    "unknown-build",
	Title: "Role entered by a build that never came in",
	Why: "A role for builds trusts a provider that vouches for everyone's builds, and a condition in it is all that keeps strangers, or other branches, out. " +
		"Such a role is used by one repository, often from one branch; another in its place has found the condition open, or has opened it.",
	BlindTo: []string{
		"a change pushed to the very branch that deploys",
		"roles that many repositories come in to: another is ordinary there",
		"providers whose subjects do not begin with the repository",
	},
	FalsePositives: []string{"a repository is renamed or split", "the first release branch of a repository that always deployed from one"},
	Keys:           "the role that was entered",
	Phases:         []sekisho.Phase{"initial-access", "privilege-escalation"},
	Attack:         []string{"T1199", "T1677", "T1078.004"},
	Family:         sekisho.FamilySource,
	Weight:         3 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementRead,
	Cut:            "end the role's sessions and narrow its trust to the repository and branch that it is for",
	On:             detect.OnEffect(sekisho.AssumeTry),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if a.Provider == "" || e.Outcome == sekisho.DryRun {
			return nil
		}
		repository, from := sourceOf(a.Subject)
		x := e.Find(sekisho.AssumeTry)
		if repository == "" || x == nil {
			return nil
		}
		role := x.Identity.ARN
		ours, why := s.Automation(a)
		// It says why a build is none of ours. Only this form names an organisation
		// as it is declared.
		stranger := !ours && why != "" && strings.HasPrefix(repository, "repo:")
		came, all := s.Changers(role, repository)
		h := &detect.Hit{Key: x.Identity.Label(), Weight: 3 * sekisho.Nat}
		switch {
		case stranger && came < routineTimes:
			h.Weight = 4 * sekisho.Nat
			h.Reason = fmt.Sprintf("%s is %s, and came in to %s", repository, why, x.Identity.Label())
		case all < routineTimes || ticket(s, e) != "":
			return nil // nothing is known of who comes in here
		case came == 0:
			more, _ := s.Changers(role, sourcesAfter)
			if more >= routineTimes {
				return nil
			}
			h.Reason = fmt.Sprintf("a build of %s came in to %s for the first time; in %s before only others did", repository, x.Identity.Label(), plural(all, "episode"))
			org, _, _ := strings.Cut(repository, "/")
			switch kin, _ := s.Changers(role, org+"/"); {
			case kin == 0:
				h.Weight = 4 * sekisho.Nat
				h.Reason += ", all of other organisations"
			case more > 0:
				h.Weight = sekisho.Nat // it was not the first to join
			}
		case came >= routineTimes && a.Type != sekisho.ActorRole:
			// Judged by repository first, by the place in it second.
			own, _ := s.Changers(role, a.ID)
			more, _ := s.Changers(role, repository+sourcesAfter)
			if own > 0 || more > 0 {
				return nil // feature branches are usual here
			}
			h.Weight = 2 * sekisho.Nat
			h.Reason = fmt.Sprintf("a build of %s came in to %s from %q for the first time; its builds came in from elsewhere in %s before", repository,
				x.Identity.Label(), from, plural(came, "episode"))
		default:
			return nil
		}
		if !e.Succeeded() {
			h.Weight /= 2
			h.Reason += "; it was refused"
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "another repository comes in where one always did", Trace: `
			  D0 09:00:00 user/shop-main identity:AssumeRole +issue(role/prod,session=run1) subject=repo:example/shop:ref:refs/heads/main provider=builds
			  D1 09:00:00 user/shop-main identity:AssumeRole +issue(role/prod,session=run2) subject=repo:example/shop:ref:refs/heads/main provider=builds
			> D3 03:00:00 user/toy-main identity:AssumeRole +issue(role/prod,session=run3) subject=repo:example/toy:ref:refs/heads/main provider=builds
		`},
		{Name: "another branch, where one always deployed, and once more refused", Trace: `
			  D0 09:00:00 user/shop-main identity:AssumeRole +issue(role/prod,session=run1) subject=repo:example/shop:ref:refs/heads/main provider=builds
			  D1 09:00:00 user/shop-main identity:AssumeRole +issue(role/prod,session=run2) subject=repo:example/shop:ref:refs/heads/main provider=builds
			> D3 03:00:00 user/shop-fix identity:AssumeRole +try(role/prod) outcome=denied subject=repo:example/shop:ref:refs/heads/fix provider=builds
		`},
		{Name: "a build of an organisation that is not declared", Trace: `
			> D0 03:00:00 ci/deploy/toy identity:AssumeRole +issue(role/prod,session=run1) subject=repo:stranger/toy:ref:refs/heads/main
		`},
		{Name: "a role that every branch of its repository uses", Trace: `
			D0 09:00:00 user/shop-a identity:AssumeRole +issue(role/test,session=run1) subject=repo:example/shop:ref:refs/heads/a provider=builds
			D1 09:00:00 user/shop-b identity:AssumeRole +issue(role/test,session=run2) subject=repo:example/shop:ref:refs/heads/b provider=builds
			D2 09:00:00 user/shop-c identity:AssumeRole +issue(role/test,session=run3) subject=repo:example/shop:ref:refs/heads/c provider=builds
			D3 09:00:00 user/shop-a identity:AssumeRole +issue(role/test,session=run4) subject=repo:example/shop:ref:refs/heads/a provider=builds
		`},
		{Name: "the first days of a role that many repositories share", Trace: `
			D0 09:00:00 ci/deploy/shop identity:AssumeRole +issue(role/hub,session=run1)
			D0 09:40:00 user/web-main identity:AssumeRole +issue(role/hub,session=run2) subject=repo:example/web:ref:refs/heads/main provider=builds
		`},
		{Name: "people come in by the directory", Trace: `
			D0 09:00:00 sso/dev/bob identity:AssumeRole +issue(role/reader,session=bob)
			D1 09:00:00 sso/dev/bob identity:AssumeRole +issue(role/reader,session=bob)
			D3 09:00:00 sso/dev/ann identity:AssumeRole +issue(role/reader,session=ann)
			D3 09:10:00 fn/hub identity:AssumeRole +issue(role/reader,session=hub)
		`},
	},
}

// sourcesAfter is under what the baseline counts, for a role or for a role and a
// repository, those that came in after the first (baseline.Sources).
const sourcesAfter = " and others"
