package correlate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sekisho/sekisho"
)

// Snapshot is a State in a form that can be written down: all episodes and
// incidents, so that what goes on from it gives the same bits as what had never
// stopped. The model, the verdicts and what was learned are not in it.
type Snapshot struct {
	Now       time.Time          `json:"now"`
	Opened    int                `json:"opened"`
	Swept     time.Time          `json:"swept"`
	HeldUntil time.Time          `json:"held_until"`
	Episodes  []EpisodeSnapshot  `json:"episodes"` // open ones in the order of their last event, then held ones
	Incidents []IncidentSnapshot `json:"incidents"`
	// Verdicts are those that people gave, by incident.
	Verdicts map[string]sekisho.Verdict `json:"verdicts,omitempty"`
}

// IncidentSnapshot is one incident, as far as it does not follow from its
// episode.
type IncidentSnapshot struct {
	sekisho.Incident
	Order int `json:"order"`
}

// EpisodeSnapshot is one episode. Carry is its owner's, written by its owner.
type EpisodeSnapshot struct {
	Key          string                  `json:"key"`
	Held         bool                    `json:"held,omitempty"`
	Incident     int                     `json:"incident"` // index, -1 for none
	Start        time.Time               `json:"start"`
	Last         time.Time               `json:"last"`
	Evidence     time.Time               `json:"evidence"`
	Events       int                     `json:"events"`
	Recent       int                     `json:"recent"`
	Suspected    int                     `json:"suspected"`
	Dropped      int                     `json:"dropped"`
	Excess       int                     `json:"excess"`
	Actors       []ActorSnapshot         `json:"actors"`
	Tokens       map[string]sekisho.Nats `json:"tokens,omitempty"`
	Findings     []sekisho.Finding       `json:"findings,omitempty"`
	Sums         []sekisho.Nats          `json:"sums"`
	Backs        sekisho.Nats            `json:"backs"`
	Muted        sekisho.Nats            `json:"muted,omitempty"`
	Tactics      []sekisho.Phase         `json:"tactics,omitempty"`
	Tripwires    []string                `json:"tripwires,omitempty"`
	Privileged   bool                    `json:"privileged,omitempty"`
	PrivilegedAt time.Time               `json:"privileged_at"`
	Declared     bool                    `json:"declared"`
	Seasoned     bool                    `json:"seasoned"`
	Made         []Made                  `json:"made,omitempty"`
	NoReturn     *sekisho.NoReturn       `json:"no_return,omitempty"`
	Planned      PlannedSnapshot         `json:"planned"`
	Window       WindowSnapshot          `json:"window"`
	Net          *WindowSnapshot         `json:"net,omitempty"` // of traffic
	Carry        any                     `json:"-"`
}

// ActorSnapshot is one actor of an episode.
type ActorSnapshot struct {
	Identity     sekisho.Identity   `json:"identity"`
	Credential   sekisho.Credential `json:"credential"`
	LongTerm     bool               `json:"long_term,omitempty"`
	Vendor       string             `json:"vendor,omitempty"` // "" in what was written when there was one
	Type         sekisho.ActorType  `json:"type,omitempty"`
	Workload     string             `json:"workload,omitempty"`
	WorkloadType string             `json:"workload_type,omitempty"`
	SessionID    string             `json:"session_id,omitempty"`
	Suspect      bool               `json:"suspect,omitempty"`
}

// PlannedSnapshot says how much of an episode a plan knows.
type PlannedSnapshot struct {
	Actors      int      `json:"actors"`
	Suspected   int      `json:"suspected"`
	Made        int      `json:"made"`
	Implicated  int      `json:"implicated"`
	Credentials []string `json:"credentials,omitempty"`
}

// WindowSnapshot is what was done in the last ten minutes.
type WindowSnapshot struct {
	What    []uint64         `json:"what,omitempty"`
	Items   []ItemSnapshot   `json:"items,omitempty"`
	Turn    int              `json:"turn,omitempty"`
	Minutes []int64          `json:"minutes,omitempty"`
	Sums    [][amounts]int64 `json:"sums,omitempty"`
}

