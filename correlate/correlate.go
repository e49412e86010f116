package correlate

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
)

// incident is one under construction.
type incident struct {
	sekisho.Incident
	order    int // in which they opened
	episodes []*Episode
	cuts     map[[2]string]bool // planned so far
}

// State is the correlation of one organisation. It is owned by one goroutine.
type State struct {
	Model        Model
	Organization string
	// Verdicts of people, by incident id: those that are known beforehand, which are
	// not written to, and those that Verdict was told.
	Verdicts map[string]sekisho.Verdict

	episodes  map[string]*Episode
	oldest    *Episode // by last event; held ones are not in this list
	newest    *Episode
	held      []*Episode
	heldUntil time.Time // none of held ends before this
	incidents []*incident
	opened    int // how many incidents have
	ids       map[string]bool
	closed    []*Episode

	now time.Time // of the latest event

	// A service that never ends follows what changes, and lets go of what is over.
	changed map[*incident]bool // since the last Changed; nil if nobody follows
	swept   time.Time          // when incidents were last let go of

	// The event at hand, for the decision that a join of lineages brings.
	at    time.Time
	event string
	plan  Planner
}

// New returns an empty state.
func New(m Model, organization string) *State {
	return &State{Model: m, Organization: organization, episodes: map[string]*Episode{}, ids: map[string]bool{}}
}

// Touch returns the lineage's present episode at the time of an event, opening
// one where the last has ended. Ended episodes wait in Closed.
func (s *State) Touch(key string, at time.Time) *Episode {
	s.Expire(at)
	ep := s.episodes[key]
	if ep != nil && !ep.held && (at.Sub(ep.last) > gap || at.Sub(ep.start) > length) {
		s.close(ep)
		ep = nil
	}
	if ep == nil {
		ep = &Episode{Key: key, start: at, last: at, declared: true}
		s.episodes[key] = ep
		s.push(ep)
		return ep
	}
	if at.After(ep.last) {
		ep.last = at
		if !ep.held {
			s.unlink(ep)
			s.push(ep)
		}
	}
	return ep
}

// Present is the lineage's episode if it has one now.
func (s *State) Present(key string) *Episode { return s.episodes[key] }

// Closed hands over the episodes that ended since the last call, and whether
// what they brought may be learned: not what belongs to an incident of medium
// severity or more. The slice is good until the next Touch.
func (s *State) Closed() []*Episode {
	c := s.closed
	s.closed = s.closed[:0]
	return c
}

// Learnable reports whether an episode that has ended may be learned from:
// nothing that called for containment ever is. An incident of medium severity
// ends after a week without new evidence, and what it held is then ordinary
// life that someone was warned of; else an active identity with one such
// incident would stay a stranger for good. A person's verdict goes before all
// that, from when it was given.
func (s *State) Learnable(ep *Episode) bool {
	switch {
	case ep.incident == nil || s.Harmless(ep):
		return true
	case s.verdict(ep) == sekisho.VerdictTrue:
		return false
	}
	return ep.incident.Containment == nil
}

// Harmless reports whether a person has found the episode's incident harmless,
// all the evidence that it has. What came later nobody has looked at: an intruder
// who waits for the verdict on a bait must not be covered by it.
func (s *State) Harmless(ep *Episode) bool {
	return s.verdict(ep).Harmless() && !ep.evidence.After(s.Verdicts[ep.incident.ID].At)
}

// verdict on an episode's incident, as far as it has been given.
func (s *State) verdict(ep *Episode) sekisho.VerdictKind {
	if ep.incident == nil {
		return sekisho.VerdictNone
	}
	v, given := s.Verdicts[ep.incident.ID]
	if !given || v.At.After(s.now) {
		return sekisho.VerdictNone
	}
	return v.Kind
}

// verdictsMax bounds the verdicts that are remembered.
const verdictsMax = 1 << 16

