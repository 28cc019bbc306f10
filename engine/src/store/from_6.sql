-- What makes version 7 of version 6: the work of analysts. Each block is one topic.

-- People: a password that was given by another, where sessions come from, tokens, the second factor.
ALTER TABLE user ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_who ON audit (who, seq);
CREATE INDEX audit_action ON audit (action, seq);
CREATE TABLE token (                     -- for programs, in a person's name
  id          TEXT PRIMARY KEY,
  hash        BLOB    NOT NULL,          -- SHA-256 of the secret
  user        TEXT    NOT NULL REFERENCES user (name) ON DELETE CASCADE,
  name        TEXT    NOT NULL,
  permissions TEXT    NOT NULL,          -- JSON list of words
  sites       TEXT,                      -- JSON list; NULL: all of the person's
  created     INTEGER NOT NULL,
  expires     INTEGER NOT NULL,
  seen        INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX token_user ON token (user);

CREATE TABLE second_factor (
  user      TEXT PRIMARY KEY REFERENCES user (name) ON DELETE CASCADE,
  secret    BLOB    NOT NULL,
  confirmed INTEGER NOT NULL,
  step      INTEGER NOT NULL             -- the last one whose code was used
) STRICT, WITHOUT ROWID;
CREATE TABLE recovery_code (
  user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
  hash BLOB NOT NULL,                    -- SHA-256 of the code
  PRIMARY KEY (user, hash)
) STRICT, WITHOUT ROWID;
-- Cases: a person's inquiry. What lies at a site (alerts, pinned events, evidence from there) is cut to the reader's.
CREATE TABLE cases (                     -- CASE is a word of SQL
  id        TEXT PRIMARY KEY,            -- V-2026-0001
  year      INTEGER NOT NULL,
  number    INTEGER NOT NULL,
  title     TEXT    NOT NULL,
  summary   TEXT    NOT NULL,
  level     TEXT    NOT NULL,
  state     TEXT    NOT NULL,
  verdict   TEXT,
  lessons   TEXT    NOT NULL,
  assignee  TEXT,
  exercise  INTEGER NOT NULL,
  opened    INTEGER NOT NULL,
  opened_by TEXT    NOT NULL,
  updated   INTEGER NOT NULL,
  version   INTEGER NOT NULL,
  words     TEXT    NOT NULL,            -- what a search looks in: small letters
  UNIQUE (year, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX cases_state ON cases (state, updated DESC, id DESC);

CREATE TABLE case_site (
  case_id TEXT    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  site    TEXT    NOT NULL,              -- empty: the province
  chosen  INTEGER NOT NULL,              -- by a person; else an alert brings it
  PRIMARY KEY (case_id, site)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_site_site ON case_site (site, case_id);

CREATE TABLE case_alert (                -- links, never copies
  case_id TEXT    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  alert   TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  who     TEXT    NOT NULL,
  PRIMARY KEY (case_id, alert)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_alert_alert ON case_alert (alert, case_id);

CREATE TABLE case_note (                 -- every version of every note; the highest counts
  note    INTEGER NOT NULL,
  version INTEGER NOT NULL,
  case_id TEXT    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  at      INTEGER NOT NULL,
  who     TEXT    NOT NULL,
  text    TEXT    NOT NULL,
  PRIMARY KEY (note, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_note_case ON case_note (case_id, note, version);

CREATE TABLE case_task (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id  TEXT    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  place    INTEGER NOT NULL,             -- their order
  text     TEXT    NOT NULL,
  assignee TEXT,
  due      INTEGER,
  done     INTEGER,
  done_by  TEXT,
  version  INTEGER NOT NULL
) STRICT;
CREATE INDEX case_task_case ON case_task (case_id, place, id);

CREATE TABLE case_observable (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id TEXT    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  kind    TEXT    NOT NULL,
  value   TEXT    NOT NULL,
  note    TEXT    NOT NULL,
  tags    TEXT    NOT NULL,              -- JSON
  at      INTEGER NOT NULL,
  who     TEXT    NOT NULL,
  version INTEGER NOT NULL,
  UNIQUE (case_id, kind, value)
) STRICT;
CREATE INDEX case_observable_value ON case_observable (value, case_id);

CREATE TABLE case_evidence (             -- the file is evidence/<case>/<sha256> in the data folder
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id TEXT    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  sha256  TEXT    NOT NULL,
  name    TEXT    NOT NULL,
  bytes   INTEGER NOT NULL,
  note    TEXT    NOT NULL,
  site    TEXT,                          -- NULL: of the case as a whole
  at      INTEGER NOT NULL,
  who     TEXT    NOT NULL,
  UNIQUE (case_id, sha256)
) STRICT;

CREATE TABLE case_custody (              -- through whose hands evidence went
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  evidence INTEGER NOT NULL REFERENCES case_evidence (id) ON DELETE CASCADE,
  at       INTEGER NOT NULL,
  who      TEXT    NOT NULL,
  action   TEXT    NOT NULL
) STRICT;
CREATE INDEX case_custody_evidence ON case_custody (evidence, seq);

CREATE TABLE case_event (                -- pinned events: copies, which outlive retention
  case_id TEXT    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  event   TEXT    NOT NULL,              -- its id
  time    INTEGER NOT NULL,
  site    TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  who     TEXT    NOT NULL,
  note    TEXT    NOT NULL,
  copy    BLOB    NOT NULL,
  PRIMARY KEY (case_id, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE case_action (               -- what was done, for the timeline
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id TEXT    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  at      INTEGER NOT NULL,
  who     TEXT    NOT NULL,
  action  TEXT    NOT NULL,
  site    TEXT,                          -- NULL: of the case as a whole
  detail  TEXT    NOT NULL               -- JSON
) STRICT;
CREATE INDEX case_action_case ON case_action (case_id, at DESC, seq DESC);
-- Triage: who holds an alert, changes that can be undone, and a queue that answers from its indexes however many
-- alerts there are. Each index begins with what the queue asks for by equality and goes on in its order; what stands
-- behind answers filters and counts without the row.
ALTER TABLE alert ADD COLUMN assignee TEXT;
ALTER TABLE alert_history ADD COLUMN assignee TEXT;
ALTER TABLE alert_history ADD COLUMN batch TEXT;
ALTER TABLE alert_history ADD COLUMN undone INTEGER NOT NULL DEFAULT 0;
DROP INDEX alert_newest;
DROP INDEX alert_state;
DROP INDEX alert_rule;
CREATE INDEX alert_state    ON alert (state, last, id, level, site, first, assignee, opened, exercise, merged)
  WHERE merged IS NULL;
CREATE INDEX alert_level    ON alert (level, state, last, id, site, first, assignee, opened, exercise, merged)
  WHERE merged IS NULL;
CREATE INDEX alert_site     ON alert (site, state, last, id, level, first, assignee, opened, exercise, merged)
  WHERE merged IS NULL;
CREATE INDEX alert_rule     ON alert (rule, last, id, site, state, level, first, assignee, opened, exercise, merged)
  WHERE merged IS NULL;
CREATE INDEX alert_assignee ON alert (assignee, state, last, id, level, site, first, opened, exercise, merged)
  WHERE merged IS NULL AND assignee IS NOT NULL;
CREATE INDEX alert_history_at    ON alert_history (at, alert) WHERE who <> 'haidang' AND undone = 0;
CREATE INDEX asset_place ON asset (place);

CREATE TABLE alert_batch (               -- what a person did at once, to one alert or to thousands
  id            TEXT PRIMARY KEY,
  who           TEXT    NOT NULL,
  at            INTEGER NOT NULL,
  changed       INTEGER NOT NULL,
  skipped       TEXT    NOT NULL,        -- JSON: the first hundred, each with its reason
  skipped_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_batch_at ON alert_batch (at);

CREATE TABLE alert_batch_item (          -- what the alerts were before
  batch    TEXT    NOT NULL REFERENCES alert_batch (id) ON DELETE CASCADE,
  alert    TEXT    NOT NULL,
  version  INTEGER NOT NULL,             -- the alert's version after the change
  state    TEXT    NOT NULL,
  verdict  TEXT,
  assignee TEXT,
  touched  INTEGER NOT NULL,
  undone   INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (batch, alert)
) STRICT, WITHOUT ROWID;
