//! A naive store: a host's data in memory, without optimisation.

use std::collections::BTreeMap;

use crate::{
    id::{BlobHash, DeviceId, DeviceIndex, DocId, DocName, LocationId, actor},
    identity::{DeviceKey, Roster, SignedOperation},
    log::{
        entry::{Entry, HEADER_VERSION, Header, RunChanges, Tip, seen_hash},
        gate::{Admission, Height, LogState, VoidCode},
        kit::{Forged, sleb, uleb},
    },
    sync::{BatchBuilder, Outgoing, OutgoingBlob, Persisted, Replica},
    time::Timestamp,
};

#[derive(Clone, Default)]
pub(super) struct Log {
    pub(super) entries: Vec<(Entry, Option<VoidCode>)>,
    pub(super) tips: BTreeMap<u64, Tip>,
    pub(super) blobs: BTreeMap<BlobHash, (u64, Vec<u8>)>,
}

impl Log {
    pub(super) fn height(&self) -> Height {
        self.entries
            .last()
            .map_or(Height::ZERO, |(entry, _)| Height {
                dseq: entry.header.dseq,
                hash: entry.hash,
            })
    }
}

#[derive(Clone)]
pub(super) struct Store {
    pub(super) rosters: BTreeMap<LocationId, (Roster, Vec<SignedOperation>)>,
    pub(super) logs: BTreeMap<(LocationId, DeviceIndex), Log>,
}

impl Store {
    pub(super) fn roster(&self, location: LocationId) -> Roster {
        let known = self.rosters.get(&location);
        known.map_or_else(|| Roster::new(location), |(roster, _)| roster.clone())
    }

    /// Appends all operations, or none.
    pub(super) fn operate(
        &mut self,
        location: LocationId,
        operations: Vec<SignedOperation>,
    ) -> bool {
        let mut roster = self.roster(location);
        if !operations
            .iter()
            .all(|operation| roster.apply(operation).is_ok())
        {
            return false;
        }
        let known = self.rosters.entry(location);
        let (held, list) = known.or_insert_with(|| (roster.clone(), Vec::new()));
        *held = roster;
        list.extend(operations);
        true
    }

    pub(super) fn heights(&self, location: LocationId) -> Vec<(DeviceIndex, Height)> {
        let logs = self
            .logs
            .iter()
            .filter(|((owner, _), _)| *owner == location);
        logs.map(|((_, dix), log)| (*dix, log.height())).collect()
    }

    pub(super) fn replica(&self, own: LocationId, zero: LocationId) -> Replica {
        Replica {
            roster: self.roster(own),
            heights: self.heights(own),
            zero: self.roster(zero),
            zero_heights: self.heights(zero),
        }
    }

