package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// supposing are the facts as they would be, had one more thing been declared.
// It answers for behaviours alone: what the declaration would have done to
// lineages, baselines and earlier events it does not undo.
type supposing struct {
	detect.Facts
	fact  sekisho.Fact
	named []string // accounts of FactTrusted
}

func (f *supposing) Automation(a *sekisho.Actor) (bool, string) {
	if f.fact == sekisho.FactAutomation {
		return true, "supposed"
	}
	return f.Facts.Automation(a)
}

func (f *supposing) ChangeWindow(a *sekisho.Actor, account string, at time.Time) string {
	if f.fact == sekisho.FactChangeWindow {
		return "supposed"
	}
	return f.Facts.ChangeWindow(a, account, at)
}

func (f *supposing) Trusted(account string) bool {
	return f.fact == sekisho.FactTrusted && slices.Contains(f.named, account) || f.Facts.Trusted(account)
}

func (f *supposing) Network(ip string) detect.Net {
	n := f.Facts.Network(ip)
	if f.fact == sekisho.FactNetwork && ip != "" {
		n.Declared = true
	}
	return n
}

// suppose asks a behaviour that has just fired again, under each fact that could
// have been declared and was not, and notes where that makes a difference. Only
// new findings come here, which are few.
func (g *Engine) suppose(d *detect.Detection, f *sekisho.Finding) {
	real := g.scope.Facts
	defer func() { g.scope.Facts = real }()
	e := g.event
	ask := func(fact sekisho.Fact, name string, accounts ...string) {
		g.scope.Facts = &supposing{real, fact, accounts}
		x := sekisho.Supposed{Fact: fact, Name: name}
		if hit := d.Match(&g.scope, e); hit != nil && hit.Key == f.Key {
			other := g.claim(d, hit)
			x.Claimed, x.Family, x.Tripwire = other.Claimed, other.Family, other.Tripwire
		}
		if x.Claimed < f.Claimed || x.Tripwire != f.Tripwire {
			f.Supposed = append(f.Supposed, x)
		}
	}
	name := e.Actor.Name
	if name == "" {
		name = e.Actor.ID
	}
	if !g.automation() {
		ask(sekisho.FactAutomation, name)
	}
	if real.ChangeWindow(&e.Actor, e.Account, e.Time) == "" {
		ask(sekisho.FactChangeWindow, name)
	}
	if who := g.outsiders(e); len(who) > 0 {
		ask(sekisho.FactTrusted, strings.Join(who, ", "), who...)
	}
	if n := real.Network(e.IP); n.Key != "" && !n.Declared {
		ask(sekisho.FactNetwork, n.Key)
	}
}

// outsiders are the accounts in an event that are neither ours nor partners,
// sorted; a policy can name more of them than a sentence holds.
func (g *Engine) outsiders(e *sekisho.Event) []string {
	const most = 3
	var out []string
	put := func(account string) {
		number := account != "" && strings.Trim(account, "0123456789") == ""
		if number && g.facts.outside(account) && len(out) < most && !slices.Contains(out, account) {
			out = append(out, account)
		}
	}
	put(e.Actor.Account)
	for _, list := range [...][]sekisho.Effect{e.Effects, e.Tried} {
		for i := range list {
			put(list[i].Identity.Account)
			for _, who := range list[i].With {
				put(who)
			}
		}
	}
	slices.Sort(out)
	return out
}
