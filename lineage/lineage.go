// Package lineage answers who stands behind a credential, through every hop:
// which credential issued which, who changed the code that then acted, who
// opened the trust through which someone came in.
//
// The graph is a set of edges from what acts to who made it able to act. An
// edge is found by the strongest key that a record offers, and the walk is
// done afresh for each event, so an edge that arrives late re-roots everything
// below it at once; Observe says which roots thereby became one.
//
// An edge lives as long as what it explains can act: a session until it
// expires, a lasting key or a created identity for 7 days, a changed workload
// for 24 hours. Edges of a lineage that is pinned (it has an open incident)
// do not end. Nothing is ever joined by time, address or name alone.
package lineage

import (
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// How long edges live. Sessions end with their credential; the others are the
// limits of DESIGN.md section 3 ("within a time limit"), chosen so that a
// campaign of a week stays whole and ordinary life does not pile up.
const (
	sessionTTL  = 36 * time.Hour // the longest a session token can live
	issuedTTL   = 7 * 24 * time.Hour
	workloadTTL = 24 * time.Hour
	// vouchedTTL is how long a sign-on explains sessions that the application gives: the
	// portals of clouds keep a person signed in for a working day.
	vouchedTTL = 12 * time.Hour
	// ownNameTTL is how long after a sign-on a session that bears a name which is no mail
	// address may begin: the application's own name is another person's in another
	// application.
	ownNameTTL = 2 * time.Minute
	// clocksApart is how far the clocks of two systems are trusted to be apart.
	clocksApart = 5 * time.Second
	depthMax    = 32
	// edgesMax bounds memory: beyond it the edge that ends soonest goes.
	edgesMax = 1 << 20
)

// A Party is one actor as an edge remembers it: what is needed to name it and
// to go on to who stands behind it.
type Party struct {
	ID, Name, ARN, Account string
	Type                   sekisho.ActorType
	Kind                   sekisho.IdentityKind
	KindEvidence           string
	Credential             string
	LongTerm               bool
	Session, SessionID     string
	Workload, WorkloadType string
	Subject, Provider      string
	SourceIdentity         string
	Parent                 string
	FromConsole            bool
	System                 string // in which it acts; see sekisho.Event.Vendor
	// Started is when its session was given, or when it asked for one with another's word;
	// unix seconds, 0 if unknown. What was vouched or changed after is not behind it.
	Started int64 `json:"Started,omitzero"`
}

// PartyOf copies what an edge keeps of an event's actor.
func PartyOf(e *sekisho.Event) Party {
	a := &e.Actor
	var started int64
	switch {
	case !a.SessionStart.IsZero():
		started = a.SessionStart.Unix()
	case a.Type == sekisho.ActorFederated:
		started = e.Time.Unix() // a word is good for one call
	}
	return Party{
		Started: started,
		ID:      a.ID, Name: a.Name, ARN: a.ARN, Account: a.Account, Type: a.Type, Kind: a.Kind, KindEvidence: a.KindEvidence,
		Credential: a.Credential, LongTerm: a.LongTerm, Session: a.Session, SessionID: a.SessionID,
		Workload: a.Workload, WorkloadType: a.WorkloadType, Subject: a.Subject, Provider: a.Provider,
		SourceIdentity: a.SourceIdentity, Parent: a.Parent, FromConsole: a.FromConsole, System: e.Vendor(),
	}
}

// Key is the natural root of a party when no edge explains it: the same for
// all that one human, workload or principal does.
func (p *Party) Key() string {
	switch {
	case p.Type == sekisho.ActorService:
		return "service:" + p.ID
	case p.Type == sekisho.ActorAnonymous:
		return "anonymous"
	case p.Type == sekisho.ActorRoot:
		return "root:" + p.Account
	case p.SourceIdentity != "":
		return "subject:" + p.SourceIdentity
	case p.Subject != "":
		// The same person to the directory, the code host and the cloud: each writes the
		// name in the case that it was once given.
		return "subject:" + strings.ToLower(p.Subject)
	case p.Workload != "" && (p.WorkloadType == "instance" || p.Type == sekisho.ActorMachine):
		// A machine is one, whatever role it has and whoever tells of it: its sessions,
		// the network, a detector.
		return "workload:" + p.Workload
	case p.Type == sekisho.ActorRole && p.Workload != "":
		return "workload:" + p.ID + "/" + p.Workload
	case p.Type == sekisho.ActorRole && p.SessionID != "":
		// The account that owns a role records every session it gives, so a
		// session that nothing explains is one from before the trail began, or
		// one whose edge is still on its way: it must be movable by itself.
		return p.SessionID
	case p.Parent != "":
		return p.Parent
	}
	return p.ID
}

// Strength says how an edge was joined, strongest first.
type Strength uint8

const (
	ByCredential Strength = iota + 1 // the response that issued the credential named it
	BySession                        // the response named the session
	ByWorkload                       // the session belongs to a workload that was changed
	ByIdentity                       // the identity was made or given a password by the issuer
	ByTrust                          // it came in through a trust or provider that was opened
	ByResource                       // it took a resource that was shared
	BySignOn                         // a directory told the application that it is this person
)

// String is the word used in reports.
func (s Strength) String() string {
	return [...]string{"", "credential id", "session id", "changed workload", "created identity", "opened trust", "shared resource", "sign-on"}[min(int(s), 7)]
}

// Edge says who made something able to act.
type Edge struct {
	From    Party // the issuer
	At      time.Time
	Via     string // event name of the call
	EventID string
	Network string // where the issuer called from, as Facts.Network keys it
	Program string // and with what, as detect.Software has it
	Owner   string // for credentials: id of the identity that owns it
	With    []string
	Beyond  *Party // who let From in, where a trust or provider was opened to it
	// above is the edge that stood behind From (or Beyond) then. What a session
	// made outlives the session: its edge must not lose its own past when that
	// of the session ends.
	above    *Edge
	depth    int   // how many edges above holds on to, at most depthMax
	ends     int64 // unix seconds
	strength Strength
	key      mapKey
}

type table uint8

const (
	credentials table = iota
	sessions
	workloads
	identities
	passwords
	trusts
	providers
	resources
	subjects
	tables
)

type mapKey struct {
	table table
	id    string
}

// Graph is the state of one organisation. It is owned by one goroutine.
type Graph struct {
	edges   [tables]map[string]*Edge
	changes map[string]detect.Change // by workload: last change that was not automation's
	hours   map[int64][]*Edge        // edges by the hour in which they end
	hour    int64                    // hours before this one are swept
	count   int
	stale   int             // edges in hours that were replaced or removed since
	max     int             // edgesMax, less in tests
	dropped int             // edges dropped for want of room
	pinned  map[string]bool // root keys whose edges do not end
}

// New returns an empty graph.
func New() *Graph {
	g := &Graph{changes: map[string]detect.Change{}, hours: map[int64][]*Edge{}, pinned: map[string]bool{},
		max: edgesMax}
	for i := range g.edges {
		g.edges[i] = map[string]*Edge{}
	}
	return g
}

// Root is where a walk ended.
type Root struct {
	Key   string
	Party Party
	// Edge is the first hop, nil when the actor is its own root; Tainted says
	// that some hop went through a changed workload, so that what the actor
	// always does is not the root's doing.
	Edge    *Edge
	Tainted bool
}

// Edges is how many edges are known.
func (g *Graph) Edges() (n int) {
	for _, m := range g.edges {
		n += len(m)
	}
	return n
}

// Resolve walks from an event's actor to its root. Edges that ended in an hour
// before the event's are gone.
func (g *Graph) Resolve(e *sekisho.Event) Root {
	g.sweep(e.Time)
	if e.Actor.Type == sekisho.ActorService || e.Actor.Type == sekisho.ActorUnknown || e.Actor.Type == sekisho.ActorAccount {
		if edge := g.byResource(e); edge != nil {
			r := g.from(edge)
			r.Edge = edge
			return r
		}
	}
	p := PartyOf(e)
	if e.Kind == sekisho.SignIn && e.Actor.Type == sekisho.ActorUser {
		p.FromConsole = true
	}
	edge := g.behind(&p)
	if edge == nil {
		edge = g.admitted(e)
	}
	if edge == nil && (p.Type != sekisho.ActorFederated || p.Parent == "") {
		return Root{Key: p.Key(), Party: p} // nearly every event: its actor is its own root
	}
	if edge == nil {
		return g.Up(p)
	}
	r := g.from(edge)
	r.Edge = edge
	r.Tainted = r.Tainted || edge.strength == ByWorkload
	return r
}

// Up walks from a party to its root.
func (g *Graph) Up(p Party) Root { return g.up(p, nil, nil) }

// from walks from the issuer of an edge.
func (g *Graph) from(e *Edge) Root { return g.up(e.From, e.Beyond, e.above) }

// up walks from a party, which beyond stands behind if no edge does; above is
// the edge that stood behind the last of them when they acted.
func (g *Graph) up(p Party, beyond *Party, above *Edge) Root {
	r := Root{}
	for range depthMax {
		edge := g.behind(&p)
		if edge == nil && beyond == nil {
			edge, above = above, nil
		}
		switch {
		case edge != nil:
			r.Tainted = r.Tainted || edge.strength == ByWorkload
			p, beyond, above = edge.From, edge.Beyond, edge.above
			continue
		case beyond != nil:
			p, beyond = *beyond, nil
			continue
		case p.Type == sekisho.ActorFederated && p.Parent != "":
			// A federated session's record names who asked for it, even where
			// the asking is before the trail or the session is another one.
			p = Party{ID: p.Parent, Account: p.Account, Type: sekisho.ActorUser}
			continue
		}
		r.Key, r.Party = p.Key(), p
		return r
	}
	r.Key, r.Party = p.Key(), p
	return r
}

// behind is the edge that explains a party, by the strongest key it offers.
func (g *Graph) behind(p *Party) *Edge {
	if p.Credential != "" {
		if e := g.edges[credentials][p.Credential]; e != nil {
			return e
		}
	}
	if p.SessionID != "" {
		if e := g.edges[sessions][p.SessionID]; e != nil {
			return e
		}
	}
	if p.Type == sekisho.ActorFederated && p.Parent != "" {
		if e := g.edges[sessions][p.ID]; e != nil {
			return e
		}
	}
	if len(g.edges[subjects]) > 0 && p.Subject != "" && p.Provider != "" && g.edges[providers][p.Provider] == nil {
		// A provider that was just added vouches for whom its adder likes.
		if e := g.edges[subjects][strings.ToLower(p.Subject)]; e != nil && e.From.ID != p.ID && e.From.Provider != p.Provider && e.vouches(p) {
			return e
		}
	}
	if p.Workload != "" && len(g.edges[workloads]) > 0 {
		if e := g.behindBuild(p); e != nil {
			return e
		}
		if e := g.edges[workloads][p.Workload]; e != nil && e.From.ID != p.ID && (p.WorkloadType != "build" || !e.after(p)) {
			return e
		}
	}
	if len(g.edges[passwords]) > 0 && p.FromConsole && !p.LongTerm {
		if e := g.lookup(passwords, p); e != nil {
			return e
		}
	}
	if len(g.edges[identities]) > 0 && p.Type != sekisho.ActorService {
		if e := g.lookup(identities, p); e != nil {
			return e
		}
	}
	return nil
}

// vouches reports whether a sign-on may be behind a party's session: not one that came
// after it, and for a name that is the application's own only one just before it.
func (e *Edge) vouches(p *Party) bool {
	if e.after(p) {
		return false
	}
	return strings.Contains(e.key.id, "@") || e.key.id == strings.ToLower(e.From.Subject) || p.Started != 0 && p.Started-e.At.Unix() <= int64(ownNameTTL/time.Second)
}

// after reports whether the edge came after the party's session had begun.
func (e *Edge) after(p *Party) bool {
	return p.Started != 0 && e.At.Unix() > p.Started+int64(clocksApart/time.Second)
}

// behindBuild is the edge of who started a build: by the subject that its tokens have, of
// one branch or environment. Who starts a run does not say which environments its jobs
// will use, so a subject that names no branch is looked up as such a run's.
func (g *Graph) behindBuild(p *Party) *Edge {
	if p.WorkloadType != "build" || p.Subject == "" {
		return nil
	}
	e := g.edges[workloads][p.Subject]
	if e == nil && !ofBranch(p.Subject) {
		e = g.edges[workloads][p.Workload+anyJob]
	}
	if e == nil || e.From.ID == p.ID || e.after(p) {
		return nil
	}
	return e
}

// anyJob is behind a workload's name for the jobs of its last run that are known by no
// branch.
const anyJob = "\x00job"

func ofBranch(subject string) bool {
	return strings.Contains(subject, ":ref:") || strings.HasSuffix(subject, ":pull_request")
}

// lookup finds an edge by the party's id, then by its ARN: a call that makes
// an identity or a password may name it by either.
func (g *Graph) lookup(t table, p *Party) *Edge {
	e := g.find(t, sekisho.Ref{ID: p.ID, ARN: p.ARN})
	if e != nil && e.From.ID == p.ID {
		return nil
	}
	return e
}

// find looks an identity up under each of its names.
func (g *Graph) find(t table, r sekisho.Ref) *Edge {
	m := g.edges[t]
	if len(m) == 0 {
		return nil
	}
	if e := m[r.ID]; e != nil && r.ID != "" {
		return e
	}
	if e := m[r.ARN]; e != nil && r.ARN != "" {
		return e
	}
	if r.Account == "" || r.Name == "" {
		return nil
	}
	return m[plainName(r.Account, r.Name)]
}

// admitted is the edge through which an outsider came in: a trust that was
// opened to it, or a provider that was added and now vouches for it.
func (g *Graph) admitted(e *sekisho.Event) *Edge {
	if len(g.edges[providers]) > 0 && e.Actor.Provider != "" {
		if edge := g.edges[providers][e.Actor.Provider]; edge != nil {
			return edge
		}
	}
	if len(g.edges[trusts]) == 0 {
		return nil
	}
	try := e.Find(sekisho.AssumeTry)
	if try == nil {
		return nil
	}
	edge := g.edges[trusts][try.Identity.ARN]
	if edge == nil {
		return nil
	}
	for _, who := range edge.With {
		if who == "*" || who == e.Actor.Account || who == e.Actor.ARN || who == e.Actor.Provider {
			return edge
		}
	}
	return nil
}

// byResource is the edge from a shared resource that this event takes.
func (g *Graph) byResource(e *sekisho.Event) *Edge {
	if len(g.edges[resources]) == 0 {
		return nil
	}
	if taken := e.Find(sekisho.Taken); taken != nil {
		return g.edges[resources][taken.Resource]
	}
	return nil
}

// Join says that the lineage From became part of the lineage Into, whose root
// is Root.
type Join struct {
	From, Into string
	Root       Party
}

// Options of Observe: what the caller knows about the event's actor.
type Options struct {
	Network    string // Net.Key of the event's address
	Program    string // of its client, as detect.Software has it
	Automation bool   // known automation: what it makes does not belong to its lineage
	// Ordinary reports that the actor changed this workload before, as part of
	// its work: such a change does not taint.
	Ordinary func(workload string) bool
}

// Observe adds the edges of one successful event and returns the lineages that
// it joined (a child had acted before the edge that explains it arrived).
func (g *Graph) Observe(e *sekisho.Event, o Options) []Join {
	if !e.Succeeded() || len(e.Effects) == 0 {
		return nil
	}
	g.runs(e)
	if e.Actor.Type == sekisho.ActorService || e.Actor.Type == sekisho.ActorAnonymous {
		return nil // a service that issues for a workload is no one's ancestor
	}
	var joins []Join
	from := PartyOf(e)
	var beyond *Party
	above := g.behind(&from)
	if above == nil {
		if door := g.admitted(e); door != nil {
			opener := door.From
			beyond = &opener
			if above = g.behind(&opener); above == nil {
				above = door.above
			}
		}
	}
	if above != nil && above.depth >= depthMax {
		above = nil // a session that renews itself for ever must not hold on to all of its past
	}
	add := func(t table, id string, s Strength, ends time.Time, child Party, with []string) {
		if id == "" {
			return
		}
		edge := &Edge{From: from, At: e.Time, Via: e.Action, EventID: e.ID, Network: o.Network, Program: o.Program, Owner: child.ID,
			With: with, Beyond: beyond, above: above, ends: ends.Unix(), strength: s, key: mapKey{t, id}}
		if above != nil {
			edge.depth = above.depth + 1
		}
		if j, ok := g.add(edge, child); ok && !slices.Contains(joins, j) {
			joins = append(joins, j)
		}
	}
	outside := e.Actor.Type == sekisho.ActorDirectory || e.Actor.Type == sekisho.ActorApp
	for i := range e.Effects {
		x := &e.Effects[i]
		switch x.Kind {
		case sekisho.RunWorkload:
			// Who starts a build of a repository in the code host stands behind it, unless
			// that is everyday work. A cloud's own calls to run something do not change it.
			// Of a run that has a name of its own, no other.
			if outside && !o.Automation && x.Workload != "" && (o.Ordinary == nil || !o.Ordinary(x.Workload)) {
				add(workloads, first(x.Alias, x.Workload), ByWorkload, e.Time.Add(workloadTTL), Party{}, nil)
				if ofBranch(x.Alias) {
					add(workloads, x.Workload+anyJob, ByWorkload, e.Time.Add(workloadTTL), Party{}, nil)
				}
			}
		case sekisho.IssueCredential:
			lasting, ends := x.Lasting(), x.Expires
			if late := e.Time.Add(sessionTTL); lasting {
				ends = e.Time.Add(issuedTTL)
			} else if ends.IsZero() || ends.After(late) {
				ends = late
			}
			child := Party{ID: x.Identity.ID, Name: x.Identity.Name, ARN: x.Identity.ARN, Account: x.Identity.Account,
				Credential: x.Credential, SessionID: x.Session, LongTerm: lasting}
			if x.Session != "" {
				child.Type = sekisho.ActorRole
			}
			if o.Automation && lasting && !Same(&e.Actor, x.Identity) {
				continue
			}
			add(credentials, x.Credential, ByCredential, ends, child, nil)
			if x.Identity.Type == "federated" {
				// Its console session comes under another key and the same id.
				add(sessions, x.Identity.ID, BySession, ends, child, nil)
			}
			if x.Session != "" && x.Session != e.Actor.SessionID {
				add(sessions, x.Session, BySession, ends, child, nil)
			}
		case sekisho.CreateIdentity:
			if o.Automation {
				continue
			}
			child := Party{ID: x.Identity.ID, ARN: x.Identity.ARN}
			for _, id := range names(x.Identity) {
				add(identities, id, ByIdentity, e.Time.Add(issuedTTL), child, nil)
			}
		case sekisho.RemoveLimit:
			if x.What == "mfa" {
				g.reset(e, x, "mfa", &o)
			}
		case sekisho.SetPassword:
			if o.Automation || Same(&e.Actor, x.Identity) {
				continue
			}
			g.reset(e, x, "password", &o)
			for _, id := range names(x.Identity) {
				add(passwords, id, ByIdentity, e.Time.Add(issuedTTL), Party{}, nil)
			}
		case sekisho.OpenTrust:
			if !o.Automation {
				add(trusts, x.Identity.ARN, ByTrust, e.Time.Add(issuedTTL), Party{}, append([]string(nil), x.With...))
			}
		case sekisho.AddProvider:
			if !o.Automation {
				add(providers, x.Resource, ByTrust, e.Time.Add(issuedTTL), Party{}, nil)
			}
		case sekisho.VouchFor:
			if e.Actor.Type != sekisho.ActorDirectory {
				continue
			}
			for _, name := range x.With {
				name = strings.ToLower(name)
				add(subjects, name, BySignOn, e.Time.Add(vouchedTTL), Party{Subject: name}, nil)
			}
		case sekisho.Share:
			add(resources, x.Resource, ByResource, e.Time.Add(issuedTTL), Party{}, nil)
		case sekisho.ChangeWorkload:
			if x.Workload == "" || x.Workload == e.Actor.Workload {
				continue
			}
			c := detect.Change{At: e.Time, EventID: e.ID, By: e.Actor.ID, ByName: e.Actor.Name, What: x.What, Network: o.Network, Automation: o.Automation}
			ordinary := o.Ordinary != nil && o.Ordinary(x.Workload)
			for _, id := range [...]string{x.Workload, x.Alias} {
				old := g.edges[workloads][id]
				switch {
				case id == "":
				case x.What == "source" && (o.Automation || old != nil && ordinary):
					// Code is added to: a stranger's stays in it, whoever pushes next.
				case o.Automation: // a proper deployment replaces what was there
					delete(g.changes, id)
					g.remove(mapKey{workloads, id})
				default:
					g.change(id, c)
					if !ordinary {
						add(workloads, id, ByWorkload, e.Time.Add(workloadTTL), Party{}, nil)
					}
				}
			}
		}
	}
	return joins
}

// runs hands the change of a workload on to a run of it that has a name of its
// own, whoever started that: what was changed is what runs.
func (g *Graph) runs(e *sekisho.Event) {
	for i := range e.Effects {
		x := &e.Effects[i]
		if x.Kind != sekisho.RunWorkload || x.Alias == "" {
			continue
		}
		if c, ok := g.changes[x.Workload]; ok {
			g.change(x.Alias, c)
		}
		if edge := g.edges[workloads][x.Workload]; edge != nil {
			run := *edge
			run.key = mapKey{workloads, x.Alias}
			run.ends = e.Time.Add(workloadTTL).Unix()
			g.add(&run, Party{})
		}
	}
}

// reset notes that another took from an identity what it proves itself with. Its next
// session is its own all the same: a help desk that resets for fifty people is behind none.
func (g *Graph) reset(e *sekisho.Event, x *sekisho.Effect, what string, o *Options) {
	if o.Automation || x.Identity.ID == "" || Same(&e.Actor, x.Identity) {
		return
	}
	g.change(proofOf+x.Identity.ID, detect.Change{At: e.Time, EventID: e.ID, By: e.Actor.ID, ByName: e.Actor.Name, What: what, Network: o.Network})
}

// proofOf is before the id of an identity where changes are kept by workload: no workload
// is called so.
const proofOf = "proof\x00"

// changesMax bounds the changes remembered; each is one workload's last.
const changesMax = 1 << 17

func (g *Graph) change(workload string, c detect.Change) {
	if _, had := g.changes[workload]; !had && len(g.changes) >= changesMax {
		g.dropped++
		return
	}
	g.changes[workload] = c
}

// names are the keys under which an identity may be looked up: calls name it
// by id, by ARN, or by its name alone, whose path nobody knows.
func names(r sekisho.Ref) []string {
	var out []string
	for _, k := range [...]string{r.ID, r.ARN, plainName(r.Account, r.Name)} {
		if k != "" {
			out = append(out, k)
		}
	}
	return out
}

func plainName(account, name string) string {
	if account == "" || name == "" {
		return ""
	}
	return account + "/" + name
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Same reports whether a reference names the actor itself.
func Same(a *sekisho.Actor, r sekisho.Ref) bool {
	switch {
	case r.Zero():
		return true // a call that names nobody is about its caller
	case r.ID != "":
		return r.ID == a.ID
	case r.ARN != "":
		return r.ARN == a.ARN
	}
	return r.Name == a.Name && (r.Account == "" || r.Account == a.Account)
}

// add stores an edge unless it would close a loop or replace a stronger one.
func (g *Graph) add(edge *Edge, child Party) (Join, bool) {
	up := g.from(edge)
	if edge.key.table == identities && (edge.key.id == edge.From.ID || edge.key.id == up.Party.ID) {
		return Join{}, false
	}
	m := g.edges[edge.key.table]
	old := m[edge.key.id]
	if old != nil {
		// The second record of a cross-account call names its caller only by
		// account and principal: the caller's own record says more.
		if old.EventID == edge.EventID || edge.From.Type == sekisho.ActorAccount {
			return Join{}, false
		}
		if edge.key.table == subjects && old.At.After(edge.At) {
			return Join{}, false // it comes late: the last sign-on is the one that counts
		}
		g.remove(edge.key)
	}
	was := child.Key()
	if g.count >= g.max {
		g.evict()
	}
	m[edge.key.id] = edge
	g.count++
	h := max(edge.ends/3600, g.hour) // one that has ended already goes with this hour
	g.hours[h] = append(g.hours[h], edge)
	// A loop shows as a walk that comes back to the child.
	if after := g.from(edge); after.Key != up.Key {
		g.remove(edge.key)
		if old != nil { // the edge that it would have replaced stays
			m[old.key.id] = old
			g.count++
			g.hours[max(old.ends/3600, g.hour)] = append(g.hours[max(old.ends/3600, g.hour)], old)
		}
		return Join{}, false
	}
	// Only what was a root by itself can have gathered evidence of its own: a
	// session whose natural root is a shared principal is not moved.
	if child.SessionID == "" && edge.key.table != subjects || was == up.Key || was == "" {
		return Join{}, false
	}
	if edge.key.table == subjects && edge.key.id != strings.ToLower(edge.From.Subject) {
		return Join{}, false // what was done under another name before may be another person's
	}
	return Join{From: was, Into: up.Key, Root: up.Party}, true
}

func (g *Graph) remove(k mapKey) {
	if _, ok := g.edges[k.table][k.id]; ok {
		delete(g.edges[k.table], k.id)
		g.count--
		if g.stale++; g.stale > g.count+staleMin {
			g.compact()
		}
	}
}

// staleMin is from how many stale edges on compacting is worth a pass.
const staleMin = 1024

// compact forgets stale edges once they outnumber the others, so that a
// session given every minute under one name costs one edge and not hundreds.
func (g *Graph) compact() {
	for h, edges := range g.hours {
		edges = slices.DeleteFunc(edges, func(e *Edge) bool { return g.edges[e.key.table][e.key.id] != e })
		if len(edges) == 0 {
			delete(g.hours, h)
		} else {
			g.hours[h] = edges
		}
	}
	g.stale = 0
}

// sweep drops the edges whose hour has passed.
func (g *Graph) sweep(now time.Time) {
	h := now.Unix() / 3600
	if g.hour == 0 {
		g.hour = h
	}
	for ; g.hour < h; g.hour++ {
		if h-g.hour > 24*400 { // a gap of more than a year: no edge lives that long
			g.hour = h - 24*400
		}
		edges, ok := g.hours[g.hour]
		if !ok {
			continue
		}
		delete(g.hours, g.hour)
		for _, edge := range edges {
			if g.edges[edge.key.table][edge.key.id] != edge {
				continue // replaced since
			}
			if len(g.pinned) > 0 && g.pinned[g.from(edge).Key] {
				edge.ends += int64(issuedTTL / time.Second)
				at := max(edge.ends/3600, h+1)
				g.hours[at] = append(g.hours[at], edge)
				continue
			}
			g.remove(edge.key)
		}
	}
}

// evict makes room by dropping the edges that end soonest.
func (g *Graph) evict() {
	for h := g.hour; h < g.hour+24*400; h++ {
		edges, ok := g.hours[h]
		if !ok {
			continue
		}
		delete(g.hours, h)
		was := g.count
		for _, edge := range edges {
			if g.edges[edge.key.table][edge.key.id] == edge {
				g.remove(edge.key)
				g.dropped++
			}
		}
		if g.count < was {
			return // an hour of stale edges alone makes no room
		}
	}
}

// Pin keeps the edges of a lineage beyond their time, or lets them end again.
func (g *Graph) Pin(rootKey string, keep bool) {
	if keep {
		g.pinned[rootKey] = true
	} else {
		delete(g.pinned, rootKey)
	}
}

// Dropped is how many edges and changes were dropped for want of room.
func (g *Graph) Dropped() int { return g.dropped }

// Explain is the chain of a credential in sentences, nearest hop first:
// "ASIA1 ← AssumeRole by AKIA1 (alice) at 09:00:00Z".
func (g *Graph) Explain(p Party) []string {
	var lines []string
	var above *Edge
	for range depthMax {
		edge := g.behind(&p)
		if edge == nil {
			edge, above = above, nil
		}
		if edge == nil {
			break
		}
		above = edge.above
		lines = append(lines, name(p)+" ← "+edge.Via+" by "+name(edge.From)+" at "+edge.At.UTC().Format(time.RFC3339)+" ("+edge.strength.String()+")")
		p = edge.From
	}
	return lines
}

func name(p Party) string {
	id := first(p.Credential, first(p.SessionID, p.ID))
	if p.Name == "" || p.Name == id {
		return id
	}
	if p.Session != "" && p.Session != p.Name {
		return id + " (" + p.Name + "/" + p.Session + ")"
	}
	return id + " (" + p.Name + ")"
}
