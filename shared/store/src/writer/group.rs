//! One commit: its jobs, their savepoints and their answers.

use std::{
    any::Any,
    cell::RefCell,
    error::Error,
    fmt,
    marker::PhantomData,
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{WriterOptions, server::Chores};
use crate::error::StoreError;

/// A job on its way to the writer thread. What is the same for jobs of all kinds is compiled once:
/// only the kind of the answer is the caller's.
pub(super) struct Queued {
    bytes: usize,
    run: Box<Job>,
    answer: oneshot::Sender<JobResult>,
}

/// Runs inside the open transaction.
type Job = dyn FnOnce(&Transaction<'_>) -> Done + Send;

/// The transaction of one job: a connection to write with, and the closures that run once it is
/// committed.
pub struct Transaction<'a> {
    connection: &'a Connection,
    chores: &'a Arc<Chores>,
    after: RefCell<Vec<Box<dyn FnOnce() + Send>>>,
}

impl Transaction<'_> {
    /// Runs `then` on the writer thread once the commit has returned and before the caller is
    /// answered, but only if this job's changes stand. Closures run in the order of their jobs.
    /// They must be short, because all other writes wait.
    pub fn on_commit(&self, then: impl FnOnce() + Send + 'static) {
        self.after.borrow_mut().push(Box::new(then));
    }

    /// Empties the write-ahead log after the commit: it still holds what this job deletes. If that
    /// fails, or somebody reads just then, it is tried again until it is done.
    pub fn scrub(&self) {
        let chores = Arc::clone(self.chores);
        self.on_commit(move || chores.scrub.store(true, Ordering::Release));
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

/// The result of a job, in its caller's type, or the reason why nothing of it was saved.
pub(super) type JobResult = Result<Box<dyn Any + Send>, StoreError>;

/// A job on its way to the disk.
#[derive(Debug)]
#[must_use = "its outcome says whether anything was saved"]
pub struct Underway<T, E> {
    answered: oneshot::Receiver<JobResult>,
    is_simulated: bool,
    result: PhantomData<fn() -> Result<T, E>>,
}

impl<T: 'static, E: From<StoreError> + 'static> Underway<T, E> {
    pub(super) const fn new(answered: oneshot::Receiver<JobResult>, is_simulated: bool) -> Self {
        Self {
            answered,
            is_simulated,
            result: PhantomData,
        }
    }

    /// Waits until the commit is on disk.
    ///
    /// # Errors
    /// If the job returns one, or the store fails: nothing of the job was saved then.
    ///
    /// # Panics
    /// If it is called from asynchronous code.
    pub fn wait(mut self) -> Result<T, E> {
        match self.is_simulated {
            true => result_of(self.answered.try_recv()),
            false => result_of(self.answered.blocking_recv()),
        }
    }
}

/// The result of a job, in its sender's type.
pub(super) fn result_of<T: 'static, E: From<StoreError> + 'static, Gone>(
    answer: Result<JobResult, Gone>,
) -> Result<T, E> {
    let result = answer.map_err(|_| StoreError::Closed)??;
    *result.downcast().expect("what the job gave back")
}

/// The outcome of a job before the commit.
struct Done {
    /// Whether its savepoint may stand.
    stands: bool,
    /// The error of SQLite, if the job failed because of one.
    store_error: Option<StoreError>,
    /// The job's own result.
    result: Box<dyn Any + Send>,
}

/// The outcome of a job before the commit, and the caller that waits for the commit.
struct Ran {
    /// Whether its savepoint may stand.
    stands: bool,
    /// The error of SQLite, if the job failed because of one.
    store_error: Option<StoreError>,
    result: JobResult,
    answer: oneshot::Sender<JobResult>,
    /// Closures to run after the commit.
    after: Vec<Box<dyn FnOnce() + Send>>,
}

impl Queued {
    pub(super) fn new<T, E, F>(bytes: usize, job: F, answer: oneshot::Sender<JobResult>) -> Self
    where
        T: Send + 'static,
        E: From<StoreError> + Error + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let run = move |transaction: &Transaction<'_>| {
            let result = job(transaction);
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

    fn run(self, connection: &Connection, chores: &Arc<Chores>) -> Ran {
        let (answer, run) = (self.answer, self.run);
        let transaction = Transaction {
            connection,
            chores,
            after: RefCell::default(),
        };
        match catch_unwind(AssertUnwindSafe(|| run(&transaction))) {
            Ok(done) => Ran {
                stands: done.stands,
                store_error: done.store_error,
                result: Ok(done.result),
                answer,
                after: transaction.after.into_inner(),
            },
            Err(panic) => Ran::failed(panicked(&*panic), answer),
        }
    }
}

impl Ran {
    fn failed(error: StoreError, answer: oneshot::Sender<JobResult>) -> Self {
        Self {
            stands: false,
            store_error: Some(error.clone()),
            result: Err(error),
            answer,
            after: Vec::new(),
        }
    }

    /// Tells the caller, now that the fate of the commit is known.
    fn tell(self, committed: Result<(), StoreError>) {
        let result = match committed {
            Err(error) if self.stands => Err(error),
            Ok(()) | Err(_) => self.result,
        };
        // The caller may have gone; the work is done all the same.
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
        (options, chores, (jobs_max, time_max)): (&WriterOptions, &Arc<Chores>, (usize, Duration)),
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
            group.run(connection, job, chores);
            let more = group.failed.is_none()
                && group.ran.len() < options.group_jobs_max.min(jobs_max)
                && bytes < options.group_bytes_max
                && started.elapsed() < time_max;
            next = if more { jobs.try_recv().ok() } else { None };
        }
        group
    }

    fn run(&mut self, connection: &Connection, job: Queued, chores: &Arc<Chores>) {
        if self.failed.is_none() {
            self.failed = execute(connection, "SAVEPOINT job").err();
        }
        if let Some(error) = &self.failed {
            // Only the first job of a group can come here: nothing may run without a transaction.
            self.ran.push(Ran::failed(error.clone(), job.answer));
            return;
        }
        let ran = job.run(connection, chores);
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

    /// Commits, and then runs the closures that wait for the commit.
    pub(super) fn commit(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let committed = match self.failed.take() {
            None => execute(connection, "COMMIT"),
            Some(error) => Err(error),
        };
        if committed.is_err() && !connection.is_autocommit() {
            // The reason for the failure is known; a rollback that fails adds nothing.
            let _also_failed = execute(connection, "ROLLBACK");
        }
        self.failed = committed.clone().err();
        let standing = self.ran.iter_mut().filter(|ran| ran.stands);
        for ran in standing.filter(|_| committed.is_ok()) {
            for then in ran.after.drain(..) {
                if let Err(panic) = catch_unwind(AssertUnwindSafe(then)) {
                    let error = panicked(&*panic);
                    tracing::error!(%error, "what follows a commit failed; the commit stands");
                }
            }
        }
        committed
    }

    /// Answers the callers. If the commit failed, none learns that its job stands.
    pub(super) fn tell(self) {
        for ran in self.ran {
            ran.tell(self.failed.clone().map_or(Ok(()), Err));
        }
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
