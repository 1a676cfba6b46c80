//! A naive store: a host's disk, kept in memory, as simple as possible.

use std::collections::{BTreeMap, BTreeSet};

use crate::mutant::Mutant;
use weft_shared::{
    id::{BlobHash, Dix, DocId, LocationId},
    identity::{DeviceKey, Roster, SignedOperation},
    log::{
        entry::{Body, Entry, Tip},
        gate::{Admission, Height, LogState, VoidCode},
    },
    sync::{Cut, Outgoing, OutgoingBlob, Persisted, Replica},
};

/// A log: entries in order, the tips that vouch for them, and the blobs that they introduce.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) entries: Vec<(Entry, Option<VoidCode>)>,
    pub(crate) tips: BTreeMap<u64, Tip>,
    pub(crate) blobs: BTreeSet<(u64, BlobHash)>,
}

impl Log {
    pub(crate) fn height(&self) -> Height {
        let last = self.entries.last();
        last.map_or(Height::ZERO, |(entry, _)| Height {
            dseq: entry.header.dseq,
            hash: entry.hash,
        })
    }

    /// Returns the entry with that number, if it is here.
    pub(crate) fn entry(&self, dseq: u64) -> Option<&Entry> {
        let at = usize::try_from(dseq.checked_sub(1)?).ok()?;
        self.entries.get(at).map(|(entry, _)| entry)
    }
}

/// The state that survives a crash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) rosters: BTreeMap<LocationId, (Roster, Vec<SignedOperation>)>,
    pub(crate) logs: BTreeMap<(LocationId, Dix), Log>,
    pub(crate) blobs: BTreeMap<BlobHash, Vec<u8>>,
    /// Number of entries of its own log that the hub acknowledged.
    pub(crate) acked: u64,
    /// For entries that the hub did not accept: the number of times each was said again.
    pub(crate) tries: BTreeMap<u64, u32>,
    /// Bodies that only another device may write.
    pub(crate) forged: BTreeMap<u64, Vec<Body>>,
    /// Whether it ever wrote an entry that no gate accepts.
    pub(crate) spoilt: bool,
    /// Used only by the mutant that spends invites separately.
    pub(crate) spent: BTreeSet<[u8; 32]>,
}

impl Store {
    pub(crate) fn roster(&self, location: LocationId) -> Roster {
        let known = self.rosters.get(&location);
        known.map_or_else(|| Roster::new(location), |(roster, _)| roster.clone())
    }

    pub(crate) fn operations(&self, location: LocationId) -> &[SignedOperation] {
        let known = self.rosters.get(&location);
        known.map_or(&[], |(_, operations)| operations)
    }

    /// Appends roster operations, all or none.
    pub(crate) fn operate(
        &mut self,
        location: LocationId,
        operations: &[SignedOperation],
    ) -> Result<(), String> {
        let mut roster = self.roster(location);
        for operation in operations {
            roster.apply(operation).map_err(|error| error.to_string())?;
        }
        let known = self.rosters.entry(location);
        let (held, list) = known.or_insert_with(|| (roster.clone(), Vec::new()));
        *held = roster;
        list.extend_from_slice(operations);
        Ok(())
    }

    pub(crate) fn height(&self, location: LocationId, dix: Dix) -> Height {
        let log = self.logs.get(&(location, dix));
        log.map_or(Height::ZERO, Log::height)
    }

    pub(crate) fn heights(&self, location: LocationId) -> Vec<(Dix, Height)> {
        let logs = self
            .logs
            .iter()
            .filter(|((owner, _), _)| *owner == location);
        let heights = logs.map(|((_, dix), log)| (*dix, log.height()));
        heights.filter(|(_, height)| height.dseq > 0).collect()
    }

    pub(crate) fn replica(&self, own: LocationId, zero: LocationId) -> Replica {
        Replica {
            roster: self.roster(own),
            heights: self.heights(own),
            zero: self.roster(zero),
            zero_heights: self.heights(zero),
        }
    }

    pub(crate) fn state(&self, location: LocationId, dix: Dix) -> LogState {
        let mut state = LogState::default();
        for ((_, writer), log) in self
            .logs
            .iter()
            .filter(|((owner, _), _)| *owner == location)
        {
            for (entry, void) in &log.entries {
                if void.is_some() {
                    continue;
                }
                for run in &entry.header.runs {
                    state.documents.entry(run.doc).or_default();
                    if *writer == dix {
                        *state.seqs.entry((run.doc, run.n)).or_default() +=
                            u64::from(run.n_changes);
                    }
                }
            }
        }
        state.height = self.height(location, dix);
        state
    }

