package sekisho

import "time"

// Nats is evidence in millionths of a nat. Sums of evidence decide, so they
// are whole numbers: the same tokens give the same score in any order.
type Nats int64

// Nat is one natural unit of evidence: a likelihood ratio of e.
const Nat Nats = 1_000_000

// Float is the value in nats, for display only.
func (n Nats) Float() float64 { return float64(n) / float64(Nat) }

// Family is a group of behaviours whose evidence is correlated, and therefore
// capped together.
type Family uint8

const (
	FamilySource   Family = iota // where from, with which client
	FamilyTempo                  // how fast, how broad, how many refusals
	FamilyAction                 // what was done
	FamilyLineage                // who gave what to whom, and to which target
	FamilyTripwire               // what almost nobody does for a good reason

	Families // how many there are
)

// String names the family as reports print it.
func (f Family) String() string {
	return [...]string{"source", "tempo", "action", "lineage", "tripwire"}[min(int(f), 4)]
}

// Phase is an ATT&CK tactic by its short name, such as "privilege-escalation".
type Phase string

// Finding is a named behaviour that fired on one event.
type Finding struct {
	Detection string // id of the behaviour
	Title     string
	EventID   string
	Source    string // the event's feed: ids are one feed's own
	At        time.Time
	Identity  string // Actor.ID of the event
	Reason    string // one sentence with numbers
	// Key makes the finding one token: the same detection and key count once
	// in an episode.
	Key      string
	Family   Family
	Tripwire bool
	// Excepted says that the operator declared it to be ordinary: it weighs
	// nothing, unless its lineage has a tripwire.
	Excepted bool
	// Backs says that the finding is evidence of who acts, how and after what, and
	// not of what was done with power: it can stand beside a tripwire.
	Backs   bool
	Start   Nats // what the behaviour claims by itself, before any fit
	Claimed Nats // what the model makes of that
	Weight  Nats // what the family's cap left of it
	Phases  []Phase
	Attack  []string
	Atlas   []string
	Feed    string // what the deployment must collect to see this: see Feeds in package detect
	Cut     string // what to cut here, in words
	// Changes are the habits that the identity broke with at once.
	Changes []Change
	// Prior is what somebody else did before that made way for it, nil if nothing is
	// known: a help desk took a person's second factor away. It joins nothing.
	Prior *Prior
	// Supposed is what it would have been, had something been declared that is
	// not; only where that makes a difference.
	Supposed []Supposed
}

// Prior is an earlier act on which a finding of another lineage rests.
type Prior struct {
	At      time.Time
	EventID string
	By      string // Identity.ID of who did it
	Name    string // and as people call it
}

// Supposed is a finding under a fact that was not declared.
type Supposed struct {
	Fact     Fact
	Name     string // who or what would have been declared
	Claimed  Nats   // 0: it would not have fired
	Family   Family
	Tripwire bool
}

// Fact is something that an organisation can declare about itself.
type Fact string

const (
	FactAutomation   Fact = "automation"      // an identity is automation
	FactChangeWindow Fact = "change-window"   // work at that time was announced
	FactTrusted      Fact = "trusted-account" // an account is a partner's
	FactNetwork      Fact = "network"         // a network is one's own
)

// Record names the record behind the finding: an event's id is unique in its feed alone.
func (f *Finding) Record() string { return f.Source + " " + f.EventID }
