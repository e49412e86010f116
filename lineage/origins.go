package lineage

import (
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// View answers detect.Origins for one event: the graph, and the root that the
// event was resolved to. The engine re-uses one View.
type View struct {
	Graph *Graph
	Root  Root
	Now   time.Time
}

var _ detect.Origins = (*View)(nil)

// LastChange implements detect.Origins.
func (v *View) LastChange(workload string, at time.Time) (detect.Change, bool) {
	c, ok := v.Graph.changes[workload]
	if !ok || at.Before(c.At) || at.Sub(c.At) > workloadTTL {
		return detect.Change{}, false
	}
	edge := v.Graph.edges[workloads][workload]
	c.Ours = edge != nil && v.Graph.from(edge).Key == v.Root.Key
	return c, true
}

// LastReset implements detect.Origins.
func (v *View) LastReset(id string, at time.Time) (detect.Change, bool) {
	return v.LastChange(proofOf+id, at)
}

// Created implements detect.Origins.
func (v *View) Created(r sekisho.Ref) (ours, byAnyone bool, at time.Time) {
	edge := v.Graph.find(identities, r)
	if edge == nil {
		return false, false, time.Time{}
	}
	return v.Graph.from(edge).Key == v.Root.Key, true, edge.At
}

// Door implements detect.Origins.
func (v *View) Door() (detect.Door, bool) {
	e := v.Root.Edge
	if e == nil || e.key.table != trusts && e.key.table != providers {
		return detect.Door{}, false
	}
	return detect.Door{At: e.At, By: e.From.Name, Name: e.key.id}, true
}

// OfBuild implements detect.Origins. A build whose code somebody changed is still one: its
// root is who changed it, and who asked for the session is the build.
func (v *View) OfBuild() bool {
	p := &v.Root.Party
	if e := v.Root.Edge; e != nil && e.From.WorkloadType == "build" {
		p = &e.From
	}
	_, door := v.Door()
	return p.WorkloadType == "build" && p.Provider != "" && !door
}

// Issued implements detect.Origins.
func (v *View) Issued(credential string) (detect.Issue, bool) {
	edge := v.Graph.edges[credentials][credential]
	if edge == nil {
		return detect.Issue{}, false
	}
	return edge.issue(), true
}

func (e *Edge) issue() detect.Issue {
	return detect.Issue{At: e.At, By: e.From.Credential, ByActor: e.From.ID, Via: e.Via, Owner: e.Owner, Network: e.Network, Program: e.Program}
}

// IssuedBy says how a party's credential came to be, and by which keys that was joined;
// false when nothing explains it. Who asked for it with another's word for who it is (a
// directory's, a build service's) had no credential: then it goes on to who gave that
// word.
func (g *Graph) IssuedBy(p Party) (issue detect.Issue, joinedBy string, ok bool) {
	edge := g.behind(&p)
	if edge == nil {
		return detect.Issue{}, "", false
	}
	issue, joinedBy = edge.issue(), edge.strength.String()
	if edge.From.Type == sekisho.ActorFederated && issue.By == "" {
		before := g.behind(&edge.From)
		if before == nil {
			before = edge.above
		}
		if before != nil {
			issue.By, issue.Via = first(before.From.Credential, before.From.Name), issue.Via+" after "+before.Via
			joinedBy += ", " + before.strength.String()
		}
	}
	return issue, joinedBy, true
}
