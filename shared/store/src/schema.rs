//! The schema, and how a store of an earlier form is brought to it.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::{StoreError, drop_tables, quarantine};

/// The ground tables that both programs have.
pub const SCHEMA: &str = include_str!("schema.sql");
/// The derived tables that both programs have; they are made where they are missing.
pub const DERIVED: &str = include_str!("derived.sql");

/// Brings a store to the present form, in one transaction: an empty one at once, with `own` tables
/// beside the common ones, and an older one by those of `steps` that it has not had. Then `derived`
/// sees to the derived tables.
///
/// # Errors
/// Returns [`StoreError::NewerVersion`] if a later version wrote it, or what SQLite says.
pub fn migrate(
    connection: &mut Connection,
    own: &str,
    steps: Vec<M<'_>>,
    derived: impl FnOnce(&Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    // Deleted content is overwritten: words that were taken back must not linger in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        let transaction = connection.transaction()?;
        transaction.execute_batch(SCHEMA)?;
        transaction.execute_batch(own)?;
        transaction.pragma_update(None, "user_version", steps.len())?;
        transaction.commit()?;
    }
    Migrations::new(steps).to_latest(connection)?;
    let transaction = connection.transaction()?;
    derived(&transaction)?;
    Ok(transaction.commit()?)
}

/// Throws the derived `tables` away and makes them again, empty: the common ones, and the program's
/// `own`. The entries at which the program ended stay in quarantine, if they can be read.
///
/// # Errors
/// Returns [`StoreError::Corrupt`], with nothing dropped, if a page is damaged, or the error of
/// SQLite.
pub fn reset_derived(conn: &Connection, tables: &[&str], own: &str) -> Result<(), StoreError> {
    let ended = quarantine::ended(conn).unwrap_or_default();
    drop_tables(conn, tables)?;
    conn.execute_batch(DERIVED)?;
    conn.execute_batch(own)?;
    for (lix, doc, hub_seq, version) in ended {
        let why = (quarantine::State::Ended, version.as_str());
        quarantine::put(conn, lix, &doc, hub_seq, why)?;
    }
    Ok(())
}
