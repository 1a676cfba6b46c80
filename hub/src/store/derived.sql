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

-- What locations stated. Texts that repeat are numbered in the tables below; the numbers are those
-- of this store alone, so dumps and answers never show them.

-- One spelling of a breakdown of an indicator. All spellings of a label have the number of one of
-- them as `label`. One whose `facts`, the statements that stand, are none is not shown.
CREATE TABLE series (
    series INTEGER PRIMARY KEY,
    indicator TEXT NOT NULL,
    breakdown TEXT NOT NULL,
    label INTEGER NOT NULL,
    facts INTEGER NOT NULL,
    UNIQUE (indicator, breakdown)
) STRICT;

-- Every label and period that ever had a fact.
CREATE TABLE slices (
    series INTEGER NOT NULL,
    period INTEGER NOT NULL,
    PRIMARY KEY (series, period)
) STRICT, WITHOUT ROWID;

-- What many statements have in common.
CREATE TABLE forms (
    form INTEGER PRIMARY KEY,
    definition BLOB NOT NULL,
    status TEXT NOT NULL,
    audience TEXT NOT NULL,
    UNIQUE (definition, status, audience)
) STRICT;

CREATE TABLE places (
    place INTEGER PRIMARY KEY,
    lix INTEGER NOT NULL,
    area TEXT NOT NULL,
    UNIQUE (lix, area)
) STRICT;

-- The documents of observations. A year may go on in a further one. All facts of one that is
-- `summed` are in the sums; none of the others' are.
CREATE TABLE year_documents (
    document INTEGER PRIMARY KEY,
    lix INTEGER NOT NULL,
    year INTEGER NOT NULL,
    doc BLOB NOT NULL,
    summed INTEGER NOT NULL DEFAULT 0 CHECK (summed IN (0, 1)),
    UNIQUE (lix, year, doc)
) STRICT;

CREATE INDEX year_documents_year ON year_documents (year);
CREATE INDEX year_documents_late ON year_documents (year, lix) WHERE summed = 0;

-- One row a statement, clustered by document and so by location and year. `n` counts concurrent
-- ones, in the order of their text. Numbers are exact: INTEGER if whole, else decimal text.
-- `entry` is the hub_seq of the signed entry that states it, and `began` that of the one with which
-- it began to stand, if that is a later one.
CREATE TABLE facts (
    document INTEGER NOT NULL,
    series INTEGER NOT NULL,
    period INTEGER NOT NULL,
    place INTEGER NOT NULL,
    n INTEGER NOT NULL,
    form INTEGER NOT NULL,
    numerator ANY,
    denominator ANY,
    at_s INTEGER,
    entry INTEGER,
    began INTEGER,
    value ANY,
    lower ANY,
    upper ANY,
    method TEXT,
    confirmed TEXT,
    sign TEXT,
    PRIMARY KEY (document, series, period, place, n)
) STRICT, WITHOUT ROWID;

-- What can be added up of a label and a period, for each 256 places (`block` = place / 256).
-- `places` has a bit for each place that is in it. Form 0, amount 'odd', has the places whose
-- facts are read one by one, and no numbers. `latest_s` is NULL where it is not known.
CREATE TABLE sums (
    label INTEGER NOT NULL,
    period INTEGER NOT NULL,
    block INTEGER NOT NULL,
    form INTEGER NOT NULL,
    amount TEXT NOT NULL,
    numerator ANY NOT NULL,
    denominator ANY NOT NULL,
    places BLOB NOT NULL,
    latest_s INTEGER,
    PRIMARY KEY (label, period, block, form, amount)
) STRICT, WITHOUT ROWID;

-- Statements that stood and no longer do: from `began` on, and no longer at `ended`. None that was
-- withdrawn is here: one mark, for a team, represents all of a place that were. `waited` is by how
-- much `began` is later than the entry that states it.
CREATE TABLE past_facts (
    document INTEGER NOT NULL,
    series INTEGER NOT NULL,
    period INTEGER NOT NULL,
    place INTEGER NOT NULL,
    began INTEGER NOT NULL,
    n INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    form INTEGER NOT NULL,
    numerator ANY,
    denominator ANY,
    at_s INTEGER,
    waited INTEGER,
    PRIMARY KEY (document, series, period, place, began, n)
) STRICT, WITHOUT ROWID;

-- The rest of those statements of the past that say more, which few do: a column takes room in each
-- row, even if it is NULL.
CREATE TABLE past_extras (
    document INTEGER NOT NULL,
    series INTEGER NOT NULL,
    period INTEGER NOT NULL,
    place INTEGER NOT NULL,
    began INTEGER NOT NULL,
    n INTEGER NOT NULL,
    value ANY,
    lower ANY,
    upper ANY,
    method TEXT,
    confirmed TEXT,
    sign TEXT,
    PRIMARY KEY (document, series, period, place, began, n)
) STRICT, WITHOUT ROWID;

-- Shared records of a location (plan, partners, insights, investments), and the hub's own (location
-- zero: agenda, money), with the document that holds each.
-- One may stand in several: which is shown is said where they are read. `live` is 0 for one that
-- was taken back and is in no list, which takes back the others. `status_before` is the status that
-- an initiative had before its present one, and `status_ms` when it changed, as its device's clock
-- said.
CREATE TABLE records (
    lix INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    doc BLOB NOT NULL,
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    withdrawn INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
    record TEXT NOT NULL,
    status_before TEXT,
    status_ms INTEGER,
    PRIMARY KEY (lix, kind, id, doc)
) STRICT, WITHOUT ROWID;

-- Answers and lines of money that a location or the hub stated, by their keys, and the document
-- that holds each: a list of canonical texts, the one shown to everyone first; several if it is
-- contested.
CREATE TABLE said (
    lix INTEGER NOT NULL,
    container TEXT NOT NULL,
    key TEXT NOT NULL,
    doc BLOB NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (lix, container, key, doc)
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
