//! People, and the links with which they enrol.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use weft_shared::time::Timestamp;
use weft_store::rows;

use super::StoreError;
use crate::access::{roles::Roles, secret::SecretHash};

/// A person as the hub keeps them.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Their number.
    pub number: i64,
    /// The name with which they sign in.
    pub name: String,
    /// Their organisation.
    pub organisation: String,
    /// Their roles.
    pub roles: Roles,
    /// Whether locations see their name.
    pub named: bool,
    /// The four words that their browser showed when they enrolled.
    pub(crate) words: Option<String>,
    pub(crate) waits_hash: Option<Vec<u8>>,
    /// When they were invited.
    pub invited: Timestamp,
    /// When they enrolled.
    pub enrolled: Option<Timestamp>,
    /// When an admin confirmed that it was them.
    pub confirmed: Option<Timestamp>,
    /// When they were locked.
    pub locked: Option<Timestamp>,
    /// When they left.
    pub ended: Option<Timestamp>,
}

impl PersonRow {
    /// Returns "invited", "to confirm", "in", "locked" or "left".
    pub const fn state(&self) -> &'static str {
        match self {
            Self { ended: Some(_), .. } => "left",
            Self {
                locked: Some(_), ..
            } => "locked",
            Self {
                confirmed: Some(_), ..
            } => "in",
            Self {
                enrolled: Some(_), ..
            } => "to confirm",
            _ => "invited",
        }
    }

    /// Whether they may sign in now.
    pub const fn is_in(&self) -> bool {
        self.confirmed.is_some() && self.locked.is_none() && self.ended.is_none()
    }
}

/// A person as an admin describes them.
#[derive(Clone, Debug)]
pub(crate) struct NewPerson {
    pub(crate) name: String,
    pub(crate) folded: String,
    pub(crate) organisation: String,
    pub(crate) roles: Roles,
    pub(crate) named: bool,
}

/// A link with which a person enrols, or begins again.
#[derive(Clone, Debug)]
pub(crate) struct LinkRow {
    pub(crate) number: i64,
    pub(crate) person: i64,
    pub(crate) is_reset: bool,
    pub(crate) expires: Timestamp,
    pub(crate) spent: bool,
    pub(crate) revoked: bool,
}

impl LinkRow {
    /// Whether it may still be used.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        !self.spent && !self.revoked && now < self.expires
    }
}

/// Whether there is any person, be it one who has left.
pub(crate) fn any(conn: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM people)";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

pub(crate) fn count(conn: &Connection) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM people";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Keeps a person; `None` if one has this name.
pub(crate) fn create(
    conn: &Connection,
    person: &NewPerson,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let rows = conn
        .prepare_cached(
            "INSERT INTO people (name, folded, organisation, roles, named, invited_ms)
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (folded) DO NOTHING",
        )?
        .execute(params![
            person.name,
            person.folded,
            person.organisation,
            person.roles.to_string(),
            person.named,
            now.ms()
        ])?;
    Ok((rows == 1).then(|| conn.last_insert_rowid()))
}

/// The people, by name.
pub(crate) fn list(conn: &Connection) -> Result<Vec<PersonRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM people ORDER BY folded");
    rows::all(conn, &sql, [], person_row)
}

pub(crate) fn person(conn: &Connection, number: i64) -> Result<Option<PersonRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE person = ?");
    rows::one(conn, &sql, [number], person_row)
}

pub(crate) fn named(conn: &Connection, folded: &str) -> Result<Option<PersonRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE folded = ?");
    rows::one(conn, &sql, [folded], person_row)
}

fn person_row(row: &Row<'_>) -> Result<PersonRow, StoreError> {
    let moment = |at: Option<i64>| at.map(Timestamp::from_ms);
    let roles: String = row.get(3)?;
    Ok(PersonRow {
        number: row.get(0)?,
        name: row.get(1)?,
        organisation: row.get(2)?,
        roles: roles
            .parse()
            .map_err(|_| StoreError::Damaged("people.roles"))?,
        named: row.get(4)?,
        words: row.get(5)?,
        waits_hash: row.get(6)?,
        invited: Timestamp::from_ms(row.get(7)?),
        enrolled: moment(row.get(8)?),
        confirmed: moment(row.get(9)?),
        locked: moment(row.get(10)?),
        ended: moment(row.get(11)?),
    })
}

