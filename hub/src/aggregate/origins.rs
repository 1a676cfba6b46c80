//! Finds the signed entry that stated a value. It is looked up when a figure is explained and never
//! stored, so that facts do not depend on it.

use std::collections::BTreeMap;

use rusqlite::Connection;
use weft_shared::{
    id::{DeviceIndex, DocId, actor},
    rollup::{EntryRef, Fact, Slice},
};

use super::library::{self, Loaded};
use crate::store::{LocationRow, Log, StoreError, derived, devices, entries, logs, rosters};

/// Names the entry behind each statement of `facts`.
pub(crate) fn find(conn: &Connection, facts: &mut [Fact]) -> Result<(), StoreError> {
    let mut finder = Finder {
        conn,
        documents: BTreeMap::new(),
        chains: BTreeMap::new(),
    };
    for fact in facts {
        finder.fact(fact)?;
    }
    Ok(())
}

struct Finder<'a> {
    conn: &'a Connection,
    documents: BTreeMap<(LocationRow, DocId), Option<Loaded>>,
    /// The last seq of each entry, and that entry, for each actor of a log.
    chains: BTreeMap<(Log, DocId, u8), Vec<(u64, u64)>>,
}

impl Finder<'_> {
    fn fact(&mut self, fact: &mut Fact) -> Result<(), StoreError> {
        let Some(lix) = rosters::lix(self.conn, &fact.location)? else {
            return Ok(());
        };
        let slice = Slice::of(&fact.key);
        for doc in derived::stating(self.conn, &slice, lix, fact.key.area.as_str())? {
            self.fact_in(fact, lix, doc)?;
        }
        Ok(())
    }

    /// Names the entries of one document.
    fn fact_in(&mut self, fact: &mut Fact, lix: LocationRow, doc: DocId) -> Result<(), StoreError> {
        if !self.documents.contains_key(&(lix, doc)) {
            let loaded = library::load(self.conn, lix, &doc)?;
            self.documents.insert((lix, doc), loaded);
        }
        let Some(Some(loaded)) = self.documents.get(&(lix, doc)) else {
            return Ok(());
        };
        let observed = loaded.document.observation(&fact.key);
        let mut found = Vec::new();
        for one in observed.into_iter().flat_map(|observed| observed.stated) {
            let change = loaded.document.change_of(&one.actor, one.op);
            let device = loaded.beside.get(&one.actor).copied();
            if let Some((change, device)) = change.zip(device) {
                found.push((one.statement, one.actor, device, change.seq));
            }
        }
        for stated in fact.stated.iter_mut().filter(|one| one.entry.is_none()) {
            let same = found
                .iter()
                .find(|one| one.0 == stated.statement && Some(one.2) == stated.device);
            let Some((_, name, device, seq)) = same else {
                continue;
            };
            let Some((_, dix)) = devices::device(self.conn, device)? else {
                continue;
            };
            let n = (0..=u8::MAX).find(|n| actor(device, &doc, *n) == *name);
            let dseq = match n {
                Some(n) => self.entry(lix, dix, (doc, n), *seq)?,
                None => None,
            };
            stated.entry = dseq.map(|dseq| EntryRef {
                location: fact.location,
                dix,
                dseq,
            });
        }
        Ok(())
    }

    /// Returns the entry that holds change `seq` of an actor.
    fn entry(
        &mut self,
        lix: LocationRow,
        dix: DeviceIndex,
        (doc, n): (DocId, u8),
        seq: u64,
    ) -> Result<Option<u64>, StoreError> {
        let Some(log) = logs::find(self.conn, lix, dix)? else {
            return Ok(None);
        };
        let chain = match self.chains.entry((log, doc, n)) {
            std::collections::btree_map::Entry::Occupied(held) => held.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(entries::chain(self.conn, log, &doc, n)?)
            }
        };
        let at = chain.partition_point(|(last, _)| *last < seq);
        Ok(chain.get(at).map(|(_, dseq)| *dseq))
    }
}
