// Package store keeps what a service must not lose: the log of deliveries, which
// records were seen, and checkpoints of the state that is folded from them.
//
// The log is the truth. State is a function of it, so a checkpoint is only a
// shortcut: what was acknowledged is in the log, synced, and whatever else is
// missing after a crash is folded again. Records that were seen are entered in
// the same synced batch as the delivery that brought them.
//
// Keys, in one Pebble database (numbers big end first, so that they sort):
//
//	a day name       a small value that is remembered for some days
//	l seq            a delivery
//	d day id         a record that was seen, by the day it came: its seq
//	c seq            a checkpoint of the state after the delivery seq
//	i name           a document: the latest of its name
//	m name           what else is remembered
//
// Deliveries, checkpoints and documents are packed and sealed (Keys); what names
// them is not: hashes of ids, numbers, and the names of documents.
package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/bits-and-blooms/bloom/v3"
	"github.com/cockroachdb/pebble/v2"
	pebblebloom "github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// SeenDays is for how many days a record that comes again is known to be one: the
// slow path is hours late at most, a restored feed days.
const SeenDays = 7

// Version of the layout of keys and values. A newer binary reads all older ones; a
// test keeps a database of each. 1 was neither packed nor sealed, and knew no path
// of a delivery.
const Version = 2

// filterRecords and filterFalse size the filter of one day: of five million
// records one in a hundred new ones is looked up on disk for nothing. More
// records make more of those, and lose nothing.
const (
	filterRecords = 5_000_000
	filterFalse   = 0.01
)

// checkpointsKept is how many checkpoints are kept beside the oldest, which is
// where a replay from the beginning starts once older deliveries are gone.
const checkpointsKept = 2

// An ID names a record for the purpose of seeing it twice: its source's own id, in the
// space of its format. Space 0 is written as layout 1 wrote the only one that it had.
type ID struct {
	Space uint64
	Key   [16]byte
}

// bytes is the id as it stands in keys.
func (id *ID) bytes(dst []byte) []byte {
	if id.Space != 0 {
		dst = binary.BigEndian.AppendUint64(dst, id.Space)
	}
	return append(dst, id.Key[:]...)
}

// An Entry is one delivery in the log.
type Entry struct {
	Seq    uint64
	At     time.Time // of receipt, UTC
	Source string    // "aws-cloudtrail"
	Path   string    // by which it came: "push"; "" in what layout 1 wrote
	Text   []byte    // as it came, without packing
	// Drop are the indices of records in Text that had been seen before, in rising
	// order.
	Drop []int
}

// Store is an open database. Reading may go on beside one writer, who owns Batch.
type Store struct {
	db      *pebble.DB
	last    atomic.Uint64 // seq of the last entry
	filters map[uint32]*bloom.BloomFilter
	packer  *zstd.Encoder
	opener  *zstd.Decoder
	keys    *Keys
}

// Options of Open.
type Options struct {
	FS vfs.FS // the disk if nil; tests bring their own
	// Keys seal what is written. Nil: it is packed only.
	Keys *Keys
	// ReadOnly opens what is there and writes nothing.
	ReadOnly bool
}

// ErrNewer says that the database was written by a later version.
var ErrNewer = errors.New("the data folder was written by a newer version of sekisho")

// Open opens the database in a folder, and makes one where there is none.
func Open(dir string, o Options) (*Store, error) {
	po := &pebble.Options{FS: o.FS, FormatMajorVersion: pebble.FormatNewest, MemTableSize: 32 << 20, Logger: quiet{},
		Cache: pebble.NewCache(64 << 20), MaxOpenFiles: 512, ReadOnly: o.ReadOnly}
	defer po.Cache.Unref()
	for i := range po.Levels {
		po.Levels[i].FilterPolicy = pebblebloom.FilterPolicy(10)
	}
	var db *pebble.DB
	err := guard(func() (err error) { db, err = pebble.Open(dir, po); return err })
	switch {
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) && strings.Contains(err.Error(), "LOCK"):
		return nil, fmt.Errorf("open the data folder %s: another sekisho uses it: %w", dir, err)
	case err != nil:
		return nil, fmt.Errorf("open the data folder %s: %w; this user must be able to write to it", dir, err)
	}
	s := &Store{db: db, filters: map[uint32]*bloom.BloomFilter{}, keys: o.Keys}
	if s.packer, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if s.opener, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(checkpointMost)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := s.begin(o.ReadOnly); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// checkpointMost caps what a checkpoint may inflate to.
