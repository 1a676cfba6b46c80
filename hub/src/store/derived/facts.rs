//! The statements of locations, as typed rows.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{
    CachedStatement, Connection, Row, ToSql, params,
    types::{Null, ToSqlOutput, ValueRef},
};
use weft_shared::{
    id::DefinitionHash,
    model::{number::Number, observation::Statement},
    time::Timestamp,
};
use weft_store::rows;

use super::{
    LocationRow, StoreError,
    names::Form,
    past::{self, Began, Course, Standing},
};

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

impl FactRow {
    /// Whether it is the same statement of the same entry.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let origin = |row: &Self| (row.form, row.at.map(seconds), row.entry);
        let figures = |row: &Self| {
            let one = &row.statement;
            [
                one.numerator,
                one.denominator,
                one.value,
                one.lower,
                one.upper,
            ]
        };
        let (one, two) = (&self.statement, &other.statement);
        origin(self) == origin(other)
            && figures(self) == figures(other)
            && one.method == two.method
            && one.confirmed == two.confirmed
            && one.sign == two.sign
    }
}

/// A number as a column: whole ones as integers, others as decimal text, so that all are exact.
pub(super) struct Exact(pub(super) Option<Number>);

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

/// The outcome of replacing the statements at places.
#[derive(Debug, Default)]
pub(crate) struct Put {
    /// By how many statements there are more, by series.
    pub(crate) more: BTreeMap<i64, i64>,
    /// Whether something that was taken back had to go.
    pub(crate) withdrew: bool,
}

/// Replaces what is stated at places by the last of what stood there since, and keeps what ended.
/// Nothing is there yet if a document `is_new`.
pub(crate) fn put(
    conn: &Connection,
    facts: &BTreeMap<FactPlace, Vec<Standing>>,
    is_new: impl Fn(i64) -> bool,
) -> Result<Put, StoreError> {
    let mut insert = Insert::new(conn)?;
    let mut put = Put::default();
    for (place, since) in facts {
        let new = is_new(place.document);
        let more = match since.as_slice() {
            // By far the most frequent case by itself.
            [only] if new && only.withdraws.is_none() => {
                for (n, row) in only.rows.iter().enumerate() {
                    insert.row(*place, n, (row, only.since))?;
                }
                number(only.rows.len())
            }
            since => put_at(conn, *place, (since, new), &mut insert, &mut put.withdrew)?,
        };
        *put.more.entry(place.series).or_default() += more;
    }
    Ok(put)
}

/// Returns by how many statements there are more.
fn put_at(
    conn: &Connection,
    place: FactPlace,
    (since, new): (&[Standing], bool),
    insert: &mut Insert<'_>,
    withdrew: &mut bool,
) -> Result<i64, StoreError> {
    let before = match new {
        true => Vec::new(),
        false => past::before(conn, place)?,
    };
    let course = Course::follow(&before, since);
    let gone = course.write_past(conn, place)?;
    if !before.is_empty() {
        conn.prepare_cached(
            "DELETE FROM facts WHERE document = ? AND series = ? AND period = ? AND place = ?",
        )?
        .execute(params![
            place.document,
            place.series,
            place.period,
            place.place
        ])?;
    }
    for (n, row) in course.standing.iter().enumerate() {
        insert.row(place, n, *row)?;
    }
    *withdrew |= gone || (course.withdraws() && !before.is_empty());
    Ok(number(course.standing.len()) - number(before.len()))
}

fn number(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Inserts statements, with statements of SQL that are looked up once for all of them.
struct Insert<'c> {
    /// For those that state no more than counts, and stood from their entry on.
    counts: CachedStatement<'c>,
    any: CachedStatement<'c>,
}

impl<'c> Insert<'c> {
    fn new(conn: &'c Connection) -> Result<Self, StoreError> {
        Ok(Self {
            counts: conn.prepare_cached(
                "INSERT INTO facts (document, series, period, place, n, form, numerator,
                                    denominator, at_s, entry)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?,
            any: conn.prepare_cached(
                "INSERT INTO facts (document, series, period, place, n, form, numerator,
                                    denominator, at_s, entry, began, value, lower, upper, method,
                                    confirmed, sign)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?,
        })
    }

