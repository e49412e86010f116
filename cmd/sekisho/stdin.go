package main

import (
	"context"
	"io"
)

// interruptible returns a reader of r whose Read ends with ctx: a read of
// standard input that waits for a terminal or a pipe cannot be ended otherwise,
// and an interrupt would hang. It belongs to one goroutine.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	return &stdin{ctx: ctx, r: r}
}

// stdin reads one block ahead in a goroutine of its own, which starts with the
// first Read and, after ctx has ended, stays behind in its last read.
type stdin struct {
	ctx    context.Context
	r      io.Reader
	blocks chan block // unbuffered: at most one block waits
	now    block
}

type block struct {
	data []byte
	err  error
}

const blockSize = 256 << 10 // a few pipe buffers (64 KiB on Linux), so that hand-overs are rare

// Read implements io.Reader.
func (s *stdin) Read(p []byte) (int, error) {
	if s.blocks == nil {
		s.blocks = make(chan block)
		go s.pump()
	}
	for len(s.now.data) == 0 {
		if s.now.err != nil {
			return 0, s.now.err
		}
		select {
		case s.now = <-s.blocks:
		case <-s.ctx.Done():
			return 0, s.ctx.Err()
		}
	}
	n := copy(p, s.now.data)
	s.now.data = s.now.data[n:]
	return n, nil
}

// pump hands over what it reads, up to the first error.
func (s *stdin) pump() {
	for {
		b := block{data: make([]byte, blockSize)}
		n, err := s.r.Read(b.data)
		b.data, b.err = b.data[:n], err
		select {
		case s.blocks <- b:
		case <-s.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}
