package ingest

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"

	"github.com/sekisho/sekisho/normalize"
)

// Caps on what is unpacked.
const (
	// maxInflated is the most that one compressed stream may inflate to.
	maxInflated = 16 << 30
	// A file may inflate to bombFree without question, and beyond that to
	// bombRatio times its size. Real trails reach 6 to 20 times, repeated test
	// records about 200; the most that deflate can do is 1032.
	bombFree  = 64 << 20
	bombRatio = 500
	// maxPacked is how many layers of packing are undone: a gzip in a zip in a
	// tar.gz is four.
	maxPacked = 4
	// maxMembers is how many members of one archive are read.
	maxMembers = 100_000
	// maxDirectory bounds, in bytes, the directory of a zip: 100,000 members
	// with names of 200 bytes.
	maxDirectory = 32 << 20
	// maxSpooled is the largest zip that is copied to the temporary folder,
	// as it comes from a pipe or is inside an archive.
	maxSpooled = 1 << 30
	// zstdWindow is the memory that a zstd stream may ask for: what its levels
	// up to 19 use is 8 MiB.
	zstdWindow = 32 << 20

	// rawBuffer and packedBuffer are the sizes of reads from files and from
	// streams in them.
	rawBuffer    = 128 << 10
	packedBuffer = 16 << 10
	// frameBuffer is where a stream's window begins: it stays in the
	// second-level cache while it is inflated, framed and read.
	frameBuffer = 128 << 10
	// frameBufferMax leaves room to see that a record is too long.
	frameBufferMax = maxRecord + frameBuffer
	// headPeek is what is looked at to tell what a stream is: a tar shows
	// itself at byte 257.
	headPeek = 512
)

var errBomb = errors.New("inflates without end, like a decompression bomb; the rest is not read")

// A reader is one worker: it opens, unpacks and frames files, one after the
// other, and puts compact records into blocks.
type reader struct {
	ctx     context.Context
	opt     *Options
	pool    *pool
	worker  int // its number in the pool
	spool   func() (*os.File, error)
	onRead  func(n int) // progress: bytes of the file itself
	onFirst func(normalize.Key) bool

	block   *block
	win     window
	pick    picker
	layers  [maxPacked + 2]layer
	current *file
	number  uint32 // of the current file
	in, out int64  // bytes read from the file itself, and inflated from it
	broken  bool   // the file was told as broken; its archives need not say so again
}

// A layer holds what can be used again at one depth of packing.
type layer struct {
	buf  *bufio.Reader
	gzip *gzip.Reader
}

func newReader(ctx context.Context, opt *Options, p *pool) *reader {
	r := &reader{ctx: ctx, opt: opt, pool: p}
	r.win = window{buf: make([]byte, frameBuffer), max: frameBufferMax}
	return r
}

// file reads one file to its end.
func (r *reader) file(number uint32, f *file) {
	r.current, r.number, r.in, r.out, r.broken = f, number, 0, 0, false
	if r.block == nil || len(r.block.index) == 0 {
		r.pool.move(r.worker, number)
	}
	if f.settled() {
		return
	}
	if reason := r.unwanted(f.name); reason != "" {
		f.skip(f.name, reason)
		return
	}
	if f.stdin {
		r.stream(f.name, counted{r, r.opt.Stdin}, nil, 0, 0)
		return
	}
	h, err := os.Open(f.name)
	if err != nil {
		f.tell(f.name, 0, "cannot be opened: "+cause(err))
		return
	}
	defer h.Close()
	var at io.ReaderAt
	if info, err := h.Stat(); err == nil && info.Mode().IsRegular() {
		at = h
		f.size = info.Size()
	}
	r.stream(f.name, counted{r, h}, at, f.size, 0)
}

// unwanted asks the caller whether a file or member is of no interest.
func (r *reader) unwanted(name string) string {
	if r.opt.SkipFile == nil {
		return ""
	}
	return r.opt.SkipFile(name)
}

// A counted reads the file itself: it counts, and ends when the scan does.
type counted struct {
	r  *reader
	in io.Reader
}

func (c counted) Read(p []byte) (int, error) {
	if err := c.r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.in.Read(p)
	c.r.in += int64(n)
	if c.r.onRead != nil {
		c.r.onRead(n)
	}
	return n, err
}

