package correlate

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
)

// restsMax and whatIfMax bound an explanation: who reads more reads the
// findings themselves.
const (
	restsMax  = 5
	whatIfMax = 12
)

// explain says what the decision rests on and what would have changed it, by
// judging the same evidence again with the very rules that decided.
func (ep *Episode) explain(m *Model, c *sekisho.Containment) sekisho.Explanation {
	until := ep.evidence
	if c != nil {
		until = c.At
	}
	now := ep.judge(m, ep.findings, until, false)
	out := sekisho.Explanation{At: until, Score: now.then.Score(), Rests: rests(now.then.findings)}
	if c != nil {
		// A late edge can bring evidence of before the decision: what the whole would
		// have called for is then earlier than what was decided.
		now.at = maxTime(now.at, c.At)
		out.WhatIf = ep.without(m, &now, out.Rests, until)
	} else {
		out.WhatIf = now.then.more(m)
	}
	out.WhatIf = append(out.WhatIf, ep.declaring(m, &now, until, c != nil)...)
	return out
}

// judgement is what would have been decided on evidence.
type judgement struct {
	then Episode   // the evidence up to the moment asked about
	at   time.Time // when containment would have been decided, zero if never
	all  Episode   // all the evidence
}

// judge decides anew on findings in their order, as decide does event by event.
// declared supposes that a change window covers it all.
func (ep *Episode) judge(m *Model, findings []sekisho.Finding, until time.Time, declared bool) (j judgement) {
	blank := func() Episode { return Episode{declared: ep.declared || declared, seasoned: ep.seasoned} }
	x, then := blank(), blank()
	decide := func(at time.Time) {
		x.privileged = ep.privileged && !ep.privilegedAt.After(at)
		if j.at.IsZero() && x.rule(m) != "" {
			j.at = at
		}
	}
	for i := range findings {
		f := findings[i]
		x.take(m, &f)
		if !f.At.After(until) {
			again := findings[i]
			then.take(m, &again)
		}
		next := ep.last
		if i+1 < len(findings) {
			next = findings[i+1].At
		}
		if i+1 == len(findings) || next.After(f.At) {
			decide(f.At)
			if w := ep.privilegedAt; w.After(f.At) && !w.After(next) {
				decide(w) // a privileged write that was no finding completes the chain
			}
		}
	}
	then.privileged = ep.privileged && !ep.privilegedAt.After(until)
	j.then, j.all = then, x
	return j
}

// rests sums findings by behaviour, the heaviest first.
func rests(findings []sekisho.Finding) []sekisho.Contribution {
	var out []sekisho.Contribution
	most := map[string]sekisho.Nats{} // of one finding, by behaviour
	for i := range findings {
		f := &findings[i]
		at := slices.IndexFunc(out, func(c sekisho.Contribution) bool { return c.Detection == f.Detection })
		if at < 0 {
			at = len(out)
			out = append(out, sekisho.Contribution{Detection: f.Detection, Title: f.Title, Reason: f.Reason})
			most[f.Detection] = f.Weight
		}
		c := &out[at]
		c.Weight += f.Weight
		c.Findings++
		c.Tripwire = c.Tripwire || f.Tripwire
		if f.Weight > most[f.Detection] {
			most[f.Detection], c.Reason = f.Weight, f.Reason
		}
	}
	slices.SortStableFunc(out, func(a, b sekisho.Contribution) int { return cmp.Compare(b.Weight, a.Weight) })
	return out[:min(len(out), restsMax)]
}

