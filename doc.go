// Package sekisho holds the nouns that every other package speaks in: Event,
// Actor, Effect, Finding, Incident. It imports the standard library only and
// names no vendor; a provider translates its records into these words, and no
// stage after that knows where an event came from.
//
// The words, one per idea:
//
//   - event: one thing that one identity did, as a feed told it.
//   - identity: a human, workload, agent or service with a lasting id.
//   - principal: an identity as the control plane sees it; all sessions of a
//     role are one principal, known by the role's id.
//   - credential: a key or session that signs events.
//   - lineage: which credential issued which; its earliest known actor is the
//     root.
//   - episode: a root's activity, with gaps under 30 minutes, cut at 4 hours.
//   - token: one deduplicated piece of evidence in an episode.
//   - finding: a named behaviour that fired.
//   - incident: the findings on one lineage.
//   - tier: how far a response may go, from T0 (observe) to T5 (people only).
//   - change: one planned edit of the outside world.
//   - tripwire: a finding so rarely benign that it alone makes an incident
//     medium.
package sekisho
