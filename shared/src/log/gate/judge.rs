//! The second half of the gate: the device signed these entries, but may their changes be applied?
//! An entry that fails here is void, and the log goes on.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{BlobHash, DocId, DocName, actor};
use crate::log::codec::Codec;
use crate::log::entry::{Entry, Run};
use crate::log::room::Held;
use crate::log::scan::{Expected, scan, split_chunks};
use crate::log::sealed::{BadEnvelope, CHANGES_ACTOR, Envelope, KEYS_ACTOR, team_document};
use crate::log::size::DocumentSize;
use crate::model::schema::{DocKind, Owner};
use crate::wire::limits::{
    DOCUMENT_OPS_MAX, ENTRY_CHANGES_MAX, ENTRY_OPS_MAX, LOCATION_DOCUMENTS_MAX,
};

use super::open::{Opened, OpenedEntry};
use super::{Admission, Admitted, Gate, LogState, VoidCode, raw_bytes};

/// Judges each entry in turn and advances `state` past all of them.
pub(super) fn judge(gate: &Gate<'_>, state: &mut LogState, opened: Opened) -> Admission {
    let mut judge = Judge {
        gate,
        state,
        actors: BTreeMap::new(),
        pending: Vec::new(),
    };
    let entries = opened.entries.into_iter();
    let entries = entries.map(|entry| judge.entry(entry)).collect();
    let admission = Admission {
        entries,
        tip: opened.tip,
    };
    state.height = admission.height();
    let next = (state.height.dseq.saturating_add(1), BlobHash::new([0; 32]));
    state.blobs_ahead = state.blobs_ahead.split_off(&next);
    admission
}

struct Judge<'a> {
    gate: &'a Gate<'a>,
    state: &'a mut LogState,
    /// Cache for one batch: a device writes most entries into few documents.
    actors: BTreeMap<(DocId, u8), [u8; 16]>,
    /// The seqs that the current entry would advance to; discarded if it is void.
    pending: Vec<((DocId, u8), u64)>,
}

