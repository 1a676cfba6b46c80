-- The derived table that node and hub have in common: each document as last saved, and how far that
-- reaches, in the words of the program that saved it.
CREATE TABLE IF NOT EXISTS snapshots (
    lix INTEGER NOT NULL,
    doc BLOB NOT NULL,
    bytes BLOB NOT NULL,
    reached BLOB,
    PRIMARY KEY (lix, doc)
) STRICT;
