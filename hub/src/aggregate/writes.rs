//! The writes of one bite of the log.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{BlobHash, DocId},
    model::schema::Container,
};
use weft_store::Transaction;

use super::fold::sum::SumWrites;
use crate::store::{
    LocationRow, StoreError, blobs,
    derived::{
        self, RecordText, again,
        facts::{self, FactPlace},
        names::Fresh,
        past::Standing,
    },
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
    /// Numbers that facts have for the first time.
    pub(super) names: Fresh,
    /// The statements that stood at each place one after another, in the order of the table; the
    /// last are none if nothing is stated there any more.
    pub(super) facts: BTreeMap<FactPlace, Vec<Standing>>,
    /// The sums that these facts change.
    pub(super) sums: SumWrites,
    pub(super) records: Vec<(LocationRow, DocId, String, String, Option<RecordText>)>,
    /// The different texts under the keys of answers and lines of money; none if there are none.
    pub(super) said: Vec<Texts>,
    pub(super) forgotten: Vec<(LocationRow, BlobHash)>,
    pub(super) snapshots: Vec<(LocationRow, DocId, Vec<u8>)>,
}

/// The texts under a key of a document.
pub(super) type Texts = (LocationRow, DocId, (Container, String), Vec<String>);

impl Writes {
    /// The documents of which something is written that is read when they are opened.
    pub(super) fn documents(&self) -> BTreeSet<(LocationRow, DocId)> {
        let again = self.again.iter().map(|(lix, doc, _)| (*lix, *doc));
        let tails = self.tails.iter().chain(&self.released);
        let tails = tails.map(|(lix, doc, _)| (*lix, *doc));
        let aside = self.aside.iter().map(|one| (one.0, one.1));
        let saved = self.snapshots.iter().map(|(lix, doc, _)| (*lix, *doc));
        again.chain(tails).chain(aside).chain(saved).collect()
    }

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
        self.write_facts(conn)?;
        self.sums.write(conn)?;
        for (lix, doc, kind, id, record) in &self.records {
            derived::put_record(conn, (*lix, doc), (kind, id), record.as_ref())?;
        }
        for (lix, doc, (container, key), texts) in &self.said {
            derived::put_said(conn, (*lix, doc), (*container, key), texts)?;
        }
        for (lix, hash) in &self.forgotten {
            blobs::withdraw(conn, *lix, hash)?;
        }
        for (lix, doc, bytes) in &self.snapshots {
            derived::put_snapshot(conn, *lix, doc, bytes)?;
        }
        Ok(())
    }

    fn write_facts(&self, conn: &Transaction<'_>) -> Result<(), StoreError> {
        self.names.write(conn)?;
        let put = facts::put(conn, &self.facts, |document| self.names.is_new(document))?;
        if put.withdrew {
            conn.scrub();
        }
        for (series, more) in put.more.into_iter().filter(|(_, more)| *more != 0) {
            facts::count_more(conn, series, more)?;
        }
        Ok(())
    }
}