// A capped reads what is unpacked, and ends when it is a bomb.
type capped struct {
	r   *reader
	in  io.Reader
	own int64
}

func (c *capped) Read(p []byte) (int, error) {
	if err := c.r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.in.Read(p)
	c.own += int64(n)
	c.r.out += int64(n)
	if c.own > maxInflated || c.r.out > bombFree+bombRatio*c.r.in {
		return 0, errBomb
	}
	return n, err
}

// stream reads one stream, whatever it is: packed, an archive, or JSON. at is
// the same stream for random access, if it has that.
func (r *reader) stream(name string, in io.Reader, at io.ReaderAt, size int64, depth int) {
	f := r.current
	if depth > maxPacked {
		f.tell(name, 0, fmt.Sprintf("packed more than %d times; unpack it first", maxPacked))
		return
	}
	l := &r.layers[depth]
	if l.buf == nil {
		size := packedBuffer
		if depth == 0 {
			size = rawBuffer
		}
		l.buf = bufio.NewReaderSize(nil, size)
	}
	buf := l.buf
	buf.Reset(in)
	head, err := buf.Peek(headPeek)
	if len(head) == 0 {
		if err == io.EOF {
			f.skip(name, "empty")
		} else {
			r.breaks(name, 0, err)
		}
		return
	}
	switch what := sniff(head); what {
	case "gzip":
		if l.gzip == nil {
			l.gzip = new(gzip.Reader)
		}
		if err := l.gzip.Reset(buf); err != nil {
			r.breaks(name, 0, err)
			return
		}
		r.stream(name, &capped{r: r, in: l.gzip}, nil, 0, depth+1)
	case "zstd":
		z, err := zstd.NewReader(buf, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			r.breaks(name, 0, err)
			return
		}
		defer z.Close()
		r.stream(name, &capped{r: r, in: z}, nil, 0, depth+1)
	case "tar":
		r.tar(name, buf, depth)
	case "zip":
		if at == nil {
			spooled, n, err := r.spoolZip(buf)
			if err != nil {
				f.tell(name, 0, err.Error())
				return
			}
			defer os.Remove(spooled.Name())
			defer spooled.Close()
			at, size = spooled, n
		}
		r.zip(name, at, size, depth)
	case "":
		r.json(name, buf, head)
	default:
		f.tell(name, 0, what)
	}
}

// sniff tells by its first bytes what a stream is: gzip, zstd, tar, zip, ""
// for what may be JSON, or the reason why it cannot be read.
func sniff(head []byte) string {
	begins := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case begins("\x1f\x8b"):
		return "gzip"
	// A zstd file may begin with skippable frames, numbered 0 to 15.
	case begins("\x28\xb5\x2f\xfd"), len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18":
		return "zstd"
	case begins("PK\x03\x04"), begins("PK\x05\x06"):
		return "zip"
	case len(head) >= 262 && string(head[257:262]) == "ustar":
		return "tar"
	case begins("BZh"), begins("\xfd7zXZ\x00"), begins("7z\xbc\xaf\x27\x1c"):
		return "not JSON: packed in a way that is not read; unpack it first"
	case begins("PAR1"), begins("Obj\x01"), begins("ORC"):
		return "not JSON: a columnar or binary table; export it as JSON"
	case begins("\xff\xfe"), begins("\xfe\xff"), len(head) >= 2 && (head[0] == 0) != (head[1] == 0) && (head[0] == '{' || head[1] == '{' || head[0] == '[' || head[1] == '['):
		return "not JSON: text in UTF-16; convert it to UTF-8"
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n")
	if len(text) > 0 && text[0] != '{' && text[0] != '[' && binaryData(head) {
		return "not JSON: binary data"
	}
	return ""
}

var bom = []byte("\xef\xbb\xbf")

// binaryData says that this is no text: it has control characters that text
// does not have, or is not UTF-8.
func binaryData(head []byte) bool {
	for _, c := range head {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b {
			return true
		}
	}
	// The last character may be cut.
	for cut := 0; cut < utf8.UTFMax && cut < len(head); cut++ {
		if utf8.Valid(head[:len(head)-cut]) {
			return false
		}
	}
	return true
}

// breaks tells of a stream that cannot be read, once for the whole file.
func (r *reader) breaks(name string, off int64, err error) {
	if !r.broken {
		r.broken = true
		r.current.tell(name, off, broken(err))
	}
}

