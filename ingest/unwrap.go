package ingest

import (
	"bytes"
	"encoding/json"
)

// unwrap looks for records inside an envelope that is held whole: the detail
// of an event bus envelope, the record as a string in a looked-up event or a
// log message, or a list of records that did not come first in its object. It
// answers false if raw is no envelope; otherwise each record in it has been
// taken or told as bad.
//
// refused says that raw itself is no record. Only then is looked where records too have
// something: a hook's "data", which holds the list, a collector's "event", and lists of
// anything but objects.
func (f *framer) unwrap(raw []byte, off int64, in place, level int, refused bool) bool {
	if level == maxEnvelopes {
		return false
	}
	var typed, found bool // typed: it has a detail-type, which makes detail a record
	for i := 1; ; {
		m, next, ok := nextMember(raw, i)
		if !ok {
			break
		}
		typed = typed || string(m.key) == "detail-type"
		i = next
	}
	for i := 1; ; {
		m, next, ok := nextMember(raw, i)
		if !ok {
			return found
		}
		i = next
		at := off + int64(m.at)
		switch first := m.value[0]; {
		case typed && string(m.key) == "detail" && first == '{':
			found = true
			f.inner(m.value, at, in, level)
		case string(m.key) == "CloudTrailEvent" && first == '"',
			in == inLog && string(m.key) == "message" && first == '"':
			found = true
			f.quoted(m.value, at, in, level)
		case refused && string(m.key) == "data" && first == '{':
			found = f.unwrap(m.value, at, in, level+1, true) || found
		case refused && string(m.key) == "event" && first == '{':
			found = true
			f.inner(m.value, at, in, level)
		case first == '[':
			if list, ok := listPlace(m.key); ok && (refused || list == inList || m.value[skipSpace(m.value, 1)] == '{') {
				found = true
				f.elements(m.value, at, list, level)
			}
		}
	}
}

// inner reads one record out of an envelope.
func (f *framer) inner(raw []byte, off int64, in place, level int) {
	if ok, reason := f.record(raw, off, in, false, level+1); !ok {
		f.bad(off, reason)
	}
}

// quoted reads a record that is carried as a JSON string.
func (f *framer) quoted(value []byte, off int64, in place, level int) {
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		f.bad(off, "damaged JSON string")
		return
	}
	raw := bytes.TrimSpace([]byte(text))
	var s scanner
	if len(raw) == 0 || raw[0] != '{' {
		if ok, _ := f.takeLine(raw, off); !ok {
			f.bad(off, "a message that is no JSON object")
		}
	} else if n, done := s.scan(raw); !done || n != len(raw) {
		f.bad(off, "damaged JSON in a string")
	} else if s.deep {
		f.bad(off, "nested deeper than 64 levels")
	} else {
		f.inner(raw, off, in, level)
	}
}

// elements reads a list of records that is held whole.
func (f *framer) elements(list []byte, off int64, in place, level int) {
	for i := 1; ; {
		i = skipSpace(list, i)
		if i < len(list) && list[i] == ',' {
			i++
			continue
		}
		if i >= len(list) || list[i] == ']' {
			return
		}
		end := skipValue(list, i)
		if end <= i {
			f.bad(off+int64(i), "damaged JSON")
			return
		}
		if value, at := list[i:end], off+int64(i); value[0] != '{' {
			f.bad(at, "not a JSON object")
		} else if ok, reason := f.record(value, at, in, in == inLog, level+1); !ok {
			f.bad(at, reason)
		}
		i = end
	}
}

// A member is one key of an object held whole, with its raw value.
type member struct {
	key, value []byte
	at         int // where value begins
}

// nextMember reads the member at or after b[i], and where the next may begin.
func nextMember(b []byte, i int) (m member, next int, ok bool) {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	if i >= len(b) || b[i] != '"' {
		return m, 0, false
	}
	end := skipString(b, i)
	if end < 0 {
		return m, 0, false
	}
	m.key = b[i+1 : end-1]
	if i = skipSpace(b, end); i >= len(b) || b[i] != ':' {
		return m, 0, false
	}
	m.at = skipSpace(b, i+1)
	if m.at >= len(b) {
		return m, 0, false
	}
	if next = skipValue(b, m.at); next <= m.at {
		return m, 0, false
	}
	m.value = b[m.at:next]
	return m, next, true
}

// skipSpace answers where the white space at b[i] ends.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipString answers where the string that begins at b[i] ends, or −1 if it
// does not end in b.
func skipString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// skipValue answers where the value that begins at b[i] ends, or −1 if it does
// not end in b.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		var s scanner
		n, done := s.scan(b[i:])
		if !done {
			return -1
		}
		return i + n
	}
	for ; i < len(b); i++ {
		switch b[i] {
		case ',', '}', ']', ' ', '\n', '\r', '\t':
			return i
		}
	}
	return -1
}
