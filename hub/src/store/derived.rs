//! Derived state: documents, facts, figures and records, all made from the entries.

use rusqlite::{Connection, OptionalExtension as _, Row, params, types::ValueRef};
use weft_shared::{
    document::DERIVATION_VERSION,
    id::{DocId, IndicatorCode, LocationId},
    model::observation::Breakdown,
    rollup::Slice,
    time::Timestamp,
};
use weft_store::{StoreError, documents, reset_derived, rows};

pub(crate) mod again;
mod cells;
mod records;

pub(crate) use self::{
    cells::{CellFilter, breakdowns, cells, contributors, periods, put_cells, users},
    records::{RecordRow, RecordText, insight_counts, put_record, records},
};
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
    for table in TABLES {
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
fn version() -> String {
    format!("{DERIVATION_VERSION}.{TABLES_VERSION}")
}

/// Goes up whenever the tables of `derived.sql`, or what is put into them, are others.
const TABLES_VERSION: u32 = 10;
const VERSION_KEY: &str = "derived_version";
/// Every derived table, of any version.
pub(super) static TABLES: [&str; 11] = [
    "folded",
    "snapshots",
    "tails",
    "quarantine",
    "facts",
    "cells",
    "bases",
    "records",
    "unread",
    "again",
    "synced",
];

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

/// The place of a fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FactPlace {
    pub(crate) slice: Slice,
    pub(crate) lix: LocationRow,
    pub(crate) area: String,
    /// The document that says so.
    pub(crate) doc: DocId,
}

/// Puts what is stated at a place, or clears it where nothing is stated any more.
pub(crate) fn put_fact(
    conn: &Connection,
    place: &FactPlace,
    stated: Option<&str>,
) -> Result<(), StoreError> {
    let (indicator, period, breakdown) = slice_texts(&place.slice);
    match stated {
        Some(stated) => conn
            .prepare_cached(
                "INSERT INTO facts (indicator, period, breakdown, lix, area, doc, stated)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (indicator, period, breakdown, lix, area, doc)
                 DO UPDATE SET stated = ?7",
            )?
            .execute(params![
                indicator,
                period,
                breakdown,
                place.lix.0,
                place.area,
                place.doc.as_bytes(),
                stated
            ])?,
        None => conn
            .prepare_cached(
                "DELETE FROM facts
                 WHERE indicator = ? AND period = ? AND breakdown = ? AND lix = ? AND area = ?
                 AND doc = ?",
            )?
            .execute(params![
                indicator,
                period,
                breakdown,
                place.lix.0,
                place.area,
                place.doc.as_bytes()
            ])?,
    };
    Ok(())
}

/// The documents that state something at a place.
pub(crate) fn stating(
    conn: &Connection,
    slice: &Slice,
    lix: LocationRow,
    area: &str,
) -> Result<Vec<DocId>, StoreError> {
    let (indicator, period, breakdown) = slice_texts(slice);
    let sql = "SELECT doc FROM facts
               WHERE indicator = ? AND period = ? AND breakdown = ? AND lix = ? AND area = ?
               ORDER BY doc";
    let place = params![indicator, period, breakdown, lix.0, area];
    rows::all(conn, sql, place, |row| doc_at(row, 0))
}

/// The statements of one document, as stored.
#[derive(Clone, Debug)]
pub(crate) struct FactRow {
    pub(crate) location: LocationId,
    pub(crate) area: String,
    pub(crate) doc: DocId,
    pub(crate) stated: String,
}

impl FactRow {
    /// Reads the columns `location_id, area, stated, doc`, of which the first is at `at`.
    fn read(row: &Row<'_>, at: usize) -> Result<Self, StoreError> {
        Ok(Self {
            location: rows::bytes(row, at, LocationId::from_slice, "locations.location_id")?,
            area: row.get(at + 1)?,
            stated: row.get(at + 2)?,
            doc: doc_at(row, at + 3)?,
        })
    }
}

/// The facts of one slice, in one order whatever they arrived in.
pub(crate) fn facts(conn: &Connection, slice: &Slice) -> Result<Vec<FactRow>, StoreError> {
    let (indicator, period, breakdown) = slice_texts(slice);
    let sql = "SELECT location_id, area, stated, doc FROM facts JOIN locations USING (lix)
               WHERE indicator = ? AND period = ? AND breakdown = ?
               ORDER BY location_id, area, doc";
    rows::all(conn, sql, params![indicator, period, breakdown], |row| {
        FactRow::read(row, 0)
    })
}

