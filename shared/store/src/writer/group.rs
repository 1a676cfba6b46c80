//! One commit: its jobs, their savepoints and their answers.

use std::{
    any::Any,
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::WriterOptions;
use crate::{error::StoreError, limits};

/// A job on its way to the writer thread. What is the same for jobs of all kinds is compiled once:
/// only the kind of the answer is the caller's.
pub(super) struct Queued {
    bytes: usize,
    run: Box<Job>,
    answer: oneshot::Sender<Answer>,
}

/// Runs inside the open transaction.
type Job = dyn FnOnce(&Connection) -> Done + Send;

/// What a job gave back, as its caller knows it, or why nothing of it was saved.
pub(super) type Answer = Result<Box<dyn Any + Send>, StoreError>;

/// What a job did before the commit.
struct Done {
    /// Whether its savepoint may stand.
    stands: bool,
    /// What SQLite said, where the job failed because of it.
    store_error: Option<StoreError>,
    /// The job's own result.
    result: Box<dyn Any + Send>,
}

/// What became of a job before the commit, and who waits for the fate of that.
struct Ran {
    /// Whether its savepoint may stand.
    stands: bool,
    /// What SQLite said, where the job failed because of it.
    store_error: Option<StoreError>,
    result: Answer,
    answer: oneshot::Sender<Answer>,
}

impl Queued {
    pub(super) fn new<T, E, F>(bytes: usize, job: F, answer: oneshot::Sender<Answer>) -> Self
    where
        T: Send + 'static,
        E: From<StoreError> + Error + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let run = move |connection: &Connection| {
            let result = job(connection);
            let error = result.as_ref().err();
            Done {
                stands: error.is_none(),
                store_error: error.and_then(|error| StoreError::behind(error)),
                result: Box::new(result),
            }
        };
        Self {
            bytes,
            run: Box::new(run),
            answer,
        }
    }

    fn run(self, connection: &Connection) -> Ran {
        let (answer, run) = (self.answer, self.run);
        match catch_unwind(AssertUnwindSafe(|| run(connection))) {
            Ok(done) => Ran {
                stands: done.stands,
                store_error: done.store_error,
                result: Ok(done.result),
                answer,
            },
            Err(panic) => Ran::failed(panicked(&*panic), answer),
        }
    }
}

impl Ran {
    fn failed(error: StoreError, answer: oneshot::Sender<Answer>) -> Self {
        Self {
            stands: false,
            store_error: Some(error.clone()),
            result: Err(error),
            answer,
        }
    }

    /// Tells the caller, now that the fate of the commit is known.
    fn tell(self, committed: Result<(), StoreError>) {
        let result = match committed {
            Err(error) if self.stands => Err(error),
            Ok(()) | Err(_) => self.result,
        };
        // Whoever asked may have gone: the work is done all the same.
        let _gone = self.answer.send(result);
    }
}

/// Jobs that have run inside one open transaction.
pub(super) struct Group {
    ran: Vec<Ran>,
    failed: Option<StoreError>,
}

impl Group {
    /// Opens a transaction and runs `first` and whatever else is waiting, within the limits.
    pub(super) fn gather(
        connection: &Connection,
        first: Queued,
        jobs: &mut mpsc::Receiver<Queued>,
        options: &WriterOptions,
    ) -> Self {
        let mut group = Self {
            ran: Vec::new(),
            failed: execute(connection, "BEGIN IMMEDIATE").err(),
        };
        let started = Instant::now();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(job) = next {
            bytes += job.bytes;
            group.run(connection, job);
            let more = group.failed.is_none()
                && group.ran.len() < options.group_jobs_max
                && bytes < options.group_bytes_max
                && started.elapsed() < limits::WRITER_GROUP_TIME_MAX;
            next = if more { jobs.try_recv().ok() } else { None };
        }
        group
    }

    fn run(&mut self, connection: &Connection, job: Queued) {
        if self.failed.is_none() {
            self.failed = execute(connection, "SAVEPOINT job").err();
        }
        if let Some(error) = &self.failed {
            // Only the first job of a group can come here: nothing may run without a transaction.
            self.ran.push(Ran::failed(error.clone(), job.answer));
            return;
        }
        let ran = job.run(connection);
        // A full disk or a failing one makes SQLite roll back the whole transaction by itself.
        if connection.is_autocommit() || ran.store_error.as_ref().is_some_and(StoreError::is_fatal)
        {
            self.failed = Some(ran.store_error.clone().unwrap_or(StoreError::Full));
        } else {
            let end = if ran.stands {
                "RELEASE job"
            } else {
                "ROLLBACK TO job"
            };
            self.failed = execute(connection, end).err();
            if !ran.stands && self.failed.is_none() {
                self.failed = execute(connection, "RELEASE job").err();
            }
        }
        self.ran.push(ran);
    }

    /// Commits, then answers everybody; where the commit fails, nobody is told that it stands.
    pub(super) fn commit(self, connection: &Connection) -> Result<(), StoreError> {
        let committed = match self.failed {
            None => execute(connection, "COMMIT"),
            Some(error) => Err(error),
        };
        if committed.is_err() && !connection.is_autocommit() {
            // The reason for the failure stands already; a rollback that fails adds nothing.
            let _also_failed = execute(connection, "ROLLBACK");
        }
        for ran in self.ran {
            ran.tell(committed.clone());
        }
        committed
    }
}

fn execute(connection: &Connection, statement: &str) -> Result<(), StoreError> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let what = text.or_else(|| panic.downcast_ref::<&str>().copied());
    StoreError::Panicked {
        what: what.unwrap_or("no message").to_owned(),
    }
}
