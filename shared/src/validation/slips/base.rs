//! Denominators that moved more than a population does: growth, or another base?

use super::{Point, Terms, odd};
use crate::{
    model::{
        number::Number,
        observation::{Statement, Status},
    },
    period::Period,
    validation::question::{ANOTHER_BASE, BESIDE, Kind, Questions},
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
        let (from, to) = (earlier.key.period, later.key.period);
        let mut changes = terms.base_from.iter();
        let stated = changes.any(|change| change.begins_between(from, to));
        let slip = odd(points, a, b, terms.definition);
        let doubted = slip.is_some_and(|odd| odd.kind == Kind::Tenfold);
        let comparable = kind.is_ratio() && one.definition == other.definition;
        if !asked || stated || doubted || !comparable {
            continue;
        }
        let (Some(before), Some(after)) = (one.denominator, other.denominator) else {
            continue;
        };
        if !is_another_base((from, before), (to, after)) {
            continue;
        }
        let pair = Pair {
            earlier,
            later,
            before,
            after,
        };
        if later.stated.iter().any(|one| pair.is_answered(one)) {
            continue;
        }
        match pair.holds() {
            Some(word) => questions.hold(Kind::Base, later.key, word),
            // Somebody was asked about it when it came.
            None if !later.comes && pair.stood() => continue,
            None => {
                let words = format!("denominator {after}, beside {before} in {from}");
                questions.add(Kind::Base, later.row(words));
            }
        }
        questions.held_beside(later.key, before);
    }
}

/// Two denominators that may not be of one base.
struct Pair<'p> {
    earlier: &'p Point<'p>,
    later: &'p Point<'p>,
    before: Number,
    after: Number,
}

impl Pair<'_> {
    /// Whether both counts stand already, whatever else of them is said now.
    fn stood(&self) -> bool {
        let denominator = |one: &Statement| one.denominator;
        self.earlier.stood(denominator) && self.later.stood(denominator)
    }

    /// Whether somebody said of the later figure what its denominator is beside the earlier one.
    fn is_answered(&self, later: &Statement) -> bool {
        match (answer(later), asked_beside(later)) {
            (None, _) => later.status == Status::Break,
            (Some(_), Some(beside)) => beside == self.before,
            // The count was not kept with answers of earlier versions.
            (Some(_), None) => self.earlier.stood(|one| one.denominator),
        }
    }

    /// The answer about what stood in the place of the later figure, if it holds for what comes:
    /// only these two counts matter to it. Whoever chose another status takes "another base" back.
    fn holds(&self) -> Option<&'static str> {
        let [standing] = self.later.was[..] else {
            return None;
        };
        let coming = self.later.stated.first()?;
        let word = answer(standing)?;
        let taken_back = self.later.status_chosen
            && word == ANOTHER_BASE
            && standing.status == Status::Break
            && coming.status != Status::Break;
        let same =
            standing.definition == coming.definition && standing.denominator == Some(self.after);
        (same && !taken_back && self.is_answered(standing)).then_some(word)
    }
}

/// What somebody answered about the base of a statement's denominator.
fn answer(statement: &Statement) -> Option<&'static str> {
    let mut answers = Kind::Base.answers().iter();
    let given = answers.find(|answer| statement.confirmed.contains(answer.word));
    given.map(|answer| answer.word)
}

/// The earlier denominator that the answer about a statement's base was given beside; nothing if
/// there is no answer, or it is one of an earlier version, which did not keep it.
#[must_use]
pub fn asked_beside(statement: &Statement) -> Option<Number> {
    let mut marks = statement.confirmed.iter();
    marks.find_map(|mark| mark.strip_prefix(BESIDE)?.parse().ok())
}

/// Whether somebody said that a statement's denominator has another base than those before it: by
/// its status, or by the mark of an answer beside a status that says something else.
#[must_use]
pub fn says_base_changed(statement: &Statement) -> bool {
    statement.status == Status::Break || statement.confirmed.contains(ANOTHER_BASE)
}
