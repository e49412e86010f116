package awsapi

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/time/rate"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/provider/self"
)

// ruleEvery is how often rules are looked at: a rule that is deleted is told within
// it.
const ruleEvery = time.Minute

// RuleWatchOptions say which rules are looked at, and how often.
type RuleWatchOptions struct {
	// Account is the account's id; "" to ask AWS whose credentials these are.
	Account string
	// Rules are the names of the rules that must be there; none means each rule that is
	// seen to bring all of some sort of what CloudTrail records. Those with conditions
	// are mostly somebody else's: who has one that brings records names it.
	Rules []string
	// Every is how often; a minute if 0.
	Every time.Duration
	// Now is the time; time.Now if nil.
	Now func() time.Time
}

// RuleWatch looks whether the rules that bring records are still as they were, and
// tells by a notice (self.RuleGone) when one that was good is gone, disabled,
// narrowed or sends to somebody else: the call that did it may be the last that it
// brought. It is an ingest.Source. It uses the permissions events:ListRules and
// events:ListTargetsByRule.
type RuleWatch struct {
	o               RuleWatchOptions
	account, region string
	calls           eventCalls
	pace            *rate.Limiter
	due             time.Time
	good            map[string]rule   // as each rule was when it was last good
	told            map[string]string // what is wrong with a rule, once that is durable
}

// NewRuleWatch makes a watch over the rules of the configuration's account and region.
func NewRuleWatch(ctx context.Context, c sdk.Config, o RuleWatchOptions) (*RuleWatch, error) {
	if o.Every <= 0 {
		o.Every = ruleEvery
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Account == "" {
		account, err := callerAccount(ctx, c)
		if err != nil {
			return nil, err
		}
		o.Account = account
	}
	return &RuleWatch{o: o, account: o.Account, region: c.Region, calls: newEventCalls(c), pace: newPace(), good: map[string]rule{}, told: map[string]string{}}, nil
}

// Name implements ingest.Source.
func (w *RuleWatch) Name() string { return "rules:" + w.account + "/" + w.region }

// Read implements ingest.Source: it waits for the next look to be due. That nothing
// could be looked at is an error, which the source's health shows.
func (w *RuleWatch) Read(ctx context.Context, _ ingest.Cursor) (ingest.Batch, error) {
	if left := w.due.Sub(w.o.Now()); left > 0 {
		t := time.NewTimer(min(left, readWaits))
		defer t.Stop()
		select {
		case <-ctx.Done():
			return ingest.Batch{}, ctx.Err()
		case <-t.C:
		}
		if w.o.Now().Before(w.due) {
			return ingest.Batch{}, nil
		}
	}
	watched := slices.Clone(w.o.Rules)
	for name := range w.good {
		watched = append(watched, name)
	}
	rules, err := w.calls.list(ctx, w.pace, w.account, w.region, watched)
	if err != nil {
		return ingest.Batch{}, err
	}
	now := w.o.Now()
	w.due = now.Add(w.o.Every)
	return w.compare(now, rules)
}

// compare holds the rules against what they were.
func (w *RuleWatch) compare(now time.Time, rules []rule) (ingest.Batch, error) {
	byName := map[string]*rule{}
	for i := range rules {
		byName[rules[i].name] = &rules[i]
	}
	wrong := map[string]string{}
	for name, was := range w.good {
		if what := changed(&was, byName[name], w.account, w.region); what != "" {
			wrong[name] = what
		}
	}
	for _, name := range w.o.Rules {
		// What was never seen good, but is declared, is wrong from the first look on.
		if r := byName[name]; wrong[name] == "" && !r.brings(w.account, w.region) {
			wrong[name] = lacks(r)
		}
	}
	for i := range rules {
		r := &rules[i]
		if wrong[r.name] == "" && r.brings(w.account, w.region) && (len(w.o.Rules) == 0 && r.whole(w.account, w.region) || slices.Contains(w.o.Rules, r.name) || w.good[r.name].name != "") && len(w.good) < rulesMost {
			w.good[r.name] = *r
		}
	}
	var text bytes.Buffer
	fresh := map[string]string{}
	for _, name := range sortedKeys(wrong) {
		if w.told[name] == wrong[name] {
			continue
		}
		raw, err := (&self.RuleGone{Account: w.account, Region: w.region, Rule: name, What: wrong[name], At: now}).JSON()
		if err != nil {
			return ingest.Batch{}, fmt.Errorf("write the notice of rule %s: %w; please report it", name, err)
		}
		text.Write(raw)
		text.WriteByte('\n')
		fresh[name] = wrong[name]
	}
	for name := range w.told {
		if wrong[name] == "" { // mended: it is told again if it happens again
			delete(w.told, name)
		}
	}
	if len(fresh) == 0 {
		return ingest.Batch{}, nil
	}
	return ingest.Batch{
		Parcels: []ingest.Parcel{{Format: self.Source, Path: ingest.PathSelf, Origin: w.Name(), Raw: text.Bytes()}},
		Settle: func(context.Context) error { // the runner calls it before it reads again
			for name, what := range fresh {
				w.told[name] = what
			}
			return nil
		},
	}, nil
}

// brings reports whether a rule sends on something of what CloudTrail records.
func (r *rule) brings(account, region string) bool {
	return r != nil && r.enabled() && len(r.targets) > 0 && r.touches(account, region)
}

// lacks is what is wrong with a rule that brings nothing; nil is one that is not there.
func lacks(r *rule) string {
	switch {
	case r == nil:
		return self.RuleDeleted
	case !r.enabled():
		return self.RuleDisabled
	case len(r.targets) == 0:
		return self.RuleUntargeted
	}
	return self.RuleNarrowed
}

// changed is what was done to a rule that was good, "" if nothing that matters. A
// rule that has further conditions by design may have others: only what it no
// longer matches at all, or had no condition on before, is a loss.
func changed(was, is *rule, account, region string) string {
	switch {
	case is == nil:
		return self.RuleDeleted
	case !is.enabled():
		return self.RuleDisabled
	case slices.ContainsFunc(was.targets, func(t string) bool { return !slices.Contains(is.targets, t) }):
		return self.RuleUntargeted
	case was.reads() && !is.reads():
		return self.RuleNarrowed
	}
	for _, t := range [...]string{typeCall, typeSignIn, typeService} {
		if is.covers(t, account, region) < was.covers(t, account, region) {
			return self.RuleNarrowed
		}
	}
	return ""
}
