package baseline

// PendingSnapshot is what an open episode has brought and may teach, in a form
// that can be written down.
type PendingSnapshot struct {
	Learners []LearnerSnapshot `json:"learners"`
	Excess   int               `json:"excess,omitempty"`
}

// LearnerSnapshot is what one identity has brought.
type LearnerSnapshot struct {
	ID      string         `json:"id"`
	Account string         `json:"account"`
	Source  string         `json:"source,omitempty"`
	Peers   string         `json:"peers"`
	Arrival uint64         `json:"arrival,omitempty"`
	Known   bool           `json:"known"` // the identity had habits when the episode met it
	First   int64          `json:"first"`
	Last    int64          `json:"last"`
	Events  uint32         `json:"events"`
	Combos  [4]uint64      `json:"combos"`
	Turn    uint8          `json:"turn"`
	Words   []uint64       `json:"words,omitempty"`
	Changed []string       `json:"changed,omitempty"`
	Took    []string       `json:"took,omitempty"`
	Made    []string       `json:"made,omitempty"`
	Tally   *TallySnapshot `json:"tally,omitempty"`
}

// TallySnapshot is how much, when and where an identity worked.
type TallySnapshot struct {
	Amounts  []int64              `json:"amounts"`
	Hours    uint32               `json:"hours"`
	Minute   int64                `json:"minute"`
	InMinute int64                `json:"in_minute"`
	Actions  []uint64             `json:"actions,omitempty"`
	Services []uint64             `json:"services,omitempty"`
	Traits   [traitLists][]string `json:"traits"`
}

// Snapshot copies what is pending.
func (p *Pending) Snapshot() PendingSnapshot {
	out := PendingSnapshot{Excess: p.excess}
	for i := range p.learners {
		l := &p.learners[i]
		x := LearnerSnapshot{ID: l.id, Account: l.account, Source: l.source, Peers: l.peers, Arrival: l.arrival, Known: l.key != nil,
			First: l.first, Last: l.last, Events: l.events, Combos: l.known, Turn: l.turn, Words: l.words, Changed: l.changed, Took: l.took, Made: l.made}
		if t := l.tally; t != nil {
			x.Tally = &TallySnapshot{t.amounts[:], t.hours, t.minute, t.inMinute, t.actions, t.services, t.traits}
		}
		out.Learners = append(out.Learners, x)
	}
	return out
}

// Pending reads a snapshot back. What is beyond the bounds is counted and left
// out.
func (s *Store) Pending(from *PendingSnapshot) *Pending {
	p := &Pending{excess: from.Excess}
	for i := range from.Learners {
		x := &from.Learners[i]
		if len(p.learners) >= learnersMax {
			p.excess++
			continue
		}
		l := learner{id: x.ID, account: x.Account, source: x.Source, peers: x.Peers, arrival: x.Arrival, first: x.First, last: x.Last,
			events: x.Events, known: x.Combos, turn: x.Turn, words: x.Words, changed: x.Changed, took: x.Took, made: x.Made}
		if x.Known {
			l.key = s.of(x.ID)
		}
		if t := x.Tally; t != nil {
			l.tally = &tally{hours: t.Hours, minute: t.Minute, inMinute: t.InMinute, actions: t.Actions, services: t.Services, traits: t.Traits}
			copy(l.tally.amounts[:], t.Amounts)
		}
		p.learners = append(p.learners, l)
	}
	return p
}
