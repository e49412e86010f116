//go:build race

package live_test

// Histories are fewer where each takes fifteen times as long: one goroutine plays a
// simulation, so that there is little to find. "make test" plays all of them without
// the race detector too.
const (
	seeds    = 2
	simSeeds = 10
)
