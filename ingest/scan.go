package ingest

import (
	"encoding/binary"
	"math/bits"
)

// A scanner finds the end of one JSON object or array. It looks only at what
// decides the end (quotes, backslashes, braces and brackets), eight bytes at a
// time, and can be stopped at any byte and go on with the next buffer. It does
// not check that what it passes is valid JSON: whoever reads the record does.
//
// For valid JSON its answer is exact, whatever is inside the strings; a fuzz
// test holds it to encoding/json.
type scanner struct {
	depth    int
	inString uint64 // all lanes set while inside a string
	escaped  bool   // the byte before was a backslash inside a string
	deep     bool   // maxDepth was exceeded on the way
}

// Every constant repeats one byte in the eight lanes of a word.
const (
	laneOnes  = 0x0101010101010101
	laneLow   = 0x7f7f7f7f7f7f7f7f
	laneHigh  = 0x8080808080808080
	laneQuote = '"' * laneOnes
	laneSlash = '\\' * laneOnes
	laneOpen  = '{' * laneOnes
	laneCase  = 0x20 * laneOnes // [ and ] differ from { and } in this bit alone
	laneBrace = 0xf9 * laneOnes // { and } differ from each other in the two bits left out
)

// scan goes on with b, which must follow what was passed before, beginning
// with the opening brace. It answers how many bytes of b belong to the value
// and whether it ended there; if it did not, all of b belongs to it.
func (s *scanner) scan(b []byte) (n int, done bool) {
	i, inString, depth := 0, s.inString, s.depth // in registers: this is the hot loop
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])

		// Backslashes are rare (policy documents as strings); a word that has
		// one, or follows one, is read byte by byte.
		if x := w ^ laneSlash; (x-laneOnes)&^x&laneHigh != 0 || s.escaped {
			s.inString, s.depth = inString, depth
			if n, done := s.bytes(b[i : i+8]); done {
				return i + n, true
			}
			inString, depth = s.inString, s.depth
			continue
		}

		// One in each lane that holds a quote; multiplied, each lane has the
		// number of quotes up to it. Odd is inside a string, from an opening
		// quote to the byte before the closing one.
		q := w ^ laneQuote
		q = (^((q&laneLow + laneLow) | q) & laneHigh >> 7) * laneOnes
		in := q<<7 ^ inString
		inString = uint64(int64(in)>>63) & laneHigh

		// Braces and brackets outside strings.
		z := (w | laneCase) ^ laneOpen // 0 in a lane that opens, 6 in one that closes
		t := z & laneBrace
		t = ^((t&laneLow + laneLow) | t | in) & laneHigh
		if t == 0 {
			continue
		}
		t &^= (z << 6) ^ (z << 5) // 2 and 4 are other characters
		closes := t & (z << 5)
		opens := t &^ closes
		nc, no := bits.OnesCount64(closes), bits.OnesCount64(opens)
		if depth > nc && depth+no <= maxDepth {
			depth += no - nc
			continue
		}
		for ; t != 0; t &= t - 1 {
			if t&-t&closes == 0 {
				depth++
				s.deep = s.deep || depth > maxDepth
			} else if depth--; depth <= 0 {
				return i + bits.TrailingZeros64(t)/8 + 1, true
			}
		}
	}
	s.inString, s.depth = inString, depth
	n, done = s.bytes(b[i:])
	return i + n, done
}

// bytes is scan for the few bytes that do not fill a word or hold a backslash.
func (s *scanner) bytes(b []byte) (n int, done bool) {
	for i, c := range b {
		switch {
		case s.escaped:
			s.escaped = false
		case s.inString != 0:
			switch c {
			case '\\':
				s.escaped = true
			case '"':
				s.inString = 0
			}
		default:
			switch c {
			case '"':
				s.inString = laneHigh
			case '{', '[':
				s.depth++
				s.deep = s.deep || s.depth > maxDepth
			case '}', ']':
				if s.depth--; s.depth <= 0 {
					return i + 1, true
				}
			}
		}
	}
	return len(b), false
}
