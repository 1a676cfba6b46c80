//! One writer thread for each database, and the connections that read it.
//!
//! Jobs are gathered into one transaction, each in a savepoint of its own, and answered only after
//! the commit is on disk. While one commit flushes, the jobs of the next one queue up: a busy store
//! groups hundreds of them, and an idle one answers at once, without waiting for company.

mod damage;
mod group;
mod readers;
mod server;
#[cfg(test)]
mod tests;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};
use weft_host::data_dir;

pub use self::{
    damage::{drop_tables, integrity_problems},
    group::{Transaction, Underway},
    readers::{READ, Readers},
};
use self::{
    group::{Queued, result_of},
    server::{Chores, Server},
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
    /// It may be there, on the SQLite VFS of this name. Jobs and queries run on their callers'
    /// threads, each job alone until [`Writer::hold`], and a failing disk ends only the writer.
    Simulated(&'static str),
}

/// Called once, when the disk has failed and the process must end.
pub type OnFatal = Box<dyn FnOnce(&StoreError) + Send>;

/// The size of one commit, and the writer's answer to a disk that fails.
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
    vfs: Option<&'static str>,
    simulated: Option<Simulated>,
}

/// The connection that replaces the thread in a simulation; none once the disk has failed.
#[derive(Clone)]
struct Simulated {
    server: Arc<Mutex<Option<Server>>>,
    holds: Arc<AtomicBool>,
}

impl Writer {
    /// Opens the database, checks it for damage, lets `prepare` bring its schema to this version,
    /// and starts the writer thread.
    ///
    /// If nothing but derived tables is damaged, these are taken out, and `prepare` makes them
    /// again; it may be called twice.
    ///
    /// # Errors
    /// If the file cannot be used. The error says why, and what to do.
    pub fn open(
        path: &Path,
        open: Open,
        options: WriterOptions,
        mut prepare: impl FnMut(&mut Connection) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let mut vfs = match open {
            Open::Simulated(vfs) => Some(vfs),
            Open::Existing | Open::Create => None,
        };
        let mut opened = open_checked(path, (open, vfs), options.derived, &mut prepare);
        if cfg!(unix) && open == Open::Existing && matches!(opened, Err(StoreError::Full)) {
            vfs = Some(IN_MEMORY_VFS);
            opened = open_checked(path, (open, vfs), options.derived, &mut prepare);
        }
        let (connection, emptied) = opened.map_err(|error| error.at(path))?;
        let (queue, jobs) = mpsc::channel(limits::WRITER_QUEUE_JOBS_MAX);
        let path = path.to_owned();
        let chores = Arc::new(Chores::default());
        let server = Server::new(
            (connection, emptied),
            jobs,
            options,
            (path.clone(), Arc::clone(&chores)),
        );
        let simulated = match open {
            Open::Simulated(_) => Some(Simulated {
                server: Arc::new(Mutex::new(Some(server))),
                holds: Arc::default(),
            }),
            Open::Existing | Open::Create => {
                let thread = thread::Builder::new().name("weft-writer".to_owned());
                let started = thread.spawn(move || server.run());
                started.map_err(|error| StoreError::Failing {
                    detail: error.to_string(),
                })?;
                None
            }
        };
        Ok(Self {
            queue,
            path,
            chores,
            vfs,
            simulated,
        })
    }

    /// In a simulation, lets jobs that do not block wait for [`Writer::commit`] from now on.
    pub fn hold(&self) {
        if let Some(simulated) = &self.simulated {
            simulated.holds.store(true, Ordering::Release);
        }
    }

    /// In a simulation, commits up to `jobs_max` of the jobs that wait, in one group, and does what
    /// is due after a commit. Returns how many still wait.
    ///
    /// # Panics
    /// If this is no simulation.
    pub fn commit(&self, jobs_max: usize) -> usize {
        let simulated = self.simulated.as_ref().expect("the caller simulates");
        let server = simulated.server.lock();
        let mut server = server.unwrap_or_else(PoisonError::into_inner);
        if let Some(mut running) = server.take() {
            let done = running.step_now(jobs_max);
            *server = done.is_ok().then_some(running);
        }
        limits::WRITER_QUEUE_JOBS_MAX - self.queue.capacity()
    }

    /// Whether it runs in a simulation.
    pub const fn is_simulated(&self) -> bool {
        self.simulated.is_some()
    }

    /// Whether the disk has failed, so that nothing is written any more.
    pub fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Opens `connections` that only read.
    ///
    /// # Errors
    /// If the file cannot be used. The error says why.
    pub fn readers(&self, connections: usize) -> Result<Readers, StoreError> {
        let idle = (0..connections).map(|_| self.reader());
        let idle = idle.collect::<Result<_, _>>()?;
        Ok(Readers::new(idle, self.simulated.is_none()))
    }

