package live

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
)

// Feed is how one source does by one path for one account and region, since it was
// handed over last.
type Feed struct {
	Source                         string
	Path                           ingest.Path
	Account, Region                string
	Records                        int64 // that were not here before
	Gaps                           int64 // records that a fast path had missed
	Ages                           Ages  // of the records at their receipt
	First, LastEvent, LastReceived time.Time
}

// Ages counts records by how old they were at their receipt: element i those that
// were at most AgeBounds[i] old and no less than the bound before; the last one the
// older ones.
type Ages [len(ageBounds) + 1]int64

// ageBounds are those within which a decision is or is not in time: what a push
// takes, what files take, and what is a backlog.
var ageBounds = [...]time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute,
	2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, time.Hour}

// AgeBounds are the upper bounds of Ages, in rising order.
func AgeBounds() []time.Duration { return ageBounds[:] }

// Quantile is an upper bound of the age that a share of the records had at most, and
// false where there are none, or that lies beyond all bounds.
func (a *Ages) Quantile(share float64) (time.Duration, bool) {
	var all int64
	for _, n := range a {
		all += n
	}
	need, sum := int64(share*float64(all)), int64(0)
	for i, n := range a {
		if sum += n; all > 0 && sum > need || sum == all && all > 0 {
			if i == len(ageBounds) {
				return 0, false
			}
			return ageBounds[i], true
		}
	}
	return 0, false
}

// Meters are what the service measures of itself, for Prometheus.
type Meters struct {
	Age    *prometheus.HistogramVec // of records at their receipt, in seconds, by path
	Commit prometheus.Histogram     // from the receipt of a group to its answer, in seconds
}

func newMeters() *Meters {
	bounds := make([]float64, len(ageBounds))
	for i, b := range ageBounds {
		bounds[i] = b.Seconds()
	}
	return &Meters{
		Age: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "sekisho", Name: "event_age_seconds",
			Help: "How old records were at their receipt.", Buckets: bounds}, []string{"path"}),
		Commit: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "sekisho", Name: "decision_seconds",
			Help: "From the receipt of deliveries to their being durable and judged.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)}),
	}
}

// Meters are measured while the service runs.
func (s *Service) Meters() *Meters { return s.meters }

// feedsMax bounds the feeds that are told apart: paths times accounts times regions.
const feedsMax = 1 << 14

type feedKey struct {
	source          string
	path            ingest.Path
	account, region string
}

// compare orders feeds by source, account, region and path.
func (k feedKey) compare(o feedKey) int {
	return cmp.Or(strings.Compare(k.source, o.source), strings.Compare(k.account, o.account), strings.Compare(k.region, o.region), strings.Compare(string(k.path), string(o.path)))
}

// heard is a feed as it is counted, with its pulse: nil where there is no room for
// one, or the feed has none.
type heard struct {
	Feed
	pulse *pulse
	fast  bool // another path brings the same within seconds
	age   prometheus.Observer
}

// feedCursor is where records of one delivery come from: mostly all from one place.
type feedCursor struct {
	source string // name of the record's format
	path   ingest.Path
	last   *heard
}

// feed notes that a record came which was not here before.
func (s *Service) feed(c *feedCursor, e *sekisho.Event, at time.Time) {
	f := s.hear(c, e, at)
	if f == nil {
		return
	}
	f.Records++
	if f.fast {
		f.Gaps++
		s.counts.Gaps.Add(1)
	}
}

// hear notes that a record came, new or not: its path is alive, and so late.
func (s *Service) hear(c *feedCursor, e *sekisho.Event, at time.Time) *heard {
	if f := c.last; f == nil || f.Source != c.source || f.Account != e.Account || f.Region != e.Region {
		c.last = s.heard(feedKey{c.source, c.path, e.Account, e.Region}, at)
	}
	f := c.last
	if f == nil {
		return nil
	}
	f.LastReceived = at
	if f.pulse != nil {
		f.pulse.beat(at)
	}
	if e.Time.After(f.LastEvent) {
		f.LastEvent = e.Time
	}
	age := max(0, at.Sub(e.Time))
	i := 0
	for i < len(ageBounds) && age > ageBounds[i] {
		i++
	}
	f.Ages[i]++
	f.age.Observe(age.Seconds())
	return f
}

// heard is the feed of a key, nil where there is no room for one more.
func (s *Service) heard(k feedKey, at time.Time) *heard {
	f := s.feeds[k]
	if f == nil && len(s.feeds) < feedsMax {
		f = &heard{Feed: Feed{Source: k.source, Path: k.path, Account: k.account, Region: k.region, First: at}, pulse: s.pulse(k, at),
			age: s.meters.Age.WithLabelValues(string(k.path)), fast: k.path.Slow() && s.hasFast(k, at)}
		s.feeds[k] = f
	}
	return f
}

// fastWithin is for how long a fast path that brings nothing still counts as one: a
// quiet account's has its nights.
const fastWithin = 24 * time.Hour

// hasFast reports whether a fast path brings records from where a slow one does.
func (s *Service) hasFast(k feedKey, at time.Time) bool {
	for _, path := range [...]ingest.Path{ingest.PathPush, ingest.PathEventBridge, ingest.PathKafka, ingest.PathPoll} {
		k.path = path
		if p := s.pulses[k]; p != nil && at.Sub(p.last) < fastWithin {
			return true
		}
	}
	return false
}

// handFeeds hands over what came, now and then.
func (s *Service) handFeeds(now time.Time) {
	if now.Sub(s.handed) < feedsEvery && !now.Before(s.handed) {
		return
	}
	s.handed = now
	z := s.engine.Sizes()
	s.counts.Identities.Store(int64(z.Identities))
	s.counts.Episodes.Store(int64(z.Episodes))
	s.counts.Incidents.Store(int64(z.Incidents))
	s.counts.Edges.Store(int64(z.Edges))
	if s.o.Feeds != nil && len(s.feeds) > 0 {
		s.handAll()
	}
}

// handAll hands over all that came.
func (s *Service) handAll() {
	list := make([]Feed, 0, len(s.feeds))
	for _, f := range s.feeds {
		list = append(list, f.Feed)
	}
	clear(s.feeds)
	slices.SortFunc(list, func(a, b Feed) int {
		return feedKey{a.Source, a.Path, a.Account, a.Region}.compare(feedKey{b.Source, b.Path, b.Account, b.Region})
	})
	s.o.Feeds(list)
}

// feedsEvery is how often the health of feeds is handed over.
const feedsEvery = time.Second
