//! Copies of an open database, such as for a backup.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::{StoreError, integrity_problems, limits};

/// Copies the database `from` into the new file `to`, as it stands at one moment. Others may read
/// and write it meanwhile. What was deleted is not in the copy.
///
/// # Errors
/// If the database cannot be read, or there is no room for the copy.
pub fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let path = to.to_str().ok_or("its path is no text")?;
    let copied = open(from).and_then(|conn| conn.execute("VACUUM INTO ?1", [path]));
    copied.map(drop).map_err(words)
}

/// Checks every page of a database that no one writes.
///
/// # Errors
/// Returns what is wrong with it.
pub fn check(path: &Path) -> Result<(), String> {
    let problems = open(path).map_err(words)?;
    let problems = integrity_problems(&problems).map_err(|error| error.to_string())?;
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.join("; ")),
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(limits::BUSY_WAIT_MAX)?;
    Ok(conn)
}

fn words(error: rusqlite::Error) -> String {
    StoreError::from(error).to_string()
}
