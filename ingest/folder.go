package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	// lookEvery is how often a folder is looked through.
	lookEvery = 2 * time.Second
	// fileSettled is for how long a file must not have changed before it is read: who
	// writes it may not be done.
	fileSettled = time.Second
	// watchedMax bounds the files that are remembered as read; beyond it they are read
	// again at the next look, which changes nothing but costs time.
	watchedMax = 1 << 20
	// batchFiles and batchBytes bound what one look brings at once.
	batchFiles = 64
	batchBytes = 32 << 20
)

// Folder is a Source: the files of a folder and the folders in it, as they appear, in
// the order of their names. A file is read again when it has changed; of what was read
// before nothing is new.
type Folder struct {
	Dir    string
	Format string // of the files
	// SkipFile names the reason why a file is not to be read, or answers "".
	SkipFile func(name string) (reason string)

	read   map[string]version
	looked time.Time
}

// version tells whether a file has changed.
type version struct {
	size int64
	at   time.Time
}

var _ Source = (*Folder)(nil)

// Name implements Source.
func (f *Folder) Name() string { return "folder:" + f.Dir }

// errEnough ends a walk.
var errEnough = errors.New("enough")

// Read implements Source. It has no cursor: after a restart files are read again.
func (f *Folder) Read(ctx context.Context, _ Cursor) (Batch, error) {
	if wait := time.Until(f.looked.Add(lookEvery)); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return Batch{}, ctx.Err()
		case <-timer.C:
		}
	}
	var b Batch
	taken := map[string]version{}
	var bytes int64
	err := filepath.WalkDir(f.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() || time.Since(info.ModTime()) < fileSettled {
			return nil // it comes again with the next look
		}
		now := version{info.Size(), info.ModTime()}
		if was, had := f.read[path]; had && was == now {
			return nil
		}
		if f.SkipFile != nil && f.SkipFile(path) != "" {
			taken[path] = now
			return nil
		}
		raw, err := readFile(path)
		if err != nil {
			b.Failed = append(b.Failed, Failure{path, fmt.Errorf("read a file: %w; let this user read it", err)})
			return nil
		}
		taken[path] = now
		b.Parcels = append(b.Parcels, Parcel{Format: f.Format, Path: PathFolder, Origin: path, Raw: raw})
		if bytes += int64(len(raw)); bytes >= batchBytes || len(b.Parcels) >= batchFiles {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		f.looked = time.Now() // there is nothing more now
		if err != nil {
			return Batch{}, fmt.Errorf("look through the folder %s: %w; it must be there and readable", f.Dir, err)
		}
	}
	b.Settle = func(context.Context) error {
		if f.read == nil || len(f.read)+len(taken) > watchedMax {
			f.read = map[string]version{}
		}
		for path, v := range taken {
			f.read[path] = v
		}
		return nil
	}
	return b, nil
}

// readFile reads as much of a file as a body may hold, and one byte more where there
// is more.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, BodyMax+1))
}
