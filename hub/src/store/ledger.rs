//! The ledger of acts.

pub(crate) mod pages;
pub(crate) mod resets;

use std::net::IpAddr;

use rusqlite::{Connection, params};
use weft_shared::{
    id::sha256,
    time::{DAY_MS, Timestamp},
};
use weft_store::{Transaction, rows};

use super::StoreError;
use crate::limits::{ADDRESS_KEPT_MS, LEDGER_CLOCK_DAYS, LEDGER_KEPT_MS};

/// One row of the ledger: an act, or a read from before reads had their own table.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// When.
    pub at: Timestamp,
    /// Who: a person, a token, or the hub's own computer.
    pub who: String,
    /// The act, such as "location confirm".
    pub act: String,
    /// The object of the act, such as a location's code.
    pub subject: String,
}

/// An act of somebody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act<'a> {
    pub(crate) who: &'a str,
    pub(crate) act: &'a str,
    pub(crate) subject: &'a str,
    /// The purpose; empty if they did not say.
    pub(crate) purpose: &'a str,
    /// The address that it came from, which is forgotten after 30 days.
    pub(crate) from: Option<IpAddr>,
}

/// Writes an act's row, in the transaction of the act.
pub(crate) fn record(
    conn: &Transaction<'_>,
    now: Timestamp,
    who: &str,
    act: &str,
    subject: &str,
) -> Result<(), StoreError> {
    let act = Act {
        who,
        act,
        subject,
        purpose: "",
        from: None,
    };
    record_act(conn, now, &act)
}

/// The same of an act with all that is known of it.
///
/// Each row has a hash of itself and of the row before, so that none can be changed or left out
/// alone.
pub(crate) fn record_act(
    conn: &Transaction<'_>,
    now: Timestamp,
    act: &Act<'_>,
) -> Result<(), StoreError> {
    let last = "SELECT row, chain FROM ledger ORDER BY row DESC LIMIT 1";
    let before: Option<Option<Vec<u8>>> = rows::one(conn, last, [], |row| Ok(row.get(1)?))?;
    let chain = link(&before.flatten().unwrap_or_default(), now, act);
    conn.prepare_cached(
        "INSERT INTO ledger (at_ms, who, act, subject, purpose, chain) VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        now.ms(),
        act.who,
        act.act,
        act.subject,
        act.purpose,
        chain
    ])?;
    if let Some(from) = act.from {
        let row = params![conn.last_insert_rowid(), now.ms(), from.to_string()];
        let sql = "INSERT INTO addresses (row, at_ms, address) VALUES (?, ?, ?)";
        rows::write(conn, sql, row)?;
    }
    forget_old(conn, now)
}

/// The hash of a row and of the one before it.
fn link(before: &[u8], now: Timestamp, act: &Act<'_>) -> [u8; 32] {
    let mut parts: Vec<Vec<u8>> = vec![before.to_vec(), now.ms().to_be_bytes().to_vec()];
    for text in [act.who, act.act, act.subject, act.purpose] {
        // With its length, so that no two rows have the same bytes.
        parts.push((text.len() as u64).to_be_bytes().to_vec());
        parts.push(text.as_bytes().to_vec());
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    sha256("weft/ledger/1", &parts)
}

/// Deletes rows of acts and reads that are older than the ledger is kept, and addresses that are
/// older than those are.
///
/// One look at a clock that runs years ahead would delete all of them. So the time is the earlier
/// of the clock's and of the beginning of the last seven days that the ledger has rows of.
pub(crate) fn forget_old(conn: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    let old = "DELETE FROM addresses WHERE at_ms < ?";
    rows::write(conn, old, [now.plus_ms(-ADDRESS_KEPT_MS).ms()])?;
    let Some(shown_ms) = shown_ms(conn)? else {
        return Ok(());
    };
    let before = now.ms().min(shown_ms) - LEDGER_KEPT_MS;
    for sql in [
        "DELETE FROM ledger WHERE at_ms < ?",
        // The last row of a location stays: its chain goes on from there.
        "DELETE FROM reads WHERE at_ms < ? AND EXISTS (
             SELECT 1 FROM reads AS later WHERE later.lix = reads.lix AND later.n > reads.n)",
    ] {
        conn.prepare_cached(sql)?.execute([before])?;
    }
    Ok(())
}

/// The beginning of the last days that have rows, by UTC; `None` if fewer have any.
fn shown_ms(conn: &Connection) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT max(at_ms) FROM (
                   SELECT max(at_ms) AS at_ms FROM ledger WHERE at_ms < ?1
                   UNION ALL SELECT max(at_ms) FROM reads WHERE at_ms < ?1)";
    let mut newest = conn.prepare_cached(sql)?;
    let mut day_ms = i64::MAX;
    for _ in 0..LEDGER_CLOCK_DAYS {
        let Some(at_ms) = newest.query_row([day_ms], |row| row.get::<_, Option<i64>>(0))? else {
            return Ok(None);
        };
        day_ms = at_ms - at_ms.rem_euclid(DAY_MS);
    }
    Ok(Some(day_ms))
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

/// The addresses from which people signed in since then.
pub(crate) fn addresses(conn: &Connection, since: Timestamp) -> Result<Vec<IpAddr>, StoreError> {
    let sql = "SELECT DISTINCT address FROM addresses JOIN ledger USING (row)
               WHERE addresses.at_ms >= ? AND act = 'sign in'";
    let texts: Vec<String> = rows::all(conn, sql, [since.ms()], |row| Ok(row.get(0)?))?;
    // A text of a newer version that is none is of no one we know.
    Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
}
