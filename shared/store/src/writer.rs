//! One writer thread for each database, and the connections that read it.
//!
//! Jobs are gathered into one transaction, each in a savepoint of its own, and answered only after
//! the commit is on disk. While one commit flushes, the jobs of the next one queue up: a busy store
//! groups hundreds of them, and an idle one answers at once, without waiting for company.

mod damage;
mod group;
mod readers;
#[cfg(test)]
mod tests;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::{
    runtime,
    sync::{mpsc, oneshot},
    time,
};
use weft_host::data_dir;

use self::group::{Answer, Group, Queued};
pub use self::{
    damage::{drop_tables, integrity_problems},
    group::Transaction,
    readers::{Readers, reader},
};
use crate::{
    error::StoreError,
    limits,
    mirror::{Committed, Receipt},
};

/// Whether the store must be there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// It must be there: a store that went missing is never quietly replaced by an empty one.
    Existing,
    /// It may be there, for instance from a set-up that was cut short.
    Create,
}

/// Called once, when the disk has failed and the process must end.
pub type OnFatal = Box<dyn FnOnce(&StoreError) + Send>;

/// How much the writer gathers into one commit, and what it does when the disk fails.
pub struct WriterOptions {
    /// Jobs in one commit.
    pub group_jobs_max: usize,
    /// Bytes in one commit, as [`Writer::run_sized`] declares them.
    pub group_bytes_max: usize,
    /// By default the process ends: a flush that failed must never be tried again.
    pub on_fatal: OnFatal,
    /// The tables that are made from the others, none by default: if only these are damaged, they
    /// are taken out, and `prepare` finds them missing.
    pub derived: &'static [&'static str],
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            group_jobs_max: limits::WRITER_GROUP_JOBS_MAX,
            group_bytes_max: limits::WRITER_GROUP_BYTES_MAX,
            on_fatal: Box::new(end_process),
            derived: &[],
        }
    }
}

impl fmt::Debug for WriterOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterOptions")
            .field("group_jobs_max", &self.group_jobs_max)
            .field("group_bytes_max", &self.group_bytes_max)
            .field("derived", &self.derived)
            .finish_non_exhaustive()
    }
}

/// A handle to the writer thread of one database; the thread ends with the last handle.
///
/// ```no_run
/// # use weft_store::{Open, StoreError, Writer, WriterOptions};
/// # async fn example() -> Result<(), StoreError> {
/// let writer = Writer::open("store.db".as_ref(), Open::Create, WriterOptions::default(), |db| {
///     Ok(db.execute_batch("CREATE TABLE IF NOT EXISTS line (text TEXT NOT NULL) STRICT")?)
/// })?;
/// let row: i64 = writer
///     .run(|db| -> Result<i64, StoreError> {
///         db.prepare_cached("INSERT INTO line VALUES (?1)")?.execute(["kia ora"])?;
///         Ok(db.last_insert_rowid())
///     })
///     .await?; // the line is on disk now
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Queued>,
    path: PathBuf,
    chores: Arc<Chores>,
}

/// Work for the writer thread after the next commit, outside any transaction.
#[derive(Debug, Default)]
struct Chores {
    /// Empty the log of changes.
    scrub: AtomicBool,
    /// Take the derived tables out of a damaged database.
    take_out: AtomicBool,
}

impl Writer {
    /// Opens the database, checks it for damage, lets `prepare` bring its schema to this version,
    /// and starts the writer thread.
    ///
    /// If nothing but derived tables is damaged, these are taken out, and `prepare` makes them
    /// again; it may be called twice.
    ///
    /// # Errors
    /// Says what is wrong with the file, and what to do.
    pub fn open(
        path: &Path,
        open: Open,
        options: WriterOptions,
        prepare: impl FnMut(&mut Connection) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let opened = open_checked(path, open, options.derived, prepare);
        let (connection, emptied) = opened.map_err(|error| error.at(path))?;
        let (queue, jobs) = mpsc::channel(limits::WRITER_QUEUE_JOBS_MAX);
        let file = path.to_owned();
        let chores = Arc::new(Chores::default());
        let wanted = Arc::clone(&chores);
        thread::Builder::new()
            .name("weft-writer".to_owned())
            .spawn(move || serve((&connection, emptied), jobs, options, &file, &wanted))
            .map_err(|error| StoreError::Failing {
                detail: error.to_string(),
            })?;
        Ok(Self {
            queue,
            path: path.to_owned(),
            chores,
        })
    }

