-- Alerts, people and the detector's place. Times are microseconds since 1970 UTC.
-- STRICT everywhere; JSON is text; every list that a page shows has its index.

CREATE TABLE detector (
  one              INTEGER PRIMARY KEY CHECK (one = 1),
  position         INTEGER NOT NULL,   -- examined and folded up to here
  index_position   INTEGER NOT NULL,   -- indexed durably up to here
  numbers          TEXT    NOT NULL    -- highest number seen in each lane, JSON
) STRICT;

CREATE TABLE source_offset (
  source TEXT NOT NULL,
  input  TEXT NOT NULL,
  state  TEXT NOT NULL,
  PRIMARY KEY (source, input)
) STRICT, WITHOUT ROWID;

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
  report        TEXT,                   -- its newest sensor.status
  PRIMARY KEY (sensor, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_problem (
  sensor  TEXT    NOT NULL,
  source  TEXT    NOT NULL,
  code    TEXT    NOT NULL,             -- the word of its sensor.status
  count   INTEGER NOT NULL,
  since   INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  message TEXT    NOT NULL,
  PRIMARY KEY (sensor, source, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE window_entry (
  rule     TEXT    NOT NULL,
  grp      TEXT    NOT NULL,           -- the group, JSON
  position INTEGER NOT NULL,
  time     INTEGER NOT NULL,
  value    TEXT,
  reported INTEGER NOT NULL,
  matched  TEXT    NOT NULL,           -- JSON
  event    BLOB    NOT NULL,           -- empty once it was reported
  members  INTEGER NOT NULL DEFAULT 0, -- the rules that it met, one bit each
  source   TEXT    NOT NULL DEFAULT '',
  received INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (rule, grp, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE window_clock (            -- how far each source has come in the correlations
  source   TEXT    NOT NULL,
  backfill INTEGER NOT NULL,
  newest   INTEGER NOT NULL,
  received INTEGER NOT NULL,
  PRIMARY KEY (source, backfill)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert (
  id         TEXT    PRIMARY KEY,
  key        TEXT    NOT NULL,
  rule       TEXT    NOT NULL,
  title      TEXT    NOT NULL,
  level      INTEGER NOT NULL,         -- 0 informational … 4 critical
  rule_info  TEXT    NOT NULL,         -- the rule as it was, JSON
  site       TEXT    NOT NULL,
  exercise   INTEGER NOT NULL,
  kind_group TEXT    NOT NULL,
  entities   TEXT    NOT NULL,         -- JSON
  state      TEXT    NOT NULL,
  verdict    TEXT,
  count      INTEGER NOT NULL,
  first      INTEGER NOT NULL,         -- time of the earliest event
  last       INTEGER NOT NULL,
  first_end  INTEGER NOT NULL,         -- the episode: from the first to the last window's end
  last_end   INTEGER NOT NULL,
  opened     INTEGER NOT NULL,
  updated    INTEGER NOT NULL,
  version    INTEGER NOT NULL,
  touched    INTEGER NOT NULL,         -- a person changed it
  previous   TEXT,                     -- the closed alert of the same key before it, or a linked one
  merged     TEXT,                     -- the alert it was merged into
  assignee   TEXT                      -- who holds it
) STRICT;
CREATE INDEX alert_key    ON alert (key, last_end);
-- Each begins with what the queue asks for by equality and goes on in its order; what stands behind answers
-- filters and counts without the row.
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

CREATE TABLE alert_entity (
  alert TEXT NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (value, field, alert)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_event (               -- copies of the first 20 and the last 20
  alert    TEXT    NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
  time     INTEGER NOT NULL,
  position INTEGER NOT NULL,
  matched  TEXT    NOT NULL,
  event    BLOB    NOT NULL,
  PRIMARY KEY (alert, time, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_history (
  seq        INTEGER PRIMARY KEY,
  alert      TEXT    NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
  at         INTEGER NOT NULL,
  who        TEXT    NOT NULL,
  action     TEXT    NOT NULL,
  from_state TEXT,
  to_state   TEXT,
  verdict    TEXT,
  note       TEXT,
  version    INTEGER NOT NULL,         -- the alert's version after it
  assignee   TEXT,
  batch      TEXT,                     -- the change that it belongs to
  undone     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX alert_history_alert ON alert_history (alert, seq);
CREATE INDEX alert_history_at    ON alert_history (at, alert) WHERE who <> 'haidang' AND undone = 0;

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

CREATE TABLE hunt (                      -- new intel entries that the past is still to be searched for
  seq   INTEGER PRIMARY KEY,
  list  TEXT NOT NULL,
  kind  TEXT NOT NULL,
  value TEXT NOT NULL,
  UNIQUE (list, kind, value)
) STRICT;

CREATE TABLE hunt_find (                 -- what hunts found: no event twice for one entry
  entry TEXT    NOT NULL,                -- list, kind, value
  event TEXT    NOT NULL,
  list  TEXT    NOT NULL,
  alert TEXT    NOT NULL,
  at    INTEGER NOT NULL,
  PRIMARY KEY (entry, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX hunt_find_alert ON hunt_find (alert, event);
CREATE INDEX hunt_find_list  ON hunt_find (list);

CREATE TABLE announcement (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  at       INTEGER NOT NULL,
  alert    TEXT    NOT NULL,
  version  INTEGER NOT NULL,
  state    TEXT    NOT NULL,
  level    INTEGER NOT NULL,
  site     TEXT    NOT NULL,
  exercise INTEGER NOT NULL,
  opened   INTEGER NOT NULL
) STRICT;

CREATE TABLE user (
  name     TEXT PRIMARY KEY,
  display  TEXT NOT NULL,
  role     TEXT NOT NULL,
  sites    TEXT,                        -- JSON list of granted sites; NULL: all
  password TEXT NOT NULL,               -- argon2id, PHC string
  disabled INTEGER NOT NULL,
  created  INTEGER NOT NULL,
  must_change INTEGER NOT NULL DEFAULT 0 -- the password was given by another
) STRICT, WITHOUT ROWID;

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

CREATE TABLE session (
  token   BLOB PRIMARY KEY,             -- SHA-256 of the cookie
  user    TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
  csrf    TEXT NOT NULL,
  created INTEGER NOT NULL,
  seen    INTEGER NOT NULL,
  address TEXT NOT NULL DEFAULT '',      -- where it was begun
  agent   TEXT NOT NULL DEFAULT ''       -- and with which program
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  key    TEXT    NOT NULL,
  user   TEXT    NOT NULL,
  at     INTEGER NOT NULL,
  request TEXT   NOT NULL,
  PRIMARY KEY (key, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq    INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  who    TEXT    NOT NULL,
  action TEXT    NOT NULL,
  target TEXT    NOT NULL,
  detail TEXT    NOT NULL,              -- JSON; never a secret
  hash   BLOB    NOT NULL               -- SHA-256 of the previous hash and this row
) STRICT;
CREATE INDEX audit_who ON audit (who, seq);
CREATE INDEX audit_action ON audit (action, seq);

CREATE TABLE sensor (                    -- who may deliver
  name           TEXT PRIMARY KEY,
  sites          TEXT    NOT NULL,       -- JSON list of granted sites
  created        INTEGER NOT NULL,
  revoked        INTEGER,
  silent_seconds INTEGER NOT NULL,
  last_seen      INTEGER,
  version        TEXT    NOT NULL DEFAULT '',
  skew_ms        INTEGER NOT NULL DEFAULT 0,
  address        TEXT    NOT NULL DEFAULT '',
  spool          TEXT    NOT NULL DEFAULT 'ok'
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

CREATE TABLE sensor_bundle (             -- what the centre wants of its sensors
  sensor  TEXT    NOT NULL REFERENCES sensor (name) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  digest  TEXT    NOT NULL,              -- what a sensor knows it by
  who     TEXT    NOT NULL,
  why     TEXT    NOT NULL,
  text    TEXT    NOT NULL,              -- JSON, as it is signed
  PRIMARY KEY (sensor, version)
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
CREATE INDEX asset_place ON asset (place);
