//! The hub's store: one SQLite database with one writer, and read-only connections.

pub(crate) mod aside;
pub(crate) mod blobs;
pub(crate) mod columns;
pub(crate) mod derived;
pub(crate) mod documents;
pub(crate) mod dropped;
pub(crate) mod ended;
pub(crate) mod entries;
pub(crate) mod invites;
pub(crate) mod ledger;
pub(crate) mod rosters;
pub(crate) mod shares;

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, params};
use rusqlite_migration::{M, Migrations};
use weft_host::{
    store_error::StoreError as HostError,
    writer::{Open, Readers, Writer, WriterOptions},
};

use crate::limits;

/// The row of a location. The hub itself, location zero, has the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lix(pub i64);

impl Lix {
    /// The hub's own row.
    pub const ZERO: Self = Self(1);
}

/// The row of a log: one device of one location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Log(pub(crate) i64);

/// A failure of the store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The file or the disk failed; the text says what to do.
    #[error(transparent)]
    Store(#[from] HostError),
    /// A row that this program never writes.
    #[error(
        "the store holds something in {0} that this program never writes; restore the data \
         directory from a backup, or rebuild it from the nodes"
    )]
    Damaged(&'static str),
    /// Derived state that cannot be read. It is discarded and derived again.
    #[error("what is derived in {0} cannot be read, and is made again from the entries")]
    Derived(&'static str),
}

impl StoreError {
    /// Whether deriving the state again may help.
    pub(crate) const fn is_of_derived(&self) -> bool {
        matches!(
            self,
            Self::Derived(_) | Self::Store(HostError::Corrupt { .. })
        )
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        rusqlite::Error::from(error).into()
    }
}

/// Handles to the database: cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    writer: Writer,
    readers: Readers,
}

impl Store {
    pub(crate) fn open(path: &Path, open: Open) -> Result<Self, StoreError> {
        let options = WriterOptions {
            derived: &derived::TABLES,
            ..WriterOptions::default()
        };
        let writer = Writer::open(path, open, options, migrate)?;
        let readers = Readers::open(path, limits::READERS)?;
        Ok(Self { writer, readers })
    }

    pub(crate) const fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Runs `job` in the next commit, and returns once that is durable.
    pub(crate) async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<HostError> + std::error::Error + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.writer.run(job).await
    }

    /// Runs `query` on a read-only connection.
    pub(crate) async fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<HostError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.readers.read(query).await
    }

    /// Opens a read-only connection for a thread that reads all the time.
    pub(crate) fn reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(self.writer.path(), flags)?;
        conn.busy_timeout(limits::BUSY_WAIT_MAX)?;
        conn.set_prepared_statement_cache_capacity(limits::STATEMENTS_CACHED_MAX);
        conn.execute_batch("PRAGMA mmap_size = 0; PRAGMA query_only = ON;")?;
        Ok(conn)
    }
}

fn migrate(conn: &mut Connection) -> Result<(), HostError> {
    // Deleted content is overwritten: words that were taken back must not linger in free pages.
    conn.pragma_update(None, "secure_delete", true)?;
    let steps = vec![
        M::up(include_str!("store/schema.sql")),
        M::up(include_str!("store/shares.sql")),
        M::up_with_hook(include_str!("store/sizes.sql"), |tx: &Transaction<'_>| {
            Ok(documents::count_stored(tx)?)
        }),
        M::up(include_str!("store/ended.sql")),
        M::up(include_str!("store/headers.sql")),
    ];
    Migrations::new(steps).to_latest(conn)?;
    let transaction = conn.transaction()?;
    derived::prepare(&transaction)?;
    transaction.commit()?;
    Ok(())
}

pub(crate) fn meta(conn: &Connection, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

pub(crate) fn put_meta(conn: &Connection, key: &str, value: &[u8]) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = ?2",
    )?
    .execute(params![key, value])?;
    Ok(())
}
