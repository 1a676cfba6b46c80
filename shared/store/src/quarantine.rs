//! Entries that are not in one of their documents: kept, counted and named.
//!
//! Derived state, but for the entries at which the program ended: these outlive a [reset](
//! crate::reset_derived), or a rebuild that no person asked for would try them again.

use rusqlite::{Connection, params};
use weft_host::intake::ended_words;
use weft_shared::id::{DeviceIndex, DocId};

use crate::{LocationRow, StoreError, rows};

/// The reason why an entry is not in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Changes that it builds on have not come yet.
    Held,
    /// The document cannot take it.
    Refused,
    /// The program ended at it.
    Ended,
}

impl State {
    const ALL: [Self; 3] = [Self::Held, Self::Refused, Self::Ended];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }
}

/// An entry that is not in one of its documents, with all that a person needs to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Its location.
    pub lix: LocationRow,
    /// The document.
    pub doc: DocId,
    /// Its place in the order of commits.
    pub hub_seq: u64,
    /// The device that wrote it.
    pub dix: DeviceIndex,
    /// Its place in that device's log.
    pub dseq: u64,
    /// The document's name; its id if no name is known.
    pub document: String,
    /// The sort of reason.
    pub state: State,
    /// The reason, in words.
    pub reason: String,
}

/// Records why an entry is not in a document. Of one at which the program ended, `why` is the
/// program's version, and no other reason replaces that.
pub fn put(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    hub_seq: u64,
    (state, why): (State, &str),
) -> Result<(), StoreError> {
    let sql = "INSERT INTO quarantine (lix, doc, hub_seq, state, reason)
               VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (lix, doc, hub_seq) DO UPDATE SET state = ?4, reason = ?5
               WHERE state <> 'ended'";
    let row = params![lix.0, doc.as_bytes(), hub_seq, state.as_str(), why];
    rows::write(conn, sql, row)
}

/// The entry is in its document after all, or counts for nothing.
pub fn release(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    hub_seq: u64,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM quarantine WHERE lix = ? AND doc = ? AND hub_seq = ?";
    rows::write(conn, sql, params![lix.0, doc.as_bytes(), hub_seq])
}

/// Releases what waits or is refused: of one document, or of all.
pub fn clear(conn: &Connection, of: Option<(LocationRow, &DocId)>) -> Result<(), StoreError> {
    match of {
        Some((lix, doc)) => conn
            .prepare_cached(
                "DELETE FROM quarantine WHERE lix = ? AND doc = ? AND state <> 'ended'",
            )?
            .execute(params![lix.0, doc.as_bytes()])?,
        None => conn.execute("DELETE FROM quarantine WHERE state <> 'ended'", [])?,
    };
    Ok(())
}

/// Releases the entries at which the program ended, but for those at which this version did.
/// Returns their number.
pub fn forget_ended(conn: &Connection, but: Option<&str>) -> Result<usize, StoreError> {
    // Damaged, it may just have been taken out with the other derived tables.
    conn.execute_batch(include_str!("derived.sql"))?;
    let forget = "DELETE FROM quarantine WHERE state = 'ended' AND reason IS NOT ?";
    Ok(conn.execute(forget, [but])?)
}

/// Whether there is any.
pub fn any(conn: &Connection) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM quarantine)")?
        .query_row([], |row| row.get(0))?)
}

/// The entries that wait for others of this document.
pub fn held(conn: &Connection, lix: LocationRow, doc: &DocId) -> Result<Vec<u64>, StoreError> {
    let sql = "SELECT hub_seq FROM quarantine WHERE lix = ? AND doc = ? AND state = 'held'
               ORDER BY hub_seq";
    rows::all(conn, sql, params![lix.0, doc.as_bytes()], |row| {
        Ok(row.get(0)?)
    })
}

/// The places of the entries at which the program ended, and the version that did.
pub fn ended(conn: &Connection) -> Result<Vec<(LocationRow, DocId, u64, String)>, StoreError> {
    let sql = "SELECT lix, doc, hub_seq, reason FROM quarantine WHERE state = 'ended'";
    rows::all(conn, sql, [], |row| {
        let doc = DocId::from_slice(row.get_ref(1)?.as_blob()?);
        let doc = doc.ok_or(StoreError::Derived("quarantine"))?;
        Ok((LocationRow(row.get(0)?), doc, row.get(2)?, row.get(3)?))
    })
}

/// Numbers of entries that wait for others, and of those that do not.
pub fn counts(conn: &Connection) -> Result<(u64, u64), StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE state = 'held'),
                    count(*) FILTER (WHERE state <> 'held') FROM quarantine",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The first `most` of them, by location and in the order of commits.
pub fn all(conn: &Connection, most: usize) -> Result<Vec<Quarantined>, StoreError> {
    let sql = "SELECT quarantine.lix, quarantine.doc, hub_seq, dix, entries.dseq,
                      coalesce(name, hex(quarantine.doc)), state, reason
               FROM quarantine JOIN entries USING (hub_seq) JOIN logs USING (log)
                    LEFT JOIN documents
                    ON documents.lix = quarantine.lix AND documents.doc = quarantine.doc
               ORDER BY quarantine.lix, hub_seq, quarantine.doc LIMIT ?";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    rows::all(conn, sql, [most], |row| {
        let damaged = || StoreError::Derived("quarantine");
        let word = row.get_ref(6)?.as_str()?;
        let state = State::ALL.into_iter().find(|state| state.as_str() == word);
        let (state, reason) = (state.ok_or_else(damaged)?, row.get::<_, String>(7)?);
        Ok(Quarantined {
            lix: LocationRow(row.get(0)?),
            doc: DocId::from_slice(row.get_ref(1)?.as_blob()?).ok_or_else(damaged)?,
            hub_seq: row.get(2)?,
            dix: DeviceIndex(row.get(3)?),
            dseq: row.get(4)?,
            document: row.get(5)?,
            state,
            reason: match state {
                State::Ended => ended_words(&reason),
                State::Held | State::Refused => reason,
            },
        })
    })
}
