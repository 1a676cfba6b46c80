//! The means with which people sign in, and the sessions that follow.

use rusqlite::{Connection, Row, params};
use weft_shared::time::{DAY_MS, Timestamp};
use weft_store::rows;

use super::StoreError;
use crate::access::secret::SecretHash;

/// Something that a person signs in with.
#[derive(Clone, Debug)]
pub struct CredentialRow {
    /// Its number.
    pub number: i64,
    pub(crate) person: i64,
    /// Whether it is a passkey, or else a password with a code.
    pub is_passkey: bool,
    /// The name that its owner gave it.
    pub label: String,
    pub(crate) secret: Vec<u8>,
    pub(crate) step: i64,
    pub(crate) failures: u32,
    pub(crate) locked_until: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

/// A session.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its number.
    pub number: i64,
    pub(crate) person: i64,
    pub(crate) by_passkey: bool,
    /// The purpose that the person gave.
    pub purpose: String,
    /// When it began.
    pub began: Timestamp,
    /// When it was last used, to the minute.
    pub used: Timestamp,
}

/// A credential to keep.
#[derive(Clone, Debug)]
pub(crate) struct NewCredential<'a> {
    pub(crate) person: i64,
    /// The id of a passkey; none for a password.
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) label: &'a str,
    pub(crate) secret: &'a [u8],
    pub(crate) step: i64,
}

pub(crate) fn add_credential(
    conn: &Connection,
    new: &NewCredential<'_>,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let kind = if new.key.is_some() {
        "passkey"
    } else {
        "password"
    };
    let sql = "INSERT INTO credentials (person, kind, label, key, secret, step, created_ms)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let row = params![
        new.person,
        kind,
        new.label,
        new.key,
        new.secret,
        new.step,
        now.ms()
    ];
    rows::write(conn, sql, row)?;
    Ok(conn.last_insert_rowid())
}

/// The credentials of a person that have not ended, oldest first.
pub(crate) fn credentials(
    conn: &Connection,
    person: i64,
) -> Result<Vec<CredentialRow>, StoreError> {
    let sql = format!(
        "SELECT {CREDENTIAL} FROM credentials WHERE person = ? AND ended_ms IS NULL
         ORDER BY credential"
    );
    rows::all(conn, &sql, [person], credential_row)
}

/// The credential of this number, if it has not ended.
pub(crate) fn credential(
    conn: &Connection,
    number: i64,
) -> Result<Option<CredentialRow>, StoreError> {
    let sql =
        format!("SELECT {CREDENTIAL} FROM credentials WHERE credential = ? AND ended_ms IS NULL");
    rows::one(conn, &sql, [number], credential_row)
}

/// The passkey of this id, if it has not ended.
pub(crate) fn passkey(conn: &Connection, key: &[u8]) -> Result<Option<CredentialRow>, StoreError> {
    let sql = format!("SELECT {CREDENTIAL} FROM credentials WHERE key = ? AND ended_ms IS NULL");
    rows::one(conn, &sql, [key], credential_row)
}

/// When a person last signed in, be it with what they have no longer.
pub(crate) fn signed_in(conn: &Connection, person: i64) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT max(used_ms) FROM credentials WHERE person = ?";
    let used: Option<i64> = conn
        .prepare_cached(sql)?
        .query_row([person], |row| row.get(0))?;
    Ok(used.map(Timestamp::from_ms))
}

/// The ids of a person's passkeys.
pub(crate) fn keys(conn: &Connection, person: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT key FROM credentials WHERE person = ? AND key IS NOT NULL
               AND ended_ms IS NULL";
    rows::all(conn, sql, [person], |row| Ok(row.get(0)?))
}

/// Whether there is or was a passkey of this id, of any person.
pub(crate) fn was_key(conn: &Connection, key: &[u8]) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM credentials WHERE key = ?)";
    Ok(conn
        .prepare_cached(sql)?
        .query_row([key], |row| row.get(0))?)
}

/// Records a use of a passkey, with its counter.
pub(crate) fn passkey_used(
    conn: &Connection,
    credential: i64,
    secret: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE credentials SET secret = ?, used_ms = ? WHERE credential = ?";
    rows::write(conn, sql, params![secret, now.ms(), credential])
}

/// Ends a credential, and the sessions that it began.
pub(crate) fn end_credential(
    conn: &Connection,
    credential: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE credentials SET ended_ms = ?1 WHERE credential = ?2",
        "UPDATE sessions SET ended_ms = ?1 WHERE credential = ?2 AND ended_ms IS NULL",
    ] {
        rows::write(conn, sql, params![now.ms(), credential])?;
    }
    Ok(())
}

/// The password of a person, if they have one.
pub(crate) fn password(
    conn: &Connection,
    person: i64,
) -> Result<Option<CredentialRow>, StoreError> {
    let all = credentials(conn, person)?;
    Ok(all.into_iter().find(|one| !one.is_passkey))
}

