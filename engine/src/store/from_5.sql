-- What makes version 6 of version 5: sensors are configured from the centre, and say whether their spool takes
-- events.

ALTER TABLE sensor ADD COLUMN spool TEXT NOT NULL DEFAULT 'ok';
CREATE TABLE sensor_bundle (
  sensor  TEXT    NOT NULL REFERENCES sensor (name) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  digest  TEXT    NOT NULL,              -- what a sensor knows it by
  who     TEXT    NOT NULL,
  why     TEXT    NOT NULL,
  text    TEXT    NOT NULL,              -- JSON, as it is signed
  PRIMARY KEY (sensor, version)
) STRICT, WITHOUT ROWID;
