package live_test

import (
	"errors"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

var errFull = errors.New("no space left")

// full is a disk that can be full.
type full struct {
	vfs.FS
	full atomic.Bool
}

func (f *full) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	x, err := f.FS.Create(name, c)
	return &fullFile{x, f}, err
}

func (f *full) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	x, err := f.FS.ReuseForWrite(old, name, c)
	return &fullFile{x, f}, err
}

type fullFile struct {
	vfs.File
	fs *full
}

func (f *fullFile) Write(p []byte) (int, error) {
	if f.fs.full.Load() {
		return 0, errFull
	}
	return f.File.Write(p)
}
