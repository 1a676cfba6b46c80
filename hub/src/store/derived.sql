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

-- Rolled-up figures. `location` is empty for the network. Numbers are decimal text, because sums
-- are exact. A number that does not apply is NULL, and so is `or_none` unless the figure is
-- contested.
CREATE TABLE cells (
    indicator TEXT NOT NULL,
    period TEXT NOT NULL,
    breakdown TEXT NOT NULL,
    location TEXT NOT NULL,
    indicator_name TEXT NOT NULL,
    indicator_name_mi TEXT,
    definition_version INTEGER,
    unit TEXT NOT NULL,
    location_name TEXT,
    area TEXT,
    area_name TEXT,
    value TEXT,
    numerator TEXT,
    denominator TEXT,
    status TEXT NOT NULL,
    status_reason TEXT NOT NULL,
    n_locations INTEGER NOT NULL,
    n_expected INTEGER NOT NULL,
    n_areas INTEGER NOT NULL,
    n_areas_expected INTEGER NOT NULL,
    denominator_covered TEXT,
    n_contested INTEGER NOT NULL,
    value_low TEXT,
    value_high TEXT,
    numerator_low TEXT,
    numerator_high TEXT,
    or_none INTEGER CHECK (or_none IN (0, 1)),
    base_changed TEXT,
    lower TEXT,
    upper TEXT,
    updated_ms INTEGER,
    PRIMARY KEY (indicator, period, breakdown, location)
) STRICT, WITHOUT ROWID;

-- The areas that contribute to a figure, with what comparing it with other periods needs.
CREATE TABLE bases (
    indicator TEXT NOT NULL,
    period TEXT NOT NULL,
    breakdown TEXT NOT NULL,
    location TEXT NOT NULL,
    area TEXT NOT NULL,
    denominator TEXT,
    is_growth INTEGER NOT NULL CHECK (is_growth IN (0, 1)),
    asked_beside TEXT,
    PRIMARY KEY (indicator, period, breakdown, location, area)
) STRICT, WITHOUT ROWID;

-- Shared records of a location (plan, partners, insights), and the document that holds each.
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

-- Content of documents that this version cannot read: keys, texts and fields of a newer
-- one, or no one's.
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
