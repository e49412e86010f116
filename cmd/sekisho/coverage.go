package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/provider/github"
	"github.com/sekisho/sekisho/provider/guardduty"
	"github.com/sekisho/sekisho/provider/okta"
	"github.com/sekisho/sekisho/provider/vpcflow"
	"github.com/sekisho/sekisho/view"
)

// coverage says what each part of the organisation brings.
type coverage struct {
	Cells      []covered       `json:"cells"`
	Behaviours []timeliness    `json:"behaviours"`
	Readers    []ingest.Health `json:"readers"`
}

// covered is one account and region, and whether the records of its trail come within
// seconds (feed "fast") and complete (feed "complete"), or what else comes of it, by the
// name of its format.
type covered struct {
	Account        string   `json:"account"`
	Region         string   `json:"region"`
	Feed           string   `json:"feed"`
	State          string   `json:"state"` // "live", "late", "silent", "missing"
	Path           string   `json:"path"`  // by which it comes, "" where it is missing
	LastReceivedAt string   `json:"last_received_at,omitempty"`
	AgeP90         *float64 `json:"age_p90_seconds"`
	Gaps           int64    `json:"gaps"`
	Next           string   `json:"next"` // what to do, "" for nothing
}

// timeliness is whether a behaviour would be in time: the records that it needs come,
// by some path, sooner after the act than what usually follows it.
type timeliness struct {
	Behaviour string   `json:"behaviour"`
	Needs     string   `json:"needs"`
	Lead      float64  `json:"lead_seconds"` // see detections.Lead; -1 where it is not known
	Paths     []inTime `json:"paths"`
}

type inTime struct {
	Path   string   `json:"path"`
	AgeP90 *float64 `json:"age_p90_seconds"` // of the slowest feed of the path
	InTime bool     `json:"in_time"`
}

// What is silent and what is late: a fast feed of a busy account brings something each
// minute, a complete one each five; quiet accounts have their nights, so this is told
// and is no alarm.
var (
	silentAfter = map[bool]time.Duration{false: 15 * time.Minute, true: time.Hour}
	lateBeyond  = map[bool]time.Duration{false: time.Minute, true: 15 * time.Minute}
)

// cover makes the table of what comes.
func cover(ctx context.Context, views *view.View, declared *config.Config, health []ingest.Health, now time.Time) (*coverage, error) {
	feeds, err := views.AllFeeds(ctx)
	if err != nil {
		return nil, err
	}
	feeds = slices.DeleteFunc(feeds, func(f view.Feed) bool { return f.Path == "" || f.Path == string(ingest.PathSelf) })
	out := &coverage{Cells: cells(feeds, declared, now), Behaviours: timely(feeds), Readers: health}
	return out, nil
}

// globalRegion is where the provider's services without a region report: who may do
// what is changed there, wherever one works.
const globalRegion = "us-east-1"

func cells(feeds []view.Feed, declared *config.Config, now time.Time) []covered {
	type place struct{ account, region string }
	var places []place
	accounts := declared.Accounts()
	for _, f := range feeds {
		if f.Source == trail {
			places = append(places, place{f.Account, f.Region})
			accounts = append(accounts, f.Account)
		}
	}
	slices.Sort(accounts)
	for _, a := range slices.Compact(accounts) {
		for _, region := range append(slices.Clone(declared.Regions), globalRegion) {
			places = append(places, place{a, region})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.region, b.region))
	})
	var out []covered
	for _, p := range slices.Compact(places) {
		for _, slow := range []bool{false, true} {
			cell := covered{Account: p.account, Region: p.region, Feed: map[bool]string{false: "fast", true: "complete"}[slow], State: "missing"}
			out = append(out, cell.fill(feeds, func(f *view.Feed) bool { return f.Source == trail && ingest.Path(f.Path).Slow() == slow }, slow, now))
		}
	}
	return append(out, others(feeds, declared, out, now)...)
}

