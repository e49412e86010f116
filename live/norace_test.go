//go:build !race

package live_test

// seeds is how many histories of crashes are played.
const seeds = 12
