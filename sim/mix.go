package sim

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	// A record of CloudTrail is at most 256 kB; four times that is still a record.
	mixRecordMax = 1 << 20
	// mixFileRecords ends a file that five minutes did not.
	mixFileRecords = 2000
	// mixHeldMax bounds the records held back while their files are not full.
	mixHeldMax = 64 << 20
)

// Mix puts records of somebody else's (one JSON object a line) into files of
// their own below dir, as a trail delivers them. Records stay as they are, byte
// for byte; a file's account, region and time are those of its first record.
// name is for messages.
func Mix(dir, name string, in io.Reader, seed uint64) (Stats, error) {
	d, err := newDelivery(dir, NewRand(seed, "mix", name), gzip.DefaultCompression)
	if err != nil {
		return Stats{}, err
	}
	m := &mix{d: d, open: map[string]*mixFile{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<16), mixRecordMax)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := m.add(line); err != nil {
			return Stats{}, fmt.Errorf("mix %s line %d: %w", name, n, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return Stats{}, fmt.Errorf("mix %s line %d: longer than %d bytes; one JSON object a line is wanted", name, n+1, mixRecordMax)
	} else if err != nil {
		return Stats{}, fmt.Errorf("read %s: %w", name, err)
	}
	if err := m.flushAll(); err != nil {
		return Stats{}, err
	}
	return Stats{Files: d.files, Records: m.records, RawBytes: d.raw, GzBytes: d.gz}, nil
}

type mix struct {
	d       *delivery
	open    map[string]*mixFile
	order   []*mixFile
	held    int
	records int
}

type mixFile struct {
	account, region string
	end             time.Time
	document        []byte
	records         int
}

func (m *mix) add(line []byte) error {
	var r struct {
		EventTime          time.Time `json:"eventTime"`
		AwsRegion          string    `json:"awsRegion"`
		RecipientAccountID string    `json:"recipientAccountId"`
		UserIdentity       struct {
			AccountID string `json:"accountId"`
		} `json:"userIdentity"`
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("not a CloudTrail record: %w; one JSON object a line is wanted", err)
	}
	account := r.RecipientAccountID
	if account == "" {
		account = r.UserIdentity.AccountID
	}
	// Both become names of folders: nothing of a record may climb out of dir.
	if !plain(account) {
		account = "000000000000"
	}
	if !plain(r.AwsRegion) {
		r.AwsRegion = "us-east-1"
	}
	key := account + "/" + r.AwsRegion
	f := m.open[key]
	if f == nil {
		f = &mixFile{account: account, region: r.AwsRegion}
		m.open[key] = f
		m.order = append(m.order, f)
	}
	if f.records > 0 && (!r.EventTime.Before(f.end) || f.records >= mixFileRecords) {
		if err := m.flush(f); err != nil {
			return err
		}
	}
	if f.records == 0 {
		f.end = r.EventTime.UTC().Truncate(window).Add(window)
		f.document = append(f.document[:0], `{"Records":[`...)
	} else {
		f.document = append(f.document, ',')
	}
	f.document = append(f.document, line...)
	f.records++
	m.records++
	m.held += len(line)
	if m.held > mixHeldMax {
		return m.flushAll()
	}
	return nil
}

func plain(s string) bool {
	return s != "" && len(s) < 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (m *mix) flush(f *mixFile) error {
	if f.records == 0 {
		return nil
	}
	err := m.d.write(f.account, f.region, f.end, append(f.document, "]}"...))
	m.held -= len(f.document)
	f.records = 0
	return err
}

func (m *mix) flushAll() error {
	for _, f := range m.order {
		if err := m.flush(f); err != nil {
			return err
		}
	}
	m.held = 0
	return nil
}
