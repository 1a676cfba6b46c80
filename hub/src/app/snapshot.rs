//! Reads of one request: all of them see one state of the hub.
//!
//! What the hub knows is read through a [`Snapshot`] and in no other way. It is one read
//! transaction of the store, with the hub's own documents in memory as that transaction has them.
//! It lasts for one call of [`read`](AppHandle::read) or [`counted`](AppHandle::counted), so a page
//! that is made from one call cannot show one half of a change.

#[cfg(test)]
mod tests;

use std::{ops::Deref, sync::Arc, time::Duration};

use rusqlite::Connection;
use weft_host::{clock, data_dir::DataDir};
use weft_shared::{id::DeviceIndex, time::Timestamp};

use super::{AppError, AppHandle, Shared, own::Standing};
use crate::{
    aggregate::seen::Seen,
    limits::ROLLUP_WAIT_MS_MAX,
    store::{
        LocationRow, StoreError,
        derived::{self, again},
        entries, logs,
    },
};

/// One state of the hub.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) shared: &'a Shared,
    pub(crate) standing: &'a Standing,
}

/// One state of the hub, whose figures hold every entry that was acknowledged before the call, and
/// every entry of the hub's own documents in it.
#[derive(Clone, Debug)]
pub struct Counted<'a> {
    snapshot: Snapshot<'a>,
    /// The last entry in the figures.
    pub(crate) hub_seq: u64,
    /// The last entry that there is, also if the figures are of a moment of the past.
    pub(crate) newest: u64,
    /// The locations, definitions and adoptions that the figures are made with.
    pub(crate) network: Arc<Seen>,
    /// The moment as of which they are, if it is not the present.
    pub(crate) as_of: Option<Timestamp>,
}

impl<'a> Deref for Counted<'a> {
    type Target = Snapshot<'a>;

    fn deref(&self) -> &Snapshot<'a> {
        &self.snapshot
    }
}

/// The outcome of a look at the store. A read that has not run is given back.
enum Look<T, F> {
    Read(T),
    /// Memory is where the store was a moment ago, or will be in a moment.
    Moved(F),
    /// The figures lack entries up to this one, or this ask.
    Behind(F, (u64, u64)),
}

