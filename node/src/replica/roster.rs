//! Roster operations of this device, and small facts stored beside the documents.

use std::{collections::BTreeSet, ops::ControlFlow};

use rusqlite::types::{FromSql, ToSql};
use weft_shared::{
    identity::{Operation, SignedOperation},
    log::gate::Height,
    model::schema::Container,
    time::Timestamp,
};
use weft_store::StoreError;

use super::Replica;
use crate::store::{
    LocationRow, Owner, entries, journal, outbox,
    settings::{self, Key},
    touches::{self, Touch},
};

impl Replica {
    /// Signs an operation on the current roster, or returns the reason if it does not apply.
    ///
    /// A revocation seals the device's log at its current height here, whatever height the
    /// operation names, because the log may have grown since the request.
    pub(crate) fn sign(
        &self,
        operation: Operation,
        now: Timestamp,
    ) -> Result<SignedOperation, String> {
        let operation = match operation {
            Operation::RevokeDevice { dix, .. } => {
                let Height { dseq, hash } = self.height(Owner::Location, dix);
                Operation::RevokeDevice { dix, dseq, hash }
            }
            other => other,
        };
        let dix = self
            .dix()
            .ok_or("This device is not in its location's roster yet.")?;
        let roster = self.roster(Owner::Location);
        let signed = SignedOperation::sign_device(roster.slot(now), operation, dix, &self.key);
        roster
            .clone()
            .apply(&signed)
            .map_err(|error| error.to_string())?;
        Ok(signed)
    }

    /// Returns a small fact about this node.
    pub(crate) fn setting<T: FromSql>(&self, key: Key) -> Result<Option<T>, StoreError> {
        Ok(settings::value(&self.store.reader, key)?)
    }

    /// Records a small fact about this node.
    pub(crate) fn set_setting(
        &self,
        key: Key,
        value: impl ToSql + Send + 'static,
    ) -> Result<(), StoreError> {
        self.store.write(move |db| settings::set(db, key, value))?;
        Ok(())
    }

    /// Returns the number of entries of this device that the hub has not acknowledged.
    pub(crate) fn waiting(&self) -> u64 {
        let log = self.dix().and_then(|dix| self.own.logs.get(&dix));
        log.map_or(0, |log| log.height.dseq.saturating_sub(log.acknowledged))
    }

    /// Returns the records of a container that this device changed since the last of its entries
    /// that the hub acknowledged.
    pub(crate) fn waiting_in(&self, container: Container) -> Result<BTreeSet<String>, StoreError> {
        let mut waiting = BTreeSet::new();
        let log = self
            .dix()
            .and_then(|dix| Some((dix, self.own.logs.get(&dix)?)));
        let Some((dix, log)) = log.filter(|_| self.waiting() > 0) else {
            return Ok(waiting);
        };
        let is_wanted = |word: &str| word == container.word();
        touches::backwards(&self.store.reader, &is_wanted, |touches| {
            let waits = touches.into_iter().filter(|touch| {
                let entry = touch.entry;
                entry.is_some_and(|(of, dseq)| of == dix && dseq > log.acknowledged)
            });
            waiting.extend(waits.map(|touch| touch.record));
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        })?;
        Ok(waiting)
    }

    /// Returns the touches of one record or of all, in the order in which they happened.
    pub(crate) fn history(&self, record: Option<&str>) -> Result<Vec<Touch>, StoreError> {
        touches::history(&self.store.reader, record)
    }

    /// Returns the time since when the oldest entry of the outbox has waited.
    pub(crate) fn waiting_since(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(outbox::waiting(&self.store.reader)?.1)
    }

    /// Returns the time when something was last saved on this device, shared or not.
    pub(crate) fn last_saved(&self) -> Result<Option<Timestamp>, StoreError> {
        let journal = journal::last(&self.store().reader)?;
        let entry = match self.dix() {
            Some(dix) => {
                let last = self.height(Owner::Location, dix).dseq;
                entries::one(&self.store.reader, LocationRow::OWN, dix, last)?
            }
            None => None,
        };
        let entry = entry.map(|stored| stored.entry.header.created);
        Ok(journal.max(entry))
    }
}
