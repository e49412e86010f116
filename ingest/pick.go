package ingest

import (
	"bytes"

	"github.com/sekisho/sekisho/normalize"
)

// A picker finds the format of each record of one stream. Records of one sort mostly
// stand together, so the format that read the last one is asked first. No source writes
// records that two formats claim (a test holds that), so the order changes nothing but the
// time it takes. A forger may write one: what it is then follows from its stream alone, and
// from nothing that was read before that, or a replay would take it for another.
type picker struct {
	formats []normalize.Format
	last    int
	header  []byte // of lines, of the format headed
	headed  int
}

// reset begins a stream.
func (p *picker) reset(formats []normalize.Format) {
	p.formats, p.last, p.header, p.headed = formats, 0, nil, 0
}

// compact offers a record to the formats until one of them knows it, and answers that.
func (p *picker) compact(dst, raw []byte) (out []byte, key normalize.Key, verdict normalize.Verdict, reason string, format int) {
	ask := func(i int) bool {
		out, key, verdict, reason = p.formats[i].Compact(dst, raw)
		format = i
		return verdict != normalize.NotMine
	}
	if p.last < len(p.formats) && ask(p.last) {
		return
	}
	for i := range p.formats {
		if i != p.last && ask(i) {
			p.last = i
			return
		}
	}
	return dst, key, normalize.NotMine, "not a record of a known kind", 0
}

// prefix is compact for a record whose end is not known yet, of the format that read the
// last one; length 0 means that it read none.
func (p *picker) prefix(dst, text []byte) (out []byte, length int, key normalize.Key, format int) {
	if p.last >= len(p.formats) || p.formats[p.last].Prefix == nil {
		return dst, 0, key, 0
	}
	out, length, key = p.formats[p.last].Prefix(dst, text)
	return out, length, key, p.last
}

// line offers a line of text.
func (p *picker) line(dst, text []byte) (out []byte, key normalize.Key, verdict normalize.Verdict, reason string, format int) {
	for i := range p.formats {
		if p.formats[i].Line == nil {
			continue
		}
		var header []byte
		if p.headed == i {
			header = p.header
		}
		switch out, key, verdict, reason = p.formats[i].Line(dst, header, text); verdict {
		case normalize.NotMine:
			continue
		case normalize.Header:
			p.header, p.headed = bytes.Clone(text), i
		}
		return out, key, verdict, reason, i
	}
	return dst, key, normalize.NotMine, notJSON, 0
}