// trail is the format whose records come twice, within seconds and complete.
const trail = "aws-cloudtrail"

// others are the feeds beside the trail: those that come, and those that somebody would
// miss. Where one account and region brings a network's records or a detector's findings,
// the others should; a declared organization of the code host should bring its log.
func others(feeds []view.Feed, declared *config.Config, trails []covered, now time.Time) []covered {
	var out []covered
	have := map[covered]bool{} // by account, region and feed alone
	add := func(account, region, source string) {
		key := covered{Account: account, Region: region, Feed: source}
		if have[key] {
			return
		}
		have[key] = true
		cell := key
		cell.State = "missing"
		slow := true // unless some path of it is not
		for i := range feeds {
			if f := &feeds[i]; f.Source == source && f.Account == account && f.Region == region {
				slow = slow && ingest.Path(f.Path).Slow()
			}
		}
		out = append(out, cell.fill(feeds, func(f *view.Feed) bool { return f.Source == source }, slow, now))
	}
	regional := map[string]bool{}
	for i := range feeds {
		if f := &feeds[i]; f.Source != trail {
			add(f.Account, f.Region, f.Source)
			regional[f.Source] = f.Region != ""
		}
	}
	for source, yes := range regional {
		for i := range trails {
			if c := &trails[i]; yes && c.State != "missing" {
				add(c.Account, c.Region, source)
			}
		}
	}
	for _, org := range declared.GitHub {
		add(org, "", github.Source)
	}
	slices.SortFunc(out, func(a, b covered) int {
		return cmp.Or(strings.Compare(a.Feed, b.Feed), strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region))
	})
	return out
}

// fill says how the newest of the cell's feeds does.
func (c covered) fill(feeds []view.Feed, is func(*view.Feed) bool, slow bool, now time.Time) covered {
	var newest *view.Feed
	for i := range feeds {
		f := &feeds[i]
		if f.Account != c.Account || f.Region != c.Region || !is(f) {
			continue
		}
		c.Gaps += f.Gaps
		if newest == nil || f.LastReceivedAt > newest.LastReceivedAt {
			newest = f
		}
	}
	if newest != nil {
		c.Path, c.LastReceivedAt, c.AgeP90 = newest.Path, newest.LastReceivedAt, newest.AgeP90
		at, _ := time.Parse(time.RFC3339, newest.LastReceivedAt)
		switch {
		case now.Sub(at) > silentAfter[slow]:
			c.State = "silent"
		case c.AgeP90 == nil || *c.AgeP90 > lateBeyond[slow].Seconds():
			c.State = "late"
		default:
			c.State = "live"
		}
	}
	c.Next = nextFor(&c, slow)
	return c
}

// nextFor is the command that finds out, or mends, what is wrong with a cell.
func nextFor(c *covered, slow bool) string {
	check := fmt.Sprintf("sekisho check --region %s  # with credentials of %s", c.Region, c.Account)
	if c.Feed != "fast" && c.Feed != "complete" {
		switch c.State {
		case "live":
			return ""
		case "missing":
			return "nothing of " + c.Feed + " comes: bring it (docs/operating.md), or do without"
		}
		return "look at what is wrong in: sekisho sources"
	}
	switch {
	case c.State == "live" && c.Gaps > 0 && slow:
		return check + ": the fast path misses records that this one brings"
	case c.State == "live":
		return ""
	case c.State == "missing" && slow:
		return "add a queue that announces the trail's objects to service.sources; " + check
	case c.State == "late" && !slow:
		return "look at age in sekisho sources: files by a push count as late; else " + check
	}
	return check
}

