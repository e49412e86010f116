package engine

import (
	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/detect"
)

// place makes an event that names a network interface one of the machine that has it.
// Records of the network mostly name nothing else.
func (g *Engine) place(e *sekisho.Event) *sekisho.Event {
	if e.Actor.Workload != "" || e.Actor.Session == "" {
		return e
	}
	machine := g.facts.Machine(e.Actor.Session)
	if machine == "" {
		return e
	}
	g.placed = *e
	a := &g.placed.Actor
	a.ID, a.Name, a.Workload, a.WorkloadType = machine, machine, machine, "instance"
	a.KindEvidence = "the interface is the machine's"
	g.event, g.facts.event = &g.placed, &g.placed
	return &g.placed
}

// traffic takes one record of the network. They are a thousand for each call, and nearly
// all repeat what the machine always does: of those the way is short. What they show is
// laid to the lineage of the machine, whose episode they are part of and prolong.
func (g *Engine) traffic(e *sekisho.Event) []sekisho.Finding {
	x := e.Find(sekisho.Connect)
	if x == nil {
		x = e.FindTried(sekisho.Connect)
	}
	if x == nil || x.What == "in" && !e.Succeeded() {
		return nil // strangers who knock are no deed of the machine
	}
	root := g.resolve(e)
	g.view.Root, g.view.Now = root, e.Time
	g.facts.root, g.facts.tainted = &g.view.Root.Party, root.Tainted
	from := ""
	if g.facts.unplaced = x.What != "out"; x.What == "out" { // of others nobody learns it
		from = g.facts.Network(e.IP).Key
	}
	g.facts.from = from
	ep := g.corr.Touch(root.Key, e.Time)
	g.close()
	if x.What != "inside" || !g.habits.Seen(e.Actor.ID, detect.Touched, "inside "+x.Resource) {
		ep.Sent(e, x)
	}
	g.hits = g.hits[:0]
	g.tempo = correlate.View{Episode: ep, Now: e.Time}
	g.scope.Event = e
	g.detect(detect.Traits(e) & detect.OnEffect(sekisho.Connect))
	var fresh []sekisho.Finding
	if len(g.hits) > 0 {
		if !ep.Met(e) {
			g.meet(ep, e)
		}
		g.circumstances(ep, &root)
		fresh = g.corr.Add(ep, e, g.hits, &g.circ)
		if ep.Held() {
			g.graph.Pin(root.Key, true)
		}
	}
	g.learn(ep, e, from)
	return fresh
}
