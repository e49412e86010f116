package normalize

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestCacheIsBounded: a flood of sessions leaves what is used, and little else.
func TestCacheIsBounded(t *testing.T) {
	c := NewCache[int](1000)
	for i := range 100_000 {
		c.Put(fmt.Sprint(i), i)
		if v, ok := c.Get([]byte("0")); !ok || v != 0 {
			t.Fatal("forgot what is used")
		}
		if v, ok := c.Get(fmt.Append(nil, i)); !ok || v != i {
			t.Fatal("forgot what came last")
		}
	}
	if n := len(c.sets) * ways; n > 4000 {
		t.Errorf("room for %d values", n)
	}
	c.Put("0", 7)
	if v, _ := c.Get([]byte("0")); v != 7 {
		t.Error("the old value of a text was kept")
	}
	for _, text := range []string{"", strings.Repeat("x", keyMax+1)} {
		c.Put(text, 1)
		if _, ok := c.Get([]byte(text)); ok {
			t.Errorf("a text of %d bytes was kept", len(text))
		}
	}
}

// TestCacheKeepsAll: as many values as were asked for mostly stay, whatever their texts.
func TestCacheKeepsAll(t *testing.T) {
	c := NewCache[int](4096)
	for i := range 4096 {
		c.Put(fmt.Sprint(i), i)
	}
	lost := 0
	for i := range 4096 {
		if v, ok := c.Get(fmt.Append(nil, i)); !ok {
			lost++
		} else if v != i {
			t.Fatalf("%d for %d", v, i)
		}
	}
	if lost > 4096/10 {
		t.Errorf("%d of 4096 were lost", lost)
	}
}

// TestInterner: equal texts become one string.
func TestInterner(t *testing.T) {
	s := NewInterner(100)
	for range 2 {
		if got := s.Of(bytes.Clone([]byte("alice"))); got != "alice" {
			t.Error(got)
		}
	}
	if n := testing.AllocsPerRun(10, func() { s.Of([]byte("alice")) }); n > 0 {
		t.Errorf("%v allocations for a text that is known", n)
	}
	if s.Of(nil) != "" {
		t.Error("nothing is not the empty text")
	}
}
