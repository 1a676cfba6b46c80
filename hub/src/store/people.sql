-- People who may sign in, what they sign in with, and their sessions. Secrets are kept as hashes.
CREATE TABLE people (
    person INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    organisation TEXT NOT NULL,
    roles TEXT NOT NULL,
    -- Whether locations see the name beside the organisation.
    named INTEGER NOT NULL,
    -- The words that the browser shows which enrolled, and the hash of that browser's cookie.
    words TEXT,
    waits_hash BLOB,
    invited_ms INTEGER NOT NULL,
    enrolled_ms INTEGER,
    confirmed_ms INTEGER,
    locked_ms INTEGER,
    ended_ms INTEGER
) STRICT;

CREATE TABLE links (
    link INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people,
    secret_hash BLOB NOT NULL UNIQUE,
    is_reset INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    spent_ms INTEGER,
    revoked_ms INTEGER
) STRICT;

CREATE INDEX links_person ON links (person);

-- A passkey has its id in `key`; a password has its code's last step in `step`.
CREATE TABLE credentials (
    credential INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people,
    kind TEXT NOT NULL CHECK (kind IN ('passkey', 'password')),
    label TEXT NOT NULL,
    key BLOB UNIQUE,
    secret BLOB NOT NULL,
    step INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    locked_until_ms INTEGER,
    created_ms INTEGER NOT NULL,
    used_ms INTEGER,
    ended_ms INTEGER
) STRICT;

CREATE INDEX credentials_person ON credentials (person);

-- Times at which failures locked a password.
CREATE TABLE password_locks (
    credential INTEGER NOT NULL REFERENCES credentials,
    at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    session INTEGER PRIMARY KEY,
    secret_hash BLOB NOT NULL UNIQUE,
    person INTEGER NOT NULL REFERENCES people,
    credential INTEGER NOT NULL REFERENCES credentials,
    purpose TEXT NOT NULL,
    began_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    ended_ms INTEGER
) STRICT;

CREATE INDEX sessions_person ON sessions (person);

-- A token belongs to a person, but for those made before people signed in: these end 90 days later.
ALTER TABLE tokens DROP COLUMN role;
ALTER TABLE tokens ADD COLUMN person INTEGER;
ALTER TABLE tokens ADD COLUMN scope TEXT NOT NULL DEFAULT 'live'
    CHECK (scope IN ('releases', 'live'));
ALTER TABLE tokens ADD COLUMN purpose TEXT NOT NULL DEFAULT 'before sign-in';
ALTER TABLE tokens ADD COLUMN expires_ms INTEGER;
ALTER TABLE tokens ADD COLUMN used_ms INTEGER;
UPDATE tokens SET expires_ms = unixepoch() * 1000 + 7776000000;

-- The chain of the ledger, the purpose of what was done, and where it came from, for 30 days.
ALTER TABLE ledger ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN chain BLOB;

CREATE TABLE addresses (
    row INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    address TEXT NOT NULL
) STRICT;

CREATE INDEX addresses_at ON addresses (at_ms);

-- Resets, new admins and unlocked ones, which every admin hears of, and who saw them.
CREATE INDEX ledger_resets ON ledger (act, row)
    WHERE act IN ('person admin', 'person admin unlock', 'person reset', 'person reset seen');