// tar reads the members of a tar, from a stream.
func (r *reader) tar(name string, in io.Reader, depth int) {
	archive := tar.NewReader(in)
	for n := 0; ; n++ {
		h, err := archive.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			r.breaks(name, r.out, err)
			return
		}
		if n == maxMembers {
			r.current.tell(name, r.out, fmt.Sprintf("more than %d members; unpack it first", maxMembers))
			return
		}
		if h.Typeflag == tar.TypeReg {
			// Capped as well, as a sparse member is made up of nothing.
			r.member(name+"!"+h.Name, &capped{r: r, in: archive}, depth)
		}
		if r.ctx.Err() != nil {
			return
		}
	}
}

// zip reads the members of a zip.
func (r *reader) zip(name string, at io.ReaderAt, size int64, depth int) {
	guard := &directory{in: at, left: maxDirectory}
	archive, err := zip.NewReader(guard, size)
	if err != nil {
		r.current.tell(name, 0, "cannot be read: "+err.Error())
		return
	}
	guard.left = -1
	// All of it counts as read: for the progress, and as the measure of how
	// far its members may inflate.
	if rest := size - r.in; rest > 0 {
		r.in = size
		if r.onRead != nil {
			r.onRead(int(rest))
		}
	}
	for n, m := range archive.File {
		if n == maxMembers {
			r.current.tell(name, 0, fmt.Sprintf("more than %d members; unpack it first", maxMembers))
			return
		}
		if !m.Mode().IsRegular() {
			continue
		}
		member := name + "!" + m.Name
		// Bit 0 of the flags: encrypted (the zip specification, 4.4.4).
		if m.Flags&1 != 0 {
			r.current.tell(member, 0, "encrypted; unpack it first")
			continue
		}
		in, err := m.Open()
		if err != nil {
			r.current.tell(member, 0, "cannot be read: "+err.Error())
			continue
		}
		r.broken = false // members of a zip stand on their own
		r.member(member, &capped{r: r, in: in}, depth)
		in.Close()
		if r.ctx.Err() != nil {
			return
		}
	}
}

// member reads one member of an archive, unless it is unwanted.
func (r *reader) member(name string, in io.Reader, depth int) {
	if reason := r.unwanted(name); reason != "" {
		r.current.skip(name, reason)
		return
	}
	r.stream(name, in, nil, 0, depth+1)
}

// A directory bounds what is read while a zip is opened: its list of members
// is built in memory.
type directory struct {
	in   io.ReaderAt
	left int64 // −1 once opened
}

func (d *directory) ReadAt(p []byte, off int64) (int, error) {
	if d.left >= 0 {
		if d.left -= int64(len(p)); d.left < 0 {
			d.left = 0
			return 0, errors.New("its list of members is too long; unpack it first")
		}
	}
	return d.in.ReadAt(p, off)
}

// spoolZip copies a zip that cannot be read at random to the temporary folder.
func (r *reader) spoolZip(in io.Reader) (f *os.File, size int64, err error) {
	if f, err = r.spool(); err != nil {
		return nil, 0, err
	}
	size, err = io.Copy(f, io.LimitReader(in, maxSpooled+1))
	switch {
	case err != nil:
		err = errors.New(broken(err))
	case size > maxSpooled:
		err = errors.New("a zip larger than 1 GiB in a pipe or archive; unpack it first")
	default:
		return f, size, nil
	}
	f.Close()
	os.Remove(f.Name())
	return nil, 0, err
}

