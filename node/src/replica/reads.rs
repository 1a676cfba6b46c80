//! The hub's ledger of who read this location: fetched in the session, checked, and kept.

use std::collections::BTreeMap;

use weft_host::clock;
use weft_shared::{
    id::{DocName, ReleaseHash},
    identity::reads::{ReadChain, ReadGap, ReadPart, ReadRow, ReadsAfter, SeenTag, SentSeen},
    model::{
        clean_text,
        release::{Link, ReleaseId},
        schema::DocKind,
    },
    release::{Heights, Proof},
    time::{DAY_MS, Timestamp},
    wire::limits::READS_ROWS_MAX,
};

use super::{DocumentError, Replica};
use crate::store::{
    Owner, StoreError, proofs,
    reads::{self, Acceptance, KeptRead, ReadAlarm},
    seen,
};

/// The rows of who read this location, and whether the hub's word can be relied on.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadLedger {
    /// The newest rows first.
    pub(crate) rows: Vec<KeptRead>,
    /// The times when the ledger did not go on from what is held here, the newest first.
    pub(crate) alarms: Vec<ReadAlarm>,
}

impl ReadLedger {
    /// The alarm that waits for a person.
    pub(crate) fn alarm(&self) -> Option<&ReadAlarm> {
        self.alarms.first().filter(|one| one.accepted.is_none())
    }
}

/// Why an alarm was not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAccepted {
    /// There is no alarm.
    #[error("There is no alarm to accept: the hub’s ledger of who read you goes on.")]
    NoAlarm,
    /// The reason is missing, or too long.
    #[error(
        "The reason has {found} characters, and needs {REASON_CHARS_MIN} to {REASON_CHARS_MAX}: \
         what the national team said happened, and who said it."
    )]
    Reason {
        /// Its characters.
        found: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Characters of the reason for which an alarm is accepted.
const REASON_CHARS_MIN: usize = 10;
const REASON_CHARS_MAX: usize = 500;

impl Replica {
    /// Returns the last row and the last proof that are held here, after which the hub is asked.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn reads_after(&self) -> Result<ReadsAfter, StoreError> {
        Ok(ReadsAfter {
            row: reads::end(&self.store.reader)?.n,
            proof: proofs::last(&self.store.reader)?,
            seen: match seen::get(&self.store.reader)? {
                Some((_, bytes)) => SentSeen::tag(&bytes),
                None => SeenTag::default(),
            },
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
        if let Some(sent) = &part.seen {
            self.take_seen(sent)?;
        }
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

    /// Keeps what the national team sees of this location.
    fn take_seen(&self, sent: &SentSeen) -> Result<(), StoreError> {
        let SentSeen { at, tag, bytes } = sent.clone();
        let Some(bytes) = bytes else {
            // Without its bytes it says only that what is held here is still so, if it names that.
            if tag == self.reads_after()?.seen {
                self.store.write(move |db| seen::confirm(db, at))?;
            }
            return Ok(());
        };
        self.store.write(move |db| seen::put(db, at, &bytes))?;
        Ok(())
    }

    /// Notes what is seen for the first time of the chain of releases and of those that are
    /// announced. It runs once both ends hold the same.
    ///
    /// # Errors
    /// If the document cannot be read, or the store fails.
    pub(crate) fn note_releases(&mut self, now: Timestamp) -> Result<(), DocumentError> {
        let name = DocName::first(DocKind::Releases.to_string());
        let document = self.document(Owner::Hub, &name)?;
        let (notices, links) = (document.notices(), document.release_links());
        let reader = &self.store.reader;
        let (known, seen) = (proofs::announced(reader)?, proofs::links(reader)?);
        let notices = notices.keys().map(ToString::to_string);
        let notices: Vec<String> = notices.filter(|id| !known.contains(id)).collect();
        let links = links.into_iter().filter(|(n, _)| !seen.contains_key(n));
        let links: Vec<(u32, Link)> = links.collect();
        if notices.is_empty() && links.is_empty() {
            return Ok(());
        }
        // Heights that were noted today may have come after the announcement.
        let today = now.ms().div_euclid(DAY_MS);
        let heights = proofs::acknowledged_before(reader, today)?;
        self.store.write(move |db| {
            for id in &notices {
                proofs::note_announced(db, id, &heights)?;
            }
            let mut links = links.iter();
            links.try_for_each(|(n, link)| proofs::note_link(db, *n, &link.hash()))
        })?;
        Ok(())
    }

    /// Returns the heights that the hub had acknowledged before the day on which it was first seen
    /// here that a release was announced; none if that was not seen.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn acknowledged_at(&self, id: &ReleaseId) -> Result<Heights, StoreError> {
        proofs::acknowledged_at(&self.store.reader, &id.to_string())
    }

    /// Returns the links of the chain of releases as they were first seen here.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn links_seen(&self) -> Result<BTreeMap<u32, ReleaseHash>, StoreError> {
        proofs::links(&self.store.reader)
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
        if self.reads_alarm()?.is_some() {
            return Ok(false);
        }
        let location = self.location(Owner::Location);
        let ours = reads::end(&self.store.reader)?;
        let zero = &self.hub.roster;
        let checked = ours.follow(&location, part, |device| zero.dix_of(device).is_some());
        if let Err(gap) = checked {
            let text = alarm(&gap);
            tracing::error!(%gap, "the hub's ledger of reads does not go on");
            self.store
                .write(move |db| reads::raise(db, clock::now(), &text))?;
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
            alarms: reads::alarms(&self.store.reader)?,
        })
    }

    /// Returns the alarm about the hub's ledger that waits for a person.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn reads_alarm(&self) -> Result<Option<ReadAlarm>, StoreError> {
        let newest = reads::alarms(&self.store.reader)?.into_iter().next();
        Ok(newest.filter(|one| one.accepted.is_none()))
    }

    /// Returns the number of rows that go on from one another up to now.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn reads_checked(&self) -> Result<u64, StoreError> {
        reads::count(&self.store.reader)
    }

    /// Takes a person's word that the hub's ledger may go on from what the hub has now. The rows
    /// that are held here stay, and so do the alarm and the reason.
    ///
    /// # Errors
    /// If there is no alarm, no reason, or the store fails.
    pub(crate) fn accept_reads(&self, reason: &str, now: Timestamp) -> Result<(), NotAccepted> {
        if self.reads_alarm()?.is_none() {
            return Err(NotAccepted::NoAlarm);
        }
        let reason = clean_text(reason);
        let found = reason.chars().count();
        if !(REASON_CHARS_MIN..=REASON_CHARS_MAX).contains(&found) {
            return Err(NotAccepted::Reason { found });
        }
        let device = self.device().map(|device| device.name.clone());
        let by = Acceptance {
            at: now,
            device: device.unwrap_or_default(),
            reason,
        };
        self.store.write(move |db| reads::accept(db, &by))?;
        Ok(())
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
