//! Formats figures, times and counts for people.

use weft_shared::{
    model::{
        indicator::{self, Definition, IndicatorType},
        number::Number,
    },
    period::day_words,
    rollup::interval::apart,
    text::{grouped, percent_unbroken},
    time::{Timestamp, Zone},
};

use crate::app::LocationView;

/// Leaves out of names the beginning that all of them share, because a list reads faster without
/// it: `Example team: Far North` becomes `Far North`. A beginning is two or more whole words, and
/// three or more names must share it.
pub(super) fn shortened<'a>(names: impl IntoIterator<Item = &'a mut String>) {
    let mut names: Vec<&mut String> = names.into_iter().collect();
    let Some(first) = names.first().filter(|_| names.len() >= SHARING_MIN) else {
        return;
    };
    let ends = first.match_indices(' ').map(|(at, _)| at + 1);
    let shared = |end: &usize| {
        let begins = |name: &&mut String| name.len() > *end && name.starts_with(&first[..*end]);
        names.iter().all(begins)
    };
    let ends: Vec<usize> = ends.take_while(shared).collect();
    if let [_, .., end] = *ends {
        for name in &mut names {
            name.replace_range(..end, "");
        }
    }
}

/// Says a moment in full: "28 November 2026, 10:02".
pub(super) fn minute(at: Timestamp, zone: &Zone) -> String {
    format!("{}, {}", day_words(zone.day(at)), zone.time_of_day(at))
}

/// Returns locations with the names that lists show.
pub(super) fn in_lists(mut locations: Vec<LocationView>) -> Vec<LocationView> {
    shortened(locations.iter_mut().map(|one| &mut one.name));
    locations
}

/// Names that must share a beginning before it is left out.
const SHARING_MIN: usize = 3;

/// Shown if there is no figure: a word, never zero and never just a dash.
pub(crate) const NO_FIGURE: &str = "no figure";

/// The unit of a definition's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    /// The text after a value, such as " %", with its space.
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
                format!("per {} {unit}", factor.grouped())
            }
            indicator::Measure::Percent
            | indicator::Measure::Share
            | indicator::Measure::Unit(_) => measure.to_string(),
        };
        let is_percent = measure == indicator::Measure::Percent;
        let suffix = match measure {
            indicator::Measure::Percent => percent_unbroken(""),
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

    /// Formats a value with its unit: `84.8 %`.
    pub(crate) fn shown(&self, value: Number) -> String {
        format!("{}{}", self.bare(value), self.suffix)
    }

    /// Formats an amount without its unit. An amount other than zero never reads as zero.
    pub(crate) fn amount(&self, amount: Number) -> String {
        grouped(&amount.shown(self.decimals, None))
    }

    /// Formats a difference with its sign and without its unit: "+10.7", "−0.2", "0.0".
    pub(crate) fn signed(&self, difference: Number) -> String {
        let sign = match (difference.is_zero(), difference.is_negative()) {
            (true, _) => "",
            (false, true) => "−",
            (false, false) => "+",
        };
        format!("{sign}{}", self.amount(difference.size()))
    }

    /// Formats a value without its unit, for a column that names it.
    pub(crate) fn bare(&self, value: Number) -> String {
        grouped(&value.shown(self.decimals, self.all()))
    }

    /// Formats both ends of a range without their unit, with as many decimals as tell them apart.
    pub(crate) fn ends(&self, ends: (Number, Number)) -> String {
        let (low, high) = apart(ends, self.decimals, self.all());
        if low == high {
            return grouped(&low);
        }
        format!("{} to {}", grouped(&low), grouped(&high))
    }

    /// The whole that a value is a part of.
    fn all(&self) -> Option<Number> {
        self.percent.then(|| Number::from(100))
    }
}

/// The page about one location.
pub(crate) fn place_page(code: &str) -> String {
    format!("/locations/{code}")
}

/// The pages of a long list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pages {
    /// The first and the last item on this page, from 1, and the number of all.
    pub(crate) shown: (usize, usize, usize),
    /// The addresses of the page before and of the next one.
    pub(crate) before: Option<String>,
    pub(crate) next: Option<String>,
}

impl Pages {
    /// Whether there is more than one page.
    pub(crate) const fn are_several(&self) -> bool {
        self.before.is_some() || self.next.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(names: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        shortened(&mut names);
        names
    }

    #[test]
    fn lists_leave_out_what_all_names_begin_with() {
        let teams = [
            "Example team: Far North",
            "Example team: Far East",
            "Example team: Waitākere",
        ];
        assert_eq!(lists(&teams), ["Far North", "Far East", "Waitākere"]);
        let far = [
            "Example team: Far North",
            "Example team: Far East",
            "Example team: Far West",
        ];
        assert_eq!(lists(&far), ["North", "East", "West"]);
        for whole in [
            &["Example team: Far North", "Example team: Waitākere"][..],
            &["North Shore", "North Head", "North Canterbury"],
            &[
                "Example team: Far North",
                "Example team: Waitākere",
                "Rotorua",
            ],
            &["Te Tai Tokerau", "Te Tai Poutini", "Te Tai"],
            &[],
        ] {
            assert_eq!(lists(whole), whole);
        }
    }
}
