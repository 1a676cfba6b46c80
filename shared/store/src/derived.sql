-- The derived tables that node and hub share. Each document as last saved: `reached` says how far
-- up the logs that is, in a form of the program's own.
CREATE TABLE IF NOT EXISTS snapshots (
    lix INTEGER NOT NULL,
    doc BLOB NOT NULL,
    bytes BLOB NOT NULL,
    reached BLOB,
    PRIMARY KEY (lix, doc)
) STRICT;

-- Entries that are not in a document: it could not take them yet (`held`) or at all (`refused`), or
-- the program ended at them, and `reason` is its version (`ended`).
CREATE TABLE IF NOT EXISTS quarantine (
    lix INTEGER NOT NULL,
    doc BLOB NOT NULL,
    hub_seq INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'refused', 'ended')),
    reason TEXT NOT NULL,
    PRIMARY KEY (lix, doc, hub_seq)
) STRICT, WITHOUT ROWID;