const checkpointMost = 16 << 30

// begin checks the version and finds where the log ends.
func (s *Store) begin(readOnly bool) error {
	v, err := s.Get("version")
	if err != nil {
		return err
	}
	if v != nil && (len(v) != 1 || v[0] > Version) {
		return fmt.Errorf("%w: layout %d, this one reads up to %d", ErrNewer, v, Version)
	}
	if !readOnly && (v == nil || v[0] < Version) {
		// What is there is read as it is; what is added is of this layout, which an
		// older binary must not take for its own.
		if err := s.db.Set(metaKey("version"), []byte{Version}, pebble.Sync); err != nil {
			return fmt.Errorf("write to the data folder: %w", err)
		}
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: logKey(0), UpperBound: []byte("m")})
	if err != nil {
		return err
	}
	if it.Last() {
		s.last.Store(binary.BigEndian.Uint64(it.Key()[1:]))
	}
	if err := it.Close(); err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	// A checkpoint may outlive the deliveries that it was made of.
	if seq, ok, err := s.newest(); err != nil {
		return err
	} else if ok {
		s.last.Store(max(s.last.Load(), seq))
	}
	return s.fill()
}

// fill makes the filters of the days that are kept.
func (s *Store) fill() error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte("d"), UpperBound: []byte("e")})
	if err != nil {
		return err
	}
	for it.First(); it.Valid(); it.Next() {
		k := it.Key()
		s.filter(binary.BigEndian.Uint32(k[1:])).Add(k[5:])
	}
	return it.Close()
}

func (s *Store) filter(day uint32) *bloom.BloomFilter {
	f := s.filters[day]
	if f == nil {
		f = bloom.NewWithEstimates(filterRecords, filterFalse)
		s.filters[day] = f
	}
	return f
}

// Close closes the database.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the data folder: %w", err)
	}
	return nil
}

// Layout is the version of the layout that the database was written in, 0 for a new one.
func (s *Store) Layout() (int, error) {
	v, err := s.Get("version")
	if err != nil || len(v) != 1 {
		return 0, err
	}
	return int(v[0]), nil
}

// Sealed is the first layout whose values are sealed.
const Sealed = 2

// Last is the seq of the last entry, 0 if there is none.
func (s *Store) Last() uint64 { return s.last.Load() }

// Get reads what was remembered under a name, nil if nothing was.
func (s *Store) Get(name string) ([]byte, error) {
	v, closer, err := s.db.Get(metaKey(name))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	out := append([]byte(nil), v...)
	return out, closer.Close()
}

// Set remembers a value under a name, for good. It is not synced: what is lost in a crash
// its owner finds again.
func (s *Store) Set(name string, value []byte) error {
	if err := s.db.Set(metaKey(name), value, pebble.NoSync); err != nil {
		return fmt.Errorf("remember %s: %w", name, err)
	}
	return nil
}

// AgingDays is for how long Aging remembers: longer than what is verified comes late.
const AgingDays = 14

// Aging remembers small values for some days. What it is told is not synced: what is
// lost in a crash its owner finds again. Now is the clock.
type Aging struct {
	Store *Store
	Now   func() time.Time
}

// Set remembers a value under a name.
func (a Aging) Set(name string, value []byte) error {
	if err := a.Store.db.Set(agingKey(dayOf(a.Now()), name), value, pebble.NoSync); err != nil {
		return fmt.Errorf("remember %s: %w", name, err)
	}
	return nil
}

// Get is the newest value of a name, nil if there is none.
func (a Aging) Get(name string) ([]byte, error) {
	today := dayOf(a.Now())
	for back := range uint32(AgingDays + 1) {
		v, closer, err := a.Store.db.Get(agingKey(today-back, name))
		if errors.Is(err, pebble.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", name, err)
		}
		out := bytes.Clone(v)
		return out, closer.Close()
	}
	return nil, nil
}

func agingKey(day uint32, name string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte("a"), day), name...)
}

func logKey(seq uint64) []byte { return binary.BigEndian.AppendUint64([]byte("l"), seq) }
func checkpointKey(seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte("c"), seq)
}
func metaKey(name string) []byte     { return append([]byte("m"), name...) }
func documentKey(name string) []byte { return append([]byte("i"), name...) }
func dayKey(day uint32) []byte       { return binary.BigEndian.AppendUint32([]byte("d"), day) }

