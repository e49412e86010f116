package live

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
)

// When a feed is silent: it brought something in all but a few minutes of the last hour,
// and nothing for three minutes; or in nearly every one, and nothing for as long as that
// or five times its longest pause, whichever is more. A feed that brings little has no
// silence to notice.
const (
	listenEvery   = time.Second
	silentLeast   = 3 * time.Minute
	silentTimes   = 5
	pulseMinutes  = 60
	pulseSteadily = 50 // of those minutes
	pulseAlways   = 57
)

// pulse is when one feed brought something lately, by receipt.
type pulse struct {
	last    time.Time
	minutes [pulseMinutes]int64 // which minute (unix / 60) was the last to fall on this place
	pause   time.Duration       // the longest of the last hour, fading
	told    bool                // its silence was noticed
}

// pulse is that of a feed which brings something now.
func (s *Service) pulse(k feedKey, at time.Time) *pulse {
	if k.path == ingest.PathSelf || k.source == s.o.NoticeSource {
		return nil
	}
	p := s.pulses[k]
	if p == nil && len(s.pulses) < feedsMax {
		p = &pulse{last: at}
		s.pulses[k] = p
	}
	return p
}

// beat notes that a feed brought a record.
func (p *pulse) beat(at time.Time) {
	m := at.Unix() / 60
	switch d := at.Sub(p.last); {
	case d >= silentLeast && p.steady():
		p.pause = 0 // what was an alarm is no habit
	case d > p.pause:
		p.pause = d
	case d > 0 && p.minutes[m%pulseMinutes] != m:
		p.pause -= p.pause / pulseMinutes
	}
	p.minutes[m%pulseMinutes], p.last, p.told = m, at, false
}

// steady reports whether the feed brought something in nearly every minute of the
// hour before it fell silent.
func (p *pulse) steady() bool { return p.alive() >= pulseSteadily }

// patience is for how long the feed may bring nothing.
func (p *pulse) patience() time.Duration {
	if p.alive() >= pulseAlways {
		return silentLeast
	}
	return max(silentLeast, silentTimes*p.pause)
}

// alive is in how many minutes of the hour before it fell silent the feed brought
// something.
func (p *pulse) alive() int {
	n, from := 0, p.last.Unix()/60-pulseMinutes
	for _, m := range p.minutes {
		if m > from {
			n++
		}
	}
	return n
}

// silent appends the notices of feeds that fell silent: they go the way of every
// delivery, so that a replay sees them.
func (s *Service) silent(group []*Delivery, now time.Time) []*Delivery {
	if s.o.Silence == nil {
		return group
	}
	var keys []feedKey
	for k, p := range s.pulses {
		last := p.last
		if s.began.After(last) {
			last = s.began // while we were not there nobody could bring anything
		}
		if d := now.Sub(last); !p.told && d >= silentLeast && d >= p.patience() {
			p.told = true
			if p.steady() {
				keys = append(keys, k)
			}
		}
	}
	slices.SortFunc(keys, feedKey.compare)
	for _, k := range keys {
		raw, err := s.o.Silence(Feed{Source: k.source, Path: k.path, Account: k.account, Region: k.region, LastReceived: s.pulses[k].last}, now)
		if err != nil {
			s.o.Log.Error("a silent feed cannot be told of", "source", k.source, "error", err)
			continue
		}
		b := &ingest.Body{Text: raw}
		formats, _ := normalize.Select(s.o.Formats, s.o.NoticeSource)
		b.Read(formats)
		s.o.Log.Warn("a feed fell silent", "source", k.source, "path", k.path, "account", k.account, "region", k.region, "since", s.pulses[k].last.UTC())
		group = append(group, &Delivery{Source: s.o.NoticeSource, Path: ingest.PathSelf, Body: b, answer: make(chan Result, 1)})
	}
	return group
}

// pulseSnapshot is a pulse as a checkpoint holds it.
type pulseSnapshot struct {
	Source  string              `json:"source"`
	Path    ingest.Path         `json:"path"`
	Account string              `json:"account"`
	Region  string              `json:"region"`
	Last    time.Time           `json:"last"`
	Minutes [pulseMinutes]int64 `json:"minutes"`
	Pause   time.Duration       `json:"pause"`
}

// writeState writes what the service holds: one line of pulses, then the engine.
func (s *Service) writeState(w io.Writer) error {
	list := []pulseSnapshot{}
	for _, k := range slices.SortedFunc(maps.Keys(s.pulses), feedKey.compare) {
		p := s.pulses[k]
		list = append(list, pulseSnapshot{k.source, k.path, k.account, k.region, p.last, p.minutes, p.pause})
	}
	if err := json.NewEncoder(w).Encode(list); err != nil { // it ends the line
		return fmt.Errorf("write the pulses of feeds: %w", err)
	}
	return s.engine.Checkpoint(w)
}

// readState takes over what writeState wrote.
func (s *Service) readState(r io.Reader) error {
	in := bufio.NewReaderSize(r, 64<<10)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the pulses of feeds: %w", err)
	}
	var list []pulseSnapshot
	if err := json.Unmarshal(line, &list); err != nil || len(list) > feedsMax {
		return fmt.Errorf("read the pulses of feeds: %d of them, %w", len(list), err)
	}
	clear(s.pulses)
	for _, x := range list {
		s.pulses[feedKey{x.Source, x.Path, x.Account, x.Region}] = &pulse{last: x.Last, minutes: x.Minutes, pause: x.Pause}
	}
	s.engine = engine.New(s.o.Engine)
	return s.engine.Resume(in)
}
