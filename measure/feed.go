package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/github"
	"github.com/sekisho/sekisho/provider/guardduty"
	"github.com/sekisho/sekisho/provider/okta"
	"github.com/sekisho/sekisho/provider/vpcflow"
	"github.com/sekisho/sekisho/sim"
)

// formats read the records of the made-up systems, by the names of their kinds. A
// record of a kind that none reads is left out; see unread.
var formats = []normalize.Format{aws.CloudTrail(), okta.SystemLog(), github.Audit(), guardduty.Format(), vpcflow.Format()}

// unread are the kinds of records that no format reads.
func unread() []string {
	var out []string
	for _, kind := range []string{sim.KindCloudTrail, sim.KindOkta, sim.KindGitHub, sim.KindGuardDuty, sim.KindFlow} {
		if selected, _ := normalize.Select(formats, kind); selected == nil {
			out = append(out, kind)
		}
	}
	return out
}

// line is one record in its compact form.
type line struct {
	key     normalize.Key
	format  int // in formats
	compact []byte
}

// compacted reads records as scan does, but without files. What cannot be read
// is a defect of the generator: its records are to be whole. A format may skip a
// record that is not wanted.
func compacted(records []sim.Record) ([]line, error) {
	out := make([]line, 0, len(records))
	for i := range records {
		l, ok, err := compactOne(&records[i])
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, l)
		}
	}
	return out, nil
}

// compactOne reads a record, if a format wants it.
func compactOne(r *sim.Record) (line, bool, error) {
	selected, n := normalize.Select(formats, r.Kind)
	if selected == nil {
		return line{}, false, nil
	}
	format := &selected[0]
	var c []byte
	var key normalize.Key
	var verdict normalize.Verdict
	var reason string
	if r.Header != "" && format.Line != nil {
		if _, _, verdict, reason = format.Line(nil, nil, []byte(r.Header)); verdict != normalize.Header {
			return line{}, false, fmt.Errorf("read the head of made-up %s: %s: %s", r.Kind, reason, r.Header)
		}
		c, key, verdict, reason = format.Line(nil, []byte(r.Header), r.Line)
	} else {
		c, key, verdict, reason = format.Compact(nil, r.Line)
	}
	switch verdict {
	case normalize.Read:
		return line{key, n, slices.Clip(c)}, true, nil
	case normalize.Skipped:
		return line{}, false, nil
	}
	return line{}, false, fmt.Errorf("read a made-up record of %s: %s: %s", r.Kind, reason, r.Line)
}

// renamed gives the events of a truth the ids that the formats give them: some
// systems have none, and then a format makes one of what a record says.
func renamed(t *sim.Truth, records []sim.Record) error {
	ids := map[string]string{}
	var e sekisho.Event
	for i := range records {
		r := &records[i]
		if r.Kind == sim.KindCloudTrail {
			continue
		}
		l, ok, err := compactOne(r)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := formats[l.format].NewExpander().Expand(&e, l.compact); err != nil {
			return fmt.Errorf("expand a made-up record of %s: %w", r.Kind, err)
		}
		ids[r.ID] = e.ID
	}
	rename := func(id *string) {
		if to := ids[*id]; to != "" {
			*id = to
		}
	}
	rename(&t.PointOfNoReturn.ID)
	for _, list := range [][]sim.TruthEvent{t.Events, t.Decisive} {
		for i := range list {
			rename(&list[i].ID)
		}
	}
	for i := range t.Telling {
		rename(&t.Telling[i])
	}
	return nil
}

// ordered puts lines in the order in which scan folds them: time, then event id.
func ordered(lists ...[]line) []line {
	all := slices.Concat(lists...)
	slices.SortStableFunc(all, func(a, b line) int {
		switch {
		case a.key.Less(b.key):
			return -1
		case b.key.Less(a.key):
			return 1
		}
		return 0
	})
	return all
}

// split cuts ordered lines at a moment.
func split(lines []line, at time.Time) (before, after []line) {
	n, _ := slices.BinarySearchFunc(lines, at.UnixNano(), func(l line, t int64) int {
		if l.key.Time < t {
			return -1
		}
		return 1
	})
	return lines[:n], lines[n:]
}

