package self_test

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/provider/self"
)

// TestLostRuleIsAnIncident: the notice that a rule is gone opens one by itself, of
// medium severity at least, in which nobody is accused.
func TestLostRuleIsAnIncident(t *testing.T) {
	f := self.Notices()
	for _, what := range []string{self.RuleDeleted, self.RuleDisabled, self.RuleNarrowed, self.RuleUntargeted} {
		raw, err := (&self.RuleGone{Account: "111122223333", Region: "us-east-1", Rule: "sekisho", What: what, At: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)}).JSON()
		if err != nil {
			t.Fatal(err)
		}
		c, _, _, _ := f.Compact(nil, raw)
		var e sekisho.Event
		if err := f.NewExpander().Expand(&e, c); err != nil {
			t.Fatal(err)
		}
		g := engine.New(engine.Options{})
		g.Step(&e)
		all := g.Incidents()
		if len(all) != 1 || all[0].Severity < sekisho.SeverityMedium || len(all[0].Findings) != 1 || all[0].Findings[0].Detection != "feed-rule-removed" {
			t.Errorf("%s: %+v", what, all)
		}
	}
}