// json frames a stream and takes its records.
func (r *reader) json(name string, in *bufio.Reader, head []byte) {
	f := r.current
	if bytes.HasPrefix(head, bom) {
		in.Discard(len(bom)) // was peeked
	}
	leaf := f.addLeaf(name)
	r.win.reset(in)
	r.pick.reset(r.opt.Formats)
	if bytes.HasPrefix(head, bom) {
		r.win.base = int64(len(bom)) // offsets count from the file's first byte
	}

	var bad []Bad
	var badTotal, read, skipped int64
	var why string
	fr := framer{w: &r.win}
	fr.bad = func(off int64, reason string) {
		badTotal++
		if len(bad) < maxListed {
			bad = append(bad, Bad{name, off, reason})
		}
	}
	settle := func(verdict normalize.Verdict, reason string) (bool, string) {
		switch verdict {
		case normalize.Read:
			read++
		case normalize.Skipped:
			skipped++
			if why == "" {
				why = reason
			}
		case normalize.Header:
		case stopped:
			fr.stop = true
		default:
			return false, reason
		}
		return true, ""
	}
	fr.take = func(raw []byte, off int64) (bool, string) {
		return settle(r.take(raw, origin{r.number, leaf, off}, r.pick.compact))
	}
	fr.takeLine = func(text []byte, off int64) (bool, string) {
		return settle(r.take(text, origin{r.number, leaf, off}, r.pick.line))
	}
	fr.takePrefix = func(text []byte, off int64) int {
		n, verdict := r.takePrefix(text, origin{r.number, leaf, off})
		if verdict == stopped {
			fr.stop = true
		} else if n > 0 {
			read++
		}
		return n
	}
	fr.run()

	f.bytes += r.win.offset()
	f.read += read
	// A file in which nothing is JSON is one bad file, not many bad records.
	if !fr.wellFormed && badTotal > 1 {
		bad, badTotal = bad[:1], 1
	}
	if err := r.win.err; err != nil && err != io.EOF {
		r.broken = true
	}
	f.badTotal += badTotal
	f.bad = append(f.bad, bad[:min(len(bad), maxListedArchive-min(len(f.bad), maxListedArchive))]...)
	switch {
	case skipped > 0 && read+badTotal == 0:
		f.skip(name, why)
	case skipped > 0:
		f.skip(name, fmt.Sprintf("%d of %d records: %s", skipped, skipped+read+badTotal, why))
	case read+badTotal == 0 && !fr.stop && fr.wellFormed:
		f.skip(name, "holds no records")
	case read+badTotal == 0 && !fr.stop:
		f.skip(name, "empty")
	}
}

// stopped is the verdict of take when reading is to end.
const stopped = normalize.Verdict(255)

// usualRecord is room for nearly every compact record: where a record's length
// is not known beforehand, append grows the block for the few longer ones.
const usualRecord = 8 << 10

// takePrefix is take for a record whose end is not known yet; 0 means that no
// format read one.
func (r *reader) takePrefix(text []byte, o origin) (int, normalize.Verdict) {
	if !r.room(headBytes + usualRecord) {
		return 0, stopped
	}
	b := r.block
	at := len(b.data)
	dst := append(b.data, blank[:]...)
	out, n, key, format := r.pick.prefix(dst, text)
	if n == 0 {
		return 0, normalize.NotMine
	}
	if r.keep(out, at, key, o, format) {
		return n, stopped
	}
	return n, normalize.Read
}

// blank is the head of a record before it is known.
var blank [headBytes]byte

// room makes sure of a block with so many bytes left; false when reading is to
// end.
func (r *reader) room(need int) bool {
	if b := r.block; b != nil && (len(b.data)+need > cap(b.data) || len(b.index) == cap(b.index)) {
		r.flush()
	}
	if r.block == nil {
		r.block = r.pool.get(r.worker, need)
	}
	return r.block != nil
}

// keep enters a compact record, out[at:], into the block; true when reading is
// to end.
func (r *reader) keep(out []byte, at int, key normalize.Key, o origin, format int) (stop bool) {
	putHead(out[at:], o, uint8(format))
	r.block.data = out
	r.block.index = append(r.block.index, entry{key, uint32(at), uint32(len(out) - at - headBytes)})
	return r.onFirst != nil && r.onFirst(key)
}

// take offers a record to the formats by one of the picker's ways and keeps its compact
// form.
func (r *reader) take(raw []byte, o origin, pick func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string, int)) (normalize.Verdict, string) {
	// A compact form is seldom longer than its record. If it is, append in
	// Compact grows the block; the pool hears of it when it is delivered.
	if !r.room(headBytes + len(raw) + indexShare) {
		return stopped, ""
	}
	at := len(r.block.data)
	out, key, verdict, reason, format := pick(append(r.block.data, blank[:]...), raw)
	if verdict == normalize.Read && r.keep(out, at, key, o, format) {
		return stopped, ""
	}
	return verdict, reason
}

// flush hands the block that is being filled to the pool.
func (r *reader) flush() {
	if r.block == nil {
		return
	}
	if len(r.block.index) == 0 {
		r.pool.release(r.block)
	} else {
		r.pool.deliver(r.worker, r.number, r.block)
	}
	r.block = nil
}
