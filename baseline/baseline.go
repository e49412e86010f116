// Package baseline learns what is usual: for each identity the actions,
// networks, programs, regions and targets it was seen with; for each account
// what anyone in it does; for each workload who changes it.
//
// Nothing is learned while it happens. What an episode brought is kept aside
// and learned when the episode closes, and not at all if it belongs to an
// incident: an attacker cannot make an attack usual by going on with it.
//
// Sets are exact up to a hash of 40 bits: an identity's habits are one slice of
// words, each a hash, the day it was seen last, how often, and how much of that
// still counts; so a million identities fit in memory and the collector has
// nothing to follow. What counts fades by event day, to a half in two weeks, in
// whole numbers alone: the same history gives the same bits everywhere.
package baseline

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/normalize"
)

const (
	countMask = 0xF // the low bits of a word count episodes, up to 15
	// Above them are how many days still count (in eighths, up to 32), and the day
	// the value was seen last, modulo about eleven years; then the hash.
	massShift, massMask = 4, 0xFF
	dayShift, dayMask   = 12, 0xFFF
	hashMask            = uint64(0xFFFFFFFFFF000000)
	dayUnit             = 8 // one day, as it is counted
	// pendingMax bounds what one episode can bring: far above an honest day's
	// novelty, and an attacker who overflows it has taught us less.
	pendingMax = 4096
	// learnersMax and changedMax bound an episode's identities, and the
	// workloads that one of them changed: an attacker's 19 fit many times.
	learnersMax = pendingMax / 16
	changedMax  = 64
	// habitsMax bounds an identity's set; beyond it nothing new is learned,
	// and what is not learned stays new: the error is on the loud side.
	habitsMax = 1 << 14
)

// habit is what is known of one identity (or account, or workload).
type habit struct {
	since  int64  // unix seconds of the first learned event
	last   int64  // day (unix seconds / 86400) last learned
	events uint32 // learned
	days   uint16 // distinct days learned
	n      uint16 // words in use
	active uint32 // of the days, how many still count, in eighths
	words  []uint64
	// practice is how much it does and when; identities alone have it.
	practice *practice
}

// word returns what is kept of a hash, 0 when it is not there.
func (h *habit) word(hash uint64) uint64 {
	if len(h.words) == 0 {
		return 0
	}
	mask := uint64(len(h.words) - 1)
	for i := hash >> 24 & mask; ; i = (i + 1) & mask {
		w := h.words[i]
		if w == 0 || w&hashMask == hash&hashMask {
			return w
		}
	}
}

// find returns the count of a hash, 0 when it is not there.
func (h *habit) find(hash uint64) uint64 { return h.word(hash) & countMask }

// known reports whether a day can add nothing to what is known of a hash.
func (h *habit) known(hash uint64, day int64) bool {
	w := h.word(hash)
	return w&countMask == countMask && w>>dayShift&dayMask == uint64(day)&dayMask
}

// add counts a hash once more, and reports whether that was on a new day of it.
func (h *habit) add(hash uint64, day int64) bool {
	if int(h.n)*4 >= len(h.words)*3 {
		if len(h.words) < habitsMax {
			h.grow()
		} else if h.find(hash) == 0 {
			return false
		}
	}
	mask := uint64(len(h.words) - 1)
	today := uint64(day) & dayMask << dayShift
	for i := hash >> 24 & mask; ; i = (i + 1) & mask {
		w := h.words[i]
		if w == 0 {
			h.words[i] = hash&hashMask | today | dayUnit<<massShift | 1
			h.n++
			return true
		}
		if w&hashMask != hash&hashMask {
			continue
		}
		times := min(w&countMask+1, countMask)
		if w>>dayShift&dayMask == today>>dayShift || since(w, day) == 0 {
			h.words[i] = w&^countMask | times
			return false
		}
		h.words[i] = hash&hashMask | today | min(mass(w, day)+dayUnit, massMask)<<massShift | times
		return true
	}
}