// Verdict takes a person's word on an incident. It says nothing of what comes after
// the latest event, whatever its own time.
func (s *State) Verdict(v sekisho.Verdict) {
	if v.At.After(s.now) {
		v.At = s.now
	}
	if _, had := s.Verdicts[v.Incident]; !had && len(s.Verdicts) >= verdictsMax {
		return
	}
	own := maps.Clone(s.Verdicts)
	if own == nil {
		own = map[string]sekisho.Verdict{}
	}
	own[v.Incident] = v
	s.Verdicts = own
	s.heldUntil = time.Time{} // what ends by it ends with the next event
	for _, in := range s.incidents {
		if in.ID == v.Incident {
			s.change(in)
		}
	}
}

// until is when a held episode ends if nothing more happens: a week after the
// last evidence, or after the last event of an attack.
func (s *State) until(ep *Episode) time.Time {
	end := ep.until()
	// What a person found harmless ends then, as any other work does.
	if v, given := s.Verdicts[ep.incident.ID]; given && v.Kind.Harmless() && !ep.evidence.After(v.At) {
		end = minTime(end, maxTime(v.At, ep.last.Add(gap)))
	}
	return end
}

func (ep *Episode) until() time.Time {
	switch {
	case ep.incident.Containment != nil:
		return ep.last.Add(heldFor)
	case ep.incident.Severity < sekisho.SeverityMedium:
		return ep.evidence.Add(doubtFor)
	}
	return ep.evidence.Add(heldFor)
}

func (s *State) push(ep *Episode) {
	ep.older, ep.newer = s.newest, nil
	if s.newest != nil {
		s.newest.newer = ep
	} else {
		s.oldest = ep
	}
	s.newest = ep
}

func (s *State) unlink(ep *Episode) {
	if ep.older != nil {
		ep.older.newer = ep.newer
	} else {
		s.oldest = ep.newer
	}
	if ep.newer != nil {
		ep.newer.older = ep.older
	} else {
		s.newest = ep.older
	}
	ep.older, ep.newer = nil, nil
}

// Expire closes what has been silent for too long.
func (s *State) Expire(now time.Time) {
	s.now = maxTime(s.now, now)
	for s.oldest != nil && now.Sub(s.oldest.last) > gap {
		s.close(s.oldest)
	}
	if len(s.held) > 0 && now.After(s.heldUntil) {
		still := s.held[:0]
		s.heldUntil = now.Add(heldFor)
		for _, ep := range s.held {
			if now.After(s.until(ep)) {
				delete(s.episodes, ep.Key)
				s.closed = append(s.closed, ep)
				continue
			}
			still = append(still, ep)
			s.heldUntil = minTime(s.heldUntil, s.until(ep))
		}
		clear(s.held[len(still):])
		s.held = still
	}
	s.sweep()
}

func (s *State) close(ep *Episode) {
	s.unlink(ep)
	if s.episodes[ep.Key] == ep {
		delete(s.episodes, ep.Key)
	}
	s.closed = append(s.closed, ep)
}

// hold keeps an episode open for as long as its incident is.
func (s *State) hold(ep *Episode) {
	if ep.held {
		return
	}
	s.unlink(ep)
	ep.held = true
	if end := s.until(ep); len(s.held) == 0 || end.Before(s.heldUntil) {
		s.heldUntil = end
	}
	s.held = append(s.held, ep)
}

// A Planner makes the cuts for what is new in an episode but those that are
// known: a cut by its name without the vendor's, and its target.
type Planner func(news News, known func(cut, target string) bool) []sekisho.Action

// News is what an episode has to cut that no plan has seen yet, in the order in
// which it came: who is implicated, and what implicated credentials made.
type News struct {
	Suspects []Suspect
	Made     []Made
}

// Empty reports whether there is nothing.
func (n News) Empty() bool { return len(n.Suspects)+len(n.Made) == 0 }

