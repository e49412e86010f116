package ingest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sekisho/sekisho/normalize"
)

const (
	// runBuffer is the size of a read or write of a run; fanIn runs are read
	// at once, so their buffers take 32 MiB at most.
	runBuffer = 256 << 10
	fanIn     = 128
	// In front of each record in a run: the length of the compact form, the
	// key, and what stands before a record in a block.
	runHeadBytes = 4 + 24 + headBytes
)

// A cursor goes through the records of one sorted block or run.
type cursor struct {
	key     normalize.Key
	origin  origin
	format  uint8
	compact []byte // valid until the next advance

	block *block
	next  int // in block.index
	run   *runReader
}

// advance moves to the next record, and answers false after the last.
func (c *cursor) advance() (bool, error) {
	if c.run != nil {
		return c.run.read(c)
	}
	if c.next == len(c.block.index) {
		return false, nil
	}
	e := c.block.index[c.next]
	c.next++
	c.key, c.compact = e.key, c.block.compact(e)
	c.origin, c.format = c.block.head(e)
	return true, nil
}

// less orders the records under two cursors.
func (c *cursor) less(d *cursor) bool {
	if c.key != d.key {
		return c.key.Less(d.key)
	}
	return c.origin.compare(d.origin) < 0
}

// A merger answers the records of many cursors in order: a binary heap whose
// top is the next record. Ordered input costs two comparisons a record, as the
// top stays where it is.
type merger struct {
	heap     []*cursor
	bytes    int64 // cost of the blocks in the heap
	consumed bool  // the top has been handed out
	release  func(*block)
}

// add puts a source into the heap.
func (m *merger) add(c *cursor) error {
	ok, err := c.advance()
	if err != nil {
		return err
	}
	if !ok {
		m.drop(c)
		return nil
	}
	m.heap = append(m.heap, c)
	for i := len(m.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !m.heap[i].less(m.heap[up]) {
			break
		}
		m.heap[i], m.heap[up] = m.heap[up], m.heap[i]
		i = up
	}
	return nil
}

func (m *merger) addBlock(b *block) error {
	m.bytes += b.cost
	return m.add(&cursor{block: b})
}

// pass moves the top on, if it has been handed out. It answers whether a
// source came to its end, which for a block means that memory was freed.
func (m *merger) pass() (ended bool, err error) {
	if !m.consumed {
		return false, nil
	}
	m.consumed = false
	top := m.heap[0]
	ok, err := top.advance()
	if err != nil {
		return false, err
	}
	if !ok {
		last := len(m.heap) - 1
		m.heap[0], m.heap[last] = m.heap[last], nil
		m.heap = m.heap[:last]
		m.drop(top)
	}
	m.down()
	return !ok, nil
}

// down restores the order of the heap after its top changed.
func (m *merger) down() {
	h := m.heap
	for i := 0; ; {
		small := 2*i + 1
		if small >= len(h) {
			return
		}
		if r := small + 1; r < len(h) && h[r].less(h[small]) {
			small = r
		}
		if !h[small].less(h[i]) {
			return
		}
		h[i], h[small] = h[small], h[i]
		i = small
	}
}

// drop lets go of a source that is used up.
func (m *merger) drop(c *cursor) {
	if c.block != nil {
		m.bytes -= c.block.cost
		m.release(c.block)
	}
	if c.run != nil {
		c.run.close()
	}
}

// close lets go of what is left.
func (m *merger) close() {
	for _, c := range m.heap {
		m.drop(c)
	}
	m.heap = nil
}

// writeRun writes all records of m, in order and without duplicates, to a new
// file in dir.
func writeRun(dir string, m *merger) (name string, bytes, duplicates int64, err error) {
	f, err := os.CreateTemp(dir, "run-")
	if err != nil {
		return "", 0, 0, spillError(dir, err)
	}
	defer func() {
		if e := f.Close(); err == nil && e != nil {
			err = spillError(dir, e)
		}
	}()
	w := bufio.NewWriterSize(f, runBuffer)
	var head [runHeadBytes]byte
	var last normalize.Key
	first := true
	for {
		if _, err := m.pass(); err != nil {
			return "", 0, 0, err
		}
		if len(m.heap) == 0 {
			break
		}
		c := m.heap[0]
		m.consumed = true
		if !first && c.key == last {
			duplicates++
			continue
		}
		first, last = false, c.key
		binary.LittleEndian.PutUint32(head[0:], uint32(len(c.compact)))
		binary.LittleEndian.PutUint64(head[4:], uint64(c.key.Time))
		binary.LittleEndian.PutUint64(head[12:], c.key.Hi)
		binary.LittleEndian.PutUint64(head[20:], c.key.Lo)
		putHead(head[28:], c.origin, c.format)
		// An error of a bufio.Writer stays, so that the last one tells.
		w.Write(head[:])
		if _, err := w.Write(c.compact); err != nil {
			return "", 0, 0, spillError(dir, err)
		}
		bytes += int64(len(head) + len(c.compact))
	}
	if err := w.Flush(); err != nil {
		return "", 0, 0, spillError(dir, err)
	}
	return f.Name(), bytes, duplicates, nil
}

func putHead(h []byte, o origin, format uint8) {
	binary.LittleEndian.PutUint32(h, o.file)
	binary.LittleEndian.PutUint32(h[4:], o.leaf)
	binary.LittleEndian.PutUint64(h[8:], uint64(o.off))
	h[16] = format
}

// spillError says what to do when the temporary folder cannot take a run.
func spillError(dir string, err error) error {
	return fmt.Errorf("put a sorted run into %s: %w; free space there, point TMPDIR to a larger disk, or raise --memory so that less has to be put aside", dir, err)
}

// A runReader reads a run back. The file is removed once read.
type runReader struct {
	f   *os.File
	r   *bufio.Reader
	buf []byte
}

func openRun(name string) (*runReader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read back a sorted run: %w; something removed it from the temporary folder, scan again", err)
	}
	return &runReader{f: f, r: bufio.NewReaderSize(f, runBuffer)}, nil
}

// read moves c to the next record of the run.
func (r *runReader) read(c *cursor) (bool, error) {
	head, err := r.r.Peek(runHeadBytes)
	if err != nil {
		if errors.Is(err, io.EOF) && len(head) == 0 {
			return false, nil
		}
		return false, fmt.Errorf("read back sorted run %s: %w; something changed it, scan again", r.f.Name(), err)
	}
	n := int(binary.LittleEndian.Uint32(head))
	c.key = normalize.Key{
		Time: int64(binary.LittleEndian.Uint64(head[4:])),
		Hi:   binary.LittleEndian.Uint64(head[12:]),
		Lo:   binary.LittleEndian.Uint64(head[20:]),
	}
	h := block{data: head[28:]}
	c.origin, c.format = h.head(entry{})
	r.r.Discard(runHeadBytes) // just peeked
	if cap(r.buf) < n {
		r.buf = make([]byte, n+n/4)
	}
	c.compact = r.buf[:n]
	if _, err := io.ReadFull(r.r, c.compact); err != nil {
		return false, fmt.Errorf("read back sorted run %s: %w; something changed it, scan again", r.f.Name(), err)
	}
	return true, nil
}

func (r *runReader) close() {
	r.f.Close()
	os.Remove(r.f.Name()) // the folder is removed in any case
}
