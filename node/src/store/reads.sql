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
