// Package engine joins the stages into one step function and runs events
// through it: lineage, baseline, behaviours, correlation, plan.
//
// A step is deterministic: events in, findings and incidents out. It reads no
// clock, starts nothing, does no I/O and uses no chance; the same events in
// the same order give the same bits.
package engine

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/baseline"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/inventory"
	"github.com/sekisho/sekisho/lineage"
	"github.com/sekisho/sekisho/model"
	"github.com/sekisho/sekisho/respond"
)

// Options of an Engine. The zero value works.
type Options struct {
	Config     *config.Config     // nil: config.Default
	Inventory  []inventory.Entry  // of an inventory file
	Detections []detect.Detection // nil: the built-in ones
	Model      *correlate.Model   // nil: model.Shipped
	// Unjoined leaves lineage out: each credential is its own root. It is there
	// to measure what lineage is worth.
	Unjoined bool
	// Verdicts of people, by incident id.
	Verdicts map[string]sekisho.Verdict
	// Follow notes which incidents change, for Changed, and lets go of those that
	// have been over for a week: for a service, which never ends.
	Follow bool
	// Summaries keeps what each finished episode leaves behind, for Ended.
	Summaries bool
}

// Engine is the state of one organisation. It is owned by one goroutine.
type Engine struct {
	habits *baseline.Store
	facts  *facts
	graph  *lineage.Graph
	corr   *correlate.State

	byTrait  [64][]*detect.Detection // behaviours by the trait that they watch
	always   []*detect.Detection
	wanted   detect.On // union of all traits watched
	scope    detect.Scope
	view     lineage.View
	tempo    correlate.View
	hits     []sekisho.Finding
	tried    []*detect.Detection // behaviours already asked about this event
	ordinary func(string) bool
	named    [namedMax]string  // ids whose names were noted lately
	users    map[string]string // id of a user by ARN, as met; bounded by usersMax
	circ     correlate.Circumstances
	event    *sekisho.Event
	episode  *correlate.Episode // of the event at hand
	placed   sekisho.Event      // a copy of the event at hand, under the machine that it is of
	events   int64
	unjoined bool

	summaries bool
	over      []correlate.Ended
}

// ordinaryTimes is in how many learned episodes someone must have changed a
// workload for the next change to be ordinary: one could be the attack's own
// first try.
const ordinaryTimes = 2

// New returns an engine with empty state.
func New(o Options) *Engine {
	if o.Config == nil {
		o.Config = config.Default()
	}
	deciding := model.Shipped()
	if o.Model != nil {
		deciding = *o.Model
	}
	list := o.Detections
	if list == nil {
		list = detections.All
	}
	g := &Engine{
		habits: baseline.New(),
		graph:  lineage.New(),
		corr:   correlate.New(deciding, o.Config.Organization.ID),
		users:  map[string]string{},

		unjoined: o.Unjoined, summaries: o.Summaries,
	}
	g.corr.Verdicts = o.Verdicts
	if o.Follow {
		g.corr.Follow()
	}
	g.facts = &facts{Store: inventory.New(o.Inventory, o.Config.Accounts()), ledger: inventory.NewLedger(), habits: g.habits, declared: o.Config,
		networks: map[string]detect.Net{}}
	g.view.Graph = g.graph
	g.scope = detect.Scope{History: g.habits, Habits: g.habits, Facts: g.facts, Origins: &g.view, Tempo: &g.tempo}
	for i := range list {
		d := &list[i]
		g.wanted |= d.On
		if d.On&detect.OnAny != 0 {
			g.always = append(g.always, d)
			continue
		}
		for t := range 64 {
			if d.On&(1<<t) != 0 {
				g.byTrait[t] = append(g.byTrait[t], d)
			}
		}
	}
	g.ordinary = func(workload string) bool {
		if g.episode.Doubted() {
			return false // it may be somebody else, for whom nothing here is ordinary
		}
		own, _ := g.habits.Changers(workload, g.event.Actor.ID)
		return own >= ordinaryTimes || g.everyday()
	}
	g.circ.Plan = func(news correlate.News, known func(cut, target string) bool) []sekisho.Action {
		return respond.Plan(g.event.Vendor(), news, known)
	}
	return g
}

