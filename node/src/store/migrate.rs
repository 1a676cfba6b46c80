//! Forward-only migrations of the store.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

/// Every step from an empty file to the present form; a step that was released is never changed.
static STEPS: [M<'static>; 2] = [
    M::up(include_str!("schema.sql")),
    M::up(include_str!("ended.sql")),
];

/// Brings the store to the present form.
pub(crate) fn run(store: &mut Connection) -> Result<(), rusqlite_migration::Error> {
    // What is deleted is overwritten: words that were taken back must not linger in free pages.
    store.pragma_update(None, "secure_delete", true)?;
    Migrations::from_slice(&STEPS).to_latest(store)?;
    let transaction = store.transaction()?;
    super::derived::prepare(&transaction)?;
    Ok(transaction.commit()?)
}
