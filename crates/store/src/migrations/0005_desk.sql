-- The desk: who acts, what is asked for and decided, what workers do, what is delivered and sent.
-- Ids are 32 hexadecimal digits. Flags are 0 or 1.

-- Whoever acts: accounts of the desk itself (with a role), and persons whom the directory knows (without). The one place of their addresses.
CREATE TABLE principal (
    id       TEXT PRIMARY KEY,
    -- In lower case; NULL once the person was erased.
    email    TEXT UNIQUE,
    role     TEXT CHECK (role IN ('operator', 'representative', 'auditor')),
    language TEXT,
    created  INTEGER NOT NULL,
    closed   INTEGER
) STRICT;

-- The contracts that a representative is in charge of.
CREATE TABLE principal_contract (
    principal TEXT NOT NULL REFERENCES principal (id),
    contract  TEXT NOT NULL,
    PRIMARY KEY (principal, contract)
) STRICT, WITHOUT ROWID;

-- Links that sign somebody in, once. The secret of a link is kept as its SHA-256.
CREATE TABLE sign_in_link (
    hash      TEXT PRIMARY KEY,
    principal TEXT NOT NULL REFERENCES principal (id),
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    used      INTEGER
) STRICT;
CREATE INDEX sign_in_link_principal ON sign_in_link (principal);
CREATE INDEX sign_in_link_expires ON sign_in_link (expires);

CREATE TABLE session (
    hash      TEXT PRIMARY KEY,
    principal TEXT NOT NULL REFERENCES principal (id),
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL
) STRICT;
CREATE INDEX session_principal ON session (principal);
CREATE INDEX session_expires ON session (expires);

CREATE TABLE api_token (
    id        TEXT PRIMARY KEY,
    hash      TEXT NOT NULL UNIQUE,
    name      TEXT NOT NULL,
    principal TEXT NOT NULL REFERENCES principal (id),
    -- JSON: the actions that it is limited to.
    actions   TEXT NOT NULL,
    -- The contract that it is limited to; NULL: as far as its principal reaches.
    contract  TEXT,
    created   INTEGER NOT NULL,
    expires   INTEGER,
    revoked   INTEGER,
    used      INTEGER
) STRICT;
CREATE INDEX api_token_principal ON api_token (principal);

-- What was chosen for a contract; contracts without a row have the desk's own settings.
CREATE TABLE contract_setting (
    contract TEXT PRIMARY KEY,
    -- JSON.
    document TEXT NOT NULL,
    version  INTEGER NOT NULL CHECK (version > 0),
    changed  INTEGER NOT NULL
) STRICT;

