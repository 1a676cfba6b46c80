//! The store of both programs: one SQLite database, one writer thread, and connections that read.
//!
//! Signed data is the same at a node and at the hub, and so are its tables and the code that reads
//! and writes them: [`logs`] and their [`entries`], [`rosters`], [`blobs`], [`documents`]. Plain
//! functions over a connection, so that one job of the writer can put several into one transaction;
//! each fails if SQLite does, or with [`StoreError::Damaged`].
#![warn(missing_docs)]

pub mod blobs;
pub mod bundle;
pub mod cache;
pub mod copy;
pub mod documents;
pub mod entries;
mod error;
pub mod host;
pub mod limits;
pub mod logs;
mod mirror;
pub mod quarantine;
pub mod rosters;
pub mod rows;
mod schema;
pub mod shares;
#[cfg(test)]
mod tests;
pub mod undone;
mod writer;

pub use self::{
    error::StoreError,
    mirror::{Committed, Mirror, Receipt},
    rows::{LocationRow, Log},
    schema::{DERIVED, SCHEMA, migrate, reset_derived},
    writer::{
        OnFatal, Open, READ, Readers, Transaction, Underway, Writer, WriterOptions, drop_tables,
        integrity_problems,
    },
};
