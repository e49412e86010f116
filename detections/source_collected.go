package detections

import (
	"fmt"
	"strconv"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// sourcesLeast is how many copies of code within ten minutes are many: a person takes one
// or two, a build a handful, each again and again.
const sourcesLeast = 15

// SourceCollected fires when somebody copies far more repositories than on any day before.
var SourceCollected = detect.Detection{
	ID:    "source-collected",
	Title: "Code copied in bulk",
	Why: "Code holds secrets and shows where to go next, so whoever gets at it takes all of it at once, with a script. Its own people take what they work on, " +
		"builds what they build.",
	BlindTo:        []string{"theft of one repository", "copies over days, at the pace of work"},
	FalsePositives: []string{"a scanner or a backup on its first day", "a new laptop that is set up"},
	Keys:           "each doubling of the number",
	Phases:         []sekisho.Phase{"collection", "exfiltration"},
	Attack:         []string{"T1213.003"},
	Family:         sekisho.FamilyAction,
	Decisive:       true,
	Weight:         5 * sekisho.Nat / 2,
	Origin:         originPlain + "; half a nat less without a history",
	Feed:           detect.FeedSource,
	Cut:            "revoke the token or key that it was done with",
	On:             detect.OnEffect(sekisho.ReadData),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		x := e.Find(sekisho.ReadData)
		if x.What != "source" || s.Automated() || ticket(s, e) != "" {
			return nil
		}
		n := s.Burst(10 * time.Minute).Read
		usual := s.Amount(a.ID, detect.Sources)
		if n < sourcesLeast || n < 2*usual.Highest {
			return nil
		}
		h := &detect.Hit{Key: strconv.Itoa(doublings(int(n), sourcesLeast)), Weight: lessAfter(int(n), sourcesLeast, 5*sekisho.Nat/2),
			Reason: fmt.Sprintf("%s copied code %d times within ten minutes, the last of %s; its busiest of %s had %d", who(a), n, short(x.Resource), plural(usual.Days, "day"), usual.Highest)}
		if !s.Known() {
			h.Weight -= sekisho.Nat / 2
		}
		if odd := oddFor(s, e); odd != "" {
			h.Reason += "; " + odd
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a token takes everything", Trace: `
			  D0 09:00:00 dir/alice pipeline:GetClone x2 +data(example/shop,what=source)
			> D1 03:00:00 dir/alice pipeline:GetClone x15 +data(example/r{n},what=source)
		`},
		{Name: "a program registered yesterday takes everything", Trace: `
			> 03:00:00 app/new pipeline:GetClone x15 every=2s +data(example/r{n},what=source)
		`},
		{Name: "files are read, not code", Trace: `
			D0 09:00:00 user/app storage:GetObject x40 +data(bucket/{n})
		`},
		{Name: "a person and a build", Trace: `
			D0 09:00:00 dir/alice pipeline:GetClone x3 +data(example/shop,what=source)
			D1 09:00:00 app/build pipeline:GetClone x14 every=10s +data(example/shop,what=source)
		`},
		{Name: "a backup that does so each night", Trace: `
			D0 02:00:00 role/terraform-deployer/b pipeline:GetClone x40 +data(example/r{n},what=source)
		`},
	},
}
