//! The tokens of people, with which programs read.

use rusqlite::{Connection, Row, params};
use weft_shared::time::{DAY_MS, Timestamp};
use weft_store::rows;

use super::StoreError;
use crate::access::{scope::Scope, secret::SecretHash};

/// A token as the hub keeps it: its secret only as a hash.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Its number.
    pub number: i64,
    /// The name it was made under.
    pub name: String,
    /// The name of its person; none if it was made before people signed in.
    pub person: Option<String>,
    pub(crate) whose: Option<i64>,
    /// The scope it was made with. The person's roles may have become fewer since.
    pub scope: Scope,
    /// The purpose, which locations read.
    pub purpose: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

impl TokenRow {
    /// Whether it has neither been revoked nor ended.
    pub fn stands(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.expires
    }
}

/// A token to keep.
#[derive(Clone, Debug)]
pub(crate) struct NewToken<'a> {
    pub(crate) name: &'a str,
    pub(crate) person: Option<i64>,
    pub(crate) scope: Scope,
    pub(crate) purpose: &'a str,
    pub(crate) days: u32,
}

/// Keeps a token; false if one has its name, or had it.
pub(crate) fn create(
    conn: &Connection,
    new: &NewToken<'_>,
    secret_hash: &SecretHash,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO tokens (name, person, scope, purpose, secret_hash, created_ms,
                                   expires_ms)
               VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING";
    let rows = conn.prepare_cached(sql)?.execute(params![
        new.name,
        new.person,
        new.scope.as_str(),
        new.purpose,
        secret_hash,
        now.ms(),
        now.plus_ms(i64::from(new.days) * DAY_MS).ms()
    ])?;
    Ok(rows == 1)
}

/// All tokens, by name.
pub(crate) fn list(conn: &Connection) -> Result<Vec<TokenRow>, StoreError> {
    rows::all(conn, &format!("{TOKEN} ORDER BY tokens.name"), [], row_of)
}

/// Those of a person, newest first.
pub(crate) fn of_person(conn: &Connection, person: i64) -> Result<Vec<TokenRow>, StoreError> {
    let sql = format!("{TOKEN} WHERE tokens.person = ? ORDER BY token DESC");
    rows::all(conn, &sql, [person], row_of)
}

/// The token of this name.
pub(crate) fn named(conn: &Connection, name: &str) -> Result<Option<TokenRow>, StoreError> {
    rows::one(
        conn,
        &format!("{TOKEN} WHERE tokens.name = ?"),
        [name],
        row_of,
    )
}

/// The token with this hash, be it over.
pub(crate) fn with_hash(
    conn: &Connection,
    secret_hash: &SecretHash,
) -> Result<Option<TokenRow>, StoreError> {
    rows::one(
        conn,
        &format!("{TOKEN} WHERE secret_hash = ?"),
        [secret_hash],
        row_of,
    )
}

/// The token of this number.
pub(crate) fn token(conn: &Connection, token: i64) -> Result<Option<TokenRow>, StoreError> {
    rows::one(conn, &format!("{TOKEN} WHERE token = ?"), [token], row_of)
}

/// Records a use of a token.
pub(crate) fn used(conn: &Connection, token: i64, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE tokens SET used_ms = ? WHERE token = ?";
    rows::write(conn, sql, params![now.ms(), token])
}

/// Revokes a token; false if it was revoked before.
pub(crate) fn revoke(conn: &Connection, token: i64, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE tokens SET revoked_ms = ? WHERE token = ? AND revoked_ms IS NULL";
    Ok(conn
        .prepare_cached(sql)?
        .execute(params![now.ms(), token])?
        == 1)
}

fn row_of(row: &Row<'_>) -> Result<TokenRow, StoreError> {
    let moment = |at: Option<i64>| at.map(Timestamp::from_ms);
    let scope: String = row.get(4)?;
    Ok(TokenRow {
        number: row.get(0)?,
        name: row.get(1)?,
        person: row.get(2)?,
        whose: row.get(3)?,
        scope: scope
            .parse()
            .map_err(|_| StoreError::Damaged("tokens.scope"))?,
        purpose: row.get(5)?,
        created: Timestamp::from_ms(row.get(6)?),
        // One without an end is over.
        expires: Timestamp::from_ms(row.get::<_, Option<i64>>(7)?.unwrap_or_default()),
        used: moment(row.get(8)?),
        revoked: moment(row.get(9)?),
    })
}

const TOKEN: &str = "SELECT token, tokens.name, people.name, tokens.person, scope, purpose,
                     created_ms, expires_ms, used_ms, revoked_ms
                     FROM tokens LEFT JOIN people USING (person)";