fn credential_row(row: &Row<'_>) -> Result<CredentialRow, StoreError> {
    let moment = |at: Option<i64>| at.map(Timestamp::from_ms);
    Ok(CredentialRow {
        number: row.get(0)?,
        person: row.get(1)?,
        is_passkey: row.get::<_, String>(2)? == "passkey",
        label: row.get(3)?,
        secret: row.get(4)?,
        step: row.get(5)?,
        failures: row.get(6)?,
        locked_until: moment(row.get(7)?),
        created: Timestamp::from_ms(row.get(8)?),
        used: moment(row.get(9)?),
    })
}

/// Records a use of a credential. A step of a code that is not after the last is refused.
pub(crate) fn used(
    conn: &Connection,
    credential: i64,
    step: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE credentials SET step = ?, failures = 0, used_ms = ? WHERE credential = ?";
    rows::write(conn, sql, params![step, now.ms(), credential])
}

pub(crate) fn set_failures(
    conn: &Connection,
    credential: i64,
    failures: u32,
) -> Result<(), StoreError> {
    let sql = "UPDATE credentials SET failures = ? WHERE credential = ?";
    rows::write(conn, sql, params![failures, credential])
}

/// Records a lock. Returns how many there were within a day.
pub(crate) fn locked(
    conn: &Connection,
    credential: i64,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let add = "INSERT INTO password_locks (credential, at_ms) VALUES (?, ?)";
    rows::write(conn, add, params![credential, now.ms()])?;
    let sql = "SELECT count(*) FROM password_locks WHERE credential = ? AND at_ms > ?";
    let since = now.plus_ms(-DAY_MS).ms();
    Ok(conn
        .prepare_cached(sql)?
        .query_row(params![credential, since], |row| row.get(0))?)
}

/// Locks a password until a time; `None` is until a reset.
pub(crate) fn lock_until(
    conn: &Connection,
    credential: i64,
    until: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = "UPDATE credentials SET failures = 0, locked_until_ms = ? WHERE credential = ?";
    let until = until.map_or(i64::MAX, Timestamp::ms);
    rows::write(conn, sql, params![until, credential])
}

/// Begins a session.
pub(crate) fn begin(
    conn: &Connection,
    secret_hash: &SecretHash,
    (person, credential, purpose): (i64, i64, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO sessions (secret_hash, person, credential, purpose, began_ms, used_ms)
               VALUES (?, ?, ?, ?, ?5, ?5)";
    rows::write(
        conn,
        sql,
        params![secret_hash, person, credential, purpose, now.ms()],
    )
}

/// The session with this secret, if it has not been ended.
pub(crate) fn session(
    conn: &Connection,
    secret_hash: &SecretHash,
) -> Result<Option<SessionRow>, StoreError> {
    let sql = format!("{SESSION} WHERE secret_hash = ? AND sessions.ended_ms IS NULL");
    rows::one(conn, &sql, [secret_hash], session_row)
}

/// The sessions of a person that have not been ended and began after a time, newest first.
pub(crate) fn sessions(
    conn: &Connection,
    person: i64,
    since: Timestamp,
) -> Result<Vec<SessionRow>, StoreError> {
    let sql = format!(
        "{SESSION} WHERE sessions.person = ? AND sessions.ended_ms IS NULL AND began_ms > ?
         ORDER BY session DESC"
    );
    rows::all(conn, &sql, params![person, since.ms()], session_row)
}

fn session_row(row: &Row<'_>) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        number: row.get(0)?,
        person: row.get(1)?,
        by_passkey: row.get::<_, String>(2)? == "passkey",
        purpose: row.get(3)?,
        began: Timestamp::from_ms(row.get(4)?),
        used: Timestamp::from_ms(row.get(5)?),
    })
}

/// Deletes sessions that are over in any case; the ledger keeps when they began.
pub(crate) fn forget_before(conn: &Connection, before: Timestamp) -> Result<(), StoreError> {
    rows::write(
        conn,
        "DELETE FROM sessions WHERE began_ms < ?",
        [before.ms()],
    )
}

/// Records that a session was used.
pub(crate) fn session_used(
    conn: &Connection,
    session: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET used_ms = ? WHERE session = ? AND ended_ms IS NULL";
    rows::write(conn, sql, params![now.ms(), session])
}

/// Ends a session of this person; false if there is none.
pub(crate) fn end(
    conn: &Connection,
    (person, session): (i64, i64),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE sessions SET ended_ms = ? WHERE session = ? AND person = ?
               AND ended_ms IS NULL";
    let ended = conn
        .prepare_cached(sql)?
        .execute(params![now.ms(), session, person])?;
    Ok(ended == 1)
}

const CREDENTIAL: &str = "credential, person, kind, label, secret, step, failures, locked_until_ms,
                          created_ms, used_ms";
const SESSION: &str = "SELECT session, sessions.person, kind, purpose, began_ms, sessions.used_ms
                       FROM sessions JOIN credentials USING (credential)";
