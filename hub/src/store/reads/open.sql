-- Rows of the ledger of reads that are not closed yet: `prev` is null until then.
CREATE INDEX reads_open ON reads (lix, n) WHERE prev IS NULL;
