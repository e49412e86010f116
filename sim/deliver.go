package sim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// delivery writes records in the files in which a trail delivers them to S3:
// AWSLogs/<account>/CloudTrail/<region>/yyyy/mm/dd/<name>.json.gz, each one
// JSON object with a list "Records".
type delivery struct {
	dir   string
	rand  *Rand
	zip   *gzip.Writer
	out   bytes.Buffer
	files int
	raw   int64 // bytes before compression
	gz    int64
}

func newDelivery(dir string, rand *Rand, level int) (*delivery, error) {
	z, err := gzip.NewWriterLevel(nil, level)
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	return &delivery{dir: dir, rand: rand, zip: z}, nil
}

// deliveryPath is where a delivery goes. The time in the name is that of the delivery,
// and the letters after it keep two deliveries of one minute apart.
func deliveryPath(dir, account, region string, at time.Time, rand *Rand) string {
	at = at.UTC()
	return filepath.Join(dir, "AWSLogs", account, "CloudTrail", region, at.Format("2006"), at.Format("01"), at.Format("02"),
		account+"_CloudTrail_"+region+"_"+at.Format("20060102T1504Z")+"_"+rand.Text(tokenLetter[:62], 16)+".json.gz")
}

// compress writes the whole document into z, whose header stays empty: no name,
// no time, so that equal records give equal bytes.
func compress(z *gzip.Writer, out *bytes.Buffer, document []byte) error {
	out.Reset()
	z.Reset(out)
	if _, err := z.Write(document); err != nil {
		return err
	}
	return z.Close()
}

// write delivers one document ({"Records":[…]}).
func (d *delivery) write(account, region string, at time.Time, document []byte) error {
	path := deliveryPath(d.dir, account, region, at, d.rand)
	if err := compress(d.zip, &d.out, document); err != nil {
		return fmt.Errorf("compress %s: %w", path, err)
	}
	if err := put(path, d.out.Bytes()); err != nil {
		return err
	}
	d.files++
	d.raw += int64(len(document))
	d.gz += int64(d.out.Len())
	return nil
}

func put(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the folder of a delivery: %w (is there room, and may this user write there?)", err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("write a delivery: %w (is there room, and may this user write there?)", err)
	}
	return nil
}

// Stats says what was written.
type Stats struct {
	Files, Records    int
	RawBytes, GzBytes int64
}

// WriteS3 delivers the recording below dir, one file for every account, region
// and span of time that has records. A trail delivers about every five
// minutes; a longer span makes a small recording a reasonable number of files.
func (r *Recording) WriteS3(dir string, span time.Duration) (Stats, error) {
	d, err := newDelivery(dir, NewRand(uint64(len(r.entries)), "delivery"), gzip.BestCompression)
	if err != nil {
		return Stats{}, err
	}
	type slot struct{ account, region string }
	open := map[slot][]byte{}
	var order []slot // in which the slots of one span were first seen
	flush := func(at time.Time) error {
		for _, s := range order {
			if err := d.write(s.account, s.region, at, append(open[s], "]}"...)); err != nil {
				return err
			}
		}
		clear(open)
		order = order[:0]
		return nil
	}
	var end time.Time
	for i := range r.entries {
		e := &r.entries[i]
		if !e.at.Before(end) {
			if err := flush(end); err != nil {
				return Stats{}, err
			}
			end = e.at.Truncate(span).Add(span)
		}
		s := slot{e.account, e.region}
		doc, seen := open[s]
		if !seen {
			order = append(order, s)
			doc = append(doc, `{"Records":[`...)
		} else {
			doc = append(doc, ',')
		}
		open[s] = append(doc, e.line...)
	}
	if err := flush(end); err != nil {
		return Stats{}, err
	}
	return Stats{Files: d.files, Records: len(r.entries), RawBytes: d.raw, GzBytes: d.gz}, nil
}
