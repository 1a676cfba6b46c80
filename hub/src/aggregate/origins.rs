//! Finds the signed entry that states a value, and the time that its device gave.

use std::collections::BTreeMap;

use rusqlite::Connection;
use weft_shared::{
    document::{Document, Stated},
    id::{DeviceId, DocId, actor},
    log::entry::Span,
    time::Timestamp,
};

use super::library::Authors;
use crate::store::{LocationRow, StoreError, devices, entries, logs};

/// An entry's place in the order of commits, if one is found, and the time of the change in it.
pub(super) type Origin = (Option<u64>, Option<Timestamp>);

/// The changes that each device made to a document in one bite, with the places of their entries.
#[derive(Debug, Default)]
pub(super) struct Spans(BTreeMap<(DeviceId, u8), Vec<(Span, u64)>>);

impl Spans {
    /// Adds the changes of an entry, which come in the order of their log.
    pub(super) fn add(&mut self, author: (DeviceId, u8), hub_seq: u64, spans: Vec<Span>) {
        let all = self.0.entry(author).or_default();
        all.extend(spans.into_iter().map(|span| (span, hub_seq)));
    }

    /// The devices, each with the number of its actor.
    pub(super) fn authors(&self) -> impl Iterator<Item = &(DeviceId, u8)> {
        self.0.keys()
    }
}

/// Finds the entries behind what one document states.
pub(super) struct Origins<'a> {
    conn: &'a Connection,
    lix: LocationRow,
    doc: DocId,
    /// The changes of this bite by actor.
    spans: BTreeMap<[u8; 16], Vec<(Span, u64)>>,
    /// The last seq of each earlier entry, and that entry's place, by actor.
    chains: BTreeMap<[u8; 16], Vec<(u64, u64)>>,
}

impl<'a> Origins<'a> {
    pub(super) fn new(
        conn: &'a Connection,
        (lix, doc): (LocationRow, DocId),
        spans: Spans,
    ) -> Self {
        let by_actor = spans.0.into_iter();
        let by_actor = by_actor.map(|((device, n), mut spans)| {
            // Those that had waited come after those that had not.
            spans.sort_by_key(|(span, _)| span.first_op);
            (actor(&device, &doc, n), spans)
        });
        Self {
            conn,
            lix,
            doc,
            spans: by_actor.collect(),
            chains: BTreeMap::new(),
        }
    }

    /// The origin of one statement of the document.
    pub(super) fn of(
        &mut self,
        document: &Document,
        authors: &Authors,
        stated: &Stated,
    ) -> Result<Origin, StoreError> {
        self.of_operation(document, authors, (&stated.actor, stated.op))
    }

    /// The origin of what an actor's operation wrote.
    pub(super) fn of_operation(
        &mut self,
        document: &Document,
        authors: &Authors,
        (actor, op): (&[u8; 16], u64),
    ) -> Result<Origin, StoreError> {
        if let Some(spans) = self.spans.get(actor) {
            let at = spans.partition_point(|(span, _)| span.last_op < op);
            if let Some((span, hub_seq)) = spans.get(at).filter(|one| one.0.first_op <= op) {
                return Ok((Some(*hub_seq), Some(span.at)));
            }
        }
        // It was stated before this bite.
        let Some(change) = document.change_of(actor, op) else {
            return Ok((None, None));
        };
        let entry = match authors.get(actor) {
            Some(device) => self.earlier(actor, device, change.seq)?,
            None => None,
        };
        Ok((entry, Some(change.at)))
    }

    /// The entry that holds change `seq` of an actor.
    fn earlier(
        &mut self,
        name: &[u8; 16],
        device: &DeviceId,
        seq: u64,
    ) -> Result<Option<u64>, StoreError> {
        if !self.chains.contains_key(name) {
            let chain = self.chain(name, device)?;
            self.chains.insert(*name, chain);
        }
        let chain = self.chains.get(name).into_iter().flatten();
        let mut chain = chain.skip_while(|(last, _)| *last < seq);
        Ok(chain.next().map(|(_, hub_seq)| *hub_seq))
    }

    fn chain(&self, name: &[u8; 16], device: &DeviceId) -> Result<Vec<(u64, u64)>, StoreError> {
        let Some((_, dix)) = devices::device(self.conn, device)? else {
            return Ok(Vec::new());
        };
        let Some(log) = logs::find(self.conn, self.lix, dix)? else {
            return Ok(Vec::new());
        };
        let Some(n) = (0..=u8::MAX).find(|n| actor(device, &self.doc, *n) == *name) else {
            return Ok(Vec::new());
        };
        entries::chain(self.conn, log, &self.doc, n)
    }
}
