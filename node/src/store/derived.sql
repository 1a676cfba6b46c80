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

-- Derived: what sealed entries of our location say in the clear: the key that each of them needs,
-- and which device gave which key to whom.
CREATE TABLE IF NOT EXISTS sealed (
    dix  INTEGER NOT NULL,
    dseq INTEGER NOT NULL,
    key  BLOB NOT NULL,
    -- The position of the roster that the entry names.
    roster INTEGER NOT NULL,
    PRIMARY KEY (dix, dseq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS team_grant (
    dix    INTEGER NOT NULL,
    dseq   INTEGER NOT NULL,
    key    BLOB NOT NULL,
    device BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (dix, dseq, key, device)
) STRICT, WITHOUT ROWID;

-- Derived: who touched which records when; dix and dseq are null for the journal of an earlier
-- version, as long as its device may not write and so cannot seal it.
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
