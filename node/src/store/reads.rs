//! Rows of the hub's ledger of who read this location, which were checked, and their chain.

use rusqlite::{Connection, params};
use weft_shared::{
    id::ReadHash,
    identity::reads::{ReadChain, ReadRow},
    time::Timestamp,
};
use weft_store::{StoreError, rows};

/// Returns the end of the chain.
pub(crate) fn end(store: &Connection) -> Result<ReadChain, StoreError> {
    let sql = "SELECT n, hash FROM read_row ORDER BY n DESC LIMIT 1";
    let last = rows::one(store, sql, [], |row| {
        let hash: Vec<u8> = row.get(1)?;
        let hash = ReadHash::from_slice(&hash).ok_or(StoreError::Damaged("the ledger of reads"))?;
        Ok(ReadChain {
            n: row.get(0)?,
            hash,
        })
    });
    Ok(last?.unwrap_or_default())
}

/// Adds a row, whose hash was computed here.
pub(crate) fn put(store: &Connection, row: &ReadRow, hash: &ReadHash) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO read_row (n, at, reader, organisation, act, subject, purpose, count, hash)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
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
    rows::write(store, sql, values)
}

/// Returns the newest rows first, `rows_max` of them.
pub(crate) fn newest(store: &Connection, rows_max: usize) -> Result<Vec<ReadRow>, StoreError> {
    let sql = "SELECT n, at, reader, organisation, act, subject, purpose, count FROM read_row
               ORDER BY n DESC LIMIT ?";
    rows::all(store, sql, [rows_max], |row| {
        Ok(ReadRow {
            n: row.get(0)?,
            at: Timestamp::from_ms(row.get(1)?),
            reader: row.get(2)?,
            organisation: row.get(3)?,
            act: row.get(4)?,
            subject: row.get(5)?,
            purpose: row.get(6)?,
            count: row.get(7)?,
        })
    })
}
