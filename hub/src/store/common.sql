-- What the tables of logs and blobs have had since node and hub have the same ones.
ALTER TABLE logs ADD COLUMN offered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE logs ADD COLUMN acknowledged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE logs ADD COLUMN derived INTEGER NOT NULL DEFAULT 0;

CREATE INDEX blobs_hash ON blobs (hash);
