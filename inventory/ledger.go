package inventory

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// Bounds of the ledger. Outside accounts that an organisation shares with are
// tens; names are its roles, users and functions.
const (
	outsidersMax = 1 << 12
	resourcesMax = 64 // of one outside account; beyond, the count stands still
	namesMax     = 1 << 17
	madeMax      = 1 << 16
	// exposureLasts is for how long a stranger's read still explains the use of
	// a key: harvested keys are tried within hours of being found, but the sale
	// of a list takes longer. A week, and the behaviour says how long it was.
	exposureLasts = 7 * 24 * time.Hour
)

// Ledger remembers what touched the outside: which accounts were given what,
// and when strangers read something; and what things are called.
type Ledger struct {
	exposed map[string]detect.Exposure // by our account: the last
	shares  map[string]*sharing        // by outside account
	names   map[string]string          // first name, by sort, account and skeleton
	made    map[string]string          // by workload: the program that it was made with
	dropped int
}

// sharing is what one outside account was given.
type sharing struct {
	Since     int64    `json:"since"` // unix seconds
	Last      int64    `json:"last"`  // day (unix seconds / 86400)
	Days      int      `json:"days"`
	Resources []string `json:"resources"`
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{exposed: map[string]detect.Exposure{}, shares: map[string]*sharing{}, names: map[string]string{}, made: map[string]string{}}
}

// Note learns from a successful event, after it was judged. outside reports
// whether an account is neither ours nor a partner.
func (l *Ledger) Note(e *sekisho.Event, outside func(string) bool) {
	if !e.Succeeded() {
		return
	}
	for i := range e.Effects {
		x := &e.Effects[i]
		switch x.Kind {
		case sekisho.ReadData:
			stranger := e.Actor.Type == sekisho.ActorAnonymous
			by := ""
			if a := e.Actor.Account; a != "" && a != e.Account && outside(a) {
				stranger, by = true, a
			}
			if stranger {
				l.exposed[e.Account] = detect.Exposure{At: e.Time, EventID: e.ID, Resource: x.Resource, IP: e.IP, By: by}
			}
		case sekisho.Share, sekisho.OpenTrust:
			for _, w := range x.With {
				if w != "*" && w != "" && outside(w) {
					l.share(w, x, e.Time)
				}
			}
		case sekisho.CreateIdentity, sekisho.AssumeTry:
			l.Name(x.Identity.Type, x.Identity.Account, x.Identity.Name)
		case sekisho.ChangeWorkload:
			if x.What == "create" {
				sort, account, name := WorkloadName(x.Workload)
				l.Name(sort, account, name)
				if _, had := l.made[x.Workload]; (had || len(l.made) < madeMax) && e.Client.Family != "" {
					l.made[x.Workload] = e.Client.Family
				}
			}
		}
	}
}

// MadeWith is the program that a workload was made with, "" if unknown.
func (l *Ledger) MadeWith(workload string) string { return l.made[workload] }

func (l *Ledger) share(with string, x *sekisho.Effect, at time.Time) {
	t := l.shares[with]
	if t == nil {
		if len(l.shares) >= outsidersMax {
			l.dropped++
			return
		}
		t = &sharing{Since: at.Unix(), Last: -1}
		l.shares[with] = t
	}
	resource := x.Resource
	if x.Kind == sekisho.OpenTrust {
		resource = x.Identity.Label()
	}
	if len(t.Resources) < resourcesMax && !slices.Contains(t.Resources, resource) {
		t.Resources = append(t.Resources, resource)
	}
	if day := at.Unix() / 86400; day > t.Last {
		t.Last = day
		t.Days++
	}
}

// Exposed is the last stranger's read of the account's content, while it counts.
func (l *Ledger) Exposed(account string, at time.Time) (detect.Exposure, bool) {
	x, ok := l.exposed[account]
	return x, ok && at.Sub(x.At) <= exposureLasts
}

// SharedWith is what was opened to an outside account.
func (l *Ledger) SharedWith(account string) (resources, days int, since time.Time) {
	t := l.shares[account]
	if t == nil {
		return 0, 0, time.Time{}
	}
	return len(t.Resources), t.Days, time.Unix(t.Since, 0).UTC()
}

// Name notes that something is called so.
func (l *Ledger) Name(sort, account, name string) {
	key := nameIndex(sort, account, name)
	if key == "" {
		return
	}
	if _, had := l.names[key]; had {
		return
	}
	if len(l.names) >= namesMax {
		l.dropped++
		return
	}
	l.names[key] = name
}

// Lookalike is an older name that this one can be mistaken for.
func (l *Ledger) Lookalike(sort, account, name string) (string, bool) {
	key := nameIndex(sort, account, name)
	old, ok := l.names[key]
	if key == "" || !ok || old == name {
		return "", false
	}
	// worker-1 and worker-2 are a series, no imitation.
	if a, b := digitsOf(old), digitsOf(name); a != "" && b != "" && a != b {
		return "", false
	}
	return old, true
}

// skeletonMin is the shortest skeleton that is compared: shorter names are too
// often alike by chance.
const skeletonMin = 5