impl AppHandle {
    /// Reads from one state of the hub.
    ///
    /// # Errors
    /// Returns the error of `read`, or an error if the store fails.
    pub async fn read<T, F>(&self, read: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&Snapshot<'_>) -> Result<T, AppError> + Send + 'static,
    {
        let mut read = read;
        for turn in 0..TURNS_MAX {
            let (shared, standing) = (Arc::clone(&self.shared), self.shared.own.standing());
            let look = self.shared.store.read(move |conn| {
                let snapshot = Snapshot {
                    conn,
                    shared: &shared,
                    standing: &standing,
                };
                match snapshot.own_place()? {
                    Some(_) => read(&snapshot).map(Look::Read),
                    None => Ok::<_, AppError>(Look::Moved(read)),
                }
            });
            let look = look.await;
            match self.shared.mended(look).await? {
                Look::Read(found) => return Ok(found),
                Look::Moved(again) | Look::Behind(again, _) => read = again,
            }
            self.shared.pass(turn).await;
        }
        Err(AppError::Own(NEVER_SETTLED.to_owned()))
    }

    /// Reads from one state of the hub that counts every entry acknowledged before the call, and
    /// nothing that was dropped before it.
    ///
    /// # Errors
    /// Returns the error of `read`, or an error if counting takes longer than ten seconds or the
    /// store fails.
    pub async fn counted<T, F>(&self, read: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&Counted<'_>) -> Result<T, AppError> + Send + 'static,
    {
        self.shared.counted(read).await
    }
}

impl Shared {
    /// See [`AppHandle::counted`].
    pub(crate) async fn counted<T, F>(self: &Arc<Self>, read: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&Counted<'_>) -> Result<T, AppError> + Send + 'static,
    {
        let (mut read, mut wanted) = (read, None);
        for turn in 0..TURNS_MAX {
            let (shared, standing) = (Arc::clone(self), self.own.standing());
            let progress = self.aggregate.progress();
            let failed = progress.failed;
            let look = self.store.read(move |conn| {
                let snapshot = Snapshot {
                    conn,
                    shared: &shared,
                    standing: &standing,
                };
                let Some(own) = snapshot.own_place()? else {
                    return Ok(Look::Moved(read));
                };
                let stored =
                    || Ok::<_, StoreError>((entries::last_hub_seq(conn)?, again::asked(conn)?));
                let (seq, ask) = wanted.map_or_else(stored, Ok)?;
                let (seq, folded) = (seq.max(own), derived::folded(conn)?);
                if folded < seq || again::answered(conn)? < ask {
                    return Ok(Look::Behind(read, (seq, ask)));
                }
                if folded != progress.hub_seq {
                    return Ok(Look::Moved(read));
                }
                let today = standing.zone().day(clock::now());
                let counted = Counted {
                    snapshot,
                    hub_seq: folded,
                    newest: folded,
                    network: progress.network.on(today),
                    as_of: None,
                };
                read(&counted).map(Look::Read)
            });
            let look = look.await;
            match (self.mended(look).await?, failed) {
                (Look::Read(found), _) => return Ok(found),
                (Look::Moved(_), Some(why)) => return Err(AppError::Aggregation(why)),
                (Look::Moved(again), None) => {
                    read = again;
                    self.pass(turn).await;
                }
                (Look::Behind(again, missing), _) => {
                    self.reach(missing).await?;
                    (read, wanted) = (again, Some(missing));
                }
            }
        }
        Err(AppError::Aggregation(NEVER_SETTLED.to_owned()))
    }

    /// Has derived state that cannot be read made again from the entries, as its error says.
    async fn mended<T>(&self, look: Result<T, AppError>) -> Result<T, AppError> {
        if let Err(AppError::Store(StoreError::Derived(_))) = &look {
            self.aggregate.mend().await?;
        }
        look
    }

    /// Waits until an entry is in the figures and what an ask dropped is out of them.
    async fn reach(&self, (seq, ask): (u64, u64)) -> Result<(), AppError> {
        let most = Duration::from_millis(ROLLUP_WAIT_MS_MAX);
        let progress = self.aggregate.reach((seq, ask), most).await;
        match progress.failed {
            _ if progress.reached(seq, ask) => Ok(()),
            Some(why) => Err(AppError::Aggregation(why)),
            None => Err(AppError::Behind {
                // A document to be derived again lacks no entry, yet the figures are behind.
                behind: seq.saturating_sub(progress.hub_seq).max(1),
                waited_ms: ROLLUP_WAIT_MS_MAX,
            }),
        }
    }

    /// Lets a commit reach memory. In a simulation it has: there is one thread.
    async fn pass(&self, turn: usize) {
        if turn < 2 || self.store.writer().is_simulated() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(TURN_TIME).await;
        }
    }
}

impl Snapshot<'_> {
    /// The data directory, with the files of releases.
    pub(crate) fn data_dir(&self) -> &DataDir {
        &self.shared.data_dir
    }

    /// Returns the place of the last entry of the hub's own documents; none if memory has another
    /// one than the store.
    fn own_place(&self) -> Result<Option<u64>, StoreError> {
        let (dix, height): (DeviceIndex, u64) = self.standing.height();
        let (stored, place) = logs::last(self.conn, LocationRow::ZERO, dix)?;
        Ok((stored == height).then_some(place))
    }
}

/// Memory follows a commit within microseconds, so this is a fault.
const NEVER_SETTLED: &str = "the hub's memory does not agree with its store; start it again";
const TURNS_MAX: usize = 10_000;
const TURN_TIME: Duration = Duration::from_millis(1);
