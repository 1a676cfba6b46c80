//! Indicator definitions: the meaning of a figure, pinned by a hash over the whole definition.

mod form;
mod settings;
mod versions;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde_json::{Map, Value};

pub use self::{
    form::{DEFINITION_TEXT_BYTES_MAX, Defined, Problem, definitions_from_toml, file_from_toml},
    settings::{
        BASE_CHANGES_MAX, BadSetting, BaseChange, DUE_DAYS_MAX, OverTime, Protect, Rows,
        SETTING_BYTES_MAX, Setting, SettingChange, SettingKey, Settings,
    },
    versions::{NoVersion, Versions},
};
use super::{json, number::Number, observation::Breakdown, words};
use crate::{
    id::{BadId, DefinitionHash, IndicatorCode, sha256},
    period::{Frequency, Period},
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
    #[must_use]
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
    Adjustment, "adjustment" {
        /// Not at all.
        None = "none" / "not adjusted",
        /// As if each place had the same ages.
        AgeStandardised = "age_standardised" / "age-standardised",
    }
}

/// The relation of a version to an earlier one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// The earlier version.
    pub version: u32,
    /// The relation.
    pub kind: MappingKind,
    /// The reason for the change.
    pub reason: String,
}

/// One version of an indicator's definition.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    pub crossed: BTreeSet<Vec<String>>,
    /// The adjustment of its values.
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
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = || BadId {
            text: text.chars().take(64).collect(),
            kind: "a definition",
            rule: "it looks like VAX_PRIMARY/2",
        };
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

/// Text that is not a definition in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the definition's \"{0}\" is missing or unreadable")]
pub struct BadDefinition(pub &'static str);

impl Definition {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> DefinitionKey {
        DefinitionKey {
            code: self.code.clone(),
            version: self.version,
        }
    }

    /// The hash that pins it: SHA-256 over its canonical JSON.
    #[must_use]
    pub fn hash(&self) -> DefinitionHash {
        DefinitionHash::new(sha256("weft/definition/1", &[self.encode().as_bytes()]))
    }

    /// The unit of its values, which can differ from the unit that is counted: 20,770 people of
    /// 79,923 people are 26 percent.
    #[must_use]
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

    /// Whether it has figures for `breakdown`, in any spelling. It always has the total.
    #[must_use]
    pub fn allows(&self, breakdown: &Breakdown) -> bool {
        self.spelled(breakdown).is_some()
    }

    /// Whether it has figures for `period`: one of its own frequency, or years pooled by a survey
    /// if it is reported yearly.
    #[must_use]
    pub fn reports(&self, period: Period) -> bool {
        let frequency = period.frequency();
        let pooled = frequency == Frequency::PooledYears && self.period == Frequency::Year;
        frequency == self.period || pooled
    }

    /// Encodes the definition as RFC 8785 text. Parts that do not apply are left out.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut map = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                map.insert(key.to_owned(), value);
            }
        };
        put("accountability", Some(self.accountability.word().into()));
        let adjusted = (self.adjustment != Adjustment::None).then(|| self.adjustment.word());
        put("adjustment", adjusted.map(Value::from));
        let breakdowns = self.breakdowns.iter();
        let breakdowns: Map<String, Value> = breakdowns
            .map(|(name, values)| (name.clone(), values.clone().into()))
            .collect();
        put("breakdowns", Some(Value::Object(breakdowns)));
        put("class", Some(self.class.word().into()));
        put("code", Some(self.code.as_str().into()));
        let crossed: Vec<Value> = self.crossed.iter().map(|set| set.clone().into()).collect();
        put("crossed", (!crossed.is_empty()).then(|| crossed.into()));
        put("denominator", self.denominator.clone().map(Value::from));
        put("direction", Some(self.direction.word().into()));
        put("factor", Some(self.factor.json()));
        put("from", self.from.as_ref().map(Mapping::json));
        put("licence", self.licence.clone().map(Value::from));
        put("name", Some(self.name.clone().into()));
        put("name_mi", self.name_mi.clone().map(Value::from));
        put("numerator", self.numerator.clone().map(Value::from));
        put("period", Some(self.period.as_str().into()));
        put("person_level", Some(self.person_level.into()));
        put("rollup", Some(self.rollup.word().into()));
        put("source", self.source.clone().map(Value::from));
        put("type", Some(self.kind.word().into()));
        put("unit", Some(self.unit.clone().into()));
        put("version", Some(self.version.into()));
        json::canonical(&Value::Object(map))
    }

    /// Parses a definition. Only canonical text is accepted, so a definition has one hash.
    ///
    /// # Errors
    /// If a part is missing or unreadable. The error names it.
    pub fn decode(text: &str) -> Result<Self, BadDefinition> {
        let map: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| BadDefinition("text"))?;
        let definition = Self {
            code: word(&map, "code")?,
            version: whole(&map, "version")?,
            name: text_of(&map, "name")?.unwrap_or_default(),
            name_mi: text_of(&map, "name_mi")?,
            kind: word(&map, "type")?,
            unit: text_of(&map, "unit")?.unwrap_or_default(),
            numerator: text_of(&map, "numerator")?,
            denominator: text_of(&map, "denominator")?,
            factor: map
                .get("factor")
                .and_then(json::number)
                .ok_or(BadDefinition("factor"))?,
            direction: word(&map, "direction")?,
            period: word(&map, "period")?,
            accountability: word(&map, "accountability")?,
            class: word(&map, "class")?,
            rollup: word(&map, "rollup")?,
            person_level: map
                .get("person_level")
                .and_then(Value::as_bool)
                .ok_or(BadDefinition("person_level"))?,
            source: text_of(&map, "source")?,
            licence: text_of(&map, "licence")?,
            breakdowns: breakdowns(&map)?,
            crossed: crossed(&map)?,
            adjustment: match map.get("adjustment") {
                Some(_) => word(&map, "adjustment")?,
                None => Adjustment::None,
            },
            from: map.get("from").map(Mapping::read).transpose()?,
        };
        if !definition.fits() {
            return Err(BadDefinition("text, which is too long,"));
        }
        if definition.encode() == text {
            Ok(definition)
        } else {
            Err(BadDefinition("canonical form"))
        }
    }
}

