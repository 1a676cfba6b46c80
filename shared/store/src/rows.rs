//! Rows: what tables name locations and logs by, and how statements are run and their rows read.

use rusqlite::{Connection, Params, Row};

use crate::StoreError;

/// The row of a location. The hub itself, location zero, has the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationRow(pub i64);

impl LocationRow {
    /// The hub's own row.
    pub const ZERO: Self = Self(1);
    /// A node's own.
    pub const OWN: Self = Self(2);
}

/// The row of a log: one device of one location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Log(pub i64);

/// Runs a statement.
pub fn write(conn: &Connection, sql: &str, params: impl Params) -> Result<(), StoreError> {
    conn.prepare_cached(sql)?.execute(params)?;
    Ok(())
}

/// Reads every row.
pub fn all<T, C: FromIterator<T>>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<C, StoreError> {
    let mut query = conn.prepare_cached(sql)?;
    query.query_and_then(params, read)?.collect()
}

/// Reads the first row, if there is one.
pub fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query(params)?;
    rows.next()?.map(read).transpose()
}

/// Reads an id, a hash or a signature; `what` names the column in case of damage.
pub fn bytes<T>(
    row: &Row<'_>,
    at: usize,
    read: fn(&[u8]) -> Option<T>,
    what: &'static str,
) -> Result<T, StoreError> {
    read(row.get_ref(at)?.as_blob()?).ok_or(StoreError::Damaged(what))
}
