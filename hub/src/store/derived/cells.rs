//! Rolled-up figures, as they are read.

use std::collections::BTreeSet;

use rusqlite::{
    Connection, Row, params, params_from_iter,
    types::{FromSql, Value},
};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{number::Number, observation::Breakdown},
    period::Period,
    rollup::{Cell, CellKey, Interval, Level, Slice, cell::Labels, series::Base},
    time::Timestamp,
};
use weft_store::rows;

use super::{StoreError, slice_texts};

/// Replaces the cells of one slice.
pub(crate) fn put_cells(
    conn: &Connection,
    slice: &Slice,
    cells: &[Cell],
) -> Result<(), StoreError> {
    let (indicator, period, breakdown) = slice_texts(slice);
    let key = params![indicator, period, breakdown];
    conn.prepare_cached("DELETE FROM cells WHERE indicator = ? AND period = ? AND breakdown = ?")?
        .execute(key)?;
    conn.prepare_cached("DELETE FROM bases WHERE indicator = ? AND period = ? AND breakdown = ?")?
        .execute(key)?;
    let places = vec!["?"; COLUMNS.split(',').count()].join(", ");
    let mut put = conn.prepare_cached(&format!(
        "INSERT INTO cells (indicator, period, breakdown, location, {COLUMNS})
         VALUES (?, ?, ?, ?, {places})"
    ))?;
    let mut put_base = conn.prepare_cached(
        "INSERT INTO bases (indicator, period, breakdown, location, area, denominator, is_growth,
                            asked_beside)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for cell in cells {
        let location = cell.key.level.location().map_or("", |code| code.as_str());
        let key = [&*indicator, &*period, &*breakdown, location];
        let key = key.map(|text| Value::from(text.to_owned()));
        put.execute(params_from_iter(key.into_iter().chain(columns(cell))))?;
        for base in &cell.bases {
            put_base.execute(params![
                indicator,
                period,
                breakdown,
                location,
                base.area.as_str(),
                base.denominator.map(|number| number.to_string()),
                base.is_growth,
                base.asked_beside.map(|number| number.to_string()),
            ])?;
        }
    }
    Ok(())
}

/// The columns of a cell after its key; see [`columns`] and [`read`], which have the same order.
const COLUMNS: &str = "indicator_name, indicator_name_mi, definition_version, unit, location_name,
    area, area_name, value, numerator, denominator, status, status_reason, n_locations, n_expected,
    n_areas, n_areas_expected, denominator_covered, n_contested, value_low, value_high,
    numerator_low, numerator_high, or_none, base_changed, lower, upper, updated_ms";

fn columns(cell: &Cell) -> [Value; 27] {
    let number = |number: Option<Number>| Value::from(number.map(|number| number.to_string()));
    let count = |count: usize| Value::from(i64::try_from(count).unwrap_or(i64::MAX));
    let end = |of: fn(Interval) -> Option<Number>| number(cell.interval.and_then(of));
    let labels = &cell.labels;
    let (area, area_name) = labels.area.clone().unzip();
    [
        labels.indicator_name.clone().into(),
        labels.indicator_name_mi.clone().into(),
        labels.definition_version.map(i64::from).into(),
        labels.unit.clone().into(),
        labels.location_name.clone().into(),
        area.map(|code| code.to_string()).into(),
        area_name.into(),
        number(cell.value),
        number(cell.numerator),
        number(cell.denominator),
        cell.status.word().to_owned().into(),
        cell.status_reason.clone().into(),
        count(cell.n_locations),
        count(cell.n_expected),
        count(cell.n_areas),
        count(cell.n_areas_expected),
        number(cell.denominator_covered),
        count(cell.n_contested),
        end(|interval| interval.value_low),
        end(|interval| interval.value_high),
        end(|interval| interval.numerator_low),
        end(|interval| interval.numerator_high),
        cell.interval.map(|one| i64::from(one.or_none)).into(),
        cell.base_changed.clone().into(),
        number(cell.lower),
        number(cell.upper),
        cell.updated_at.map(Timestamp::ms).into(),
    ]
}

/// A query for figures; a field that is left out restricts nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct CellFilter {
    pub(crate) indicator: Option<IndicatorCode>,
    /// Only the network, or only locations.
    pub(crate) is_network: Option<bool>,
    pub(crate) location: Option<String>,
}

/// Returns figures by indicator, period and breakdown; locations by code, the network after them.
pub(crate) fn cells(conn: &Connection, filter: &CellFilter) -> Result<Vec<Cell>, StoreError> {
    let indicator = filter.indicator.as_ref().map(IndicatorCode::as_str);
    let asked = params![indicator, filter.is_network, filter.location];
    let mut bases = conn.prepare_cached(&query(
        "area, denominator, is_growth, asked_beside",
        "bases",
    ))?;
    let mut bases = bases.query(asked)?;
    let mut base = bases.next()?.map(read_base).transpose()?;
    let sql = &query(COLUMNS, "cells");
    rows::all(conn, sql, asked, |row| {
        let mut cell = read(row)?;
        // Both are in the same order.
        while let Some((_, of_cell)) = base.take_if(|(key, _)| *key == cell.key) {
            cell.bases.push(of_cell);
            base = bases.next()?.map(read_base).transpose()?;
        }
        Ok(cell)
    })
}

