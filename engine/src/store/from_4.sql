-- What makes version 5 of version 4: sources belong to sensors, there is a fleet of
-- these, and there are incidents.

ALTER TABLE source_state RENAME TO old_state;
CREATE TABLE source_state (
  sensor        TEXT NOT NULL,
  source        TEXT NOT NULL,
  site          TEXT NOT NULL,
  exercise      INTEGER NOT NULL,
  events        INTEGER NOT NULL,
  parse_failed  INTEGER NOT NULL,
  dropped       INTEGER NOT NULL,
  last_event    INTEGER,
  last_received INTEGER,
  report        TEXT,
  PRIMARY KEY (sensor, source)
) STRICT, WITHOUT ROWID;
INSERT INTO source_state SELECT sensor, source, site, exercise, events, parse_failed, dropped,
  last_event, last_received, NULL FROM old_state;
ALTER TABLE source_problem RENAME TO old_problem;
CREATE TABLE source_problem (
  sensor  TEXT    NOT NULL,
  source  TEXT    NOT NULL,
  code    TEXT    NOT NULL,
  count   INTEGER NOT NULL,
  since   INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  message TEXT    NOT NULL,
  PRIMARY KEY (sensor, source, code)
) STRICT, WITHOUT ROWID;
INSERT INTO source_problem SELECT old_state.sensor, source, code, count, since, last, message
  FROM old_problem JOIN old_state USING (source);
DROP TABLE old_problem;
DROP TABLE old_state;

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

CREATE TABLE incident (
  id            TEXT PRIMARY KEY,
  origin        TEXT    NOT NULL,
  rule          TEXT    NOT NULL,
  dimensions    TEXT    NOT NULL,        -- JSON
  site          TEXT    NOT NULL,
  exercise      INTEGER NOT NULL,
  level         TEXT    NOT NULL,
  state         TEXT    NOT NULL,
  version       INTEGER NOT NULL,
  opened        INTEGER NOT NULL,
  updated       INTEGER NOT NULL,
  count         INTEGER NOT NULL,
  snoozed_until INTEGER,
  merged_into   TEXT,
  cause         TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_key     ON incident (origin, rule, dimensions, opened);
CREATE INDEX incident_updated ON incident (updated DESC, id);

CREATE TABLE incident_history (
  incident   TEXT    NOT NULL,
  version    INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  who        TEXT    NOT NULL,
  action     TEXT    NOT NULL,
  from_state TEXT,
  to_state   TEXT,
  note       TEXT,
  PRIMARY KEY (incident, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed (                      -- what others are told, made when an incident changes
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  incident TEXT    NOT NULL,
  version  INTEGER NOT NULL,
  site     TEXT    NOT NULL,
  audience TEXT    NOT NULL,
  exercise INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  payload  TEXT    NOT NULL
) STRICT;
