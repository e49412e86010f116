package baseline

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// Bounds of what is kept of how much an identity does, beside what it does.
const (
	practiceDays = 14  // amounts of the last so many active days: older ones no longer count
	traitsMax    = 6   // values kept by name for each list of a portrait
	breadthMax   = 256 // distinct actions told apart in one episode
)

// practice is how much, when and where an identity works: amounts by active
// day, hours, and the values that a portrait names. About 900 bytes.
type practice struct {
	amounts  [detect.Measures][practiceDays]uint32 // by active day, the newest last
	days     int                                   // of them in use
	day      int64                                 // which day the last one is
	hours    [24]uint16                            // days with activity in the hour
	lastSeen [24]int64                             // day on which the hour was counted last
	traits   [traitLists][]detect.Trait
}

// The lists of a portrait.
const (
	ofNetworks = iota
	ofSoftware
	ofServices
	traitLists
)

// tally is what an episode brings to an identity's practice.
type tally struct {
	amounts  [detect.Measures]int64
	hours    uint32 // bit by hour
	minute   int64
	inMinute int64
	actions  []uint64
	services []uint64
	traits   [traitLists][]string
}

// note counts an event.
func (t *tally) note(e *sekisho.Event) {
	at := e.Time.Unix()
	t.hours |= 1 << e.Time.UTC().Hour()
	if m := at / 60; m != t.minute {
		t.minute, t.inMinute = m, 0
	}
	t.inMinute++
	t.amounts[detect.PerMinute] = max(t.amounts[detect.PerMinute], t.inMinute)
	if e.Outcome == sekisho.Denied {
		t.amounts[detect.Refusals]++
	}
	for i := range e.Effects {
		switch x := &e.Effects[i]; x.Kind {
		case sekisho.ReadData:
			t.amounts[detect.Objects]++
		case sekisho.InvokeModel:
			t.amounts[detect.Runs]++
		case sekisho.ReadSecret:
			t.amounts[detect.Secrets] += max(x.Count, 1)
		case sekisho.IssueCredential:
			t.amounts[detect.Issued]++
		case sekisho.Share:
			t.amounts[detect.Shared]++
		}
	}
}

// work notes what was done, where and with what; it is called once for each
// combination of them.
func (t *tally) work(e *sekisho.Event, network string) {
	put := func(set *[]uint64, text string) {
		h := xxhash.Sum64String(text)
		if len(*set) < breadthMax && !slices.Contains(*set, h) {
			*set = append(*set, h)
		}
	}
	put(&t.actions, e.Name())
	put(&t.services, e.Service)
	t.amounts[detect.Breadth], t.amounts[detect.ServiceCount] = int64(len(t.actions)), int64(len(t.services))
	software := ""
	if e.Client.Family != "" && e.Actor.OnBehalf == "" {
		software = Software(e.Client)
	}
	for list, value := range [...]string{ofNetworks: network, ofSoftware: software, ofServices: e.Service} {
		if value != "" && len(t.traits[list]) < traitsMax && !slices.Contains(t.traits[list], value) {
			t.traits[list] = append(t.traits[list], value)
		}
	}
}

// adopt takes over what the same identity did in a part of the episode that
// another lineage held.
func (t *tally) adopt(o *tally) {
	for m := range t.amounts {
		if sums(detect.Measure(m)) {
			t.amounts[m] += o.amounts[m]
		} else {
			t.amounts[m] = max(t.amounts[m], o.amounts[m])
		}
	}
	t.hours |= o.hours
	for list := range t.traits {
		for _, v := range o.traits[list] {
			if len(t.traits[list]) < traitsMax && !slices.Contains(t.traits[list], v) {
				t.traits[list] = append(t.traits[list], v)
			}
		}
	}
}

// sums reports whether a measure adds up over a day; the others keep the most of
// an episode.
func sums(m detect.Measure) bool {
	switch m {
	case detect.Objects, detect.Runs, detect.Secrets, detect.Issued, detect.Shared:
		return true
	}
	return false
}

// learn takes over an episode that ended on a day.
func (p *practice) learn(t *tally, day int64) {
	if p.days == 0 || day > p.day {
		if p.days == practiceDays {
			for m := range p.amounts {
				copy(p.amounts[m][:], p.amounts[m][1:])
				p.amounts[m][practiceDays-1] = 0
			}
		} else {
			p.days++
		}
		p.day = day
	}
	for m := range p.amounts {
		now := &p.amounts[m][p.days-1]
		n := uint32(min(t.amounts[m], math.MaxInt32))
		if sums(detect.Measure(m)) {
			n = min(*now+n, math.MaxInt32)
		}
		*now = max(*now, n)
	}
	for h := range p.hours {
		if t.hours&(1<<h) != 0 && (p.hours[h] == 0 || p.lastSeen[h] < day) {
			p.hours[h] = min(p.hours[h]+1, math.MaxUint16-1)
			p.lastSeen[h] = day
		}
	}
	for list := range p.traits {
		for _, v := range t.traits[list] {
			p.traits[list] = countTrait(p.traits[list], v, day)
		}
	}
}