// ItemSnapshot is one thing done.
type ItemSnapshot struct {
	At      int64         `json:"at"`
	Service uint64        `json:"service"`
	Topic   sekisho.Topic `json:"topic"`
	Kind    uint8         `json:"kind"`
	Refused bool          `json:"refused,omitempty"`
}

// Snapshot copies the state. It is called between events: none waits to be
// handed over by Closed.
func (s *State) Snapshot() Snapshot {
	out := Snapshot{Now: s.now, Opened: s.opened, Swept: s.swept, HeldUntil: s.heldUntil, Verdicts: s.Verdicts}
	at := map[*incident]int{}
	for i, in := range s.incidents {
		at[in] = i
		x := IncidentSnapshot{Incident: in.Incident, Order: in.order}
		x.Raised = slices.Clone(in.Raised)
		if c := in.Containment; c != nil {
			copied := *c
			copied.Actions = slices.Clone(c.Actions)
			x.Containment = &copied
		}
		out.Incidents = append(out.Incidents, x)
	}
	put := func(ep *Episode) {
		x := ep.snapshot()
		if ep.incident != nil {
			x.Incident = at[ep.incident]
		}
		out.Episodes = append(out.Episodes, x)
	}
	for ep := s.oldest; ep != nil; ep = ep.newer {
		put(ep)
	}
	for _, ep := range s.held {
		put(ep)
	}
	// What ended belongs to its incident still: reports tell of it.
	open := map[*Episode]bool{}
	for _, ep := range s.episodes {
		open[ep] = true
	}
	for _, in := range s.incidents {
		for _, ep := range in.episodes {
			if !open[ep] {
				x := ep.snapshot()
				x.Incident = at[in]
				x.Key, x.Carry = "", nil
				out.Episodes = append(out.Episodes, x)
			}
		}
	}
	return out
}

func (ep *Episode) snapshot() EpisodeSnapshot {
	x := EpisodeSnapshot{Key: ep.Key, Held: ep.held, Incident: -1, Start: ep.start, Last: ep.last, Evidence: ep.evidence, Events: ep.events,
		Recent: ep.recent, Suspected: ep.suspected, Dropped: ep.dropped, Excess: ep.excess, Tokens: ep.tokens, Findings: slices.Clone(ep.findings),
		Sums: ep.sums[:], Backs: ep.backs, Muted: ep.muted, Tactics: sortedKeys(ep.tactics), Tripwires: sortedKeys(ep.tripwires), Privileged: ep.privileged,
		PrivilegedAt: ep.privilegedAt, Declared: ep.declared, Seasoned: ep.seasoned, Made: slices.Clone(ep.made), NoReturn: ep.noReturn,
		Planned: PlannedSnapshot{ep.planned.actors, ep.planned.suspected, ep.planned.made, ep.planned.implicated, sortedKeys(ep.planned.credentials)},
		Carry:   ep.Carry}
	for i := range ep.actors {
		a := &ep.actors[i]
		x.Actors = append(x.Actors, ActorSnapshot{a.identity, a.credential, a.longTerm, a.vendor, a.kind, a.workload, a.wtype, a.sessionID, a.suspect})
	}
	x.Window = ep.window.snapshot()
	if ep.net != nil {
		net := ep.net.snapshot()
		x.Net = &net
	}
	return x
}

func (w *window) snapshot() WindowSnapshot {
	x := WindowSnapshot{What: slices.Clone(w.what), Turn: w.turn}
	for _, it := range w.items {
		x.Items = append(x.Items, ItemSnapshot{it.at, it.service, it.topic, uint8(it.kind), it.refused})
	}
	if w.sums != nil {
		x.Minutes = slices.Clone(w.sums.minute[:])
		for i := range w.sums.n {
			x.Sums = append(x.Sums, w.sums.n[i])
		}
	}
	return x
}

