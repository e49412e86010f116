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
// day, hours, and the values that a portrait names. Some 400 bytes.
type practice struct {
	amounts  [detect.Measures][]uint16 // by active day, the newest last; nil where all are zero
	days     uint8                     // of them in use
	day      int64                     // which day the last one is
	hours    [24]uint8                 // days with activity in the hour, up to 255
	lastSeen [24]uint16                // day on which the hour was counted last, modulo 65536
	traits   [traitLists][]trait
}

// trait is a detect.Trait in half its size.
type trait struct {
	value string
	last  uint32 // day
	days  uint32
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
			if x.What == "source" {
				t.amounts[detect.Sources]++
			}
		case sekisho.InvokeModel:
			t.amounts[detect.Runs]++
		case sekisho.ReadSecret:
			t.amounts[detect.Secrets] += max(x.Count, 1)
		case sekisho.IssueCredential:
			t.amounts[detect.Issued]++
		case sekisho.Share:
			t.amounts[detect.Shared]++
		case sekisho.Connect:
			if x.What != "inside" { // whichever side began
				t.amounts[detect.Sent] += x.Count // in bytes here, in MiB once it is learned
			}
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
	case detect.Objects, detect.Runs, detect.Secrets, detect.Issued, detect.Shared, detect.Sent, detect.Sources:
		return true
	}
	return false
}

// practise takes over an episode of one who was here before. What the first day
// was like is not kept, for most identities have only one; it is taken to have
// been at the hours and places of the second, and to have had no amounts.
func (h *habit) practise(t *tally, day int64) {
	if h.practice == nil {
		first := tally{hours: t.hours, traits: t.traits}
		h.practice = &practice{}
		h.practice.learn(&first, day-1)
	}
	h.practice.learn(t, day)
}

// learn takes over an episode that ended on a day.
func (p *practice) learn(t *tally, day int64) {
	fresh := p.days == 0 || day > p.day
	if fresh {
		p.day = day
		if p.days < practiceDays {
			p.days++
		}
	}
	for m := range p.amounts {
		n := t.amounts[m]
		if detect.Measure(m) == detect.Sent {
			n = (n + 1<<20 - 1) >> 20
		}
		if p.amounts[m] == nil {
			if n == 0 {
				continue
			}
			p.amounts[m] = make([]uint16, p.days)
		} else if fresh {
			if len(p.amounts[m]) == practiceDays {
				copy(p.amounts[m], p.amounts[m][1:])
				p.amounts[m][practiceDays-1] = 0
			} else {
				p.amounts[m] = append(p.amounts[m], 0)
			}
		}
		now := &p.amounts[m][len(p.amounts[m])-1]
		if sums(detect.Measure(m)) {
			n += int64(*now)
		}
		*now = max(*now, uint16(min(n, math.MaxUint16)))
	}
	for h := range p.hours {
		if t.hours&(1<<h) != 0 && (p.hours[h] == 0 || p.lastSeen[h] != uint16(day)) {
			p.hours[h] = min(p.hours[h], math.MaxUint8-1) + 1
			p.lastSeen[h] = uint16(day)
		}
	}
	for list := range p.traits {
		for _, v := range t.traits[list] {
			p.traits[list] = countTrait(p.traits[list], v, uint32(day))
		}
	}
}

// countTrait counts a value on a day. A list that is full gives up the value that
// was seen on the fewest days, longest ago.
func countTrait(list []trait, value string, day uint32) []trait {
	for i := range list {
		if list[i].value == value {
			if list[i].last < day {
				list[i].days++
				list[i].last = day
			}
			return list
		}
	}
	if len(list) == traitsMax {
		out := 0
		for i := range list {
			if c := cmp.Or(cmp.Compare(list[i].days, list[out].days), cmp.Compare(list[i].last, list[out].last)); c < 0 {
				out = i
			}
		}
		list[out] = trait{value, day, 1}
		return list
	}
	return append(list, trait{value, day, 1})
}

var _ detect.Habits = (*Store)(nil)

// assumed is under what it is kept who took a role; ARNs hold no such word.
const assumed = "assumed "

// Amount implements detect.Habits.
func (s *Store) Amount(id string, m detect.Measure) detect.Amount {
	h := s.of(id)
	if h == nil || h.practice == nil || h.practice.days == 0 {
		return detect.Amount{}
	}
	p := h.practice
	var sorted [practiceDays]uint16
	list := sorted[:p.days] // days before the first amount had none
	copy(list, p.amounts[m])
	slices.Sort(list)
	return detect.Amount{Days: int(p.days), Usual: int64(list[p.days/2]), Highest: int64(list[p.days-1])}
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
		for _, t := range p.traits[list] {
			*into = append(*into, detect.Trait{Value: t.value, Days: int(t.days), Last: time.Unix(int64(t.last)*86400, 0).UTC()})
		}
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
	Days     uint8            `json:"days"`
	Amounts  [][]uint16       `json:"amounts"` // by detect.Measure, then by day, the newest last
	Hours    [24]uint8        `json:"hours"`
	LastSeen [24]uint16       `json:"last_seen"`
	Traits   [][]detect.Trait `json:"traits"`
}

func (p *practice) snapshot() *PracticeSnapshot {
	if p == nil {
		return nil
	}
	out := &PracticeSnapshot{Day: p.day, Days: p.days, Hours: p.hours, LastSeen: p.lastSeen}
	for m := range p.amounts {
		out.Amounts = append(out.Amounts, slices.Clone(p.amounts[m]))
	}
	for list := range p.traits {
		traits := []detect.Trait{}
		for _, t := range p.traits[list] {
			traits = append(traits, detect.Trait{Value: t.value, Days: int(t.days), Last: time.Unix(int64(t.last)*86400, 0).UTC()})
		}
		out.Traits = append(out.Traits, traits)
	}
	return out
}

// restore reads a snapshot back. What is beyond the bounds is left out, which can
// only make more look unusual.
func (s *PracticeSnapshot) restore() *practice {
	if s == nil {
		return nil
	}
	p := &practice{day: s.Day, days: min(s.Days, practiceDays), hours: s.Hours, lastSeen: s.LastSeen}
	for m := range min(len(s.Amounts), len(p.amounts)) {
		if a := s.Amounts[m]; len(a) > 0 {
			p.amounts[m] = slices.Clone(a[:min(len(a), int(p.days))])
		}
	}
	for list := range min(len(s.Traits), len(p.traits)) {
		for _, t := range s.Traits[list][:min(len(s.Traits[list]), traitsMax)] {
			p.traits[list] = append(p.traits[list], trait{t.Value, uint32(t.Last.Unix() / 86400), uint32(t.Days)})
		}
	}
	return p
}
