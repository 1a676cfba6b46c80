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

-- Derived: who touched which records when; dix and dseq are null for what stays on this computer.
-- One row has all n records of a container that an entry touched: one as text, several packed.
-- No index: it is written with every change and read when a person asks.
CREATE TABLE IF NOT EXISTS touch (
    id        INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    dix       INTEGER,
    dseq      INTEGER,
    document  TEXT NOT NULL,
    container TEXT NOT NULL,
    n         INTEGER NOT NULL,
    record    TEXT,
    records   BLOB,
    CHECK ((record IS NULL) <> (records IS NULL))
) STRICT;
