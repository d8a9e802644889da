-- What pushing a directory by SCIM needs beside its users and groups.

CREATE INDEX directory_user_listed ON directory_user (contract, created, id);
CREATE INDEX directory_user_external_id ON directory_user (contract, external_id);
CREATE INDEX directory_group_listed ON directory_group (contract, created, id);
CREATE INDEX directory_group_member_user ON directory_group_member (directory_user);

-- Addresses whose holders an identity provider has closed in a contract: they do not sign in there, whatever the platform says.
CREATE TABLE directory_closure (
    contract       TEXT NOT NULL,
    -- In lower case. Forgotten with the seat's erasure.
    email          TEXT NOT NULL,
    -- The user who was closed; the provider may have deleted it since.
    directory_user TEXT NOT NULL,
    closed         INTEGER NOT NULL,
    -- JSON: what became of each seat with the address. No personal data.
    proposals      TEXT NOT NULL,
    PRIMARY KEY (contract, email)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_closure_email ON directory_closure (email);
CREATE INDEX directory_closure_user ON directory_closure (contract, directory_user);

-- Addresses of erased seats, as keyed hashes, so that a person who is pushed again is noticed. Kept as tombstones are.
CREATE TABLE erased_address (
    contract TEXT NOT NULL,
    address  TEXT NOT NULL,
    erased   INTEGER NOT NULL,
    PRIMARY KEY (contract, address)
) STRICT, WITHOUT ROWID;

-- Pushed users whose seat had been erased before: personal data that came back.
CREATE TABLE directory_return (
    contract       TEXT NOT NULL,
    directory_user TEXT NOT NULL,
    returned       INTEGER NOT NULL,
    erased         INTEGER NOT NULL,
    PRIMARY KEY (contract, directory_user)
) STRICT, WITHOUT ROWID;
