-- Ground state: what the hub was told and has acknowledged, and what its operator did.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Location zero (the hub itself) has the lix 1. `synced_ms` is the first sync of a location on the
-- last day, in the network's time zone, on which it synced: one write a day.
CREATE TABLE locations (
    lix INTEGER PRIMARY KEY,
    location_id BLOB NOT NULL UNIQUE,
    joined_ms INTEGER NOT NULL,
    synced_ms INTEGER
) STRICT;

CREATE TABLE roster (
    lix INTEGER NOT NULL REFERENCES locations,
    position INTEGER NOT NULL,
    operation BLOB NOT NULL,
    PRIMARY KEY (lix, position)
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

-- One row a log: its height, when the hub last stored something of it, and whether it may grow.
-- `body_bytes` counts its headers, bodies and blobs towards the location's quota.
CREATE TABLE logs (
    log INTEGER PRIMARY KEY,
    lix INTEGER NOT NULL REFERENCES locations,
    dix INTEGER NOT NULL,
    dseq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    stored_ms INTEGER NOT NULL,
    sealed INTEGER NOT NULL DEFAULT 0,
    body_bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (lix, dix)
) STRICT;

-- Appended in the order of commits: the row's number is the feed's cursor (hub_seq).
CREATE TABLE entries (
    hub_seq INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    dseq INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    void INTEGER,
    tip BLOB,
    header BLOB NOT NULL,
    bodies BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX entries_place ON entries (log, dseq);
-- Devices ask which of their entries are void; there are hardly any.
CREATE INDEX entries_void ON entries (log, dseq) WHERE void IS NOT NULL;

-- The last Automerge sequence number of each actor, so that no batch needs the log to be read.
CREATE TABLE actors (
    log INTEGER NOT NULL,
    doc BLOB NOT NULL,
    n INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (log, doc, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    lix INTEGER NOT NULL,
    doc BLOB NOT NULL,
    name TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    raw_bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (lix, doc)
) STRICT, WITHOUT ROWID;

-- Words of insights. A withdrawn one keeps its row without bytes, so that it is never sent again.
CREATE TABLE blobs (
    blob INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    dseq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB,
    stored_ms INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX blobs_place ON blobs (log, dseq, hash);

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

-- What the operator did and who read what: committed before the deed takes effect or answers.
CREATE TABLE ledger (
    row INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    who TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;
