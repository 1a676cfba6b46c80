-- Runs at which the program ended: left out of their document by that version of the program.

CREATE TABLE ended (
    owner   INTEGER NOT NULL,
    dix     INTEGER NOT NULL,
    dseq    INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (owner, dix, dseq, number)
) STRICT, WITHOUT ROWID;