// everyday reports whether the event at hand is such work on code as people of a code host
// do all day, on whichever repository: by a person who is known, from where that person
// works, in a lineage that nothing speaks against. A machine that builds run on is
// added seldom.
func (g *Engine) everyday() bool {
	e := g.event
	a := &e.Actor
	if a.Type != sekisho.ActorDirectory && a.Type != sekisho.ActorApp || g.episode.Suspected() {
		return false
	}
	for i := range e.Effects {
		if x := &e.Effects[i]; x.Kind == sekisho.ChangeWorkload && x.What != "source" {
			return false
		}
	}
	x := g.habits.Experience(a.ID)
	return (x.Days >= 2 || x.Events >= 50) && (g.facts.source() == "" || g.facts.Network(e.IP).Declared || g.habits.Seen(a.ID, detect.Network, g.facts.from) || g.habits.Others(e.Account, detect.Network, g.facts.from))
}

// Step takes one event, in order of time, and returns the findings that it
// caused: those that were new evidence. The slice is good until the next Step.
func (g *Engine) Step(e *sekisho.Event) []sekisho.Finding {
	g.events++
	g.event, g.facts.event = e, e
	g.facts.Home(e.Account)
	if e.Kind == sekisho.Inventory {
		// How things are is nobody's deed: no lineage, no habit, no finding. Nor does it
		// end episodes: its time is the collector's, which feeds may lag behind.
		g.facts.Apply(e)
		return nil
	}
	if e.Actor.Type == sekisho.ActorMachine {
		e = g.place(e)
	}
	if e.Kind == sekisho.Traffic {
		return g.traffic(e)
	}
	traits := detect.Traits(e)
	told := e.Find(sekisho.Report) != nil // of the actor, who did nothing
	if told {
		traits &= detect.OnEffect(sekisho.Report)
	}
	service := e.Actor.Type == sekisho.ActorService
	if service && traits&g.wanted&^(detect.OnAny|detect.OnList|detect.OnRead|detect.OnWrite|detect.OnDenied) == 0 {
		// A provider's own service at its routine: it is no one's lineage, has
		// no habits to learn, and no behaviour looks at it.
		g.corr.Expire(e.Time)
		g.close()
		return nil
	}
	root := g.resolve(e)
	g.view.Root, g.view.Now = root, e.Time
	g.facts.root, g.facts.tainted = &g.view.Root.Party, root.Tainted
	network := g.facts.Network(e.IP)
	g.facts.from, g.facts.unplaced = network.Key, false
	ep := g.corr.Touch(root.Key, e.Time)
	g.episode = ep
	g.close()
	routine := root.Tainted && g.habits.Seen(e.Actor.ID, detect.Action, e.Name())
	if !service && !routine && !told {
		ep.Count(e)
	}
	if !ep.Met(e) {
		g.meet(ep, e)
	}
	if e.Succeeded() && (len(e.Effects) > 0 || e.Level == sekisho.LevelPermissions) {
		ep.Makes(e)
	}

	g.hits = g.hits[:0]
	if traits&g.wanted != 0 {
		g.tempo = correlate.View{Episode: ep, Now: e.Time}
		g.scope.Event = e
		g.detect(traits)
		g.alone()
	}
	var fresh []sekisho.Finding
	if len(g.hits) > 0 && traits&detect.OnEffect(sekisho.ReportExposed) != 0 {
		fresh = g.report(e)
	}
	if len(g.hits) > 0 || len(e.Effects) > 0 || root.Tainted || ep.Suspected() {
		g.circumstances(ep, &root)
		fresh = append(slices.Clip(fresh), g.corr.Add(ep, e, g.hits, &g.circ)...)
		if ep.Held() {
			g.graph.Pin(root.Key, true)
		}
	}
	if !told && g.facts.ChangeWindow(&e.Actor, e.Account, e.Time) == "" {
		// Declared unusual work is not how the identity works.
		g.learn(ep, e, network.Key)
	}
	if len(e.Effects) > 0 && !g.unjoined {
		for _, j := range g.graph.Observe(e, lineage.Options{Network: network.Key, Program: baseline.Software(e.Client), Automation: g.automation(), Ordinary: g.ordinary}) {
			g.corr.Join(j.From, j.Into, g.partyIdentity(&j.Root), adopt, g.issued)
			g.graph.Pin(j.From, false)
		}
	}
	g.facts.Apply(e)
	if len(e.Effects) > 0 {
		g.facts.ledger.Note(e, g.facts.outside)
	}
	return fresh
}

