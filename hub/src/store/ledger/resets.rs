//! Resets of people in the ledger, and which of them an admin has seen.

use rusqlite::{Connection, params};
use weft_shared::time::Timestamp;
use weft_store::rows;

use super::StoreError;
use crate::access::visitor::Reset;

/// The act of an admin who saw resets.
pub(crate) const SEEN: &str = "person reset seen";

/// The subject of such an act: the last row that it is about.
pub(crate) fn subject(row: i64) -> String {
    format!("up to row {row}")
}

/// Returns the resets since `since` that an admin has not seen, newest first.
pub(crate) fn unseen(
    conn: &Connection,
    admin: &str,
    since: Timestamp,
) -> Result<Vec<Reset>, StoreError> {
    // The first term names the index of `people.sql`, which has these acts alone.
    let sql = "SELECT row, at_ms, who, subject FROM ledger
               WHERE act IN ('person reset', 'person reset seen') AND act = 'person reset'
               AND at_ms >= ?2 AND row > coalesce((
                   SELECT max(CAST(substr(subject, 11) AS INTEGER)) FROM ledger
                   WHERE act IN ('person reset', 'person reset seen')
                   AND act = 'person reset seen' AND who = ?1), 0)
               ORDER BY row DESC LIMIT 20";
    rows::all(conn, sql, params![admin, since.ms()], |row| {
        Ok(Reset {
            row: row.get(0)?,
            at: Timestamp::from_ms(row.get(1)?),
            by: row.get(2)?,
            person: row.get(3)?,
        })
    })
}
