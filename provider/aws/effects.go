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

// effects appends to done what the call of e changed, gave or took, and to
// tried what it would have, with every other field of e filled. A call that did
// not succeed changed nothing: of it only the attempt to become someone remains
// in done. Of a refused call the record often keeps no parameters: then what it
// tried names nothing, and only says what sort it would have been.
func (c *callInfo) effects(e *sekisho.Event, done, tried []sekisho.Effect) ([]sekisho.Effect, []sekisho.Effect) {
	switch {
	case e.Succeeded():
		return apply(c.effect, e, done), tried
	case c.assumes:
		return appendTry(e, done), tried
	}
	return done, apply(c.effect, e, tried)
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
