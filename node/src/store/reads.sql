-- Rows of the hub's ledger of who read this location, checked: each goes on from the one before in
-- its chain. A new chain begins once a person accepted that the hub's ledger does not go on.
-- `hash` is the row's, which the chain goes on from.
CREATE TABLE read_row (
    chain        INTEGER NOT NULL,
    n            INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    reader       TEXT NOT NULL,
    organisation TEXT NOT NULL,
    act          TEXT NOT NULL,
    subject      TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    count        INTEGER NOT NULL,
    hash         BLOB NOT NULL,
    PRIMARY KEY (chain, n)
) STRICT;
CREATE INDEX read_row_hash ON read_row (hash);

-- Chains that did not go on: when that was found, and who accepted it, when and why. None is
-- accepted as long as `accepted` is null, and until then no rows are taken.
CREATE TABLE read_alarm (
    chain    INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    alarm    TEXT NOT NULL,
    accepted INTEGER,
    device   TEXT,
    reason   TEXT
) STRICT;

-- Proofs about releases, which the hub sent this location alone: compressed JSON.
CREATE TABLE release_proof (
    n       INTEGER PRIMARY KEY,
    release TEXT NOT NULL,
    proof   BLOB NOT NULL
) STRICT;

-- The heights that the hub had acknowledged on a day, by UTC from 1970: the first that were noted.
CREATE TABLE acknowledged_day (
    day  INTEGER NOT NULL,
    dix  INTEGER NOT NULL,
    dseq INTEGER NOT NULL,
    PRIMARY KEY (day, dix)
) STRICT, WITHOUT ROWID;

-- What the national team sees of this location, as the hub made it last: compressed JSON.
CREATE TABLE seen (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    at    INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
