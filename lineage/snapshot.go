package lineage

import (
	"cmp"
	"sort"
	"time"

	"github.com/sekisho/sekisho/detect"
)

// Snapshot is the graph in a form that can be written down; sorted, so that
// equal graphs give equal bytes.
type Snapshot struct {
	Edges   []EdgeSnapshot   `json:"edges"`
	Changes []ChangeSnapshot `json:"changes"`
	// Hour is the one that was reached, in hours since 1970; Pinned are the roots
	// whose edges do not end. Neither is in what was only learned.
	Hour   int64    `json:"hour,omitempty"`
	Pinned []string `json:"pinned,omitempty"`
}

// EdgeSnapshot is one edge with the key that it is found by.
type EdgeSnapshot struct {
	Table    uint8     `json:"table"`
	ID       string    `json:"id"`
	From     Party     `json:"from"`
	At       time.Time `json:"at"`
	Via      string    `json:"via"`
	EventID  string    `json:"event_id"`
	Network  string    `json:"network,omitempty"`
	Program  string    `json:"program,omitempty"`
	Owner    string    `json:"owner,omitempty"`
	With     []string  `json:"with,omitempty"`
	Beyond   *Party    `json:"beyond,omitempty"`
	Ends     int64     `json:"ends"`            // unix seconds
	Sweep    int64     `json:"sweep,omitempty"` // hour in which it is looked at, if that is another than that of Ends
	Strength Strength  `json:"strength"`
	// Above is the edge behind From where that has ended since, Stands the place of it
	// where it is among the edges.
	Above  *EdgeSnapshot `json:"above,omitempty"`
	Stands *PlaceOfEdge  `json:"stands,omitempty"`
	// Bare says that nothing stood behind From when the edge was made: what is found there
	// now came later. Without it, as in what was written before, what is found stood there.
	Bare bool `json:"bare,omitempty"`
}

// PlaceOfEdge is by what an edge is found.
type PlaceOfEdge struct {
	Table uint8  `json:"table"`
	ID    string `json:"id"`
}

// ChangeSnapshot is the last change of one workload.
type ChangeSnapshot struct {
	Workload string        `json:"workload"`
	Change   detect.Change `json:"change"`
}

// Checkpoint copies the graph with what an open incident holds: what goes on
// from it is the same as what never stopped.
func (g *Graph) Checkpoint() Snapshot {
	out := g.Snapshot()
	out.Hour = g.hour
	for key := range g.pinned {
		out.Pinned = append(out.Pinned, key)
	}
	sort.Strings(out.Pinned)
	type place struct {
		table uint8
		id    string
	}
	sweeps := map[place]int64{}
	for h, edges := range g.hours {
		for _, e := range edges {
			if g.edges[e.key.table][e.key.id] == e {
				sweeps[place{uint8(e.key.table), e.key.id}] = h
			}
		}
	}
	for i := range out.Edges {
		x := &out.Edges[i]
		if h := sweeps[place{x.Table, x.ID}]; h != x.Ends/3600 {
			x.Sweep = h
		}
	}
	return out
}

// Snapshot copies the graph.
func (g *Graph) Snapshot() Snapshot {
	var out Snapshot
	for t := range g.edges {
		for _, e := range g.edges[t] {
			out.Edges = append(out.Edges, *g.written(e))
		}
	}
	sort.Slice(out.Edges, func(i, j int) bool {
		if out.Edges[i].Table != out.Edges[j].Table {
			return out.Edges[i].Table < out.Edges[j].Table
		}
		return out.Edges[i].ID < out.Edges[j].ID
	})
	for w, c := range g.changes {
		out.Changes = append(out.Changes, ChangeSnapshot{w, c})
	}
	sort.Slice(out.Changes, func(i, j int) bool { return out.Changes[i].Workload < out.Changes[j].Workload })
	return out
}

// written is an edge with what stands above it, as far as that is found no more.
func (g *Graph) written(e *Edge) *EdgeSnapshot {
	x := &EdgeSnapshot{Table: uint8(e.key.table), ID: e.key.id, From: e.From, At: e.At, Via: e.Via, EventID: e.EventID,
		Network: e.Network, Program: e.Program, Owner: e.Owner, With: e.With, Beyond: e.Beyond, Ends: e.ends, Strength: e.strength, Bare: e.above == nil}
	switch above := e.above; {
	case above == nil:
	case g.edges[above.key.table][above.key.id] == above:
		x.Stands = &PlaceOfEdge{uint8(above.key.table), above.key.id}
	default:
		x.Above = g.written(above)
	}
	return x
}

// read is the edge that was written, with what stands above it.
func read(x *EdgeSnapshot, depth int) *Edge {
	e := &Edge{From: x.From, At: x.At, Via: x.Via, EventID: x.EventID, Network: x.Network, Program: x.Program, Owner: x.Owner, With: x.With, Beyond: x.Beyond,
		ends: x.Ends, strength: x.Strength, key: mapKey{table(x.Table), x.ID}}
	if x.Above != nil && depth < depthMax {
		e.above = read(x.Above, depth+1)
		e.depth = e.above.depth + 1
	}
	return e
}

// restoreAbove finds the edge that stands above one, and above those that were written
// with it.
func (g *Graph) restoreAbove(e *Edge, x *EdgeSnapshot) {
	switch {
	case x.Above != nil && e.above != nil:
		g.restoreAbove(e.above, x.Above)
		return
	case x.Stands != nil:
		if x.Stands.Table < uint8(tables) {
			e.above = g.edges[x.Stands.Table][x.Stands.ID]
		}
		return
	case x.Bare:
		return
	}
	// Written before places were: what is found there now stood there.
	issuer := e.From
	if e.Beyond != nil {
		issuer = *e.Beyond
	}
	if above := g.behind(&issuer); above != nil && above != e && above.depth < depthMax {
		e.above, e.depth = above, above.depth+1
	}
}

// deep counts anew how many edges an edge holds on to, now that all are there.
func (e *Edge) deep() {
	n := 0
	for up := e.above; up != nil && n <= depthMax; up = up.above {
		n++
	}
	e.depth = n
}

// Restore replaces the graph by a snapshot. Edges of a table that this version
// does not know are left out.
func (g *Graph) Restore(from Snapshot) {
	*g = *New()
	for _, x := range from.Edges {
		if x.Table >= uint8(tables) || g.count >= g.max {
			g.dropped++
			continue
		}
		e := read(&x, 0)
		g.edges[x.Table][x.ID] = e
		h := cmp.Or(x.Sweep, e.ends/3600)
		g.hours[h] = append(g.hours[h], e)
		if g.hour == 0 || h < g.hour {
			g.hour = h // so that the first sweep reaches what ended meanwhile
		}
		g.count++
	}
	if from.Hour != 0 {
		g.hour = from.Hour
	}
	for _, key := range from.Pinned {
		g.pinned[key] = true
	}
	for i := range from.Edges {
		x := &from.Edges[i]
		if x.Table >= uint8(tables) {
			continue
		}
		if e := g.edges[x.Table][x.ID]; e != nil {
			g.restoreAbove(e, x)
		}
	}
	for t := range g.edges {
		for _, e := range g.edges[t] {
			e.deep()
		}
	}
	for _, x := range from.Changes {
		g.change(x.Workload, x.Change)
	}
}
