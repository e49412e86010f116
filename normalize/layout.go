package normalize

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/bits"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// Layout describes records that are JSON objects, by the fields that are read of them.
// It is all that a source of such records has to say: scanning, caps, ids, the compact
// form and the caches are here. (What a busy trail needs beyond that has a Format of its
// own.)
type Layout struct {
	Name string // of the Format
	// Fields are paths of keys, joined by dots ("actor.id"), at most 64; the first of
	// repeated keys counts. A text is read decoded, a number or truth value as it stands,
	// an object or array as raw JSON. No path goes through an array.
	Fields []string
	// ID and Time are indexes of Fields: what tells one record from all others (a
	// record without it is told by its canonical hash), and when it happened.
	ID, Time int
	// Tell appends the id of a record to dst, where the text of ID alone, which is handed
	// over as far as it is kept, does not tell it from all others. ns is its time.
	Tell func(dst, id []byte, ns int64, v Values) []byte
	// From and To say which fields, From up to but not To, are to be had together as
	// Values.Group: those that say who acts, which are the same in many records. ID and
	// Time are never among them.
	From, To int
	// Clock reads the time in nanoseconds since 1970; Stamp if nil.
	Clock func(text []byte) (ns int64, ok bool)
	// Judge tells this source's records from others: Read, Skipped or Unreadable with
	// a reason, NotMine. It must not claim what another format reads. The values are
	// handed over as a copy: a pointer to them would put each record's on the heap.
	Judge func(v Values) (Verdict, string)
	// NewMapping makes what turns values into an event: all but ID, Time, ReceivedAt,
	// Source and Flags, which are set by then. Effects are given by Values.Add. It must
	// not fail: what it does not know it leaves empty. One mapping belongs to one
	// goroutine.
	NewMapping func() func(e *sekisho.Event, v *Values)
}

// The compact form of a record:
//
//	version 2  one byte
//	flags      one byte, sekisho.Flag
//	time       8 bytes, nanoseconds since 1970, little endian
//	id         uvarint length, text
//	fields     those that are there as a bit set (8 bytes, little endian), and the text
//	           of each: uvarint length, bytes
const layoutVersion = 2

// Caps. A longer text is cut, a longer object or array left out, and the event is
// flagged.
const (
	fieldMax  = 8 << 10
	nestedMax = 64 << 10
)

// How many texts and addresses an expander remembers.
const (
	layoutStrings   = 16384
	layoutAddresses = 8192
)

// memory is what an expander remembers of the records before.
type memory struct {
	strings   Interner
	addresses Cache[string] // by their text
	group     []byte
}

// node is one object whose keys are read.
type node struct {
	keys    []string
	field   []int // of each key, −1 if it is only passed through
	below   []*node
	lengths [lengthsMax][]uint8 // which keys are that long
}

// lengthsMax is longer than any key that is read.
const lengthsMax = 48

func (n *node) add(path []string, f int) {
	at := -1
	for i, k := range n.keys {
		if k == path[0] {
			at = i
		}
	}
	if at < 0 {
		at = len(n.keys)
		n.keys, n.field, n.below = append(n.keys, path[0]), append(n.field, -1), append(n.below, nil)
		n.lengths[len(path[0])] = append(n.lengths[len(path[0])], uint8(at))
	}
	if len(path) == 1 {
		n.field[at] = f
		return
	}
	if n.below[at] == nil {
		n.below[at] = &node{}
	}
	n.below[at].add(path[1:], f)
}

// find is the index of a key; −1 if it is not read. spelled says that it stands there in
// another letter case, which some reader might take for it.
func (n *node) find(key []byte, plain bool) (at int, spelled bool) {
	if !plain {
		return n.findAny(key)
	}
	if len(key) == 0 || len(key) >= lengthsMax {
		return -1, false
	}
	at = -1
	for _, i := range n.lengths[len(key)] {
		k := n.keys[i]
		if k[0]|' ' != key[0]|' ' { // also another letter case
			continue
		}
		if k == string(key) {
			return int(i), false
		}
		if strings.EqualFold(k, string(key)) {
			at = int(i)
		}
	}
	return at, at >= 0
}

