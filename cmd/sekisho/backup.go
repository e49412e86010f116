package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/store"
	"github.com/sekisho/sekisho/view"
)

// backupCommand is "sekisho backup".
type backupCommand struct {
	remote
	Config string `placeholder:"FILE" help:"The service's configuration, if that says where its keys are."`
	To     string `arg:"" help:"Folder to make; of a running service (--running) the backup's name, a folder in its data folder's \"backups\"."`

	Running bool `help:"Ask the running service for it."`
}

// Run copies the log and the state. Views follow from them; tokens and keys are not
// copied: who finds a backup can read nothing in it.
func (c *backupCommand) Run(ctx context.Context, m *Main) error {
	if c.Running {
		var made struct{ Path string }
		if err := c.send(ctx, http.MethodPost, "/v1/backups", map[string]string{"name": c.To}, &made); err != nil {
			return err
		}
		fmt.Fprintln(m.Stdout, "made "+plain(made.Path)+keysApart)
		return nil
	}
	declared, err := loadOrDefault(c.Config)
	if err != nil {
		return err
	}
	defer declared.Close()
	if _, err := os.Stat(c.To); err == nil {
		return fmt.Errorf("back up: %s is there already; name a folder that is not", c.To)
	}
	db, err := openLog(ctx, c.Data, declared.Service.Encryption, false, false)
	if err != nil {
		return fmt.Errorf("%w; of a service that runs, ask that: sekisho backup --running NAME", err)
	}
	if err = os.MkdirAll(c.To, 0o700); err == nil {
		err = db.Backup(filepath.Join(c.To, logFolder))
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	fmt.Fprintln(m.Stdout, "made "+c.To+keysApart)
	return nil
}

const keysApart = "\nIt is sealed: the keys are not in it, and without them nothing in it can be read. Keep a copy of the key file apart."

// restoreCommand is "sekisho restore".
type restoreCommand struct {
	From string `arg:"" help:"The backup."`
	Keys string `required:"" placeholder:"FILE" help:"The key file that belongs to it."`
	Data string `default:"sekisho-data" env:"SEKISHO_DATA" placeholder:"DIR" help:"Data folder to make (${default}, or SEKISHO_DATA)."`

	Config string `placeholder:"FILE" help:"The service's configuration, if its keys are wrapped by KMS."`
}

// Run makes a data folder out of a backup and its keys, and proves that it can be
// read to its end.
func (c *restoreCommand) Run(ctx context.Context, m *Main) (err error) {
	if entries, err := os.ReadDir(c.Data); err == nil && len(entries) > 0 {
		return fmt.Errorf("restore: %s is not empty; name a folder that is, or move it away", c.Data)
	}
	declared, err := loadOrDefault(c.Config)
	if err != nil {
		return err
	}
	defer declared.Close()
	if _, err := os.Stat(c.Keys); err != nil {
		return fmt.Errorf("restore: %w; name the key file that the service had", err)
	}
	e := declared.Service.Encryption
	e.KeyFile = c.Keys
	keys, err := loadKeys(ctx, "", e, false)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(c.From, logFolder)); err != nil {
		return fmt.Errorf("restore: %w; name the folder that sekisho backup made", err)
	}
	// Wrong keys are said before anything is made.
	n, err := readable(filepath.Join(c.From, logFolder), store.Options{Keys: keys, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("restore: %w; nothing was made", err)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := os.CopyFS(filepath.Join(c.Data, logFolder), os.DirFS(filepath.Join(c.From, logFolder))); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	text, err := os.ReadFile(c.Keys)
	if err == nil {
		err = os.WriteFile(filepath.Join(c.Data, keyFile), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("restore the keys: %w", err)
	}
	db, err := store.Open(filepath.Join(c.Data, logFolder), store.Options{Keys: keys})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	fmt.Fprintf(m.Stdout, "%s: %d deliveries, up to number %d; start serve on it. Views are made anew by: sekisho views --data %s (with the service's --config, if it had one)\n", c.Data, n, db.Last(), c.Data)
	return nil
}

// readable reads a log to its end and says how many deliveries it holds.
func readable(folder string, o store.Options) (n int, err error) {
	db, err := store.Open(folder, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Read(0, func(*store.Entry) (bool, error) { n++; return true, nil }); err != nil {
		return 0, fmt.Errorf("the backup cannot be read to its end: %w", err)
	}
	return n, nil
}

// viewsCommand is "sekisho views".
type viewsCommand struct{ judged }

// Run makes the views anew out of the log: what is shown follows from it.
func (c *viewsCommand) Run(ctx context.Context, m *Main) (err error) {
	db, options, end, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	path := filepath.Join(c.Data, viewFile)
	fresh := path + ".new"
	remove(fresh)
	views, err := view.Open(fresh)
	if err != nil {
		return err
	}
	waiting := 0
	options.Feeds = views.Feeds
	options.Effects = func(x live.Effects) {
		views.Effects(x)
		if waiting++; waiting%flushEvery == 0 {
			err = errors.Join(err, views.Flush())
		}
	}
	_, records, failed := live.Replay(db, options)
	err = errors.Join(err, failed)
	if err = errors.Join(err, views.Close()); err != nil {
		remove(fresh)
		return err
	}
	remove(path)
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("put the views in their place: %w", err)
	}
	fmt.Fprintf(m.Stdout, "%s: made anew from %d records of %d deliveries\n", path, records, db.Last())
	return nil
}

// flushEvery is how many deliveries' effects may wait: a replay is faster than the
// database.
const flushEvery = 200

// remove removes a database and what lies beside it.
func remove(path string) {
	for _, end := range []string{"", "-wal", "-shm"} {
		os.Remove(path + end)
	}
}

// keysCommand is "sekisho keys".
type keysCommand struct {
	Add addKey `cmd:"" help:"Add a fresh key: what is written from the next start on is sealed with it, older ones still open what they sealed."`
}

type addKey struct {
	Data   string `default:"sekisho-data" env:"SEKISHO_DATA" placeholder:"DIR" help:"The service's data folder (${default}, or SEKISHO_DATA)."`
	Config string `placeholder:"FILE" help:"The service's configuration, if that says where its keys are."`
}

// Run adds a key.
func (c *addKey) Run(ctx context.Context, m *Main) error {
	declared, err := loadOrDefault(c.Config)
	if err != nil {
		return err
	}
	defer declared.Close()
	path, w, err := keyPlace(ctx, c.Data, declared.Service.Encryption)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("add a key: %w; the service makes the first one at its first start", err)
	}
	if _, err := store.AddKey(ctx, path, w); err != nil {
		return err
	}
	fmt.Fprintf(m.Stdout, "%s has a new key, which is used from the next start on. Copy the file to where its copy is.\n", path)
	return nil
}
