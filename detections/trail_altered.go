package detections

import (
	"fmt"
	"slices"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// TrailAltered fires when a file of the trail is gone or holds another content than the
// trail vouches for, or when what vouches is not the trail's own word.
var TrailAltered = detect.Detection{
	ID:    "trail-altered",
	Title: "Files of the audit trail were altered",
	Why: "Whoever has an administrator's power can rewrite or remove the files that tell of it. The trail signs what it wrote, each hour with the hash of the hour before: " +
		"a file that differs from what was signed was changed by somebody, and nobody changes one for a good reason.",
	BlindTo: []string{"what was kept from being recorded at all", "a trail whose validation is off", "files older than when this service began to read",
		"a digest that is taken away together with all that came after it"},
	FalsePositives: []string{"a rule of the bucket that removes files within hours", "a copy of a trail in another bucket that was made by hand"},
	Keys:           "the object's address and what is wrong with it",
	Phases:         []sekisho.Phase{"defense-evasion"},
	Attack:         []string{"T1565.001", "T1070"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         8 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "keep the bucket's versions, take the right to write to it from everyone but the trail, and look for who wrote to it",
	On:             detect.OnEffect(sekisho.DisableDefence),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.DisableDefence)
		if x == nil || !trailAltered(e, x) {
			return nil
		}
		return &detect.Hit{Key: x.What + " " + x.Resource, Reason: fmt.Sprintf("%s: %s", x.Resource, alteredWords[x.What])}
	},
	Examples: []detect.Example{
		{Name: "a file was changed", Trace: `
			> D0 03:00:00 service/trail logging:TrailAltered record=notice +blind(file-1,what=log-changed)
			  D0 04:00:00 service/trail logging:TrailAltered record=notice +blind(file-1,what=log-changed)   # the same
		`},
		{Name: "a file is gone, and what vouches for the next is not signed", Trace: `
			> D0 03:00:00 service/trail logging:TrailAltered record=notice +blind(file-1,what=log-missing)
			> D0 04:00:00 service/trail logging:TrailAltered record=notice +blind(digest-1,what=digest-invalid)
		`},
		{Name: "a feed fell silent", Trace: `
			D0 03:00:00 service/feed logging:FeedSilent record=notice +blind(eu-west-1,what=silence)
		`},
		{Name: "a rule is gone", Trace: `
			D0 03:00:00 service/rule logging:RuleGone record=notice +blind(rule-1,what=rule-deleted)
		`},
		{Name: "somebody says that a file was changed", Trace: `
			D0 03:00:00 user/data logging:TrailAltered +blind(file-1,what=log-changed)
		`},
		{Name: "a program rewrites an application's logs", Trace: `
			D0 03:00:00 fn/report logging:PutRetentionPolicy
		`},
		{Name: "the provider tells of something else", Trace: `
			D0 03:00:00 service/trail logging:DeliverLogs record=notice
		`},
	},
}

// alteredWords say what is wrong with a file of a trail.
var alteredWords = map[string]string{
	"log-changed":    "its content is not what the trail vouches for",
	"log-missing":    "the trail vouches for it, and it is gone",
	"digest-changed": "the hour after vouches for another content of it",
	"digest-invalid": "it vouches for files, and is not the trail's own word",
	"digest-missing": "the hour after says that it was there, and it is not",
}

// trailAltered reports whether an event is a notice of that.
func trailAltered(e *sekisho.Event, x *sekisho.Effect) bool {
	return e.Kind == sekisho.Notice && slices.Contains([]string{"log-changed", "log-missing", "digest-changed", "digest-invalid", "digest-missing"}, x.What)
}