CREATE TABLE request (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('export', 'erasure', 'case')),
    state        TEXT NOT NULL,
    scope        TEXT NOT NULL CHECK (scope IN ('seat', 'contract')),
    channel      TEXT NOT NULL,
    contract     TEXT NOT NULL,
    -- The map's kind of subject, and the keyed hash of the subject's key.
    subject_kind TEXT NOT NULL,
    subject      TEXT NOT NULL,
    -- Personal data, JSON: key, label and successor; NULL once the subject was erased.
    personal     TEXT,
    requester    TEXT NOT NULL REFERENCES principal (id),
    -- The role by which it was asked for.
    role         TEXT NOT NULL,
    -- JSON: profile, categories, choices, what must be approved, and what else was decided when it was made.
    document     TEXT NOT NULL,
    -- The export that was asked for together with an erasure.
    linked       TEXT REFERENCES request (id),
    waived       INTEGER NOT NULL DEFAULT 0 CHECK (waived IN (0, 1)),
    received     INTEGER NOT NULL,
    due          INTEGER NOT NULL,
    answered     INTEGER,
    -- From when on an erasure may start.
    scheduled    INTEGER,
    -- The plan as JSON and its digest. No personal data.
    plan         TEXT,
    plan_digest  TEXT,
    -- The erasure run.
    run          TEXT,
    -- A coded reason of a rejection or failure.
    reason       TEXT,
    version      INTEGER NOT NULL CHECK (version > 0),
    changed      INTEGER NOT NULL,
    CHECK ((kind = 'export' AND state IN ('submitted', 'awaiting_approval', 'queued', 'running', 'ready', 'expired', 'cancelled', 'rejected',
                                          'failed', 'on_hold'))
        OR (kind = 'erasure' AND state IN ('submitted', 'planned', 'awaiting_approval', 'scheduled', 'running', 'verifying', 'completed',
                                           'completed_with_retained', 'partly_failed', 'cancelled', 'rejected', 'failed', 'on_hold'))
        OR (kind = 'case' AND state IN ('open', 'with_representative', 'needs_info', 'answered', 'closed', 'cancelled', 'rejected', 'on_hold'))),
    CHECK (state <> 'scheduled' OR scheduled IS NOT NULL),
    CHECK (state NOT IN ('rejected', 'failed') OR reason IS NOT NULL),
    CHECK ((plan IS NULL) = (plan_digest IS NULL))
) STRICT;
CREATE INDEX request_contract ON request (contract, received, id);
CREATE INDEX request_received ON request (received, id);
CREATE INDEX request_subject ON request (subject_kind, subject);
CREATE INDEX request_requester ON request (requester);
CREATE INDEX request_due ON request (due) WHERE answered IS NULL;
CREATE INDEX request_linked ON request (linked) WHERE linked IS NOT NULL;

-- The history of a request: every move, who made it, and what was said about it.
CREATE TABLE request_event (
    request    TEXT NOT NULL REFERENCES request (id),
    number     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    -- NULL: the desk itself.
    actor      TEXT REFERENCES principal (id),
    event      TEXT NOT NULL,
    from_state TEXT,
    to_state   TEXT NOT NULL,
    -- What a person wrote about it, or the desk; NULL once the subject was erased.
    note       TEXT,
    PRIMARY KEY (request, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE approval (
    request     TEXT NOT NULL REFERENCES request (id),
    number      INTEGER NOT NULL,
    principal   TEXT NOT NULL REFERENCES principal (id),
    role        TEXT NOT NULL,
    agreed      INTEGER NOT NULL CHECK (agreed IN (0, 1)),
    plan_digest TEXT,
    at          INTEGER NOT NULL,
    PRIMARY KEY (request, number)
) STRICT, WITHOUT ROWID;

-- Messages of a case. Internal ones are seen by the platform's people alone.
CREATE TABLE message (
    id       TEXT PRIMARY KEY,
    request  TEXT NOT NULL REFERENCES request (id),
    author   TEXT NOT NULL REFERENCES principal (id),
    at       INTEGER NOT NULL,
    internal INTEGER NOT NULL CHECK (internal IN (0, 1)),
    -- NULL once the subject was erased.
    text     TEXT
) STRICT;
CREATE INDEX message_request ON message (request, at, id);

CREATE TABLE attachment (
    id         TEXT PRIMARY KEY,
    message    TEXT NOT NULL REFERENCES message (id),
    name       TEXT,
    media_type TEXT NOT NULL,
    -- Where its bytes are in the archive store.
    object     TEXT NOT NULL,
    bytes      INTEGER NOT NULL CHECK (bytes >= 0),
    sha256     TEXT NOT NULL,
    deleted    INTEGER
) STRICT;
CREATE INDEX attachment_message ON attachment (message);

-- What must not be erased for now.
CREATE TABLE hold (
    id           TEXT PRIMARY KEY,
    contract     TEXT NOT NULL,
    scope        TEXT NOT NULL CHECK (scope IN ('seat', 'contract')),
    subject_kind TEXT NOT NULL,
    subject      TEXT NOT NULL,
    -- Personal data, JSON, as of a request.
    personal     TEXT,
    ground       TEXT NOT NULL,
    note         TEXT,
    placed_by    TEXT NOT NULL REFERENCES principal (id),
    placed       INTEGER NOT NULL,
    review       INTEGER NOT NULL,
    lifted_by    TEXT REFERENCES principal (id),
    lifted       INTEGER,
    CHECK ((lifted IS NULL) = (lifted_by IS NULL))
) STRICT;
CREATE INDEX hold_contract ON hold (contract) WHERE lifted IS NULL;

-- Which lanes of work are paused.
CREATE TABLE lane (
    name   TEXT PRIMARY KEY CHECK (name IN ('platform', 'desk')),
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1))
) STRICT;
INSERT INTO lane (name) VALUES ('platform'), ('desk');