// since is how many days lie between a word's last and a day; 0 if the day is
// not later.
func since(w uint64, day int64) uint64 {
	if d := (uint64(day) - w>>dayShift) & dayMask; d <= dayMask/2 {
		return d
	}
	return 0
}

// mass is how much of a word still counts on a day, in eighths of days.
func mass(w uint64, day int64) uint64 { return fade(w>>massShift&massMask, since(w, day)) }

// grow doubles the table.
func (h *habit) grow() {
	old := h.words
	h.words, h.n = make([]uint64, max(8, 2*len(old))), 0
	for _, w := range old {
		if w != 0 {
			h.put(w)
		}
	}
}

func (h *habit) put(w uint64) {
	mask := uint64(len(h.words) - 1)
	for i := w >> 24 & mask; ; i = (i + 1) & mask {
		if h.words[i] == 0 {
			h.words[i] = w
			h.n++
			return
		}
	}
}

// Store is the baseline of one organisation. It is owned by one goroutine.
type Store struct {
	identities map[string]*habit
	accounts   map[string]*habit // what anyone in the account was seen with
	workloads  map[string]*habit // who changed it: hash of the changer's id
	groups     map[string]*group // peers, accounts, everyone: what is usual among many
	heirs      map[string]string // the peers of who made an identity, by its ARN; bounded by heirsMax

	// asked is the identity asked about last: behaviours ask several questions
	// about one actor in a row. nil for one that is not known.
	asked   string
	askedOf *habit
}

// New returns an empty store.
func New() *Store {
	return &Store{identities: map[string]*habit{}, accounts: map[string]*habit{}, workloads: map[string]*habit{},
		groups: map[string]*group{}, heirs: map[string]string{}}
}

var _ detect.History = (*Store)(nil)

// hash of a feature's value. The value is not hashed with its length because
// the feature separates namespaces.
func hash(f detect.Feature, value string) uint64 {
	h := xxhash.Sum64String(value) + uint64(f+1)*0x9E3779B97F4A7C15
	h ^= h >> 29
	if h&hashMask == 0 {
		h = 1 << 24 // zero marks an empty word
	}
	return h
}

// of is an identity's habit, nil if it is not known.
func (s *Store) of(id string) *habit {
	if id != s.asked || id == "" {
		s.asked, s.askedOf = id, s.identities[id]
	}
	return s.askedOf
}

// Experience implements detect.History.
func (s *Store) Experience(id string) detect.Experience {
	h := s.of(id)
	if h == nil {
		return detect.Experience{}
	}
	return detect.Experience{Events: int(h.events), Days: int(h.days), Since: time.Unix(h.since, 0).UTC()}
}

// Seen implements detect.History.
func (s *Store) Seen(id string, f detect.Feature, value string) bool {
	return s.Times(id, f, value) > 0
}

// Times implements detect.History; it counts to 15.
func (s *Store) Times(id string, f detect.Feature, value string) int {
	h := s.of(id)
	if h == nil {
		return 0
	}
	return int(h.find(hash(f, value)))
}

// Others implements detect.History.
func (s *Store) Others(account string, f detect.Feature, value string) bool {
	h := s.accounts[account]
	return h != nil && h.find(hash(f, value)) > 0
}

// Changers implements detect.History: how many learned episodes in which the
// identity changed the workload, and how many in which anyone did.
func (s *Store) Changers(workload, id string) (own, all int) {
	h := s.workloads[workload]
	if h == nil {
		return 0, 0
	}
	return int(h.find(hash(detect.Touched, id))), int(h.events)
}

// Pending is what an episode brings and may teach. The zero value is ready.
type Pending struct {
	learners []learner
	excess   int
}

type learner struct {
	id, account string
	source      string // the repository that a build's subject names, "" for others
	peers       string // whom it is like
	arrival     uint64 // what is counted of its account if it is new there and nobody made it, else 0
	key         *habit // whose set was consulted: nil if the identity was unknown
	first, last int64  // unix seconds
	events      uint32
	known       [4]uint64 // the last combinations seen, so that routine costs one look
	turn        uint8
	words       []uint64
	changed     []string // workloads changed
	took        []string // roles taken
	made        []string // identities made, by ARN
	tally       *tally   // nil on an identity's first day: see practice
}

