package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress draws one line on a terminal, and nothing anywhere else.
type progress struct {
	w    io.Writer
	mu   sync.Mutex
	last time.Time
	over bool
}

// newProgress returns a bar for the writer, silent unless it is a terminal.
func newProgress(w io.Writer) *progress {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &progress{w: w}
	}
	return &progress{over: true}
}

// update says how many bytes of the files were read, of how many. It may be
// called from any goroutine.
func (p *progress) update(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || total <= 0 || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.w, "\r\x1b[Kreading %3d%% of %.1f MB", min(100, 100*done/total), float64(total)/1e6)
}

// done removes the line.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.over = true
	}
}
