package aws

// cache keeps values by a text, bounded: it holds two generations, and when
// the young one is full the old one is dropped. What is used at least once in
// a generation stays. It belongs to one goroutine.
type cache[V any] struct {
	young, old map[string]V
	most       int // values in a generation
}

// keyMax is the longest text worth keeping: fields may be 8 KiB long, but an
// ordinary session's are together about 600 bytes. With it a cache's memory is
// bounded too.
const keyMax = 1 << 10

func newCache[V any](most int) cache[V] {
	return cache[V]{young: make(map[string]V), most: most}
}

// get finds a value without allocating.
func (c *cache[V]) get(text []byte) (v V, ok bool) {
	if v, ok = c.young[string(text)]; ok {
		return v, true
	}
	if v, ok = c.old[string(text)]; ok {
		c.put(string(text), v)
	}
	return v, ok
}

func (c *cache[V]) put(text string, v V) {
	if len(text) > keyMax {
		return
	}
	if len(c.young) >= c.most {
		c.old, c.young = c.young, make(map[string]V, c.most)
	}
	c.young[text] = v
}

// interner makes strings of bytes, the same one for the same bytes as long as
// it remembers them: an identity's names occur in every event of it.
type interner struct{ cache[string] }

func (s *interner) of(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if kept, ok := s.get(text); ok {
		return kept
	}
	fresh := string(text)
	s.put(fresh, fresh)
	return fresh
}
