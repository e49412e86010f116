package ingest

import "io"

// A window is the part of a stream that framing looks at: buf[pos:end]. It
// slides and grows on demand, never beyond max, so that a file of any size is
// read in bounded memory.
type window struct {
	r        io.Reader
	buf      []byte
	pos, end int
	base     int64 // offset in the stream of buf[0]
	max      int   // the most that buf may grow to
	err      error // io.EOF, or why the stream broke off
}

// reset begins a new stream and keeps the buffer.
func (w *window) reset(r io.Reader) {
	w.r, w.pos, w.end, w.base, w.err = r, 0, 0, 0, nil
}

// held is what can be seen now. It is valid until the next fill.
func (w *window) held() []byte { return w.buf[w.pos:w.end] }

// offset is the place in the stream of the first byte of held.
func (w *window) offset() int64 { return w.base + int64(w.pos) }

// fill adds at least one byte to held. It answers false when the stream has
// ended, or when held is as large as it may be (then err is nil).
func (w *window) fill() bool {
	if w.err != nil {
		return false
	}
	if w.end == len(w.buf) {
		if w.pos > 0 {
			copy(w.buf, w.buf[w.pos:w.end])
			w.base += int64(w.pos)
			w.end -= w.pos
			w.pos = 0
		} else if len(w.buf) < w.max {
			grown := make([]byte, min(2*len(w.buf), w.max))
			copy(grown, w.buf[:w.end])
			w.buf = grown
		} else {
			return false
		}
	}
	// A reader that keeps answering "nothing yet" is broken; the bound is the
	// one that package bufio uses.
	for range 100 {
		n, err := w.r.Read(w.buf[w.end:])
		w.end += n
		w.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// peek answers the next byte that is not white space, passing over what is.
func (w *window) peek() (c byte, ok bool) {
	for {
		for w.pos < w.end {
			c := w.buf[w.pos]
			if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
				return c, true
			}
			w.pos++
		}
		if !w.fill() {
			return 0, false
		}
	}
}
