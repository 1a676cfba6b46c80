//! Shared records of locations: plans, partners and insights.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use weft_shared::{
    document::FieldChange,
    id::{DocId, DocName},
    model::schema::RecordKind,
    time::Timestamp,
};
use weft_store::rows;

use super::{LocationRow, StoreError};

/// A record as one document has it.
#[derive(Clone, Debug)]
pub(crate) struct RecordText {
    /// Its fields.
    pub(crate) text: String,
    /// Whether it is in the lists, neither removed nor moved.
    pub(crate) live: bool,
    /// Whether its teller took it back.
    pub(crate) withdrawn: bool,
    /// The last change of an initiative's status.
    pub(crate) changed: Option<FieldChange>,
}

/// Puts what a document says of a shared record, or takes it away.
pub(crate) fn put_record(
    conn: &Connection,
    (lix, doc): (LocationRow, &DocId),
    (kind, id): (&str, &str),
    record: Option<&RecordText>,
) -> Result<(), StoreError> {
    match record {
        Some(record) => conn
            .prepare_cached(
                "INSERT INTO records (lix, kind, id, doc, live, withdrawn, record, status_before,
                                      status_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (lix, kind, id, doc)
                 DO UPDATE SET live = ?5, withdrawn = ?6, record = ?7, status_before = ?8,
                               status_ms = ?9",
            )?
            .execute(params![
                lix.0,
                kind,
                id,
                doc.as_bytes(),
                record.live,
                record.withdrawn,
                record.text,
                record.changed.as_ref().map(|change| &change.from),
                record.changed.as_ref().map(|change| change.at.ms()),
            ])?,
        None => conn
            .prepare_cached(
                "DELETE FROM records WHERE lix = ? AND kind = ? AND id = ? AND doc = ?",
            )?
            .execute(params![lix.0, kind, id, doc.as_bytes()])?,
    };
    Ok(())
}

/// A shared record.
#[derive(Clone, Debug)]
pub(crate) struct RecordRow {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) record: String,
    pub(crate) withdrawn: bool,
    /// The last change of an initiative's status.
    pub(crate) changed: Option<FieldChange>,
}

/// A record as one document has it, read from its row.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub(crate) row: RecordRow,
    /// Whether it is in the lists, neither removed nor moved.
    pub(crate) live: bool,
    /// The document, and its name.
    pub(crate) doc: (DocId, DocName),
}

/// The records that a location shared, by kind and id. Of one that is in several documents the
/// first by name is shown, as at a node; it is taken back if it was anywhere.
pub(crate) fn records(conn: &Connection, lix: LocationRow) -> Result<Vec<RecordRow>, StoreError> {
    Ok(shown(&copies(conn, lix, None)?))
}

/// The copies of the records that a location, or the hub, shares, of one kind or of all: by kind,
/// id and document.
pub(crate) fn copies(
    conn: &Connection,
    lix: LocationRow,
    kind: Option<RecordKind>,
) -> Result<Vec<Copy>, StoreError> {
    let of_kind = if kind.is_some() { "AND kind = ?2" } else { "" };
    let sql = format!(
        "SELECT name, epoch, kind, id, record, withdrawn, live, status_before, status_ms, doc
         FROM records JOIN documents USING (lix, doc)
         WHERE lix = ?1 {of_kind} ORDER BY kind, id, name, epoch"
    );
    let take = |row: &Row<'_>| {
        Ok(Copy {
            row: RecordRow {
                kind: row.get(2)?,
                id: row.get(3)?,
                record: row.get(4)?,
                withdrawn: row.get(5)?,
                changed: changed(row.get(7)?, row.get(8)?),
            },
            live: row.get(6)?,
            doc: place(row, 9)?,
        })
    };
    match kind {
        Some(kind) => rows::all(conn, &sql, params![lix.0, kind.word()], take),
        None => rows::all(conn, &sql, params![lix.0], take),
    }
}

/// A document by its id in a column, and its name in the first two.
pub(super) fn place(row: &Row<'_>, at: usize) -> Result<(DocId, DocName), StoreError> {
    let doc = rows::bytes(row, at, DocId::from_slice, "documents.doc")?;
    let (name, epoch) = (row.get(0)?, row.get(1)?);
    Ok((doc, DocName { name, epoch }))
}

/// The record that is shown of each kind and id. The copies of one follow each other.
pub(crate) fn shown(copies: &[Copy]) -> Vec<RecordRow> {
    let same = |a: &Copy, b: &Copy| (&a.row.kind, &a.row.id) == (&b.row.kind, &b.row.id);
    let shown = copies.chunk_by(same).filter_map(|copies| {
        let first = copies.iter().find(|copy| copy.live)?;
        Some(RecordRow {
            withdrawn: copies.iter().any(|copy| copy.row.withdrawn),
            ..first.row.clone()
        })
    });
    shown.collect()
}

fn changed(from: Option<String>, ms: Option<i64>) -> Option<FieldChange> {
    let (from, at) = (from?, Timestamp::from_ms(ms?));
    Some(FieldChange { from, at })
}

/// Returns the number of insights that each location shared and none of their tellers took back.
pub(crate) fn insight_counts(
    conn: &Connection,
) -> Result<BTreeMap<LocationRow, usize>, StoreError> {
    let sql = "SELECT lix, count(*) FROM (
                   SELECT lix FROM records JOIN documents USING (lix, doc)
                   WHERE kind = ? GROUP BY lix, id HAVING max(live) AND NOT max(withdrawn)
               ) GROUP BY lix";
    rows::all(conn, sql, [RecordKind::Insight.word()], |row| {
        Ok((LocationRow(row.get(0)?), row.get(1)?))
    })
}

/// The documents of a location that hold a record, by name.
pub(crate) fn documents_of(
    conn: &Connection,
    lix: LocationRow,
    (kind, id): (&str, &str),
) -> Result<Vec<DocId>, StoreError> {
    let sql = "SELECT doc FROM records JOIN documents USING (lix, doc)
               WHERE lix = ? AND kind = ? AND id = ? ORDER BY name, epoch";
    rows::all(conn, sql, params![lix.0, kind, id], |row| {
        rows::bytes(row, 0, DocId::from_slice, "records.doc")
    })
}