func dayOf(at time.Time) uint32 { return uint32(at.Unix() / 86400) }

// A Batch is what is committed together. It belongs to one goroutine, and one
// batch is open at a time.
type Batch struct {
	s    *Store
	b    *pebble.Batch
	last uint64
	seen map[ID]uint64 // in this batch

	buf, packed []byte
	name        [24]byte
}

// Begin opens a batch.
func (s *Store) Begin() *Batch {
	return &Batch{s: s, b: s.db.NewBatch(), last: s.last.Load(), seen: map[ID]uint64{}}
}

// Next is the seq that the next entry gets.
func (b *Batch) Next() uint64 { return b.last + 1 }

// Seen reports whether a record came before, in the batch or within SeenDays
// before a time.
func (b *Batch) Seen(id ID, at time.Time) (bool, error) {
	if _, yes := b.seen[id]; yes {
		return true, nil
	}
	name := id.bytes(b.name[:0])
	// Days after today too: a clock that ran ahead and was put right has made some.
	for day, f := range b.s.filters {
		if day+SeenDays < dayOf(at) || !f.Test(name) {
			continue
		}
		_, closer, err := b.s.db.Get(append(dayKey(day), name...))
		switch {
		case err == nil:
			return true, closer.Close()
		case !errors.Is(err, pebble.ErrNotFound):
			return false, fmt.Errorf("look for a record: %w", err)
		}
	}
	return false, nil
}

// See enters a record as seen with the next entry.
func (b *Batch) See(id ID) { b.seen[id] = b.Next() }

// Append adds a delivery to the log and returns its seq.
func (b *Batch) Append(e *Entry) (uint64, error) {
	b.last++
	key := logKey(b.last)
	b.buf = encode(b.buf[:0], e)
	b.packed = b.s.pack(b.packed[:0], key, b.buf)
	if err := b.b.Set(key, b.packed, nil); err != nil {
		return 0, fmt.Errorf("append to the log: %w", err)
	}
	return b.last, nil
}

// Remember keeps a value under a name: where a source goes on, who said what.
func (b *Batch) Remember(name string, value []byte) error {
	if err := b.b.Set(metaKey(name), value, nil); err != nil {
		return fmt.Errorf("remember %s: %w", name, err)
	}
	return nil
}

// Keep keeps a document under a name, in the place of an older one; nil removes it.
func (b *Batch) Keep(name string, document []byte) error {
	key := documentKey(name)
	var err error
	if document == nil {
		err = b.b.Delete(key, nil)
	} else {
		err = b.b.Set(key, b.s.pack(nil, key, document), nil)
	}
	if err != nil {
		return fmt.Errorf("keep the document %s: %w", name, err)
	}
	return nil
}

// Commit writes the batch, synced: when it returns, what is in it survives the
// loss of power. After an error the store must be closed: nobody knows what the
// disk holds.
func (b *Batch) Commit(at time.Time) error {
	day := dayOf(at)
	var key []byte
	for id, seq := range b.seen {
		key = id.bytes(append(key[:0], dayKey(day)...))
		if err := b.b.Set(key, binary.BigEndian.AppendUint64(nil, seq), nil); err != nil {
			return fmt.Errorf("append to the log: %w", err)
		}
	}
	if err := commit(b.b); err != nil {
		return fmt.Errorf("sync the log: %w; is the disk full?", err)
	}
	f := b.s.filter(day)
	for id := range b.seen {
		f.Add(id.bytes(key[:0]))
	}
	b.s.last.Store(b.last)
	return nil
}

// commit writes a batch, synced. The database's way to say that its log cannot be
// written is to end the process; here it is an error, and the owner ends in order.
func commit(b *pebble.Batch) error {
	return guard(func() error { return b.Commit(pebble.Sync) })
}

// guarded is how many calls wait to turn the database's last word into an error.
var guarded atomic.Int32

// guard runs a call, in which the database may say that it cannot go on.
func guard(call func() error) (err error) {
	guarded.Add(1)
	defer guarded.Add(-1)
	defer func() {
		if x := recover(); x != nil {
			f, ok := x.(fatal)
			if !ok {
				panic(x)
			}
			err = f
		}
	}()
	return call()
}

// Abandon gives a batch up.
func (b *Batch) Abandon() { b.b.Close() }

