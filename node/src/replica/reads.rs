//! The hub's ledger of who read this location: fetched in the session, checked, and kept.

use weft_host::clock;
use weft_shared::{
    identity::reads::{ReadChain, ReadGap, ReadPart, ReadRow, ReadsAfter},
    model::release::ReleaseId,
    release::{Heights, Proof},
    time::{DAY_MS, Timestamp},
    wire::limits::READS_ROWS_MAX,
};

use super::Replica;
use crate::store::{Owner, StoreError, proofs, reads, settings::Key};

/// The rows of who read this location, and whether the hub's word can be relied on.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadLedger {
    /// The newest rows first.
    pub(crate) rows: Vec<ReadRow>,
    /// Said once the ledger did not go on from what is held here.
    pub(crate) alarm: Option<String>,
}

impl Replica {
    /// Returns the last row and the last proof that are held here, after which the hub is asked.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn reads_after(&self) -> Result<ReadsAfter, StoreError> {
        Ok(ReadsAfter {
            row: reads::end(&self.store.reader)?.n,
            proof: proofs::last(&self.store.reader)?,
        })
    }

    /// Takes rows of the hub's ledger once they were checked, and returns whether there may be
    /// more. Rows that do not go on from those held here are not taken: they raise an alarm.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn take_reads(&self, part: &ReadPart) -> Result<bool, StoreError> {
        self.note_acknowledged(clock::now())?;
        let rows = self.take_rows(part)?;
        let Some(proof) = part.proof.clone() else {
            return Ok(rows);
        };
        // One that cannot be read is kept as well: else it would be asked for again and again.
        let release = Proof::unpack(&proof.bytes).map(|read| read.release.to_string());
        self.store.write(move |db| {
            proofs::put(
                db,
                proof.n,
                release.as_deref().unwrap_or_default(),
                &proof.bytes,
            )
        })?;
        Ok(true)
    }

    /// Notes once a day what the hub has acknowledged, so that a release that is dated back is
    /// found.
    fn note_acknowledged(&self, now: Timestamp) -> Result<(), StoreError> {
        let day = now.ms().div_euclid(DAY_MS);
        if proofs::is_noted(&self.store.reader, day)? {
            return Ok(());
        }
        let own = self.dix();
        let logs = self.logs(Owner::Location).iter();
        let heights = logs.map(|(dix, log)| {
            // Entries of another device came from the hub.
            let dseq = match Some(*dix) == own {
                true => log.acknowledged,
                false => log.height.dseq,
            };
            (*dix, dseq)
        });
        let heights: Heights = heights.collect();
        self.store
            .write(move |db| proofs::note_acknowledged(db, day, &heights))?;
        Ok(())
    }

    /// Returns the proof about a release that the hub sent this location; none if it sent none.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn release_proof(&self, id: &ReleaseId) -> Result<Option<Proof>, StoreError> {
        let bytes = proofs::of(&self.store.reader, &id.to_string())?;
        Ok(bytes.and_then(|bytes| Proof::unpack(&bytes)))
    }

    fn take_rows(&self, part: &ReadPart) -> Result<bool, StoreError> {
        if self.setting::<String>(Key::ReadsAlarm)?.is_some() {
            return Ok(false);
        }
        let location = self.location(Owner::Location);
        let ours = reads::end(&self.store.reader)?;
        let zero = &self.hub.roster;
        let checked = ours.follow(&location, part, |device| zero.dix_of(device).is_some());
        if let Err(gap) = checked {
            let text = alarm(&gap);
            tracing::error!(%gap, "the hub's ledger of reads does not go on");
            self.set_setting(Key::ReadsAlarm, text)?;
            return Ok(false);
        }
        let mut chain = if ours.n == 0 { part.before } else { ours };
        let mut taken: Vec<(ReadRow, ReadChain)> = Vec::new();
        for row in &part.rows {
            chain = chain
                .with(&location, row)
                .expect("follow checked that the rows go on");
            taken.push((row.clone(), chain));
        }
        let more = taken.len() == READS_ROWS_MAX;
        if !taken.is_empty() {
            self.store.write(move |db| {
                taken
                    .iter()
                    .try_for_each(|(row, chain)| reads::put(db, row, &chain.hash))
            })?;
        }
        Ok(more)
    }

    /// Returns the newest rows of who read this location.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn read_ledger(&self, rows_max: usize) -> Result<ReadLedger, StoreError> {
        Ok(ReadLedger {
            rows: reads::newest(&self.store.reader, rows_max)?,
            alarm: self.setting(Key::ReadsAlarm)?,
        })
    }
}

/// The alarm in words for people.
fn alarm(gap: &ReadGap) -> String {
    format!(
        "The hub’s ledger of who read you does not go on from what this computer holds: {gap}. \
         Rows were changed or left out, or the hub was restored from an older backup. The rows \
         held here stay, and no more are taken. Ask the national team what happened, and show \
         them this."
    )
}
