package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// Caps of framing. A file that exceeds one is told, not trusted.
const (
	// maxRecord is the longest record, in bytes. CloudTrail cuts its own at
	// 256 KB; 4 MiB leaves room for envelopes and for other sources.
	maxRecord = 4 << 20
	// maxLine is the longest line of text that is no JSON.
	maxLine = 64 << 10
	// maxDepth is the deepest nesting of a record, and of arrays around it.
	// Recorded requests stay below 20.
	maxDepth = 64
	// maxEnvelopes is how many envelopes may be around one record: a log
	// export of an event bus of a lookup is three.
	maxEnvelopes = 4
	// lookAhead is how far into an object a wrapper's list is looked for
	// before the object is taken to be a record.
	lookAhead = 64 << 10
	// Looking for the next sound record after damage may read bytes again:
	// as many as wasteFree plus wasteRatio times what was passed so far.
	// Beyond that a hostile file would cost time without end.
	wasteFree  = 64 << 20
	wasteRatio = 4
)

// A place says what an object was found in, and so what it may be.
type place uint8

const (
	atTop   place = iota // a line of its own, or the whole file
	inArray              // an element of a plain array
	inList               // an element of a delivered list of records
	inLog                // an element of a list whose elements carry a record as a string
)

// lists are the keys whose arrays hold records: log delivery ("Records"), what a
// detector is asked for ("Findings"), LookupEvents output ("Events"), exports and deliveries of a log group
// ("logEvents", "events").
func listPlace(key []byte) (place, bool) {
	switch string(key) {
	case "Records", "Findings":
		return inList, true
	case "Events", "events", "logEvents":
		return inLog, true
	}
	return 0, false
}

// A framer cuts one stream into single JSON objects, whatever they are wrapped
// in, and goes on after damage where that is sound. Every byte of the stream
// ends up in a record that take accepted, in one told to bad, or is wrapping.
type framer struct {
	w *window

	// take is given each record with its offset in the stream and says
	// whether it was accepted, or else why not. It must not keep raw.
	take func(raw []byte, off int64) (ok bool, reason string)
	// takePrefix, if set, is offered text that begins with an object and
	// answers its length if it is a record and was accepted, 0 otherwise. What
	// it refuses is framed exactly and offered to take.
	takePrefix func(text []byte, off int64) int
	// takeLine is offered a line that is no JSON, and is take otherwise.
	takeLine func(text []byte, off int64) (ok bool, reason string)
	// bad is told of each record, or run of bytes, that is not read.
	bad func(off int64, reason string)
	// stop makes the framer return early; take may set it.
	stop bool

	text       bool   // some line that is no JSON was accepted
	multiline  bool   // some object spans lines, so a line's end says nothing
	wellFormed bool   // at least one sound JSON object was seen
	told       bool   // the end of the stream has been told as bad
	firstKey   []byte // the first key of a sound record, quoted, to find others by
	waste      int64  // bytes that were looked at again after damage
}

// run frames the stream of w from its beginning.
func (f *framer) run() {
	for !f.stop {
		switch c, ok := f.w.peek(); {
		case !ok:
			f.ended()
			return
		case c == '{':
			f.object(atTop)
		case c == '[':
			f.array(1, inArray)
		case c == ',': // objects joined by commas; nothing is lost by reading on
			f.w.pos++
		default:
			f.line()
		}
	}
}

// notJSON is the reason of a line that no format knows.
const notJSON = "not JSON"

// line reads a line of text that is no JSON.
func (f *framer) line() {
	w := f.w
	n := bytes.IndexByte(w.held(), '\n')
	for from := len(w.held()); n < 0 && from < maxLine && w.fill(); from = len(w.held()) {
		if n = bytes.IndexByte(w.held()[from:], '\n'); n >= 0 {
			n += from
		}
	}
	if n < 0 {
		n = len(w.held())
	}
	if n > maxLine {
		f.bad(w.offset(), notJSON)
		f.nextLine()
		return
	}
	ok, reason := f.takeLine(trimLine(w.held()[:n]), w.offset())
	if ok {
		f.wellFormed, f.text = true, true
		w.pos += n
		return
	}
	f.bad(w.offset(), reason)
	if f.text || reason != notJSON { // some format knows such lines
		w.pos += n
	} else {
		f.nextLine()
	}
}

// trimLine is a line without white space at its end. (bytes.TrimRight makes a table of what
// to cut first.)
func trimLine(line []byte) []byte {
	n := len(line)
	for n > 0 && (line[n-1] == ' ' || line[n-1] == '\t' || line[n-1] == '\r') {
		n--
	}
	return line[:n]
}

