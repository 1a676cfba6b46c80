//! Answers and lines of money of locations and the hub: statements that are one scalar under a key.

use std::{borrow::Cow, collections::BTreeMap};

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
/// order of keys; of one that is in several documents those of all, by the names of documents.
pub(crate) fn said<T: Scalar + PartialEq>(
    conn: &Connection,
    lix: LocationRow,
    start: &str,
) -> Result<Vec<Said<T>>, StoreError> {
    let by_name = by_name(conn, lix)?;
    // In the order of the primary key. A join with the documents made SQLite look for one and sort
    // in each row: half of the time in which 100,000 lines are read.
    let sql = "SELECT key, doc, said FROM said
               WHERE lix = ?1 AND container = ?2 AND key >= ?3 ORDER BY key, doc";
    let mut all: Vec<Said<T>> = Vec::new();
    let (mut last, mut under) = (String::new(), Vec::new());
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![lix.0, T::CONTAINER.word(), start])?;
    while let Some(row) = rows.next()? {
        let key = row.get_ref(0)?.as_str()?;
        if !key.starts_with(start) {
            break;
        }
        let Some(place) = by_name.get(row.get_ref(1)?.as_blob()?) else {
            continue;
        };
        if last != key {
            all.extend(of_key::<T>(&last, &mut under)?);
            key.clone_into(&mut last);
        }
        under.push((*place, values(row.get_ref(2)?.as_str()?)?));
    }
    all.extend(of_key::<T>(&last, &mut under)?);
    Ok(all)
}

/// The documents of a location, each with its place in the order of their names.
fn by_name(conn: &Connection, lix: LocationRow) -> Result<BTreeMap<Vec<u8>, usize>, StoreError> {
    let sql = "SELECT doc FROM documents WHERE lix = ? ORDER BY name, epoch";
    let documents: Vec<Vec<u8>> = rows::all(conn, sql, [lix.0], |row| Ok(row.get(0)?))?;
    Ok(documents.into_iter().zip(0..).collect())
}

/// Takes the different statements under a key out of those of its documents; none if there are
/// none.
fn of_key<T: Scalar + PartialEq>(
    key: &str,
    under: &mut Vec<(usize, Vec<T>)>,
) -> Result<Option<Said<T>>, StoreError> {
    under.sort_by_key(|(place, _)| *place);
    let mut of_documents = under.drain(..).map(|(_, values)| values);
    let Some(mut values) = of_documents.next() else {
        return Ok(None);
    };
    values.extend(of_documents.flatten());
    distinct(&mut values);
    Ok(Some((key.parse().map_err(|_| DAMAGED)?, values)))
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

#[cfg(test)]
mod tests {
    use weft_shared::model::line::Line;

    use super::*;

    const KEY: &str = "0198bd3f-7a00-7000-8000-000000000001/committed/FY2027/FN/VAX";

    /// Two statements of one line, in the first document by name and in one after it. The order of
    /// the documents' ids is the other way round.
    #[test]
    fn statements_of_one_line_come_by_the_names_of_their_documents() {
        let conn = Connection::open_in_memory().unwrap();
        let ground = include_str!("../../../../shared/store/src/schema.sql");
        conn.execute_batch(ground).unwrap();
        conn.execute_batch(include_str!("../derived.sql")).unwrap();
        let lix = LocationRow(1);
        let (last, first) = ([1; 16], [2; 16]);
        for (doc, name) in [(last, "money/2"), (first, "money/1")] {
            let sql = "INSERT INTO documents (lix, doc, name, epoch) VALUES (1, ?1, ?2, 1)";
            conn.execute(sql, params![doc, name]).unwrap();
        }
        let put = |doc: [u8; 16], key: &str, amounts: &[u32]| {
            let texts = amounts.iter().map(|amount| {
                let line = Line {
                    amount: amount.to_string().parse().unwrap(),
                    source: None,
                    note: None,
                };
                serde_json::to_string(&line).unwrap()
            });
            let texts: Vec<String> = texts.collect();
            let doc = DocId::from_slice(&doc).unwrap();
            put_said(&conn, (lix, &doc), (Line::CONTAINER, key), &texts).unwrap();
        };
        let alone = KEY.replace("VAX", "WAI");
        put(last, KEY, &[5, 7]);
        put(first, KEY, &[7, 3]);
        put(last, &alone, &[9]);
        // A document that the store does not have.
        put([3; 16], &KEY.replace("FN", "WT"), &[1]);
        let amounts = |start: &str| -> Vec<(String, Vec<String>)> {
            let all = said::<Line>(&conn, lix, start).unwrap().into_iter();
            let all = all.map(|(key, said)| {
                let amounts = said.iter().map(|one| one.amount.to_string());
                (key.to_string(), amounts.collect())
            });
            all.collect()
        };
        let text = |amounts: &[&str]| -> Vec<String> {
            amounts.iter().map(|&one| one.to_owned()).collect()
        };
        let both = (KEY.to_owned(), text(&["7", "3", "5"]));
        let other = (alone.clone(), text(&["9"]));
        assert_eq!(amounts(""), [both, other.clone()]);
        assert_eq!(amounts(&alone), [other]);
        assert_eq!(amounts("0198bd3f-7a00-7000-8000-000000000002"), []);
    }
}
