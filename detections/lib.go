package detections

import (
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// The start values of weights, in words, for Detection.Origin. They stand until
// a fit on labelled data replaces them.
const (
	originTripwire = "start value, not yet fitted: one tripwire may claim at most 8 nats, and the rarer it is on benign days the nearer it comes"
	originPlain    = "start value, not yet fitted: one token may claim at most 4 nats"
)

// routineTimes is in how many closed episodes an identity must have done a
// thing for it to be its job. Twice: once can be the rehearsal of an attack,
// and quarterly jobs would hardly come to more within a trail's keeping.
const routineTimes = 2

// refOf is the actor as an effect would refer to it.
func refOf(a *sekisho.Actor) sekisho.Ref {
	r := sekisho.Ref{ID: a.ID, Name: a.Name, ARN: a.ARN, Account: a.Account}
	switch a.Type {
	case sekisho.ActorUser:
		r.Type = "user"
	case sekisho.ActorRole:
		r.Type = "role"
	}
	return r
}

// inService reports whether an actor is known to a directory, a code host or the like, and
// not to the cloud: tokens and keys mean something else there.
func inService(a *sekisho.Actor) bool {
	return a.Type == sekisho.ActorDirectory || a.Type == sekisho.ActorApp
}

// isSelf reports whether a reference names the actor. One that names nobody
// does: calls leave their own caller out.
func isSelf(a *sekisho.Actor, r sekisho.Ref) bool {
	me := refOf(a)
	switch {
	case r.Zero():
		return true
	case r.ID != "":
		return r.ID == me.ID
	case r.ARN != "":
		return r.ARN == me.ARN
	}
	return r.Name == me.Name && (r.Account == "" || r.Account == me.Account) && (r.Type == "" || me.Type == "" || r.Type == me.Type)
}

// sought is what a call was after: what it changed, or, when it did not succeed,
// what it tried to change. Attempts tell as much of an intention as successes.
func sought(e *sekisho.Event) []sekisho.Effect {
	if e.Succeeded() {
		return e.Effects
	}
	return e.Tried
}

// canRise reports whether an identity with the power can get everything.
func canRise(p sekisho.Power) bool { return p == sekisho.PowerAdmin || p == sekisho.PowerIssues }

// touched is the value of the feature detect.Touched for an event.
func touched(e *sekisho.Event) string { return e.Name() + " " + e.Target }

// seenOnTarget reports whether the actor did the same to the same before.
func seenOnTarget(s *detect.Scope, e *sekisho.Event) bool {
	return e.Target != "" && s.Usual(detect.Touched, touched(e))
}

// timesDone is in how many closed episodes the actor did the event's action.
func timesDone(s *detect.Scope, e *sekisho.Event) int {
	return s.Times(e.Actor.ID, detect.Action, e.Name())
}

// timesToOthers is timesDone without what the actor did to itself: people renew
// their own keys, which makes no one an administrator of keys.
func timesToOthers(s *detect.Scope, e *sekisho.Event) int {
	a := &e.Actor
	n := timesDone(s, e)
	for _, me := range [...]string{a.ARN, a.Name} {
		if me != "" {
			n -= s.Times(a.ID, detect.Touched, e.Name()+" "+me)
		}
	}
	return max(n, 0)
}

// vouched reports whether the actor is a person for whom a second factor or a
// directory has spoken. It excuses nothing; it only lowers what is claimed of
// someone of whom nothing is known yet.
func vouched(s *detect.Scope, e *sekisho.Event) bool {
	kind, _ := s.Kind(&e.Actor)
	return kind == sekisho.KindHuman && (e.Actor.MFA || e.Actor.Subject != "")
}

// ticket is the declared change window that covers the event, "" if none.
func ticket(s *detect.Scope, e *sekisho.Event) string {
	return s.ChangeWindow(&e.Actor, e.Account, e.Time)
}

// inHistory says how long the actor has been watched: "in 12 days of history".
// A reason must not claim "never" of what began yesterday.
func inHistory(s *detect.Scope, e *sekisho.Event) string {
	d := s.Experience(e.Actor.ID).Days
	if d == 0 {
		return "with no history yet"
	}
	return "in " + plural(d, "day") + " of history"
}

// who names an actor in a sentence, with what it is if it is a workload.
func who(a *sekisho.Actor) string {
	switch {
	case a.Workload != "":
		return a.WorkloadType + " " + a.Workload + " (" + a.Name + ")"
	case a.Name != "":
		return a.Name
	}
	return a.ID
}

// ago is the time between two moments, in words that a report can print.
func ago(since, now time.Time) string {
	d := now.Sub(since)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Hours()))
}

// powerWords says what is known of a power, and on what it rests.
func powerWords(p sekisho.Power, b sekisho.Basis) string {
	switch p {
	case sekisho.PowerAdmin:
		return "administrator's power (" + b.String() + ")"
	case sekisho.PowerIssues:
		return "power to give power (" + b.String() + ")"
	case sekisho.PowerLimited:
		return "limited power"
	}
	return "unknown power"
}

// outsiders are those in with that are neither ours nor partners: accounts, and
// "*" for everyone. Names of identity providers and of organisations are not
// accounts; account ids are numbers.
func outsiders(s *detect.Scope, with []string) []string {
	var out []string
	for _, w := range with {
		number := w != "" && strings.Trim(w, "0123456789") == ""
		if w == "*" || number && s.Outside(w) {
			out = append(out, w)
		}
	}
	return out
}

// everyone reports whether "*" is among with.
func everyone(with []string) bool {
	for _, w := range with {
		if w == "*" {
			return true
		}
	}
	return false
}

// withWords lists whom something was opened to.
func withWords(with []string) string {
	switch {
	case everyone(with):
		return "everyone"
	case len(with) > 3:
		return fmt.Sprintf("%s and %d more accounts", strings.Join(with[:3], ", "), len(with)-3)
	}
	return "account " + strings.Join(with, ", ")
}
