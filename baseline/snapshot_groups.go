package baseline

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// GroupSnapshot is what is usual among many: Values are hashes, shown days (in
// eighths) and last days, 8, 4 and 4 bytes each, little end first, sorted.
type GroupSnapshot struct {
	ID       string `json:"id"`
	Exposure uint64 `json:"exposure"`
	Day      int64  `json:"day"`
	Values   []byte `json:"values"`
}

// HeirSnapshot says whom an identity without habits of its own is like.
type HeirSnapshot struct {
	ARN   string `json:"arn"`
	Peers string `json:"peers"`
}

// valueBytes is the size of one value of a GroupSnapshot.
const valueBytes = 16

func snapGroups(m map[string]*group) []GroupSnapshot {
	out := make([]GroupSnapshot, 0, len(m))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		g := m[id]
		b := make([]byte, 0, valueBytes*len(g.values))
		for _, h := range slices.Sorted(maps.Keys(g.values)) {
			v := g.values[h]
			b = binary.LittleEndian.AppendUint64(b, h)
			b = binary.LittleEndian.AppendUint32(b, v.mass)
			b = binary.LittleEndian.AppendUint32(b, v.day)
		}
		out = append(out, GroupSnapshot{ID: id, Exposure: g.exposure, Day: g.day, Values: b})
	}
	return out
}

func snapHeirs(m map[string]string) []HeirSnapshot {
	out := make([]HeirSnapshot, 0, len(m))
	for _, arn := range slices.Sorted(maps.Keys(m)) {
		out = append(out, HeirSnapshot{arn, m[arn]})
	}
	return out
}

// restoreGroups replaces groups and heirs by a snapshot's.
func (s *Store) restoreGroups(from *Snapshot) error {
	s.groups, s.heirs = make(map[string]*group, len(from.Groups)), make(map[string]string, len(from.Heirs))
	for _, x := range from.Groups {
		if len(x.Values)%valueBytes != 0 || len(x.Values)/valueBytes > valuesMax || x.Exposure > 1<<40 {
			return fmt.Errorf("baseline of group %q: %d bytes of values are not whole values within the bound", x.ID, len(x.Values))
		}
		g := &group{exposure: x.Exposure, day: x.Day, values: make(map[uint64]share, len(x.Values)/valueBytes)}
		for b := x.Values; len(b) > 0; b = b[valueBytes:] {
			g.values[binary.LittleEndian.Uint64(b)] = share{binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])}
		}
		s.groups[x.ID] = g
	}
	if len(from.Heirs) > heirsMax {
		return fmt.Errorf("baseline: %d heirs are more than %d", len(from.Heirs), heirsMax)
	}
	for _, x := range from.Heirs {
		s.heirs[x.ARN] = x.Peers
	}
	return nil
}