/// Returns the periods that have figures.
pub(crate) fn periods(conn: &Connection) -> Result<BTreeSet<Period>, StoreError> {
    distinct(conn, "SELECT DISTINCT period FROM cells", |fields| {
        fields.parsed(|text| text.parse().ok())
    })
}

/// Returns the breakdowns that have figures.
pub(crate) fn breakdowns(conn: &Connection) -> Result<BTreeSet<Breakdown>, StoreError> {
    distinct(conn, "SELECT DISTINCT breakdown FROM cells", |fields| {
        fields.parsed(|text| Breakdown::from_key(text).ok())
    })
}

/// Returns the locations whose figures follow each version of a definition, and no figure.
pub(crate) fn users(
    conn: &Connection,
) -> Result<BTreeSet<(IndicatorCode, u32, LocationCode)>, StoreError> {
    let sql = "SELECT DISTINCT indicator, definition_version, location FROM cells
               WHERE location <> '' AND definition_version IS NOT NULL";
    distinct(conn, sql, |fields| {
        let indicator = fields.parsed(|text| text.parse().ok())?;
        let (version, parse) = (fields.next()?, |text: &str| text.parse().ok());
        Ok((indicator, version, fields.parsed(parse)?))
    })
}

/// Returns the locations that a figure of the network contains.
///
/// A figure with an observation that is not settled has no bases, so every location with a
/// figure of its own counts.
pub(crate) fn contributors(
    conn: &Connection,
    slice: &Slice,
) -> Result<BTreeSet<LocationCode>, StoreError> {
    let (indicator, period, breakdown) = slice_texts(slice);
    let key = params![indicator, period, breakdown];
    for sql in [
        "SELECT one.location FROM bases AS one JOIN bases AS sum
           USING (indicator, period, breakdown, area)
         WHERE indicator = ? AND period = ? AND breakdown = ?
           AND one.location <> '' AND sum.location = ''",
        "SELECT location FROM cells WHERE indicator = ? AND period = ? AND breakdown = ?
           AND location <> '' AND n_areas > 0",
    ] {
        let found: Vec<LocationCode> = rows::all(conn, sql, key, |row| {
            Fields(row, 0).parsed(|text| text.parse().ok())
        })?;
        if !found.is_empty() {
            return Ok(found.into_iter().collect());
        }
    }
    Ok(BTreeSet::new())
}

fn distinct<T: Ord>(
    conn: &Connection,
    sql: &str,
    read: impl Fn(&mut Fields<'_>) -> Result<T, StoreError>,
) -> Result<BTreeSet<T>, StoreError> {
    rows::all(conn, sql, [], |row| read(&mut Fields(row, 0)))
}

fn query(columns: &str, table: &str) -> String {
    format!(
        "SELECT indicator, period, breakdown, location, {columns} FROM {table}
         WHERE (?1 IS NULL OR indicator = ?1) AND (?2 IS NULL OR (location = '') = ?2)
           AND (?3 IS NULL OR location = ?3)
         ORDER BY indicator, period, breakdown, location = '', location{}",
        if table == "bases" { ", area" } else { "" }
    )
}

/// The columns of one row, taken one after another.
struct Fields<'a>(&'a Row<'a>, usize);

impl Fields<'_> {
    fn next<T: FromSql>(&mut self) -> Result<T, StoreError> {
        let value = self.0.get(self.1)?;
        self.1 += 1;
        Ok(value)
    }

    /// Parses a text that every row has.
    fn parsed<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        let text: String = self.next()?;
        parse(&text).ok_or(StoreError::Derived("cells"))
    }

    /// Parses a text if there is one.
    fn maybe<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self.next()?;
        let parsed = text.map(|text| parse(&text).ok_or(StoreError::Derived("cells")));
        parsed.transpose()
    }

    fn number(&mut self) -> Result<Option<Number>, StoreError> {
        self.maybe(Number::read_back)
    }

    fn key(&mut self) -> Result<CellKey, StoreError> {
        Ok(CellKey {
            indicator: self.parsed(|text| text.parse().ok())?,
            period: self.parsed(|text| text.parse().ok())?,
            breakdown: self.parsed(|text| Breakdown::from_key(text).ok())?,
            level: self.parsed(|text| match text {
                "" => Some(Level::Network),
                code => Some(Level::Location(code.parse().ok()?)),
            })?,
        })
    }

    fn labels(&mut self) -> Result<Labels, StoreError> {
        Ok(Labels {
            indicator_name: self.next()?,
            indicator_name_mi: self.next()?,
            definition_version: self.next()?,
            unit: self.next()?,
            location_name: self.next()?,
            area: self.maybe(|text| text.parse().ok())?.zip(self.next()?),
        })
    }

    fn interval(&mut self) -> Result<Option<Interval>, StoreError> {
        let interval = Interval {
            value_low: self.number()?,
            value_high: self.number()?,
            numerator_low: self.number()?,
            numerator_high: self.number()?,
            or_none: false,
        };
        let or_none: Option<bool> = self.next()?;
        Ok(or_none.map(|or_none| Interval {
            or_none,
            ..interval
        }))
    }
}

