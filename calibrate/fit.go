package calibrate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/model"
)

const (
	// confidence is z of a one-sided bound at 80%: a weight is what the data
	// supports, not what they suggest. Tighter bounds make rare behaviours
	// worthless, wider ones reward chance.
	confidence = 0.841621
	// moves is how far, in nats, a fit may move a weight from its start value.
	// Made-up work is less varied than real work is, and what was never seen in
	// it is not therefore impossible: the fit corrects, it does not decide.
	moves = 1.0
	// few is how many sightings a fit wants of a grade, in campaigns and
	// episodes together, before it moves its weight.
	few = 5
	// least is what a finding weighs at least: what is told counts for something.
	least = 0.5
	// Caps of one token (behaviour model: 4 for a plain one, 8 for a tripwire).
	plainMost, tripwireMost = 4.0, 8.0
	// margin, in nats, above the highest ordinary episode: drift of a tenth of
	// the score costs about that.
	margin = 1.0
	// actLeast is one tripwire at its most and a plain token on top: less than
	// that is one sign, and one sign is not acted upon whatever history says.
	actLeast = tripwireMost + 3
	// aloneLeast is what novelty of source, tempo and half of what actions may
	// claim come to: without a tripwire it takes more than one new script.
	aloneLeast = 16.0
)

// Fit makes a model: weights from v, and the scores that call for containment from
// ordinary work judged by those weights. again replays that work, other work than
// v holds: a number is promised for what it was not fitted on. Thresholds of
// severity stay where the design puts them.
func Fit(v *Evidence, again func(*correlate.Model) (*Evidence, error), base *correlate.Model, made model.Made) (*model.File, error) {
	f := &model.File{Schema: model.Schema, Thresholds: map[string]model.Number{}, Caps: map[string]model.Number{}}
	for name, n := range map[string]sekisho.Nats{"low": base.Low, "medium": base.Medium, "high": base.High, "critical": base.Critical} {
		f.Thresholds[name] = model.Number{Nats: n.Float(), Origin: "start value of the behaviour model: severities keep their meaning from one fit to the next"}
	}
	for i, n := range base.Caps {
		f.Caps[sekisho.Family(i).String()] = model.Number{Nats: n.Float(), Origin: "start value of the behaviour model: with these caps an ordinary but novel script saturates below high"}
	}
	f.Weights = weights(v)
	for _, name := range [...]string{"act", "alone"} {
		f.Thresholds[name] = f.Thresholds["high"] // while the other work is judged
	}
	judging := f.Model()
	held, err := again(&judging)
	if err != nil {
		return nil, err
	}
	f.Thresholds["act"] = threshold(held, held.tripwired, actLeast, "with a tripwire and the chain predicate")
	f.Thresholds["alone"] = threshold(held, held.alone, aloneLeast, "with the chain predicate, enough history and no tripwire")
	made.Days, made.Episodes, made.Campaigns = v.Days+held.Days, v.Episodes+held.Episodes, v.Campaigns
	made.Guarantee = guarantee(held)
	f.Made = made
	return f, nil
}

// threshold is the score that no ordinary episode of the kind reached.
func threshold(v *Evidence, scores []sekisho.Nats, least float64, kind string) model.Number {
	if len(scores) == 0 {
		return model.Number{Nats: least, Origin: fmt.Sprintf("least value: none of %d ordinary episodes was one %s", v.Episodes, kind)}
	}
	most := slices.Max(scores).Float() + margin
	if most <= least {
		return model.Number{Nats: least, Origin: fmt.Sprintf("least value: of %d ordinary episodes %d were %s, and none reached %.1f", v.Episodes, len(scores), kind, least-margin)}
	}
	return model.Number{Nats: tenth(most), Origin: fmt.Sprintf("the highest of the %d ordinary episodes, of %d, that were %s, and %g more", len(scores), v.Episodes, kind, margin)}
}