// calendar hands out the days of a world as lines. Work that runs past midnight
// belongs to the day on which it began, but is folded on the next.
type calendar struct {
	world  *sim.World
	late   []line // of the day before
	labels []sim.Ordinary
}

func newCalendar(w *sim.World) *calendar { return &calendar{world: w} }

// made is what began on a day.
func (c *calendar) made(d int) ([]line, error) {
	lines, err := compacted(c.world.Day(d))
	c.labels = append(c.labels, c.world.Ordinary()...)
	return ordered(lines), err
}

// next is what happened on a day; days are asked for one after another.
func (c *calendar) next(d int) ([]line, error) {
	lines, err := c.made(d)
	if err != nil {
		return nil, err
	}
	var today []line
	today, c.late = split(ordered(c.late, lines), c.world.Start().AddDate(0, 0, d+1))
	return today, nil
}

// fold steps lines through engines, or whatever else wants events.
func fold(lines []line, steps ...func(*sekisho.Event)) error {
	expanders := make([]normalize.Expander, len(formats))
	var e sekisho.Event
	for i := range lines {
		x := expanders[lines[i].format]
		if x == nil {
			x = formats[lines[i].format].NewExpander()
			expanders[lines[i].format] = x
		}
		if err := x.Expand(&e, lines[i].compact); err != nil {
			return fmt.Errorf("expand a made-up record: %w", err)
		}
		for _, step := range steps {
			step(&e)
		}
	}
	return nil
}

// habits are what measure itself remembers of ordinary work, to tell two kinds
// of takeover apart; it shares nothing with the baseline of the detector.
type habits struct {
	days map[string]map[int64]bool // on which an identity acted
	from map[string]map[string]bool
	keys map[string]map[string]bool // lasting credentials of a user
}

func newHabits() *habits {
	return &habits{map[string]map[int64]bool{}, map[string]map[string]bool{}, map[string]map[string]bool{}}
}

// note remembers an event of ordinary work.
func (h *habits) note(e *sekisho.Event) {
	id := e.Actor.ID
	if id == "" || e.Actor.Type == sekisho.ActorService {
		return
	}
	if h.days[id] == nil {
		h.days[id], h.from[id], h.keys[id] = map[int64]bool{}, map[string]bool{}, map[string]bool{}
	}
	h.days[id][e.Time.Unix()/86400] = true
	h.from[id][surroundings(e)] = true
	if e.Actor.LongTerm {
		h.keys[id][e.Actor.Credential] = true
	}
}

// surroundings are an event's network and client. A network is a /24, the
// least that is announced by itself on the Internet.
func surroundings(e *sekisho.Event) string {
	network := e.IP
	if i := strings.LastIndexByte(network, '.'); i > 0 {
		network = network[:i]
	}
	return network + " " + e.Client.Family + " " + e.Client.OS
}

// busyShare is on how much of the history's days an identity must have acted
// to be called busy: two of seven days are a weekend, and people are ill.
const busyShare = 0.5

// traits tells two kinds of takeover apart that are measured by themselves: a
// busy identity whose intruder sits in its own network with its own client,
// and a user who existed before and acts through a key that did not.
func (h *habits) traits(lines []line, t *sim.Truth, days int) (own, key bool, err error) {
	own, key = h.told(t, days, func(step func(*sekisho.Event)) { err = fold(lines, step) })
	return own, key, err
}

// told is traits of events however they come.
func (h *habits) told(t *sim.Truth, days int, each func(step func(*sekisho.Event))) (own, key bool) {
	attack := map[string]bool{}
	for _, e := range t.Events {
		attack[e.ID] = true
	}
	acted := false
	own = days > 0 && float64(len(h.days[t.Root.Identity])) >= busyShare*float64(days)
	each(func(e *sekisho.Event) {
		id := e.Actor.ID
		if !attack[e.ID] {
			return
		}
		acted = acted || id == t.Root.Identity
		if id == t.Root.Identity && !h.from[id][surroundings(e)] {
			own = false
		}
		if e.Actor.Type == sekisho.ActorUser && e.Actor.LongTerm && len(h.days[id]) > 0 && !h.keys[id][e.Actor.Credential] {
			key = true
		}
	})
	return own && acted, key
}
