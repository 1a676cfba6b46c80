//! The derived tables as a whole: which version made them, and how they are begun again.

use rusqlite::{Connection, Result};
use weft_host::{store_error::StoreError, writer::drop_tables};
use weft_shared::{
    document::DERIVATION_VERSION,
    id::{Dix, DocName, LocationId},
    model::schema::DocKind,
};

use super::{
    Owner, documents, entries, journal,
    settings::{self, Key},
};

/// Whether the derived tables are whole and were made by this version.
pub(crate) fn is_current(store: &Connection) -> Result<bool> {
    let found: Option<String> = settings::value(store, Key::Derived)?;
    Ok(found == Some(version()))
}

/// Notes that the derived tables are whole.
pub(crate) fn complete(store: &Connection) -> Result<()> {
    settings::set(store, Key::Derived, version())
}

/// Makes the tables that are missing. Those of a store without an entry are whole; if one of them
/// was lost in another, all of them are made again.
pub(super) fn prepare(store: &Connection) -> Result<()> {
    let mut known = store.prepare("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)")?;
    let mut whole = true;
    for table in TABLES {
        whole &= known.query_row([table], |row| row.get::<_, bool>(0))?;
    }
    store.execute_batch(DERIVED)?;
    if whole {
        return Ok(());
    }
    let used = "SELECT EXISTS (SELECT 1 FROM entry) OR EXISTS (SELECT 1 FROM journal)";
    if store.query_row(used, [], |row| row.get(0))? {
        settings::set(store, Key::Derived, "")
    } else {
        complete(store)
    }
}

/// Throws everything derived away, unread, and writes again what the headers of entries tell:
/// the names of documents, their runs, the numbers of actors. Returns how many entries there are.
/// Until [`complete`] the tables count as unfinished.
pub(crate) fn reset(store: &Connection) -> Result<u64, StoreError> {
    settings::set(store, Key::Derived, "")?;
    drop_tables(store, &TABLES)?;
    store.execute_batch(DERIVED)?;
    if let Some(location) = settings::value::<[u8; 16]>(store, Key::LocationId)? {
        let team = DocName::first(DocKind::Team.to_string());
        let id = team.id(&LocationId::new(location));
        if journal::holds(store, &id)? {
            documents::introduce(store, Owner::Location, &id, &team)?;
        }
    }
    let mut count = 0;
    for owner in [Owner::Hub, Owner::Location] {
        for (dix, log) in entries::logs(store, owner)? {
            count += index(store, owner, dix, log.height.dseq)?;
        }
    }
    Ok(count)
}

fn index(store: &Connection, owner: Owner, dix: Dix, height: u64) -> Result<u64> {
    let mut count = 0;
    for dseq in 1..=height {
        // One that cannot be read is named by `verify`; the others go on.
        let Ok(Some(stored)) = entries::one(store, owner, dix, dseq) else {
            continue;
        };
        count += 1;
        if stored.void.is_none() {
            entries::index(store, owner, dix, [&stored.entry.header])?;
        }
    }
    Ok(count)
}

/// What derives documents, and what this crate makes of them.
fn version() -> String {
    format!("{DERIVATION_VERSION}.{TABLES_VERSION}")
}

const DERIVED: &str = include_str!("derived.sql");
/// Goes up whenever the tables of `derived.sql`, or what is put into them, are others.
const TABLES_VERSION: u32 = 2;
/// Every derived table, of any version.
pub(crate) static TABLES: [&str; 5] = ["run", "actor", "document", "touch", "problem"];
