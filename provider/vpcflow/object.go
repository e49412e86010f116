package vpcflow

import (
	"bytes"
	"crypto/sha256"

	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// objectMax is more than a flow's 40 fields can fill. What is longer is another's record,
// and not looked into.
const objectMax = 8 << 10

// spellings of "srcaddr" in the keys of flows.
var spellings = [...][]byte{[]byte("rcAddr"), []byte("rcaddr"), []byte("rc_addr"), []byte("rc-addr")}

// compactObject is Format.Compact, for flows that a tool made objects of: flat, with the
// fields' names as keys, each in some spelling.
func compactObject(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
	if !maybeFlow(raw) {
		return dst, normalize.Key{}, normalize.NotMine, "no flow"
	}
	i := rawjson.SkipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return dst, normalize.Key{}, normalize.NotMine, "no flow"
	}
	if end, _ := rawjson.SkipValue(raw, i, 0); end < 0 || rawjson.SkipSpace(raw, end) != len(raw) {
		return dst, normalize.Key{}, normalize.NotMine, "not a complete JSON object"
	}
	var f flow
	var seen [fTask + 1]bool
	reason, fields := "", 0
	rawjson.Members(raw, func(key []byte, plain bool, value []byte) bool {
		if !plain {
			key = rawjson.AppendUnescaped(nil, key)
		}
		to := fieldOf(key)
		if to <= fOther {
			if to == fOther {
				fields++
			}
			return true
		}
		if seen[to] {
			f.repeated = true // the first counts
			return true
		}
		seen[to] = true
		fields++
		if r := f.set(to, []byte(rawjson.TextOf(value))); r != "" && reason == "" {
			reason = r
		}
		return true
	})
	switch {
	case !seen[fSrcAddr] || !seen[fDstAddr] || fields < 4 || !(seen[fInterface] || seen[fDirection] || seen[fStatus] || seen[fAction]):
		return dst, normalize.Key{}, normalize.NotMine, "no flow"
	case reason != "":
		return dst, normalize.Key{}, normalize.Unreadable, reason
	}
	sum := sha256.Sum256(rawjson.Canonical(raw))
	return f.finish(dst, sum[:8])
}

// maybeFlow is false for nearly all records that are no flow, at the cost of looking over
// one that is short.
func maybeFlow(raw []byte) bool {
	if len(raw) > objectMax {
		return false
	}
	for _, s := range spellings {
		if bytes.Contains(raw, s) {
			return true
		}
	}
	return false
}
