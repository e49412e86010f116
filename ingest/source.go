package ingest

import (
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
)

const (
	// walkDepth is how many folders deep a path is walked. Log delivery nests
	// about ten (account, region, year, month, day).
	walkDepth = 64
	// maxFiles bounds the memory for names: about 200 bytes each.
	maxFiles = 4 << 20
	// maxListed is how many bad records of one file are listed; all are counted.
	maxListed = 100
	// maxListedArchive is how many are listed of all members of one archive.
	maxListedArchive = 1000
)

// A file is one input and what became of it. Only the worker that reads it
// writes to it.
type file struct {
	name  string
	size  int64 // 0 if it cannot be known
	stdin bool

	// leaves names the streams in it: itself, or its members. A new slice
	// takes the place of the old one, as records are handed out meanwhile.
	leaves   atomic.Pointer[[]string]
	bad      []Bad
	badTotal int64
	skipped  []Skip
	read     int64 // records
	bytes    int64 // decompressed
}

// expand lists the files of all paths in a fixed order: paths as given,
// folders by name.
func expand(paths []string) ([]*file, error) {
	var files []*file
	for _, path := range paths {
		if path == "-" {
			files = append(files, &file{name: "-", stdin: true})
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("read %s: %s; check the path and that this user may read it", path, cause(err))
		}
		if !info.IsDir() {
			files = append(files, &file{name: path, size: info.Size()})
			continue
		}
		if files, err = walk(files, path, 1); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// orderByTime puts files in the order of their delivery; files of one time, and
// those that do not tell, stay in the order of the walk.
func orderByTime(files []*file, when func(name string) (int64, bool)) {
	at := make(map[*file]int64, len(files))
	for _, f := range files {
		if t, ok := when(f.name); ok {
			at[f] = t
		} else {
			at[f] = math.MinInt64
		}
	}
	slices.SortStableFunc(files, func(a, b *file) int { return cmp.Compare(at[a], at[b]) })
}

// walk adds the files below dir. A folder that cannot be read is a bad file;
// the others are still read.
func walk(files []*file, dir string, depth int) ([]*file, error) {
	told := func(path, reason string) {
		f := &file{name: path}
		f.tell(path, 0, reason)
		files = append(files, f)
	}
	skip := func(path, reason string) {
		files = append(files, &file{name: path, skipped: []Skip{{path, reason}}})
	}
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		told(dir, "cannot be opened: "+cause(err))
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir() && depth == walkDepth:
			told(path, fmt.Sprintf("more than %d folders deep; name it as a path of its own", walkDepth))
		case e.IsDir():
			if files, err = walk(files, path, depth+1); err != nil {
				return nil, err
			}
		case e.Type()&fs.ModeSymlink != 0:
			// It may lead out of the folder, or round in a circle.
			skip(path, "symbolic link, not followed")
		case !e.Type().IsRegular():
			skip(path, "not a regular file")
		default:
			f := &file{name: path}
			if info, err := e.Info(); err == nil {
				f.size = info.Size()
			}
			files = append(files, f)
		}
		if len(files) > maxFiles {
			return nil, fmt.Errorf("read %s: more than %d files; scan parts of it, or join the files into archives", dir, maxFiles)
		}
	}
	return files, nil
}

// addLeaf numbers a stream of the file.
func (f *file) addLeaf(name string) uint32 {
	var leaves []string
	if p := f.leaves.Load(); p != nil {
		leaves = *p
	}
	leaves = append(leaves, name) // readers of the old slice do not see this far
	f.leaves.Store(&leaves)
	return uint32(len(leaves) - 1)
}

// settled says that the file was settled by the walk.
func (f *file) settled() bool { return f.badTotal > 0 || len(f.skipped) > 0 }

// tell notes one bad record of a file or member.
func (f *file) tell(name string, off int64, reason string) {
	f.badTotal++
	if len(f.bad) < maxListedArchive {
		f.bad = append(f.bad, Bad{name, off, reason})
	}
}

// skip notes a file or member that holds no events.
func (f *file) skip(name, reason string) {
	f.skipped = append(f.skipped, Skip{name, reason})
}

// cause is the reason in an error of package os, without the path that the
// entry names anyway.
func cause(err error) string {
	if pe, ok := err.(*fs.PathError); ok {
		return pe.Err.Error()
	}
	return err.Error()
}
