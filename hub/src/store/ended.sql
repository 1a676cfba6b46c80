-- Entries at which the program ended, by the document that must not take them in, and the version
-- of the program.

CREATE TABLE ended (
    lix INTEGER NOT NULL REFERENCES locations,
    doc BLOB NOT NULL,
    hub_seq INTEGER NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (lix, doc, hub_seq)
) STRICT, WITHOUT ROWID;
