// Package github is all that knows GitHub: what a record of the audit log of an
// organization or enterprise means, and what an action there changes.
package github

import (
	"bytes"
	"errors"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// Source is the name of the format.
const Source = "github-audit"

// Audit is the format of the records of an audit log, as the REST API, the exports and the
// streams of an enterprise give them.
//
// It is made of layouts, for two reasons. The time stands in "@timestamp" in what is
// streamed, and only in "created_at" in some exports. And records about guards have
// fields of their own; see fields.go. A compact record begins with the number of its
// layout.
func Audit() normalize.Format {
	parts := [...]normalize.Format{part(fAt, false), part(fAt, true), part(fCreated, false), part(fCreated, true)}
	return normalize.Format{
		Name: Source,
		Compact: func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
			if !bytes.Contains(raw, []byte(`"action"`)) { // most records of others are told by this
				return dst, normalize.Key{}, normalize.NotMine, foreign
			}
			for i := range parts {
				out, key, verdict, reason := parts[i].Compact(append(dst, byte(i)), raw)
				switch verdict {
				case normalize.Read:
					return out, key, verdict, ""
				case normalize.NotMine:
				default:
					return dst, normalize.Key{}, verdict, reason
				}
			}
			return dst, normalize.Key{}, normalize.NotMine, foreign
		},
		Prefix: func(dst, text []byte) ([]byte, int, normalize.Key) {
			out, length, key := parts[0].Prefix(append(dst, 0), text) // nearly all are of this one
			if length == 0 {
				return dst, 0, key
			}
			return out, length, key
		},
		NewExpander: func() normalize.Expander {
			x := &expander{}
			for i := range parts {
				x.of = append(x.of, parts[i].NewExpander())
			}
			return x
		},
	}
}

const foreign = "not a record of GitHub's audit log"

// part is one of the layouts.
func part(at int, guards bool) normalize.Format {
	rest, table := otherNames, effectsOf
	if guards {
		rest, table = guardNames, guardEffects
	}
	return normalize.Layout{
		Name: Source, Fields: append(sharedNames[:shared:shared], rest...), ID: fID, Time: at, From: fActor, To: fHash, Clock: clock,
		Judge: func(v normalize.Values) (normalize.Verdict, string) {
			if guards != isGuard(v.Raw(fAction)) || (at == fAt) != v.Has(fAt) || !ours(&v) {
				return normalize.NotMine, foreign
			}
			return normalize.Read, ""
		},
		NewMapping: func() func(*sekisho.Event, *normalize.Values) {
			r := &record{guard: guards, memory: newMemory()}
			return func(e *sekisho.Event, v *normalize.Values) {
				r.e, r.v = e, v
				r.read()
				if effects := table[e.Action]; effects != nil {
					effects(r)
				} else if !guards {
					r.defence()
				}
			}
		},
	}.Format()
}

type expander struct{ of []normalize.Expander }

// Expand implements normalize.Expander.
func (x *expander) Expand(e *sekisho.Event, compact []byte) error {
	if len(compact) == 0 || int(compact[0]) >= len(x.of) {
		return errors.New("expand a record of " + Source + ": not this version's compact form; read the source again")
	}
	return x.of[compact[0]].Expand(e, compact[1:])
}

// ours tells records of this source. Their action is "category.operation", and who acted
// is a text: in the webhooks of the same vendor, and in the logs of others, it is an object.
func ours(v *normalize.Values) bool {
	action := v.Raw(fAction)
	if !dotted(action) || nested(v.Raw(fActor)) || nested(v.Raw(fRepo)) || nested(v.Raw(fRepository)) {
		return false
	}
	_, known := topics[category(string(action))]
	return known || v.Has(fID) || v.Has(fOrg) || v.Has(fBusiness) || v.Has(fRepo) || v.Has(fRepository)
}

// actionMax is longer than any action's name is.
const actionMax = 160

// dotted reports whether a text is words of small letters with dots between them.
func dotted(action []byte) bool {
	dots, last := 0, byte('.')
	for _, c := range action {
		switch {
		case c == '.' && last != '.':
			dots++
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_':
		default:
			return false
		}
		last = c
	}
	return dots > 0 && last != '.' && len(action) <= actionMax
}

func nested(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }

// isGuard reports whether an action is about what keeps code from changing unreviewed.
func isGuard(action []byte) bool {
	for _, prefix := range [...]string{"protected_branch.", "repository_ruleset.", "required_status_check."} {
		if bytes.HasPrefix(action, []byte(prefix)) {
			return true
		}
	}
	return false
}

// clock reads the time: milliseconds since 1970, or, in what went through other hands, a
// time stamp.
func clock(text []byte) (ns int64, ok bool) {
	if ns, ok = normalize.Unix(text); ok {
		return ns, ok
	}
	return normalize.Stamp(text)
}