// How a value was written: the first byte of it. Values of layout 1 begin with
// valuePlain, or, as checkpoints, with the first byte of a zstd frame.
const (
	valuePlain  = 1    // an entry as layout 1 wrote it
	valuePacked = 2    // packed
	valueSealed = 3    // packed and sealed
	valueZstd   = 0x28 // a checkpoint as layout 1 wrote it
)

// pack appends a value as it is written under a key.
func (s *Store) pack(dst, key, text []byte) []byte {
	if s.keys == nil {
		return append(append(dst, valuePacked), s2.Encode(nil, text)...)
	}
	return s.keys.seal(append(dst, valueSealed), key, s2.Encode(nil, text))
}

// unpack is the text of a value that pack wrote.
func (s *Store) unpack(key, value []byte) ([]byte, error) {
	var packed []byte
	switch {
	case len(value) > 0 && value[0] == valuePacked:
		packed = value[1:]
	case len(value) > 0 && value[0] == valueSealed:
		if s.keys == nil {
			return nil, errors.New("it is sealed, and the key file is not there: keys in the data folder, or what encryption.key_file names")
		}
		var err error
		if packed, err = s.keys.open(nil, key, value[1:]); err != nil {
			return nil, err
		}
	default:
		return nil, errDamaged
	}
	text, err := s2.Decode(nil, packed)
	if err != nil {
		return nil, errDamaged
	}
	return text, nil
}

// encode writes an entry: time, source, path, dropped records, text.
func encode(dst []byte, e *Entry) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.At.UnixNano()))
	for _, word := range [...]string{e.Source, e.Path} {
		dst = binary.AppendUvarint(dst, uint64(len(word)))
		dst = append(dst, word...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Drop)))
	before := 0
	for _, i := range e.Drop {
		dst = binary.AppendUvarint(dst, uint64(i-before))
		before = i
	}
	return append(dst, e.Text...)
}

// errDamaged is an entry that cannot be read.
var errDamaged = errors.New("a damaged entry of the log")

// entry reads an entry as it was written under its key.
func (s *Store) entry(key, value []byte) (*Entry, error) {
	seq := binary.BigEndian.Uint64(key[1:])
	if len(value) > 0 && value[0] == valuePlain {
		return decode(seq, value[1:], false)
	}
	text, err := s.unpack(key, value)
	if err != nil {
		return nil, fmt.Errorf("read entry %d of the log: %w", seq, err)
	}
	return decode(seq, text, true)
}

// decode reads what encode wrote; without a path it is layout 1.
func decode(seq uint64, b []byte, path bool) (*Entry, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("%w: %d", errDamaged, seq)
	}
	e := &Entry{Seq: seq, At: time.Unix(0, int64(binary.BigEndian.Uint64(b))).UTC()}
	b = b[8:]
	number := func() (int, bool) {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > 1<<31 {
			return 0, false
		}
		b = b[size:]
		return int(n), true
	}
	words := []*string{&e.Source, &e.Path}
	if !path {
		words = words[:1]
	}
	for _, word := range words {
		n, ok := number()
		if !ok || n > len(b) {
			return nil, fmt.Errorf("%w: %d", errDamaged, seq)
		}
		*word, b = string(b[:n]), b[n:]
	}
	drops, ok := number()
	if !ok || drops > len(b) {
		return nil, fmt.Errorf("%w: %d", errDamaged, seq)
	}
	before := 0
	for range drops {
		n, ok := number()
		if !ok {
			return nil, fmt.Errorf("%w: %d", errDamaged, seq)
		}
		before += n
		e.Drop = append(e.Drop, before)
	}
	e.Text = b
	return e, nil
}

// Read hands over the entries after a seq, in order, until there are no more or
// each answers false. An entry is good during the call.
func (s *Store) Read(after uint64, each func(*Entry) (bool, error)) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: logKey(after + 1), UpperBound: []byte("m")})
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	for it.First(); it.Valid(); it.Next() {
		e, err := s.entry(it.Key(), it.Value())
		if err != nil {
			return errors.Join(err, it.Close())
		}
		more, err := each(e)
		if err != nil || !more {
			return errors.Join(err, it.Close())
		}
	}
	if err := it.Close(); err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	return nil
}

