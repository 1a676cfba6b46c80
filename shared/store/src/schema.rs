//! The schema, and how a store of an earlier form is brought to it.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::StoreError;

/// The ground tables that both programs have.
pub const SCHEMA: &str = include_str!("schema.sql");
/// The derived table that both programs have; it is made where it is missing.
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