// nameIndex is the key under which names that look alike meet, "" for a name
// that says too little.
func nameIndex(sort, account, name string) string {
	s := skeleton(name)
	if len(s) < skeletonMin {
		return ""
	}
	return sort + "/" + account + "/" + s
}

// fillers are words that tell a copy from its original and nothing else. The
// names of environments are not among them: "shop-dev" is no copy of "shop-prod".
var fillers = map[string]bool{"new": true, "old": true, "copy": true, "v": true, "bak": true, "tmp": true, "temp": true, "real": true, "svc": true, "role": true, "user": true, "fn": true}

// confusable folds letters that are drawn alike.
var confusable = strings.NewReplacer("0", "o", "1", "l", "i", "l", "5", "s", "rn", "m", "vv", "w")

// skeleton is what the eye keeps of a name: its words without separators,
// fillers, digits and case, doubled letters once, letters that look alike as one.
func skeleton(name string) string {
	words := strings.FieldsFunc(splitCase(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == '/' || r == ' ' || r == '@' })
	var b strings.Builder
	for _, w := range words {
		w = strings.ToLower(w)
		// Digits inside a word stand for letters, at its end for a number.
		w = confusable.Replace(strings.TrimRight(w, "0123456789"))
		w = strings.Trim(w, "0123456789")
		if len(w) > skeletonMin {
			w = strings.TrimSuffix(w, "s") // one and many look alike
		}
		if fillers[w] {
			continue
		}
		b.WriteString(w)
	}
	s := b.String()
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if i == 0 || s[i] != s[i-1] {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// splitCase puts a dash before each capital that begins a word: "OrderWriter".
func splitCase(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if i > 0 && c >= 'A' && c <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte('-')
		}
		b.WriteByte(c)
	}
	return b.String()
}

func digitsOf(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, name)
}

// WorkloadName takes a workload's resource name apart: the sort of thing, its
// account ("" if it names none) and its own name. "urn:1111:function/resize",
// "arn:…:function:resize" and "function/resize" are all a function.
func WorkloadName(workload string) (sort, account, name string) {
	parts := strings.SplitN(workload, ":", 6)
	rest := workload
	if len(parts) == 6 {
		account, rest = parts[4], parts[5]
	}
	i := strings.LastIndexAny(rest, "/:")
	if i < 0 {
		return "", account, rest
	}
	sort = rest[:i]
	if j := strings.IndexAny(sort, "/:"); j >= 0 {
		sort = sort[:j]
	}
	return sort, account, rest[i+1:]
}

// LedgerSnapshot is the ledger in a form that can be written down.
type LedgerSnapshot struct {
	Shares  []ShareSnapshot    `json:"shares,omitempty"`
	Names   []NameSnapshot     `json:"names,omitempty"`
	Made    []NameSnapshot     `json:"made,omitempty"`
	Exposed []ExposureSnapshot `json:"exposed,omitempty"`
}

// ExposureSnapshot is the last read of one account's content by a stranger.
type ExposureSnapshot struct {
	Account  string          `json:"account"`
	Exposure detect.Exposure `json:"exposure"`
}

// ShareSnapshot is what one outside account was given.
type ShareSnapshot struct {
	Account string  `json:"account"`
	Given   sharing `json:"given"`
}

// NameSnapshot is one name under its key.
type NameSnapshot struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

// Snapshot copies the ledger, sorted.
func (l *Ledger) Snapshot() LedgerSnapshot {
	var out LedgerSnapshot
	for a, t := range l.shares {
		given := *t
		given.Resources = slices.Clone(t.Resources)
		out.Shares = append(out.Shares, ShareSnapshot{a, given})
	}
	sort.Slice(out.Shares, func(i, j int) bool { return out.Shares[i].Account < out.Shares[j].Account })
	for k, n := range l.names {
		out.Names = append(out.Names, NameSnapshot{k, n})
	}
	sort.Slice(out.Names, func(i, j int) bool { return out.Names[i].Key < out.Names[j].Key })
	for k, n := range l.made {
		out.Made = append(out.Made, NameSnapshot{k, n})
	}
	sort.Slice(out.Made, func(i, j int) bool { return out.Made[i].Key < out.Made[j].Key })
	for a, x := range l.exposed {
		out.Exposed = append(out.Exposed, ExposureSnapshot{a, x})
	}
	sort.Slice(out.Exposed, func(i, j int) bool { return out.Exposed[i].Account < out.Exposed[j].Account })
	return out
}

// Restore takes over a snapshot, within the bounds.
func (l *Ledger) Restore(from LedgerSnapshot) {
	for i := range from.Shares {
		if x := &from.Shares[i]; len(l.shares) < outsidersMax {
			given := x.Given
			given.Resources = slices.Clone(given.Resources[:min(len(given.Resources), resourcesMax)])
			l.shares[x.Account] = &given
		}
	}
	for _, n := range from.Names {
		if len(l.names) < namesMax {
			l.names[n.Key] = n.Name
		}
	}
	for _, n := range from.Made {
		if len(l.made) < madeMax {
			l.made[n.Key] = n.Name
		}
	}
	for _, x := range from.Exposed {
		l.exposed[x.Account] = x.Exposure
	}
}

// Dropped is how many entries were not kept for want of room.
func (l *Ledger) Dropped() int { return l.dropped }
