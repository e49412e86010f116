package detections

import (
	"fmt"
	"math"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// A statistical token weighs −ln p_B + ln p_A: how much likelier an intruder's
// day shows a thing than the identity's own. p_B is learned (detect.Habits); the
// ln p_A below are start values that stand until a fit on labelled data replaces
// the grades that come of them.
const (
	// An act that gives power, opens a door or takes secrets: every intrusion has
	// some, and each kind is in about one in five.
	likelyPrivileged = -3 * sekisho.Nat / 2
	// A service or resource that the identity keeps away from: whoever looks around
	// meets it in about one intrusion of three.
	likelyStrange = -sekisho.Nat
	// An amount beyond all that was: a third of intrusions are in no hurry.
	likelyMore = -sekisho.Nat
)

// originHabits begins the origin of a statistical token's weight.
const originHabits = "start value, not yet fitted: the learned surprise less that of an intruder's day, in half nats, at most 4 and 2.5 before two weeks of history"

// practisedDays is the history from which habits say anything; seasonedDays or
// seasonedEvents the one from which they say all they can (DESIGN.md section 7,
// cold start).
const (
	practisedDays  = 3
	seasonedDays   = 14
	seasonedEvents = 2000
)

// noviceMax is c_max of the behaviour model for an identity with little history.
const noviceMax = 5 * sekisho.Nat / 2

// practised reports whether the actor has habits to break with, and whether they
// are long enough to count in full. Who lay unused is measured by those of the
// account, as someone with little history.
func practised(s *detect.Scope, e *sekisho.Event) (yes, seasoned bool) {
	x := s.Experience(e.Actor.ID)
	if x.Events == 0 {
		return s.Dormant(), false
	}
	return x.Days >= practisedDays, x.Days >= seasonedDays || x.Events >= seasonedEvents
}

// likelihood is the weight of a surprise: clamped at 4 nats, or at noviceMax
// without a long history, and rounded down to half nats so that a fit has few
// grades to tell apart. Below one nat it is nothing: such things happen daily.
func likelihood(surprise, likely sekisho.Nats, seasoned bool) sekisho.Nats {
	most := 4 * sekisho.Nat
	if !seasoned {
		most = noviceMax
	}
	w := min(surprise+likely, most)
	if w < sekisho.Nat {
		return 0
	}
	const grade = sekisho.Nat / 2
	return w / grade * grade
}

// beyond is the surprise of an amount above all that the identity ever had: of
// n+1 exchangeable days each is the highest with probability 1/(n+1), and a tail
// as heavy as those of work (Pareto with index 1) halves with each doubling. It
// is nothing below twice the highest, or below least.
func beyond(a detect.Amount, now, least int64) sekisho.Nats {
	if a.Days < practisedDays || now < least || now < 2*a.Highest {
		return 0
	}
	times := float64(now) / float64(max(a.Highest, 1))
	return sekisho.Nats((math.Log(float64(a.Days+1)) + math.Log(times)) * float64(sekisho.Nat))
}

// ordinaryWork reports whether what an event's actor does differently has a
// reason that is known: it is declared or seasoned automation, the provider
// itself, a partner, or inside a change window.
func ordinaryWork(s *detect.Scope, e *sekisho.Event) bool {
	return byProvider(e) || partner(s, e) || s.Automated() || ticket(s, e) != ""
}

// aims are what a call that gives power, opens a door, or takes, breaks or hides
// something is after, in a word, the gravest first; "" for all other calls. Attempts count.
func aims(e *sekisho.Event) string {
	found := ""
	for _, x := range sought(e) {
		is := aim(&x)
		if grave(is) {
			return is
		}
		if found == "" {
			found = is
		}
	}
	if found == "" && e.Level == sekisho.LevelPermissions {
		return "permissions"
	}
	return found
}

// aim is what an effect is after.
func aim(x *sekisho.Effect) string {
	switch x.Kind {
	case sekisho.IssueCredential:
		if x.Lasting() {
			return "credentials"
		}
	case sekisho.SetPassword:
		return "credentials"
	case sekisho.GrantPower, sekisho.RemoveLimit:
		return "permissions"
	case sekisho.OpenTrust, sekisho.AddProvider:
		return "trust"
	case sekisho.CreateIdentity:
		return "identities"
	case sekisho.ChangeWorkload:
		if x.What == "source" {
			return "" // code is changed all day
		}
		return "workloads"
	case sekisho.ReadSecret:
		return "secrets"
	case sekisho.ReadData:
		return "data"
	case sekisho.Share, sekisho.OpenPorts:
		return "sharing"
	case sekisho.DisableDefence, sekisho.RemoveGuard:
		return "defences"
	case sekisho.LockData:
		return "locking"
	case sekisho.Destroy:
		return "destruction"
	case sekisho.LaunchCompute:
		return "machines"
	case sekisho.InvokeModel:
		return "models"
	}
	return ""
}

// onAims are the traits of the events that have aims.
const onAims = detect.OnTried | detect.OnWrite | 1<<sekisho.ReadSecret | 1<<sekisho.ReadData | 1<<sekisho.InvokeModel | 1<<sekisho.IssueCredential

// grave are the aims that few identities have: an act of any other kind is
// somebody's daily work, new or not.
func grave(aim string) bool {
	switch aim {
	case "credentials", "permissions", "trust", "identities", "secrets", "sharing", "defences", "locking":
		return true
	}
	return false
}

// habitWords say how rare a thing is: "on 0 of 20 days, and by 2 others".
func habitWords(x detect.Surprise) string {
	text := fmt.Sprintf("on %d of %s before", x.Own, plural(x.Days, "day"))
	switch x.Peers {
	case 0:
		return text + " and by nobody else"
	case 1:
		return text + " and by 1 other"
	}
	return text + fmt.Sprintf(" and by %d others", x.Peers)
}
