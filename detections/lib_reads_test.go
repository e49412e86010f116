package detections

import (
	"testing"

	"github.com/sekisho/sekisho"
)

func TestDoublings(t *testing.T) {
	for _, c := range []struct {
		n, want int
		key     string
		weight  sekisho.Nats
	}{{4, 0, "5", 8}, {5, 1, "5", 8}, {9, 1, "5", 8}, {10, 2, "10", 4}, {19, 2, "10", 4}, {20, 3, "20", 4}} {
		if got := doublings(c.n, 5); got != c.want {
			t.Errorf("doublings(%d, 5) = %d, want %d", c.n, got, c.want)
		}
		if got := step(c.n, 5); got != c.key {
			t.Errorf("step(%d, 5) = %s, want %s", c.n, got, c.key)
		}
		if got := lessAfter(c.n, 5, 8); got != c.weight {
			t.Errorf("lessAfter(%d, 5, 8) = %d, want %d", c.n, got, c.weight)
		}
	}
}

// A thief who calls himself a console while signing with a lasting key must not
// pass for one; a console session must.
func TestByConsoleDoesNotBelieveLastingKeys(t *testing.T) {
	e := sekisho.Event{Client: sekisho.Client{Family: "browser"}}
	if !byConsole(&e) {
		t.Error("a browser's session is not taken for a console")
	}
	e.Actor.LongTerm = true
	if byConsole(&e) {
		t.Error("a lasting key is taken for a console because it says so")
	}
}

func TestPrivateAddresses(t *testing.T) {
	for ip, want := range map[string]bool{
		"10.0.0.7": true, "fd00::1": true, "127.0.0.1": true, "169.254.1.1": true, "": true, "service.example": true,
		"192.0.2.7": false, "2001:db8::1": false,
	} {
		if got := private(ip); got != want {
			t.Errorf("private(%q) = %t, want %t", ip, got, want)
		}
	}
}
