// Command sekisho follows identities across cloud audit logs by the lineage of
// their credentials, and explains takeovers by valid credentials.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes: nothing was found, incidents (or gaps) were found, something failed.
const (
	exitClean     = 0
	exitFailure   = 1
	exitIncidents = 10
)

// errIncidents ends a scan that found something.
var errIncidents = errors.New("incidents found")

func main() {
	signal.Ignore(syscall.SIGPIPE) // a closed pipe is an error of the write, not the end of us
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second interrupt ends the process at once
	code := (&Main{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}).Run(ctx)
	stop()
	os.Exit(code)
}

// Main is the program without its process: tests run it as users do.
type Main struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// commands is the command line, in the order of its help.
type commands struct {
	Scan       scanCommand       `cmd:"" help:"Read logs and explain the incidents in them. Exit status: 0 nothing found, 10 incidents found, 1 failure."`
	Serve      serveCommand      `cmd:"" help:"Take deliveries over HTTP, judge them as they come, and answer with the incidents."`
	Check      checkCommand      `cmd:"" help:"Ask AWS whether all that happens is recorded and handed on. Exit status: 0 all of it, 10 something is missing, 1 failure."`
	Incidents  incidentsCommand  `cmd:"" help:"List or show the incidents of a running service."`
	Identities identitiesCommand `cmd:"" help:"List or show who acts, and what is normal for them."`
	Coverage   coverageCommand   `cmd:"" help:"Say which accounts and regions bring records, how late, and what is missing."`
	Sources    sourcesCommand    `cmd:"" help:"Say what each feed of a running service brought, and which are silent or late."`
	Backup     backupCommand     `cmd:"" help:"Copy a service's log and state."`
	Restore    restoreCommand    `cmd:"" help:"Make a data folder out of a backup and its keys."`
	Views      viewsCommand      `cmd:"" help:"Make what is shown anew out of the log."`
	Keys       keysCommand       `cmd:"" help:"Manage the keys that seal what is at rest."`
	Upgrade    upgradeCommand    `cmd:"" help:"Compare this version with another on your own log."`
	Settings   configCommand     `cmd:"" name:"config" help:"Check a configuration, or print a commented example."`
	Replay     replayCommand     `cmd:"" help:"Fold a service's log from its beginning, and hold what comes of it against its state."`
	Calibrate  calibrateCommand  `cmd:"" help:"Replay your own history in shadow: what would have been done, and the scores that call for action with their guarantee."`
	Fit        fitCommand        `cmd:"" help:"Fit a model: the weights and thresholds that decide."`
	Sim        simCommand        `cmd:"" help:"Write a made-up organisation as audit logs, with attacks and their labels."`
	Explain    explainCommand    `cmd:"" help:"Say what a behaviour looks for, and play its examples."`
	Schema     schemaCommand     `cmd:"" help:"Print the JSON Schema of an output."`
	Exception  exceptionCommand  `cmd:"" help:"Declare a behaviour ordinary for someone, after seeing what that would have hidden."`
	Verdict    verdictCommand    `cmd:"" help:"Say what an incident was: an attack, a false alarm, or authorised."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// Run parses the arguments, runs the command and returns the exit status.
func (m *Main) Run(ctx context.Context) (code int) {
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("sekisho"), kong.Writers(m.Stdout, m.Stderr),
		kong.Description("Follows identities by the lineage of their credentials, and explains takeovers by valid credentials."),
		kong.Exit(func(n int) { exited = n }), kong.UsageOnError())
	if err != nil {
		panic(err) // the command line itself is malformed: a test would have shown it
	}
	k, err := parser.Parse(m.Args)
	if exited >= 0 {
		return exited // --help
	}
	if err != nil {
		fmt.Fprintf(m.Stderr, "sekisho: %v\nRun \"sekisho --help\" for the commands.\n", err)
		return exitFailure
	}
	m.Stdin = interruptible(ctx, m.Stdin)
	k.BindTo(ctx, (*context.Context)(nil))
	err = k.Run(m)
	switch {
	case errors.Is(err, errIncidents), errors.Is(err, errGaps):
		return exitIncidents
	case errors.Is(err, syscall.EPIPE):
		return exitClean // the reader has seen enough
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(m.Stderr, "sekisho: interrupted; temporary files are removed")
		return exitFailure
	case err != nil:
		fmt.Fprintln(m.Stderr, "sekisho:", err)
		return exitFailure
	}
	return exitClean
}
