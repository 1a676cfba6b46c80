//! When entries were received: which had been at a moment.

use rusqlite::Connection;
use weft_shared::time::Timestamp;

use super::last_hub_seq;
use crate::{LocationRow, StoreError, rows};

/// When the last entry was received.
pub(super) fn last_received(conn: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT received_ms FROM entries ORDER BY hub_seq DESC LIMIT 1";
    rows::one(conn, sql, [], |row| Ok(Timestamp::from_ms(row.get(0)?)))
}

/// When the first and the last entry were received; none if there is none.
pub fn received_span(conn: &Connection) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let sql = "SELECT received_ms FROM entries ORDER BY hub_seq LIMIT 1";
    let first = rows::one(conn, sql, [], |row| Ok(Timestamp::from_ms(row.get(0)?)))?;
    Ok(first.zip(last_received(conn)?))
}

/// The last entry that had been received at a moment; 0 if none had. Times never fall from one
/// entry to the next. If a clock was set back before that held, it is one of the entries between
/// which the moment lies.
pub fn last_received_by(conn: &Connection, at: Timestamp) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, last_hub_seq(conn)?);
    let sql = "SELECT hub_seq, received_ms FROM entries WHERE hub_seq <= ?
               ORDER BY hub_seq DESC LIMIT 1";
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let found = rows::one(conn, sql, [middle], |row| {
            Ok((row.get::<_, u64>(0)?, row.get::<_, i64>(1)?))
        })?;
        match found {
            Some((hub_seq, received)) if received > at.ms() => high = hub_seq.saturating_sub(1),
            Some(_) | None => low = middle,
        }
    }
    Ok(low)
}

/// When the last entry up to `hub_seq` of each location was received.
pub fn received(
    conn: &Connection,
    hub_seq: u64,
) -> Result<Vec<(LocationRow, Timestamp)>, StoreError> {
    let sql = "SELECT lix, max(received_ms) FROM logs JOIN entries USING (log)
               WHERE hub_seq <= ? GROUP BY lix";
    rows::all(conn, sql, [hub_seq], |row| {
        Ok((LocationRow(row.get(0)?), Timestamp::from_ms(row.get(1)?)))
    })
}

/// When one entry was received; none if there is no such entry any more.
pub fn received_at(conn: &Connection, hub_seq: u64) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT received_ms FROM entries WHERE hub_seq = ?";
    rows::one(conn, sql, [hub_seq], |row| {
        Ok(Timestamp::from_ms(row.get(0)?))
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;

    /// Entries with gaps in their numbers, received at these moments.
    fn store(received: &[(u64, i64)]) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE entries (hub_seq INTEGER PRIMARY KEY, received_ms INTEGER)",
        )
        .unwrap();
        for (hub_seq, ms) in received {
            conn.execute("INSERT INTO entries VALUES (?, ?)", params![hub_seq, ms])
                .unwrap();
        }
        conn
    }

    #[test]
    fn the_last_entry_received_by_a_moment_is_found_whatever_stands_between() {
        let all = [(2, 10), (3, 10), (7, 20), (8, 25), (9, 25), (20, 40)];
        let conn = store(&all);
        for at in 0..50 {
            let found = last_received_by(&conn, Timestamp::from_ms(at)).unwrap();
            let counted = all.iter().filter(|(hub_seq, _)| *hub_seq <= found);
            let received = all.iter().filter(|(_, ms)| *ms <= at);
            assert_eq!(counted.count(), received.count(), "at {at}: up to {found}");
        }
        assert_eq!(
            last_received_by(&store(&[]), Timestamp::from_ms(9)).unwrap(),
            0
        );
    }
}
