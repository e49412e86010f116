package engine

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/lineage"
)

// noReturn reports whether the event is a point of no return for its lineage:
// the call that gives it admin-equivalent power that it lacked, or harm that
// cannot be taken back (DESIGN.md section 3). Facts are as of before the
// event, so what the call itself gives does not count as had.
func (g *Engine) noReturn(ep *correlate.Episode, root *lineage.Root) *sekisho.NoReturn {
	e := g.event
	if e.Outcome != sekisho.OK {
		return nil
	}
	at := func(b sekisho.Basis, why string, args ...any) *sekisho.NoReturn {
		return &sekisho.NoReturn{At: e.Time, EventID: e.ID, Basis: b, Why: fmt.Sprintf(why, args...)}
	}
	// Destruction and locking are everyday calls too; which of them are harm the
	// behaviours know, and say so by a tripwire.
	for i := range g.hits {
		if f := &g.hits[i]; f.Tripwire {
			if done := harm[f.Detection]; done != "" {
				return at(sekisho.BasisKnown, "%s: %s", done, short(e.Target))
			}
		}
	}
	for i := range e.Effects {
		x := &e.Effects[i]
		if x.Kind == sekisho.Taken {
			for _, who := range x.With {
				if g.facts.Ours(who) || g.facts.Trusted(who) {
					return nil
				}
			}
			return at(sekisho.BasisKnown, "%s was copied outside", short(x.Resource))
		}
		if x.Kind == sekisho.ReadData {
			for _, who := range x.With {
				if x.What == "copy" && who != "" && g.facts.outside(who) {
					return at(sekisho.BasisKnown, "%s was copied to account %s", short(x.Resource), who)
				}
			}
			if _, stolen := ep.Fired(offPlatform); stolen {
				return at(sekisho.BasisKnown, "%s was read with stolen credentials", short(x.Resource))
			}
		}
	}
	if g.had(root) {
		return nil
	}
	a := &e.Actor
	if root.Edge != nil && a.Workload != "" && root.Tainted {
		if power, basis := g.facts.Power(ref(a)); power == sekisho.PowerAdmin || power == sekisho.PowerIssues && basis == sekisho.BasisDemonstrated {
			return at(basis, "changed %s %s ran with the power of %s", a.WorkloadType, short(a.Workload), a.Name)
		}
	}
	for i := range e.Effects {
		x := &e.Effects[i]
		who := x.Identity
		switch x.Kind {
		case sekisho.IssueCredential, sekisho.SetPassword:
			if lineage.Same(a, who) {
				continue
			}
			lasting := x.Kind == sekisho.SetPassword || x.Lasting()
			power, basis := g.facts.Power(who)
			switch {
			case power == sekisho.PowerAdmin && !(x.Session != "" && g.habits.Seen(a.ID, detect.Assumed, who.ARN)):
				return at(basis, "credential for administrator %s", who.Label())
			case lasting && basis == sekisho.BasisNone && (a.Workload != "" || a.Kind == sekisho.KindWorkload):
				return at(sekisho.BasisPresumed, "workload %s made a credential for %s, whose power is unknown", a.Name, who.Label())
			}
		case sekisho.GrantPower:
			if g.facts.Granted(x) == sekisho.PowerAdmin {
				return at(sekisho.BasisKnown, "%s was given administrator's power", who.Label())
			}
		case sekisho.OpenTrust:
			power, basis := g.facts.Power(who)
			if power != sekisho.PowerAdmin {
				continue
			}
			for _, acct := range x.With {
				if acct == "*" || !g.facts.Ours(acct) && !g.facts.Trusted(acct) {
					return at(basis, "administrator role %s trusts %s", who.Label(), acct)
				}
			}
		}
	}
	return nil
}

// harm are the behaviours whose tripwire tells of what nothing takes back, and
// what that is.
var harm = map[string]string{
	"backups-destroyed": "backups destroyed",
	"data-destroyed":    "data destroyed",
	"data-locked":       "data locked",
}

// offPlatform is the behaviour that tells of a workload's stolen credentials.
const offPlatform = "session-off-platform"

// had reports whether the lineage had an administrator's power already: then
// nothing here gives it what it lacked.
func (g *Engine) had(root *lineage.Root) bool {
	p := &root.Party
	power, basis := g.facts.Power(sekisho.Ref{ID: p.ID, ARN: p.ARN, Name: p.Name, Account: p.Account})
	if power == sekisho.PowerAdmin && basis >= sekisho.BasisDemonstrated {
		return true
	}
	return p.Type == sekisho.ActorRoot
}

func ref(a *sekisho.Actor) sekisho.Ref {
	return sekisho.Ref{ID: a.ID, Name: a.Name, ARN: a.ARN, Account: a.Account}
}

// short is the last part of a resource's name, which people know it by.
func short(resource string) string {
	return resource[strings.LastIndexAny(resource, ":")+1:]
}
