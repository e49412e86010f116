package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/console"
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
	if err := present(s); err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	fmt.Fprintf(m.Stdout, "%s is right: %d accounts, %d sources, %d accounts of inventory, %d tokens, %d webhooks\n", c.File, len(d.Accounts()), len(s.Sources), len(s.Inventory), len(s.Tokens), len(s.Webhooks))
	if len(s.Sources) == 0 {
		fmt.Fprintln(m.Stdout, "No source is declared: records come by HTTPS alone, or from folders given with --watch.")
	}
	for _, x := range s.Tokens {
		if x.Role == string(console.RoleIngest) && len(x.Sources) == 0 {
			fmt.Fprintf(m.Stdout, "The token %s may deliver records of each source: whoever finds it can forge all of them. Say in its sources which it is for.\n", plain(x.Name))
		}
	}
	for _, x := range s.Webhooks {
		if len(x.Sources) == 0 {
			fmt.Fprintf(m.Stdout, "The webhook %s may deliver records of each source: whoever finds its secret can forge all of them. Say in its sources which it is for.\n", plain(x.Name))
		}
	}
	if s.Heartbeat.URL == "" {
		fmt.Fprintln(m.Stdout, "No heartbeat is declared: nobody is told when the service is down.")
	}
	return nil
}

// present reports what a service would not find at its start.
func present(s *config.Service) error {
	var errs []error
	_, err := webhooks(s)
	errs = append(errs, err)
	for _, x := range s.Sources {
		if x.PasswordFile != "" {
			_, err := readSecret(x.PasswordFile)
			errs = append(errs, err)
		}
		if x.Folder != "" {
			if info, err := os.Stat(x.Folder); err != nil || !info.IsDir() {
				errs = append(errs, fmt.Errorf("the folder %s is not there; correct service.sources", x.Folder))
			}
		}
	}
	if f := s.Encryption.KeyFile; f != "" {
		if _, err := os.Stat(filepath.Dir(f)); err != nil {
			errs = append(errs, fmt.Errorf("the folder of the key file %s is not there; make it, or correct service.encryption", f))
		}
	}
	return errors.Join(errs...)
}

type exampleConfig struct{}

// Run prints it, with nothing in force: what is an example is no fact.
func (exampleConfig) Run(m *Main) error {
	fmt.Fprintln(m.Stdout, "# As it stands nothing here is in force: take the first \"# \" off the lines that you make your own.")
	for line := range strings.Lines(config.Example) {
		if line != "\n" && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			line = "# " + line
		}
		if _, err := fmt.Fprint(m.Stdout, line); err != nil {
			return err
		}
	}
	return nil
}
