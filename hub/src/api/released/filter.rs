//! The filter of a query over the rows of one release. What it may name is what the release has:
//! a code that no release has and one that is not released yet look alike.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    model::observation::Breakdown,
    period::{BadPeriodRange, Period, PeriodRange},
    release::ReleaseRow,
};

use super::super::{problem::Problem, query::Query};
use crate::{figures::FileLevel, query::shown, release::Content};

/// The values that the rows of a release have.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    indicators: BTreeSet<String>,
    locations: BTreeSet<String>,
    periods: BTreeMap<Period, String>,
    /// Each breakdown as people type it, with its two columns.
    breakdowns: BTreeMap<String, (String, String)>,
}

impl Known {
    /// Adds the values of a release's rows.
    pub(super) fn add(&mut self, content: &Content) {
        for row in content.rows() {
            // Each text comes thousands of times.
            if !self.indicators.contains(&row.indicator_code) {
                self.indicators.insert(row.indicator_code.clone());
            }
            let location = row.location_code.as_ref();
            if let Some(code) = location.filter(|code| !self.locations.contains(*code)) {
                self.locations.insert(code.clone());
            }
            if let Ok(period) = row.period.parse() {
                self.periods
                    .entry(period)
                    .or_insert_with(|| row.period.clone());
            }
            let breakdown = self.breakdowns.entry(breakdown_of(row));
            breakdown.or_insert_with(|| (row.breakdown.clone(), row.breakdown_value.clone()));
        }
    }

    /// The first and the last period of each frequency, as ranges.
    fn ranges(&self) -> Vec<String> {
        let mut ends: BTreeMap<&str, (&Period, &Period)> = BTreeMap::new();
        for period in self.periods.keys() {
            let of = ends.entry(period.frequency().as_str());
            let (first, last) = of.or_insert((period, period));
            if period.start() < first.start() {
                *first = period;
            }
            if period.end() > last.end() {
                *last = period;
            }
        }
        let ranges = ends.into_values();
        let ranges = ranges.map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}..{last}"),
        });
        ranges.collect()
    }
}

/// The breakdown of a row as people type it: `total`, or `age=12+`.
pub(super) fn breakdown_of(row: &ReleaseRow) -> String {
    if row.breakdown.is_empty() {
        return Breakdown::Total.to_string();
    }
    let read = Breakdown::from_columns(&row.breakdown, &row.breakdown_value);
    read.map_or_else(
        |_| format!("{}={}", row.breakdown, row.breakdown_value),
        |breakdown| breakdown.to_string(),
    )
}

/// The rows that a query asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    indicator: Option<String>,
    /// The only level, if not both.
    level: Option<&'static str>,
    location: Option<String>,
    period: Option<(String, BTreeSet<String>)>,
    breakdown: Option<(String, (String, String))>,
}

impl Filter {
    /// Reads a filter over the rows of a release. Without `level` and `location` it has the level
    /// `level`, or both if that is none.
    pub(super) fn read(
        query: &Query,
        known: &Known,
        level: Option<&'static str>,
    ) -> Result<Self, Problem> {
        let one_of = |name: &str, values: &BTreeSet<String>| {
            let value = query.one(name).map(|value| match values.contains(value) {
                true => Ok(value.to_owned()),
                false => Err(unknown(name, value, values.iter().cloned())),
            });
            value.transpose()
        };
        let location = one_of("location", &known.locations)?;
        if query.one("level") == Some("location") && known.locations.is_empty() {
            let detail = "This release has no rows of locations.";
            return Err(Problem::parameter("level", detail, ["network"]));
        }
        Ok(Self {
            indicator: one_of("indicator", &known.indicators)?,
            level: level_of(query, location.is_some(), level)?,
            location,
            period: query
                .one("period")
                .map(|text| periods(text, known))
                .transpose()?,
            breakdown: query
                .one("breakdown")
                .map(|text| breakdown(text, known))
                .transpose()?,
        })
    }

    pub(super) fn takes(&self, row: &ReleaseRow) -> bool {
        let (period, breakdown) = (self.period.as_ref(), self.breakdown.as_ref());
        self.level.is_none_or(|level| level == row.level)
            && self
                .indicator
                .as_ref()
                .is_none_or(|one| *one == row.indicator_code)
            && (self.location.is_none() || self.location == row.location_code)
            && period.is_none_or(|(_, some)| some.contains(&row.period))
            && breakdown.is_none_or(|(_, (name, value))| {
                *name == row.breakdown && *value == row.breakdown_value
            })
    }

    /// The same filter always in the same words: for the ledger, cursors and workbooks.
    pub(super) fn words(&self) -> String {
        let mut words = format!("level={}", self.level.unwrap_or("all"));
        let others = [
            ("indicator", self.indicator.as_ref()),
            ("location", self.location.as_ref()),
            ("period", self.period.as_ref().map(|(text, _)| text)),
            ("breakdown", self.breakdown.as_ref().map(|(text, _)| text)),
        ];
        for (name, value) in others {
            if let Some(value) = value {
                words.push_str(&format!(" {name}={value}"));
            }
        }
        words
    }
}

fn unknown(name: &str, value: &str, allowed: impl IntoIterator<Item = String>) -> Problem {
    let detail = format!("There is no {name} \"{}\" in this release.", shown(value));
    Problem::parameter(name, detail, allowed)
}

fn level_of(
    query: &Query,
    of_location: bool,
    otherwise: Option<&'static str>,
) -> Result<Option<&'static str>, Problem> {
    match query.one("level") {
        Some("network") if of_location => {
            let detail =
                "The level network has no locations: give level=location, or leave it out.";
            Err(Problem::parameter("level", detail, ["location", "all"]))
        }
        Some("network") => Ok(Some("network")),
        Some("location") => Ok(Some("location")),
        Some("all") => Ok(None),
        Some(other) => {
            let detail = format!("There is no level \"{}\".", shown(other));
            Err(Problem::parameter("level", detail, FileLevel::WORDS))
        }
        None if of_location => Ok(Some("location")),
        None => Ok(otherwise),
    }
}

fn periods(text: &str, known: &Known) -> Result<(String, BTreeSet<String>), Problem> {
    let problem = |detail: String| Problem::parameter("period", detail, known.ranges());
    let range: PeriodRange = text
        .parse()
        .map_err(|error: BadPeriodRange| problem(format!("{error}.")))?;
    let within = known
        .periods
        .iter()
        .filter(|(one, _)| range.contains(**one));
    let within: BTreeSet<String> = within.map(|(_, text)| text.clone()).collect();
    match within.is_empty() {
        true => Err(problem(format!("This release has no period in {range}."))),
        false => Ok((range.to_string(), within)),
    }
}

fn breakdown(text: &str, known: &Known) -> Result<(String, (String, String)), Problem> {
    let names = known.breakdowns.values();
    let names: BTreeSet<&str> = names.flat_map(|(name, _)| name.split(',')).collect();
    let typed = Breakdown::from_typed(text, names).map(|one| one.to_string());
    // A + that was not percent-encoded arrives as a blank.
    let spellings = [text.to_owned(), text.replace(' ', "+")].into_iter();
    let mut spellings = spellings.chain(typed.ok());
    let found = spellings.find_map(|text| known.breakdowns.get_key_value(&text));
    let found = found.map(|(text, columns)| (text.clone(), columns.clone()));
    found.ok_or_else(|| unknown("breakdown", text, known.breakdowns.keys().cloned()))
}