// timely says of each behaviour whether it would be in time on what is connected.
func timely(feeds []view.Feed) []timeliness {
	out := make([]timeliness, 0, len(detections.All))
	for i := range detections.All {
		d := &detections.All[i]
		lead, known := detections.Lead(d.ID)
		t := timeliness{Behaviour: d.ID, Needs: string(cmp.Or(d.Feed, detect.FeedManagementWrite)), Lead: -1, Paths: []inTime{}}
		if known {
			t.Lead = lead.Seconds()
		}
		paths, ages := pathsOf(feeds, cmp.Or(bringing[d.Feed], trail))
		for _, p := range paths {
			age := ages[p]
			t.Paths = append(t.Paths, inTime{p, age, known && age != nil && *age < t.Lead})
		}
		out = append(out, t)
	}
	return out
}

// bringing is the format whose records a feed beside the trail is.
var bringing = map[detect.Feed]string{detect.FeedDirectory: okta.Source, detect.FeedSource: github.Source, detect.FeedTraffic: vpcflow.Source, detect.FeedFindings: guardduty.Source}

// pathsOf are the paths by which records of a format come, each as slow as its slowest
// feed: a behaviour must hold everywhere.
func pathsOf(feeds []view.Feed, source string) (paths []string, ages map[string]*float64) {
	ages = map[string]*float64{}
	for _, f := range feeds {
		if f.Source != source {
			continue
		}
		old, had := ages[f.Path]
		if !had {
			paths = append(paths, f.Path)
			ages[f.Path] = f.AgeP90
		} else if old != nil && (f.AgeP90 == nil || *f.AgeP90 > *old) {
			ages[f.Path] = f.AgeP90
		}
	}
	slices.Sort(paths)
	return paths, ages
}

// coverageCommand is "sekisho coverage".
type coverageCommand struct {
	remote
	Behaviours bool   `help:"Also say of each behaviour whether it would be in time on what is connected."`
	Format     string `enum:"text,json" default:"text" help:"What to print: ${enum}."`
}

// Run prints the table.
func (c *coverageCommand) Run(ctx context.Context, m *Main) error {
	var got coverage
	if err := c.get(ctx, "/v1/coverage", &got); err != nil {
		return err
	}
	if c.Format == "json" {
		return printJSON(m.Stdout, got)
	}
	if len(got.Cells) == 0 {
		fmt.Fprintln(m.Stdout, "Nothing is declared and nothing was delivered. Declare organization.accounts and regions, or deliver something.")
		return nil
	}
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "account\tregion\tfeed\tstate\tpath\t90% within\tgaps\tnext")
	for _, x := range got.Cells {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", cmp.Or(plain(x.Account), "-"), cmp.Or(plain(x.Region), "-"), x.Feed, x.State, cmp.Or(x.Path, "-"), age(x.AgeP90, x.State != "missing"), x.Gaps, plain(x.Next))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i := range got.Readers {
		if r := &got.Readers[i]; r.Pace != "" {
			fmt.Fprintf(m.Stdout, "%s is late by nature: %s.\n", plain(r.Name), plain(r.Pace))
		}
	}
	if !c.Behaviours {
		return nil
	}
	fmt.Fprintln(m.Stdout)
	fmt.Fprintln(w, "behaviour\tneeds\tusually before the point of no return\twould be in time by")
	for _, b := range got.Behaviours {
		lead, in, none := "not known", []string{}, "none that is connected"
		if b.Lead >= 0 {
			lead = (time.Duration(b.Lead) * time.Second).String()
		} else if len(b.Paths) > 0 {
			none = "not known; it comes by"
			for _, p := range b.Paths {
				none += " " + p.Path
			}
		}
		for _, p := range b.Paths {
			if p.InTime {
				in = append(in, p.Path)
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", b.Behaviour, b.Needs, lead, cmp.Or(strings.Join(in, ", "), none))
	}
	return w.Flush()
}

// age is how old records are, in words.
func age(seconds *float64, known bool) string {
	switch {
	case !known:
		return "-"
	case seconds == nil:
		return "over 1h"
	}
	return time.Duration(*seconds * float64(time.Second)).String()
}
