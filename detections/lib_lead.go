package detections

import (
	_ "embed"
	"strconv"
	"strings"
	"time"
)

// leadTable is written by "make lead": behaviour, median seconds, campaigns. Lines
// that begin with # are comments.
//
//go:embed lead.tsv
var leadTable string

// Lead is how long before the point of no return a behaviour usually fires: the median
// over made-up attacks of the fitting half in which it did so, at their recorded pace.
// False where it fired before none. A slower attacker leaves more time, a faster one
// less.
func Lead(id string) (time.Duration, bool) {
	for line := range strings.Lines(leadTable) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if name != id {
			continue
		}
		median, _, _ := strings.Cut(rest, "\t")
		n, err := strconv.Atoi(median)
		return time.Duration(n) * time.Second, err == nil
	}
	return 0, false
}
