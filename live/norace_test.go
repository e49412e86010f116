//go:build !race

package live_test

// seeds is how many histories of crashes are played, simSeeds how many simulations.
const (
	seeds    = 12
	simSeeds = 200
)
