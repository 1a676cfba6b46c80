//! The writes of one bite of the log.

use std::collections::BTreeMap;

use weft_shared::{
    id::{BlobHash, DocId},
    model::schema::Container,
    rollup::{Cell, Slice},
    time::Timestamp,
};
use weft_store::Transaction;

use crate::store::{
    LocationRow, StoreError, blobs,
    derived::{self, FactPlace, RecordText, again},
    quarantine::{self, State},
    unread,
};

/// The writes of one bite, in one transaction with how far it reached.
#[derive(Default)]
pub(super) struct Writes {
    /// The document derived again, and the last ask that this answers. Its old derived rows go.
    pub(super) again: Option<(LocationRow, DocId, u64)>,
    pub(super) tails: Vec<(LocationRow, DocId, u64)>,
    pub(super) aside: Vec<(LocationRow, DocId, u64, State, String)>,
    pub(super) released: Vec<(LocationRow, DocId, u64)>,
    pub(super) unread: Vec<(LocationRow, DocId, (Container, String), bool)>,
    pub(super) facts: BTreeMap<FactPlace, Option<String>>,
    pub(super) records: Vec<(LocationRow, DocId, String, String, Option<RecordText>)>,
    pub(super) forgotten: Vec<(LocationRow, BlobHash)>,
    pub(super) cells: Vec<(Slice, Vec<Cell>)>,
    pub(super) snapshots: Vec<(LocationRow, DocId, Vec<u8>)>,
    /// When locations synced, as the cells take it.
    pub(super) synced: Vec<(LocationRow, Timestamp)>,
}

impl Writes {
    /// Writes all of it.
    pub(super) fn write(&self, conn: &Transaction<'_>) -> Result<(), StoreError> {
        if let Some((lix, doc, ask)) = &self.again {
            again::clear(conn, *lix, doc, *ask)?;
            conn.scrub();
        }
        for (lix, doc, hub_seq) in &self.released {
            quarantine::release(conn, *lix, doc, *hub_seq)?;
        }
        for (lix, doc, hub_seq) in &self.tails {
            derived::put_tail(conn, *lix, doc, *hub_seq)?;
        }
        for (lix, doc, hub_seq, state, why) in &self.aside {
            quarantine::put(conn, *lix, doc, *hub_seq, (*state, why))?;
        }
        for (lix, doc, (container, key), unread) in &self.unread {
            unread::put(conn, *lix, doc, (container.word(), key), *unread)?;
        }
        for (place, stated) in &self.facts {
            derived::put_fact(conn, place, stated.as_deref())?;
        }
        for (lix, doc, kind, id, record) in &self.records {
            derived::put_record(conn, (*lix, doc), (kind, id), record.as_ref())?;
        }
        for (lix, hash) in &self.forgotten {
            blobs::withdraw(conn, *lix, hash)?;
        }
        for (slice, cells) in &self.cells {
            derived::put_cells(conn, slice, cells)?;
        }
        for (lix, doc, bytes) in &self.snapshots {
            derived::put_snapshot(conn, *lix, doc, bytes)?;
        }
        for (lix, at) in &self.synced {
            derived::put_counted_sync(conn, *lix, *at)?;
        }
        Ok(())
    }
}
