-- Version 1 of a node's store. `owner` is 1 for the location's own logs and documents and 0 for
-- those of the hub (location zero). What is signed is the truth: setting, roster, log, entry, tip,
-- blob and journal. What is derived from it stands in derived.sql.

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
