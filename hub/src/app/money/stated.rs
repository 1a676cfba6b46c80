//! The money of all teams as lists: their investments, and the lines and rests of a period.

use std::collections::BTreeSet;

use weft_host::list::{Column, Datum, List};
use weft_shared::{
    alignment::money::{Contribution, Owner},
    id::LocationCode,
    model::{
        investment::Investment,
        outcome::{JOINED_BY, joined},
    },
    period::Period,
};

use super::list::{stated, text};
use crate::app::{Aligned, AppError, Counted, OfLocations, Unrecorded};

/// An investment and the team that states it.
#[derive(Clone, Debug)]
pub struct Stated {
    /// The team.
    pub owner: Owner,
    /// The investment.
    pub investment: Investment,
}

/// A line, or the rest of an investment that no line divides.
#[derive(Clone, Debug)]
pub struct MoneyLine {
    /// The investment, as the team of the line states it.
    pub investment: Investment,
    /// The line or the rest.
    pub of: Contribution,
}

/// Rows of money, each with the team that states it.
#[derive(Clone, Debug, Default)]
pub struct MoneyRows<T>(pub Vec<T>);

impl OfLocations for MoneyRows<Stated> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        locations(self.0.iter().map(|one| &one.owner))
    }
}

impl OfLocations for MoneyRows<MoneyLine> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        locations(self.0.iter().map(|one| &one.of.owner))
    }
}

fn locations<'o>(owners: impl Iterator<Item = &'o Owner>) -> BTreeSet<LocationCode> {
    owners.filter_map(Owner::location).cloned().collect()
}

impl Counted<'_> {
    /// The investments of all teams, by team and id.
    ///
    /// # Errors
    /// If the store fails.
    pub fn stated_money(&self) -> Result<Unrecorded<MoneyRows<Stated>>, AppError> {
        Ok(Unrecorded::new(stated_of(&*self.aligned()?)))
    }

    /// Those whose audience is `released`, by team and id.
    ///
    /// # Errors
    /// If the store fails.
    pub fn released_money(&self) -> Result<Unrecorded<MoneyRows<Stated>>, AppError> {
        Ok(Unrecorded::new(stated_of(&*self.aligned_released()?)))
    }

    /// The lines and rests of a period, by team, investment and line. Those that count add up to
    /// the totals of the period.
    ///
    /// # Errors
    /// If the store fails.
    pub fn money_lines(
        &self,
        period: Option<Period>,
    ) -> Result<Unrecorded<MoneyRows<MoneyLine>>, AppError> {
        Ok(Unrecorded::new(lines_of(&*self.aligned()?, period)))
    }

    /// The same of the investments whose audience is `released`, as if there were no others.
    ///
    /// # Errors
    /// If the store fails.
    pub fn released_money_lines(
        &self,
        period: Option<Period>,
    ) -> Result<Unrecorded<MoneyRows<MoneyLine>>, AppError> {
        let aligned = self.aligned_released()?;
        Ok(Unrecorded::new(lines_of(&aligned, period)))
    }
}

fn stated_of(aligned: &Aligned) -> MoneyRows<Stated> {
    let all = aligned.recorded.investments.iter();
    let rows = all.map(|((owner, _), one)| Stated {
        owner: owner.clone(),
        investment: one.clone(),
    });
    MoneyRows(rows.collect())
}

fn lines_of(aligned: &Aligned, period: Option<Period>) -> MoneyRows<MoneyLine> {
    let period = period.unwrap_or_else(|| Period::fiscal_year(aligned.today));
    let stated = &aligned.recorded.investments;
    let all = aligned.books().contributions(period).into_iter();
    let rows = all.filter_map(|of| {
        let investment = stated.get(&(of.owner.clone(), of.id))?.clone();
        Some(MoneyLine { investment, of })
    });
    let mut rows: Vec<MoneyLine> = rows.collect();
    rows.sort_by_cached_key(MoneyLine::key);
    MoneyRows(rows)
}

impl Stated {
    /// The key that sorts the rows: team and investment.
    pub fn key(&self) -> String {
        format!("{}/{}", code(&self.owner), self.investment.id)
    }
}

impl MoneyLine {
    /// The key that sorts the rows: team, investment and line.
    pub fn key(&self) -> String {
        let line = self.of.line.as_ref();
        let line = line.map_or_else(String::new, ToString::to_string);
        format!("{}/{}/{line}", code(&self.of.owner), self.of.id)
    }
}

/// The word of a team in files: `hub`, or the code of the location.
fn code(owner: &Owner) -> &str {
    owner.location().map_or("hub", LocationCode::as_str)
}