// Circumstances are the facts of one event that a decision needs and that
// other stages know.
type Circumstances struct {
	Root     sekisho.Identity // of the lineage
	Declared bool             // inside a declared change window
	Seasoned bool             // the actor has 14 days or 2,000 events of history
	// NoReturn is set when the event gave the lineage power that it lacked, or
	// did harm that cannot be taken back.
	NoReturn *sekisho.NoReturn
	// Plan makes the cuts that would be made now. It is called only when a
	// decision is made or extended.
	Plan Planner
}

// Seasoned reports whether a history is long enough for novelty alone to
// decide (DESIGN.md section 7, condition c).
func Seasoned(days, events int) bool { return days >= seasoned || events >= seasonedEvs }

// Add lays an event's findings to its episode, and decides. It returns the
// findings that were new tokens; they are the episode's.
func (s *State) Add(ep *Episode, e *sekisho.Event, findings []sekisho.Finding, c *Circumstances) []sekisho.Finding {
	s.at, s.event, s.plan = e.Time, e.ID, c.Plan
	// Who acts, and whether that was declared, counts for what is evidence or
	// follows it; of other events the circumstances do not say it.
	if len(findings) > 0 || ep.incident != nil {
		// Ordinary work on the day after a declared exercise makes the exercise
		// no attack; more evidence, or power used, outside the window does.
		if len(findings) > 0 || UsesPower(e) {
			ep.declared = ep.declared && c.Declared
		}
		ep.seasoned = ep.seasoned || c.Seasoned
	}
	if c.NoReturn != nil && (ep.noReturn == nil || c.NoReturn.At.Before(ep.noReturn.At)) {
		ep.noReturn = c.NoReturn
	}
	first := len(ep.findings)
	for i := range findings {
		ep.take(&s.Model, &findings[i])
	}
	fresh := ep.findings[first:]
	if len(fresh) > 0 {
		ep.evidence = maxTime(ep.evidence, e.Time)
	}
	if len(fresh) > 0 && ep.recent < len(ep.actors) && !ep.actors[ep.recent].suspect {
		ep.actors[ep.recent].suspect = true
		ep.suspected++
	}
	if ep.incident == nil {
		if len(fresh) == 0 {
			return nil
		}
		s.open(ep, e, c)
	}
	for i := range fresh {
		if p := fresh[i].Prior; p != nil { // the attack began with what made way for it
			ep.incident.FirstEventAt = minTime(ep.incident.FirstEventAt, p.At)
		}
	}
	s.decide(ep)
	return fresh
}

// open starts an incident at an event.
func (s *State) open(ep *Episode, e *sekisho.Event, c *Circumstances) {
	in := &incident{order: s.opened}
	s.opened++
	in.OpenedAt, in.OpenedBy = e.Time, e.ID
	in.ID = s.identify(e.ID)
	in.Root = c.Root
	in.Uncalibrated = !s.Model.Calibrated
	in.FirstEventAt, in.LastEventAt = ep.start, e.Time
	in.episodes = []*Episode{ep}
	ep.incident = in
	s.incidents = append(s.incidents, in)
}

// Follow has the state note which incidents change, for Changed, and let go of
// those that are over: a scan reports all of them at its end, a service must not
// grow for ever.
func (s *State) Follow() {
	if s.changed == nil {
		s.changed = map[*incident]bool{}
	}
}

// Changed are the incidents that changed since the last call, as they stand, in
// the order in which they opened. They are copies.
func (s *State) Changed() []sekisho.Incident {
	if len(s.changed) == 0 {
		return nil
	}
	list := make([]*incident, 0, len(s.changed))
	for in := range s.changed {
		list = append(list, in)
	}
	clear(s.changed)
	slices.SortFunc(list, func(a, b *incident) int { return a.order - b.order })
	var out []sekisho.Incident
	for _, in := range list {
		out = append(out, s.finished(in))
	}
	return out
}

func (s *State) change(in *incident) {
	if s.changed != nil && in != nil {
		s.changed[in] = true
	}
}

