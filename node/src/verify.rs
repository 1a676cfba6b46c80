//! Proves offline that the hub changed nothing: every change in our documents is covered by an
//! entry signed by a device that our roster admitted at that position.

mod columnar;
pub(crate) mod doctor;
pub(crate) mod files;
mod hub;
mod owed;
mod pages;
pub(crate) mod release;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    document::Document,
    id::{DeviceIndex, DocId, EntryHash, Signature, actor},
    identity::{Device, Roster, TeamKeys},
    log::{
        entry::{BadBody, Header, Tip},
        gate::Height,
        scan::{self, Expected, ScanError},
        sealed::Unopened,
    },
    text::counted,
};

use crate::{
    replica::{DocumentError, Replica},
    store::{
        LocationRow, Owner,
        entries::{self, StoredEntry},
        journal,
    },
};

/// The numbers of what was checked, and everything that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) entries: u64,
    pub(crate) changes: u64,
    pub(crate) devices: u64,
    /// Entries of this device that it has not offered to anyone, and so has not signed yet.
    pub(crate) unsigned: u64,
    /// Entries that an admin dropped: only their headers are here.
    pub(crate) dropped: u64,
    /// Entries that are just as their devices signed them but are refused by today's rules. They
    /// are in no document.
    pub(crate) set_aside: u64,
    /// Sealed entries to which there is no key here: their hashes and signatures hold.
    pub(crate) unopened: u64,
    pub(crate) exceptions: Vec<Exception>,
}

/// A failed check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) log: Option<DeviceIndex>,
    pub(crate) entry: Option<u64>,
    pub(crate) what: String,
}

/// The part of an entry that could be checked.
enum Covered {
    Whole,
    /// Today's rules refuse some of its changes.
    InPart,
    /// It is sealed, and no key here opens it. Its hash is right.
    Unopened,
}

/// The state of walking a log.
struct Walk<'a> {
    device: &'a Device,
    prev: EntryHash,
    dseq: u64,
    seqs: BTreeMap<(DocId, u8), u64>,
}

/// The source of the logs, the roster and the signatures to check.
pub(crate) trait Evidence {
    /// The error if it cannot be read.
    type Error;
    /// Returns the roster, replayed from its first operation.
    fn roster(&self) -> &Roster;
    /// Returns every log, with its claimed end.
    fn logs(&self) -> Vec<(DeviceIndex, Height)>;
    /// Returns one entry of a log.
    fn entry(&self, dix: DeviceIndex, dseq: u64) -> Result<Option<StoredEntry>, Self::Error>;
    /// Returns the highest signature of a log.
    fn last_tip(&self, dix: DeviceIndex) -> Result<Option<(u64, Signature)>, Self::Error>;
    /// Returns the keys to sealed entries.
    fn keys(&self) -> &TeamKeys;
    /// Whether the end of a log may be unsigned because its device has not yet offered it.
    fn may_be_unsigned(&self, dix: DeviceIndex) -> bool;
}

/// A check in progress.
#[derive(Default)]
pub(crate) struct Check {
    pub(crate) verified: Verified,
    /// The changes that are in an entry.
    covered: BTreeSet<[u8; 32]>,
}

impl Replica {
    /// Checks everything that this node holds of its own location, without the hub.
    pub(crate) fn verify(&mut self) -> Result<Verified, DocumentError> {
        let mut check = Check::default();
        check.logs(&*self)?;
        // The journal of an earlier version is in no entry.
        let journal = journal::last(&self.store().reader)?;
        for name in self.own_documents(|kind| !kind.is_sealed() || journal.is_none()) {
            check.document(self.document(Owner::Location, &name)?);
        }
        if !self.is_alone() {
            check.hub(self)?;
        }
        Ok(check.verified)
    }
}

impl Evidence for Replica {
    type Error = DocumentError;

    fn roster(&self) -> &Roster {
        self.roster(Owner::Location)
    }

    fn logs(&self) -> Vec<(DeviceIndex, Height)> {
        let logs = self.logs(Owner::Location).iter();
        logs.map(|(dix, log)| (*dix, log.height)).collect()
    }

    fn entry(&self, dix: DeviceIndex, dseq: u64) -> Result<Option<StoredEntry>, DocumentError> {
        let db = &self.store().reader;
        Ok(entries::one(db, LocationRow::OWN, dix, dseq)?)
    }

    fn last_tip(&self, dix: DeviceIndex) -> Result<Option<(u64, Signature)>, DocumentError> {
        let db = &self.store().reader;
        Ok(entries::last_tip(db, LocationRow::OWN, dix)?)
    }

    fn keys(&self) -> &TeamKeys {
        self.keys_of(Owner::Location)
    }

    fn may_be_unsigned(&self, dix: DeviceIndex) -> bool {
        Some(dix) == self.dix()
    }
}

impl Check {
    /// Checks every log from its first entry to its last.
    pub(crate) fn logs<E: Evidence>(&mut self, evidence: &E) -> Result<(), E::Error> {
        for (dix, height) in evidence.logs() {
            self.log(evidence, dix, height)?;
        }
        Ok(())
    }

    /// Checks that every change of a document is in an entry.
    pub(crate) fn document(&mut self, document: &Document) {
        for change in document.all_changes() {
            self.verified.changes += 1;
            let hash = scan::read(&change).map(|facts| facts.hash);
            if !hash.is_ok_and(|hash| self.covered.contains(&hash)) {
                let name = document.name();
                self.complain(
                    None,
                    None,
                    format!("the document {name} has a change that no entry covers"),
                );
            }
        }
    }

