//! Derived state: documents, facts and records, all made from the entries. No figure is stored.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use weft_shared::{document::DERIVATION_VERSION, id::DocId};
use weft_store::{StoreError, documents, reset_derived, rows};

pub(crate) mod again;
pub(crate) mod facts;
pub(crate) mod names;
pub(crate) mod past;
mod records;
mod said;
pub(crate) mod sums;
pub(crate) mod years;

pub(crate) use self::records::{
    RecordRow, RecordText, copies, documents_of, insight_counts, put_record, records, shown,
};
pub(crate) use self::said::{Said, distinct, documents_of_said, put_said, said, texts};
use super::LocationRow;

/// Returns the last entry that is folded into derived state.
pub(crate) fn folded(conn: &Connection) -> Result<u64, StoreError> {
    let found = conn
        .prepare_cached("SELECT hub_seq FROM folded")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

pub(crate) fn put_folded(conn: &Connection, hub_seq: u64) -> Result<(), StoreError> {
    let sql = "INSERT INTO folded (only, hub_seq) VALUES (1, ?1)
               ON CONFLICT (only) DO UPDATE SET hub_seq = ?1";
    rows::write(conn, sql, [hub_seq])
}

/// Makes the derived tables, empty, unless those of this version are there.
pub(super) fn prepare(conn: &Connection) -> Result<(), StoreError> {
    let found: Option<Vec<u8>> = conn
        .prepare("SELECT value FROM meta WHERE key = ?")?
        .query_row([VERSION_KEY], |row| row.get(0))
        .optional()?;
    let mut known = conn.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?")?;
    let mut whole = found == Some(version().into_bytes());
    for table in &TABLES[..TABLES.len() - OLD_TABLES] {
        whole &= known.exists([table])?;
    }
    match whole {
        true => Ok(()),
        false => reset(conn),
    }
}

/// Throws away everything that is made from the entries, unread.
pub(crate) fn clear(conn: &Connection) -> Result<(), StoreError> {
    reset(conn)
}

fn reset(conn: &Connection) -> Result<(), StoreError> {
    reset_derived(conn, &TABLES, include_str!("derived.sql"))?;
    let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2)
               ON CONFLICT (key) DO UPDATE SET value = ?2";
    rows::write(conn, sql, params![VERSION_KEY, version().into_bytes()])
}

/// Returns the version of the derivation with that of the tables made here.
pub(crate) fn version() -> String {
    format!("{DERIVATION_VERSION}.{TABLES_VERSION}")
}

/// Goes up whenever the tables of `derived.sql`, or what is put into them, are others.
const TABLES_VERSION: u32 = 17;
const VERSION_KEY: &str = "derived_version";
/// The derived tables, and then those of earlier versions, which are only thrown away.
pub(super) static TABLES: [&str; 20] = [
    "folded",
    "snapshots",
    "tails",
    "quarantine",
    "series",
    "slices",
    "forms",
    "places",
    "year_documents",
    "facts",
    "sums",
    "past_facts",
    "past_extras",
    "records",
    "said",
    "unread",
    "again",
    "cells",
    "bases",
    "synced",
];
/// Number of tables of earlier versions.
const OLD_TABLES: usize = 3;

/// A document as last saved, and the entries folded into it since.
pub(crate) fn snapshot(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
) -> Result<(Option<Vec<u8>>, Vec<u64>), StoreError> {
    let key = params![lix.0, doc.as_bytes()];
    let bytes = documents::snapshot(conn, lix, doc)?.map(|(bytes, _)| bytes);
    let sql = "SELECT hub_seq FROM tails WHERE lix = ? AND doc = ? ORDER BY hub_seq";
    Ok((bytes, rows::all(conn, sql, key, |row| Ok(row.get(0)?))?))
}

/// Keeps a document as saved; what was folded before is in it.
pub(crate) fn put_snapshot(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    bytes: &[u8],
) -> Result<(), StoreError> {
    documents::put_snapshot(conn, lix, doc, bytes, None)?;
    let sql = "DELETE FROM tails WHERE lix = ? AND doc = ?";
    rows::write(conn, sql, params![lix.0, doc.as_bytes()])
}

pub(crate) fn put_tail(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    hub_seq: u64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO tails (lix, doc, hub_seq) VALUES (?, ?, ?)";
    rows::write(conn, sql, params![lix.0, doc.as_bytes(), hub_seq])
}

fn doc_at(row: &Row<'_>, at: usize) -> Result<DocId, StoreError> {
    rows::bytes(row, at, DocId::from_slice, "a document's id")
}

/// Returns the number of rows of a derived table.
pub(crate) fn count(conn: &Connection, table: &'static str) -> Result<u64, StoreError> {
    let query = format!("SELECT count(*) FROM {table}");
    Ok(conn.query_row(&query, [], |row| row.get(0))?)
}

/// Passes on shared records and statements as text, by their keys; locations by their ids, because
/// a row's number depends on who joined first.
pub(crate) fn each_record(
    conn: &Connection,
    mut take: impl FnMut(String, String),
) -> Result<(), StoreError> {
    let mut query = conn.prepare(
        "SELECT 'record ' || hex(location_id) || ' ' || kind || ' ' || id
         || CASE live WHEN 1 THEN '' ELSE ' withdrawn' END, record
         FROM records JOIN locations USING (lix)
         UNION ALL
         SELECT 'said ' || hex(location_id) || ' ' || container || ' ' || key, said
         FROM said JOIN locations USING (lix) ORDER BY 1, 2",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        take(row.get(0)?, row.get(1)?);
    }
    Ok(())
}
