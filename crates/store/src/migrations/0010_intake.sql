-- What comes in by other protocols, kept so that one request of a sender may become several of ours, or none.

-- Nothing was ever written to it: no door led there.
DROP TABLE intake;

-- Those who send people's requests: agents of the Data Rights Protocol, and controllers of OpenDSR. Their tokens are API tokens.
CREATE TABLE sender (
    protocol  TEXT NOT NULL CHECK (protocol IN ('drp', 'open_dsr')),
    -- Its id in the directory of the network, or in the configuration.
    name      TEXT NOT NULL,
    principal TEXT NOT NULL UNIQUE REFERENCES principal (id),
    -- When the message was issued by which the token of now was set up.
    paired    INTEGER,
    PRIMARY KEY (protocol, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE intake (
    id          TEXT PRIMARY KEY,
    protocol    TEXT NOT NULL CHECK (protocol IN ('drp', 'open_dsr')),
    sender      TEXT NOT NULL REFERENCES principal (id),
    -- The sender's name for it, or a keyed hash of what was sent.
    reference   TEXT NOT NULL,
    -- Whether the sender gave the name, and is told it again.
    named       INTEGER NOT NULL CHECK (named IN (0, 1)),
    -- Keyed hash of what was asked for and about whom.
    fingerprint TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('export', 'erasure', 'case')),
    received    INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    -- When the sender took it back.
    revoked     INTEGER,
    UNIQUE (sender, reference)
) STRICT;

-- What it became: requests, or reasons why none was made.
CREATE TABLE intake_part (
    intake  TEXT NOT NULL REFERENCES intake (id),
    number  INTEGER NOT NULL,
    request TEXT REFERENCES request (id),
    -- Whether the request was made for it. Otherwise somebody else asked for the same before, and it is waited for.
    own     INTEGER NOT NULL CHECK (own IN (0, 1)),
    reason  TEXT,
    PRIMARY KEY (intake, number),
    CHECK ((request IS NULL) = (reason IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX intake_part_request ON intake_part (request);

-- Where the sender wants to be told of changes. An address is forgotten once it was told the last one.
CREATE TABLE intake_callback (
    id       TEXT PRIMARY KEY,
    intake   TEXT NOT NULL REFERENCES intake (id),
    url      TEXT,
    -- SHA-256 of what it was told last.
    told     TEXT
) STRICT;
CREATE INDEX intake_callback_intake ON intake_callback (intake);
