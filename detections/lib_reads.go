package detections

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// byProvider reports whether the provider made the call itself, or for the
// actor: such calls have no source, and their tempo is the provider's.
func byProvider(e *sekisho.Event) bool {
	return e.Actor.Type == sekisho.ActorService || e.Actor.Kind == sekisho.KindService || e.Actor.OnBehalf != ""
}

// refusedEntry reports whether somebody tried to sign in and could not: whoever it was,
// the identity was not taken by it.
func refusedEntry(e *sekisho.Event) bool { return e.Kind == sekisho.SignIn && !e.Succeeded() }

// byConsole reports whether a person's web console made the call. One page of
// it lists and reads dozens of things, many of them refused. A console never
// signs with a lasting key: who claims to be one with such a key is not.
func byConsole(e *sekisho.Event) bool {
	return !e.Actor.LongTerm && (e.Actor.FromConsole || e.Client.Family == "console" || e.Client.Family == "browser")
}

// partner reports whether the actor is a declared partner's, such as a posture
// scanner, whose work is to read everything.
func partner(s *detect.Scope, e *sekisho.Event) bool {
	return e.Actor.Account != e.Account && s.Trusted(e.Actor.Account)
}

// commandLine reports whether the client is an interactive command line.
func commandLine(c *sekisho.Client) bool {
	return c.Family == "cli" || strings.HasSuffix(c.Family, "-cli")
}

// softwareOf is the value of the feature detect.Software.
func softwareOf(c *sekisho.Client) string {
	if c.OS == "" {
		return c.Family
	}
	return c.Family + " on " + c.OS
}

// private reports whether an address says nothing about where on the internet
// a caller is: it is inside a private network, or none.
func private(ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err != nil || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()
}

// doublings is how often base doubles into n: 0 for n < base, 1 from base, 2
// from twice base, … It makes tokens of breadth: each doubling is new evidence,
// and one more call of many is not.
func doublings(n, base int) int {
	return bits.Len(uint(n / base))
}

// step names a doubling in a token's key.
func step(n, base int) string { return strconv.Itoa(base << max(doublings(n, base)-1, 0)) }

// lessAfter is a behaviour's weight at its first firing, at base, and half of it
// for each doubling beyond: more of the same says less than the first of it.
func lessAfter(n, base int, weight sekisho.Nats) sekisho.Nats {
	if doublings(n, base) > 1 {
		return weight / 2
	}
	return weight
}

// plural is "1 role", "2 roles".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