/// The investments of all teams, as files list them.
pub const STATED: List<Stated> = List::new(&[
    Column::new("owner", |one: &Stated| code(&one.owner).into()),
    Column::new("investment_id", |one: &Stated| {
        Datum::text(one.investment.id)
    }),
    Column::new("identifier", |one: &Stated| {
        text(&one.investment.identifier)
    }),
    Column::new("title", |one: &Stated| (&*one.investment.title).into()),
    Column::new("funder", |one: &Stated| (&*one.investment.funder.0).into()),
    Column::new("funder_id", |one: &Stated| text(&one.investment.funder.1)),
    Column::new("recipient", |one: &Stated| {
        text(&one.investment.recipient.0)
    }),
    Column::new("recipient_id", |one: &Stated| {
        text(&one.investment.recipient.1)
    }),
    Column::new("kind", |one: &Stated| one.investment.kind.word().into()),
    Column::new("amount", |one: &Stated| {
        let amount = one.investment.amount;
        amount.map_or(Datum::Nothing, |amount| Datum::Json(amount.json()))
    }),
    Column::new("currency", |one: &Stated| {
        Datum::text(&one.investment.currency)
    }),
    Column::new("gst", |one: &Stated| one.investment.gst.word().into()),
    Column::new("awarded", |one: &Stated| {
        one.investment.awarded.map(Datum::text).into()
    }),
    Column::new("from", |one: &Stated| Datum::text(one.investment.from)),
    Column::new("to", |one: &Stated| Datum::text(one.investment.to)),
    Column::new("locations", |one: &Stated| {
        stated(one.investment.places.to_string())
    }),
    Column::new("outcomes", |one: &Stated| {
        stated(joined(&one.investment.outcomes))
    }),
    Column::new("part_of", |one: &Stated| text(&one.investment.part_of)),
    Column::new("status", |one: &Stated| one.investment.status.word().into()),
    Column::new("until", |one: &Stated| {
        one.investment.until.map(Datum::text).into()
    }),
    Column::new("source", |one: &Stated| (&*one.investment.source).into()),
    Column::new("note", |one: &Stated| text(&one.investment.note)),
]);

/// The money of a period, as files list it. `is_shared` rows are for several locations or outcomes;
/// rows that do not `count` are of a period that only touches this one, or come after another line,
/// or another team's statement of the same money counts.
pub const MONEY: List<MoneyLine> = List::new(&[
    Column::new("owner", |line: &MoneyLine| code(&line.of.owner).into()),
    Column::new("investment_id", |line: &MoneyLine| Datum::text(line.of.id)),
    Column::new("identifier", |line: &MoneyLine| {
        text(&line.investment.identifier)
    }),
    Column::new("title", |line: &MoneyLine| (&*line.investment.title).into()),
    Column::new("funder", |line: &MoneyLine| {
        (&*line.investment.funder.0).into()
    }),
    Column::new("kind", |line: &MoneyLine| line.of.purse.kind.word().into()),
    Column::new("currency", |line: &MoneyLine| {
        Datum::text(&line.of.purse.currency)
    }),
    Column::new("gst", |line: &MoneyLine| line.investment.gst.word().into()),
    Column::new("measure", |line: &MoneyLine| line.of.measure.word().into()),
    Column::new("period", |line: &MoneyLine| {
        let key = line.of.line.as_ref();
        key.map(|key| Datum::text(key.period)).into()
    }),
    Column::new("from", |line: &MoneyLine| Datum::text(line.of.days.0)),
    Column::new("to", |line: &MoneyLine| Datum::text(line.of.days.1)),
    Column::new("locations", |line: &MoneyLine| {
        stated(line.of.places.to_string())
    }),
    Column::new("outcomes", |line: &MoneyLine| {
        let outcomes: Vec<_> = line.of.outcomes.iter().map(ToString::to_string).collect();
        stated(outcomes.join(&JOINED_BY.to_string()))
    }),
    Column::new("amount", |line: &MoneyLine| {
        Datum::Json(line.of.amount.value.json())
    }),
    Column::new("amount_low", |line: &MoneyLine| {
        Datum::Json(line.of.amount.low.json())
    }),
    Column::new("amount_high", |line: &MoneyLine| {
        Datum::Json(line.of.amount.high.json())
    }),
    Column::new("is_shared", |line: &MoneyLine| line.of.is_shared.into()),
    Column::new("counts", |line: &MoneyLine| line.of.is_counted().into()),
]);
