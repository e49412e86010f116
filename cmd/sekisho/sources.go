package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/store"
	"github.com/sekisho/sekisho/view"
)

// readers are the sources that a service reads by itself, each by a runner.
type readers struct {
	runners []*ingest.Runner
	closers []io.Closer
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

// readers are made of the configuration and the folders to watch.
func (c *serveCommand) readers(ctx context.Context, declared *config.Config, service *live.Service, db *store.Store, log *slog.Logger) (*readers, error) {
	out := &readers{}
	add := func(s ingest.Source) error {
		cursor, err := live.Cursor(db, s.Name())
		if err != nil {
			return fmt.Errorf("find where reading %s goes on: %w", s.Name(), err)
		}
		out.runners = append(out.runners, &ingest.Runner{Source: s, Formats: logged(), Deliver: service.Take, Cursor: cursor, Log: log})
		if c, ok := s.(io.Closer); ok {
			out.closers = append(out.closers, c)
		}
		return nil
	}
	settings := declared.Service.Sources
	for _, dir := range c.Watch {
		settings = append(settings, config.SourceSetting{Folder: dir})
	}
	for i := range settings {
		s, err := source(ctx, &settings[i], db)
		if err == nil {
			err = add(s)
		}
		if err != nil {
			out.close()
			return nil, err
		}
	}
	return out, nil
}

// source makes one source.
func source(_ context.Context, s *config.SourceSetting, _ *store.Store) (ingest.Source, error) {
	switch {
	case s.Folder != "":
		return &ingest.Folder{Dir: s.Folder, Format: formats()[0].Name, SkipFile: aws.SkipFile}, nil
	}
	return nil, fmt.Errorf("a source of an unknown kind")
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
		return fmt.Errorf("ask the watcher: %w", err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode >= 300 {
		return fmt.Errorf("the watcher answers %s", res.Status)
	}
	return nil
}