// without leaves out each of the heaviest behaviours in turn; where none alone
// carried the decision, it says how many of them did together.
func (ep *Episode) without(m *Model, now *judgement, heaviest []sekisho.Contribution, until time.Time) []sekisho.WhatIf {
	var out []sekisho.WhatIf
	carried := false
	leave := func(ids []string, weight sekisho.Nats) bool {
		left := slices.DeleteFunc(slices.Clone(ep.findings), func(f sekisho.Finding) bool { return slices.Contains(ids, f.Detection) })
		j := ep.judge(m, left, until, false)
		w := sekisho.WhatIf{Kind: "without", What: strings.Join(ids, ", ")}
		w.Outcome, w.At = now.compare(&j)
		if w.Outcome == "same" {
			return false
		}
		w.Score = j.then.Score()
		w.Text = fmt.Sprintf("without %s (%.1f) ", and(ids), weight.Float()) + j.words(m, &w)
		out = append(out, w)
		return true
	}
	var ids []string
	var sum sekisho.Nats
	for _, c := range heaviest {
		carried = leave([]string{c.Detection}, c.Weight) || carried
	}
	for _, c := range heaviest {
		if carried {
			break
		}
		ids, sum = append(ids, c.Detection), sum+c.Weight
		carried = len(ids) > 1 && leave(ids, sum)
	}
	return out
}

// compare says how another judgement differs in the decision.
func (j *judgement) compare(other *judgement) (outcome string, at time.Time) {
	switch {
	case other.at.IsZero():
		return "never", time.Time{}
	case other.at.After(j.at):
		return "later", other.at
	}
	return "same", time.Time{}
}

// words tell what would have been decided, and what was lacking at the time.
func (j *judgement) words(m *Model, w *sekisho.WhatIf) string {
	if w.Outcome == "later" {
		return fmt.Sprintf("the score would be %.1f then, and containment would come at %s", w.Score.Float(), w.At.UTC().Format("15:04:05"))
	}
	// What was lacking in the end explains "never".
	return j.all.lacking(m) + ": no containment"
}

// lacking says which condition of rule an episode fails.
func (ep *Episode) lacking(m *Model) string {
	need := m.Act
	if len(ep.tripwires) == 0 {
		need = m.Alone
	}
	switch score := ep.Score(); {
	case ep.declared:
		return "only two tripwires would decide within the window"
	case score < need:
		return fmt.Sprintf("the score would be %.1f, below %g", score.Float(), need.Float())
	case len(ep.tactics) < 2:
		return "the evidence would be of one tactic, where two are needed"
	case !ep.privileged && len(ep.tripwires) == 0:
		return "there would be no tripwire and no privileged change"
	}
	return fmt.Sprintf("there would be no tripwire, and a score alone decides only on identities with %d days or %d events of history", seasoned, seasonedEvs)
}

// declaring supposes each fact that would have changed a finding, and a change
// window over it all.
func (ep *Episode) declaring(m *Model, now *judgement, until time.Time, decided bool) []sekisho.WhatIf {
	type fact struct {
		fact sekisho.Fact
		name string
	}
	var facts []fact
	if decided && !ep.declared {
		facts = append(facts, fact{sekisho.FactChangeWindow, ""})
	}
	for i := range ep.findings {
		for _, s := range ep.findings[i].Supposed {
			x := fact{s.Fact, s.Name}
			if s.Fact == sekisho.FactChangeWindow {
				x.name = ""
			}
			if !slices.Contains(facts, x) && len(facts) < whatIfMax {
				facts = append(facts, x)
			}
		}
	}
	slices.SortFunc(facts, func(a, b fact) int {
		return cmp.Or(cmp.Compare(a.fact, b.fact), cmp.Compare(a.name, b.name))
	})
	var out []sekisho.WhatIf
	for _, x := range facts {
		left := make([]sekisho.Finding, 0, len(ep.findings))
		for _, f := range ep.findings {
			for _, s := range f.Supposed {
				if s.Fact == x.fact && (s.Name == x.name || x.name == "") {
					f.Claimed, f.Family, f.Tripwire = s.Claimed, s.Family, s.Tripwire
				}
			}
			if f.Claimed > 0 {
				left = append(left, f)
			}
		}
		j := ep.judge(m, left, until, x.fact == sekisho.FactChangeWindow)
		w := sekisho.WhatIf{Kind: "declared", What: string(x.fact), Name: x.name, Score: j.then.Score()}
		w.Outcome, w.At = now.compare(&j)
		if !decided {
			w.Outcome, w.At = "same", time.Time{}
		}
		if w.Outcome == "same" && w.Score >= now.then.Score() {
			continue
		}
		w.Text = factWords(x.fact, x.name) + " "
		if w.Outcome == "same" {
			w.Text += fmt.Sprintf("the score would be %.1f instead of %.1f", w.Score.Float(), now.then.Score().Float())
			if decided {
				w.Text += ", and containment would be decided all the same"
			}
		} else {
			w.Text += j.words(m, &w)
		}
		out = append(out, w)
	}
	return out
}

