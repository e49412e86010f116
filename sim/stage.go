package sim

import (
	"strings"
	"time"
)

// Scenario is an incident told by a script: who does what, how long after the
// step before, and with what result. The days of ordinary work before and
// around it come from the same organisation as everywhere in this package.
type Scenario struct {
	Name  string // of its folder below examples/
	Title string // one line for a list
	After string // who published what it follows
	Seed  uint64 // of the shipped example
	Start string // of the first call; RFC 3339
	// History is how many days of ordinary work come before the day it starts.
	History int
	// Days that the script takes; 0 means 1.
	Days int
	// Harmless says why this is no takeover by a stranger; "" for one.
	Harmless string
	play     func(*stage)
}

// Tactics of ATT&CK, as phases of a script.
const (
	initialAccess = "initial-access"
	discovery     = "discovery"
	credentials   = "credential-access"
	escalation    = "privilege-escalation"
	persistence   = "persistence"
	evasion       = "defense-evasion"
	lateral       = "lateral-movement"
	execution     = "execution"
	collection    = "collection"
	exfiltration  = "exfiltration"
	resources     = "resource-development"
	impact        = "impact"
)

// stage is where a script is played: an organisation, and one clock that all
// of the script's actors share.
type stage struct {
	g        *organization
	w        *World // nil for a scenario
	main     *place
	r        *Rand
	now      time.Time // of the script's last step
	from     time.Time // midnight of the first day of ordinary work
	days     int
	truth    *Truth
	noReturn string
	decisive []string
	lastID   string          // event id of the last step
	used     map[string]bool // keys that signed something in the script
	scale    float64         // of the pauses between steps; 0 means as written
	telling  map[string]bool // event ids of telling steps
}

// actor is somebody who signs calls from somewhere.
type actor struct {
	who  who
	from origin
	// truth is how the truth file names it; workload for code that acts
	// without being counted as a principal.
	truth    TruthActor
	session  *session // nil for a user
	workload bool
	outside  bool // a principal of another account, who has no identity here
}

// step is one line of a script.
type step struct {
	wait     int // seconds after the step before
	call     call
	about    bool // parameters are given, "" included
	deny     string
	decisive bool
	noReturn bool
	telling  bool
}

// do is a call so many seconds after the step before. What follows are its
// parameters and its answer; without any, an everyday call is about something
// in the account, and another one about nothing. "{now}" in either becomes the
// time of the call as IAM spells it.
func do(wait int, name string, parts ...rawJSON) step {
	st := step{wait: wait, call: call{name: name}, about: len(parts) > 0}
	if len(parts) > 0 {
		st.call.params = parts[0]
	}
	if len(parts) > 1 {
		st.call.result = parts[1]
	}
	return st
}

// reads are calls that follow one another, so many seconds apart.
func reads(wait int, names ...string) []step {
	steps := make([]step, len(names))
	for i, n := range names {
		steps[i] = do(wait, n)
	}
	return steps
}

// denied makes it a refusal for lack of permission.
func (st step) denied(resource string) step { st.deny = resource; return st }

// failing makes it an error that is not about permission.
func (st step) failing(code, message string) step {
	st.call = failed(st.call, code, message)
	return st
}

// in is the Region, where it is not the one that the organisation works in.
func (st step) in(region string) step { st.call.region = region; return st }

// with adds what a record says beside parameters and answer.
func (st step) with(extra rawJSON) step { st.call.extra = extra; return st }

// touches fills the record's list of resources.
func (st step) touches(resources rawJSON) step { st.call.resources = resources; return st }

// asData makes it a data event.
func (st step) asData() step { st.call.data = true; return st }

// key marks a step without which the incident would not have been what it was.
func (st step) key() step { st.decisive = true; return st }

// tells marks a step that a careful observer who knows what is usual would find
// telling: out of place, pace or character for who takes it. Decisive steps are.
func (st step) tells() step { st.telling = true; return st }

// last marks the point of no return: what was lacking is there, or lost.
func (st step) last() step { st.decisive, st.noReturn = true, true; return st }

// nowText stands for the time of a call in what it answers.
const nowText = "{now}"

// plays lets an actor make calls in one phase of the script.
func (s *stage) plays(by *actor, phase string, steps ...step) {
	s.lists(by)
	for _, st := range steps {
		s.now = s.now.Add(s.paced(st.wait))
		s.play(by, phase, st)
		if !readOnly(st.call.name[len(serviceOf(st.call.name))+1:]) {
			s.now = s.now.Add(time.Second) // what a change makes possible comes in a later second
		}
	}
}

// paced is so many seconds at the script's pace.
func (s *stage) paced(seconds int) time.Duration {
	d := time.Duration(seconds) * time.Second
	if s.scale > 0 {
		d = time.Duration(float64(d) * s.scale).Truncate(time.Second)
	}
	return d
}

