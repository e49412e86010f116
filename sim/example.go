package sim

import "time"

// The shipped example's settings; examples/eight-minutes holds what they make,
// and a test makes it again.
const (
	ExampleSeed        = 8
	ExampleStart       = "2025-11-28T14:03:11Z" // the day is the incident's, the hour is ours
	ExampleHistoryDays = 3
	// ExampleSpan is longer than a trail's five minutes to keep the files few.
	ExampleSpan = 2 * time.Hour
)

// WriteEightMinutes makes a recording and writes it: the records below
// dir/logs, the truth beside them in dir/truth.json, never among them.
func WriteEightMinutes(dir string, span time.Duration, o EightMinutesOptions) (Stats, error) {
	rec, truth, err := EightMinutes(o)
	if err != nil {
		return Stats{}, err
	}
	return write(dir, span, rec, truth)
}