// findAny is find for a key with escapes, or beyond ASCII: no writer makes those, an
// evader may.
func (n *node) findAny(key []byte) (at int, spelled bool) {
	for i, k := range n.keys {
		if string(key) == k {
			return i, false
		}
	}
	for i, k := range n.keys {
		if rawjson.SameKey(key, false, k) {
			return i, false
		}
		if len(k) == len(key) && strings.EqualFold(k, string(key)) {
			return i, true
		}
	}
	return -1, false
}

// Format makes the Format that the layout describes. It panics on one that cannot be: a
// mistake of whoever wrote it.
func (l Layout) Format() Format {
	if len(l.Fields) > 64 || l.Judge == nil || l.NewMapping == nil {
		panic("normalize: a layout of more than 64 fields, or without Judge or NewMapping: " + l.Name)
	}
	if l.Clock == nil {
		l.Clock = Stamp
	}
	root := &node{}
	for i, path := range l.Fields {
		root.add(strings.Split(path, "."), i)
	}
	return Format{
		Name: l.Name,
		Compact: func(dst, raw []byte) ([]byte, Key, Verdict, string) {
			out, length, key, verdict, reason := l.compact(root, dst, raw)
			if verdict == Read && rawjson.SkipSpace(raw, length) != len(raw) {
				return dst, Key{}, Unreadable, notWhole
			}
			return out, key, verdict, reason
		},
		Prefix: func(dst, text []byte) ([]byte, int, Key) {
			out, length, key, verdict, _ := l.compact(root, dst, text)
			if verdict != Read {
				return dst, 0, Key{}
			}
			return out, length, key
		},
		NewExpander: func() Expander {
			x := &layoutExpander{source: l.Name, fields: len(l.Fields), before: 1<<l.From - 1, mapping: l.NewMapping()}
			x.group = (1<<l.To - 1) &^ x.before
			x.v.memory = &memory{strings: NewInterner(layoutStrings), addresses: NewCache[string](layoutAddresses)}
			return x
		},
	}
}

// Values are the fields of one record, and what its mapping makes of them.
type Values struct {
	at       [64][]byte // between quotes, or raw; decoded in a compact form
	present  uint64     // fields that are there, not null and not empty
	escaped  uint64     // fields that have escapes still
	repeated bool
	effects  []sekisho.Effect
	*memory  // nil before there is a compact form
}

// Text is a field as text, "" if it is absent or null.
func (v *Values) Text(f int) string {
	if v.memory == nil {
		return string(v.at[f])
	}
	return v.strings.Of(v.at[f])
}

// Group are the texts of the layout's fields From to To as one: equal for two records if
// and only if all of these fields are. What a mapping concludes of them it can keep in a
// Cache by that. It is borrowed until the next record, and may be appended to.
func (v *Values) Group() []byte { return v.group }

// Is reports whether a field's text is this.
func (v *Values) Is(f int, text string) bool { return string(v.at[f]) == text }

// Has reports whether a field is there and not null.
func (v *Values) Has(f int) bool { return len(v.at[f]) > 0 }

// Address is a field as the text of a network address in its one spelling, "" if it is
// none.
func (v *Values) Address(f int) string {
	text := v.at[f]
	if isIPv4(text) {
		return v.Text(f) // in the one spelling that it has
	}
	if v.memory != nil {
		if ip, ok := v.addresses.Get(text); ok {
			return ip
		}
	}
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		return ""
	}
	ip := a.WithZone("").Unmap().String()
	if v.memory != nil {
		v.addresses.Put(string(text), ip)
	}
	return ip
}

// isIPv4 reports whether a text is an IPv4 address: four numbers to 255 without zeros in
// front.
func isIPv4(text []byte) bool {
	dots, digits, n := 0, 0, 0
	for _, c := range text {
		switch {
		case c == '.' && digits > 0:
			dots, digits, n = dots+1, 0, 0
		case c < '0' || c > '9' || digits > 0 && n == 0:
			return false
		default:
			if n, digits = 10*n+int(c-'0'), digits+1; n > 255 {
				return false
			}
		}
	}
	return dots == 3 && digits > 0
}

// Raw is a field as it stands: an object or array as JSON. It is borrowed.
func (v *Values) Raw(f int) []byte { return v.at[f] }

// First is the text of the first of the fields that is there.
func (v *Values) First(fields ...int) string {
	for _, f := range fields {
		if len(v.at[f]) > 0 {
			return v.Text(f)
		}
	}
	return ""
}