    fn row(
        &mut self,
        place: FactPlace,
        n: usize,
        (row, began): Began<'_>,
    ) -> Result<(), StoreError> {
        let one = &row.statement;
        let numbers = [one.value, one.lower, one.upper];
        let is_plain = numbers.iter().all(Option::is_none)
            && one.method.is_none()
            && one.confirmed.is_empty()
            && one.sign.is_none();
        if is_plain && row.entry == Some(began) {
            self.counts.execute(params![
                place.document,
                place.series,
                place.period,
                place.place,
                n,
                row.form,
                Exact(one.numerator),
                Exact(one.denominator),
                row.at.map(seconds),
                began
            ])?;
            return Ok(());
        }
        self.any.execute(params![
            place.document,
            place.series,
            place.period,
            place.place,
            n,
            row.form,
            Exact(one.numerator),
            Exact(one.denominator),
            row.at.map(seconds),
            row.entry,
            (row.entry != Some(began)).then_some(began),
            Exact(one.value),
            Exact(one.lower),
            Exact(one.upper),
            one.method,
            checks(&one.confirmed),
            one.sign
        ])?;
        Ok(())
    }
}

pub(super) const fn seconds(at: Timestamp) -> i64 {
    at.ms() / 1_000
}

/// Takes away everything that a document states and stated.
pub(crate) fn clear(conn: &Connection, document: i64) -> Result<(), StoreError> {
    let mut query = conn
        .prepare_cached("SELECT series, count(*) FROM facts WHERE document = ? GROUP BY series")?;
    let counts = query.query_map([document], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (series, count) in counts.collect::<Result<Vec<(i64, i64)>, _>>()? {
        count_more(conn, series, -count)?;
    }
    conn.prepare_cached("DELETE FROM facts WHERE document = ?")?
        .execute([document])?;
    past::clear(conn, document)
}

/// Records that a series has so many statements more, or fewer.
pub(crate) fn count_more(conn: &Connection, series: i64, more: i64) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE series SET facts = facts + ? WHERE series = ?")?
        .execute([more, series])?;
    Ok(())
}

/// The names of checks that a person answered; none for most.
pub(super) fn checks(confirmed: &BTreeSet<String>) -> Option<String> {
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
    take: impl FnMut(FactPlace, FactRow),
) -> Result<(), StoreError> {
    let which = "series = ?2 AND period BETWEEN ?3 AND ?4";
    let of = params![document, series, from, to];
    each_where(conn, document, (which, of), form, take)
}

/// Passes on everything that a document states, by series, period and place.
pub(crate) fn of_document(
    conn: &Connection,
    document: i64,
    form: impl Fn(i64) -> Option<Form>,
    take: impl FnMut(FactPlace, FactRow),
) -> Result<(), StoreError> {
    each_where(conn, document, ("TRUE", params![document]), form, take)
}

/// A row of a document whose statement is not made yet.
pub(crate) struct Scanned<'a>(&'a Row<'a>);

impl Scanned<'_> {
    /// The number of its form.
    pub(crate) fn form(&self) -> Result<i64, StoreError> {
        Ok(self.0.get(2)?)
    }

    /// When it was stated.
    pub(crate) fn at(&self) -> Result<Option<Timestamp>, StoreError> {
        let seconds: Option<i64> = self.0.get(5)?;
        Ok(seconds.map(|seconds| Timestamp::from_ms(seconds.saturating_mul(1_000))))
    }

    /// Its numerator and denominator, if these are all that it states.
    pub(crate) fn counts(&self) -> Result<Option<(Number, Number)>, StoreError> {
        if !self.0.get(14)? {
            return Ok(None);
        }
        let number = |at| exact(self.0, at, "facts");
        Ok(number(3)?.zip(number(4)?))
    }

    /// All of it.
    pub(crate) fn read(&self, form: impl Fn(i64) -> Option<Form>) -> Result<FactRow, StoreError> {
        read(self.0, form)
    }
}

