package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	// Known keeps which files were read, by a name of each: without it they are read again
	// after a restart, and what is older than records are known for counts twice.
	Known Memory

	read   map[string]version
	looked time.Time
}

// Check implements Checker.
func (f *Folder) Check(context.Context) []string {
	if _, err := os.ReadDir(f.Dir); err != nil {
		return []string{fmt.Sprintf("look into the folder: %v; let this user read it, or correct service.sources", err)}
	}
	return nil
}

// Memory keeps small values by name. What it is told last may be lost in a crash.
type Memory interface {
	Get(name string) ([]byte, error)
	Set(name string, value []byte) error
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

// Read implements Source. It has no cursor: which files were read is in Known.
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
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && path != f.Dir {
			b.Failed = append(b.Failed, Failure{path, fmt.Errorf("read a folder: %w; let this user read it", err)})
			return fs.SkipDir
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return nil
		}
		if age := time.Since(info.ModTime()); age >= 0 && age < fileSettled { // one dated ahead never settles
			return nil // it comes again with the next look
		}
		now := version{info.Size(), info.ModTime()}
		if known, err := f.known(path, now); known || err != nil {
			return err
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
		var errs []error
		for path, v := range taken {
			f.read[path] = v
			if f.Known != nil {
				errs = append(errs, f.Known.Set(f.memory(path), v.text()))
			}
		}
		return errors.Join(errs...)
	}
	return b, nil
}

// known reports whether a file was read as it is.
func (f *Folder) known(path string, now version) (bool, error) {
	if was, had := f.read[path]; had || f.Known == nil {
		return had && was == now, nil
	}
	was, err := f.Known.Get(f.memory(path))
	return bytes.Equal(was, now.text()), err
}

// memory is the name under which a file is remembered: paths may be long.
func (f *Folder) memory(path string) string {
	sum := sha256.Sum256([]byte(path))
	return "file/" + hex.EncodeToString(sum[:16])
}

func (v version) text() []byte { return fmt.Appendf(nil, "%d %d", v.size, v.at.UnixNano()) }

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
