package normalize

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestCacheIsBounded: a flood of sessions leaves at most two generations.
func TestCacheIsBounded(t *testing.T) {
	c := NewCache[int](10)
	for i := range 1000 {
		c.Put(fmt.Sprint(i), i)
		if v, ok := c.Get([]byte("0")); i < 10 && (!ok || v != 0) {
			t.Fatal("forgot too early")
		}
	}
	if n := len(c.young) + len(c.old); n > 20 {
		t.Errorf("%d values kept", n)
	}
	c.Put(strings.Repeat("x", keyMax+1), 1)
	if _, ok := c.Get(bytes.Repeat([]byte("x"), keyMax+1)); ok {
		t.Error("a text beyond the cap was kept")
	}
}