// ended tells of a stream that broke off, once.
func (f *framer) ended() {
	if f.w.err != nil && f.w.err != io.EOF && !f.told {
		f.told = true
		f.bad(f.w.offset(), broken(f.w.err))
	}
}

// cut tells of a stream that ended, or broke off, inside something.
func (f *framer) cut(off int64, inside string) {
	if f.told {
		return
	}
	f.told = true
	if f.w.err != nil && f.w.err != io.EOF {
		f.bad(off, broken(f.w.err))
		return
	}
	f.bad(off, "the file ends inside "+inside)
}

// array reads the elements of the array that begins here. It answers false if
// the place in the structure was lost; reading then goes on at the next line.
func (f *framer) array(level int, in place) bool {
	w := f.w
	if level > maxDepth {
		f.bad(w.offset(), "nested deeper than 64 levels")
		return f.skipNested()
	}
	w.pos++
	for !f.stop {
		switch c, ok := w.peek(); {
		case !ok:
			f.cut(w.offset(), "an array")
			return false
		case c == ']':
			w.pos++
			return true
		case c == ',':
			w.pos++
		case c == '{':
			if !f.object(in) {
				return false
			}
		case c == '[':
			if !f.array(level+1, in) {
				return false
			}
		default:
			f.bad(w.offset(), "not a JSON object")
			f.skipScalars()
		}
	}
	return false
}

// skipScalars passes over what is no object up to the next thing that may be.
func (f *framer) skipScalars() {
	w := f.w
	for {
		c, ok := w.peek()
		if !ok || c == '{' || c == '[' || c == ']' {
			return
		}
		// A string is passed as one only if it is sound, or a stray quote
		// would turn all strings that follow inside out.
		if c == '"' {
			for len(w.held()) < lookAhead && w.fill() {
			}
			if end := skipString(w.held(), 0); end > 0 {
				rest := bytes.TrimLeft(w.held()[end:], " \t\r\n")
				if len(rest) > 0 && (rest[0] == ',' || rest[0] == ']') {
					w.pos += end
					continue
				}
			}
		}
		w.pos++
	}
}

// object reads the object that begins here: a wrapper, an envelope or a
// record. It answers false if the place in the structure was lost.
func (f *framer) object(in place) bool {
	w := f.w
	envelope := in == inLog
	if in == atTop || in == inArray {
		at, list, hint := f.look()
		if at > 0 {
			w.pos += at
			return f.wrapper(list)
		}
		envelope = hint
	}

	lines := in == atTop && !f.multiline
	if f.takePrefix != nil && !envelope {
		text := w.held()
		if lines {
			if end := bytes.IndexByte(text, '\n'); end >= 0 {
				text = text[:end] // a record must not swallow the next line
			}
		}
		if n := f.takePrefix(text[:min(len(text), maxRecord)], w.offset()); n > 0 {
			if f.firstKey == nil {
				f.firstKey = firstKey(text[:n])
			}
			f.wellFormed = true
			w.pos += n
			return true
		}
	}

	var s scanner
	n, crossed := 0, false
	for {
		b := w.held()[n:]
		line := -1
		if lines && !crossed {
			if line = bytes.IndexByte(b, '\n'); line >= 0 {
				b = b[:line+1]
			}
		}
		k, done := s.scan(b)
		n += k
		if done {
			break
		}
		if line >= 0 {
			// The line ended and the object did not. If the next line begins
			// one, this line was cut: what follows must not be swallowed.
			if n < len(w.held()) || w.fill() {
				if w.held()[n] == '{' {
					f.bad(w.offset(), "the line ends inside a record")
					w.pos += n
					return true
				}
			}
			crossed = true
			continue
		}
		if n > maxRecord {
			return f.long(&s, n, in)
		}
		if !w.fill() {
			return f.unended(n, in)
		}
	}
	if crossed {
		f.multiline = true
	}

	raw, off := w.held()[:n], w.offset()
	if n > maxRecord || s.deep {
		reason := "a record longer than 4 MiB"
		if s.deep {
			reason = "nested deeper than 64 levels"
		}
		f.bad(off, reason)
		w.pos += n
		return true
	}
	ok, reason := f.record(raw, off, in, envelope, 0)
	if ok {
		if f.firstKey == nil {
			f.firstKey = firstKey(raw)
		}
		f.wellFormed = true
		w.pos += n
		return true
	}
	if json.Valid(raw) {
		f.wellFormed = true
		f.bad(off, reason)
		w.pos += n
		return true
	}
	// Not JSON, so where the scanner saw its end is not to be trusted either.
	f.bad(off, "damaged JSON")
	return f.resume(n, true, in)
}

