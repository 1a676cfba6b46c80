//! Contested figures as intervals: the least and the greatest possible figure.

use std::cmp::Ordering;

use super::{cell::VALUE_DECIMALS, tally::Amount};
use crate::model::number::Number;

/// The least and the greatest figure that a cell can have once the contested ones are settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Interval {
    /// The least value; `None` if no choice leaves a figure.
    pub value_low: Option<Number>,
    /// The greatest value.
    pub value_high: Option<Number>,
    /// The least numerator.
    pub numerator_low: Option<Number>,
    /// The greatest numerator.
    pub numerator_high: Option<Number>,
    /// Whether some choice leaves no figure at all.
    pub or_none: bool,
}

/// Both ends of an interval for people, with as many decimals as tell them apart, but at least
/// `decimals`; see [`Number::shown`] for `all`.
///
/// ```
/// use weft_shared::rollup::interval::apart;
/// let ends = ("80.975456".parse().unwrap(), "80.993649".parse().unwrap());
/// assert_eq!(apart(ends, 1, None), ("80.98".to_owned(), "80.99".to_owned()));
/// ```
pub fn apart(
    (low, high): (Number, Number),
    decimals: u32,
    all: Option<Number>,
) -> (String, String) {
    let shown = |decimals| (low.shown(decimals, all), high.shown(decimals, all));
    let mut finer = (decimals..=VALUE_DECIMALS).map(shown);
    let found = finer.find(|(low, high)| low != high);
    found.unwrap_or_else(|| shown(decimals))
}

/// Maximum rounds of the search for an extreme. Each improves on the last, so a few are enough.
const ROUNDS_MAX: usize = 64;

/// The possible results of settling one contested observation; `None` adds nothing.
pub(super) type Choices = Vec<Option<Amount>>;

/// The extremes of sum(numerator) / sum(denominator). Each observation contributes one of its
/// choices: numerator and denominator of one statement stay together.
pub(super) fn shares(
    settled: (Number, Number),
    contested: &[Choices],
    value: impl Fn(Number, Number) -> Option<Number>,
) -> Interval {
    let low = extreme(settled, contested, Ordering::Less);
    let high = extreme(settled, contested, Ordering::Greater);
    let settled = (settled.1 > Number::ZERO).then_some(settled.0);
    Interval {
        value_low: low.and_then(|(n, d)| value(n, d)),
        value_high: high.and_then(|(n, d)| value(n, d)),
        numerator_low: best_sum(settled, contested, Ordering::Less),
        numerator_high: best_sum(settled, contested, Ordering::Greater),
        or_none: false,
    }
}

/// The extremes of a plain sum.
pub(super) fn sums(settled: Option<Number>, contested: &[Choices]) -> Interval {
    Interval {
        value_low: best_sum(settled, contested, Ordering::Less),
        value_high: best_sum(settled, contested, Ordering::Greater),
        ..Interval::default()
    }
}

/// The extremes of a single observation's own values.
pub(super) fn values(values: impl Iterator<Item = Option<Number>> + Clone) -> Interval {
    Interval {
        value_low: values.clone().flatten().min(),
        value_high: values.flatten().max(),
        ..Interval::default()
    }
}

/// The extreme of a sum. If nothing is settled and every best choice adds nothing, there would be
/// no figure at all; then it is the extreme of the choices that do add something.
fn best_sum(settled: Option<Number>, contested: &[Choices], better: Ordering) -> Option<Number> {
    let best = |a: Number, b: Number| if b.cmp(&a) == better { b } else { a };
    let taken = |choices: &Choices| {
        let each = choices.iter().map(|choice| pair(*choice).0);
        each.reduce(best)
    };
    let adds = |choices: &Choices| {
        let nothing = choices.iter().any(Option::is_none);
        !nothing || taken(choices) != Some(Number::ZERO)
    };
    if settled.is_some() || contested.iter().any(adds) {
        let total: Number = contested.iter().filter_map(taken).sum();
        return Some(settled.unwrap_or_default() + total);
    }
    let something = contested.iter().flatten().filter(|choice| choice.is_some());
    something.map(|choice| pair(*choice).0).reduce(best)
}

/// Dinkelbach's method for the extreme of a ratio of sums: for the ratio reached so far, take the
/// choices that improve `n - ratio x d` most; stop when none does.
fn extreme(
    settled: (Number, Number),
    contested: &[Choices],
    better: Ordering,
) -> Option<(Number, Number)> {
    let total = |chosen: &[(Number, Number)]| {
        chosen
            .iter()
            .fold(settled, |sum, one| (sum.0 + one.0, sum.1 + one.1))
    };
    let mut chosen: Vec<_> = contested
        .iter()
        .filter_map(|choices| {
            choices
                .iter()
                .map(|choice| pair(*choice))
                .max_by_key(|one| one.1)
        })
        .collect();
    for _ in 0..ROUNDS_MAX {
        let (numerator, denominator) = total(&chosen);
        let improves = |a: (Number, Number), b: (Number, Number)| {
            let gain = Number::compare_products((a.0 - b.0, denominator), (a.1 - b.1, numerator));
            gain == better || (gain == Ordering::Equal && a.1 > b.1)
        };
        let next: Vec<_> = contested
            .iter()
            .filter_map(|choices| {
                let each = choices.iter().map(|choice| pair(*choice));
                each.reduce(|best, one| if improves(one, best) { one } else { best })
            })
            .collect();
        if next == chosen {
            break;
        }
        chosen = next;
    }
    let (numerator, denominator) = total(&chosen);
    (denominator > Number::ZERO).then_some((numerator, denominator))
}

fn pair(choice: Option<Amount>) -> (Number, Number) {
    match choice {
        Some(Amount::Share(numerator, denominator)) => (numerator, denominator),
        Some(Amount::Sum(sum)) => (sum, Number::ZERO),
        Some(Amount::Only(_)) | None => (Number::ZERO, Number::ZERO),
    }
}
