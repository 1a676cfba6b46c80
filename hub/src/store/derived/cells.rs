//! Rolled-up figures, as they are read.

use rusqlite::{Connection, params};
use weft_shared::rollup::{Cell, CellKey, Level, Slice};

use super::{super::columns, StoreError, slice_texts};

/// Puts the cells of one slice in the place of those it had.
pub(crate) fn put_cells(
    conn: &Connection,
    slice: &Slice,
    cells: &[Cell],
) -> Result<(), StoreError> {
    let (indicator, period, breakdown) = slice_texts(slice);
    conn.prepare_cached("DELETE FROM cells WHERE indicator = ? AND period = ? AND breakdown = ?")?
        .execute(params![indicator, period, breakdown])?;
    let mut insert = conn.prepare_cached(
        "INSERT INTO cells (indicator, period, breakdown, level, location, columns)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    for cell in cells {
        insert.execute(params![
            indicator,
            period,
            breakdown,
            cell.key.level.as_str(),
            location_text(&cell.key),
            columns::encode(cell)
        ])?;
    }
    Ok(())
}

fn location_text(key: &CellKey) -> &str {
    match &key.level {
        Level::Location(code) => code.as_str(),
        Level::Network => "",
    }
}

/// A query for figures; a member that is left out restricts nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct CellFilter {
    pub(crate) indicator: Option<String>,
    pub(crate) level: Option<&'static str>,
    pub(crate) location: Option<String>,
}

/// One figure as stored.
#[derive(Clone, Debug)]
pub(crate) struct CellRow {
    pub(crate) columns: String,
}

/// Figures by indicator, period and breakdown; locations by code, the network after them.
pub(crate) fn cells(conn: &Connection, filter: &CellFilter) -> Result<Vec<CellRow>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT columns FROM cells
         WHERE (?1 IS NULL OR indicator = ?1) AND (?2 IS NULL OR level = ?2)
           AND (?3 IS NULL OR location = ?3)
         ORDER BY indicator, period, breakdown, level = 'network', location",
    )?;
    let rows = query.query_map(
        params![filter.indicator, filter.level, filter.location],
        |row| {
            Ok(CellRow {
                columns: row.get(0)?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}
