//! The derived tables as a whole: which version made them, and how they are begun again.

use rusqlite::{Connection, Result};
use weft_shared::{document::DERIVATION_VERSION, id::DeviceIndex};
use weft_store::reset_derived;

use super::{
    Owner, StoreError, entries, logs, runs,
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
pub(super) fn prepare(store: &Connection) -> Result<(), StoreError> {
    let mut known = store.prepare("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)")?;
    let mut whole = true;
    for table in TABLES {
        whole &= known.query_row([table], |row| row.get::<_, bool>(0))?;
    }
    make(store)?;
    if whole {
        return Ok(());
    }
    let journal = "SELECT EXISTS (SELECT 1 FROM journal)";
    if entries::last_hub_seq(store)? > 0 || store.query_row(journal, [], |row| row.get(0))? {
        settings::set(store, Key::Derived, "")?;
    } else {
        complete(store)?;
    }
    Ok(())
}

/// Throws everything derived away, unread, and writes again what the headers of entries tell: which
/// of them hold runs of which document. Returns how many entries there are.
/// Until [`complete`] the tables count as unfinished.
pub(crate) fn reset(store: &Connection) -> Result<u64, StoreError> {
    settings::set(store, Key::Derived, "")?;
    reset_derived(store, &TABLES, include_str!("derived.sql"))?;
    let mut count = 0;
    for owner in [Owner::Hub, Owner::Location] {
        for (dix, log) in logs::logs(store, owner.lix())? {
            count += index(store, owner, dix, log.height.dseq)?;
        }
    }
    Ok(count)
}

fn index(
    store: &Connection,
    owner: Owner,
    dix: DeviceIndex,
    height: u64,
) -> Result<u64, StoreError> {
    let mut count = 0;
    for dseq in 1..=height {
        // One that cannot be read is named by `verify`; the others go on.
        let Ok(Some(stored)) = entries::one(store, owner.lix(), dix, dseq) else {
            continue;
        };
        count += 1;
        if stored.void.is_none() {
            runs::index(store, owner, dix, [&stored.entry.header])?;
        }
    }
    Ok(count)
}

/// Returns the version of the derivation with that of the tables made here.
fn version() -> String {
    format!("{DERIVATION_VERSION}.{TABLES_VERSION}")
}

/// Makes the tables that are not there.
fn make(store: &Connection) -> Result<()> {
    store.execute_batch(weft_store::DERIVED)?;
    store.execute_batch(include_str!("derived.sql"))
}

/// Goes up whenever the tables of `derived.sql`, or what is put into them, are others.
const TABLES_VERSION: u32 = 6;
/// Every derived table, of any version.
pub(crate) static TABLES: [&str; 6] = [
    "snapshots",
    "run",
    "sealed",
    "team_grant",
    "touch",
    "quarantine",
];
