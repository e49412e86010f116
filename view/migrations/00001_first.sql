-- +goose Up
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

-- One row an incident, as it stands; json is the object of the report.
CREATE TABLE incidents (
  id            TEXT PRIMARY KEY,
  changed       INTEGER NOT NULL,        -- number of its last change
  seq           INTEGER NOT NULL,        -- of the log, when it changed last
  severity      INTEGER NOT NULL,        -- 0 low to 3 critical
  score         REAL NOT NULL,
  title         TEXT NOT NULL,
  root          TEXT NOT NULL,
  opened_at     TEXT NOT NULL,
  last_event_at TEXT NOT NULL,
  contained_at  TEXT,                    -- when containment was called for
  merged_into   TEXT,
  json          BLOB NOT NULL
) STRICT;
CREATE INDEX incidents_opened ON incidents (opened_at DESC, id);
CREATE UNIQUE INDEX incidents_changed ON incidents (changed);

CREATE TABLE findings (
  incident TEXT NOT NULL, n INTEGER NOT NULL, detection TEXT NOT NULL, event_id TEXT NOT NULL, at TEXT NOT NULL,
  identity TEXT NOT NULL, weight REAL NOT NULL, tripwire INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (incident, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX findings_identity ON findings (identity, at);

CREATE TABLE identities (
  incident TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL,
  PRIMARY KEY (incident, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_id ON identities (id);

-- The lineage: which credential issued which.
CREATE TABLE credentials (
  incident TEXT NOT NULL, id TEXT NOT NULL, identity TEXT NOT NULL, session TEXT NOT NULL, issued_by TEXT NOT NULL, issued_at TEXT, via TEXT NOT NULL, joined_by TEXT NOT NULL,
  PRIMARY KEY (incident, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX credentials_id ON credentials (id);

CREATE TABLE actions (
  incident TEXT NOT NULL, n INTEGER NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, at TEXT NOT NULL, event_id TEXT NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (incident, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE feeds (
  source TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, records INTEGER NOT NULL, first_at TEXT NOT NULL, last_event_at TEXT NOT NULL, last_received_at TEXT NOT NULL,
  PRIMARY KEY (source, account, region)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE feeds; DROP TABLE actions; DROP TABLE credentials; DROP TABLE identities; DROP TABLE findings; DROP TABLE incidents; DROP TABLE meta;