// Note sets an event aside in the episode's Pending. network is Net.Key.
func (s *Store) Note(p *Pending, e *sekisho.Event, network string) {
	id := e.Actor.ID
	if id == "" || e.Kind == sekisho.SignIn && !e.Succeeded() {
		return // whoever failed to sign in has proved to be nobody: a stranger's guesses are no habit
	}
	var l *learner
	for i := range p.learners {
		if p.learners[i].id == id {
			l = &p.learners[i]
			break
		}
	}
	if l == nil {
		if len(p.learners) >= learnersMax {
			p.excess++
			return
		}
		p.learners = append(p.learners, learner{id: id, account: e.Account, source: source(&e.Actor), peers: s.peers(&e.Actor),
			arrival: s.arrival(&e.Actor), key: s.of(id), first: e.Time.Unix()})
		l = &p.learners[len(p.learners)-1]
	}
	l.last = e.Time.Unix()
	l.events++
	if l.key != nil {
		if l.tally == nil {
			l.tally = &tally{}
		}
		l.tally.note(e)
	}
	if e.Kind == sekisho.Traffic {
		s.noteTraffic(p, l, e, network)
		return
	}
	action := xxhash.Sum64String(e.Action) ^ bits.RotateLeft64(xxhash.Sum64String(e.Service), 17)
	combo := action ^ bits.RotateLeft64(xxhash.Sum64String(network), 29) ^ bits.RotateLeft64(xxhash.Sum64String(e.Client.Family), 41) ^
		bits.RotateLeft64(xxhash.Sum64String(e.Region), 7)
	changes := e.Level.Changes() && e.Succeeded()
	if !changes && !teaches(e) {
		for _, k := range l.known {
			if k == combo {
				return
			}
		}
		l.known[l.turn&3] = combo
		l.turn++
	}
	if l.tally != nil {
		l.tally.work(e, network)
	}
	s.note(p, l, detect.Action, e.Name())
	s.note(p, l, detect.Service, e.Service)
	s.note(p, l, detect.Region, e.Region)
	if network != "" {
		s.note(p, l, detect.Network, network)
	}
	if e.Client.Family != "" && e.Actor.OnBehalf == "" {
		s.note(p, l, detect.Software, Software(e.Client))
		if changes && (e.Level == sekisho.LevelPermissions || len(e.Effects) > 0) {
			s.note(p, l, detect.Software, Software(e.Client)+ForChanges)
		}
	}
	if changes && e.Target != "" {
		s.note(p, l, detect.Touched, e.Name()+" "+e.Target)
	}
	for i := range e.Effects {
		x := &e.Effects[i]
		switch x.Kind {
		case sekisho.AssumeTry:
			if e.Succeeded() {
				s.note(p, l, detect.Assumed, x.Identity.ARN)
				keep(&l.took, x.Identity.ARN)
				if e.Actor.Provider != "" {
					l.change(x.Identity.ARN) // who comes in from outside: see History.Changers
				}
			}
		case sekisho.InvokeModel:
			s.note(p, l, detect.Model, x.Resource)
		case sekisho.LaunchCompute:
			s.note(p, l, detect.Machine, x.What)
		case sekisho.ChangeWorkload:
			l.change(x.Workload)
		case sekisho.RunWorkload:
			if e.Actor.Type == sekisho.ActorDirectory || e.Actor.Type == sekisho.ActorApp {
				l.change(x.Workload) // in a code host, who starts builds works on it
			}
		case sekisho.CreateIdentity:
			// Whoever is made may act at once, so it inherits at once; Disown takes it
			// back where its maker turns out to be an attacker.
			if e.Succeeded() && len(l.made) < changedMax && len(s.heirs) < heirsMax {
				if keep(&l.made, x.Identity.ARN); x.Identity.ARN != "" {
					s.heirs[x.Identity.ARN] = l.peers
				}
			}
		}
	}
}

