//! The history that people read: the device and time of each change of a record.

use std::ops::ControlFlow;

use rusqlite::{Connection, Row};
use weft_shared::{
    id::DeviceIndex,
    log::codec::{Codec, Inflater, compress},
    time::Timestamp,
};
use weft_store::{StoreError, rows};

/// One record that one save touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touch {
    pub(crate) at: Timestamp,
    /// The entry that carried it; none for what an earlier version kept on this computer alone.
    pub(crate) entry: Option<(DeviceIndex, u64)>,
    pub(crate) document: String,
    pub(crate) container: String,
    pub(crate) record: String,
}

/// Appends to the history, with one row for all records of a container that one entry touched.
pub(crate) fn append(store: &Connection, touches: &[Touch]) -> Result<(), StoreError> {
    let sql = "INSERT INTO touch (at, dix, dseq, document, container, n, record, records)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let alike = |one: &Touch, other: &Touch| {
        (one.at, one.entry, &one.document, &one.container)
            == (other.at, other.entry, &other.document, &other.container)
    };
    for touches in touches.chunk_by(alike) {
        let (record, records) = match touches {
            [one] => (Some(&one.record), None),
            several => (None, Some(packed(several))),
        };
        let Touch {
            at,
            entry,
            document,
            container,
            ..
        } = &touches[0];
        let (dix, dseq) = entry.map(|(dix, dseq)| (dix.0, dseq)).unzip();
        let n = touches.len();
        let row = (at.ms(), dix, dseq, document, container, n, record, records);
        rows::write(store, sql, row)?;
    }
    Ok(())
}

/// The history in the order of the moments it happened, of one record or of all.
pub(crate) fn history(store: &Connection, record: Option<&str>) -> Result<Vec<Touch>, StoreError> {
    let mut query = store.prepare_cached(
        "SELECT at, dix, dseq, document, container, n, record, records FROM touch
         WHERE ?1 IS NULL OR record = ?1 OR record IS NULL
         ORDER BY at, dix, dseq, id",
    )?;
    let mut rows = query.query([record])?;
    let mut inflater = Inflater::default();
    let mut touches = Vec::new();
    while let Some(row) = rows.next()? {
        let of_row = read(row, &mut inflater)?.into_iter();
        touches.extend(of_row.filter(|touch| record.is_none_or(|record| touch.record == record)));
    }
    Ok(touches)
}

/// Some of what other devices than `own` touched, newest first, after the first `skipped`.
pub(crate) fn of_others(
    store: &Connection,
    own: Option<DeviceIndex>,
    mut skipped: usize,
    rows_max: usize,
) -> Result<Vec<Touch>, StoreError> {
    let mut query = store.prepare_cached(
        "SELECT at, dix, dseq, document, container, n, record, records FROM touch
         WHERE dix IS NOT NULL AND dix IS NOT ?1
         ORDER BY at DESC, dix DESC, dseq DESC, id DESC",
    )?;
    let mut rows = query.query([own.map(|dix| dix.0)])?;
    let mut inflater = Inflater::default();
    let mut touches: Vec<Touch> = Vec::new();
    while touches.len() < rows_max
        && let Some(row) = rows.next()?
    {
        let all: usize = row.get("n")?;
        if skipped >= all {
            skipped -= all;
            continue;
        }
        let of_row = read(row, &mut inflater)?.into_iter().rev();
        touches.extend(of_row.skip(skipped).take(rows_max - touches.len()));
        skipped = 0;
    }
    Ok(touches)
}