// Restore replaces the state by a snapshot; carry makes each episode's Carry,
// given its index in Snapshot.Episodes.
func (s *State) Restore(from *Snapshot, carry func(i int) any) error {
	fresh := New(s.Model, s.Organization)
	fresh.Verdicts, fresh.plan, fresh.changed = s.Verdicts, s.plan, s.changed
	if len(from.Verdicts) > 0 {
		fresh.Verdicts = maps.Clone(from.Verdicts)
		for id, v := range s.Verdicts {
			fresh.Verdicts[id] = v
		}
	}
	*s = *fresh
	s.now, s.opened, s.swept, s.heldUntil = from.Now, from.Opened, from.Swept, from.HeldUntil
	for i := range from.Incidents {
		x := &from.Incidents[i]
		in := &incident{Incident: x.Incident, order: x.Order}
		if in.Containment != nil {
			in.cuts = map[[2]string]bool{}
			for _, a := range in.Containment.Actions {
				in.cuts[cutKey(a)] = true
			}
		}
		s.incidents = append(s.incidents, in)
		s.ids[in.ID] = true
	}
	for i := range from.Episodes {
		x := &from.Episodes[i]
		ep, err := x.episode()
		if err != nil {
			return fmt.Errorf("episode of %q: %w", x.Key, err)
		}
		if x.Incident >= len(s.incidents) {
			return fmt.Errorf("episode of %q: there is no incident %d", x.Key, x.Incident)
		}
		if x.Incident >= 0 {
			ep.incident = s.incidents[x.Incident]
			ep.incident.episodes = append(ep.incident.episodes, ep)
		}
		if x.Key == "" {
			continue // it has ended
		}
		ep.Carry = carry(i)
		s.episodes[ep.Key] = ep
		if ep.held {
			s.held = append(s.held, ep)
		} else {
			s.push(ep)
		}
	}
	return nil
}

func (x *EpisodeSnapshot) episode() (*Episode, error) {
	ep := &Episode{Key: x.Key, held: x.Held, start: x.Start, last: x.Last, evidence: x.Evidence, events: x.Events, recent: x.Recent,
		suspected: x.Suspected, dropped: x.Dropped, excess: x.Excess, findings: x.Findings, backs: x.Backs, muted: x.Muted, privileged: x.Privileged,
		privilegedAt: x.PrivilegedAt, declared: x.Declared, seasoned: x.Seasoned, made: x.Made, noReturn: x.NoReturn,
		planned: revision{actors: x.Planned.Actors, suspected: x.Planned.Suspected, made: x.Planned.Made, implicated: x.Planned.Implicated}}
	if len(x.Sums) != len(ep.sums) || x.Planned.Made > len(x.Made) {
		return nil, errParts
	}
	copy(ep.sums[:], x.Sums)
	if len(x.Findings) > 0 || len(x.Tokens) > 0 {
		ep.tokens, ep.tactics, ep.tripwires = map[string]sekisho.Nats{}, map[sekisho.Phase]bool{}, map[string]bool{}
		for k, n := range x.Tokens {
			ep.tokens[k] = n
		}
	}
	for _, p := range x.Tactics {
		ep.tactics[p] = true
	}
	for _, id := range x.Tripwires {
		ep.tripwires[id] = true
	}
	if len(x.Planned.Credentials) > 0 {
		ep.planned.credentials = map[string]bool{}
		for _, c := range x.Planned.Credentials {
			ep.planned.credentials[c] = true
		}
	}
	for _, a := range x.Actors {
		ep.actors = append(ep.actors, actor{a.Identity, a.Credential, a.LongTerm, a.Workload, a.WorkloadType, a.SessionID, a.Vendor, a.Type, a.Suspect})
	}
	if x.Net != nil {
		ep.net = &window{}
		if err := ep.net.restore(x.Net); err != nil {
			return nil, err
		}
	}
	return ep, ep.window.restore(&x.Window)
}

var errParts = errors.New("its parts do not fit together")

func (w *window) restore(x *WindowSnapshot) error {
	if len(x.What) != len(x.Items) || len(x.Minutes) != len(x.Sums) || len(x.Minutes) != 0 && len(x.Minutes) != sumMinutes {
		return errParts
	}
	w.what, w.turn = x.What, x.Turn
	for _, it := range x.Items {
		w.items = append(w.items, item{it.At, it.Service, it.Topic, itemKind(it.Kind), it.Refused})
	}
	if len(x.Minutes) > 0 {
		w.sums = &sums{}
		copy(w.sums.minute[:], x.Minutes)
		copy(w.sums.n[:], x.Sums)
	}
	return nil
}