// Add gives the event an effect: one that it had, or, where it did not succeed, would
// have had.
func (v *Values) Add(x sekisho.Effect) { v.effects = append(v.effects, x) }

// scan walks over one object, whose raw text begins at b[i].
func (v *Values) scan(n *node, b []byte, i, depth int) int {
	if depth > rawjson.MaxDepth {
		return -1
	}
	if i = rawjson.SkipSpace(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		end, plain := rawjson.SkipString(b, i+1)
		if end < 0 {
			return -1
		}
		key := b[i+1 : end-1]
		if i = rawjson.SkipColon(b, end); i < 0 || i >= len(b) {
			return -1
		}
		at, spelled := n.find(key, plain)
		if spelled {
			v.repeated = true
			at = -1
		}
		start := i
		var simple bool
		if at >= 0 && n.below[at] != nil && b[i] == '{' {
			i = v.scan(n.below[at], b, i, depth+1)
		} else {
			i, simple = rawjson.SkipValue(b, i, depth)
		}
		if i < 0 {
			return -1
		}
		if at >= 0 && n.field[at] >= 0 {
			f := n.field[at]
			value := b[start:i]
			switch {
			case v.at[f] != nil:
				v.repeated = true
			case value[0] == '"':
				v.at[f] = value[1 : len(value)-1]
				if !simple {
					v.escaped |= 1 << f
				}
				if len(value) > 2 {
					v.present |= 1 << f
				}
			case value[0] != 'n':
				v.at[f] = value
				v.present |= 1 << f
			}
		}
		if i = rawjson.SkipSpace(b, i); i >= len(b) {
			return -1
		}
		if b[i] == '}' {
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
		i = rawjson.SkipSpace(b, i+1)
	}
}

const notWhole = "not a complete JSON object"

// compact reads the record that text begins with, and says where it ends.
func (l *Layout) compact(root *node, dst, text []byte) (out []byte, length int, key Key, verdict Verdict, reason string) {
	var v Values
	i := rawjson.SkipSpace(text, 0)
	if i >= len(text) || text[i] != '{' {
		return dst, 0, Key{}, Unreadable, notWhole
	}
	if length = v.scan(root, text, i, 1); length < 0 {
		return dst, 0, Key{}, Unreadable, notWhole
	}
	raw := text[:length]
	if verdict, reason = l.Judge(v); verdict != Read {
		return dst, length, Key{}, verdict, reason
	}
	ns, ok := l.Clock(v.at[l.Time])
	if !ok {
		if len(v.at[l.Time]) == 0 {
			return dst, length, Key{}, Unreadable, "no " + l.Fields[l.Time]
		}
		return dst, length, Key{}, Unreadable, l.Fields[l.Time] + " is not a time"
	}
	var flags sekisho.Flag
	if v.repeated {
		flags |= sekisho.FlagKeysRepeated
	}
	start := len(dst)
	dst = append(dst, layoutVersion, 0)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(ns))
	id := v.at[l.ID]
	if len(id) == 0 {
		sum := sha256.Sum256(rawjson.Canonical(raw))
		id = hex.AppendEncode([]byte("sha256:"), sum[:8])
	} else if len(id) > idMax {
		id, flags = id[:idMax], flags|sekisho.FlagShortened
	}
	if l.Tell != nil {
		id = l.Tell(make([]byte, 0, idMax+tellMax), id, ns, v)
	}
	dst = AppendText(dst, id)
	present := len(dst)
	dst = append(dst, make([]byte, 8)...)
	var set uint64
	for rest := v.present &^ (1<<l.ID | 1<<l.Time); rest != 0; rest &= rest - 1 {
		f := bits.TrailingZeros64(rest)
		value := v.at[f]
		if v.escaped>>f&1 != 0 {
			value = rawjson.AppendUnescaped(nil, value)
		}
		switch nested := value[0] == '{' || value[0] == '['; {
		case nested && len(value) > nestedMax:
			flags |= sekisho.FlagShortened
			continue
		case !nested && len(value) > fieldMax:
			value, flags = cut(value, fieldMax), flags|sekisho.FlagShortened
		}
		set |= 1 << f
		dst = AppendText(dst, value)
	}
	binary.LittleEndian.PutUint64(dst[present:], set)
	dst[start+1] = byte(flags)
	return dst, length, KeyOf(ns, l.Name, id), Read, ""
}

