package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// soon is how far back behaviours about harm count: as long as a burst can be.
// Data is destroyed, locked or carried off by a program, in seconds; who needs
// longer than ten minutes for the first hundred objects works by hand.
const soon = 10 * time.Minute

// newPlace reports whether a known actor calls from a network it was never seen
// in: then what it does every day is no excuse, for someone else may be doing it.
func newPlace(s *detect.Scope, e *sekisho.Event) bool {
	if e.IP == "" || e.Endpoint != "" || private(e.IP) {
		return false
	}
	net := s.Network(e.IP)
	return net.Key != "" && !net.Declared && s.New(detect.Network, net.Key)
}

// itsJob reports whether the event's action is something that the actor does
// again and again, from a place that it works from. Of a program once is enough:
// it does the same each time that it runs.
func itsJob(s *detect.Scope, e *sekisho.Event) bool {
	need := routineTimes
	if e.Actor.WorkloadType != "" && !isAgent(s, e) {
		need = 1
	}
	return timesDone(s, e) >= need && !newPlace(s, e)
}

// doubtful reports whether the lineage has shown in this episode that its
// credential is not where it belongs: it came from a new place, or an identity
// that it made is used elsewhere, or an outsider came in through what it opened.
func doubtful(s *detect.Scope) bool {
	for _, sign := range [...]string{"credential-new-source", "identity-created-then-used", "session-off-platform", "opened-door-used"} {
		if _, yes := s.Fired(sign); yes {
			return true
		}
	}
	return false
}

// doubtfulShare is by how much fewer things are enough where a credential is in
// doubt: a quarter, so that the one sign and the few things together weigh what
// the many do alone.
const doubtfulShare = 4

// firstDayProgram reports whether the actor is a workload that nothing is known
// of yet: programs read, write and clean up in bulk from their first minute.
// An AI agent is none: it decides anew each time. Nor is one whose credentials
// are at work elsewhere.
func firstDayProgram(s *detect.Scope, e *sekisho.Event) bool {
	if s.Known() || e.Actor.WorkloadType == "" && e.Actor.Kind != sekisho.KindWorkload || isAgent(s, e) {
		return false
	}
	// A program that somebody made or changed by hand within the day does what
	// he wants, and one whose lineage is in doubt does what nobody knows.
	if c, changed := s.LastChange(e.Actor.Workload, e.Time); changed && !c.Automation {
		return false
	}
	return !doubtful(s)
}

// fromDescription reports whether the client says that it makes and removes what
// a description lists. Whole environments go that way, backups and all. It is
// the client's own word, which anyone can send: it counts only for who is known
// to work so, or not known at all, or vouched for at the usual place (see
// applied), and whose lineage shows no sign of doubt.
func fromDescription(s *detect.Scope, e *sekisho.Event) bool {
	return describes(e.Client.Family) && !doubtful(s) && (!s.Known() || s.Usual(detect.Software, softwareOf(&e.Client)) || applied(s, e))
}

// applied reports whether a person for whom a directory or a second factor has
// spoken makes what a description lists, from where that person works. The
// first such day is broad and gives power, and is work.
func applied(s *detect.Scope, e *sekisho.Event) bool {
	return describes(e.Client.Family) && vouched(s, e) && !newPlace(s, e) && !doubtful(s)
}

// describes reports whether a program's whole purpose is to make what a
// description lists.
func describes(family string) bool {
	return family == "terraform" || family == "pulumi" || family == "cdk"
}

// isAgent reports whether the actor is an AI agent.
func isAgent(s *detect.Scope, e *sekisho.Event) bool {
	kind, _ := s.Kind(&e.Actor)
	return kind == sekisho.KindAgent
}

// firedSoon reports whether a behaviour first fired in the last minutes of the
// actor's lineage, before this event.
func firedSoon(s *detect.Scope, e *sekisho.Event, detection string) (time.Time, bool) {
	at, ok := s.Fired(detection)
	return at, ok && e.Time.Sub(at) <= soon
}

// followsSoon reports whether the other of two behaviours fired in the last
// minutes, and before this one did. Of two that make one story together only
// the second to come then claims it, however often either is repeated.
func followsSoon(s *detect.Scope, e *sekisho.Event, mine, other string) bool {
	at, ok := firedSoon(s, e, other)
	if !ok {
		return false
	}
	own, did := s.Fired(mine)
	return !did || own.After(at)
}

// never says how new an act is to its actor.
func never(s *detect.Scope, e *sekisho.Event) string {
	return fmt.Sprintf("it did that in %s before %s", plural(timesDone(s, e), "episode"), inHistory(s, e))
}

// oneOf says of how many an act was one in the last minutes, "" if it was alone.
func oneOf(n int64) string {
	if n <= 1 {
		return ""
	}
	return fmt.Sprintf(", one of %d things in ten minutes", n)
}

// ending says how a call ended, in brackets, "" if it succeeded.
func ending(e *sekisho.Event) string {
	if e.Succeeded() {
		return ""
	}
	return " (" + outcomeWords(e) + ")"
}
