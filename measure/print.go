package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// wanted are the figures of the contract: at least, or at most.
const (
	wantFound     = 0.98
	wantContained = 0.95
	wantOne       = 0.95
	wantRoot      = 0.95
	wantMedium    = 0.1  // false incidents of at least medium an account-day
	wantActions   = 1.0  // false automatic actions an organisation-month at 60 accounts
	wantFresh     = 0.10 // new tokens an event, after warm-up
	month         = 30.0 // days
)

// tally is a variant's outcomes as shares.
type tally struct {
	found, before, contained, all, ever, one, root share
	inTime                                         []share
	principals, phases                             share
	falseMedium                                    int
}

func count(outcomes []outcome) tally {
	t := tally{inTime: make([]share, len(lags))}
	for i := range outcomes {
		o := &outcomes[i]
		t.found.add(o.found)
		t.before.add(o.foundBefore)
		t.all.add(o.contained)
		t.ever.add(o.ever)
		if o.stoppable {
			t.contained.add(o.contained)
			for l, lag := range lags {
				t.inTime[l].add(o.contained && o.lead.Seconds() >= float64(lag))
			}
		}
		if o.found {
			t.one.add(o.incidents == 1)
			t.root.add(o.root)
			t.principals.yes += o.principals
			t.principals.n += o.of
			t.phases.yes += o.phases
			t.phases.n += o.phasesOf
		}
		t.falseMedium += o.falseMedium
	}
	return t
}

// print writes the tables and returns how many wanted figures are missed.
func print(out io.Writer, o *options, kinds []variant, all []result) (missed int) {
	base := count(all[0].outcomes)
	stoppable := base.contained.n
	fmt.Fprintf(out, "%d instances of campaigns over %d organisations of %d accounts, %s half; %d stoppable\n\n", len(all[0].outcomes), o.seeds, o.accounts, o.half, stoppable)
	say := func(name, value string, met bool, want string) {
		word := "met"
		if !met {
			word = "MISSED"
			missed++
		}
		if want == "" {
			word = ""
		}
		fmt.Fprintf(out, "  %-62s %-24s %-16s %s\n", name, value, want, word)
	}
	say("found", base.found.String(), base.found.value() >= wantFound, "at least 98%")
	say("found before the point of no return, or at it", base.before.String(), true, "")
	say("of the stoppable, contained by the point of no return", base.contained.String(), base.contained.value() >= wantContained, "at least 95%")
	for l, lag := range lags {
		say(fmt.Sprintf("  and still in time with %d s of lag", lag), base.inTime[l].String(), true, "")
	}
	say("of all, contained by the point of no return", base.all.String(), true, "")
	say("of all, contained at any time", base.ever.String(), true, "")
	say("one incident a campaign (of those found)", base.one.String(), base.one.value() >= wantOne, "at least 95%")
	say("root right (of those found)", base.root.String(), base.root.value() >= wantRoot, "at least 95%")
	say("principals of the attack in its incident", base.principals.String(), true, "")
	say("phases recalled", base.phases.String(), true, "")
	missed += all[0].quiet.print(out)
	if o.falses {
		for _, l := range all[0].quiet.lines {
			fmt.Fprint(out, l)
		}
	}

	fmt.Fprintln(out, "\nby campaign:")
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  campaign\tinstances\tstoppable\tfound\tcontained in time\tever\tone incident\troot\tprincipals\tmissed because")
	for _, name := range campaignsOf(all[0].outcomes) {
		var mine []outcome
		why := map[string]int{}
		for _, x := range all[0].outcomes {
			if x.campaign == name {
				mine = append(mine, x)
				if x.why != "" {
					why[x.why]++
				}
			}
		}
		t := count(mine)
		fmt.Fprintf(w, "  %s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d/%d\t%s\n", name, len(mine), t.contained.n, t.found.yes, t.all.yes, t.ever.yes, t.one.yes, t.root.yes, t.principals.yes, t.principals.n, reasons(why))
	}
	w.Flush()
	if len(kinds) == 1 {
		return missed
	}
	fmt.Fprintln(out, "\nwithout each part:")
	w = tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  variant\tfound\tfound before\tcontained of stoppable\twith 60 s\tone incident\troot\tprincipals\tphases\tfalse medium+ / account-day\tfalse actions")
	for v, kind := range kinds {
		t := count(all[v].outcomes)
		q := &all[v].quiet
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", kind.name, t.found, t.before, t.contained, t.inTime[2], t.one, t.root, t.principals, t.phases,
			rate{q.medium, q.accountDays}, q.actions)
	}
	w.Flush()
	return missed
}

// print writes what ordinary work gave.
func (q *quiet) print(out io.Writer) (missed int) {
	say := func(name string, r rate, met bool, want string) {
		word := "met"
		if !met {
			word = "MISSED"
			missed++
		}
		fmt.Fprintf(out, "  %-62s %-24s %-16s %s\n", name, r, want, word)
	}
	medium := rate{q.medium, q.accountDays}
	say(fmt.Sprintf("false incidents of at least medium an account-day (%d)", q.medium), medium, medium.value() <= wantMedium, "at most 0.1")
	actions := rate{q.actions, q.accountDays / 60 / month}
	say(fmt.Sprintf("false automatic actions a month of 60 accounts (%d)", q.actions), actions, actions.value() <= wantActions, "at most 1")
	fresh := rate{int(q.fresh), float64(q.events)}
	say(fmt.Sprintf("new tokens an event (%d of %d events)", q.fresh, q.events), fresh, fresh.value() <= wantFresh, "at most 0.1")
	return missed
}

func campaignsOf(all []outcome) []string {
	var names []string
	for _, o := range all {
		if !slices.Contains(names, o.campaign) {
			names = append(names, o.campaign)
		}
	}
	slices.Sort(names)
	return names
}

// reasons are counted reasons in falling order.
func reasons(why map[string]int) string {
	var words []string
	for w := range why {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(why[b], why[a]), strings.Compare(a, b)) })
	for i, w := range words {
		words[i] = fmt.Sprintf("%s %d", w, why[w])
	}
	return strings.Join(words, ", ")
}
