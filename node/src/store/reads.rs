//! Rows of the hub's ledger of who read this location, which were checked, and their chains.

use rusqlite::{Connection, params};
use weft_shared::{
    id::ReadHash,
    identity::reads::{ReadChain, ReadRow},
    time::Timestamp,
};
use weft_store::{StoreError, rows};

/// A row that was checked when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptRead {
    /// The row.
    pub(crate) row: ReadRow,
    /// Whether the hub's ledger does not have it any more.
    pub(crate) is_gone: bool,
}

/// A chain of rows that did not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadAlarm {
    /// When it was found.
    pub(crate) at: Timestamp,
    /// The alarm in words.
    pub(crate) alarm: String,
    /// The acceptance, if a person accepted it.
    pub(crate) accepted: Option<Acceptance>,
}

/// A person accepted that the hub's ledger did not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acceptance {
    /// When.
    pub(crate) at: Timestamp,
    /// The name of the device on which they did.
    pub(crate) device: String,
    /// Their reason.
    pub(crate) reason: String,
}

/// The number of the present chain: those before it were accepted as ended.
const PRESENT: &str = "(SELECT count(*) FROM read_alarm WHERE accepted IS NOT NULL)";

/// Returns the end of the present chain.
pub(crate) fn end(store: &Connection) -> Result<ReadChain, StoreError> {
    let sql =
        format!("SELECT n, hash FROM read_row WHERE chain = {PRESENT} ORDER BY n DESC LIMIT 1");
    let last = rows::one(store, &sql, [], |row| {
        let hash: Vec<u8> = row.get(1)?;
        let hash = ReadHash::from_slice(&hash).ok_or(StoreError::Damaged("the ledger of reads"))?;
        Ok(ReadChain {
            n: row.get(0)?,
            hash,
        })
    });
    Ok(last?.unwrap_or_default())
}

/// Adds a row to the present chain. Its hash was computed here.
pub(crate) fn put(store: &Connection, row: &ReadRow, hash: &ReadHash) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO read_row
             (chain, n, at, reader, organisation, act, subject, purpose, count, hash)
         VALUES ({PRESENT}, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let values = params![
        row.n,
        row.at.ms(),
        row.reader,
        row.organisation,
        row.act,
        row.subject,
        row.purpose,
        row.count,
        hash.as_bytes()
    ];
    rows::write(store, &sql, values)
}

/// Returns the newest rows first, `rows_max` of them. A row that two chains have is there once.
pub(crate) fn newest(store: &Connection, rows_max: usize) -> Result<Vec<KeptRead>, StoreError> {
    let sql = format!(
        "SELECT n, at, reader, organisation, act, subject, purpose, count,
             chain < {PRESENT} AND EXISTS (SELECT 1 FROM read_row WHERE chain = {PRESENT})
         FROM read_row AS one
         WHERE NOT EXISTS (
             SELECT 1 FROM read_row AS later
             WHERE later.hash = one.hash AND later.chain > one.chain)
         ORDER BY chain DESC, n DESC LIMIT ?"
    );
    rows::all(store, &sql, [rows_max], |row| {
        Ok(KeptRead {
            row: ReadRow {
                n: row.get(0)?,
                at: Timestamp::from_ms(row.get(1)?),
                reader: row.get(2)?,
                organisation: row.get(3)?,
                act: row.get(4)?,
                subject: row.get(5)?,
                purpose: row.get(6)?,
                count: row.get(7)?,
            },
            is_gone: row.get(8)?,
        })
    })
}

/// Returns the number of rows of the present chain.
pub(crate) fn count(store: &Connection) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM read_row WHERE chain = {PRESENT}");
    Ok(rows::one(store, &sql, [], |row| Ok(row.get(0)?))?.unwrap_or_default())
}

/// Raises the alarm about the present chain; the first one stands.
pub(crate) fn raise(store: &Connection, now: Timestamp, alarm: &str) -> Result<(), StoreError> {
    let sql =
        format!("INSERT OR IGNORE INTO read_alarm (chain, at, alarm) VALUES ({PRESENT}, ?, ?)");
    rows::write(store, &sql, params![now.ms(), alarm])
}

/// Ends the present chain because a person accepted that it does not go on. The next row begins a
/// new one.
pub(crate) fn accept(store: &Connection, by: &Acceptance) -> Result<(), StoreError> {
    let sql = "UPDATE read_alarm SET accepted = ?, device = ?, reason = ? WHERE accepted IS NULL";
    rows::write(store, sql, params![by.at.ms(), by.device, by.reason])
}

/// Returns the alarms, the newest first. Only the first may wait for a person.
pub(crate) fn alarms(store: &Connection) -> Result<Vec<ReadAlarm>, StoreError> {
    let sql = "SELECT at, alarm, accepted, device, reason FROM read_alarm ORDER BY chain DESC";
    rows::all(store, sql, [], |row| {
        let accepted: Option<i64> = row.get(2)?;
        let by = |at| {
            Ok::<_, StoreError>(Acceptance {
                at: Timestamp::from_ms(at),
                device: row.get(3)?,
                reason: row.get(4)?,
            })
        };
        Ok(ReadAlarm {
            at: Timestamp::from_ms(row.get(0)?),
            alarm: row.get(1)?,
            accepted: accepted.map(by).transpose()?,
        })
    })
}
