//! The node's SQLite store: signed entries, waiting work, and derived data.
//!
//! The modules below hold plain functions over a connection, so that one job of the writer thread
//! can put several of them into one transaction.

pub(crate) mod derived;
pub(crate) mod imports;
pub(crate) mod journal;
pub(crate) mod lost;
pub(crate) mod migrate;
pub(crate) mod outbox;
pub(crate) mod proofs;
pub(crate) mod reads;
pub(crate) mod runs;
pub(crate) mod seen;
pub(crate) mod settings;
pub(crate) mod snapshots;
pub(crate) mod team;
pub(crate) mod touches;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
pub(crate) use weft_store::{
    LocationRow, StoreError, blobs, documents, entries, logs, quarantine, rosters, undone,
};

/// The owner of a row's logs and documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// The hub: location zero.
    Hub = 0,
    /// This node's own location.
    Location = 1,
}

impl Owner {
    /// Its row in the store.
    pub(crate) const fn lix(self) -> LocationRow {
        match self {
            Self::Hub => LocationRow::ZERO,
            Self::Location => LocationRow::OWN,
        }
    }
}

impl ToSql for Owner {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(*self as i64))
    }
}

impl FromSql for Owner {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            0 => Ok(Self::Hub),
            1 => Ok(Self::Location),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}
