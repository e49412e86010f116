package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/console"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/self"
	"github.com/sekisho/sekisho/store"
	"github.com/sekisho/sekisho/view"
)

// serveCommand is "sekisho serve".
type serveCommand struct {
	Listen    string   `default:"127.0.0.1:8600" help:"Address to answer at. One that others can reach needs --tls-cert and tokens."`
	Data      string   `default:"sekisho-data" placeholder:"DIR" help:"Folder for the log, the state and the views."`
	Config    string   `placeholder:"FILE" help:"What you declare of your organisation (YAML)."`
	Inventory string   `placeholder:"FILE" help:"Output of: aws iam get-account-authorization-details."`
	Model     string   `placeholder:"FILE" help:"What decides, as written by sekisho calibrate, instead of the shipped model."`
	Watch     []string `placeholder:"DIR" sep:"none" help:"Folders whose files are read as they appear. May be repeated."`
	TLSCert   string   `name:"tls-cert" placeholder:"FILE" help:"Certificate chain (PEM)."`
	TLSKey    string   `name:"tls-key" placeholder:"FILE" help:"Its key (PEM)."`
	Memory    size     `default:"1GiB" help:"Soft limit on memory."`
}

// Files in the data folder.
const (
	logFolder = "log"
	viewFile  = "views.sqlite"
)

// Run serves until it is interrupted.
func (c *serveCommand) Run(ctx context.Context, m *Main) (err error) {
	limitMemory(int64(c.Memory))
	log := slog.New(slog.NewTextHandler(m.Stderr, nil))
	o, declared, err := serving(c.Config, c.Inventory, c.Model)
	if err != nil {
		return err
	}
	defer declared.Close()
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w; name one that can be written with --data", err)
	}
	tokens, err := c.tokens(log)
	if err != nil {
		return err
	}
	if err := console.Check(c.Listen, c.TLSCert != "", len(tokens)); err != nil {
		return err
	}
	listener, err := c.listen()
	if err != nil {
		return err
	}
	defer listener.Close()

	db, err := store.Open(filepath.Join(c.Data, logFolder), store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	views, err := view.Open(filepath.Join(c.Data, viewFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, views.Close()) }()

	var ready atomic.Bool
	began := time.Now()
	service, err := live.New(db, live.Options{Engine: o, Formats: logged(), Log: log, Now: time.Now, Effects: views.Effects, Feeds: views.Feeds,
		NoticeSource: self.Source, Silence: silence})
	if err != nil {
		return err
	}
	server := console.New(console.Options{Live: service, View: views, Formats: formats(), Tokens: tokens, Log: log, Metrics: console.Metrics(service, db),
		Ready: func() error {
			if !ready.Load() {
				return errors.New("the state is being restored")
			}
			return views.Err()
		}})
	log.Info("ready", "address", "http"+map[bool]string{true: "s"}[c.TLSCert != ""]+"://"+listener.Addr().String(), "data", c.Data,
		"deliveries", db.Last(), "replayed", service.Replayed(), "seconds", fmt.Sprintf("%.1f", time.Since(began).Seconds()))

	// The service ends after those who bring to it.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- service.Run(running) }()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	answering := make(chan error, 1)
	go func() { answering <- server.Serve(inner, listener) }()
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		watch(inner, c.Watch, service, log)
	}()
	ready.Store(true)

	select {
	case err = <-ended: // it failed: nobody may be answered any more
		cancel()
		<-answering
		<-watching
		return err
	case err = <-answering:
	}
	cancel()
	<-watching
	stop()
	if failed := <-ended; failed != nil {
		return errors.Join(err, failed)
	}
	log.Info("ended; all that was acknowledged is in the log", "deliveries", db.Last())
	return err
}

// logged are the formats that a service's log holds: those that are delivered, and
// its own notices.
func logged() []normalize.Format { return append(formats(), self.Notices()) }

// silence is the record of a feed that fell silent.
func silence(f live.Feed, at time.Time) ([]byte, error) {
	return (&self.Silence{Source: f.Source, Account: f.Account, Region: f.Region, Since: f.LastReceived, At: at}).JSON()
}

// serving is what decides in the service.
func serving(configFile, inventoryFile, modelFile string) (engine.Options, *config.Config, error) {
	declared := config.Default()
	if configFile != "" {
		var err error
		if declared, err = loadConfig(configFile); err != nil {
			return engine.Options{}, nil, err
		}
	}
	o := engine.Options{Config: declared}
	base, err := loadModel(modelFile)
	if err != nil {
		return o, declared, errors.Join(err, declared.Close())
	}
	deciding := base.Model()
	o.Model = &deciding
	if inventoryFile != "" {
		if o.Inventory, err = readInventory(inventoryFile); err != nil {
			return o, declared, errors.Join(err, declared.Close())
		}
	}
	return o, declared, nil
}

func (c *serveCommand) listen() (net.Listener, error) {
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; another process may have the address: name one with --listen", c.Listen, err)
	}
	if c.TLSCert == "" {
		return l, nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the certificate: %w; --tls-cert and --tls-key are PEM files that belong together", err), l.Close())
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}), nil
}

// tokenLeast is how short a token may be: shorter ones can be guessed.
const tokenLeast = 16

// tokens are those of the environment; one that is not set is made once and kept in
// the data folder, for whoever may read that. There is no way in without.
func (c *serveCommand) tokens(log *slog.Logger) ([]console.Token, error) {
	var out []console.Token
	for _, x := range []struct {
		env, file string
		role      console.Role
	}{{"SEKISHO_INGEST_TOKEN", "ingest.token", console.RoleIngest}, {"SEKISHO_ADMIN_TOKEN", "admin.token", console.RoleAdmin}} {
		text := os.Getenv(x.env)
		if text == "" {
			path := filepath.Join(c.Data, x.file)
			b, err := os.ReadFile(path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				random := make([]byte, 32)
				rand.Read(random)
				b = []byte(base64.RawURLEncoding.EncodeToString(random))
				if err := os.WriteFile(path, append(b, '\n'), 0o600); err != nil {
					return nil, fmt.Errorf("keep a token: %w", err)
				}
			case err != nil:
				return nil, fmt.Errorf("read a token: %w", err)
			}
			text = strings.TrimSpace(string(b))
			log.Info("the token is in a file; set it yourself with the variable", "role", x.role, "file", path, "variable", x.env)
		}
		if len(text) < tokenLeast {
			return nil, fmt.Errorf("the token %s has %d letters; it needs at least %d, for example: openssl rand -base64 32", x.env, len(text), tokenLeast)
		}
		out = append(out, console.NewToken(x.env, x.role, text))
	}
	return out, nil
}
