package config

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// Matcher tells whether an identity or resource is among those named: by its
// role or user name, or by a glob over its ARN such as "*:role/agent-*". The
// zero Matcher matches nothing. A Matcher is immutable.
//
// Letter case counts, as it does in ARNs: an attacker who may create roles
// must not pass for automation by a name that only looks the same.
type Matcher struct {
	names map[string]bool // exact names and exact ARNs
	globs []glob
	words []string // all patterns, as written
}

// NewMatcher compiles patterns. In a pattern "*" stands for any run of
// characters and "?" for any one. A pattern that holds a ":" or "/" is compared with
// ARNs, any other with names.
func NewMatcher(patterns ...string) Matcher {
	m := Matcher{names: map[string]bool{}, words: patterns}
	for _, p := range patterns {
		if strings.ContainsAny(p, "*?") {
			m.globs = append(m.globs, glob{pattern: p, arn: isARN(p)})
		} else {
			m.names[p] = true
		}
	}
	return m
}

// isARN tells patterns over ARNs from names: the name of a user or role holds
// neither character (IAM allows letters, digits and +=,.@_-).
func isARN(pattern string) bool { return strings.ContainsAny(pattern, ":/") }

// Empty reports whether the matcher names nobody.
func (m Matcher) Empty() bool { return len(m.words) == 0 }

// Patterns are the patterns as written.
func (m Matcher) Patterns() []string { return m.words }

// Match reports whether the name or ARN is among those named, and by which
// pattern. An empty name or ARN matches nothing.
func (m Matcher) Match(name, arn string) (pattern string, ok bool) {
	if name != "" && m.names[name] {
		return name, true
	}
	if arn != "" && m.names[arn] {
		return arn, true
	}
	for _, g := range m.globs {
		text := name
		if g.arn {
			text = arn
		}
		if text != "" && matchGlob(g.pattern, text) {
			return g.pattern, true
		}
	}
	return "", false
}

// Actor is Match for an event's actor.
func (m Matcher) Actor(a *sekisho.Actor) (pattern string, ok bool) { return m.Match(a.Name, a.ARN) }

// glob is one pattern with wild cards.
type glob struct {
	pattern string
	arn     bool // compared with the ARN, not with the name
}

// matchGlob compares byte by byte and, at a mismatch, goes back to the last
// "*" only: its time is at most the product of both lengths, whatever the
// pattern, unlike that of a recursive matcher.
func matchGlob(pattern, text string) bool {
	p, t := 0, 0
	star, resume := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