/// Passes on everything that a document states, by series, period and place.
pub(crate) fn scan(
    conn: &Connection,
    document: i64,
    take: impl FnMut(FactPlace, &Scanned<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    scan_where(conn, document, ("TRUE", params![document]), take)
}

/// Everything that is stated at a place.
pub(crate) fn at(
    conn: &Connection,
    place: FactPlace,
    form: impl Fn(i64) -> Option<Form>,
) -> Result<Vec<FactRow>, StoreError> {
    let mut found = Vec::new();
    let which = "series = ?2 AND period = ?3 AND place = ?4";
    let of = params![place.document, place.series, place.period, place.place];
    each_where(conn, place.document, (which, of), form, |_, row| {
        found.push(row)
    })?;
    Ok(found)
}

fn each_where(
    conn: &Connection,
    document: i64,
    which: (&str, &[&dyn ToSql]),
    form: impl Fn(i64) -> Option<Form>,
    mut take: impl FnMut(FactPlace, FactRow),
) -> Result<(), StoreError> {
    scan_where(conn, document, which, |place, row| {
        take(place, row.read(&form)?);
        Ok(())
    })
}

fn scan_where(
    conn: &Connection,
    document: i64,
    (which, of): (&str, &[&dyn ToSql]),
    mut take: impl FnMut(FactPlace, &Scanned<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut query = conn.prepare_cached(&format!(
        "SELECT period, place, form, numerator, denominator, at_s, entry, value, lower, upper,
                method, confirmed, sign, series,
                coalesce(value, lower, upper, method, confirmed, sign) IS NULL FROM facts
         WHERE document = ?1 AND {which} ORDER BY series, period, place, n"
    ))?;
    let mut rows = query.query(of)?;
    while let Some(row) = rows.next()? {
        let place = FactPlace {
            document,
            series: row.get(13)?,
            period: row.get(0)?,
            place: row.get(1)?,
        };
        take(place, &Scanned(row))?;
    }
    Ok(())
}

pub(super) fn read(
    row: &Row<'_>,
    form: impl Fn(i64) -> Option<Form>,
) -> Result<FactRow, StoreError> {
    let unreadable = || StoreError::Derived("facts");
    let number = |at| exact(row, at, "facts");
    let number_of_form = row.get(2)?;
    let common = form(number_of_form).ok_or_else(unreadable)?;
    let counts = Statement {
        numerator: number(3)?,
        denominator: number(4)?,
        ..Statement::without_figure(common.definition, common.status, common.audience)
    };
    // Most have no more than counts.
    let statement = match row.get(14)? {
        true => counts,
        false => Statement {
            value: number(7)?,
            lower: number(8)?,
            upper: number(9)?,
            method: row.get(10)?,
            confirmed: match row.get_ref(11)?.as_str_or_null()? {
                Some(names) => serde_json::from_str(names).map_err(|_| unreadable())?,
                None => BTreeSet::new(),
            },
            sign: row.get(12)?,
            ..counts
        },
    };
    Ok(FactRow {
        form: number_of_form,
        statement,
        at: Scanned(row).at()?,
        entry: row.get(6)?,
    })
}

/// A number as [`Exact`] wrote it into this table.
pub(super) fn exact(
    row: &Row<'_>,
    at: usize,
    table: &'static str,
) -> Result<Option<Number>, StoreError> {
    let unreadable = || StoreError::Derived(table);
    match row.get_ref(at)? {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(whole) => Ok(Some(Number::from(whole))),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).ok().and_then(Number::read_back);
            text.map(Some).ok_or_else(unreadable)
        }
        ValueRef::Real(_) | ValueRef::Blob(_) => Err(unreadable()),
    }
}

/// The definitions that each location's statements were entered under.
pub(crate) fn definitions(
    conn: &Connection,
) -> Result<BTreeSet<(LocationRow, DefinitionHash)>, StoreError> {
    let sql = "SELECT DISTINCT lix, definition
               FROM (SELECT DISTINCT document, form FROM facts)
               JOIN year_documents USING (document) JOIN forms USING (form)";
    rows::all(conn, sql, [], |row| {
        let hash = rows::bytes(row, 1, DefinitionHash::from_slice, "a definition's hash")?;
        Ok((LocationRow(row.get(0)?), hash))
    })
}

/// Returns the number of facts: places about which a document states something.
pub(crate) fn count(conn: &Connection) -> Result<u64, StoreError> {
    Ok(
        conn.query_row("SELECT count(*) FROM facts WHERE n = 0", [], |row| {
            row.get(0)
        })?,
    )
}