    /// Runs `job` in the next commit and answers once that is on disk.
    ///
    /// Everything that a job changed is undone where it returns an error; its neighbours in the
    /// same commit stand.
    ///
    /// # Errors
    /// The job's own, or what went wrong with the store: nothing of the job was saved then.
    pub async fn run<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + std::error::Error + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        self.run_sized(0, job).await
    }

    /// As [`Writer::run`], for a job that brings about `bytes` to disk.
    ///
    /// # Errors
    /// As [`Writer::run`].
    pub async fn run_sized<T, E, F>(&self, bytes: usize, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + std::error::Error + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let queued = Queued::new(bytes, job, answer);
        let sent = self.queue.send(queued).await;
        sent.map_err(|_| StoreError::Closed)?;
        result_of(answered.await)
    }

    /// As [`Writer::run`], for callers outside the asynchronous runtime.
    ///
    /// # Errors
    /// As [`Writer::run`].
    ///
    /// # Panics
    /// If it is called from asynchronous code.
    pub fn run_blocking<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + std::error::Error + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let queued = Queued::new(0, job, answer);
        let sent = self.queue.blocking_send(queued);
        sent.map_err(|_| StoreError::Closed)?;
        result_of(answered.blocking_recv())
    }

    /// As [`Writer::run_blocking`], with the proof that the job was committed, without which no
    /// [`Mirror`](crate::Mirror) changes.
    ///
    /// # Errors
    /// As [`Writer::run`].
    ///
    /// # Panics
    /// If it is called from asynchronous code.
    pub fn commit_blocking<T, E, F>(&self, job: F) -> Result<Committed<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + std::error::Error + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let value = self.run_blocking(job)?;
        let receipt = Receipt::new();
        Ok(Committed { value, receipt })
    }

    /// Runs `job`, which throws derived tables away with [`drop_tables`] and makes them again. If a
    /// page of the database is damaged, the tables are taken out unread, and it runs once more.
    ///
    /// # Errors
    /// As [`Writer::run`]; [`StoreError::Corrupt`] if other pages are damaged too.
    ///
    /// # Panics
    /// If it is called from asynchronous code.
    pub fn begin_again_blocking<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + std::error::Error + Send + 'static,
        F: Fn(&Connection) -> Result<T, E> + Clone + Send + 'static,
    {
        let result = self.run_blocking({
            let job = job.clone();
            move |db| job(db)
        });
        let found = result
            .as_ref()
            .err()
            .and_then(|error| StoreError::behind(error));
        if !found.is_some_and(|error| error.is_corrupt()) {
            return result;
        }
        self.chores.take_out.store(true, Ordering::Release);
        self.run_blocking(|_| Ok::<_, StoreError>(()))?;
        self.run_blocking(move |db| job(db))
    }

    /// The database's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The result of a job, in its sender's type.