// record offers one object to take; if it is not accepted, or an envelope is
// expected, what is inside it.
func (f *framer) record(raw []byte, off int64, in place, envelope bool, level int) (ok bool, reason string) {
	if envelope && f.unwrap(raw, off, in, level, false) {
		return true, ""
	}
	if ok, reason = f.take(raw, off); ok {
		return true, ""
	}
	if f.unwrap(raw, off, in, level, true) {
		return true, ""
	}
	return false, reason
}

// long deals with an object that is still open after maxRecord bytes.
func (f *framer) long(s *scanner, n int, in place) bool {
	w := f.w
	f.bad(w.offset(), "a record longer than 4 MiB")
	if f.found(n, in) {
		return true
	}
	// Pass over it without holding it.
	w.pos += n
	for {
		k, done := s.scan(w.held())
		w.pos += k
		if done {
			return true
		}
		if !w.fill() {
			f.told = true // in the entry above
			return false
		}
	}
}

// unended deals with an object that the end of the stream cut.
func (f *framer) unended(n int, in place) bool {
	off := f.w.offset()
	if f.found(n, in) {
		f.bad(off, "damaged JSON")
		return true
	}
	f.cut(off, "a record")
	f.w.pos = f.w.end
	return false
}

// resume goes on after a damaged object of n bytes; closed says that its
// braces balance.
func (f *framer) resume(n int, closed bool, in place) bool {
	w := f.w
	if f.found(n, in) || f.stop {
		return true
	}
	if in == atTop {
		w.pos += n
		return true
	}
	next := skipSpace(w.held(), n)
	for next == len(w.held()) && w.fill() {
		next = skipSpace(w.held(), next)
	}
	if rest := w.held()[next:]; closed && (len(rest) == 0 || rest[0] == ',' || rest[0] == ']') {
		w.pos += n
		return true
	}
	f.nextLine()
	return false
}

// found looks for the beginning of another record inside the n bytes of a
// damaged one and goes there.
func (f *framer) found(n int, in place) bool {
	w := f.w
	b := w.held()[:n]
	at := -1
	if in == atTop {
		for i := 0; ; {
			nl := bytes.IndexByte(b[i:], '\n')
			if nl < 0 || i+nl+1 >= len(b) {
				break
			}
			i += nl + 1
			if b[i] == '{' || b[i] == '[' {
				at = i
				break
			}
		}
	} else {
		key := firstKey(b)
		if key == nil || f.firstKey != nil && bytes.IndexByte(key, '\n') >= 0 {
			key = f.firstKey
		}
		at = nextSibling(b, key)
	}
	if at < 0 {
		return false
	}
	if f.waste += int64(n - at); f.waste > wasteFree+wasteRatio*w.offset() {
		f.bad(w.offset()+int64(at), "too damaged to go on; the rest is not read")
		f.stop, f.told = true, true
		return true
	}
	w.pos += at
	return true
}

// firstKey is the first key of the object b, with its quotes.
func firstKey(b []byte) []byte {
	i := skipSpace(b, 1)
	if i >= len(b) || b[i] != '"' {
		return nil
	}
	end := skipString(b, i)
	if end < 0 || end-i > 64 { // longer than any real key: the quote is part of the damage
		return nil
	}
	return bytes.Clone(b[i:end])
}

// nextSibling finds in b, after its first byte, an object that follows a comma
// and begins with key. In sound JSON `,{"key":` cannot be inside a string: the
// quote would end it, and a letter cannot follow.
func nextSibling(b, key []byte) int {
	if len(key) == 0 {
		return -1
	}
	for from := 1; from < len(b); {
		i := bytes.Index(b[from:], key)
		if i < 0 {
			return -1
		}
		i += from
		from = i + 1
		before := bytes.TrimRight(b[:i], " \t\r\n")
		open := len(before) - 1
		if open < 1 || before[open] != '{' {
			continue
		}
		if before = bytes.TrimRight(before[:open], " \t\r\n"); len(before) > 0 && before[len(before)-1] == ',' {
			return open
		}
	}
	return -1
}

// nextLine passes to the next line that begins an object or array.
func (f *framer) nextLine() {
	w := f.w
	for {
		i := bytes.IndexByte(w.held(), '\n')
		if i < 0 {
			w.pos = w.end
			if !w.fill() {
				return
			}
			continue
		}
		w.pos += i + 1
		if w.pos == w.end && !w.fill() {
			return
		}
		if c := w.buf[w.pos]; c == '{' || c == '[' {
			return
		}
	}
}

