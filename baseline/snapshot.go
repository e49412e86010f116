package baseline

import (
	"encoding/binary"
	"fmt"
	"sort"
)

// Snapshot is the store in a form that can be written down; sorted, so that
// equal stores give equal bytes.
type Snapshot struct {
	Identities []HabitSnapshot `json:"identities"`
	Accounts   []HabitSnapshot `json:"accounts"`
	Workloads  []HabitSnapshot `json:"workloads"`
	Groups     []GroupSnapshot `json:"groups"`
	Heirs      []HeirSnapshot  `json:"heirs"`
}

// HabitSnapshot is one habit: Words are its hashes and counts, eight bytes
// each, little end first, sorted.
type HabitSnapshot struct {
	ID     string `json:"id"`
	Since  int64  `json:"since"` // unix seconds
	Last   int64  `json:"last"`  // day
	Events uint32 `json:"events"`
	Days   uint16 `json:"days"`
	Active uint32 `json:"active"` // days that still count, in eighths
	Words  []byte `json:"words"`
	// Practice is of identities only.
	Practice *PracticeSnapshot `json:"practice,omitempty"`
}

// Snapshot copies the store.
func (s *Store) Snapshot() Snapshot {
	return Snapshot{Identities: snap(s.identities), Accounts: snap(s.accounts), Workloads: snap(s.workloads), Groups: snapGroups(s.groups), Heirs: snapHeirs(s.heirs)}
}

func snap(m map[string]*habit) []HabitSnapshot {
	out := make([]HabitSnapshot, 0, len(m))
	for id, h := range m {
		words := make([]uint64, 0, h.n)
		for _, w := range h.words {
			if w != 0 {
				words = append(words, w)
			}
		}
		sort.Slice(words, func(i, j int) bool { return words[i] < words[j] })
		b := make([]byte, 0, 8*len(words))
		for _, w := range words {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		out = append(out, HabitSnapshot{ID: id, Since: h.since, Last: h.last, Events: h.events, Days: h.days, Active: h.active, Words: b, Practice: h.practice.snapshot()})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// Restore replaces the store by a snapshot.
func (s *Store) Restore(from Snapshot) error {
	s.asked, s.askedOf = "", nil
	for _, x := range []struct {
		list []HabitSnapshot
		into *map[string]*habit
	}{{from.Identities, &s.identities}, {from.Accounts, &s.accounts}, {from.Workloads, &s.workloads}} {
		m := make(map[string]*habit, len(x.list))
		for _, h := range x.list {
			if len(h.Words)%8 != 0 || len(h.Words)/8*4 > habitsMax*3 {
				return fmt.Errorf("baseline of %q: %d bytes of habits are not whole words within the bound", h.ID, len(h.Words))
			}
			n := &habit{since: h.Since, last: h.Last, events: h.Events, days: h.Days, active: h.Active, practice: h.Practice.restore()}
			size := 8
			for size*3 < len(h.Words)/8*4 { // as add left it: a full set stays full
				size *= 2
			}
			n.words = make([]uint64, size)
			for b := h.Words; len(b) > 0; b = b[8:] {
				if w := binary.LittleEndian.Uint64(b); w != 0 {
					n.put(w)
				}
			}
			m[h.ID] = n
		}
		*x.into = m
	}
	return s.restoreGroups(&from)
}
