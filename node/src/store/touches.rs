//! The history that people read: the device and time of each change of a record.

use rusqlite::{Connection, Row};
use weft_shared::{id::DeviceIndex, time::Timestamp};
use weft_store::{StoreError, rows};

/// One record that one save touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touch {
    pub(crate) at: Timestamp,
    /// The entry that carried it; none for what stays on this computer.
    pub(crate) entry: Option<(DeviceIndex, u64)>,
    pub(crate) document: String,
    pub(crate) container: String,
    pub(crate) record: String,
}

/// Appends to the history.
pub(crate) fn append(store: &Connection, touch: &Touch) -> Result<(), StoreError> {
    let sql = "INSERT INTO touch (at, dix, dseq, document, container, record)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (dix, dseq) = touch.entry.map(|(dix, dseq)| (dix.0, dseq)).unzip();
    let Touch {
        document,
        container,
        record,
        ..
    } = touch;
    let row = (touch.at.ms(), dix, dseq, document, container, record);
    rows::write(store, sql, row)
}

/// The history in the order of the moments it happened, of one record or of all.
pub(crate) fn history(store: &Connection, record: Option<&str>) -> Result<Vec<Touch>, StoreError> {
    let sql = "SELECT at, dix, dseq, document, container, record FROM touch
               WHERE ?1 IS NULL OR record = ?1
               ORDER BY at, dix, dseq, id";
    rows::all(store, sql, [record], read)
}

/// Some of what other devices than `own` touched, newest first, after the first `skipped`.
pub(crate) fn of_others(
    store: &Connection,
    own: Option<DeviceIndex>,
    skipped: usize,
    rows_max: usize,
) -> Result<Vec<Touch>, StoreError> {
    let sql = "SELECT at, dix, dseq, document, container, record FROM touch
               WHERE dix IS NOT NULL AND dix IS NOT ?1
               ORDER BY at DESC, dix DESC, dseq DESC, id DESC LIMIT ?3 OFFSET ?2";
    let range = (own.map(|dix| dix.0), skipped, rows_max);
    rows::all(store, sql, range, read)
}

/// Forgets what an entry touched: it counts for nothing.
pub(crate) fn drop_entry(
    store: &Connection,
    dix: DeviceIndex,
    dseq: u64,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM touch WHERE dix = ?1 AND dseq = ?2";
    rows::write(store, sql, (dix.0, dseq))
}

fn read(row: &Row<'_>) -> Result<Touch, StoreError> {
    let dix: Option<u16> = row.get(1)?;
    Ok(Touch {
        at: Timestamp::from_ms(row.get(0)?),
        entry: dix.map(DeviceIndex).zip(row.get(2)?),
        document: row.get(3)?,
        container: row.get(4)?,
        record: row.get(5)?,
    })
}