pub(crate) fn set_roles(conn: &Connection, person: i64, roles: Roles) -> Result<(), StoreError> {
    let sql = "UPDATE people SET roles = ? WHERE person = ?";
    rows::write(conn, sql, params![roles.to_string(), person])
}

/// Records that the person enrolled, with the words and the browser that shows them.
pub(crate) fn enrolled(
    conn: &Connection,
    person: i64,
    (words, waits): (&str, &SecretHash),
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE people SET words = ?, waits_hash = ?, enrolled_ms = ?, confirmed_ms = NULL
               WHERE person = ?";
    rows::write(conn, sql, params![words, waits, now.ms(), person])
}

pub(crate) fn confirm(conn: &Connection, person: i64, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE people SET confirmed_ms = ? WHERE person = ?";
    rows::write(conn, sql, params![now.ms(), person])
}

/// Locks a person, or lets them in again.
pub(crate) fn set_locked(
    conn: &Connection,
    person: i64,
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = "UPDATE people SET locked_ms = ? WHERE person = ?";
    rows::write(conn, sql, params![at.map(Timestamp::ms), person])
}

pub(crate) fn end(conn: &Connection, person: i64, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE people SET ended_ms = ?, words = NULL, waits_hash = NULL WHERE person = ?";
    rows::write(conn, sql, params![now.ms(), person])
}

/// Ends whatever lets this person in: sessions, and links that are open.
pub(crate) fn shut_out(conn: &Connection, person: i64, now: Timestamp) -> Result<(), StoreError> {
    for sql in [
        "UPDATE sessions SET ended_ms = ?1 WHERE person = ?2 AND ended_ms IS NULL",
        "UPDATE links SET revoked_ms = ?1
         WHERE person = ?2 AND spent_ms IS NULL AND revoked_ms IS NULL",
    ] {
        rows::write(conn, sql, params![now.ms(), person])?;
    }
    Ok(())
}

/// Ends a person's credentials and tokens.
pub(crate) fn end_credentials(
    conn: &Connection,
    person: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE credentials SET ended_ms = ?1 WHERE person = ?2 AND ended_ms IS NULL",
        "UPDATE tokens SET revoked_ms = ?1 WHERE person = ?2 AND revoked_ms IS NULL",
    ] {
        rows::write(conn, sql, params![now.ms(), person])?;
    }
    Ok(())
}

pub(crate) fn add_link(
    conn: &Connection,
    (person, is_reset): (i64, bool),
    secret_hash: &SecretHash,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO links (person, secret_hash, is_reset, created_ms, expires_ms)
               VALUES (?, ?, ?, ?, ?)";
    let row = params![person, secret_hash, is_reset, now.ms(), expires.ms()];
    rows::write(conn, sql, row)
}

pub(crate) fn link(
    conn: &Connection,
    secret_hash: &SecretHash,
) -> Result<Option<LinkRow>, StoreError> {
    let sql = "SELECT link, person, is_reset, expires_ms, spent_ms IS NOT NULL,
               revoked_ms IS NOT NULL FROM links WHERE secret_hash = ?";
    rows::one(conn, sql, [secret_hash], |row| {
        Ok(LinkRow {
            number: row.get(0)?,
            person: row.get(1)?,
            is_reset: row.get(2)?,
            expires: Timestamp::from_ms(row.get(3)?),
            spent: row.get(4)?,
            revoked: row.get(5)?,
        })
    })
}

/// Spends a link; false if it was spent before, so that of many at once one spends it.
pub(crate) fn spend(conn: &Connection, link: i64, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE links SET spent_ms = ?1 WHERE link = ?2 AND spent_ms IS NULL
               AND revoked_ms IS NULL AND expires_ms > ?1";
    Ok(conn.prepare_cached(sql)?.execute(params![now.ms(), link])? == 1)
}

/// Returns until when the newest open link of a person may be used.
pub(crate) fn open_until(
    conn: &Connection,
    person: i64,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT max(expires_ms) FROM links WHERE person = ? AND spent_ms IS NULL
               AND revoked_ms IS NULL AND expires_ms > ?";
    let until: Option<Option<i64>> = conn
        .prepare_cached(sql)?
        .query_row(params![person, now.ms()], |row| row.get(0))
        .optional()?;
    Ok(until.flatten().map(Timestamp::from_ms))
}

const COLUMNS: &str = "person, name, organisation, roles, named, words, waits_hash, invited_ms,
                       enrolled_ms, confirmed_ms, locked_ms, ended_ms";
