//! Denominators that moved more than a population does: growth, or another base?

use super::{Point, Terms, odd};
use crate::{
    model::{
        number::Number,
        observation::{Statement, Status},
    },
    period::Period,
    validation::question::{ANOTHER_BASE, Kind, Questions},
};

/// Percent of a denominator that a population grows or shrinks by in a year at most.
pub const BASE_PERCENT: i64 = 2;

const MONTHS: i64 = 12;

/// How many months lie between the beginnings of two periods.
pub(super) fn months_between(one: Period, other: Period) -> i64 {
    let months = |period: Period| {
        let start = period.start();
        i64::from(start.year()) * MONTHS + i64::from(start.month())
    };
    (months(one) - months(other)).abs()
}

/// Whether two denominators differ by more than a population grows or shrinks in the time between
/// them: [`BASE_PERCENT`] for each year, and for one year at least.
#[must_use]
pub fn is_another_base(before: (Period, Number), after: (Period, Number)) -> bool {
    let between = months_between(before.0, after.0).max(MONTHS);
    let (before, after) = (before.1, after.1);
    let moved = (after - before).size();
    let allowed = Number::from(BASE_PERCENT * between);
    Number::compare_products((moved, Number::from(100 * MONTHS)), (before, allowed)).is_gt()
}

/// Asks about denominators that moved too far, unless somebody said why already. The later one is
/// asked about: it is the one that may not be comparable with those before it.
pub(super) fn ask(
    points: &[&Point<'_>],
    sound: &[usize],
    terms: &Terms<'_>,
    questions: &mut Questions,
) {
    let kind = terms.definition.kind;
    for pair in sound.windows(2) {
        let &[a, b] = pair else { continue };
        let (earlier, later) = (points[a], points[b]);
        let asked = earlier.comes || later.comes;
        let (Some(one), Some(other)) = (earlier.stated.first(), later.stated.first()) else {
            continue;
        };
        let stated = terms
            .base_from
            .iter()
            .any(|from| earlier.key.period < *from && *from <= later.key.period);
        let answered = later.stated.iter().any(|one| is_answered(one));
        let slip = odd(points, a, b, terms.definition);
        let doubted = slip.is_some_and(|odd| odd.kind == Kind::Tenfold);
        let comparable = kind.is_ratio() && one.definition == other.definition;
        if !asked || stated || answered || doubted || !comparable {
            continue;
        }
        let (Some(before), Some(after)) = (one.denominator, other.denominator) else {
            continue;
        };
        if is_another_base((earlier.key.period, before), (later.key.period, after)) {
            let period = earlier.key.period;
            let words = format!("denominator {after}, beside {before} in {period}");
            questions.add(Kind::Base, later.row(words));
        }
    }
}

/// Whether somebody said of a statement what its denominator is.
fn is_answered(statement: &Statement) -> bool {
    let mut answers = Kind::Base.answers().iter();
    is_said_to_be_another(statement)
        || answers.any(|answer| statement.confirmed.contains(answer.word))
}

/// Whether somebody said that a statement's denominator has another base than those before it: by
/// its status, or by the mark of an answer beside a status that says something else.
#[must_use]
pub fn is_said_to_be_another(statement: &Statement) -> bool {
    statement.status == Status::Break || statement.confirmed.contains(ANOTHER_BASE)
}