const (
	// overFor is for how long an incident is kept that has no episode any more: a
	// late edge may still join what it held for as long as a lineage's edges live.
	overFor = heldFor + 24*time.Hour
	// sweepEvery is how often that is looked at, in event time.
	sweepEvery = time.Hour
)

// sweep lets go of incidents that are over.
func (s *State) sweep() {
	if s.changed == nil || s.now.Sub(s.swept) < sweepEvery {
		return
	}
	s.swept = s.now
	s.incidents = slices.DeleteFunc(s.incidents, func(in *incident) bool {
		for _, ep := range in.episodes {
			if s.episodes[ep.Key] == ep {
				return false
			}
		}
		over := s.now.Sub(in.LastEventAt) > overFor
		if over {
			delete(s.ids, in.ID)
		}
		return over
	})
}

// identify makes an incident's id: a hash of the organisation and the event
// that opened it, fixed at opening. Two lineages opened by one event (a call
// of a shared twin) get a numbered suffix before hashing.
func (s *State) identify(event string) string {
	for n := 0; ; n++ {
		sum := sha256.Sum256([]byte(s.Organization + "\x00" + event + strings.Repeat("'", n)))
		id := "inc-" + hex.EncodeToString(sum[:8])
		if !s.ids[id] {
			s.ids[id] = true
			return id
		}
	}
}

// decide sets severity and containment after the event at hand.
func (s *State) decide(ep *Episode) {
	in, m := ep.incident, &s.Model
	s.change(in)
	in.LastEventAt = maxTime(in.LastEventAt, s.at)
	in.Score = ep.Score()
	rule := ep.rule(m)
	was, opened := in.Severity, len(in.Raised) == 0
	now := sekisho.SeverityLow
	switch {
	case in.Score >= m.Critical:
		now = sekisho.SeverityCritical
	case in.Score >= m.High || rule != "":
		now = sekisho.SeverityHigh
	case in.Score >= m.Medium || len(ep.tripwires) > 0:
		now = sekisho.SeverityMedium
	}
	// Power gained counts once the lineage is suspect by its own evidence:
	// an administrator's day holds such grants too.
	if now >= sekisho.SeverityMedium && ep.noReturn != nil {
		if in.NoReturn == nil {
			in.NoReturn = ep.noReturn
		}
		if in.NoReturn.Basis >= sekisho.BasisDemonstrated {
			now = sekisho.SeverityCritical
		}
	}
	in.Severity = max(was, now)
	if opened || in.Severity > was {
		in.Raised = append(in.Raised, sekisho.Raise{Severity: in.Severity, Score: in.Score, At: s.at, EventID: s.event})
	}
	if in.Severity >= sekisho.SeverityMedium || ep.backed() {
		s.hold(ep)
	}
	if rule == "" && in.Containment == nil {
		return
	}
	if in.Containment == nil {
		in.Containment = &sekisho.Containment{Tier: 2, At: s.at, EventID: s.event, Rule: rule}
	}
	if in.Score >= m.Critical {
		in.Containment.Tier = max(in.Containment.Tier, 3)
	}
	news := ep.news(&ep.planned)
	if news.Empty() || len(in.Containment.Actions) >= madeMax {
		return // nothing new to cut, or more than a plan holds
	}
	if in.cuts == nil {
		in.cuts = map[[2]string]bool{}
	}
	for _, a := range s.plan(news, func(cut, target string) bool { return in.cuts[[2]string{cut, target}] }) {
		key := cutKey(a)
		if in.cuts[key] || len(in.Containment.Actions) >= madeMax {
			continue
		}
		in.cuts[key] = true
		a.At, a.EventID = s.at, s.event
		in.Containment.Actions = append(in.Containment.Actions, a)
	}
}

// cutKey is a planned cut as a Planner knows it.
func cutKey(a sekisho.Action) [2]string {
	_, name, _ := strings.Cut(a.Action, ".")
	return [2]string{name, a.Target}
}

