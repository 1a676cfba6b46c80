//! The documents of observations: each holds those of a location in one year, or a part of them.

use rusqlite::{Connection, Row, ToSql, params};
use weft_shared::id::DocId;

use super::{LocationRow, StoreError, doc_at};

/// A document of observations.
#[derive(Clone, Debug)]
pub(crate) struct YearDocument {
    pub(crate) document: i64,
    pub(crate) lix: LocationRow,
    pub(crate) year: i16,
    pub(crate) doc: DocId,
    /// Whether its facts are in the sums.
    pub(crate) summed: bool,
}

/// The documents of observations of one year, or of all.
pub(crate) fn documents(
    conn: &Connection,
    year: Option<i16>,
) -> Result<Vec<YearDocument>, StoreError> {
    // Two statements, because one for both would use no index.
    match year {
        Some(year) => documents_where(conn, "year = ?", params![year]),
        None => documents_where(conn, "TRUE", params![]),
    }
}

/// The documents of a location's observations of one year.
pub(crate) fn documents_of(
    conn: &Connection,
    lix: LocationRow,
    year: i16,
) -> Result<Vec<YearDocument>, StoreError> {
    documents_where(conn, "lix = ? AND year = ?", params![lix.0, year])
}

/// All documents of a location's observations, by year.
pub(crate) fn documents_of_location(
    conn: &Connection,
    lix: LocationRow,
) -> Result<Vec<YearDocument>, StoreError> {
    documents_where(conn, "lix = ? ORDER BY year", params![lix.0])
}

/// The document with this number, if it is in the store.
pub(crate) fn document(
    conn: &Connection,
    document: i64,
) -> Result<Option<YearDocument>, StoreError> {
    let found = documents_where(conn, "document = ?", params![document])?;
    Ok(found.into_iter().next())
}

/// The documents of a year that are not in the sums.
pub(crate) fn late_documents(
    conn: &Connection,
    year: i16,
) -> Result<Vec<YearDocument>, StoreError> {
    documents_where(conn, "summed = 0 AND year = ?", params![year])
}

/// Passes on the documents that are not in the sums, by year and location, until `take` has enough:
/// each with whether it is the only one of its location and year.
pub(crate) fn each_late(
    conn: &Connection,
    mut take: impl FnMut(YearDocument, bool) -> bool,
) -> Result<(), StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT document, lix, year, doc, summed,
                (SELECT count(*) FROM year_documents AS other
                 WHERE other.lix = late.lix AND other.year = late.year) = 1
         FROM year_documents AS late WHERE summed = 0 ORDER BY year, lix",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if !take(read_document(row)?, row.get(5)?) {
            break;
        }
    }
    Ok(())
}

fn documents_where(
    conn: &Connection,
    which: &str,
    of: &[&dyn ToSql],
) -> Result<Vec<YearDocument>, StoreError> {
    let query =
        format!("SELECT document, lix, year, doc, summed FROM year_documents WHERE {which}");
    let mut query = conn.prepare_cached(&query)?;
    let mut rows = query.query(of)?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        documents.push(read_document(row)?);
    }
    Ok(documents)
}

fn read_document(row: &Row<'_>) -> Result<YearDocument, StoreError> {
    Ok(YearDocument {
        document: row.get(0)?,
        lix: LocationRow(row.get(1)?),
        year: row.get(2)?,
        doc: doc_at(row, 3)?,
        summed: row.get(4)?,
    })
}