func factWords(f sekisho.Fact, name string) string {
	switch f {
	case sekisho.FactAutomation:
		return "were " + name + " declared as automation,"
	case sekisho.FactTrusted:
		return "were account " + name + " declared as trusted,"
	case sekisho.FactNetwork:
		return "were network " + name + " declared as one of yours,"
	}
	return "had a change window been declared for it,"
}

// pieces are what an episode below the decision may lack, in the order in which
// sentences name them.
var pieces = [...]string{"tripwire", "tactic", "privileged-change", "backing", "history", "score"}

// more says with which further pieces containment would have been decided: the
// fewest that suffice.
func (ep *Episode) more(m *Model) []sekisho.WhatIf {
	var out []sekisho.WhatIf
	enough := []int{}
	for size := 1; size <= len(pieces); size++ {
		for set := 1; set < 1<<len(pieces); set++ {
			if bits.OnesCount(uint(set)) != size || slices.ContainsFunc(enough, func(e int) bool { return set&e == e }) {
				continue
			}
			if w, ok := ep.with(m, set); ok {
				enough = append(enough, set)
				out = append(out, w)
			}
		}
		if len(out) > 0 && size > 1 {
			break // longer lists of what is lacking tell nobody anything
		}
	}
	return out
}

// with adds the pieces of a set to a copy, and reports whether that would call
// for containment.
func (ep *Episode) with(m *Model, set int) (w sekisho.WhatIf, ok bool) {
	tripwires, tactics := len(ep.tripwires), len(ep.tactics)
	var what, words []string
	x := Episode{declared: ep.declared, privileged: ep.privileged, seasoned: ep.seasoned, sums: ep.sums, backs: ep.backs}
	for i, piece := range pieces {
		if set&(1<<i) == 0 {
			continue
		}
		what = append(what, piece)
		switch piece {
		case "tripwire":
			tripwires++
			words = append(words, [...]string{"a tripwire", "another tripwire"}[min(len(ep.tripwires), 1)])
		case "tactic":
			tactics++
			words = append(words, "evidence of another tactic")
		case "privileged-change":
			x.privileged = true
			words = append(words, "a privileged change")
		case "backing":
			if ep.backed() {
				return w, false
			}
			x.backs = backing
			words = append(words, "evidence of somebody else at work")
		case "history":
			x.seasoned = true
			words = append(words, fmt.Sprintf("%d days or %d events of history", seasoned, seasonedEvs))
		case "score":
			need := m.Act
			if tripwires == 0 {
				need = m.Alone
			}
			if !x.backed() {
				need = m.High
			}
			lack := need - ep.Score()
			if lack <= 0 {
				return w, false
			}
			words = append(words, fmt.Sprintf("%.1f nats more", lack.Float()))
			for f := range x.sums { // as far as the caps leave room
				n := min(lack, max(0, m.Caps[f]-x.sums[f]))
				x.sums[f] += n
				lack -= n
			}
		}
	}
	// The rule counts tripwires and tactics; which they are does not matter to it.
	x.tripwires, x.tactics = map[string]bool{}, map[sekisho.Phase]bool{}
	for i := range tripwires {
		x.tripwires[fmt.Sprint(i)] = true
	}
	for i := range tactics {
		x.tactics[sekisho.Phase(fmt.Sprint(i))] = true
	}
	if x.rule(m) == "" {
		return w, false
	}
	return sekisho.WhatIf{Kind: "more", What: strings.Join(what, ", "), Score: x.Score(), Outcome: "contained",
		Text: "with " + and(words) + " containment would have been decided"}, true
}

// and joins words as a sentence does.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
