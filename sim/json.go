package sim

import "strconv"

// rawJSON is JSON that goes into a document as it stands.
type rawJSON string

// obj is a JSON object with its keys in the order given: key, value, key,
// value. Values are strings, ints, bools, rawJSON and lists of strings. A nil
// value leaves the key out, so that optional fields need no branches.
func obj(pairs ...any) rawJSON {
	b := make([]byte, 0, 160)
	b = append(b, '{')
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == nil {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendString(b, pairs[i].(string))
		b = append(b, ':')
		b = appendValue(b, pairs[i+1])
	}
	return rawJSON(append(b, '}'))
}

// list is a JSON array.
func list(values ...any) rawJSON {
	b := []byte{'['}
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, v)
	}
	return rawJSON(append(b, ']'))
}

// items is EC2's list: {"items":[…]}, and {} when empty.
func items(values ...any) rawJSON {
	if len(values) == 0 {
		return "{}"
	}
	return obj("items", list(values...))
}

// opt is s, or nothing where s is empty.
func opt(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(b, v)
	case rawJSON:
		return append(b, v...)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case bool:
		return strconv.AppendBool(b, v)
	case []string:
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, s)
		}
		return append(b, ']')
	}
	panic("sim: obj got a value of a type it does not write")
}

// appendString writes a JSON string. The generator makes ASCII text only;
// control characters never occur, quotes and backslashes do (policy documents
// are strings that hold JSON).
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '"' || c == '\\' {
			b = append(b, s[start:i]...)
			b = append(b, '\\', c)
			start = i + 1
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