// guarantee is what split-conformal thresholds promise: under exchangeability of
// whole episodes, whatever happens inside them.
func guarantee(v *Evidence) string {
	n, days := v.Episodes, v.Days
	if v.Fresh > 0 {
		n, days = v.Fresh, v.FreshDays
	}
	if n == 0 {
		return "none: no ordinary episode was seen"
	}
	return fmt.Sprintf("if the next episodes are like the %d of these %d days, on which no weight was fitted, each crosses a threshold for action with a probability of at most 1 in %d: "+
		"at most one false action in %d days is expected, and with 95%% confidence fewer than %.2g a day; two-tripwire decisions rest on no threshold and are counted, not bounded",
		n, days, n+1, days, 3/float64(max(days, 1)))
}

// weights are the fitted grades of every behaviour that was seen.
func weights(v *Evidence) []model.Weights {
	grades := map[grade]bool{}
	for g := range v.attack {
		grades[g] = true
	}
	for g := range v.benign {
		grades[g] = true
	}
	byBehaviour := map[string][]grade{}
	for g := range grades {
		byBehaviour[g.detection] = append(byBehaviour[g.detection], g)
	}
	var out []model.Weights
	for id, list := range byBehaviour {
		slices.SortFunc(list, func(a, b grade) int {
			if a.tripwire != b.tripwire {
				if a.tripwire {
					return 1
				}
				return -1
			}
			return cmp.Compare(a.start, b.start)
		})
		w := model.Weights{Behaviour: id}
		for _, g := range list {
			w.Grades = append(w.Grades, v.weigh(g))
		}
		rise(w.Grades)
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b model.Weights) int { return cmp.Compare(a.Behaviour, b.Behaviour) })
	return out
}

// rise sees to it that a stronger claim never counts less than a weaker one of
// its kind.
func rise(grades []model.Grade) {
	for i := 1; i < len(grades); i++ {
		if grades[i].Tripwire == grades[i-1].Tripwire && grades[i].Weight < grades[i-1].Weight {
			grades[i].Weight = grades[i-1].Weight
			grades[i].Origin += "; raised to that of the weaker claim below it"
		}
	}
}

// weigh is the lower confidence bound of the log likelihood ratio, near the
// start value.
func (v *Evidence) weigh(g grade) model.Grade {
	attack, benign := v.attack[g], v.benign[g]
	start := g.start.Float()
	out := model.Grade{Start: start, Tripwire: g.tripwire, Weight: start, Attack: [2]int{attack, v.Campaigns}, Benign: [2]int{benign, v.Episodes}}
	if attack+benign < few {
		out.Origin = fmt.Sprintf("start value: seen %d times, fewer than %d", attack+benign, few)
		return out
	}
	low, _ := bounds(attack, v.Campaigns)
	_, high := bounds(benign, v.Episodes)
	ratio := math.Log(math.Max(low, 1e-9)) - math.Log(high)
	// A behaviour that comes in several tokens shares its ratio among them: they
	// are one cause seen again, and each counts by itself.
	several := ""
	if n := float64(v.tokens[g]) / float64(max(attack, 1)); n > 1 && !g.tripwire {
		ratio /= n
		several = fmt.Sprintf(", shared by %.1f tokens", n)
	}
	most := plainMost
	if g.tripwire {
		most = tripwireMost
	}
	w := math.Min(math.Max(ratio, 0), math.Max(most, start))
	moved := math.Min(math.Max(w, start-moves), start+moves)
	out.Weight = math.Max(least, tenth(moved))
	out.Origin = fmt.Sprintf("lower 80%% bound of the log likelihood ratio%s, %.1f", several, ratio)
	if moved != ratio {
		out.Origin += fmt.Sprintf(", within %g of the start value and at most %g", moves, math.Max(most, start))
	}
	return out
}

// bounds is Wilson's interval of a share, one-sided at 80% on either side.
func bounds(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = confidence
	m, p := float64(n), float64(k)/float64(n)
	center := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return math.Max(0, center-half), math.Min(1, center+half)
}

// tenth rounds to a tenth of a nat: finer would claim what no data holds.
func tenth(x float64) float64 { return math.Round(x*10) / 10 }
