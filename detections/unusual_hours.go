package detections

import (
	"fmt"
	"math"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// hoursAround is how many hours before and after count as the same time of day:
// days shift by an hour or two, by summer time and by meetings.
const hoursAround = 2

// UnusualHours fires when a person with habits does something grave at a time of
// day at which they were never active.
var UnusualHours = detect.Detection{
	ID:    "unusual-hours",
	Title: "Privileged act at an unusual hour",
	Why: "People keep hours, and those who use their access from elsewhere keep others. By itself the hour says little, so it counts only for " +
		"acts that give power or secrets.",
	BlindTo:        []string{"an intruder in the same time zone", "identities with less than two weeks of history, and all that is no person"},
	FalsePositives: []string{"a night on call", "work while travelling"},
	Keys:           "the identity, once in an episode",
	Phases:         []sekisho.Phase{"initial-access"},
	Attack:         []string{"T1078.004"},
	Family:         sekisho.FamilyTempo,
	Weight:         sekisho.Nat,
	Origin:         originHabits + "; an intruder works at any given quarter of the day with probability 0.25; at most 1.5, because of nights on call",
	Feed:           detect.FeedManagementWrite,
	Cut:            "end the person's sessions until they confirm",
	On:             onAims,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !grave(aims(e)) {
			return nil
		}
		if kind, _ := s.Kind(&e.Actor); kind != sekisho.KindHuman || s.Experience(e.Actor.ID).Days < seasonedDays {
			return nil
		}
		if ordinaryWork(s, e) {
			return nil
		}
		p, known := s.Portrait(e.Actor.ID)
		if !known {
			return nil
		}
		hour := e.Time.UTC().Hour()
		days := daysAround(&p, hour)
		surprise := -math.Log((float64(days) + 0.5) / float64(p.Days+1)) // the estimate of Krichevsky and Trofimov
		w := likelihood(min(sekisho.Nats(surprise*float64(sekisho.Nat)), 29*sekisho.Nat/10), -14*sekisho.Nat/10, true)
		if w == 0 {
			return nil
		}
		return &detect.Hit{Key: e.Actor.ID, Weight: w, Reason: fmt.Sprintf("%s did %s%s at %s UTC, a time of day at which it was active on %d of %s",
			who(&e.Actor), e.Name(), ending(e), e.Time.UTC().Format("15:04"), days, plural(p.Days, "day"))}
	},
	Examples: []detect.Example{
		{Name: "administration in the night", Trace: fortnight("human/alice storage:ListBuckets") + `
			> D15 02:00:00 human/alice identity:AttachPolicy +grant(user/x,limited,what=attach)
			  D15 02:01:00 human/alice identity:AttachPolicy +grant(user/y,limited,what=attach)
		`},
		{Name: "a directory's person reads secrets at night", Trace: fortnight("sso/dev/bob secret:GetSecretValue") + `
			> D15 02:00:00 sso/dev/bob secret:GetSecretValue +secret(db-password)
		`},
		{Name: "the same at work", Trace: fortnight("human/alice storage:ListBuckets") + `
			D15 10:30:00 human/alice identity:AttachPolicy +grant(user/x,limited,what=attach)
		`},
		{Name: "programs keep no hours", Trace: fortnight("fn/rotate secret:GetSecretValue") + `
			D15 02:00:00 fn/rotate secret:GetSecretValue +secret(db-password)
		`},
		{Name: "nobody knows what hours", Trace: `
			D0 09:00:00 user/app storage:ListBuckets x60
			D1 09:00:00 sso/dev/bob storage:ListBuckets x60
			D2 02:00:00 sso/dev/bob secret:GetSecretValue +secret(db-password)
			D2 02:10:00 user/app secret:GetSecretValue +secret(db-password)
		`},
	},
}

// daysAround is on how many days the identity was active about an hour of the
// day: the most of any hour within hoursAround of it.
func daysAround(p *detect.Portrait, hour int) (days int) {
	for d := -hoursAround; d <= hoursAround; d++ {
		days = max(days, p.Hours[(hour+d+24)%24])
	}
	return days
}

// fortnight is a trace of two weeks of the same work each morning, for examples.
func fortnight(work string) string {
	text := "\n"
	for day := range seasonedDays {
		text += fmt.Sprintf("D%d 09:00:00 %s x5\n", day, work)
	}
	return text
}
