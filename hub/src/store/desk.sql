-- Drafts of the agenda: ground state of the hub alone. None of it is ever in an entry, and none is
-- sent, until `agenda publish` puts all of it out at once.

CREATE TABLE desk (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    fields TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
