//! The hub's store: one SQLite database with one writer, and read-only connections.

pub(crate) mod derived;
pub(crate) mod desk;
pub(crate) mod devices;
pub(crate) mod dropped;
pub(crate) mod filled;
pub(crate) mod invites;
pub(crate) mod later;
pub(crate) mod ledger;
pub mod people;
pub(crate) mod reads;
pub(crate) mod releases;
pub mod sessions;
pub(crate) mod tokens;
pub(crate) mod treatment;
pub(crate) mod unread;

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};
use rusqlite_migration::M;
pub use weft_store::{LocationRow, StoreError};
use weft_store::{Open, Readers, Transaction, Writer, WriterOptions};
pub(crate) use weft_store::{blobs, documents, entries, logs, quarantine, rosters, shares};

use crate::limits;

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
        let readers = writer.readers(limits::READERS)?;
        Ok(Self { writer, readers })
    }

    pub(crate) const fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Runs `job` in the next commit, and returns once that is durable.
    pub(crate) async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + std::error::Error + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        self.writer.run(job).await
    }

    /// Runs `query` on a read-only connection.
    pub(crate) async fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.readers.read(query).await
    }

    /// Opens a read-only connection for a thread that reads all the time.
    pub(crate) fn reader(&self) -> Result<Connection, StoreError> {
        self.writer.reader()
    }
}

fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let steps = vec![
        // A store that is made now has all of them at once.
        M::up(""),
        M::up(include_str!("store/shares.sql")),
        M::up_with_hook(
            include_str!("store/sizes.sql"),
            |tx: &rusqlite::Transaction<'_>| Ok(filled::count_stored(tx)?),
        ),
        M::up(""),
        M::up(include_str!("store/headers.sql")),
        M::up(include_str!("store/common.sql")),
        M::up(include_str!("store/reads.sql")),
        // Both are in the common quarantine now; what another version left out is tried again.
        M::up("DROP TABLE IF EXISTS ended; DROP TABLE IF EXISTS aside;"),
        M::up(include_str!("store/releases.sql")),
        M::up(include_str!("store/people.sql")),
        M::up(include_str!("store/reads/open.sql")),
        M::up(include_str!("store/desk.sql")),
        M::up(include_str!("store/parts.sql")),
    ];
    weft_store::migrate(
        conn,
        concat!(
            include_str!("store/schema.sql"),
            include_str!("store/reads.sql"),
            include_str!("store/releases.sql"),
            include_str!("store/people.sql"),
            include_str!("store/reads/open.sql"),
            include_str!("store/desk.sql"),
            include_str!("store/parts.sql")
        ),
        steps,
        derived::prepare,
    )
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
