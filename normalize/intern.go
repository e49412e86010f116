package normalize

import "github.com/cespare/xxhash/v2"

// Cache keeps values by a text, bounded. It is a table of small sets: a text belongs to one
// of them, and where that is full, the text that was used least of late makes room. What is
// used again moves to the front of its set, so that a flood of texts that come once pushes
// out nothing but each other. It belongs to one goroutine.
//
// A look-up touches the set, which is a line or two of memory, and the text that is found:
// in a built-in map it would be twice as many places, and what an event costs is mostly
// waiting for memory.
type Cache[V any] struct {
	sets []set[V]
	most int // sets that it may grow to
	kept int // values put since it last grew
}

// ways is how many texts a set holds.
const ways = 4

type set[V any] struct {
	marks [ways]uint16 // of each text's hash, so that others need not be looked at; 0 for none
	at    [ways]kept[V]
}

// kept is a value with its text. The value comes first because an empty one takes no room
// there.
type kept[V any] struct {
	value V
	text  string
}

// keyMax is the longest text worth keeping: fields may be 8 KiB long, but an
// ordinary session's are together about 600 bytes. With it a cache's memory is
// bounded too.
const keyMax = 1 << 10

// firstSets is how small a cache begins: most are hardly used.
const firstSets = 64

// NewCache makes one that keeps about that many values, and at most four times as many.
func NewCache[V any](most int) Cache[V] {
	n := 1
	for n*ways < 2*most {
		n *= 2
	}
	return Cache[V]{most: n}
}

// find is the place of a text, nil if it is not kept.
func (c *Cache[V]) find(text []byte) *kept[V] {
	if len(c.sets) == 0 || len(text) == 0 {
		return nil
	}
	s, mark := c.set(xxhash.Sum64(text))
	for i, m := range s.marks {
		if m != mark || s.at[i].text != string(text) {
			continue
		}
		if i > 0 {
			s.marks[i-1], s.marks[i] = s.marks[i], s.marks[i-1]
			s.at[i-1], s.at[i] = s.at[i], s.at[i-1]
			i--
		}
		return &s.at[i]
	}
	return nil
}

// set is that of a hash, with the hash's mark in it. The hash is not secret: who sends texts
// that share a set makes us forget some of them sooner, and no more.
func (c *Cache[V]) set(hash uint64) (*set[V], uint16) {
	return &c.sets[hash&uint64(len(c.sets)-1)], uint16(hash>>48) | 1
}

// Get finds a value without allocating.
func (c *Cache[V]) Get(text []byte) (v V, ok bool) {
	if k := c.find(text); k != nil {
		return k.value, true
	}
	return v, false
}

// Put keeps a value by a text, unless that is empty or too long to be worth it.
func (c *Cache[V]) Put(text string, v V) {
	if len(text) == 0 || len(text) > keyMax {
		return
	}
	if c.kept++; c.kept > 2*len(c.sets) && len(c.sets) < c.most {
		c.grow()
	}
	c.put(kept[V]{v, text})
}

func (c *Cache[V]) put(k kept[V]) {
	s, mark := c.set(xxhash.Sum64String(k.text))
	i := 0
	for i < ways-1 && s.marks[i] != 0 && s.at[i].text != k.text {
		i++
	}
	s.marks[i], s.at[i] = mark, k
}

// grow makes room, and keeps what was there, in its order.
func (c *Cache[V]) grow() {
	old := c.sets
	c.sets = make([]set[V], min(c.most, max(firstSets, 4*len(old))))
	c.kept = 1
	for i := range ways {
		for j := range old {
			if k := old[j].at[i]; k.text != "" {
				c.put(k)
				c.kept++
			}
		}
	}
}

// Interner makes strings of bytes, the same one for the same bytes as long as
// it remembers them: an identity's names occur in every event of it.
type Interner struct{ cache Cache[struct{}] }

// Of is the text as a string.
func (s *Interner) Of(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if k := s.cache.find(text); k != nil {
		return k.text
	}
	fresh := string(text)
	s.cache.Put(fresh, struct{}{})
	return fresh
}

// NewInterner makes one that remembers about that many texts.
func NewInterner(most int) Interner { return Interner{NewCache[struct{}](most)} }
