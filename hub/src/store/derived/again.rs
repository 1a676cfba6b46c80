//! Documents that are to be made again, because entries of theirs were dropped after they had been
//! read.

use rusqlite::{Connection, params};
use weft_shared::id::DocId;
use weft_store::{quarantine, rows};

use super::{
    super::{meta, put_meta},
    LocationRow, StoreError, doc_at, facts,
};

/// Asks for a document to be made again.
pub(crate) fn ask(conn: &Connection, lix: LocationRow, doc: &DocId) -> Result<(), StoreError> {
    let ask = asked(conn)? + 1;
    put_meta(conn, ASKED, &ask.to_be_bytes())?;
    let sql = "INSERT INTO again (ask, lix, doc) VALUES (?, ?, ?)";
    rows::write(conn, sql, params![ask, lix.0, doc.as_bytes()])
}

/// Returns the number of the last ask; they are counted from 1.
pub(crate) fn asked(conn: &Connection) -> Result<u64, StoreError> {
    // An earlier version kept an empty value here.
    let value = meta(conn, ASKED)?.and_then(|value| value.try_into().ok());
    Ok(value.map_or(0, u64::from_be_bytes))
}

/// The number of the last ask before which, and with which, all were answered.
pub(crate) fn answered(conn: &Connection) -> Result<u64, StoreError> {
    let open: Option<u64> = conn
        .prepare_cached("SELECT min(ask) FROM again")?
        .query_row([], |row| row.get(0))?;
    match open {
        Some(first) => Ok(first.saturating_sub(1)),
        None => asked(conn),
    }
}

/// The number of documents that wait to be made again.
pub(crate) fn count(conn: &Connection) -> Result<u64, StoreError> {
    Ok(conn
        .prepare_cached("SELECT count(*) FROM (SELECT DISTINCT lix, doc FROM again)")?
        .query_row([], |row| row.get(0))?)
}

/// The document that was asked for first, and the last of all asks.
pub(crate) fn next(conn: &Connection) -> Result<Option<(LocationRow, DocId, u64)>, StoreError> {
    let sql = "SELECT lix, doc, (SELECT max(ask) FROM again) FROM again ORDER BY ask LIMIT 1";
    rows::one(conn, sql, [], |row| {
        Ok((LocationRow(row.get(0)?), doc_at(row, 1)?, row.get(2)?))
    })
}

/// Whether a document waits to be made again.
pub(crate) fn waits(conn: &Connection, lix: LocationRow, doc: &DocId) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached("SELECT 1 FROM again WHERE lix = ? AND doc = ?")?
        .exists(params![lix.0, doc.as_bytes()])?)
}

/// Takes away what was made of a document, and answers the asks for it up to `ask`: those that
/// came later stay.
pub(crate) fn clear(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    ask: u64,
) -> Result<(), StoreError> {
    quarantine::clear(conn, Some((lix, doc)))?;
    for table in ["snapshots", "tails", "unread", "records", "said"] {
        conn.prepare_cached(&format!("DELETE FROM {table} WHERE lix = ? AND doc = ?"))?
            .execute(params![lix.0, doc.as_bytes()])?;
    }
    let sql = "SELECT document FROM year_documents WHERE lix = ? AND doc = ?";
    if let Some(document) = rows::one(conn, sql, params![lix.0, doc.as_bytes()], |row| {
        Ok(row.get(0)?)
    })? {
        facts::clear(conn, document)?;
    }
    let sql = "DELETE FROM again WHERE lix = ? AND doc = ? AND ask <= ?";
    rows::write(conn, sql, params![lix.0, doc.as_bytes(), ask])
}

/// The key of the number of the last ask.
const ASKED: &str = "derive_again";