impl Mapping {
    fn json(&self) -> Value {
        serde_json::json!({
            "mapping": self.kind.word(),
            "reason": self.reason,
            "version": self.version,
        })
    }

    fn read(value: &Value) -> Result<Self, BadDefinition> {
        let map = value.as_object().ok_or(BadDefinition("from"))?;
        Ok(Self {
            version: whole(map, "version")?,
            kind: word(map, "mapping")?,
            reason: text_of(map, "reason")?.unwrap_or_default(),
        })
    }
}

fn text_of(map: &Map<String, Value>, key: &'static str) -> Result<Option<String>, BadDefinition> {
    let read = |value: &Value| value.as_str().map(str::to_owned).ok_or(BadDefinition(key));
    map.get(key).map(read).transpose()
}

fn word<T: FromStr>(map: &Map<String, Value>, key: &'static str) -> Result<T, BadDefinition> {
    let text = map.get(key).and_then(Value::as_str);
    text.and_then(|text| text.parse().ok())
        .ok_or(BadDefinition(key))
}

fn whole(map: &Map<String, Value>, key: &'static str) -> Result<u32, BadDefinition> {
    let number = map.get(key).and_then(Value::as_u64);
    number
        .and_then(|number| number.try_into().ok())
        .ok_or(BadDefinition(key))
}

fn breakdowns(map: &Map<String, Value>) -> Result<BTreeMap<String, Vec<String>>, BadDefinition> {
    let bad = || BadDefinition("breakdowns");
    let names = map
        .get("breakdowns")
        .and_then(Value::as_object)
        .ok_or_else(bad)?;
    let read = |(name, values): (&String, &Value)| {
        let values = values.as_array().ok_or_else(bad)?.iter();
        let values = values.map(|value| value.as_str().map(str::to_owned).ok_or_else(bad));
        Ok((name.clone(), values.collect::<Result<_, _>>()?))
    };
    names.iter().map(read).collect()
}

fn crossed(map: &Map<String, Value>) -> Result<BTreeSet<Vec<String>>, BadDefinition> {
    let bad = || BadDefinition("crossed");
    let Some(sets) = map.get("crossed") else {
        return Ok(BTreeSet::new());
    };
    let names = |set: &Value| {
        let names = set.as_array()?.iter();
        names
            .map(|name| name.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
    };
    let sets = sets.as_array().ok_or_else(bad)?.iter().map(names);
    sets.collect::<Option<_>>().ok_or_else(bad)
}
