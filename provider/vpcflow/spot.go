package vpcflow

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// spot is an address, and a port of it.
type spot struct {
	ip    string
	place string   // "address:port", the address alone where there is no port
	peer  []string // the address alone, shared by all events that have it
}

// spots remember places of the network by address and port: each event names two, and they
// are the same again and again. It is a table whose keys stand in it, as a look-up costs
// what it costs to fetch them.
type spots struct {
	sets [][spotWays]kept
}

// spotWays is how many places share a set; one that is used again moves to its front, and
// one that is new takes the last.
const spotWays = 4

// spotSets is a power of two. Scanners come from anywhere, so the addresses turn over.
const spotSets = 1 << 13

type kept struct {
	key spotKey
	*spot
}

// spotKey is an address and a port. Its length tells an IPv4 address from the IPv6 one
// that holds it, and a key from none.
type spotKey struct {
	high, low uint64
	port      uint16
	length    uint8
}

func (k *spotKey) hash() uint64 {
	// Odd numbers without a pattern; a sender who finds places that share a set makes us
	// forget some sooner, and no more.
	h, l := bits.Mul64(k.high^0x9e3779b97f4a7c15, k.low^0xd1b54a32d192ed03^uint64(k.port)<<48)
	return (h ^ l) * 0xbf58476d1ce4e5b9 >> 32
}

// of finds an address and a port of it, 0 for none.
func (s *spots) of(a netip.Addr, port int) *spot {
	whole := a.As16()
	k := spotKey{binary.BigEndian.Uint64(whole[:8]), binary.BigEndian.Uint64(whole[8:]), uint16(port), uint8(a.BitLen())}
	if s.sets == nil {
		s.sets = make([][spotWays]kept, spotSets)
	}
	set := &s.sets[k.hash()%spotSets]
	for i := range set {
		if set[i].key != k {
			continue
		}
		found := set[i].spot
		if i > 0 {
			set[i-1], set[i] = set[i], set[i-1]
		}
		return found
	}
	fresh := &spot{ip: a.String()}
	fresh.place, fresh.peer = fresh.ip, []string{fresh.ip}
	if port != 0 {
		fresh.place = netip.AddrPortFrom(a, uint16(port)).String()
	}
	i := 0
	for i < spotWays-1 && set[i].spot != nil {
		i++
	}
	set[i] = kept{k, fresh}
	return fresh
}
