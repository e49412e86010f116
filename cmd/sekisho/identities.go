package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
)

// identitiesCommand is "sekisho identities".
type identitiesCommand struct {
	List listIdentities `cmd:"" default:"withargs" help:"List who was seen to act."`
	Show showIdentity   `cmd:"" help:"Show who one is, what is normal for it, and which incidents hold it."`
}

// person is an identity as the service answers.
type person struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	ARN          string   `json:"arn"`
	Account      string   `json:"account"`
	Kind         string   `json:"kind"`
	KindEvidence string   `json:"kind_evidence"`
	Incidents    []string `json:"incidents"`
	Usual        *struct {
		Since     string `json:"since"`
		Days      int    `json:"days"`
		Events    int    `json:"events"`
		Networks  []habit
		Programs  []habit
		Services  []habit
		Hours     [24]int
		Breadth   much `json:"distinct_actions_a_day"`
		PerMinute much `json:"calls_in_its_busiest_minute"`
		Refusals  much `json:"refusals_a_day"`
	} `json:"usual"`
}

type habit struct {
	Value  string
	Days   int
	LastOn string `json:"last_on"`
}

type much struct {
	Days           int
	Usual, Highest int64
}

type listIdentities struct {
	remote
	Match  string `help:"Only those of this id, name or ARN."`
	Limit  int    `default:"100" help:"At most so many, up to 1000."`
	Format string `enum:"text,json" default:"text" help:"What to print: ${enum}."`
}

// Run lists.
func (c *listIdentities) Run(ctx context.Context, m *Main) error {
	var page struct {
		Identities []person `json:"identities"`
		Next       string   `json:"next"`
	}
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}, "match": {c.Match}}
	if err := c.get(ctx, "/v1/identities?"+q.Encode(), &page); err != nil {
		return err
	}
	if c.Format == "json" {
		return printJSON(m.Stdout, page)
	}
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "id\tname\tkind\taccount")
	for _, x := range page.Identities {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", plain(x.ID), plain(x.Name), x.Kind, x.Account)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if page.Next != "" {
		fmt.Fprintln(m.Stdout, "There are more; --limit up to 1000 shows them, --match narrows.")
	}
	return nil
}

type showIdentity struct {
	remote
	Who    string `arg:"" help:"Its id, name or ARN."`
	Format string `enum:"text,json" default:"text" help:"What to print: ${enum}."`
}

// Run shows one.
func (c *showIdentity) Run(ctx context.Context, m *Main) error {
	var page struct{ Identities []person }
	q := url.Values{"match": {c.Who}}
	if err := c.get(ctx, "/v1/identities?"+q.Encode(), &page); err != nil {
		return err
	}
	switch n := len(page.Identities); {
	case n == 0:
		return fmt.Errorf("nobody of the id, name or ARN %q was seen to act; sekisho identities lists who was", c.Who)
	case n > 1:
		var ids []string
		for _, x := range page.Identities {
			ids = append(ids, plain(x.ID)+" in "+x.Account)
		}
		return fmt.Errorf("%d are called %q: name one by its id: %s", n, c.Who, strings.Join(ids, ", "))
	}
	var x person
	if err := c.get(ctx, "/v1/identities/"+url.PathEscape(page.Identities[0].ID), &x); err != nil {
		return err
	}
	if c.Format == "json" {
		return printJSON(m.Stdout, x)
	}
	w := m.Stdout
	fmt.Fprintf(w, "%s\n  %s in %s (%s: %s)\n  %s\n\n", plain(cmp.Or(x.Name, x.ID)), plain(x.ID), x.Account, x.Kind, plain(x.KindEvidence), plain(x.ARN))
	if u := x.Usual; u == nil {
		fmt.Fprintln(w, "Nothing is known of what is normal for it: nothing that it did has been learned yet.")
	} else {
		fmt.Fprintf(w, "Normal for it, from %d events on %d days since %s:\n", u.Events, u.Days, u.Since)
		habits(w, "networks", u.Networks)
		habits(w, "programs", u.Programs)
		habits(w, "services", u.Services)
		fmt.Fprintf(w, "  %-22s %s\n", "hours (UTC)", hours(u.Hours))
		for _, a := range []struct {
			name string
			much
		}{{"distinct actions a day", u.Breadth}, {"calls in a minute", u.PerMinute}, {"refusals a day", u.Refusals}} {
			fmt.Fprintf(w, "  %-22s usually %d, at most %d (%d days)\n", a.name, a.Usual, a.Highest, a.Days)
		}
	}
	if len(x.Incidents) > 0 {
		fmt.Fprintf(w, "\nIncidents: %s\n", strings.Join(x.Incidents, ", "))
	}
	return nil
}

// habitsShown is how many values of a habit a person is shown.
const habitsShown = 8

func habits(w io.Writer, name string, list []habit) {
	for i, h := range list {
		if i == habitsShown {
			fmt.Fprintf(w, "  %-22s and %d more\n", "", len(list)-i)
			return
		}
		fmt.Fprintf(w, "  %-22s %s on %d days, last on %s\n", name, plain(h.Value), h.Days, h.LastOn)
		name = ""
	}
}

// hours are those in which it was active, as ranges.
func hours(days [24]int) string {
	var out []string
	for h := 0; h < 24; h++ {
		if days[h] == 0 {
			continue
		}
		from := h
		for h < 23 && days[h+1] > 0 {
			h++
		}
		out = append(out, fmt.Sprintf("%02d-%02d", from, h+1))
	}
	return cmp.Or(strings.Join(out, ", "), "none")
}

// printJSON prints an answer as one indented object.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(v)
}
