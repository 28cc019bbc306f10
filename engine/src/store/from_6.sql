-- What makes version 7 of version 6: the work of analysts. Each block is one topic.

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