/// Reads the history backwards: what one save touched in one container at a time, of the containers
/// that `wanted` selects, until `visit` says that it has enough.
pub(crate) fn backwards<E: From<StoreError>>(
    store: &Connection,
    wanted: &dyn Fn(&str) -> bool,
    mut visit: impl FnMut(Vec<Touch>) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let mut query = store
        .prepare_cached(
            "SELECT at, dix, dseq, document, container, n, record, records FROM touch
             ORDER BY at DESC, dix DESC, dseq DESC, id DESC",
        )
        .map_err(StoreError::from)?;
    let mut rows = query.query([]).map_err(StoreError::from)?;
    let mut inflater = Inflater::default();
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        let container = row.get_ref("container").map_err(StoreError::from)?;
        if !container.as_str().is_ok_and(wanted) {
            continue;
        }
        if visit(read(row, &mut inflater)?)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Forgets what an entry touched: it counts for nothing.
pub(crate) fn drop_entry(
    store: &Connection,
    dix: DeviceIndex,
    dseq: u64,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM touch WHERE dix = ?1 AND dseq = ?2";
    rows::write(store, sql, (dix.0, dseq))
}

/// The touches of a row, in the order in which they were appended.
fn read(row: &Row<'_>, inflater: &mut Inflater) -> Result<Vec<Touch>, StoreError> {
    let dix: Option<u16> = row.get("dix")?;
    let first = Touch {
        at: Timestamp::from_ms(row.get("at")?),
        entry: dix.map(DeviceIndex).zip(row.get("dseq")?),
        document: row.get("document")?,
        container: row.get("container")?,
        record: String::new(),
    };
    let records = match row.get::<_, Option<String>>("record")? {
        Some(record) => vec![record],
        None => {
            let bytes: Vec<u8> = row.get("records")?;
            unpacked(&bytes, inflater).ok_or(StoreError::Derived("touch"))?
        }
    };
    let touch = |record| Touch {
        record,
        ..first.clone()
    };
    Ok(records.into_iter().map(touch).collect())
}

/// The records of several touches: the codec, then a list in JSON. They begin alike, so that a
/// thousand of an import take a few bytes each.
fn packed(touches: &[Touch]) -> Vec<u8> {
    let records = touches.iter().map(|touch| touch.record.as_str());
    let text = serde_json::Value::from_iter(records).to_string();
    let (codec, mut body) = compress(text.as_bytes());
    body.insert(0, codec.number());
    body
}

/// Reads them back; `None` if the bytes are damaged.
fn unpacked(bytes: &[u8], inflater: &mut Inflater) -> Option<Vec<String>> {
    let (codec, body) = bytes.split_first()?;
    let text = match Codec::from_number(*codec)? {
        Codec::Raw => body.to_vec(),
        Codec::Zstd => inflater.zstd(body).ok()?,
        Codec::Sealed => return None,
    };
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Connection {
        let store = Connection::open_in_memory().unwrap();
        store.execute_batch(include_str!("derived.sql")).unwrap();
        store
    }

    fn touch(dseq: Option<u64>, container: &str, record: &str) -> Touch {
        Touch {
            at: Timestamp::from_ms(1_795_000_000_000 + dseq.unwrap_or(0).cast_signed()),
            entry: dseq.map(|dseq| (DeviceIndex(u16::from(dseq != 3)), dseq)),
            document: "observations/2023".to_owned(),
            container: container.to_owned(),
            record: record.to_owned(),
        }
    }

    /// An import of a thousand values and a note, a save of one value, and what is in no entry.
    fn touches() -> Vec<Touch> {
        let value = |at: u32| {
            let (month, age) = (at % 12 + 1, at / 12);
            touch(
                Some(1),
                "observations",
                &format!("VAX/NORTH/2023-{month:02}/age={age}"),
            )
        };
        let mut all: Vec<Touch> = (0..1_200).map(value).collect();
        all.sort_by(|a, b| a.record.cmp(&b.record));
        all.push(touch(Some(1), "notes", "VAX/NORTH/2023-01/age=1"));
        all.push(touch(Some(2), "observations", "VAX/NORTH/2023-01/age=1"));
        all.push(touch(Some(3), "observations", "a line\nand \"more\""));
        all.push(touch(Some(3), "observations", ""));
        all.insert(0, touch(None, "notes", "VAX/NORTH/2023-01/age=1"));
        all
    }

    #[test]
    fn an_entry_leaves_one_row_for_each_container_and_the_whole_history() {
        let (store, all) = (store(), touches());
        append(&store, &all).unwrap();
        let ask = |sql: &str| {
            store
                .query_row(sql, [], |row| row.get::<_, i64>(0))
                .unwrap()
        };
        assert_eq!(ask("SELECT count(*) FROM touch"), 5);
        assert_eq!(history(&store, None).unwrap(), all);
        let record = "VAX/NORTH/2023-01/age=1";
        let of_record = all.iter().filter(|touch| touch.record == record).cloned();
        let of_record: Vec<Touch> = of_record.collect();
        assert_eq!(history(&store, Some(record)).unwrap(), of_record);
        assert_eq!(of_record.len(), 4);
        let bytes = ask("SELECT max(length(records)) FROM touch");
        assert!(bytes < 5 * 1_200, "{bytes} bytes for 1,200 values");
        drop_entry(&store, DeviceIndex(1), 1).unwrap();
        assert_eq!(history(&store, None).unwrap().len(), 4);
    }

    #[test]
    fn pages_of_what_others_touched_are_the_history_backwards() {
        let (store, all) = (store(), touches());
        append(&store, &all).unwrap();
        let others = all.iter().rev().filter(|touch| {
            let dix = touch.entry.map(|(dix, _)| dix);
            dix.is_some() && dix != Some(DeviceIndex(0))
        });
        let others: Vec<Touch> = others.cloned().collect();
        let mut pages = Vec::new();
        while let page = of_others(&store, Some(DeviceIndex(0)), pages.len(), 7).unwrap()
            && !page.is_empty()
        {
            assert!(page.len() <= 7);
            pages.extend(page);
        }
        assert_eq!(pages, others);
        assert_eq!(
            of_others(&store, None, 0, 2).unwrap(),
            all[all.len() - 2..]
                .iter()
                .rev()
                .cloned()
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_history_is_read_backwards_until_there_is_enough() {
        let (store, all) = (store(), touches());
        append(&store, &all).unwrap();
        let read = |container: &str, saves_max: usize| {
            let (mut saves, mut touched) = (0, Vec::new());
            let done = backwards::<StoreError>(&store, &|one| one == container, |mut touches| {
                saves += 1;
                touched.append(&mut touches);
                Ok(match saves < saves_max {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                })
            });
            done.unwrap();
            (saves, touched.len())
        };
        assert_eq!(read("observations", 1), (1, 2));
        assert_eq!(read("observations", 9), (3, 1_203));
        assert_eq!(read("notes", 9), (2, 2));
        assert_eq!(read("insights", 9), (0, 0));
    }

    #[test]
    fn records_that_cannot_be_read_are_an_error() {
        let store = store();
        append(&store, &touches()).unwrap();
        for bytes in ["x''", "x'07'", "x'01ff'", "x'00ff'"] {
            store
                .execute(
                    &format!("UPDATE touch SET records = {bytes} WHERE record IS NULL"),
                    [],
                )
                .unwrap();
            assert!(history(&store, None).is_err(), "{bytes}");
        }
    }
}