// look reads the first keys of the object that begins here. If one of them is
// a list of records it answers the list's offset in held. hint says that the
// object looks like an envelope.
func (f *framer) look() (at int, list place, hint bool) {
	w := f.w
	for {
		b := w.held()
		at, list, hint, short := lookAt(b[:min(len(b), lookAhead)])
		if !short || len(w.held()) >= lookAhead || !w.fill() {
			return at, list, hint
		}
	}
}

// lookAt walks over leading members with plain values. It gives up at the
// first nested object: wrappers have their list before any, or are small
// enough to be unwrapped whole.
func lookAt(b []byte) (at int, list place, hint, short bool) {
	for i := 1; ; i++ {
		if i = skipSpace(b, i); i >= len(b) {
			return 0, 0, false, true
		}
		if b[i] != '"' {
			return 0, 0, false, false
		}
		end := skipString(b, i)
		if end < 0 {
			return 0, 0, false, true
		}
		key := b[i+1 : end-1]
		if i = skipSpace(b, end); i < len(b) && b[i] != ':' {
			return 0, 0, false, false
		}
		if i = skipSpace(b, i+1); i >= len(b) {
			return 0, 0, false, true
		}
		if b[i] == '[' {
			if list, ok := listPlace(key); ok {
				switch first := skipSpace(b, i+1); {
				case list == inList || first < len(b) && b[first] == '{':
					return i, list, false, false
				case first >= len(b):
					return 0, 0, false, true
				}
				// A list of words, such as what a webhook is to be told of: it is a record's.
			}
		}
		if string(key) == "detail-type" || string(key) == "CloudTrailEvent" {
			return 0, 0, true, false
		}
		if b[i] == '{' {
			return 0, 0, false, false
		}
		if i = skipValue(b, i); i < 0 {
			return 0, 0, false, true
		}
		if i = skipSpace(b, i); i >= len(b) {
			return 0, 0, false, true
		}
		if b[i] != ',' {
			return 0, 0, false, false
		}
	}
}

// wrapper reads the list that begins here and the other members of the object
// around it. A second list in it is read as well: nothing is hidden behind a
// repeated key.
func (f *framer) wrapper(list place) bool {
	w := f.w
	f.wellFormed = true
	for f.array(1, list) {
		for again := false; !again; {
			c, ok := w.peek()
			switch {
			case !ok:
				f.cut(w.offset(), "its outer object")
				return false
			case c == '}':
				w.pos++
				return true
			case c == ',':
				w.pos++
			case c == '"':
				key, ok := f.key()
				if !ok {
					f.bad(w.offset(), "damaged after its records")
					f.nextLine()
					return false
				}
				next, isList := listPlace(key)
				if c, _ := w.peek(); isList && c == '[' {
					list, again = next, true
				} else if !f.skipMember() {
					f.cut(w.offset(), "its outer object")
					return false
				}
			default:
				f.bad(w.offset(), "damaged after its records")
				f.nextLine()
				return false
			}
		}
	}
	return false
}

// key reads a member's key and colon.
func (f *framer) key() (key []byte, ok bool) {
	w := f.w
	for {
		if end := skipString(w.held(), 0); end > 0 {
			key := bytes.Clone(w.held()[1 : end-1])
			w.pos += end
			c, ok := w.peek()
			if !ok || c != ':' {
				return nil, false
			}
			w.pos++
			return key, true
		}
		if len(w.held()) >= lookAhead || !w.fill() {
			return nil, false
		}
	}
}

// skipMember passes over a value of any length.
func (f *framer) skipMember() bool {
	w := f.w
	c, ok := w.peek()
	switch {
	case !ok:
		return false
	case c == '{' || c == '[':
		return f.skipNested()
	case c == '"':
		w.pos++
		for escaped := false; ; w.pos++ {
			if w.pos == w.end && !w.fill() {
				return false
			}
			switch c := w.buf[w.pos]; {
			case escaped:
				escaped = false
			case c == '\\':
				escaped = true
			case c == '"':
				w.pos++
				return true
			}
		}
	}
	for {
		if w.pos == w.end && !w.fill() {
			return false
		}
		switch w.buf[w.pos] {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return true
		}
		w.pos++
	}
}

// skipNested passes over the object or array that begins here.
func (f *framer) skipNested() bool {
	var s scanner
	for {
		n, done := s.scan(f.w.held())
		f.w.pos += n
		if done {
			return true
		}
		if !f.w.fill() {
			return false
		}
	}
}

// broken says in a phrase why a stream could not be read to its end.
func broken(err error) string {
	switch {
	case errors.Is(err, errBomb):
		return err.Error()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "cut off: the compressed data ends too early"
	}
	return "cannot be read on: " + err.Error()
}
