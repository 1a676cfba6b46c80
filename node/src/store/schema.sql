-- Version 1 of a node's store. `owner` is 1 for the location's own logs and documents and 0 for
-- those of the hub (location zero). What is signed is the truth: setting, roster, log, entry, tip,
-- blob and journal. Everything else is derived from it and remade by `weft-node rebuild`.

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE roster (
    owner     INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    operation BLOB NOT NULL,
    PRIMARY KEY (owner, position)
) STRICT, WITHOUT ROWID;

-- One row a log. `offered` is the highest entry that may have left this device, `acknowledged` the
-- highest that the hub has on disk, `derived` the highest that was read into its documents.
CREATE TABLE log (
    owner        INTEGER NOT NULL,
    dix          INTEGER NOT NULL,
    dseq         INTEGER NOT NULL,
    hash         BLOB NOT NULL,
    offered      INTEGER NOT NULL DEFAULT 0,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    derived      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (owner, dix)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
    id      INTEGER PRIMARY KEY,
    owner   INTEGER NOT NULL,
    dix     INTEGER NOT NULL,
    dseq    INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    created INTEGER NOT NULL,
    stored  INTEGER NOT NULL,
    void    INTEGER,
    header  BLOB NOT NULL,
    bodies  BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX entry_place ON entry (owner, dix, dseq);

CREATE TABLE tip (
    owner     INTEGER NOT NULL,
    dix       INTEGER NOT NULL,
    dseq      INTEGER NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (owner, dix, dseq)
) STRICT, WITHOUT ROWID;

-- The words of insights, kept beside the entry that introduced them. A withdrawn one keeps its row
-- and loses its bytes.
CREATE TABLE blob (
    owner     INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    dix       INTEGER NOT NULL,
    dseq      INTEGER NOT NULL,
    bytes     BLOB,
    withdrawn INTEGER,
    PRIMARY KEY (owner, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_place ON blob (owner, dix, dseq);

-- Changes to documents that stay on this computer; they are in no entry.
CREATE TABLE journal (
    id       INTEGER PRIMARY KEY,
    document BLOB NOT NULL,
    at       INTEGER NOT NULL,
    change   BLOB NOT NULL
) STRICT;
CREATE INDEX journal_document ON journal (document, id);

-- Entries of this device that the hub has not acknowledged.
CREATE TABLE outbox (
    dseq  INTEGER PRIMARY KEY,
    saved INTEGER NOT NULL
) STRICT;

-- Entries of this device of which the hub keeps only the header. `again` is the entry that says the
-- same again (0: nothing was left to say), `kept` tells a person what is not said again, `tries`
-- counts how often the same was said again before. The hub's word, so no rebuild makes it.
CREATE TABLE lost (
    dseq  INTEGER PRIMARY KEY,
    tries INTEGER NOT NULL,
    again INTEGER,
    kept  TEXT
) STRICT;

-- Derived: which entries hold runs of which document.
CREATE TABLE run (
    owner    INTEGER NOT NULL,
    document BLOB NOT NULL,
    dix      INTEGER NOT NULL,
    dseq     INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    PRIMARY KEY (owner, document, dix, dseq, number)
) STRICT, WITHOUT ROWID;

-- Derived: the last sequence number of each actor, an actor being (log, document, n).
CREATE TABLE actor (
    owner    INTEGER NOT NULL,
    dix      INTEGER NOT NULL,
    document BLOB NOT NULL,
    n        INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (owner, dix, document, n)
) STRICT, WITHOUT ROWID;

-- Derived: the names of documents, and a snapshot that saves replaying the log from its start.
-- `folded` says up to which entry of each log the snapshot reaches.
CREATE TABLE document (
    owner    INTEGER NOT NULL,
    id       BLOB NOT NULL,
    name     TEXT NOT NULL,
    epoch    INTEGER NOT NULL,
    snapshot BLOB,
    folded   BLOB,
    PRIMARY KEY (owner, id)
) STRICT, WITHOUT ROWID;

-- Derived: who touched which record when; dix and dseq are null for what stays on this computer.
-- No index: it is written with every change and read when a person asks.
CREATE TABLE touch (
    id        INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    dix       INTEGER,
    dseq      INTEGER,
    document  TEXT NOT NULL,
    container TEXT NOT NULL,
    record    TEXT NOT NULL
) STRICT;

-- Derived: runs that could not be read into their document.
CREATE TABLE problem (
    owner  INTEGER NOT NULL,
    dix    INTEGER NOT NULL,
    dseq   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    held   INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (owner, dix, dseq, number)
) STRICT, WITHOUT ROWID;
