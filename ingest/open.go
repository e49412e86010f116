package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/sekisho/sekisho/normalize"
)

// DefaultMemory is the memory budget of a scan in bytes.
const DefaultMemory = 384 << 20

// ErrDisorder says that a record turned up after later ones had been handed
// out, which only Options.Eager makes possible: forget what was handed out and
// open the paths again without it.
var ErrDisorder = errors.New("a record came too late to be handed out in order")

// Options of Open.
type Options struct {
	// Formats are tried in order; the first that does not answer NotMine has
	// the record. At most 256.
	Formats []normalize.Format
	// Memory is the budget in bytes, DefaultMemory if 0. Half of it goes to
	// compact records and their index; the other half is for buffers,
	// decompressors, and what the garbage collector leaves lying.
	Memory int64
	// TempDir is where sorted runs go, the system's own (TMPDIR) if empty.
	TempDir string
	// Workers is how many files are read at a time, one for each processor
	// if 0. It does not change what comes out.
	Workers int
	// SkipFile names the reason why a file or a member of an archive is not
	// to be read, or answers "". It is called from many goroutines.
	SkipFile func(name string) (reason string)
	// FileTime is when a file was delivered, as its name says, in any unit
	// that orders; false if the name does not tell. Files are read in that
	// order, those without a time first, so that a folder that is arranged by
	// account or region still comes nearly ordered. It changes how much must
	// be sorted on disk, never what comes out.
	FileTime func(name string) (at int64, ok bool)
	// Stdin is what the path "-" means.
	Stdin io.Reader
	// Progress is told, from any goroutine, how many bytes of the files
	// themselves were read, of how many.
	Progress func(done, total int64)
	// Eager hands out records while others are still being read, for input
	// that is more or less in order of time already: records within half of
	// Memory are sorted, nothing is written to disk, and the reading is done
	// once. When input turns out to be less ordered than that, Next answers
	// ErrDisorder. A first look at some of the files decides whether it is
	// tried; it never is for stdin, which cannot be read twice.
	Eager bool
}

// A Record is one record of a known format.
type Record struct {
	Compact []byte // valid until the next call of Next
	Format  int    // index into Options.Formats
	File    string // members as a.zip!b.json
	Offset  int64  // in the decompressed stream
	Key     normalize.Key
}

// Sorted hands out all records of the input in order of their keys, equal keys
// once: of duplicates the one that comes first in the input stays. What it
// hands out, but for a late ErrDisorder, depends on the input alone.
//
// It belongs to one goroutine, which must Close it.
type Sorted struct {
	opt     Options
	files   []*file
	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup
	pool    *pool
	eager   bool

	tempMu sync.Mutex // workers make the folder too
	temp   *tempDir
	runs   []string

	merger     merger
	last       cursor // the record at which Next stands; key and origin only
	begun      bool
	unadmitted int // records until blocks delivered since are looked at
	err        error

	duplicates, spilled int64
}

// admitEvery is after how many records Next looks for newly read blocks.
const admitEvery = 1024

