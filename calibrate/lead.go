package calibrate

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/model"
)

// LeadsOf says which made-up organisations the shipped table of leads rests on: of the
// fitting half, as the model is.
var LeadsOf = MadeUp{Seeds: []uint64{1, 2, 3}, Accounts: 4, History: 21, Days: 8, Instances: 2}

// leadsLeast is in how many campaigns a behaviour must have fired before the point of no
// return for its lead to be told: of fewer a median says nothing.
const leadsLeast = 3

// WriteLeads writes how long before the point of no return each behaviour fires, as a
// median over the campaigns in which it did: a line each of behaviour, seconds and
// campaigns, after comments that say where they come from.
func (o MadeUp) WriteLeads(w io.Writer) error {
	leads := map[string][]time.Duration{}
	deciding := model.Shipped()
	campaigns := 0
	for _, seed := range o.Seeds {
		err := o.each(seed, &deciding, func(*correlate.Ended) {}, func(incidents []sekisho.Incident, attack map[string]bool) {
			campaigns++
			first := map[string]time.Duration{}
			for i := range incidents {
				in := &incidents[i]
				if in.MergedInto != "" || in.NoReturn == nil || !attack[in.NoReturn.EventID] {
					continue
				}
				for _, f := range in.Findings {
					if d := in.NoReturn.At.Sub(f.At); attack[f.EventID] && d >= 0 {
						first[f.Detection] = max(first[f.Detection], d)
					}
				}
			}
			for id, d := range first {
				leads[id] = append(leads[id], d)
			}
		})
		if err != nil {
			return fmt.Errorf("organisation %d: %w", seed, err)
		}
	}
	type line struct {
		id     string
		median time.Duration
		n      int
	}
	var lines []line
	for id, all := range leads {
		if slices.Sort(all); len(all) >= leadsLeast {
			lines = append(lines, line{id, all[len(all)/2], len(all)})
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Or(cmp.Compare(b.median, a.median), strings.Compare(a.id, b.id)) })
	var b strings.Builder
	fmt.Fprintf(&b, "# How long before the point of no return a behaviour fires first: the median of so many campaigns, of %d, in which it did.\n", campaigns)
	fmt.Fprintf(&b, "# Written by: sekisho fit --leads, on %d made-up organisations of the fitting half, at the pace of each campaign. Not a figure of yours.\n", len(o.Seeds))
	fmt.Fprintln(&b, "# behaviour\tseconds\tcampaigns")
	for _, l := range lines {
		fmt.Fprintf(&b, "%s\t%d\t%d\n", l.id, int(l.median.Seconds()), l.n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
