package vpcflow

import (
	"bytes"
	"net/netip"

	"github.com/sekisho/sekisho/normalize"
)

// A field is what a column means to us.
type field uint8

const (
	fUnknown field = iota
	fOther         // documented, and not needed
	fSrcAddr       // the four addresses stand in the order of side
	fDstAddr
	fPktSrcAddr
	fPktDstAddr
	fSrcPort
	fDstPort
	fProtocol
	fPackets
	fBytes
	fStart
	fEnd
	fAction
	fStatus
	fTCPFlags
	fPath
	fDirection
	fAccount // the texts
	fInterface
	fInstance
	fRegion
	fZone
	fTask
)

const texts = fTask - fAccount + 1

// names are the documented fields of versions 2 to 10 as squeeze writes them.
var names = map[string]field{
	"version": fOther, "accountid": fAccount, "interfaceid": fInterface, "srcaddr": fSrcAddr, "dstaddr": fDstAddr,
	"srcport": fSrcPort, "dstport": fDstPort, "protocol": fProtocol, "packets": fPackets, "bytes": fBytes,
	"start": fStart, "end": fEnd, "action": fAction, "logstatus": fStatus,
	"vpcid": fOther, "subnetid": fOther, "instanceid": fInstance, "tcpflags": fTCPFlags, "type": fOther,
	"pktsrcaddr": fPktSrcAddr, "pktdstaddr": fPktDstAddr,
	"region": fRegion, "azid": fZone, "sublocationtype": fOther, "sublocationid": fOther,
	"pktsrcawsservice": fOther, "pktdstawsservice": fOther, "flowdirection": fDirection, "trafficpath": fPath,
	"ecsclusterarn": fOther, "ecsclustername": fOther, "ecscontainerinstancearn": fOther, "ecscontainerinstanceid": fOther,
	"ecscontainerid": fOther, "ecssecondcontainerid": fOther, "ecsservicename": fOther, "ecstaskdefinitionarn": fOther,
	"ecstaskarn": fOther, "ecstaskid": fTask, "rejectreason": fOther, "resourceid": fOther, "encryptionstatus": fOther,
}

// nameMax is longer than any documented name.
const nameMax = 40

