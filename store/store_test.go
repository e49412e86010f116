package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, fs vfs.FS) *Store {
	t.Helper()
	s, err := Open("data", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func add(t *testing.T, s *Store, at time.Time, text string, ids ...byte) uint64 {
	t.Helper()
	b := s.Begin()
	for _, id := range ids {
		b.See(ID{Key: [16]byte{id}})
	}
	seq, err := b.Append(&Entry{At: at, Source: "aws-cloudtrail", Path: "push", Text: []byte(text), Drop: []int{1, 2, 300}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Commit(at); err != nil {
		t.Fatal(err)
	}
	return seq
}

// TestLog: what was committed is read in order, after the database was opened anew
// too, and a record that was seen is known for a week.
func TestLog(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, fs)
	for i := range 3 {
		if seq := add(t, s, noon.AddDate(0, 0, i), fmt.Sprint("text ", i), byte(i)); seq != uint64(i+1) {
			t.Fatalf("seq %d", seq)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, fs)
	defer s.Close()
	var got []Entry
	if err := s.Read(1, func(e *Entry) (bool, error) {
		x := *e
		x.Text = bytes.Clone(e.Text)
		got = append(got, x)
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []Entry{{2, noon.AddDate(0, 0, 1), "aws-cloudtrail", "push", []byte("text 1"), []int{1, 2, 300}}, {3, noon.AddDate(0, 0, 2), "aws-cloudtrail", "push", []byte("text 2"), []int{1, 2, 300}}}
	if diff := cmp.Diff(want, got); diff != "" || s.Last() != 3 {
		t.Errorf("last %d, %s", s.Last(), diff)
	}
	b := s.Begin()
	defer b.Abandon()
	for _, tt := range []struct {
		id   byte
		days int
		want bool
	}{{0, 0, true}, {0, SeenDays, true}, {0, SeenDays + 1, false}, {2, 2, true}, {2, SeenDays + 2, true}, {9, 2, false}} {
		if seen, err := b.Seen(ID{Key: [16]byte{tt.id}}, noon.AddDate(0, 0, tt.days)); err != nil || seen != tt.want {
			t.Errorf("record %d after %d days: seen %v, %v", tt.id, tt.days, seen, err)
		}
	}
	b.See(ID{Key: [16]byte{9}})
	if seen, _ := b.Seen(ID{Key: [16]byte{9}}, noon); !seen {
		t.Error("twice in one batch is not seen")
	}
}

// TestCheckpoints: the newest that can be read is taken, damaged ones are told; the
// oldest stays, for a replay from the beginning; without any the log is enough
// while its beginning is there.
func TestCheckpoints(t *testing.T) {
	s := open(t, vfs.NewMem())
	defer s.Close()
	for i := range 6 {
		seq := add(t, s, noon.AddDate(0, 0, i), "x", byte(i))
		if err := s.Checkpoint(seq, func(w io.Writer) error { _, err := fmt.Fprint(w, "state ", seq); return err }); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.checkpoints()
	if diff := cmp.Diff([]uint64{1, 4, 5, 6}, all); err != nil || diff != "" {
		t.Errorf("kept: %v %s", err, diff)
	}
	load := func(bad ...string) (string, uint64, int) {
		var text string
		told := 0
		seq, err := s.Restore(false, func(r io.Reader) error {
			b, err := io.ReadAll(r)
			for _, x := range bad {
				if string(b) == x {
					return errors.New("damaged")
				}
			}
			text = string(b)
			return err
		}, func(uint64, error) { told++ })
		if err != nil {
			t.Fatal(err)
		}
		return text, seq, told
	}
	if text, seq, told := load(); text != "state 6" || seq != 6 || told != 0 {
		t.Errorf("%q at %d, %d told", text, seq, told)
	}
	if text, seq, told := load("state 6", "state 5"); text != "state 4" || seq != 4 || told != 2 {
		t.Errorf("%q at %d, %d told", text, seq, told)
	}
	if _, seq, told := load("state 6", "state 5", "state 4", "state 1"); seq != 0 || told != 4 {
		t.Errorf("from the beginning: %d, %d told", seq, told)
	}
	if seq, err := s.Restore(true, nil, nil); seq != 0 || err != nil {
		t.Errorf("a replay while the first delivery is there begins at %d, %v", seq, err)
	}
	// What is old goes, as far as a checkpoint stands for it.
	if err := s.Retain(noon.AddDate(0, 0, 20), noon.AddDate(0, 0, 4), 1<<40); err != nil {
		t.Fatal(err)
	}
	all, _ = s.checkpoints()
	oldest, _ := s.oldest()
	if diff := cmp.Diff([]uint64{4, 5, 6}, all); diff != "" || oldest != 5 {
		t.Errorf("oldest delivery %d, checkpoints %s", oldest, diff)
	}
	seq, err := s.Restore(true, func(r io.Reader) error { return nil }, nil)
	if seq != 4 || err != nil {
		t.Errorf("a replay then begins at %d, %v", seq, err)
	}
	if _, err := s.Restore(false, func(io.Reader) error { return errors.New("damaged") }, func(uint64, error) {}); err == nil {
		t.Error("state that cannot be had again was taken for empty")
	}
	if add(t, s, noon.AddDate(0, 0, 21), "y", 50) != 7 {
		t.Error("numbers began anew")
	}
}

// TestNewer: a folder of a later version is refused and not touched.
func TestNewer(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, fs)
	if err := s.db.Set(metaKey("version"), []byte{Version + 1}, nil); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open("data", Options{FS: fs}); !errors.Is(err, ErrNewer) {
		t.Errorf("opened: %v", err)
	}
}

// FuzzDecode: no entry makes reading panic, and one that is written is read.
func FuzzDecode(f *testing.F) {
	f.Add(encode(nil, &Entry{At: noon, Source: "s", Text: []byte("t"), Drop: []int{0, 7}}))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := decode(1, raw, true)
		if err != nil {
			return
		}
		again, err := decode(1, encode(nil, e), true)
		if err != nil || !again.At.Equal(e.At) || again.Source != e.Source || again.Path != e.Path || !bytes.Equal(again.Text, e.Text) || len(again.Drop) != len(e.Drop) {
			t.Errorf("%+v, again %+v, %v", e, again, err)
		}
	})
}
