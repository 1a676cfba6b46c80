-- The derived table that node and hub share: each document as last saved. `reached` says how far up
-- the logs that is, in a form of the program's own.
CREATE TABLE IF NOT EXISTS snapshots (
    lix INTEGER NOT NULL,
    doc BLOB NOT NULL,
    bytes BLOB NOT NULL,
    reached BLOB,
    PRIMARY KEY (lix, doc)
) STRICT;