    pub(crate) fn complain(&mut self, log: Option<DeviceIndex>, entry: Option<u64>, what: String) {
        self.verified
            .exceptions
            .push(Exception { log, entry, what });
    }

    fn log<E: Evidence>(
        &mut self,
        from: &E,
        dix: DeviceIndex,
        height: Height,
    ) -> Result<(), E::Error> {
        let log = Some(dix);
        let Some(device) = from.roster().device(dix) else {
            self.complain(
                log,
                None,
                "no device of the roster wrote this log".to_owned(),
            );
            return Ok(());
        };
        self.verified.devices += 1;
        let mut walk = Walk {
            device,
            prev: EntryHash::ZERO,
            dseq: 0,
            seqs: BTreeMap::new(),
        };
        for dseq in 1..=height.dseq {
            self.verified.entries += 1;
            let Some(stored) = from.entry(dix, dseq)? else {
                self.complain(log, Some(dseq), "the entry is missing".to_owned());
                continue;
            };
            let header = &stored.entry.header;
            for what in walk.wrong_with(header, from.roster()) {
                self.complain(log, Some(dseq), what);
            }
            let is_dropped = |first| dseq >= first && stored.void.is_some();
            self.verified.dropped += u64::from(device.dropped.is_some_and(is_dropped));
            if stored.void.is_none() {
                match walk.cover(&stored.entry, from.keys(), &mut self.covered) {
                    Ok(Covered::Whole) => {}
                    Ok(Covered::InPart) => self.verified.set_aside += 1,
                    Ok(Covered::Unopened) => self.verified.unopened += 1,
                    Err(what) => self.complain(log, Some(dseq), what),
                }
            }
            walk.prev = header.hash();
            walk.dseq = dseq;
        }
        if walk.prev != height.hash {
            let what = "the log does not end where it is said to";
            self.complain(log, None, what.to_owned());
        }
        self.tip(from, &walk)
    }

    /// Checks the last tip of a log, which vouches for everything below it. Entries above it must
    /// be ones that their device has not yet offered.
    fn tip<E: Evidence>(&mut self, from: &E, walk: &Walk<'_>) -> Result<(), E::Error> {
        let dix = walk.device.dix;
        let last = from.last_tip(dix)?;
        let signed = last.map_or(0, |(dseq, _)| dseq);
        if let Some((dseq, signature)) = last {
            let tip = from.entry(dix, dseq)?.map(|stored| Tip {
                dseq,
                hash: stored.entry.header.hash(),
                signature,
            });
            if tip.is_none_or(|tip| tip.verify(&walk.device.id).is_err()) {
                let what = "its signature does not hold";
                self.complain(Some(dix), Some(dseq), what.to_owned());
            }
        }
        let unsigned = walk.dseq.saturating_sub(signed);
        if from.may_be_unsigned(dix) {
            self.verified.unsigned += unsigned;
        } else if unsigned > 0 {
            let stand = counted(unsigned, "entry stands", "entries stand");
            let what = format!("{stand} above the last signature");
            self.complain(Some(dix), Some(walk.dseq), what);
        }
        Ok(())
    }
}

impl Walk<'_> {
    /// Compares an entry's header with its place in the log.
    fn wrong_with(&self, header: &Header, roster: &Roster) -> Vec<String> {
        let device = self.device;
        let position = roster.position(&header.roster);
        let checks = [
            (
                header.location == roster.location(),
                "it belongs to another location",
            ),
            (header.device == device.id, "another device made it"),
            (header.dseq == self.dseq + 1, "it is out of its place"),
            (
                header.prev == self.prev,
                "it does not follow the entry before it",
            ),
            (
                position.is_some_and(|at| at >= device.added_at),
                "its device had not been admitted when it was made",
            ),
            (
                device.sealed.is_none_or(|seal| header.dseq <= seal.dseq),
                "its device had been revoked",
            ),
        ];
        let wrong = checks.iter().filter(|(holds, _)| !holds);
        wrong.map(|(_, what)| (*what).to_owned()).collect()
    }

    /// Checks an entry's bodies against its header and each change against its actor, and records
    /// the changes that it covers.
    fn cover(
        &mut self,
        entry: &weft_shared::log::entry::Entry,
        keys: &TeamKeys,
        covered: &mut BTreeSet<[u8; 32]>,
    ) -> Result<Covered, String> {
        let mut whole = true;
        let runs = match entry.changes(keys) {
            Err(BadBody::Sealed(why)) => {
                // The next one goes on from here.
                for run in &entry.header.runs {
                    let seq = self.seqs.entry((run.doc, run.n)).or_default();
                    *seq += u64::from(run.n_changes);
                }
                return Ok(match why {
                    Unopened::NoKey => Covered::Unopened,
                    _ => Covered::InPart,
                });
            }
            runs => runs.map_err(|error| error.to_string())?,
        };
        for run in &runs {
            let actor = actor(&self.device.id, &run.doc, run.n);
            let seq = self.seqs.entry((run.doc, run.n)).or_default();
            for change in &run.changes {
                *seq += 1;
                let expected = Expected { actor, seq: *seq };
                match scan::scan(change, &expected) {
                    Ok(facts) => {
                        covered.insert(facts.hash);
                    }
                    Err(error @ (ScanError::Actor | ScanError::Seq { .. })) => {
                        return Err(error.to_string());
                    }
                    Err(_) => whole = false,
                }
            }
        }
        Ok(if whole {
            Covered::Whole
        } else {
            Covered::InPart
        })
    }
}
