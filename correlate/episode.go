package correlate

import (
	"slices"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// Made is something that a lineage brought into being or altered, and that
// containment would have to take back.
type Made struct {
	Effect  sekisho.EffectKind
	What    string
	Vendor  string // of the system in which it is; "" in old states
	Maker   sekisho.ActorType
	Target  string // ARN, key id or resource id
	Alias   string // of a workload, as sessions that do not know its full name call it
	Owner   string // for a key: whose it is
	By      string // credential that made it
	At      time.Time
	EventID string
}

// Episode is a root's activity, with gaps under 30 minutes, cut at 4 hours; one
// that belongs to an incident of at least medium severity goes on for as long
// as the incident is open.
type Episode struct {
	Key   string
	start time.Time
	last  time.Time
	// evidence is when the last new finding came.
	evidence time.Time

	// Carry belongs to whoever runs the episodes: what the episode may teach.
	Carry any

	window  window
	net     *window // of the traffic of its machines, nil until there is some
	events  int
	planned revision // how much of it a plan knows
	actors  []actor
	recent  int // index of the last actor met
	// suspected is how many actors have become suspect.
	suspected int
	dropped   int

	tokens     map[string]sekisho.Nats // most claimed for a token
	findings   []sekisho.Finding
	sums       [sekisho.Families]sekisho.Nats
	backs      sekisho.Nats // of them, what says who acts and how
	muted      sekisho.Nats // what else would say so, and is excepted: see Doubted
	excess     int
	tactics    map[sekisho.Phase]bool
	tripwires  map[string]bool // distinct tripwire behaviours
	privileged bool            // a privileged write succeeded
	// privilegedAt is when the first did.
	privilegedAt time.Time
	declared     bool // all of it inside a declared change window
	seasoned     bool // some actor of it has a long history
	made         []Made
	noReturn     *sekisho.NoReturn
	incident     *incident

	older, newer *Episode // by time of the last event
	held         bool
}

type actor struct {
	identity   sekisho.Identity
	credential sekisho.Credential
	longTerm   bool
	workload   string
	wtype      string
	sessionID  string
	vendor     string // of the system in which it was met
	kind       sekisho.ActorType
	suspect    bool // a finding rests on it
}

// View answers detect.Tempo for an episode at a moment.
type View struct {
	*Episode
	Now time.Time

	// The last answer: several behaviours ask the same of one event.
	asked time.Duration
	burst detect.Burst
}

var _ detect.Tempo = (*View)(nil)

// Burst implements detect.Tempo.
func (v *View) Burst(within time.Duration) detect.Burst {
	if within = min(within, windowSpan); within != v.asked {
		v.asked, v.burst = within, v.window.burst(v.Now.Unix(), within)
		if v.net != nil {
			n := v.net.burst(v.Now.Unix(), within)
			v.burst.Neighbours, v.burst.Shut, v.burst.Sent = n.Neighbours, n.Shut, n.Sent
		}
	}
	return v.burst
}

// Suspected reports whether the episode belongs to an incident, and Held
// whether that keeps it open.
func (ep *Episode) Suspected() bool { return ep.incident != nil }

// Held reports whether the episode goes on for as long as its incident.
func (ep *Episode) Held() bool { return ep.held }

// revision says how much of an episode a plan knows.
type revision struct {
	actors, suspected int             // of the episode, then
	made              int             // how many of what was made
	implicated        int             // how many suspects
	credentials       map[string]bool // theirs
}

// News is all that a first plan of the episode would see.
func (ep *Episode) News() News { return ep.news(&revision{}) }

// news is what there is beyond a revision, which it brings up to date. Who is
// implicated can change for what was made long ago: then all is new again.
func (ep *Episode) news(r *revision) News {
	var n News
	if len(ep.actors) != r.actors || ep.suspected != r.suspected {
		r.actors, r.suspected = len(ep.actors), ep.suspected
		if suspects := ep.Suspects(); len(suspects) != r.implicated {
			n.Suspects = suspects
			r.implicated, r.made = len(suspects), 0
			r.credentials = map[string]bool{"": true} // a record without a credential id is laid to the lineage
			for _, x := range suspects {
				r.credentials[x.Credential] = true
			}
		}
	}
	for _, m := range ep.made[r.made:] {
		if r.credentials[m.By] {
			n.Made = append(n.Made, m)
		}
	}
	r.made = len(ep.made)
	return n
}

// Fired reports whether a behaviour fired in this episode, and when first.
func (ep *Episode) Fired(detection string) (time.Time, bool) {
	for i := range ep.findings {
		if ep.findings[i].Detection == detection {
			return ep.findings[i].At, true
		}
	}
	return time.Time{}, false
}

// Score is the episode's evidence after caps.
func (ep *Episode) Score() sekisho.Nats {
	var sum sekisho.Nats
	for _, n := range ep.sums {
		sum += n
	}
	return sum
}

// Distinct implements detect.Tempo.
func (ep *Episode) Distinct() int { return len(ep.window.what) }

// Doubted implements detect.Tempo. What is excepted weighs nothing in a score, but
// whether a decisive act is a tripwire must not depend on it: exceptions never
// mute those.
func (ep *Episode) Doubted() bool { return ep.backs+ep.muted >= backing }

// Count notes an event in the window of the last ten minutes.
func (ep *Episode) Count(e *sekisho.Event) {
	ep.events++
	ep.window.note(e)
}

// Sent enters what the network saw of a machine of the lineage, in a window of its own:
// a thousand places knocked at must not push out what was called for.
func (ep *Episode) Sent(e *sekisho.Event, x *sekisho.Effect) {
	if ep.net == nil {
		ep.net = &window{}
	}
	ep.net.sent(e, x)
}

// Met reports whether the event's actor, with this credential, is already
// known to the episode, and makes it the one that findings are laid to.
func (ep *Episode) Met(e *sekisho.Event) bool {
	a := &e.Actor
	if ep.recent < len(ep.actors) && ep.actors[ep.recent].is(a) {
		return true
	}
	for i := range ep.actors {
		if ep.actors[i].is(a) {
			ep.recent = i
			return true
		}
	}
	return false
}

func (x *actor) is(a *sekisho.Actor) bool {
	return x.identity.ID == a.ID && (x.credential.ID == a.Credential || a.OnBehalf != "")
}

// Meet adds an actor that was not Met. Services' calls on an actor's behalf
// carry a fresh key each, which says nothing: they count as the actor itself.
func (ep *Episode) Meet(e *sekisho.Event, id sekisho.Identity, c sekisho.Credential) {
	if len(ep.actors) >= actorsMax {
		ep.dropped++
		return
	}
	if e.Actor.OnBehalf != "" {
		c.ID = ""
	}
	ep.actors = append(ep.actors, actor{identity: id, credential: c, longTerm: e.Actor.LongTerm,
		workload: e.Actor.Workload, wtype: e.Actor.WorkloadType, sessionID: e.Actor.SessionID, vendor: e.Vendor(), kind: e.Actor.Type})
	ep.recent = len(ep.actors) - 1
}

// Makes notes what a successful event brought into being.
func (ep *Episode) Makes(e *sekisho.Event) {
	for i := range e.Effects {
		x := &e.Effects[i]
		m := Made{Effect: x.Kind, What: x.What, Vendor: e.Vendor(), Maker: e.Actor.Type, By: e.Actor.Credential, At: e.Time, EventID: e.ID}
		switch x.Kind {
		case sekisho.IssueCredential:
			if !x.Lasting() {
				continue // a session is met when it acts
			}
			m.Target, m.Owner = x.Credential, x.Identity.Label()
		case sekisho.CreateIdentity, sekisho.SetPassword, sekisho.OpenTrust, sekisho.EnrolFactor, sekisho.Impersonate:
			m.Target = label(x.Identity)
		case sekisho.GrantPower:
			if x.Power < sekisho.PowerIssues {
				continue
			}
			// Power written into a policy reaches whoever has it.
			if m.Target = label(x.Identity); m.Target == "" {
				m.Target = x.Policy
			}
		case sekisho.Destroy:
			if x.What != "key" && x.What != "secret" {
				continue // what is gone at once is brought back from a copy, by people
			}
			m.Target = x.Resource
		case sekisho.ChangeWorkload:
			m.Target, m.Alias = x.Workload, x.Alias
		case sekisho.Share, sekisho.AddProvider, sekisho.OpenPorts, sekisho.DisableDefence, sekisho.RemoveGuard, sekisho.Entrench, sekisho.WidenDirectory:
			m.Target = x.Resource
		case sekisho.LaunchCompute:
			m.Target = x.Resource
		default:
			continue
		}
		if m.Target == "" {
			continue
		}
		if len(ep.made) >= madeMax {
			ep.dropped++
			return
		}
		ep.made = append(ep.made, m)
	}
	if UsesPower(e) {
		ep.write(e.Time)
	}
}

// write notes a privileged write.
func (ep *Episode) write(at time.Time) {
	if !ep.privileged || at.Before(ep.privilegedAt) {
		ep.privileged, ep.privilegedAt = true, at
	}
}

// UsesPower reports whether an event gave or altered power, opened data to others
// or took away what protects it.
func UsesPower(e *sekisho.Event) bool {
	return e.Level == sekisho.LevelPermissions || privileged(e)
}

// privileged reports whether a call gave or altered power, as the predicate of
// DESIGN.md section 7 understands it.
func privileged(e *sekisho.Event) bool {
	for i := range e.Effects {
		switch e.Effects[i].Kind {
		case sekisho.CreateIdentity, sekisho.SetPassword, sekisho.GrantPower, sekisho.RemoveLimit, sekisho.OpenTrust,
			sekisho.AddProvider, sekisho.Share, sekisho.Impersonate, sekisho.DisableDefence, sekisho.RemoveGuard,
			sekisho.LockData, sekisho.ChangeOrganization, sekisho.WidenDirectory, sekisho.Entrench, sekisho.OpenModel, sekisho.RaiseQuota:
			return true
		case sekisho.ChangeWorkload:
			if e.Effects[i].What != "source" { // code is changed all day, for a living
				return true
			}
		case sekisho.IssueCredential:
			if e.Effects[i].Lasting() {
				return true
			}
		}
	}
	return false
}

func label(r sekisho.Ref) string {
	if r.ARN != "" {
		return r.ARN
	}
	if r.ID != "" {
		return r.ID
	}
	return r.Name
}

// New reports whether a finding is evidence beyond what has been counted.
func (ep *Episode) New(f *sekisho.Finding) bool {
	had, again := ep.tokens[token(f)]
	return !again || f.Claimed > had
}

// token is what makes a finding count once.
func token(f *sekisho.Finding) string {
	return f.Detection + "\x00" + f.Family.String() + "\x00" + f.Key
}

// take adds a token; false when it is already there or there is no room.
//
// A token is a behaviour, its key and a family: what a behaviour claims once it
// is demoted is other evidence than its tripwire, and neither hides the other,
// whichever comes first. The token counts what was claimed most: a stronger
// claim adds the difference as a finding of its own.
func (ep *Episode) take(m *Model, f *sekisho.Finding) bool {
	token := token(f)
	claim := max(f.Claimed, 0)
	muted := f.Excepted && len(ep.tripwires) == 0
	if muted {
		claim = 0
	}
	had, again := ep.tokens[token]
	if again && claim <= had {
		return false
	}
	if len(ep.findings) >= tokensMax && (!f.Tripwire || ep.tripwires[f.Detection]) {
		// A tripwire always has room, once: there are only so many behaviours, and
		// none may be hidden behind a heap of cheap evidence.
		ep.excess++
		return false
	}
	if ep.tokens == nil {
		ep.tokens = map[string]sekisho.Nats{}
		ep.tactics = map[sekisho.Phase]bool{}
		ep.tripwires = map[string]bool{}
	}
	f.Weight = max(0, min(claim-had, m.Caps[f.Family]-ep.sums[f.Family]))
	ep.sums[f.Family] += f.Weight
	if f.Backs {
		ep.backs += f.Weight
		if muted {
			ep.muted += min(max(f.Claimed, 0), m.Caps[f.Family])
		}
	}
	ep.tokens[token] = claim
	ep.findings = append(ep.findings, *f)
	if !muted {
		for _, p := range f.Phases {
			ep.tactics[p] = true
		}
	}
	if f.Tripwire {
		first := len(ep.tripwires) == 0
		ep.tripwires[f.Detection] = true
		if first && slices.ContainsFunc(ep.findings, func(x sekisho.Finding) bool { return x.Excepted }) {
			ep.again(m)
		}
	}
	return true
}

// again weighs all findings anew: an exception ends where its lineage has a
// tripwire, and what it had muted counts from then on, in whatever order both
// came.
func (ep *Episode) again(m *Model) {
	all := ep.findings
	ep.findings, ep.tokens, ep.sums, ep.backs, ep.muted = nil, map[string]sekisho.Nats{}, [sekisho.Families]sekisho.Nats{}, 0, 0
	for i := range all {
		ep.take(m, &all[i])
	}
}
