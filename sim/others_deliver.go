package sim

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// otherWriter writes what other systems than the trail hand out: a file an hour of
// one record a line, where each is wont to put it.
type otherWriter struct {
	delivery
	open    map[otherFile][]byte // the lines of a file
	records int
}

// otherFile is what a file holds.
type otherFile struct {
	hour                          time.Time
	kind, account, region, header string
}

// put gives each record its file; the trail's are not for here.
func (d *otherWriter) put(records []Record) {
	for _, r := range records {
		if r.Kind == KindCloudTrail {
			continue
		}
		f := otherFile{r.At.Truncate(time.Hour), r.Kind, r.Account, r.Region, r.Header}
		lines, begun := d.open[f]
		if !begun && r.Header != "" {
			lines = append(lines, r.Header+"\n"...)
		}
		d.open[f] = append(append(lines, r.Line...), '\n')
		d.records++
	}
}

// flush writes the files of hours that began before a moment; all of them for zero.
func (d *otherWriter) flush(before time.Time) error {
	var due []otherFile
	for f := range d.open {
		if before.IsZero() || f.hour.Before(before) {
			due = append(due, f)
		}
	}
	slices.SortFunc(due, func(a, b otherFile) int {
		return cmp.Or(a.hour.Compare(b.hour), cmp.Compare(a.kind, b.kind), cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region), cmp.Compare(a.header, b.header))
	})
	for _, f := range due {
		path := d.path(f)
		if err := compress(d.zip, &d.out, d.open[f]); err != nil {
			return fmt.Errorf("compress %s: %w", path, err)
		}
		if err := put(path, d.out.Bytes()); err != nil {
			return err
		}
		d.files++
		d.raw += int64(len(d.open[f]))
		d.gz += int64(d.out.Len())
		delete(d.open, f)
	}
	return nil
}

// path is where a system puts a file.
func (d *otherWriter) path(f otherFile) string {
	date := f.hour.Format("2006/01/02")
	switch f.kind {
	case KindOkta:
		return filepath.Join(d.dir, "okta", date, "system-log-"+f.hour.Format("20060102T1504Z")+"-"+d.rand.Hex(8)+".jsonl.gz")
	case KindGitHub:
		return filepath.Join(d.dir, "github", date, f.hour.Format("15"), d.rand.UUID()+".json.log.gz")
	case KindGuardDuty:
		return filepath.Join(d.dir, "AWSLogs", f.account, "GuardDuty", f.region, date, d.rand.UUID()+".jsonl.gz")
	}
	return filepath.Join(d.dir, "AWSLogs", f.account, "vpcflowlogs", f.region, date, f.account+"_vpcflowlogs_"+f.region+"_fl-0"+d.rand.Hex(16)+"_"+f.hour.Format("20060102T1504Z")+"_"+d.rand.Hex(8)+".log.gz")
}