// resolve finds the root behind an event.
func (g *Engine) resolve(e *sekisho.Event) lineage.Root {
	if g.unjoined {
		p := lineage.PartyOf(e)
		return lineage.Root{Key: p.Key(), Party: p}
	}
	return g.graph.Resolve(e)
}

// detect asks the behaviours that watch any of the event's traits.
func (g *Engine) detect(traits detect.On) {
	g.tried = g.tried[:0]
	for _, d := range g.always {
		g.ask(d)
	}
	for rest := uint64(traits & g.wanted &^ detect.OnAny); rest != 0; rest &= rest - 1 {
		for _, d := range g.byTrait[bits.TrailingZeros64(rest)] {
			if !slices.Contains(g.tried, d) {
				g.tried = append(g.tried, d)
				g.ask(d)
			}
		}
	}
}

// alone takes the backing from findings on an event whose own use of power is
// evidence already: that a first key for another is new to its maker is no second
// sign beside the key.
func (g *Engine) alone() {
	if len(g.hits) < 2 || !correlate.UsesPower(g.event) || !slices.ContainsFunc(g.hits, func(f sekisho.Finding) bool {
		return f.Family == sekisho.FamilyLineage || f.Family == sekisho.FamilyTripwire
	}) {
		return
	}
	for i := range g.hits {
		g.hits[i].Backs = g.hits[i].Backs && g.hits[i].Family == sekisho.FamilySource
	}
}

// report lays what a provider's notice tells of an identity to that identity's
// lineage: who put up the notice has no part in it. Without a lineage that we
// know the findings stay with the notice's own.
func (g *Engine) report(e *sekisho.Event) []sekisho.Finding {
	x := e.Find(sekisho.ReportExposed)
	id, known := g.users[x.Identity.ARN]
	if !known || id == e.Actor.ID {
		return nil
	}
	about := g.hits[:0:0]
	rest := g.hits[:0]
	for _, f := range g.hits {
		if f.Key == x.Identity.Label() {
			f.Identity = id
			about = append(about, f)
		} else {
			rest = append(rest, f)
		}
	}
	g.hits = rest
	if len(about) == 0 {
		return nil
	}
	user := sekisho.Actor{Type: sekisho.ActorUser, ID: id, Name: x.Identity.Name, ARN: x.Identity.ARN, Account: x.Identity.Account,
		Credential: x.Credential, LongTerm: true}
	seen := *e // the notice, as something that befell the user
	seen.Actor, seen.Effects = user, nil
	root := g.graph.Up(lineage.PartyOf(&seen))
	ep := g.corr.Touch(root.Key, e.Time)
	g.close()
	if !ep.Met(&seen) {
		g.meet(ep, &seen)
	}
	history := g.habits.Experience(id)
	g.circ = correlate.Circumstances{Plan: g.circ.Plan, Root: g.partyIdentity(&root.Party), Seasoned: correlate.Seasoned(history.Days, history.Events)}
	fresh := g.corr.Add(ep, e, about, &g.circ)
	if ep.Held() {
		g.graph.Pin(root.Key, true)
	}
	return fresh
}

// namedMax is how many ids are remembered as named; one that is not is named
// again, which changes nothing.
const namedMax = 1 << 12

// usersMax bounds the users whose id is remembered by name: lasting users are
// hundreds where sessions are millions.
const usersMax = 1 << 16

// ask runs one behaviour.
func (g *Engine) ask(d *detect.Detection) {
	hit := d.Match(&g.scope, g.event)
	if hit == nil {
		return
	}
	f := g.claim(d, hit)
	if g.corr.Model.Without[f.Family] || !g.tempo.Episode.New(&f) {
		return // most hits of a burst repeat what has been counted
	}
	if hit.Why != nil {
		f.Reason = hit.Why()
	}
	if e := g.event; !f.Tripwire {
		if x := g.facts.declared.Exception(d.ID, e.Actor.Name, e.Actor.ARN, e.Account, e.Target, e.Time); x != nil {
			f.Excepted = true
			f.Reason += fmt.Sprintf(" (excepted until %s by %s: %s)", x.Until.UTC().Format(time.DateOnly), x.Owner, x.Reason)
		}
	}
	g.suppose(d, &f)
	g.hits = append(g.hits, f)
}

