package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/provider/aws"
)

const (
	// watchEvery is how often folders are looked through.
	watchEvery = 2 * time.Second
	// settled is for how long a file must not have changed before it is read: who
	// writes it may not be done.
	settled = time.Second
	// watchedMax bounds the files that are remembered as read; beyond it they are
	// read again at the next look, which changes nothing but costs time.
	watchedMax = 1 << 20
)

// watch reads the files of folders as they appear, in the order of their names. A
// file that was read before brings nothing new: its records were seen.
func watch(ctx context.Context, folders []string, service *live.Service, log *slog.Logger) {
	if len(folders) == 0 {
		return
	}
	type version struct {
		size int64
		at   time.Time
	}
	read := map[string]version{}
	for {
		for _, dir := range folders {
			err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || ctx.Err() != nil {
					return errors.Join(err, ctx.Err())
				}
				info, err := d.Info()
				if err != nil || !info.Mode().IsRegular() || time.Since(info.ModTime()) < settled {
					return nil // it comes again with the next look
				}
				now := version{info.Size(), info.ModTime()}
				if was, had := read[path]; had && was == now {
					return nil
				}
				if reason := aws.SkipFile(path); reason == "" {
					if !bring(ctx, path, service, log) {
						return nil
					}
				}
				if len(read) < watchedMax {
					read[path] = now
				}
				return nil
			})
			if err != nil && ctx.Err() == nil {
				log.Warn("a watched folder cannot be read; it is tried again", "folder", dir, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(watchEvery):
		}
	}
}

// bring delivers one file, and reports whether it is done with.
func bring(ctx context.Context, path string, service *live.Service, log *slog.Logger) bool {
	f, err := os.Open(path)
	if err != nil {
		log.Warn("a file cannot be read; it is tried again", "file", path, "error", err)
		return false
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, ingest.BodyMax+1))
	if err != nil {
		log.Warn("a file cannot be read; it is tried again", "file", path, "error", err)
		return false
	}
	b := &ingest.Body{}
	if err := b.Inflate(raw); err != nil {
		log.Warn("a file is not read", "file", path, "error", err)
		return true
	}
	if b.Read(formats()); len(b.Records) == 0 && b.BadTotal == 0 {
		return true
	}
	for {
		res := service.Deliver(ctx, &live.Delivery{Source: formats()[0].Name, Body: b})
		switch {
		case errors.Is(res.Err, live.ErrBusy):
			select {
			case <-ctx.Done():
				return false
			case <-time.After(100 * time.Millisecond):
			}
			continue
		case res.Err != nil:
			return false
		}
		if res.Unreadable > 0 {
			log.Warn("records of a file cannot be read; they are kept", "file", path, "records", res.Unreadable)
		}
		return true
	}
}
