package rawjson

import (
	"bytes"
	"slices"
)

// Canonical is the form of a record that does not depend on how it was
// written, for the hash that serves as its id where it has none: no space
// between tokens; the members of an object sorted by the UTF-8 bytes of their
// keys, repeated keys in the order in which they stood; strings with the
// fewest escapes (\" \\ \b \f \n \r \t, \u00xx for other control characters),
// bad UTF-8 as U+FFFD; numbers and words as they stood.
//
// RFC 8785 differs in two points: it sorts by UTF-16 units and rewrites numbers
// as doubles, which would make different large integers equal.
//
// The text has passed record.scan.
func Canonical(raw []byte) []byte {
	dst, _ := appendCanonical(make([]byte, 0, len(raw)), raw, SkipSpace(raw, 0))
	return dst
}

func appendCanonical(dst, b []byte, i int) (out []byte, end int) {
	switch b[i] {
	case '{':
		return canonicalObject(dst, b, i)
	case '[':
		dst = append(dst, '[')
		i = SkipSpace(b, i+1)
		for n := 0; b[i] != ']'; n++ {
			if n > 0 {
				dst = append(dst, ',')
				i = SkipSpace(b, i+1)
			}
			dst, i = appendCanonical(dst, b, i)
			i = SkipSpace(b, i)
		}
		return append(dst, ']'), i + 1
	case '"':
		end, _ := SkipString(b, i+1)
		return appendQuoted(dst, AppendUnescaped(nil, b[i+1:end-1])), end
	}
	end, _ = SkipValue(b, i, 0)
	return append(dst, b[i:end]...), end
}

func canonicalObject(dst, b []byte, i int) (out []byte, end int) {
	type member struct{ key, value []byte }
	var all []member
	i = SkipSpace(b, i+1)
	for b[i] != '}' {
		if b[i] == ',' {
			i = SkipSpace(b, i+1)
		}
		end, _ := SkipString(b, i+1)
		m := member{key: AppendUnescaped(nil, b[i+1:end-1])}
		m.value, i = appendCanonical(nil, b, SkipColon(b, end))
		all = append(all, m)
		i = SkipSpace(b, i)
	}
	slices.SortStableFunc(all, func(x, y member) int { return bytes.Compare(x.key, y.key) })
	dst = append(dst, '{')
	for n, m := range all {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(appendQuoted(dst, m.key), ':'), m.value...)
	}
	return append(dst, '}'), i + 1
}

func appendQuoted(dst, text []byte) []byte {
	const short = "\"\"\\\\\bb\ff\nn\rr\tt" // a character, then its escape's letter
	dst = append(dst, '"')
	for _, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			dst = append(dst, c)
			continue
		}
		if n := bytes.IndexByte([]byte(short), c); n >= 0 {
			dst = append(dst, '\\', short[n+1])
			continue
		}
		const hexDigits = "0123456789abcdef"
		dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, '"')
}
