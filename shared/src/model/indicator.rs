//! Indicator definitions: the meaning of a figure, pinned by a hash over the whole definition.

mod calendar;
mod draft;
mod form;
mod settings;
mod versions;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

pub use self::{
    calendar::{DUE_PERIODS_MAX, Due},
    draft::{DRAFT, Drafted, Texts, YES_OR_NO},
    form::{DEFINITION_TEXT_BYTES_MAX, Defined, Problem, definitions_from_toml, file_from_toml},
    settings::{
        BASE_CHANGES_MAX, BadSetting, BaseChange, DUE_DAYS_MAX, OverTime, Protect, Rows,
        SETTING_BYTES_MAX, Setting, SettingChange, SettingKey, Settings,
    },
    versions::{NoVersion, Versions},
};
use super::{json::scalar, number::Number, observation::Breakdown, words};
use crate::{
    id::{DefinitionHash, IndicatorCode, sha256},
    period::{Frequency, Period},
    text::BadText,
};

/// Matches any value in a definition's breakdowns.
pub const ANY_VALUE: &str = "*";

words! {
    /// The type of figure that an indicator has.
    IndicatorType, "type" {
        /// A count.
        Count = "count" / "count",
        /// Part of a whole.
        Proportion = "proportion" / "proportion",
        /// Events for each of a population.
        Rate = "rate" / "rate",
        /// Sum over number.
        Mean = "mean" / "mean",
        /// A score that cannot be added up.
        Index = "index" / "index",
        /// A distribution over ordered answers.
        Ordinal = "ordinal" / "ordinal",
    }
}

impl IndicatorType {
    /// Whether a figure is a numerator over a denominator.
    pub const fn is_ratio(self) -> bool {
        matches!(self, Self::Proportion | Self::Rate | Self::Mean)
    }
}

words! {
    /// The direction that is better.
    Direction, "direction" {
        /// Higher is better.
        Up = "up" / "higher is better",
        /// Lower is better.
        Down = "down" / "lower is better",
        /// Neither is better.
        Neither = "neither" / "neither is better",
    }
}

words! {
    /// The kind of accountability for the figure.
    Accountability, "accountability" {
        /// The condition of a whole population.
        Population = "population" / "population",
        /// The work of a programme.
        Performance = "performance" / "performance",
    }
}

words! {
    /// The question that the figure answers.
    Class, "class" {
        /// Quantity: how much was done.
        HowMuch = "how_much" / "how much was done",
        /// Quality: how well it was done.
        HowWell = "how_well" / "how well it was done",
        /// Effect: whether anyone is better off.
        BetterOff = "better_off" / "is anyone better off",
    }
}

words! {
    /// The rule by which figures of several areas become one.
    RollupRule, "rollup rule" {
        /// Numerators and denominators are summed.
        Sum = "sum" / "summed",
        /// They are not rolled up.
        None = "none" / "not rolled up",
    }
}

words! {
    /// The relation of a version to the one before it.
    MappingKind, "mapping" {
        /// The same figure.
        Exact = "exact" / "the same",
        /// Close enough to add up, flagged.
        Approximate = "approximate" / "close enough to add up, flagged",
        /// Not comparable.
        Break = "break" / "not comparable",
    }
}

words! {
    /// The adjustment that makes a figure comparable between places.
    #[derive(Default)]
    Adjustment, "adjustment" {
        /// Not at all.
        #[default]
        None = "none" / "not adjusted",
        /// As if each place had the same ages.
        AgeStandardised = "age_standardised" / "age-standardised",
    }
}

impl Adjustment {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// The relation of a version to an earlier one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The earlier version.
    pub version: u32,
    /// The relation.
    #[serde(rename = "mapping")]
    pub kind: MappingKind,
    /// The reason for the change.
    pub reason: String,
}

/// One version of an indicator's definition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The indicator's code.
    pub code: IndicatorCode,
    /// The version, counted from 1.
    pub version: u32,
    /// Its name in English.
    pub name: String,
    /// Its name in te reo Māori, if its people gave one.
    pub name_mi: Option<String>,
    /// The type of figure.
    #[serde(rename = "type")]
    pub kind: IndicatorType,
    /// The unit that is counted, such as `people`; [`Definition::measure`] is the unit of values.
    pub unit: String,
    /// Meaning of the numerator (or of the count or the value).
    pub numerator: Option<String>,
    /// Meaning of the denominator; every ratio has one.
    pub denominator: Option<String>,
    /// Multiplier of the ratio, such as 100.
    pub factor: Number,
    /// The direction that is better.
    pub direction: Direction,
    /// The reporting frequency.
    pub period: Frequency,
    /// The kind of accountability.
    pub accountability: Accountability,
    /// The question that it answers.
    pub class: Class,
    /// The rule by which figures of several areas become one.
    pub rollup: RollupRule,
    /// Whether it counts people, so that small counts are protected.
    pub person_level: bool,
    /// Source of its figures.
    pub source: Option<String>,
    /// Licence of that source.
    pub licence: Option<String>,
    /// Parts of the population that it is reported for: a name and its values, or [`ANY_VALUE`].
    pub breakdowns: BTreeMap<String, Vec<String>>,
    /// Sets of breakdowns that it is also reported for in combination, such as age by sex. Each has
    /// at least two names; names and sets are sorted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub crossed: BTreeSet<Vec<String>>,
    /// The adjustment of its values.
    #[serde(default, skip_serializing_if = "Adjustment::is_none")]
    pub adjustment: Adjustment,
    /// The version that it follows, and the relation to it.
    pub from: Option<Mapping>,
}

