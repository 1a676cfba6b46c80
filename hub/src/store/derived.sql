-- Derived state: made from the entries alone. A store of another derivation version, or one whose
-- derived state cannot be read, drops these tables and makes them again.

CREATE TABLE folded (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    hub_seq INTEGER NOT NULL
) STRICT;

-- The entries folded into a document since it was saved.
CREATE TABLE tails (
    lix INTEGER NOT NULL,
    doc BLOB NOT NULL,
    hub_seq INTEGER NOT NULL,
    PRIMARY KEY (lix, doc, hub_seq)
) STRICT, WITHOUT ROWID;

-- Entries that a document could not take yet (`held`) or at all (`quarantined`).
CREATE TABLE aside (
    hub_seq INTEGER NOT NULL,
    lix INTEGER NOT NULL,
    doc BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'quarantined')),
    reason TEXT NOT NULL,
    PRIMARY KEY (lix, doc, hub_seq)
) STRICT, WITHOUT ROWID;

-- What locations stated, clustered so that one slice is read in one stretch. A year may go on in a
-- further document, and the same key may stand in both: each says what it says.
CREATE TABLE facts (
    indicator TEXT NOT NULL,
    period TEXT NOT NULL,
    breakdown TEXT NOT NULL,
    lix INTEGER NOT NULL,
    area TEXT NOT NULL,
    doc BLOB NOT NULL,
    stated TEXT NOT NULL,
    PRIMARY KEY (indicator, period, breakdown, lix, area, doc)
) STRICT, WITHOUT ROWID;

-- Rolled-up figures: the columns of a rollup as JSON. `location` is empty for the network.
CREATE TABLE cells (
    indicator TEXT NOT NULL,
    period TEXT NOT NULL,
    breakdown TEXT NOT NULL,
    level TEXT NOT NULL,
    location TEXT NOT NULL,
    columns TEXT NOT NULL,
    PRIMARY KEY (indicator, period, breakdown, level, location)
) STRICT, WITHOUT ROWID;

-- Shared records of a location (plan, partners, insights), and the document that each stands in.
-- One may stand in several: which is shown is said where they are read. `live` is 0 for one that
-- was taken back and is in no list, which takes back the others.
CREATE TABLE records (
    lix INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    doc BLOB NOT NULL,
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    withdrawn INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
    record TEXT NOT NULL,
    PRIMARY KEY (lix, kind, id, doc)
) STRICT, WITHOUT ROWID;

-- What stands in documents and cannot be read by this version: keys, texts and fields of a newer
-- one, or nobody's.
CREATE TABLE unread (
    lix INTEGER NOT NULL,
    doc BLOB NOT NULL,
    container TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (lix, doc, container, key)
) STRICT, WITHOUT ROWID;

-- Documents to be made again, because entries of theirs were dropped after they had been read.
CREATE TABLE again (
    ask INTEGER PRIMARY KEY,
    lix INTEGER NOT NULL,
    doc BLOB NOT NULL
) STRICT;

-- When each location synced, as the cells take it: they say who has not since when.
CREATE TABLE synced (
    lix INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT;
