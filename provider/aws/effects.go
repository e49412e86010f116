package aws

import "github.com/sekisho/sekisho"

// effectFunc appends the effects of one successful call of its action.
type effectFunc func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect

// effectTables holds, by action, what a call changes, gives or takes. Each
// group is one file; a test holds that no action is in two of them.
var effectTables = []map[call]effectFunc{sessionEffects, identityEffects, workloadEffects, jobEffects, computeEffects,
	dataEffects, shareEffects, defenceEffects}

// effectTable joins them for one look-up an event.
var effectTable = joinTables(effectTables)

// effectsMax bounds the effects of one call: RunInstances and the policy calls
// can name many things at once, and a record may be forged. It is more than any
// documented list (SendCommand takes 50 instances, BatchGetSecretValue 20
// secrets).
const effectsMax = 100

// effects appends to dst what the call of e changed, gave or took, with every
// other field of e filled. A call that did not succeed changed nothing; of it
// only the attempt to become a role remains.
func effects(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	name := call{e.Service, e.Action}
	if !e.Succeeded() {
		if assumes[name] {
			return appendTry(e, dst)
		}
		return dst
	}
	f := effectTable[name]
	if f == nil {
		return dst
	}
	start := len(dst)
	dst = f(e, dst)
	if len(dst)-start > effectsMax {
		dst = dst[:start+effectsMax]
	}
	return dst
}

func joinTables(tables []map[call]effectFunc) map[call]effectFunc {
	all := make(map[call]effectFunc)
	for _, t := range tables {
		for name, f := range t {
			all[name] = f
		}
	}
	return all
}
