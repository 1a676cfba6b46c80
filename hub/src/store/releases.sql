-- Releases, and all that was ever shown in one: ground state, because it cannot be made again from
-- entries. `plan` is the JSON of what was proposed. `rows` and `inputs` are compressed JSON: the
-- rows as published, and what was counted, which only an auditor may see. `link` is the number of
-- the link by which it went out: releases follow each other in the order of the chain, and not in
-- that of a clock.
CREATE TABLE releases (
    release INTEGER PRIMARY KEY,
    dataset TEXT NOT NULL,
    year INTEGER NOT NULL,
    n INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'published', 'withdrawn', 'dropped')),
    plan TEXT NOT NULL,
    proposed_ms INTEGER NOT NULL,
    proposed_by TEXT NOT NULL,
    published_ms INTEGER,
    published_by TEXT,
    link INTEGER UNIQUE,
    manifest BLOB,
    rows BLOB,
    inputs BLOB,
    withdrawn_ms INTEGER,
    reason TEXT,
    UNIQUE (dataset, year, n)
) STRICT;

-- Roundings that were shown: the same count of the same areas is always shown as the same number.
CREATE TABLE rounded (
    areas TEXT NOT NULL,
    raw INTEGER NOT NULL,
    shown INTEGER NOT NULL,
    PRIMARY KEY (areas, raw)
) STRICT, WITHOUT ROWID;

-- Cells that were shown, each release's in one compressed JSON: what an attacker may hold.
CREATE TABLE shown_cells (
    release INTEGER PRIMARY KEY REFERENCES releases,
    cells BLOB NOT NULL
) STRICT;

-- The proof that goes to one location alone, compressed: its salt, the state of its logs, and what
-- was counted of it.
CREATE TABLE release_proofs (
    release INTEGER NOT NULL REFERENCES releases,
    lix INTEGER NOT NULL,
    code TEXT NOT NULL,
    proof BLOB NOT NULL,
    PRIMARY KEY (release, lix)
) STRICT, WITHOUT ROWID;
