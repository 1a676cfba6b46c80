//! Connections that read and cannot write, beside the one writer.

use std::{
    any::Any,
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, OpenFlags};
use tokio::{sync::Semaphore, task};

use crate::{error::StoreError, limits};

/// The target of the event that says that a read begins.
pub const READ: &str = "weft::read";

/// A small pool of read-only connections to one database.
#[derive(Clone)]
pub struct Readers {
    pool: Arc<Pool>,
}

/// A query and what it gives back, of whatever kind.
type Query = Box<dyn FnOnce(&Connection) -> Box<dyn Any + Send> + Send>;

struct Pool {
    idle: Mutex<Vec<Connection>>,
    free: Arc<Semaphore>,
    on_workers: bool,
}

impl Readers {
    /// Shares out connections. Queries run on worker threads, or on the caller's own.
    pub(super) fn new(idle: Vec<Connection>, on_workers: bool) -> Self {
        Self {
            pool: Arc::new(Pool {
                free: Arc::new(Semaphore::new(idle.len())),
                idle: Mutex::new(idle),
                on_workers,
            }),
        }
    }

    /// Number of connections that are idle at the moment.
    pub fn free(&self) -> usize {
        self.pool.free.available_permits()
    }

    /// Runs `query` on a worker thread, in one read transaction: all its statements see the same
    /// state.
    ///
    /// # Errors
    /// If the query returns one, or the store fails.
    ///
    /// # Panics
    /// If the query fails.
    pub async fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        // One event each, so that a test can count how many a page needs.
        tracing::trace!(target: READ, "a read begins");
        let query: Query = Box::new(|connection| Box::new(query(connection)));
        let found = self.run(query).await?;
        *found.downcast().expect("what the query gave back")
    }

    /// Runs a query of any kind: what is the same for all of them is compiled once.
    async fn run(&self, query: Query) -> Result<Box<dyn Any + Send>, StoreError> {
        let free = Arc::clone(&self.pool.free);
        let permit = free.acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let pool = Arc::clone(&self.pool);
        if !pool.on_workers {
            return pool.with_idle(query);
        }
        let worker = task::spawn_blocking(move || {
            let found = pool.with_idle(query);
            drop(permit);
            found
        });
        match worker.await {
            Ok(found) => found,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(_) => Err(StoreError::Closed),
        }
    }
}

impl Pool {
    fn with_idle(&self, query: Query) -> Result<Box<dyn Any + Send>, StoreError> {
        let taken = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let lease = Lease {
            pool: self,
            connection: Some(taken.ok_or(StoreError::Closed)?),
        };
        let connection = lease
            .connection
            .as_ref()
            .expect("taken above, given back on drop");
        let read = connection.unchecked_transaction()?;
        Ok(query(&read))
    }
}

/// Gives the connection back, also where the query panics.
struct Lease<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
        }
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = self.pool.free.available_permits();
        f.debug_struct("Readers")
            .field("free", &free)
            .finish_non_exhaustive()
    }
}

/// Opens a connection that only reads.
pub(super) fn open(path: &Path, vfs: Option<&str>) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    connection.busy_timeout(limits::BUSY_WAIT_MAX)?;
    connection.set_prepared_statement_cache_capacity(limits::STATEMENTS_CACHED_MAX);
    connection.execute_batch("PRAGMA mmap_size = 0; PRAGMA query_only = ON;")?;
    Ok(connection)
}
