//! The chain of a location's rows: a row is closed once its ten minutes are over, and from then on
//! it never changes.

use rusqlite::{Connection, Row, params};
use weft_shared::{
    id::{LocationId, ReadHash},
    identity::{
        DeviceKey,
        reads::{ReadChain, ReadPart, ReadRow},
    },
    time::Timestamp,
    wire::limits::{READ_TEXT_BYTES_MAX, READS_BYTES_MAX, READS_ROWS_MAX},
};
use weft_store::{Transaction, rows};

use super::{LocationRow, StoreError};
use crate::limits::READ_OPEN_MS;

const COLUMNS: &str = "n, at_ms, reader, organisation, act, subject, purpose, count, prev";

/// A location's row in the store, and its id.
type Place<'a> = (LocationRow, &'a LocationId);

/// Closes what is to be closed, and returns the closed rows after `after`, as many as fit, under a
/// head that `key` signs.
pub(crate) fn part(
    tx: &Transaction<'_>,
    place: Place<'_>,
    key: &DeviceKey,
    after: u64,
    now: Timestamp,
) -> Result<ReadPart, StoreError> {
    close(tx, place, now)?;
    let (lix, location) = place;
    let sql = format!(
        "SELECT {COLUMNS} FROM reads WHERE lix = ? AND n > ? AND prev IS NOT NULL
         ORDER BY n LIMIT ?"
    );
    let found: Vec<Kept> = rows::all(tx, &sql, params![lix.0, after, READS_ROWS_MAX], kept)?;
    let before = match found.first() {
        Some(first) => first.before(),
        None => end(tx, place)?.unwrap_or_default(),
    };
    let (mut chain, mut bytes, mut sent) = (before, 0, Vec::new());
    for one in found {
        bytes += one.row.reader.len()
            + one.row.organisation.len()
            + one.row.act.len()
            + one.row.subject.len()
            + one.row.purpose.len();
        if bytes > READS_BYTES_MAX {
            break;
        }
        chain = next(chain, location, &one.row)?;
        sent.push(one.row);
    }
    Ok(ReadPart {
        before,
        rows: sent,
        head: chain.sign(location, key),
        proof: None,
        seen: None,
    })
}

/// Closes the rows that no read can raise any more, in their order.
fn close(tx: &Transaction<'_>, place: Place<'_>, now: Timestamp) -> Result<(), StoreError> {
    let (lix, location) = place;
    let sql =
        format!("SELECT {COLUMNS} FROM reads WHERE lix = ? AND prev IS NULL ORDER BY n LIMIT 4096");
    let open: Vec<Kept> = rows::all(tx, &sql, [lix.0], kept)?;
    let Some(first) = open.first() else {
        return Ok(());
    };
    let mut chain = end(tx, place)?.unwrap_or_else(|| ReadChain {
        n: first.row.n.saturating_sub(1),
        hash: ReadHash::default(),
    });
    for Kept { row, .. } in open {
        // A row of a clock that ran ahead is closed too: nothing raises it.
        if row.at >= now.plus_ms(-READ_OPEN_MS) && row.at <= now {
            break;
        }
        let sql = "UPDATE reads SET prev = ? WHERE lix = ? AND n = ?";
        tx.prepare_cached(sql)?
            .execute(params![chain.hash.as_bytes(), lix.0, row.n])?;
        chain = next(chain, location, &row)?;
    }
    Ok(())
}

/// The end of the closed rows; `None` if none is closed.
fn end(conn: &Connection, (lix, location): Place<'_>) -> Result<Option<ReadChain>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM reads WHERE lix = ? AND prev IS NOT NULL ORDER BY n DESC LIMIT 1"
    );
    let last = rows::one(conn, &sql, [lix.0], kept)?;
    last.map(|one| next(one.before(), location, &one.row))
        .transpose()
}

fn next(chain: ReadChain, location: &LocationId, row: &ReadRow) -> Result<ReadChain, StoreError> {
    let next = chain.with(location, row);
    next.map_err(|_| StoreError::Damaged("the ledger of reads"))
}

/// A row, and the hash of the one before it once it is closed.
struct Kept {
    row: ReadRow,
    prev: ReadHash,
}

impl Kept {
    /// The end of the chain before this row.
    const fn before(&self) -> ReadChain {
        ReadChain {
            n: self.row.n.saturating_sub(1),
            hash: self.prev,
        }
    }
}

fn kept(row: &Row<'_>) -> Result<Kept, StoreError> {
    let prev: Option<Vec<u8>> = row.get(8)?;
    let prev = prev.as_deref().map(ReadHash::from_slice);
    let text = |at: usize| {
        let text: String = row.get(at)?;
        Ok::<_, StoreError>(cut(text))
    };
    Ok(Kept {
        row: ReadRow {
            n: row.get(0)?,
            at: Timestamp::from_ms(row.get(1)?),
            reader: text(2)?,
            organisation: text(3)?,
            act: text(4)?,
            subject: text(5)?,
            purpose: text(6)?,
            count: row.get(7)?,
        },
        prev: match prev {
            None => ReadHash::default(),
            Some(hash) => hash.ok_or(StoreError::Damaged("the ledger of reads"))?,
        },
    })
}

/// A text as it is sent: the address of a page may be long.
fn cut(mut text: String) -> String {
    let mut end = text.len().min(READ_TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}
