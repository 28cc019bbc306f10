-- What makes version 5 of version 4: the fleet.

CREATE TABLE sensor (                    -- who may deliver
  name           TEXT PRIMARY KEY,
  sites          TEXT    NOT NULL,       -- JSON list of granted sites
  created        INTEGER NOT NULL,
  revoked        INTEGER,
  silent_seconds INTEGER NOT NULL,
  last_seen      INTEGER,
  version        TEXT    NOT NULL DEFAULT '',
  skew_ms        INTEGER NOT NULL DEFAULT 0,
  address        TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE sensor_instance (           -- data folders that spoke under a name
  instance   TEXT PRIMARY KEY,
  sensor     TEXT    NOT NULL REFERENCES sensor (name) ON DELETE CASCADE,
  first_seen INTEGER NOT NULL,
  last_seen  INTEGER NOT NULL,
  confirmed  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate (
  fingerprint BLOB PRIMARY KEY,          -- SHA-256 of the DER
  sensor      TEXT    NOT NULL REFERENCES sensor (name) ON DELETE CASCADE,
  issued      INTEGER NOT NULL,
  expires     INTEGER NOT NULL,
  revoked     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_sensor ON certificate (sensor, issued);

CREATE TABLE enrolment (                 -- leave to become a sensor, once
  token   BLOB PRIMARY KEY,              -- SHA-256
  sensor  TEXT    NOT NULL,
  sites   TEXT    NOT NULL,
  expires INTEGER NOT NULL,
  who     TEXT    NOT NULL,
  created INTEGER NOT NULL,
  used    INTEGER
) STRICT, WITHOUT ROWID;
