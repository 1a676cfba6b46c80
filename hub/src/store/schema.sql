-- Ground state that only the hub has: who may come, and what its operator did.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    device_id BLOB PRIMARY KEY,
    lix INTEGER NOT NULL REFERENCES locations,
    dix INTEGER NOT NULL,
    UNIQUE (lix, dix)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocked (
    device_id BLOB PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE codes (
    code TEXT PRIMARY KEY,
    lix INTEGER NOT NULL REFERENCES locations,
    device_id BLOB NOT NULL,
    words TEXT NOT NULL,
    bound_ms INTEGER NOT NULL,
    confirmed_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
    invite INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    secret_hash BLOB NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    spent_ms INTEGER,
    revoked_ms INTEGER
) STRICT;

CREATE TABLE tokens (
    token INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role = 'national'),
    secret_hash BLOB NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT;

-- What was done: each row is written by the transaction of its act.
CREATE TABLE ledger (
    row INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    who TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;

-- Changes that an admin dropped: an entry that builds on one is void.
CREATE TABLE dropped (
    lix INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (lix, hash)
) STRICT, WITHOUT ROWID;
