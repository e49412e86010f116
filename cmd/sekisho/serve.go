package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/console"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/okta/oktaapi"
	"github.com/sekisho/sekisho/provider/self"
	"github.com/sekisho/sekisho/store"
	"github.com/sekisho/sekisho/view"
)

// serveCommand is "sekisho serve".
type serveCommand struct {
	Listen    string   `default:"127.0.0.1:8600" help:"Address to answer at. One that others can reach needs --tls-cert and tokens."`
	Data      string   `default:"sekisho-data" env:"SEKISHO_DATA" placeholder:"DIR" help:"Folder for the log, the state and the views (${default}, or SEKISHO_DATA)."`
	Config    string   `placeholder:"FILE" help:"What you declare of your organisation and of the service (YAML)."`
	Inventory string   `placeholder:"FILE" help:"Output of: aws iam get-account-authorization-details."`
	Model     string   `placeholder:"FILE" help:"What decides, as written by sekisho calibrate, instead of the shipped model."`
	Watch     []string `placeholder:"DIR" sep:"none" help:"Folders whose files are read as they appear, beside the configured sources. May be repeated."`
	TLSCert   string   `name:"tls-cert" placeholder:"FILE" help:"Certificate chain (PEM)."`
	TLSKey    string   `name:"tls-key" placeholder:"FILE" help:"Its key (PEM)."`
	Memory    size     `default:"1GiB" help:"Soft limit on memory."`
	LogFormat string   `enum:"text,json" default:"text" help:"Form of the log on standard error: ${enum}."`
}

// watched refuses folders that are not there, or that are the data folder or part of it.
func (c *serveCommand) watched() error {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	for _, dir := range c.Watch {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("watch %s: it is no folder that can be read; correct --watch", dir)
		}
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		if up, err := filepath.Rel(abs, data); err == nil && (up == "." || !strings.HasPrefix(up, "..")) {
			return fmt.Errorf("watch %s: the data folder is in it, and would be read as records; keep them apart", dir)
		}
	}
	return nil
}

