package vpcflow

import "net/netip"

// parseAddr is netip.ParseAddr without zones, for bytes: two addresses a line, and each
// string made of one would be an allocation.
func parseAddr(text []byte) (netip.Addr, bool) {
	for i, c := range text {
		if c == ':' {
			return parse6(text)
		}
		if i > 3 {
			break
		}
	}
	b, ok := parse4(text)
	if !ok {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4(b), true
}

func parse4(text []byte) (b [4]byte, ok bool) {
	part, n, digits := 0, 0, 0
	for _, c := range text {
		switch {
		case c == '.':
			if digits == 0 || part == 3 {
				return b, false
			}
			b[part] = byte(n)
			part, n, digits = part+1, 0, 0
			continue
		case c < '0' || c > '9', digits > 0 && n == 0: // no leading zeros: some read them as octal
			return b, false
		}
		n, digits = n*10+int(c-'0'), digits+1
		if n > 255 {
			return b, false
		}
	}
	b[3] = byte(n)
	return b, part == 3 && digits > 0
}

// parse6 reads groups of hexadecimal digits; where "::" stands, the rest is moved to the end.
func parse6(text []byte) (netip.Addr, bool) {
	var b [16]byte
	at, gap, i := 0, -1, 0
	if len(text) >= 2 && text[0] == ':' && text[1] == ':' {
		gap, i = 0, 2
	}
	for i < len(text) {
		if at == 16 {
			return netip.Addr{}, false
		}
		n, digits := 0, 0
		for ; i+digits < len(text) && digits < 5; digits++ {
			d := hexDigit(text[i+digits])
			if d < 0 {
				break
			}
			n = n<<4 | d
		}
		if digits == 0 || digits > 4 {
			return netip.Addr{}, false
		}
		if i+digits < len(text) && text[i+digits] == '.' { // the last four bytes as IPv4
			v4, ok := parse4(text[i:])
			if !ok || at > 12 || gap < 0 && at != 12 {
				return netip.Addr{}, false
			}
			at += copy(b[at:], v4[:])
			break
		}
		b[at], b[at+1] = byte(n>>8), byte(n)
		at += 2
		if i += digits; i == len(text) {
			break
		}
		if text[i] != ':' || i+1 == len(text) {
			return netip.Addr{}, false
		}
		if i++; text[i] == ':' {
			if gap >= 0 {
				return netip.Addr{}, false
			}
			gap = at
			i++
		}
	}
	if at < 16 {
		if gap < 0 {
			return netip.Addr{}, false
		}
		var full [16]byte
		copy(full[:], b[:gap])
		copy(full[16-(at-gap):], b[gap:at])
		b = full
	} else if gap >= 0 {
		return netip.Addr{}, false
	}
	return netip.AddrFrom16(b).Unmap(), true
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// shared is the range of carrier-grade address translation, which is used inside clouds
// as private addresses are.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// private reports whether an address can be a machine's of ours by itself.
func private(a netip.Addr) bool { return a.IsPrivate() || shared.Contains(a) }

// inside reports whether an address is in no way on the internet: a private one, one of
// the link (the metadata service and the resolver of a VPC are in 169.254.0.0/16), or
// one that means several.
func inside(a netip.Addr) bool {
	return private(a) || a.IsLinkLocalUnicast() || a.IsLoopback() || a.IsMulticast() || a.IsUnspecified() || a == broadcast
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
