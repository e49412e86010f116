//go:build race

package live_test

// seeds are fewer where each takes fifteen times as long.
const seeds = 2