/// Reads a cell without its bases.
fn read(row: &Row<'_>) -> Result<Cell, StoreError> {
    let mut fields = Fields(row, 0);
    Ok(Cell {
        key: fields.key()?,
        labels: fields.labels()?,
        value: fields.number()?,
        numerator: fields.number()?,
        denominator: fields.number()?,
        status: fields.parsed(|text| text.parse().ok())?,
        status_reason: fields.next()?,
        n_locations: fields.next()?,
        n_expected: fields.next()?,
        n_areas: fields.next()?,
        n_areas_expected: fields.next()?,
        denominator_covered: fields.number()?,
        n_contested: fields.next()?,
        interval: fields.interval()?,
        base_changed: fields.next()?,
        lower: fields.number()?,
        upper: fields.number()?,
        updated_at: fields.next::<Option<i64>>()?.map(Timestamp::from_ms),
        bases: Vec::new(),
    })
}

fn read_base(row: &Row<'_>) -> Result<(CellKey, Base), StoreError> {
    let mut fields = Fields(row, 0);
    let key = fields.key()?;
    let base = Base {
        area: fields.parsed(|text| text.parse().ok())?,
        denominator: fields.number()?,
        is_growth: fields.next()?,
        asked_beside: fields.number()?,
    };
    Ok((key, base))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(level: Level, n: usize) -> Cell {
        let number = |n: i64| Some(Number::from(n));
        Cell {
            key: CellKey {
                indicator: "VAX".parse().unwrap(),
                period: "2023-05".parse().unwrap(),
                breakdown: Breakdown::by("age", "5-11,+"),
                level,
            },
            labels: Labels {
                indicator_name: "Name".to_owned(),
                indicator_name_mi: Some("Ingoa".to_owned()),
                definition_version: Some(3),
                unit: "percent".to_owned(),
                location_name: Some("Far North".to_owned()),
                area: Some(("NORTH".parse().unwrap(), "North".to_owned())),
            },
            value: number(1),
            numerator: number(2),
            denominator: Some(Number::from(999_999_999_999_999) + "0.000000001".parse().unwrap()),
            status: "D".parse().unwrap(),
            status_reason: "reason".to_owned(),
            n_locations: 4,
            n_expected: 5,
            n_areas: 6,
            n_areas_expected: 7,
            denominator_covered: number(8),
            n_contested: 9,
            interval: Some(Interval {
                value_low: number(10),
                value_high: number(11),
                numerator_low: number(12),
                numerator_high: number(13),
                or_none: true,
            }),
            base_changed: Some("changed".to_owned()),
            lower: number(14),
            upper: number(15),
            bases: (0..n).map(base).collect(),
            updated_at: Some(Timestamp::from_ms(16)),
        }
    }

    fn base(n: usize) -> Base {
        Base {
            area: format!("AREA_{}", ["A", "B"][n]).parse().unwrap(),
            denominator: (n > 0).then(|| Number::from(17)),
            is_growth: n > 0,
            asked_beside: (n > 0).then(|| Number::from(18)),
        }
    }

    #[test]
    fn a_cell_reads_back_as_it_was_put() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../derived.sql")).unwrap();
        let mut bare = cell(Level::Location("HV".parse().unwrap()), 0);
        bare.labels = Labels::default();
        for number in [
            &mut bare.value,
            &mut bare.numerator,
            &mut bare.lower,
            &mut bare.upper,
        ] {
            *number = None;
        }
        (bare.interval, bare.base_changed, bare.updated_at) = (None, None, None);
        let far_north = cell(Level::Location("FN".parse().unwrap()), 2);
        let all = [far_north, bare, cell(Level::Network, 1)];
        let slice = all[0].key.slice();
        put_cells(&conn, &slice, &[all[2].clone()]).unwrap();
        put_cells(&conn, &slice, &all).unwrap();
        let read = |filter: CellFilter| cells(&conn, &filter).unwrap();
        assert_eq!(read(CellFilter::default()), all);
        let network = CellFilter {
            is_network: Some(true),
            ..CellFilter::default()
        };
        assert_eq!(read(network), all[2..]);
        let of_locations = CellFilter {
            is_network: Some(false),
            indicator: Some("VAX".parse().unwrap()),
            ..CellFilter::default()
        };
        assert_eq!(read(of_locations), all[..2]);
        let of_one = CellFilter {
            location: Some("HV".to_owned()),
            ..CellFilter::default()
        };
        assert_eq!(read(of_one), all[1..2]);
        conn.execute("UPDATE cells SET value = 'x'", []).unwrap();
        let damaged = cells(&conn, &CellFilter::default());
        assert!(matches!(damaged, Err(StoreError::Derived("cells"))));
    }
}
