-- Signing in at identity providers.

-- Sign-ins that were begun and have not come back. Whoever comes back uses theirs up; what comes too late is swept.
CREATE TABLE provider_sign_in (
    -- SHA-256 of the state that the provider hands back.
    hash        TEXT PRIMARY KEY,
    provider    TEXT NOT NULL,
    -- Where the browser goes afterwards: a path of the desk.
    return_path TEXT NOT NULL,
    created     INTEGER NOT NULL,
    expires     INTEGER NOT NULL
) STRICT;
CREATE INDEX provider_sign_in_expires ON provider_sign_in (expires);

-- The provider at which a session began, and how far the session reaches by it, as JSON. Both NULL: it began with a link that was sent by mail.
ALTER TABLE session ADD COLUMN provider TEXT;
ALTER TABLE session ADD COLUMN standing TEXT CHECK ((standing IS NULL) = (provider IS NULL));
