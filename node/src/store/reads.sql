-- Rows of the hub's ledger of who read this location, checked: each goes on from the one before.
-- `hash` is the row's, which the chain goes on from.
CREATE TABLE read_row (
    n            INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    reader       TEXT NOT NULL,
    organisation TEXT NOT NULL,
    act          TEXT NOT NULL,
    subject      TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    count        INTEGER NOT NULL,
    hash         BLOB NOT NULL
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
