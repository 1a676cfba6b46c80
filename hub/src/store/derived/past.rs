//! Statements that stood and no longer do, each with the entries between which it stood.

use rusqlite::{Connection, params};
use weft_shared::{
    id::DefinitionHash,
    model::{Audience, observation::Status},
};

use super::{
    StoreError,
    facts::{self, Exact, FactPlace, FactRow},
    names::Form,
};

/// The statements that stand at a place from an entry on.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// The entry with which it begins, in the order of commits.
    pub(crate) since: u64,
    /// Whether it takes back what stood before: that is in no answer about the past either.
    pub(crate) withdraws: bool,
    pub(crate) rows: Vec<FactRow>,
}

/// A statement, and the entry with which it began to stand.
pub(super) type Began<'a> = (&'a FactRow, u64);

/// The course of a place from one state to another.
#[derive(Debug, Default)]
pub(super) struct Course<'a> {
    /// The statements that stand at the end.
    pub(super) standing: Vec<Began<'a>>,
    /// The statements that ended, each with its last entry.
    past: Vec<(Began<'a>, u64)>,
    /// Whether all that had ended by some entry was taken back.
    pub(super) withdraws: bool,
}

impl<'a> Course<'a> {
    /// Follows a place from what stood there through all that stood since.
    pub(super) fn follow(before: &'a [(FactRow, u64)], since: &'a [Standing]) -> Self {
        let mut course = Self {
            standing: before.iter().map(|(row, began)| (row, *began)).collect(),
            ..Self::default()
        };
        for next in since {
            let mut left = std::mem::take(&mut course.standing);
            for row in &next.rows {
                let known = left.iter().position(|(one, _)| one.is_same(row));
                let began = known.map_or(next.since, |at| left.swap_remove(at).1);
                course.standing.push((row, began));
            }
            left.retain(|(_, began)| *began < next.since);
            course
                .past
                .extend(left.into_iter().map(|one| (one, next.since)));
            if next.withdraws {
                course.past.clear();
                course.withdraws = true;
            }
        }
        course
    }

    /// Writes what ended. Returns whether anything that was taken back had to go.
    pub(super) fn write_past(
        &self,
        conn: &Connection,
        place: FactPlace,
    ) -> Result<bool, StoreError> {
        let at = params![place.document, place.series, place.period, place.place];
        let mut gone = 0;
        if self.withdraws {
            gone = conn
                .prepare_cached(
                    "DELETE FROM past_facts
                     WHERE document = ? AND series = ? AND period = ? AND place = ?",
                )?
                .execute(at)?;
        }
        if self.past.is_empty() {
            return Ok(gone > 0);
        }
        let mut put = conn.prepare_cached(
            "INSERT INTO past_facts
               (document, series, period, place, began, n, ended, form, numerator, denominator,
                at_s, entry, value, lower, upper, method, confirmed, sign)
             VALUES (?1, ?2, ?3, ?4, ?5,
               (SELECT coalesce(max(n) + 1, 0) FROM past_facts
                WHERE document = ?1 AND series = ?2 AND period = ?3 AND place = ?4 AND began = ?5),
               ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?;
        for ((row, began), ended) in &self.past {
            let one = &row.statement;
            put.execute(params![
                place.document,
                place.series,
                place.period,
                place.place,
                began,
                ended,
                row.form,
                Exact(one.numerator),
                Exact(one.denominator),
                row.at.map(facts::seconds),
                row.entry,
                Exact(one.value),
                Exact(one.lower),
                Exact(one.upper),
                one.method,
                facts::checks(&one.confirmed),
                one.sign
            ])?;
        }
        Ok(gone > 0)
    }
}

/// The statements that stand at a place, with the entries with which it began. Only the number of its form is
/// read, not what that says.
pub(super) fn before(
    conn: &Connection,
    place: FactPlace,
) -> Result<Vec<(FactRow, u64)>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT period, place, form, numerator, denominator, at_s, entry, value, lower, upper,
                method, confirmed, sign, coalesce(began, entry) FROM facts
         WHERE document = ? AND series = ? AND period = ? AND place = ? ORDER BY n",
    )?;
    let unread = Form {
        definition: DefinitionHash::new([0; 32]),
        status: Status::Normal,
        audience: Audience::Network,
    };
    let mut rows = query.query(params![
        place.document,
        place.series,
        place.period,
        place.place
    ])?;
    let mut before = Vec::new();
    while let Some(row) = rows.next()? {
        before.push((facts::read(row, |_| Some(unread))?, row.get(13)?));
    }
    Ok(before)
}

/// Passes on the statements of a document about a series from one period to another when the entries up
/// to `hub_seq` were all there were, in the order of periods and places.
pub(crate) fn each_at(
    conn: &Connection,
    (document, series): (i64, i64),
    (from, to): (u32, u32),
    hub_seq: u64,
    form: impl Fn(i64) -> Option<Form>,
    mut take: impl FnMut(FactPlace, FactRow),
) -> Result<(), StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT period, place, form, numerator, denominator, at_s, entry, value, lower, upper,
                method, confirmed, sign, n FROM facts
         WHERE document = ?1 AND series = ?2 AND period BETWEEN ?3 AND ?4
           AND coalesce(began, entry) <= ?5
         UNION ALL
         SELECT period, place, form, numerator, denominator, at_s, entry, value, lower, upper,
                method, confirmed, sign, n FROM past_facts
         WHERE document = ?1 AND series = ?2 AND period BETWEEN ?3 AND ?4
           AND began <= ?5 AND ended > ?5
         ORDER BY period, place, n",
    )?;
    let mut rows = query.query(params![document, series, from, to, hub_seq])?;
    while let Some(row) = rows.next()? {
        let place = FactPlace {
            document,
            series,
            period: row.get(0)?,
            place: row.get(1)?,
        };
        take(place, facts::read(row, &form)?);
    }
    Ok(())
}

/// Whether a document stated anything about a series when the entries up to `hub_seq` were all
/// there were.
pub(crate) fn is_any_at(
    conn: &Connection,
    (document, series): (i64, i64),
    hub_seq: u64,
) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT 1 FROM facts
             WHERE document = ?1 AND series = ?2 AND coalesce(began, entry) <= ?3
             UNION ALL
             SELECT 1 FROM past_facts
             WHERE document = ?1 AND series = ?2 AND began <= ?3 AND ended > ?3 LIMIT 1",
        )?
        .exists(params![document, series, hub_seq])?)
}

/// Takes away everything that a document once stated.
pub(super) fn clear(conn: &Connection, document: i64) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM past_facts WHERE document = ?")?
        .execute([document])?;
    Ok(())
}
