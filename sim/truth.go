package sim

import (
	"encoding/json"
	"fmt"
	"time"
)

// Truth is what really happened, kept apart from the records: nothing in a
// record says whether it belongs to the attack.
type Truth struct {
	Schema   string `json:"schema"` // "sekisho.sim.truth/v1"
	Campaign string `json:"campaign"`
	// Title says in a line what happened.
	Title string `json:"title,omitempty"`
	// Harmless says why what happened is no takeover by a stranger; "" if it is.
	Harmless string        `json:"harmless,omitempty"`
	Settings TruthSettings `json:"settings"`
	Root     TruthActor    `json:"root"` // whose credential it began with
	// Principals are those that acted for the intruder; in eight-minutes those
	// that the write-up counts: 14 role sessions and 5 users.
	Principals []TruthActor `json:"principals"`
	// Workloads acted for the attacker without being counted: the rewritten
	// function's execution session.
	Workloads []TruthActor `json:"workloads"`
	// Outside are principals of other accounts and services who signed a record
	// of the attack, without an identity here.
	Outside []TruthActor `json:"outside,omitempty"`
	// Minted are the access keys made on the way, used or not.
	Minted []TruthKey `json:"minted"`
	// PointOfNoReturn is the call that gave what was lacking: the
	// administrator's key.
	PointOfNoReturn TruthEvent `json:"point_of_no_return"`
	// FirstCodeChange is the call at which the function stopped being the
	// owner's, and FirstMint the first key that it made (for a user without
	// power): the two calls between which a careful observer can already know.
	// Only eight-minutes has them.
	FirstCodeChange TruthEvent `json:"first_code_change,omitzero"`
	FirstMint       TruthEvent `json:"first_mint,omitzero"`
	// Decisive are the steps without which the incident would not have been
	// what it was, in order; every scenario has them.
	Decisive []TruthEvent `json:"decisive,omitempty"`
	// Person is who was taken over, by the names that each system has for the same
	// person. Only campaigns over several systems have it.
	Person *TruthPerson `json:"person,omitempty"`
	// Keyless says where the trail from one system to the next has no key that a
	// record holds, so that nobody could join it but by time, address or name; "" if
	// each step has one.
	Keyless string `json:"keyless,omitempty"`
	// Telling are the ids of events that a careful observer could tell the
	// attack by, and Stoppable says whether three of them came at least ten
	// seconds before the point of no return. Only campaigns have them.
	Telling    []string     `json:"telling,omitempty"`
	Stoppable  bool         `json:"stoppable,omitempty"`
	Phases     []TruthPhase `json:"phases"`
	Events     []TruthEvent `json:"events"` // all of the attack, in order
	Background int          `json:"background_events"`
}

// TruthSettings are the options that the recording was made with.
type TruthSettings struct {
	Seed          uint64 `json:"seed"`
	Start         string `json:"start"`
	PaceSeconds   int    `json:"pace_seconds,omitzero"` // from the first call to the function's first change
	Background    bool   `json:"background"`
	HistoryDays   int    `json:"history_days"`
	Demonstrated  bool   `json:"demonstrated,omitzero"`
	RecordedNames bool   `json:"recorded_names,omitzero"`
	DataEvents    bool   `json:"data_events"`
	// Scale is how much slower than written a campaign was played.
	Scale float64 `json:"scale,omitzero"`
}

// TruthActor is a principal: a user by its id, a session by role id and name.
type TruthActor struct {
	Kind       string `json:"kind"` // "user", "session", "federated"
	ID         string `json:"id"`
	Name       string `json:"name"`
	ARN        string `json:"arn"`
	Account    string `json:"account"`
	Credential string `json:"credential,omitempty"`
	Identity   string `json:"identity"` // the lasting id behind it: the user's, or the role's
	// Also are further names of the same person or machine, in other systems.
	Also []string `json:"also,omitempty"`
}

// TruthPerson is one person in each system.
type TruthPerson struct {
	Mail   string   `json:"mail"`
	Okta   string   `json:"okta,omitempty"`   // user id
	GitHub string   `json:"github,omitempty"` // login
	AWS    []string `json:"aws,omitempty"`    // role ids that the directory gives
}

// TruthKey is an access key that the attack made.
type TruthKey struct {
	Credential string `json:"credential"`
	Owner      string `json:"owner"`
	EventID    string `json:"event_id"`
	Used       bool   `json:"used"`
}

// TruthPhase is the span of an ATT&CK tactic.
type TruthPhase struct {
	Phase  string `json:"phase"`
	First  string `json:"first_event_id"`
	From   string `json:"from"`
	To     string `json:"to"`
	Events int    `json:"events"`
}

// TruthEvent is one record of the attack.
type TruthEvent struct {
	ID     string `json:"event_id"`
	At     string `json:"at"`
	Phase  string `json:"phase"`
	Name   string `json:"name"`
	Actor  string `json:"actor"` // id of the principal, as in principals or workloads
	Failed bool   `json:"failed,omitempty"`
	Kind   string `json:"kind,omitempty"` // of the record, where it is not CloudTrail's
}

// JSON is the truth as a file holds it: one event a line would be shorter, but
// a person reads this one.
func (t *Truth) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the truth file: %w", err)
	}
	return append(b, '\n'), nil
}

// gather fills in what the recording itself tells: events and phases.
func (t *Truth) gather(rec *Recording) {
	at := map[string]int{}
	for i := range rec.entries {
		e := &rec.entries[i]
		if e.phase == "" {
			t.Background++
			continue
		}
		when := e.at.Format(time.RFC3339Nano) // CloudTrail's are whole seconds
		t.Events = append(t.Events, TruthEvent{e.id, when, e.phase, e.name, e.who.id, e.failed, e.kind})
		n, seen := at[e.phase]
		if !seen {
			n = len(t.Phases)
			at[e.phase] = n
			t.Phases = append(t.Phases, TruthPhase{Phase: e.phase, First: e.id, From: when})
		}
		t.Phases[n].To = when
		t.Phases[n].Events++
	}
}

// event finds an event of the attack by id.
func (t *Truth) event(id string) TruthEvent {
	for _, e := range t.Events {
		if e.ID == id {
			return e
		}
	}
	return TruthEvent{}
}
