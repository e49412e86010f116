package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestKeys: what is at rest cannot be read, moved or changed without the key; an added
// key seals, the old one still opens; without it the error says what is missing.
func TestKeys(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "keys")
	keys, err := LoadKeys(ctx, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info.Mode(), err)
	}
	fs := vfs.NewMem()
	const secret = "AKIAPLANTEDSECRETVALUE"
	put := func(keys *Keys, n byte) {
		s, err := Open("data", Options{FS: fs, Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		seq := add(t, s, noon, fmt.Sprint(secret, n), n)
		b := s.Begin()
		if err := errors.Join(b.Keep("document", fmt.Append(nil, secret, n)), b.Remember("cursor/x", []byte("7")), b.Commit(noon)); err != nil {
			t.Fatal(err)
		}
		if err := s.Checkpoint(seq, func(w io.Writer) error { _, err := io.WriteString(w, secret); return err }); err != nil {
			t.Fatal(err)
		}
	}
	put(keys, 1)
	added, err := AddKey(ctx, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	put(added, 2)
	if both, err := LoadKeys(ctx, path, nil); err != nil || len(both.ciphers) != 2 || both.newest != added.newest {
		t.Fatalf("%+v, %v", both, err)
	}

	// Nothing of it is in any file.
	names, err := fs.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := fs.Open(fs.PathJoin("data", name))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(f)
		f.Close()
		if bytes.Contains(text, []byte(secret)) || bytes.Contains(text, []byte(secret[4:12])) {
			t.Errorf("%s holds what it should not", name)
		}
	}

	read := func(keys *Keys) (texts []string, err error) {
		s, err := Open("data", Options{FS: fs, Keys: keys, ReadOnly: true})
		if err != nil {
			return nil, err
		}
		defer s.Close()
		err = s.Read(0, func(e *Entry) (bool, error) { texts = append(texts, string(e.Text)); return true, nil })
		doc, docErr := s.Document("document")
		if docErr == nil {
			texts = append(texts, string(doc))
		}
		return texts, errors.Join(err, docErr)
	}
	if texts, err := read(added); err != nil || fmt.Sprint(texts) != fmt.Sprintf("[%s1 %s2 %s2]", secret, secret, secret) {
		t.Errorf("with both keys: %v, %v", texts, err)
	}
	for _, tt := range []struct {
		keys *Keys
		want string
	}{{keys, "which the key file does not hold"}, {nil, "the key file is not there"}} {
		if texts, err := read(tt.keys); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want %q: %v, %v", tt.want, texts, err)
		}
	}

	// An entry in another's place, or with one bit changed, is damaged.
	s, err := Open("data", Options{FS: fs, Keys: added})
	if err != nil {
		t.Fatal(err)
	}
	value, closer, err := s.db.Get(logKey(1))
	if err != nil {
		t.Fatal(err)
	}
	moved := bytes.Clone(value)
	closer.Close()
	if err := s.db.Set(logKey(2), moved, pebble.Sync); err != nil {
		t.Fatal(err)
	}
	if err := s.Read(1, func(*Entry) (bool, error) { return true, nil }); !errors.Is(err, errDamaged) {
		t.Errorf("a moved entry is read: %v", err)
	}
	moved[len(moved)/2] ^= 1
	if err := s.db.Set(logKey(1), moved, pebble.Sync); err != nil {
		t.Fatal(err)
	}
	if err := s.Read(0, func(*Entry) (bool, error) { return true, nil }); !errors.Is(err, errDamaged) {
		t.Errorf("a changed entry is read: %v", err)
	}
	s.Close()

	// A key that a service wraps is nothing without it.
	wrapped := filepath.Join(t.TempDir(), "keys")
	w := &Wrapper{Name: "arn:key", Wrap: func(_ context.Context, k []byte) ([]byte, error) { return flip(k), nil },
		Unwrap: func(_ context.Context, k []byte) ([]byte, error) { return flip(k), nil }}
	first, err := LoadKeys(ctx, wrapped, w)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := LoadKeys(ctx, wrapped, w); err != nil || again.newest != first.newest {
		t.Errorf("unwrapped: %v", err)
	}
	if _, err := LoadKeys(ctx, wrapped, nil); err == nil || !strings.Contains(err.Error(), "encryption.kms_key") {
		t.Errorf("without the service: %v", err)
	}
	if _, err := LoadKeys(ctx, wrapped, &Wrapper{Name: "arn:other"}); err == nil || !strings.Contains(err.Error(), "arn:other") {
		t.Errorf("with another key of it: %v", err)
	}
	for _, text := range []string{"", "# nothing\n", "local short\n", "nonsense\n"} {
		os.WriteFile(wrapped, []byte(text), 0o600)
		if _, err := LoadKeys(ctx, wrapped, nil); !errors.Is(err, errKey) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func flip(b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= 0x55
	}
	return out
}

// TestDocuments: the latest of each name is kept, by prefix, and can be removed.
func TestDocuments(t *testing.T) {
	s := open(t, vfs.NewMem())
	defer s.Close()
	keep := func(name string, text []byte) {
		b := s.Begin()
		if err := errors.Join(b.Keep(name, text), b.Commit(noon)); err != nil {
			t.Fatal(err)
		}
	}
	keep("a/1", []byte("old"))
	keep("a/1", []byte("new"))
	keep("a/2", []byte("two"))
	keep("b/1", []byte("other"))
	keep("a/3", []byte("gone"))
	keep("a/3", nil)
	var got []string
	if err := s.Documents("a/", func(name string, text []byte) (bool, error) {
		got = append(got, name+"="+string(text))
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != "[a/1=new a/2=two]" {
		t.Error(got)
	}
	if text, err := s.Document("a/3"); text != nil || err != nil {
		t.Errorf("what was removed: %q, %v", text, err)
	}
}

// TestClockSteps: a record that was seen is known whichever way the clock jumped.
func TestClockSteps(t *testing.T) {
	s := open(t, vfs.NewMem())
	defer s.Close()
	add(t, s, noon.AddDate(0, 0, 30), "x", 1) // the clock ran ahead
	add(t, s, noon, "y", 2)
	b := s.Begin()
	defer b.Abandon()
	for id, want := range map[byte]bool{1: true, 2: true, 3: false} {
		if seen, err := b.Seen(ID{Key: [16]byte{id}}, noon); err != nil || seen != want {
			t.Errorf("record %d: seen %v, %v", id, seen, err)
		}
	}
	if err := s.Retain(noon, noon.AddDate(0, 0, -90), 1<<40); err != nil {
		t.Fatal(err)
	}
	if seen, err := b.Seen(ID{Key: [16]byte{1}}, noon); err != nil || !seen {
		t.Errorf("after what is old was dropped: %v, %v", seen, err)
	}
}

// TestAging: a value is remembered for some days, the newest one, and then dropped.
func TestAging(t *testing.T) {
	s := open(t, vfs.NewMem())
	defer s.Close()
	now := noon
	a := Aging{s, func() time.Time { return now }}
	if err := errors.Join(a.Set("x", []byte("old")), a.Set("y", []byte("y"))); err != nil {
		t.Fatal(err)
	}
	now = noon.AddDate(0, 0, 3)
	if err := a.Set("x", []byte("new")); err != nil {
		t.Fatal(err)
	}
	for days, want := range map[int]string{3: "new y", AgingDays: "new y", AgingDays + 1: "new ", AgingDays + 4: " "} {
		now = noon.AddDate(0, 0, days)
		x, err := a.Get("x")
		y, err2 := a.Get("y")
		if got := string(x) + " " + string(y); got != want || err != nil || err2 != nil {
			t.Errorf("after %d days: %q, want %q", days, got, want)
		}
	}
	now = noon.AddDate(0, 0, AgingDays+2)
	if err := s.Retain(now, noon, 1<<40); err != nil {
		t.Fatal(err)
	}
	now = noon
	if y, err := a.Get("y"); y != nil || err != nil {
		t.Errorf("it is there after it was dropped: %q, %v", y, err)
	}
}
