package github

// effect adds to a record's event what the action changed, gave or took.
type effect func(r *record)

// effectsOf are the actions that have effects, but for those about guards. What is not
// here has none, unless its name says that it switches off what detects (see defence).
//
// Left out on purpose: webhooks, whose payloads tell of commits without their content and
// go to an address that the record may not give; blocking people; alerts dismissed and
// pushes let through one by one, which is daily work; issues, projects and discussions.
var effectsOf = func() map[string]effect {
	out := map[string]effect{}
	for _, table := range []map[string]effect{buildEffects, sourceEffects, credentialEffects, powerEffects, directoryEffects, identityEffects, organizationEffects, defenceEffects} {
		for action, f := range table {
			if out[action] != nil {
				panic("github: two effects of " + action)
			}
			out[action] = f
		}
	}
	return out
}()

// all makes one effect of several.
func all(effects ...effect) effect {
	return func(r *record) {
		for _, f := range effects {
			f(r)
		}
	}
}

// each makes a table in which one effect stands for several actions.
func each(f effect, actions ...string) map[string]effect {
	out := make(map[string]effect, len(actions))
	for _, a := range actions {
		out[a] = f
	}
	return out
}

// merge joins tables.
func merge(tables ...map[string]effect) map[string]effect {
	out := map[string]effect{}
	for _, table := range tables {
		for action, f := range table {
			out[action] = f
		}
	}
	return out
}
