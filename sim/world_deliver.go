package sim

import (
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// WriteOptions say how long a world is written for.
type WriteOptions struct {
	Days      int
	Campaigns int // instances, spread over the last third of the days; 0 for none
}

// Shares of what a trail does to its records now and then (invented; a trail
// promises neither order nor that a record comes once).
const (
	lateShare  = 0.02  // in a file up to an hour later
	twiceShare = 0.005 // the same record once more, in a later file
)

// WorldStats says what was written.
type WorldStats struct {
	Stats
	Twice, Late int
	Campaigns   int
}

// Write writes days of the world as a trail delivers them, below dir/logs: files
// of five minutes for each account and region, in no order inside a file, some
// records late and some twice. The labels are apart, below dir/labels: a truth
// file for each instance of a campaign, and ordinary.json with the stretches of
// ordinary work that look like attacks. What other systems log is in files of
// their own, as each hands them out. Days are made and written one by one.
func (w *World) Write(dir string, o WriteOptions) (WorldStats, error) {
	if o.Days < 1 || o.Campaigns < 0 {
		return WorldStats{}, fmt.Errorf("write an organisation: %d days and %d campaigns; at least one day is needed, and no negative number of campaigns", o.Days, o.Campaigns)
	}
	names, _ := w.Crossings()
	names = append(names, w.Campaigns()...)
	if o.Campaigns > 0 && len(names) == 0 {
		return WorldStats{}, fmt.Errorf("write an organisation: the %s half has no campaigns", w.o.Half)
	}
	var out WorldStats
	attacks := map[int][]Record{} // by day
	for i := range o.Campaigns {
		name := names[i%len(names)]
		r := NewRand(w.o.Seed, "instance", name, fmt.Sprint(i))
		first := o.Days * 2 / 3
		at := w.o.Start.AddDate(0, 0, first+i*(o.Days-first)/o.Campaigns).Add(time.Duration(r.IntN(86400)) * time.Second)
		records, truth, err := w.Play(name, w.o.Seed*1000+uint64(i), at)
		if err != nil {
			return out, err
		}
		b, err := truth.JSON()
		if err != nil {
			return out, err
		}
		if err := put(filepath.Join(dir, "labels", "campaigns", truth.Campaign+".json"), b); err != nil {
			return out, err
		}
		out.Campaigns++
		for _, record := range records {
			d := int(record.At.Sub(w.o.Start) / (24 * time.Hour))
			attacks[d] = append(attacks[d], record)
		}
	}
	others := &otherWriter{delivery: delivery{dir: filepath.Join(dir, "logs")}, open: map[otherFile][]byte{}}
	d := &trailWriter{delivery: delivery{dir: filepath.Join(dir, "logs")}, open: map[time.Time][]Record{}}
	var err error
	if d.zip, err = gzip.NewWriterLevel(nil, gzip.BestSpeed); err != nil {
		return out, fmt.Errorf("prepare compression: %w", err)
	}
	others.zip = d.zip
	ordinary := []Ordinary{}
	for day := range o.Days {
		midnight := w.o.Start.AddDate(0, 0, day)
		d.rand = NewRand(w.o.Seed, "delivery", midnight.Format(time.DateOnly))
		others.rand = NewRand(w.o.Seed, "delivery of others", midnight.Format(time.DateOnly))
		made := w.Day(day)
		d.put(made)
		ordinary = append(ordinary, w.Ordinary()...)
		d.put(attacks[day])
		others.put(Merge(made, attacks[day]))
		delete(attacks, day)
		if err := others.flush(midnight.AddDate(0, 0, 1)); err != nil {
			return out, err
		}
		if err := d.flush(midnight.AddDate(0, 0, 1)); err != nil {
			return out, err
		}
	}
	// What began in the last days and runs on is delivered too, attacks whole.
	for _, day := range sortedDays(attacks) {
		d.put(attacks[day])
		others.put(attacks[day])
	}
	if err := others.flush(time.Time{}); err != nil {
		return out, err
	}
	if err := d.flush(time.Time{}); err != nil {
		return out, err
	}
	b, err := json.MarshalIndent(ordinary, "", " ")
	if err != nil {
		return out, fmt.Errorf("write the labels: %w", err)
	}
	out.Stats = Stats{Files: d.files + others.files, Records: d.records + others.records, RawBytes: d.raw + others.raw, GzBytes: d.gz + others.gz}
	out.Twice, out.Late = d.twice, d.late
	return out, put(filepath.Join(dir, "labels", "ordinary.json"), append(b, '\n'))
}

func sortedDays(m map[int][]Record) []int {
	var days []int
	for d := range m {
		days = append(days, d)
	}
	slices.Sort(days)
	return days
}

// trailWriter holds records until their files are due.
type trailWriter struct {
	delivery
	open                 map[time.Time][]Record // by the end of the five minutes in which they are delivered
	records, twice, late int
}

// put gives each record its file.
func (d *trailWriter) put(records []Record) {
	for _, r := range records {
		if r.Kind != KindCloudTrail {
			continue
		}
		due := r.At.Truncate(window).Add(window)
		if d.rand.Chance(lateShare) {
			due = due.Add(time.Duration(1+d.rand.IntN(11)) * window)
			d.late++
		}
		d.open[due] = append(d.open[due], r)
		if d.rand.Chance(twiceShare) {
			again := due.Add(time.Duration(1+d.rand.IntN(6)) * window)
			d.open[again] = append(d.open[again], r)
			d.twice++
		}
	}
}

// flush writes the files that are due before a moment; all of them for zero.
func (d *trailWriter) flush(before time.Time) error {
	var due []time.Time
	for end := range d.open {
		if before.IsZero() || end.Before(before) {
			due = append(due, end)
		}
	}
	slices.SortFunc(due, time.Time.Compare)
	for _, end := range due {
		batch := d.open[end]
		delete(d.open, end)
		slices.SortStableFunc(batch, func(a, b Record) int {
			return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
		})
		for len(batch) > 0 {
			n := 1
			for n < len(batch) && batch[n].Account == batch[0].Account && batch[n].Region == batch[0].Region {
				n++
			}
			if err := d.file(batch[:n], end); err != nil {
				return err
			}
			batch = batch[n:]
		}
	}
	return nil
}

// file writes one file, its records in no order.
func (d *trailWriter) file(records []Record, end time.Time) error {
	doc := []byte(`{"Records":[`)
	for i, at := range d.shuffle(len(records)) {
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = append(doc, records[at].Line...)
	}
	d.records += len(records)
	return d.write(records[0].Account, records[0].Region, end, append(doc, "]}"...))
}

// shuffle is the numbers below n in another order.
func (d *trailWriter) shuffle(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := d.rand.IntN(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return out
}
