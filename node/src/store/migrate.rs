//! Forward-only migrations of the store.

use rusqlite::{Connection, Transaction};
use rusqlite_migration::{HookResult, M};
use weft_shared::log::entry::Header;
use weft_store::{LocationRow, Log, StoreError, entries};

/// Brings the store to the present form; a step that was released is never changed.
pub(crate) fn run(store: &mut Connection) -> Result<(), StoreError> {
    let steps = vec![
        // A store that is made now has all of them at once.
        M::up(""),
        M::up(""),
        M::up("ALTER TABLE roster RENAME TO old_roster"),
        M::up(weft_store::SCHEMA),
        M::up_with_hook(include_str!("upgrade.sql"), index),
        // Both are in the common quarantine now; what another version left out is tried again.
        M::up("DROP TABLE IF EXISTS ended; DROP TABLE IF EXISTS problem;"),
        M::up(IMPORTS),
        M::up(include_str!("reads.sql")),
        M::up(include_str!("announced.sql")),
    ];
    let own = concat!(
        include_str!("schema.sql"),
        include_str!("reads.sql"),
        include_str!("announced.sql")
    );
    weft_store::migrate(store, own, steps, super::derived::prepare)
}

/// The tables of imports and of plans of columns.
const IMPORTS: &str = "
    CREATE TABLE import (
        id     INTEGER PRIMARY KEY,
        at     INTEGER NOT NULL,
        file   TEXT NOT NULL,
        undone INTEGER
    ) STRICT;
    CREATE TABLE import_value (
        import INTEGER NOT NULL,
        key    TEXT NOT NULL,
        stated TEXT NOT NULL,
        before TEXT NOT NULL,
        PRIMARY KEY (import, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE column_plan (
        headings TEXT PRIMARY KEY,
        plan     TEXT NOT NULL,
        used     INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;";

/// Writes what the headers of entries tell. One that cannot be read is named by `verify`.
fn index(store: &Transaction<'_>) -> HookResult {
    let mut query = store.prepare(
        "SELECT lix, log, header FROM entries JOIN logs USING (log)
         WHERE void IS NULL ORDER BY hub_seq",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if let Ok(header) = Header::decode(row.get_ref(2)?.as_blob().unwrap_or_default()) {
            let indexed =
                entries::index(store, LocationRow(row.get(0)?), Log(row.get(1)?), [&header]);
            indexed.map_err(|error| rusqlite_migration::HookError::Hook(error.to_string()))?;
        }
    }
    Ok(())
}