// shuffled is the steps in another order.
func (s *stage) shuffled(steps []step) []step {
	for i := len(steps) - 1; i > 0; i-- {
		j := s.r.IntN(i + 1)
		steps[i], steps[j] = steps[j], steps[i]
	}
	return steps
}

// burst is plays by a program that does not wait for one answer before it asks
// again: all steps within so many seconds.
func (s *stage) burst(by *actor, phase string, seconds int, steps ...step) {
	s.lists(by)
	start := s.now
	for i, st := range steps {
		s.now = start.Add(time.Duration(i*seconds/len(steps)) * time.Second)
		s.play(by, phase, st)
	}
	s.now = start.Add(time.Duration(seconds+1) * time.Second)
}

// play records one step and what the truth file says of it.
func (s *stage) play(by *actor, phase string, st step) {
	s.marks(st, s.record(by, phase, st, s.now))
}

// marks notes what a step means for the truth.
func (s *stage) marks(st step, id string) {
	if st.noReturn {
		s.noReturn = id
	}
	if st.decisive {
		s.decisive = append(s.decisive, id)
	}
	if st.telling || st.decisive {
		if s.telling == nil {
			s.telling = map[string]bool{}
		}
		s.telling[id] = true
	}
	s.lastID = id
}

// record turns a step into a record; phase "" is ordinary work.
func (s *stage) record(by *actor, phase string, st step, at time.Time) string {
	c := st.call
	if !st.about {
		known, _ := s.main.known(s.r, c.name)
		known.code, known.message, known.region, known.data = c.code, c.message, c.region, known.data || c.data
		if c.extra != "" {
			known.extra = c.extra
		}
		c = known
	}
	stamp := at.UTC().Format("Jan 2, 2006, 3:04:05 PM")
	c.params = rawJSON(strings.ReplaceAll(string(c.params), nowText, stamp))
	c.result = rawJSON(strings.ReplaceAll(string(c.result), nowText, stamp))
	if st.deny != "" {
		c = refused(c, by.who.arn, st.deny)
	}
	w := by.who
	return s.g.rec.add(at, &w, &by.from, c, s.main.id, s.main.home, phase)
}

// lists counts an actor among those that acted for the intruder.
func (s *stage) lists(a *actor) {
	if s.truth.Root.ID == "" {
		s.truth.Root = a.truth // it began with this one
	}
	s.used[a.truth.Credential] = true
	to := &s.truth.Principals
	switch {
	case a.workload:
		to = &s.truth.Workloads
	case a.outside:
		to = &s.truth.Outside
	}
	for _, known := range *to {
		if known.ID == a.truth.ID && known.Credential == a.truth.Credential {
			return
		}
	}
	*to = append(*to, a.truth)
}

// pause lets time pass.
func (s *stage) pause(minutes int) { s.now = s.now.Add(s.paced(60 * minutes)) }

// daily is what an actor does every day, at some minute of the hour given; on
// working days only, if so. The script's calls do not wait for it.
func (s *stage) daily(by *actor, hour int, workdays bool, steps func(day int) []step) {
	for d := range s.days {
		day := s.from.AddDate(0, 0, d)
		if off := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday; off && workdays {
			continue
		}
		at := day.Add(time.Duration(hour)*time.Hour + time.Duration(s.r.IntN(3000))*time.Second)
		for _, st := range steps(d) {
			at = at.Add(time.Duration(st.wait) * time.Second)
			s.record(by, "", st, at)
		}
	}
}

// always is a habit that is the same every day.
func always(steps ...step) func(int) []step { return func(int) []step { return steps } }

// outside is an address of the intruder's, a new one each time, with a client.
// See examples/eight-minutes: 198.18.0.0/15 is the range for benchmarks.
func (s *stage) outside(agent string) origin {
	return origin{ip: "198." + s.r.Pick("18", "19") + "." + itoa(s.r.IntN(256)) + "." + itoa(1+s.r.IntN(254)), agent: agent, console: agent == agentBrowser || agent == agentBrowserWin}
}

func itoa(n int) string { return string(appendValue(nil, n)) }

// defends is what the organisation's administrator does about it, between the
// steps of the script: part of the story, and not of the attack.
func (s *stage) defends(steps ...step) {
	admin := signs(s.g.admin, origin{ip: officeAddress, agent: agentCLILinux})
	for _, st := range steps {
		s.now = s.now.Add(s.paced(st.wait))
		s.record(admin, "", st, s.now)
		s.now = s.now.Add(time.Second)
	}
}

// many repeats a step for each of a list, all of them one step of the incident:
// only the first is marked, if so.
func many(n int, mark func(step) step, make func(i int) step) []step {
	steps := []step{}
	for i := range n {
		steps = append(steps, make(i))
	}
	if mark != nil {
		steps[0] = mark(steps[0])
	}
	return steps
}
