//! Exchanges data with the hub: everything received is durable first, then read into the documents.

use std::sync::Arc;

use weft_shared::{
    id::{BlobHash, Dix, LocationId},
    identity::{Roster, SignedOperation},
    log::{
        entry::Tip,
        gate::{Admission, Batch, Gate, Height, LogState, VoidCode},
    },
    sync::{self, Outgoing, Persisted, RosterRefusal},
    time::Timestamp,
    wire::NackCode,
};
use weft_store::StoreError;

use super::{Replica, Stopped};
use crate::store::{
    Lix, Owner, blobs,
    entries::{self, Appended},
    logs::{self, Mark},
    outbox, rosters, runs,
    settings::{self, Key},
};

impl Replica {
    /// Returns the holdings of this device, as a session announces them in its HELLO.
    pub(crate) fn for_session(&self) -> sync::Replica {
        let heights = |owner| {
            let logs = self.logs(owner).iter();
            logs.map(|(dix, log)| (*dix, log.height)).collect()
        };
        sync::Replica {
            roster: self.own.roster.clone(),
            heights: heights(Owner::Location),
            zero: self.hub.roster.clone(),
            zero_heights: heights(Owner::Hub),
        }
    }

    /// Returns the owner of `location`, or `None` if it is neither ours nor the hub's.
    pub(crate) fn owner_of(&self, location: &LocationId) -> Option<Owner> {
        [Owner::Location, Owner::Hub]
            .into_iter()
            .find(|owner| self.location(*owner) == *location)
    }

    /// Returns a log's state, as the gate needs it.
    pub(crate) fn log_state(&self, owner: Owner, dix: Dix) -> Result<LogState, StoreError> {
        logs::state(&self.store.reader, owner.lix(), dix)
    }

    /// Commits entries that passed the gate, unless the log has grown meanwhile.
    pub(crate) fn persist(
        &mut self,
        owner: Owner,
        dix: Dix,
        admission: &Arc<Admission>,
        now: Timestamp,
    ) -> Result<Persisted, StoreError> {
        let first = admission
            .entries
            .first()
            .map(|admitted| &admitted.entry.header);
        let height = self
            .logs(owner)
            .get(&dix)
            .map_or(Height::ZERO, |log| log.height);
        if first.is_some_and(|header| header.prev != height.hash) {
            return Ok(Persisted::Conflict(self.log_state(owner, dix)?));
        }
        if owner == Owner::Location && Some(dix) == self.dix() {
            // Somebody else has this device's key, or it was restored from an older copy.
            self.stop(Stopped::Cloned)?;
        }
        let job = Arc::clone(admission);
        let stored = self.store.write(move |db| {
            let sound = job.entries.iter().filter(|one| one.void.is_none());
            runs::index(db, owner, dix, sound.map(|one| &one.entry.header))?;
            entries::append(db, owner.lix(), dix, &job, now)
        })?;
        debug_assert_eq!(
            stored.value,
            Appended::To(admission.height()),
            "nobody else writes"
        );
        let names = admission
            .entries
            .iter()
            .flat_map(|admitted| &admitted.entry.header.runs);
        let names = names.filter_map(|run| Some((run.doc, run.name.clone()?)));
        let side = self.side_mut(owner);
        for (doc, name) in names {
            let names = side.names.after(&stored.receipt);
            names.entry(doc).or_insert(name);
        }
        let logs = side.logs.after(&stored.receipt);
        logs.entry(dix).or_default().height = admission.height();
        self.moved();
        Ok(Persisted::Stored)
    }

    /// Handles entries that the hub shows from this device's own log and that differ from those
    /// here. The hub's claim alone proves nothing: they must bear this device's signature.
    pub(crate) fn take_evidence(&mut self, batch: Batch) -> Result<(), StoreError> {
        let db = &self.store.reader;
        let Some(device) = self.device() else {
            return Ok(());
        };
        let held = |dseq: u64| {
            let entry = entries::one(db, Lix::OWN, device.dix, dseq)?;
            Ok::<_, StoreError>(entry.map(|stored| stored.entry.hash))
        };
        let below = match batch.first_dseq.saturating_sub(1) {
            0 => Some(Height::ZERO),
            dseq => held(dseq)?.map(|hash| Height { dseq, hash }),
        };
        let Some(below) = below else {
            return Ok(());
        };
        let gate = Gate {
            location: self.own.location,
            zero: false,
            roster: &self.own.roster,
            device,
        };
        let shown = match gate.read_copy(below, batch) {
            Ok(shown) => shown,
            Err(error) => {
                tracing::warn!(%error, "the hub shows entries that this device did not sign");
                return Ok(());
            }
        };
        for height in shown {
            if held(height.dseq)? != Some(height.hash) {
                return self.stop(Stopped::Cloned);
            }
        }
        Ok(())
    }

    /// Stores a blob; its entry follows.
    pub(crate) fn persist_blob(
        &self,
        owner: Owner,
        dix: Dix,
        dseq: u64,
        hash: BlobHash,
        bytes: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.write(move |db| {
            let log = logs::log(db, owner.lix(), dix)?;
            blobs::put(db, log, dseq, &hash, &bytes, now)
        })?;
        Ok(())
    }

