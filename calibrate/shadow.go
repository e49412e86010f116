package calibrate

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/model"
)

// Lease is for how long an automatic deny would have stood if nobody renewed it:
// the length of an episode, after which the evidence would have been new.
const Lease = 4 * time.Hour

// Shadow is what would have happened in a tenant's own history, had action been
// automatic. Nothing was touched.
type Shadow struct {
	Schema   string    `json:"schema"` // "sekisho.shadow/v1"
	From     time.Time `json:"from"`   // of the days that were judged
	To       time.Time `json:"to"`
	Days     int       `json:"days"`
	Learned  int       `json:"learned_days"` // before, for learning only
	Episodes int       `json:"episodes"`
	Actions  []Acted   `json:"actions"`
	// Warned are incidents of at least medium severity that nothing would have
	// been done about.
	Warned int `json:"warned"`
	// Unmarked are the actions without a verdict. They are in no threshold:
	// history that was taken for harmless and is not would teach the model to
	// look away.
	Unmarked int `json:"unmarked"`
	// IfFalse is what act would be if all of the unmarked were false alarms.
	IfFalse float64 `json:"act_if_unmarked_are_false,omitempty"`
}

// Acted is one automatic action that would have been taken.
type Acted struct {
	Incident string           `json:"incident"`
	Title    string           `json:"title"`
	Root     string           `json:"root"`
	At       time.Time        `json:"at"`
	Rule     string           `json:"rule"`
	Score    float64          `json:"score"`
	Verdict  string           `json:"verdict"` // "", "true", "false" or "authorised"
	Reasons  []string         `json:"reasons"`
	Cuts     []string         `json:"cuts"`
	Until    time.Time        `json:"until"`
	Denied   []Denied         `json:"denied"` // who would have been refused within the lease
	actions  []sekisho.Action `json:"-"`
}

// Denied counts an identity's calls that a cut would have refused.
type Denied struct {
	Identity string `json:"identity"`
	Name     string `json:"name"`
	Calls    int    `json:"calls"`
}

// reasonsMax is how many findings an action is told with; the report of scan has
// them all.
const reasonsMax = 6

// Act adds an incident that would have been acted upon.
func (s *Shadow) Act(in *sekisho.Incident, verdict string) {
	a := Acted{Incident: in.ID, Title: in.Title, Root: in.Root.Name, At: in.Containment.At, Rule: in.Containment.Rule, Score: in.Score.Float(),
		Verdict: verdict, Until: in.Containment.At.Add(Lease), actions: in.Containment.Actions, Reasons: []string{}, Cuts: []string{}, Denied: []Denied{}}
	if a.Root == "" {
		a.Root = in.Root.ID
	}
	top := slices.Clone(in.Findings)
	slices.SortStableFunc(top, func(x, y sekisho.Finding) int { return cmp.Compare(y.Weight, x.Weight) })
	for _, f := range top[:min(len(top), reasonsMax)] {
		a.Reasons = append(a.Reasons, fmt.Sprintf("+%.1f %s", f.Weight.Float(), f.Reason))
	}
	for _, c := range in.Containment.Actions {
		a.Cuts = append(a.Cuts, c.Action+" "+c.Target)
	}
	if verdict == "" {
		s.Unmarked++
	}
	s.Actions = append(s.Actions, a)
}

// Deny counts an event against the cuts that would have stood then.
func (s *Shadow) Deny(e *sekisho.Event) {
	for i := range s.Actions {
		a := &s.Actions[i]
		if e.Time.Before(a.At) || e.Time.After(a.Until) || !e.Succeeded() {
			continue
		}
		for _, c := range a.actions {
			if c.At.After(e.Time) || c.Target != e.Actor.Credential && c.Target != e.Actor.ARN && c.Target != e.Actor.ID && (e.Actor.Workload == "" || c.Target != e.Actor.Workload) {
				continue
			}
			a.deny(e)
			break
		}
	}
}

func (a *Acted) deny(e *sekisho.Event) {
	for i := range a.Denied {
		if a.Denied[i].Identity == e.Actor.ID {
			a.Denied[i].Calls++
			return
		}
	}
	a.Denied = append(a.Denied, Denied{e.Actor.ID, e.Actor.Name, 1})
}

// Text prints the report for people.
func (s *Shadow) Text(w io.Writer, f *model.File) error {
	var b strings.Builder
	fmt.Fprintf(&b, "In the %d days from %s to %s Sekisho would have acted %d times, and warned %d times without acting. %d days before were learned from only.\n",
		s.Days, s.From.Format(time.DateOnly), s.To.Format(time.DateOnly), len(s.Actions), s.Warned, s.Learned)
	fmt.Fprintf(&b, "Nothing was touched: this is a replay.\n\nScores that call for containment:\n  with a tripwire %.1f: %s\n  without %.1f: %s\n  %s\n",
		f.Thresholds["act"].Nats, f.Thresholds["act"].Origin, f.Thresholds["alone"].Nats, f.Thresholds["alone"].Origin, f.Made.Guarantee)
	if s.Unmarked > 0 {
		fmt.Fprintf(&b, "  %d actions have no verdict and are in no threshold; were they all false, it would be %.1f with a tripwire. Mark each: sekisho verdict ID true|false|authorised --by YOU --file verdicts.jsonl, and calibrate again with --verdicts.\n",
			s.Unmarked, s.IfFalse)
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		verdict := a.Verdict
		if verdict == "" {
			verdict = "no verdict yet"
		}
		fmt.Fprintf(&b, "\n%d. %s  %s\n   %s (%.1f, %s), root %s; %s\n", i+1, a.At.Format("2006-01-02 15:04:05"), a.Incident, clean(a.Title), a.Score, a.Rule, clean(a.Root), verdict)
		for _, r := range a.Reasons {
			fmt.Fprintf(&b, "     %s\n", clean(r))
		}
		for _, c := range a.Cuts {
			fmt.Fprintf(&b, "   would have cut: %s\n", clean(c))
		}
		if len(a.Denied) == 0 {
			fmt.Fprintf(&b, "   nobody made a call that it would have refused, until %s\n", a.Until.Format("15:04:05"))
		}
		for _, d := range a.Denied {
			fmt.Fprintf(&b, "   would have refused %d calls of %s (%s) until %s, if nobody renewed it\n", d.Calls, clean(d.Name), clean(d.Identity), a.Until.Format("15:04:05"))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// clean takes control characters out of text that came from records.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '·'
		}
		return r
	}, s)
}

