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