CREATE TABLE job (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('plan', 'export', 'erase', 'expire_archive', 'send_mail', 'deliver_webhook', 'remind',
                                              'advance_exit')),
    lane        TEXT NOT NULL REFERENCES lane (name),
    state       TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    -- The request, archive, mail, delivery or exit that it is about.
    target      TEXT NOT NULL,
    contract    TEXT,
    priority    INTEGER NOT NULL,
    run_at      INTEGER NOT NULL,
    -- How often a worker took it. The fencing token: every write of a worker for the job names it.
    attempt     INTEGER NOT NULL DEFAULT 0,
    -- How often in a row it failed, and how often its worker was lost.
    failures    INTEGER NOT NULL DEFAULT 0,
    losses      INTEGER NOT NULL DEFAULT 0,
    worker      TEXT,
    lease_until INTEGER,
    -- How far the present attempt is: rows done, and rows expected where they are known.
    done        INTEGER NOT NULL DEFAULT 0,
    expected    INTEGER,
    error       TEXT,
    created     INTEGER NOT NULL,
    finished    INTEGER,
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('done', 'failed')) = (finished IS NOT NULL))
) STRICT;
-- Nothing is enqueued twice.
CREATE UNIQUE INDEX job_open ON job (kind, target) WHERE state IN ('queued', 'running');
CREATE INDEX job_next ON job (lane, run_at) WHERE state = 'queued';
CREATE INDEX job_running ON job (lane, lease_until) WHERE state = 'running';
CREATE INDEX job_target ON job (target);
CREATE INDEX job_finished ON job (finished) WHERE finished IS NOT NULL;

CREATE TABLE archive (
    id         TEXT PRIMARY KEY,
    request    TEXT NOT NULL REFERENCES request (id),
    part       INTEGER NOT NULL CHECK (part > 0),
    -- Where its bytes are in the archive store.
    object     TEXT NOT NULL UNIQUE,
    file_name  TEXT NOT NULL,
    bytes      INTEGER NOT NULL CHECK (bytes >= 0),
    sha256     TEXT NOT NULL,
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    downloaded INTEGER,
    deleted    INTEGER,
    UNIQUE (request, part)
) STRICT;
CREATE INDEX archive_kept ON archive (expires) WHERE deleted IS NULL;

-- Links to an archive, bound to whoever asked for it. The secret of a link is kept as its SHA-256.
CREATE TABLE link (
    hash       TEXT PRIMARY KEY,
    archive    TEXT NOT NULL REFERENCES archive (id),
    principal  TEXT NOT NULL REFERENCES principal (id),
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    single_use INTEGER NOT NULL CHECK (single_use IN (0, 1)),
    used       INTEGER
) STRICT;
CREATE INDEX link_archive ON link (archive);

-- Mails to be sent. What a mail says is forgotten once it is sent.
CREATE TABLE mail (
    id        TEXT PRIMARY KEY,
    recipient TEXT NOT NULL REFERENCES principal (id),
    request   TEXT REFERENCES request (id),
    template  TEXT NOT NULL,
    -- JSON; may hold personal data; NULL once it was sent or given up.
    document  TEXT,
    created   INTEGER NOT NULL,
    sent      INTEGER,
    abandoned INTEGER
) STRICT;
CREATE INDEX mail_request ON mail (request);
CREATE INDEX mail_recipient ON mail (recipient);