// logger writes to an operator's log collector or to a person.
func logger(w io.Writer, format string) *slog.Logger {
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// Run serves until it is interrupted.
func (c *serveCommand) Run(ctx context.Context, m *Main) (err error) {
	limitMemory(int64(c.Memory))
	log := logger(m.Stderr, c.LogFormat)
	o, declared, err := serving(c.Config, c.Inventory, c.Model)
	if err != nil {
		return err
	}
	defer declared.Close()
	settings := &declared.Service
	if err := c.watched(); err != nil {
		return err
	}
	if err := ownFolder(c.Data); err != nil {
		return err
	}
	tokens, err := c.tokens(settings, log)
	if err != nil {
		return err
	}
	webhooks, err := webhooks(settings)
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

	keys, _, err := keyPlace(ctx, c.Data, settings.Encryption)
	if err != nil {
		return err
	}
	_, missing := os.Stat(keys)
	db, err := openLog(ctx, c.Data, settings.Encryption, true, false)
	if err != nil {
		return err
	}
	digest, err := digestOf(c.Config, c.Inventory, c.Model)
	if err == nil {
		err = judge(db, digest, log)
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if missing != nil {
		log.Warn("a new key file was made: copy it elsewhere now; without it no record and no backup can be read", "file", keys)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	views, err := view.Open(filepath.Join(c.Data, viewFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, views.Close()) }()

	var ready atomic.Bool
	began := time.Now()
	options := liveOptions(o, settings)
	options.Log, options.Now, options.Effects, options.Feeds, options.Settled = log, time.Now, telling(views, log), views.Feeds, views.Flush
	readers := &readers{}
	defer readers.close()
	options.Changed = readers.changed
	service, err := live.New(db, options)
	if err != nil {
		return err
	}
	if err := readers.add(ctx, settings, c.Watch, service, db, log); err != nil {
		return err
	}
	server := console.New(console.Options{Live: service, View: views, Formats: formats(), Tokens: tokens, Webhooks: webhooks, Log: log,
		Challenges: []console.Challenge{{Header: oktaapi.ChallengeHeader, Answer: oktaapi.ChallengeAnswer}},
		Metrics:    console.Metrics(service, db, readers.health), Health: readers.health, Say: speaker(service), Backup: backuper(db, c.Data),
		Coverage: func(ctx context.Context) (any, error) {
			return cover(ctx, views, declared, readers.health(), time.Now())
		},
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
	var bringing sync.WaitGroup
	for _, r := range readers.runners {
		bringing.Go(func() { r.Run(inner) })
	}
	if settings.Heartbeat.URL != "" {
		bringing.Go(func() { beat(inner, settings.Heartbeat, service, views, log) })
	}
	ready.Store(true)

	select {
	case err = <-ended: // it failed: nobody may be answered any more
		cancel()
		<-answering
		bringing.Wait()
		return err
	case err = <-answering:
	}
	cancel()
	bringing.Wait()
	stop()
	if failed := <-ended; failed != nil {
		return errors.Join(err, failed)
	}
	log.Info("ended; all that was acknowledged is in the log", "deliveries", db.Last())
	return err
}

// telling hands effects to the views, and says in the log what somebody should look at:
// each decision, with the command that shows it.
func telling(views *view.View, log *slog.Logger) func(live.Effects) {
	return func(x live.Effects) {
		views.Effects(x)
		for _, d := range x.Decisions {
			for i := range x.Incidents {
				if in := &x.Incidents[i]; in.ID == d.Incident {
					log.Warn("an incident calls for containment", "incident", in.ID, "severity", in.Severity.String(), "tier", d.Tier, "title", in.Title,
						"decided_after", d.ReceivedAt.Sub(d.EventAt).Round(time.Millisecond).String(), "fresh", d.Fresh, "next", "sekisho incidents show "+in.ID)
				}
			}
		}
	}
}

// logged are the formats that a service's log holds: those that are delivered, its
// own notices, and what it collects.
func logged() []normalize.Format { return append(formats(), self.Notices(), aws.Inventory()) }

// liveOptions are what decides and how records of the service's own are read: the same
// for a service, its replay and its rebuilt views.
func liveOptions(o engine.Options, s *config.Service) live.Options {
	return live.Options{Engine: o, Formats: logged(), NoticeSource: self.Source, Silence: silence, Read: readWord, Document: document,
		Fresh: s.Fresh, RetainFor: s.RetainFor, RetainMost: s.RetainBytes}
}

// silence is the record of a feed that fell silent.
func silence(f live.Feed, at time.Time) ([]byte, error) {
	return (&self.Silence{Source: f.Source + " by " + string(f.Path), Account: f.Account, Region: f.Region, Since: f.LastReceived, At: at}).JSON()
}

// readWord tells a person's word from the service's own notices.
func readWord(_ string, raw []byte) (live.Word, bool) {
	w, ok := self.ReadWord(raw)
	if !ok {
		return live.Word{}, false
	}
	return live.Word{At: w.At, By: w.By, What: w.What, Target: w.Target, Detail: w.Detail, Note: w.Note, Verdict: w.Verdict()}, true
}

// speaker puts a person's word into the log.
func speaker(service *live.Service) func(context.Context, live.Word) live.Result {
	return func(ctx context.Context, w live.Word) live.Result {
		raw, err := self.Word{At: w.At, By: w.By, What: w.What, Target: w.Target, Detail: w.Detail, Note: w.Note}.JSON()
		if err != nil {
			return live.Result{Err: err}
		}
		b := &ingest.Body{Text: raw}
		b.Read([]normalize.Format{self.Notices()})
		return service.Deliver(ctx, &live.Delivery{Source: self.Source, Path: ingest.PathSelf, Body: b})
	}
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

// tokenLeast is how short a token or secret may be: shorter ones can be guessed.
const tokenLeast = 16

// tokens are those of the configuration and of the environment; of the latter, one that
// is not set is made once and kept in the data folder, for whoever may read that. There
// is no way in without. What is declared comes first: a token that is bound to sources by
// it stays so where it is the environment's too.
func (c *serveCommand) tokens(s *config.Service, log *slog.Logger) ([]console.Token, error) {
	var out []console.Token
	for _, x := range s.Tokens {
		t, err := console.TokenFromHash(x.Name, console.Role(x.Role), x.SHA256)
		if err != nil {
			return nil, err
		}
		t.Sources = x.Sources
		out = append(out, t)
	}
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

// webhooks are those who may deliver with a signature.
func webhooks(s *config.Service) ([]console.Webhook, error) {
	var out []console.Webhook
	var errs []error
	for _, x := range s.Webhooks {
		secret, err := readSecret(x.SecretFile)
		if err != nil {
			errs = append(errs, fmt.Errorf("webhook %s: %w", x.Name, err))
			continue
		}
		for i := range out {
			if bytes.Equal(out[i].Secret, secret) && len(out[i].Sources)+len(x.Sources) > 0 {
				errs = append(errs, fmt.Errorf("the webhooks %s and %s have the same secret, so what one of them may not deliver the other may; make another one for either", out[i].Name, x.Name))
			}
		}
		out = append(out, console.Webhook{Name: x.Name, Header: x.Header, Secret: secret, Sources: x.Sources})
	}
	return out, errors.Join(errs...)
}

// secretMax caps a secret's file.
const secretMax = 4 << 10

// readSecret reads a secret out of a file, which must not be empty or short.
func readSecret(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w; let this user read the file", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, secretMax))
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	if b = []byte(strings.TrimSpace(string(b))); len(b) < tokenLeast {
		return nil, fmt.Errorf("the secret in %s has %d letters; it needs at least %d", path, len(b), tokenLeast)
	}
	return b, nil
}

// backuper copies log and state of a running service into its data folder.
func backuper(db *store.Store, data string) func(string) (string, error) {
	return func(name string) (string, error) {
		to := filepath.Join(data, backupsFolder, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return "", fmt.Errorf("back up: %w", err)
		}
		if err := os.Mkdir(to, 0o700); errors.Is(err, fs.ErrExist) {
			return "", console.ErrExists
		} else if err != nil {
			return "", fmt.Errorf("back up: %w", err)
		}
		return to, db.Backup(filepath.Join(to, logFolder))
	}
}