// vouched reports whether the actor is a person for whom a second factor or a
// directory has spoken.
func (g *Engine) vouched(a *sekisho.Actor) bool {
	kind, _ := g.facts.Kind(a)
	return kind == sekisho.KindHuman && (a.MFA || a.Subject != "")
}

// What a decisive behaviour must claim by itself to be a tripwire in doubt, and
// what it then claims at least: as much as the weakest behaviour that is always
// one. A claim below two nats says that the behaviour itself thinks little of it.
const (
	decisiveLeast = 2 * sekisho.Nat
	inDoubt       = 6 * sekisho.Nat
)

// claim is what a behaviour's hit on the event at hand makes of it.
func (g *Engine) claim(d *detect.Detection, hit *detect.Hit) sekisho.Finding {
	e := g.event
	f := sekisho.Finding{Detection: d.ID, Title: d.Title, EventID: e.ID, Source: e.Source, At: e.Time, Identity: e.Actor.ID, Reason: hit.Reason, Key: hit.Key,
		Family: d.Family, Tripwire: d.Tripwire && !hit.Demote, Start: d.Weight, Phases: d.Phases, Attack: d.Attack, Atlas: d.Atlas,
		Feed: string(d.Feed), Cut: d.Cut, Changes: hit.Changes, Prior: hit.Prior}
	if hit.Weight != 0 {
		f.Start = hit.Weight
	}
	if hit.Phases != nil {
		f.Phases = hit.Phases
	}
	if d.Tripwire && hit.Demote {
		// Without its tripwire a behaviour is evidence of what was done, and is
		// capped with the rest of that.
		f.Family = sekisho.FamilyLineage
		if hit.Weight == 0 {
			f.Start = d.Weight / 2
		}
	}
	if d.Decisive && !f.Tripwire && f.Start >= decisiveLeast && e.Succeeded() && g.tempo.Doubted() &&
		g.scope.Facts.ChangeWindow(&e.Actor, e.Account, e.Time) == "" {
		f.Tripwire, f.Family, f.Start = true, sekisho.FamilyTripwire, max(f.Start, inDoubt)
	}
	// How fast and how broadly somebody of whom nothing is known acts says little,
	// but of a lasting key: programs of the house have roles.
	f.Backs = f.Family == sekisho.FamilySource || (f.Family == sekisho.FamilyTempo || f.Family == sekisho.FamilyAction) && (g.scope.Known() || e.Actor.LongTerm)
	// What is new of the use of power itself says who acts only where nobody
	// vouches for that: a person with a second factor begins new work all the time,
	// a program's key seldom does.
	f.Backs = f.Backs && !(correlate.UsesPower(e) && g.vouched(&e.Actor))
	f.Claimed = g.corr.Model.Weigh(&f)
	return f
}

// automation reports whether the event's actor is known automation.
func (g *Engine) automation() bool {
	yes, _ := g.facts.Automation(&g.event.Actor)
	return yes
}

// Sizes are how much the engine holds.
type Sizes struct{ Identities, Episodes, Incidents, Edges int }

// Sizes tells how much the engine holds.
func (g *Engine) Sizes() Sizes {
	episodes, incidents := g.corr.Sizes()
	return Sizes{g.habits.Identities(), episodes, incidents, g.graph.Edges()}
}

// Identify is an event's actor as reports name it.
func (g *Engine) Identify(e *sekisho.Event) sekisho.Identity {
	out := g.identity(&e.Actor)
	out.System = e.Vendor()
	return out
}

// Portrait is how an identity usually works; false if nothing was learned of it.
func (g *Engine) Portrait(id string) (detect.Portrait, bool) { return g.habits.Portrait(id) }

