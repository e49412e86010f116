// Package detect says what a behaviour is and what it may ask.
//
// A behaviour is a value: a Detection. It sees one event at a time and a Scope
// of what is known: what is usual for the actor, what the lineage did in the
// last minutes, who can do what. It keeps no state of its own, so the engine
// can bound, shard, snapshot and replay it without reading its code.
package detect

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// Feed names what a deployment must collect for a behaviour to see its events.
type Feed string

const (
	FeedManagementWrite Feed = "management events (write)"
	FeedManagementRead  Feed = "management events (read)"
	FeedData            Feed = "data events"
	FeedSignIn          Feed = "sign-in events"
	FeedNotice          Feed = "service events"
	FeedDirectory       Feed = "the directory's log"
	FeedSource          Feed = "the code host's log"
	FeedTraffic         Feed = "records of the network"
	FeedFindings        Feed = "findings of the provider's detector"
)

// On says which events a behaviour wants to see: any of the traits set. The
// low bits are effect kinds.
type On uint64

const (
	OnAny    On = 1 << (63 - iota) // every event; expensive, for very few behaviours
	OnDenied                       // Outcome is Denied
	OnList                         // Level is List
	OnRead                         // Level is Read
	OnWrite                        // Level changes something
	OnSignIn                       // Kind is SignIn
	OnNotice                       // Kind is Notice
	OnTried                        // Tried holds something
)

// OnEffect is the trait of having an effect of any of the kinds.
func OnEffect(kinds ...sekisho.EffectKind) On {
	var on On
	for _, k := range kinds {
		on |= 1 << k
	}
	return on
}

// Traits are the traits of one event.
func Traits(e *sekisho.Event) On {
	on := OnAny
	for i := range e.Effects {
		on |= 1 << e.Effects[i].Kind
	}
	if len(e.Tried) > 0 {
		on |= OnTried
		if e.Kind == sekisho.Traffic {
			on |= 1 << e.Tried[0].Kind // what the network refuses tells as much
		}
	}
	switch e.Level {
	case sekisho.LevelList:
		on |= OnList
	case sekisho.LevelRead:
		on |= OnRead
	case sekisho.LevelWrite, sekisho.LevelPermissions, sekisho.LevelTag:
		on |= OnWrite
	}
	if e.Outcome == sekisho.Denied {
		on |= OnDenied
	}
	switch e.Kind {
	case sekisho.SignIn:
		on |= OnSignIn
	case sekisho.Notice:
		on |= OnNotice
	}
	return on
}

// Detection is one behaviour. All fields but Atlas are required; a test in
// package detections says which one is missing.
type Detection struct {
	ID    string // the file's name with dashes
	Title string // what happened, as a heading
	// Why says what makes the behaviour telling; BlindTo what it cannot see;
	// FalsePositives who does it for good reason; Keys what makes two
	// occurrences the same token.
	Why            string
	BlindTo        []string
	FalsePositives []string
	Keys           string

	Phases []sekisho.Phase // ATT&CK tactics by short name, the main one first
	Attack []string        // ATT&CK technique ids
	Atlas  []string        // ATLAS technique ids

	Family   sekisho.Family
	Tripwire bool
	// Decisive says that what it tells of is power taken or harm done, which
	// people also do at work: where the lineage is in doubt (Tempo.Doubted) a hit
	// on what succeeded is a tripwire, whatever excuses it otherwise.
	Decisive bool
	Weight   sekisho.Nats // what a plain hit claims
	Origin   string       // where Weight comes from
	Feed     Feed
	Cut      string // what to cut when it fires, in words

	On    On
	Match func(s *Scope, e *sekisho.Event) *Hit

	Examples []Example
}

// Hit is one firing. Zero fields fall back to the Detection's own.
type Hit struct {
	Key    string // distinguishes tokens of one behaviour; "" is one per episode
	Reason string // one sentence with numbers; required, unless Why is there
	// Why makes the reason, for behaviours that hit again and again: it is
	// called only for a hit that is new evidence, while the event is at hand.
	Why    func() string
	Weight sekisho.Nats // 0: the Detection's
	// Demote takes the tripwire away from this hit of a tripwire behaviour,
	// where the facts make it less than one.
	Demote bool
	// Phases are the Detection's where this is nil. Where the event says by itself what it
	// is for, they are the event's; empty and not nil where that is nothing yet.
	Phases []sekisho.Phase
	// Changes are what is otherwise than it was, for a report to show as two
	// columns.
	Changes []sekisho.Change
	// Prior is what somebody else did before that made way for this.
	Prior *sekisho.Prior
}

// Example is a small trace in which the marked lines must fire and the others
// must stay quiet. See ParseTrace for the language.
type Example struct {
	Name  string
	Trace string
}

// Positive reports whether any line of the example is marked.
func (x Example) Positive() bool {
	for line := range strings.Lines(x.Trace) {
		if strings.HasPrefix(strings.TrimSpace(line), ">") {
			return true
		}
	}
	return false
}
