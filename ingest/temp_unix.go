//go:build unix

package ingest

import (
	"errors"
	"os"
	"syscall"
)

const locksEndWithProcess = true

// lock takes the exclusive lock on f, which the system gives back when the
// process ends however it ends. It answers false if another holds it.
func lock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
