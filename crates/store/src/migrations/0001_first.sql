-- The log, erasure runs with their journal, certificates, tombstones and secrets.
-- Times are microseconds since 1970, UTC.

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    applied INTEGER NOT NULL
) STRICT;

CREATE TABLE secret (
    name  TEXT PRIMARY KEY CHECK (name IN ('signing_seed', 'hash_secret')),
    value BLOB NOT NULL CHECK (length(value) = 32)
) STRICT;

-- Entries are numbered from 0 without gaps.
CREATE TABLE log_entry (
    number INTEGER PRIMARY KEY CHECK (number >= 0),
    run    TEXT NOT NULL,
    bytes  BLOB NOT NULL
) STRICT;
CREATE INDEX log_entry_run ON log_entry (run);

-- Hashes of the complete subtrees: level 0 are the entries, level n stands over 2^n of them.
CREATE TABLE log_node (
    level  INTEGER NOT NULL CHECK (level >= 0),
    number INTEGER NOT NULL CHECK (number >= 0),
    hash   BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_checkpoint (
    size INTEGER PRIMARY KEY CHECK (size > 0),
    note TEXT NOT NULL
) STRICT;

CREATE TRIGGER log_entry_stays BEFORE DELETE ON log_entry BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_entry_is_final BEFORE UPDATE ON log_entry BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_node_stays BEFORE DELETE ON log_node BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_node_is_final BEFORE UPDATE ON log_node BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_checkpoint_stays BEFORE DELETE ON log_checkpoint BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_checkpoint_is_final BEFORE UPDATE ON log_checkpoint BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TABLE erasure_run (
    id            TEXT PRIMARY KEY,
    state         TEXT NOT NULL CHECK (state IN
                      ('started', 'running', 'verifying', 'completed', 'completed_with_retained', 'partly_failed', 'stopped')),
    kind          TEXT NOT NULL,
    -- Keyed hash, never the key.
    subject       TEXT NOT NULL,
    -- The plan and what else was decided when the run began, as JSON. No personal data.
    plan          TEXT NOT NULL,
    started       INTEGER NOT NULL,
    opening_entry INTEGER NOT NULL REFERENCES log_entry (number),
    attempts      INTEGER NOT NULL CHECK (attempts > 0),
    closed        INTEGER,
    CHECK ((closed IS NULL) = (state IN ('started', 'running', 'verifying')))
) STRICT;
-- A subject has at most one run that is not finished.
CREATE UNIQUE INDEX erasure_run_unfinished ON erasure_run (kind, subject)
    WHERE state IN ('started', 'running', 'verifying', 'partly_failed');

CREATE TABLE erasure_source (
    run      TEXT NOT NULL REFERENCES erasure_run (id),
    position INTEGER NOT NULL,
    source   TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('acting', 'committed')),
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasure_step (
    run       TEXT NOT NULL REFERENCES erasure_run (id),
    step      INTEGER NOT NULL,
    planned   INTEGER NOT NULL CHECK (planned >= 0),
    -- NULL until the step is known to be done.
    affected  INTEGER CHECK (affected >= 0),
    PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;

-- The three tables below hold personal data, and rows only of runs that are not finished.
CREATE TABLE erasure_personal (
    run  TEXT PRIMARY KEY REFERENCES erasure_run (id),
    -- JSON: the subject's key, the successor's key, identifiers to search for.
    data TEXT NOT NULL
) STRICT;

CREATE TABLE erasure_keys (
    run    TEXT NOT NULL REFERENCES erasure_run (id),
    source TEXT NOT NULL,
    key_set INTEGER NOT NULL,
    part   INTEGER NOT NULL,
    -- JSON: a list of tuples of texts.
    tuples TEXT NOT NULL,
    PRIMARY KEY (run, source, key_set, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasure_file (
    run       TEXT NOT NULL REFERENCES erasure_run (id),
    files     TEXT NOT NULL,
    file_key  TEXT NOT NULL,
    -- The column that named it, as position in the plan's list.
    named_by  INTEGER NOT NULL,
    -- Whether the file was there when it was journaled.
    present   INTEGER NOT NULL CHECK (present IN (0, 1)),
    state     TEXT NOT NULL CHECK (state IN ('pending', 'deleted', 'shared', 'missing')),
    PRIMARY KEY (run, files, file_key)
) STRICT, WITHOUT ROWID;

-- One per closing: a run that partly failed and was resumed has several, the last one counts.
CREATE TABLE certificate (
    run    TEXT NOT NULL REFERENCES erasure_run (id),
    number INTEGER NOT NULL,
    state  TEXT NOT NULL CHECK (state IN ('completed', 'completed_with_retained', 'partly_failed')),
    closed INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (run, number)
) STRICT;

CREATE TABLE tombstone (
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    run     TEXT NOT NULL REFERENCES erasure_run (id),
    erased  INTEGER NOT NULL,
    PRIMARY KEY (kind, subject, run)
) STRICT, WITHOUT ROWID;
