//! The questions that the line of sight raises. They are the same for everybody, stand by outcome
//! and then by location, and are never counted for a location.

use std::collections::BTreeSet;

use super::{
    money::{Column, Row},
    need::Need,
    sight::{Cell, Given, Sight},
};
use crate::{
    id::LocationCode,
    model::{answer::Asked, indicator::Direction},
    period::{Date, Period},
};

/// Months after the period within which money that ends is asked about.
pub const ENDS_SOON_MONTHS: i32 = 12;

/// A question about one outcome, for one location to answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The question.
    pub asked: Asked,
    /// The outcome.
    pub row: Row,
    /// The location.
    pub location: LocationCode,
}

/// The questions of a line of sight, by outcome, location and kind. Money of which no location is
/// stated raises none, and money without an outcome only that amounts differ.
#[must_use]
pub fn questions(sight: &Sight, given: &Given<'_>) -> Vec<Question> {
    let last_days = given.books.last_days(given.locations);
    let differing = given.books.differing(given.period);
    let limit = ends_soon_by(given.period);
    let mut questions = Vec::new();
    for row in &sight.rows {
        for cell in &row.cells {
            let Column::Of(location) = &cell.column else {
                continue;
            };
            let key = (row.head.clone(), cell.column.clone());
            let differs = differing.contains(&(row.head.clone(), location.clone()));
            let ends = last_days.get(&key).copied().filter(|last| *last <= limit);
            let mut raised = raised(cell, ends.is_some(), differs);
            if row.head == Row::NotStated {
                raised.retain(|asked| *asked == Asked::AmountsDiffer);
            }
            questions.extend(raised.into_iter().map(|asked| Question {
                asked,
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

fn raised(cell: &Cell, ends: bool, differs: bool) -> BTreeSet<Asked> {
    let headline = cell.headline();
    let value = headline.map(Need::value);
    let has_target = headline.is_some_and(|need| need.target.is_some());
    let has_direction = headline.is_some_and(|need| need.direction != Direction::Neither);
    let in_force = cell.money.values().any(|figures| {
        let both = [figures.divided, figures.shared];
        both.iter()
            .any(|one| !one.in_force.is_zero() || !one.committed.is_zero())
    });
    let gap = cell.has_gap();
    let holds = |asked: &Asked| match asked {
        Asked::NeedNoMoney => gap && cell.priority.is_some() && !cell.has_money(),
        Asked::NeedUnknown => value == Some(None),
        Asked::NoTarget => has_direction && !has_target && value.flatten().is_some(),
        Asked::EndsSoon => gap && in_force && ends,
        Asked::AmountsDiffer => differs,
    };
    Asked::ALL.iter().copied().filter(holds).collect()
}
