//! Entries at which the program aborted. Each is noted before a document applies it, and left out
//! once it has aborted the program three times.

use std::collections::BTreeSet;

use rusqlite::Connection;
use weft_host::intake::{Intake, ended_words};
use weft_shared::id::Dix;
use weft_store::StoreError;

use super::{
    Store,
    documents::{Loaded, Pending, Place, RunPlace, TakenIn, read_run, take_queue},
};
use crate::store::{
    Owner, derived, ended,
    problems::{self, Problem},
};

/// The note of entries being applied, and the runs that are left out.
#[derive(Debug)]
pub(super) struct Ends {
    intake: Intake,
    left_out: BTreeSet<ended::Place>,
}

/// The version that left a run out. A later one tries it again.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Ends {
    /// Reads the note beside the store, and records the newly left-out entry in the store. Entries
    /// that another version left out are tried again, together with everything else.
    pub(super) fn open(store: &Store) -> Result<Self, StoreError> {
        let path = store.writer.path().with_extension("intake");
        let mut intake = Intake::open(&path, VERSION);
        let condemned = intake.condemned().and_then(|one| parse(&one.entry));
        if let Some(place) = condemned {
            let (owner, dix, dseq, _) = place;
            tracing::error!(?owner, dix = dix.0, dseq, "an entry is set aside");
            store.write(move |db| ended::put(db, place, VERSION))?;
        }
        intake.settle();
        store
            .writer
            .begin_again_blocking(|db| match ended::forget_others(db, VERSION)? {
                0 => Ok(()),
                _ => derived::reset(db).map(drop),
            })?;
        Ok(Self {
            intake,
            left_out: ended::all(&store.reader)?.into_iter().collect(),
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

    /// Lists all left-out runs among the problems of their documents.
    pub(super) fn name_all(&self, store: &Store) -> Result<(), StoreError> {
        if self.is_empty() {
            return Ok(());
        }
        let left_out = self.left_out.iter();
        let problems: Vec<_> = left_out
            .map(|(owner, dix, dseq, number)| Problem {
                owner: *owner,
                dix: *dix,
                dseq: *dseq,
                number: *number,
                held: false,
                reason: ended_words(VERSION),
            })
            .collect();
        store.write(move |db| problems.iter().try_for_each(|one| problems::put(db, one)))?;
        Ok(())
    }

    /// Notes runs, then hands them to their document.
    pub(super) fn hand_over(
        &mut self,
        db: &Connection,
        (owner, document): Place,
        loaded: &mut Loaded,
        runs: Vec<Pending>,
    ) -> Result<TakenIn, StoreError> {
        let left_out = |(dix, dseq, number)| {
            let ended = self.left_out.contains(&(owner, dix, dseq, number));
            ended.then(|| ended_words(VERSION))
        };
        let queue = loaded.queue(runs, |place| read_run(db, owner, place), left_out)?;
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

/// Parses the text that [`name`] writes.
fn parse(text: &str) -> Option<(Owner, Dix, u64, u32)> {
    let mut parts = text.split('.');
    let owner = parts.next()?;
    let owners = [Owner::Hub, Owner::Location].into_iter();
    let owner = owners
        .into_iter()
        .find(|one| (*one as i64).to_string() == owner)?;
    let dix = Dix(parts.next()?.parse().ok()?);
    Some((
        owner,
        dix,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    ))
}
