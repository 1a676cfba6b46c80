//! Links with which somebody begins again, new admins, and admins who were unlocked: which of these
//! acts an admin has seen.

use rusqlite::{Connection, params};
use weft_shared::time::Timestamp;
use weft_store::rows;

use super::StoreError;
use crate::access::visitor::{LetIn, Reset};

/// The act of one who makes a link with which a person begins again.
pub(crate) const RESET: &str = "person reset";

/// The act of one who makes a person an admin.
pub(crate) const NEW_ADMIN: &str = "person admin";

/// The act of one who unlocks an admin.
pub(crate) const UNLOCKED: &str = "person admin unlock";

/// The act of an admin who saw them.
pub(crate) const SEEN: &str = "person reset seen";

/// The subject of such an act: the last row that it is about.
pub(crate) fn subject(row: i64) -> String {
    format!("up to row {row}")
}

/// Returns what came since `since` and an admin has not seen: the oldest acts first, and no more
/// than a page shows. So an admin who saw them has seen all up to the last of them. No one hears
/// that they became an admin, or were unlocked, themselves.
pub(crate) fn unseen(
    conn: &Connection,
    admin: &str,
    since: Timestamp,
) -> Result<Vec<Reset>, StoreError> {
    // The first term names the index of `people.sql`, which has these acts alone.
    let sql = "SELECT row, at_ms, who, subject, act,
                   count(*) OVER () - row_number() OVER (ORDER BY row)
               FROM ledger
               WHERE act IN ('person admin', 'person admin unlock', 'person reset',
                   'person reset seen')
               AND (act = 'person reset'
                   OR (act IN ('person admin', 'person admin unlock') AND subject <> ?1))
               AND at_ms >= ?2 AND row > coalesce((
                   SELECT max(CAST(substr(subject, 11) AS INTEGER)) FROM ledger
                   WHERE act IN ('person admin', 'person admin unlock', 'person reset',
                       'person reset seen')
                   AND act = 'person reset seen' AND who = ?1), 0)
               ORDER BY row LIMIT 20";
    rows::all(conn, sql, params![admin, since.ms()], |row| {
        Ok(Reset {
            row: row.get(0)?,
            at: Timestamp::from_ms(row.get(1)?),
            by: row.get(2)?,
            person: row.get(3)?,
            let_in: match row.get_ref(4)?.as_str()? {
                NEW_ADMIN => LetIn::NewAdmin,
                UNLOCKED => LetIn::Unlocked,
                _ => LetIn::Again,
            },
            later: row.get(5)?,
        })
    })
}
