package rawjson

// On-demand looks into raw JSON, for the few values that an effect needs out
// of parameters that are never decoded as a whole. The first of repeated keys
// wins, as in the scanner. Broken JSON gives "absent" from where it breaks.

// Get finds the raw value at a path of object keys. It points into raw. A path
// through null, an array or a scalar is absent; a value of null is present.
func Get(raw []byte, path ...string) (value []byte, ok bool) {
	value = raw
	for _, name := range path {
		found := false
		Members(value, func(key []byte, plain bool, v []byte) bool {
			if found = SameKey(key, plain, name); found {
				value = v
			}
			return !found
		})
		if !found {
			return nil, false
		}
	}
	return value, len(path) > 0 || len(raw) > 0
}

// Text is the text at a path: a string decoded, a number or boolean as it
// stands; "" if it is absent, null, an object or an array.
func Text(raw []byte, path ...string) string {
	value, ok := Get(raw, path...)
	if !ok {
		return ""
	}
	return TextOf(value)
}

// TextOf is the text of one raw value, as Text gives it.
func TextOf(value []byte) string {
	i := SkipSpace(value, 0)
	if i >= len(value) {
		return ""
	}
	switch value[i] {
	case '{', '[', 'n':
		return ""
	case '"':
		end, plain := SkipString(value, i+1)
		switch {
		case end < 0:
			return ""
		case plain:
			return string(value[i+1 : end-1])
		}
		return string(AppendUnescaped(nil, value[i+1:end-1]))
	}
	end, _ := SkipValue(value, i, 0)
	if end < 0 {
		return ""
	}
	return string(value[i:end])
}

// Each calls f with every raw element of an array. EC2 wraps lists as
// {"items":[…]}: that is looked through, and a single object or scalar counts
// as a list of one, because the API gives "one" and "many" in both shapes.
// Null and the empty object have no elements.
func Each(raw []byte, f func(elem []byte)) {
	i := SkipSpace(raw, 0)
	if i >= len(raw) {
		return
	}
	switch raw[i] {
	case 'n':
		return
	case '{':
		if items, ok := Get(raw, "items"); ok {
			Each(items, f)
			return
		}
		if j := SkipSpace(raw, i+1); j < len(raw) && raw[j] != '}' {
			f(raw)
		}
		return
	case '[':
	default:
		f(raw)
		return
	}
	i = SkipSpace(raw, i+1)
	for i < len(raw) && raw[i] != ']' {
		end, _ := SkipValue(raw, i, 0)
		if end < 0 {
			return
		}
		f(raw[i:end])
		if i = SkipSpace(raw, end); i < len(raw) && raw[i] == ',' {
			i = SkipSpace(raw, i+1)
		}
	}
}

// Members calls f with every member of an object until f returns false. The
// key is the text between its quotes; SameKey compares it.
func Members(raw []byte, f func(key []byte, plain bool, value []byte) bool) {
	i := SkipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return
	}
	i = SkipSpace(raw, i+1)
	for i < len(raw) && raw[i] == '"' {
		end, plain := SkipString(raw, i+1)
		if end < 0 {
			return
		}
		key := raw[i+1 : end-1]
		if i = SkipColon(raw, end); i < 0 {
			return
		}
		if end, _ = SkipValue(raw, i, 0); end < 0 || !f(key, plain, raw[i:end]) {
			return
		}
		if i = SkipSpace(raw, end); i < len(raw) && raw[i] == ',' {
			i = SkipSpace(raw, i+1)
		}
	}
}