// noteTraffic learns with whom a machine talks: the networks outside that it turns to,
// and the places inside. What a firewall refused was no talk: who tries the same door in
// vain for a day has not earned it.
func (s *Store) noteTraffic(p *Pending, l *learner, e *sekisho.Event, network string) {
	x := e.Find(sekisho.Connect)
	if x == nil || x.What == "in" {
		return // who turns to it is no habit of the machine
	}
	f, value := detect.Network, network
	if x.What != "out" {
		f, value = detect.Touched, x.What+" "+x.Resource
	}
	h := hash(f, value)
	if value == "" || slices.Contains(l.known[:], h) {
		return
	}
	l.known[l.turn&3] = h
	l.turn++
	s.note(p, l, f, value)
}

// teaches reports whether an event has an effect that is learned from.
func teaches(e *sekisho.Event) bool {
	for i := range e.Effects {
		switch e.Effects[i].Kind {
		case sekisho.AssumeTry, sekisho.InvokeModel, sekisho.LaunchCompute, sekisho.ChangeWorkload, sekisho.RunWorkload, sekisho.CreateIdentity:
			return true
		}
	}
	return false
}

// change notes a workload, or a role that was come in to.
func (l *learner) change(what string) { keep(&l.changed, what) }

// keep adds a name to a bounded list, once.
func keep(list *[]string, what string) {
	if what != "" && len(*list) < changedMax && !slices.Contains(*list, what) {
		*list = append(*list, what)
	}
}

// Sources is under what Changers counts, for a role that builds come in to, the
// repositories that came after the first; a repository and this, the places in
// it (branches, environments) that came after its first.
const Sources = " and others"

// source is the repository in a build's subject: "repo:example/shop" of
// "repo:example/shop:ref:refs/heads/main". The hosted build services put it
// first; "" for subjects of any other form.
func source(a *sekisho.Actor) string {
	if a.Provider == "" {
		return ""
	}
	return normalize.Repository(a.Subject)
}

// arrive notes that a build changed a workload, or came in to a role: under its
// repository, its organisation, and whether others came before it. So a role for
// one branch of one repository can be told from one that every new branch uses.
func (h *habit) arrive(l *learner) {
	if l.source == "" {
		return
	}
	from, day := hash(detect.Touched, l.source), l.last/86400
	switch {
	case h.find(from) == 0 && h.events > 0:
		h.add(hash(detect.Touched, Sources), day)
	case h.find(from) > 0 && h.find(hash(detect.Touched, l.id)) == 0:
		h.add(hash(detect.Touched, l.source+Sources), day)
	}
	h.add(from, day)
	if i := strings.IndexByte(l.source, '/'); i >= 0 {
		h.add(hash(detect.Touched, l.source[:i+1]), day) // the organisation: "repo:example/"
	}
}

// ForChanges is behind a program's name where it was used to change who may do what,
// or something else that has an effect: what a program is known for reading says
// nothing of that.
const ForChanges = " for changes"

// Software is the value of the feature detect.Software.
func Software(c sekisho.Client) string {
	if c.OS == "" {
		return c.Family
	}
	return c.Family + " on " + c.OS
}

func (s *Store) note(p *Pending, l *learner, f detect.Feature, value string) {
	h := hash(f, value)
	if l.key != nil && l.key.known(h, l.last/86400) {
		return // known as well as can be
	}
	for _, w := range l.words {
		if w == h {
			return
		}
	}
	if len(l.words) >= pendingMax {
		p.excess++
		return
	}
	l.words = append(l.words, h)
}

