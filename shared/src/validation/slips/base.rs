//! Denominators that moved more than populations do: growth, or another base?

use super::{Point, Terms, odd};
use crate::{
    model::{
        number::Number,
        observation::{Statement, Status},
    },
    period::Period,
    validation::question::{ANOTHER_BASE, BESIDE, Kind, Questions},
};

/// Maximum percentage by which a population grows or shrinks in a year.
pub const BASE_PERCENT: i64 = 2;

const MONTHS: i64 = 12;

/// Number of months between the beginnings of two periods.
pub(super) fn months_between(one: Period, other: Period) -> i64 {
    let months = |period: Period| {
        let start = period.start();
        i64::from(start.year()) * MONTHS + i64::from(start.month())
    };
    (months(one) - months(other)).abs()
}

/// Whether two denominators differ by more than a population grows or shrinks in the time between
/// them: [`BASE_PERCENT`] for each year, and at least for one year.
pub fn is_another_base(before: (Period, Number), after: (Period, Number)) -> bool {
    let between = months_between(before.0, after.0).max(MONTHS);
    let (before, after) = (before.1, after.1);
    let moved = (after - before).size();
    let allowed = Number::from(BASE_PERCENT * between);
    Number::compare_products((moved, Number::from(100 * MONTHS)), (before, allowed)).is_gt()
}

/// Asks about denominators that moved too far, unless somebody said why already. The later one is
/// asked about: it is the one that may not be comparable with those before it. One that is
/// contested is asked about if each of its answers moved.
pub(super) fn ask(
    points: &[&Point<'_>],
    sound: &[usize],
    terms: &Terms<'_>,
    questions: &mut Questions,
) {
    for pair in sound.windows(2) {
        let &[a, b] = pair else { continue };
        let (earlier, later) = (points[a], points[b]);
        let asked = earlier.comes || later.comes;
        let (from, to) = (earlier.key.period, later.key.period);
        let mut changes = terms.base_from.iter();
        let stated = changes.any(|change| change.begins_between(from, to));
        let slip = odd(points, a, b, terms.definition);
        let doubted = slip.is_some_and(|odd| odd.kind == Kind::Tenfold);
        if !asked || stated || doubted || !terms.definition.kind.is_ratio() {
            continue;
        }
        let Some(pair) = Pair::of(earlier, later) else {
            continue;
        };
        let mut counted = later.stated.iter().filter(|one| one.denominator.is_some());
        if counted.all(|one| pair.is_answered(one)) {
            continue;
        }
        match pair.holds() {
            Some(word) => questions.hold(Kind::Base, later.key, word),
            // A person was asked about it when it was new.
            None if !later.comes && pair.stood() => continue,
            None => questions.add(Kind::Base, later.row(pair.words())),
        }
        if let Some(before) = pair.before.first() {
            questions.held_beside(later.key, *before);
        }
    }
}

/// Two figures whose denominators may not be of one base.
struct Pair<'p> {
    earlier: &'p Point<'p>,
    later: &'p Point<'p>,
    /// Their denominators, each once, the least first; more than one where a figure is contested.
    before: Vec<Number>,
    after: Vec<Number>,
}

impl<'p> Pair<'p> {
    /// Two figures of which each statement of the one has another base than each of the other, as
    /// far as they can be compared; nothing if none can be.
    fn of(earlier: &'p Point<'p>, later: &'p Point<'p>) -> Option<Self> {
        let mut pair = Self {
            earlier,
            later,
            before: Vec::new(),
            after: Vec::new(),
        };
        let (from, to) = (earlier.key.period, later.key.period);
        for one in &earlier.stated {
            for other in &later.stated {
                let (Some(before), Some(after)) = (one.denominator, other.denominator) else {
                    continue;
                };
                if one.definition != other.definition {
                    continue;
                }
                if !is_another_base((from, before), (to, after)) {
                    return None;
                }
                for (all, count) in [(&mut pair.before, before), (&mut pair.after, after)] {
                    if !all.contains(&count) {
                        all.push(count);
                    }
                }
            }
        }
        pair.before.sort_unstable();
        pair.after.sort_unstable();
        (!pair.before.is_empty()).then_some(pair)
    }

    /// `denominator 59649, beside 56393 in 2022-07`.
    fn words(&self) -> String {
        let listed = |all: &[Number]| {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            all.join(" or ")
        };
        let (before, after) = (listed(&self.before), listed(&self.after));
        let from = self.earlier.key.period;
        format!("denominator {after}, beside {before} in {from}")
    }

    /// Whether both counts stand already, whatever else of them is said now.
    fn stood(&self) -> bool {
        let denominator = |one: &Statement| one.denominator;
        self.earlier.stood(denominator) && self.later.stood(denominator)
    }

    /// Whether a person explained the later figure's denominator beside the earlier one.
    fn is_answered(&self, later: &Statement) -> bool {
        match (answer(later), asked_beside(later)) {
            (None, _) => later.status == Status::Break,
            (Some(_), Some(beside)) => self.before.contains(&beside),
            // The count was not kept with answers of earlier versions.
            (Some(_), None) => self.earlier.stood(|one| one.denominator),
        }
    }

    /// The answer about the statement that the later figure replaces, if it still holds: only these
    /// two counts matter. Another chosen status withdraws "another base".
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
            standing.definition == coming.definition && standing.denominator == coming.denominator;
        (same && !taken_back && self.is_answered(standing)).then_some(word)
    }
}

/// The answer about the base of a statement's denominator.
fn answer(statement: &Statement) -> Option<&'static str> {
    let mut answers = Kind::Base.answers().iter();
    let given = answers.find(|answer| statement.confirmed.contains(answer.word));
    given.map(|answer| answer.word)
}

/// The earlier denominator that the answer about a statement's base referred to; `None` if there is
/// no answer, or it is from an earlier version, which did not keep it.
pub fn asked_beside(statement: &Statement) -> Option<Number> {
    let mut marks = statement.confirmed.iter();
    marks.find_map(|mark| mark.strip_prefix(BESIDE)?.parse().ok())
}

/// Whether a statement's denominator is stated to be on another base than earlier ones: by its
/// status, or by an answer's mark beside another status.
pub fn says_base_changed(statement: &Statement) -> bool {
    statement.status == Status::Break || statement.confirmed.contains(ANOTHER_BASE)
}