// rule names the condition of DESIGN.md section 7 that calls for containment
// now, "" if none does.
func (ep *Episode) rule(m *Model) string {
	if len(ep.tripwires) >= 2 {
		return "two-tripwires"
	}
	switch {
	case !ep.chain():
		return ""
	case len(ep.tripwires) > 0 && ep.reaches(m.Act, m):
		return "tripwire-chain"
	case ep.seasoned && ep.reaches(m.Alone, m):
		return "score-chain"
	}
	return ""
}

// chain is the predicate without which a score alone decides nothing.
func (ep *Episode) chain() bool {
	return len(ep.tactics) >= 2 && (ep.privileged || len(ep.tripwires) > 0) && !ep.declared
}

// reaches reports whether the score is enough to act: the calibrated number where
// evidence of somebody else at work is part of it, and never less than High
// where it is not.
func (ep *Episode) reaches(least sekisho.Nats, m *Model) bool {
	if !ep.backed() {
		least = max(least, m.High)
	}
	return ep.Score() >= least
}

// backing is what evidence of power needs beside it: one plain token of how
// somebody acts. What somebody does with power they have comes in heaps, and a heap of it
// is still one sign: an administrator who makes a team makes users, passwords,
// keys and grants in one go, each for the first time if they are new to it. The
// weight is the start value of one plain source token (a new network).
const backing = 5 * sekisho.Nat / 2

// backed reports whether evidence of who acts, how and after what stands beside
// what was done with power.
func (ep *Episode) backed() bool { return ep.backs >= backing }

// Join merges the episode of one lineage into another's, when a late edge
// shows that they are one whose root is root. The older incident survives.
// adopt is told which episode ended so that its Carry can be merged; issued
// says anew where a credential of the joined lineage came from.
func (s *State) Join(from, into string, root sekisho.Identity, adopt func(from, into *Episode), issued func(*sekisho.Credential, string)) {
	a := s.episodes[from]
	if a == nil || from == into {
		return
	}
	for i := range a.actors {
		issued(&a.actors[i].credential, a.actors[i].sessionID)
	}
	a.planned = revision{} // what issued a credential is known better now
	b := s.episodes[into]
	if b == nil {
		delete(s.episodes, from)
		a.Key = into
		s.episodes[into] = a
		if a.incident != nil {
			a.incident.Root = root
			s.settle(a)
		}
		return
	}
	defer func() {
		if b.incident != nil {
			b.incident.Root = root
			s.change(b.incident)
		}
	}()
	adopt(a, b)
	delete(s.episodes, from)
	if a.held {
		s.held = slices.DeleteFunc(s.held, func(x *Episode) bool { return x == a })
	} else {
		s.unlink(a)
	}
	b.start, b.last = minTime(a.start, b.start), maxTime(a.last, b.last)
	b.evidence = maxTime(a.evidence, b.evidence)
	b.window.merge(&a.window)
	if b.net == nil {
		b.net = a.net
	} else if a.net != nil {
		b.net.merge(a.net)
	}
	for i := range a.actors {
		if !slices.ContainsFunc(b.actors, func(x actor) bool {
			return x.identity.ID == a.actors[i].identity.ID && x.credential.ID == a.actors[i].credential.ID
		}) && len(b.actors) < actorsMax {
			b.actors = append(b.actors, a.actors[i])
		}
	}
	b.planned = revision{}
	b.made = append(b.made, a.made...)
	sort.SliceStable(b.made, func(i, j int) bool { return b.made[i].At.Before(b.made[j].At) })
	if len(b.made) > madeMax {
		b.made = b.made[:madeMax]
	}
	if a.privileged {
		b.write(a.privilegedAt)
	}
	b.declared = a.declared && b.declared
	b.seasoned = a.seasoned || b.seasoned
	b.excess += a.excess
	b.events += a.events
	if a.noReturn != nil && (b.noReturn == nil || a.noReturn.At.Before(b.noReturn.At)) {
		b.noReturn = a.noReturn
	}
	// The union of the tokens, weighed again under the caps in order of time.
	all := append(append([]sekisho.Finding(nil), b.findings...), a.findings...)
	sort.SliceStable(all, func(i, j int) bool {
		if !all[i].At.Equal(all[j].At) {
			return all[i].At.Before(all[j].At)
		}
		return all[i].EventID < all[j].EventID
	})
	b.findings, b.tokens, b.sums, b.backs, b.muted = nil, nil, [sekisho.Families]sekisho.Nats{}, 0, 0
	for i := range all {
		b.take(&s.Model, &all[i])
	}
	s.unite(a, b)
}

