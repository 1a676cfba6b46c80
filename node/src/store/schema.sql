-- A node's own tables, beside those that it shares with the hub. Derived tables are in derived.sql.

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Changes of the team's document that an earlier version kept on this computer, in no entry. They
-- are sealed when the store is opened, unless its device may not write any more.
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

-- Imports of this computer, so that each can be taken back whole; `undone` is when it was.
CREATE TABLE import (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    file   TEXT NOT NULL,
    undone INTEGER
) STRICT;

-- What an import stated, and the statements that stood there before, one a line.
CREATE TABLE import_value (
    import INTEGER NOT NULL,
    key    TEXT NOT NULL,
    stated TEXT NOT NULL,
    before TEXT NOT NULL,
    PRIMARY KEY (import, key)
) STRICT, WITHOUT ROWID;

-- Which column is what in files that were imported, by their headings.
CREATE TABLE column_plan (
    headings TEXT PRIMARY KEY,
    plan     TEXT NOT NULL,
    used     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
