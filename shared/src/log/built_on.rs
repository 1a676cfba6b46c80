//! The end of a log that is to be dropped, and the entries that build on it: an Automerge change
//! names the changes that it was made on top of.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    entry::{Entry, Header},
    scan::{self, split_chunks},
};
use crate::{id::DocId, identity::TeamKeys};

/// The changes of some entries of one log, as far as `keys` open them.
#[derive(Clone, Debug, Default)]
pub struct BuiltOn {
    keys: TeamKeys,
    /// Each change, and the entry that contains it.
    changes: BTreeMap<[u8; 32], u64>,
    documents: BTreeSet<DocId>,
}

impl BuiltOn {
    /// One that looks into sealed runs too. The hub cannot.
    pub fn with(keys: TeamKeys) -> Self {
        Self {
            keys,
            ..Self::default()
        }
    }

    /// Adds an entry that is to be dropped. A change that cannot be read is in no document, so
    /// nothing builds on it.
    pub fn add(&mut self, entry: &Entry) {
        for run in entry.changes(&self.keys).unwrap_or_default() {
            self.documents.insert(run.doc);
            let facts = run.changes.iter().filter_map(|raw| scan::read(raw).ok());
            let dseq = entry.header.dseq;
            self.changes.extend(facts.map(|facts| (facts.hash, dseq)));
        }
    }

    /// Whether an entry writes to one of the same documents; no other entry can build on them.
    pub fn may_concern(&self, header: &Header) -> bool {
        let mut runs = header.runs.iter();
        runs.any(|run| self.documents.contains(&run.doc))
    }

    /// The last of those entries that `other`, from another log, was made on top of.
    pub fn deepest(&self, other: &Entry) -> Option<u64> {
        if !self.may_concern(&other.header) {
            return None;
        }
        let runs = other.changes(&self.keys).unwrap_or_default();
        let changes = runs.iter().flat_map(|run| &run.changes);
        let deps = changes.flat_map(|raw| dependencies(raw));
        deps.filter_map(|dep| self.changes.get(&dep).copied()).max()
    }

    /// The documents that they write to.
    pub const fn documents(&self) -> &BTreeSet<DocId> {
        &self.documents
    }

    /// The hashes of their changes.
    pub fn hashes(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.changes.keys()
    }
}

/// The dependencies of all changes in the raw bytes of one or more runs.
pub fn dependencies(raw: &[u8]) -> impl Iterator<Item = [u8; 32]> {
    let chunks = split_chunks(raw).filter_map(Result::ok);
    chunks.flat_map(|chunk| {
        let deps = scan::read(chunk).map(|facts| facts.deps);
        deps.unwrap_or_default().to_vec()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{DocName, RosterHash, actor},
        log::{
            entry::{HEADER_VERSION, Header, RunChanges},
            kit::{Author, Forged},
        },
        time::Timestamp,
    };

    /// Entry `dseq` of a log, with one change to the document `name`, made on top of `deps`.
    fn entry(dseq: u64, name: &str, deps: &[[u8; 32]]) -> (Entry, [u8; 32]) {
        let author = Author::new();
        let gate = author.gate();
        let doc = DocName::first(name).id(&gate.location);
        let mut forged = Forged::new(actor(&gate.device.id, &doc, 0), dseq, dseq, 1);
        forged.deps = deps.to_vec();
        let change = forged.bytes();
        let hash = scan::read(&change).unwrap().hash;
        let context = Header {
            version: HEADER_VERSION,
            runs: Vec::new(),
            location: gate.location,
            device: gate.device.id,
            dseq,
            prev: crate::id::EntryHash::ZERO,
            roster: RosterHash::ZERO,
            seen: [0; 32],
            created: Timestamp::from_ms(0),
        };
        let run = RunChanges {
            doc,
            name: None,
            n: 0,
            changes: vec![change],
        };
        (Entry::compose(context, vec![run]).unwrap(), hash)
    }

    #[test]
    fn the_last_entry_that_somebody_built_on_is_found() {
        let mut end = BuiltOn::default();
        let (third, on_third) = entry(3, "plan", &[]);
        let (fourth, on_fourth) = entry(4, "plan", &[on_third]);
        let (fifth, _) = entry(5, "profile", &[]);
        for entry in [&third, &fourth, &fifth] {
            end.add(entry);
        }
        let other = |name, deps: &[[u8; 32]]| end.deepest(&entry(1, name, deps).0);
        assert_eq!(other("plan", &[]), None);
        assert_eq!(other("plan", &[[9; 32]]), None, "something else");
        assert_eq!(other("plan", &[on_third]), Some(3));
        assert_eq!(other("plan", &[on_third, on_fourth]), Some(4));
        assert_eq!(
            other("insights/2026", &[on_fourth]),
            None,
            "not its document"
        );
        assert_eq!((end.hashes().count(), end.documents().len()), (3, 2));
    }
}
