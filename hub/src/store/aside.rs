//! Entries that are not in their documents, and what documents hold that this version cannot read:
//! set aside, kept, counted and named.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use weft_shared::{
    id::{Dix, DocId},
    model::schema::DocKind,
};

use super::{Lix, StoreError};

/// Why an entry is not in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsideState {
    /// Changes that it builds on have not come yet.
    Held,
    /// The document cannot take it.
    Quarantined,
}

impl AsideState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Quarantined => "quarantined",
        }
    }
}

pub(crate) fn put_aside(
    conn: &Connection,
    lix: Lix,
    doc: &DocId,
    hub_seq: u64,
    state: AsideState,
    reason: &str,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO aside (lix, doc, hub_seq, state, reason) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (lix, doc, hub_seq) DO UPDATE SET state = ?4, reason = ?5",
    )?
    .execute(params![
        lix.0,
        doc.as_bytes(),
        hub_seq,
        state.as_str(),
        reason
    ])?;
    Ok(())
}

pub(crate) fn take_from_aside(
    conn: &Connection,
    lix: Lix,
    doc: &DocId,
    hub_seq: u64,
) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM aside WHERE lix = ? AND doc = ? AND hub_seq = ?")?
        .execute(params![lix.0, doc.as_bytes(), hub_seq])?;
    Ok(())
}

/// The entries that wait for others of this document.
pub(crate) fn held(conn: &Connection, lix: Lix, doc: &DocId) -> Result<Vec<u64>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT hub_seq FROM aside WHERE lix = ? AND doc = ? AND state = 'held' ORDER BY hub_seq",
    )?;
    let rows = query.query_map(params![lix.0, doc.as_bytes()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many entries are held, and how many quarantined.
pub(crate) fn aside_counts(conn: &Connection) -> Result<(u64, u64), StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE state = 'held'),
                    count(*) FILTER (WHERE state = 'quarantined') FROM aside",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// One entry that is not in its document, with all that a person needs to find it.
#[derive(Clone, Debug)]
pub(crate) struct AsideRow {
    pub(crate) lix: Lix,
    /// The location's code; none for the hub itself, or where no code was bound.
    pub(crate) code: Option<String>,
    pub(crate) dix: Dix,
    pub(crate) dseq: u64,
    pub(crate) document: String,
    pub(crate) reason: String,
}

/// The entries that are not in their documents, the hub's own first; at most `most`.
pub(crate) fn rows(conn: &Connection, most: usize) -> Result<Vec<AsideRow>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT aside.lix, (SELECT min(code) FROM codes WHERE codes.lix = aside.lix), dix,
                entries.dseq, coalesce(name, hex(aside.doc)), reason
         FROM aside JOIN entries USING (hub_seq) JOIN logs USING (log)
              LEFT JOIN documents ON documents.lix = aside.lix AND documents.doc = aside.doc
         ORDER BY aside.lix, hub_seq LIMIT ?",
    )?;
    let rows = query.query_map([most], |row| {
        Ok(AsideRow {
            lix: Lix(row.get(0)?),
            code: row.get(1)?,
            dix: Dix(row.get(2)?),
            dseq: row.get(3)?,
            document: row.get(4)?,
            reason: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes whether what stands under a key can be read.
pub(crate) fn put_unread(
    conn: &Connection,
    lix: Lix,
    doc: &DocId,
    (container, key): (&str, &str),
    unread: bool,
) -> Result<(), StoreError> {
    let sql = if unread {
        "INSERT INTO unread (lix, doc, container, key) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM unread WHERE lix = ? AND doc = ? AND container = ? AND key = ?"
    };
    conn.prepare_cached(sql)?
        .execute(params![lix.0, doc.as_bytes(), container, key])?;
    Ok(())
}

/// The documents that hold something which cannot be read.
pub(crate) fn unread_documents(conn: &Connection) -> Result<BTreeSet<(Lix, DocId)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT DISTINCT lix, doc FROM unread")?;
    let mut rows = query.query([])?;
    let mut documents = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let doc = DocId::from_slice(row.get_ref(1)?.as_blob()?);
        documents.insert((Lix(row.get(0)?), doc.ok_or(StoreError::Derived("unread"))?));
    }
    Ok(documents)
}

/// How many documents are not read in full: of a name or epoch that is not known here, or holding
/// something that cannot be read.
pub(crate) fn newer_count(conn: &Connection) -> Result<u64, StoreError> {
    let mut newer = unread_documents(conn)?;
    for named in weft_store::documents::all(conn)? {
        if DocKind::of(&named.name).is_err() {
            newer.insert((named.lix, named.doc));
        }
    }
    Ok(newer.len() as u64)
}