// countTrait counts a value on a day. A list that is full gives up the value that
// was seen on the fewest days, longest ago.
func countTrait(list []detect.Trait, value string, day int64) []detect.Trait {
	at := time.Unix(day*86400, 0).UTC()
	for i := range list {
		if list[i].Value == value {
			if list[i].Last.Before(at) {
				list[i].Days++
				list[i].Last = at
			}
			return list
		}
	}
	if len(list) == traitsMax {
		out := 0
		for i := range list {
			if c := cmp.Or(cmp.Compare(list[i].Days, list[out].Days), list[i].Last.Compare(list[out].Last)); c < 0 {
				out = i
			}
		}
		list[out] = detect.Trait{Value: value, Days: 1, Last: at}
		return list
	}
	return append(list, detect.Trait{Value: value, Days: 1, Last: at})
}

var _ detect.Habits = (*Store)(nil)

// The strength of what is known of many against what is known of one: an
// identity's rates are drawn towards its account's as if that had been seen on so
// many days (tau of the behaviour model's principal). apart is how many identities
// share an account's days, a start value; never stands for what nobody was
// seen with.
const (
	tau   = 20
	apart = 8
	never = 0.01
)

// Surprise implements detect.Habits.
func (s *Store) Surprise(e *sekisho.Event, f detect.Feature, value string) detect.Surprise {
	h := hash(f, value)
	var out detect.Surprise
	if own := s.of(e.Actor.ID); own != nil {
		out.Days = int(own.days)
		out.Own = min(int(own.find(h)), out.Days)
	}
	all := 1.0
	seen := 0
	if a := s.accounts[e.Account]; a != nil {
		all += float64(a.days)
		seen = int(a.find(h))
	}
	if seen > out.Own {
		out.Peers = 1 // who the others are is not kept: at least one
	}
	common := (float64(seen) + never) / all / apart
	out.Nats = nats(min(1, (float64(out.Own)+tau*min(1, common))/(float64(out.Days)+tau)))
	return out
}

// SurpriseOf implements detect.Habits. Of a workload or a role it is known who
// changed it (detect.Touched) and who took it (detect.Assumed), by Actor.ID.
func (s *Store) SurpriseOf(subject string, f detect.Feature, value string) detect.Surprise {
	if f == detect.Assumed {
		subject = assumed + subject
	}
	w := s.workloads[subject]
	if w == nil {
		return detect.Surprise{}
	}
	out := detect.Surprise{Days: int(w.days)}
	out.Own = min(int(w.find(hash(detect.Touched, value))), out.Days)
	// Half a day for someone new: the estimate of Krichevsky and Trofimov.
	out.Nats = nats((float64(out.Own) + 0.5) / (float64(out.Days) + 1))
	return out
}

// assumed is under what it is kept who took a role; ARNs hold no such word.
const assumed = "assumed "

func nats(p float64) sekisho.Nats { return sekisho.Nats(-math.Log(p) * float64(sekisho.Nat)) }

// Amount implements detect.Habits.
func (s *Store) Amount(id string, m detect.Measure) detect.Amount {
	h := s.of(id)
	if h == nil || h.practice == nil || h.practice.days == 0 {
		return detect.Amount{}
	}
	p := h.practice
	sorted := p.amounts[m]
	list := sorted[:p.days]
	slices.Sort(list)
	return detect.Amount{Days: p.days, Usual: int64(list[p.days/2]), Highest: int64(list[p.days-1])}
}

// Portrait implements detect.Habits.
func (s *Store) Portrait(id string) (detect.Portrait, bool) {
	h := s.of(id)
	if h == nil || h.practice == nil {
		return detect.Portrait{}, false
	}
	p := h.practice
	out := detect.Portrait{Experience: s.Experience(id), Breadth: s.Amount(id, detect.Breadth),
		PerMinute: s.Amount(id, detect.PerMinute), Refusals: s.Amount(id, detect.Refusals)}
	for list, into := range [...]*[]detect.Trait{ofNetworks: &out.Networks, ofSoftware: &out.Software, ofServices: &out.Services} {
		*into = slices.Clone(p.traits[list])
		slices.SortFunc(*into, func(a, b detect.Trait) int {
			return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(a.Value, b.Value))
		})
	}
	for i, n := range p.hours {
		out.Hours[i] = int(n)
	}
	return out, true
}

// PracticeSnapshot is a practice in a form that can be written down.
type PracticeSnapshot struct {
	Day      int64            `json:"day"`
	Amounts  [][]uint32       `json:"amounts"` // by detect.Measure, then by day, the newest last
	Hours    [24]uint16       `json:"hours"`
	LastSeen [24]int64        `json:"last_seen"`
	Traits   [][]detect.Trait `json:"traits"`
}

func (p *practice) snapshot() *PracticeSnapshot {
	if p == nil {
		return nil
	}
	out := &PracticeSnapshot{Day: p.day, Hours: p.hours, LastSeen: p.lastSeen}
	for m := range p.amounts {
		out.Amounts = append(out.Amounts, slices.Clone(p.amounts[m][:p.days]))
	}
	for list := range p.traits {
		out.Traits = append(out.Traits, slices.Clone(p.traits[list]))
	}
	return out
}

// restore reads a snapshot back. What is beyond the bounds is left out, which can
// only make more look unusual.
func (s *PracticeSnapshot) restore() *practice {
	if s == nil {
		return nil
	}
	p := &practice{day: s.Day, hours: s.Hours, lastSeen: s.LastSeen}
	for m := range min(len(s.Amounts), len(p.amounts)) {
		p.days = max(p.days, copy(p.amounts[m][:], s.Amounts[m]))
	}
	for list := range min(len(s.Traits), len(p.traits)) {
		p.traits[list] = slices.Clone(s.Traits[list][:min(len(s.Traits[list]), traitsMax)])
	}
	return p
}