// unite joins the incidents of two episodes that became b.
func (s *State) unite(a, b *Episode) {
	x, y := a.incident, b.incident
	a.incident = nil
	switch {
	case x == nil:
		return
	case y == nil:
		b.incident = x
		x.episodes = []*Episode{b}
		s.settle(b)
		return
	case x == y:
		return
	}
	older, younger := x, y
	if y.OpenedAt.Before(x.OpenedAt) || y.OpenedAt.Equal(x.OpenedAt) && y.order < x.order {
		older, younger = y, x
	}
	older.Severity = max(older.Severity, younger.Severity)
	older.Raised = append(older.Raised, younger.Raised...)
	sort.SliceStable(older.Raised, func(i, j int) bool { return older.Raised[i].At.Before(older.Raised[j].At) })
	older.Raised = rising(older.Raised)
	older.FirstEventAt = minTime(older.FirstEventAt, younger.FirstEventAt)
	older.LastEventAt = maxTime(older.LastEventAt, younger.LastEventAt)
	if older.NoReturn == nil || younger.NoReturn != nil && younger.NoReturn.At.Before(older.NoReturn.At) {
		older.NoReturn = younger.NoReturn
	}
	if older.Containment == nil || younger.Containment != nil && younger.Containment.At.Before(older.Containment.At) {
		older.Containment, younger.Containment = younger.Containment, older.Containment
	}
	if older.Containment != nil && younger.Containment != nil {
		older.Containment.Actions = together(older.Containment.Actions, younger.Containment.Actions)
		older.Containment.Tier = max(older.Containment.Tier, younger.Containment.Tier)
	}
	s.change(older)
	s.change(younger)
	younger.MergedInto = older.ID
	younger.episodes = nil
	older.episodes = []*Episode{b}
	b.incident = older
	s.settle(b)
}

// settle decides on an episode that a join has changed: what two lineages did
// can together be more than each was by itself.
func (s *State) settle(b *Episode) {
	if b.incident.Severity >= sekisho.SeverityMedium {
		s.hold(b)
	}
	b.incident.cuts = map[[2]string]bool{}
	if c := b.incident.Containment; c != nil {
		for _, a := range c.Actions {
			b.incident.cuts[cutKey(a)] = true
		}
	}
	if s.plan != nil {
		s.decide(b)
	}
}

// together merges two plans in order of time, each cut once, as first made.
func together(a, b []sekisho.Action) []sekisho.Action {
	all := append(slices.Clone(a), b...)
	sort.SliceStable(all, func(i, j int) bool { return all[i].At.Before(all[j].At) })
	out := all[:0]
	for _, x := range all {
		if !slices.ContainsFunc(out, func(y sekisho.Action) bool { return x.Action == y.Action && x.Target == y.Target }) {
			out = append(out, x)
		}
	}
	return out
}

// rising keeps the entries that rose above all before them.
func rising(all []sekisho.Raise) []sekisho.Raise {
	out := all[:0]
	top := -1
	for _, r := range all {
		if int(r.Severity) > top {
			top = int(r.Severity)
			out = append(out, r)
		}
	}
	return out
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
