// Package vpcflow reads the flow logs of a virtual private cloud: who exchanged packets
// with whom, as the network counted them. A record is a line of text, or an object where
// a tool made JSON of it.
package vpcflow

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"

	"github.com/sekisho/sekisho/normalize"
)

// Source is the name of the Format.
const Source = "aws-vpc-flow"

// Format reads flow logs: lines of the default format (version 2), lines of any format
// whose first line names its fields, and flat JSON objects with the same names.
func Format() normalize.Format {
	var known memo
	return normalize.Format{
		Name:        Source,
		Compact:     compactObject,
		Line:        known.line,
		NewExpander: newExpander,
	}
}

// A memo keeps the meaning of the header that was asked for last: all lines of a file
// come with the same one, and to read it costs more than to read a line.
type memo struct{ last atomic.Pointer[columns] }

// of is what a header says.
func (m *memo) of(header []byte) *columns {
	if c := m.last.Load(); c != nil && string(c.header) == string(header) {
		return c
	}
	c := &columns{}
	c.parse(bytes.Clone(header))
	m.last.Store(c)
	return c
}

// line is Format.Line.
func (m *memo) line(dst, header, line []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
	line = trim(line)
	if isHeader(line) {
		if c := m.of(line); c.bad != "" {
			return dst, normalize.Key{}, normalize.Unreadable, c.bad
		}
		return dst, normalize.Key{}, normalize.Header, ""
	}
	c := &defaults
	switch header = trim(header); {
	case len(header) > 0 && len(line) > 0:
		c = m.of(header)
	case isDefault(line):
	case isCustom(line):
		return dst, normalize.Key{}, normalize.Unreadable, "a flow log's line in a format of its own: the line that names its fields must come before it"
	default:
		return dst, normalize.Key{}, normalize.NotMine, "no line of a flow log"
	}
	var f flow
	if reason := c.read(&f, line); reason != "" {
		return dst, normalize.Key{}, normalize.Unreadable, reason
	}
	sum := sha256.Sum256(line)
	return f.finish(dst, sum[:8])
}

// trim is a line without white space at its end. (bytes.TrimRight makes a table first.)
func trim(line []byte) []byte {
	for n := len(line); n > 0; n-- {
		switch line[n-1] {
		case ' ', '\t', '\r', '\n':
			continue
		}
		return line[:n]
	}
	return nil
}

// finish judges a flow that was read whole and appends its compact form. id tells it from
// others: no field of a flow does, so it is a hash of the record.
func (f *flow) finish(dst, id []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
	if f.status == statusNone || f.status == statusLeftOut {
		return dst, normalize.Key{}, normalize.Skipped, f.status.reason()
	}
	if f.ns == 0 { // the end of the window is within minutes of its start
		f.ns = f.end
	}
	reason := ""
	switch {
	case f.ns == 0:
		reason = "a flow without start: the flow log's format must have it"
	case !f.near(source).IsValid() || !f.near(destination).IsValid():
		reason = "a flow without srcaddr or dstaddr: the flow log's format must have both"
	case f.action == 0:
		reason = "a flow without action: the flow log's format must have it"
	}
	if reason != "" {
		return dst, normalize.Key{}, normalize.Unreadable, reason
	}
	// The id is a cryptographic hash already. Keys of other formats have all 16 bytes.
	key := normalize.Key{Time: f.ns, Hi: binary.BigEndian.Uint64(id)}
	return f.appendCompact(dst, id), key, normalize.Read, ""
}

// appendID is an event's id: how events without one of their own are named everywhere.
func appendID(dst, sum []byte) []byte {
	return hex.AppendEncode(append(dst, "sha256:"...), sum)
}
