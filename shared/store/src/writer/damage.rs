//! Damage in a database's file, told apart by whose pages it is in: ground state needs a backup,
//! and derived tables are taken out unread and made again.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::error::StoreError;

/// Reads the whole database for damage; an empty list is good news.
///
/// # Errors
/// If it cannot be read at all.
pub fn integrity_problems(connection: &Connection) -> Result<Vec<String>, StoreError> {
    problems(connection, "PRAGMA integrity_check(20)")
}

/// Drops derived tables, which are about to be made again.
///
/// # Errors
/// Returns [`StoreError::Corrupt`], with nothing dropped, if a page of the database is damaged:
/// dropping a table follows its pages, and a damaged one may lead to pages of another table.
/// [`Writer::begin_again_blocking`](super::Writer::begin_again_blocking) takes the tables out then.
pub fn drop_tables(connection: &Connection, tables: &[&str]) -> Result<(), StoreError> {
    look_for_any(connection)?;
    for table in tables {
        connection.execute_batch(&format!("DROP TABLE IF EXISTS {table};"))?;
    }
    Ok(())
}

/// Looks for damage as far as it does not take long.
///
/// # Errors
/// Returns [`StoreError::Corrupt`] with the first that is found.
pub(super) fn look_for_any(connection: &Connection) -> Result<(), StoreError> {
    let found = problems(connection, "PRAGMA quick_check(1)")?;
    found.into_iter().next().map_or(Ok(()), corrupt)
}

/// Takes the derived tables out of a damaged database without reading their pages, and frees these.
///
/// # Errors
/// Returns [`StoreError::Corrupt`], with nothing written, if other pages are damaged too.
pub(super) fn take_out(connection: &Connection, derived: &[&str]) -> Result<(), StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let taken = unlist(connection, derived).and_then(|()| look_at_rest(connection));
    if let Err(error) = taken {
        connection.execute_batch("ROLLBACK; PRAGMA writable_schema = RESET;")?;
        return Err(error);
    }
    // Only a new copy of what is left tells which pages are free.
    connection.execute_batch("COMMIT; VACUUM;")?;
    look_for_any(connection)?;
    tracing::warn!("the store was damaged in what is derived alone, which is made again");
    Ok(())
}

/// Takes tables and their indexes out of the schema; their pages then belong to no table.
fn unlist(connection: &Connection, tables: &[&str]) -> Result<(), StoreError> {
    connection.execute_batch("PRAGMA writable_schema = ON")?;
    let mut delete = connection.prepare("DELETE FROM sqlite_schema WHERE tbl_name = ?")?;
    for table in tables {
        delete.execute([table])?;
    }
    connection.execute_batch("PRAGMA writable_schema = RESET")?;
    Ok(())
}

/// Looks at the tables that are left. Pages that belong to no table, and a damaged list of free
/// ones, are no loss.
fn look_at_rest(connection: &Connection) -> Result<(), StoreError> {
    let all = format!("PRAGMA quick_check({})", i32::MAX);
    let found = problems(connection, &all)?;
    let lost = |line: &&str| {
        !line.ends_with(": never used") && !line.starts_with("Freelist: ") && *line != HEADING
    };
    let mut lines = found.iter().flat_map(|text| text.lines());
    lines.find(lost).map_or(Ok(()), |line| corrupt(line.into()))
}

fn corrupt<T>(detail: String) -> Result<T, StoreError> {
    Err(StoreError::Corrupt {
        path: PathBuf::new(),
        detail,
    })
}

/// The problems that SQLite finds, several lines in one text.
fn problems(connection: &Connection, pragma: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(pragma)?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let lines: Vec<String> = rows.collect::<Result<_, _>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// The line above what SQLite finds in pages.
const HEADING: &str = "*** in database main ***";
