//! Imports of this computer: the values of each file with what stood there before, so that a
//! whole import can be taken back, and the plans of columns of files that were not in our layout.

use std::collections::BTreeMap;

use rusqlite::Connection;
use weft_shared::{
    model::observation::{ObservationKey, Statement},
    time::Timestamp,
};
use weft_store::{StoreError, rows};

use crate::limits::{IMPORTS_KEPT_MAX, PLANS_REMEMBERED_MAX};

/// The rows that are written with the values of an import, in the same transaction.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    /// A file was imported.
    Imported {
        /// The name of the file.
        file: String,
        /// Its values.
        values: Vec<Value>,
        /// The headings of the file and the plan of its columns, to be remembered.
        columns: Option<(String, String)>,
    },
    /// An import was taken back.
    Undone(i64),
}

/// One value of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// The observation.
    pub(crate) key: ObservationKey,
    /// The statement of the import.
    pub(crate) stated: Statement,
    /// The statement that was there before; several if it was contested.
    pub(crate) before: Vec<Statement>,
}

/// An import in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// Its number.
    pub(crate) id: i64,
    /// When it was made.
    pub(crate) at: Timestamp,
    /// The name of its file.
    pub(crate) file: String,
    /// Number of its values.
    pub(crate) values: u64,
    /// When it was taken back.
    pub(crate) undone: Option<Timestamp>,
}

impl Record {
    /// Writes it.
    pub(crate) fn write(&self, db: &Connection, now: Timestamp) -> Result<(), StoreError> {
        match self {
            Self::Imported {
                file,
                values,
                columns,
            } => {
                if let Some((headings, plan)) = columns {
                    remember(db, headings, plan, now)?;
                }
                imported(db, file, values, now)
            }
            Self::Undone(id) => {
                let sql = "UPDATE import SET undone = ?2 WHERE id = ?1";
                rows::write(db, sql, (id, now.ms()))
            }
        }
    }
}

fn imported(
    db: &Connection,
    file: &str,
    values: &[Value],
    now: Timestamp,
) -> Result<(), StoreError> {
    if values.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO import (at, file) VALUES (?1, ?2)";
    rows::write(db, sql, (now.ms(), file))?;
    let id = db.last_insert_rowid();
    for value in values {
        let before: Vec<String> = value.before.iter().map(Statement::encode).collect();
        let sql = "INSERT OR REPLACE INTO import_value (import, key, stated, before)
                   VALUES (?1, ?2, ?3, ?4)";
        let row = (
            id,
            value.key.to_string(),
            value.stated.encode(),
            before.join("\n"),
        );
        rows::write(db, sql, row)?;
    }
    let kept = "SELECT id FROM import ORDER BY id DESC LIMIT ?1";
    for table in [("import_value", "import"), ("import", "id")] {
        let sql = format!("DELETE FROM {} WHERE {} NOT IN ({kept})", table.0, table.1);
        rows::write(db, &sql, [IMPORTS_KEPT_MAX])?;
    }
    Ok(())
}

fn remember(db: &Connection, headings: &str, plan: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO column_plan (headings, plan, used) VALUES (?1, ?2, ?3)";
    rows::write(db, sql, (headings, plan, now.ms()))?;
    let sql = "DELETE FROM column_plan WHERE headings NOT IN
               (SELECT headings FROM column_plan ORDER BY used DESC, headings LIMIT ?1)";
    rows::write(db, sql, [PLANS_REMEMBERED_MAX])
}

/// The plans of columns, by the headings of their files.
pub(crate) fn plans(db: &Connection) -> Result<BTreeMap<String, String>, StoreError> {
    let sql = "SELECT headings, plan FROM column_plan";
    rows::all(db, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The imports, the latest first.
pub(crate) fn list(db: &Connection) -> Result<Vec<Import>, StoreError> {
    let sql = "SELECT id, at, file, undone,
                      (SELECT count(*) FROM import_value WHERE import = import.id)
               FROM import ORDER BY id DESC";
    rows::all(db, sql, [], |row| {
        Ok(Import {
            id: row.get(0)?,
            at: Timestamp::from_ms(row.get(1)?),
            file: row.get(2)?,
            undone: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_ms),
            values: row.get(4)?,
        })
    })
}

/// The values of an import.
pub(crate) fn values(db: &Connection, id: i64) -> Result<Vec<Value>, StoreError> {
    let damaged = || StoreError::Damaged("import_value");
    let sql = "SELECT key, stated, before FROM import_value WHERE import = ?1 ORDER BY key";
    rows::all(db, sql, [id], |row| {
        let (key, stated, before): (String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let before = before.lines().map(Statement::decode);
        Ok(Value {
            key: key.parse().map_err(|_| damaged())?,
            stated: Statement::decode(&stated).map_err(|_| damaged())?,
            before: before.collect::<Result<_, _>>().map_err(|_| damaged())?,
        })
    })
}