    /// Returns the entries above `above` that were stored without their bodies, and why.
    pub(crate) fn voids(&self, log: (LocationId, Dix), above: u64) -> Vec<(u64, VoidCode)> {
        let log = self.logs.get(&log);
        let entries = log.into_iter().flat_map(|log| &log.entries);
        let voids = entries.filter_map(|(entry, void)| Some((entry.header.dseq, (*void)?)));
        voids.filter(|(dseq, _)| *dseq > above).collect()
    }

    /// Whether the bodies of an entry do not count here.
    pub(crate) fn is_void(&self, log: (LocationId, Dix), dseq: u64) -> bool {
        let log = self.logs.get(&log);
        let mut entries = log.into_iter().flat_map(|log| &log.entries);
        entries.any(|(entry, void)| entry.header.dseq == dseq && void.is_some())
    }

    /// Whether the log already has a run for the document.
    pub(crate) fn has_run(&self, location: LocationId, dix: Dix, doc: &DocId) -> bool {
        let log = self.logs.get(&(location, dix));
        let mut runs = log.into_iter().flat_map(|log| &log.entries);
        runs.any(|(entry, void)| {
            void.is_none() && entry.header.runs.iter().any(|run| run.doc == *doc)
        })
    }

    /// Appends by compare-and-set on the height, and never beyond a seal.
    pub(crate) fn append(
        &mut self,
        (location, dix): (LocationId, Dix),
        admission: Admission,
        mutant: Option<Mutant>,
    ) -> Persisted {
        let held = self.height(location, dix);
        let first = &admission.entries[0].entry.header;
        let follows = first.prev == held.hash && first.dseq == held.dseq + 1;
        let roster = self.roster(location);
        let seal = roster.device(dix).and_then(|device| device.sealed);
        let beyond = seal.is_some_and(|seal| admission.height().dseq > seal.dseq)
            && mutant != Some(Mutant::ForgottenSeal);
        if beyond || (!follows && mutant != Some(Mutant::DropDedupe)) {
            return Persisted::Conflict(self.state(location, dix));
        }
        let log = self.logs.entry((location, dix)).or_default();
        log.tips.insert(admission.tip.dseq, admission.tip);
        let entries = admission.entries.into_iter();
        log.entries
            .extend(entries.map(|admitted| (admitted.entry, admitted.void)));
        Persisted::Stored
    }

    /// Returns an entry as sent: without void bodies, except forged ones.
    fn sent(
        &self,
        (entry, void): &(Entry, Option<VoidCode>),
        own: Option<&DeviceKey>,
    ) -> (Entry, Option<VoidCode>) {
        let (mut entry, mut void) = (entry.clone(), *void);
        if void.is_some() {
            entry.bodies.clear();
        }
        if let Some(bodies) = self
            .forged
            .get(&entry.header.dseq)
            .filter(|_| own.is_some())
        {
            entry.bodies.clone_from(bodies);
            void = None;
        }
        (entry, void)
    }

    /// Entries to send. The host's own log may be cut anywhere, others only at stored tips.
    pub(crate) fn load(
        &self,
        (location, dix): (LocationId, Dix),
        from_dseq: u64,
        bytes_aim: usize,
        own: Option<&DeviceKey>,
    ) -> Outgoing {
        let log = &self.logs[&(location, dix)];
        let from = usize::try_from(from_dseq - 1).expect("a log's length fits");
        let mut cut = Cut::new(bytes_aim);
        let mut upto = from;
        for (n, (entry, _)) in log.entries.iter().enumerate().skip(from) {
            if !cut.take(entry) && upto > from {
                break;
            }
            if own.is_some() || log.tips.contains_key(&entry.header.dseq) {
                upto = n + 1;
            }
        }
        let part = &log.entries[from.min(upto)..upto];
        let tip = part.last().map(|(entry, _)| match own {
            Some(key) => Tip::sign(key, entry.header.dseq, entry.hash),
            None => log.tips[&entry.header.dseq].clone(),
        });
        let within = log.blobs.range((from_dseq, BlobHash::new([0; 32]))..);
        let within = within.filter(|(dseq, _)| *dseq <= upto as u64);
        Outgoing {
            entries: part.iter().map(|one| self.sent(one, own).0).collect(),
            voids: part
                .iter()
                .map(|one| self.sent(one, own))
                .filter_map(|(entry, void)| Some((entry.header.dseq, void?)))
                .collect(),
            tip,
            blobs: within
                .map(|(dseq, hash)| OutgoingBlob {
                    dseq: *dseq,
                    hash: *hash,
                    bytes: self.blobs[hash].clone(),
                })
                .collect(),
        }
    }
}
