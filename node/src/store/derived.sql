-- Everything that is derived from what is signed; dropped and made again where it is of another
-- version or cannot be read.

-- Derived: which entries hold runs of which document.
CREATE TABLE IF NOT EXISTS run (
    owner    INTEGER NOT NULL,
    document BLOB NOT NULL,
    dix      INTEGER NOT NULL,
    dseq     INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    PRIMARY KEY (owner, document, dix, dseq, number)
) STRICT, WITHOUT ROWID;

-- Derived: the last sequence number of each actor, an actor being (log, document, n).
CREATE TABLE IF NOT EXISTS actor (
    owner    INTEGER NOT NULL,
    dix      INTEGER NOT NULL,
    document BLOB NOT NULL,
    n        INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (owner, dix, document, n)
) STRICT, WITHOUT ROWID;

-- Derived: the names of documents, and a snapshot that saves replaying the log from its start.
-- `folded` says up to which entry of each log the snapshot reaches.
CREATE TABLE IF NOT EXISTS document (
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
CREATE TABLE IF NOT EXISTS touch (
    id        INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    dix       INTEGER,
    dseq      INTEGER,
    document  TEXT NOT NULL,
    container TEXT NOT NULL,
    record    TEXT NOT NULL
) STRICT;

-- Derived: runs that could not be read into their document.
CREATE TABLE IF NOT EXISTS problem (
    owner  INTEGER NOT NULL,
    dix    INTEGER NOT NULL,
    dseq   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    held   INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (owner, dix, dseq, number)
) STRICT, WITHOUT ROWID;