// identity is an actor as reports name it.
func (g *Engine) identity(a *sekisho.Actor) sekisho.Identity {
	kind, evidence := g.facts.Kind(a)
	return sekisho.Identity{ID: a.ID, Name: a.Name, ARN: a.ARN, Account: a.Account, Kind: kind, KindEvidence: evidence}
}

// meet tells the episode who the event's actor is and where its credential
// came from.
func (g *Engine) meet(ep *correlate.Episode, e *sekisho.Event) {
	a := &e.Actor
	if slot := &g.named[xxhash.Sum64String(a.ID)%namedMax]; *slot != a.ID && g.habits.Experience(a.ID).Events == 0 {
		*slot = a.ID
		g.name(a)
	}
	if a.Type == sekisho.ActorUser {
		if _, had := g.users[a.ARN]; had || len(g.users) < usersMax {
			g.users[a.ARN] = a.ID
		}
	}
	c := sekisho.Credential{ID: a.Credential, Identity: a.ID, Session: a.Session}
	if !explained(&c, g.graph, lineage.PartyOf(e)) && !a.SessionStart.IsZero() {
		c.IssuedAt = a.SessionStart
	}
	id := g.identity(a)
	id.System = e.Vendor()
	if a.Subject != "" && (a.Type == sekisho.ActorDirectory || a.Type == sekisho.ActorFederated && a.WorkloadType == "") {
		id.Person = strings.ToLower(a.Subject)
	}
	ep.Meet(e, id, c)
}

// name notes what a newcomer is called, which a later one may imitate.
func (g *Engine) name(a *sekisho.Actor) {
	switch a.Type {
	case sekisho.ActorRole:
		g.facts.ledger.Name("role", a.Account, a.Name)
	case sekisho.ActorUser:
		g.facts.ledger.Name("user", a.Account, a.Name)
	}
	if sort, account, name := inventory.WorkloadName(a.Workload); name != "" {
		g.facts.ledger.Name(sort, account, name)
	}
}

// issued says where a credential came from, now that more is known.
func (g *Engine) issued(c *sekisho.Credential, sessionID string) {
	explained(c, g.graph, lineage.Party{ID: c.Identity, Credential: c.ID, SessionID: sessionID})
}

// explained fills in the edge that stands behind a party's credential; false
// if there is none.
func explained(c *sekisho.Credential, graph *lineage.Graph, p lineage.Party) bool {
	issue, joinedBy, ok := graph.IssuedBy(p)
	if ok {
		c.IssuedBy, c.IssuedAt, c.Via, c.Strength = issue.By, issue.At, issue.Via, joinedBy
	}
	return ok
}

// partyIdentity is a party as reports name it.
func (g *Engine) partyIdentity(p *lineage.Party) sekisho.Identity {
	out := g.identity(&sekisho.Actor{Type: p.Type, ID: p.ID, Name: p.Name, ARN: p.ARN, Account: p.Account, Kind: p.Kind, KindEvidence: p.KindEvidence})
	out.System = p.System
	return out
}

// circumstances gathers what a decision needs beside the findings.
func (g *Engine) circumstances(ep *correlate.Episode, root *lineage.Root) {
	e, c := g.event, &g.circ
	*c = correlate.Circumstances{Plan: c.Plan} // nothing of another lineage's event may count here
	c.NoReturn = g.noReturn(ep, root)
	if len(g.hits) == 0 && !ep.Suspected() {
		return
	}
	c.Root = g.partyIdentity(&root.Party)
	c.Declared = g.facts.ChangeWindow(&e.Actor, e.Account, e.Time) != ""
	x := g.habits.Experience(e.Actor.ID)
	c.Seasoned = correlate.Seasoned(x.Days, x.Events)
}

// learn sets the event aside for the baseline.
func (g *Engine) learn(ep *correlate.Episode, e *sekisho.Event, network string) {
	p, _ := ep.Carry.(*baseline.Pending)
	if p == nil {
		p = &baseline.Pending{}
		ep.Carry = p
	}
	g.habits.Note(p, e, network)
}

// adopt joins what two episodes of one lineage may teach.
func adopt(from, into *correlate.Episode) {
	a, _ := from.Carry.(*baseline.Pending)
	b, _ := into.Carry.(*baseline.Pending)
	if a == nil {
		return
	}
	if b == nil {
		into.Carry = a
		return
	}
	b.Adopt(a)
}

