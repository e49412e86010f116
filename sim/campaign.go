package sim

import (
	"fmt"
	"slices"
	"time"
)

// campaign is an attack told by a script that the seed varies: who is the
// victim, how fast, in which order, with what besides. It is played against a
// World, apart from its ordinary work.
type campaign struct {
	name  string // in kebab case, unique; it decides nothing but its half
	half  Half
	title string // one line
	after string // who published what it follows; "" for a what-if of our own
	// paces are how much slower (>1) or faster (<1) than written it is played;
	// the seed picks one. Empty means as written.
	paces []float64
	// crosses says from where to where a campaign goes that more systems see than
	// the provider; "" for one within it. Such are played in worlds with Surfaces.
	crosses string
	play    func(s *stage)
}

// leastTelling and leastSeconds are what makes a campaign stoppable: so many
// telling events, the last of them so long before the point of no return. Who
// sees less, or later, could not have acted, however good.
const (
	leastTelling = 3
	leastSeconds = 10
)

// Campaigns are the names of the campaigns of the world's half, in order.
func (w *World) Campaigns() []string {
	var names []string
	for _, c := range campaigns {
		if c.half == w.o.Half && c.crosses == "" {
			names = append(names, c.name)
		}
	}
	return names
}

// Crossings are the names of the half's campaigns over several systems, in order,
// and from where to where each goes. A world without Surfaces has none.
func (w *World) Crossings() (names []string, kinds map[string]string) {
	kinds = map[string]string{}
	for _, c := range campaigns {
		if c.half == w.o.Half && c.crosses != "" && w.surfaces != nil {
			names = append(names, c.name)
			kinds[c.name] = c.crosses
		}
	}
	return names, kinds
}

// Play plays one instance of a campaign: its records in the order of time, and
// the truth. The world's own days are not changed by it. Equal arguments give
// equal bytes.
func (w *World) Play(name string, seed uint64, at time.Time) ([]Record, *Truth, error) {
	i := slices.IndexFunc(campaigns, func(c campaign) bool {
		return c.name == name && c.half == w.o.Half && (c.crosses == "" || w.surfaces != nil)
	})
	if i < 0 {
		return nil, nil, fmt.Errorf("play %s: there is no such campaign in the %s half", name, w.o.Half)
	}
	c := &campaigns[i]
	r := NewRand(seed, "campaign", name)
	rec := newRecording(r.Uint64())
	w.g.rec = rec
	at = at.UTC().Truncate(time.Second)
	s := &stage{g: w.g, w: w, main: w.g.places[0], r: r, now: at, from: at.Truncate(24 * time.Hour), used: map[string]bool{}, scale: 1,
		truth: &Truth{Schema: "sekisho.sim.truth/v1", Campaign: fmt.Sprintf("%s-%d", name, seed), Title: c.title,
			Settings: TruthSettings{Seed: seed, Start: at.Format(time.RFC3339), Background: true}}}
	if len(c.paces) > 0 {
		s.scale = c.paces[r.IntN(len(c.paces))]
	}
	s.truth.Settings.Scale = s.scale
	c.play(s)
	if w.surfaces != nil {
		w.surfaces.explain(rec, NewRand(seed, "surfaces", name))
	}
	out := rec.records()
	t := s.truth
	t.gather(rec)
	if len(t.Principals) == 0 || s.noReturn == "" {
		return nil, nil, fmt.Errorf("play %s: the script lets nobody act, or marks no point of no return", name)
	}
	t.PointOfNoReturn = t.event(s.noReturn)
	for _, id := range s.decisive {
		t.Decisive = append(t.Decisive, t.event(id))
	}
	for i := range t.Minted {
		t.Minted[i].Used = s.used[t.Minted[i].Credential]
	}
	return out, t, s.judge()
}

// judge labels whether the campaign can be stopped, before any detector runs.
func (s *stage) judge() error {
	t := s.truth
	no, err := time.Parse(time.RFC3339, t.PointOfNoReturn.At)
	if err != nil {
		return fmt.Errorf("label %s: %w", t.Campaign, err)
	}
	for _, e := range t.Events {
		if !s.telling[e.ID] {
			continue
		}
		t.Telling = append(t.Telling, e.ID)
		at, err := time.Parse(time.RFC3339, e.At)
		if err != nil {
			return fmt.Errorf("label %s: %w", t.Campaign, err)
		}
		if len(t.Telling) == leastTelling && no.Sub(at) >= leastSeconds*time.Second {
			t.Stoppable = true
		}
	}
	return nil
}

// someone is a member of the cast, by chance: of one of the kinds, with the
// power and no more, so that what a script gains is what its victim lacked. Scripts that find nobody have a world too small for them:
// they panic, as a typing error would, and a test plays them all.
func (s *stage) someone(may power, kinds ...string) member {
	var able []member
	for _, m := range s.w.cast {
		if m.may == may && slices.Contains(kinds, m.kind) {
			able = append(able, m)
		}
	}
	if len(able) == 0 {
		panic(fmt.Sprintf("sim: nobody of %v in the cast has power %d", kinds, may))
	}
	return able[s.r.IntN(len(able))]
}
