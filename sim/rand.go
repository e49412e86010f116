package sim

import "math/bits"

// Rand is the only source of chance here: SplitMix64 (Steele, Lea, Flood 2014).
// It is ours and not math/rand's, so that a recording that ships with the
// project keeps its bytes whatever the toolchain does.
type Rand struct{ state uint64 }

// NewRand starts a sequence. Parts name a stream: equal seeds with different
// parts are independent, so that adding an actor does not move all others.
func NewRand(seed uint64, parts ...string) *Rand {
	r := &Rand{state: seed}
	for _, p := range parts {
		// FNV-1a, then one step to spread short names over all bits.
		h := uint64(14695981039346656037)
		for i := 0; i < len(p); i++ {
			h = (h ^ uint64(p[i])) * 1099511628211
		}
		r.state ^= h
		r.state = r.Uint64()
	}
	return r
}

// Uint64 is the next 64 bits.
func (r *Rand) Uint64() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// IntN is a whole number in [0, n). The bias of multiply-and-shift is below
// n/2⁶⁴, far under anything a recording could show.
func (r *Rand) IntN(n int) int {
	hi, _ := bits.Mul64(r.Uint64(), uint64(n))
	return int(hi)
}

// Between is a whole number in [low, high].
func (r *Rand) Between(low, high int) int { return low + r.IntN(high-low+1) }

// Chance is true with probability p.
func (r *Rand) Chance(p float64) bool { return float64(r.Uint64()>>11)/(1<<53) < p }

// Pick is one of the list, all equally likely.
func (r *Rand) Pick(list ...string) string { return list[r.IntN(len(list))] }

const (
	lowerHex = "0123456789abcdef"
	// idLetters are those of IAM's unique ids and access key ids.
	idLetters   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	digits      = "0123456789"
	tokenLetter = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	s3Letters   = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
)

// Text is n letters of an alphabet of at most 64.
func (r *Rand) Text(alphabet string, n int) string { return string(r.appendText(nil, alphabet, n)) }

func (r *Rand) appendText(b []byte, alphabet string, n int) []byte {
	var word uint64
	for i := 0; i < n; i++ {
		if i%8 == 0 {
			word = r.Uint64()
		}
		b = append(b, alphabet[int(word&0xff)*len(alphabet)>>8])
		word >>= 8
	}
	return b
}

// Hex is n hexadecimal digits.
func (r *Rand) Hex(n int) string { return r.Text(lowerHex, n) }

// UUID is a random (version 4) UUID.
func (r *Rand) UUID() string { return string(r.appendUUID(nil)) }

func (r *Rand) appendUUID(b []byte) []byte {
	hi, lo := r.Uint64(), r.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	for i := 0; i < 32; i++ {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			b = append(b, '-')
		}
		w := hi
		if i >= 16 {
			w = lo
		}
		b = append(b, lowerHex[w>>(60-4*(i%16))&15])
	}
	return b
}

// ID is an IAM id: a four letter prefix and n letters.
func (r *Rand) ID(prefix string, n int) string { return prefix + r.Text(idLetters, n) }

func (r *Rand) userID() string   { return r.ID("AIDA", 17) }
func (r *Rand) roleID() string   { return r.ID("AROA", 17) }
func (r *Rand) longKey() string  { return r.ID("AKIA", 16) }
func (r *Rand) shortKey() string { return r.ID("ASIA", 16) }

// account is a 12-digit account id; the first digit is never 0, as some readers
// take the id for a number.
func (r *Rand) account() string { return string('1'+byte(r.IntN(9))) + r.Text(digits, 11) }
