package console

import (
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/store"
)

// Metrics answers with what the service counts, for Prometheus. No label holds
// text from records.
func Metrics(s *live.Service, db *store.Store, health func() []ingest.Health) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	c := s.Counts()
	r.MustRegister(s.Meters().Age, s.Meters().Commit)
	for _, m := range []struct {
		name, help string
		n          *atomic.Int64
	}{
		{"deliveries", "Deliveries taken.", &c.Deliveries},
		{"deliveries_refused", "Deliveries refused whole: their sender is not for records of such a source.", &c.Refused},
		{"records", "Records in them, the unreadable ones too.", &c.Records},
		{"records_accepted", "Records judged.", &c.Accepted},
		{"records_duplicate", "Records that were seen before.", &c.Duplicates},
		{"records_unreadable", "Records that could not be read; they are kept.", &c.Unreadable},
		{"records_skipped", "Records of kinds that are not wanted.", &c.Skipped},
		{"records_late", "Records more than ten minutes behind the newest.", &c.Late},
		{"records_future", "Records dated after their receipt, judged at it.", &c.Future},
		{"findings", "Findings that were new evidence.", &c.Findings},
		{"commits", "Synced commits.", &c.Commits},
		{"checkpoints", "Checkpoints written.", &c.Checkpoints},
		{"records_gap", "Records that a slow path brought first though a fast one brings from the same place.", &c.Gaps},
	} {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "sekisho", Name: m.name + "_total", Help: m.help},
			func() float64 { return float64(m.n.Load()) }))
	}
	gauge := func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "sekisho", Name: name, Help: help}, f))
	}
	gauge("waiting_deliveries", "Deliveries that wait to be judged.", func() float64 { return float64(s.Waiting()) })
	for name, x := range map[string]struct {
		help string
		n    *atomic.Int64
	}{
		"identities": {"Identities with habits.", &c.Identities}, "episodes": {"Episodes that are open or held.", &c.Episodes},
		"incidents": {"Incidents that are open or lately closed.", &c.Incidents}, "lineage_edges": {"Edges of lineage.", &c.Edges},
	} {
		gauge(name, x.help, func() float64 { return float64(x.n.Load()) })
	}
	gauge("newest_event_seconds", "Time of the newest event, in seconds since 1970.", func() float64 { return float64(c.Latest.Load()) })
	gauge("data_bytes", "What the data folder takes on disk.", func() float64 { return float64(db.Size()) })
	gauge("replayed_records", "Records folded at the start.", func() float64 { return float64(s.Replayed()) })
	if health != nil {
		r.MustRegister(readerMetrics{health})
	}
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// readerMetrics tells how the sources do that the service reads by itself.
type readerMetrics struct{ health func() []ingest.Health }

var readerCounts = []struct {
	desc *prometheus.Desc
	n    func(*ingest.Health) int64
}{
	{readerDesc("reader_batches_total", "Reads that brought something."), func(h *ingest.Health) int64 { return h.Read }},
	{readerDesc("reader_parcels_total", "Objects, messages and files taken."), func(h *ingest.Health) int64 { return h.Parcels }},
	{readerDesc("reader_failed_total", "Things that could not be brought, each time."), func(h *ingest.Health) int64 { return h.Failed }},
	{readerDesc("reader_errors_total", "Reads, deliveries and settlements that failed."), func(h *ingest.Health) int64 { return h.Errors }},
}

func readerDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("sekisho_"+name, help, []string{"source"}, nil)
}

// Describe implements prometheus.Collector.
func (readerMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, c := range readerCounts {
		out <- c.desc
	}
}

// Collect implements prometheus.Collector.
func (m readerMetrics) Collect(out chan<- prometheus.Metric) {
	for _, h := range m.health() {
		for _, c := range readerCounts {
			out <- prometheus.MustNewConstMetric(c.desc, prometheus.CounterValue, float64(c.n(&h)), h.Name)
		}
	}
}
