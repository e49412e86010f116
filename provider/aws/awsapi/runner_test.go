package awsapi

import (
	"context"
	"log/slog"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/self"
)

// folded is an engine with what a source brought through the one runner that reads
// sources, as a service folds it.
type folded struct {
	engine  *engine.Engine
	runner  ingest.Runner
	records int
	cursors int
}

func fold(t *testing.T, s ingest.Source) *folded {
	t.Helper()
	formats := []normalize.Format{aws.CloudTrail(), aws.Inventory(), self.Notices()}
	f := &folded{engine: engine.New(engine.Options{})}
	f.runner = ingest.Runner{Source: s, Formats: formats, Log: slog.New(slog.DiscardHandler), Deliver: func(_ context.Context, arrivals []ingest.Arrival) error {
		for _, a := range arrivals {
			if a.Body.BadTotal > 0 || a.Body.Skipped > 0 {
				t.Errorf("unreadable %v, skipped %d", a.Body.Bad, a.Body.Skipped)
			}
			if a.Cursor != "" {
				f.cursors++
			}
			for i := range formats {
				if formats[i].Name != a.Format {
					continue
				}
				x := formats[i].NewExpander()
				for _, r := range a.Body.Records {
					var e sekisho.Event
					if err := x.Expand(&e, r.Compact); err != nil {
						t.Error(err)
					}
					f.engine.Step(&e)
					f.records++
				}
			}
		}
		return nil
	}}
	return f
}

// TestCollectorRuns: all that a collector tells comes through the runner whole, and
// is nobody's deed.
func TestCollectorRuns(t *testing.T) {
	root := emulated(t)
	furnish(t, root)
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	f := fold(t, collector(t, root, &now))
	if wait := f.runner.Once(t.Context()); wait != 0 {
		t.Fatalf("%+v", f.runner.Health())
	}
	if f.records != 5 || f.cursors != 0 || len(f.engine.Incidents()) > 0 {
		t.Errorf("%d records, %d cursors, %d incidents; %+v", f.records, f.cursors, len(f.engine.Incidents()), f.runner.Health())
	}
}

// TestDeletedRuleIsAnIncident within the time of one look.
func TestDeletedRuleIsAnIncident(t *testing.T) {
	root := emulated(t)
	must(t)(sqs.NewFromConfig(root).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: sdk.String("sekisho")}))
	putRules(t, root)
	w, err := NewRuleWatch(t.Context(), root, RuleWatchOptions{Every: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	f := fold(t, w)
	f.runner.Once(t.Context())
	e := eventbridge.NewFromConfig(root)
	must(t)(e.RemoveTargets(t.Context(), &eventbridge.RemoveTargetsInput{Rule: sdk.String("sekisho"), Ids: []string{"1"}}))
	must(t)(e.DeleteRule(t.Context(), &eventbridge.DeleteRuleInput{Name: sdk.String("sekisho")}))
	began := time.Now()
	f.runner.Once(t.Context())
	all := f.engine.Incidents()
	if len(all) != 1 || all[0].Severity < sekisho.SeverityMedium {
		t.Fatalf("%d incidents after %s; %+v", len(all), time.Since(began), f.runner.Health())
	}
	t.Logf("an incident of %s severity %s after the rule was deleted, at one look each %s", all[0].Severity, time.Since(began).Round(time.Millisecond), w.o.Every)
}