    pub(super) fn state(&self, location: LocationId, dix: DeviceIndex) -> LogState {
        let mut state = LogState::default();
        for ((owner, writer), log) in &self.logs {
            for (entry, void) in &log.entries {
                if *owner != location || void.is_some() {
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
        state.height = self
            .logs
            .get(&(location, dix))
            .map_or(Height::ZERO, Log::height);
        state
    }

    pub(super) fn voids(&self, log: (LocationId, DeviceIndex), above: u64) -> Vec<(u64, VoidCode)> {
        let log = self.logs.get(&log);
        let entries = log.into_iter().flat_map(|log| &log.entries);
        let voids = entries.filter_map(|(entry, void)| Some((entry.header.dseq, (*void)?)));
        voids.filter(|(dseq, _)| *dseq > above).collect()
    }

    pub(super) fn append(
        &mut self,
        location: LocationId,
        dix: DeviceIndex,
        admission: Admission,
    ) -> Persisted {
        let log = self.logs.entry((location, dix)).or_default();
        let first = &admission.entries[0].entry.header;
        if first.prev != log.height().hash || first.dseq != log.height().dseq + 1 {
            return Persisted::Conflict(self.state(location, dix));
        }
        log.tips.insert(admission.tip.dseq, admission.tip);
        let entries = admission.entries.into_iter();
        log.entries
            .extend(entries.map(|admitted| (admitted.entry, admitted.void)));
        Persisted::Stored
    }

    pub(super) fn load(
        &self,
        (location, dix): (LocationId, DeviceIndex),
        from_dseq: u64,
        bytes_aim: usize,
        own: Option<&DeviceKey>,
    ) -> Outgoing {
        let log = &self.logs[&(location, dix)];
        let mut cut = BatchBuilder::new(bytes_aim);
        let from = usize::try_from(from_dseq - 1).unwrap();
        let mut upto = from;
        for (n, (entry, _)) in log.entries.iter().enumerate().skip(from) {
            let fits = cut.take(entry);
            if !fits && upto > from {
                break;
            }
            // A relay continues to the next tip that it holds.
            let tipped = own.is_some() || log.tips.contains_key(&entry.header.dseq);
            upto = if tipped { n + 1 } else { upto };
        }
        let part = &log.entries[from..upto];
        let tip = part.last().map(|(entry, _)| match own {
            Some(key) => Tip::sign(key, entry.header.dseq, entry.hash),
            None => log.tips[&entry.header.dseq].clone(),
        });
        let within = from_dseq..=upto as u64;
        let blobs = log
            .blobs
            .iter()
            .filter(|(_, (dseq, _))| within.contains(dseq));
        Outgoing {
            entries: part.iter().map(|(entry, _)| entry.clone()).collect(),
            voids: part
                .iter()
                .filter_map(|(entry, void)| Some((entry.header.dseq, (*void)?)))
                .collect(),
            tip,
            blobs: blobs
                .map(|(hash, (dseq, bytes))| OutgoingBlob {
                    dseq: *dseq,
                    hash: *hash,
                    bytes: bytes.clone(),
                })
                .collect(),
        }
    }

    /// Writes an entry of one change to the device's own log, and signs a tip at it.
    pub(super) fn save(
        &mut self,
        location: LocationId,
        key: &DeviceKey,
        now: Timestamp,
        size: usize,
        spoilt: bool,
    ) -> Height {
        let roster = self.roster(location);
        let dix = roster.dix_of(&key.id()).unwrap();
        let device = roster.device(dix).unwrap();
        let name = if device.name == "hub" {
            "definitions"
        } else {
            "plan"
        };
        let doc = DocName::first(name).id(&location);
        // Each entry is one change to one document.
        let seq = self
            .logs
            .get(&(location, dix))
            .map_or(0, |log| log.height().dseq)
            + 1;
        let chunk = change(&key.id(), &doc, seq + u64::from(spoilt), size);
        let others = self
            .heights(location)
            .into_iter()
            .filter(|(other, _)| *other != dix);
        let seen = seen_hash(others.map(|(other, height)| (other, height.dseq, height.hash)));
        let log = self.logs.entry((location, dix)).or_default();
        let context = Header {
            version: HEADER_VERSION,
            runs: Vec::new(),
            location,
            device: key.id(),
            dseq: log.height().dseq + 1,
            prev: log.height().hash,
            roster: roster.head(),
            seen,
            created: now,
        };
        let run = RunChanges {
            doc,
            name: (seq == 1).then(|| DocName::first(name)),
            n: 0,
            changes: vec![chunk],
        };
        let entry = Entry::compose(context, vec![run]).unwrap();
        log.tips.insert(
            entry.header.dseq,
            Tip::sign(key, entry.header.dseq, entry.hash),
        );
        log.entries.push((entry, None));
        log.height()
    }
}

fn change(device: &DeviceId, doc: &DocId, seq: u64, size: usize) -> Vec<u8> {
    let mut forged = Forged::new(actor(device, doc, 0), seq, seq, 1);
    // Bytes that do not compress, in a column of values.
    let salt = usize::try_from(seq).unwrap();
    let noise = (0..size).map(|n| (n * n * 31 + n / 7 + salt).to_le_bytes()[0]);
    forged.set(0x56, [sleb(1), uleb((size as u64) << 4 | 7)].concat());
    forged.set(0x57, noise.collect());
    forged.bytes()
}
