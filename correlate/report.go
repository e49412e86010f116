package correlate

import (
	"fmt"
	"slices"
	"sort"

	"github.com/sekisho/sekisho"
)

// Incidents gives all incidents as they stand, in the order in which they
// opened. They are copies.
func (s *State) Incidents() []sekisho.Incident {
	out := make([]sekisho.Incident, 0, len(s.incidents))
	for _, in := range s.incidents {
		out = append(out, s.finished(in))
	}
	return out
}

// finished is an incident as it stands, with a person's verdict if there is one.
func (s *State) finished(in *incident) sekisho.Incident {
	x := in.finish(&s.Model)
	if v, given := s.Verdicts[x.ID]; given && !v.At.After(s.now) {
		x.Verdict = &v
	}
	return x
}

// Forget drops every incident and episode: what a fold over history leaves
// behind is what it learned. It returns the episodes that were open.
func (s *State) Forget() []*Episode {
	open := append(s.Open(), s.closed...)
	verdicts, now, following := s.Verdicts, s.now, s.changed != nil
	*s = *New(s.Model, s.Organization)
	s.Verdicts, s.now = verdicts, now
	if following {
		s.Follow()
	}
	return open
}

// Sizes are how many episodes are open or held, and how many incidents are kept.
func (s *State) Sizes() (episodes, incidents int) { return len(s.episodes), len(s.incidents) }

// Open are the episodes that have not ended, in the order of their keys.
func (s *State) Open() []*Episode {
	var open []*Episode
	for _, key := range sortedKeys(s.episodes) {
		open = append(open, s.episodes[key])
	}
	return open
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// finish copies an incident and fills in what follows from its episode.
func (in *incident) finish(m *Model) sekisho.Incident {
	out := in.Incident
	out.Raised = slices.Clone(in.Raised)
	if in.Containment != nil {
		c := *in.Containment
		c.Actions = slices.Clone(c.Actions)
		out.Containment = &c
	}
	for _, ep := range in.episodes {
		out.Findings = append(out.Findings, ep.findings...)
		out.Excess += ep.excess
		out.Score = ep.Score()
		acted := map[string]bool{}
		for _, f := range ep.findings {
			acted[f.Identity] = true
		}
		out.Changes = ep.changes()
		out.Explanation = ep.explain(m, out.Containment)
		suspects := ep.implicated()
		seenID, seenCred := map[string]bool{}, map[string]bool{}
		put := func(id sekisho.Identity) {
			if id.ID != "" && !seenID[id.ID] {
				seenID[id.ID] = true
				out.Identities = append(out.Identities, id)
			}
		}
		put(out.Root)
		for i := range ep.actors {
			a := &ep.actors[i]
			if !suspects[i] && !acted[a.identity.ID] {
				continue
			}
			put(a.identity)
			if c := a.credential; c.ID != "" && !seenCred[c.ID] {
				seenCred[c.ID] = true
				out.Credentials = append(out.Credentials, c)
			}
		}
	}
	out.Title = title(&out)
	out.Interventions = interventions(&out)
	return out
}

// changes are what the findings say of identities before and now, each aspect
// once, as it was last seen.
func (ep *Episode) changes() []sekisho.Change {
	var out []sekisho.Change
	for i := range ep.findings {
		for _, c := range ep.findings[i].Changes {
			at := slices.IndexFunc(out, func(x sekisho.Change) bool { return x.Identity == c.Identity && x.Aspect == c.Aspect })
			if at < 0 {
				out = append(out, c)
			} else if c.Weight > out[at].Weight {
				out[at] = c
			}
		}
	}
	return out
}

// implicated says which actors of the episode the incident is about: those
// whose acts are findings, what their credentials issued, and what issued
// theirs. An ancestor's other work stays out.
func (ep *Episode) implicated() []bool {
	in := make([]bool, len(ep.actors))
	byCred := map[string]int{}
	for i := range ep.actors {
		in[i] = ep.actors[i].suspect
		if id := ep.actors[i].credential.ID; id != "" {
			byCred[id] = i
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range ep.actors {
			parent, ok := byCred[ep.actors[i].credential.IssuedBy]
			if !ok || parent == i || in[i] == in[parent] {
				continue
			}
			in[i], in[parent] = true, true
			changed = true
		}
	}
	return in
}

// Suspect is one actor whose credential containment would cut.
type Suspect struct {
	Identity     sekisho.Identity
	Credential   string
	LongTerm     bool
	SessionID    string
	Workload     string
	WorkloadType string
	Vendor       string // of the system in which it was met; "" in old states
	Type         sekisho.ActorType
}

// Suspects are the implicated actors, in the order in which they were met.
func (ep *Episode) Suspects() []Suspect {
	var out []Suspect
	for i, yes := range ep.implicated() {
		if a := &ep.actors[i]; yes {
			out = append(out, Suspect{Identity: a.identity, Credential: a.credential.ID, LongTerm: a.longTerm,
				SessionID: a.sessionID, Workload: a.workload, WorkloadType: a.wtype, Vendor: a.vendor, Type: a.kind})
		}
	}
	return out
}

// title says in one line what happened through whom.
func title(in *sekisho.Incident) string {
	who := in.Root.Name
	if who == "" {
		who = in.Root.ID
	}
	if who == "" {
		who = "an unknown actor"
	}
	kind := in.Root.Kind.String()
	if kind == "unknown" {
		kind = "identity"
	}
	switch {
	case in.NoReturn != nil && in.Severity == sekisho.SeverityCritical && in.Containment != nil:
		return fmt.Sprintf("Takeover through %s %s: %s", kind, who, in.NoReturn.Why)
	case in.NoReturn != nil && in.Severity == sekisho.SeverityCritical:
		// Power was gained, but the evidence would not have decided anything.
		return fmt.Sprintf("Possible takeover through %s %s: %s", kind, who, in.NoReturn.Why)
	case in.Containment != nil:
		return fmt.Sprintf("Attack in progress through %s %s: %s", kind, who, strongest(in).Title)
	case len(in.Findings) == 1:
		return fmt.Sprintf("%s (%s %s)", in.Findings[0].Title, kind, who)
	}
	return fmt.Sprintf("%s, and %d more by %s %s", strongest(in).Title, len(in.Findings)-1, kind, who)
}

// strongest is the finding that weighs most, the earliest of equals.
func strongest(in *sekisho.Incident) sekisho.Finding {
	var best sekisho.Finding
	for i, f := range in.Findings {
		if i == 0 || f.Tripwire && !best.Tripwire || f.Tripwire == best.Tripwire && f.Weight > best.Weight {
			best = f
		}
	}
	return best
}

// interventions is, for each phase, the earliest event at which a cut would
// have broken the chain.
func interventions(in *sekisho.Incident) []sekisho.Intervention {
	var out []sekisho.Intervention
	for _, f := range in.Findings {
		for _, p := range f.Phases {
			if slices.ContainsFunc(out, func(x sekisho.Intervention) bool { return x.Phase == p }) {
				continue
			}
			out = append(out, sekisho.Intervention{Phase: p, EventID: f.EventID, At: f.At, Cut: f.Cut, Feed: f.Feed,
				InTime: in.NoReturn == nil || !f.At.After(in.NoReturn.At)})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].At.Before(out[j].At) })
	return out
}
