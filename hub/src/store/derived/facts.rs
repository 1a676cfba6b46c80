//! What locations stated, as typed rows.

use std::collections::BTreeSet;

use rusqlite::{
    Connection, Row, ToSql, params,
    types::{Null, ToSqlOutput, ValueRef},
};
use weft_shared::{
    model::{number::Number, observation::Statement},
    time::Timestamp,
};

use super::{StoreError, names::Form};

/// The place of a fact, in numbers of this store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FactPlace {
    /// The document that says so.
    pub(crate) document: i64,
    pub(crate) series: i64,
    pub(crate) period: u32,
    pub(crate) place: i64,
}

/// One statement about a place.
#[derive(Clone, Debug)]
pub(crate) struct FactRow {
    pub(crate) form: i64,
    pub(crate) statement: Statement,
    /// When it was stated, in whole seconds, by its device's clock.
    pub(crate) at: Option<Timestamp>,
    /// The place of the signed entry that states it, in the order of commits.
    pub(crate) entry: Option<u64>,
}

/// A number as a column: whole ones as integers, others as decimal text, so that all are exact.
struct Exact(Option<Number>);

impl ToSql for Exact {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let Some(number) = self.0 else {
            return Ok(Null.into());
        };
        Ok(match number.whole() {
            Some(whole) => whole.into(),
            None => number.to_string().into(),
        })
    }
}

/// Replaces what is stated at a place. Nothing is there yet if the document is `new`. Returns by
/// how many statements there are more.
pub(crate) fn put(
    conn: &Connection,
    place: FactPlace,
    rows: &[FactRow],
    new: bool,
) -> Result<i64, StoreError> {
    let FactPlace {
        document,
        series,
        period,
        place,
    } = place;
    let gone = match new {
        true => 0,
        false => conn
            .prepare_cached(
                "DELETE FROM facts
                 WHERE document = ? AND series = ? AND period = ? AND place = ?",
            )?
            .execute(params![document, series, period, place])?,
    };
    let mut put = conn.prepare_cached(
        "INSERT INTO facts (document, series, period, place, n, form, numerator, denominator,
                            at_s, entry, value, lower, upper, method, confirmed, sign)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for (n, row) in rows.iter().enumerate() {
        let one = &row.statement;
        put.execute(params![
            document,
            series,
            period,
            place,
            n,
            row.form,
            Exact(one.numerator),
            Exact(one.denominator),
            row.at.map(|at| at.ms() / 1_000),
            row.entry,
            Exact(one.value),
            Exact(one.lower),
            Exact(one.upper),
            one.method,
            checks(&one.confirmed),
            one.sign
        ])?;
    }
    let more = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(more(rows.len()) - more(gone))
}

/// Takes away everything that a document states.
pub(crate) fn clear(conn: &Connection, document: i64) -> Result<(), StoreError> {
    let mut query = conn
        .prepare_cached("SELECT series, count(*) FROM facts WHERE document = ? GROUP BY series")?;
    let counts = query.query_map([document], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (series, count) in counts.collect::<Result<Vec<(i64, i64)>, _>>()? {
        count_more(conn, series, -count)?;
    }
    conn.prepare_cached("DELETE FROM facts WHERE document = ?")?
        .execute([document])?;
    Ok(())
}

/// Records that a series has so many statements more, or fewer.
pub(crate) fn count_more(conn: &Connection, series: i64, more: i64) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE series SET facts = facts + ? WHERE series = ?")?
        .execute([more, series])?;
    Ok(())
}

/// The names of checks that a person answered; none for most.
fn checks(confirmed: &BTreeSet<String>) -> Option<String> {
    let names = (!confirmed.is_empty()).then(|| serde_json::to_string(confirmed));
    names.map(|names| names.expect("a list of texts always encodes"))
}

/// Passes on what a document states about a series from one period to another, in the order of
/// periods and places.
pub(crate) fn each(
    conn: &Connection,
    (document, series): (i64, i64),
    (from, to): (u32, u32),
    form: impl Fn(i64) -> Option<Form>,
    mut take: impl FnMut(FactPlace, FactRow),
) -> Result<(), StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT period, place, form, numerator, denominator, at_s, entry, value, lower, upper,
                method, confirmed, sign FROM facts
         WHERE document = ? AND series = ? AND period BETWEEN ? AND ?
         ORDER BY period, place, n",
    )?;
    let mut rows = query.query(params![document, series, from, to])?;
    while let Some(row) = rows.next()? {
        let place = FactPlace {
            document,
            series,
            period: row.get(0)?,
            place: row.get(1)?,
        };
        take(place, read(row, &form)?);
    }
    Ok(())
}

fn read(row: &Row<'_>, form: impl Fn(i64) -> Option<Form>) -> Result<FactRow, StoreError> {
    let unreadable = || StoreError::Derived("facts");
    let number = |at: usize| match row.get_ref(at)? {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(whole) => Ok(Some(Number::from(whole))),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).ok().and_then(Number::read_back);
            text.map(Some).ok_or_else(unreadable)
        }
        ValueRef::Real(_) | ValueRef::Blob(_) => Err(unreadable()),
    };
    let number_of_form = row.get(2)?;
    let common = form(number_of_form).ok_or_else(unreadable)?;
    let seconds: Option<i64> = row.get(5)?;
    let confirmed = match row.get_ref(11)?.as_str_or_null()? {
        Some(names) => serde_json::from_str(names).map_err(|_| unreadable())?,
        None => BTreeSet::new(),
    };
    Ok(FactRow {
        form: number_of_form,
        statement: Statement {
            definition: common.definition,
            numerator: number(3)?,
            denominator: number(4)?,
            value: number(7)?,
            lower: number(8)?,
            upper: number(9)?,
            status: common.status,
            method: row.get(10)?,
            audience: common.audience,
            confirmed,
            sign: row.get(12)?,
        },
        at: seconds.map(|seconds| Timestamp::from_ms(seconds.saturating_mul(1_000))),
        entry: row.get(6)?,
    })
}

/// Whether a document of the year states anything about a series in a period.
pub(crate) fn is_any(
    conn: &Connection,
    series: i64,
    (year, period): (i16, u32),
) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT 1 FROM year_documents CROSS JOIN facts USING (document)
             WHERE year = ? AND series = ? AND period = ?",
        )?
        .exists(params![year, series, period])?)
}

/// Returns the number of facts: places about which a document states something.
pub(crate) fn count(conn: &Connection) -> Result<u64, StoreError> {
    Ok(
        conn.query_row("SELECT count(*) FROM facts WHERE n = 0", [], |row| {
            row.get(0)
        })?,
    )
}