impl Judge<'_> {
    fn entry(&mut self, opened: OpenedEntry) -> Admitted {
        self.pending.clear();
        let verdict = match opened.void {
            Some(code) => Err(code),
            None => self.check(&opened),
        };
        self.store(0, opened.header_bytes);
        let OpenedEntry {
            header,
            hash,
            mut bodies,
            mut inflated,
            ..
        } = opened;
        let seqs = match verdict {
            Ok(()) => self.commit(&header.runs, &bodies),
            Err(_) => {
                bodies = Vec::new();
                inflated = Vec::new();
                Vec::new()
            }
        };
        Admitted {
            entry: Entry {
                header,
                hash,
                bodies,
            },
            void: verdict.err(),
            seqs,
            inflated,
        }
    }

    fn commit(&mut self, runs: &[Run], bodies: &[crate::log::entry::Body]) -> Vec<u64> {
        let before = self.state.documents.len();
        for run in runs {
            let held = self.state.documents.entry(run.doc).or_default();
            *held += run.fills();
        }
        let begun = self.state.documents.len() - before;
        for (key, seq) in &self.pending {
            self.state.seqs.insert(*key, *seq);
        }
        self.store(begun, bodies.iter().map(|body| body.bytes.len()).sum());
        self.pending.iter().map(|(_, seq)| *seq).collect()
    }

    fn store(&mut self, documents: usize, bytes: usize) {
        if let Some(room) = &mut self.state.room {
            room.add(Held {
                documents: documents as u64,
                bytes: bytes as u64,
            });
        }
    }

    fn check(&mut self, opened: &OpenedEntry) -> Result<(), VoidCode> {
        let dropped = self.gate.device.dropped;
        if dropped.is_some_and(|first| opened.header.dseq >= first) {
            return Err(VoidCode::Dropped);
        }
        if opened.roster_at < self.gate.device.added_at {
            return Err(VoidCode::Roster);
        }
        let runs = &opened.header.runs;
        let total = |part: fn(&Run) -> u32| runs.iter().map(|run| u64::from(part(run))).sum();
        let (n_changes, n_ops): (u64, u64) = (total(|run| run.n_changes), total(|run| run.n_ops));
        if n_changes > u64::from(ENTRY_CHANGES_MAX) || n_ops > u64::from(ENTRY_OPS_MAX) {
            return Err(VoidCode::Size);
        }
        for ((run, body), inflated) in runs.iter().zip(&opened.bodies).zip(&opened.inflated) {
            let is_sealed = body.codec == Codec::Sealed;
            self.check_document(run, is_sealed)?;
            match is_sealed {
                true if runs.len() == 1 => self.check_sealed(run, &body.bytes)?,
                // Sealed changes are in no entry with shared ones.
                true => return Err(VoidCode::Documents),
                false => self.check_changes(run, raw_bytes(body, inflated.as_deref()))?,
            }
        }
        self.check_room(opened)
    }

    /// Checks that the first run of a log for a document carries its name, and no other run does,
    /// and that the team's document is sealed, and no other.
    fn check_document(&self, run: &Run, is_sealed: bool) -> Result<(), VoidCode> {
        if is_sealed != (run.doc == team_document().id(&self.gate.location)) {
            return Err(VoidCode::Documents);
        }
        let in_log = self.state.seqs.range((run.doc, 0)..=(run.doc, u8::MAX));
        let in_entry = self.pending.iter().any(|((doc, _), _)| *doc == run.doc);
        let is_first = !in_entry && in_log.take(1).count() == 0;
        let named = match &run.name {
            Some(name) => {
                is_first && name.id(&self.gate.location) == run.doc && self.has_place(name)
            }
            None => !is_first,
        };
        if named {
            return Ok(());
        }
        Err(VoidCode::Documents)
    }

    /// Whether a document of that name may be sent into this location; one of a later version may.
    /// The team's has one epoch.
    fn has_place(&self, name: &DocName) -> bool {
        match name.name.parse::<DocKind>() {
            Ok(kind) => {
                let owner = if self.gate.zero {
                    Owner::Hub
                } else {
                    Owner::Location
                };
                (!kind.is_sealed() || name.epoch == 0) && kind.is_of(owner)
            }
            Err(_) => true,
        }
    }

    /// Checks what can be seen of a sealed run. The devices that open it check the rest.
    fn check_sealed(&mut self, run: &Run, body: &[u8]) -> Result<(), VoidCode> {
        let envelope = Envelope::decode(body).map_err(|BadEnvelope| VoidCode::Scan)?;
        let key = (run.doc, run.n);
        let (last, n_changes) = (self.last_seq(key), u64::from(run.n_changes));
        let (actor, first) = match envelope.sealed.is_empty() {
            true => (KEYS_ACTOR, 0),
            false => (CHANGES_ACTOR, last + 1),
        };
        if run.n != actor {
            return Err(VoidCode::Actor);
        }
        if run.n_ops != 0 || n_changes == 0 || (actor == KEYS_ACTOR && n_changes != 1) {
            return Err(VoidCode::Counts);
        }
        if envelope.first != first {
            return Err(VoidCode::Seq);
        }
        self.pending.push((key, last + n_changes));
        Ok(())
    }

    fn check_changes(&mut self, run: &Run, raw: &[u8]) -> Result<(), VoidCode> {
        let key = (run.doc, run.n);
        let mut expected = Expected {
            actor: self.actor(key),
            seq: self.last_seq(key) + 1,
        };
        let (mut n_changes, mut n_ops) = (0_u64, 0_u64);
        for chunk in split_chunks(raw) {
            let chunk = chunk?;
            if n_changes == u64::from(run.n_changes) {
                return Err(VoidCode::Counts);
            }
            let facts = scan(chunk, &expected)?;
            let last_op = facts.start_op + u64::from(facts.n_ops) - 1;
            if self.state.room.is_some() && last_op > DOCUMENT_OPS_MAX {
                return Err(VoidCode::StartOp);
            }
            if facts
                .deps
                .iter()
                .any(|dep| self.state.dropped.contains(dep))
            {
                return Err(VoidCode::Orphan);
            }
            n_changes += 1;
            n_ops += u64::from(facts.n_ops);
            expected.seq += 1;
        }
        let counted = (n_changes, n_ops);
        if n_changes == 0 || counted != (u64::from(run.n_changes), u64::from(run.n_ops)) {
            return Err(VoidCode::Counts);
        }
        self.pending.push((key, expected.seq - 1));
        Ok(())
    }

    fn check_room(&self, opened: &OpenedEntry) -> Result<(), VoidCode> {
        let known = &self.state.documents;
        let mut grown: BTreeMap<DocId, DocumentSize> = BTreeMap::new();
        for run in &opened.header.runs {
            let held = known.get(&run.doc).copied().unwrap_or_default();
            *grown.entry(run.doc).or_insert(held) += run.fills();
        }
        if self.state.room.is_some() && grown.values().any(|size| !size.fits()) {
            return Err(VoidCode::Full);
        }
        let new = grown.into_keys().filter(|doc| !known.contains_key(doc));
        let new: BTreeSet<DocId> = new.collect();
        if !new.is_empty() && self.state.documents.len() + new.len() > LOCATION_DOCUMENTS_MAX {
            return Err(VoidCode::Room);
        }
        let bodies: usize = opened.bodies.iter().map(|body| body.bytes.len()).sum();
        let more = Held {
            documents: new.len() as u64,
            bytes: (bodies + opened.header_bytes) as u64,
        };
        match self.state.room {
            Some(room) if !room.left().fits(more) => Err(VoidCode::Room),
            Some(_) | None => Ok(()),
        }
    }

    fn actor(&mut self, key: (DocId, u8)) -> [u8; 16] {
        let compute = || actor(&self.gate.device.id, &key.0, key.1);
        *self.actors.entry(key).or_insert_with(compute)
    }

    fn last_seq(&self, key: (DocId, u8)) -> u64 {
        let mut pending = self.pending.iter().rev();
        let in_entry = pending.find(|(pending, _)| *pending == key);
        match in_entry {
            Some((_, seq)) => *seq,
            None => self.state.seqs.get(&key).copied().unwrap_or(0),
        }
    }
}
