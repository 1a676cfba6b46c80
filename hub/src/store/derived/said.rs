//! Answers and lines of money of locations: statements that are one scalar under a key.

use rusqlite::{Connection, params};
use weft_shared::{document::Scalar, id::DocId, model::schema::Container};
use weft_store::rows;

use super::{LocationRow, StoreError};

/// Puts what a document has under a key, or takes it away if it has nothing.
pub(crate) fn put_said(
    conn: &Connection,
    (lix, doc): (LocationRow, &DocId),
    (container, key): (Container, &str),
    texts: &[String],
) -> Result<(), StoreError> {
    let place = params![lix.0, container.word(), key, doc.as_bytes()];
    if texts.is_empty() {
        let sql = "DELETE FROM said WHERE lix = ? AND container = ? AND key = ? AND doc = ?";
        conn.prepare_cached(sql)?.execute(place)?;
        return Ok(());
    }
    let said = serde_json::Value::from(texts).to_string();
    conn.prepare_cached(
        "INSERT INTO said (lix, container, key, doc, said) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (lix, container, key, doc) DO UPDATE SET said = ?5",
    )?
    .execute(params![lix.0, container.word(), key, doc.as_bytes(), said])?;
    Ok(())
}

/// Statements under the same key.
pub(crate) type Said<T> = (<T as Scalar>::Key, Vec<T>);

/// The different statements of a location whose keys begin with `start`, each with its key, in the
/// order of keys; of one that is in several documents those of all.
pub(crate) fn said<T: Scalar + PartialEq>(
    conn: &Connection,
    lix: LocationRow,
    start: &str,
) -> Result<Vec<Said<T>>, StoreError> {
    let sql = "SELECT key, said FROM said JOIN documents USING (lix, doc)
               WHERE lix = ?1 AND container = ?2 AND substr(key, 1, length(?3)) = ?3
               ORDER BY key, name, epoch";
    let place = params![lix.0, T::CONTAINER.word(), start];
    let rows: Vec<(String, String)> =
        rows::all(conn, sql, place, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut all: Vec<(T::Key, Vec<T>)> = Vec::new();
    for (key, texts) in rows {
        let damaged = || StoreError::Derived("said");
        let key: T::Key = key.parse().map_err(|_| damaged())?;
        let texts: Vec<String> = serde_json::from_str(&texts).map_err(|_| damaged())?;
        if all.last().is_none_or(|(last, _)| *last != key) {
            all.push((key, Vec::new()));
        }
        let (_, values) = all.last_mut().expect("pushed above if there was none");
        for text in texts {
            let value = T::from_scalar(&text).map_err(|_| damaged())?;
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    Ok(all)
}
