package ingest

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"github.com/sekisho/sekisho/normalize"
)

// A block is a piece of memory full of compact records: one large slice
// without pointers, so that the garbage collector has nothing to look at, and
// an index to sort. It belongs to a worker while it is filled, then to the
// pool, then to whoever merges it.
type block struct {
	data  []byte
	index []entry
	cost  int64 // bytes of memory, as charged to the pool
}

// An entry is where a record is in its block.
type entry struct {
	key      normalize.Key
	off, len uint32
}

const (
	entryBytes = 32 // the size of an entry
	// In front of each compact record in a block: file, leaf (uint32 each),
	// offset (int64), format (uint8).
	headBytes = 17
	// blockMax is the usual size of a block: large against a record (about
	// 1 KB), small against the budget, so that what is half empty is little.
	blockMax = 1 << 20
	blockMin = 1 << 10
	// indexShare is the bytes of data for each index entry made room for:
	// compact records are seldom shorter.
	indexShare = 256
)

// An origin is where a record came from. Its order decides which of two equal
// records is kept, so that it does not depend on which was read first.
type origin struct {
	file, leaf uint32
	off        int64
}

func (o origin) compare(p origin) int {
	if c := cmp.Compare(o.file, p.file); c != 0 {
		return c
	}
	if c := cmp.Compare(o.leaf, p.leaf); c != 0 {
		return c
	}
	return cmp.Compare(o.off, p.off)
}

// head reads what stands before record e.
func (b *block) head(e entry) (o origin, format uint8) {
	h := b.data[e.off:]
	return origin{
		file: binary.LittleEndian.Uint32(h),
		leaf: binary.LittleEndian.Uint32(h[4:]),
		off:  int64(binary.LittleEndian.Uint64(h[8:])),
	}, h[16]
}

// compact is the compact form of record e.
func (b *block) compact(e entry) []byte {
	return b.data[e.off+headBytes : e.off+headBytes+e.len]
}

// sort orders the index by key, equal keys by origin.
func (b *block) sort() {
	slices.SortFunc(b.index, func(x, y entry) int {
		switch {
		case x.key.Time < y.key.Time:
			return -1
		case x.key.Time > y.key.Time:
			return 1
		case x.key.Less(y.key):
			return -1
		case y.key.Less(x.key):
			return 1
		}
		ox, _ := b.head(x)
		oy, _ := b.head(y)
		return ox.compare(oy)
	})
}

// A pool hands out blocks within a budget. Workers wait in get when it is used
// up, until someone merges what is pending and releases it.
//
// Of the workers, the one that is behind (it works on the lowest file) may use
// the last block of the budget, the others may not: so it can always go on,
// and input that is in order is handed out in order however the workers are
// scheduled.
type pool struct {
	budget int64
	size   int   // of data in an ordinary block
	cost   int64 // of an ordinary block

	mu      sync.Mutex
	cond    sync.Cond // on any change below
	used    int64     // cost of all blocks handed out and not released
	free    []*block
	pending []*block // filled, sorted, waiting to be merged
	at      []uint32 // for each worker, the lowest file of which it may hold records
	waiting int      // workers in get
	working int      // workers that have not finished
	stopped bool
}

// finished is where a worker is that has nothing more to read.
const finished = math.MaxUint32

func newPool(budget int64, workers int) *pool {
	p := &pool{working: workers, at: make([]uint32, workers)}
	p.cond.L = &p.mu
	// Each worker fills one block while others wait to be merged; with eight
	// for each worker most are waiting.
	p.size = int(min(max(budget/int64(8*workers), blockMin), blockMax))
	p.cost = blockCost(p.size, p.size/indexShare)
	p.budget = max(budget, int64(2*workers+2)*p.cost)
	return p
}

func blockCost(data, index int) int64 { return int64(data) + entryBytes*int64(index) }

// lowest is the file that the worker furthest behind is at.
func (p *pool) lowest() uint32 { return slices.Min(p.at) }

// full says that all but the last block of the budget is used.
func (p *pool) full() bool { return p.used+2*p.cost > p.budget }

// get answers an empty block with room for a record of need bytes, or nil when
// reading is to stop. The budget can be exceeded by the length of one long
// record for each worker.
func (p *pool) get(worker, need int) *block {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting++
	p.cond.Broadcast()
	for !p.stopped && p.full() && !(p.at[worker] == p.lowest() && p.used+p.cost <= p.budget) {
		p.cond.Wait()
	}
	p.waiting--
	if p.stopped {
		return nil
	}
	var b *block
	if n := len(p.free); n > 0 && need <= p.size {
		b, p.free = p.free[n-1], p.free[:n-1]
	} else {
		size := max(p.size, need)
		b = &block{data: make([]byte, 0, size), index: make([]entry, 0, size/indexShare)}
		b.cost = blockCost(cap(b.data), cap(b.index))
	}
	p.used += b.cost
	return b
}

// move says that a worker holds no records of files before number any more.
func (p *pool) move(worker int, number uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at[worker] = number
	p.cond.Broadcast()
}

// deliver sorts a filled block and makes it pending. The worker goes on with
// the file number.
func (p *pool) deliver(worker int, number uint32, b *block) {
	b.sort()
	p.mu.Lock()
	defer p.mu.Unlock()
	// Compact may have needed more room than there was.
	cost := blockCost(cap(b.data), cap(b.index))
	p.used += cost - b.cost
	b.cost = cost
	p.pending = append(p.pending, b)
	p.at[worker] = number
	p.cond.Broadcast()
}

// release gives back a block that has been merged.
func (p *pool) release(b *block) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used -= b.cost
	// Keep what will be used again; an outsized block goes to the collector.
	if p.working > 0 && cap(b.data) <= p.size {
		b.data, b.index = b.data[:0], b.index[:0]
		p.free = append(p.free, b)
	}
	p.cond.Broadcast()
}

// done is called by each worker when it has nothing more to read.
func (p *pool) done(worker int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at[worker] = finished
	if p.working--; p.working == 0 {
		p.free = nil
	}
	p.cond.Broadcast()
}

// stop makes all that wait return.
func (p *pool) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.cond.Broadcast()
}

// collect waits until the budget is used up, or all is read, and takes what is
// pending. last says that there will be nothing more.
func (p *pool) collect() (blocks []*block, last bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.stopped && p.working > 0 && !(p.waiting > 0 && len(p.pending) > 0 && p.full()) {
		p.cond.Wait()
	}
	blocks, p.pending = p.pending, nil
	return blocks, p.stopped || p.working == 0
}

// window waits until the first of the records held may be handed out while
// others are still being read:
//
//   - all is read; or
//   - they fill three quarters of the budget, and nobody is still reading a
//     file before that of the first; or
//   - no worker can go on before a block is released.
//
// Whatever is pending is passed to admit first, which answers the memory held
// and the file of the first record, and must not call the pool.
func (p *pool) window(admit func([]*block) (held int64, first uint32)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		held, first := admit(p.pending)
		p.pending = p.pending[:0]
		switch {
		case p.stopped || p.working == 0:
			return
		case held >= p.budget/4*3 && first <= p.lowest():
			return
		case held > 0 && p.waiting == p.working && p.full():
			return
		}
		p.cond.Wait()
	}
}
