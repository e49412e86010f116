-- +goose Up
-- How each feed does, now by path too. It is made anew by what comes.
DROP TABLE feeds;
CREATE TABLE feeds (
  source TEXT NOT NULL, path TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, records INTEGER NOT NULL, gaps INTEGER NOT NULL,
  first_at TEXT NOT NULL, last_event_at TEXT NOT NULL, last_received_at TEXT NOT NULL,
  ages TEXT NOT NULL,                    -- records by age at receipt: live.Ages as JSON, halved each day
  aged_on TEXT NOT NULL,                 -- the day of the last halving
  PRIMARY KEY (source, path, account, region)
) STRICT, WITHOUT ROWID;

-- Decisions, as they were made: nothing changes them.
CREATE TABLE decisions (
  incident TEXT NOT NULL, tier INTEGER NOT NULL, event_id TEXT NOT NULL, event_at TEXT NOT NULL, received_at TEXT NOT NULL, fresh INTEGER NOT NULL,
  PRIMARY KEY (incident, tier)
) STRICT, WITHOUT ROWID;

-- What people said and changed.
CREATE TABLE audit (
  seq INTEGER NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, what TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (seq, n)
) STRICT, WITHOUT ROWID;

-- Everyone who was ever seen to act.
CREATE TABLE roster (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, arn TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, kind_evidence TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX roster_name ON roster (name);
CREATE INDEX roster_arn ON roster (arn);

-- +goose Down
DROP TABLE roster; DROP TABLE audit; DROP TABLE decisions; DROP TABLE feeds;
CREATE TABLE feeds (
  source TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, records INTEGER NOT NULL, first_at TEXT NOT NULL, last_event_at TEXT NOT NULL, last_received_at TEXT NOT NULL,
  PRIMARY KEY (source, account, region)
) STRICT, WITHOUT ROWID;
