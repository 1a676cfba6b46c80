//! Entries at which the program aborted. Each is noted before a document applies it, and left out
//! once it has aborted the program three times.

use std::collections::BTreeSet;

use rusqlite::Connection;
use weft_host::intake::{Intake, ended_words};
use weft_shared::{
    id::{DeviceIndex, DocId},
    identity::TeamKeys,
};
use weft_store::{StoreError, quarantine::State};

use super::{
    Store,
    documents::{Loaded, Pending, Place, RunPlace, TakenIn, read_run, take_queue},
};
use crate::store::{Owner, derived, entries, quarantine};

/// The note of entries being applied, and the runs that are left out.
#[derive(Debug)]
pub(super) struct Ends {
    intake: Intake,
    left_out: BTreeSet<(Place, DeviceIndex, u64)>,
}

/// The version that left a run out. A later one tries it again.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Ends {
    /// Reads the note beside the store, and records the newly left-out entry in the store. Entries
    /// that another version left out are tried again, together with everything else.
    pub(super) fn open(store: &Store) -> Result<Self, StoreError> {
        let path = store.writer.path().with_extension("intake");
        let mut intake = Intake::open(&path, VERSION);
        let condemned = intake.condemned().and_then(|one| {
            let (_, doc) = one.document.split_once('/')?;
            Some((parse(&one.entry)?, doc.parse::<DocId>().ok()?))
        });
        if let Some(((owner, dix, dseq), doc)) = condemned {
            tracing::error!(?owner, dix = dix.0, dseq, "an entry is set aside");
            store.write(
                move |db| match entries::hub_seq(db, owner.lix(), dix, dseq)? {
                    Some(seq) => {
                        quarantine::put(db, owner.lix(), &doc, seq, (State::Ended, VERSION))
                    }
                    None => Ok(()),
                },
            )?;
        }
        intake.settle();
        store.writer.begin_again_blocking(|db| {
            match quarantine::forget_ended(db, Some(VERSION))? {
                0 => Ok(()),
                _ => derived::reset(db).map(drop),
            }
        })?;
        let left_out = quarantine::all(&store.reader, usize::MAX)?.into_iter();
        let left_out = left_out.filter(|one| one.state == State::Ended);
        let left_out = left_out.filter_map(|one| {
            let mut owners = [Owner::Hub, Owner::Location].into_iter();
            let owner = owners.find(|owner| owner.lix() == one.lix)?;
            Some(((owner, one.doc), one.dix, one.dseq))
        });
        Ok(Self {
            intake,
            left_out: left_out.collect(),
        })
    }

    /// Whether nothing is left out.
    pub(super) fn is_empty(&self) -> bool {
        self.left_out.is_empty()
    }

    /// Forgets what was left out, so that everything is tried again.
    pub(super) fn forget(&mut self) {
        self.left_out.clear();
    }

    /// Notes runs, then hands them to their document.
    pub(super) fn hand_over(
        &mut self,
        db: &Connection,
        ((owner, document), keys): (Place, &TeamKeys),
        loaded: &mut Loaded,
        runs: Vec<Pending>,
    ) -> Result<TakenIn, StoreError> {
        let left_out = |(dix, dseq, _)| {
            let ended = self.left_out.contains(&((owner, document), dix, dseq));
            ended.then(|| ended_words(VERSION))
        };
        let queue = loaded.queue(runs, |place| read_run(db, owner, place, keys), left_out)?;
        let names = queue.places().map(|place| name(owner, place)).collect();
        let document = format!("{}/{document}", owner as i64);
        let taken = take_queue(loaded, queue, &mut self.intake.witness(document, names));
        self.intake.done();
        Ok(taken)
    }
}

fn name(owner: Owner, (dix, dseq, number): RunPlace) -> String {
    format!("{}.{}.{dseq}.{number}", owner as i64, dix.0)
}

/// Parses the text that [`name`] writes; the number of the run is not needed.
fn parse(text: &str) -> Option<(Owner, DeviceIndex, u64)> {
    let mut parts = text.split('.');
    let owner = parts.next()?;
    let mut owners = [Owner::Hub, Owner::Location].into_iter();
    let owner = owners.find(|one| (*one as i64).to_string() == owner)?;
    Some((
        owner,
        DeviceIndex(parts.next()?.parse().ok()?),
        parts.next()?.parse().ok()?,
    ))
}