    /// Opens a read-only connection for a thread that reads all the time.
    ///
    /// # Errors
    /// If the file cannot be used. The error says why.
    pub fn reader(&self) -> Result<Connection, StoreError> {
        readers::open(&self.path, self.vfs).map_err(|error| error.at(&self.path))
    }

    /// Runs `job` in the next commit and answers once that is on disk.
    ///
    /// Everything that a job changed is undone where it returns an error; its neighbours in the
    /// same commit stand.
    ///
    /// # Errors
    /// If the job returns one, or the store fails: nothing of the job was saved then.
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
    /// If [`Writer::run`] returns one.
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
        let now = self.simulated.as_ref();
        if now.is_some_and(|simulated| !simulated.holds.load(Ordering::Acquire)) {
            self.commit(usize::MAX);
        }
        result_of(answered.await)
    }

    /// As [`Writer::run`], for callers outside the asynchronous runtime.
    ///
    /// # Errors
    /// If [`Writer::run`] returns one.
    ///
    /// # Panics
    /// If it is called from asynchronous code.
    pub fn run_blocking<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + std::error::Error + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        self.begin_blocking(job)?.wait()
    }

    /// As [`Writer::run_blocking`], for a caller that has other work to do until the commit is on
    /// disk.
    ///
    /// # Errors
    /// If the store fails.
    ///
    /// # Panics
    /// If it is called from asynchronous code.
    pub fn begin_blocking<T, E, F>(&self, job: F) -> Result<Underway<T, E>, StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + std::error::Error + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let queued = Queued::new(0, job, answer);
        let is_simulated = self.is_simulated();
        if is_simulated {
            let sent = self.queue.try_send(queued);
            sent.map_err(|_| StoreError::Closed)?;
            while self.commit(usize::MAX) > 0 {}
        } else {
            let sent = self.queue.blocking_send(queued);
            sent.map_err(|_| StoreError::Closed)?;
        }
        Ok(Underway::new(answered, is_simulated))
    }

    /// As [`Writer::run_blocking`], with the proof that the job was committed, without which no
    /// [`Mirror`](crate::Mirror) changes.
    ///
    /// # Errors
    /// If [`Writer::run`] returns one.
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
    /// If [`Writer::run`] returns one; [`StoreError::Corrupt`] if other pages are damaged too.
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
    pub fn path(&self) -> &Path {
        &self.path
    }
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
    (open, vfs): (Open, Option<&str>),
    derived: &[&str],
    prepare: &mut impl FnMut(&mut Connection) -> Result<(), StoreError>,
) -> Result<(Connection, bool), StoreError> {
    let found = rusqlite::version_number();
    if found < SQLITE_VERSION_MIN {
        return Err(StoreError::OldSqlite { found });
    }
    let (mut connection, bytes) = match open {
        Open::Simulated(vfs) => {
            let opened = Connection::open_with_flags_and_vfs(path, WRITE_FLAGS, vfs);
            (opened?, 0)
        }
        Open::Existing | Open::Create => open_file(path, (open, vfs))?,
    };
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
    if bytes <= limits::CHECKED_AT_OPEN_BYTES_MAX {
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
    let emptied = match server::empty_log(&connection) {
        Err(StoreError::Full) => false,
        emptied => emptied?,
    };
    Ok((connection, emptied))
}

/// Opens the database's file; returns its size in bytes too.
fn open_file(
    path: &Path,
    (open, vfs): (Open, Option<&str>),
) -> Result<(Connection, u64), StoreError> {
    let bytes = fs::metadata(path).map_or(0, |file| file.len());
    if open == Open::Existing {
        look_first(path, bytes)?;
    }
    data_dir::make_own_file(path).map_err(|error| StoreError::Failing {
        detail: error.to_string(),
    })?;
    let connection = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, WRITE_FLAGS, vfs)?,
        None => Connection::open_with_flags(path, WRITE_FLAGS)?,
    };
    Ok((connection, bytes))
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

fn end_process(error: &StoreError) {
    tracing::error!(%error, "ending at once: no one knows what is on disk");
    std::process::exit(weft_host::output::ExitCode::Failed.number().into());
}

/// Earlier versions can corrupt a database in WAL mode.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// The VFS of SQLite for one process alone. It keeps the index of the write-ahead log in memory,
/// where any other puts it into a file beside the store, for which a full disk has no room.
const IN_MEMORY_VFS: &str = "unix-excl";
const WRITE_FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE
    .union(OpenFlags::SQLITE_OPEN_CREATE)
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
