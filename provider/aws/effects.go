package aws

import "github.com/sekisho/sekisho"

// effectFunc appends the effects of one successful call of its action.
type effectFunc func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect

// effectTables holds, by action, what a call changes, gives or takes. Each
// group is one file; a test holds that no action is in two of them.
var effectTables = []map[call]effectFunc{sessionEffects, identityEffects, workloadEffects, jobEffects, computeEffects,
	dataEffects, modelEffects, mailEffects, probeEffects, guardEffects, destroyEffects, shareEffects, defenceEffects,
	directoryEffects, organizationEffects, policyEffects, pipelineEffects}

// effectTable joins them for one look-up an event.
var effectTable = joinTables(effectTables)

// effectsMax bounds the effects of one call: RunInstances and the policy calls
// can name many things at once, and a record may be forged. It is more than any
// documented list (SendCommand takes 50 instances, BatchGetSecretValue 20
// secrets).
const effectsMax = 100

// effects appends to dst what the call of e changed, gave or took, with every
// other field of e filled. A call that did not succeed changed nothing; of it
// only the attempt to become a role remains, and what it tried (see tried).
func effects(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	name := call{e.Service, e.Action}
	if !e.Succeeded() {
		if assumes[name] {
			return appendTry(e, dst)
		}
		return dst
	}
	return apply(effectTable[name], e, dst)
}

// tried appends to dst what a call that did not succeed would have changed. Of
// a refused call the record often keeps no parameters: then the effect names
// nothing, and only says what sort it would have been.
func tried(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	name := call{e.Service, e.Action}
	if e.Succeeded() || assumes[name] {
		return dst
	}
	return apply(effectTable[name], e, dst)
}

// apply runs an effect function, nil for a call without effects, within bounds.
func apply(f effectFunc, e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
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
