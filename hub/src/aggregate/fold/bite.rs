//! Takes bites from the log. While one is taken in, another thread reads and scans the next one, if
//! it waits already: that needs nothing but the log.

use std::{
    collections::BTreeMap,
    thread::{self, JoinHandle},
};

use rusqlite::Connection;
use weft_shared::{
    id::{DeviceId, DocId},
    identity::TeamKeys,
    log::{
        entry::{Opener, ScannedRun},
        size::DocumentSize,
    },
    time::Timestamp,
};
use weft_store::cache::Run;

use super::{Aggregator, LocationRow, StoreError};
use crate::{
    aggregate::origins::Spans,
    limits,
    store::entries::{self, Origin, StoredEntry},
};

/// Entries of the log in the order of their commits, and how far they reach.
pub(super) struct Bite {
    pub(super) entries: Vec<Scanned>,
    pub(super) reached: Option<u64>,
}

/// An entry whose changes have been scanned; none if it is void.
pub(super) struct Scanned {
    lix: LocationRow,
    hub_seq: u64,
    device: DeviceId,
    created: Timestamp,
    runs: Vec<ScannedRun>,
}

/// One document's share of a bite.
#[derive(Default)]
pub(super) struct Work {
    pub(super) runs: Vec<Run<u64>>,
    /// The hashes of their changes, one after another, of runs that are not refused.
    pub(super) hashes: Vec<[u8; 32]>,
    /// The changes of these runs, by the devices that made them.
    pub(super) spans: Spans,
}

/// The next bite, on its way from the log. Entries of it may be dropped meanwhile, and then
/// something is made again: the code that does so forgets it.
#[derive(Default)]
pub(super) struct Next {
    /// The connection of the thread that reads.
    conn: Option<Connection>,
    /// The entry after which it reads.
    pub(super) reading: Option<(u64, JoinHandle<Reading>)>,
}

type Reading = (Connection, Result<Bite, StoreError>);

impl Scanned {
    /// Scans entries one after another.
    pub(super) fn all(entries: Vec<(Origin, StoredEntry)>) -> Vec<Self> {
        // Runs that a team sealed are not for the hub.
        let none = TeamKeys::NONE;
        let mut opener = Opener::with(&none);
        let scanned = entries.into_iter().map(|(origin, stored)| Self {
            lix: origin.lix,
            hub_seq: stored.hub_seq,
            device: stored.entry.header.device,
            created: stored.entry.header.created,
            runs: match stored.void {
                Some(_) => Vec::new(),
                None => stored.entry.scanned_by(&mut opener),
            },
        });
        scanned.collect()
    }
}

impl Bite {
    /// Reads the entries after `hub_seq`, within the limits.
    fn read(conn: &Connection, hub_seq: u64, entries_max: usize) -> Result<Self, StoreError> {
        let most = DocumentSize {
            raw_bytes: limits::FOLD_BYTES_MAX,
            operations: limits::FOLD_OPS_MAX,
            changes: u64::MAX,
        };
        let (entries, reached) = entries::after(conn, hub_seq, entries_max, most)?;
        Ok(Self {
            entries: Scanned::all(entries),
            reached,
        })
    }
}

impl Next {
    /// Takes the bite after this entry, if it is the one that was read.
    fn take(&mut self, hub_seq: u64) -> Option<Result<Bite, StoreError>> {
        let (after, thread) = self.reading.take()?;
        let read = thread.join();
        let (conn, bite) = read.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        self.conn = Some(conn);
        (after == hub_seq).then_some(bite)
    }

    /// Forgets what was read.
    pub(super) fn forget(&mut self) {
        self.take(0);
    }
}

impl Drop for Next {
    fn drop(&mut self) {
        // Nothing may read a store that is closed.
        if let Some((_, thread)) = self.reading.take() {
            let _panicked = thread.join();
        }
    }
}

impl Aggregator {
    /// The entries after those that were read.
    pub(super) fn next_bite(&mut self) -> Result<Bite, StoreError> {
        let from = self.read_up_to();
        match self.next.take(from) {
            Some(bite) => bite,
            None => Bite::read(&self.conn, from, self.entries_max),
        }
    }

    /// Has the entries after this one read while it goes on with others.
    pub(super) fn read_ahead(&mut self, hub_seq: u64) -> Result<(), StoreError> {
        if self.store.writer().is_simulated() {
            return Ok(());
        }
        let conn = match self.next.conn.take() {
            Some(conn) => conn,
            None => self.store.reader()?,
        };
        let entries_max = self.entries_max;
        let thread = thread::Builder::new().name("weft-log".to_owned());
        let read = move || {
            let bite = Bite::read(&conn, hub_seq, entries_max);
            (conn, bite)
        };
        // Without a thread it is read later.
        self.next.reading = thread.spawn(read).ok().map(|thread| (hub_seq, thread));
        Ok(())
    }

    /// Groups changes by document.
    pub(super) fn sort(
        &mut self,
        bite: Vec<Scanned>,
    ) -> Result<BTreeMap<(LocationRow, DocId), Work>, StoreError> {
        let mut sorted: BTreeMap<(LocationRow, DocId), Work> = BTreeMap::new();
        for one in bite {
            self.location(one.lix)?;
            for run in one.runs {
                let work = sorted.entry((one.lix, run.doc)).or_default();
                let (changes, refused) = match run.changes {
                    Ok(changes) => (changes, None),
                    Err(why) => (Vec::new(), Some(why)),
                };
                if refused.is_none() {
                    work.hashes.extend(run.spans.iter().map(|span| span.hash));
                    work.spans.add((one.device, run.n), one.hub_seq, run.spans);
                }
                let alike = |last: &&mut Run<u64>| {
                    last.place == one.hub_seq && last.refused.is_none() && refused.is_none()
                };
                match work.runs.last_mut().filter(alike) {
                    Some(run) => run.changes.extend(changes),
                    None => work.runs.push(Run {
                        place: one.hub_seq,
                        created: one.created,
                        changes,
                        refused,
                    }),
                }
            }
        }
        Ok(sorted)
    }
}
