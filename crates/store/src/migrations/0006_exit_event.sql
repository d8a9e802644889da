-- The history of exits: who said what and when, signed by the desk. The exact words stand apart, so that they can be forgotten.
CREATE TABLE exit_event (
    exit        TEXT NOT NULL REFERENCES contract_exit (id),
    number      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    -- NULL: the desk itself.
    actor       TEXT REFERENCES principal (id),
    -- give_notice, or the move.
    event       TEXT NOT NULL,
    from_state  TEXT,
    to_state    TEXT NOT NULL,
    -- JSON: what is signed. No personal data: of the words it holds a salted digest.
    declaration TEXT NOT NULL,
    signature   TEXT NOT NULL,
    -- The words, and the salt of their digest; NULL once the contract was erased.
    words       TEXT,
    salt        TEXT,
    PRIMARY KEY (exit, number)
) STRICT, WITHOUT ROWID;
