-- Who read what of a location's own records, numbered by location: one row for what a page, a
-- command or an answer showed; the same within ten minutes raises `count`. Reads from before this
-- table are in the ledger, without their locations. `organisation`, `purpose` and the chain in
-- `prev` come with sign-in.
ALTER TABLE codes ADD COLUMN reads INTEGER NOT NULL DEFAULT 0;

CREATE TABLE reads (
    lix INTEGER NOT NULL REFERENCES locations,
    n INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    -- The person, for the hub's own ledger: locations see the reader, and a name if it was agreed.
    person INTEGER,
    reader TEXT NOT NULL,
    organisation TEXT NOT NULL DEFAULT '',
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    purpose TEXT NOT NULL DEFAULT '',
    count INTEGER NOT NULL DEFAULT 1,
    prev BLOB,
    PRIMARY KEY (lix, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX reads_at ON reads (at_ms);
CREATE INDEX ledger_at ON ledger (at_ms);
