package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/normalize"
)

// TestFolder: files are brought once they are whole, again when they have changed,
// and only what was made durable is not brought again.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Minute)
	write := func(name, text string, at time.Time) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	write("b/two.json", "2", old)
	write("a.json", "1", old)
	write("digest.json", "d", old)
	write("fresh.json", "f", time.Now()) // still being written
	f := &Folder{Dir: dir, Format: "x", SkipFile: func(name string) string {
		if filepath.Base(name) == "digest.json" {
			return "a digest"
		}
		return ""
	}}
	read := func() (names []string, settle func(context.Context) error) {
		f.looked = time.Time{}
		b, err := f.Read(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range b.Parcels {
			names = append(names, filepath.Base(p.Origin)+"="+string(p.Raw))
		}
		return names, b.Settle
	}
	got, _ := read()
	if want := "[a.json=1 two.json=2]"; fmt.Sprint(got) != want {
		t.Fatalf("%v, want %s", got, want)
	}
	got, settle := read()
	if len(got) != 2 {
		t.Fatalf("what was not settled is brought again: %v", got)
	}
	settle(context.Background())
	write("a.json", "11", old.Add(time.Second))
	if got, _ = read(); fmt.Sprint(got) != "[a.json=11]" {
		t.Errorf("after a change: %v", got)
	}
	// After a restart only what has changed is read; a date ahead is no reason to wait.
	known := remembered{}
	f.Known, f.read = known, nil
	if _, settle = read(); settle(context.Background()) != nil {
		t.Fatal("not settled")
	}
	write("ahead.json", "3", time.Now().Add(time.Hour))
	f.read = nil
	if got, _ = read(); fmt.Sprint(got) != "[ahead.json=3]" {
		t.Errorf("after a restart: %v", got)
	}
	if _, err := (&Folder{Dir: filepath.Join(dir, "none")}).Read(context.Background(), ""); err == nil {
		t.Error("a folder that is not there is read")
	}
}

// remembered is a Memory.
type remembered map[string][]byte

func (m remembered) Get(name string) ([]byte, error)     { return m[name], nil }
func (m remembered) Set(name string, value []byte) error { m[name] = value; return nil }

// script is a Source that does what a test says.
type script struct {
	steps []func(after Cursor) (Batch, error)
	asked []Cursor
}

func (s *script) Name() string { return "script" }

func (s *script) Read(_ context.Context, after Cursor) (Batch, error) {
	s.asked = append(s.asked, after)
	if len(s.steps) == 0 {
		return Batch{}, nil
	}
	step := s.steps[0]
	s.steps = s.steps[1:]
	return step(after)
}

// TestRunner: nothing is settled that is not durable; what could not be delivered is
// held and not read again; the cursor moves with what is durable; failures wait
// longer each time, and as long as the source says.
func TestRunner(t *testing.T) {
	ctx := context.Background()
	var delivered, settled, refuse int
	var cursors []Cursor
	batch := func(next Cursor, settleErr error) func(Cursor) (Batch, error) {
		return func(Cursor) (Batch, error) {
			return Batch{Parcels: []Parcel{{Format: "fake", Path: PathS3, Origin: "o", Raw: []byte(`{"n":1}`)}, {Format: "fake", Raw: []byte("\x1f\x8b garbage")}, {Format: "none", Raw: []byte("{}")}}, Next: next,
				Settle: func(context.Context) error { settled++; return settleErr }}, nil
		}
	}
	s := &script{steps: []func(Cursor) (Batch, error){
		func(Cursor) (Batch, error) { return Batch{}, errors.New("no line") },
		func(Cursor) (Batch, error) { return Batch{}, &Wait{time.Hour, errors.New("slower")} },
		batch("1", nil),
		batch("2", errors.New("could not settle")),
		func(Cursor) (Batch, error) { return Batch{Failed: []Failure{{"x", errors.New("gone")}}}, nil },
	}}
	r := &Runner{Source: s, Formats: []normalize.Format{{Name: "fake", Compact: func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
		return append(dst, raw...), normalize.Key{Time: 1}, normalize.Read, ""
	}}}, Log: slog.New(slog.DiscardHandler), Deliver: func(_ context.Context, list []Arrival) error {
		if refuse > 0 {
			refuse--
			return errors.New("busy")
		}
		delivered++
		if n := len(list[0].Body.Records); n != 1 || list[1].Body.BadTotal != 1 || list[2].Body.BadTotal != 1 || list[0].Cursor != "" {
			t.Errorf("%d records, %d and %d unreadable, cursor %q", n, list[1].Body.BadTotal, list[2].Body.BadTotal, list[0].Cursor)
		}
		cursors = append(cursors, list[2].Cursor)
		return nil
	}}
	first := r.Once(ctx)
	second := r.Once(ctx)
	if first < backoffLeast || first > backoffLeast*3/2 || second != 10*backoffMost {
		t.Errorf("waits %s, then %s", first, second)
	}
	refuse = 2
	for range 2 {
		if r.Once(ctx) == 0 || settled != 0 || delivered != 0 {
			t.Fatalf("settled %d before anything was durable", settled)
		}
	}
	if wait := r.Once(ctx); wait != 0 || settled != 1 || delivered != 1 || len(s.asked) != 3 {
		t.Fatalf("wait %s, settled %d, delivered %d, read %d times", wait, settled, delivered, len(s.asked))
	}
	if wait := r.Once(ctx); wait == 0 || settled != 2 || delivered != 2 {
		t.Errorf("a settlement that fails: wait %s", wait)
	}
	if r.Once(ctx); fmt.Sprint(s.asked) != "[   1 2]" || fmt.Sprint(cursors) != "[1 2]" {
		t.Errorf("asked after %q, committed %q", s.asked, cursors)
	}
	if h := r.Health(); h.Parcels != 6 || h.Failed != 1 || h.Errors != 5 || h.Read != 2 || !strings.Contains(h.LastError, "gone") || h.Name != "script" {
		t.Errorf("%+v", h)
	}
}
