package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// tempPrefix begins the name of every temporary folder of ours.
	tempPrefix = "sekisho-sort-"
	// lockName is held locked in it for as long as its process lives.
	lockName = "lock"
	// A folder without a lock file may be one that is just being made; after
	// this long its maker must have died in between.
	unlockedAge = time.Hour
)

// A tempDir is a private folder for sorted runs.
type tempDir struct {
	path string
	lock *os.File
}

// newTempDir makes one below parent, or below the system's own if parent is
// empty.
func newTempDir(parent string) (*tempDir, error) {
	for {
		path, err := os.MkdirTemp(parent, fmt.Sprintf("%s%d-", tempPrefix, os.Getpid()))
		if err != nil {
			return nil, fmt.Errorf("make a temporary folder: %w; point TMPDIR to a folder that can be written, or raise --memory so that none is needed", err)
		}
		d := &tempDir{path: path}
		held := false
		d.lock, err = os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o600)
		if err == nil {
			held, err = lock(d.lock)
		}
		if held {
			return d, nil
		}
		d.remove()
		if err != nil {
			return nil, fmt.Errorf("lock the temporary folder %s: %w; point TMPDIR to a local disk", path, err)
		}
		// Another process saw the lock file before it was locked and is
		// removing the folder: make another.
	}
}

// remove deletes the folder and all in it.
func (d *tempDir) remove() error {
	// Before the lock is let go of, or another process may come between.
	err := os.RemoveAll(d.path)
	if d.lock != nil {
		d.lock.Close()
	}
	return err
}

// removeStale deletes folders of processes that were killed. A lock tells them
// from those in use, not the process id, which means nothing across containers
// that share a folder. What cannot be removed is left: it is not ours.
func removeStale(parent string) {
	if !locksEndWithProcess {
		return
	}
	if parent == "" {
		parent = os.TempDir()
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), tempPrefix) {
			continue
		}
		path := filepath.Join(parent, e.Name())
		f, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR, 0)
		if err != nil {
			info, statErr := e.Info()
			if os.IsNotExist(err) && statErr == nil && time.Since(info.ModTime()) > unlockedAge {
				os.RemoveAll(path)
			}
			continue
		}
		if held, err := lock(f); held && err == nil {
			os.RemoveAll(path)
		}
		f.Close()
	}
}