// Open reads the records of all paths (files, folders, "-") and answers them
// in order. It fails only if nothing can be done: a path does not exist, the
// temporary folder is full, ctx ends. Everything less is told in Stats.
//
// The limit on memory holds for any input: sorted runs of compact records go
// to a private temporary folder when they exceed it, and are merged. The
// folder is removed by Close, or if the process is killed by the next Open.
func Open(ctx context.Context, paths []string, opt Options) (*Sorted, error) {
	if opt.Memory <= 0 {
		opt.Memory = DefaultMemory
	}
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	if opt.Stdin == nil {
		opt.Stdin = os.Stdin
	}
	if len(opt.Formats) > 256 {
		return nil, fmt.Errorf("open: %d formats; at most 256 fit", len(opt.Formats))
	}
	files, err := expand(paths)
	if err != nil {
		return nil, err
	}
	if opt.FileTime != nil {
		orderByTime(files, opt.FileTime)
	}
	removeStale(opt.TempDir)
	opt.Workers = max(1, min(opt.Workers, len(files)))
	s := &Sorted{opt: opt, files: files}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.pool = newPool(opt.Memory/2, opt.Workers)
	s.merger.release = s.pool.release
	s.eager = opt.Eager && s.looksOrdered()

	s.start()
	if s.eager {
		return s, nil
	}
	if err := s.collect(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// start sets the workers to reading.
func (s *Sorted) start() {
	var total, done, next atomic.Int64
	for _, f := range s.files {
		total.Add(f.size)
	}
	context.AfterFunc(s.ctx, s.pool.stop)
	for worker := range s.opt.Workers {
		s.workers.Add(1)
		go func() {
			defer s.workers.Done()
			defer s.pool.done(worker)
			r := newReader(s.ctx, &s.opt, s.pool)
			r.worker = worker
			r.spool = s.spool
			if s.opt.Progress != nil {
				r.onRead = func(n int) { s.opt.Progress(done.Add(int64(n)), total.Load()) }
			}
			for s.ctx.Err() == nil {
				i := next.Add(1) - 1
				if i >= int64(len(s.files)) {
					break
				}
				r.file(uint32(i), s.files[i])
			}
			r.flush()
		}()
	}
}

// collect waits for the workers, and puts what exceeds the budget into runs.
func (s *Sorted) collect() error {
	for {
		blocks, last := s.pool.collect()
		if err := s.ctx.Err(); err != nil {
			return err
		}
		if last {
			return s.prepare(blocks)
		}
		if err := s.spill(blocks, nil); err != nil {
			return err
		}
		if len(s.runs) == fanIn {
			runs := s.runs
			s.runs = nil
			if err := s.spill(nil, runs); err != nil {
				return err
			}
		}
	}
}

// prepare makes the merge of all runs and of the blocks still in memory.
func (s *Sorted) prepare(blocks []*block) error {
	return fillMerger(&s.merger, blocks, s.runs)
}

func fillMerger(m *merger, blocks []*block, runs []string) error {
	for _, b := range blocks {
		if err := m.addBlock(b); err != nil {
			return err
		}
	}
	for _, name := range runs {
		r, err := openRun(name)
		if err != nil {
			return err
		}
		if err := m.add(&cursor{run: r}); err != nil {
			r.close()
			return err
		}
	}
	return nil
}

// spill merges blocks and runs into one new run.
func (s *Sorted) spill(blocks []*block, runs []string) error {
	dir, err := s.folder()
	if err != nil {
		return err
	}
	m := merger{release: s.pool.release}
	defer m.close()
	if err := fillMerger(&m, blocks, runs); err != nil {
		return err
	}
	name, bytes, duplicates, err := writeRun(dir, &m)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, name)
	s.spilled += bytes
	s.duplicates += duplicates
	return nil
}

// folder makes the temporary folder when it is first needed.
func (s *Sorted) folder() (string, error) {
	s.tempMu.Lock()
	defer s.tempMu.Unlock()
	if s.temp == nil {
		t, err := newTempDir(s.opt.TempDir)
		if err != nil {
			return "", err
		}
		s.temp = t
	}
	return s.temp.path, nil
}

func (s *Sorted) spool() (*os.File, error) {
	dir, err := s.folder()
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "zip-")
	if err != nil {
		return nil, spillError(dir, err)
	}
	return f, nil
}

// Next answers the next record; ok is false after the last one, and with err.
func (s *Sorted) Next() (r Record, ok bool, err error) {
	if s.err != nil {
		return Record{}, false, s.err
	}
	for {
		if s.err = s.step(); s.err != nil {
			return Record{}, false, s.err
		}
		if len(s.merger.heap) == 0 {
			return Record{}, false, nil
		}
		c := s.merger.heap[0]
		s.merger.consumed = true
		repeated := s.begun && c.key == s.last.key
		s.begun, s.last.key, s.last.origin = true, c.key, c.origin
		if repeated {
			s.duplicates++
			continue
		}
		return Record{
			Compact: c.compact,
			Format:  int(c.format),
			File:    (*s.files[c.origin.file].leaves.Load())[c.origin.leaf],
			Offset:  c.origin.off,
			Key:     c.key,
		}, true, nil
	}
}

