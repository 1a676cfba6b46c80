//! Proving offline that the hub changed nothing: every change in our documents is covered by an
//! entry signed by a device that our roster admitted at that position.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{Dix, DocId, EntryHash},
    identity::Device,
    log::{
        actor,
        entry::{Header, Tip},
        scan::{self, Expected},
    },
    model::schema::DocKind,
};

use crate::{
    replica::{DocumentError, Replica},
    store::{Owner, entries},
};

/// What was checked, and everything that does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) entries: u64,
    pub(crate) changes: u64,
    pub(crate) devices: u64,
    /// Entries of this device that it has not offered to anybody, and so has not signed yet.
    pub(crate) unsigned: u64,
    pub(crate) exceptions: Vec<Exception>,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) log: Option<Dix>,
    pub(crate) entry: Option<u64>,
    pub(crate) what: String,
}

/// What is known of a log while it is walked.
struct Walk<'a> {
    device: &'a Device,
    prev: EntryHash,
    dseq: u64,
    seqs: BTreeMap<(DocId, u8), u64>,
}

impl Replica {
    /// Checks everything this node holds of its own location, without the hub.
    pub(crate) fn verify(&mut self) -> Result<Verified, DocumentError> {
        let mut verified = Verified::default();
        let mut covered = BTreeSet::new();
        let logs: Vec<Dix> = self.logs(Owner::Location).keys().copied().collect();
        for dix in logs {
            self.verify_log(dix, &mut verified, &mut covered)?;
        }
        for name in self.own_documents(|kind| kind != DocKind::Team) {
            let document = self.document(Owner::Location, &name)?;
            for change in document.all_changes() {
                verified.changes += 1;
                let hash = scan::read(&change).map(|facts| facts.hash);
                if !hash.is_ok_and(|hash| covered.contains(&hash)) {
                    verified.exceptions.push(Exception {
                        log: None,
                        entry: None,
                        what: format!("the document {name} has a change that no entry covers"),
                    });
                }
            }
        }
        Ok(verified)
    }

    fn verify_log(
        &self,
        dix: Dix,
        verified: &mut Verified,
        covered: &mut BTreeSet<[u8; 32]>,
    ) -> Result<(), DocumentError> {
        let roster = self.roster(Owner::Location);
        let complain = |entry: Option<u64>, what: String, to: &mut Verified| {
            to.exceptions.push(Exception {
                log: Some(dix),
                entry,
                what,
            });
        };
        let Some(device) = roster.device(dix) else {
            complain(
                None,
                "no device of the roster wrote this log".to_owned(),
                verified,
            );
            return Ok(());
        };
        verified.devices += 1;
        let db = &self.store().reader;
        let mut walk = Walk {
            device,
            prev: EntryHash::ZERO,
            dseq: 0,
            seqs: BTreeMap::new(),
        };
        let height = self.height(Owner::Location, dix);
        for dseq in 1..=height.dseq {
            verified.entries += 1;
            let Some(stored) = entries::one(db, Owner::Location, dix, dseq)? else {
                complain(Some(dseq), "the entry is missing".to_owned(), verified);
                continue;
            };
            let header = &stored.entry.header;
            for what in self.wrong_with(header, &walk) {
                complain(Some(dseq), what, verified);
            }
            if stored.void.is_none()
                && let Err(what) = walk.cover(&stored.entry, covered)
            {
                complain(Some(dseq), what, verified);
            }
            walk.prev = header.hash();
            walk.dseq = dseq;
        }
        if walk.prev != height.hash {
            complain(
                None,
                "the log does not end where the store says".to_owned(),
                verified,
            );
        }
        self.verify_tip(&walk, verified)
    }

    /// What an entry says of itself against what its place in the log asks for.
    fn wrong_with(&self, header: &Header, walk: &Walk<'_>) -> Vec<String> {
        let roster = self.roster(Owner::Location);
        let device = walk.device;
        let position = roster.position(&header.roster);
        let checks = [
            (
                header.location == roster.location(),
                "it belongs to another location",
            ),
            (header.device == device.id, "another device made it"),
            (header.dseq == walk.dseq + 1, "it is out of its place"),
            (
                header.prev == walk.prev,
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

    /// The last tip of a log vouches for everything below it; above it stand only entries that this
    /// device has not given to anybody.
    fn verify_tip(&self, walk: &Walk<'_>, verified: &mut Verified) -> Result<(), DocumentError> {
        let db = &self.store().reader;
        let dix = walk.device.dix;
        let last = entries::last_tip(db, Owner::Location, dix)?;
        let signed = last.map_or(0, |(dseq, _)| dseq);
        if let Some((dseq, signature)) = last {
            let entry = entries::one(db, Owner::Location, dix, dseq)?;
            let tip = entry.map(|stored| Tip {
                dseq,
                hash: stored.entry.header.hash(),
                signature,
            });
            if tip.is_none_or(|tip| tip.verify(&walk.device.id).is_err()) {
                verified.exceptions.push(Exception {
                    log: Some(dix),
                    entry: Some(dseq),
                    what: "its signature does not hold".to_owned(),
                });
            }
        }
        let unsigned = walk.dseq.saturating_sub(signed);
        if Some(dix) == self.dix() {
            verified.unsigned += unsigned;
        } else if unsigned > 0 {
            verified.exceptions.push(Exception {
                log: Some(dix),
                entry: Some(walk.dseq),
                what: format!("{unsigned} entries stand above the last signature"),
            });
        }
        Ok(())
    }
}

impl Walk<'_> {
    /// Holds an entry's bodies against its header and each change against its actor, and takes
    /// down which changes it covers.
    fn cover(
        &mut self,
        entry: &weft_shared::log::entry::Entry,
        covered: &mut BTreeSet<[u8; 32]>,
    ) -> Result<(), String> {
        for run in entry.changes().map_err(|error| error.to_string())? {
            let actor = actor(&self.device.id, &run.doc, run.n);
            let seq = self.seqs.entry((run.doc, run.n)).or_default();
            for change in &run.changes {
                *seq += 1;
                let expected = Expected { actor, seq: *seq };
                let facts = scan::scan(change, &expected).map_err(|error| error.to_string())?;
                covered.insert(facts.hash);
            }
        }
        Ok(())
    }
}