// idMax is the longest id of a record that is kept whole; tellMax is room for what
// Layout.Tell adds.
const (
	idMax   = 256
	tellMax = 64
)

// KeyOf is the key of a record by its time and the id that its source gave it.
func KeyOf(ns int64, format string, id []byte) Key {
	text := append(append(append(make([]byte, 0, 64+idMax), format...), 0), id...)
	sum := sha256.Sum256(text)
	return Key{Time: ns, Hi: binary.BigEndian.Uint64(sum[:8]), Lo: binary.BigEndian.Uint64(sum[8:16])}
}

// AppendText appends a length and a text, as Parts reads them.
func AppendText(dst, text []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// cut shortens a text to whole characters.
func cut(text []byte, most int) []byte {
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

type layoutExpander struct {
	source        string
	fields        int
	before, group uint64 // the fields before the group, and those in it, as bits
	mapping       func(*sekisho.Event, *Values)
	v             Values
}

// Expand implements Expander.
func (x *layoutExpander) Expand(e *sekisho.Event, compact []byte) error {
	p := Parts{Left: compact}
	version, flags := p.Byte(), p.Byte()
	ns := p.Take(8)
	id := p.Text()
	set := p.Take(8)
	if p.Bad || version != layoutVersion {
		return errors.New("expand a record of " + x.source + ": not this version's compact form; read the source again")
	}
	v := &x.v
	clear(v.at[:x.fields])
	v.effects = v.effects[:0]
	present := binary.LittleEndian.Uint64(set)
	v.read(&p, present&x.before)
	group := p.Left
	v.read(&p, present&x.group)
	v.memory.group = append(binary.LittleEndian.AppendUint64(v.memory.group[:0], present&x.group), group[:len(group)-len(p.Left)]...)
	v.read(&p, present&^(x.before|x.group))
	if p.Bad || len(p.Left) != 0 {
		return errors.New("expand a record of " + x.source + ": damaged; read the source again")
	}
	received := e.ReceivedAt
	*e = sekisho.Event{} // and then each field: to build one aside would copy it whole
	e.ID, e.Time, e.ReceivedAt = string(id), time.Unix(0, int64(binary.LittleEndian.Uint64(ns))).UTC(), received
	e.Source, e.Flags = x.source, sekisho.Flag(flags)
	x.mapping(e, v)
	if e.Outcome == sekisho.OK {
		e.Effects = v.effects
	} else {
		e.Tried = v.effects
	}
	return nil
}

// read reads the texts of fields.
func (v *Values) read(p *Parts, fields uint64) {
	for ; fields != 0; fields &= fields - 1 {
		v.at[bits.TrailingZeros64(fields)] = p.Text()
	}
}

// Parts reads a compact form from its front. Once anything was missing it is bad and
// gives zeros.
type Parts struct {
	Left []byte
	Bad  bool
}

var zeros [16]byte // as long as the longest fixed part

// Take reads n bytes. They are borrowed from the form.
func (p *Parts) Take(n uint64) []byte {
	if p.Bad || n > uint64(len(p.Left)) {
		p.Bad = true
		return zeros[:min(n, uint64(len(zeros)))]
	}
	t := p.Left[:n:n] // full: an append by whoever borrows it copies
	p.Left = p.Left[n:]
	return t
}

// Byte reads one.
func (p *Parts) Byte() byte { return p.Take(1)[0] }

// Uvarint reads a number.
func (p *Parts) Uvarint() uint64 {
	v, n := binary.Uvarint(p.Left)
	if n <= 0 {
		p.Bad = true
		return 0
	}
	p.Take(uint64(n))
	return v
}

// Text reads a length and as many bytes; nil for none.
func (p *Parts) Text() []byte {
	n := p.Uvarint()
	if n == 0 {
		return nil
	}
	return p.Take(n)
}

// Unix reads a time as whole seconds, or as milliseconds where it is too large for
// those, since 1970.
func Unix(text []byte) (ns int64, ok bool) {
	if len(text) == 0 || len(text) > 13 {
		return 0, false
	}
	var n int64
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if n < 1e11 { // seconds of the next thousand years
		n *= 1000
	}
	return n * 1e6, n/1000 < (yearMax-1970)*365*86400
}
