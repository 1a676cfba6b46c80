//! The questions that the line of sight raises. They are the same for everybody, stand by outcome
//! and then by location, and are never counted for a location.

use std::collections::BTreeSet;

use super::{
    money::{Column, Row},
    sight::{Cell, Given, Sight},
};
use crate::{
    id::LocationCode,
    model::{indicator::Direction, words},
    period::{Date, Period},
};

/// Months after the period within which money that ends is asked about.
pub const ENDS_SOON_MONTHS: i32 = 12;

words! {
    /// What is asked about a cell.
    Asks, "question" {
        /// There is a gap and a priority, and no money is known.
        NeedNoMoney = "need_no_money"
            / "there is a gap, it is named as a priority here, and no money for it is known",
        /// The headline has no value.
        NeedUnknown = "need_unknown" / "the need is not known",
        /// The headline has a value and no target.
        NoTarget = "no_target" / "there is no target",
        /// The money in force ends soon, and there is a gap.
        EndsSoon = "ends_soon"
            / "there is a gap, and the money in force ends within twelve months with nothing after",
        /// The national team and the location state different amounts.
        AmountsDiffer = "amounts_differ"
            / "the national team and this location state different amounts",
    }
}

/// A question about one outcome, for one location to answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// What is asked.
    pub asks: Asks,
    /// The outcome.
    pub row: Row,
    /// The location.
    pub location: LocationCode,
}

/// The questions of a line of sight, by outcome, location and kind. Money of which no outcome or no
/// location is stated raises none.
#[must_use]
pub fn questions(sight: &Sight, given: &Given<'_>) -> Vec<Question> {
    let last_days = given.books.last_days(given.locations);
    let differing = given.books.differing(given.period);
    let limit = ends_soon_by(given.period);
    let mut questions = Vec::new();
    for row in sight.rows.iter().filter(|row| row.head != Row::NotStated) {
        for cell in &row.cells {
            let Column::Of(location) = &cell.column else {
                continue;
            };
            let key = (row.head.clone(), cell.column.clone());
            let differs = differing.contains(&(row.head.clone(), location.clone()));
            let ends = last_days.get(&key).copied().filter(|last| *last <= limit);
            let raised = raised(cell, ends.is_some(), differs);
            questions.extend(raised.into_iter().map(|asks| Question {
                asks,
                row: row.head.clone(),
                location: location.clone(),
            }));
        }
    }
    questions
}

/// The last day on which money ends soon.
fn ends_soon_by(period: Period) -> Date {
    let end = period.end();
    end.saturating_add(jiff::Span::new().months(ENDS_SOON_MONTHS))
}

fn raised(cell: &Cell, ends: bool, differs: bool) -> BTreeSet<Asks> {
    let headline = cell.needs.first();
    let value = headline.map(|need| need.figure.as_ref().and_then(|figure| figure.value));
    let has_target = headline.is_some_and(|need| need.target.is_some());
    let has_direction = headline.is_some_and(|need| need.direction != Direction::Neither);
    let in_force = cell.money.values().any(|figures| {
        let both = [figures.divided, figures.shared];
        both.iter()
            .any(|one| !one.in_force.is_zero() || !one.committed.is_zero())
    });
    let gap = cell.has_gap();
    let holds = |asks: &Asks| match asks {
        Asks::NeedNoMoney => gap && cell.priority.is_some() && !cell.has_money(),
        Asks::NeedUnknown => value == Some(None),
        Asks::NoTarget => has_direction && !has_target && value.flatten().is_some(),
        Asks::EndsSoon => gap && in_force && ends,
        Asks::AmountsDiffer => differs,
    };
    Asks::ALL.iter().copied().filter(holds).collect()
}