// fieldOf finds a field by its name in any of its spellings: "flow-direction",
// "flow_direction", "flowDirection".
func fieldOf(name []byte) field {
	var buf [nameMax]byte
	n := 0
	for _, c := range name {
		switch {
		case c == '-' || c == '_':
			continue
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		if n == nameMax {
			return fUnknown
		}
		buf[n] = c
		n++
	}
	return names[string(buf[:n])]
}

// columnsMax is twice as many as there are documented fields.
const columnsMax = 80

// columns are the fields of a line, in their order.
type columns struct {
	header []byte
	field  [columnsMax]field
	n      int
	bad    string // why the header cannot be read
}

// defaults are the fields of a flow log that was given no format.
var defaults = func() (c columns) {
	c.parse([]byte("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"))
	return c
}()

// parse keeps header.
func (c *columns) parse(header []byte) {
	c.header = header
	for rest := header; ; {
		var name []byte
		if name, rest = token(rest); name == nil {
			return
		}
		if c.n == columnsMax {
			c.bad = "a flow log's header of more than 80 fields"
			return
		}
		c.field[c.n] = fieldOf(name)
		c.n++
	}
}

// token cuts the first word off a line; nil if there is none.
func token(line []byte) (word, rest []byte) {
	i := 0
	for i < len(line) && line[i] <= ' ' {
		i++
	}
	from := i
	for i < len(line) && line[i] > ' ' {
		i++
	}
	if i == from {
		return nil, nil
	}
	return line[from:i], line[i:]
}

// isHeader reports whether a line names fields. Fields that are not known yet may be
// among them, but every word must look like a name, three must be known, and one of
// these must be an address or the interface, which no other log calls so.
func isHeader(line []byte) bool {
	known, ours := 0, false
	for rest := line; ; {
		var word []byte
		if word, rest = token(rest); word == nil {
			return known >= 3 && ours
		}
		if c := word[0]; c < 'a' || c > 'z' {
			return false // also where nearly all lines of data end: at their first word
		}
		for _, c := range word {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
		switch fieldOf(word) {
		case fUnknown:
			continue
		case fSrcAddr, fDstAddr, fPktSrcAddr, fPktDstAddr, fInterface:
			ours = true
		}
		known++
	}
}

// isDefault reports whether a line begins as those of the default format do. Whether it
// is whole is another question.
func isDefault(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("2 ")) {
		return false
	}
	account, rest := token(line[2:])
	if len(account) != 12 && string(account) != "unknown" && string(account) != "-" {
		return false
	}
	id, rest := token(rest)
	if string(id) == "-" { // an interface without an id; then the rest must tell
		return bytes.HasSuffix(rest, []byte(" OK")) || bytes.HasSuffix(rest, []byte("DATA"))
	}
	return bytes.HasPrefix(id, []byte("eni-"))
}

// isCustom reports whether a line seems to be of a flow log whose format is not known:
// those that come through a log group have no header.
func isCustom(line []byte) bool {
	return (bytes.HasPrefix(line, []byte("eni-")) || bytes.Contains(line, []byte(" eni-"))) &&
		(bytes.Contains(line, []byte("ACCEPT")) || bytes.Contains(line, []byte("REJECT")) || bytes.Contains(line, []byte("NODATA")) || bytes.Contains(line, []byte("SKIPDATA")))
}

// A side is one end of a flow.
type side int

const (
	source side = iota
	destination
)

func (s side) other() side { return 1 - s }

type action uint8

const (
	accepted action = iota + 1
	rejected
)

type direction uint8

const (
	ingress direction = iota + 1
	egress
)

type status uint8

const (
	statusOK      status = iota + 1
	statusNone           // no packets in the window
	statusLeftOut        // there were, and they were not counted
)

func (s status) reason() string {
	if s == statusNone {
		return "a window without traffic (NODATA)"
	}
	return "a window whose flows the network left out (SKIPDATA)"
}

// A flow is one record. Its texts are borrowed from it.
type flow struct {
	ns, end   int64         // nanoseconds since 1970; 0 if absent
	addr      [4]netip.Addr // source and destination at the interface, then in the packet
	port      [2]uint16
	ported    bool // some port is given
	text      [texts][]byte
	packets   uint64
	bytes     uint64
	protocol  uint8 // 0 if absent
	tcpFlags  uint8
	path      uint8
	action    action
	direction direction
	status    status
	shortened bool
	repeated  bool
}

// near is a side's address as the interface saw it, far as it stands in the packet: where
// an intermediate layer is between them (address translation, a pod's own address), only
// the latter tells who is at the far end.
func (f *flow) near(s side) netip.Addr { return firstAddr(f.addr[s], f.addr[s+2]) }
func (f *flow) far(s side) netip.Addr  { return firstAddr(f.addr[s+2], f.addr[s]) }

func firstAddr(a, b netip.Addr) netip.Addr {
	if a.IsValid() {
		return a
	}
	return b
}

// read reads a line by its columns.
func (c *columns) read(f *flow, line []byte) (reason string) {
	if c.bad != "" {
		return c.bad
	}
	n := 0
	for rest := line; ; n++ {
		var word []byte
		if word, rest = token(rest); word == nil {
			break
		}
		if n == c.n {
			return "a flow log's line of more fields than its format has"
		}
		if reason = f.set(c.field[n], word); reason != "" {
			return reason
		}
	}
	if n < c.n {
		return "a flow log's line of fewer fields than its format has"
	}
	return ""
}

// textMax is the longest id or name that is kept whole; real ones have at most 60 bytes.
const textMax = 128

// set sets one field; the reason says why it cannot be what it is said to be.
func (f *flow) set(to field, word []byte) (reason string) {
	if to <= fOther || len(word) == 0 || len(word) == 1 && word[0] == '-' {
		return ""
	}
	ok := true
	switch to {
	case fSrcAddr, fDstAddr, fPktSrcAddr, fPktDstAddr:
		if f.addr[to-fSrcAddr], ok = parseAddr(word); !ok {
			return "a flow's address is none"
		}
	case fSrcPort, fDstPort:
		var n uint64
		n, ok = parseNumber(word, 1<<16-1)
		f.port[to-fSrcPort], f.ported = uint16(n), true
	case fProtocol:
		ok = setByte(&f.protocol, word)
	case fTCPFlags:
		ok = setByte(&f.tcpFlags, word)
	case fPath:
		ok = setByte(&f.path, word)
	case fPackets:
		f.packets, ok = parseNumber(word, 1<<63-1)
	case fBytes:
		f.bytes, ok = parseNumber(word, 1<<63-1)
	case fStart:
		if f.ns, ok = parseTime(word); !ok {
			return "a flow's start is not a time"
		}
	case fEnd:
		if f.end, ok = parseTime(word); !ok {
			return "a flow's end is not a time"
		}
	case fAction, fStatus, fDirection:
		return f.setWord(to, word)
	default:
		if to == fAccount && string(word) == "unknown" { // an interface that a service made
			return ""
		}
		if len(word) > textMax {
			word, f.shortened = word[:textMax], true
		}
		f.text[to-fAccount] = word
	}
	if !ok {
		return "a flow's number is none"
	}
	return ""
}

// setWord sets one of the fields that have few values. Another value means that the line
// was torn, or that its fields are others than they are said to be.
func (f *flow) setWord(to field, word []byte) (reason string) {
	is := func(text string) bool { return string(word) == text }
	switch {
	case to == fAction && is("ACCEPT"):
		f.action = accepted
	case to == fAction && is("REJECT"):
		f.action = rejected
	case to == fAction:
		return "a flow's action is neither ACCEPT nor REJECT"
	case to == fDirection && is("ingress"):
		f.direction = ingress
	case to == fDirection && is("egress"):
		f.direction = egress
	case to == fDirection:
		return "a flow's direction is neither ingress nor egress"
	case is("OK"):
		f.status = statusOK
	case is("NODATA"):
		f.status = statusNone
	case is("SKIPDATA"):
		f.status = statusLeftOut
	default:
		return "a flow's log-status is none of OK, NODATA, SKIPDATA"
	}
	return ""
}

func setByte(to *uint8, word []byte) bool {
	n, ok := parseNumber(word, 255)
	*to = uint8(n)
	return ok
}

// parseNumber reads a number of digits, no greater than most.
func parseNumber(word []byte, most uint64) (n uint64, ok bool) {
	if len(word) == 0 || len(word) > 19 { // 19 digits fit
		return 0, false
	}
	for _, c := range word {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, n <= most
}

// parseTime reads seconds since 1970, as flow logs have them, or a date, as tools write it.
func parseTime(word []byte) (ns int64, ok bool) {
	if ns, ok = normalize.Unix(word); ok {
		return ns, ns > 0
	}
	if len(word) < len("2026-01-02T03:04:05") || len(word) > 40 {
		return 0, false
	}
	text := append(make([]byte, 0, 41), word...)
	if text[10] == ' ' {
		text[10] = 'T'
	}
	if ns, ok = normalize.Stamp(text); !ok {
		ns, ok = normalize.Stamp(append(text, 'Z'))
	}
	return ns, ok && ns != 0
}
