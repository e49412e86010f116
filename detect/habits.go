package detect

import (
	"time"

	"github.com/sekisho/sekisho"
)

// Surprise is how unusual a value is for a subject: an identity, a workload or
// a privileged resource.
type Surprise struct {
	// Nats is −ln of the probability that an active day of the subject shows the
	// value: learned with decay by event day, shrunk from the subject to its
	// peers, its account and everyone (knowledge of the few borrows from the many).
	Nats sekisho.Nats
	// Days is on how many days of history the subject was active, Own on how many
	// of them it showed the value; Peers is how many others of its group did.
	Days, Own, Peers int
}

// Measure is an amount that subjects have habits of.
type Measure uint8

const (
	Breadth      Measure = iota // distinct actions in an episode
	ServiceCount                // distinct services in an episode
	Refusals                    // refused calls in an episode
	PerMinute                   // most calls in one minute of an episode
	Objects                     // objects read on a day
	Runs                        // model runs on a day
	Secrets                     // distinct secrets read on a day
	Issued                      // credentials issued on a day
	Shared                      // things opened or copied to other accounts on a day
	Sent                        // MiB sent outside on a day
	Sources                     // copies of code taken on a day
	Measures
)

// Amount is what a subject's history says of a measure.
type Amount struct {
	Days           int   // or episodes, that the history holds
	Usual, Highest int64 // median and most, decayed: what was long ago counts less
}

// Portrait is how an identity usually works, for the left column of a
// comparison of before and now. Lists are in falling order of days.
type Portrait struct {
	Experience
	Networks, Software, Services []Trait
	Hours                        [24]int // days on which it was active in the hour (UTC)
	Breadth, PerMinute           Amount
	Refusals                     Amount
}

// Trait is a value and on how many days it was seen.
type Trait struct {
	Value string
	Days  int
	Last  time.Time
}

// Habits answers how usual something is, and not only whether it was seen.
// Package baseline implements it.
type Habits interface {
	// Surprise of the event's actor showing the value.
	Surprise(e *sekisho.Event, f Feature, value string) Surprise
	// SurpriseOf a subject that is not the actor: a workload by its id, a role by
	// its ARN, a service of an account ("account/service").
	SurpriseOf(subject string, f Feature, value string) Surprise
	// Arrival is how unusual it is for the event's account that an identity of
	// the actor's sort acts in it which never did and which nobody was seen to
	// make; Days are the account's. It is zero for all other identities.
	Arrival(e *sekisho.Event) Surprise
	// Unmade is for how many days the event's account has been watched, if its actor
	// never acted and nobody was seen to make it; 0 for all other actors.
	Unmade(e *sekisho.Event) (days int)
	// Amount is the habit of an identity.
	Amount(id string, m Measure) Amount
	// Portrait of an identity; false if it is not known.
	Portrait(id string) (Portrait, bool)
}
