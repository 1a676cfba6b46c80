-- The operations and changes of each document, which have limits like its bytes.
ALTER TABLE documents ADD COLUMN operations INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
