-- Columns and an index that logs and blobs gained when node and hub began to share their tables.
ALTER TABLE logs ADD COLUMN offered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE logs ADD COLUMN acknowledged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE logs ADD COLUMN derived INTEGER NOT NULL DEFAULT 0;

CREATE INDEX blobs_hash ON blobs (hash);
