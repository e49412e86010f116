package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/store"
)

// judging is by what a data folder's deliveries are judged, and from which of them on.
type judging struct {
	Digest string    `json:"digest"`
	Since  uint64    `json:"since"`
	At     time.Time `json:"at"`
}

// judgingName is where it is remembered.
const judgingName = "judged-by"

// digestOf is a digest of what decides: the configuration without the part that says how
// the service runs, the inventory file and the model.
func digestOf(configFile, inventoryFile, modelFile string) (string, error) {
	h := sha256.New()
	for i, path := range []string{configFile, inventoryFile, modelFile} {
		var text []byte
		if path != "" {
			var err error
			if text, err = os.ReadFile(path); err != nil {
				return "", fmt.Errorf("read what decides: %w", err)
			}
		}
		if i == 0 {
			var all map[string]any
			if err := yaml.Unmarshal(text, &all); err != nil {
				return "", fmt.Errorf("read the configuration: %w", err)
			}
			delete(all, "service")
			text, _ = json.Marshal(all) // what YAML gives under text keys
			if len(all) == 0 {
				text = nil
			}
		}
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// judgedBy is what a folder remembers, the zero value if nothing.
func judgedBy(db *store.Store) (judging, error) {
	var j judging
	raw, err := db.Get(judgingName)
	if err != nil || raw == nil {
		return j, err
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return j, fmt.Errorf("read by what the data folder was judged: %w", err)
	}
	return j, nil
}

// judge remembers by what deliveries are judged from now on, and says where that is
// something else than before.
func judge(db *store.Store, digest string, log *slog.Logger) error {
	was, err := judgedBy(db)
	if err != nil || was.Digest == digest {
		return err
	}
	if was.Digest != "" && db.Last() > 0 {
		log.Warn("configuration, inventory file or model are others than before: what comes is judged by them; a replay of what came before decides otherwise",
			"from_delivery", db.Last()+1, "before_since", was.At)
	}
	raw, err := json.Marshal(judging{digest, db.Last() + 1, time.Now().UTC()})
	if err != nil {
		return err
	}
	return db.Set(judgingName, raw)
}

// sameJudge refuses to fold a log by something else than what its service judges by.
func (j *judged) sameJudge(db *store.Store) error {
	was, err := judgedBy(db)
	if err != nil || was.Digest == "" {
		return err
	}
	digest, err := digestOf(j.Config, j.Inventory, j.Model)
	if err != nil || digest == was.Digest {
		return err
	}
	return fmt.Errorf("the service judges by another configuration, inventory file or model since %s: give --config, --inventory and --model as it has them", was.At.Format(time.RFC3339))
}
