//! Exchanges data with the hub: everything received is durable first, then read into the documents.

use std::sync::Arc;

use weft_shared::{
    id::{DeviceIndex, LocationId},
    identity::Roster,
    log::gate::{Admission, Batch, Gate, Height, VoidCode},
    sync::{self, Event, Outgoing, Persisted, Refused},
    time::Timestamp,
    wire::NackCode,
};
use weft_store::{
    Receipt, StoreError,
    host::{self, HostReply, Wish, Write},
};

use super::{Replica, Stopped, host::Device};
use crate::store::{
    LocationRow, Owner, entries,
    logs::{self, Mark},
    outbox,
    settings::{self, Key},
};

/// Work for after the answer is sent: reading entries on disk into the documents.
pub(crate) type After = Option<(Owner, DeviceIndex, Arc<Admission>)>;

impl Replica {
    /// Answers a question of the session, or hears its news.
    pub(crate) fn answer(
        &mut self,
        event: Event,
        now: Timestamp,
    ) -> Result<(Option<HostReply>, After), StoreError> {
        let device = self.as_host();
        match host::sort(event, &device) {
            Wish::Read(read) => Ok((Some(read.answer(&self.store.reader, &device)), None)),
            Wish::Write(write) => {
                let (answer, after) = self.commit_for(write, device, now)?;
                Ok((Some(answer), after))
            }
            Wish::News(news) => {
                self.hear(news, now)?;
                Ok((None, None))
            }
        }
    }

    fn as_host(&self) -> Device {
        Device {
            rosters: self.rosters.clone(),
            zero: self.hub.location,
            location: self.own.location,
            dix: self.dix(),
            key: self.stopped.is_none().then(|| Arc::clone(&self.key)),
        }
    }

    /// Commits what the session asks for, and brings memory in line with it.
    fn commit_for(
        &mut self,
        write: Write,
        device: Device,
        now: Timestamp,
    ) -> Result<(HostReply, After), StoreError> {
        let entries = write
            .entries()
            .map(|(log, entries)| (log, Arc::clone(entries)));
        let (answer, receipt) = write.commit_blocking(&self.store.writer, device, now);
        let Some(receipt) = receipt else {
            return Ok((answer, None));
        };
        let mut after = None;
        match &answer {
            HostReply::Persisted(_, Persisted::Stored) => {
                if let Some(((location, dix), admission)) = entries {
                    let owner = self.owner_of(&location);
                    let owner = owner.expect("the store has no third location");
                    self.stored(&receipt, (owner, dix), &admission);
                    after = Some((owner, dix, admission));
                }
            }
            HostReply::Roster(_, grown) => {
                if let Ok(roster) = &**grown {
                    self.roster_grown(&receipt, roster)?;
                    self.tend_team(now);
                }
            }
            HostReply::Loaded(_, Outgoing { tip: Some(tip), .. }) => {
                let dix = self.dix().expect("it has signed its own log");
                let log = self.own.logs.after(&receipt).entry(dix).or_default();
                log.offered = log.offered.max(tip.dseq);
            }
            _ => {}
        }
        Ok((answer, after))
    }

    fn stored(
        &mut self,
        receipt: &Receipt,
        (owner, dix): (Owner, DeviceIndex),
        admission: &Admission,
    ) {
        if owner == Owner::Location && Some(dix) == self.dix() {
            *self.stopped.after(receipt) = Some(Stopped::Cloned);
        }
        let entries = admission.entries.iter();
        let runs = entries.flat_map(|admitted| &admitted.entry.header.runs);
        let names = runs.filter_map(|run| Some((run.doc, run.name.clone()?)));
        let side = self.side_mut(owner);
        for (doc, name) in names {
            side.names.after(receipt).entry(doc).or_insert(name);
        }
        let log = side.logs.after(receipt).entry(dix).or_default();
        log.height = admission.height();
        self.moved();
    }

    fn roster_grown(&mut self, receipt: &Receipt, roster: &Roster) -> Result<(), StoreError> {
        let owner = self.owner_of(&roster.location());
        let owner = owner.expect("the store has no third location");
        *self.side_mut(owner).roster.after(receipt) = roster.clone();
        if self.device().is_some_and(|device| device.sealed.is_some()) {
            *self.stopped.after(receipt) = Some(Stopped::Revoked);
        }
        self.moved();
        self.take_out_dropped()
    }

    /// Hears what the session reports.
    fn hear(&mut self, news: Event, now: Timestamp) -> Result<(), StoreError> {
        match news {
            Event::Acknowledged {
                location,
                dix,
                dseq,
                voids,
            } => {
                if self.owner_of(&location) == Some(Owner::Location) {
                    self.acknowledged(dix, dseq, &voids, now)?;
                    self.say_lost_again_later(now);
                }
                Ok(())
            }
            Event::Welcome {
                left: Some((left, above)),
                ..
            } => {
                self.hear_room(left, above)?;
                // There may be room now.
                self.say_lost_again_later(now);
                self.tend_team(now);
                Ok(())
            }
            Event::OwnLog { batch, .. } => self.take_evidence(batch),
            Event::Refused(refused) => self.take_refusal(&refused),
            _ => Ok(()),
        }
    }

    fn say_lost_again_later(&mut self, now: Timestamp) {
        if let Err(error) = self.say_lost_again(now) {
            tracing::error!(%error, "what the hub did not take is not said again yet");
        }
    }

    /// Handles refusals after which this device must stop. That another copy of it has written is
    /// not one: anybody can say so. Only entries that our key signed prove it.
    fn take_refusal(&mut self, refused: &Refused) -> Result<(), StoreError> {
        let ours = refused.log.is_none_or(|(location, dix, _)| {
            self.owner_of(&location) == Some(Owner::Location) && Some(dix) == self.dix()
        });
        if ours && refused.code == NackCode::Revoked {
            self.stop(Stopped::Revoked)?;
        }
        Ok(())
    }

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

    /// Handles entries that the hub shows from this device's own log and that differ from those
    /// here. The hub's claim alone proves nothing: they must bear this device's signature.
    pub(crate) fn take_evidence(&mut self, batch: Batch) -> Result<(), StoreError> {
        let db = &self.store.reader;
        let Some(device) = self.device() else {
            return Ok(());
        };
        let held = |dseq: u64| {
            let entry = entries::one(db, LocationRow::OWN, device.dix, dseq)?;
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

    /// The hub has a log of this location up to `dseq` on disk, but only headers of the entries in
    /// `voids`.
    pub(crate) fn acknowledged(
        &mut self,
        dix: DeviceIndex,
        dseq: u64,
        voids: &[(u64, VoidCode)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let own = Some(dix) == self.dix();
        let before = self.own.logs.get(&dix).map_or(0, |log| log.acknowledged);
        if before >= dseq && voids.is_empty() {
            return Ok(());
        }
        let receipt = self.take_out(dix, voids, move |db| {
            logs::reach(db, (LocationRow::OWN, dix), Mark::Acknowledged, dseq)?;
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
    pub(crate) fn height(&self, owner: Owner, dix: DeviceIndex) -> Height {
        self.logs(owner)
            .get(&dix)
            .map_or(Height::ZERO, |log| log.height)
    }
}
