//! Answers and lines of money of locations and the hub: statements that are one scalar under a key.

use std::borrow::Cow;

use rusqlite::{Connection, params};
use weft_shared::{
    document::Scalar,
    id::{DocId, DocName},
    model::schema::Container,
};
use weft_store::rows;

use super::{LocationRow, StoreError, records::place};

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
    let mut all: Vec<Said<T>> = Vec::new();
    let mut last = String::new();
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![lix.0, T::CONTAINER.word(), start])?;
    while let Some(row) = rows.next()? {
        let key = row.get_ref(0)?.as_str()?;
        let values = values(row.get_ref(1)?.as_str()?)?;
        match all.last_mut().filter(|_| last == key) {
            Some((_, known)) => known.extend(values),
            None => {
                all.push((key.parse().map_err(|_| DAMAGED)?, values));
                key.clone_into(&mut last);
            }
        }
    }
    for (_, values) in &mut all {
        distinct(values);
    }
    Ok(all)
}

/// Keeps the first of statements that are the same.
pub(crate) fn distinct<T: PartialEq>(values: &mut Vec<T>) {
    let mut at = 0;
    while at < values.len() {
        match values[..at].contains(&values[at]) {
            true => drop(values.remove(at)),
            false => at += 1,
        }
    }
}

/// Statements under a key as one document has them, with the document and its name.
pub(crate) type In<T> = ((DocId, DocName), <T as Scalar>::Key, Vec<T>);

/// The statements of a location whose keys begin with `start`, by the text of the key and by
/// document.
pub(crate) fn texts<T: Scalar>(
    conn: &Connection,
    lix: LocationRow,
    start: &str,
) -> Result<Vec<In<T>>, StoreError> {
    let sql = "SELECT name, epoch, doc, key, said FROM said JOIN documents USING (lix, doc)
               WHERE lix = ?1 AND container = ?2 AND substr(key, 1, length(?3)) = ?3
               ORDER BY key, name, epoch";
    let place_of = params![lix.0, T::CONTAINER.word(), start];
    rows::all(conn, sql, place_of, |row| {
        let key = row.get_ref(3)?.as_str()?.parse().map_err(|_| DAMAGED)?;
        let values = values(row.get_ref(4)?.as_str()?)?;
        Ok((place(row, 2)?, key, values))
    })
}

/// The statements of a row.
fn values<T: Scalar>(texts: &str) -> Result<Vec<T>, StoreError> {
    let texts: Vec<Cow<'_, str>> = serde_json::from_str(texts).map_err(|_| DAMAGED)?;
    let values = texts.iter().map(|text| T::from_kept(text));
    values.collect::<Result<_, _>>().map_err(|_| DAMAGED)
}

const DAMAGED: StoreError = StoreError::Derived("said");

/// The documents of a location that hold a statement under a key, by name.
pub(crate) fn documents_of_said(
    conn: &Connection,
    lix: LocationRow,
    (container, key): (&str, &str),
) -> Result<Vec<DocId>, StoreError> {
    let sql = "SELECT doc FROM said JOIN documents USING (lix, doc)
               WHERE lix = ? AND container = ? AND key = ? ORDER BY name, epoch";
    rows::all(conn, sql, params![lix.0, container, key], |row| {
        rows::bytes(row, 0, DocId::from_slice, "said.doc")
    })
}
