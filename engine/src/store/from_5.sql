-- What makes version 6 of version 5: sensors are configured from the centre; assets.

CREATE TABLE sensor_bundle (
  sensor  TEXT    NOT NULL REFERENCES sensor (name) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  digest  TEXT    NOT NULL,              -- what a sensor knows it by
  who     TEXT    NOT NULL,
  why     TEXT    NOT NULL,
  text    TEXT    NOT NULL,              -- JSON, as it is signed
  PRIMARY KEY (sensor, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE asset (                     -- what stands at which site
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  site        TEXT    NOT NULL,
  address     TEXT    NOT NULL,          -- an IP address or a CIDR in its one form
  place       TEXT    NOT NULL,          -- the same, in an order of numbers
  kind        TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  role        TEXT    NOT NULL,
  criticality TEXT    NOT NULL,
  owner       TEXT    NOT NULL,
  contact     TEXT    NOT NULL,
  mac         TEXT,
  valid_from  TEXT,                      -- days
  valid_to    TEXT,
  state       TEXT    NOT NULL,
  origin      TEXT    NOT NULL,
  seen_by     TEXT,
  exercise    INTEGER NOT NULL,
  first_seen  INTEGER,
  last_seen   INTEGER,
  updated     INTEGER NOT NULL,
  who         TEXT    NOT NULL,
  words       TEXT    NOT NULL,          -- what a search looks in: small letters
  UNIQUE (site, place, exercise)
) STRICT;
CREATE INDEX asset_state ON asset (site, state);
