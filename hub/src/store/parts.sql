-- The part of the location in the release: 2 if its statements were counted, 1 if a sum that was
-- kept has a count of it, 0 if rows are about it alone, which an office published.
ALTER TABLE release_proofs ADD COLUMN part INTEGER NOT NULL DEFAULT 2;
UPDATE release_proofs SET part = 1 WHERE length(proof) = 0;