// Checkpoint keeps the state after an entry, which write writes, and drops all
// older checkpoints but the oldest and the last few.
func (s *Store) Checkpoint(seq uint64, write func(io.Writer) error) error {
	var packed sink
	s.packer.Reset(&packed)
	if err := write(s.packer); err != nil {
		return err
	}
	if err := s.packer.Close(); err != nil {
		return fmt.Errorf("write a checkpoint: %w", err)
	}
	value := append([]byte{valuePacked}, packed...)
	if s.keys != nil {
		value = s.keys.seal([]byte{valueSealed}, checkpointKey(seq), packed)
	}
	b := s.db.NewBatch()
	defer b.Close()
	if err := b.Set(checkpointKey(seq), value, nil); err != nil {
		return fmt.Errorf("write a checkpoint: %w", err)
	}
	all, err := s.checkpoints()
	if err != nil {
		return err
	}
	for i, old := range all {
		if i > 0 && i < len(all)-checkpointsKept && old != seq {
			if err := b.Delete(checkpointKey(old), nil); err != nil {
				return err
			}
		}
	}
	if err := commit(b); err != nil {
		return fmt.Errorf("write a checkpoint: %w; is the disk full?", err)
	}
	return nil
}

type sink []byte

func (s *sink) Write(p []byte) (int, error) {
	*s = append(*s, p...)
	return len(p), nil
}

// checkpoints are their seqs in rising order.
func (s *Store) checkpoints() ([]uint64, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte("c"), UpperBound: []byte("d")})
	if err != nil {
		return nil, err
	}
	var out []uint64
	for it.First(); it.Valid(); it.Next() {
		out = append(out, binary.BigEndian.Uint64(it.Key()[1:]))
	}
	return out, it.Close()
}

func (s *Store) newest() (seq uint64, ok bool, err error) {
	all, err := s.checkpoints()
	if err != nil || len(all) == 0 {
		return 0, false, err
	}
	return all[len(all)-1], true, nil
}

// Checkpointed reports whether there is a checkpoint.
func (s *Store) Checkpointed() (bool, error) {
	_, ok, err := s.newest()
	return ok, err
}

// Restore offers checkpoints to load, the newest first, until one is taken, and
// returns its seq; 0 if none was. first takes the oldest instead: where a replay
// from the beginning starts. What a load refuses is told to refused.
func (s *Store) Restore(first bool, load func(io.Reader) error, refused func(seq uint64, err error)) (uint64, error) {
	all, err := s.checkpoints()
	if err != nil {
		return 0, fmt.Errorf("read the checkpoints: %w", err)
	}
	oldest, err := s.oldest()
	if err != nil {
		return 0, err
	}
	if first {
		// While the first delivery is there, the beginning is empty state.
		if oldest <= 1 || len(all) == 0 {
			return 0, nil
		}
		all = all[:1]
	}
	for i := len(all) - 1; i >= 0; i-- {
		v, closer, err := s.db.Get(checkpointKey(all[i]))
		if err != nil {
			return 0, fmt.Errorf("read a checkpoint: %w", err)
		}
		frame, err := s.frame(checkpointKey(all[i]), v)
		if err == nil {
			if err = s.opener.Reset(bytes.NewReader(frame)); err == nil {
				err = load(s.opener)
			}
		}
		closer.Close()
		if err == nil {
			return all[i], nil
		}
		refused(all[i], err)
	}
	if oldest > 1 {
		return 0, errors.New("no checkpoint can be read, and the first deliveries are gone: what was learned before cannot be folded again; restore a backup of the data folder, or start with an empty one")
	}
	return 0, nil
}

// frame is the zstd frame of a checkpoint's value.
func (s *Store) frame(key, value []byte) ([]byte, error) {
	switch {
	case len(value) > 0 && value[0] == valueZstd:
		return value, nil
	case len(value) > 0 && value[0] == valuePacked:
		return value[1:], nil
	case len(value) > 0 && value[0] == valueSealed && s.keys == nil:
		return nil, errors.New("it is sealed, and the key file is not there: keys in the data folder, or what encryption.key_file names")
	case len(value) > 0 && value[0] == valueSealed:
		return s.keys.open(nil, key, value[1:])
	}
	return nil, errDamaged
}

// Document is what was kept under a name last, nil if nothing is.
func (s *Store) Document(name string) ([]byte, error) {
	key := documentKey(name)
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the document %s: %w", name, err)
	}
	defer closer.Close()
	text, err := s.unpack(key, v)
	if err != nil {
		return nil, fmt.Errorf("read the document %s: %w", name, err)
	}
	return text, nil
}