CREATE TABLE webhook (
    id       TEXT PRIMARY KEY,
    -- NULL: of the whole desk.
    contract TEXT,
    url      TEXT NOT NULL,
    secret   TEXT NOT NULL,
    -- During a change of secrets, deliveries are signed with both.
    former_secret TEXT,
    -- JSON: the events that are sent; an empty list is all of them.
    events   TEXT NOT NULL,
    created  INTEGER NOT NULL,
    created_by TEXT NOT NULL REFERENCES principal (id),
    disabled INTEGER,
    removed  INTEGER
) STRICT;
CREATE INDEX webhook_contract ON webhook (contract) WHERE removed IS NULL;

CREATE TABLE delivery (
    id        TEXT PRIMARY KEY,
    webhook   TEXT NOT NULL REFERENCES webhook (id),
    event     TEXT NOT NULL,
    -- No personal data.
    body      TEXT NOT NULL,
    created   INTEGER NOT NULL,
    delivered INTEGER,
    abandoned INTEGER,
    -- What the receiver answered last.
    status    INTEGER
) STRICT;
CREATE INDEX delivery_webhook ON delivery (webhook, created);

-- Answers to requests that came with an Idempotency-Key.
CREATE TABLE idempotency (
    principal   TEXT NOT NULL REFERENCES principal (id),
    key         TEXT NOT NULL,
    -- SHA-256 of method, path and body.
    fingerprint TEXT NOT NULL,
    -- What was made.
    request     TEXT NOT NULL REFERENCES request (id),
    created     INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created);

-- The exit of a contract under the EU Data Act.
CREATE TABLE contract_exit (
    id       TEXT PRIMARY KEY,
    contract TEXT NOT NULL,
    state    TEXT NOT NULL,
    -- JSON: dates and decisions.
    document TEXT NOT NULL,
    version  INTEGER NOT NULL CHECK (version > 0),
    changed  INTEGER NOT NULL,
    finished INTEGER
) STRICT;
CREATE UNIQUE INDEX contract_exit_open ON contract_exit (contract) WHERE finished IS NULL;

-- Seats and groups that identity providers push by SCIM.
CREATE TABLE directory_user (
    id          TEXT PRIMARY KEY,
    contract    TEXT NOT NULL,
    external_id TEXT,
    user_name   TEXT NOT NULL,
    -- In lower case.
    email       TEXT,
    active      INTEGER NOT NULL CHECK (active IN (0, 1)),
    -- JSON: the resource.
    document    TEXT NOT NULL,
    version     INTEGER NOT NULL CHECK (version > 0),
    created     INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    UNIQUE (contract, user_name)
) STRICT;
CREATE INDEX directory_user_email ON directory_user (email);

CREATE TABLE directory_group (
    id       TEXT PRIMARY KEY,
    contract TEXT NOT NULL,
    name     TEXT NOT NULL,
    document TEXT NOT NULL,
    version  INTEGER NOT NULL CHECK (version > 0),
    created  INTEGER NOT NULL,
    changed  INTEGER NOT NULL,
    UNIQUE (contract, name)
) STRICT;

CREATE TABLE directory_group_member (
    directory_group TEXT NOT NULL REFERENCES directory_group (id),
    directory_user  TEXT NOT NULL REFERENCES directory_user (id),
    PRIMARY KEY (directory_group, directory_user)
) STRICT, WITHOUT ROWID;

-- What came in by another protocol, and the request that it became.
CREATE TABLE intake (
    protocol TEXT NOT NULL CHECK (protocol IN ('drp', 'open_dsr')),
    -- Who sent it.
    agent    TEXT NOT NULL,
    -- The sender's name for it.
    reference TEXT NOT NULL,
    request  TEXT NOT NULL REFERENCES request (id),
    -- JSON: callbacks and what else answers need.
    document TEXT NOT NULL,
    created  INTEGER NOT NULL,
    PRIMARY KEY (protocol, agent, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX intake_request ON intake (request);