fn result_of<T: 'static, E: From<StoreError> + 'static>(
    answer: Result<Answer, oneshot::error::RecvError>,
) -> Result<T, E> {
    let result = answer.map_err(|_| StoreError::Closed)??;
    *result.downcast().expect("what the job gave back")
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn open_checked(
    path: &Path,
    open: Open,
    derived: &[&str],
    mut prepare: impl FnMut(&mut Connection) -> Result<(), StoreError>,
) -> Result<(Connection, bool), StoreError> {
    let found = rusqlite::version_number();
    if found < SQLITE_VERSION_MIN {
        return Err(StoreError::OldSqlite { found });
    }
    let bytes = fs::metadata(path).map_or(0, |file| file.len());
    if open == Open::Existing {
        look_first(path, bytes)?;
    }
    data_dir::make_own_file(path).map_err(|error| StoreError::Failing {
        detail: error.to_string(),
    })?;
    let mut connection = Connection::open_with_flags(path, WRITE_FLAGS)?;
    connection.busy_timeout(limits::BUSY_WAIT_MAX)?;
    connection.set_prepared_statement_cache_capacity(limits::STATEMENTS_CACHED_MAX);
    connection.execute_batch("PRAGMA mmap_size = 0; PRAGMA foreign_keys = ON;")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(
        None,
        "wal_autocheckpoint",
        limits::WAL_PAGES_BEFORE_CHECKPOINT,
    )?;
    connection.pragma_update(None, "journal_size_limit", limits::WAL_BYTES_KEPT_MAX)?;
    if bytes > 0 && bytes <= limits::CHECKED_AT_OPEN_BYTES_MAX {
        match damage::look_for_any(&connection) {
            Err(error) if error.is_corrupt() => damage::take_out(&connection, derived)?,
            looked => looked?,
        }
    }
    match prepare(&mut connection) {
        // A large database was not checked, and this is the first to read it.
        Err(error) if error.is_corrupt() => {
            damage::take_out(&connection, derived)?;
            prepare(&mut connection)?;
        }
        done => done?,
    }
    // A crash may have come between a deletion and the emptying of the log. On a full disk it is
    // tried again until there is room, and the store can be read meanwhile.
    let emptied = match empty_log(&connection) {
        Err(StoreError::Full) => false,
        emptied => emptied?,
    };
    Ok((connection, emptied))
}

/// SQLite takes an empty file for a new database, so an emptied store must be told apart here.
fn look_first(path: &Path, bytes: u64) -> Result<(), StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing {
            path: path.to_owned(),
        });
    }
    if bytes == 0 {
        return Err(StoreError::Corrupt {
            path: path.to_owned(),
            detail: "the file is empty".to_owned(),
        });
    }
    Ok(())
}

fn serve(
    (connection, emptied): (&Connection, bool),
    mut jobs: mpsc::Receiver<Queued>,
    options: WriterOptions,
    path: &Path,
    chores: &Arc<Chores>,
) {
    let mut late = (!emptied).then(|| Instant::now() + limits::SCRUB_RETRY_INTERVAL);
    while let Some(first) = next(&mut jobs, late) {
        let group = first.map(|first| {
            let limits = (&options, chores);
            let mut group = Group::gather(connection, first, &mut jobs, limits);
            (group.commit(connection), group)
        });
        let (committed, group) = group.unzip();
        let done = committed.unwrap_or(Ok(()));
        let done = done.and_then(|()| chores.run(connection, options.derived, &mut late));
        if let Some(group) = group {
            group.tell();
        }
        if let Err(error) = done {
            let error = error.at(path);
            tracing::error!(%error, "the store failed");
            if error.is_fatal() {
                jobs.close();
                (options.on_fatal)(&error);
                return;
            }
        }
    }
}

/// Waits for a job; nothing if the time has come to try the chores again before there is one.
fn next(jobs: &mut mpsc::Receiver<Queued>, late: Option<Instant>) -> Option<Option<Queued>> {
    let timer = late.and_then(|late| {
        let timer = runtime::Builder::new_current_thread().enable_time().build();
        Some((late, timer.ok()?))
    });
    let Some((late, timer)) = timer else {
        return jobs.blocking_recv().map(Some);
    };
    timer.block_on(async {
        match time::timeout_at(late.into(), jobs.recv()).await {
            Ok(job) => job.map(Some),
            Err(_) => Some(None),
        }
    })
}

impl Chores {
    /// `late` is when emptying the log is tried again, if that could not be done.
    fn run(
        &self,
        connection: &Connection,
        derived: &[&str],
        late: &mut Option<Instant>,
    ) -> Result<(), StoreError> {
        if self.take_out.swap(false, Ordering::AcqRel) {
            damage::take_out(connection, derived)?;
        }
        let asked = self.scrub.swap(false, Ordering::AcqRel);
        if !asked && late.is_none_or(|at| at > Instant::now()) {
            return Ok(());
        }
        *late = match empty_log(connection) {
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

/// Says whether nobody stood in the way.
fn empty_log(connection: &Connection) -> Result<bool, StoreError> {
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

fn end_process(error: &StoreError) {
    tracing::error!(%error, "ending at once: nobody knows what is on disk");
    std::process::exit(weft_host::output::ExitCode::Failed.number().into());
}

/// Earlier versions can corrupt a database in WAL mode.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
const WRITE_FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE
    .union(OpenFlags::SQLITE_OPEN_CREATE)
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
