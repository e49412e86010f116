// Package emulator starts an emulated AWS for tests and measurements: MiniStack, as
// "make setup" installs it, on a loopback address of its own. It is a real server with
// its own idea of queues, buckets and permissions; what it does not do is said where a
// test needs it.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Account is the one in which everything is, and Region where it is by default.
const (
	Account = "111122223333"
	Region  = "us-east-1"
)

// Key and Secret are the emulator's root credentials: never denied anything.
const (
	Key    = "test"
	Secret = "test"
)

// startFor is how long a start may take.
const startFor = 60 * time.Second

// Emulator is one running server, with nothing in it at first. Stop it.
type Emulator struct {
	URL string // where all services answer

	cmd  *exec.Cmd
	log  *os.File
	done chan struct{}
}

// ErrNotInstalled says that "make setup" has not run.
var ErrNotInstalled = errors.New("the emulator is not installed; run: make setup")

// python is the interpreter that has it: $SEKISHO_RANGE_PYTHON, or that of .venv in
// the project's root.
func python() (string, error) {
	if p := os.Getenv("SEKISHO_RANGE_PYTHON"); p != "" {
		return p, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if up := filepath.Dir(dir); up != dir {
			dir = up
			continue
		}
		return "", fmt.Errorf("%w (no go.mod above the working folder)", ErrNotInstalled)
	}
	p := filepath.Join(dir, ".venv", "bin", "python")
	if _, err := os.Stat(p); err != nil {
		return "", ErrNotInstalled
	}
	return p, nil
}

// Start starts one and waits until it answers. It ends with Stop, with the process
// that started it where the system allows that, or with ctx.
func Start(ctx context.Context) (*Emulator, error) {
	p, err := python()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	e := &Emulator{URL: "http://127.0.0.1:" + strconv.Itoa(port), done: make(chan struct{})}
	if e.log, err = os.CreateTemp("", "sekisho-emulator-"); err != nil {
		return nil, fmt.Errorf("keep the emulator's log: %w", err)
	}
	e.cmd = exec.CommandContext(ctx, p, "-c", "from ministack.app import main; main()")
	e.cmd.Env = append(os.Environ(), "BIND_HOST=127.0.0.1", "GATEWAY_PORT="+strconv.Itoa(port), "AUTH=true", "LAMBDA_EXECUTOR=local", "LOG_LEVEL=WARNING",
		"MINISTACK_ACCOUNT_ID="+Account, "AWS_ACCESS_KEY_ID="+Key, "AWS_SECRET_ACCESS_KEY="+Secret, "AWS_ENDPOINT_URL="+e.URL, "PYTHONDONTWRITEBYTECODE=1")
	e.cmd.Stdout, e.cmd.Stderr = e.log, e.log
	dieWithParent(e.cmd)
	if err := e.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	go func() { e.cmd.Wait(); close(e.done) }()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if res, err := http.Get(e.URL + "/_ministack/health"); err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode < 500 {
				return e, nil
			}
		}
		select {
		case <-e.done:
			return nil, fmt.Errorf("the emulator ended at its start: %s", e.said())
		default:
		}
		if time.Since(began) > startFor {
			e.Stop()
			return nil, fmt.Errorf("the emulator does not answer after %s: %s", startFor, e.said())
		}
	}
}

// said is the end of what it printed.
func (e *Emulator) said() string {
	b, _ := os.ReadFile(e.log.Name())
	return string(b[max(0, len(b)-2000):])
}

// Stop ends it.
func (e *Emulator) Stop() {
	e.cmd.Process.Kill()
	<-e.done
	e.log.Close()
	os.Remove(e.log.Name())
}

// Env is the environment in which AWS clients speak to it, as root.
func (e *Emulator) Env() []string {
	return []string{"AWS_ENDPOINT_URL=" + e.URL, "AWS_ACCESS_KEY_ID=" + Key, "AWS_SECRET_ACCESS_KEY=" + Secret, "AWS_REGION=" + Region, "AWS_EC2_METADATA_DISABLED=true"}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// shared is one emulator for all tests of a process: each uses names of its own.
var shared = sync.OnceValues(func() (*Emulator, error) { return Start(context.Background()) })

// Test is the emulator of a test, which speaks to it as root by the environment. The
// test is skipped where none is installed, and fails there in CI.
func Test(t *testing.T) *Emulator {
	t.Helper()
	e, err := shared()
	if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range e.Env() {
		for i := range x {
			if x[i] == '=' {
				t.Setenv(x[:i], x[i+1:])
				break
			}
		}
	}
	return e
}