// Documents hands over the documents whose names begin with a prefix, in order of
// their names, until there are no more or each answers false.
func (s *Store) Documents(prefix string, each func(name string, document []byte) (bool, error)) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: documentKey(prefix), UpperBound: []byte("j")})
	if err != nil {
		return fmt.Errorf("read the documents: %w", err)
	}
	for it.First(); it.Valid() && bytes.HasPrefix(it.Key()[1:], []byte(prefix)); it.Next() {
		text, err := s.unpack(it.Key(), it.Value())
		if err != nil {
			return errors.Join(fmt.Errorf("read the document %s: %w", it.Key()[1:], err), it.Close())
		}
		more, err := each(string(it.Key()[1:]), text)
		if err != nil || !more {
			return errors.Join(err, it.Close())
		}
	}
	if err := it.Close(); err != nil {
		return fmt.Errorf("read the documents: %w", err)
	}
	return nil
}

// oldest is the seq of the first entry that is kept, 0 if there is none.
func (s *Store) oldest() (uint64, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: logKey(0), UpperBound: []byte("m")})
	if err != nil {
		return 0, err
	}
	var seq uint64
	if it.First() {
		seq = binary.BigEndian.Uint64(it.Key()[1:])
	}
	return seq, it.Close()
}

// Retain drops what is older than it has to be: deliveries that came before a
// time or are more than so many bytes, as far as a checkpoint stands for them, and
// what was seen more than SeenDays ago.
func (s *Store) Retain(now, before time.Time, most uint64) error {
	b := s.db.NewBatch()
	defer b.Close()
	today := dayOf(now)
	if err := b.DeleteRange(dayKey(0), dayKey(today-SeenDays), nil); err != nil {
		return err
	}
	if today > AgingDays {
		if err := b.DeleteRange(agingKey(0, ""), agingKey(today-AgingDays, ""), nil); err != nil {
			return err
		}
	}
	cut, err := s.cut(before, most)
	if err != nil {
		return err
	}
	if cut > 0 {
		if err := b.DeleteRange(logKey(0), logKey(cut+1), nil); err != nil {
			return err
		}
		if err := b.DeleteRange(checkpointKey(0), checkpointKey(cut), nil); err != nil {
			return err
		}
	}
	if err := commit(b); err != nil {
		return fmt.Errorf("drop what is old: %w; is the disk full?", err)
	}
	for day := range s.filters {
		if day+SeenDays < today {
			delete(s.filters, day)
		}
	}
	return nil
}

// cut is the newest checkpoint at or before which everything may go, 0 if nothing
// may.
func (s *Store) cut(before time.Time, most uint64) (uint64, error) {
	all, err := s.checkpoints()
	if err != nil {
		return 0, err
	}
	var out uint64
	for _, seq := range all {
		size, err := s.db.EstimateDiskUsage(logKey(seq+1), []byte("m"))
		if err != nil {
			return 0, err
		}
		young := true
		err = s.Read(seq, func(e *Entry) (bool, error) {
			young = e.At.After(before)
			return false, nil
		})
		if err != nil {
			return 0, err
		}
		if !young || size > most {
			out = seq
		}
	}
	return out, nil
}

// Backup writes a copy of the database, as of now, into a folder that does not
// exist yet. Writing may go on.
func (s *Store) Backup(dir string) error {
	if err := s.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("back the data folder up to %s: %w", dir, err)
	}
	return nil
}

// Size is what the database takes on disk, in bytes.
func (s *Store) Size() uint64 { return s.db.Metrics().DiskSpaceUsage() }

// quiet keeps Pebble's notes to itself: what matters comes back as an error.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

// Fatalf is the database's word that it cannot go on: an error for who called, if that
// was guarded; else, out of its own background, the end of the process, in one line and
// with the next step. What was acknowledged is on the disk, as far as that is sound.
func (quiet) Fatalf(format string, args ...any) {
	f := fatal{text: fmt.Sprintf(format, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			f.cause = err
		}
	}
	if guarded.Load() > 0 {
		panic(f)
	}
	fmt.Fprintf(os.Stderr, "sekisho: %s; stop here and keep the folder; if its disk is sound, start again, else: sekisho restore BACKUP --keys FILE --data NEW\n", f.Error())
	os.Exit(1)
}

// fatal is the database's word that it cannot go on.
type fatal struct {
	text  string
	cause error
}

func (f fatal) Error() string { return "the data folder: " + f.text }
func (f fatal) Unwrap() error { return f.cause }
