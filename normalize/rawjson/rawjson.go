// Package rawjson reads raw JSON without building anything: it finds where values end,
// looks up single ones, and writes the canonical form. Formats share it.
package rawjson

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// Reading raw JSON, the part that the record scanner, the look-ups and the
// canonical form share. Every function takes the text and the index at which
// to start, and gives the index after what it read, or -1 where the text is
// not JSON (RFC 8259).
//
// There is exactly one leniency: text that is not valid UTF-8, and a \u escape
// of half a surrogate pair, are kept and read as U+FFFD, one for each bad byte
// or half. And one extra limit: containers nest at most MaxDepth deep.

// MaxDepth is more than twice the nesting of any record seen (policies inside
// request parameters reach 15) and keeps recursion shallow.
const MaxDepth = 64

// SkipSpace passes over white space.
func SkipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

const (
	lowBits  = 0x0101010101010101 // the lowest bit of each of 8 bytes
	highBits = 0x8080808080808080 // the highest
)

// SkipString starts after the opening quote. plain says that the text between
// the quotes is ASCII without escapes, so that it stands for itself.
//
// It looks at 16 bytes at a time, as two words: most keys and many values end
// within that, which makes the loop's branch easy to foretell.
func SkipString(b []byte, i int) (end int, plain bool) {
	wide := uint64(0) // high bits of everything passed
	escaped := false
	for {
		if i+16 <= len(b) {
			w0, w1 := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])
			hit0, hit1 := special(w0), special(w1)
			if hit0|hit1 == 0 {
				wide |= w0 | w1
				i += 16
				continue
			}
			if hit0 == 0 {
				wide |= w0
				w0, hit0 = w1, hit1
				i += 8
			}
			wide |= w0 & (hit0&-hit0 - 1)
			i += bits.TrailingZeros64(hit0) / 8
		} else {
			for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
				wide |= uint64(b[i])
				i++
			}
			if i >= len(b) {
				return -1, false
			}
		}
		switch b[i] {
		case '"':
			return i + 1, !escaped && wide&highBits == 0
		case '\\':
			escaped = true
			if i = skipEscape(b, i); i < 0 {
				return -1, false
			}
		default:
			return -1, false // a control character
		}
	}
}

// special marks, by their highest bits, the bytes that are a quote, a backslash
// or a control character: x-0x01… borrows into the high bit of a byte that is
// zero. A byte above a marked one may be marked wrongly; the lowest is right.
func special(w uint64) uint64 {
	q, s := w^('"'*lowBits), w^('\\'*lowBits)
	return ((q-lowBits)&^q | (s-lowBits)&^s | (w-' '*lowBits)&^w) & highBits
}

func skipEscape(b []byte, i int) int {
	if i+1 >= len(b) {
		return -1
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if _, ok := hex4(b, i+2); ok {
			return i + 6
		}
	}
	return -1
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		d := hexDigit(c)
		if d > 15 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

// hexDigit is the value of a digit, 255 if it is none.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// SkipValue starts at a value inside a container of the given depth (0: none).
func SkipValue(b []byte, i, depth int) (end int, plain bool) {
	if i >= len(b) {
		return -1, false
	}
	switch c := b[i]; c {
	case '"':
		return SkipString(b, i+1)
	case '{', '[':
		return skipContainer(b, i, depth+1), false
	case 't':
		return skipWord(b, i, "true"), true
	case 'f':
		return skipWord(b, i, "false"), true
	case 'n':
		return skipWord(b, i, "null"), true
	}
	return skipNumber(b, i), true
}

func skipWord(b []byte, i int, word string) int {
	if len(b)-i >= len(word) && string(b[i:i+len(word)]) == word {
		return i + len(word)
	}
	return -1
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

func skipNumber(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	end := skipDigits(b, i)
	if end == i || b[i] == '0' && end > i+1 {
		return -1 // no digits, or a leading zero
	}
	if i = end; i < len(b) && b[i] == '.' {
		if end = skipDigits(b, i+1); end == i+1 {
			return -1
		}
		i = end
	}
	if i < len(b) && b[i]|' ' == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if end = skipDigits(b, i); end == i {
			return -1
		}
		i = end
	}
	return i
}

// skipContainer starts at the opening brace or bracket of an object or array
// that is itself depth deep.
func skipContainer(b []byte, i, depth int) int {
	if depth > MaxDepth {
		return -1
	}
	object := b[i] == '{'
	closing := b[i] + 2 // '{' and '}', '[' and ']' are two apart
	if i = SkipSpace(b, i+1); i < len(b) && b[i] == closing {
		return i + 1
	}
	for {
		if object {
			if i >= len(b) || b[i] != '"' {
				return -1
			}
			if i, _ = SkipString(b, i+1); i < 0 {
				return -1
			}
			if i = SkipColon(b, i); i < 0 {
				return -1
			}
		}
		if i, _ = SkipValue(b, i, depth); i < 0 {
			return -1
		}
		if i = SkipSpace(b, i); i >= len(b) {
			return -1
		}
		if b[i] == closing {
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
		i = SkipSpace(b, i+1)
	}
}

// SkipColon passes the colon between key and value and the space around it.
func SkipColon(b []byte, i int) int {
	if i = SkipSpace(b, i); i >= len(b) || b[i] != ':' {
		return -1
	}
	return SkipSpace(b, i+1)
}

// AppendUnescaped appends what the text between two quotes stands for. The
// text has passed SkipString.
func AppendUnescaped(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\\' && text[i+1] == 'u':
			r, _ := hex4(text, i+2)
			i += 6
			if utf16.IsSurrogate(r) {
				// The second half must follow at once, or both are bad.
				pair := rune(utf8.RuneError)
				if i+1 < len(text) && text[i] == '\\' && text[i+1] == 'u' {
					low, _ := hex4(text, i+2)
					pair = utf16.DecodeRune(r, low)
				}
				if r = pair; pair != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		case c == '\\':
			dst = append(dst, unescape(text[i+1]))
			i += 2
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(text[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

func unescape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // quote, backslash, slash
}

// SameKey compares the text of a key in JSON with a name.
func SameKey(text []byte, plain bool, name string) bool {
	if plain {
		return string(text) == name
	}
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text) == name // names are valid UTF-8, so a bad byte differs
	}
	var room [64]byte
	return string(AppendUnescaped(room[:0], text)) == name
}