/// The facts of one indicator, each with its slice.
pub(crate) fn facts_of_indicator(
    conn: &Connection,
    indicator: &IndicatorCode,
) -> Result<Vec<(Slice, FactRow)>, StoreError> {
    let sql = "SELECT indicator, period, breakdown, location_id, area, stated, doc
               FROM facts JOIN locations USING (lix)
               WHERE indicator = ? ORDER BY period, breakdown, location_id, area, doc";
    rows::all(conn, sql, [indicator.as_str()], |row| {
        Ok((read_slice(row)?, FactRow::read(row, 3)?))
    })
}

/// Every slice about which something is stated.
pub(crate) fn slices(conn: &Connection) -> Result<Vec<Slice>, StoreError> {
    let sql = "SELECT DISTINCT indicator, period, breakdown FROM facts
               ORDER BY indicator, period, breakdown";
    rows::all(conn, sql, [], read_slice)
}

/// Reads the columns `indicator, period, breakdown`, which come first.
fn read_slice(row: &Row<'_>) -> Result<Slice, StoreError> {
    let [indicator, period, breakdown] = [0, 1, 2].map(|at| row.get_ref(at));
    let unreadable = |_| StoreError::Derived("facts");
    Ok(Slice {
        indicator: indicator?.as_str()?.parse().map_err(unreadable)?,
        period: period?.as_str()?.parse().map_err(unreadable)?,
        breakdown: Breakdown::from_key(breakdown?.as_str()?).map_err(unreadable)?,
    })
}

fn slice_texts(slice: &Slice) -> (String, String, String) {
    (
        slice.indicator.to_string(),
        slice.period.to_string(),
        slice.breakdown.key(),
    )
}

/// When each location synced, as the figures that stand take it.
pub(crate) fn counted_syncs(
    conn: &Connection,
) -> Result<Vec<(LocationRow, Timestamp)>, StoreError> {
    let sql = "SELECT lix, at_ms FROM synced ORDER BY lix";
    rows::all(conn, sql, [], |row| {
        Ok((LocationRow(row.get(0)?), Timestamp::from_ms(row.get(1)?)))
    })
}

pub(crate) fn put_counted_sync(
    conn: &Connection,
    lix: LocationRow,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO synced (lix, at_ms) VALUES (?1, ?2)
               ON CONFLICT (lix) DO UPDATE SET at_ms = ?2";
    rows::write(conn, sql, params![lix.0, at.ms()])
}

fn doc_at(row: &Row<'_>, at: usize) -> Result<DocId, StoreError> {
    rows::bytes(row, at, DocId::from_slice, "a document's id")
}

/// Returns the number of rows of a derived table.
pub(crate) fn count(conn: &Connection, table: &'static str) -> Result<u64, StoreError> {
    let query = format!("SELECT count(*) FROM {table}");
    Ok(conn.query_row(&query, [], |row| row.get(0))?)
}

/// Returns a value of a column as text. A text of the word NULL is not taken for a missing one.
fn quoted(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => format!("{bytes:?}"),
    }
}

/// Passes on facts, figures and records as text, by their keys; locations by their ids, because a
/// row's number depends on who joined first. A fact of a document that goes on from another has its
/// name.
pub(crate) fn each(
    conn: &Connection,
    mut take: impl FnMut(String, String),
) -> Result<(), StoreError> {
    for (what, query) in [
        (
            "fact",
            "SELECT indicator || ' ' || period || ' ' || breakdown || ' ' || hex(location_id)
             || ' ' || area || CASE WHEN epoch = 0 AND name NOT LIKE '%/%/%' THEN ''
             ELSE ' ' || name || '@' || epoch END, stated
             FROM facts JOIN locations USING (lix) JOIN documents USING (lix, doc)",
        ),
        (
            "figure",
            "SELECT indicator || ' ' || period || ' ' || breakdown || ' ' || location, cells.*
             FROM cells",
        ),
        (
            "base",
            "SELECT indicator || ' ' || period || ' ' || breakdown || ' ' || location || ' '
             || area, denominator, is_growth, asked_beside FROM bases",
        ),
        (
            "record",
            "SELECT hex(location_id) || ' ' || kind || ' ' || id
             || CASE live WHEN 1 THEN '' ELSE ' withdrawn' END, record
             FROM records JOIN locations USING (lix)",
        ),
    ] {
        let mut query = conn.prepare(&format!("{query} ORDER BY 1, 2"))?;
        let columns = query.column_count();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let key: String = row.get(0)?;
            let values = (1..columns).map(|at| Ok(quoted(row.get_ref(at)?)));
            let values = values.collect::<Result<Vec<_>, rusqlite::Error>>()?;
            take(format!("{what} {key}"), values.join("\t"));
        }
    }
    Ok(())
}
