package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	neturl "net/url"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/aws/awsapi"
	"github.com/sekisho/sekisho/provider/aws/awsec2"
	"github.com/sekisho/sekisho/provider/github/githubapi"
	"github.com/sekisho/sekisho/provider/kafka"
	"github.com/sekisho/sekisho/provider/okta/oktaapi"
	"github.com/sekisho/sekisho/store"
	"github.com/sekisho/sekisho/view"
)

// readers are the sources that a service reads by itself, each by a runner.
type readers struct {
	runners    []*ingest.Runner
	closers    []io.Closer
	collectors []*awsapi.Collector
}

func (r *readers) health() []ingest.Health {
	out := make([]ingest.Health, len(r.runners))
	for i, x := range r.runners {
		out[i] = x.Health()
	}
	return out
}

func (r *readers) close() {
	for _, c := range r.closers {
		c.Close()
	}
}

// changed asks for a new reading of what an event changed of an account. It does not
// wait. What is shared, and machines, are read at their interval: they change all day.
func (r *readers) changed(e *sekisho.Event) {
	if e.Topic != sekisho.TopicIdentity && e.Topic != sekisho.TopicFunction {
		return
	}
	var names []string
	for i := range e.Effects {
		x := &e.Effects[i]
		for _, name := range []string{cmp.Or(x.Identity.ARN, x.Identity.Name), x.Workload} {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, strings.Clone(name))
			}
		}
	}
	for _, c := range r.collectors {
		if strings.HasPrefix(c.Name(), "inventory:"+e.Account+"/") {
			c.Poke(names...)
		}
	}
}

// add makes the sources of the configuration and of the folders to watch, and a runner
// for each.
func (r *readers) add(ctx context.Context, declared *config.Service, folders []string, service *live.Service, db *store.Store, log *slog.Logger) error {
	settings := declared.Sources
	for _, dir := range folders {
		settings = append(settings, config.SourceSetting{Folder: dir})
	}
	var sources []ingest.Source
	for i := range settings {
		s, err := source(ctx, &settings[i], db)
		if err != nil {
			return err
		}
		sources = append(sources, s)
	}
	for i := range declared.Inventory {
		list, err := r.inventory(ctx, &declared.Inventory[i], db)
		if err != nil {
			return err
		}
		sources = append(sources, list...)
	}
	names := map[string]bool{}
	for _, s := range sources {
		if names[s.Name()] {
			return fmt.Errorf("the source %s is configured twice: what one has read would count for the other; keep one, or give them different groups", s.Name())
		}
		names[s.Name()] = true
		cursor, err := live.Cursor(db, s.Name())
		if err != nil {
			return fmt.Errorf("find where reading %s goes on: %w", s.Name(), err)
		}
		r.runners = append(r.runners, &ingest.Runner{Source: s, Formats: logged(), Deliver: service.Take, Cursor: cursor, Log: log})
		if c, ok := s.(io.Closer); ok {
			r.closers = append(r.closers, c)
		}
	}
	return nil
}

// source makes one source.
func source(ctx context.Context, s *config.SourceSetting, db *store.Store) (ingest.Source, error) {
	switch {
	case s.Queue != "":
		return awsapi.NewQueue(ctx, awsapi.QueueOptions{URL: s.Queue, Session: session(s.Access), Buckets: s.Buckets, Format: normalize.Any, Memory: store.Aging{Store: db, Now: time.Now}})
	case len(s.Brokers) > 0:
		return kafka.New(kafka.Options{Brokers: s.Brokers, Topics: s.Topics, Group: cmp.Or(s.Group, "sekisho"), Format: normalize.Any,
			TLS: s.TLS, CAFile: s.CAFile, User: s.User, Mechanism: s.Mechanism, PasswordFile: s.PasswordFile})
	case s.Okta != "":
		return oktaapi.New(oktaapi.Options{Address: s.Okta, TokenFile: s.TokenFile, CAFile: s.CAFile, LookBack: s.LookBack})
	case s.GitHub != "":
		return githubapi.New(githubapi.Options{Owner: s.GitHub, Endpoint: s.Endpoint, TokenFile: s.TokenFile, CAFile: s.CAFile, LookBack: s.LookBack})
	}
	return &ingest.Folder{Dir: s.Folder, Format: normalize.Any, SkipFile: aws.SkipFile, Known: db}, nil
}

