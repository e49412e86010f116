package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/sekisho/sekisho/normalize"
)

// BodyMax is the most bytes that one delivery may hold, inflated (the contract
// of the service: beyond it is answered with 413).
const BodyMax = 64 << 20

// ErrBodyTooLarge says that a delivery inflates to more than BodyMax.
var ErrBodyTooLarge = errors.New("the body is larger than 64 MiB")

// A Body is what was delivered in one piece: the records in it, in the order in
// which they stand, and what could not be read. The zero value is ready, and may
// be used again once nobody needs what it held.
type Body struct {
	Records []Piece
	Bad     []Bad // at most 100; File is empty
	// BadTotal counts all that could not be read; Skipped are records of kinds that
	// are not wanted, such as digests.
	BadTotal, Skipped int64
	// Text is what was read, without packing.
	Text []byte

	compact []byte
	win     window
	pick    picker
	gzip    *gzip.Reader
	packed  bytes.Reader
}

// A Piece is one record of a Body.
type Piece struct {
	Compact []byte // good until the Body is used again
	Key     normalize.Key
	Format  int // index into the formats that the body was read by
}

// Inflate takes over a body as it came, JSON or packed by gzip or zstd, which it
// tells by its first bytes. Text is the caller's own where it came as JSON.
func (b *Body) Inflate(raw []byte) error {
	b.packed.Reset(raw)
	switch sniff(raw[:min(len(raw), headPeek)]) {
	case "gzip":
		if b.gzip == nil {
			b.gzip = new(gzip.Reader)
		}
		if err := b.gzip.Reset(&b.packed); err != nil {
			return fmt.Errorf("inflate the body: %w", err)
		}
		return b.inflate(b.gzip)
	case "zstd":
		z, err := zstd.NewReader(&b.packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return fmt.Errorf("inflate the body: %w", err)
		}
		defer z.Close()
		return b.inflate(z)
	}
	if len(raw) > BodyMax {
		return ErrBodyTooLarge
	}
	b.Text = raw
	return nil
}

func (b *Body) inflate(in io.Reader) error {
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(in, BodyMax+1))
	if err != nil {
		return fmt.Errorf("inflate the body: %w", err)
	}
	if n > BodyMax {
		return ErrBodyTooLarge
	}
	b.Text = out.Bytes()
	return nil
}

// Read takes the records out of Text, whatever they are wrapped in. It never
// fails: what is no record is told in Bad.
func (b *Body) Read(formats []normalize.Format) {
	b.Records, b.Bad, b.BadTotal, b.Skipped = b.Records[:0], b.Bad[:0], 0, 0
	b.compact = b.compact[:0]
	type place struct{ at, end int }
	var places []place // compact grows while it is filled
	if b.win.buf == nil {
		b.win = window{buf: make([]byte, bodyBuffer), max: frameBufferMax}
	}
	b.packed.Reset(bytes.TrimPrefix(b.Text, bom))
	b.win.reset(&b.packed)
	fr := framer{w: &b.win}
	fr.bad = func(off int64, reason string) {
		b.BadTotal++
		if len(b.Bad) < maxListed {
			b.Bad = append(b.Bad, Bad{Offset: off, Reason: reason})
		}
	}
	b.pick.reset(formats)
	keep := func(out []byte, key normalize.Key, format int) {
		places = append(places, place{len(b.compact), len(out)})
		b.compact = out
		b.Records = append(b.Records, Piece{Key: key, Format: format})
	}
	settle := func(out []byte, key normalize.Key, verdict normalize.Verdict, reason string, format int) (bool, string) {
		switch verdict {
		case normalize.Read:
			keep(out, key, format)
		case normalize.Skipped:
			b.Skipped++
		case normalize.Header:
		default:
			return false, reason
		}
		return true, ""
	}
	fr.take = func(raw []byte, _ int64) (bool, string) { return settle(b.pick.compact(b.compact, raw)) }
	fr.takeLine = func(text []byte, _ int64) (bool, string) { return settle(b.pick.line(b.compact, text)) }
	fr.takePrefix = func(text []byte, _ int64) int {
		out, n, key, format := b.pick.prefix(b.compact, text)
		if n > 0 {
			keep(out, key, format)
		}
		return n
	}
	fr.run()
	if !fr.wellFormed && b.BadTotal > 1 { // nothing in it is JSON: one bad body
		b.Bad, b.BadTotal = b.Bad[:1], 1
	}
	for i, p := range places {
		b.Records[i].Compact = b.compact[p.at:p.end:p.end]
	}
}

// Unreadable makes the body one that cannot be read at all: it is kept as it came,
// as far as it fits, and counts as one record.
func (b *Body) Unreadable(raw []byte, reason string) {
	b.Text = raw[:min(len(raw), BodyMax)]
	b.Records, b.Bad, b.BadTotal, b.Skipped = b.Records[:0], append(b.Bad[:0], Bad{Reason: reason}), 1, 0
}

// bodyBuffer is where the window of a body begins: most deliveries are one record.
const bodyBuffer = 16 << 10
