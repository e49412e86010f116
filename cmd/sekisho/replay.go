package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/store"
)

// replayCommand is "sekisho replay".
type replayCommand struct {
	Data      string `default:"sekisho-data" placeholder:"DIR" help:"Data folder of a service that does not run."`
	Config    string `placeholder:"FILE" help:"What the service was told of your organisation (YAML)."`
	Inventory string `placeholder:"FILE" help:"The inventory file that it was given."`
	Model     string `placeholder:"FILE" help:"The model that it was given."`
}

// errOtherBits says that a replay came to other state than the service.
var errOtherBits = errors.New("the replay came to other state than the service had: was it given another configuration, model or binary?")

// Run folds the log from its beginning and holds the state against that which the
// service goes on from.
func (c *replayCommand) Run(m *Main) (err error) {
	if _, err := os.Stat(filepath.Join(c.Data, logFolder)); err != nil {
		return fmt.Errorf("replay: %w; name the service's folder with --data", err)
	}
	o, declared, err := serving(c.Config, c.Inventory, c.Model)
	if err != nil {
		return err
	}
	defer declared.Close()
	db, err := store.Open(filepath.Join(c.Data, logFolder), store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	options := live.Options{Engine: o, Formats: logged()}
	whole, records, err := live.Replay(db, options)
	if err != nil {
		return err
	}
	resumed, err := live.New(db, options)
	if err != nil {
		return err
	}
	var a, b bytes.Buffer
	if err := errors.Join(whole.Checkpoint(&a), checkpointOf(resumed, &b)); err != nil {
		return err
	}
	n := 0
	for _, in := range whole.Incidents() {
		if in.MergedInto == "" {
			n++
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		return fmt.Errorf("%d records of %d deliveries: %w", records, db.Last(), errOtherBits)
	}
	fmt.Fprintf(m.Stdout, "%d records of %d deliveries, folded from the beginning: %d incidents are open or lately closed, and the state is the same bits that the service goes on from\n", records, db.Last(), n)
	return nil
}

// checkpointOf writes the state of a service that does not run.
func checkpointOf(s *live.Service, w io.Writer) (err error) {
	s.Idle(func(g *engine.Engine) { err = g.Checkpoint(w) })
	return err
}
