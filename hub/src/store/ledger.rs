//! The ledger of acts, and the tokens of the data interface.

use rusqlite::{Connection, params};
use weft_shared::time::Timestamp;
use weft_store::{Transaction, rows};

use super::StoreError;
use crate::limits::LEDGER_KEPT_MS;

/// One row of the ledger: an act of the operator, or a read from before reads had their own table.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// When.
    pub at: Timestamp,
    /// Who, such as "operator" or "token Dashboard".
    pub who: String,
    /// The act, such as "location confirm".
    pub act: String,
    /// The object of the act, such as a location's code.
    pub subject: String,
}

/// A token as the hub keeps it: its secret only as a hash.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Its number.
    pub number: i64,
    /// The name it was made under.
    pub name: String,
    /// Its role; so far always "national".
    pub role: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// Writes an act's row, in the transaction of the act.
pub(crate) fn record(
    conn: &Transaction<'_>,
    now: Timestamp,
    who: &str,
    act: &str,
    subject: &str,
) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO ledger (at_ms, who, act, subject) VALUES (?, ?, ?, ?)")?
        .execute(params![now.ms(), who, act, subject])?;
    forget_old(conn, now)
}

/// Deletes rows of acts and reads that are older than the ledger is kept.
pub(crate) fn forget_old(conn: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    let before = now.plus_ms(-LEDGER_KEPT_MS).ms();
    for sql in [
        "DELETE FROM ledger WHERE at_ms < ?",
        "DELETE FROM reads WHERE at_ms < ?",
    ] {
        conn.prepare_cached(sql)?.execute([before])?;
    }
    Ok(())
}

/// The newest rows first, `rows_max` of them.
pub(crate) fn list(conn: &Connection, rows_max: u32) -> Result<Vec<LedgerRow>, StoreError> {
    let sql = "SELECT at_ms, who, act, subject FROM ledger ORDER BY row DESC LIMIT ?";
    rows::all(conn, sql, [rows_max], |row| {
        Ok(LedgerRow {
            at: Timestamp::from_ms(row.get(0)?),
            who: row.get(1)?,
            act: row.get(2)?,
            subject: row.get(3)?,
        })
    })
}

/// Keeps a token's hash; `None` where a token of this name exists.
pub(crate) fn create_token(
    conn: &Connection,
    name: &str,
    secret_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let rows = conn.execute(
        "INSERT INTO tokens (name, role, secret_hash, created_ms) VALUES (?, 'national', ?, ?)
         ON CONFLICT (name) DO NOTHING",
        params![name, secret_hash, now.ms()],
    )?;
    Ok((rows == 1).then(|| conn.last_insert_rowid()))
}

pub(crate) fn tokens(conn: &Connection) -> Result<Vec<TokenRow>, StoreError> {
    let sql = "SELECT token, name, role, created_ms, revoked_ms FROM tokens ORDER BY name";
    rows::all(conn, sql, [], |row| Ok(token_row(row)?))
}

/// The token with this hash, unless it was revoked.
pub(crate) fn token(
    conn: &Connection,
    secret_hash: &[u8; 32],
) -> Result<Option<TokenRow>, StoreError> {
    let sql = "SELECT token, name, role, created_ms, revoked_ms FROM tokens
               WHERE secret_hash = ? AND revoked_ms IS NULL";
    rows::one(conn, sql, params![secret_hash], |row| Ok(token_row(row)?))
}

pub(crate) fn revoke_token(
    conn: &Connection,
    name: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = conn.execute(
        "UPDATE tokens SET revoked_ms = ? WHERE name = ? AND revoked_ms IS NULL",
        params![now.ms(), name],
    )?;
    Ok(rows > 0)
}

fn token_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        number: row.get(0)?,
        name: row.get(1)?,
        role: row.get(2)?,
        created: Timestamp::from_ms(row.get(3)?),
        revoked: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_ms),
    })
}