// Reweighed is a base model with the weights that a tenant's own episodes move:
// they keep what the base knows of attacks, and take what is ordinary from v.
func Reweighed(v *Evidence, base *model.File) *model.File {
	out := *base
	out.Weights = v.reweigh(base.Weights)
	return &out
}

// Tenant sets the thresholds of a reweighed model by a tenant's own episodes, as
// that model judges them: they never fall below what the base says, and rise
// where ordinary work reached more.
func Tenant(v *Evidence, base *model.File, from string) *model.File {
	out := *base
	out.Thresholds = map[string]model.Number{}
	for k, n := range base.Thresholds {
		out.Thresholds[k] = n
	}
	for _, x := range []struct {
		name, kind string
		scores     []sekisho.Nats
	}{{"act", "with a tripwire, evidence beside it and the chain predicate", v.tripwired}, {"alone", "with the chain predicate, enough history and no tripwire", v.alone}} {
		least := base.Thresholds[x.name]
		n := threshold(v, x.scores, least.Nats, x.kind)
		if n.Nats <= least.Nats {
			n.Origin = fmt.Sprintf("the base model's, which is not below what your own history asks for (%s)", n.Origin)
		}
		out.Thresholds[x.name] = n
	}
	out.Made.By, out.Made.From, out.Made.Calibrated = "sekisho calibrate", from, true
	out.Made.Days, out.Made.Episodes = v.Days, v.Episodes
	out.Made.Guarantee = guarantee(v)
	return &out
}

// reweighLeast is how many ordinary episodes a tenant's history must hold before
// it says more of what is ordinary than made-up work does: with 300 the bound of
// what was never seen is one in two hundred.
const reweighLeast = 300

// reweigh replaces what a model takes for ordinary by what a tenant's history
// shows: a weight moves by the log ratio of the two bounds, and never further
// than a fit may from the start value, so that an intruder who rehearses can
// take one nat off a behaviour and no more. Incidents marked true add to the
// attacks that showed a grade.
func (v *Evidence) reweigh(base []model.Weights) []model.Weights {
	out := make([]model.Weights, len(base))
	for i, w := range base {
		out[i] = model.Weights{Behaviour: w.Behaviour, Grades: slices.Clone(w.Grades)}
		for k := range out[i].Grades {
			x := &out[i].Grades[k]
			g := grade{w.Behaviour, sekisho.Nats(math.Round(x.Start * float64(sekisho.Nat))), x.Tripwire}
			n := v.benign[g]
			marked := v.attack[g]
			if v.Episodes < reweighLeast || x.Benign[1] == 0 || n+marked == 0 && x.Benign[0] == 0 {
				continue
			}
			_, was := bounds(x.Benign[0], x.Benign[1])
			_, is := bounds(n, v.Episodes)
			move := math.Log(was) - math.Log(is)
			if marked > 0 && x.Attack[1] > 0 {
				low, _ := bounds(x.Attack[0], x.Attack[1])
				more, _ := bounds(x.Attack[0]+marked, x.Attack[1]+v.Campaigns)
				move += math.Log(math.Max(more, 1e-9)) - math.Log(math.Max(low, 1e-9))
			}
			most := plainMost
			if x.Tripwire {
				most = tripwireMost
			}
			moved := math.Min(math.Max(x.Weight+move, x.Start-moves), math.Min(x.Start+moves, math.Max(most, x.Start)))
			weight := math.Max(least, tenth(moved))
			if weight == x.Weight {
				continue
			}
			x.Origin = fmt.Sprintf("%g of the base model, moved by your own history: %d of %d ordinary episodes and %d incidents marked true showed it; at most %g from the start value (%s)",
				x.Weight, n, v.Episodes, marked, moves, x.Origin)
			x.Weight = weight
			x.Benign, x.Attack = [2]int{n, v.Episodes}, [2]int{x.Attack[0] + marked, x.Attack[1] + v.Campaigns}
		}
		rise(out[i].Grades)
	}
	return out
}

// Unpromised is what takes the place of a guarantee while actions have no verdict:
// a bound over a sample from which everything above the threshold was taken out
// promises nothing.
func Unpromised(v *Evidence, unmarked int) string {
	return fmt.Sprintf("none until the %d actions without a verdict are marked: %d of %d episodes in %d days crossed a threshold, and whether they were false is what the promise is about",
		unmarked, unmarked, v.Episodes+unmarked, v.Days)
}

// Rehearse is what the threshold would be with more episodes taken for ordinary.
func Rehearse(v *Evidence, more []correlate.Ended, least float64) float64 {
	most := least
	for _, e := range more {
		most = max(most, e.Score.Float()+margin)
	}
	for _, n := range v.tripwired {
		most = max(most, n.Float()+margin)
	}
	return tenth(most)
}
