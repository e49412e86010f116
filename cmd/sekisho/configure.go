package main

import (
	"fmt"

	"github.com/sekisho/sekisho/config"
)

// configCommand is "sekisho config".
type configCommand struct {
	Check   checkConfig   `cmd:"" help:"Say what is wrong with a configuration, or what it declares."`
	Example exampleConfig `cmd:"" help:"Print a configuration with every setting, each explained."`
}

type checkConfig struct {
	File string `arg:"" help:"The configuration (YAML)."`
}

// Run checks.
func (c *checkConfig) Run(m *Main) error {
	d, err := loadConfig(c.File)
	if err != nil {
		return err
	}
	defer d.Close()
	s := &d.Service
	fmt.Fprintf(m.Stdout, "%s is right: %d accounts, %d sources, %d accounts of inventory, %d tokens, %d webhooks\n", c.File, len(d.Accounts()), len(s.Sources), len(s.Inventory), len(s.Tokens), len(s.Webhooks))
	if len(s.Sources) == 0 {
		fmt.Fprintln(m.Stdout, "No source is declared: records come by HTTPS alone, or from folders given with --watch.")
	}
	if s.Heartbeat.URL == "" {
		fmt.Fprintln(m.Stdout, "No heartbeat is declared: nobody is told when the service is down.")
	}
	return nil
}

type exampleConfig struct{}

// Run prints it.
func (exampleConfig) Run(m *Main) error {
	_, err := fmt.Fprint(m.Stdout, config.Example)
	return err
}