    /// Applies roster operations that follow the first `after` of the current roster.
    pub(crate) fn persist_roster(
        &mut self,
        owner: Owner,
        after: usize,
        operations: &[SignedOperation],
    ) -> Result<Result<Roster, RosterRefusal>, StoreError> {
        let refuse = |roster: &Roster, code, text: String| {
            Ok(Err(RosterRefusal {
                roster: roster.clone(),
                code,
                text,
            }))
        };
        let mut next = self.roster(owner).clone();
        if next.len() != after {
            let text = "The roster has grown meanwhile.".to_owned();
            return refuse(&next, NackCode::RosterStale, text);
        }
        for operation in operations {
            if let Err(error) = next.apply(operation) {
                return refuse(
                    self.roster(owner),
                    NackCode::RosterRefused,
                    error.to_string(),
                );
            }
        }
        let rows: Vec<_> = operations.iter().map(SignedOperation::encode).collect();
        let own = next.dix_of(&self.key.id()).and_then(|dix| next.device(dix));
        let revoked = owner == Owner::Location && own.is_some_and(|device| device.sealed.is_some());
        let appended = self.store.write(move |db| {
            for (position, bytes) in (after..).zip(&rows) {
                rosters::append(db, owner.lix(), position, bytes)?;
            }
            match revoked {
                true => Ok(Stopped::Revoked.save(db)?),
                false => Ok::<_, StoreError>(()),
            }
        })?;
        *self.side_mut(owner).roster.after(&appended.receipt) = next.clone();
        if revoked {
            *self.stopped.after(&appended.receipt) = Some(Stopped::Revoked);
        }
        self.moved();
        self.take_out_dropped()?;
        Ok(Ok(next))
    }

    /// Returns the roster operations after the first `after`.
    pub(crate) fn roster_operations(
        &self,
        owner: Owner,
        after: usize,
    ) -> Result<Vec<SignedOperation>, StoreError> {
        let operations = rosters::operations(&self.store.reader, owner.lix(), after)?;
        Ok(operations
            .iter()
            .map(|bytes| {
                let read = SignedOperation::decode(bytes);
                read.expect("the store holds what was verified before it was stored")
            })
            .collect())
    }

    /// Returns entries to send. Of our log it first commits the offer, then signs the tip.
    pub(crate) fn outgoing(
        &mut self,
        owner: Owner,
        dix: Dix,
        from: u64,
        bytes_aim: usize,
    ) -> Result<Outgoing, StoreError> {
        let own = owner == Owner::Location && Some(dix) == self.dix();
        let signs = own && self.stopped.is_none();
        let aim = (bytes_aim, signs);
        let mut outgoing = entries::outgoing(&self.store.reader, owner.lix(), dix, from, aim)?;
        if let Some(last) = outgoing.entries.last().filter(|_| signs) {
            let tip = Tip::sign(&self.key, last.header.dseq, last.hash);
            self.offer(dix, &tip)?;
            outgoing.tip = Some(tip);
        }
        Ok(outgoing)
    }

    /// Commits that entries up to the tip may have left this device.
    fn offer(&mut self, dix: Dix, tip: &Tip) -> Result<(), StoreError> {
        let (dseq, tip) = (tip.dseq, tip.clone());
        if self
            .own
            .logs
            .get(&dix)
            .is_some_and(|log| log.offered >= dseq)
        {
            return Ok(());
        }
        let offered = self.store.write(move |db| {
            logs::reach(db, (Lix::OWN, dix), Mark::Offered, dseq)?;
            entries::put_tip(db, Lix::OWN, dix, &tip)
        })?;
        let logs = self.own.logs.after(&offered.receipt);
        logs.entry(dix).or_default().offered = dseq;
        Ok(())
    }

    /// The hub has a log up to `dseq` on disk, but only headers of the entries in `voids`.
    pub(crate) fn acknowledged(
        &mut self,
        owner: Owner,
        dix: Dix,
        dseq: u64,
        voids: &[(u64, VoidCode)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if owner != Owner::Location {
            return Ok(());
        }
        let own = Some(dix) == self.dix();
        let before = self.own.logs.get(&dix).map_or(0, |log| log.acknowledged);
        if before >= dseq && voids.is_empty() {
            return Ok(());
        }
        let receipt = self.take_out(dix, voids, move |db| {
            logs::reach(db, (Lix::OWN, dix), Mark::Acknowledged, dseq)?;
            if own {
                outbox::clear_to(db, dseq)?;
                settings::set(db, Key::LastShared, now.ms())?;
            }
            Ok(())
        })?;
        let logs = self.own.logs.after(&receipt);
        logs.entry(dix).or_default().acknowledged = dseq.max(before);
        self.moved();
        Ok(())
    }

    /// Returns the height of a log.
    pub(crate) fn height(&self, owner: Owner, dix: Dix) -> Height {
        self.logs(owner)
            .get(&dix)
            .map_or(Height::ZERO, |log| log.height)
    }
}
