-- Releases that the hub announced, with the heights that it had acknowledged before the day on
-- which that was first seen here: JSON. The hub writes the day of a proposal, and this it does not.
CREATE TABLE release_announced (
    release TEXT PRIMARY KEY,
    heights TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The hash of each link of the chain of releases as it was first seen here.
CREATE TABLE release_link (
    n    INTEGER PRIMARY KEY,
    hash BLOB NOT NULL
) STRICT;

-- For a release that was announced before, nothing is known to have been acknowledged.
DELETE FROM acknowledged_day;
