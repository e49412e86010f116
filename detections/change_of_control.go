package detections

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ChangeOfControl fires when an identity breaks with several of its habits at
// once: another place, program, credential, tempo or hour, other services, other
// aims. The report shows them side by side, before and now.
//
// Each habit is broken now and then, by travel, a new laptop, a new task. It is
// their coming together that says that somebody else holds the identity.
var ChangeOfControl = detect.Detection{
	ID:    "change-of-control",
	Title: "Identity works as if in other hands",
	Why: "Who takes over an identity brings a place, a program, a tempo and aims of their own. The owner changes one of these at a time; the thief all " +
		"that he cannot imitate. From the victim's own machine it is the services, the tempo and the aims that give him away.",
	BlindTo:        []string{"an intruder who imitates the owner in all but one respect", "identities with less than three days of history"},
	FalsePositives: []string{"a person who travels with a new laptop on a night on call", "a key handed to another team"},
	Keys:           "the identity, once in an episode; more aspects count as the difference",
	Phases:         []sekisho.Phase{"initial-access"},
	Attack:         []string{"T1078.004"},
	Atlas:          []string{"AML.T0012"},
	Family:         sekisho.FamilySource,
	Weight:         3 * sekisho.Nat / 2,
	Origin: "start value, not yet fitted: 1.5 for two aspects that differ at once, 1 more for each further one, at most 3.5; " +
		"in the family of the source, whose cap of 5 it shares with what tells of the place alone",
	Feed: detect.FeedManagementRead,
	Cut:  "end the identity's sessions and deactivate its keys until the owner confirms",
	On:   detect.OnList | detect.OnRead | detect.OnWrite | detect.OnDenied | detect.OnSignIn,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if e.Actor.WorkloadType == "build" || e.IP == "" || byProvider(e) || refusedEntry(e) || s.Usual(detect.Action, e.Name()) && s.Usual(detect.Network, s.Network(e.IP).Key) {
			return nil // routine from a usual place
		}
		if yes, _ := practised(s, e); !yes {
			return nil
		}
		now := aspects(s, e)
		var sum sekisho.Nats
		decisive := false
		for _, c := range now {
			sum += c.weight
			decisive = decisive || c.weight >= sekisho.Nat
		}
		// Two whole aspects, or as much in halves.
		if len(now) < 2 || sum < 2*sekisho.Nat || !decisive || ordinaryWork(s, e) || applied(s, e) {
			return nil
		}
		p, known := s.Portrait(e.Actor.ID)
		if !known {
			return nil
		}
		w := min(sum/sekisho.Nat*sekisho.Nat-sekisho.Nat/2, 7*sekisho.Nat/2)
		hit := &detect.Hit{Key: e.Actor.ID, Weight: w}
		var words []string
		for _, c := range now {
			words = append(words, c.aspect+" "+c.now)
			hit.Changes = append(hit.Changes, sekisho.Change{Identity: e.Actor.ID, Aspect: c.aspect, Before: c.before(s, e, &p), Now: c.now, Days: p.Days, Weight: c.weight})
		}
		hit.Reason = fmt.Sprintf("%s works otherwise than in %s of history in %d ways at once: %s", who(&e.Actor), plural(p.Days, "day"), len(now), strings.Join(words, ", "))
		return hit
	},
	Examples: []detect.Example{
		{Name: "a stolen key, elsewhere and with other tools", Trace: `
			  D0 09:00:00 user/app storage:GetObject x60
			  D1 09:00:00 user/app storage:GetObject x60
			  D2 09:00:00 user/app storage:GetObject x60
			> D4 02:00:00 user/app storage:GetObject ip=192.0.2.77 client=cli os=kali
		`},
		{Name: "a new key of an old user, used from elsewhere", Trace: `
			  D0 09:00:00 user/app storage:GetObject x60
			  D1 09:00:00 user/app storage:GetObject x60
			  D2 09:00:00 user/app storage:GetObject x60
			  D4 01:50:00 user/ops identity:CreateAccessKey +issue(user/app,key=K9)
			> D4 02:00:00 user/app storage:GetObject key=K9 ip=192.0.2.77
		`},
		{Name: "from the owner's own machine, with other aims", Trace: `
			  D0 09:00:00 user/dev pipeline:StartDeploy x60
			  D1 09:00:00 user/dev pipeline:StartDeploy x60
			  D2 09:00:00 user/dev pipeline:StartDeploy x60
			  D4 09:00:00 user/dev storage:ListBuckets
			> D4 09:01:00 user/dev identity:CreateUser +create(user/x)
		`},
		{Name: "a person moves with the usual laptop", Trace: `
			D0 09:00:00 sso/dev/bob storage:ListBuckets x60
			D1 09:00:00 sso/dev/bob storage:ListBuckets x60
			D2 09:00:00 sso/dev/bob storage:ListBuckets x60
			D4 18:00:00 sso/dev/bob storage:ListBuckets,GetPolicy ip=192.0.2.77
		`},
		{Name: "an owner renews the key in place", Trace: `
			D0 09:00:00 user/app storage:GetObject x60
			D1 09:00:00 user/app storage:GetObject x60
			D2 09:00:00 user/app storage:GetObject x60
			D4 09:00:00 user/app identity:CreateAccessKey +issue(user/app,key=K9)
			D4 09:10:00 user/app storage:GetObject key=K9
		`},
		{Name: "a new task with the tools at hand", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D1 09:00:00 human/alice storage:ListBuckets x60
			D2 09:00:00 human/alice storage:ListBuckets x60
			D4 09:00:00 human/alice database:ListTables,GetItem
		`},
		{Name: "a function's addresses move", Trace: `
			D0 09:00:00 fn/resize storage:GetObject x60
			D1 09:00:00 fn/resize storage:GetObject x60
			D2 09:00:00 fn/resize storage:GetObject x60
			D4 09:00:00 fn/resize storage:GetObject ip=192.0.2.77
		`},
	},
}

// aspect is one habit that the event breaks with.
type aspect struct {
	aspect, now string
	weight      sekisho.Nats // 1 for what tells by itself, half for what happens to everyone
	before      func(s *detect.Scope, e *sekisho.Event, p *detect.Portrait) string
}

// credentialNewFor is how long a key counts as new: that of a rotation is spread
// to where it belongs within a day.
const credentialNewFor = 24 * time.Hour

// aspects are the habits that the event breaks with, in a fixed order.
func aspects(s *detect.Scope, e *sekisho.Event) (out []aspect) {
	const whole, half = sekisho.Nat, sekisho.Nat / 2
	put := func(a aspect) { out = append(out, a) }
	if newPlace(s, e) && e.Actor.WorkloadType == "" {
		n := s.Network(e.IP)
		a := aspect{"network", n.Key, whole, networksBefore}
		if s.Others(e.Account, detect.Network, n.Key) {
			a.weight = half // where colleagues work
		}
		put(a)
	}
	if e.Client.Family != "" && !byConsole(e) && s.New(detect.Software, softwareOf(&e.Client)) {
		a := aspect{"program", softwareOf(&e.Client), whole, softwareBefore}
		if s.Others(e.Account, detect.Software, softwareOf(&e.Client)) {
			a.weight = half
		}
		put(a)
	}
	if a := &e.Actor; a.LongTerm {
		if how, ok := s.Issued(a.Credential); ok && e.Time.Sub(how.At) < credentialNewFor {
			x := aspect{"credential", "a key made " + ago(how.At, e.Time) + " ago", half, credentialBefore}
			if how.ByActor != a.ID {
				x.weight = whole
				x.now += " by another"
			}
			put(x)
		}
	}
	aim := aims(e)
	if aim == "credentials" && isSelf(&e.Actor, identityOf(e)) {
		aim = "" // people renew their own keys
	}
	if grave(aim) && s.New(detect.Action, e.Name()) {
		if x := s.Surprise(e, detect.Action, e.Name()); likelihood(x.Nats, likelyPrivileged, true) > 0 {
			put(aspect{"aims", aim + " (" + e.Name() + ")", whole, aimsBefore})
		}
	}
	if s.New(detect.Service, e.Service) {
		a := aspect{"services", e.Service, half, servicesBefore}
		if _, many := s.Fired(ServicesNeverUsed.ID); many || grave(aim) {
			a.weight = whole
		}
		put(a)
	}
	if _, asked := s.Fired(UnusualQuestion.ID); asked && !slices.ContainsFunc(out, func(a aspect) bool { return a.aspect == "services" }) {
		put(aspect{"services", "questions about power, records or secrets", half, servicesBefore})
	}
	if s.Distinct() >= paceLeast {
		for _, id := range [...]string{UnusualPace.ID, ScriptedRecon.ID} {
			if _, fast := s.Fired(id); fast {
				b := s.Burst(10 * time.Minute)
				put(aspect{"tempo", fmt.Sprintf("%d distinct things within %s", b.Calls, b.Span.Round(time.Second)), half, tempoBefore})
				break
			}
		}
	}
	if len(out) > 0 { // who breaks with nothing else may work when he likes
		if p, known := s.Portrait(e.Actor.ID); known && p.Days >= seasonedDays && daysAround(&p, e.Time.UTC().Hour()) == 0 {
			put(aspect{"hours", e.Time.UTC().Format("15:04") + " UTC", half, hoursBefore})
		}
	}
	return out
}

func networksBefore(_ *detect.Scope, _ *sekisho.Event, p *detect.Portrait) string {
	return traitWords(p.Networks, p.Days)
}

func softwareBefore(_ *detect.Scope, _ *sekisho.Event, p *detect.Portrait) string {
	return traitWords(p.Software, p.Days)
}

func servicesBefore(_ *detect.Scope, _ *sekisho.Event, p *detect.Portrait) string {
	return traitWords(p.Services, p.Days)
}

func credentialBefore(_ *detect.Scope, _ *sekisho.Event, p *detect.Portrait) string {
	return "keys in use for " + plural(p.Days, "day")
}

func aimsBefore(s *detect.Scope, e *sekisho.Event, p *detect.Portrait) string {
	return "none such on " + plural(p.Days, "day")
}

func tempoBefore(_ *detect.Scope, _ *sekisho.Event, p *detect.Portrait) string {
	return fmt.Sprintf("at most %d distinct actions in an episode, usual %d", p.Breadth.Highest, p.Breadth.Usual)
}

// hoursBefore names the hours of the day with any activity.
func hoursBefore(_ *detect.Scope, _ *sekisho.Event, p *detect.Portrait) string {
	var out []string
	for h := 0; h < 24; h++ {
		if p.Hours[h] == 0 {
			continue
		}
		from := h
		for h < 23 && p.Hours[h+1] > 0 {
			h++
		}
		out = append(out, fmt.Sprintf("%02d:00 to %02d:59", from, h))
	}
	return strings.Join(out, ", ") + " UTC"
}

// traitsShown is how many usual values a comparison names.
const traitsShown = 3

// traitWords lists the most usual values with the days on which they were seen.
func traitWords(list []detect.Trait, days int) string {
	var out []string
	for i, t := range list {
		if i == traitsShown {
			out = append(out, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		out = append(out, fmt.Sprintf("%s on %d of %s", t.Value, min(t.Days, days), plural(days, "day")))
	}
	if len(out) == 0 {
		return "none known"
	}
	return strings.Join(out, ", ")
}