// step moves to the next record and, while others are still being read, sees
// that it is safe to hand out.
func (s *Sorted) step() error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	freed, err := s.merger.pass()
	if err != nil || !s.eager {
		return err
	}
	if s.unadmitted--; s.unadmitted >= 0 && !freed && len(s.merger.heap) > 0 {
		return nil
	}
	s.unadmitted = admitEvery
	s.pool.window(func(blocks []*block) (int64, uint32) {
		for _, b := range blocks {
			c := cursor{block: b}
			c.advance()
			if s.begun && c.less(&s.last) {
				err = ErrDisorder
			}
			if e := s.merger.addBlock(b); e != nil {
				err = e
			}
		}
		if len(s.merger.heap) == 0 {
			return 0, 0
		}
		return s.merger.bytes, s.merger.heap[0].origin.file
	})
	if err != nil {
		return err
	}
	return s.ctx.Err()
}

// Stats accounts for everything that was offered. They are complete once Next
// has answered that there is nothing more.
func (s *Sorted) Stats() Stats {
	st := Stats{Duplicates: s.duplicates, Spilled: s.spilled}
	if s.eager {
		s.pool.mu.Lock()
		reading := s.pool.working > 0
		s.pool.mu.Unlock()
		if reading {
			return st
		}
	}
	for _, f := range s.files {
		st.Files++
		st.Bytes += f.bytes
		st.Records += f.read + f.badTotal
		st.UnreadableTotal += f.badTotal
		st.Unreadable = append(st.Unreadable, f.bad...)
		st.Skipped = append(st.Skipped, f.skipped...)
	}
	return st
}

// Close ends all reading and removes the temporary folder.
func (s *Sorted) Close() error {
	s.cancel()
	s.pool.stop()
	s.workers.Wait()
	s.merger.close()
	if s.temp == nil {
		return nil
	}
	if err := s.temp.remove(); err != nil {
		return fmt.Errorf("remove the temporary folder: %w; remove it by hand", err)
	}
	return nil
}

// samples is how many files are looked at before eager reading is tried: a
// few milliseconds of work. Folders that are ordered by account or region
// before time show it by then.
const samples = 32

// lookBytes is how much of a file is looked at for its first record.
const lookBytes = 1 << 20

// looksOrdered compares the first records of files spread over the input.
func (s *Sorted) looksOrdered() bool {
	for _, f := range s.files {
		if f.stdin {
			return false
		}
	}
	var last normalize.Key
	for i := range min(samples, len(s.files)) {
		f := s.files[i*len(s.files)/min(samples, len(s.files))]
		key, ok := s.first(f)
		if !ok {
			continue
		}
		// By whole blocks of time: files overlap by some minutes, and the
		// window is there for that. An hour is four times the longest delivery
		// lag that is usual.
		const hour = 3600e9
		if key.Time < last.Time-hour {
			return false
		}
		if last.Less(key) {
			last = key
		}
	}
	return true
}

// first reads the first record of a file.
func (s *Sorted) first(f *file) (key normalize.Key, ok bool) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	r := newReader(ctx, &s.opt, newPool(blockMax, 1))
	r.spool = func() (*os.File, error) { return nil, errors.New("not for a look") }
	r.onFirst = func(k normalize.Key) bool {
		key, ok = k, true
		cancel() // archives end as well
		return true
	}
	// A file without records shall not be read twice to its end.
	left := lookBytes
	r.onRead = func(n int) {
		if left -= n; left < 0 {
			cancel()
		}
	}
	look := file{name: f.name, size: f.size, skipped: f.skipped, badTotal: f.badTotal}
	r.file(0, &look)
	return key, ok
}
