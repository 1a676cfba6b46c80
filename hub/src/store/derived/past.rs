//! Statements that stood and no longer do, each with the entries between which it stood.

use rusqlite::{Connection, params};
use weft_shared::{
    id::DefinitionHash,
    model::{
        Audience,
        observation::{Statement, Status},
    },
};
use weft_store::rows;

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
    /// Whether it takes back what stood before: that is in no answer about the past either. The
    /// number is that of the form of the mark in its place, [`Form::NO_LONGER_SHARED`].
    pub(crate) withdraws: Option<i64>,
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
    /// The mark that all that had ended by some entry was taken back.
    withdrawn: Option<Withdrawn>,
}

/// The taking back of everything that had ended at a place.
#[derive(Clone, Copy, Debug)]
struct Withdrawn {
    /// The form of the mark that is left.
    form: i64,
    /// The first entry that took something back.
    first: u64,
    /// The entries between which the statements of this course stood that were taken back.
    span: Option<(u64, u64)>,
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
            if let Some(form) = next.withdraws {
                course.withdraw(form, next.since);
            }
        }
        course
    }

    fn withdraw(&mut self, form: i64, since: u64) {
        let began = self.past.iter().map(|((_, began), _)| *began).min();
        self.past.clear();
        let mut withdrawn = self.withdrawn.unwrap_or(Withdrawn {
            form,
            first: since,
            span: None,
        });
        if let Some(began) = began {
            let earlier = withdrawn.span.map_or(began, |(earlier, _)| earlier);
            withdrawn.span = Some((began.min(earlier), since));
        }
        self.withdrawn = Some(withdrawn);
    }

    /// Whether anything may have been taken back.
    pub(super) const fn withdraws(&self) -> bool {
        self.withdrawn.is_some()
    }

    /// Writes what ended. Returns whether anything that was taken back had to go.
    pub(super) fn write_past(
        &self,
        conn: &Connection,
        place: FactPlace,
    ) -> Result<bool, StoreError> {
        let gone = match &self.withdrawn {
            Some(withdrawn) => withdrawn.write(conn, place)?,
            None => false,
        };
        for ((row, began), ended) in &self.past {
            let n = rows::one(
                conn,
                "SELECT coalesce(max(n) + 1, 0) FROM past_facts
                 WHERE document = ? AND series = ? AND period = ? AND place = ? AND began = ?",
                params![
                    place.document,
                    place.series,
                    place.period,
                    place.place,
                    began
                ],
                |row| Ok(row.get(0)?),
            )?;
            put(conn, (place, *began, n.unwrap_or(0)), row, *ended)?;
        }
        Ok(gone)
    }
}

/// Writes a statement that ended. Its key is its place, its first entry, and its number among those
/// that began with it.
fn put(
    conn: &Connection,
    (place, began, n): (FactPlace, u64, i64),
    row: &FactRow,
    ended: u64,
) -> Result<(), StoreError> {
    let one = &row.statement;
    rows::write(
        conn,
        "INSERT INTO past_facts (document, series, period, place, began, n, ended, form,
                                 numerator, denominator, at_s, waited)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            place.document,
            place.series,
            place.period,
            place.place,
            began,
            n,
            ended,
            row.form,
            Exact(one.numerator),
            Exact(one.denominator),
            row.at.map(facts::seconds),
            row.entry.map(|entry| began.saturating_sub(entry))
        ],
    )?;
    let numbers = [one.value, one.lower, one.upper];
    let confirmed = facts::checks(&one.confirmed);
    let texts = [&one.method, &confirmed, &one.sign];
    if numbers.iter().all(Option::is_none) && texts.iter().all(|text| text.is_none()) {
        return Ok(());
    }
    rows::write(
        conn,
        "INSERT INTO past_extras (document, series, period, place, began, n,
                                  value, lower, upper, method, confirmed, sign)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            place.document,
            place.series,
            place.period,
            place.place,
            began,
            n,
            Exact(one.value),
            Exact(one.lower),
            Exact(one.upper),
            one.method,
            confirmed,
            one.sign
        ],
    )
}

impl Withdrawn {
    /// Puts one mark in the place of all statements that ended there. Returns whether any had.
    fn write(&self, conn: &Connection, place: FactPlace) -> Result<bool, StoreError> {
        let (began, stored) = rows::one(
            conn,
            "SELECT min(began), sum(form <> ?5) FROM past_facts
             WHERE document = ?1 AND series = ?2 AND period = ?3 AND place = ?4",
            params![
                place.document,
                place.series,
                place.period,
                place.place,
                self.form
            ],
            |row| Ok((row.get::<_, Option<u64>>(0)?, row.get::<_, Option<u64>>(1)?)),
        )?
        .unwrap_or_default();
        let gone = stored.is_some_and(|stored| stored > 0);
        let span = self
            .span
            .or_else(|| gone.then_some((self.first, self.first)));
        let Some((first, ended)) = span else {
            return Ok(false);
        };
        take_away(conn, place)?;
        let Form {
            definition,
            status,
            audience,
        } = Form::NO_LONGER_SHARED;
        let mark = FactRow {
            form: self.form,
            statement: Statement::without_figure(definition, status, audience),
            at: None,
            entry: None,
        };
        let began = began.map_or(first, |began| began.min(first));
        put(conn, (place, began, 0), &mark, ended)?;
        Ok(gone)
    }
}

/// Takes away everything that ended at a place.
fn take_away(conn: &Connection, place: FactPlace) -> Result<(), StoreError> {
    let at = params![place.document, place.series, place.period, place.place];
    let sql = "DELETE FROM past_extras
               WHERE document = ? AND series = ? AND period = ? AND place = ?";
    rows::write(conn, sql, at)?;
    let sql = "DELETE FROM past_facts
               WHERE document = ? AND series = ? AND period = ? AND place = ?";
    rows::write(conn, sql, at)
}

/// The statements that stand at a place, with the entries with which they began. Only the numbers
/// of their forms are read, not what these say.
pub(super) fn before(
    conn: &Connection,
    place: FactPlace,
) -> Result<Vec<(FactRow, u64)>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT period, place, form, numerator, denominator, at_s, entry, value, lower, upper,
                method, confirmed, sign, coalesce(began, entry),
                coalesce(value, lower, upper, method, confirmed, sign) IS NULL FROM facts
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
        let began: Option<u64> = row.get(13)?;
        let began = began.ok_or(StoreError::Derived("facts"))?;
        before.push((facts::read(row, |_| Some(unread))?, began));
    }
    Ok(before)
}

/// Passes on what a document stated about a series from one period to another when the entries up
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
                method, confirmed, sign, n,
                coalesce(value, lower, upper, method, confirmed, sign) IS NULL
         FROM facts
         WHERE document = ?1 AND series = ?2 AND period BETWEEN ?3 AND ?4
           AND coalesce(began, entry) <= ?5
         UNION ALL
         SELECT period, place, form, numerator, denominator, at_s, began - waited, value, lower,
                upper, method, confirmed, sign, n,
                coalesce(value, lower, upper, method, confirmed, sign) IS NULL
         FROM past_facts LEFT JOIN past_extras USING (document, series, period, place, began, n)
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
    rows::write(
        conn,
        "DELETE FROM past_extras WHERE document = ?",
        [document],
    )?;
    rows::write(
        conn,
        "DELETE FROM past_facts WHERE document = ?",
        [document],
    )
}
