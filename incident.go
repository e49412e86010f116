package sekisho

import "time"

// Severity of an incident. The order is the order of urgency.
type Severity uint8

const (
	SeverityLow Severity = iota
	SeverityMedium
	SeverityHigh
	SeverityCritical
)

// String is the word used in reports.
func (s Severity) String() string {
	return [...]string{"low", "medium", "high", "critical"}[min(int(s), 3)]
}

// Identity is one party to an incident.
type Identity struct {
	ID           string
	Name         string
	ARN          string
	Account      string
	Kind         IdentityKind
	KindEvidence string
	System       string // in which it is met: "aws", "okta"; "" where that is not known
	// Person is the name, of those that directories vouch for, under which the same person
	// is known in other systems; "" where it has none.
	Person string
}

// Credential is one key or session that acted in an incident, with the edge
// that explains where it came from.
type Credential struct {
	ID       string
	Identity string    // Identity.ID of its owner
	Session  string    // session name, "" for a lasting key
	IssuedBy string    // credential that issued it, "" if unknown
	IssuedAt time.Time // zero if unknown
	Via      string    // event name of the issuing call, "" if unknown
	Strength string    // how the edge was joined: see package lineage
}

// Raise is one rise of an incident's severity.
type Raise struct {
	Severity Severity
	Score    Nats
	At       time.Time
	EventID  string
}

// Action is one cut that containment would make.
type Action struct {
	Action     string // "aws.deactivate-key"
	Target     string // ARN, access key id or resource id
	Reversible bool
	Why        string
	At         time.Time
	EventID    string
}

// Containment is the first decision that would act by itself.
type Containment struct {
	Tier    int // highest tier reached
	At      time.Time
	EventID string
	Rule    string // which of the three conditions was met: "two-tripwires", "tripwire-chain", "score-chain"
	Actions []Action
}

// NoReturn is the point of no return: the call that gave the lineage power it
// lacked, or the first harm that cannot be taken back.
type NoReturn struct {
	At      time.Time
	EventID string
	Basis   Basis
	Why     string
}

// Intervention is the earliest event of a phase at which a cut would have
// broken the chain.
type Intervention struct {
	Phase   Phase
	EventID string
	At      time.Time
	Cut     string
	Feed    string // what had to be collected to see it
	InTime  bool   // not after the point of no return
}

// Incident is what one lineage did, and what it calls for.
type Incident struct {
	ID           string
	Title        string
	Severity     Severity
	Score        Nats
	Uncalibrated bool // thresholds are the shipped ones
	OpenedAt     time.Time
	OpenedBy     string // event id
	Raised       []Raise
	FirstEventAt time.Time
	LastEventAt  time.Time
	Root         Identity
	Identities   []Identity
	Credentials  []Credential
	Findings     []Finding
	Containment  *Containment
	NoReturn     *NoReturn
	Verdict      *Verdict // a person's, nil if none was given by the latest event
	MergedInto   string   // id of the incident that took this one in, "" if it stands
	Excess       int      // findings beyond the bound, counted but not kept
	Chain        []string // the lineage in sentences: "ASIA… ← AssumeRole by AKIA… at …"
	// Interventions are, for each phase, the earliest event at which a cut
	// would have broken the chain; in order of time.
	Interventions []Intervention
	Explanation   Explanation
	// Changes compare identities before with what they do now: evidence for a
	// change of control, an aspect a line, in the order in which they appeared.
	Changes []Change
}

// Change is one aspect of how an identity works, before and now.
type Change struct {
	Identity    string // Identity.ID
	Aspect      string // "network", "program", "credential", "services", "hours", "tempo", "aims"
	Before, Now string // in words
	Days        int    // of history that Before rests on
	Weight      Nats   // how far apart they are: of this aspect alone, before any cap
}

// Explanation says what an incident's decision rests on, and what would have
// changed it. It speaks of the moment of the decision for containment; where
// there was none, of the incident as it stands.
type Explanation struct {
	At    time.Time
	Score Nats           // then
	Rests []Contribution // what weighed most, in falling order
	// WhatIf is computed by judging the evidence again under other circumstances.
	// It counts evidence alone: what a declared fact would have done to lineages
	// and baselines is not in it.
	WhatIf []WhatIf
}

// Contribution is what one behaviour brought to the score.
type Contribution struct {
	Detection string
	Title     string
	Weight    Nats // of all its findings until then
	Findings  int
	Tripwire  bool
	Reason    string // of the finding that weighs most
}

// WhatIf is one circumstance under which the decision would have been another,
// or the score lower.
type WhatIf struct {
	Kind string // "without" a behaviour, "declared" a fact, with one piece "more"
	What string // the behaviour, the Fact, or the pieces
	Name string // of a fact: who or what would have been declared
	// Score that there would have been at Explanation.At; for "more", that there
	// would be.
	Score Nats
	// Outcome is "same", "later" (At says when), "never", or for "more" "contained".
	Outcome string
	At      time.Time
	Text    string // one sentence with numbers
}
