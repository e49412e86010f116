package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/provider/aws/awsapi"
)

// checkCommand is "sekisho check".
type checkCommand struct {
	Region     []string `placeholder:"REGION" help:"A region in use; may be repeated. The configuration's regions, if not given."`
	Config     string   `placeholder:"FILE" help:"Your configuration."`
	RoleARN    string   `name:"role-arn" placeholder:"ARN" help:"A role to take before asking; in another account, that account is checked."`
	ExternalID string   `name:"external-id" placeholder:"ID" help:"What the role's trust asks for."`
	Target     []string `placeholder:"ARN" help:"The queue that a region's rule is to send to, for the commands that mend; one of each region."`
	Format     string   `enum:"table,json" default:"table" help:"table or json."`
}

// errGaps ends a check that found something missing.
var errGaps = errors.New("something is missing")

// Run asks AWS whether all that happens is recorded and handed on, tries out the
// configured sources, and prints what is missing with the command that mends it. Credentials are found as the aws
// command line finds them. It changes nothing.
func (c *checkCommand) Run(ctx context.Context, m *Main) error {
	regions := c.Region
	var settings []config.SourceSetting
	if c.Config != "" {
		declared, err := config.Load(c.Config)
		if err != nil {
			return fmt.Errorf("check: %w", err)
		}
		settings = declared.Service.Sources
		if len(regions) == 0 {
			regions = declared.Regions
		}
		if err := declared.Close(); err != nil {
			return fmt.Errorf("check: %w", err)
		}
		if len(regions) == 0 {
			return errors.New("check: the configuration names no regions; add regions, or give --region")
		}
	}
	results, err := awsapi.Check(ctx, awsapi.Session{Role: c.RoleARN, ExternalID: c.ExternalID}, awsapi.CheckOptions{Regions: regions, Targets: c.Target})
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	sources, err := checkSources(ctx, settings)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	results = append(results, sources...)
	if c.Format == "json" {
		e := json.NewEncoder(m.Stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(results)
	} else {
		err = checkTable(m.Stdout, results)
	}
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	for _, r := range results {
		if r.State != awsapi.CheckOK {
			return errGaps // what could not be looked at is not known to be there
		}
	}
	return nil
}

// checkSources tries out the configured sources, as serve would read them from here.
func checkSources(ctx context.Context, settings []config.SourceSetting) ([]awsapi.CheckResult, error) {
	var out []awsapi.CheckResult
	for i := range settings {
		s, err := source(ctx, &settings[i], nil)
		if err != nil {
			return nil, err
		}
		x := awsapi.CheckResult{Account: "-", Region: cmp.Or(settings[i].Region, "-"), What: "source " + s.Name(), State: awsapi.CheckOK, Detail: "can be read"}
		if c, ok := s.(ingest.Checker); ok {
			if wrong := c.Check(ctx); len(wrong) > 0 {
				x.State, x.Detail = awsapi.CheckMissing, strings.Join(wrong, "; ")
			}
		}
		if c, ok := s.(io.Closer); ok {
			c.Close()
		}
		out = append(out, x)
	}
	return out, nil
}

// checkTable prints results for people: each command once, below the table, because
// it is copied as a whole.
func checkTable(w io.Writer, results []awsapi.CheckResult) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ACCOUNT\tREGION\tWHAT\tSTATE\tMEND\tDETAIL")
	number := map[string]int{}
	var commands []string
	for _, r := range results {
		mend := "-"
		if r.Mend != "" {
			if number[r.Mend] == 0 {
				commands = append(commands, r.Mend)
				number[r.Mend] = len(commands)
			}
			mend = fmt.Sprintf("(%d)", number[r.Mend])
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Account, r.Region, r.What, r.State, mend, plain(r.Detail))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i, command := range commands {
		if _, err := fmt.Fprintf(w, "\n(%d)  %s\n", i+1, plain(command)); err != nil {
			return err
		}
	}
	return nil
}
