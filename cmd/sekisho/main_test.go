package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sekisho/sekisho/report"
)

// TestMain lets this test binary be the program: for the scripts, and as a process
// that can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("SEKISHO_TEST_PROCESS") == "1" {
		main()
		return
	}
	testscript.Main(m, map[string]func(){"sekisho": main})
}

// TestScripts runs testdata/script: command lines and what they print.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "keeps-schema": keepsSchema, "mode": mode, "broken-pipe": brokenPipe,
		},
	})
}

// exits STATUS sekisho ARGS… runs the program and expects the exit status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS sekisho ARGS…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ProcessState.String()
		got = strings.TrimPrefix(got, "exit status ")
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// keeps-schema FILE expects a report to the schema; "stdout" is the last output.
func keepsSchema(ts *testscript.TestScript, neg bool, args []string) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema()))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	ts.Check(c.AddResource("report.json", doc))
	s, err := c.Compile("report.json")
	ts.Check(err)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	if err := s.Validate(v); (err != nil) != neg {
		ts.Fatalf("%v", err)
	}
}

// mode FILE BITS expects the permission bits of a file.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	if runtime.GOOS == "windows" {
		return
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := info.Mode().Perm().String(); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// broken-pipe sekisho ARGS… runs the program with a reader that has gone away
// and expects no word on standard error.
func brokenPipe(ts *testscript.TestScript, _ bool, args []string) {
	r, w, err := os.Pipe()
	ts.Check(err)
	r.Close()
	defer w.Close()
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "TMPDIR="+ts.MkAbs("tmp"))
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	if stderr.Len() > 0 {
		ts.Fatalf("standard error holds %s", &stderr)
	}
	if code := cmd.ProcessState.ExitCode(); code != exitClean && code != exitIncidents {
		ts.Fatalf("ended with %s: a reader that has seen enough is no failure", cmd.ProcessState)
	}
}

// TestInterrupt: an interrupt ends a scan that waits for standard input, and
// leaves nothing in the temporary folder.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process can be sent an interrupt there")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	t.Setenv("TMPDIR", t.TempDir())

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stderr bytes.Buffer
	done := make(chan int, 1)
	go func() {
		done <- (&Main{Args: []string{"scan", "-"}, Stdin: r, Stdout: io.Discard, Stderr: &stderr}).Run(ctx)
	}()
	if _, err := w.WriteString(strings.Repeat(" ", 4096)); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-done:
		t.Fatalf("ended with %d before the input did: %s", code, &stderr)
	case <-time.After(50 * time.Millisecond):
	}
	cancel()
	select {
	case code := <-done:
		if code != exitFailure || !strings.Contains(stderr.String(), "interrupted") {
			t.Errorf("exit status %d: %s", code, &stderr)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("an interrupt does not end it")
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}

// TestSignal: the process itself answers an interrupt.
func TestSignal(t *testing.T) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT)
	defer stop()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGINT); err != nil {
		t.Skipf("no signals here: %v", err)
	}
	r, w := io.Pipe()
	defer w.Close()
	if code := (&Main{Args: []string{"scan", "-"}, Stdin: r, Stdout: io.Discard, Stderr: io.Discard}).Run(ctx); code != exitFailure {
		t.Errorf("exit status %d", code)
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{
		"64MiB": 64 << 20, "1GiB": 1 << 30, "384M": 384 << 20, "384m": 384 << 20, "384MB": 384 << 20, "1.5G": 3 << 29, "20000000": 20_000_000, " 1T ": 1 << 40,
	} {
		var s size
		if err := s.UnmarshalText([]byte(text)); err != nil || int64(s) != want {
			t.Errorf("%q is %d, %v; want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "M", "-1G", "1X", "1 M B", "1MiBB", "NaN", "Inf", "1e300", "0", "1K", "999999T"} {
		var s size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is accepted as %d", text, s)
		}
	}
}

func TestInterruptibleReadsAll(t *testing.T) {
	want := bytes.Repeat([]byte("abcdefg"), blockSize/3)
	got, err := io.ReadAll(interruptible(t.Context(), bytes.NewReader(want)))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
}