// Learn takes over what an episode brought.
func (s *Store) Learn(p *Pending) {
	s.asked = ""
	for i := range p.learners {
		l := &p.learners[i]
		h, a := s.identities[l.id], s.accounts[l.account]
		if a == nil {
			a = &habit{since: l.first, last: -1}
			s.accounts[l.account] = a
		}
		fresh := a.seen(l.first, l.last, l.events)
		if fresh > 0 && a.days > settled {
			a.add(hash(watched, ""), l.last/86400)
		}
		if h == nil {
			h = &habit{since: l.first, last: -1}
			s.identities[l.id] = h
			if l.arrival != 0 && a.days > settled {
				a.add(l.arrival, l.last/86400)
			}
		}
		days, day := h.seen(l.first, l.last, l.events), l.last/86400
		// Who is here for one day has no habits yet, to have or to lend.
		var among [3]*group
		if h.days >= 2 {
			if l.tally != nil {
				h.practise(l.tally, day)
			}
			among = [3]*group{s.group(l.peers), s.group(inAccount + l.account), s.group(everyone)}
			for _, g := range among {
				g.expose(day, days)
			}
		}
		for _, w := range l.words {
			fresh := h.add(w, day)
			a.add(w, day)
			if fresh && among[0] != nil {
				for _, g := range among {
					g.count(w, day)
				}
			}
		}
		for _, id := range l.changed {
			w := s.workloads[id]
			if w == nil {
				w = &habit{since: l.first, last: -1}
				s.workloads[id] = w
			}
			w.arrive(l)
			w.seen(l.first, l.last, 1)
			w.add(hash(detect.Touched, l.id), day)
		}
		for _, role := range l.took {
			w := s.workloads[assumed+role]
			if w == nil {
				w = &habit{since: l.first, last: -1}
				s.workloads[assumed+role] = w
			}
			w.seen(l.first, l.last, 1)
			w.add(hash(detect.Touched, l.id), day)
		}
	}
	*p = Pending{}
}

// Disown takes back what an episode that is not learned from had lent to the
// identities that it made.
func (s *Store) Disown(p *Pending) {
	for i := range p.learners {
		for _, arn := range p.learners[i].made {
			delete(s.heirs, arn)
		}
	}
}

// Adopt takes over what another episode of the same lineage brought. What an
// identity did in both counts once: it is one episode now.
func (p *Pending) Adopt(o *Pending) {
	p.excess += o.excess
	for i := range o.learners {
		from := &o.learners[i]
		at := slices.IndexFunc(p.learners, func(l learner) bool { return l.id == from.id })
		switch {
		case at >= 0:
			p.excess += p.learners[at].adopt(from)
		case len(p.learners) >= learnersMax:
			p.excess++
		default:
			p.learners = append(p.learners, *from)
		}
	}
	*o = Pending{}
}

// adopt takes over what the same identity did elsewhere, and returns how much
// there was no room for.
func (l *learner) adopt(from *learner) (excess int) {
	l.first, l.last = min(l.first, from.first), max(l.last, from.last)
	l.events += from.events
	for _, w := range from.words {
		switch {
		case slices.Contains(l.words, w):
		case len(l.words) >= pendingMax:
			excess++
		default:
			l.words = append(l.words, w)
		}
	}
	for _, id := range from.changed {
		l.change(id)
	}
	for _, role := range from.took {
		keep(&l.took, role)
	}
	for _, arn := range from.made {
		keep(&l.made, arn)
	}
	switch {
	case l.tally == nil:
		l.tally = from.tally
	case from.tally != nil:
		l.tally.adopt(from.tally)
	}
	return excess
}

// seen counts days and events, and returns how many of the days are new.
func (h *habit) seen(first, last int64, events uint32) (fresh int) {
	for day := first / 86400; day <= last/86400; day++ {
		if day > h.last {
			if h.last >= 0 {
				h.active = uint32(fade(uint64(h.active), uint64(day-h.last)))
			}
			h.active += dayUnit
			h.last = day
			h.days++
			fresh++
		}
	}
	h.events += events
	return fresh
}

// Days is on how many distinct days the best known account was learned from.
func (s *Store) Days() int {
	days := 0
	for _, a := range s.accounts {
		days = max(days, int(a.days))
	}
	return days
}

// Identities is how many identities are known.
func (s *Store) Identities() int { return len(s.identities) }
