-- Moves a node's own tables into those that node and hub share. Location zero gets the row 1, and
-- the node's own the row 2.
INSERT INTO locations (lix, location_id, joined_ms)
SELECT CASE key WHEN 'hub_location' THEN 1 ELSE 2 END, value, 0 FROM setting
WHERE key IN ('hub_location', 'location_id');
DELETE FROM setting WHERE key IN ('hub_location', 'location_id');

INSERT INTO roster (lix, position, operation)
SELECT owner + 1, position, operation FROM old_roster;

INSERT INTO logs (lix, dix, dseq, hash, stored_ms, offered, acknowledged, derived)
SELECT owner + 1, dix, dseq, hash, 0, offered, acknowledged, derived FROM log;
-- Words that are in no entry stand in the log of the device that has none yet.
INSERT OR IGNORE INTO logs (lix, dix, dseq, hash, stored_ms)
SELECT DISTINCT owner + 1, dix, 0, zeroblob(32), 0 FROM blob;

INSERT INTO entries (hub_seq, log, dseq, received_ms, void, tip, header, bodies)
SELECT id, logs.log, entry.dseq, stored, void, signature, header, bodies
FROM entry JOIN logs ON logs.lix = entry.owner + 1 AND logs.dix = entry.dix
    LEFT JOIN tip ON tip.owner = entry.owner AND tip.dix = entry.dix AND tip.dseq = entry.dseq
ORDER BY id;

INSERT INTO blobs (log, dseq, hash, bytes, stored_ms)
SELECT logs.log, blob.dseq, blob.hash, bytes, 0
FROM blob JOIN logs ON logs.lix = blob.owner + 1 AND logs.dix = blob.dix;

UPDATE logs SET
    stored_ms = coalesce((SELECT received_ms FROM entries
        WHERE entries.log = logs.log AND entries.dseq = logs.dseq), 0),
    body_bytes = coalesce((SELECT sum(length(header) + length(bodies)) FROM entries
        WHERE entries.log = logs.log), 0)
    + coalesce((SELECT sum(length(bytes)) FROM blobs WHERE blobs.log = logs.log), 0);

-- Documents of the journal; the headers of entries name the others.
INSERT INTO documents (lix, doc, name, epoch)
SELECT DISTINCT 2, document, 'team', 0 FROM journal;

DROP TABLE old_roster;
DROP TABLE log;
DROP TABLE entry;
DROP TABLE tip;
DROP TABLE blob;
DROP TABLE IF EXISTS actor;
DROP TABLE IF EXISTS document;
