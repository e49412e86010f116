package normalize

// Cache keeps values by a text, bounded: it holds two generations, and when
// the young one is full the old one is dropped. What is used at least once in
// a generation stays. It belongs to one goroutine.
type Cache[V any] struct {
	young, old map[string]V
	most       int // values in a generation
}

// keyMax is the longest text worth keeping: fields may be 8 KiB long, but an
// ordinary session's are together about 600 bytes. With it a cache's memory is
// bounded too.
const keyMax = 1 << 10

// NewCache makes one of that many values a generation.
func NewCache[V any](most int) Cache[V] {
	return Cache[V]{young: make(map[string]V), most: most}
}

// Get finds a value without allocating.
func (c *Cache[V]) Get(text []byte) (v V, ok bool) {
	if v, ok = c.young[string(text)]; ok {
		return v, true
	}
	if v, ok = c.old[string(text)]; ok {
		c.Put(string(text), v)
	}
	return v, ok
}

// Put keeps a value by a text, unless that is too long to be worth it.
func (c *Cache[V]) Put(text string, v V) {
	if len(text) > keyMax {
		return
	}
	if len(c.young) >= c.most {
		c.old, c.young = c.young, make(map[string]V, c.most)
	}
	c.young[text] = v
}

// Interner makes strings of bytes, the same one for the same bytes as long as
// it remembers them: an identity's names occur in every event of it.
type Interner struct{ Cache[string] }

// Of is the text as a string.
func (s *Interner) Of(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if kept, ok := s.Get(text); ok {
		return kept
	}
	fresh := string(text)
	s.Put(fresh, fresh)
	return fresh
}

// NewInterner makes one that remembers that many texts a generation.
func NewInterner(most int) Interner { return Interner{NewCache[string](most)} }
