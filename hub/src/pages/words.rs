//! Formats figures, times and counts for people.

use weft_shared::{
    model::{
        indicator::{self, Definition, IndicatorType},
        number::Number,
    },
    rollup::interval::apart,
    text::percent,
    time::{Timestamp, length_words},
};

/// Shown if there is no figure: a word, never zero and never just a dash.
pub(crate) const NO_FIGURE: &str = "no figure";

/// The unit of a definition's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    /// The text after a value, such as "%".
    pub(crate) suffix: String,
    /// The label of an axis, such as "percent".
    pub(crate) axis: String,
    /// Whether values are percentages.
    pub(crate) percent: bool,
    decimals: u32,
}

impl Measure {
    pub(crate) fn of(definition: &Definition) -> Self {
        let measure = definition.measure();
        let axis = match measure {
            indicator::Measure::Per(factor, unit) => {
                format!("per {} {unit}", grouped(&factor.to_string()))
            }
            indicator::Measure::Percent
            | indicator::Measure::Share
            | indicator::Measure::Unit(_) => measure.to_string(),
        };
        let is_percent = measure == indicator::Measure::Percent;
        let suffix = match measure {
            indicator::Measure::Percent => percent(""),
            indicator::Measure::Share => String::new(),
            indicator::Measure::Per(..) | indicator::Measure::Unit(_) => format!(" {axis}"),
        };
        let decimals = match definition.kind {
            IndicatorType::Count => 0,
            IndicatorType::Proportion | IndicatorType::Rate
                if measure != indicator::Measure::Share =>
            {
                1
            }
            IndicatorType::Proportion
            | IndicatorType::Rate
            | IndicatorType::Mean
            | IndicatorType::Index
            | IndicatorType::Ordinal => 2,
        };
        Self {
            suffix,
            axis,
            percent: is_percent,
            decimals,
        }
    }

    /// Formats a value with its unit: `84.8%`.
    pub(crate) fn shown(&self, value: &str) -> String {
        format!("{}{}", self.bare(value), self.suffix)
    }

    /// Formats an amount without its unit. An amount other than zero never reads as zero.
    pub(crate) fn amount(&self, amount: Number) -> String {
        rounded(&amount.to_string(), self.decimals, None)
    }

    /// Formats a value without its unit, for a column that names it.
    pub(crate) fn bare(&self, value: &str) -> String {
        rounded(value, self.decimals, self.all())
    }

    /// Formats both ends of a range without their unit, with as many decimals as tell them apart.
    pub(crate) fn ends(&self, low: &str, high: &str) -> String {
        let Some(ends) = low.parse().ok().zip(high.parse().ok()) else {
            return format!("{low} to {high}");
        };
        let (low, high) = apart(ends, self.decimals, self.all());
        if low == high {
            return grouped_words(&low);
        }
        format!("{} to {}", grouped_words(&low), grouped_words(&high))
    }

    /// The whole that a value is a part of.
    fn all(&self) -> Option<Number> {
        self.percent.then(|| Number::from(100))
    }
}

/// Formats a decimal for people, with thousands separated; see [`Number::shown`]. Text that is not
/// a number stays as it is.
pub(crate) fn rounded(value: &str, decimals: u32, all: Option<Number>) -> String {
    let number = value.parse::<Number>();
    number.map_or_else(
        |_| value.to_owned(),
        |number| grouped_words(&number.shown(decimals, all)),
    )
}

/// Separates the thousands of a number that may follow a word, as in `over 99.99`.
fn grouped_words(shown: &str) -> String {
    match shown.rsplit_once(' ') {
        Some((word, digits)) => format!("{word} {}", grouped(digits)),
        None => grouped(shown),
    }
}

/// Separates thousands with commas, as in New Zealand: `1,311`.
pub(crate) fn grouped(text: &str) -> String {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut shown = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if !part.is_empty() {
        shown.push('.');
        shown.push_str(part);
    }
    shown
}

/// Returns the time since `at`, in a unit that a person can picture.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    match u64::try_from(now.since_ms(at)) {
        Ok(ms @ 60_000..) => format!("{} ago", length_words(ms)),
        _ => "just now".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        for (value, decimals, shown) in [
            ("84.803512", 1, "84.8"),
            ("85", 1, "85.0"),
            ("0", 1, "0.0"),
            ("1234567", 0, "1,234,567"),
            ("1234.25", 1, "1,234.2"),
            ("-1234567.5", 2, "-1,234,567.50"),
            ("999.96", 1, "1,000.0"),
            ("0.04", 1, "0.04"),
            ("0.0004", 1, "under 0.01"),
            ("99.97", 1, "99.97"),
            ("none", 1, "none"),
        ] {
            assert_eq!(rounded(value, decimals, Some(Number::from(100))), shown);
        }
        assert_eq!(grouped("999"), "999");
        assert_eq!(grouped("1311"), "1,311");
        assert_eq!(grouped("123456.75"), "123,456.75");
    }

    #[test]
    fn what_is_past_is_said_in_the_largest_unit() {
        let at = Timestamp::from_ms(0);
        for (ms, words) in [
            (-5, "just now"),
            (60_000, "1 minute ago"),
            (7_200_000, "2 hours ago"),
            (86_400_000 * 3, "3 days ago"),
        ] {
            assert_eq!(ago(at, at.plus_ms(ms)), words);
        }
    }
}
