package vpcflow

import (
	"encoding/binary"
	"net/netip"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// The compact form of a flow:
//
//	version 1   one byte
//	flags       one byte, sekisho.Flag
//	time        8 bytes, nanoseconds since 1970, little endian
//	id          8 bytes, the beginning of the record's hash
//	action, direction, protocol, TCP flags, path, whether it has ports: a byte each
//	ports       2 bytes each, little endian: source, destination
//	packets, bytes  uvarint
//	addresses   four: a length (0, 4 or 16) and as many bytes
//	texts       account, interface, instance, region, zone, task: uvarint length, bytes
const compactVersion = 1

// appendCompact appends it.
func (f *flow) appendCompact(dst, id []byte) []byte {
	var flags sekisho.Flag
	if f.shortened {
		flags |= sekisho.FlagShortened
	}
	if f.repeated {
		flags |= sekisho.FlagKeysRepeated
	}
	ported := byte(0)
	if f.ported {
		ported = 1
	}
	dst = append(dst, compactVersion, byte(flags))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(f.ns))
	dst = append(dst, id...)
	dst = append(dst, byte(f.action), byte(f.direction), f.protocol, f.tcpFlags, f.path, ported)
	dst = binary.LittleEndian.AppendUint16(dst, f.port[source])
	dst = binary.LittleEndian.AppendUint16(dst, f.port[destination])
	dst = binary.AppendUvarint(dst, f.packets)
	dst = binary.AppendUvarint(dst, f.bytes)
	for _, a := range f.addr {
		switch {
		case !a.IsValid():
			dst = append(dst, 0)
		case a.Is4():
			b := a.As4()
			dst = append(append(dst, 4), b[:]...)
		default:
			b := a.As16()
			dst = append(append(dst, 16), b[:]...)
		}
	}
	for _, t := range f.text {
		dst = normalize.AppendText(dst, t)
	}
	return dst
}

// readCompact is its inverse, but for the texts: tail is their part of the form, which
// readTexts reads. false means that it is no such form, or not a whole one.
func (f *flow) readCompact(compact []byte) (id, tail []byte, flags sekisho.Flag, ok bool) {
	p := normalize.Parts{Left: compact}
	head := p.Take(headLength)
	if p.Bad || head[0] != compactVersion {
		return nil, nil, 0, false
	}
	flags = sekisho.Flag(head[1])
	f.ns = int64(binary.LittleEndian.Uint64(head[2:]))
	id = head[10:18]
	f.action, f.direction = action(head[18]), direction(head[19])
	f.protocol, f.tcpFlags, f.path, f.ported = head[20], head[21], head[22], head[23] != 0
	f.port[source] = binary.LittleEndian.Uint16(head[24:])
	f.port[destination] = binary.LittleEndian.Uint16(head[26:])
	f.packets, f.bytes = p.Uvarint(), p.Uvarint()
	for i := range f.addr {
		switch n := p.Byte(); n {
		case 0:
			f.addr[i] = netip.Addr{}
		case 4, 16:
			f.addr[i], _ = netip.AddrFromSlice(p.Take(uint64(n)))
		default:
			p.Bad = true
		}
	}
	p.Bad = p.Bad || !f.near(source).IsValid() || !f.near(destination).IsValid() // finish lets none through
	return id, p.Left, flags, !p.Bad
}

// headLength is that of what stands before the packets.
const headLength = 28

// readTexts reads the texts' part of a compact form; false if it is none, or not a whole
// one.
func (f *flow) readTexts(tail []byte) bool {
	p := normalize.Parts{Left: tail}
	for i := range f.text {
		f.text[i] = p.Text()
	}
	return !p.Bad && len(p.Left) == 0
}