// close learns from the episodes that ended, unless they were part of an
// attack.
func (g *Engine) close() {
	for _, ep := range g.corr.Closed() {
		g.ended(ep, true)
	}
}

func (g *Engine) ended(ep *correlate.Episode, learn bool) {
	if g.summaries {
		g.over = append(g.over, g.corr.Summary(ep))
	}
	if p, _ := ep.Carry.(*baseline.Pending); p != nil {
		if (learn || g.corr.Harmless(ep)) && g.corr.Learnable(ep) {
			g.habits.Learn(p)
		} else {
			g.habits.Disown(p)
		}
	}
	if ep.Held() {
		g.graph.Pin(ep.Key, false)
	}
}

// Ended hands over the episodes that ended since the last call, if Options asked
// for it.
func (g *Engine) Ended() []correlate.Ended {
	out := g.over
	g.over = nil
	return out
}

// Finish hands over what the episodes that are still open would leave behind.
func (g *Engine) Finish() []correlate.Ended {
	var out []correlate.Ended
	for _, ep := range g.corr.Open() {
		out = append(out, g.corr.Summary(ep))
	}
	return out
}

// Forget ends a fold: open episodes are learned as if they had ended, incidents
// are dropped, and what was learned stays. Of an open incident of medium
// severity nothing is learned, unless the fold was over history that the
// operator named as such; of one that called for containment, never.
func (g *Engine) Forget(history bool) {
	for _, ep := range g.corr.Forget() {
		g.ended(ep, history || !ep.Held())
	}
	g.events = 0
}

// Incidents are all incidents so far, in the order in which they opened, each
// with the chain of its credentials. They are copies.
func (g *Engine) Incidents() []sekisho.Incident {
	all := g.corr.Incidents()
	for i := range all {
		g.explain(&all[i])
	}
	return all
}

// Verdict takes a person's word on an incident, from the time of the latest event
// on: that is what the person can have looked at.
func (g *Engine) Verdict(v sekisho.Verdict) { g.corr.Verdict(v) }

// Changed are the incidents that changed since the last call, if Options asked to
// follow them. They are copies.
func (g *Engine) Changed() []sekisho.Incident {
	changed := g.corr.Changed()
	for i := range changed {
		g.explain(&changed[i])
	}
	return changed
}

// explain writes the lineage of an incident's credentials in sentences, from
// the edges that its credentials carry.
func (g *Engine) explain(in *sekisho.Incident) {
	names := map[string]string{}
	first := map[string]*sekisho.Identity{} // by person
	for i := range in.Identities {
		id := &in.Identities[i]
		names[id.ID] = id.Name
		if id.Person == "" {
			continue
		}
		if one := first[id.Person]; one == nil {
			first[id.Person] = id
		} else if one.System != id.System {
			in.Chain = append(in.Chain, fmt.Sprintf("%s (%s) is %s (%s): both are known as %s, joined by name", id.Name, id.System, one.Name, one.System, id.Person))
		}
	}
	for _, c := range in.Credentials {
		if c.Via == "" {
			continue
		}
		line := c.ID
		if n := names[c.Identity]; n != "" {
			line += " (" + n
			if c.Session != "" && c.Session != n {
				line += "/" + c.Session
			}
			line += ")"
		}
		line += " ← " + c.Via
		if c.IssuedBy != "" {
			line += " by " + c.IssuedBy
		}
		in.Chain = append(in.Chain, line+" at "+c.IssuedAt.UTC().Format("2006-01-02T15:04:05Z")+", joined by "+c.Strength)
	}
}

// Model is what decides here.
func (g *Engine) Model() correlate.Model { return g.corr.Model }

// Stats are the sizes of the engine's state.
type Stats struct {
	Events     int64
	Identities int // with a baseline
	Days       int // on which the best known account was learned from
	Dropped    int // facts and edges not kept for want of room
}

// Stats returns the sizes of the state.
func (g *Engine) Stats() Stats {
	return Stats{Events: g.events, Identities: g.habits.Identities(), Days: g.habits.Days(), Dropped: g.graph.Dropped() + g.facts.Dropped() + g.facts.ledger.Dropped()}
}