// inventory makes the collectors and the watches over rules of one account: one of each
// a region, and identities, which are the same in all, with the first.
func (r *readers) inventory(ctx context.Context, s *config.InventorySetting, db *store.Store) ([]ingest.Source, error) {
	var out []ingest.Source
	regions := s.Regions
	if !slices.Contains(regions, globalRegion) {
		regions = append(slices.Clone(regions), globalRegion) // for its rules alone
	}
	for i, region := range regions {
		a := session(s.Access)
		a.Region = region
		c, err := a.Config(ctx)
		if err != nil {
			return nil, fmt.Errorf("inventory of %s in %s: %w", s.Account, region, err)
		}
		watch, err := awsapi.NewRuleWatch(ctx, c, awsapi.RuleWatchOptions{Account: s.Account, Rules: s.Rules})
		if err != nil {
			return nil, fmt.Errorf("rules of %s in %s: %w", s.Account, region, err)
		}
		out = append(out, watch)
		if i == len(s.Regions) {
			break
		}
		collector, err := awsapi.NewCollector(ctx, c, awsapi.CollectorOptions{Account: s.Account, Identities: i == 0, Interval: s.Every,
			Parts: []aws.InventoryPart{awsec2.Part(c)}, Known: func() []string { return documents(db, s.Account+"/") }})
		if err != nil {
			return nil, fmt.Errorf("inventory of %s in %s: %w", s.Account, region, err)
		}
		r.collectors = append(r.collectors, collector)
		out = append(out, collector)
	}
	return out, nil
}

// documents are the names of what is kept of an account.
func documents(db *store.Store, prefix string) (names []string) {
	db.Documents(prefix, func(name string, _ []byte) (bool, error) {
		names = append(names, name)
		return true, nil
	})
	return names
}

// document names what an inventory record describes, and tells whether it is gone.
func document(source string, compact []byte) (name string, gone bool) {
	if source != aws.InventorySource {
		return "", false
	}
	name, ok := aws.InventoryDocument(compact)
	if !ok {
		return "", false
	}
	var line struct{ Gone bool }
	if json.Unmarshal(compact, &line) != nil {
		return "", false
	}
	return name, line.Gone
}

// Of the heartbeat: how often where that is not set, and how long one may take.
const (
	beatEvery = time.Minute
	beatFor   = 10 * time.Second
)

// beat asks the watcher's address while the service is well: it owns its state and
// answers, and what it shows can be written. The watcher raises the alarm when nothing
// comes.
func beat(ctx context.Context, h config.Heartbeat, service *live.Service, views *view.View, log *slog.Logger) {
	every := h.Every
	if every == 0 {
		every = beatEvery
	}
	client := &http.Client{Timeout: beatFor, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	told := ""
	for {
		err := well(ctx, service, views)
		if err == nil {
			err = ask(ctx, client, h.URL)
		}
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil:
			told = ""
		case err.Error() != told:
			told = err.Error()
			log.Warn("no heartbeat was sent", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
	}
}

// well reports why the service is not.
func well(ctx context.Context, service *live.Service, views *view.View) error {
	ctx, cancel := context.WithTimeout(ctx, beatFor)
	defer cancel()
	if err := service.Do(ctx, func(*engine.Engine) {}); err != nil {
		return fmt.Errorf("the service does not answer: %w", err)
	}
	return views.Err()
}

func ask(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask the watcher: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		// The address is often a secret: who knows it can keep the watcher quiet.
		var where *neturl.Error
		if errors.As(err, &where) {
			err = where.Err
		}
		return fmt.Errorf("ask the watcher: %w", err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode >= 300 {
		return fmt.Errorf("the watcher answers %s", res.Status)
	}
	return nil
}
