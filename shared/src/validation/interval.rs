//! A survey's interval: both ends, in their order, around the value.

use crate::model::{
    indicator::Definition,
    number::{DECIMALS, Number},
    observation::Statement,
};

/// A problem with the interval of a survey's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadInterval {
    /// Only one end is given.
    #[error("an interval has two ends, and the {0} one is missing: give both or none")]
    Half(&'static str),
    /// The ends are swapped.
    #[error("the interval's lower end {lower} is above its upper end {upper}: exchange them")]
    Exchanged {
        /// The lower end given.
        lower: Number,
        /// The upper end given.
        upper: Number,
    },
    /// The value is outside the interval.
    #[error(
        "the value {value} is not between {lower} and {upper}: check the three, they are in one \
         unit"
    )]
    Outside {
        /// The value.
        value: Number,
        /// The lower end given.
        lower: Number,
        /// The upper end given.
        upper: Number,
    },
    /// An interval without a figure.
    #[error("an interval needs a figure, and none is given: leave it out, or give the figure")]
    WithoutFigure,
}

/// The problem with a statement's interval; `None` if it has none, or a valid one.
pub(super) fn interval(statement: &Statement, definition: &Definition) -> Option<BadInterval> {
    let (lower, upper) = match (statement.lower, statement.upper) {
        (None, None) => return None,
        (Some(_), None) => return Some(BadInterval::Half("upper")),
        (None, Some(_)) => return Some(BadInterval::Half("lower")),
        (Some(lower), Some(upper)) => (lower, upper),
    };
    if lower > upper {
        return Some(BadInterval::Exchanged { lower, upper });
    }
    if statement.numerator.or(statement.value).is_none() {
        return Some(BadInterval::WithoutFigure);
    }
    let share = statement.numerator.zip(statement.denominator);
    let share = share.filter(|_| definition.kind.is_ratio());
    let value = match share {
        // A zero denominator is refused for that reason alone.
        Some((numerator, denominator)) => numerator.ratio(denominator, definition.factor, DECIMALS),
        None => statement.value.or(statement.numerator),
    };
    // Publishers round the ends, so a value may have more decimals than they do.
    let value = value?;
    let rounded = value.round(decimals(lower).max(decimals(upper)));
    let outside = rounded < lower || rounded > upper;
    outside.then_some(BadInterval::Outside {
        value,
        lower,
        upper,
    })
}

/// Number of decimals that a number is written with.
fn decimals(number: Number) -> u32 {
    (0..DECIMALS)
        .find(|decimals| number.round(*decimals) == number)
        .unwrap_or(DECIMALS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        Audience,
        indicator::definitions_from_toml,
        observation::{Statement, Status},
    };

    /// A share in percent.
    fn definition() -> Definition {
        let text = include_str!("../../../examples/data/indicators.toml");
        definitions_from_toml(text).unwrap().remove(0)
    }

    /// Parses `20/80` as numerator and denominator, and `=25` as a value.
    fn check(figure: &str, lower: &str, upper: &str) -> String {
        let number = |text: &str| text.parse::<Number>().ok();
        let definition = definition();
        let share = figure.split_once('/');
        let statement = Statement {
            numerator: share.and_then(|(numerator, _)| number(numerator)),
            denominator: share.and_then(|(_, denominator)| number(denominator)),
            value: figure.strip_prefix('=').and_then(number),
            lower: number(lower),
            upper: number(upper),
            ..Statement::without_figure(definition.hash(), Status::Normal, Audience::Network)
        };
        let found = interval(&statement, &definition);
        found.map_or_else(String::new, |bad| bad.to_string())
    }

    #[test]
    fn an_interval_has_two_ends_around_its_value() {
        for (figure, lower, upper, words) in [
            ("=25", "", "", ""),
            ("=25", "20", "30", ""),
            ("20/80", "20", "30", ""),
            ("=25.04", "25.1", "26", "25.04 is not between 25.1"),
            ("=25.06", "25.1", "26", ""),
            ("1/3", "33.3", "33.3", ""),
            ("=25", "20", "", "the upper one is missing"),
            ("=25", "", "30", "the lower one is missing"),
            ("=25", "30", "20", "exchange them"),
            ("=35", "20", "30", "35 is not between 20 and 30"),
            ("20/80", "0.2", "0.3", "in one unit"),
            ("", "20", "30", "needs a figure"),
        ] {
            let said = check(figure, lower, upper);
            let fits = if words.is_empty() {
                said.is_empty()
            } else {
                said.contains(words)
            };
            assert!(fits, "{figure} {lower} {upper}: {said}");
        }
    }

    proptest! {
        /// An interval that is rounded outwards from a value contains it.
        #[test]
        fn an_interval_around_its_value_is_sound(
            value in 0_i64..100_000, below in 0_i64..1_000, above in 0_i64..1_000,
        ) {
            let text = |one: i64| format!("{}.{:03}", one / 1_000, one % 1_000);
            let (low, high) = (text((value - below).max(0)), text(value + above));
            prop_assert_eq!(check(&format!("={}", text(value)), &low, &high), "");
        }
    }
}
