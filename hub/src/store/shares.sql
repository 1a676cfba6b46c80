-- Who began a document, so that each device has a share of a location's documents.
ALTER TABLE documents ADD COLUMN began INTEGER;

UPDATE documents SET began = (
    SELECT min(actors.log) FROM actors JOIN logs USING (log)
    WHERE logs.lix = documents.lix AND actors.doc = documents.doc
);

-- Changes that an admin dropped: an entry that builds on one is void.
CREATE TABLE dropped (
    lix INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (lix, hash)
) STRICT, WITHOUT ROWID;
