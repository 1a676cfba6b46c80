//! The rows of a save: the entry, its words, and what is beside them.

use std::collections::BTreeSet;

use weft_shared::{
    document::Touched,
    id::{BlobHash, DeviceIndex, DocId, DocName},
    log::{
        entry::Entry,
        gate::Height,
        room::Held,
        sealed::{Envelope, are_sealed},
    },
    time::Timestamp,
};
use weft_store::{StoreError, Transaction};

use super::{documents::Place, share, team::Sealing};
use crate::store::{
    LocationRow, Owner, blobs, imports, journal,
    logs::{self, Mark},
    lost, outbox, runs, team,
    touches::{self, Touch},
};

/// The rows that one edit writes.
#[derive(Default)]
pub(super) struct Prepared {
    pub(super) entry: Option<Entry>,
    /// The clear part of the entry, if it is sealed.
    pub(super) envelope: Option<Envelope>,
    pub(super) names: Vec<(DocId, DocName)>,
    pub(super) touches: Vec<Touch>,
    pub(super) words: Vec<(BlobHash, Vec<u8>)>,
    /// Words that its records name.
    pub(super) named: BTreeSet<BlobHash>,
    pub(super) forgotten: Vec<BlobHash>,
    pub(super) lost: Option<(u64, Option<String>)>,
    /// The entry of the tail that this one replaces.
    pub(super) in_place_of: Option<u64>,
    /// The record of an import.
    pub(super) import: Option<imports::Record>,
    /// The change up to which it seals the journal.
    pub(super) journal: Option<i64>,
}

/// The common state of edits that are saved together.
pub(super) struct Saving {
    /// Documents that they touch.
    pub(super) places: BTreeSet<Place>,
    /// Documents that our own log has named.
    pub(super) named: BTreeSet<DocId>,
    /// The key that seals the team's parts, once there is one.
    pub(super) sealing: Option<Sealing>,
}

impl Saving {
    pub(super) const fn new(named: BTreeSet<DocId>) -> Self {
        Self {
            places: BTreeSet::new(),
            named,
            sealing: None,
        }
    }
}

impl Prepared {
    /// Starts the repetition of an entry of the tail.
    pub(super) fn in_place_of(dseq: u64) -> Self {
        Self {
            in_place_of: Some(dseq),
            ..Self::default()
        }
    }

    /// Notes the touched records for the history.
    pub(super) fn touch(
        &mut self,
        at: Timestamp,
        entry: Option<(DeviceIndex, u64)>,
        document: &DocName,
        touched: Touched,
    ) {
        let touches = touched.into_iter().map(|(container, record)| Touch {
            at,
            entry,
            document: document.to_string(),
            container: container.word().to_owned(),
            record,
        });
        self.touches.extend(touches);
    }

    /// Returns the room that it takes at the hub.
    pub(super) fn takes(&self) -> Option<Held> {
        let words = self.words.iter();
        let words = words.filter(|(hash, _)| self.named.contains(hash));
        let words = words.map(|(_, bytes)| bytes.len()).sum();
        self.entry.as_ref().map(|entry| share::held(entry, words))
    }

    /// Returns the height of the log after it, which was `height`.
    pub(super) fn height_after(&self, height: Height) -> Height {
        self.entry.as_ref().map_or(height, |entry| Height {
            dseq: entry.header.dseq,
            hash: entry.hash,
        })
    }

    /// Whether there is nothing to write.
    pub(super) const fn says_nothing(&self) -> bool {
        self.forgotten.is_empty() && self.lost.is_none() && self.import.is_none()
    }
}

impl Prepared {
    /// Writes its rows; `roster` is the position of the roster that its entry names.
    pub(super) fn write(
        &self,
        db: &Transaction<'_>,
        (dix, roster): (DeviceIndex, usize),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let log = logs::log(db, LocationRow::OWN, dix)?;
        let mut dseq = 0;
        if let Some(entry) = &self.entry {
            dseq = entry.header.dseq;
            runs::append(db, Owner::Location, dix, entry, now)?;
            if let Some(envelope) = &self.envelope {
                team::put(db, dix, (dseq, roster), envelope)?;
            }
            logs::reach(db, (LocationRow::OWN, dix), Mark::Derived, dseq)?;
            outbox::put(db, dseq, now)?;
        }
        if let Some(was) = self.in_place_of {
            lost::said_elsewhere(db, was, dseq)?;
        }
        if let Some((lost, kept)) = &self.lost {
            lost::said_again(db, log, *lost, dseq)?;
            kept.iter().try_for_each(|why| lost::keep(db, *lost, why))?;
        }
        let words = self.words.iter();
        for (hash, blob) in words.filter(|(hash, _)| self.named.contains(hash)) {
            blobs::put(db, log, 0, hash, blob, now)?;
        }
        for hash in self.named.iter().filter(|_| dseq > 0) {
            if self.envelope.is_none() || Self::is_sealed(db, hash)? {
                blobs::place(db, log, hash, dseq)?;
            }
        }
        for hash in &self.forgotten {
            blobs::withdraw(db, LocationRow::OWN, hash)?;
        }
        touches::append(db, &self.touches)?;
        if let Some(to) = self.journal {
            journal::seal(db, (dix, dseq), to)?;
        }
        self.import.iter().try_for_each(|one| one.write(db, now))
    }
    /// Whether these words are sealed. Those that an earlier version kept on this computer alone
    /// are not, and must not travel beside a sealed entry.
    fn is_sealed(db: &Transaction<'_>, hash: &BlobHash) -> Result<bool, StoreError> {
        let blob = blobs::bytes(db, LocationRow::OWN, hash)?;
        Ok(blob.is_some_and(|blob| are_sealed(&blob)))
    }
}