/// The unit of an indicator's values (SDMX's `UNIT_MEASURE`, in words).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure<'a> {
    /// Parts of a hundred.
    Percent,
    /// Parts of one: a value between 0 and 1.
    Share,
    /// A number per this many of the unit.
    Per(Number, &'a str),
    /// The definition's own unit.
    Unit(&'a str),
}

impl fmt::Display for Measure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent => f.write_str("percent"),
            Self::Share => f.write_str("share of 1"),
            Self::Per(factor, unit) => write!(f, "per {factor} {unit}"),
            Self::Unit(unit) => f.write_str(unit),
        }
    }
}

/// The key of a definition: `VAX_PRIMARY/2`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DefinitionKey {
    /// The indicator's code.
    pub code: IndicatorCode,
    /// The version, counted from 1.
    pub version: u32,
}

impl fmt::Display for DefinitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.code, self.version)
    }
}

impl FromStr for DefinitionKey {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let bad = || BadText::new(text, "is not a definition: it looks like VAX_PRIMARY/2");
        let (code, version) = text.split_once('/').ok_or_else(bad)?;
        let key = Self {
            code: code.parse()?,
            version: version.parse().map_err(|_| bad())?,
        };
        if key.to_string() == text {
            Ok(key)
        } else {
            Err(bad())
        }
    }
}

impl Definition {
    /// Its key.
    pub fn key(&self) -> DefinitionKey {
        DefinitionKey {
            code: self.code.clone(),
            version: self.version,
        }
    }

    /// The hash that pins it: SHA-256 over its canonical JSON.
    pub fn hash(&self) -> DefinitionHash {
        DefinitionHash::new(sha256("weft/definition/1", &[self.encode().as_bytes()]))
    }

    /// The unit of its values, which can differ from the unit that is counted: 20,770 people of
    /// 79,923 people are 26 percent.
    pub fn measure(&self) -> Measure<'_> {
        let hundred = self.factor == Number::from(100);
        match self.kind {
            IndicatorType::Proportion if hundred => Measure::Percent,
            IndicatorType::Proportion if self.factor == Number::from(1) => Measure::Share,
            IndicatorType::Proportion | IndicatorType::Rate => {
                Measure::Per(self.factor, &self.unit)
            }
            IndicatorType::Count
            | IndicatorType::Mean
            | IndicatorType::Index
            | IndicatorType::Ordinal => Measure::Unit(&self.unit),
        }
    }

    /// Its meaning in a line: `Example: swimmers: proportion, in percent; children who swam,
    /// of: children asked; each quarter; higher is better`.
    pub fn words(&self) -> String {
        let numerator = self.numerator.as_deref().unwrap_or(&self.unit);
        let of = self.denominator.as_ref();
        let of = of.map_or_else(String::new, |text| format!(", of: {text}"));
        let period = self.period.as_str().replace('_', " ");
        let parts = self.breakdowns.iter();
        let parts = parts.map(|(name, values)| format!("; {name}: {}", values.join(", ")));
        format!(
            "{}: {}, in {}; {numerator}{of}; each {period}; {}{}",
            self.name,
            self.kind.label(),
            self.measure(),
            self.direction.label(),
            parts.collect::<String>()
        )
    }

    /// Whether it has figures for `breakdown`, in any spelling. It always has the total.
    pub fn allows(&self, breakdown: &Breakdown) -> bool {
        self.spelled(breakdown).is_some()
    }

    /// Whether it has figures for `period`: one of its own frequency, or years pooled by a survey
    /// if it is reported yearly.
    pub fn reports(&self, period: Period) -> bool {
        let frequency = period.frequency();
        let pooled = frequency == Frequency::PooledYears && self.period == Frequency::Year;
        frequency == self.period || pooled
    }
}

scalar!(Definition, "definition");
