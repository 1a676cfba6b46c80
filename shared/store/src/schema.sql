-- The ground tables that node and hub share: signed data, and the data kept beside it. Each program
-- adds tables of its own.

-- A location has a number in this store, its lix: 1 is location zero (the hub itself), and a node's
-- own is 2. `synced_ms` is the first sync of a location on the last day on which it synced, in the
-- network's time zone: one write a day, at the hub.
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

-- One row a log: its height, when something of it was last stored, and whether it may grow.
-- `body_bytes` counts its headers, bodies and blobs towards the location's quota. At a node,
-- `offered` is the highest entry that may have left this device, `acknowledged` the highest that
-- the hub has on disk, `derived` the highest that was read into its documents.
CREATE TABLE logs (
    log INTEGER PRIMARY KEY,
    lix INTEGER NOT NULL REFERENCES locations,
    dix INTEGER NOT NULL,
    dseq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    stored_ms INTEGER NOT NULL,
    sealed INTEGER NOT NULL DEFAULT 0,
    body_bytes INTEGER NOT NULL DEFAULT 0,
    offered INTEGER NOT NULL DEFAULT 0,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    derived INTEGER NOT NULL DEFAULT 0,
    UNIQUE (lix, dix)
) STRICT;

-- Appended in the order of commits: at the hub, the row's number is the feed's cursor (hub_seq).
-- `tip` is the device's signature over its log up to there; only some entries have one.
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

-- Names and sizes of documents, and the log that began each: every device has a share of a
-- location's documents.
CREATE TABLE documents (
    lix INTEGER NOT NULL,
    doc BLOB NOT NULL,
    name TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    raw_bytes INTEGER NOT NULL DEFAULT 0,
    began INTEGER,
    operations INTEGER NOT NULL DEFAULT 0,
    changes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (lix, doc)
) STRICT, WITHOUT ROWID;

-- Words of insights, beside the entry that introduced them; 0 if they are in none. Withdrawn ones
-- keep their row without bytes, so that they are never sent again.
CREATE TABLE blobs (
    blob INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    dseq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB,
    stored_ms INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX blobs_place ON blobs (log, dseq, hash);
CREATE INDEX blobs_hash ON blobs (hash);
