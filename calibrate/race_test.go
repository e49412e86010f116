//go:build race

package calibrate

// raceEnabled says that the race detector is on.
const raceEnabled = true
