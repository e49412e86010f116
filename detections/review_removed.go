package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ReviewRemoved fires when code may from now on change without the review that it needed,
// by the hand of someone who does not set such rules.
var ReviewRemoved = detect.Detection{
	ID:    "review-removed",
	Title: "Protection of code against unreviewed changes removed",
	Why: "A protected branch is the one place where a second person looks at what builds will run. Who has one account and wants the builds' power has to " +
		"take that away first, or to pass it by.",
	BlindTo:        []string{"a second account that approves", "repositories that never were protected"},
	FalsePositives: []string{"an urgent mending at night, put back after it", "a repository that is reorganised by its maintainers"},
	Keys:           "what lost its protection",
	Phases:         []sekisho.Phase{"defense-evasion", "persistence"},
	Attack:         []string{"T1562.001", "T1195.002"},
	Family:         sekisho.FamilyAction,
	Decisive:       true,
	Weight:         3 * sekisho.Nat / 2,
	Origin:         originPlain + "; 1.5 more from a place that is new to who did it; a third of it where one change alone passed by, and then from such a place only",
	Feed:           detect.FeedSource,
	Cut:            "put the protection back, and look at what was changed since",
	On:             detect.OnEffect(sekisho.RemoveGuard),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.RemoveGuard)
		if x == nil || x.What != "review" || !e.Succeeded() || s.Automated() || ticket(s, e) != "" {
			return nil
		}
		times, odd := timesDone(s, e), oddFor(s, e)
		once := x.Count == 1
		if odd == "" && (times >= routineTimes || once) {
			return nil
		}
		h := &detect.Hit{Key: x.Resource, Weight: 3 * sekisho.Nat / 2, Reason: fmt.Sprintf("%s took the protection off %s (%s); it did so in %s before %s",
			who(&e.Actor), x.Resource, e.Name(), plural(times, "episode"), inHistory(s, e))}
		if once {
			h.Weight = sekisho.Nat / 2
		} else if times > 0 || !s.Known() && vouched(s, e) {
			h.Weight = sekisho.Nat
		}
		if odd != "" {
			h.Weight += 3 * sekisho.Nat / 2
			h.Reason += "; " + odd
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a developer who never set a rule", Trace: `
			  D0 09:00:00 dir/alice pipeline:Push x60 +change(repo:example/deploy,what=source)
			> D1 09:00:00 dir/alice pipeline:RemoveProtection +unguard(example/deploy:main,what=review)
		`},
		{Name: "an administrator's token from elsewhere", Trace: `
			> D0 09:00:00 dir/admin pipeline:RemoveProtection +unguard(example/a:main,what=review)
			> D1 09:00:00 dir/admin pipeline:RemoveProtection +unguard(example/b:main,what=review)
			  D2 09:00:00 dir/admin pipeline:RemoveProtection +unguard(example/c:main,what=review)
			> D4 03:00:00 dir/admin pipeline:RemoveProtection ip=192.0.2.77 client=curl os=linux +unguard(example/deploy:main,what=review)
		`},
		{Name: "who sets the rules", Trace: `
			  D0 09:00:00 app/rules pipeline:ListRepositories x60
			> D0 10:00:00 app/rules pipeline:RemoveProtection +unguard(example/a:main,what=review)
			  D1 09:00:00 app/rules pipeline:ListRepositories x60
			> D1 10:00:00 app/rules pipeline:RemoveProtection +unguard(example/b:main,what=review)
			  D2 09:00:00 app/rules pipeline:RemoveProtection +unguard(example/c:main,what=review)
		`},
		{Name: "one change passes by in an emergency, from where the person works", Trace: `
			D0 09:00:00 dir/alice pipeline:Push x60 +change(repo:example/deploy,what=source)
			D1 09:00:00 dir/alice pipeline:Override +unguard(example/deploy:main,what=review,n=1)
		`},
		{Name: "another kind of guard", Trace: `
			D0 09:00:00 user/ops storage:PutLifecycle +unguard(cache,what=retention,n=30)
		`},
		{Name: "declared automation", Trace: `
			D0 09:00:00 role/terraform-deployer/x pipeline:RemoveProtection +unguard(example/deploy:main,what=review)
		`},
	},
}
