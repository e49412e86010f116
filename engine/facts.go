package engine

import (
	"net/netip"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/baseline"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/inventory"
	"github.com/sekisho/sekisho/lineage"
	"github.com/sekisho/sekisho/normalize"
)

// facts answers detect.Facts out of the inventory, the baseline and what is
// declared.
type facts struct {
	*inventory.Store
	ledger   *inventory.Ledger
	habits   *baseline.Store
	declared *config.Config
	event    *sekisho.Event        // at hand
	root     *lineage.Party        // of the event at hand
	tainted  bool                  // it is reached through a changed workload
	from     string                // the network that the event at hand came from, as Net.Key: see source
	unplaced bool                  // from is not known yet
	networks map[string]detect.Net // by address; bounded by networksMax
	older    map[string]detect.Net // the generation before
}

// networksMax bounds the addresses whose network is remembered, twice.
const networksMax = 1 << 15

var _ detect.Facts = (*facts)(nil)

// source is the network that the event at hand came from. For most records of the network
// nobody asks, and to find it costs more than the rest of them.
func (f *facts) source() string {
	if f.unplaced {
		f.from, f.unplaced = f.Network(f.event.IP).Key, false
	}
	return f.from
}

// Trusted implements detect.Facts.
func (f *facts) Trusted(account string) bool { return f.declared.Trusts(account) }

// Honeytoken implements detect.Facts.
func (f *facts) Honeytoken(id string) bool { return id != "" && f.declared.Honeytoken(id) }

// ChangeWindow implements detect.Facts.
func (f *facts) ChangeWindow(a *sekisho.Actor, account string, at time.Time) string {
	return f.declared.ChangeWindow(a.Name, a.ARN, account, at)
}

// Exposed implements detect.Facts.
func (f *facts) Exposed(account string, at time.Time) (detect.Exposure, bool) {
	return f.ledger.Exposed(account, at)
}

// SharedWith implements detect.Facts.
func (f *facts) SharedWith(account string) (resources, days int, since time.Time) {
	return f.ledger.SharedWith(account)
}

// MadeWith implements detect.Facts.
func (f *facts) MadeWith(workload string) string { return f.ledger.MadeWith(workload) }

// Lookalike implements detect.Facts.
func (f *facts) Lookalike(sort, account, name string) (string, bool) {
	return f.ledger.Lookalike(sort, account, name)
}

// outside reports whether an account is neither ours nor a partner.
func (f *facts) outside(account string) bool { return !f.Ours(account) && !f.Trusted(account) }

// Kind implements detect.Facts.
func (f *facts) Kind(a *sekisho.Actor) (sekisho.IdentityKind, string) {
	if k, pattern, ok := f.declared.Kind(a.Name, a.ARN); ok {
		return k, "declared: " + pattern
	}
	return a.Kind, a.KindEvidence
}

// Automation implements detect.Facts. Known automation is what is declared; a
// build of a declared source organisation; a build that has been at work here
// for days; and an identity that has worked here for days with a program for
// infrastructure as code, from a network that it works from. A provider's or a
// program's own word on a first day proves nothing, and who comes in through a
// provider that was just added is that adder's lineage, no build. Of a build that
// is none of ours it says so.
func (f *facts) Automation(a *sekisho.Actor) (bool, string) {
	if f.strange(a) {
		return false, "a build from a place that never came in to " + a.Name
	}
	if f.tainted && f.root != nil && (f.root.Type == sekisho.ActorDirectory || f.root.Type == sekisho.ActorApp) {
		return false, "" // a build whose code or runner somebody changed who does not work on it
	}
	if pattern, ok := f.declared.Identities.Automation.Match(a.Name, a.ARN); ok {
		return true, "declared: " + pattern
	}
	yes, why := f.build(a)
	if yes {
		return true, why
	}
	if f.habits.Experience(a.ID).Days < automationDays || f.source() != "" && !f.habits.Seen(a.ID, detect.Network, f.from) {
		return false, why
	}
	// A program's name is its own word, and a few quiet calls under it are cheap: for
	// a use of power it vouches only where power was used with it for days.
	kind := ""
	if e := f.event; e != nil && e.Actor.ID == a.ID && correlate.UsesPower(e) {
		kind = baseline.ForChanges
	}
	for _, family := range infrastructureAsCode {
		if f.habits.Times(a.ID, detect.Software, family+kind) >= automationDays {
			return true, "known for days to work with " + family
		}
	}
	return false, why
}

// automationDays is on how many days, and in how many episodes, someone must
// have worked in a way for it to be how they work: one rehearsal, or two, are
// cheap for an intruder.
const automationDays = 3

// strange reports whether a build from a branch or an environment that never came
// in to the actor's role stands behind it, where the role is used from one place
// only. What is declared of a role is declared of who uses it as intended: a token
// stolen on a branch of the right repository has the right name, too.
func (f *facts) strange(a *sekisho.Actor) bool {
	r := f.root
	if a.Type != sekisho.ActorRole || r == nil || r.WorkloadType != "build" || r.Subject == "" {
		return false
	}
	own, all := f.habits.Changers(a.ARN, r.ID)
	if all < automationDays || own > 0 {
		return false
	}
	place := normalize.Repository(r.Subject)
	more, _ := f.habits.Changers(a.ARN, place+baseline.Sources)
	others, _ := f.habits.Changers(a.ARN, baseline.Sources)
	return more+others < automationDays
}

// build reports whether the actor is a build of ours, or the session of one.
func (f *facts) build(a *sekisho.Actor) (bool, string) {
	subject, provider, id := a.Subject, a.Provider, a.ID
	if a.WorkloadType != "build" || provider == "" {
		if a.Type != sekisho.ActorRole || f.root == nil || f.root.WorkloadType != "build" || f.root.Provider == "" {
			return false, ""
		}
		subject, provider, id = f.root.Subject, f.root.Provider, f.root.ID
	}
	if org, declared := f.declared.Source(subject); declared {
		if org == "" {
			return false, "a build of none of the declared organizations"
		}
		return true, "a build of " + org
	}
	if f.habits.Experience(id).Days >= automationDays {
		return true, "a build at work here for days, vouched for by " + provider
	}
	return false, ""
}

// infrastructureAsCode are the client families whose whole purpose is to make
// and change resources from a description.
var infrastructureAsCode = []string{"terraform", "terraform on linux", "pulumi", "pulumi on linux", "cdk", "cdk on linux"}

// Network implements detect.Facts. What is not declared or listed is the
// address's prefix: /20 of IPv4 and /40 of IPv6, about the size in which
// providers hand addresses to one site.
func (f *facts) Network(ip string) detect.Net {
	if ip == "" {
		return detect.Net{}
	}
	if n, ok := f.networks[ip]; ok {
		return n
	}
	n, ok := f.older[ip]
	if !ok {
		n = f.network(ip)
	}
	if len(f.networks) >= networksMax {
		f.older, f.networks = f.networks, make(map[string]detect.Net, networksMax)
	}
	f.networks[ip] = n
	return n
}

func (f *facts) network(ip string) detect.Net {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return detect.Net{}
	}
	addr = addr.Unmap()
	known, _ := f.declared.Networks.Lookup(addr)
	if known.Key != "" {
		return known
	}
	bits := 20
	if addr.Is6() {
		bits = 40
	}
	p, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return detect.Net{}
	}
	known.Key = p.String()
	return known
}
