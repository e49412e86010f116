//go:build race

package console_test

// raceEnabled says that the race detector is on: bounds of memory then say nothing.
const raceEnabled = true
