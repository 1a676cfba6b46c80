//! Serves the queue of jobs: one group after another, and the chores after each commit.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};
use tokio::{runtime, sync::mpsc, time};

use super::{
    WriterOptions, damage,
    group::{Group, Queued},
};
use crate::{error::StoreError, limits};

/// Work for after the next commit, outside any transaction.
#[derive(Debug, Default)]
pub(super) struct Chores {
    /// Empty the log of changes.
    pub(super) scrub: AtomicBool,
    /// Take the derived tables out of a damaged database.
    pub(super) take_out: AtomicBool,
}

/// The one connection that writes, and the jobs for it.
pub(super) struct Server {
    connection: Connection,
    jobs: mpsc::Receiver<Queued>,
    options: WriterOptions,
    path: PathBuf,
    chores: Arc<Chores>,
    /// The time to try again to empty the log, if that could not be done.
    late: Option<Instant>,
}

impl Server {
    pub(super) fn new(
        (connection, emptied): (Connection, bool),
        jobs: mpsc::Receiver<Queued>,
        options: WriterOptions,
        (path, chores): (PathBuf, Arc<Chores>),
    ) -> Self {
        Self {
            connection,
            jobs,
            options,
            path,
            chores,
            late: (!emptied).then(|| Instant::now() + limits::SCRUB_RETRY_INTERVAL),
        }
    }

    /// Serves until the last handle is gone or the disk fails.
    pub(super) fn run(mut self) {
        while let Some(first) = self.next() {
            let time_max = limits::WRITER_GROUP_TIME_MAX;
            if let Err(error) = self.step(first, (usize::MAX, time_max)) {
                // No job may wait any more when that becomes known.
                self.jobs.close();
                (self.options.on_fatal)(&error);
                return;
            }
        }
    }

    /// Serves up to `jobs_max` of the jobs that wait.
    ///
    /// # Errors
    /// If the disk has failed: nothing may be served any more.
    pub(super) fn step_now(&mut self, jobs_max: usize) -> Result<(), StoreError> {
        // No time passes: what was put off is tried again at each step.
        self.late = self.late.map(|_| Instant::now());
        let first = (jobs_max > 0).then(|| self.jobs.try_recv().ok()).flatten();
        self.step(first, (jobs_max, Duration::MAX))
    }

    /// Commits a group of jobs that begins with `first`, if there is one, and does the chores.
    fn step(&mut self, first: Option<Queued>, most: (usize, Duration)) -> Result<(), StoreError> {
        let group = first.map(|first| {
            let limits = (&self.options, &self.chores, most);
            let mut group = Group::gather(&self.connection, first, &mut self.jobs, limits);
            (group.commit(&self.connection), group)
        });
        let (committed, group) = group.unzip();
        let done = committed.unwrap_or(Ok(()));
        let done = done.and_then(|()| self.do_chores());
        if let Some(group) = group {
            group.tell();
        }
        let Err(error) = done else {
            return Ok(());
        };
        let error = error.at(&self.path);
        tracing::error!(%error, "the store failed");
        match error.is_fatal() {
            true => Err(error),
            false => Ok(()),
        }
    }

    /// Waits for a job; nothing if the time has come to try the chores again before there is one.
    fn next(&mut self) -> Option<Option<Queued>> {
        let timer = self.late.and_then(|late| {
            let timer = runtime::Builder::new_current_thread().enable_time().build();
            Some((late, timer.ok()?))
        });
        let Some((late, timer)) = timer else {
            return self.jobs.blocking_recv().map(Some);
        };
        timer.block_on(async {
            match time::timeout_at(late.into(), self.jobs.recv()).await {
                Ok(job) => job.map(Some),
                Err(_) => Some(None),
            }
        })
    }

    fn do_chores(&mut self) -> Result<(), StoreError> {
        if self.chores.take_out.swap(false, Ordering::AcqRel) {
            damage::take_out(&self.connection, self.options.derived)?;
        }
        let asked = self.chores.scrub.swap(false, Ordering::AcqRel);
        if !asked && self.late.is_none_or(|at| at > Instant::now()) {
            return Ok(());
        }
        self.late = match empty_log(&self.connection) {
            Ok(true) => None,
            Err(error) if error.is_fatal() => return Err(error),
            failed => {
                tracing::warn!(
                    ?failed,
                    "the write-ahead log still holds deleted words: emptying it is tried again"
                );
                Some(Instant::now() + limits::SCRUB_RETRY_INTERVAL)
            }
        };
        Ok(())
    }
}

/// Returns whether no reader stood in the way.
pub(super) fn empty_log(connection: &Connection) -> Result<bool, StoreError> {
    connection.busy_timeout(limits::SCRUB_WAIT_MAX)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, i64>(0)
    });
    connection.busy_timeout(limits::BUSY_WAIT_MAX)?;
    match busy {
        Ok(busy) => Ok(busy == 0),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Ok(false),
            _ => Err(error.into()),
        },
    }
}
