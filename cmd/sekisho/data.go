package main

import (
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
	keys, err := loadKeys(ctx, data, e, make)
	if err != nil {
		return nil, err
	}
	return store.Open(folder, store.Options{Keys: keys, ReadOnly: readOnly})
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
