package sim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"sync"
)

// press compresses and writes documents in parallel. What a document holds and is called
// is settled before it is handed over, so the number of workers changes nothing.
type press struct {
	jobs  chan pressed
	free  chan []byte // documents to use again
	group sync.WaitGroup
	lock  sync.Mutex
	stats Stats
	fault error
}

type pressed struct {
	path     string
	document []byte
}

// workersMax bounds memory: every worker holds one file of a few megabytes.
const workersMax = 4

// newPress starts the workers.
func newPress(level int) (*press, error) {
	p := &press{jobs: make(chan pressed, workersMax), free: make(chan []byte, 2*workersMax)}
	for range workersMax {
		z, err := gzip.NewWriterLevel(nil, level)
		if err != nil {
			close(p.jobs)
			return nil, fmt.Errorf("prepare compression: %w", err)
		}
		p.group.Go(func() {
			var out bytes.Buffer
			for j := range p.jobs {
				err := compress(z, &out, j.document)
				if err == nil {
					err = put(j.path, out.Bytes())
				}
				p.lock.Lock()
				p.stats.Files++
				p.stats.GzBytes += int64(out.Len())
				if p.fault == nil {
					p.fault = err
				}
				p.lock.Unlock()
				select {
				case p.free <- j.document[:0]:
				default:
				}
			}
		})
	}
	return p, nil
}

// sheet is an empty document.
func (p *press) sheet() []byte {
	select {
	case doc := <-p.free:
		return doc
	default:
		return make([]byte, 0, 2<<20)
	}
}

// write hands a document over.
func (p *press) write(path string, document []byte, records int) {
	p.lock.Lock()
	p.stats.Records += records
	p.stats.RawBytes += int64(len(document))
	p.lock.Unlock()
	p.jobs <- pressed{path, document}
}

// failed reports whether there is no sense in going on.
func (p *press) failed() bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.fault != nil
}

// finish waits for the workers.
func (p *press) finish() (Stats, error) {
	close(p.jobs)
	p.group.Wait()
	return p.stats, p.fault
}
