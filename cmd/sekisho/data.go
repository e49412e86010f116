package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/provider/aws/awsapi"
	"github.com/sekisho/sekisho/store"
)

// Files in the data folder.
const (
	logFolder     = "log"
	keyFile       = "keys"
	viewFile      = "views.sqlite"
	backupsFolder = "backups"
)

// openLog opens the log of a data folder with the keys that seal it. make allows a
// folder that holds none yet.
func openLog(ctx context.Context, data string, e config.Encryption, make, readOnly bool) (*store.Store, error) {
	folder := filepath.Join(data, logFolder)
	if _, err := os.Stat(folder); err != nil && !make {
		return nil, fmt.Errorf("open the data folder: %w; name the service's folder with --data", err)
	}
	if err := keysGone(ctx, data, e); err != nil {
		return nil, err
	}
	keys, err := loadKeys(ctx, data, e, make)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(folder, store.Options{Keys: keys, ReadOnly: readOnly})
	if err != nil && !make {
		err = fmt.Errorf("%w; if that is a running service, make a copy first: sekisho backup --running NAME, and name the copy with --data and its key file with --keys", err)
	}
	return db, err
}

// ownFolder makes the data folder, readable by this user alone, and refuses one that is
// another's, or that has lost its log.
func ownFolder(data string) error {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w; name one that can be written with --data", err)
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		return fmt.Errorf("read the data folder: %w; name one that can be read with --data", err)
	}
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	ours := names[logFolder] || names[keyFile] || names["ingest.token"] || names["admin.token"] || names[viewFile]
	switch {
	case len(names) > 0 && !ours && !names["lost+found"]:
		return fmt.Errorf("the data folder %s holds something else; name an empty one with --data", data)
	case names[keyFile] && names[viewFile] && !names[logFolder]:
		return fmt.Errorf("the data folder %s has keys and views and no log: is a volume missing? Put it back, restore a backup, or name an empty folder with --data", data)
	}
	for _, dir := range []string{data, filepath.Join(data, logFolder)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make the data folder: %w", err)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			return fmt.Errorf("close the data folder to others: %w; it must belong to this user", err)
		}
	}
	return nil
}

// keysGone refuses to make a new key for a log that others seal: what is in it could
// not be read, and what came after would hide that.
func keysGone(ctx context.Context, data string, e config.Encryption) error {
	path := cmp.Or(e.KeyFile, filepath.Join(data, keyFile))
	folder := filepath.Join(data, logFolder)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if _, err := os.Stat(folder); err != nil {
		return nil
	}
	db, err := store.Open(folder, store.Options{ReadOnly: true})
	if err != nil {
		return nil // whoever opens it next says why
	}
	layout, err := db.Layout()
	if err = errors.Join(err, db.Close()); err != nil || layout < store.Sealed {
		return err
	}
	return fmt.Errorf("the key file %s is not there, and %s is sealed with keys that were in it; put its copy back, or name it with encryption.key_file (--keys), or begin with an empty data folder", path, folder)
}

// loadKeys reads the key file that is declared, or the data folder's own. A folder
// of a version that sealed nothing has none, and needs none to be read.
func loadKeys(ctx context.Context, data string, e config.Encryption, make bool) (*store.Keys, error) {
	path, w, err := keyPlace(ctx, data, e)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); e.KeyFile == "" && !make && errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return store.LoadKeys(ctx, path, w)
}

// keyPlace is where the key file is, and what wraps its keys.
func keyPlace(ctx context.Context, data string, e config.Encryption) (string, *store.Wrapper, error) {
	path := e.KeyFile
	if path == "" {
		path = filepath.Join(data, keyFile)
	}
	if e.KMSKey == "" {
		return path, nil, nil
	}
	w, err := awsapi.KeyWrapper(ctx, session(e.Access), e.KMSKey)
	return path, w, err
}

// loadOrDefault reads a configuration, or is that of an operator who wrote none.
func loadOrDefault(path string) (*config.Config, error) {
	if path == "" {
		return config.Default(), nil
	}
	return loadConfig(path)
}

// session is how an account is asked.
func session(a config.Access) awsapi.Session {
	return awsapi.Session{Region: a.Region, Role: a.Role, ExternalID: a.ExternalID, Endpoint: a.Endpoint}
}
